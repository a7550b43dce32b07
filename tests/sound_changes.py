"""What a change of a case is, of which properties speak, said of statements: may it be, and random ones of each kind.

Nothing of the prover is used. A change goes both ways: from a case to what it is afterwards, and from a case to what it
may have been before, so that the rare results on either side are met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from salesdx.base.model import NUMERIC, Property, RuleBase, Stage, Term
from salesdx.case.also_calculated import calculated, or_formulas
from salesdx.case.floor import low_reading
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Unknown, doubtful, untimely
from salesdx.engine.diagnose import quick
from salesdx.language.conditions import names
from salesdx.language.intervals import Interval, between, high_end, low_end
from salesdx.language.truth import TRUE

STEPS = (0, 0, 1, 1, 2, 3, 7, 40)
Of = Any
"""The stage or rule of which a property speaks, or None."""


@dataclass(frozen=True)
class Pair:
    """A case, and what it is after a change."""

    before: WorkingMemory
    after: WorkingMemory


def positions(memory: WorkingMemory, name: str) -> set[object]:
    """What is said of a term, current alone: its different values, and that it does not apply."""
    term, said = memory.base.terms[name], memory.statements.get(name, ())
    standing = [each for each in said if each.stands]
    current = [each for each in standing if not untimely(term, each, memory.period, memory.today)]
    found: set[object] = {each.value for each in current if each.value is not None}
    found |= {"not applicable" for each in standing if each.unknown is Unknown.NOT_APPLICABLE}
    if term.or_formula is not None:
        made = calculated(term, {read: memory.fact(read) for read in names(term.or_formula)}, memory.base)
        found |= {made.value} if made is not None else set()
    return found


def agreed(memory: WorkingMemory, name: str) -> bool:
    """Whether all who speak say the same."""
    return len(positions(memory, name)) <= 1


def core_of(base: RuleBase, stage: Stage) -> frozenset[str]:
    """The core facts of a stage: the terms that its `ruled_out_when` reads, and what these are computed from."""
    found: set[str] = set()
    new = {*names(stage.ruled_out_when)} & {*base.terms} if stage.ruled_out_when is not None else set[str]()
    while new:
        found |= new
        new = {read for name in new for expr in base.terms[name].expressions for read in names(expr)}
        new = (new & {*base.terms}) - found
    return frozenset(found)


# --- may it be --------------------------------------------------------------------------------------------------------


def may_be(pair: Pair, property: Property, of: Of) -> bool:
    """Whether a pair is a change of which a property speaks."""
    before, after = pair.before, pair.after
    if before.fixed != after.fixed or before.period != after.period or before.subject != after.subject:
        return False
    if property.forget:
        core = core_of(before.base, of) if isinstance(of, Stage) else frozenset[str]()
        return _may_forget(pair, core if property.forget == "core" else None)
    if property.restated == "weaker":
        return _alike(before, after) and _meets_less(pair)
    if property.restated == "added":
        return _may_add(pair) and _meets_less(pair)
    return _may_move(pair, property)


def _alike(before: WorkingMemory, after: WorkingMemory) -> bool:
    """Whether all facts are the same, and unknown for the same reason."""
    pairs = ((before.fact(name), after.fact(name)) for name in before.base.terms)
    told = ([(fact.value, fact.unknown, fact.disputed, fact.excused) for fact in pair] for pair in pairs)
    return all(was == now for was, now in told)


def _meets_less(pair: Pair) -> bool:
    """Whether whatever meets a floor met it before: of what is distrusted in both, nothing meets one."""
    was, now = (quick(case.base, case).looks.distrusted for case in (pair.before, pair.after))
    for stage in (stage for stage in pair.before.base.stages if stage.floor is not None):
        low, behind = (low_reading(case, stage, was & now).facts for case in (pair.before, pair.after))
        told = [{(n, f.value, f.excused) for n, f in facts.items() if f.value is not None or f.excused}
                for facts in (low, behind)]  # fmt: skip
        if not told[1] <= told[0]:
            return False
    return True


def _may_add(pair: Pair) -> bool:
    """Whether statements are added that settle no disagreement and sharpen no interval."""
    before, after = pair.before, pair.after
    for name in {*before.statements, *after.statements}:
        was, now = (Counter(case.statements.get(name, ())) for case in (before, after))
        if was - now or (was != now and name in before.fixed):
            return False
    for name in before.base.terms:
        was, now = before.fact(name), after.fact(name)
        kept = was.value is None or now.disputed or now.value == was.value or isinstance(now.value, Interval)
        if (
            (was.disputed and not now.disputed)
            or (isinstance(was.value, Interval) and now.value != was.value)
            or not kept
        ):
            return False  # settled, sharpened or displaced
    first, second = (quick(before.base, case) for case in (before, after))
    open_rules = [rule.id for rule in before.base.rules if first.looks.is_unsettled(rule.id)]
    return all(second.matches.truths[id] is TRUE or second.looks.is_unsettled(id) for id in open_rules)


def _may_forget(pair: Pair, core: frozenset[str] | None) -> bool:
    """Statements are missing, and no disagreement is settled by that."""
    before, after = pair.before, pair.after
    for name in {*before.statements, *after.statements}:
        was, now = (Counter(case.statements.get(name, ())) for case in (before, after))
        if was == now:
            continue
        if now - was or name in before.fixed or (core is not None and name not in core):
            return False
        if now and not agreed(before, name):
            return False
    return all(
        agreed(before, name) or not positions(after, name) or _stands(pair, name) for name in or_formulas(before.base)
    )


def _stands(pair: Pair, name: str) -> bool:
    """Whether a fact is as it was, and nobody disputed it, or all do that did."""
    was, now = pair.before.fact(name), pair.after.fact(name)
    alike = not was.disputed or positions(pair.before, name) == positions(pair.after, name)
    return alike and was.value == now.value and was.unknown == now.unknown


def _may_move(pair: Pair, property: Property) -> bool:
    """Numbers and dates on which all agree have other values, each statement the same: wider, or none worse. Wider ones
    settle no disagreement."""
    before, after = pair.before, pair.after
    if before.statements.keys() != after.statements.keys():
        return False
    for name, was in before.statements.items():
        now, term = after.statements[name], before.base.terms[name]
        if was == now:
            continue
        if len(was) != len(now) or name in before.fixed or not agreed(before, name) or not agreed(after, name):
            return False
        if property.better and (name not in property.better or term.computed):
            return False
        for one, other in zip(was, now, strict=True):
            if replace(one, value=None) != replace(other, value=None) or doubtful(term, one) != doubtful(term, other):
                return False
            if (one.value is None) != (other.value is None):
                return False
            ends = (low_end(one.value), high_end(one.value), low_end(other.value), high_end(other.value))
            if one.value is not None and not _moved(ends, property.better.get(name)):
                return False
    return bool(property.better) or not any(_settled(pair, name) for name in or_formulas(before.base))


def _settled(pair: Pair, name: str) -> bool:
    """Whether people and a formula disagreed, and no longer do: of what is too wide it may give no result."""
    return not agreed(pair.before, name) and agreed(pair.after, name)


def _moved(ends: tuple[Any, Any, Any, Any], way: str | None) -> bool:
    """Whether a value between the first two ends became the one between the last two."""
    low, high, new_low, new_high = ends
    if way is None:
        return (new_low is None or (low is not None and new_low <= low)) and (
            new_high is None or (high is not None and new_high >= high)
        )
    if (low is None) != (new_low is None) or (high is None) != (new_high is None):
        return False
    up = [(a, b) for a, b in ((low, new_low), (high, new_high)) if a is not None]
    return all(a <= b if way == "higher" else a >= b for a, b in up)


# --- random ones ------------------------------------------------------------------------------------------------------


Make = Callable[[Random, WorkingMemory, Property, Of, "Pool"], WorkingMemory]
Pool = list[WorkingMemory]
"""Cases of one rule base, whose statements may be said elsewhere too."""


def forgotten(random: Random, memory: WorkingMemory, property: Property, of: Of, pool: Pool) -> WorkingMemory:
    """Without some statements."""
    share, statements = random.choice((0.1, 0.3, 0.6)), dict(memory.statements)
    for name in list(statements):
        if name in memory.fixed or (property.forget == "core" and name not in core_of(memory.base, of)):
            continue
        if agreed(memory, name) and random.random() < 0.6:
            kept = tuple(each for each in statements[name] if random.random() > share)
        else:
            kept = statements[name] if random.random() > share else ()
        statements = {**statements, name: kept} if kept else {k: v for k, v in statements.items() if k != name}
    return replace(memory, statements=statements)


def remembered(random: Random, memory: WorkingMemory, property: Property, of: Of, pool: Pool) -> WorkingMemory:
    """With statements more: those of another case, and what somebody said already said again."""
    base, statements = memory.base, dict(memory.statements)
    terms = [name for name in base.terms if name not in memory.fixed]
    if property.forget == "core":
        terms = [name for name in terms if name in core_of(base, of)]
    for name in random.sample(terms, min(len(terms), random.choice((1, 1, 2, 3)))):
        said = statements.get(name, ())
        other = random.choice(pool).statements.get(name, ())
        if said and random.random() < 0.7:
            value = next((each.value for each in said if each.value is not None), None)
            other = tuple(each if value is None or each.value is None else replace(each, value=value) for each in other)
        voices = {each.voice for each in said}
        statements[name] = (*said, *(each for each in other if each.voice not in voices))
        if not statements[name]:
            del statements[name]
    return replace(memory, statements=statements)


def weakened(random: Random, memory: WorkingMemory, property: Property, of: Of, pool: Pool) -> WorkingMemory:
    """The same on other evidence: mostly weaker, foreign, undated."""
    statements = dict(memory.statements)
    for name, said in memory.statements.items():
        if name in memory.fixed or random.random() < 0.6:
            continue
        how: dict[str, Any] = random.choice(
            [{"kind": "opinion"}, {"kind": "CRM fields"}, {"date": None}, {"by": "hr"}, {"by": ""}, {"author": ""}]
        )
        statements[name] = tuple(replace(each, **how) if random.random() < 0.7 else each for each in said)
    return replace(memory, statements=statements)


def strengthened(random: Random, memory: WorkingMemory, property: Property, of: Of, pool: Pool) -> WorkingMemory:
    """The same as whoever must know would say it, on the best evidence."""
    statements = dict(memory.statements)
    for name, said in memory.statements.items():
        term = memory.base.terms[name]
        if name in memory.fixed or random.random() < 0.4:
            continue
        best = {"kind": "transaction data", "by": term.respondent, "date": memory.period and memory.period[1]}
        statements[name] = tuple(replace(each, **best) for each in said[:1]) + said[1:]
    return replace(memory, statements=statements)


def _moving(way: Callable[[Random, Term, Any, Any], tuple[Any, Any]], share: float) -> Make:
    def made(random: Random, memory: WorkingMemory, property: Property, of: Of, pool: Pool) -> WorkingMemory:
        statements = dict(memory.statements)
        for name, said in memory.statements.items():
            term = memory.base.terms[name]
            fit = name in property.better if property.better else random.random() < share
            if not fit or term.type not in (*NUMERIC, "date") or name in memory.fixed or not agreed(memory, name):
                continue
            value = next((each.value for each in said if each.value is not None), None)
            if value is None:
                continue
            better = property.better.get(name)
            low, high = way(random, term, low_end(value), high_end(value)) if not better else _shifted(
                random, term, value, better == "higher", way is _less_wide)  # fmt: skip
            new = between(low, high)
            if new is not None:
                statements[name] = tuple(each if each.value is None else replace(each, value=new) for each in said)
        return replace(memory, statements=statements)

    return made


def _by(term: Term, end: Any, steps: int) -> Any:
    """An end so many steps further, inside the range of its term."""
    if end is None:
        return None
    if isinstance(end, date):
        return end + timedelta(steps)
    moved = end + (steps if term.type == "integer" else Decimal(steps) / 2)
    moved = moved if term.low is None else max(moved, term.low)
    return moved if term.high is None else min(moved, term.high)


def _more_wide(random: Random, term: Term, low: Any, high: Any) -> tuple[Any, Any]:
    unbounded = term.low is None and random.random() < 0.1
    low = None if unbounded else _by(term, low, -random.choice(STEPS))
    return low, _by(term, high, random.choice(STEPS))


def _less_wide(random: Random, term: Term, low: Any, high: Any) -> tuple[Any, Any]:
    if low is None or high is None:
        end = high if low is None else low
        return end, end
    new = _by(term, low, random.choice(STEPS))
    new = low if new > high else new
    top = high if random.random() < 0.3 else new
    return new, top


def _shifted(random: Random, term: Term, value: Any, up: bool, back: bool) -> tuple[Any, Any]:
    sign = 1 if up is not back else -1
    first, second = random.choice(STEPS), random.choice(STEPS)
    low, high = _by(term, low_end(value), sign * first), _by(term, high_end(value), sign * second)
    if low_end(value) == high_end(value) and random.random() < 0.8:
        high = low
    return (low, high) if low is None or high is None or low <= high else (low, low)


def without_some(random: Random, memory: WorkingMemory, property: Property, of: Of, pool: Pool) -> WorkingMemory:
    """What a case may have been before more was said."""
    statements = {name: said if name in memory.fixed else tuple(each for each in said if random.random() < 0.8)
                  for name, said in memory.statements.items()}  # fmt: skip
    return replace(memory, statements={name: said for name, said in statements.items() if said})


CHANGES: Mapping[str, tuple[Make, Make]] = {
    "forget": (forgotten, remembered),
    "wider": (_moving(_more_wide, 0.4), _moving(_less_wide, 0.6)),
    "better": (_moving(_more_wide, 1), _moving(_less_wide, 1)),
    "weaker": (weakened, strengthened),
    "added": (remembered, without_some),
}
EVERY_CHANGE = tuple(change for both in CHANGES.values() for change in both)
"""Key of `after` -> the change, and what a case may have been before it."""


def kind_of(property: Property) -> str:
    """The key of `after` of a property; empty where it speaks of one case."""
    return property.restated or ("forget" if property.forget else "better" if property.better else "")


def pairs(random: Random, property: Property, of: Of, cases: Pool, count: int) -> Iterator[Pair]:
    """So many random tries for a pair of which a property speaks; of one case both are the same, and most are
    another case after some changes."""
    for _ in range(count):
        memory = random.choice(cases)
        if not property.changes:
            for change in random.choices(EVERY_CHANGE, k=random.choice((0, 1, 2, 3))):
                memory = change(random, memory, property, of, cases)
            yield Pair(memory, memory)
            continue
        forward, back = CHANGES[kind_of(property)]
        if random.random() < 0.5:
            pair = Pair(memory, forward(random, memory, property, of, cases))
        else:
            pair = Pair(back(random, memory, property, of, cases), memory)
        if pair.before != pair.after and may_be(pair, property, of):
            yield pair
