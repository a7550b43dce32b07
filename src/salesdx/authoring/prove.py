"""What must hold for every possible case: proved by z3, or refuted by a case that `diagnose` runs.

A property is looked for a case that breaks it. None exists: PROVED, for all fact files and not for samples. One is
found, and the reference engine agrees: REFUTED. Time ran out, or what was found is no file: UNDECIDED.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from salesdx.authoring.property_words import instances, property_holds
from salesdx.base.model import Property, Rule, RuleBase, Stage
from salesdx.base.properties import CORE
from salesdx.case.file import formula_issues
from salesdx.case.memory import WorkingMemory, asked_behind
from salesdx.case.settling import computed
from salesdx.case.statement import Statement, Unknown
from salesdx.engine.backends.smt.counterexample import CounterexampleSearch, Facts
from salesdx.engine.diagnose import quick
from salesdx.engine.program import compile_base

PROVED, REFUTED, UNDECIDED = "PROVED", "REFUTED", "UNDECIDED"
EXCUSE = "it does not apply"
CASE_NAME = "counterexample"
NO_DAY = date(2020, 1, 1)
"""The day of a counterexample whose rules ask for no end of the period."""


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

    ``seconds`` is the time for one property; ``only`` names the properties to decide, all if empty.
    """
    prover = _Prover(base)
    for property in base.properties:
        if not only or property.id in only:
            yield prover.decide(property, seconds)


def prove_one(base: RuleBase, property: Property, seconds: float = 60) -> Result:
    """One property, which need not stand in the rule base."""
    return _Prover(base).decide(property, seconds)


class _Prover:
    def __init__(self, base: RuleBase) -> None:
        self.base, self.search = base, CounterexampleSearch(compile_base(base))

    def decide(self, property: Property, seconds: float) -> Result:
        begin = time.process_time()
        of = list(instances(self.base, property))
        groups = [[each] for each in of] if property.forget == CORE else [of]  # what is forgotten goes by the stage
        undecided: Result | None = None
        refuted: Result | None = None
        for group in groups:
            found = self._query(property, group, max(0.1, seconds - (time.process_time() - begin)))
            if found.result == REFUTED:
                refuted = found
                break
            undecided = undecided or (found if found.result == UNDECIDED else None)
        found = refuted or undecided or Result(property, PROVED, 0)
        return replace(found, seconds=time.process_time() - begin)

    def _query(self, property: Property, of: list[Stage | Rule | None], seconds: float) -> Result:
        if not of:
            return Result(property, PROVED, 0)
        where = of[0].id if len(of) == 1 and of[0] is not None else ""
        found = self.search.find(property, of, seconds)
        if found.facts is None:
            result = UNDECIDED if found.gave_up else PROVED
            return Result(property, result, 0, where, why=found.gave_up and f"z3 gives up: {found.gave_up}")
        for exact in (True, False):  # a reader takes exact numbers before others
            tried = self.search.find(property, of, seconds, formulas=True, exact=exact)
            if tried.facts is None:
                continue
            case = memory_of(self.base, tried.facts, tried.floor)
            after = memory_of(self.base, tried.after, tried.floor, case) if tried.after is not None else None
            for each in of:
                if broken(property, each, case, after):
                    where = each.id if each is not None else ""
                    return Result(property, REFUTED, 0, where, *smallest(property, each, case, after))
        why = "what breaks it needs values of computed terms that no file can state"
        return Result(property, UNDECIDED, 0, where, why=why)


def memory_of(
    base: RuleBase, facts: Facts, floor: Mapping[str, str], before: WorkingMemory | None = None
) -> WorkingMemory:
    """Facts as a case, in which those of ``floor`` are said by whoever must know, on record, and others by nobody.

    A value of a computed term that its formula does not give is written by hand; what it reads is then said to be not
    known. ``before`` is the case of which this is a change: who said there that something is not known says so here.
    """
    end = facts.get(base.ladder.period_end_term) if base.ladder.period_end_term else NO_DAY
    period = (end, end) if isinstance(end, date) else before.period if before is not None else None
    day = period[1] if period else None
    statements: dict[str, tuple[Statement, ...]] = {}
    for name, value in facts.items():
        term = base.terms[name]
        if value is None:  # an excuse is its respondent's; one without a day meets no floor
            said = Statement(unknown=Unknown.NOT_APPLICABLE, reason=EXCUSE, supposed=True)
            statements[name] = (replace(said, kind=floor[name], date=day) if name in floor else said,)
        elif not term.computed:
            signed = Statement(value, kind=floor.get(name, ""), date=day, supposed=True)
            statements[name] = (signed if name in floor else Statement(value),)
        elif computed(term, facts) is None:
            statements[name] = (Statement(value=value),)
            for read in asked_behind(base)[name]:
                if read not in facts and (before is None or read in before.statements):
                    statements[read] = (Statement(unknown=Unknown.NOT_KNOWN),)
    return WorkingMemory(base, statements, CASE_NAME, {"ref": CASE_NAME} if period else {}, period)


def broken(property: Property, of: Stage | Rule | None, case: WorkingMemory, after: WorkingMemory | None) -> bool:
    """Whether a case breaks a property, by the product's own diagnosis."""
    if formula_issues(case) or (after is not None and formula_issues(after)):
        return False
    before = quick(case.base, case)
    behind = quick(case.base, after) if after is not None else before
    if property.premise is not None and not property_holds(property.premise, before, of):
        return False
    return not property_holds(property.conclusion, behind, of)


def smallest(
    property: Property, of: Stage | Rule | None, case: WorkingMemory, after: WorkingMemory | None
) -> tuple[WorkingMemory, WorkingMemory | None]:
    """The counterexample without what it does not need: a reader looks at every fact that is left."""
    for name in case.statements:
        fewer = case.with_statements(name, ())
        behind = after.with_statements(name, ()) if after is not None else None
        if _reveals_nothing(property, fewer, behind) and broken(property, of, fewer, behind):
            case, after = fewer, behind
    return case, after


def _reveals_nothing(property: Property, case: WorkingMemory, after: WorkingMemory | None) -> bool:
    """Whether a change made nothing known: without a fact, what is computed from it may be known behind it alone."""
    known = after.values if after is not None else {}
    if property.forget:
        return all(case.values.get(name) == behind for name, behind in known.items())
    return known.keys() <= case.values.keys()
