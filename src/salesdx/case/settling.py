"""Statements -> the fact: which of them count, and what remains of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from salesdx.base.model import SYSTEM, RuleBase, Term
from salesdx.case.formula_results import as_good_as_equal, formula_result
from salesdx.case.statement import (
    COMPUTED,
    Statement,
    Unknown,
    Untimely,
    ends,
    evidence_kind,
    evidence_rank,
    shown_value,
    untimely,
)
from salesdx.language.conditions import Expr, Value, Values, names, truth, undecided_tests
from salesdx.language.intervals import Interval, between
from salesdx.language.truth import FALSE, TRUE

Period = tuple[date, date] | None
DECLARED = (Unknown.NOT_KNOWN, Unknown.NOT_APPLICABLE)
"""Somebody said of the fact that it is unknown."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A term's value in one case, or why it is unknown, with all that was said about it."""

    term: str
    value: Value | None
    unknown: Unknown | None
    used: Statement | None
    statements: tuple[Statement, ...] = ()
    conflict: str = ""
    """Why one statement was used and not another; empty where they agree."""
    disputed: bool = False
    """Statements of one kind of evidence say different things: a number is then the span of them."""
    untimely: Untimely | None = None
    """Why no statement is current, where the fact is too old."""
    excused: bool = False
    """The term's own respondent said that it does not apply, and why."""
    by_hand: bool = False
    """The value of a computed term whose inputs are not known: it rests on its writer's hand."""


def settle(
    term: Term, statements: tuple[Statement, ...], base: RuleBase, period: Period = None, today: date | None = None
) -> Fact:
    """The fact that statements make: among the current ones the strongest kind of evidence counts.

    Where those disagree, a number or date is the span of what they say, and anything else is unknown.
    """
    if len(statements) == 1:  # as most facts: nothing to weigh
        only = statements[0]
        if only.stands and only.value is not None and untimely(term, only, period, today) is None:
            return Fact(term.name, only.value, None, only, statements)
    said = [statement for statement in statements if statement.stands and not is_refusal(statement)]
    stated = [statement for statement in said if statement.value is not None]
    statements = statements if len(statements) == 1 else _in_order(base, statements)
    if not stated:
        return _without_value(term, said, statements)
    late = {id(statement): untimely(term, statement, period, today) for statement in stated}
    current = [statement for statement in stated if late[id(statement)] is None]
    if not current:
        first = _in_order(base, stated)[0]
        excused = any(is_excuse(term, statement) for statement in said)
        return Fact(term.name, None, Unknown.STALE, first, statements, untimely=late[id(first)], excused=excused)
    best = min(evidence_rank(base, statement) for statement in current)
    strongest = [statement for statement in current if evidence_rank(base, statement) == best]
    known, agree = _together([statement.value for statement in strongest if statement.value is not None])
    used = max(strongest, key=lambda s: (s.date or date.min, s.by, s.author, s.source))
    if not agree:
        why = f"the statements with {evidence_kind(base, used)} disagree"
        unknown = Unknown.DISPUTED if known is None else None
        return Fact(term.name, known, unknown, used if unknown is None else None, statements, why, disputed=True)
    others = {s.value for s in stated if s not in strongest} - {known}
    aged = " or the fresher" * (len(current) < len(stated))
    why = f"{evidence_kind(base, used)} is the stronger{aged} source" if others else ""
    return Fact(term.name, known, None, used, statements, why)


def _in_order(base: RuleBase, statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Statements in an order that does not depend on how a file lists them, the strongest first."""

    def key(s: Statement) -> tuple[object, ...]:
        day = str(s.date or "")
        return evidence_rank(base, s), s.by, s.author, s.source, day, shown_value(s.value), str(s.unknown), s.stands

    return tuple(sorted(statements, key=key))


def _without_value(term: Term, said: list[Statement], statements: tuple[Statement, ...]) -> Fact:
    """The fact where nobody gave a value: not known if somebody said so, else not applicable, else not asked."""
    for unknown in DECLARED:
        declared = [statement for statement in said if statement.unknown is unknown]
        if declared:
            used = next((s for s in declared if is_excuse(term, s)), declared[0])
            return Fact(term.name, None, unknown, used, statements, excused=any(is_excuse(term, s) for s in said))
    return Fact(term.name, None, Unknown.NOT_ASKED, None, statements)


def is_refusal(statement: Statement) -> bool:
    """Whether systems could not give a fact, for the reason that stands there: nobody has said anything of it yet."""
    return bool(statement.drawn) and statement.value is None


def is_own(term: Term, statement: Statement) -> bool:
    """Whether whoever must know a term speaks: its ``only`` where it has one, else its respondent.

    For a program speaks a report that the respondent gives; nobody speaks for it by calling himself one.
    """
    if statement.supposed or not statement.by:
        return statement.supposed
    if not term.only:
        return statement.by == term.respondent
    shown = SYSTEM in term.only and statement.by == term.respondent and statement.report is not None
    return shown or (statement.by in term.only and statement.by != SYSTEM)


def speaker(term: Term, statement: Statement) -> str:
    """The role that speaks: of what is supposed, whoever must know; empty where nobody is named."""
    asked = next((role for role in term.only if role != SYSTEM), term.respondent)
    return asked if statement.supposed else statement.by


def is_excuse(term: Term, statement: Statement) -> bool:
    """Whether a term's own respondent says that it does not apply, and why: looked at, and never passed."""
    return statement.unknown is Unknown.NOT_APPLICABLE and bool(statement.reason) and is_own(term, statement)


def _together(values: list[Value]) -> tuple[Value | None, bool]:
    """What remains of several values, and whether they are all equal."""
    first = values[0]
    if all(value == first for value in values):
        return first, True
    if isinstance(first, bool | str):
        return None, False
    lows, highs = zip(*map(ends, values), strict=True)
    low, high = (None if None in all_ends else of(all_ends) for of, all_ends in ((min, lows), (max, highs)))
    return between(low, high), False


# --- computed terms ---------------------------------------------------------------------------------------------------


def computed(term: Term, values: Values) -> Value | None:
    """The value of a computed term; None where it is unknown, not wholly inside the term's range, or no whole number
    where the term is one."""
    if term.formula is not None:
        return formula_result(term, term.formula, values)
    for choice in term.choose:
        holds = truth(choice.when, values)
        if holds is TRUE:
            return choice.value
        if holds is not FALSE:
            return None
    return None


def settle_computed(
    term: Term, stated: Fact | None, known: Value | None, imprecise: bool, by_hand: bool
) -> Fact | None:
    """The fact of a computed term from what was stated and what its formula gives.

    A value that was written by hand never counts against the formula, and in its place only ``by_hand``: where each
    asked fact behind the term that is unknown was said to be so. ``imprecise``: the inputs are known, not exactly.
    """
    if known is not None:
        made = Statement(known, source=COMPUTED)
        statements = (made, *(stated.statements if stated else ()))
        return Fact(term.name, known, None, made, statements, _against(term, stated, known))
    if stated is not None and stated.value is not None and by_hand:
        return replace(stated, by_hand=True)
    said = stated.statements if stated else ()
    excused = stated is not None and stated.excused
    if imprecise:
        return Fact(term.name, None, Unknown.IMPRECISE, None, said)
    if stated is None or stated.unknown in (*DECLARED, Unknown.STALE):
        return stated
    why = ""
    if stated.value is not None:
        why = f"{shown_value(stated.value)} was written by hand and does not count before its inputs are answered"
    return Fact(term.name, None, Unknown.NOT_ASKED, None, said, why, excused=excused)


def undecided_choices(term: Term, values: Values) -> Iterator[Expr]:
    """The tests that keep a choice between values open."""
    for choice in term.choose:
        yield from undecided_tests(choice.when, values)
        if truth(choice.when, values) is TRUE:
            return


def too_vague(term: Term, values: Values) -> bool:
    """Whether a computed term without a value has inputs that are all known, and some only between two ends."""
    tests = [term.formula] if term.formula is not None else undecided_choices(term, values)
    read = [values.get(name) for test in tests for name in names(test)]
    return None not in read and any(isinstance(known, Interval) for known in read)


def _against(term: Term, stated: Fact | None, known: Value) -> str:
    """What was stated and does not count beside what the formula gives; empty where the two agree."""
    if stated is None or stated.unknown in (Unknown.STALE, Unknown.NOT_ASKED):
        return ""
    gives = f"the formula gives {shown_value(known)}"
    if stated.value is None:
        return f"{gives}, stated was {stated.unknown}; the formula counts"
    alike = as_good_as_equal(term, stated.value, known)
    return "" if alike else f"{gives}, {shown_value(stated.value)} was stated and never counts"
