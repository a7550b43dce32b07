"""Two rule bases beside each other, and a trail on other rules: what a reviewer reads before a change is taken over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from salesdx.authoring.diff import LIMIT, RuleChange, Turned
from salesdx.authoring.path_to_person import PathToPerson
from salesdx.authoring.rerun import Rerun, outcome_counts
from salesdx.base.model import STAGE_CONDITIONS, RuleBase
from salesdx.engine.comparing import FIRED, Difference
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section, Table
from salesdx.render.lines import changed_words
from salesdx.render.path_report import path_data, path_entries, path_title
from salesdx.text.english import capital

if TYPE_CHECKING:  # it needs the extra `bulk`
    from salesdx.bulk.past_cases import PastCases

MEANINGS = {
    "stricter": "stricter: true in fewer cases",
    "looser": "looser: true in more cases",
    "different": "true in other cases",
    "same": "true in the same cases",
    "changed": "its condition is another",
}
KINDS = {
    "ladder": "The ladder",
    "limit": "Limits",
    "stage": "Stages",
    "group": "Groups",
    "rule": "Rules",
    "term": "Questions and computed terms",
    "intervention": "Interventions",
    "property": "Properties",
    "source": "Sources",
    "policy": "Policy",
}
WORDED = ("says", "title", "do")
"""What is told by the words that were inserted and removed."""
Properties = Mapping[str, tuple[str, str, str]]
"""Property -> what it says, its result before and after."""


def diff_report(
    old: RuleBase,
    new: RuleBase,
    path: PathToPerson | None,
    changes: Sequence[RuleChange],
    turned: Sequence[Turned],
    cases: int,
    properties: Properties | None,
    reruns: Sequence[Rerun] | None,
    past: PastCases | None = None,
) -> Report:
    """What a change of the rules means, and whose result changes with it; ``path`` is None where nobody looked."""
    sections = [Section("summary", "In short", tuple(_summary(changes, turned, cases, properties, reruns)))]
    if found := tuple(path_entries(path)) if path is not None else ():
        sections.insert(0, Section("path", "The path to a person", (Entries(found),)))
    for what, title in KINDS.items():
        found = change_entries(change for change in changes if change.what == what)
        if found:
            sections.append(Section(what, title, (Entries(found),)))
    if turned:
        sections.append(Section("cases", "Worked cases that come out otherwise", (Entries(turned_entries(turned)),)))
    if past is not None:
        sections.append(Section("past", "Cases of the past", tuple(_past(past))))
    if properties:
        rows = tuple((says, before or "not there", after or "not there") for says, before, after in properties.values())
        sections.append(
            Section("properties", "What holds for every case", (Table(("property", "before", "after"), rows),))
        )
    if reruns is not None:
        sections += _of_trail(reruns)
    about = (("Before", _named(old)), ("After", _named(new)))
    title = path_title(path) if path is not None else "What a change of the rules means"
    return Report(title, about, tuple(sections), ())


def rerun_report(base: RuleBase, reruns: Sequence[Rerun], shown: str) -> Report:
    """A trail on other rules."""
    about = (("Trail", shown), ("Rules", _named(base)))
    return Report("Recorded diagnoses on these rules", about, tuple(_of_trail(reruns)), ())


def diff_data(
    old: RuleBase,
    new: RuleBase,
    path: PathToPerson,
    changes: Sequence[RuleChange],
    turned: Sequence[Turned],
    properties: Properties | None,
    reruns: Sequence[Rerun] | None,
    past: PastCases | None = None,
) -> dict[str, Any]:
    """The same as JSON-ready data."""
    proved = {id: {"before": was, "after": now} for id, (_, was, now) in (properties or {}).items()}
    return {
        "schema": "salesdx.diff/1",
        "before": {"digest": old.digest, "version": old.version},
        "after": {"digest": new.digest, "version": new.version},
        **path_data(path, old),
        "changes": [change.to_dict() for change in changes],
        "worked_cases": [case.to_dict() for case in turned],
        "properties": proved if properties is not None else None,
        "records": None if reruns is None else [rerun.to_dict() for rerun in reruns if rerun.changes or rerun.fault],
        **({"past_cases": past.to_dict()} if past is not None else {}),
    }


def _past(past: PastCases) -> Iterator[Block]:
    yield Paragraph(f"{past.changed:,} of {past.cases:,} cases of the past come out otherwise.", strong=True)
    rows = tuple(
        (move.what.replace("_", " "), move.before or "none", move.after or "none", f"{n:,}", past.first[move])
        for move, n in past.moves.most_common()
    )
    if rows:
        yield Table(("what", "before", "after", "cases", "the first of them"), rows)


def replay_data(base: RuleBase, reruns: Sequence[Rerun]) -> dict[str, Any]:
    """A trail on other rules, as JSON-ready data."""
    return {
        "schema": "salesdx.replay/1",
        "rule_base": {"digest": base.digest, "version": base.version},
        "outcomes": [{"before": was, "after": now, "records": n} for was, now, n in outcome_counts(list(reruns))],
        "records": [rerun.to_dict() for rerun in reruns],
    }


def change_entries(changes: Iterable[RuleChange]) -> tuple[Entry, ...]:
    """What was changed, each with its texts before and after."""
    return tuple(map(_change, changes))


def turned_entries(turned: Iterable[Turned]) -> tuple[Entry, ...]:
    """Cases that come out otherwise, each with what changes."""
    return tuple(Entry(t.title or t.case, t.case, (*_lines(t.changes), *_unread(t.unread))) for t in turned)


def _named(base: RuleBase) -> str:
    return f"version {base.version} ({base.digest[7:19]})"


def _summary(
    changes: Sequence[RuleChange],
    turned: Sequence[Turned],
    cases: int,
    properties: Properties | None,
    reruns: Sequence[Rerun] | None,
) -> Iterator[Block]:
    if not changes:
        yield Paragraph("The two rule bases mean the same.", strong=True)
    else:
        counted = [f"{_many(sum(c.what == what for c in changes), title)}" for what, title in KINDS.items()]
        yield Paragraph(f"Changed: {', '.join(part for part in counted if part)}.", strong=True)
    yield Paragraph(f"{len(turned)} of {cases} worked cases come out otherwise.")
    if properties is None:
        yield Paragraph("What holds for every case was not proved: it needs the extra `prove`, or was left out.")
    else:
        lost = [id for id, (_, was, now) in properties.items() if was == "PROVED" and now != "PROVED"]
        other = f"No longer proved: {', '.join(lost)}." if lost else "Every property that was proved still is."
        yield Paragraph(other, strong=bool(lost))
    if reruns is not None:
        turned_records = sum(bool(rerun.changes) for rerun in reruns)
        yield Paragraph(f"{turned_records} of {len(reruns)} recorded diagnoses come out otherwise.")


def _many(number: int, title: str) -> str:
    return f"{title.lower()} {number}" if number else ""


def _change(change: RuleChange) -> Entry:
    note = change.how if not change.meaning else f"{change.how}; {MEANINGS[change.meaning]}"
    if change.what == LIMIT and change.how == "changed":
        return _limit(change)
    lines: list[EntryLine] = []
    for key, before, after in change.parts:
        if before and after and key.rpartition(" ")[2] in WORDED:
            lines.append(EntryLine(key, _words(before, after)))
            continue
        code = key in ("when", "always", *STAGE_CONDITIONS)
        lines.append(EntryLine(key, before or "nothing", code))
        if after:
            lines.append(EntryLine("now", after, code))
        elif before:
            lines.append(EntryLine("now", "nothing"))
    if change.how != "changed":
        lines = [EntryLine(key, after or before, key == "when") for key, before, after in change.parts]
    title = f"{change.name}: {change.title}" if change.title else change.name
    return Entry(title, note, tuple(lines))


def _words(before: str, after: str) -> str:
    """A text with the words that were removed and inserted: `at least [-85-] {+90+} of them`."""
    marks = {"": "{}", "del": "[-{}-]", "ins": "{{+{}+}}"}
    return " ".join(marks[tag].format(words) for tag, words in changed_words(before, after))


def _limit(change: RuleChange) -> Entry:
    """A limit on one line, what moving it does to each condition, and to the path to a person:
    `limit late_high 10 → 12: T1 stricter; closes`."""
    moved = next((f" {before} → {after}" for key, before, after in change.parts if key == "value"), "")
    others = tuple(EntryLine(key, f"{before} → {after}") for key, before, after in change.parts if key != "value")
    readers = ", ".join(f"{name} {meaning}" for _, name, meaning in change.readers)
    told = "; ".join(part for part in (readers, change.path) if part)
    return Entry(f"limit {change.name}{moved}{f': {told}' if told else ''}", "", others)


def _lines(changes: Sequence[Difference]) -> Iterator[EntryLine]:
    for change in changes:
        what = "rule" if change.what == FIRED else change.what
        named = (
            what
            if change.name == what
            else f"{what} {change.name if change.what == FIRED else change.title or change.name}"
        )
        yield EntryLine("", f"{capital(named)}: {change.was or 'nothing'} → {change.now or 'nothing'}")


def _unread(terms: Sequence[str]) -> Iterator[EntryLine]:
    if terms:
        yield EntryLine("", f"The new rules cannot read: {', '.join(terms)}")


def _of_trail(reruns: Sequence[Rerun]) -> Iterator[Section]:
    counted = outcome_counts(list(reruns))
    rows = tuple((was, "the same" if was == now else now, str(n)) for was, now, n in counted)
    blocks: list[Block] = [Table(("as recorded", "on these rules", "records"), rows)] if rows else []
    blocks = blocks or [Paragraph("The trail holds no diagnosis.")]
    yield Section("outcomes", "Outcomes before and after", tuple(blocks))
    turned = [rerun for rerun in reruns if rerun.changes]
    if turned:
        entries = tuple(
            Entry(
                f"Record {r.seq}",
                f"case {r.case}" + (f", subject {r.subject}" if r.subject else ""),
                (*_lines([c for c in r.changes if c.what != FIRED]), *_unread(r.unread)),
            )
            for r in turned
        )
        yield Section("records", "Recorded diagnoses that come out otherwise", (Entries(entries),))
    faults = tuple(Entry(f"Record {r.seq}", "", (EntryLine("", r.fault),)) for r in reruns if r.fault)
    if faults:
        yield Section("faults", "Records that could not be run", (Entries(faults),))
