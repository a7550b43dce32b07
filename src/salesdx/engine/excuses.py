"""Which rules nobody looked at: those that are unknown, and not only through facts that somebody excused."""

from __future__ import annotations

from collections.abc import Iterable

from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import undecided_choices
from salesdx.engine.program import Matches
from salesdx.language.conditions import Expr, divisions_by_zero, names, undecided_tests
from salesdx.language.intervals import Interval
from salesdx.language.truth import UNKNOWN


class Excuses:
    """The excused facts of one reading of a case, and what they make of its rules."""

    def __init__(self, base: RuleBase, memory: WorkingMemory, matches: Matches) -> None:
        self.base, self.memory, self.matches = base, memory, matches
        self.names = {name for name, fact in memory.facts.items() if fact.excused}
        self._open: dict[str, bool] = {}

    def open(self, rules: Iterable[str]) -> list[str]:
        """The rules among some at which nobody looked."""
        return [rule for rule in rules if self._is_open(rule)]

    def _is_open(self, rule: str) -> bool:
        if rule not in self._open:  # each stage asks again for the rules of those before it
            self._open[rule] = self.matches.truths[rule] is UNKNOWN and not self._holds(self.base.rule[rule].when)
        return self._open[rule]

    def _holds(self, expr: Expr) -> bool:
        """Whether each test that keeps an expression unknown has an unknown name, and all of these are excused.

        So a division by zero and what is imprecise are never excused.
        """
        if not self.names:
            return False
        return all(self._of_test(test) for test in undecided_tests(expr, self.matches.values))

    def _of_test(self, test: Expr) -> bool:
        values = self.matches.values
        known = {name: values.get(name) for name in names(test)}
        if any(isinstance(value, Interval) for value in known.values()) or any(divisions_by_zero(test, values)):
            return False
        unknown = [name for name, value in known.items() if value is None]
        return bool(unknown) and all(self.of_name(name) for name in unknown)

    def of_name(self, name: str) -> bool:
        """Whether what is unknown of a term or finding is excused, by its respondent or by what it follows from."""
        if name in self.names:
            return True
        term = self.base.terms.get(name)
        if term is not None:
            return term.computed and self._of_term(term)
        unknown = [rule for rule in self.base.findings[name] if self.matches.truths[rule.id] is UNKNOWN]
        return all(self._holds(rule.when) for rule in unknown)

    def _of_term(self, term: Term) -> bool:
        if term.formula is not None:
            return self._of_test(term.formula)
        tests = list(undecided_choices(term, self.matches.values))
        return bool(tests) and all(map(self._of_test, tests))
