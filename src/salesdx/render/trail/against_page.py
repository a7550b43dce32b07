"""The case against a complete file, as a page that a person reads before signing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesdx.case.settling import Fact
from salesdx.engine.decisive import Compared
from salesdx.ledger.moments import moment
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section
from salesdx.render.explained import answers_report
from salesdx.render.plain import answer_words, long_date, origin_words, question_words
from salesdx.render.report import about_lines, footer
from salesdx.render.rungs import stage_title
from salesdx.render.trail import render_page
from salesdx.render.trail.signatures import who_signed
from salesdx.render.trail.voices import overridden, spoken, under_both
from salesdx.render.uncertain import conflicts, gone, unexamined
from salesdx.render.wording import called, comparison, in_quotes
from salesdx.services.explaining import Explained
from salesdx.trail.case_against import Against, Help, Near
from salesdx.trail.sign_off_story import full_minute

SHOWN = 12
"""So many facts are named of a long list of the same fault; of more it says how many."""


def against_page(against: Against, format: str, width: int) -> str:
    """The case against as a page in one of PAGES."""
    return render_page(against_report(against), None, format, width)


def against_report(found: Against) -> Report:
    """Everything that speaks against, also where there is nothing: then it says that it was looked for."""
    diagnosis = found.diagnosis
    sections = (
        Section("before", "Before you decide", tuple(_before(found))),
        Section("decided", "What was refused, void or not followed before", tuple(_decided(found))),
        Section(
            "gone", "Withdrawn, or left out", tuple(gone(diagnosis)) or _none("Nothing was withdrawn or left out.")
        ),
        Section(
            "conflicts", "Statements that disagree", tuple(conflicts(diagnosis)) or _none("No statements disagree.")
        ),
        Section("statement", "What the person concerned says", tuple(_statement(found))),
        Section("papers", "Papers and pictures", tuple(_papers(found))),
        Section("overrides", "Who does not follow this result", tuple(_overrides(found))),
        Section("close", "Close to a limit", tuple(_close(found))),
        Section("unexamined", "Signs of another cause", tuple(_unexamined(found))),
        Section("evidence", "What the evidence rests on", tuple(_evidence(found))),
        Section("help", "Help that was not given, or is not on record", tuple(_help(found))),
        Section("turns", "What would change the result", _turns(found)),
        Section("next", "What happens next", tuple(_next(found))),
    )
    pairs = (
        *about_lines(diagnosis),
        ("Read on", long_date(found.today)),
        ("You may sign from", full_minute(found.free)),
    )
    title = f"The case against: record {found.seq}, case {diagnosis.memory.case}"
    return Report(title, pairs, sections, footer(diagnosis))


def _none(text: str) -> tuple[Block, ...]:
    return (Paragraph(text),)


def _before(found: Against) -> Iterator[Block]:
    yield Paragraph(
        f"This page holds what speaks against “{found.stage.title}” in this case. Read all of it before you decide.",
        strong=True,
    )
    yield Paragraph(
        "That the file is complete means that this step may be considered. It is no recommendation: nothing here says "
        "that it should be taken. What you decide, you decide for reasons of your own."
    )


def _decided(found: Against) -> Iterator[Block]:
    if not found.before:
        yield Paragraph("Nobody has signed, refused or overridden an earlier diagnosis of this person.")
    for before in found.before:
        record, status = before.record, before.status
        case = record.case.name if record.case else ""
        yield Paragraph(f"Record {record.seq}, case {case}, of {long_date(moment(record.time).date())}:", strong=True)
        if status is not None:
            yield Paragraph(f"The sign-off was {status.state}: {'; '.join(status.reasons)}.")
            yield from who_signed(status)
        if before.overrides:
            yield Entries(tuple(overridden(before.overrides)))


def _statement(found: Against) -> Iterator[Block]:
    if not found.views:
        yield Paragraph("No statement of the person concerned is on record. Was the person asked?")
        return
    yield from spoken(found.views)
    yield from under_both(found.diagnosis.base, found.contested)


def _papers(found: Against) -> Iterator[Block]:
    if not found.papers:
        yield Paragraph("None are kept with the cases of this person.")
        return
    yield Paragraph("Look at each of them before you decide.")
    entries = []
    for record in found.papers:
        body, day = record.body or {}, long_date(moment(record.time).date())
        how = EntryLine("look", f"salesdx trail attachment {record.seq} --output FILE", True)
        by = f"record {record.seq}, {day}, by {record.actor.name} ({record.role})"
        entries.append(Entry(str(body["name"]), by, (EntryLine("why", str(body["reason"])), how)))
    yield Entries(tuple(entries))


def _overrides(found: Against) -> Iterator[Block]:
    entries = tuple(overridden(found.overrides))
    yield Entries(entries) if entries else Paragraph("Nobody has recorded that.")


def _close(found: Against) -> Iterator[Block]:
    if not found.near:
        yield Paragraph("No number is close to a limit that decides.")
        return
    yield Paragraph("With numbers a little other than these, a rule would say something else.")
    yield Entries(tuple(_near(found, near) for near in found.near))


def _near(found: Against, near: Near) -> Entry:
    values = found.diagnosis.matches.values
    stage = stage_title(found.diagnosis, near.stage)
    if near.rule is None:
        title, note = "Ruled out, with a number close to its limit", stage
    else:
        title = near.rule.title or near.rule.finding
        note = f"{stage}; {near.rule.id} is {'true, but close' if near.holds else 'not true, but close'}"
    lines = dict.fromkeys(comparison(found.diagnosis.base, Compared(*part), values) for part in near.parts)
    return Entry(title, note, tuple(EntryLine("", line) for line in lines))


def _unexamined(found: Against) -> Iterator[Block]:
    blocks = tuple(unexamined(found.diagnosis))
    yield from blocks or _none("Every sign of an earlier step was looked at.")
    if found.excused:
        yield Paragraph("Some were not measured: somebody named stated that they do not apply, for this reason.")
        yield Entries(tuple(_fact(found, fact) for fact in found.excused))


def _fact(found: Against, fact: Fact, note: str = "") -> Entry:
    base = found.diagnosis.base
    lines = (EntryLine("", origin_words(base, fact.used, full=True)),) if fact.used else ()
    return Entry(question_words(base.terms[fact.term]), note or called(base, fact.term), lines)


def _evidence(found: Against) -> Iterator[Block]:
    terms = found.diagnosis.base.terms
    if found.aging:
        yield Paragraph("This evidence is too old by now, or will be soon:")
        entries = []
        for aging in found.aging:
            age = aging.valid_for - aging.left
            when = f"too old in {aging.left + 1} days" if aging.left > 0 else "too old today or tomorrow"
            value = answer_words(terms[aging.fact.term], aging.fact.value)
            entry = _fact(found, aging.fact, f"{value}; {age} days old, counts for {aging.valid_for}: {when}")
            entries.append(entry)
        yield Entries(tuple(entries))
    yield from _lacking(found, found.no_source, "names no source, so nobody can check it")
    yield from _lacking(found, found.no_date, "has no date, so nobody can tell how old it is")
    if not (found.aging or found.no_source or found.no_date):
        yield Paragraph("Every fact has a source and a date, and none is about to be too old.")


def _lacking(found: Against, facts: Sequence[Fact], what: str) -> Iterator[Block]:
    if facts:
        named = ", ".join(in_quotes(found.diagnosis.base, fact.term) for fact in facts[:SHOWN])
        more = f" and {len(facts) - SHOWN} more" if len(facts) > SHOWN else ""
        yield Paragraph(f"{len(facts)} of {len(found.stated)} stated facts: each {what}: {named}{more}.")


def _help(found: Against) -> Iterator[Block]:
    diagnosis = found.diagnosis
    earlier = tuple(_earlier(found, help) for help in found.help)
    if earlier:
        yield Paragraph("Recommended earlier in this case. No record says whether it was given:")
        yield Entries(earlier)
    now = [*diagnosis.alternatives, *diagnosis.suppressed]
    if now:
        yield Paragraph("Help that the rules know for this cause, and that is not recommended now:")
        yield Entries(tuple(Entry(r.intervention.title, r.intervention.owner, (EntryLine("", r.why),)) for r in now))
    if not (earlier or now):
        yield Paragraph("The rules know no other help for this cause, and none was recommended earlier.")


def _earlier(found: Against, help: Help) -> Entry:
    day = long_date(moment(help.record.time).date())
    lines = [EntryLine("", f"not followed by {o.actor.name}: {(o.body or {})['reason']}") for o in help.overridden]
    return Entry(help.title, f"record {help.record.seq}, {day}", tuple(lines))


def _turns(found: Against) -> tuple[Block, ...]:
    answer = Explained("what_would_change", found.stage.id, found.turns)
    return answers_report(found.diagnosis, [answer]).sections[0].blocks


def _next(found: Against) -> Iterator[Block]:
    yield Paragraph(
        f"You may sign or refuse from {full_minute(found.free)}, with reasons of your own: at the service's pages, on "
        "that of this sign-off, or by a command:"
    )
    for word in ("approve", "refuse"):
        yield Entries((Entry(f"salesdx trail sign-off {found.seq} --{word} --reason TEXT"),))
    yield Paragraph(
        "Nobody sees what you decided, or why, before everybody has signed or the file is void. One refusal closes "
        "this file for good, and every later one of the same person, period and facts. A new fact or paper, a "
        "statement of the person concerned, a new diagnosis in whatever case of theirs, or a changed rule voids all "
        "signatures."
    )
