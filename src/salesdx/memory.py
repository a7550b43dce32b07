"""Facts of one case: statements, their ranking, the five kinds of unknown, and reading a case file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any

from salesdx.conditions import Value, names, truth, value
from salesdx.issues import CaseError, Issue
from salesdx.model import PERIOD, RuleBase, Term
from salesdx.reading import DATE, Reader, first_line, plain
from salesdx.source import Mapping as MappingNode
from salesdx.source import Node, Place, Scalar, parse
from salesdx.source import Sequence as ListNode
from salesdx.statistics import rounded
from salesdx.truth import FALSE, TRUE

PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
UNKNOWN_WORDS = {"not_known": "not known", "unknown": "not known", "not_applicable": "not applicable"}
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


@dataclass(frozen=True)
class WorkingMemory:
    """All facts of one case. Immutable: ``with_fact`` makes a new one. The order of statements changes nothing."""

    base: RuleBase = field(compare=False, repr=False)
    statements: Mapping[str, tuple[Statement, ...]]
    case: str = ""
    subject: Mapping[str, str] = field(default_factory=dict)
    period: tuple[date, date] | None = None

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """The fact of every term that was stated or could be computed without a finding."""
        facts = {name: self._fact(self.base.terms[name], statements) for name, statements in self.statements.items()}
        for name in self.base.order:
            term = self.base.terms.get(name)
            if term and term.computed and self._closed(name):
                fact = self._computed(term, facts)
                if fact:
                    facts[name] = fact
        return facts

    @cached_property
    def values(self) -> Mapping[str, Value]:
        """The known facts."""
        return {name: fact.value for name, fact in self.facts.items() if fact.value is not None}

    def fact(self, name: str) -> Fact:
        return self.facts.get(name) or Fact(name, None, Unknown.NOT_ASKED, None)

    def with_fact(self, name: str, known: Value | Unknown | None) -> WorkingMemory:
        """The same case with one fact replaced: a value, a kind of unknown, or None for not asked.

        A hand-written result of a formula that reads the fact is dropped, since it was made from the old value.
        """
        statements = {
            term: said for term, said in self.statements.items() if term != name and name not in self._inputs(term)
        }
        if known is not None:
            made = Statement(unknown=known) if isinstance(known, Unknown) else Statement(known)
            statements[name] = (made,)
        return replace(self, statements=statements)

    def with_base(self, base: RuleBase) -> WorkingMemory:
        """The same statements read by another rule base."""
        return (
            self
            if base is self.base
            else replace(self, base=base, statements={k: v for k, v in self.statements.items() if k in base.terms})
        )

    def _inputs(self, name: str) -> set[str]:
        """The terms that a computed term reads, directly or through others."""
        found: set[str] = set()
        queue = [name]
        while queue:
            term = self.base.terms.get(queue.pop())
            for expr in _expressions(term) if term else ():
                for read in names(expr):
                    if read not in found:
                        found.add(read)
                        queue.append(read)
        return found

    def _closed(self, name: str) -> bool:
        return all(read in self.base.terms for read in self._inputs(name))

    def _fact(self, term: Term, statements: Iterable[Statement]) -> Fact:
        return settle(term, tuple(statements), self.base, self.period)

    def _computed(self, term: Term, facts: Mapping[str, Fact]) -> Fact | None:
        values = {name: fact.value for name, fact in facts.items()}
        known = computed(term, values)
        stated = facts.get(term.name)
        if known is None:
            return stated
        inputs = [facts[name] for name in self._inputs(term.name) if name in facts]
        weakest = max((rank(self.base, fact.used) for fact in inputs if fact.used), default=0)
        made = Statement(known, source=COMPUTED)
        if stated is None or stated.unknown is Unknown.STALE:
            return Fact(term.name, known, None, made, (made, *(stated.statements if stated else ())))
        statements = (made, *stated.statements)
        if stated.value is None:  # nobody's "not known" is turned into a value by a formula
            return replace(
                stated,
                statements=statements,
                conflict=f"stated as {stated.unknown}, while the formula gives {show(known)}",
            )
        if stated.value == known or (term.tolerance is not None and abs(stated.value - known) <= term.tolerance):  # type: ignore[operator]
            return Fact(term.name, known, None, made, statements)
        assert stated.used is not None
        told = rank(self.base, stated.used)
        if told == weakest:
            return Fact(
                term.name,
                None,
                Unknown.DISPUTED,
                None,
                statements,
                f"the formula gives {show(known)}, {show(stated.value)} was stated",
            )
        use = made if weakest < told else stated.used
        return Fact(
            term.name,
            use.value,
            None,
            use,
            statements,
            f"the formula gives {show(known)}, {show(stated.value)} was stated; the stronger source is used",
        )


def computed(term: Term, values: Mapping[str, Value | None]) -> Value | None:
    """The value of a computed term; None where it is unknown, or outside the term's range."""
    if term.formula is not None:
        found = value(term.formula, values)
        if not isinstance(found, Fraction | int | Decimal) or isinstance(found, bool):
            return found
        number = rounded(Fraction(found))
        return number if term.low is None or term.high is None or term.low <= number <= term.high else None
    for choice in term.choose:
        holds = truth(choice.when, values)
        if holds is TRUE:
            return choice.value
        if holds is not FALSE:
            return None
    return None


def settle(term: Term, statements: tuple[Statement, ...], base: RuleBase, period: tuple[date, date] | None) -> Fact:
    """The fact that several statements make: the strongest kind of source counts, equal ones that disagree are disputed."""
    statements = tuple(
        sorted(
            statements, key=lambda s: (rank(base, s), s.by, s.source, str(s.date or ""), show(s.value), str(s.unknown))
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
    best = rank(base, fresh[0])
    first = [statement for statement in fresh if rank(base, statement) == best]
    if len({statement.value for statement in first}) > 1:
        return Fact(term.name, None, Unknown.DISPUTED, None, statements, "sources of equal rank disagree")
    used = max(first, key=lambda s: (s.date or date.min, s.by, s.source))
    others = {s.value if s.value is not None else s.unknown for s in statements if s not in first}
    differ = others - {used.value}
    return Fact(term.name, used.value, None, used, statements, _conflict(base, used, differ, statements, fresh))


def _conflict(
    base: RuleBase, used: Statement, differ: set[Any], statements: tuple[Statement, ...], fresh: list[Statement]
) -> str:
    if not differ:
        return ""
    if all(s in fresh or s.value is None for s in statements):
        return f"{kind_of(base, used)} is the stronger source"
    return f"{kind_of(base, used)} is the stronger or the fresher source"


def stale(term: Term, statement: Statement, period: tuple[date, date] | None) -> bool:
    """Whether a statement is older than its term allows at the period's end. Undated evidence cannot be judged and counts."""
    if statement.date is None or period is None or term.valid_for is None:
        return False
    if term.valid_for == PERIOD:
        return statement.date < period[0]
    return (period[1] - statement.date).days > int(term.valid_for)


def rank(base: RuleBase, statement: Statement) -> int:
    """The rank of a statement's source, 0 the strongest."""
    return next(kind.rank for kind in base.evidence if kind.name == kind_of(base, statement))


def kind_of(base: RuleBase, statement: Statement) -> str:
    """The kind of evidence that a statement's source is. Where its words fit several kinds, the weakest counts."""
    source = statement.source.casefold()
    found = (
        [
            kind
            for kind in base.evidence
            if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", source) for word in kind.words)
        ]
        if source
        else []
    )
    return max(found, key=lambda kind: kind.rank).name if found else base.default_evidence


def show(known: Value | Fraction | None) -> str:
    """A value as people read it."""
    if known is None:
        return "unknown"
    if isinstance(known, bool):
        return "yes" if known else "no"
    if isinstance(known, Decimal):
        return plain(known)
    return str(known)


def as_json(known: Value | None) -> object:
    """A value as JSON has it: whole numbers as integers, other numbers as floats that print the same digits."""
    if isinstance(known, Decimal):
        return int(known) if known == int(known) else float(known)
    return known.isoformat() if isinstance(known, date) else known


def _expressions(term: Term) -> Iterator[Any]:
    if term.formula is not None:
        yield term.formula
    yield from (choice.when for choice in term.choose)


# --- reading --------------------------------------------------------------------------------------------------------

CASE_KEYS = ("case", "title", "story", "subject", "period", "expect", "why")


def read_case(text: str, shown: str, base: RuleBase) -> WorkingMemory:
    """A case file's text (YAML or JSON) -> working memory. Raises CaseError with every fault, by line."""
    node, faults = parse(text, shown)
    if node is None or faults:
        raise CaseError(
            [*map(Issue.of, faults)] or [Issue("empty", "the case file is empty", Place(shown, 1, 1, 1, 1))]
        )
    return case_from(node, shown, base)


def case_from(node: Node, shown: str, base: RuleBase) -> WorkingMemory:
    """A parsed case -> working memory. Raises CaseError."""
    reader = _CaseReader(base)
    memory = reader.case(node, shown)
    if reader.issues:
        raise CaseError(reader.issues)
    return memory


def memory_from(facts: Mapping[str, object], base: RuleBase) -> WorkingMemory:
    """A working memory from plain values: booleans, numbers, texts, dates, "unknown", or statements as in a case file.

    Floats are read by their shortest decimal form. Raises CaseError.
    """
    return case_from(MappingNode(((_scalar("facts"), _node(facts)),), _HERE), "facts", base)


_HERE = Place("facts", 1, 1, 1, 1)


def _scalar(text: str, quoted: bool = False) -> Scalar:
    return Scalar(text, quoted, _HERE)


def _node(plain_value: object) -> Node:
    match plain_value:
        case None:
            return _scalar("not_known")
        case bool():
            return _scalar(str(plain_value).lower())
        case float():
            return _scalar(f"{Decimal(repr(plain_value)):f}")
        case int() | Decimal():
            return _scalar(f"{Decimal(plain_value):f}")
        case date():
            return _scalar((plain_value.date() if isinstance(plain_value, datetime) else plain_value).isoformat())
        case Mapping():
            return MappingNode(tuple((_scalar(str(key)), _node(entry)) for key, entry in plain_value.items()), _HERE)
        case list() | tuple():
            return ListNode(tuple(map(_node, plain_value)), _HERE)
    return _scalar(str(plain_value), quoted=True)


class _CaseReader(Reader):
    def __init__(self, base: RuleBase) -> None:
        super().__init__()
        self.base = base

    def case(self, node: Node, shown: str) -> WorkingMemory:
        fields = self.fields(node, "the case", ("facts",), CASE_KEYS)
        case = self.text(fields.get("case"), "`case`") or re.sub(r".*/|\.\w+$", "", shown)
        subject = self.subject(fields.get("subject"))
        period = self.period(fields.get("period"))
        statements: dict[str, tuple[Statement, ...]] = {}
        facts = fields.get("facts")
        if facts is not None and not isinstance(facts, MappingNode):
            if not (isinstance(facts, Scalar) and not facts.text):
                self.fault("type", "`facts` must be a mapping (`term: value` lines)", first_line(facts.place))
        for key, entry in facts.entries if isinstance(facts, MappingNode) else ():
            term = self.base.terms.get(key.text)
            if term is None:
                self.fault(
                    "unknown-term",
                    f"the vocabulary has no term `{key.text[:80]}`",
                    key.place,
                    self.near(key.text, self.base.terms),
                )
                continue
            said = tuple(
                s
                for item in (entry.items if isinstance(entry, ListNode) else (entry,))
                if (s := self.statement(term, item))
            )
            if isinstance(entry, ListNode) and not entry.items:
                self.fault("empty", f"`{term.name}` has no statement", entry.place)
            if said:
                statements[term.name] = said
        kind_term = self.base.ladder.subject_term
        if subject.get("kind") and kind_term and kind_term not in statements:
            statements[kind_term] = (Statement(subject["kind"], source="the case's subject"),)
        memory = WorkingMemory(self.base, statements, case, subject, period)
        self.check_formulas(memory)
        return memory

    def subject(self, node: Node | None) -> dict[str, str]:
        if node is None:
            return {}
        fields = self.fields(node, "`subject`", ("kind",), ("ref",))
        kind, ref = fields.get("kind"), fields.get("ref")
        found: dict[str, str] = {}
        term = self.base.terms.get(self.base.ladder.subject_term)
        if kind is not None and term is not None and (known := self.value(term, kind)) is not None:
            found["kind"] = str(known)
        if ref is not None and (text := self.text(ref, "`ref`")):
            if not PSEUDONYM.fullmatch(text):
                self.fault(
                    "pseudonym",
                    "`ref` is a pseudonym, never a name: letters, digits, `.`, `-` and `_` without spaces",
                    ref.place,
                )
            found["ref"] = text
        return found

    def period(self, node: Node | None) -> tuple[date, date] | None:
        if node is None:
            return None
        fields = self.fields(node, "`period`", ("from", "to"), ())
        begin, end = self.date(fields.get("from"), "`from`"), self.date(fields.get("to"), "`to`")
        if begin is None or end is None:
            return None
        if begin > end:
            self.fault("period", "the period ends before it begins", first_line(node.place))
        return begin, end

    def date(self, node: Node | None, what: str) -> date | None:
        if node is None:
            return None
        if isinstance(node, Scalar) and DATE.fullmatch(node.text) and node.text.isascii():
            try:
                return date.fromisoformat(node.text)
            except ValueError:
                pass
        self.fault(
            "type", f"{what} must be a date", first_line(node.place), "write it as year-month-day, such as 2026-09-30"
        )
        return None

    def statement(self, term: Term, node: Node) -> Statement | None:
        if not isinstance(node, MappingNode):
            return self.stated(term, node, Statement())
        fields = self.fields(node, "a statement", ("value",), ("by", "source", "date", "reason", "note"))
        by, source, reason, note = (
            self.text(fields.get(key), f"`{key}`") for key in ("by", "source", "reason", "note")
        )
        made = Statement(by=by, source=source, date=self.date(fields.get("date"), "`date`"), reason=reason, note=note)
        return self.stated(term, fields["value"], made) if "value" in fields else None

    def stated(self, term: Term, node: Node, made: Statement) -> Statement | None:
        if isinstance(node, Scalar) and node.text in UNKNOWN_WORDS and node.text not in term.values:
            return replace(made, unknown=Unknown(UNKNOWN_WORDS[node.text]), place=node.place)
        known = self.value(term, node)
        return None if known is None else replace(made, value=known, place=node.place)

    def check_formulas(self, memory: WorkingMemory) -> None:
        """A hand-written result that is further off its formula than the term tolerates is a fault."""
        for name, statements in memory.statements.items():
            term = self.base.terms[name]
            if not term.computed or term.tolerance is None:
                continue
            known = computed(term, {k: f.value for k, f in memory.facts.items() if k != name})
            for statement in statements:
                if (
                    isinstance(known, Decimal)
                    and isinstance(statement.value, Decimal)
                    and abs(known - statement.value) > term.tolerance
                ):
                    message = (
                        f"`{name}` is computed from other facts as {plain(known)}, here it is {plain(statement.value)}"
                    )
                    self.fault(
                        "computed",
                        message,
                        statement.place or _HERE,
                        "leave the line out, or correct the facts that it is computed from",
                    )
