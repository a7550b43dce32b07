"""The same case with changed facts, side by side: only what changed."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from datetime import date
from decimal import Decimal

from salesdx.base.model import RuleBase
from salesdx.case.bounds import PREDICATES, AnswerError
from salesdx.case.file import case_from
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown, shown_value
from salesdx.case.typed import read_answer
from salesdx.engine.comparing import FIRED, NEXT_QUESTION, Difference, differences
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation.derivation import NeededChange, WhatIf
from salesdx.language.conditions import Value
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Scalar, Text

HERE = Text("", "what if")


def what_if(before: Diagnosis, changes: Mapping[str, object]) -> WhatIf:
    """The case with other facts: values, texts as people type them, `unknown`, kinds of unknown, or None for not asked.

    A value of a computed term stands in the place of its formula. Raises CaseError with every fault: unknown terms,
    wrong types, values out of range.
    """
    base = before.base
    read = read_changes(changes, base)
    memory = with_changes(before.memory, read)
    after = quick(base, memory)
    made = tuple(
        NeededChange(before.memory.fact(term), _becomes(said), base.terms[term].unit, base.terms[term].effort)
        for term, said in read.items()
    )
    return WhatIf(made, tuple(_differences(before, after, read)), before, after)


def read_changes(changes: Mapping[str, object], base: RuleBase) -> dict[str, Statement | None]:
    """What is said of each changed fact; None for a fact that is not asked.

    Texts are read as people type answers, other values like those of a case file. A fact may be called by its label.
    Raises CaseError with every fault.
    """
    read: dict[str, Statement | None] = {}
    issues: list[Issue] = []
    for called, value in changes.items():
        term = base.meant(called)
        if term in read:
            issues.append(Issue("twice", f"`{term}` is changed twice", HERE.place(0, 0)))
        try:
            read[term] = _read_change(term, value, base)
        except CaseError as error:
            issues += error.issues
    if issues:
        raise CaseError(issues)
    return read


def _read_change(term: str, value: object, base: RuleBase) -> Statement | None:
    if term in base.terms and (value is None or isinstance(value, Unknown)):
        return None if value is None else Statement(unknown=value)
    if not isinstance(value, str) or term not in base.terms:
        facts = MappingNode(((_scalar(term), _scalar(_text(value))),), HERE, 0, 0)
        return case_from(MappingNode(((_scalar("facts"), facts),), HERE, 0, 0), HERE.shown, base).statements[term][0]
    try:
        answer = read_answer(base.terms[term], value, None)
    except AnswerError as error:
        wrong = str(error)
        message = f"`{term}`{'' if wrong.startswith(PREDICATES) else ':'} {wrong}"
        code = "range" if wrong.startswith("is outside") else "type"
        raise CaseError([Issue(code, message, HERE.place(0, 0))]) from None
    return Statement(answer.value, answer.unknown)


def _scalar(text: str) -> Scalar:
    return Scalar(text, False, HERE, 0, 0)


def _text(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{Decimal(repr(value)):f}"
        case int() | Decimal():
            return f"{Decimal(value):f}"
        case date():
            return value.isoformat()
    return str(value)


def with_changes(memory: WorkingMemory, read: Mapping[str, Statement | None]) -> WorkingMemory:
    """The case with other statements. A hand-written result of a formula that reads one goes, unless changed too."""
    for term in read:
        memory = memory.with_fact(term, None)
    order = {name: at for at, name in enumerate(memory.base.order)}  # of what is computed
    for term, said in sorted(read.items(), key=lambda change: order.get(change[0], -1)):
        memory = memory.with_fact(term, None if said is None else said.value if said.unknown is None else said.unknown)
    return memory


def _becomes(said: Statement | None) -> Value | Unknown:
    if said is None:
        return Unknown.NOT_ASKED
    assert said.value is not None or said.unknown is not None
    return said.value if said.value is not None else said.unknown  # type: ignore[return-value]


def _differences(before: Diagnosis, after: Diagnosis, changed: Container[str]) -> Iterator[Difference]:
    """What the two say differently beside the facts that were changed: computed facts, which rules are true, results.

    A rule that is true in both is left out, also where its explanation has other numbers.
    """
    for name, term in before.base.terms.items():
        if term.computed and name not in changed:
            was, now = (found.matches.values.get(name) for found in (before, after))
            if was != now:
                words = ("" if value is None else shown_value(value) for value in (was, now))
                yield Difference("fact", name, "", was, now, *words)
    for one in differences(before.to_dict(), after.to_dict(), [NEXT_QUESTION]):
        if one.what != FIRED or one.before is None or one.after is None:
            yield one
