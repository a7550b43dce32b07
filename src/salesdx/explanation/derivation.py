"""What an explanation is made of, and its JSON. Nothing here computes; ``why``, ``what_if`` and ``search`` do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from salesdx.case.settling import Fact
from salesdx.case.statement import Unknown, as_json
from salesdx.engine.comparing import Difference
from salesdx.engine.diagnosis import Diagnosis
from salesdx.language.conditions import Value
from salesdx.language.truth import TRUE, UNKNOWN, Truth

RULE, FINDING, STAGE, MODE, RECOMMENDATION = "rule", "finding", "stage", "mode", "recommendation"
ALL, ANY, COMPARISON, COUNT = "all", "any", "comparison", "count"
TERM, FACT = "term", "fact"
"""The kinds of a derivation's nodes: what can be asked for; how conditions are joined; and what they stand on.

``term`` is a computed term over its inputs; ``fact`` what was stated, a leaf (where a formula disputes it, its inputs
are below); ``count`` how many rules of a strength are true, how many were looked at, or how many stages are passed.
"""


@dataclass(frozen=True)
class Derivation:
    """One step and what it stands on: a tree whose leaves are asked facts.

    ``truth`` is "true", "false", "unknown", or "" where nothing is true or false (a fact, a stage); ``status`` is a
    stage's result or where a recommendation stands; ``value`` and ``fact`` are what a fact or a computed term is.
    ``text`` is a sentence for the reader, with names in backticks; ``notes`` are remarks on it (a conflict, a
    division by zero); ``deciding`` are the unknown asked terms that would decide it, where it is not decided.
    """

    kind: str
    name: str
    text: str
    truth: str = ""
    status: str = ""
    value: Value | None = None
    unit: str = ""
    fact: Fact | None = None
    notes: tuple[str, ...] = ()
    deciding: tuple[str, ...] = ()
    children: tuple[Derivation, ...] = ()

    def __str__(self) -> str:
        """The tree as lines, each step under what it proves."""
        return "\n".join(self._lines(0))

    def _lines(self, depth: int) -> Iterator[str]:
        state = {"true": "[true] ", "false": "[false] ", "unknown": "[unknown] "}.get(self.truth, "")
        yield "  " * depth + state + self.text
        for child in self.children:
            yield from child._lines(depth + 1)

    def walk(self) -> Iterator[Derivation]:
        """This node and all below it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that the derivation cites, each once, in reading order."""
        cited = {node.name: node.fact for node in self.walk() if node.kind == FACT and node.fact is not None}
        return tuple(cited.values())

    def to_dict(self) -> dict[str, Any]:
        """The derivation as JSON-ready data; empty parts are left out, except a fact's value."""
        made: dict[str, Any] = {
            "kind": self.kind,
            "name": self.name,
            "text": self.text,
            "truth": self.truth,
            "status": self.status,
            "unit": self.unit,
            "fact": fact_to_dict(self.fact) if self.fact is not None else None,
            "notes": list(self.notes),
            "deciding": list(self.deciding),
            "children": [child.to_dict() for child in self.children],
        }
        made = {key: part for key, part in made.items() if part not in ("", None, [])}
        return made | ({"value": as_json(self.value)} if self.kind in (FACT, TERM) else {})


def fact_to_dict(fact: Fact) -> dict[str, Any]:
    """A fact as JSON: {term, value, unknown, by, source, date, reason, note, conflict, statements}, as far as given."""
    used = fact.used.to_dict() if fact.used else {}
    several = [s.to_dict() | {"used": s == fact.used} for s in fact.statements] if len(fact.statements) > 1 else []
    made = {
        **used,
        "unknown": fact.unknown and fact.unknown.value,
        "conflict": fact.conflict,
        "statements": several,
    }
    return {"term": fact.term, "value": as_json(fact.value)} | {
        key: part for key, part in made.items() if key != "value" and part not in ("", None, [])
    }


@dataclass(frozen=True)
class Support:
    """The facts that alone, with all others not asked, give the same result; none of them can be left out.

    ``result`` is in words. Where the result also holds in an empty case (an open stage, an unknown rule), nothing
    supports it: ``facts`` is empty, and ``missing`` are the unknown facts that could still change it.
    """

    target: str
    result: str
    facts: tuple[Fact, ...]
    missing: tuple[Fact, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        return tuple(fact.term for fact in self.facts)

    def to_dict(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "result": self.result,
            "facts": [fact_to_dict(fact) for fact in self.facts],
            "missing": [fact_to_dict(fact) for fact in self.missing],
        }


@dataclass(frozen=True)
class NeededChange:
    """One changed fact: what it is in the case, and what it becomes (a value, or a kind of unknown)."""

    was: Fact
    becomes: Value | Unknown
    unit: str = ""
    effort: int = 0

    @property
    def term(self) -> str:
        return self.was.term

    def to_dict(self) -> dict[str, Any]:
        return {
            "term": self.term,
            "was": as_json(self.was.value) if self.was.unknown is None else self.was.unknown.value,
            "becomes": self.becomes.value if isinstance(self.becomes, Unknown) else as_json(self.becomes),
            "unit": self.unit,
            "effort": self.effort,
        }


@dataclass(frozen=True)
class WhatIf:
    """The case with changed facts beside the case as it is: only what differs."""

    changes: tuple[NeededChange, ...]
    differences: tuple[Difference, ...]
    before: Diagnosis = field(repr=False)
    after: Diagnosis = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        return {
            "changes": [change.to_dict() for change in self.changes],
            "differences": [difference.to_dict() for difference in self.differences],
        }


@dataclass(frozen=True)
class Turning:
    """A smallest set of changes that gives another result; each value is an example of those that do."""

    outcome: str
    changes: tuple[NeededChange, ...]

    @property
    def effort(self) -> int:
        return sum(change.effort for change in self.changes)

    def to_dict(self) -> dict[str, Any]:
        return {"outcome": self.outcome, "effort": self.effort, "changes": [c.to_dict() for c in self.changes]}


@dataclass(frozen=True)
class Turns:
    """What would change a result: smallest sets for each other outcome, the smallest and easiest first.

    ``now`` and the outcomes are a stage's status, or `concluded` or `held` for a confirmed one. ``more`` counts, by
    outcome, the sets that were found and are not listed. Sets of more than ``limit`` changes were not looked for.
    """

    target: str
    now: str
    turns: tuple[Turning, ...]
    more: tuple[tuple[str, int], ...] = ()
    limit: int = 3

    def to_dict(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "now": self.now,
            "turns": [turn.to_dict() for turn in self.turns],
            "more": dict(self.more),
            "limit": self.limit,
        }


def truth_word(truth: Truth) -> str:
    """A truth in a word: true, false or unknown."""
    return "unknown" if truth is UNKNOWN else "true" if truth is TRUE else "false"


def derivation_graph(derivation: Derivation) -> Any:
    """The derivation as a networkx DAG, edges from a step to what it stands on; what is used twice is one node.

    Node attributes: kind, name, text, truth, status, and value and unit as in ``to_dict``.
    """
    import networkx as nx

    made = nx.DiGraph()
    joined: dict[tuple[str, ...], str] = {}  # connectives have no name: they are known by what they join

    def add(node: Derivation) -> str:
        below = [add(child) for child in node.children]
        key = ":".join(part for part in (node.kind, node.name or node.text, node.status) if part)
        if node.kind in (ALL, ANY) and not node.name:
            key = joined.setdefault((node.kind, *below), f"{node.kind}:{len(joined) + 1}")
        plain = node.to_dict()
        made.add_node(key, **{part: plain[part] for part in plain if part not in ("children", "fact", "notes")})
        made.add_edges_from((key, child) for child in below)
        return key

    add(derivation)
    return made
