"""What a base binds of its company: nothing that is asked about a person judges it, nor what follows from that."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.base.floor_terms import formulas, names_behind
from salesdx.base.model import RuleBase, Stage, is_file
from salesdx.base.reading import where
from salesdx.language.conditions import Expr, names
from salesdx.text.issues import Issue
from salesdx.text.source import Place


def company_faults(new: RuleBase, old: RuleBase) -> Iterator[Issue]:
    """Where the company is judged by something about a person by which the base does not judge it.

    What is asked in the personnel stage or for a file is about a person, and so is what their rules conclude; it stays
    so through findings and formulas, wherever these stand. Some of it speaks for a person, such as how new he or she
    is: the stages of the base that read it say so.
    """
    about = {stage.id for base in (old, new) for stage in base.stages if _on_person(base, stage)}
    personal = {name: place for base in (new, old) for name, place in _personal(base, about)}
    before = {name for _, expr, _ in _judging(old, about) for name in names(expr)}
    for id, expr, place in _judging(new, about):
        for name in sorted((set(names(expr)) & personal.keys()) - before):
            message = f"{id} judges the company by `{name}`, which is about a person"
            yield Issue("floor-stage", message, place, f"it stands at {where(personal[name])}, on a person")


def _on_person(base: RuleBase, stage: Stage) -> bool:
    return is_file(base, stage) or stage.id == base.ladder.personnel_stage


def _personal(base: RuleBase, about: set[str]) -> Iterator[tuple[str, Place]]:
    yield from ((term.name, term.place) for term in base.terms.values() if term.home in about)
    yield from ((rule.finding, rule.place) for rule in base.rules if rule.home in about)


def _judging(base: RuleBase, about: set[str]) -> Iterator[tuple[str, Expr, Place]]:
    """Every condition and formula that the stages of the company read, by what it is called, with its place."""
    stages = [stage for stage in base.stages if stage.id not in about]
    own = [(f"`{key}` of `{stage.id}`", expr, stage.places[key])
           for stage in stages for key, expr in stage.conditions.items()]  # fmt: skip
    homes = {stage.id for stage in stages}
    roots = [expr for _, expr, _ in own] + [rule.when for rule in base.rules if rule.home in homes]
    read = {name for expr in roots for name in names_behind(base, expr)}
    yield from own
    for rule in base.rules:
        if rule.home in homes or (rule.finding in read and rule.home not in about):
            yield f"`{rule.id}`", rule.when, rule.place
    for term in base.terms.values():
        if term.name in read and term.home not in about:
            yield from ((f"`{term.name}`", expr, term.place) for expr in formulas(term))
