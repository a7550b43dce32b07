"""The rules of a stage as a table: a row is a rule, a column one comparison of a term, or a key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache

from salesdx.authoring.tables.cell_words import NO, YES, and_parts, comparison_cell
from salesdx.authoring.tables.entry_spans import FLAGS, end_of, entry_of, node_words
from salesdx.authoring.tables.grid import ALSO, ID, MARK, RuleTable
from salesdx.base.fields import RULE
from salesdx.base.model import NUMERIC, Rule, RuleBase, Term
from salesdx.case.statement import shown_value
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Scalar

KEYS = tuple(key for key in RULE.order if key != "when")
ALWAYS = ("id", "strength", "title", "finding", "recommend", "because", "note", "source")
"""Columns of every table; those of other keys stand where a rule has them."""
_BEFORE = ("id", "strength", "title")
"""Keys whose columns stand in front of the condition."""


def table_of(base: RuleBase, home: str) -> RuleTable:
    """The table of the rules of a stage or group of a rule base."""
    rows = {rule.id: cells_of(base, rule) for rule in base.rules_of[home]}
    used = {column for row in rows.values() for column in row}
    terms = dict.fromkeys(column for row in rows.values() for column in row if column in base.terms)
    behind = [key for key in KEYS if key not in _BEFORE and (key in used or key in ALWAYS)]
    columns = (*_BEFORE, *terms, ALSO, *behind)
    marks = [rule_mark(base, id, row) for id, row in rows.items()]
    mark = " ".join((f"{MARK}: {home}", *(f"{id}={rule_digest(base, id)}" for id in rows)))
    return RuleTable(home, columns, tuple(rows.values()), mark, marks, {c: _hint(base, c) for c in columns})


def cells_of(base: RuleBase, rule: Rule) -> dict[str, str]:
    """Column -> what it says of a rule, in the rule's own words; nothing for what the rule does not say."""
    entry = written_entry(base, rule)
    cells = {key.text: _cell(key.text, node_words(value)) for key, value in entry.entries if key.text in KEYS}
    when = entry.get("when")
    return cells | condition_cells(base, when.text if isinstance(when, Scalar) else rule.text)


def condition_cells(base: RuleBase, text: str) -> dict[str, str]:
    """Column -> the comparison of its term, and the rest of a condition under ``ALSO``."""
    cells: dict[str, str] = {}
    for (start, end), column in condition_columns(base, text):
        found = comparison_cell(text[start:end], _columned(base), _known(base))
        if column == ALSO or found is None:
            cells[ALSO] = " and ".join(filter(None, (cells.get(ALSO), " ".join(text[start:end].split()))))
        else:
            cells[column] = found[1]
    return cells


def condition_columns(base: RuleBase, text: str) -> list[tuple[tuple[int, int], str]]:
    """Where each part of a condition stands in its text, and its column: that of a term for its first comparison."""
    found: list[tuple[tuple[int, int], str]] = []
    for start, end in and_parts(text):
        cell = comparison_cell(text[start:end], _columned(base), _known(base))
        taken = [column for _, column in found]
        found.append(((start, end), cell[0] if cell is not None and cell[0] not in taken else ALSO))
    return found


def written_entry(base: RuleBase, rule: Rule) -> MappingNode:
    """A rule as it stands in its file."""
    return _entry(base.files[base.paths[rule.place.path]], rule.id)


@lru_cache(maxsize=2048)
def _entry(text: str, id: str) -> MappingNode:
    entry = entry_of(text, id)
    assert entry is not None, id
    return entry


def rule_mark(base: RuleBase, id: str, row: Mapping[str, str]) -> str:
    """What a rule was when it was exported: a digest of its text, and one of its row."""
    return f"{rule_digest(base, id)}.{row_digest(row)}"


def rule_digest(base: RuleBase, id: str) -> str:
    """A digest of the text of a rule, as it stands in its file."""
    entry = written_entry(base, base.rule[id])
    return digest([entry.file.text[entry.start : end_of(entry)]])


def row_digest(row: Mapping[str, str]) -> str:
    """A digest of the cells of a row, in whatever order its columns stand."""
    return digest(f"{column}={row[column]}" for column in sorted(row) if row[column])


def digest(parts: Iterable[str]) -> str:
    """A short digest of texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _cell(key: str, text: str) -> str:
    return (YES if text == "true" else NO) if key in FLAGS else text.strip()


def _columned(base: RuleBase) -> dict[str, Term]:
    """The terms that can have a column: those that are not named like another one."""
    return {name: term for name, term in base.terms.items() if name not in (*KEYS, ALSO, MARK, "when")}


def _known(base: RuleBase) -> set[str]:
    return {*base.terms, *base.findings}


def _hint(base: RuleBase, column: str) -> str:
    """What a reader of a column should know of it."""
    if column in base.terms and column not in (*KEYS, ALSO):
        term = base.terms[column]
        span = f"from {shown_value(term.low)} to {shown_value(term.high)}" if term.low is not None else ""
        kind = ", ".join(term.values) if term.values else term.type if term.type not in NUMERIC else ""
        limits = " ".join(filter(None, (kind, span, term.unit)))
        return "\n".join(filter(None, (term.label, term.question, limits)))
    if column == ALSO:
        return "the rest of the condition; joined to the columns of terms with `and`"
    if column == ID:
        return "a new row with a new id is a new rule; a row that is deleted takes its rule out"
    return next((field.meaning for field in RULE.fields if field.name == column), "")
