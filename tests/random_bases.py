"""Random rule bases and cases for Hypothesis: every operator and type, chained findings, computed terms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from salesdx.base.model import NUMERIC, RuleBase, Term
from salesdx.case.file import memory_from
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement
from salesdx.language.conditions import Compare, Expr, Literal, Name, walk
from salesdx.language.intervals import between

PERIOD = (date(2026, 7, 1), date(2026, 9, 30))
NUMBERS = [*map(Decimal, (0, 1, -1, 2, 3, 10, 999999999999999)), *map(Decimal, ("0.1", "0.2", "0.3", "2.5", "99.999"))]
LIMIT = Decimal(999999999999999)
NUMBERS.append(Decimal("0.000000000000001"))
DATES = [date(2026, 6, 30), date(2026, 7, 1), date(2026, 8, 15), date(2026, 8, 16), date(2026, 9, 30)]
VALUES = ["red", "green", "blue"]
ORDER = ["==", "!=", "<", "<=", ">", ">="]
STAGES = ["one", "individual", "exit"]
STRENGTHS = ["strong", "moderate", "weak", "gate", "caution", "classify", "block", "eligible"]
KNOWN, SOME, FEW = 12, 3, 1
"""How often a fact is known: so many values to one unknown of each kind."""


@dataclass
class Names:
    """The names that a condition may read, by type."""

    boolean: list[str] = field(default_factory=list)
    number: list[str] = field(default_factory=list)
    date: list[str] = field(default_factory=list)
    enum: list[str] = field(default_factory=list)


class Writer:
    """Draws the texts of expressions."""

    def __init__(self, draw: st.DrawFn, names: Names) -> None:
        self.draw, self.names = draw, names

    def of(self, options: list[Any]) -> Any:
        return self.draw(st.sampled_from(options))

    def number(self, depth: int, functions: bool = False) -> str:
        kinds = ["constant"] + ["name"] * 3 * bool(self.names.number)
        if depth:
            kinds += ["sum", "sum", "minus"] + ["days"] * (len(self.names.date) > 1) + ["call"] * functions
        match self.of(kinds):
            case "constant":
                return f"{self.of(NUMBERS):f}"
            case "name":
                return str(self.of(self.names.number))
            case "sum":
                return f"({self.number(depth - 1, functions)} {self.of([*'+-*/'])} {self.number(depth - 1, functions)})"
            case "minus":
                return f"(-{self.number(depth - 1, functions)})"
            case "days":
                return f"({self.of(self.names.date)} - {self.of(self.names.date)})"
        function, arity = self.of(
            [
                *(("min", 2), ("max", 3), ("holm", 2), ("fisher_p", 4), ("fisher_lower_p", 4)),
                *(("wilson_low", 2), ("wilson_high", 2)),
            ]
        )
        return f"{function}({', '.join(self.number(0) for _ in range(arity))})"

    def moment(self) -> str:
        return str(self.of([*self.names.date, self.of(DATES).isoformat()]))

    def choice(self) -> str:
        return str(self.of([*self.names.enum, f"'{self.of(VALUES)}'"]))

    def leaf(self) -> str:
        names = self.names
        kinds = ["threshold", "threshold", "arithmetic", "constant"] + ["boolean"] * 3 * bool(names.boolean)
        kinds += ["date"] * 2 * bool(names.date) + ["enum", "in"] * bool(names.enum)
        match self.of(kinds):
            case "boolean":
                return str(self.of(names.boolean))
            case "threshold":
                sides = [self.number(0), f"{self.of(NUMBERS):f}"]
                return f" {self.of(ORDER)} ".join(self.of([sides, sides[::-1]]))
            case "arithmetic":
                return f"{self.number(2)} {self.of(ORDER)} {self.number(1)}"
            case "date":
                return f"{self.of(names.date)} {self.of(ORDER)} {self.moment()}"
            case "enum":
                return f"{self.of(names.enum)} {self.of(['==', '!='])} {self.choice()}"
            case "in":
                listed = self.draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=3))
                return f"{self.of(names.enum)} in [{', '.join(map(repr, listed))}]"
        return str(self.of(["true", "false", "1 < 2"]))

    def condition(self, depth: int = 3) -> str:
        kind = self.of(
            ["leaf"]
            + ["and", "or", "not", "same", "in"] * bool(depth)
            + ["and", "or"] * bool(depth)
            + ["long"] * (depth > 2)
        )
        match kind:
            case "not":
                return f"not ({self.condition(depth - 1)})"
            case "and" | "or":
                parts = [f"({self.condition(depth - 1)})" for _ in range(self.of([2, 2, 3]))]
                return f" {kind} ".join(parts)
            case "long":
                return f" {self.of(['and', 'or'])} ".join(f"({self.leaf()})" for _ in range(self.of([17, 20])))
            case "same":
                return f"({self.condition(depth - 1)}) {self.of(['==', '!='])} ({self.condition(0)})"
            case "in":
                return f"({self.condition(depth - 1)}) in [{self.of(['true', 'false'])}]"
        return self.leaf()


@st.composite
def homes(draw: st.DrawFn) -> dict[str, Any]:
    """A rule base as ``homes.write_home`` takes it."""
    names = Names(boolean=["firm_goods", "firm_stock"], number=["firm_n"])
    writer = Writer(draw, names)
    applying = Writer(draw, Names(boolean=["firm_goods", "firm_stock"], number=["firm_n"]))
    terms: dict[str, Any] = {}
    for kind in [
        "boolean",
        "number",
        *draw(st.lists(st.sampled_from(["boolean", *NUMERIC, "date", "enum"]), max_size=6)),
    ]:
        name = f"{kind}_{len(terms)}"
        terms[name] = {"type": kind, **({"values": VALUES} if kind == "enum" else {})}
        terms[name] |= draw(st.sampled_from([{}, {"valid_for": "30 days"}, {"valid_for": "period"}]))
        terms[name] |= {"applies_when": applying.condition(1)} if draw(st.integers(0, 3)) == 0 else {}
        getattr(names, "number" if kind in NUMERIC else kind).append(name)
    rules: list[dict[str, Any]] = []
    for level in range(draw(st.integers(1, 8))):
        match writer.of(["finding", "finding", "finding", "formula", "choose"]):
            case "finding":
                for _ in range(writer.of([1, 1, 2, 3])):
                    rules.append(
                        {"finding": f"seen_{level}", "when": writer.condition(), "strength": writer.of(STRENGTHS)}
                    )
                names.boolean.append(f"seen_{level}")
            case "formula":
                kind = writer.of(["boolean", "number"])
                formula = writer.condition(2) if kind == "boolean" else writer.number(2, functions=True)
                limits = {"range": [0, 100]} if kind == "number" and draw(st.booleans()) else {}
                terms[f"made_{level}"] = {"type": kind, "formula": formula, **limits}
                getattr(names, kind).append(f"made_{level}")
            case _:
                kind, pool = writer.of(
                    [("enum", VALUES), ("number", NUMBERS), ("boolean", [True, False]), ("date", DATES)]
                )
                lines = [{"when": writer.condition(1), "value": writer.of(pool)} for _ in range(writer.of([1, 2, 3]))]
                terms[f"made_{level}"] = {
                    "type": kind,
                    "choose": lines,
                    **({"values": VALUES} if kind == "enum" else {}),
                }
                getattr(names, kind).append(f"made_{level}")
    rules.append({"finding": "last", "when": writer.condition(), "strength": "strong"})
    home: dict[str, Any] = {
        "profile": {"terms": {"firm_goods": "boolean", "firm_stock": "boolean", "firm_n": "number"}}
    }
    home |= {stage: {"terms": {}, "rules": {}} for stage in STAGES}
    for i, rule in draw(st.permutations([*enumerate(rules)])):
        home[writer.of(STAGES)]["rules"][f"R{i}"] = rule
    home["one"]["terms"] = terms
    home["one"] |= {"ruled_out_when": writer.condition(2), "set_aside_when": writer.condition(2)}
    home["individual"] |= {"ruled_out_when": writer.condition(2), "applies_when": applying.condition(1)}
    home["exit"]["decided_by"] = "file"
    return home


# --- cases --------------------------------------------------------------------------------------------------------


def thresholds(base: RuleBase) -> dict[str, list[Any]]:
    """Term -> the constants that any condition compares it with."""
    exprs: list[Expr | None] = [rule.when for rule in base.rules]
    exprs += [expr for stage in base.stages for expr in stage.conditions.values()]
    exprs += [line.when for line in base.ladder.modes] + [i.preferred_when for i in base.interventions.values()]
    for term in base.terms.values():
        exprs += [term.applies_when, term.formula, *(choice.when for choice in term.choose)]
    found: dict[str, list[Any]] = {name: [] for name in base.terms}
    for expr in exprs:
        for part in walk(expr) if expr is not None else ():
            match part:
                case Compare(_, Name(name), Literal(constant)) | Compare(_, Literal(constant), Name(name)):
                    if name in found and constant not in found[name]:
                        found[name].append(constant)
    return found


def possible(term: Term, constants: list[Any]) -> list[Any]:
    """Values of a term: at, just below and just above each constant, and some others."""
    match term.type:
        case "boolean":
            return [True, False]
        case "enum":
            return [*term.values]
        case "date":
            return [day + timedelta(step) for day in [*constants, *DATES] for step in (0, 1, -1)]
    steps = [Decimal(1)] if term.type == "integer" else [Decimal("0.01"), Decimal("0.000000000001")]
    values = [c + sign * step for c in constants for step in steps for sign in (0, 1, -1)]
    values = values or [n for n in NUMBERS if term.type != "integer" or n == int(n)]
    values += [] if term.low is None or term.high is None else [term.low, term.high]
    if term.type == "integer":
        values = [n for n in values if n == int(n)]
    low, high = term.low if term.low is not None else -LIMIT, term.high if term.high is not None else LIMIT
    return [n for n in values if low <= n <= high]


OLD = date(2020, 1, 1)
CRM = "CRM fields"


def _said(value: Any, kind: str) -> dict[str, Any]:
    return {"value": value, "by": "finance", "kind": kind, "date": PERIOD[1]}


UNKNOWN: list[Callable[[Any, Any], Any]] = [
    lambda a, b: None,
    lambda a, b: "not_known",
    lambda a, b: "not_applicable",
    lambda a, b: {"value": "not_applicable", "by": "finance", "reason": "no such thing"},
    lambda a, b: [_said(a, CRM), {**_said(b, CRM), "by": "hr"}],
    lambda a, b: [_said(a, "transaction data"), {**_said(b, "opinion"), "by": "hr"}],
    lambda a, b: {**_said(a, CRM), "date": OLD},
    lambda a, b: [{**_said(a, CRM), "date": OLD}, {**_said(b, "opinion"), "by": "hr"}],
]
"""What a case may say of a term other than a value: nothing, any kind of unknown, or statements that disagree."""
BYTES = 4
"""Of a draw, for each term."""


class Cases:
    """Cases of a rule base, each drawn as bytes, of which zeros say nothing: so they are quick and shrink well.

    A case starts from nothing, or from one of ``worked`` and changes about a term in ten. With ``imprecise``, half of
    the cases have numbers and dates between two ends.
    """

    def __init__(self, base: RuleBase, worked: Sequence[WorkingMemory] = (), imprecise: bool = False) -> None:
        self.base, self.nothing = base, replace(memory_from({}, base), period=PERIOD)
        constants = thresholds(base)
        terms = [term for term in base.terms.values() if term.tolerance is None]
        self.values = {term: values for term in terms if (values := possible(term, constants[term.name]))}
        size = BYTES * len(self.values)
        start = st.sampled_from([self.nothing, *worked])
        wide = st.sampled_from([b"", *[b"w"] * imprecise]).flatmap(
            lambda some: st.binary(min_size=len(base.terms) * len(some), max_size=len(base.terms) * len(some))
        )
        text = st.binary(min_size=size, max_size=size)
        self.drawn = st.tuples(start, st.sampled_from([KNOWN, SOME, FEW]), text, wide)

    def read(self, drawn: tuple[WorkingMemory, int, bytes, bytes]) -> WorkingMemory:
        """The case that was drawn."""
        start, often, text, wide = drawn
        facts: dict[str, Any] = {}
        for i, (term, values) in enumerate(self.values.items()):
            n, kind = divmod(int.from_bytes(text[BYTES * i : BYTES * (i + 1)]), len(UNKNOWN) + often)
            n, first = divmod(n, len(values))
            if n % (4 if term.computed else 1 if start is self.nothing else 10):
                continue
            other = values[n % len(values)]
            facts[term.name] = UNKNOWN[kind](values[first], other) if kind < len(UNKNOWN) else values[first]
        said = memory_from({name: fact for name, fact in facts.items() if fact is not None}, self.base).statements
        kept = {name: statements for name, statements in start.statements.items() if name not in facts}
        statements = {**kept, **said}
        for name, how in zip(self.base.terms, wide, strict=False):
            if name in statements and self.values.get(self.base.terms[name]):
                statements[name] = self._wider(name, statements[name], how)
        return replace(start, statements=statements)

    def _wider(self, name: str, said: tuple[Statement, ...], how: int) -> tuple[Statement, ...]:
        """The first of some statements with a number or date that is imprecise: it lies between what was said and
        another value, or has no bound on one side but
        the range of its term."""
        first, term = said[0], self.base.terms[name]
        values = self.values[term]
        kind, at = how % 4, how // 4 % len(values)
        if first.value is None or not kind or term.type not in (*NUMERIC, "date"):
            return said
        low, high = sorted([first.value, values[at]])  # type: ignore[type-var]
        ends = {1: (low, high), 2: (low, term.high), 3: (term.low, high)}[kind]
        return (replace(first, value=between(*ends)), *said[1:])
