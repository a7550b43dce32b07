"""What was drawn from a firm's systems, the rows behind it, and whether a new draw gives the same: pages and data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import as_json
from salesdx.render.blocks import Block, Paragraph, Report, Section, Table
from salesdx.render.drawn_facts import drawn_blocks, drawn_line, drawn_statements, refusals
from salesdx.render.wording import called
from salesdx.text.english import many

MOST_ROWS = 200
"""Rows that a page shows; CSV and JSON hold all of them."""
BEHIND = ("sources", "mapping", "version", "query", "parameters", "data_until")
"""Parts of an entry that can change while the figure stays."""
MOST_SOURCES = 3
"""Sources that a page names; the evidence file has all of them with their digests."""
WHAT = {
    "value": "value",
    "stated": "value as the case has it",
    "n": "rows that it rests on",
    "rows": "digest of the rows",
    "sources": "what was read",
    "mapping": "the mapping",
    "definition": "how the fact is drawn",
    "query": "the query",
    "reason": "why it is not known",
    "version": "version of salesdx",
}


def drawn_report(memory: WorkingMemory) -> Report:
    """All that was drawn into a case."""
    subject = " ".join(memory.subject.get(key, "") for key in ("kind", "ref")).strip()
    period = f"{memory.period[0]} to {memory.period[1]}" if memory.period else ""
    about = (("Subject", subject or "not stated"), ("Period", period or "not stated"), *drawn_line(memory))
    return Report(f"Case {memory.case}", about, (Section("drawn", "Drawn", tuple(drawn_blocks(memory))),), ())


def drawn_data(memory: WorkingMemory) -> dict[str, Any]:
    """The same as JSON: {case, subject, period, evidence, drawn, refused}."""
    drawn = [{"term": t.name, "label": t.called, **s.to_dict()} for t, s in drawn_statements(memory)]
    refused = [{"term": t.name, "label": t.called, "reason": s.reason, "drawn": s.drawn} for t, s in refusals(memory)]
    return {
        "case": memory.case,
        "subject": dict(memory.subject),
        "period": {"from": str(memory.period[0]), "to": str(memory.period[1])} if memory.period else None,
        "evidence": memory.evidence.digest if memory.evidence else None,
        "drawn": drawn,
        "refused": refused,
    }


def rows_report(
    base: RuleBase, entry: Mapping[str, Any], header: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Report:
    """The rows behind a fact: what was asked, and what came."""
    window = entry["window"]
    about = (
        ("For", str(entry["subject"])),
        ("Period", f"{window['from']} to {window['to']}"),
        ("Value", _value(entry)),
        ("Rows", f"{len(rows):,}"),
        ("Read from", _sources(entry.get("sources", ()))),
    )
    told = [n for n in range(len(header)) if any(row[n] not in (None, "") for row in rows)]
    shown = tuple(tuple(cell(row[n]) for n in told) for row in rows[:MOST_ROWS])
    blocks: list[Block] = [Table(tuple(header[n] for n in told), shown)] if rows else [Paragraph("No rows.")]
    if len(rows) > MOST_ROWS:
        blocks.append(Paragraph(f"{len(rows) - MOST_ROWS:,} more rows: --csv and --format json hold all of them."))
    return Report(called(base, entry["term"]), about, (Section("rows", "The rows behind it", tuple(blocks)),), ())


def _sources(read: Sequence[Mapping[str, Any]]) -> str:
    named = [f"{one['what']} ({one['rows']:,} rows)" for one in read[:MOST_SOURCES]]
    return "; ".join(named) + (f" and {len(read) - MOST_SOURCES} more" if len(read) > MOST_SOURCES else "")


def _value(entry: Mapping[str, Any]) -> str:
    if "reason" in entry:
        return f"not known: {entry['reason']}"
    ends = entry.get("interval")
    between = f", 95% interval {ends['low']:.4g} to {ends['high']:.4g}" if ends else ""
    value = entry["value"]
    told = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{told}, of {entry['n']:,} {entry.get('counted', 'rows')}{between}"


def rows_data(entry: Mapping[str, Any], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """The same as JSON: the entry of the evidence file, and the rows by their columns."""
    return {**entry, "rows": [dict(zip(header, map(plain_cell, row), strict=True)) for row in rows]}


def cell(value: object) -> str:
    """A cell as people read it: numbers without noise of floating point, nothing for what is not there."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def plain_cell(value: object) -> object:
    """A cell as JSON has it."""
    return value.isoformat() if isinstance(value, date | datetime) else as_json(value)


def verified_report(
    base: RuleBase, case: str, mapping: str, facts: int, differing: Sequence[Any], lost: Sequence[str]
) -> Report:
    """What a new draw gives otherwise than the evidence file says, what was read that has changed since, and which
    entries are not there any more; by which mapping, since the evidence file may have named it."""
    otherwise = [one for one in differing if one.what not in BEHIND]
    terms = dict.fromkeys([*(one.term for one in otherwise), *lost])
    read = next((one for one in differing if one.what == "sources"), None)
    blocks: list[Block] = []
    if terms:
        blocks.append(Paragraph(f"DIFFERENT: {len(terms)} of {many(facts, 'fact')} come out otherwise.", strong=True))
    else:
        told = "SAME" if not differing else "THE SAME FIGURES, of what was changed since"
        blocks.append(Paragraph(f"{told}: {many(facts, 'fact')} drawn again.", strong=True))
    if read is not None:
        blocks.append(Paragraph(f"Changed since: {', '.join(_changed(read.was, read.now))}."))
    blocks += [Paragraph(f"{WHAT[what].capitalize()} changed since.") for what in _changed_behind(differing)]
    rows = [(called(base, name), "entry of the evidence file", "", "changed, or taken away") for name in lost]
    rows += [
        (called(base, one.term), WHAT.get(one.what, one.what), _short(one.was), _short(one.now)) for one in otherwise
    ]
    if rows:
        blocks.append(Table(("fact", "what", "was", "is"), tuple(rows)))
    return Report(f"Case {case}", (("Mapping", mapping),), (Section("verified", "Drawn again", tuple(blocks)),), ())


def _changed(was: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[str]:
    """What was read and has changed since, by its name."""
    before, after = ({one["what"]: one["digest"] for one in read} for read in (was or (), now or ()))
    return [what for what in {**before, **after} if before.get(what) != after.get(what)]


def _changed_behind(differing: Sequence[Any]) -> list[str]:
    found = {one.what for one in differing}
    return [what for what in ("mapping", "version") if what in found]


def _short(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(f"{one.get('name')} {str(one.get('digest'))[:12]}" for one in value if isinstance(one, dict))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {part}" for key, part in value.items())
    text = cell(value)
    return text[:12] if len(text) == 64 else text


def verified_data(facts: int, differing: Sequence[Any], lost: Sequence[str]) -> dict[str, Any]:
    """The same as JSON: {same, facts, differing, lost}."""
    told = [{"term": one.term, "what": one.what, "was": one.was, "now": one.now} for one in differing]
    return {"same": not differing and not lost, "facts": facts, "differing": told, "lost": list(lost)}
