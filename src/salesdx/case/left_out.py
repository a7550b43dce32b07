"""Statements that an earlier record of a subject holds and its case lacks: read as they were recorded, and found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.case.case_fields import STATEMENT
from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.case.writing import WORDS, statement_line, value_text
from salesdx.text.issues import CaseError

Stated = tuple[str, Statement]
"""A term, and what somebody said of it."""
TEXTS = ("by", "author", "kind", "source", "reason", "note", "drawn")

UNSEEN_WORDS = "on record, and not shown to who does not see the record"


def wordless(said: Statement) -> Statement:
    """That a voice said something, without what."""
    return Statement(unknown=Unknown.NOT_KNOWN, by=said.by, author=said.author, drawn=said.drawn, reason=UNSEEN_WORDS)


def statement_data(statement: Statement) -> dict[str, Any]:
    """A statement as records hold it, its value as text; empty parts left out."""
    told = statement.to_dict()
    return told | ({"value": value_text(statement)} if statement.value is not None else {})


def recorded_statement(base: RuleBase, term: str, told: Mapping[str, Any]) -> Statement:
    """A statement on a term of the base from its form in records: its keys in a case file, its value as text.

    What these rules cannot read any more, such as a value of a list that has become shorter, is taken as its text.
    """
    word = told.get("unknown")
    value = WORDS[Unknown(word)] if word in {unknown.value for unknown in WORDS} else str(told.get("value", ""))
    parts = {key: told[key] for key in STATEMENT.order if key in told and key != "value"}
    try:
        read = case_from_text(f"facts: {{{term}: [{statement_line(value, parts)}]}}\n", "a record", base)
        return replace(read.statements[term][0], place=None)
    except CaseError:
        by, author, kind, source, reason, note, drawn = (str(told.get(key, "")) for key in TEXTS)
        day = str(told.get("date", ""))
        made = Statement(value, by=by, author=author, kind=kind, source=source, reason=reason, note=note, drawn=drawn)
        return replace(made, date=date.fromisoformat(day) if _is_day(day) else None)


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def lacking(memory: WorkingMemory, earlier: Iterable[Stated]) -> tuple[Stated, ...]:
    """What of earlier statements a case lacks, standing or withdrawn.

    What the head of a case says is no evidence, and cannot be left out.
    """
    ladder = memory.base.ladder
    head = {ladder.subject_term, ladder.period_end_term}
    return tuple(
        (term, said)
        for term, said in earlier
        if (said.by or term not in head) and not any(repeats(now, said) for now in memory.statements.get(term, ()))
    )


def repeats(now: Statement, said: Statement) -> bool:
    """Whether a statement is an earlier one: of one voice; or the same answer by who names a role or a person where
    the earlier one named nobody."""
    if now.voice == said.voice:
        return True
    same = (now.value, now.unknown, bool(now.drawn)) == (said.value, said.unknown, bool(said.drawn))
    return same and said.by in ("", now.by) and said.author in ("", now.author)
