"""The rules as two-valued questions that any engine can be asked, and one generated Python function that answers them.

A question is the true side of one rule: known, and it holds. What is unknown makes every test on it false, on either
side, so a two-valued engine finds the same rules true. It is not asked which rules are false and which are unknown,
and nothing of the ladder.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from salesdx.base.model import RuleBase, Term
from salesdx.engine.program import OPPOSITE, compile_base
from salesdx.language.conditions import And, Arithmetic, Call, Compare, Expr, In, Literal, Name, Not, Or, names, walk

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """Whether a rule is true (``side``) or, because another rule reads that, false."""

    name: str
    when: Expr
    side: bool


@dataclass(frozen=True)
class Questions:
    """Each question after those it reads."""

    base: RuleBase
    ordered: tuple[Question, ...]
    rules: tuple[str, ...]
    """The rules that are asked."""
    terms: tuple[str, ...]
    """What the questions read."""

    @property
    def read(self) -> frozenset[str]:
        """The questions that other questions read."""
        read = {pair for question in self.ordered for pair in _findings(self.base, question.when, question.side)}
        return frozenset(name for finding, side in read for name in self.of(finding, side))

    def of(self, finding: str, side: bool) -> list[str]:
        """The questions whether the rules of a finding are true, or false."""
        return [_name(self.base, rule.id, side) for rule in self.base.findings[finding]]

    def rule(self, name: str) -> str:
        """The rule that a question asks for."""
        return self.base.rules[int(name[1:])].id


@dataclass(frozen=True)
class Language:
    """How a language writes conditions."""

    join: Callable[[str, list[str]], str]
    """(and | or, parts)"""
    compare: Callable[[str, str, str, list[str]], str]
    """(operator, left, right, the terms that both read)"""
    member: Callable[[str, list[str], bool], str]
    """(term, values, whether it is one of them or none)"""
    boolean: Callable[[str, bool], str]
    constant: Callable[[Any], str]
    calculate: Callable[[str, str, str], str] = lambda op, left, right: f"({left} {op} {right})"
    term: Callable[[str], str] = lambda name: name
    answer: Callable[[str], str] = lambda name: name


def questions(base: RuleBase) -> Questions:
    """All rules as questions, but those that divide, or read a term that is computed from findings, or such rules."""
    denied = {name for rule in base.rules for name, side in _findings(base, rule.when, True) if not side}
    unasked: set[str] = set()
    ordered: list[Question] = []
    rules: list[str] = []
    for step in compile_base(base).steps:
        if isinstance(step, Term) or any(_beyond(rule.when, unasked) for rule in base.findings[step]):
            unasked.add(step.name if isinstance(step, Term) else step)
            continue
        for rule in base.findings[step]:
            rules.append(rule.id)
            sides = (True, False) if step in denied else (True,)
            ordered += [Question(_name(base, rule.id, side), rule.when, side) for side in sides]
    read = dict.fromkeys(name for question in ordered for name in names(question.when) if name in base.terms)
    return Questions(base, tuple(ordered), tuple(rules), tuple(read))


def _name(base: RuleBase, rule: str, side: bool) -> str:
    return f"{'r' if side else 'n'}{_places(base)[rule]}"


@lru_cache(maxsize=1)
def _places(base: RuleBase) -> Mapping[str, int]:
    return {rule.id: i for i, rule in enumerate(base.rules)}


def _beyond(when: Expr, unasked: set[str]) -> bool:
    divides = any(isinstance(part, Call) or (isinstance(part, Arithmetic) and part.op == "/") for part in walk(when))
    return divides or not unasked.isdisjoint(names(when))


def _findings(base: RuleBase, expr: Expr, side: bool) -> Iterator[tuple[str, bool]]:
    """The findings that a question reads, and whether it needs them true or false."""
    match expr:
        case Name(id) if id in base.findings:
            yield id, side
        case Not(part):
            yield from _findings(base, part, not side)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _findings(base, part, side)


def write(asked: Questions, expr: Expr, side: bool, say: Language) -> str:
    """One side of a condition in a language."""
    match expr:
        case Literal(known):
            return say.constant((known is True) is side)
        case Not(part):
            return write(asked, part, not side, say)
        case And(parts) | Or(parts):
            word = "and" if isinstance(expr, And) is side else "or"
            return say.join(word, [write(asked, part, side, say) for part in parts])
        case Name(id) if id in asked.base.findings:
            answers = [say.answer(name) for name in asked.of(id, side)]
            return answers[0] if len(answers) == 1 else say.join("or" if side else "and", answers)
        case Name(id):
            return say.boolean(say.term(id), side)
        case In(Name(id), values):
            return say.member(say.term(id), [say.constant(plain(value.value)) for value in values], side)
        case Compare(op, left, right):
            read = [say.term(name) for name in names(expr)]
            return say.compare(op if side else OPPOSITE[op], _number(left, say), _number(right, say), read)
    raise AssertionError(expr)


def _number(expr: Expr, say: Language) -> str:
    match expr:
        case Name(id):
            return say.term(id)
        case Literal(known):
            return say.constant(plain(known))
        case Arithmetic(op, left, right):
            return say.calculate(op, _number(left, say), _number(right, say))
    raise AssertionError(expr)


def plain(known: Any) -> Any:
    """A value as engines without exact numbers take it; a date as the number of its day."""
    if isinstance(known, Decimal):
        return int(known) if known == int(known) else float(known)
    return known.toordinal() if isinstance(known, date) else known


def prepared(values: Values) -> dict[str, Any]:
    """The known values of a case, plain."""
    return {name: plain(known) for name, known in values.items()}


# --- the yardstick --------------------------------------------------------------------------------------------------


def _compare(op: str, left: str, right: str, read: list[str]) -> str:
    known = " and ".join(f"{name} is not None and {name} == {name}" for name in read)
    return f"({known} and {left} != {right})" if op == "!=" else f"{left} {op} {right}"


def _member(name: str, values: list[str], side: bool) -> str:
    inside = f"{name} in ({', '.join(values)},)"
    return inside if side else f"({name} is not None and not {inside})"


PYTHON = Language(
    join=lambda word, parts: f"({f' {word} '.join(parts)})",
    compare=_compare,
    member=_member,
    boolean=lambda name, side: f"{name} is {side}",
    constant=repr,
)


def python_function(asked: Questions) -> Callable[[Values], list[bool]]:
    """Plain values -> the answer to each question, by one generated function on integers and floats.

    An unknown number is NaN, of which no test holds, so that no test has to ask whether its value is known.
    """
    place = {name: f"t{i}" for i, name in enumerate(asked.terms)}
    say = replace(PYTHON, term=place.__getitem__)
    types = asked.base.terms
    lines = [
        f"{place[name]} = get({name!r}{'' if types[name].type in ('boolean', 'enum') else ', nan'})"
        for name in asked.terms
    ]
    read = asked.read
    written = {question.name: write(asked, question.when, question.side, say) for question in asked.ordered}
    lines += [f"{name} = {source}" for name, source in written.items() if name in read]
    answers = ", ".join(name if name in read else source for name, source in written.items())
    scope: dict[str, Any] = {"nan": math.nan}
    exec("\n    ".join(["def run(get):", *lines, f"return [{answers}]"]), scope)
    run = scope["run"]
    return lambda values: run(values.get)
