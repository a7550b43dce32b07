"""Facts of one case: statements, their ranking, and the five kinds of unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property, lru_cache

from salesdx.base.model import PERIOD, RuleBase, Term
from salesdx.base.reading import plain_number
from salesdx.case.formula_results import agree, formula_result
from salesdx.case.head import CaseHead
from salesdx.language.conditions import Result, Value, Values, names, truth
from salesdx.language.intervals import Interval
from salesdx.language.truth import FALSE, TRUE
from salesdx.text.source import Place

COMPUTED = "computed"
"""The source of a value that a formula gave."""


class Unknown(StrEnum):
    """Why a fact is unknown. None of these ever counts as false."""

    NOT_ASKED = "not asked"
    NOT_KNOWN = "not known"
    NOT_APPLICABLE = "not applicable"
    STALE = "too old"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody said about a fact: a value, or why there is none."""

    value: Value | None = None
    unknown: Unknown | None = None
    by: str = ""
    source: str = ""
    date: date | None = None
    reason: str = ""
    note: str = ""
    place: Place | None = field(default=None, compare=False, repr=False)
    of_firm: bool = field(default=False, compare=False, repr=False)
    """Whether it stands in the profile of the firm, and not in the case."""

    def to_dict(self) -> dict[str, object]:
        """The statement as JSON, empty parts left out."""
        parts = {
            "value": as_json(self.value),
            "unknown": self.unknown and self.unknown.value,
            "by": self.by,
            "source": self.source,
        }
        rest = {"date": self.date and self.date.isoformat(), "reason": self.reason, "note": self.note}
        return {key: part for key, part in (parts | rest).items() if part not in ("", None)}


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

    @property
    def excused(self) -> bool:
        """Somebody named stated that the fact does not apply, and why."""
        return (
            self.unknown is Unknown.NOT_APPLICABLE and self.used is not None and bool(self.used.by and self.used.reason)
        )


@dataclass(frozen=True, slots=True)
class Firm:
    """The profile of a firm: what it is called, and the text of its file."""

    name: str
    text: str


@dataclass(frozen=True)
class WorkingMemory:
    """All facts of one case. Immutable: ``with_fact`` makes a new one. The order of statements changes nothing."""

    base: RuleBase = field(compare=False, repr=False)
    statements: Mapping[str, tuple[Statement, ...]]
    case: str = ""
    subject: Mapping[str, str] = field(default_factory=dict)
    period: tuple[date, date] | None = None
    result: Mapping[str, Statement] = field(default_factory=dict)
    """Term -> the statement that a value of the case's `result` is short for. It counts among the statements."""
    head: CaseHead = field(default_factory=CaseHead)
    firm: Firm | None = None
    """The profile whose statements are among these; None where the case has none beside itself."""

    @property
    def profile(self) -> dict[str, tuple[Statement, ...]]:
        """What the profile of the firm says, by term."""
        said = {term: tuple(s for s in statements if s.of_firm) for term, statements in self.statements.items()}
        return {term: statements for term, statements in said.items() if statements}

    @property
    def own(self) -> WorkingMemory:
        """The case without the profile of the firm: what stands in its own file."""
        said = {term: tuple(s for s in statements if not s.of_firm) for term, statements in self.statements.items()}
        return replace(self, statements={term: left for term, left in said.items() if left}, firm=None)

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """The fact of every term that was stated or could be computed without a finding."""
        facts = dict(self._settled)
        for name in or_formulas(self.base):
            made, stated = calculated(self.base.terms[name], facts, self.base), facts.get(name)
            if made is not None and not (stated is not None and agree(self.base.terms[name], stated.value, made.value)):
                facts[name] = self._fact(name, (*self.statements.get(name, ()), made))
        for name in _formulas(self.base):
            fact = self._computed(self.base.terms[name], facts)
            if fact:
                facts[name] = fact
        return facts

    @cached_property
    def _settled(self) -> dict[str, Fact]:
        """The facts that statements make, before formulas."""
        return {name: self._fact(name, statements) for name, statements in self.statements.items()}

    @cached_property
    def values(self) -> Mapping[str, Value]:
        """The known facts."""
        return {name: fact.value for name, fact in self.facts.items() if fact.value is not None}

    @cached_property
    def imprecise(self) -> bool:
        """Whether a number or date is known only between two ends."""
        return Interval in map(type, self.values.values())

    def fact(self, name: str) -> Fact:
        """The fact of a term; one that nobody stated is unknown, not asked."""
        return self.facts.get(name) or Fact(name, None, Unknown.NOT_ASKED, None)

    def with_fact(self, name: str, known: Value | Unknown | None) -> WorkingMemory:
        """The same case with one fact replaced: a value, a kind of unknown, or None for not asked.

        A hand-written result of a formula that reads the fact is dropped, since it was made from the old value, and so
        is what the fact could be calculated from. So is what can now be calculated from the fact.
        """
        inputs, beside = _inputs(self.base), _calculated_from(self.base)
        made = Statement(unknown=known) if isinstance(known, Unknown) else Statement(known)
        dropped = {name, *(term for term in inputs if name in inputs[term]), *beside.get(name, ())}
        if made.value is not None:
            can = {name, *self.values}
            dropped |= {term for term, reads in beside.items() if name in reads and reads <= can}
        return self._with(name, () if known is None else (made,), dropped)

    def with_statements(self, name: str, statements: tuple[Statement, ...]) -> WorkingMemory:
        """The same case with what was said about one fact replaced, and nothing else; an empty tuple takes it back."""
        return self._with(name, statements, {name})

    def _with(self, name: str, statements: tuple[Statement, ...], dropped: set[str]) -> WorkingMemory:
        said = {term: known for term, known in self.statements.items() if term not in dropped}
        settled = {term: fact for term, fact in self._settled.items() if term not in dropped}
        if statements:
            said[name], settled[name] = statements, self._fact(name, statements)
        memory = replace(self, statements=said)
        vars(memory)["_settled"] = settled  # searches change one fact thousands of times: the others stay settled
        return memory

    def with_base(self, base: RuleBase) -> WorkingMemory:
        """The same statements read by another rule base."""
        return (
            self
            if base is self.base
            else replace(self, base=base, statements={k: v for k, v in self.statements.items() if k in base.terms})
        )

    def _fact(self, name: str, statements: tuple[Statement, ...]) -> Fact:
        return settle(self.base.terms[name], statements, self.base, self.period)

    def _computed(self, term: Term, facts: Mapping[str, Fact]) -> Fact | None:
        values = {name: facts[name].value for name in _inputs(self.base)[term.name] if name in facts}
        known = computed(term, values)
        stated = facts.get(term.name)
        if known is None:
            return stated
        inputs = [facts[name] for name in _inputs(self.base)[term.name] if name in facts]
        weakest = max((evidence_rank(self.base, fact.used) for fact in inputs if fact.used), default=0)
        made = Statement(known, source=COMPUTED)
        if stated is None or stated.unknown is Unknown.STALE:
            return Fact(term.name, known, None, made, (made, *(stated.statements if stated else ())))
        statements = (made, *stated.statements)
        if stated.value is None:  # nobody's "not known" is turned into a value by a formula
            return replace(
                stated,
                statements=statements,
                conflict=f"stated as {stated.unknown}, while the formula gives {shown_value(known)}",
            )
        if stated.value == known or (term.tolerance is not None and agree(term, stated.value, known)):
            return Fact(term.name, known, None, made, statements)
        assert stated.used is not None
        told = evidence_rank(self.base, stated.used)
        if told == weakest:
            return Fact(
                term.name,
                None,
                Unknown.DISPUTED,
                None,
                statements,
                f"the formula gives {shown_value(known)}, {shown_value(stated.value)} was stated",
            )
        use = made if weakest < told else stated.used
        return Fact(
            term.name,
            use.value,
            None,
            use,
            statements,
            f"the formula gives {shown_value(known)}, {shown_value(stated.value)} was stated; "
            "the stronger source is used",
        )


@lru_cache(maxsize=8)
def or_formulas(base: RuleBase) -> tuple[str, ...]:
    """The asked terms that can also be calculated."""
    return tuple(name for name, term in base.terms.items() if term.or_formula is not None)


@lru_cache(maxsize=8)
def _calculated_from(base: RuleBase) -> Mapping[str, frozenset[str]]:
    """An asked term that can also be calculated -> what it is calculated from."""
    found = {name: base.terms[name].or_formula for name in or_formulas(base)}
    return {name: frozenset(names(expr)) for name, expr in found.items() if expr is not None}


def calculated(term: Term, facts: Mapping[str, Fact], base: RuleBase) -> Statement | None:
    """What the `or_formula` of an asked term states: its result, with the weakest source among its inputs.

    None where an input is unknown. ``facts`` are those of the inputs. Where people state a value that agrees with the
    result, theirs counts and nothing is added; else it counts like any other statement.
    """
    assert term.or_formula is not None
    inputs = [facts[name] for name in names(term.or_formula) if name in facts]
    known = formula_result(term, term.or_formula, {fact.term: fact.value for fact in inputs})
    used = [fact.used for fact in inputs if fact.used is not None]
    if known is None or not used:
        return None
    return Statement(known, source=max(used, key=lambda said: evidence_rank(base, said)).source)


@lru_cache(maxsize=8)
def _inputs(base: RuleBase) -> Mapping[str, frozenset[str]]:
    """Computed term -> the terms and findings that it reads, directly or through other terms."""
    found: dict[str, frozenset[str]] = {}
    for term in (base.terms[name] for name in base.order if name in base.terms):
        reads = {name for expr in term.expressions for name in names(expr)}
        found[term.name] = frozenset(reads).union(*(found.get(name, ()) for name in reads))
    return found


@lru_cache(maxsize=8)
def _formulas(base: RuleBase) -> tuple[str, ...]:
    """The computed terms that read no finding, each after what it reads."""
    return tuple(name for name, reads in _inputs(base).items() if reads <= base.terms.keys())


def computed(term: Term, values: Values) -> Value | None:
    """The value of a computed term; None where it is unknown, or outside the term's range."""
    if term.formula is not None:
        return formula_result(term, term.formula, values)
    for choice in term.choose:
        holds = truth(choice.when, values)
        if holds is TRUE:
            return choice.value
        if holds is not FALSE:
            return None
    return None


def settle(term: Term, statements: tuple[Statement, ...], base: RuleBase, period: tuple[date, date] | None) -> Fact:
    """The fact that statements make: the strongest kind of source counts, equal ones that disagree are disputed."""
    if len(statements) == 1:
        (only,) = statements
        old = only.value is not None and stale(term, only, period)
        return Fact(term.name, None if old else only.value, Unknown.STALE if old else only.unknown, only, statements)
    statements = tuple(
        sorted(
            statements,
            key=lambda s: (
                evidence_rank(base, s),
                s.by,
                s.source,
                str(s.date or ""),
                shown_value(s.value),
                str(s.unknown),
            ),
        )
    )
    known = [statement for statement in statements if statement.value is not None]
    fresh = [statement for statement in known if not stale(term, statement, period)]
    if not fresh:
        if known:
            return Fact(term.name, None, Unknown.STALE, known[0], statements)
        applicable = [statement for statement in statements if statement.unknown is Unknown.NOT_KNOWN]
        excused = [statement for statement in statements if statement.by and statement.reason]
        used = (applicable or excused or list(statements))[0]
        return Fact(term.name, None, used.unknown, used, statements)
    best = evidence_rank(base, fresh[0])
    first = [statement for statement in fresh if evidence_rank(base, statement) == best]
    if len({statement.value for statement in first}) > 1:
        return Fact(term.name, None, Unknown.DISPUTED, None, statements, "sources of equal rank disagree")
    used = max(first, key=lambda s: (s.date or date.min, s.by, s.source))
    others = {s.value for s in known if s not in first} - {used.value}
    aged = any(s not in fresh for s in known)
    why = f"{evidence_kind(base, used)} is the stronger{' or the fresher' * aged} source" if others else ""
    return Fact(term.name, used.value, None, used, statements, why)


def stale(term: Term, statement: Statement, period: tuple[date, date] | None) -> bool:
    """Whether a statement is older than its term allows at the period's end. Undated evidence counts."""
    if statement.date is None or period is None or term.valid_for is None:
        return False
    if term.valid_for == PERIOD:
        return statement.date < period[0]
    return (period[1] - statement.date).days > int(term.valid_for)


def evidence_rank(base: RuleBase, statement: Statement) -> int:
    """The rank of a statement's source, 0 the strongest."""
    name = evidence_kind(base, statement)
    return next(kind.rank for kind in base.evidence if kind.name == name)


def evidence_kind(base: RuleBase, statement: Statement) -> str:
    """The kind of evidence that a statement's source is. Where its words fit several kinds, the weakest counts."""
    return _kind_of(base, statement.source.casefold())


@lru_cache(maxsize=4096)
def _kind_of(base: RuleBase, source: str) -> str:
    found = [kind for kind in base.evidence if source and kind.words and re.search(_any_of(kind.words), source)]
    return max(found, key=lambda kind: kind.rank).name if found else base.default_evidence


def _any_of(words: tuple[str, ...]) -> str:
    return rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)"


def shown_value(known: Value | Fraction | None, limit: Value | Fraction | int | None = None) -> str:
    """A value as people read it; a number of more than six places with four significant digits, or with as many more
    as tell it from a number that is its ``limit``.

    >>> shown_value(Decimal("84.9999996")), shown_value(Decimal("84.9999996"), Decimal(85))
    ('85', '84.9999996')
    """
    if known is None:
        return "unknown"
    if isinstance(known, bool):
        return "yes" if known else "no"
    if isinstance(known, Decimal):
        exponent = known.as_tuple().exponent
        long = isinstance(exponent, int) and exponent < -6  # only computed numbers have so many places
        return plain_number(_shortened(known, limit) if long else known)
    return str(known)


def _shortened(known: Decimal, limit: Value | Fraction | int | None) -> Decimal:
    """A long number with four digits, or more where it would else be, or pass, its limit."""
    for digits in range(4, len(known.as_tuple().digits)):
        short = Decimal(f"{known:.{digits}g}")
        if not isinstance(limit, Decimal | Fraction | int):
            return short
        if (short > limit, short < limit) == (known > limit, known < limit):
            return short
    return known


def as_json(known: Result) -> object:
    """A value as JSON has it: whole numbers as integers, other numbers as floats that print the same digits.

    An interval is its two ends, null where there is no bound.
    """
    if isinstance(known, Interval):
        return {"low": as_json(known.low), "high": as_json(known.high)}
    if isinstance(known, Decimal):
        return int(known) if known == int(known) else float(known)
    return known.isoformat() if isinstance(known, date) else known
