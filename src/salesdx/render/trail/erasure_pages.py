"""What goes and what stays, as pages: erasures, retention and legal holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from salesdx.render.blocks import Block, Entries, Entry, Paragraph, Report, Section, Table
from salesdx.text.english import listed
from salesdx.trail.announced import ErasureStep, OnItsWay
from salesdx.trail.book import type_words
from salesdx.trail.erasure import Item, Plan
from salesdx.trail.holds import Hold
from salesdx.trail.retention import DueCases, Kept
from salesdx.trail.sign_off_story import full_minute

MOST_ITEMS = 20
"""Records that a list names; of more it says how many there are."""
NEXT = "Nothing has been erased. The same command with --yes does the next step."


def erasure_report(plan: Plan, way: OnItsWay, done: ErasureStep | None = None) -> Report:
    """A plan, how far it is on its way, and the step of it that was done, if any."""
    gone = done is not None and done.erased
    sections = (
        *plan_sections(plan, "; `salesdx trail hold release` ends one", gone),
        Section("way", "How far it is", () if gone else tuple(_way(way))),
    )
    last = NEXT
    if done is not None and done.erased:
        last = f"Erased; {_seqs(done.seqs)} {'say' if len(done.seqs) > 1 else 'says'} so."
    about = (("Records", str(len(plan.goes))), ("Names", str(len(plan.names))))
    return Report(f"Erasure of {plan.what}", about, tuple(s for s in sections if s.blocks), (last,))


def plan_report(plan: Plan) -> Report:
    """What holds an erasure, what it takes and what stays: for who does not type commands."""
    sections = (section for section in plan_sections(replace(plan, idle=())) if section.blocks)
    return Report(f"Erasure of {plan.what}", (), tuple(sections), ())


def plan_sections(plan: Plan, ends: str = "", gone: bool = False) -> tuple[Section, ...]:
    """What holds an erasure, what goes and what stays; ``ends`` says how a hold ends."""
    return (
        Section("held", "Held", tuple(_held(plan.holds, ends))),
        Section("goes", f"What {'has gone' if gone else 'goes'}", tuple(_goes(plan))),
        Section("stays", "What stays", tuple(_stays(plan))),
    )


def _way(way: OnItsWay) -> Iterator[Block]:
    for one in way.wanted:
        yield Paragraph(f"{one.by.name} wants it since {one.time:%Y-%m-%d}, record {one.seq}.")
    if (missing := way.persons - len(way.wanted)) > 0:
        yield Paragraph(
            f"It takes {way.persons} persons, {missing} more of them, each by the same command with --yes; then it "
            f"waits {way.days} days."
        )
    if way.due is not None:
        yield Paragraph(
            f"It may be carried out from {full_minute(way.due)}, by the same command with --yes. A legal hold that "
            "comes before stops it."
        )


def _held(holds: Sequence[Hold], ends: str) -> Iterator[Block]:
    if holds:
        yield Paragraph(f"A legal hold stops this erasure{ends}.", strong=True)
        yield holds_table(holds)


def _goes(plan: Plan) -> Iterator[Block]:
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in plan.goes:
        groups.setdefault((item.case, item.type), []).append(item)
    rows = [
        (type_words(type), case or "no case", str(len(items)), str(items[0].day), str(items[-1].day))
        for (case, type), items in sorted(groups.items())
    ]
    if rows:
        yield Table(("content of", "case", "records", "first", "last"), tuple(rows), labelled=True)
    if plan.names:
        names = listed([f"{name} ({kind})" for _, kind, name in plan.names])
        yield Paragraph(f"The names behind pseudonyms: {names}.")


def _stays(plan: Plan) -> Iterator[Block]:
    if plan.goes:
        yield Paragraph(
            "The headers of these records, which name nobody (number, type, time, role, pseudonyms, seal), and their "
            "place in the signed tree: the trail still verifies."
        )
    entries = [
        *_listed(plan.others, "records of the same cases that name another subject: they are that one's"),
        *_listed(plan.mentions, "records of others that mention a name: they go with their own case, or never"),
        *_listed(plan.copies, "exports: bundles that left the trail keep what is in them"),
    ]
    if plan.idle:
        names = listed([f"{name}" for name in plan.idle])
        entries.append(Entry(f"names of who acted, now without content: {names} (--actor NAME lets one go)"))
    if entries:
        yield Entries(tuple(entries))


def _listed(items: Sequence[Item], what: str) -> Iterator[Entry]:
    if items:
        told_ = [
            f"{item.seq} ({', '.join(part for part in (type_words(item.type), item.case) if part)})" for item in items
        ]
        more = f" and {len(told_) - MOST_ITEMS} more" * (len(told_) > MOST_ITEMS)
        yield Entry(f"{what}: {', '.join(told_[:MOST_ITEMS])}{more}")


def _seqs(seqs: Sequence[int]) -> str:
    return f"record{'s' * (len(seqs) > 1)} {listed([str(seq) for seq in seqs])}"


# --- retention --------------------------------------------------------------------------------------------------------


def retention_report(found: DueCases) -> Report:
    """The cases that have been kept long enough, and what was done with each."""
    today, done = found.day, found.done
    due = [case for case in found.cases if case.due(today)]
    rest = [case for case in found.cases if not case.due(today)]
    blocks: list[Block] = []
    if due:
        header = ("case", "about", "last record", "days", "kept until", "now")
        blocks.append(Table(header, tuple(_row(case, done) for case in due), labelled=True))
    else:
        blocks.append(Paragraph("No case has been kept long enough."))
    if bound := [hold for case in due for hold in case.holds]:
        blocks += [Paragraph("Held, and so not erased:"), holds_table(bound)]
    if rest:
        many = f"{len(rest)} more cases are" if len(rest) > 1 else "1 more case is"
        blocks.append(Paragraph(f"{many} kept; the first of them until {rest[0].until}."))
    title = f"Retention on {today}"
    about = (("Due", str(len(due))), ("Policy", found.policy))
    last = "The trail still verifies." if done is not None else NEXT
    return Report(title, about, (Section("due", "Cases that are due", tuple(blocks)),), (last,) if due else ())


def _row(case: Kept, done: Mapping[str, ErasureStep | None] | None) -> tuple[str, ...]:
    step = (done or {}).get(case.pseudonym)
    state = "due" if done is None else "waits for another person, or its days"
    if step is not None:
        state = f"{'erased' if step.erased else 'announced'} by {_seqs(step.seqs)}"
    state = "held" if case.holds else state
    about = listed(list(case.kinds)) or "not stated"
    return case.name, about, str(case.last), str(case.days), str(case.until), state


# --- holds ------------------------------------------------------------------------------------------------------------


def holds_report(holds: Sequence[Hold]) -> Report:
    """Holds, open or released."""
    block: Block = holds_table(holds) if holds else Paragraph("Nothing is held.")
    return Report("Legal holds", (("Holds", str(len(holds))),), (Section("holds", "Holds", (block,)),), ())


def holds_table(holds: Sequence[Hold]) -> Table:
    """Holds in rows, with their ends where one has ended."""
    rows = {
        hold.seq: (
            str(hold.seq),
            f"{hold.kind} {hold.name}",
            f"{hold.time:%Y-%m-%d}",
            hold.by,
            hold.reason,
            *([f"by record {hold.released}" if hold.released is not None else ""] * any(h.released for h in holds)),
        )
        for hold in holds
    }
    header = ("record", "held", "since", "by", "why", *(["released"] * any(h.released for h in holds)))
    return Table(header, tuple(rows.values()), labelled=True)
