"""A reading of a case: its facts with what is computed, the truth of every condition, and why some are unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from . import intervals
from .base import Base, Rule, Term
from .conditions import Tree, Value, all_of, any_of, denied, divisors, names, parsed, truth, value
from .facts import Case, Fact, Statement, excuse, settled
from .intervals import Range


@dataclass(frozen=True)
class Undecided:
    """A test (or a formula) without result: the names in it that are unknown, those known as intervals, and whether
    something is divided by zero."""

    unknown: tuple[str, ...]
    vague: tuple[str, ...]
    by_zero: bool = False


class Reading:
    """The full reading of a case. Everything is worked out once, when it is first asked for."""

    def __init__(self, base: Base, case: Case) -> None:
        self.base, self.case = base, case
        self._kept: dict[tuple[Any, ...], Any] = {}

    def once(self, key: tuple[Any, ...], work: Any) -> Any:
        if key not in self._kept:
            self._kept[key] = work()
        return self._kept[key]

    # --- facts ---

    def fact(self, name: str) -> Fact:
        found: Fact = self.once(("fact", name), lambda: self._fact(self.base.terms[name]))
        return found

    def look(self, name: str) -> Value:
        """The value of a term, the truth of a finding."""
        if name in self.base.terms:
            return self.fact(name).value
        return any_of(self.rule(id) for id in self.base.cited[name])

    def _fact(self, term: Term) -> Fact:
        if term.computed:
            return self._computed(term)
        statements = self.case.standing(term.name)
        if (drawn := self.also_calculated(term)) is not None:
            statements = [*statements, drawn]
        found = settled(statements, term, self.case, self.base)
        if found.value is None and term.or_formula is not None:
            why = self._lacks(names(term.or_formula), term.or_formula)
            if why.vague and not why.unknown:
                return Fact(unknown="imprecise")
        return found

    def also_calculated(self, term: Term) -> Statement | None:
        """1.2, `or_formula`: where its inputs are known the result is one more statement, of their weakest kind.

        What people state no further than `tolerance` (else half a unit of its last digit) from it is what counts: the
        result says the same.
        """
        if term.or_formula is None:
            return None
        result = self._within(term, value(term.or_formula, self.look))
        if not isinstance(result, Range):
            return None
        stated = settled(self.case.standing(term.name), term, self.case, self.base).value
        if isinstance(stated, Range) and intervals.near(stated, result, self._distance(term)):
            result = stated
        kinds = [kind for name in names(term.or_formula) for kind in self.kinds_behind(name)]
        return Statement(term.name, "value", result, kind=max(kinds, key=self.base.kinds.index))

    def kinds_behind(self, name: str) -> list[str]:
        """The kinds of the statements that a known term rests on."""
        term, fact = self.base.terms[name], self.fact(name)
        if term.computed and not fact.hand:
            return [kind for part in term.inputs if part in self.base.terms for kind in self.kinds_behind(part)]
        return [fact.kind] if fact.kind else []

    def _computed(self, term: Term) -> Fact:
        """1.2, the table of a computed term."""
        result = self.result(term)
        stated = settled(self.case.standing(term.name), term, self.case, self.base)
        if result is not None:
            return Fact(result, conflict=self._other(term, stated, result))
        inputs = self.asked_inputs(term.name)
        unknown = [name for name in inputs if self.fact(name).value is None]
        sharp = not any(self._vague(self.fact(name)) for name in inputs)
        if stated.value is not None and unknown and sharp and all(self._silent(name) for name in unknown):
            return replace(stated, hand=True)
        why = self.why_no_result(term)
        if why.vague and not why.unknown:
            return Fact(unknown="imprecise")
        if stated.unknown in ("not known", "not applicable", "too old"):
            return Fact(unknown=stated.unknown, word=stated.word)
        return Fact(unknown="not asked")

    def result(self, term: Term) -> Value:
        """R: the result of `formula` or `choose`; None where it cannot be computed."""
        found: Value = self.once(("result", term.name), lambda: self._within(term, self._calculated(term)))
        return found

    def _calculated(self, term: Term) -> Value:
        if term.formula is not None:
            return value(term.formula, self.look)
        for when, then in term.lines:
            holds = self.truth(when)
            if holds is not False:
                return value(then, self.look) if holds else None
        return None

    @staticmethod
    def _within(term: Term, result: Value) -> Value:
        """1.3: rounded, wholly inside the `range`; 4: a computed integer is whole. A value has one end at least."""
        if not isinstance(result, Range):
            return result
        if result.low is None and result.high is None:
            return None
        result = intervals.rounded(result)
        whole = all(end is None or end.denominator == 1 for end in (result.low, result.high))
        if not intervals.within(result, term.bounds) or (term.type == "integer" and not whole):
            return None
        return result

    def _other(self, term: Term, stated: Fact, result: Value) -> bool:
        """Whether what was stated for a computed term differs from its result."""
        if stated.value is None:
            return stated.unknown in ("not known", "not applicable", "disputed")
        if not isinstance(stated.value, Range) or not isinstance(result, Range):
            return stated.value != result
        return not intervals.near(stated.value, result, self._distance(term))

    def _distance(self, term: Term) -> Fraction:
        """How far what was stated may be off what is calculated."""
        half = max(said.half for said in self.case.standing(term.name))
        return Fraction(term.keys["tolerance"]) if "tolerance" in term.keys else half

    def asked_inputs(self, name: str, seen: frozenset[str] = frozenset()) -> list[str]:
        """The asked terms behind a computed one, through findings and other computed terms."""
        parts: list[str] = []
        for part in self.base.terms[name].inputs:
            if part in seen:
                continue
            behind = [part]
            if part not in self.base.terms:
                behind = [read for id in self.base.cited[part] for read in names(self.base.rules[id].when)]
            for read in behind:
                if read in self.base.terms and not self.base.terms[read].computed:
                    parts.append(read)
                elif read in self.base.terms:
                    parts += self.asked_inputs(read, seen | {name})
                else:
                    parts += [
                        deep
                        for id in self.base.cited[read]
                        for deep in names(self.base.rules[id].when)
                        if deep in self.base.terms
                    ]
        return list(dict.fromkeys(parts))

    @staticmethod
    def _vague(fact: Fact) -> bool:
        return fact.disputed or (isinstance(fact.value, Range) and not fact.value.point)

    def _silent(self, name: str) -> bool:
        """Whether an unknown fact was itself stated as unknown by somebody."""
        return self.fact(name).unknown in ("not known", "not applicable")

    # --- what applies (1.5) ---

    def applies(self, name: str) -> bool | None:
        """Whether a term applies: its A."""
        found: bool | None = self.once(
            ("applies", name), lambda: all_of(truth(tree, self.look) for tree in self.base.conditions(name))
        )
        return found

    def stage_applies(self, home: str) -> bool | None:
        text = self.base.homes[home].get("applies_when")
        return True if text is None else truth(parsed(text), self.look)

    def truth(self, tree: Tree, *, passing: bool = False, negated: bool = False) -> bool | None:
        """The truth of a rule's condition; ``passing``: of `ruled_out_when` and `set_aside_when`.

        `not` goes down to the tests. There a test holds in a rule only where its terms apply, and holds in
        `ruled_out_when` where they do not.
        """
        match tree:
            case ("not", part):
                return self.truth(part, passing=passing, negated=not negated)
            case ("and" | "or" as word, *parts):
                truths = (self.truth(part, passing=passing, negated=negated) for part in parts)
                return all_of(truths) if (word == "and") != negated else any_of(truths)
        said = truth(tree, self.look)
        said = denied(said) if negated else said
        applies = self._all_apply(tree)
        holds = all_of(iter((applies, said)))
        return any_of(iter((denied(applies), holds))) if passing else holds

    def _all_apply(self, test: Tree) -> bool | None:
        return all_of(self.applies(name) for name in names(test) if name in self.base.terms)

    # --- rules ---

    def rule(self, id: str) -> bool | None:
        found: bool | None = self.once(("rule", id), lambda: self.truth(self.base.rules[id].when))
        return found

    def undecided(self, tree: Tree, *, passing: bool = False) -> Iterator[Undecided]:
        """The undecided tests through which a condition is unknown."""
        yield from self._undecided(tree, passing, negated=False)

    def _undecided(self, tree: Tree, passing: bool, *, negated: bool) -> Iterator[Undecided]:
        if self.truth(tree, passing=passing, negated=negated) is not None:
            return
        match tree:
            case ("not", part):
                yield from self._undecided(part, passing, negated=not negated)
            case ("and" | "or", *parts):
                for part in parts:
                    yield from self._undecided(part, passing, negated=negated)
            case test:
                yield from self._undecided_test(test)

    def _undecided_test(self, test: Tree) -> Iterator[Undecided]:
        if truth(test, self.look) is None:
            yield self._lacks(names(test), test)
        for name in names(test):
            if name in self.base.terms and self.applies(name) is None:
                for tree in self.base.conditions(name):
                    yield from self.plainly_undecided(tree)

    def plainly_undecided(self, tree: Tree) -> Iterator[Undecided]:
        """The undecided tests of an `applies_when`."""
        if truth(tree, self.look) is not None:
            return
        if tree[0] in ("and", "or", "not"):
            for part in tree[1:]:
                yield from self.plainly_undecided(part)
        else:
            yield self._lacks(names(tree), tree)

    def _lacks(self, read: tuple[str, ...], tree: Tree | None = None) -> Undecided:
        values = {name: self.look(name) for name in read}
        unknown = tuple(name for name, found in values.items() if found is None)
        vague = tuple(name for name, found in values.items() if isinstance(found, Range) and not found.point)
        zero = intervals.exactly(0)
        by_zero = tree is not None and any(value(divisor, self.look) == zero for divisor in divisors(tree))
        return Undecided(unknown, vague, by_zero)

    def why_no_result(self, term: Term) -> Undecided:
        """What keeps a computed term from a result."""
        if term.formula is not None:
            return self._lacks(names(term.formula), term.formula)
        found: list[Undecided] = []
        for when, _ in term.lines:
            holds = self.truth(when)
            found += self.undecided(when)
            if holds:
                break
        return Undecided(
            tuple(dict.fromkeys(name for one in found for name in one.unknown)),
            tuple(dict.fromkeys(name for one in found for name in one.vague)),
            any(one.by_zero for one in found) or not all(one.unknown for one in found),
        )

    # --- excused and unsettled (1.4, 1.7, 1.8) ---

    def looked_at(self, rule: Rule) -> bool:
        """1.7: true, false, or unknown with every undecided test excused."""
        return self.rule(rule.id) is not None or all(self._excused_test(test) for test in self.undecided(rule.when))

    def _excused_test(self, test: Undecided) -> bool:
        if not test.unknown or test.vague or test.by_zero:
            return False
        return all(self._excused(name) for name in test.unknown)

    def _excused(self, name: str) -> bool:
        """Whether an unknown name is excused: a term, or all that is behind a finding or a formula."""
        if name not in self.base.terms:
            rules = [self.base.rules[id] for id in self.base.cited[name]]
            return all(self.looked_at(rule) for rule in rules)
        term, fact = self.base.terms[name], self.fact(name)
        if fact.disputed or fact.unknown == "imprecise":
            return False
        if self.has_excuse(term):
            return True
        return term.computed and self._excused_test(self.why_no_result(term))

    def has_excuse(self, term: Term) -> bool:
        return any(excuse(said, term) for said in self.case.standing(term.name))

    def unsettled(self, rule: Rule) -> bool:
        """1.4: unknown through a fact that is imprecise or disputed."""
        found: bool = self.once(
            ("unsettled", rule.id),
            lambda: self.rule(rule.id) is None and any(self._unsettled_test(t) for t in self.undecided(rule.when)),
        )
        return found

    def _unsettled_test(self, test: Undecided) -> bool:
        return bool(test.vague) or any(self._unsettled_name(name) for name in test.unknown)

    def _unsettled_name(self, name: str) -> bool:
        if name not in self.base.terms:
            return any(self.unsettled(self.base.rules[id]) for id in self.base.cited[name])
        term = self.base.terms[name]
        if term.or_formula is not None:
            return self.fact(name).disputed or self._unsettled_test(self._lacks(names(term.or_formula)))
        return self.fact(name).disputed or (term.computed and self._unsettled_test(self.why_no_result(term)))
