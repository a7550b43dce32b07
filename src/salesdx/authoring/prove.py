"""What must hold for every possible case: proved by z3, or refuted by a case that `diagnose` runs.

A property is looked for a case that breaks it. None exists: PROVED, for all fact files and not for samples. One is
found, and the reference engine agrees: REFUTED. Time ran out, or what was found is no file: UNDECIDED.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import le

from salesdx.authoring.agreement import settles_no_disagreement
from salesdx.authoring.counterexamples import FORGOTTEN, as_people_state, cases_of
from salesdx.authoring.property_words import instances, property_holds
from salesdx.authoring.searches import Searches
from salesdx.base.model import Property, Rule, RuleBase, Stage, Term
from salesdx.base.properties import ADDED, CORE, REMEDIED, WEAKER
from salesdx.case.floor import low_reading
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, doubtful
from salesdx.engine.backends.smt.changed_case import core_facts
from salesdx.engine.backends.smt.counterexample import CounterexampleSearch, Found
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.program import compile_base
from salesdx.language.conditions import Value
from salesdx.language.intervals import high_end, is_wider, low_end
from salesdx.language.truth import TRUE
from salesdx.text.issues import CaseError

ANY_CASE = (False, False, False)
WISHES = ((True, True, False), (True, False, False), (True, True, True), ANY_CASE)
"""What a case should be as a reader would have it: stated by a file, exact, of two decimals (which z3 finds hard)."""
PROVED, REFUTED, UNDECIDED = "PROVED", "REFUTED", "UNDECIDED"


@dataclass(frozen=True)
class Result:
    """How one property stands. ``case`` breaks it, ``after`` is the same case behind the change; both None if none."""

    property: Property
    result: str
    seconds: float
    """Seconds of CPU."""
    where: str = ""
    """The stage or rule for which it is broken or undecided."""
    case: WorkingMemory | None = None
    after: WorkingMemory | None = None
    why: str = ""
    """Why it is undecided."""


def prove(base: RuleBase, seconds: float = 60, only: tuple[str, ...] = ()) -> Iterator[Result]:
    """Each property of a rule base with its result, as it is decided.

    ``seconds`` is the time for each question of a property, counted in steps of the prover and not by a clock;
    ``only`` names the properties to decide, all if empty.
    """
    wanted = [property for property in base.properties if not only or property.id in only]
    prover = PropertyProver(base, wanted)
    for property in wanted:
        yield prover.decide(property, seconds)


def prove_one(base: RuleBase, property: Property, seconds: float = 60) -> Result:
    """One property, which need not stand in the rule base."""
    return PropertyProver(base, [property]).decide(property, seconds)


class PropertyProver:
    """Properties of one rule base. Those that speak of one change are asked together: most are proved by that."""

    def __init__(self, base: RuleBase, wanted: Sequence[Property]) -> None:
        self.base, self.search = base, CounterexampleSearch(compile_base(base))
        self.alike: dict[object, list[Property]] = {}
        for property in wanted:
            self.alike.setdefault(_change(property), []).append(property)
        self._answers: dict[str, tuple[bool | str, float]] = {}

    def decide(self, property: Property, seconds: float) -> Result:
        """One property, with ``seconds`` for each question; it need not be among those that are wanted."""
        of = list(instances(self.base, property))
        if property.forget != CORE:
            answer, share = self._asked_together(property, seconds)
            begin = time.process_time() - share
            found = self._query(property, of, seconds, answer)
            return replace(found, seconds=time.process_time() - begin)
        begin, undecided = time.process_time(), None
        for each in of:  # what is forgotten goes by the stage
            found = self._query(property, [each], seconds, "")
            if found.result == REFUTED:
                return replace(found, seconds=time.process_time() - begin)
            undecided = undecided or (found if found.result == UNDECIDED else None)
        return replace(undecided or Result(property, PROVED, 0), seconds=time.process_time() - begin)

    def _asked_together(self, property: Property, seconds: float) -> tuple[bool | str, float]:
        """Whether a case may break a property, or why that is not known, with its share of the time to find out."""
        if property.id not in self._answers:
            begin, group = time.process_time(), self.alike.get(_change(property), [])
            group = group if property in group else [property]
            found = self.search.breakable([(each, list(instances(self.base, each))) for each in group], seconds)
            share = (time.process_time() - begin) / len(group)
            self._answers |= {each.id: (answer, share) for each, answer in zip(group, found, strict=True)}
        return self._answers[property.id]

    def _query(self, property: Property, of: list[Stage | Rule | None], seconds: float, answer: bool | str) -> Result:
        """One property for some stages or rules; ``answer`` is whether a case may break it, a text if not known."""
        where = of[0].id if len(of) == 1 and of[0] is not None else ""
        if not of or answer is False:
            return Result(property, PROVED, 0, where)
        if answer is not True:
            found = self.search.find(property, of, seconds)  # most proofs need no formulas
            if found.facts is None:
                return self._no_case(property, found, where)
        return self._example(property, of, seconds) or self._no_case(
            property, self.search.find(property, of, seconds, formulas=True), where
        )

    def _example(self, property: Property, of: list[Stage | Rule | None], seconds: float) -> Result | None:
        """A case that breaks a property, or that none does; None where short searches do not tell."""
        where = of[0].id if len(of) == 1 and of[0] is not None else ""
        searches = Searches(WISHES)
        for wish, brief, seed in searches.short(seconds):
            found = self.search.find(property, of, brief, True, *wish, seed)
            if found.facts is None:
                if wish == ANY_CASE and not found.gave_up:
                    return Result(property, PROVED, 0, where)
                for other in WISHES if not found.gave_up else ():
                    if all(map(le, wish, other)):  # what asks for as much, or more
                        searches.in_vain(other)
                continue
            self.search.learn(found)
            tried = (self._confirmed(property, of, each) for each in as_people_state(found))
            if (broken_by := next((each for each in tried if each is not None), None)) is not None:
                each, case, after = broken_by
                where = each.id if each is not None else ""
                return Result(property, REFUTED, 0, where, *smallest(property, each, case, after))
        return None

    @staticmethod
    def _no_case(property: Property, found: Found, where: str) -> Result:
        """Proved where the last search found nothing; else it is not known."""
        if found.gave_up:
            return Result(property, UNDECIDED, 0, where, why=f"z3 gives up: {found.gave_up}")
        why = "what breaks it needs values of computed terms that no file can state" if found.facts is not None else ""
        return Result(property, UNDECIDED if why else PROVED, 0, where, why=why)

    def _confirmed(
        self, property: Property, of: list[Stage | Rule | None], found: Found
    ) -> tuple[Stage | Rule | None, WorkingMemory, WorkingMemory | None] | None:
        """What a case breaks that a search found, and the case; None where no file says it, or the engine disagrees."""
        try:
            case, after = cases_of(self.base, found, FORGOTTEN if property.forget else property.restated)
        except CaseError:
            return None
        for before, behind in _as_changed(property, of[0], case, after) if after is not None else [(case, None)]:
            for each in _broken_by(property, of, before, behind):
                return each, before, behind
        return None


def _change(property: Property) -> object:
    """What differs between the two cases of which a property speaks."""
    return property.forget, property.restated, *sorted(property.better.items())


def broken(property: Property, of: Stage | Rule | None, case: WorkingMemory, after: WorkingMemory | None) -> bool:
    """Whether a case breaks a property, by the product's own diagnosis. What is said besides must settle nothing, and
    nothing that is said more weakly, or besides, may meet a floor that was not met."""
    return any(True for _ in _broken_by(property, [of], case, after))


def _broken_by(
    property: Property, every: Iterable[Stage | Rule | None], case: WorkingMemory, after: WorkingMemory | None
) -> Iterator[Stage | Rule | None]:
    """The stages or rules for which a case breaks a property: it is diagnosed once for all of them."""
    before = quick(case.base, case)
    behind = quick(case.base, after) if after is not None else before
    if after is not None and property.restated in (ADDED, WEAKER) and not _meets_no_more(before, behind):
        return
    if property.restated == ADDED and not _settles_nothing(before, behind):
        return
    if after is not None and not (
        property.restated in (ADDED, WEAKER) or settles_no_disagreement(property, case, after)
    ):
        return
    for of in every:
        premise = property.premise is None or property_holds(property.premise, before, of)
        if premise and not property_holds(property.conclusion, behind, of):
            yield of


def _as_changed(
    property: Property, of: Stage | Rule | None, case: WorkingMemory, after: WorkingMemory
) -> Iterator[tuple[WorkingMemory, WorkingMemory]]:
    """Two cases that differ by so much of a change as the property speaks of: all else as in the first, then as in the
    second."""
    if property.restated == REMEDIED:  # the facts are the same, and only the remedies are others
        yield case, replace(case, remedies=after.remedies)
        return
    changed: Collection[str] = case.base.terms
    if property.better:
        changed = property.better
    elif property.forget == CORE and isinstance(of, Stage):
        changed = core_facts(case.base, of)
    before, behind = after, case
    for name in {**case.statements, **after.statements}:
        was, now = case.statements.get(name, ()), after.statements.get(name, ())
        if was != now and name in changed and _follows(property, case.base.terms[name], was, now):
            before, behind = before.with_statements(name, was), behind.with_statements(name, now)
    yield case, behind
    yield before, after


def _follows(property: Property, term: Term, was: Sequence[Statement], now: Sequence[Statement]) -> bool:
    """Whether what is said of a term is what was said of it, after such a change: of other values it is as much, and as
    doubtful, and only numbers and dates have others."""
    if property.forget:
        return all(said in was for said in now)
    if property.restated in (ADDED, WEAKER):
        return property.restated == WEAKER or all(said in now for said in was)
    told = [[(said.value is None, doubtful(term, said)) for said in each] for each in (was, now)]
    pairs = [(said.value, other.value) for said, other in zip(was, now, strict=False) if said.value != other.value]
    return told[0] == told[1] and all(_moves(property, term, *pair) for pair in pairs)


def _moves(property: Property, term: Term, value: Value | None, other: Value | None) -> bool:
    """Whether a value that is stated can be another one after a change: wider, or with no end that is worse."""
    if not term.measured or not property.better:
        return term.measured and is_wider(value, other)
    ends = [(low_end(value), low_end(other)), (high_end(value), high_end(other))]
    if property.better.get(term.name) == "lower":
        ends = [(now, was) for was, now in ends]
    return not term.computed and all(was == now or (None not in (was, now) and was < now) for was, now in ends)


def smallest(
    property: Property, of: Stage | Rule | None, case: WorkingMemory, after: WorkingMemory | None
) -> tuple[WorkingMemory, WorkingMemory | None]:
    """The counterexample without what it does not need: a reader looks at every fact that is left."""
    while (fewer := _fewer(property, of, case, after)) != (case, after):
        case, after = fewer
    return case, after


def _fewer(
    property: Property, of: Stage | Rule | None, case: WorkingMemory, after: WorkingMemory | None
) -> tuple[WorkingMemory, WorkingMemory | None]:
    """The counterexample without each fact that it does not need while those before it are out: what one was needed
    for may be out itself in the end."""
    for name in {**case.statements, **after.statements} if after is not None else ():
        assert after is not None
        fewer = after.with_statements(name, case.statements.get(name, ()))
        if fewer != after and _reveals_nothing(property, case, fewer) and broken(property, of, case, fewer):
            after = fewer
    for name in (name for name in case.statements if name not in case.fixed):
        fewer = case.with_statements(name, ())
        behind = after.with_statements(name, ()) if after is not None else None
        if _reveals_nothing(property, fewer, behind) and broken(property, of, fewer, behind):
            case, after = fewer, behind
    return case, after


def _reveals_nothing(property: Property, case: WorkingMemory, after: WorkingMemory | None) -> bool:
    """Whether a change made nothing known, but where more is said: without a fact, what is computed from it may be
    known behind it alone."""
    if after is None or property.restated == ADDED:
        return True
    if property.forget:
        made = {name: behind for name, behind in after.values.items() if not after.fact(name).by_hand}
        return all(case.values.get(name) == behind for name, behind in made.items())
    return after.values.keys() <= case.values.keys()


def _meets_no_more(before: Diagnosis, behind: Diagnosis) -> bool:
    """Whether each fact, and each excuse, that meets a stage's floor after a change met it before; nothing does of what
    is distrusted in both."""
    distrusted = before.looks.distrusted & behind.looks.distrusted
    for stage in (stage for stage in before.base.stages if stage.floor is not None):
        met, after = (low_reading(each.memory, stage, distrusted).facts for each in (before, behind))
        for name, fact in after.items():
            if fact.value is not None and (name not in met or met[name].value != fact.value):
                return False
            if fact.excused and not (name in met and met[name].excused):
                return False
    return True


def _settles_nothing(before: Diagnosis, behind: Diagnosis) -> bool:
    """Whether each rule that was not settled stays so, or became true."""
    unsettled = (rule.id for rule in before.base.rules if before.looks.is_unsettled(rule.id))
    return all(behind.matches.truths[rule] is TRUE or behind.looks.is_unsettled(rule) for rule in unsettled)
