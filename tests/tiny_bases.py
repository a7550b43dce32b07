"""Random rule bases so small that every set of changes of a case can be tried, and random cases of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import combinations, product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from homes import load_home, memory_of
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import computed as computed_value
from salesdx.case.statement import COMPUTED, Statement
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation.what_if import with_changes
from salesdx.language.conditions import Expr, Value, names

NUMBERS = ("n1", "n2", "n3")
ASKED: dict[str, Any] = {
    **{name: {"type": "integer", "range": [0, 4]} for name in NUMBERS},
    "b1": "boolean",
    "b2": "boolean",
    "c1": {"type": "enum", "values": ["red", "green", "blue"]},
}
COMPUTABLE: dict[str, Any] = {
    "total": {"type": "integer", "range": [0, 8], "formula": "n1 + n2"},
    "share": {"type": "number", "range": [0, 10], "formula": "n1 / n3"},
    "gap": {"type": "integer", "range": [0, 4], "formula": "n2 - n3", "question": "How far?", "respondent": "hr"},
    "kind": {"type": "enum", "values": ["big", "small"], "choose": [
        {"when": "seen", "value": "big"}, {"when": "n1 < 3 or b1", "value": "small"},
    ]},
}  # fmt: skip
DECISIVE = ("strong", "moderate", "block", "eligible")
OPERATORS = ("==", "!=", "<", "<=", ">", ">=")


def tiny_base(random: Random) -> RuleBase:
    """Two stages, a file, and a group; a gate whose finding, `seen`, others may name."""
    asked = random.sample(sorted(ASKED), random.randint(4, 5))
    asked += [name for name in NUMBERS if name not in asked]
    own = ["kind"] if random.random() < 0.5 else []
    own += random.sample([name for name in COMPUTABLE if name != "kind"], random.randint(0, 2))
    asked += ["b1"] * ("kind" in own and "b1" not in asked)
    terms = {name: (ASKED | COMPUTABLE)[name] for name in (*asked, *own)}
    known = [*asked, *own]

    def leaf(findings: bool) -> str:
        name = random.choice([*known, *(["seen"] if findings else [])])
        if name in ("b1", "b2", "seen"):
            return name if random.random() < 0.6 else f"not {name}"
        if name == "c1":
            return random.choice(["c1 == 'red'", "c1 != 'green'", "c1 in ['red', 'blue']"])
        if name == "kind":
            return random.choice(["kind == 'big'", "kind == 'small'"]) if findings else "n1 > 2"
        if name == "share":
            return f"share {random.choice(OPERATORS[2:])} {random.choice(['0.5', '1', '2'])}"
        if name in NUMBERS and random.random() < 0.25:
            return f"{name} {random.choice(OPERATORS[2:])} {random.choice(NUMBERS)}"
        return f"{name} {random.choice(OPERATORS)} {random.randint(0, 4)}"

    def condition(findings: bool = True, parts: int = 3) -> str:
        leaves = [leaf(findings) for _ in range(random.randint(1, parts))]
        if len(leaves) == 3 and random.random() < 0.5:
            return f"({leaves[0]} or {leaves[1]}) and {leaves[2]}"
        text = random.choice([" and ", " and ", " or "]).join(leaves)
        return f"not ({text})" if random.random() < 0.15 else text

    def rules(prefix: str, strengths: list[str], most: int) -> dict[str, Any]:
        made = {}
        for n in range(random.randint(1, most)):
            made[f"{prefix}{n}"] = {"when": condition(), "strength": random.choice(strengths), "recommend": ["act"]}
        return made

    gate = {"G0": {"when": condition(findings=False), "strength": "gate", "finding": "seen"}}
    person = {"applies_when": "case_subject == 'person'"} if random.random() < 0.3 else {}
    evidence = ["strong", "moderate", "moderate", "weak"]
    homes = {
        "first": {
            "terms": terms,
            "rules": gate | rules("A", evidence, 3),
            "ruled_out_when": condition(parts=2),
            "interventions": {"act": {}, "talk": {"personnel": True}},
        },
        "second": {"rules": rules("B", evidence, 3), "ruled_out_when": condition(parts=2), **person},
        "last": {
            "decided_by": "file",
            "rules": rules("X", ["block", "eligible"], 3) | {"X9": {"when": condition(), "strength": "eligible"}},
        },
    }
    for rule in (homes["second"]["rules"] | homes["last"]["rules"]).values():
        rule["recommend"] = [random.choice(["act", "talk"])]
    with TemporaryDirectory() as folder:
        return load_home(Path(folder), homes)


@lru_cache(maxsize=64)
def base_of(seed: int) -> RuleBase:
    return tiny_base(Random(seed))


def values_of(base: RuleBase, term: str) -> list[Value]:
    """Every value that a term can have, as far as the rule base can tell."""
    made = base.terms[term]
    if made.type == "boolean":
        return [True, False]
    if made.type == "enum":
        return list(made.values)
    if term == "case_attainment_pct":
        return [Decimal(80), Decimal(100)]
    if made.type == "date":
        return [date(2026, 9, 30)]
    if made.type == "number":
        return [Decimal(n) / 4 for n in (0, 2, 3, 4, 6, 8, 12)]
    assert made.low is not None and made.high is not None
    return [Decimal(n) for n in range(int(made.low), int(made.high) + 1)]


def tiny_case(base: RuleBase, random: Random) -> WorkingMemory:
    """A case with every kind of unknown, disputes, and values of formulas written by hand."""
    facts: dict[str, Any] = {"case_attainment_pct": 80}
    for name, term in base.terms.items():
        if name == "case_attainment_pct":
            continue
        luck = random.random()
        value = _plain(random.choice(values_of(base, name)))
        if term.computed and luck < 0.75:
            continue
        if luck < 0.65 or term.computed:
            facts[name] = value
        elif luck < 0.75:
            facts[name] = {"value": "not_applicable", "by": "hr", "reason": "there is none"}
        elif luck < 0.8:
            facts[name] = "not_known"
        elif luck < 0.87:
            facts[name] = [{"value": value, "by": "hr"}, {"value": _plain(random.choice(values_of(base, name)))}]
    return memory_of(base, facts)


def _plain(value: Value) -> object:
    return int(value) if isinstance(value, Decimal) and value == int(value) else value


# --- every set of changes ---------------------------------------------------------------------------------------------


def result_of(diagnosis: Diagnosis, stage: str) -> str:
    """A stage's result, as sets of changes name it."""
    ladder = diagnosis.ladder
    beside = [word for word in ("concluded", "held") if ladder[f"{stage}.{word}"] is True]
    return beside[0] if beside else str(ladder[f"{stage}.status"])


def all_changes(
    memory: WorkingMemory, values: dict[str, list[Value]], limit: int
) -> Iterator[tuple[frozenset[str], Diagnosis]]:
    """The case under every set of at most so many changes, the smaller first.

    A computed term is changed only if no formula gives it, and never together with what it is computed from.
    """
    base = memory.base
    now = quick(base, memory).matches.values
    inputs = {name: _inputs(base, name) for name, term in base.terms.items() if term.computed}
    for size in range(1, limit + 1):
        for terms in combinations(values, size):
            if any(name in inputs and inputs[name] & set(terms) for name in terms):
                continue
            for chosen in product(*(values[name] for name in terms)):
                if not any(now.get(n) == v for n, v in zip(terms, chosen, strict=True)):
                    made = with_changes(memory, {n: Statement(v) for n, v in zip(terms, chosen, strict=True)})
                    yield frozenset(terms), quick(base, made)


def broken(now: Diagnosis, after: Diagnosis) -> set[str]:
    """The formulas that have no value any more, or none although their inputs became known.

    They divide by zero, are out of range, or were written by hand from inputs that changed.
    """
    found = set()
    for name, term in now.base.terms.items():
        before, then = (d.matches.values.get(name) for d in (now, after))
        if term.computed and then is None:
            reads = names(term.formula) if term.formula is not None else ()
            known = bool(reads) and all(after.matches.values.get(read) is not None for read in reads)
            known_before = bool(reads) and all(now.matches.values.get(read) is not None for read in reads)
            lost = before is not None and (bool(reads) or name in now.memory.statements)
            if lost or (known and not (known_before and before is None)):
                found.add(name)
    return found


def read_by(base: RuleBase, stage: str) -> set[str]:
    """The terms that a stage's result depends on."""
    exprs = [line.when for line in base.ladder.modes]
    for made in base.stages[: [other.id for other in base.stages].index(stage) + 1]:
        exprs += [expr for expr in (made.ruled_out_when, made.applies_when) if expr is not None]
        exprs += [rule.when for rule in base.rules_of[made.id] if rule.strength in DECISIVE]
    found: set[str] = set()
    queue = [name for expr in exprs for name in names(expr)]
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        queue += [n for rule in base.findings.get(name, ()) for n in names(rule.when)]
        queue += [n for expr in _expressions(base, name) for n in names(expr)]
    return found & set(base.terms)


def changeable(memory: WorkingMemory) -> list[str]:
    """The terms that can be changed: asked ones, and computed ones that somebody can answer where no formula does."""
    found = []
    matches = quick(memory.base, memory).matches
    for name, term in memory.base.terms.items():
        by_formula = any(statement.source == COMPUTED for statement in memory.fact(name).statements)
        open_now = bool(term.question) and computed_value(term, matches.values) is None
        if not term.computed or (not by_formula and (name in memory.statements or open_now)):
            found.append(name)
    return found


def _inputs(base: RuleBase, name: str) -> set[str]:
    """The terms that a computed term is computed from, not through findings."""
    read = {n for expr in _expressions(base, name) for n in names(expr) if n in base.terms}
    return read.union(*(_inputs(base, n) for n in read))


def _expressions(base: RuleBase, name: str) -> list[Expr]:
    term = base.terms.get(name)
    if term is None:
        return []
    return [term.formula] if term.formula is not None else [choice.when for choice in term.choose]
