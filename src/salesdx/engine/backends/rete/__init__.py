"""The rules as a Rete network (Forgy 1982), run by durable_rules: conditions join facts, and findings chain as facts.

One fact a name: ``{n: name, v: rank}``, of a number or date ``{n: name, l: rank, h: rank}`` for its low and high end. A
value stands as its rank among the constants it is compared with, so that no number, text or name of a file reaches the
engine, which is exact on small integers only. Every rule is in the network twice, as its truth and as its falsity;
where neither fires it is unknown.
"""

from __future__ import annotations

import logging
import weakref
from bisect import bisect_left
from collections import Counter
from functools import lru_cache
from threading import Lock
from typing import Any

from salesdx.base.model import NUMERIC
from salesdx.case.memory import WorkingMemory
from salesdx.engine.backends.rete.rows import ALWAYS, Case, RuleRow, Test, rows_of
from salesdx.engine.program import Matches, Program, RuleRefused
from salesdx.language.conditions import Value, compare
from salesdx.language.intervals import Interval

name = "rete"

ROWS, SHARED, TESTS, AT_ONCE = 4096, 255, 511, 64
"""Limits of the engine: its rules, joins on one test, tests on one fact, and tests on one fact that hold at once."""
GROUP = 64
"""Names that are told apart at one node of the network, which can hold TESTS."""
CASE = "case"
"""The engine holds one case at a time, under one name."""
WORDS = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}


def match(program: Program, memory: WorkingMemory) -> Matches:
    """The truth of every rule. Raises RuleRefused when the engine cannot hold a rule of the program."""
    network = _network(program)
    if isinstance(network, RuleRefused):
        raise network
    return network.match(memory)


@lru_cache(maxsize=4)
def _network(program: Program) -> _Network | RuleRefused:
    try:
        return _Network(program)
    except RuleRefused as refused:
        return refused


def place_among(known: Value, constants: list[Any]) -> int:
    """The place of a value among sorted constants: odd for a constant itself, even between two.

    >>> [place_among(x, [10, 20]) for x in (9, 10, 15, 20, 21)], place_among(True, [True])
    ([0, 1, 2, 3, 4], 1)
    """
    at = bisect_left(constants, known)
    return 2 * at + int(at < len(constants) and constants[at] == known)


class _Network:
    """A program in the engine: compiled once, then one case at a time."""

    def __init__(self, program: Program) -> None:
        from durable import engine

        logging.getLogger("durable").disabled = True  # it writes what it then raises, an interruption too
        self.program, self.unread = program, engine.MessageNotHandledException
        rows = rows_of(program)
        compared: dict[str | int, set[Any]] = {}
        for row in rows:
            for test in row.tests:
                compared.setdefault(test.fact, set()).update([test.constant] if test.op else [])
        terms = program.base.terms.values()
        self.wide = frozenset(term.name for term in terms if term.type == "date" or term.type in NUMERIC)
        self.constants = {fact: sorted(constants) for fact, constants in compared.items()}
        _check(rows, self.constants)
        self.place = {fact: {"g": str(i // GROUP), "n": str(i)} for i, fact in enumerate(self.constants)}
        self.lock = Lock()
        self.case: Case | None = None
        self.engine = engine.Ruleset("salesdx", object(), {f"r{i}": self.rule(row) for i, row in enumerate(rows)})
        weakref.finalize(self, engine.durable_rules_engine.delete_ruleset, self.engine._handle).atexit = False

    def rule(self, row: RuleRow) -> dict[str, Any]:
        """A row as the engine reads it; ``dist`` 0 lets it join one fact twice."""

        def act(c: Any) -> None:
            if self.case is not None and self.case.error is None:
                try:
                    row.run(self.case)
                except BaseException as error:  # raised in ``run``: the engine would keep it to itself
                    self.case.error = error

        return {"all": [{f"m_{i}": self.pattern(test)} for i, test in enumerate(row.tests)], "dist": 0, "run": act}

    def pattern(self, test: Test) -> dict[str, Any]:
        parts: list[dict[str, Any]] = [{key: part} for key, part in self.place[test.fact].items()]
        if test.constant is not None:
            place = place_among(test.constant, self.constants[test.fact])
            parts += _of_ends(test.op, place) if test.fact in self.wide else [_compared(test.op, "v", place)]
        return {"$and": parts}

    def tell(self, fact: str | int, known: Value) -> int | None:
        """Assert a fact; the handle of the case, or None if no test holds of the fact."""
        place = self.place.get(fact)
        if place is None:
            return None
        try:
            sent = {"sid": CASE, "id": place["n"], **place, **self.ranks(fact, known)}
            return int(self.engine.assert_fact(sent))
        except self.unread:
            return None

    def ranks(self, fact: str | int, known: Value) -> dict[str, int]:
        """How a value stands in the engine; an end that is no bound lies beyond all constants."""
        constants = self.constants[fact]
        if fact not in self.wide:
            return {"v": place_among(known, constants)}
        if not isinstance(known, Interval):
            place = place_among(known, constants)
            return {"l": place, "h": place}
        low = 0 if known.low is None else place_among(known.low, constants)  # type: ignore[arg-type]
        high = 2 * len(constants) if known.high is None else place_among(known.high, constants)  # type: ignore[arg-type]
        return {"l": low, "h": high}

    def match(self, memory: WorkingMemory) -> Matches:
        by_hand: dict[str, Value] = {}
        with self.lock:
            while True:
                case = self.case = Case(self.program, memory, self.tell, by_hand)
                try:
                    self.run(case)
                finally:
                    self.case = None
                if not (found := case.by_hand()):
                    break
                by_hand |= found  # it counts only where nothing is computed, which is known at the end of a run
        return Matches({rule.id: case.truths.get(rule.id) for rule in self.program.base.rules}, case.values)

    def run(self, case: Case) -> None:
        """Assert the facts of a case and fire until nothing is left; then the engine forgets the case."""
        ended: list[tuple[Any, Any]] = []
        handle = self.tell(ALWAYS, True)
        try:
            try:
                for fact, known in case.given.items():
                    case.tell(fact, known)
            except BaseException as fault:  # raised below: where no rule fired, the engine frees what it never set
                case.error = fault
            self.engine.do_actions(handle, lambda error, state: ended.append((error, state)))
        finally:
            self.engine.delete_state(CASE)
        if case.error is not None:
            raise case.error
        errors = [error or (state or {}).get("exception") for error, state in ended] or ["it did not end"]
        for error in filter(None, errors):
            if isinstance(error, KeyboardInterrupt):  # which the library takes for a failure of its own
                raise error
            raise RuntimeError(f"the rete engine failed: {error}")


def _compared(op: str, key: str, place: int) -> dict[str, Any]:
    return {WORDS[op]: {key: place}} if op in WORDS else {key: place}


def _of_ends(op: str, place: int) -> list[dict[str, Any]]:
    """When a comparison with a constant holds of a number's or date's ends."""
    match op:
        case "==":
            return [{"l": place}, {"h": place}]
        case "!=":
            return [{"$or": [_compared("<", "h", place), _compared(">", "l", place)]}]
    return [_compared(op, "l" if op in (">", ">=") else "h", place)]


def _check(rows: list[RuleRow], constants: dict[str | int, list[Any]]) -> None:
    """Refuse what the engine would refuse by number only, drop without a word, or search for ever."""

    def refuse(owner: str, why: str) -> None:
        raise RuleRefused(f"{owner} is more than the rete engine can hold: {why}")

    if len(rows) > ROWS:
        refuse(rows[ROWS].owner, f"the conditions need more than {ROWS:,} of its rules")
    joins: Counter[Test] = Counter()
    tests: dict[str | int, dict[Test, str]] = {}
    for row in rows:
        for test in row.tests:
            joins[test] += 1
            if joins[test] > SHARED:
                refuse(row.owner, f"more than {SHARED} conditions share one test of {_shown(test.fact)}")
            if test.op:
                tests.setdefault(test.fact, {}).setdefault(test, row.owner)
    for fact, owners in tests.items():
        if len(owners) > TESTS:
            refuse([*owners.values()][TESTS], f"there are more than {TESTS} different tests of {_shown(fact)}")
        if len(owners) <= AT_ONCE:
            continue
        compared = [(test.op, place_among(test.constant, constants[fact]), owner) for test, owner in owners.items()]  # type: ignore[arg-type]
        for possible in range(2 * len(constants[fact]) + 1):
            held = [owner for op, other, owner in compared if compare(op, possible, other)]
            if len(held) > AT_ONCE:
                refuse(held[AT_ONCE], f"more than {AT_ONCE} different tests of {_shown(fact)} can hold at once")


def _shown(fact: str | int) -> str:
    return f"`{fact}`" if isinstance(fact, str) else "a part of a condition"
