"""Letters about a diagnosis: to the person whom it is about, and to the manager. Plain words, short sentences.

The first page is `letter_front`; what stands here is the annex.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from salesdx.base.model import RuleBase
from salesdx.case.settling import Fact
from salesdx.engine.diagnosis import status_words
from salesdx.explanation import Turning
from salesdx.render.based_words import further_lines
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section, Table
from salesdx.render.plain import STANDING, answer_words, fact_words, long_date, origin_words, question_words
from salesdx.render.rungs import ladder
from salesdx.render.trail.letter_front import front, office, what_came_out
from salesdx.render.trail.voices import spoken, under_both
from salesdx.render.wording import called
from salesdx.text.english import capital
from salesdx.trail.letters import Letter
from salesdx.trail.rights import EMPLOYEE

Blocks = Iterator[Block]


def letter_report(letter: Letter) -> Report:
    """A letter. The one to the employee names nobody, no code and no free text of others."""
    mine, memory = letter.to == EMPLOYEE, letter.diagnosis.memory
    period = " to ".join(map(long_date, memory.period)) if memory.period else ""
    about = (("Case", memory.case), ("Period", period), ("Date", long_date(letter.today)))
    sections = (
        *front(letter, mine),
        Section("annex", "Annex", tuple(_annex(letter))),
        Section("steps", "Step by step", tuple(_looked(letter))),
        Section("suggested", "What is suggested", tuple(_suggested(letter, mine))),
        Section("facts", "The facts that counted", tuple(_facts(letter, mine))),
        Section("unused", "What did not count", tuple(_unused(letter, mine))),
        Section("change", "What would have changed the result", tuple(_change(letter))),
        Section("said", "What you told us" if mine else "What the person told us", tuple(_said(letter, mine))),
        Section("object", "If you do not agree", _object(letter, mine)),
        Section("rights", "Your rights" if mine else "The rights of the person", _rights(letter, mine)),
    )
    title = "How the result about you came about" if mine else "How this result came about"
    diagnosis = letter.diagnosis
    footer = (
        f"Written from record {letter.seq} of the decision trail, of {long_date(letter.recorded)}, and kept there too.",
        f"Worked out by salesdx {diagnosis.engine.version}, on the rules {diagnosis.base.version} "
        f"({diagnosis.base.digest[7:19]}).",
    )
    return Report(title, tuple(pair for pair in about if pair[1]), tuple(s for s in sections if s.blocks), footer)


# --- the result -------------------------------------------------------------------------------------------------------


def _annex(letter: Letter) -> Blocks:
    yield Paragraph("The first page says it in short. Here is all that it rests on.")
    for text in what_came_out(letter):
        yield Paragraph(text)
    for line in further_lines(letter.diagnosis.base):
        yield Paragraph(line)


def _looked(letter: Letter) -> Blocks:
    diagnosis = letter.diagnosis
    if diagnosis.mode == diagnosis.base.ladder.success_mode:
        yield Paragraph("The goal was met, so no cause had to be looked for.")
        return
    yield Paragraph("Causes are looked at one after the other, and always in this order.")
    rows = tuple((f"{rung.number} {rung.title}", STANDING[rung.mark]) for rung in ladder(diagnosis).rungs)
    yield Table(("step", "how it came out"), rows)
    for file in diagnosis.files:
        if file.blocked_by:
            yield Paragraph(f"This stands against “{file.stage.title}”:")
            yield Entries(tuple(Entry(diagnosis.because(rule) or rule.title) for rule in file.blocked_by))
    if letter.missing:
        yield Paragraph("These questions are still open:")
        terms = diagnosis.base.terms
        yield Entries(tuple(Entry(question_words(terms[fact.term])) for fact in letter.missing))


def _suggested(letter: Letter, mine: bool) -> Blocks:
    found = letter.diagnosis.recommendations
    if not found:
        yield Paragraph("Nothing is suggested on these facts.")
        return
    yield Paragraph("These are suggestions. People decide whether to follow them, and may decide otherwise.")
    entries = []
    for recommended in found:
        i = recommended.intervention
        judged = () if mine else (EntryLine("", f"Judged after {i.judge_after}, by this: {i.worked_when}"),)
        entries.append(Entry(i.title, i.owner, (EntryLine("", i.do), *judged)))
    yield Entries(tuple(entries), numbered=True)


# --- facts ------------------------------------------------------------------------------------------------------------


def _facts(letter: Letter, mine: bool) -> Blocks:
    if not letter.used:
        yield Paragraph("No fact counted: too little is known.")
        return
    yield Paragraph("The result rests on these facts. Each is shown with where it comes from, and of which day it is.")
    yield Entries(tuple(_fact(letter, fact, mine) for fact in letter.used), numbered=True)


def _fact(letter: Letter, fact: Fact, mine: bool) -> Entry:
    base = letter.diagnosis.base
    told = [fact_words(base, fact)]
    if fact.used is not None:
        told.append(origin_words(base, fact.used, full=not mine))
    return Entry(
        question_words(base.terms[fact.term]),
        "" if mine else called(base, fact.term),
        (EntryLine("", capital("; ".join(told))),),
    )


def _unused(letter: Letter, mine: bool) -> Blocks:
    base = letter.diagnosis.base
    open_ = [fact for fact in letter.unused if fact.value is None]
    rest = [fact for fact in letter.unused if fact.value is not None]
    if open_:
        yield Paragraph("These could not be used:")
        yield Entries(tuple(_fact(letter, fact, mine) for fact in open_))
    if rest:
        yield Paragraph("These were on record. The result does not need them, and would be the same without them:")
        yield Entries(tuple(Entry(question_words(base.terms[fact.term]), fact_words(base, fact)) for fact in rest))
    if not letter.unused:
        yield Paragraph("Every fact on record counted.")
    whom = "you" if mine else "anybody"
    yield Paragraph(
        "Protected matters, such as health, pregnancy, family, age, origin, religion or a complaint, may not count "
        f"against {whom}. If you think that one of the facts above stands for such a matter, say so."
    )


def _change(letter: Letter) -> Blocks:
    if not letter.turns:
        yield Paragraph("No change of a few facts would have changed it.")
        return
    base = letter.diagnosis.base
    yield Paragraph("Each line alone would have been enough. The values are examples.")
    for outcome in dict.fromkeys(turn.outcome for turn in letter.turns):
        yield Paragraph(f"“{base.home[letter.target].title}” would have come out as “{status_words(outcome)}” with:")
        yield Entries(tuple(Entry(_turn(base, turn)) for turn in letter.turns if turn.outcome == outcome))


def _turn(base: RuleBase, turn: Turning) -> str:
    """A change as question and answers."""
    told = []
    for change in turn.changes:
        term = base.terms[change.term]
        was = answer_words(term, change.was.unknown if change.was.unknown is not None else change.was.value)
        told.append(f"{question_words(term)} {capital(answer_words(term, change.becomes))} instead of {was}")
    return "; and ".join(told)


# --- objecting --------------------------------------------------------------------------------------------------------


def _said(letter: Letter, mine: bool) -> Blocks:
    if not letter.views and letter.personal:
        yield Paragraph(
            "We have no statement from you yet. We would like to hear you."
            if mine
            else "There is no statement of the person on record yet. Ask for one."
        )
    yield from spoken(letter.views)
    yield from under_both(letter.diagnosis.base, letter.contested, "you say" if mine else "the person says")


def _object(letter: Letter, mine: bool) -> tuple[Block, ...]:
    takes = office(letter)
    steps: tuple[str, ...]
    if mine:
        steps = (
            f"Tell {takes} how you see it, in your own words. You can write it, or say it and have it written down. "
            "You can ask somebody to help you.",
            "If a fact is wrong, say which one and what is right. Its number in this letter is enough. You do not have "
            "to prove it to be heard.",
            "Your words are kept beside the facts, just as you gave them. No fact is changed. The result is worked out "
            "again with the facts as you see them, and both results are shown side by side.",
            "Whoever decides has to read this first. Nobody may hold it against you that you spoke up.",
        )
    else:
        heard = f"Hear the person. {capital(takes)}" if letter.personal else "Hear whoever sees it otherwise, and"
        case = quote(letter.diagnosis.memory.case)
        steps = (
            "You do not have to follow a suggestion. Record why, and what you do instead: "
            f"salesdx trail override {letter.seq} --reason TEXT --instead TEXT",
            f"{heard} {'records' if letter.personal else 'record'} what they say, in their own words, with the facts "
            f"that they see otherwise: salesdx trail statement {case} --text TEXT --contest FACT=VALUE",
            "No fact is changed by this. The result is shown under both, and whoever decides reads it first.",
        )
    return (Entries(tuple(Entry(step) for step in steps), numbered=True),)


def _rights(letter: Letter, mine: bool) -> tuple[Block, ...]:
    if not letter.personal:
        return ()
    you, your = ("You have", "you") if mine else ("The person has", "them")
    steps = (
        f"{you} the right that a person looks at this again and decides, and not a program alone (GDPR, Article 22).",
        f"{you} the right to be told what part the program had in a decision, and why it was made (EU AI Act, Article "
        "86).",
        f"{you} the right to see the data about {your}, and to get a copy (GDPR, Article 15).",
    )
    ask = f"Ask {office(letter)} for any of these." if mine else "Point them out, and make room for them."
    return Entries(tuple(Entry(step) for step in steps)), Paragraph(ask)
