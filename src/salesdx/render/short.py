"""A report for one screen: what is concluded and how surely, what to do, what could turn it, and whom to ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from salesdx.case.closing import awaits_subject
from salesdx.engine.diagnosis import Diagnosis
from salesdx.interview.open_questions import ordered_questions
from salesdx.render.based_words import based_lines, proof_line, rules_line, stands_on_shipped
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section
from salesdx.render.lines import clean, size
from salesdx.render.provisional import goal_lines
from salesdx.render.report import (
    NOTHING,
    about_lines,
    heading,
    likely_section,
    result_blocks,
    suspects_section,
)
from salesdx.render.rungs import ladder
from salesdx.render.terminal import to_text
from salesdx.render.uncertain import withdrawn_words
from salesdx.render.wording import NOBODY, by_respondent, in_quotes, note_words, person
from salesdx.text.english import listed, many

LINES = 39
"""What a screen of 40 lines holds, with the prompt below."""
ROOM = (
    (3, 2, 3, 2),
    (3, 2, 3, 1),
    (3, 2, 2, 1),
    (3, 1, 2, 1),
    (3, 1, 1, 1),
    (3, 1, 0, 1),
    (3, 1, 0, 0),
    (2, 1, 1, 1),
    (2, 1, 0, 1),
    (1, 1, 0, 1),
    (1, 1, 0, 0),
)
"""At most so many actions, reasons against a file, people to ask, and signs in words; fewer in a narrow terminal."""
LESS = 7
"""So many of them are tried before a reminder is only named."""
MORE = "All of it: salesdx diagnose CASE --full · why, and why not: salesdx explain CASE"


def one_screen(diagnosis: Diagnosis, width: int = 80, colour: bool = False) -> str:
    """A diagnosis in at most LINES lines of a terminal: reminders that find no room are only named, and so are the
    other reasons against a file."""
    reminders = list(_reminders(diagnosis))
    shown = ""
    most = range(len(reminders), 0, -1)
    wide, narrow = (
        [(kept, room) for kept in most for room in ROOM[:LESS]],
        [(n, r) for r in ROOM[LESS:] for n in most],
    )
    worded = [(len(reminders), room, True) for room in ROOM[:LESS]]
    for kept, room, words in [*worded, *((*each, False) for each in (*wide, *narrow, *((0, room) for room in ROOM)))]:
        shown = to_text(_report(diagnosis, reminders[:kept], reminders[kept:], room, words, width), width, colour)
        if shown.count("\n") <= LINES:
            break
    return shown


def _report(
    diagnosis: Diagnosis,
    told: Sequence[tuple[str, str]],
    named: Sequence[tuple[str, str]],
    room: tuple[int, int, int, int],
    words: bool,
    width: int,
) -> Report:
    actions, reasons, people, signs = room
    sections = (
        Section("result", "Result", tuple(result_blocks(diagnosis, reasons, signs, words))),
        likely_section(diagnosis, actions),
        Section("do", "What to do", tuple(_actions(diagnosis, actions))),
        suspects_section(diagnosis, brief=True),
        Section("ladder", "The ladder", (ladder(diagnosis)._replace(brief=True),)),
        Section("reminders", "To be kept in mind", tuple(_reminder_blocks(told, named))),
        Section("ask", _asked_for(diagnosis), tuple(_whom_to_ask(diagnosis, people, width))),
    )
    return Report(
        heading(diagnosis),
        (*about_lines(diagnosis), *goal_lines(diagnosis)),
        tuple(section for section in sections if section.blocks),
        tuple(_footer(diagnosis)),
        tight=True,
    )


def _actions(diagnosis: Diagnosis, most: int) -> Iterator[Block]:
    found = diagnosis.recommendations
    if not found:
        yield from () if diagnosis.provisional.likely else (Paragraph(NOTHING),)
        return
    yield Entries(
        tuple(
            Entry(
                r.intervention.title,
                r.intervention.owner,
                (EntryLine("", f"judge after: {r.intervention.judge_after}"),),
            )
            for r in found[:most]
        ),
        numbered=True,
    )
    if others := found[most:]:
        yield Paragraph(f"And {many(len(others), 'more action')}.")


def _reminders(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    """What a reader must not miss, each with a name: notes, what is held back and why, statements that disagree, and
    the true rules that confirm no step but advise something."""
    yield from (("a note", note_words(diagnosis.base, note)) for note in diagnosis.notes)
    for r in diagnosis.suppressed:
        yield r.intervention.title, f"Not now: {r.intervention.title}, since {r.why}"
    for term, said in diagnosis.memory.withdrawn:
        yield "a withdrawn statement", f"Withdrawn: {withdrawn_words(diagnosis.memory, term, said)}"
    for conflict in diagnosis.conflicts:
        fact, turns = conflict.fact, {result for _, result in conflict.turns}
        counts = ", and which of them counts turns the result" if len(turns) > 1 else ""
        name = in_quotes(diagnosis.base, fact.term)
        yield name, f"Statements on {name} disagree{counts}."
    files, strengths = {file.stage.id for file in diagnosis.files}, diagnosis.base.ladder.strengths
    for rule in diagnosis.fired:
        if rule in diagnosis.givers and rule.home not in files and not strengths[rule.strength].examined:
            yield "a remark", f"{diagnosis.because(rule)} ({rule.id})"


def _reminder_blocks(told: Sequence[tuple[str, str]], named: Sequence[tuple[str, str]]) -> Iterator[Block]:
    if told:
        yield Entries(tuple(Entry(text) for _, text in told))
    if named:
        counts = Counter(name for name, _ in named)
        several = [many(n, name[2:]) if n > 1 and name.startswith("a ") else name for name, n in counts.items()]
        yield Paragraph(f"{'And' if told else 'See'} {listed(several)}.")


def _asked_for(diagnosis: Diagnosis) -> str:
    """What the list of unknown facts that could turn the result is called."""
    if diagnosis.led_to is not None:
        return "What could turn it, and whom to ask"
    return f"What {'is missing' if diagnosis.open_terms else 'nobody looked at'}, and whom to ask"


def _whom_to_ask(diagnosis: Diagnosis, most: int, width: int) -> Iterator[Block]:
    """Who can answer, each in one line with how many questions `ask` writes, and as many of the facts as it holds."""
    found = _asked(diagnosis)
    who = [name or "a formula" for name in found]
    if first := list(zip(who, found.values(), strict=True))[:most]:
        yield Entries(tuple(Entry(_fitting(f"{name}: ", names, width - 2)) for name, names in first))
    if who[most:]:
        yield Paragraph(_fitting("Then " if first else "Ask ", [name.split(", ")[0] for name in who[most:]], width))


def _asked(diagnosis: Diagnosis) -> dict[str, list[str]]:
    """Who can turn the result, with how many questions there are to ask -> the facts, each with why it is unknown; last
    those to whom no question is open."""
    base, turning = diagnosis.base, set(diagnosis.turning_terms)
    found: dict[str, list[str]] = {}
    timely = [name for name in diagnosis.turning_terms if not awaits_subject(diagnosis.memory, name)]
    rest = by_respondent(diagnosis, timely)
    for role, terms in ordered_questions(diagnosis).items():
        if turning.isdisjoint(term.name for term in terms):
            continue
        rest.pop(person(base, role), None)
        facts = by_respondent(diagnosis, [term.name for term in terms])
        who = f"{person(base, role)}, {many(len(terms), 'question')}"
        found[who] = [fact for told in facts.values() for fact in told]
    if len(found) + len(rest) > 1:
        rest.pop(NOBODY, None)
    return found | rest


def _fitting(lead: str, names: Sequence[str], room: int) -> str:
    """As many names as a line holds, and how many more there are."""
    for kept in range(len(names), 0, -1):
        more = [f"{len(names) - kept} more"] if kept < len(names) else []
        line = lead + listed([*names[:kept], *more])
        if size(clean(line)) <= room:
            break
    return line


def _footer(diagnosis: Diagnosis) -> Iterator[str]:
    """What made the result, with what speaks against relying on it, and how to see more."""
    base, engine = diagnosis.base, diagnosis.engine
    if engine.note:
        yield engine.note
    proof = base.proof
    if proof is not None and (proof.rule_base != base.digest or proof.refuted or proof.undecided):
        yield proof_line(base)
    if base.below is None or base.further or not stands_on_shipped(base):
        yield from based_lines(diagnosis)
    yield f"{rules_line(base)}; salesdx {engine.version}"
    yield MORE
