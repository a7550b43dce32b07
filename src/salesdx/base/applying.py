"""What applies: the conditions of stages and terms are put into everything that reads a term, once, before any engine.

Where a term's condition A is false, a comparison of it holds where stages are ruled out (nobody has to look) and does
not hold in a rule, also where the rule says ``not``. Where A is unknown both are unknown, so a forgotten fact of the
profile rules nothing out. The shorter ``not A or test`` would: with the test true it is true whatever A is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import TypeVar

from salesdx.base.entries import EntryReader
from salesdx.base.model import PROFILE, RuleBase, Term
from salesdx.language.conditions import And, ConditionError, Expr, Name, Not, Or, leaves, names
from salesdx.language.rewriting import denied, without_places
from salesdx.language.value_types import BOOLEAN, Type

Conditions = tuple[Expr, ...]
"""What must all be true; none where there is nothing to ask."""
Given = TypeVar("Given", Expr, Expr | None)
Written = Callable[[Conditions, Expr], Expr]
"""What a test becomes under its conditions."""


def always_applies(term: Term, subject_term: str) -> bool:
    """Whether a term is one that conditions on what applies may read: of the profile, or the subject of the review."""
    return term.home == PROFILE or term.name == subject_term


def check_applying(reader: EntryReader, lookup: Callable[[Name], Type | None], subject: str) -> None:
    """What applies follows from asked facts of the profile and the subject alone, and these always apply."""

    def known(name: Name) -> Type | None:
        type_, term = lookup(name), reader.terms.get(name.id)
        asked = term is not None and always_applies(term, subject) and not term.computed
        if asked or name.id in reader.doubtful or type_ is None:
            return type_
        message = f"reads `{name.id}`, which is no asked term of the group `{PROFILE}`"
        help = f"what applies follows from such terms{f' and from `{subject}`' if subject else ''} alone"
        raise ConditionError("applies", message, name.start, name.end, help)

    for read, what in reader.applying:
        reader.check(read, what, BOOLEAN, known)
    for term in reader.terms.values():
        if term.applies_when is not None and always_applies(term, subject):
            message = f"`{term.name}` always applies, since other terms apply by it"
            reader.fault("applies", message, term.place, "delete its `applies_when`")


def conditions_of(base: RuleBase) -> Mapping[str, Conditions]:
    """Term -> the conditions under which it applies, for those that do not always.

    They are its own, its stage's, and for a computed term those of all its inputs. In a rule base without a profile a
    stage's condition is about its status alone, as it was when such rule bases were written and their results recorded.
    """
    found: dict[str, Conditions] = {}
    if PROFILE not in base.home:
        return found
    computed = [base.terms[name] for name in base.order if name in base.terms]
    for term in [*(term for term in base.terms.values() if not term.computed), *computed]:
        if always_applies(term, base.ladder.subject_term):
            continue
        own = [term.applies_when, base.home[term.home].applies_when]
        asked = [part for expr in own if expr is not None for part in _parts(And, without_places(expr))]
        inputs = (found.get(name, ()) for expr in term.expressions for name in names(expr))
        if conditions := tuple(dict.fromkeys([*asked, *(part for under in inputs for part in under)])):
            found[term.name] = conditions
    return found


def written_out(base: RuleBase) -> RuleBase:
    """The rule base as engines read it, with what applies in its conditions; ``written`` has them as they were."""
    under = conditions_of(base)
    if not under:
        return base

    def in_rule(expr: Given) -> Given:
        return expr if expr is None else _put(under, _in_rule, expr)

    def in_core(expr: Expr | None) -> Expr | None:
        return expr if expr is None else _put(under, _in_core, expr)

    return replace(
        base,
        written=base,
        rules=tuple(replace(rule, when=in_rule(rule.when)) for rule in base.rules),
        stages=tuple(
            replace(stage, ruled_out_when=in_core(stage.ruled_out_when), set_aside_when=in_core(stage.set_aside_when))
            for stage in base.stages
        ),
        terms={
            name: replace(term, choose=tuple(replace(line, when=in_rule(line.when)) for line in term.choose))
            if term.choose
            else term
            for name, term in base.terms.items()
        },
        interventions={
            id: replace(made, preferred_when=in_rule(made.preferred_when)) if made.preferred_when else made
            for id, made in base.interventions.items()
        },
    )


def _in_rule(conditions: Conditions, test: Expr) -> Expr:
    return _joined(And, (*conditions, test))


def _in_core(conditions: Conditions, test: Expr) -> Expr:
    return Or((*(denied(condition) for condition in conditions), _in_rule(conditions, test)))


def _put(under: Mapping[str, Conditions], written: Written, expr: Expr) -> Expr:
    """The expression with conditions at its tests: once around tests side by side that have the same ones, which comes
    to the same in Kleene's logic, and the ``not`` around others pushed inwards."""
    conditions = _alike(under, expr)
    if conditions is not None:
        return written(conditions, expr) if conditions else expr
    if isinstance(expr, Not):
        return _put(under, written, denied(expr.part))
    assert isinstance(expr, And | Or)
    return _joined(type(expr), (_put(under, written, group) for group in _grouped(under, expr)))


def _alike(under: Mapping[str, Conditions], expr: Expr) -> Conditions | None:
    """The conditions of all tests of an expression; None where they are not the same for all."""
    first, *others = (_conditions(under, leaf) for leaf in leaves(expr))
    return first if all(other == first for other in others) else None


def _conditions(under: Mapping[str, Conditions], leaf: Expr) -> Conditions:
    found = [under[name] for name in names(leaf) if name in under]
    if len(found) < 2:  # mostly
        return found[0] if found else ()
    return tuple(dict.fromkeys(part for parts in found for part in parts))


def _grouped(under: Mapping[str, Conditions], expr: And | Or) -> Iterator[Expr]:
    """The parts of an expression in their order, neighbours with the same conditions joined."""

    def same(numbered: tuple[int, Expr]) -> Conditions | int:
        number, part = numbered
        conditions = _alike(under, part)
        return number if conditions is None else conditions

    for _, group in groupby(enumerate(expr.parts), key=same):
        parts = tuple(part for _, part in group)
        yield parts[0] if len(parts) == 1 else type(expr)(parts)


def _joined(kind: type[And] | type[Or], parts: Conditions | Iterator[Expr]) -> Expr:
    """Parts joined, each said once, those that are joined alike taken apart."""
    flat: dict[Expr, Expr] = {}
    for part in (part for whole in parts for part in _parts(kind, whole)):
        flat.setdefault(without_places(part), part)
    return kind(tuple(flat.values()))


def _parts(kind: type[And] | type[Or], expr: Expr) -> Conditions:
    return expr.parts if isinstance(expr, kind) else (expr,)
