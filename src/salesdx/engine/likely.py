"""The provisional answer: what is likely the cause while nothing is concluded, what else contributes, how much of the
gap each explains, and what becomes of the stages that somebody suspects. It decides nothing.

Nothing of it is about a person: the personnel stage and what comes after it never stand in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import takewhile
from typing import Any

from salesdx.base.model import Rule, RuleBase, Stage, Term
from salesdx.case.bounds import without_range
from salesdx.case.formula_results import rounded_value
from salesdx.case.head import CaseHead, Suspicion
from salesdx.case.statement import as_json
from salesdx.engine.decisive import Compared
from salesdx.engine.standing import Ground, Standing
from salesdx.language.conditions import Arithmetic, Name, Value, Values, names, value
from salesdx.language.intervals import between, high_end, low_end
from salesdx.language.statistics import rounded
from salesdx.language.truth import FALSE, TRUE

WHOLE = 100
"""The gap, in percent of itself."""
CONFIRMED, REFUTED, NOT_APPLICABLE, NOT_TESTED = "confirmed", "refuted", "not_applicable", "not_tested"
"""What becomes of a suspicion."""
Unsettled = Callable[[Stage], tuple[str, ...]]
"""The facts of a stage that are too vague, or disputed, to settle its signs."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A stage that is likely the cause, or that contributes to what is missing."""

    standing: Standing
    provided: tuple[Standing, ...]
    """The earlier stages that are not passed: it is the cause, provided that they are not."""
    explains: Value | None
    """The largest share of the gap among its true rules, in percent; None where they give none."""
    needs: tuple[Term, ...]
    """The facts that keep those earlier stages open, each once."""

    @property
    def sign(self) -> str:
        """The strength of its signs: that of the strongest class where it is confirmed."""
        standing, strengths = self.standing, self.standing.ground.base.ladder.strengths
        if standing.confirmed:
            return next((name for name, strength in strengths.items() if strength.examined), "")
        return standing.strongest[0].strength

    def to_dict(self) -> dict[str, Any]:
        """A ``contract.CauseData``."""
        return {
            "stage": self.standing.stage.id,
            "title": self.standing.stage.title,
            "sign": self.sign,
            "signs": [rule.id for rule in self.standing.signs],
            "provided": [earlier.stage.id for earlier in self.provided],
            "needs": [
                {"term": term.name, "label": term.called, "respondent": term.respondent, "effort": term.effort}
                for term in self.needs
            ],
            "explains_pct": as_json(self.explains),
        }


@dataclass(frozen=True, slots=True)
class Suspected:
    """A suspicion and its answer: CONFIRMED, REFUTED, NOT_APPLICABLE or NOT_TESTED, and because of what."""

    suspicion: Suspicion
    standing: Standing
    answer: str
    rules: tuple[Rule, ...] = ()
    terms: tuple[str, ...] = ()
    """Where it is not tested yet, the facts that it needs; else those that decided it."""

    def to_dict(self) -> dict[str, Any]:
        """A ``contract.SuspectedData``."""
        because = [*(rule.id for rule in self.rules), *self.terms]
        return {"stage": self.standing.stage.id, "answer": self.answer, "by": self.suspicion.by, "because": because}


@dataclass(frozen=True, slots=True)
class Gap:
    """Goal, result and what is missing, in money; each a number, an interval, or None where it is not known."""

    goal: Value | None
    reached: Value | None
    missing: Value | None
    currency: str | None

    def part(self, share: Value) -> Value | None:
        """A share of what is missing, given in percent, as an amount in whole units; None where that is not known."""
        if self.missing is None or low_end(self.missing) is None or low_end(self.missing) <= 0:
            return None
        part = value(Arithmetic("*", Name("missing"), Name("share")), {"missing": self.missing, "share": share})
        ends = (
            None if end is None else Decimal(round(Fraction(end) / WHOLE)) for end in (low_end(part), high_end(part))
        )
        return between(*ends)

    def to_dict(self) -> dict[str, Any]:
        """A ``contract.GapData``."""
        amounts = {key: as_json(getattr(self, key)) for key in ("goal", "reached", "missing")}
        return amounts | {"currency": self.currency}


@dataclass(frozen=True, slots=True)
class Provisional:
    """What is said beside the conclusion, or in its place."""

    likely: tuple[Cause, ...] = ()
    """The stages that may be the cause, the likeliest first; none where one is concluded, or the goal was met."""
    contributing: tuple[Cause, ...] = ()
    """The other confirmed stages, where one is concluded."""
    not_explained: Value | None = None
    """How much of the gap the concluded stage and the contributing ones leave unexplained, in percent."""
    overlap: bool = False
    """Their shares are surely more than the whole gap: they measure parts of it twice."""
    suspected: tuple[Suspected, ...] = ()
    gap: Gap | None = None

    def to_dict(self) -> dict[str, Any]:
        """The keys of a ``contract.DiagnosisData`` that tell it."""
        return {
            "gap": self.gap.to_dict() if self.gap is not None else None,
            "likely": [cause.to_dict() for cause in self.likely],
            "contributing": [cause.to_dict() for cause in self.contributing],
            "not_explained_pct": as_json(self.not_explained),
            "suspects": [suspected.to_dict() for suspected in self.suspected],
        }


def provisional(ground: Ground, head: CaseHead, standings: Sequence[Standing], unsettled: Unsettled) -> Provisional:
    """The provisional answer of a case whose stages are decided."""
    base, values = ground.base, ground.matches.values
    gap, suspected = gap_of(base, values), tuple(answers(head.suspects, standings))
    evidence = [standing for standing in standings if not standing.by_file]
    concluded = next((standing for standing in evidence if standing.concluded), None)
    if ground.mode == base.ladder.success_mode:
        return Provisional(gap=gap, suspected=suspected)
    company = list(takewhile(lambda standing: standing.stage.id != base.ladder.personnel_stage, evidence))
    confirmed = [standing for standing in company if standing.confirmed and standing is not concluded]
    if concluded is None:
        signs = [standing for standing in company if standing.asked and not standing.passed and standing.signs]
        opened = [standing for standing in signs if not standing.confirmed]
        likely = (
            *_by_share(confirmed, standings, values, unsettled),
            *_by_share(opened, standings, values, unsettled),
        )
        return Provisional(likely, gap=gap, suspected=suspected)
    contributing = tuple(_by_share(confirmed, standings, values, unsettled))
    shares = [share_of(concluded, values), *(cause.explains for cause in contributing)]
    return Provisional((), contributing, *_rest(shares), suspected, gap)


def suspected_first(base: RuleBase, head: CaseHead, standings: Iterable[Standing]) -> Iterator[Standing]:
    """The suspected stages that evidence is asked for, in ladder order. A suspicion of a person moves no question."""
    suspects = {suspicion.stage for suspicion in head.suspects} - {base.ladder.personnel_stage}
    return (standing for standing in standings if standing.asked and standing.stage.id in suspects)


def _by_share(
    found: Iterable[Standing], standings: Sequence[Standing], values: Values, unsettled: Unsettled
) -> list[Cause]:
    """Stages as causes: the largest share first, unknown ones last, else in ladder order."""
    causes = [_cause(standing, standings, values, unsettled) for standing in found]
    return sorted(causes, key=lambda cause: -1 if cause.explains is None else high_end(cause.explains), reverse=True)


def _cause(standing: Standing, standings: Sequence[Standing], values: Values, unsettled: Unsettled) -> Cause:
    earlier = takewhile(lambda other: other is not standing, standings)
    provided = tuple(other for other in earlier if not other.passed)
    terms = standing.ground.base.terms
    needs = dict.fromkeys(name for other in provided for name in other.missing or unsettled(other.stage))
    return Cause(standing, provided, share_of(standing, values), tuple(terms[name] for name in needs))


def share_of(standing: Standing, values: Values) -> Value | None:
    """The largest share of the gap, by its high end, that the true rules of a stage explain; None if none gives one."""
    shares = [share for rule in standing.true_rules if (share := rule_share(rule, values)) is not None]
    return max(shares, key=lambda share: (high_end(share), low_end(share)), default=None)


def rule_share(rule: Rule, values: Values) -> Value | None:
    """The share of the gap that a rule's cause explains, in percent from 0 to 100; None where a part is unknown."""
    found = value(rule.explains, values) if rule.explains is not None else None
    if found is None:
        return None
    low, high = low_end(found), high_end(found)
    return between(rounded(_cut(0 if low is None else low)), rounded(_cut(WHOLE if high is None else high)))


def _cut(end: Any) -> Fraction:
    return min(max(Fraction(end), Fraction(0)), Fraction(WHOLE))


def _rest(shares: Iterable[Value | None]) -> tuple[Value | None, bool]:
    """What shares leave of the gap, from 0, and whether they are surely more than all of it.

    A share that is not known may be anything; where none is known nothing can be said.
    """
    known = [share for share in shares if share is not None]
    if not known:
        return None, False
    low = sum((Fraction(low_end(share)) for share in known), Fraction(0))
    high = sum((Fraction(WHOLE if share is None else high_end(share)) for share in shares), Fraction(0))
    return between(rounded(_cut(WHOLE - high)), rounded(_cut(WHOLE - low))), low > WHOLE


def gap_of(base: RuleBase, values: Values) -> Gap | None:
    """Goal, result and what is missing; None where neither amount is known."""
    terms = base.ladder.result_terms
    if not terms:
        return None
    goal, reached = (without_range(base.terms[terms[key]], values.get(terms[key])) for key in ("goal", "reached"))
    if goal is None and reached is None:
        return None
    missing = rounded_value(value(Arithmetic("-", Name("goal"), Name("reached")), {"goal": goal, "reached": reached}))
    currency = values.get(base.ladder.currency_term)
    return Gap(goal, reached, missing, None if currency is None else str(currency))


def answers(suspicions: Iterable[Suspicion], standings: Sequence[Standing]) -> Iterator[Suspected]:
    """What becomes of each suspicion; one of a stage that the ladder does not have is passed over.

    What is suspected of a person is confirmed only where it is concluded, and a review of the company tests it not.
    """
    by_id = {standing.stage.id: standing for standing in standings}
    for suspicion in suspicions:
        if (standing := by_id.get(suspicion.stage)) is not None:
            yield _answer(suspicion, standing)


def _answer(suspicion: Suspicion, standing: Standing) -> Suspected:
    personnel = standing.stage.id == standing.ground.base.ladder.personnel_stage
    if standing.concluded or (standing.confirmed and not personnel):
        return Suspected(suspicion, standing, CONFIRMED, rules=standing.signs)
    if standing.applies is FALSE and not personnel:
        return Suspected(suspicion, standing, NOT_APPLICABLE, terms=_read(standing.excluded_by))
    if standing.passed and standing.ruled_out is TRUE and standing.applies is not FALSE:
        return Suspected(suspicion, standing, REFUTED, terms=_read(standing.decisive))
    return Suspected(suspicion, standing, NOT_TESTED, terms=standing.missing)


def _read(found: Iterable[Compared]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in found for name in names(part.expr)))
