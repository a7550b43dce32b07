"""The story of a case: records in order, what changed between diagnoses, and who knew what when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from salesdx.render.blocks import Block, Entries, Entry, Paragraph, Report, Section, Table
from salesdx.render.trail.words import (
    FOOTER,
    differing,
    headed,
    known_name,
    rule_changes,
    statement_words,
    time_words,
    told_lines,
    who,
)
from salesdx.text.english import capital
from salesdx.trail.book import Record, type_words
from salesdx.trail.story import FactChange, Since, Story, StoryEvent, fact_change

Labels = Mapping[str, str]
SEEN = ("diagnosis", "explanation", "case_against", "letter")
"""Records of what somebody was shown."""


def story_report(story: Story) -> Report:
    """A case as a page: a section for each act, answers of one act together."""
    events = story.events
    times = [time_words(event.record.time) for event in (events[0], events[-1])]
    about = (
        ("Subject", known_name(story.subject)),
        ("Records", str(len(events))),
        ("From", times[0]),
        ("To", times[1]),
    )
    sections = act_sections(events, story.labels)
    knew = Table(("who", "when", "was shown or recorded"), tuple(_knew(events)))
    sections.append(Section("knew", "Who knew what when", (knew,)))
    if story.hidden:
        are = "records of this case are" if story.hidden > 1 else "record of this case is"
        hidden = Paragraph(f"{story.hidden} {are} not shown to you in your role.")
        sections.append(Section("hidden", "What is not here", (hidden,)))
    return Report(
        f"Case {known_name(story.case)}: the whole story", tuple(a for a in about if a[1]), tuple(sections), FOOTER
    )


def act_sections(events: Sequence[StoryEvent], labels: Labels, cases: bool = False) -> list[Section]:
    """A section for each act, answers of one act together; with ``cases`` each says which case it is of."""
    acts = groupby(events, key=lambda event: _act(event.record))
    return [
        _section(list(run), labels, cases) for _, run in acts
    ]  # one act is one transaction: its records are neighbours


def _act(record: Record) -> tuple[str, ...]:
    case = record.case.pseudonym if record.case else ""
    one = (record.type, record.time[:19], record.actor.pseudonym, case)
    return one if record.type == "answer" else (str(record.seq),)


def _section(events: Sequence[StoryEvent], labels: Labels, cases: bool) -> Section:
    first = events[0].record
    case = f", case {known_name(first.case)}" if cases and first.case else ""
    title = f"{time_words(first.time)} {who(first)}{case}: "
    if first.type == "answer":
        changes = [fact_change(event.record) for event in events]
        numbers = f"records {first.seq} to {events[-1].record.seq}" if len(events) > 1 else f"record {first.seq}"
        return Section(f"record-{first.seq}", f"{title}answers ({numbers})", (_facts(changes, labels),))
    return Section(
        f"record-{first.seq}", f"{title}{type_words(first.type)} (record {first.seq})", tuple(_told(events[0], labels))
    )


def _facts(changes: Sequence[FactChange], labels: Labels) -> Table:
    rows = [
        (f"record {change.seq}", "", f"not shown: {change.withheld}")
        if change.withheld
        else (labels.get(change.term, change.term), statement_words(change.before), statement_words(change.after))
        for change in changes
    ]
    if any(change.before for change in changes):
        return Table(("fact", "before", "now"), tuple(rows), labelled=True)
    return Table(("fact", "stated for the first time"), tuple((fact, now) for fact, _, now in rows))


def _told(event: StoryEvent, labels: Labels) -> Iterator[Block]:
    record = event.record
    if record.body is None or record.warning:
        yield Paragraph(f"Not shown: {event.what}.")
    elif record.type in ("diagnosis", "explanation"):
        yield Paragraph(f"{capital(event.what)}.", strong=True)
    else:
        lines = told_lines(record.body, ("shown",))
        if lines:
            rests = f"on record {record.inputs[0]}" if record.inputs else ""
            yield Entries((Entry(capital(type_words(record.type)), rests, lines),))
    if event.since is not None:
        yield from _since(event.since, labels)


def _since(since: Since, labels: Labels) -> Iterator[Block]:
    if since.facts:
        changed = ", ".join(
            f"“{labels[change.term]}”"
            if change.term in labels
            else change.term or f"record {change.seq} ({change.withheld})"
            for change in since.facts
        )
        yield Paragraph(f"Since record {since.seq} these facts are stated otherwise: {changed}.")
    else:
        yield Paragraph(f"No fact is stated otherwise than in record {since.seq}.")
    yield from rule_changes(since.base)
    if since.results:
        yield differing(since.results, f"record {since.seq}", "now", "result")
    else:
        yield Paragraph(f"The result is that of record {since.seq}.")


def _knew(events: Sequence[StoryEvent]) -> Iterator[tuple[str, ...]]:
    """For each person, in order of their first act: what they were shown and what they recorded, and when."""
    people: dict[str, list[Record]] = {}
    for event in events:
        people.setdefault(event.record.actor.pseudonym, []).append(event.record)
    for records in people.values():
        for _, run in groupby(records, key=_act):
            found = list(run)
            number = f"{len(found)} answers" if len(found) > 1 else headed(found[0])
            verb = "was shown" if found[0].type in SEEN else "recorded"
            yield who(found[0]), time_words(found[0].time), f"{verb} {number}"
