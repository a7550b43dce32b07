"""What stands behind drawn facts: an entry each, the rows again, and whether a new draw gives the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import inf
from typing import Any

import salesdx
from salesdx.base.model import RuleBase
from salesdx.case.evidence_file import entry_id
from salesdx.case.statement import Statement, Unknown, as_json
from salesdx.facts.draw import Draw, draw_facts
from salesdx.facts.drawn_terms import Definitions
from salesdx.facts.scope import parse_subject
from salesdx.facts.sql_text import sql_name
from salesdx.facts.stated_facts import DrawnFact, rests_on_words
from salesdx.facts.units import case_head
from salesdx.facts.warehouse import ResultRows, Warehouse
from salesdx.facts.windows import TimeWindow

Entry = dict[str, Any]
"""What an evidence file says of one fact, as JSON."""
DIGITS = 10
"""Of a number in an entry: sums of floats differ in their last digits from run to run."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DIGEST_OF_ROWS = (
    "select count(*), coalesce(sum(md5_number_upper(told)), 0), coalesce(sum(md5_number_lower(told)), 0) "
    "from (select to_json(evidence)::varchar as told from (select {columns} from ({rows})) as evidence)"
)
"""Rows in whatever order, each by the digest of its text: the sums change with any cell, and nothing is sorted."""


@dataclass(frozen=True)
class Evidenced:
    """A draw with what stands behind it: entries by their names, and the statements of the case by term."""

    draw: Draw
    entries: Mapping[str, Entry]
    statements: Mapping[str, Statement]


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A fact that a new draw gives otherwise: what differs, as it was and as it is."""

    term: str
    what: str
    was: object
    now: object


def evidenced(warehouse: Warehouse, base: RuleBase, drawn: Draw) -> Evidenced:
    """Entries and statements of all facts of a draw, those that are not known with their reasons."""
    entries: dict[str, Entry] = {}
    statements: dict[str, Statement] = {}
    for term, fact in drawn.facts.items():
        said = drawn_statement(warehouse, base, fact)
        entry = evidence_entry(warehouse, fact, said)
        id = entry_id(entry)
        entries[id] = entry
        statements[term] = replace(said, drawn=id)
    return Evidenced(drawn, entries, statements)


def evidence_entry(warehouse: Warehouse, fact: DrawnFact, said: Statement) -> Entry:
    """All that a fact follows from: the query and its rows, what they were read from, and by which definitions."""
    settings = warehouse.settings
    interval = {"low": plain_json(fact.interval[0]), "high": plain_json(fact.interval[1])} if fact.interval else None
    found: Entry = {
        "term": fact.term,
        "subject": str(fact.subject),
        "window": {"from": fact.window.start.isoformat(), "to": fact.window.end.isoformat()},
        "closed": fact.closed and fact.closed.isoformat(),
        "data_until": settings.data_until.isoformat(),
        "about": case_head(fact.subject),
        "stated": as_json(fact.stated),
        "said": {"by": said.by, "kind": said.kind, "source": said.source, "date": said.date and said.date.isoformat()},
        "value": plain_json(fact.best),
        "n": fact.n,
        "least": fact.least,
        "counted": fact.definition.counted,
        "reason": fact.reason,
        "interval": interval,
        "test": fact.test,
        "p": plain_json(fact.p),
        "p_adjusted": plain_json(fact.p_adjusted),
        "people_scanned": fact.people_scanned,
        "spans": [{"limit": as_json(each.limit), "name": each.name} for each in fact.crossed],
        "proxy": fact.proxy,
        "query": fact.sql,
        "parameters": {name: plain_json(value) for name, value in fact.parameters.items()},
        "rows": rows_digest(warehouse, fact.sql, fact.parameters),
        "definition": fact.definition.digest,
        "sources": [
            {"name": each.read, "what": each.what, "rows": each.rows, "digest": each.digest}
            for each in settings.sources
        ],
        "mapping": settings.mapping_digest,
        "version": salesdx.__version__,
    }
    return {
        key: part
        for key, part in found.items()
        if part not in (None, "", [], {}, False) or key in ("value", "n", "stated")
    }


def rows_digest(warehouse: Warehouse, sql: str, parameters: Mapping[str, object]) -> str:
    """The SHA-256 of the rows behind a fact; empty where there can be none."""
    if not sql:
        return ""
    asked = f"select columns(*), typeof(columns(*)) from ({sql}) limit 1"
    first = warehouse.query(asked, parameters)
    half = len(first.columns) // 2
    types = first.rows[0][half:] if first.rows else ()
    columns = ", ".join(map(_in_short, first.columns[:half], types)) or "*"
    [(rows, upper, lower)] = warehouse.query(DIGEST_OF_ROWS.format(rows=sql, columns=columns), parameters).rows
    return hashlib.sha256(f"{rows} {upper} {lower}".encode()).hexdigest()


def _in_short(column: str, type: str) -> str:
    """A column with as many digits as are the same in each run."""
    name = sql_name(column)
    if type != "DOUBLE":
        return name
    return f"case when abs({name}) < 1e-9 then '0' else printf('%.{DIGITS - 1}e', {name}) end as {name}"


def drawn_statement(warehouse: Warehouse, base: RuleBase, fact: DrawnFact) -> Statement:
    """A fact as a case states it: by whom and of which kind the mapping and the term say, never what words suggest."""
    known = base.terms[fact.term]
    settings = warehouse.settings
    table = fact.definition.table
    kind = base.default_evidence if fact.proxy else fact.definition.kind
    return Statement(
        fact.stated,
        None if fact.known else Unknown.NOT_KNOWN,
        by=settings.by.get(table, known.respondent),
        kind=kind,
        source=", ".join(filter(None, ("proxy" if fact.proxy else "", settings.says.get(table, known.evidence)))),
        date=min(fact.window.end, settings.data_until),
        reason=fact.reason,
        note=rests_on_words(fact) if fact.known else "",
    )


def rows_behind(warehouse: Warehouse, entry: Mapping[str, Any]) -> ResultRows:
    """The rows behind an entry of the evidence file, in the order of their columns; none where there can be none."""
    sql = str(entry.get("query", ""))
    if not sql:
        return ResultRows((), ())
    return warehouse.query(f"select * from ({sql}) as evidence order by all", _parameters(entry))


def _parameters(entry: Mapping[str, Any]) -> dict[str, object]:
    return {name: _from_json(value) for name, value in entry.get("parameters", {}).items()}


def _from_json(value: object) -> object:
    """A parameter as a query has it: what is written as a day is one."""
    if isinstance(value, list):
        return [_from_json(each) for each in value]
    return date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else value


def redrawn(
    warehouse: Warehouse, base: RuleBase, entries: Mapping[str, Entry], defined: Definitions | None = None
) -> Iterator[Redrawn]:
    """What a new draw gives otherwise than an evidence file says; nothing where all is the same."""
    for id, entry in entries.items():
        subject = parse_subject(entry["subject"])
        window = TimeWindow(*(date.fromisoformat(entry["window"][key]) for key in ("from", "to")))
        fact = draw_facts(warehouse, base, subject, window, [entry["term"]], defined).facts.get(entry["term"])
        if fact is None:
            yield Redrawn(entry["term"], "term", entry["term"], None)
            continue
        now = evidence_entry(warehouse, fact, drawn_statement(warehouse, base, fact))
        if entry_id(now) != id:
            differing = [key for key in {**entry, **now} if entry.get(key) != now.get(key)]
            yield from (Redrawn(entry["term"], key, entry.get(key), now.get(key)) for key in differing)


def plain_json(value: object) -> object:
    """A value in full, as JSON has it: a number with DIGITS digits, and a day by its name."""
    if isinstance(value, list):
        return [plain_json(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if 1e-9 <= abs(value) < inf else str(value) if abs(value) == inf else 0
    return value.isoformat() if isinstance(value, date) else value
