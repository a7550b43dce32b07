"""What would change a result: the smallest sets of changed facts, found completely up to three changes.

A set that gives another result must do away with the reason why it is not given now. So the search asks the goal for
what is needed: moves, of which the set must hold one, and how many changes there must be at least. A move is a change,
or several that together turn one comparison. It makes each move, and asks again (Reiter's hitting-set tree, 1987, with
the reasons read off the conditions). Smaller sets come first, and what holds a set that was found is not looked at.
Whatever is left out cannot lead to a result: the search is complete over the candidate values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import comb

from salesdx.engine.program import Decide, Define, ladder_name
from salesdx.explanation.answers import UnknownName, name_kind
from salesdx.explanation.candidates import candidates
from salesdx.explanation.derivation import NeededChange, Turning, Turns
from salesdx.explanation.goal import Goal, Goals, given, is_true, join, negation
from salesdx.explanation.probe import Probe
from salesdx.explanation.view import View, view_of
from salesdx.language.conditions import And, Compare, Expr, In, Name, Not, Or, Value, children, names, truth, walk
from salesdx.language.truth import TRUE, Truth

LIMIT = 3
LISTED = 12
"""So many sets are listed for each outcome; the others are counted."""

TRIED = 3000
"""So many moves of one comparison are tried; where there are more, each change counts as one that may turn it."""

Pair = tuple[str, int]
"""A term and the place of its new value among its candidates."""
Move = frozenset[Pair]
Moves = frozenset[Move]


@dataclass(frozen=True, slots=True)
class Need:
    """At least ``least`` more changes are needed, and they hold one of the ``moves``."""

    least: int
    moves: Moves


MET = Need(0, frozenset())


class TurnSearch:
    """The smallest sets of changes with which a goal of one case is true."""

    def __init__(self, aims: Goals, values: Mapping[str, Sequence[Value]]) -> None:
        self.aims, self.values = aims, values
        self.root = Probe(aims, {})
        self.needs: dict[tuple[Goal, bool, bool, int], Need | None] = {}
        self.order = {term: at for at, term in enumerate(aims.base.terms)}
        self.alone: frozenset[str] = frozenset()
        """The terms that do it alone: no other smallest set holds them."""

    def sets(self, goal: Goal) -> list[dict[str, Value]]:
        """Every smallest set of terms of at most three, each with values that do it."""
        found: list[Move] = []
        terms: dict[str, list[frozenset[str]]] = {}  # the sets found, by each of their terms
        levels: list[dict[Move, None]] = [{frozenset(): None}, *({} for _ in range(LIMIT))]
        self.alone = frozenset()

        def holds_one(changed: frozenset[str]) -> bool:
            return any(smaller <= changed for term in changed for smaller in terms.get(term, ()))

        for size, level in enumerate(levels):
            self.needs.clear()
            rest: list[tuple[Move, frozenset[str], Probe]] = []
            for pairs in level:
                changed = _terms(pairs)
                if holds_one(changed):
                    continue
                probe = self.probe(pairs)
                if probe.truth(goal) is not TRUE:
                    rest.append((pairs, changed, probe))
                    continue
                found.append(pairs)
                for term in changed:
                    terms.setdefault(term, []).append(changed)
            self.alone = frozenset(term for term, sets in terms.items() if frozenset({term}) in sets)
            for pairs, changed, probe in rest if size < LIMIT else ():
                need = None if holds_one(changed) else self.need(goal, True, True, probe, LIMIT - size)
                barred = changed | self.aims.blocked(changed)
                for move in sorted(need.moves, key=self._places) if need else ():
                    touched = _terms(move)
                    if touched.isdisjoint(barred) and not holds_one(changed | touched):
                        levels[size + len(move)].setdefault(pairs | move)
        return [self.changes(pairs) for pairs in found]

    def _places(self, move: Move) -> list[tuple[int, int]]:
        return sorted((self.order[term], at) for term, at in move)

    def changes(self, pairs: Move) -> dict[str, Value]:
        return {term: self.values[term][at] for term, at in sorted(pairs, key=lambda pair: self.order[pair[0]])}

    def probe(self, pairs: Move) -> Probe:
        return Probe(self.aims, self.changes(pairs), self.root) if pairs else self.root

    def _with(self, probe: Probe, move: Move) -> Probe:
        return Probe(self.aims, {**probe.changes, **self.changes(move)}, self.root)

    def need(self, goal: Goal, wanted: bool, strict: bool, probe: Probe, budget: int) -> Need | None:
        """What a goal needs to become true (or false; not ``strict``: not the opposite) with ``budget`` changes more.

        None if no such changes do it.
        """
        if _meets(probe.truth(goal), wanted, strict):
            return MET
        if budget == 0:
            return None
        if not goal.terms.isdisjoint(probe.changed):
            return self._need(goal, wanted, strict, probe, budget)
        key = (goal, wanted, strict, budget)
        if key not in self.needs:
            self.needs[key] = self._need(goal, wanted, strict, self.root, budget)
        return self.needs[key]

    def _need(self, goal: Goal, wanted: bool, strict: bool, probe: Probe, budget: int) -> Need | None:
        match goal.kind:
            case "not":
                return self.need(goal.parts[0], not wanted, strict, probe, budget)
            case "all" | "any":
                needs = (self.need(part, wanted, strict, probe, budget) for part in goal.parts)
                if (goal.kind == "all") is wanted:
                    return _every(needs, budget)
                return _some([need for need in needs if need is not None], 1, budget)
            case "atleast":
                true = [part for part in goal.parts if probe.truth(part) is TRUE]
                if wanted:
                    rest = [part for part in goal.parts if probe.truth(part) is not TRUE]
                    needs = (self.need(part, True, True, probe, budget) for part in rest)
                    return _some([need for need in needs if need is not None], goal.least - len(true), budget)
                needs = (self.need(part, False, False, probe, budget) for part in true)
                return _some([need for need in needs if need is not None], len(true) - goal.least + 1, budget)
        return self._leaf(goal, wanted, strict, probe, budget)

    def _leaf(self, goal: Goal, wanted: bool, strict: bool, probe: Probe, budget: int) -> Need | None:
        free = goal.terms - probe.changed - self.alone - self.aims.blocked(probe.changed)
        unknown: list[str] = []
        if strict and _plain(goal.expr):  # as long as one of these is unknown, so is the comparison
            terms = self.aims.base.terms
            unknown = [n for n in goal.reads if probe[n] is None and n in terms and not terms[n].computed]
            if not free.issuperset(unknown) or len(unknown) > budget:
                return None
        pairs = [(term, at) for term in sorted(free) for at in range(len(self.values[term]))]
        if sum(comb(len(pairs), size) for size in range(1, budget + 1)) > TRIED:
            return Need(max(1, len(unknown)), frozenset(frozenset([pair]) for pair in pairs))
        found: list[Move] = []
        for size in range(max(1, len(unknown)), budget + 1):
            for chosen in combinations(pairs, size):
                move = frozenset(chosen)
                touched = _terms(move)
                if len(touched) < size or not touched.issuperset(unknown) or any(m <= move for m in found):
                    continue
                if _meets(self._with(probe, move).truth(goal), wanted, strict):
                    found.append(move)
        return Need(min(map(len, found)), frozenset(found)) if found else None


def _terms(move: Move) -> frozenset[str]:
    return frozenset(term for term, _ in move)


def _meets(found: Truth, wanted: bool, strict: bool) -> bool:
    return found is wanted if strict else found is not (not wanted)


def _plain(expr: Expr) -> bool:
    """Whether a comparison is unknown as soon as one of its names is."""
    return not any(isinstance(part, And | Or | Not | Compare | In) for child in children(expr) for part in walk(child))


def _every(needs: Iterable[Need | None], budget: int) -> Need | None:
    """All of these are needed: at least as many changes as touch different terms; one of the shortest list."""
    unmet: list[Need] = []
    for need in needs:
        if need is None:
            return None
        if need is not MET:
            unmet.append(need)
    if budget == 1:
        moves = frozenset.intersection(*(need.moves for need in unmet))
        return Need(1, moves) if moves else None
    unmet.sort(key=lambda need: len(need.moves))
    touched: set[str] = set()
    least = 0
    for need in unmet:
        terms = {term for move in need.moves for term, _ in move}
        if touched.isdisjoint(terms):
            touched |= terms
            least += min(map(len, need.moves))
    least = max(least, *(need.least for need in unmet))
    return Need(least, unmet[0].moves) if least <= budget else None


def _some(needs: Sequence[Need], number: int, budget: int) -> Need | None:
    """So many of these are needed: of any selection that leaves out fewer than so many, one."""
    if len(needs) < number:
        return None
    if budget == 1 and number > 1:
        hits = Counter(move for need in needs for move in need.moves)
        moves = frozenset(move for move, times in hits.items() if times >= number)
    else:
        shortest = sorted(needs, key=lambda need: len(need.moves))[: len(needs) - number + 1]
        moves = frozenset[Move]().union(*(need.moves for need in shortest))
    least = sorted(need.least for need in needs)[number - 1]
    return Need(least, moves) if moves and least <= budget else None


# --- what can be asked ----------------------------------------------------------------------------------------------


def what_would_change(view: View, name: str, to: str = "") -> Turns:
    """The smallest sets of at most three changed facts that give a stage, a rule or a finding another result.

    For each outcome that it has not now (only ``to``, if given): each set of terms of which no part gives that outcome,
    each with the values nearest to the case. Complete over the candidate values. No change leaves a formula that the
    result reads without a value: dividing by zero, out of its range, or with its hand-written result gone. Raises
    UnknownName.
    """
    aims = Goals(view)
    wanted = goal_outcomes(aims, name)
    root = Probe(aims, {})
    now = _now(view, name) or next((o for o, goal in wanted.items() if root.truth(goal) is TRUE), "unknown")
    result = join("any", wanted.values())
    sound = [part for part in aims.sound(result) if root.truth(part) is TRUE]
    other = {o: join("all", [goal, *sound]) for o, goal in wanted.items() if o != now and to in ("", o)}
    search = TurnSearch(aims, candidates(aims, result))
    turns: list[Turning] = []
    more: list[tuple[str, int]] = []
    for outcome, goal in other.items():
        sets = [made for made in search.sets(goal) if _turns(view, name, outcome, made)]
        found = [Turning(outcome, tuple(_change(view, *pair) for pair in made.items())) for made in sets]
        found.sort(key=lambda turn: (len(turn.changes), turn.effort))
        turns += found[:LISTED]
        if len(found) > LISTED:
            more.append((outcome, len(found) - LISTED))
    turns.sort(key=lambda turn: (len(turn.changes), turn.effort))
    return Turns(name, now, tuple(turns), tuple(more), LIMIT)


def _now(view: View, name: str) -> str:
    """What a stage is; empty for any other name."""
    if name_kind(view, name) != "stage":
        return ""
    standing = view.diagnosis.standing(name)
    return standing.beside[0] if standing.beside else standing.status


def _turns(view: View, name: str, outcome: str, made: Mapping[str, Value]) -> bool:
    """Whether a change does what was found: what rests on too little is seen only in the case itself."""
    if name_kind(view, name) != "stage" or not any(stage.floor for stage in view.base.stages):
        return True
    memory = view.memory
    for term, becomes in made.items():
        memory = memory.with_fact(term, becomes)
    return _now(view_of(memory), name) == outcome


def _change(view: View, term: str, becomes: Value) -> NeededChange:
    return NeededChange(view.memory.fact(term), becomes, view.base.terms[term].unit, view.base.terms[term].effort)


def goal_outcomes(aims: Goals, name: str) -> dict[str, Goal]:
    """Each result that a name can have, and the goal that it has it."""
    kind = name_kind(aims.view, name)
    if kind in ("rule", "finding"):
        goal = aims.rule(name) if kind == "rule" else aims.finding(name)
        return {"true": is_true(goal), "false": is_true(negation(goal))}
    if kind != "stage":
        raise UnknownName(f"what would change is told of stages, rules and findings; `{name}` is none")
    step = aims.view.decision(name)
    found: dict[str, list[Goal]] = {}
    for status in dict.fromkeys(line.name for line in step.lines):
        has_it = aims.status(name, status)
        for word, parts in _beside(aims, name, status):
            found.setdefault(word or status, []).append(join("all", [has_it, *(given(p, has_it) for p in parts)]))
    return {outcome: options[0] if len(options) == 1 else join("any", options) for outcome, options in found.items()}


def _beside(aims: Goals, stage: str, status: str) -> list[tuple[str, list[Goal]]]:
    """What a stage with a status can be beside it: concluded, held, or neither; whichever the ladder allows."""
    concluded, held = (aims.view.steps[ladder_name(stage, word)] for word in ("concluded", "held"))
    assert isinstance(concluded, Define) and isinstance(held, Define)
    own = ladder_name(stage, "status")
    reads = [n for expr in (concluded.expr, held.expr) for n in names(expr) if n not in (own, concluded.name)]
    free = {n: _possible(aims, n) for n in dict.fromkeys(reads)}
    seen: dict[str, list[Goal]] = {}
    for values in product(*free.values()):
        case = {**dict(zip(free, values, strict=True)), own: status}
        case[concluded.name] = truth(concluded.expr, case) is TRUE
        word = "concluded" if case[concluded.name] else "held" if truth(held.expr, case) is TRUE else ""
        seen.setdefault(word, [])
    if len(seen) > 1:
        is_concluded, is_held = is_true(aims.of(Name(concluded.name))), is_true(aims.of(Name(held.name)))
        parts = {
            "concluded": [is_concluded],
            "held": [negation(is_concluded), is_held],
            "": [negation(is_concluded), negation(is_held)],
        }
        seen = {word: parts[word] for word in seen}
    return list(seen.items())


def _possible(aims: Goals, name: str) -> tuple[Value | None, ...]:
    match aims.view.steps.get(name):
        case Decide(_, lines):
            return tuple(dict.fromkeys(line.name for line in lines))
        case Define():
            return (True, False, None)
        case None:
            return (aims.view.values.get(name),)
        case step:
            return tuple(range(len(aims.counted(step)) + 1))  # type: ignore[arg-type]
