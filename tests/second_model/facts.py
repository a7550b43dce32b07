"""What people state, and the fact that follows from it (1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from . import intervals
from .base import Base, Term
from .conditions import Value
from .intervals import NEXT_NUMBER, Range

SILENT = {"not_known": "not known", "unknown": "not known", "not_applicable": "not applicable"}


@dataclass(frozen=True)
class Statement:
    """``said``: `value`, `not known` or `not applicable`. ``half``: half a unit of the last digit as it was written."""

    term: str
    said: str
    value: Value = None
    by: str | None = None
    author: str | None = None
    kind: str = ""
    day: int | None = None
    reason: bool = False
    withdrawn: bool = False
    drawn: bool = False
    report: bool = False
    half: Fraction = Fraction(0)
    head: bool = False
    """Said by the head of the case: meets every floor (1.1)."""
    whoever: bool = False
    """`stated: {by: own}` of a worked case: said by whoever the floor asks for (2)."""


@dataclass(frozen=True)
class Case:
    """Statements by term, and what decides how they count. Days are the numbers of dates."""

    statements: Mapping[str, tuple[Statement, ...]]
    period: tuple[int, int] | None
    ref: str | None
    today: int
    asked_by: Mapping[str, str]
    left_out: int = 0
    remedies: tuple[str, ...] = ()
    """A stage for each remedy of the company that runs for it: once for each remedy."""

    def standing(self, term: str) -> list[Statement]:
        """Those that are not withdrawn."""
        return [said for said in self.statements.get(term, ()) if not said.withdrawn]


@dataclass(frozen=True)
class Fact:
    """``unknown``: why, where there is no value (1.4); ``word``: why it is too old; ``kind``: of what counted."""

    value: Value = None
    unknown: str | None = None
    word: str | None = None
    disputed: bool = False
    kind: str | None = None
    hand: bool = False
    """A value written by hand in the place of a formula's result: meets no floor (1.2)."""
    conflict: bool = False
    """Something else was said and did not count."""


# --- reading a case ---------------------------------------------------------------------------------------------------


def read_case(
    data: Mapping[str, Any],
    base: Base,
    *,
    today: date,
    firm: Mapping[str, Any] | None = None,
    evidence: frozenset[str] = frozenset(),
    left_out: int = 0,
) -> Case:
    """A case from plain data in the form of a case file (2).

    ``firm``: the facts of `firm.yaml`. ``evidence``: ids whose evidence file is there and unchanged.
    Raises ValueError where a fact contradicts the head of the case (1.1).
    """
    subject, period, result = (data.get(key) or {} for key in ("subject", "period", "result"))
    found: dict[str, list[Statement]] = {}
    stated = data.get("stated")
    for facts in (firm or {}, data.get("facts") or {}):
        for name, given in facts.items():
            for entry in given if isinstance(given, list) else [given]:
                found.setdefault(name, []).append(_statement(base, base.terms[name], entry, stated, evidence))
    for part, name in (base.ladder.get("result_terms") or {}).items():
        if part in result:
            entry = {key: result[key] for key in ("by", "author", "kind", "date", "report") if key in result}
            told = _statement(base, base.terms[name], entry | {"value": result[part]}, None, evidence)
            found.setdefault(name, []).append(told)
    days = (_day(period["from"]), _day(period["to"])) if period else None
    heads = {"subject_term": subject.get("kind"), "period_end_term": period.get("to") if period else None}
    for key, given in heads.items():
        if given is not None and key in base.ladder:
            term = base.terms[base.ladder[key]]
            said = Statement(term.name, "value", _value(term, given)[0], kind=base.kinds[0], head=True)
            told = [one for one in found.get(term.name, ()) if one.said == "value" and not one.withdrawn]
            if any(one.value != said.value for one in told):
                raise ValueError(f"the head of the case states another {term.name}")
            found.setdefault(term.name, []).append(said)
    asked_by = data.get("asked_by") or ({"by": base.ladder["asked_by"]} if "asked_by" in base.ladder else {})
    statements = {name: tuple(said) for name, said in found.items()}
    return Case(
        statements, days, subject.get("ref"), today.toordinal(), asked_by, left_out, remedies=_remedies(data, base)
    )


def _remedies(data: Mapping[str, Any], base: Base) -> tuple[str, ...]:
    """The stages under remedy, by the actions that a case states ("Under remedy").

    Windows and outcomes are not read again here: of each action that was taken on it is believed that it still runs.
    """
    found: list[str] = []
    for action in data.get("actions") or ():
        if action.get("state") == "accepted" and action["intervention"] not in base.personnel:
            found += dict.fromkeys(base.rules[id].home for id in action.get("rules", ()) if id in base.rules)
    return tuple(found)


def _statement(base: Base, term: Term, entry: Any, stated: Any, evidence: frozenset[str]) -> Statement:
    bare = not (isinstance(entry, Mapping) and "value" in entry)
    given: Mapping[str, Any] = {"value": entry} if bare else entry
    whoever = False
    if bare and stated:
        given = {**stated, **given}
        whoever = given.get("by") == "own"
    kind = given.get("kind") or base.ladder["default_evidence"]
    by = given.get("by")
    made = Statement(
        term.name,
        "value",
        by=(term.own_roles or (None,))[0] if whoever else by,
        author=given.get("author"),
        kind=kind,
        day=_day(given["date"]) if given.get("date") else None,
        reason=bool(given.get("reason")),
        withdrawn=bool(given.get("withdrawn")),
        drawn=given.get("drawn") in evidence if given.get("drawn") else False,
        report=bool(given.get("report")),
        whoever=whoever,
    )
    raw = given["value"]
    if isinstance(raw, str) and raw in SILENT:
        return replace(made, said=SILENT[raw])
    value, half = _value(term, raw)
    return replace(made, value=value, half=half)


def _value(term: Term, raw: Any) -> tuple[Value, Fraction]:
    """A value of the term's type, and half a unit of its last digit."""
    if term.type == "boolean":
        return raw if isinstance(raw, bool) else {"true": True, "false": False}[raw], Fraction(0)
    if term.type == "enum":
        return str(raw), Fraction(0)
    if not isinstance(raw, Mapping):
        number, half = _number(term, raw)
        return Range(number, number), half
    read = {key: _number(term, end) for key, end in raw.items() if end is not None and key != "best"}
    low, high = (read[key][0] if key in read else None for key in ("low", "high"))
    if "above" in read:
        low = _after(read["above"][0], term)
    if "below" in read:
        high = -_after(-read["below"][0], term)
    half = max((half for _, half in read.values()), default=Fraction(0))
    return intervals.bounded(Range(low, high), term.bounds), half


def _after(end: Fraction, term: Term) -> Fraction:
    """1.3: the next number that a file can hold, the next whole number, the next day."""
    return Fraction(floor(end) + 1) if term.type in ("integer", "date") else end + NEXT_NUMBER


def _number(term: Term, raw: Any) -> tuple[Fraction, Fraction]:
    if term.type == "date":
        return Fraction(_day(raw)), Fraction(0)
    written = Decimal(str(raw))
    exponent = written.as_tuple().exponent
    assert isinstance(exponent, int)
    return Fraction(written), Fraction(10) ** exponent / 2


def _day(raw: Any) -> int:
    return (raw if isinstance(raw, date) else date.fromisoformat(raw)).toordinal()


# --- from statements to a fact (1.2) ----------------------------------------------------------------------------------


def age(said: Statement, term: Term, case: Case) -> str | None:
    """old, late, future or truncated; None: current.

    A day after today is in the future before it is late: the table of section 5 has a date of 2062 as future.
    """
    if case.period is None or said.day is None:
        return None
    first, last = case.period
    valid = term.keys.get("valid_for")
    if said.day > case.today:
        return "future"
    if valid is not None:
        days = None if valid == "period" else int(valid.split()[0])
        if said.day < (first if days is None else last - days):
            return "old"
        if said.day > last + (last - first if days is None else days):
            return "late"
    return "truncated" if term.keys.get("covers") == "period" and said.day < last else None


def settled(statements: list[Statement], term: Term, case: Case, base: Base) -> Fact:
    """The fact that follows from standing statements: the four steps of 1.2."""
    stated = [said for said in statements if said.said == "value"]
    if not stated:
        for kind in ("not known", "not applicable"):
            if any(said.said == kind for said in statements):
                return Fact(unknown=kind)
        return Fact(unknown="not asked")
    current = [said for said in stated if age(said, term, case) is None]
    if not current:
        return Fact(unknown="too old", word=age(min(stated, key=lambda said: base.kinds.index(said.kind)), term, case))
    kind = min((said.kind for said in current), key=base.kinds.index)
    values = [said.value for said in current if said.kind == kind]
    disputed = any(value != values[0] for value in values)
    if all(isinstance(value, Range) for value in values):
        value: Value = intervals.span(value for value in values if isinstance(value, Range))
    elif disputed:
        return Fact(unknown="disputed", disputed=True, kind=kind, conflict=True)
    else:
        value = values[0]
    if isinstance(value, Range) and value.low is None and value.high is None:  # a value has one end at least
        return Fact(unknown="disputed", disputed=True, kind=kind, conflict=True)
    conflict = disputed or any(said.value != value for said in current)
    return Fact(value, disputed=disputed, kind=kind, conflict=conflict)


def excuse(said: Statement, term: Term) -> bool:
    """1.8: `not_applicable` by the term's own respondent, with a reason."""
    return said.said == "not applicable" and said.reason and speaks_for(said, term)


def speaks_for(said: Statement, term: Term) -> bool:
    """1.6: whether the one who speaks is the term's own; `system` is a drawn fact, or a report of its respondent."""
    if said.head or said.whoever or said.drawn:
        return True
    by_report = "system" in term.only and said.report and said.by is not None and said.by == term.respondent
    return by_report or (said.by is not None and said.by in term.own_roles)


def asked_for(said: Statement, case: Case) -> bool:
    """1.6: whether the one who asked for the review says it."""
    if said.head or said.whoever:
        return False
    return any(
        told is not None and key in case.asked_by and case.asked_by[key].casefold() == told.casefold()
        for key, told in (("by", said.by), ("author", said.author))
    )
