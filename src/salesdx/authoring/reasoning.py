"""What can and cannot be, over all cases at once: conditions and the whole ladder as decision diagrams.

Comparisons of one term are exact, within its range. A comparison of several terms is a variable of its own, so more
seems possible than is: "never" and "always" are never claimed wrongly, and a case is shown as possible only with its
facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from salesdx.authoring.confirming import concludes, passes
from salesdx.authoring.example_facts import cells_to_try, facts_of
from salesdx.base.model import Rule, RuleBase, Stage
from salesdx.engine.program import (
    MODE,
    Count,
    Decide,
    Define,
    LeftOut,
    Step,
    Tally,
    UnprovenCount,
    UnsettledCount,
    compile_base,
    ladder_name,
    ladder_word,
)
from salesdx.interview.answer_cells import Variable
from salesdx.interview.diagrams import Node
from salesdx.interview.relevance import Conditions
from salesdx.language.conditions import (
    And,
    Compare,
    Expr,
    In,
    Literal,
    Name,
    Not,
    Or,
    Value,
    leaves,
    names,
    truth,
    walk,
)
from salesdx.language.rewriting import without_places
from salesdx.language.truth import TRUE, not_

Wanted = tuple[Node, frozenset[Any]]
"""A function, and the values that it is to have."""
Found = TypeVar("Found")
HOLDS = frozenset({True})
NOT_TRUE = frozenset({False, None})
MAX_SIZE = 4_000
"""Nodes of a diagram of what is counted."""
NO_WORDS: Mapping[str, Node] = {}


class Reasoning(Conditions):
    """The diagrams of a rule base and of its ladder, each made when it is needed. See ``reasoning``."""

    def __init__(self, base: RuleBase) -> None:
        super().__init__(base)
        self.words: dict[str, Node] = {}
        self.possible_values: dict[Node, frozenset[Any]] = {}
        self.conditions_told: dict[Expr, Node] = {}
        self.advising: dict[str, bool] = {}

    # --- conditions ---

    def condition(self, expr: Expr) -> Node:
        """The diagram of a condition: true, false or unknown (None) for each combination of answers."""
        return super().condition(self._plain(expr))

    def _expressions(self) -> Iterator[Expr]:
        yield from map(self._plain, super()._expressions())
        for term in self.base.terms.values():
            yield from (self._plain(choice.when) for choice in term.choose)
            if term.formula is not None and term.type == "boolean":
                yield self._plain(term.formula)
        for intervention in self.base.interventions.values():
            if intervention.judge is not None and intervention.judge.holds is not None:
                yield self._plain(intervention.judge.holds)

    def _single(self, leaf: Expr) -> str:
        """The term that a comparison is about, also a computed one: it has a value of its range, or none."""
        match leaf:
            case Name(id) | Compare(_, Name(id), Literal()) | Compare(_, Literal(), Name(id)) | In(Name(id), _):
                return id if id in self.base.terms else ""
        return ""

    def _plain(self, expr: Expr) -> Expr:
        """Comparisons of several terms in one way of writing: `a >= b` is `not a < b`, and `a > b` is `b < a`."""
        match expr:
            case And(parts):
                return And(tuple(map(self._plain, parts)))
            case Or(parts):
                return Or(tuple(map(self._plain, parts)))
            case Not(part):
                return Not(self._plain(part))
            case Compare(op, left, right) if not self._single(expr):
                equal = op in ("==", "!=")
                if op in (">", "<=") or (equal and repr(without_places(right)) < repr(without_places(left))):
                    left, right = right, left
                made = Compare("==" if equal else "<", left, right)
                return Not(made) if op in (">=", "<=", "!=") else made
        return expr

    # --- the ladder ---

    @cached_property
    def steps(self) -> Mapping[str, Step]:
        return {step.name: step for step in compile_base(self.base).ladder}

    def word(self, name: str) -> Node:
        """A name of the program's ladder, such as `<stage>.status`. How many rules nobody looked at is left free."""
        if name not in self.words:
            node = self._word(self.steps[name])
            if True not in self.values(node) and self._is_a_way_on(name):
                node = self.diagrams.apply(bool, self.free(2))
            self.words[name] = node
        return self.words[name]

    def _is_a_way_on(self, name: str) -> bool:
        """Whether a stage should be passed or concluded: where it never is, checks tell it once, and look behind it."""
        stage, word = ladder_word(name)
        wanted = {"passed": passes, "concluded": concludes}.get(word)
        if wanted is None or stage not in self.base.home:
            return False
        lines = self.base.ladder.decisions[self.base.home[stage].decided_by]
        return any(wanted(self.base.ladder, line.name) for line in lines)

    def own(self, stage: Stage, name: str) -> Node:
        """A word of a stage: of its decision list, or what follows from its status."""
        if name != "previous_concluded":
            return self.word(name if name == MODE else ladder_name(stage.id, name))
        at = self.base.stages.index(stage)
        return self.own(self.base.stages[at - 1], "concluded") if at else self.false

    def recommends(self, rule: Rule) -> Node:
        """Whether what a rule recommends is recommended, where the rule is true."""
        return self.word(compile_base(self.base).recommends[rule.id])

    def joined(self, expr: And | Or, nodes: Sequence[Node]) -> Node:
        """Functions joined as the parts of an expression are."""
        return self.all_of(nodes) if isinstance(expr, And) else self.any_of(nodes)

    def count(self, word: str, nodes: Iterable[Node]) -> Node:
        """How many of these are true, as far as the ladder's conditions tell it apart.

        Left free, as if any number were, where the diagram would take too long to make.
        """
        most = self.told_apart.get(word, self.most)
        counted = self.diagrams.terminal(0)
        for node in nodes:
            holds = self.diagrams.apply(lambda held: held is TRUE, node)  # what is unknown counts as what is false
            counted = self.diagrams.apply(lambda n, held: min(most, n + held), counted, holds)
            if self.diagrams.size(counted) > MAX_SIZE:
                return self.free(most + 1)
        return counted

    def decide(self, lines: Sequence[tuple[str, Node]]) -> Node:
        """The name of the first line that is true."""
        made = self.diagrams.terminal(None)
        for name, node in reversed(lines):
            made = self.diagrams.apply(lambda held, rest, name=name: name if held is TRUE else rest, node, made)
        return made

    def lines(self, stage: Stage, words: Mapping[str, Node] = NO_WORDS) -> list[tuple[str, Node]]:
        """The lines that decide a stage's status: the status, and its condition."""
        step = self.steps[ladder_name(stage.id, "status")]
        assert isinstance(step, Decide)
        return [(line.name, self.told(line.when, words)) for line in step.lines]

    def advises(self, rule: Rule) -> bool:
        """Whether a rule is true in some case in which its advice is given."""
        if rule.id not in self.advising:
            self.advising[rule.id] = self.possible((self.rules[rule.id], HOLDS), (self.recommends(rule), HOLDS))
        return self.advising[rule.id]

    def _word(self, step: Step) -> Node:
        match step:
            case Count(_, home, strength):
                rules = (rule for rule in self.base.rules_of[home] if rule.strength == strength)
                return self.count(strength, (self.rules[rule.id] for rule in rules))
            case Tally(name, of):
                missed = (self.diagrams.apply(lambda held: held is not TRUE, self.word(other)) for other in of)
                return self.count(ladder_word(name)[1], missed)
            case UnprovenCount(_, stage) if not stage:
                return self.diagrams.terminal(0)
            case Decide(_, lines):
                return self.decide([(line.name, self.told(line.when)) for line in lines])
            case Define(_, expr):
                return self.told(expr)
            case UnsettledCount() | UnprovenCount() | LeftOut():
                return self.free(2, (0,))
        return self.free(2)

    def free(self, cells: int, given: tuple[int, ...] = ()) -> Node:
        """A count that may be anything from nought, whatever else is the case.

        ``given`` are those that come with facts that are exact, signed and in agreement.
        """
        variable = self.diagrams.variable(cells)
        self.by_index.append(Variable(variable, Literal(True), "", (), tuple(map(Decimal, given)), ()))
        return self.diagrams.inner(variable, tuple(map(self.diagrams.terminal, range(cells))))

    def told(self, expr: Expr, words: Mapping[str, Node] = NO_WORDS) -> Node:
        """A condition of the ladder, or one over terms; ``words`` are used in place of the ladder's own."""
        if words:
            return self._told(expr, words)
        found = self.conditions_told.get(expr)
        if found is None:
            found = self.conditions_told[expr] = self._told(expr, words)
        return found

    def _told(self, expr: Expr, words: Mapping[str, Node]) -> Node:
        reads = names(expr)
        if not reads:
            return self.diagrams.terminal(truth(expr, {}))
        if reads[0] not in self.steps:
            return self.condition(expr)
        match expr:
            case And(parts) | Or(parts):
                stop = self.false if isinstance(expr, And) else self.true
                made = self.told(parts[0], words)
                for part in parts[1:]:
                    if made != stop:
                        made = self.joined(expr, (made, self.told(part, words)))
                return made
            case Not(part):
                return self.diagrams.apply(not_, self.told(part, words))
        nodes = [words[read] if read in words else self.word(read) for read in reads]
        return self.diagrams.apply(lambda *values: truth(expr, dict(zip(reads, values, strict=True))), *nodes)

    @cached_property
    def told_apart(self) -> Mapping[str, int]:
        """Counted word of the ladder -> the number from which on no condition tells more."""
        found: dict[str, int] = {}
        for part in self._counting():
            match part:
                case Compare(op, Name(id), Literal(Decimal() as number)):
                    found[id] = max(found.get(id, 0), int(number) + (op not in (">=", "<")))
                case _:
                    found.update(dict.fromkeys(names(part), self.most))
        return found

    @cached_property
    def most(self) -> int:
        """The number from which on no condition of the ladder tells more."""
        numbers = (part.value for when in self._counting() for part in walk(when) if isinstance(part, Literal))
        return max((int(number) for number in numbers if isinstance(number, Decimal)), default=0) + 1

    def _counting(self) -> Iterator[Expr]:
        """The comparisons of the ladder's conditions."""
        ladder = self.base.ladder
        exprs = [line.when for lines in ladder.decisions.values() for line in lines]
        exprs += [getattr(ladder, f"{word}_when") for word in ("passed", "proved", "concluded", "held", "exhausted")]
        exprs += ladder.ask_when
        return (leaf for expr in exprs for leaf in leaves(expr))

    # --- what can be ---

    def values(self, node: Node) -> frozenset[Any]:
        """The values that a function can take."""
        found = self.possible_values.get(node)
        if found is None:
            variable, inner = self.diagrams.nodes[node]
            parts = {frozenset({inner})} if variable < 0 else set(map(self.values, set(inner)))
            found = parts.pop() if len(parts) == 1 else frozenset().union(*parts)
            self.possible_values[node] = found
        return found

    def possible(self, *wanted: Wanted) -> bool:
        """Whether functions can have these values in one case. No is sure; yes is sure where one term is compared."""
        nodes = self.diagrams.nodes
        start = self._left(wanted)
        if start is None or len(start) < 2:
            return start is not None
        queue, seen = [start], {start}
        while queue:
            at = queue.pop()
            first = min(nodes[node][0] for node, _ in at)
            for cell in range(self.diagrams.cells[first]):
                parts = ((nodes[node], node, values) for node, values in at)
                left = self._left(
                    (inner[cell] if asks == first else node, values) for (asks, inner), node, values in parts
                )
                if left is None or left in seen:
                    continue
                if len(left) < 2:
                    return True
                seen.add(left)
                queue.append(left)
        return False

    def _left(self, wanted: Iterable[Wanted]) -> tuple[Wanted, ...] | None:
        """The functions that do not yet have their values whatever the rest; None where one of them cannot have its."""
        left: list[Wanted] = []
        known = self.possible_values
        for each in wanted:
            node, values = each
            can = known.get(node) or self.values(node)
            if can.isdisjoint(values):
                return None
            if not can <= values:
                left.append(each)
        return tuple(left)

    def example(self, *wanted: Wanted) -> dict[str, Value] | None:
        """Facts that give these values; None where there are none, or none were found.

        All else is said to be unknown: so the value of a computed term among them counts, as written by hand.
        """

        def cells(index: int) -> Sequence[int]:
            return cells_to_try(self.by_index[index], self.diagrams.cells[index])

        def facts(way: Mapping[int, int]) -> dict[str, Value] | None:
            return facts_of(self.base, self.inputs, ((self.by_index[index], cell) for index, cell in way.items()))

        return self._search(wanted, cells, facts)

    def _search(
        self,
        wanted: Sequence[Wanted],
        cells: Callable[[int], Sequence[int]],
        result: Callable[[Mapping[int, int]], Found | None],
    ) -> Found | None:
        """The result of a way to these values, variable -> cell, which is not None.

        What was found to lead nowhere is left out, also where only the result of the way there was None.
        """
        asked = [values for _, values in wanted]
        dead: set[tuple[Node, ...]] = set()
        way: dict[int, int] = {}
        entry_of, cells_of, known = self.diagrams.nodes, self.diagrams.cells, self.possible_values

        def visit(nodes: tuple[Node, ...]) -> Found | None:
            dead.add(nodes)  # unless there is a result, which ends the search
            for node, values in zip(nodes, asked, strict=True):
                if (known.get(node) or self.values(node)).isdisjoint(values):
                    return None
            entries = [entry_of[node] for node in nodes]
            inner = [variable for variable, _ in entries if variable >= 0]
            if not inner:
                return result(way)
            first = min(inner)
            columns = [
                children if variable == first else (node,) * cells_of[first]
                for (variable, children), node in zip(entries, nodes, strict=True)
            ]
            rows = list(zip(*columns, strict=True))
            for cell in cells(first):
                if rows[cell] not in dead:
                    way[first] = cell
                    found = visit(rows[cell])
                    if found is not None:
                        return found
            way.pop(first, None)
            return None

        return visit(tuple(node for node, _ in wanted))

    @cached_property
    def inputs(self) -> Mapping[str, frozenset[str]]:
        """Computed term or finding -> the terms that it is computed from, in one or more steps."""
        return _inputs(self.base)

    @cached_property
    def written_inputs(self) -> Mapping[str, frozenset[str]]:
        """The same as their authors wrote it, without the facts by which it applies."""
        return _inputs(self.base.as_written)


def _inputs(base: RuleBase) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for name in base.order:
        reads = {read for expr in expressions_behind(base, name) for read in names(expr)}
        own = {read for read in reads if read in base.terms}
        found[name] = frozenset(own).union(*(found.get(read, ()) for read in reads))
    return found


def expressions_behind(base: RuleBase, name: str) -> list[Expr]:
    """What defines a name: the conditions of a finding, the formula or the choices of a computed term; else nothing."""
    term = base.terms.get(name)
    if term is None:
        return [rule.when for rule in base.findings.get(name, ())]
    return [term.formula] if term.formula is not None else [choice.when for choice in term.choose]


@lru_cache(maxsize=4)
def reasoning(base: RuleBase) -> Reasoning:
    """The reasoning about a rule base."""
    return Reasoning(base)
