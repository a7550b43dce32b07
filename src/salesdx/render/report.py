"""Diagnosis -> report: what is said, in which order, without any looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile

from salesdx.base.model import Rule
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import shown_value
from salesdx.engine.diagnosis import Diagnosis, Recommendation, status_words
from salesdx.engine.likely import Cause
from salesdx.engine.standing import Standing
from salesdx.followup.sessions import SOURCE
from salesdx.language.conditions import names
from salesdx.render.based_words import based_lines, proof_line, rules_line
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Heading, Paragraph, Report, Section
from salesdx.render.drawn_facts import drawn_line, drawn_section
from salesdx.render.followed_words import action_entries
from salesdx.render.proving import proving, waiting, weak_lines
from salesdx.render.provisional import (
    contributing,
    explains_words,
    goal_lines,
    likely,
    provided_words,
    rest_words,
    sign_words,
    steps,
    suspects,
)
from salesdx.render.rungs import ladder, says, stage_title, step_number
from salesdx.render.uncertain import conflicts, gone, missing, unexamined
from salesdx.render.wording import (
    by_respondent,
    concerns_person,
    condition_line,
    fact_table,
    in_quotes,
    note_words,
    person,
    rule_titles,
    unknown_words,
    who_answers,
)
from salesdx.text.english import capital, listed, many

NOTHING = "Nothing is recommended on these facts."
TRIAL = "nobody has adopted these rules yet, so it can never be signed"


def report(diagnosis: Diagnosis) -> Report:
    """The report of one case: the conclusion or what is likely, what to do, the ladder, and then all that it rests on.

    A section without content is left out.
    """
    sections = (
        Section("result", "Result", tuple(result_blocks(diagnosis))),
        likely_section(diagnosis),
        Section("do", "What to do", tuple(_recommendations(diagnosis)), ends_page=True),
        Section("actions", "What was done about it", tuple(action_entries(diagnosis.memory, diagnosis.memory.today))),
        Section("contributing", "What else contributes", tuple(contributing(diagnosis))),
        suspects_section(diagnosis),
        Section("ladder", "The ladder", (ladder(diagnosis),)),
        Section("proving", "What rests on too little", tuple(proving(diagnosis))),
        Section("instead", "Not recommended now, and why", tuple(_others(diagnosis)), folded=True),
        Section("why", "Why", tuple(_why(diagnosis)), folded=True),
        Section("gone", "Withdrawn, or left out", tuple(gone(diagnosis))),
        Section("conflicts", "Statements that disagree", tuple(conflicts(diagnosis))),
        drawn_section(diagnosis),
        Section("missing", "What is missing, and who can answer", tuple(missing(diagnosis))),
        Section("unexamined", "Signs not looked at yet", tuple(unexamined(diagnosis)), folded=True),
        Section("ruled-out", "What ruled out the other steps", tuple(_ruled_out(diagnosis)), folded=True),
        Section("notes", "Notes", tuple(Paragraph(note_words(diagnosis.base, n)) for n in diagnosis.notes)),
    )
    about = *about_lines(diagnosis), *goal_lines(diagnosis)
    return Report(heading(diagnosis), about, tuple(s for s in sections if s.blocks), footer(diagnosis))


def likely_section(diagnosis: Diagnosis, most: int | None = None) -> Section:
    """What is said in the place of a conclusion; with ``most`` so many causes, in short."""
    return Section("likely", "What is likely", tuple(likely(diagnosis, most)))


def suspects_section(diagnosis: Diagnosis, brief: bool = False) -> Section:
    """What became of what was suspected; in short the answers alone."""
    return Section("suspects", "What was suspected", tuple(suspects(diagnosis, brief)))


def heading(diagnosis: Diagnosis) -> str:
    """The title of a report on a case; of a worked case, whose facts are supposed, and of a trial it says so."""
    memory = diagnosis.memory
    kind = "Worked case" if memory.supposes else "Trial of case" if memory.trial else "Case"
    return " ".join(filter(None, (kind, memory.case)))


def about_lines(diagnosis: Diagnosis) -> tuple[tuple[str, str], ...]:
    """Whom or what a case is about, and when."""
    memory = diagnosis.memory
    kind = memory.values.get(diagnosis.base.ladder.subject_term)
    subject = " ".join(
        part for part in (shown_value(kind) if kind is not None else "", memory.subject.get("ref")) if part
    )
    period = f"{memory.period[0].isoformat()} to {memory.period[1].isoformat()}" if memory.period else ""
    asked = (("Asked for by", _asked_for_by(diagnosis)),) if concerns_person(diagnosis) else ()
    trial = (("Trial", TRIAL),) if memory.trial else ()
    about = ("Subject", subject or "not stated"), ("Period", period or "not stated")
    return *trial, *about, *firm_lines(memory), *asked, *drawn_line(memory)


def _asked_for_by(diagnosis: Diagnosis) -> str:
    """Who asked for a review: what they say meets no floor by itself, and nothing checks who it was."""
    base, asked = diagnosis.base, diagnosis.memory.head.asked_by
    if asked.by:
        return f"{person(base, asked.by)}{f' {asked.author}' * bool(asked.author)} (typed, not checked)"
    return f"{person(base, base.ladder.asked_by)} (not stated)" if base.ladder.asked_by else "not stated"


def firm_lines(memory: WorkingMemory) -> tuple[tuple[str, str], ...]:
    """Whose profile counts with a case; nothing where there is none beside it."""
    return (("Firm", memory.firm.name),) if memory.firm else ()


# --- the result -----------------------------------------------------------------------------------------------------


def result_blocks(
    diagnosis: Diagnosis, reasons: int | None = None, signs: int = 3, words: bool = True
) -> Iterator[Block]:
    """The conclusion, the strongest ``signs`` of those that it rests on, and how a file stands that the ladder led to:
    at most ``reasons`` of those that block it with how many more there are, and how many facts it lacks. Without
    ``reasons`` all of it; without ``words`` the other reasons by their numbers alone."""
    yield Paragraph(conclusion(diagnosis), strong=True)
    if told := _certainty(diagnosis):
        yield Paragraph(told)
        if diagnosis.concluded is not None and (shown := diagnosis.concluded.strongest[:signs]):
            told = " ".join(f"{diagnosis.because(rule)} ({rule.id})" for rule in shown)
            yield Paragraph(f"The strongest: {told}")
    for standing in waiting(diagnosis):
        if not standing.by_file:
            yield from _too_little(diagnosis, standing, reasons)
    for file in diagnosis.files:
        if file.reached:
            yield from _file(diagnosis, file, reasons, words)


def _certainty(diagnosis: Diagnosis) -> str:
    """Which signs a conclusion rests on, and how many signs of earlier steps nobody has looked at."""
    if diagnosis.concluded is None:
        return ""
    found = Counter(status_words(rule.strength) for rule in diagnosis.concluded.signs)
    signs = [many(count, f"{strength} sign") for strength, count in found.items()]
    told = [f"It rests on {listed(signs)}."] if signs else []
    told += [text for text in (explains_words(diagnosis, diagnosis.concluded), rest_words(diagnosis)) if text]
    if unseen := diagnosis.unexamined_before(diagnosis.concluded.stage):
        plural = "signs of earlier steps were" if len(unseen) > 1 else "sign of an earlier step was"
        told.append(f"{len(unseen)} {plural} not looked at yet and could still turn this.")
    return " ".join(told)


def conclusion(diagnosis: Diagnosis) -> str:
    """The result in a sentence: what the mode says, or the verdict, and which steps it rests on."""
    said = next((line.says for line in diagnosis.base.ladder.modes if line.name == diagnosis.mode), "")
    if said:
        return said
    verdict = diagnosis.verdict
    says_, asks = (verdict.says, verdict.asks) if verdict is not None else ("", True)
    steps = any(s.concluded or s.held or s.asked for s in diagnosis.stages)
    return " ".join(part for part in (says_, _by_steps(diagnosis) if asks and (steps or not says_) else "") if part)


def _by_steps(diagnosis: Diagnosis) -> str:
    """What is concluded and what is not, by the steps that decide it."""
    concluded = diagnosis.concluded
    held = [s for s in diagnosis.stages if s.held]
    asked = [s for s in diagnosis.stages if s.asked]
    if concluded is not None:
        lowest = step_number(diagnosis, concluded.stage) == 1
        waiting = [s for s in _before(diagnosis, concluded) if not s.proved]
        but = f", but {_steps(diagnosis, waiting)} {_are(waiting)} {status_words(waiting[0].status)}" if waiting else ""
        before = "it is the first step of the ladder" if lowest else f"every step before it is ruled out{but}"
        after = f"; {_steps(diagnosis, held)} {_are(held)} held, and nothing is recommended there" if held else ""
        return (
            f"{_steps(diagnosis, [concluded], 'S')} is the cause to act on: its signs confirm it, and {before}{after}."
        )
    if likely := diagnosis.provisional.likely:
        return _likeliest(diagnosis, likely[0])
    if held:
        holding = [s for s in diagnosis.stages if s.asked and s.stage in held[0].held_by]
        there = f"{_steps(diagnosis, held)} {_are(held)} held and nothing is recommended there"
        if not held[0].held_by:
            return f"Nothing is concluded: {there}."
        first_steps = (
            f"{_steps(diagnosis, holding)} {_are(holding)} {_unsettled(holding[0])}"
            if holding
            else "an earlier step is not settled"
        )
        return f"Nothing is concluded: {first_steps}, so {there}."
    if asked:
        return f"Nothing is concluded yet: {_steps(diagnosis, asked[:1])} is the first that is {_unsettled(asked[0])}."
    return "Nothing is concluded: the evidence confirms no step of the ladder, and leaves none open."


def _before(diagnosis: Diagnosis, result: Standing) -> Iterator[Standing]:
    return takewhile(lambda standing: standing is not result, diagnosis.standings)


def _unsettled(result: Standing) -> str:
    """How a step that the ladder asks about stands: open, or only what lets the ladder go on."""
    return f"only {status_words(result.status)}" if result.passed else "still open"


def _likeliest(diagnosis: Diagnosis, cause: Cause) -> str:
    """The likeliest cause, and under which condition it is the cause."""
    confirmed = cause.standing.confirmed
    told = f"{steps(diagnosis, [cause.standing.stage])} {'is' if confirmed else 'has'} {sign_words(cause)}"
    if provided := provided_words(diagnosis, cause):
        told += f", provided that {provided}"
    if confirmed and diagnosis.verdict is not None and diagnosis.verdict.says:
        return f"{capital(told)}."
    return f"Likely, and not yet {'concluded' if confirmed else 'confirmed'}: {told}."


def _steps(diagnosis: Diagnosis, results: Sequence[Standing], letter: str = "s") -> str:
    named = [f"{step_number(diagnosis, r.stage)} “{r.stage.title}”" for r in results]
    return f"{letter}tep{'s' * (len(named) > 1)} {listed(named)}"


def _are(results: Sequence[Standing]) -> str:
    return "is" if len(results) == 1 else "are"


def _file(diagnosis: Diagnosis, file: Standing, reasons: int | None, words: bool) -> Iterator[Block]:
    said = says(diagnosis, file)
    yield Paragraph(
        f"{stage_title(diagnosis, file.stage)}: {status_words(file.status)}." + (f" {said}" if said else ""),
        strong=True,
    )
    blocked = tuple(Entry(diagnosis.because(rule), rule.id) for rule in file.blocked_by[:reasons])
    if blocked:
        yield Paragraph("It is blocked, because:")
        yield Entries(blocked)
    if others := file.blocked_by[len(blocked) :]:
        told = rule_titles(others) if words else listed([rule.id for rule in others])
        yield Paragraph(f"And for {many(len(others), 'more reason')}: {told}.")
    if not file.complete:
        yield from _too_little(diagnosis, file, reasons)
    if not file.complete and (told := _left_out(diagnosis, reasons)):
        yield Paragraph(told)
    if file.missing and reasons is None:
        yield Paragraph(f"Not on file yet: {who_answers(diagnosis, file.missing)}.")
    elif file.missing:
        who = listed([name or "a formula" for name in by_respondent(diagnosis, file.missing)])
        yield Paragraph(f"Not on file yet: {many(len(file.missing), 'fact')} ({who}).")


def _too_little(diagnosis: Diagnosis, standing: Standing, most: int | None) -> Iterator[Block]:
    """Whose word a stage rests on where that is not enough; of many reasons those that lie at the fewest facts."""
    lines = weak_lines(diagnosis, standing)
    if lines:
        more = (Entry(f"and {many(len(lines) - most, 'more reason')}"),) if most and len(lines) > most else ()
        yield Paragraph(f"What leads to step {step_number(diagnosis, standing.stage)}")
        yield Entries((*(Entry(line) for line in lines[:most]), *more))


def _left_out(diagnosis: Diagnosis, most: int | None) -> str:
    """Which statements a file waits for, at most so many by name."""
    left_out = diagnosis.memory.left_out
    if not left_out:
        return ""
    base = diagnosis.base
    named = [
        f"{said.note if said.source == SOURCE else in_quotes(base, name)} ({person(base, said.by) or 'nobody named'})"
        for name, said in left_out
    ]
    more = [f"{len(named) - most} more"] if most is not None and len(named) > most else []
    them, are = ("it", "it is") if len(named) == 1 else ("them", "they are")
    return (
        f"Left out, though earlier records hold {them}: {listed([*named[:most], *more])}. The file cannot be complete "
        f"until {are} back, or withdrawn by who said so."
    )


# --- recommendations ------------------------------------------------------------------------------------------------


def _recommendations(diagnosis: Diagnosis) -> Iterator[Block]:
    found = tuple(_recommendation(diagnosis, r) for r in diagnosis.recommendations)
    if found:
        yield Entries(found, numbered=True)
    elif not diagnosis.provisional.likely:
        yield Paragraph(NOTHING)


def _recommendation(diagnosis: Diagnosis, r: Recommendation) -> Entry:
    i = r.intervention
    because = [f"{diagnosis.because(rule)} ({rule.id})" for rule in r.rules]
    lines = [
        EntryLine("do", i.do),
        EntryLine("judge", f"after {i.judge_after}, by: {i.worked_when}"),
        *(EntryLine("because" if n == 0 else "", text, repeated=True) for n, text in enumerate(because)),
    ]
    return Entry(i.title, i.owner, tuple(lines), reasons=tuple(_reason(diagnosis, rule) for rule in r.rules))


def _others(diagnosis: Diagnosis) -> Iterator[Block]:
    for title, found in (("alternative", diagnosis.alternatives), ("suppressed", diagnosis.suppressed)):
        if found:
            yield Entries(
                tuple(
                    Entry(
                        r.intervention.title,
                        title,
                        (EntryLine("why", r.why), EntryLine("rules", ", ".join(rule.id for rule in r.rules))),
                    )
                    for r in found
                )
            )


# --- why ------------------------------------------------------------------------------------------------------------


def _why(diagnosis: Diagnosis) -> Iterator[Block]:
    """Every true rule, with its condition and facts, stage by stage in the order of rules."""
    for home in dict.fromkeys(rule.home for rule in diagnosis.fired):
        yield Heading(_standing(diagnosis, home))
        yield Entries(tuple(_reason(diagnosis, rule) for rule in diagnosis.fired if rule.home == home))


def _standing(diagnosis: Diagnosis, home: str) -> str:
    """A stage or group, and how a stage stands."""
    title = stage_title(diagnosis, diagnosis.base.home[home])
    for stage in diagnosis.stages:
        if stage.stage.id == home:
            standing = "concluded" if stage.concluded else "held" if stage.held else ""
            return f"{title}: {', '.join(part for part in (status_words(stage.status), standing) if part)}"
    return next((f"{title}: {status_words(file.status)}" for file in diagnosis.files if file.stage.id == home), title)


def _reason(diagnosis: Diagnosis, rule: Rule) -> Entry:
    used = diagnosis.decisive_terms(rule)
    when = diagnosis.base.as_written.rule[rule.id].when
    unneeded = [name for name in names(when) if name not in used]
    lines = [condition_line(diagnosis.base, when, rule.text)]
    if unneeded:
        told = ", ".join(f"{in_quotes(diagnosis.base, name)} ({_told(diagnosis, name)})" for name in unneeded)
        lines.append(EntryLine("unused", told))
    said, note = diagnosis.because(rule) or rule.title or rule.finding, f"{rule.id}, {status_words(rule.strength)}"
    if rule.recommend and rule not in diagnosis.givers:
        note += ", recommends nothing now"
    return Entry(said, note, tuple(lines), fact_table(diagnosis, used))


def _told(diagnosis: Diagnosis, name: str) -> str:
    known = diagnosis.matches.values.get(name)
    return unknown_words(diagnosis, name) if known is None and name in diagnosis.base.terms else shown_value(known)


def _ruled_out(diagnosis: Diagnosis) -> Iterator[Block]:
    found = []
    for result in diagnosis.stages:
        stage = result.stage
        written = diagnosis.base.as_written.home[stage.id]
        for key in result.passed_by:
            table = fact_table(diagnosis, [name for part in result.decisive for name in names(part.expr)])
            when = condition_line(diagnosis.base, written.conditions[key], stage.texts[key])
            note = "" if result.proved else status_words(result.status)
            found.append(Entry(stage_title(diagnosis, stage), note, (when,), table))
    if found:
        yield Entries(tuple(found))


def footer(diagnosis: Diagnosis) -> tuple[str, ...]:
    """Which rules and which engine made a result, and what is proved of the rules."""
    base, engine = diagnosis.base, diagnosis.engine
    checked = f", checked by {engine.checked_by}" if engine.checked_by else ""
    line = f"{rules_line(base)}; engine {engine.name}{checked}; salesdx {engine.version}"
    proved = proof_line(base) if base.proof else ""
    return tuple(part for part in (engine.note, line, proved, *based_lines(diagnosis)) if part)
