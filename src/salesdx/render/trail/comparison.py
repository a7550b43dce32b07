"""Two diagnoses side by side, and the cases most like one that came out otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section, Table
from salesdx.render.trail.words import FOOTER, UTC, differing, known_name, rule_changes, time_words, trial_line, who
from salesdx.text.english import capital
from salesdx.trail.book import Record
from salesdx.trail.comparators import Beside, Comparator, Comparators
from salesdx.trail.rule_bases import short_digest
from salesdx.trail.two_records import RecordComparison


def comparison_report(found: RecordComparison) -> Report:
    """Only what differs."""
    one, other = (f"record {record.seq}" for record in (found.before, found.after))
    sections = [Section("records", "The two records", (_both(found),))]
    if found.doubts:
        sections.append(Section("doubts", "Caution", tuple(Paragraph(f"{doubt}.") for doubt in found.doubts)))
    same = found.base is None
    rules: tuple[Block, ...] = (Paragraph("Both rest on the same rule base."),) if same else ()
    sections.append(Section("rule-bases", "Rule bases", (*rules, *rule_changes(found.base))))
    for id, title, differences in (
        ("facts", "Facts that differ", found.facts),
        ("rules", "Rules with another truth", found.truths),
        ("results", "What differs in the result", found.results),
    ):
        block: Block = (
            differing(differences, one, other, id.removesuffix("s")) if differences else Paragraph("Nothing differs.")
        )
        sections.append(Section(id, title, (block,)))
    counts = (("Facts", found.facts), ("Rules", found.truths), ("Results", found.results))
    about = tuple((label, f"{len(differences)} differ") for label, differences in counts)
    return Report(f"Records {found.before.seq} and {found.after.seq}", about, tuple(sections), FOOTER)


def _both(found: RecordComparison) -> Table:
    rows = (
        ("case", *(known_name(record.case) for record in (found.before, found.after))),
        ("subject", *(known_name(record.subject) or "not stated" for record in (found.before, found.after))),
        ("recorded", *(time_words(record.time) for record in (found.before, found.after))),
        ("by", *(who(record) for record in (found.before, found.after))),
        ("rule base", *(_rules(record) for record in (found.before, found.after))),
    )
    return Table(("what", *(f"record {record.seq}" for record in (found.before, found.after))), rows, labelled=True)


def _rules(record: Record) -> str:
    return short_digest(record.rule_base or "") + " (a trial: nobody had adopted them)" * record.trial


# --- comparators ------------------------------------------------------------------------------------------------------


def comparators_report(found: Comparators) -> Report:
    """The nearest cases with another outcome, the nearest first; nobody else is named."""
    record = found.record
    recorded = ("Recorded", f"{time_words(record.time)} by {who(record)}")
    about = (*trial_line(record), recorded, ("Case", known_name(record.case)))
    decisive: tuple[Block, ...] = (Paragraph(f"{capital(found.outcome)}.", strong=True),)
    if found.decisions:
        decisive += (Paragraph(f"People decided on it: {', '.join(found.decisions)}."),)
    if found.decisive:
        decisive += (
            Paragraph("These facts alone give this result:"),
            Table(("fact", "value"), tuple((found.labels.get(term, term), value) for term, value in found.decisive)),
        )
    else:
        decisive += (Paragraph("No fact decided it: it is what an empty case gives too."),)
    looked = f"{found.others} other cases have a diagnosis; {found.unlike} of them came out otherwise"
    unread = f", {found.unread} of which cannot be read by this version" if found.unread else ""
    nearest: tuple[Block, ...] = (Paragraph(f"{looked}{unread}. Other cases stand under their pseudonyms."),)
    sections = (
        Section("record", "What decided it", decisive),
        Section("looked", "What it was held against", nearest),
        *(
            Section(f"case-{n}", f"{n}. Case {one.case.pseudonym}", tuple(_comparator(found, one)))
            for n, one in enumerate(found.nearest, 1)
        ),
    )
    return Report(f"Cases like record {record.seq} that came out otherwise", about, sections, (UTC,))


def _comparator(found: Comparators, one: Comparator) -> Iterator[Block]:
    record = found.record
    lines = [EntryLine("outcome", one.outcome), EntryLine("record", f"{one.seq}, {time_words(one.time)}")]
    if one.decisions:
        lines.append(EntryLine("people", ", ".join(one.decisions)))
    if one.rule_base != record.rule_base:
        lines.append(EntryLine("rules", f"another rule base, {short_digest(one.rule_base)}"))
    yield Entries((Entry(_likeness(one), "", tuple(lines)),))
    if one.facts:
        yield Paragraph("Decisive facts that it has otherwise:")
        yield from _facts(found, one.facts)
    if one.smallest is not None:
        yield Paragraph(
            f"The smallest difference: had record {record.seq} had this, it would have come out so; nothing of it can "
            "be left out."
        )
        yield from _facts(found, one.smallest)
    else:
        yield Paragraph(f"{capital(one.why)}.")


def _likeness(one: Comparator) -> str:
    if not one.facts:
        return "The same decisive facts"
    if len(one.facts) == 1:
        return "1 decisive fact differs" + (", and changes a comparison that decided" if one.turned else "")
    changes = f", {one.turned} of which change a comparison that decided" if one.turned else ""
    return f"{len(one.facts)} decisive facts differ{changes}"


def _facts(found: Comparators, facts: Sequence[Beside]) -> Iterator[Block]:
    rows = tuple((found.labels.get(fact.term, fact.term), fact.here, fact.there) for fact in facts)
    yield Table(("fact", f"record {found.record.seq}", "this case"), rows, labelled=True)
    turns = dict.fromkeys(turn for fact in facts for turn in fact.turns)
    if turns:
        yield Paragraph(f"That turns what decided: {'; '.join(turns)}.")
