"""What a base binds of its company: nothing that is asked about a person judges it, nor what follows from that; and
while it repairs what was found, it does so for as long."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.base.floor_terms import formulas, names_behind
from salesdx.base.judges import Duration, Judge, Span
from salesdx.base.loosening import demands
from salesdx.base.model import Intervention, RuleBase, Stage, is_file
from salesdx.base.reading import plain_words, where
from salesdx.language.conditions import Compare, Expr, Literal, names
from salesdx.language.rewriting import with_limits
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


def remedy_faults(new: RuleBase, old: RuleBase) -> Iterator[Issue]:
    """The remedies of the company that would run for less long than in the base: while one runs, nothing behind its
    stage is concluded, so that nobody is blamed meanwhile."""
    for id, was in old.interventions.items():
        now = new.interventions.get(id)
        if was.personnel or now is None:
            continue
        stands = f"the base has it at {where(was.place)}: while it runs, nothing behind its stage is concluded"
        if now.personnel:
            message = f"`{id}` is a remedy of the company, and acts on no person"
            yield Issue("floor-stage", message, now.place, f"{stands}; take `personnel` out")
        elif now.judge is not None and (was.judge is None or not _runs_as_long(was.judge, now.judge, new)):
            message = f"by its `judge`, `{id}` has worked, or is over, where it still runs in the base"
            yield Issue("floor-stage", message, now.place, f"{stands}; wait as long, and ask for as much, of the same")


def milder_remedies(new: RuleBase, old: RuleBase) -> Iterator[Intervention]:
    """The remedies of the company that count as worked, or are over, sooner than before, also by the number of a limit:
    what comes behind their stage, and at its end the person, is concluded sooner."""
    for id, was in old.interventions.items():
        now = new.interventions.get(id)
        if was.personnel or was.judge is None or now is None or now.judge is None:
            continue
        if not _runs_as_long(was.judge, now.judge):
            yield now


def _runs_as_long(was: Judge, now: Judge, new: RuleBase | None = None) -> bool:
    """Whether a remedy has worked, or is over, no sooner than by another judge, as far as that is seen by looking;
    but for the numbers of the limits that ``new`` moved."""
    if was.holds is None or now.holds is None:
        asked = was.holds is now.holds and plain_words(was.by_hand) == plain_words(now.by_hand)
    else:
        moved = {name: limit.value for name, limit in new.limits.items()} if new is not None else {}
        before = with_limits(was.holds, moved)
        asked = all(any(_as_strict(one, other) for other in demands(now.holds)) for one in demands(before))
    lasts = _as_late(was.after, now.after) and _as_late(was.until, now.until)
    return asked and lasts and was.by == now.by and set(was.voided_by) <= set(now.voided_by)


def _as_strict(was: Expr, now: Expr) -> bool:
    """Whether a demand is the same, or has another number and is true more rarely."""
    match was, now:
        case Compare(op, left, Literal(one)), Compare(other, right, Literal(number)) if (op, left) == (other, right):
            if op in (">", ">=", "<", "<="):
                return number >= one if op[0] == ">" else number <= one  # type: ignore[operator]
    return was == now


def _as_late(was: Duration, now: Duration) -> bool:
    """Whether each sum of a time is in one of another that is as long; a day that is set at the start may be any."""
    if not was.latest or not now.latest:
        return was.latest == now.latest
    return all(any(_lasts(one, span) for span in now.latest) for one in was.latest)


def _lasts(was: Span, now: Span) -> bool:
    counted = ((was.days, now.days), (was.periods, now.periods), (was.cycles, now.cycles))
    return all(one <= other for one, other in counted) and set(was.months_of) <= set(now.months_of)


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
