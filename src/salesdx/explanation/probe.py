"""The case with some facts changed: what every name is and which goals hold, evaluated only where it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from salesdx.case.settling import computed
from salesdx.engine.program import Decide, Define, Matches, Tally
from salesdx.engine.undecided import deciding_terms
from salesdx.explanation.goal import Goal, Goals, Terms
from salesdx.language.conditions import Value, truth
from salesdx.language.truth import TRUE, UNKNOWN, Truth, and_, not_, or_


class Probe(Mapping[str, Value | None]):
    """The case with a few changed facts: the value of every name and the truth of every goal, evaluated when read."""

    def __init__(self, aims: Goals, changes: Mapping[str, Value], root: Probe | None = None) -> None:
        self.aims, self.changes, self.root = aims, dict(sorted(changes.items())), root
        self.changed = frozenset(changes)
        self.truths: dict[Goal, Truth] = {}
        self.known: dict[str, Value | None] = {}

    def __getitem__(self, name: str) -> Value | None:
        if name in self.changes:
            return self.changes[name]
        view = self.aims.view
        if self.root is None or self.aims.reach(name).isdisjoint(self.changed):
            return view.values.get(name)
        if name not in self.known:
            self.known[name] = self._value(name)
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.aims.view.values)

    def __len__(self) -> int:
        return len(self.aims.view.values)

    def _value(self, name: str) -> Value | None:
        aims = self.aims
        if name in aims.base.terms:
            if name in aims.view.memory.statements and aims.inputs(name).isdisjoint(self.changed):
                return aims.view.values.get(name)
            return computed(aims.base.terms[name], self)
        if name in aims.base.findings:
            return self.truth(aims.finding(name))
        match aims.view.steps[name]:
            case Decide(_, lines):
                return next((line.name for line in lines if self.truth(aims.of(line.when)) is TRUE), None)
            case Define(_, expr):
                return self.truth(aims.of(expr))
            case step:
                true = [self.truth(part) is TRUE for part in aims.counted(step)]
                count = true.count(False) if isinstance(step, Tally) else true.count(True)
                return count  # type: ignore[return-value]

    def truth(self, goal: Goal) -> Truth:
        if self.root is not None and goal.terms.isdisjoint(self.changed):
            return self.root.truth(goal)
        if goal not in self.truths:
            self.truths[goal] = self._truth(goal)
        return self.truths[goal]

    def _truth(self, goal: Goal) -> Truth:
        match goal.kind:
            case "all":
                return and_(self.truth(part) for part in goal.parts)
            case "any":
                return or_(self.truth(part) for part in goal.parts)
            case "not":
                return not_(self.truth(goal.parts[0]))
            case "atleast":
                return sum(self.truth(part) is TRUE for part in goal.parts) >= goal.least
            case "sound":
                lost = self.aims.view.values.get(goal.of) is not None
                return self[goal.of] is not None or (not lost and any(self[read] is None for read in goal.reads))
            case "excused":
                return self._kept(goal, goal.terms, lambda: self._excused(goal.of)) is True
        return self._kept(goal, goal.terms, lambda: truth(goal.expr, self))  # type: ignore[return-value]

    def _kept(self, key: object, terms: Terms, make: Callable[[], Value | None]) -> Value | None:
        """What was worked out before in a probe with the same changes of these terms."""
        full = (key, *(change for change in self.changes.items() if change[0] in terms))
        known = self.aims.known
        if full not in known:
            known[full] = make()
        return known[full]

    def _excused(self, rule: str) -> bool:
        aims = self.aims
        if self.truth(aims.rule(rule)) is not UNKNOWN:
            return False
        memory = aims.view.memory
        gone = {term for term in memory.statements if not aims.inputs(term).isdisjoint(self.changed)} - self.changed
        stated = {term: said for term, said in memory.statements.items() if term not in gone}
        truths = _Truths(self)
        light = replace(memory, statements=stated | dict.fromkeys(self.changed, ()))
        deciding = deciding_terms(aims.base, Matches(truths, self), light, rule)
        return bool(deciding) and all(t not in gone and t in aims.excused for t in deciding)


class _Truths(Mapping[str, Truth]):
    """The truth of every rule in a probe."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe

    def __getitem__(self, rule: str) -> Truth:
        return self.probe.truth(self.probe.aims.rule(rule))

    def __iter__(self) -> Iterator[str]:
        return iter(self.probe.aims.base.rule)

    def __len__(self) -> int:
        return len(self.probe.aims.base.rules)
