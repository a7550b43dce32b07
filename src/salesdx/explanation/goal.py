"""A result as a formula over the facts of one case, and its truth when some of them change.

The ladder, the rules and the findings become one graph of five kinds of node. A probe is the case with a few changed
facts; it evaluates only what they touch. Its meaning is that of a diagnosis of the changed case, and is tested so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from salesdx.case.settling import computed
from salesdx.engine.program import (
    Count,
    Decide,
    Define,
    LeftOut,
    Tally,
    UnexaminedCount,
    UnprovenCount,
    UnsettledCount,
    ladder_name,
)
from salesdx.explanation.view import View
from salesdx.language.conditions import (
    And,
    Arithmetic,
    Call,
    Compare,
    Expr,
    In,
    Literal,
    Name,
    Not,
    Or,
    Value,
    compare,
    leaves,
    names,
    walk,
)
from salesdx.language.intervals import Interval
from salesdx.language.truth import TRUE

Terms = frozenset[str]
NOTHING: Terms = frozenset()
SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True, eq=False, slots=True)
class Goal:
    """``all`` and ``any`` join parts in three values, ``not`` turns one; ``atleast`` is true when so many are true.

    A ``leaf`` is a comparison or a boolean name; ``excused`` says that what decides the rule ``of`` does not apply, and
    ``sound`` that the computed term ``of`` has a value where it should. ``terms`` are those whose change can
    change it, ``reads`` the names in a leaf.
    """

    kind: str
    parts: tuple[Goal, ...] = ()
    least: int = 0
    expr: Expr = field(default_factory=lambda: Literal(True))
    of: str = ""
    reads: tuple[str, ...] = ()
    terms: Terms = NOTHING


def join(kind: str, parts: Iterable[Goal], least: int = 0) -> Goal:
    """A goal that joins others: all, any, or at least so many of them."""
    parts = tuple(parts)
    return Goal(kind, parts, least, terms=frozenset[str]().union(*(part.terms for part in parts)))


YES, NO = Goal("all"), Goal("any")


def given(goal: Goal, fact: Goal, made: dict[Goal, Goal] | None = None) -> Goal:
    """The goal where another, which is true or false and never unknown, is taken as true."""
    made = {fact: YES} if made is None else made
    if goal not in made:
        parts = [given(part, fact, made) for part in goal.parts]
        changed = any(new is not old for new, old in zip(parts, goal.parts, strict=True))
        made[goal] = _simpler(goal, parts) if changed else goal
    return made[goal]


def _simpler(goal: Goal, parts: list[Goal]) -> Goal:
    if goal.kind == "not":
        return NO if parts[0] is YES else YES if parts[0] is NO else negation(parts[0])
    rest = [part for part in parts if part is not YES and part is not NO]
    if goal.kind == "atleast":
        least = goal.least - parts.count(YES)
        return YES if least <= 0 else NO if least > len(rest) else join("atleast", rest, least)
    decisive = NO if goal.kind == "all" else YES
    if decisive in parts:
        return decisive
    return join(goal.kind, rest) if rest else YES if goal.kind == "all" else NO


def is_true(goal: Goal) -> Goal:
    """The goal that another is true: an unknown one is not."""
    return join("atleast", [goal], 1)


def negation(goal: Goal) -> Goal:
    """The goal that another is false."""
    return goal.parts[0] if goal.kind == "not" else join("not", [goal])


class Goals:
    """The graph of one case: each rule, finding and name of the ladder once."""

    def __init__(self, view: View) -> None:
        self.view, self.base = view, view.base
        self.made: dict[str, Goal] = {}
        self.reached: dict[str, Terms] = {}
        self.read: dict[str, Terms] = {}
        self.known: dict[tuple[object, ...], Value | None] = {}
        """What computed terms and comparisons are, by the changes that touch them."""
        self.changeable = frozenset(name for name in self.base.terms if self._changeable(name))
        self.excused = frozenset(name for name, fact in view.memory.facts.items() if fact.excused)

    def _changeable(self, name: str) -> bool:
        """Asked terms; a computed one if somebody can answer it, or did, and its formula does not give it."""
        term = self.base.terms[name]
        if not term.computed:
            return True
        values = self.view.matches.values
        return bool(term.question) and computed(term, values) is None and self.view.memory.counts_by_hand(term)

    def reach(self, name: str) -> Terms:
        """The terms whose change can change what a name is."""
        if name not in self.reached:
            if name in self.base.terms:
                own = frozenset({name}) if name in self.changeable else NOTHING
                inner = [n for expr in self.base.terms[name].expressions for n in names(expr)]
                self.reached[name] = own.union(*map(self.reach, inner))
            elif name in self.base.findings:
                self.reached[name] = self.finding(name).terms
            else:
                self.reached[name] = NOTHING.union(*(part.terms for part in self.step_parts(name)))
        return self.reached[name]

    def inputs(self, name: str) -> Terms:
        """The terms that a computed term is computed from; a hand-written value of it goes when one of them changes."""
        if name not in self.read:
            inner = [n for expr in self.base.terms[name].expressions for n in names(expr) if n in self.base.terms]
            self.read[name] = frozenset(inner).union(*map(self.inputs, inner))
        return self.read[name]

    def step_parts(self, name: str) -> tuple[Goal, ...]:
        """What a name of the ladder is decided by."""
        match self.view.steps[name]:
            case Decide(_, lines):
                return tuple(self.of(line.when) for line in lines)
            case Define(_, expr):
                return (self.of(expr),)
            case step:
                return self.counted(step)

    def blocked(self, changed: Iterable[str]) -> Terms:
        """What may not change together with these terms: a computed term and what it is computed from."""
        return NOTHING.union(*(self.partners[name] for name in changed if name in self.partners))

    @cached_property
    def partners(self) -> Mapping[str, Terms]:
        """The changeable computed terms with their inputs, and those inputs with the terms computed from them."""
        late = [name for name in self.changeable if self.base.terms[name].computed]
        inputs = {read for name in late for read in self.inputs(name)}
        above = {read: frozenset(name for name in late if read in self.inputs(name)) for read in inputs}
        return above | {name: self.inputs(name) | above.get(name, NOTHING) for name in late}

    # --- building ---------------------------------------------------------------------------------------------------

    def rule(self, id: str) -> Goal:
        """The goal that a rule is true."""
        return self._once(f"rule {id}", lambda: self.of(self.base.rule[id].when))

    def finding(self, name: str) -> Goal:
        """The goal that a finding is true."""
        return self._once(name, lambda: join("any", [self.rule(rule.id) for rule in self.base.findings[name]]))

    def status(self, stage: str, status: str) -> Goal:
        """A stage has this status: its line is the first true one."""
        return self._decided(ladder_name(stage, "status"), status)

    def _decided(self, name: str, value: str) -> Goal:
        step = self.view.steps[name]
        assert isinstance(step, Decide)

        def make() -> Goal:
            options = []
            for at, line in enumerate(step.lines):
                if line.name == value:
                    before = [negation(is_true(self.of(other.when))) for other in step.lines[:at]]
                    options.append(join("all", [is_true(self.of(line.when)), *before]))
            return join("any", options)

        return self._once(f"{name} == {value}", make)

    def _once(self, key: str, make: Callable[[], Goal]) -> Goal:
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def of(self, expr: Expr) -> Goal:
        """The goal that an expression is true."""
        match expr:
            case And(parts) | Or(parts):
                return join("all" if isinstance(expr, And) else "any", map(self.of, parts))
            case Not(part):
                return negation(self.of(part))
            case Literal(known):
                return YES if known is True else NO
            case Name(id) if id in self.base.findings:
                return self.finding(id)
            case Name(id) if isinstance(step := self.view.steps.get(id), Define):
                inner = step.expr
                return self._once(id, lambda: self.of(inner))
            case In(Name(id), literals) if isinstance(self.view.steps.get(id), Decide):
                return join("any", [self._decided(id, str(literal.value)) for literal in literals])
            case Compare(op, Literal() as left, Name() as right):
                return self.of(Compare(SWAPPED[op], right, left))
            case Compare(op, Name(id), Literal(known)) if id in self.view.steps:
                step = self.view.steps[id]
                if isinstance(step, Decide) and op in ("==", "!="):
                    goal = self._decided(id, str(known))
                    return goal if op == "==" else negation(goal)
                if isinstance(step, Count | Tally | UnexaminedCount | UnsettledCount):
                    return self._count(op, step, known)
                if isinstance(step, UnprovenCount | LeftOut):  # a change is well said: what is found is tried again
                    return YES if compare(op, 0, known) is TRUE else NO
        reads = names(expr)
        return Goal("leaf", expr=expr, reads=reads, terms=NOTHING.union(*map(self.reach, reads)))

    def _count(self, op: str, step: Count | Tally | UnexaminedCount | UnsettledCount, known: Value) -> Goal:
        """A comparison of a count, as "at least so many are true" and its opposite."""
        parts = self.counted(step)
        total = len(parts)
        counts = range(total, -1, -1) if isinstance(step, Tally) else range(total + 1)  # by the number of true parts
        fitting = [true for true in range(total + 1) if compare(op, counts[true], known)]
        options = []
        for _, run in groupby(enumerate(fitting), lambda pair: pair[1] - pair[0]):
            numbers = [number for _, number in run]
            low = [join("atleast", parts, numbers[0])] if numbers[0] > 0 else []
            high = [negation(join("atleast", parts, numbers[-1] + 1))] if numbers[-1] < total else []
            options.append(join("all", [*low, *high]))
        return options[0] if len(options) == 1 else join("any", options)

    def counted(self, step: object) -> tuple[Goal, ...]:
        """What a count counts; a tally counts those of its parts that are not true."""
        match step:
            case Count():
                return tuple(self.rule(rule.id) for rule in self.view.rules_of(step))
            case Tally(_, of):
                return tuple(self.of(Name(name)) for name in of)
            case UnsettledCount(_, rules):
                return tuple(self._unsettled(rule) for rule in rules if self._reads_blurred(rule))
            case UnprovenCount() | LeftOut():
                return ()
            case UnexaminedCount(_, entries):
                return tuple(
                    join("all", [is_true(self.of(Name(passed))), negation(self.looked_at(rule))])
                    for passed, rules in entries
                    for rule in rules
                )
        raise AssertionError(step)

    def _unsettled(self, rule: str) -> Goal:
        """A rule that reads something imprecise or disputed is undecided."""
        goal = self.rule(rule)
        return negation(join("any", [is_true(goal), is_true(negation(goal))]))

    def _reads_blurred(self, rule: str) -> bool:
        facts = self.view.memory.facts
        blurred = {name for name, fact in facts.items() if fact.disputed or isinstance(fact.value, Interval)}
        return bool(blurred) and not blurred.isdisjoint(self._below(rule)[0])

    def looked_at(self, rule: str) -> Goal:
        """Somebody looked at a rule: it is decided, or what would decide it is excused."""
        goal = self.rule(rule)
        reads, conditions = self._below(rule)
        computes = any(isinstance(part, Call | Arithmetic) for expr in conditions for part in walk(expr))
        asked = [name for name in reads if name in self.base.terms]
        told = [self.view.values.get(name) is not None or name in self.excused for name in asked]
        if not computes and all(told) and not any(self.base.terms[name].computed for name in asked):
            return YES  # a change makes nothing unknown
        decided = [is_true(goal), is_true(negation(goal))]
        if not self.excused.isdisjoint(reads):
            decided.append(Goal("excused", of=rule, terms=goal.terms))
        return join("any", decided)

    def sound(self, goal: Goal) -> list[Goal]:
        """That each formula a goal reads has a value where its inputs are known, and none that it has gets lost.

        What has none divides by zero or is out of its range; what was stated by hand goes when an input changes.
        """
        found = []
        for name in self.read_by(goal)[1]:
            formula = self.base.terms[name].formula
            stated = self.base.terms[name].computed and name in self.view.memory.statements
            if formula is not None or (stated and self.view.values.get(name) is not None):
                reads = names(formula) if formula is not None else ()
                found.append(Goal("sound", of=name, reads=reads, terms=self.reach(name) - {name}))
        return found

    def read_by(self, goal: Goal) -> tuple[tuple[Expr, ...], tuple[str, ...]]:
        """Every comparison and every term that a goal reads, also in the lines and formulas of computed terms."""
        seen: set[Goal] = set()
        tests: dict[Expr, None] = {}
        terms: dict[str, None] = {}
        queue = [goal]
        while queue:
            at = queue.pop()
            if at in seen:
                continue
            seen.add(at)
            queue += at.parts
            if at.kind == "excused":
                queue.append(self.rule(at.of))
            if at.kind != "leaf":
                continue
            tests[at.expr] = None
            inner = list(at.reads)
            while inner:
                name = inner.pop()
                if name in self.base.findings:
                    queue.append(self.finding(name))
                elif name in self.view.steps:
                    queue += self.step_parts(name)
                elif name not in terms:
                    terms[name] = None
                    term = self.base.terms[name]
                    inner += [read for expr in term.expressions for read in names(expr)]
                    lines = [leaf for choice in term.choose for leaf in leaves(choice.when)]
                    tests.update(dict.fromkeys(line for line in lines if not isinstance(line, Literal)))
        return tuple(tests), tuple(terms)

    def _below(self, rule: str) -> tuple[Terms, list[Expr]]:
        """All names that a rule reads, through findings and computed terms, and the conditions and formulas passed."""
        conditions = [self.base.rule[rule].when]
        found: set[str] = set()
        queue = list(names(conditions[0]))
        while queue:
            name = queue.pop()
            if name not in found:
                found.add(name)
                term = self.base.terms.get(name)
                inner = term.expressions if term else [r.when for r in self.base.findings[name]]
                conditions += inner
                queue += [read for expr in inner for read in names(expr)]
        return frozenset(found), conditions
