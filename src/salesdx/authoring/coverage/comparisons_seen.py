"""Every condition that authors write, and in which cases it and each of its comparisons was true, false and unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from salesdx.authoring import written as places
from salesdx.authoring.coverage.runs import Runs
from salesdx.base.model import RuleBase
from salesdx.language.conditions import Expr, Literal, leaves, truth
from salesdx.language.truth import FALSE, TRUE, UNKNOWN, Truth
from salesdx.text.source import Place, Scalar
from salesdx.text.source import Sequence as ListNode

RULE, CHOICE, PREFERRED = "rule", "choose", "preferred_when"
"""Kinds of conditions, beside those of stages."""


@dataclass(frozen=True, slots=True)
class ConditionSeen:
    """The cases, by path, in which something was true, false and unknown."""

    true: tuple[str, ...]
    false: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of true and false no case shows."""
        return ("true",) * (not self.true) + ("false",) * (not self.false)


@dataclass(frozen=True, slots=True)
class ComparisonSeen:
    """A comparison or boolean name in a condition: ``text[start:end]`` of it."""

    expr: Expr
    text: str
    start: int
    end: int
    place: Place
    seen: ConditionSeen


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a rule, a stage, a line of `choose`, or an intervention, by the name of that."""

    kind: str
    home: str
    name: str
    title: str
    text: str
    place: Place
    seen: ConditionSeen
    comparisons: tuple[ComparisonSeen, ...]


def seen_conditions(base: RuleBase, runs: Runs) -> Iterator[Condition]:
    """Every condition of a rule base, as its author wrote it: of the stages and rules, then of the terms and
    interventions."""
    base = base.as_written
    for home, stage in base.home.items():
        for kind, expr in stage.conditions.items():
            node = places.node_at(base, f"knowledge/{home}.yaml", kind)
            if isinstance(node, Scalar):
                yield _condition(runs, kind, home, home, stage.title, node, expr)
        for rule in base.rules_of[home]:
            yield _seen(
                runs, RULE, home, rule.id, rule.title, rule.text, rule.when, rule.place,
                lambda part, rule=rule: places.of_part(base, rule, part),  # type: ignore[misc]
            )  # fmt: skip
    for term in base.terms.values():
        lines = places.node_at(base, f"knowledge/{term.home}.yaml", "terms", term.name, "choose")
        for choice, line in zip(term.choose, lines if isinstance(lines, ListNode) else (), strict=False):
            node = line.get("when") if not isinstance(line, Scalar | ListNode) else None
            if isinstance(node, Scalar):
                yield _condition(runs, CHOICE, term.home, term.name, str(choice.value), node, choice.when)
    for i in base.interventions.values():
        node = places.node_at(base, f"knowledge/{i.home}.yaml", "interventions", i.id, PREFERRED)
        if i.preferred_when is not None and isinstance(node, Scalar):
            yield _condition(runs, PREFERRED, i.home, i.id, i.title, node, i.preferred_when)


def _condition(runs: Runs, kind: str, home: str, name: str, title: str, node: Scalar, expr: Expr) -> Condition:
    return _seen(
        runs, kind, home, name, title, node.text, expr, node.span(0, 1), lambda part: node.span(part.start, part.end)
    )


def _seen(
    runs: Runs, kind: str, home: str, name: str, title: str, text: str, expr: Expr, place: Place,
    place_of: Callable[[Expr], Place],
) -> Condition:  # fmt: skip
    parts = tuple(
        ComparisonSeen(leaf, text[leaf.start : leaf.end], leaf.start, leaf.end, place_of(leaf), _truths(runs, leaf))
        for leaf in leaves(expr)
        if not isinstance(leaf, Literal)  # `true` can be nothing else
    )
    return Condition(kind, home, name, title, text, place, _truths(runs, expr), parts)


def _truths(runs: Runs, expr: Expr) -> ConditionSeen:
    found: dict[Truth, list[str]] = {TRUE: [], FALSE: [], UNKNOWN: []}
    for path, diagnosis in runs:
        found[truth(expr, diagnosis.matches.values)].append(path)
    return ConditionSeen(tuple(found[TRUE]), tuple(found[FALSE]), tuple(found[UNKNOWN]))
