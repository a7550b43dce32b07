"""The same case with changed facts, side by side: only what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from salesdx.base.model import RuleBase
from salesdx.case.file import case_from
from salesdx.case.memory import Statement, Unknown, WorkingMemory, computed, shown_value
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation.derivation import Difference, NeededChange, WhatIf
from salesdx.language.conditions import Value
from salesdx.language.truth import TRUE
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Scalar, Text

HERE = Text("", "what if")
LISTS = {"recommended": "recommendations", "alternative": "alternatives", "suppressed": "suppressed"}
"""A difference's word -> the list of the diagnosis that it is about."""


def what_if(before: Diagnosis, changes: Mapping[str, object]) -> WhatIf:
    """The case with other facts: values, texts as in a case file, `unknown`, kinds of unknown, or None for not asked.

    Raises CaseError with every fault: unknown terms, wrong types, values out of range, a value by hand that a formula
    contradicts.
    """
    base = before.base
    read = read_changes(changes, base)
    memory = with_changes(before.memory, read)
    _check_formulas(memory, read)
    after = quick(base, memory)
    made = tuple(
        NeededChange(before.memory.fact(term), _becomes(said), base.terms[term].unit, base.terms[term].effort)
        for term, said in read.items()
    )
    return WhatIf(made, tuple(differences(before, after, read)), before, after)


def read_changes(changes: Mapping[str, object], base: RuleBase) -> dict[str, Statement | None]:
    """What is said of each changed fact, read like a case file's values; None for a fact that is not asked.

    Raises CaseError.
    """
    entries = tuple((_scalar(term), _scalar(_text(value))) for term, value in changes.items())
    facts = MappingNode(entries, HERE, 0, 0)
    read = case_from(MappingNode(((_scalar("facts"), facts),), HERE, 0, 0), HERE.shown, base).statements
    return {
        term: None if value is None else Statement(unknown=value) if isinstance(value, Unknown) else read[term][0]
        for term, value in changes.items()
    }


def _scalar(text: str) -> Scalar:
    return Scalar(text, False, HERE, 0, 0)


def _text(value: object) -> str:
    match value:
        case None | Unknown():
            return "not_known"
        case bool():
            return str(value).lower()
        case float():
            return f"{Decimal(repr(value)):f}"
        case int() | Decimal():
            return f"{Decimal(value):f}"
        case date():
            return value.isoformat()
    return str(value)


def _check_formulas(memory: WorkingMemory, read: Mapping[str, Statement | None]) -> None:
    faults = []
    for name, said in read.items():
        term = memory.base.terms[name]
        known = computed(term, {k: f.value for k, f in memory.facts.items() if k != name}) if term.computed else None
        if said is None or said.value is None or known is None or term.tolerance is None:
            continue
        if abs(known - said.value) > term.tolerance:  # type: ignore[operator]
            message = (
                f"`{name}` is computed from other facts as {shown_value(known)}, here it is {shown_value(said.value)}"
            )
            faults.append(Issue("computed", message, HERE.place(0, 0), "change the facts that it is computed from"))
    if faults:
        raise CaseError(faults)


def with_changes(memory: WorkingMemory, read: Mapping[str, Statement | None]) -> WorkingMemory:
    """The case with other statements. A hand-written result of a formula that reads one goes, unless changed too."""
    for term in read:
        memory = memory.with_fact(term, None)
    said = {term: (statement,) for term, statement in read.items() if statement is not None}
    return replace(memory, statements={**memory.statements, **said})


def _becomes(said: Statement | None) -> Value | Unknown:
    if said is None:
        return Unknown.NOT_ASKED
    assert said.value is not None or said.unknown is not None
    return said.value if said.value is not None else said.unknown  # type: ignore[return-value]


def differences(before: Diagnosis, after: Diagnosis, asked: Iterable[str] = ()) -> list[Difference]:
    """What two diagnoses of one rule base say differently; ``asked`` are the facts that were changed on purpose."""
    found: list[Difference] = []
    both = (before, after)

    def note(what: str, name: str, values: Sequence[Value | None], title: str = "") -> None:
        old, new = values
        if old != new:
            found.append(Difference(what, name, old, new, title))

    base = before.base
    for name, term in base.terms.items():
        if name not in asked and term.computed:
            note("fact", name, [d.matches.values.get(name) for d in both])
    note("mode", "mode", [d.mode for d in both])
    for stage in (s.stage for s in before.stages):
        note("stage", stage.id, [_status(d, stage.id) for d in both], stage.title)
    note("concluded", "concluded", [d.concluded.stage.id if d.concluded else None for d in both])
    for stage in (f.stage for f in before.files):
        note("file", stage.id, [_file(d, stage.id) for d in both], stage.title)
    for rule in base.rules:
        fired = [d.matches.truths[rule.id] is TRUE for d in both]
        if fired[0] is not fired[1]:
            said = [d.because(rule) or rule.title if true else None for d, true in zip(both, fired, strict=True)]
            note("fired", rule.id, said, rule.title)
    for what, listed in LISTS.items():
        lists = [{r.intervention.id: r.why or what for r in getattr(d, listed)} for d in both]
        for id in dict.fromkeys([*lists[0], *lists[1]]):
            note(what, id, [entries.get(id) for entries in lists], base.interventions[id].title)
    asking = [{term.name: "asked" for term in d.next_questions} for d in both]
    for name in dict.fromkeys([*asking[0], *asking[1]]):
        note("next_question", name, [questions.get(name) for questions in asking], base.terms[name].question)
    return found


def _status(diagnosis: Diagnosis, stage: str) -> str:
    beside = [word for word in ("concluded", "held") if diagnosis.ladder[f"{stage}.{word}"] is TRUE]
    return ", ".join([str(diagnosis.ladder[f"{stage}.status"]), *beside])


def _file(diagnosis: Diagnosis, stage: str) -> str:
    file = next(file for file in diagnosis.files if file.stage.id == stage)
    return file.status + "".join(f", {rule.id}" for rule in file.blocked_by)
