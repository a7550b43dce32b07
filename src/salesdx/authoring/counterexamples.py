"""What a search found as cases that people can state: who says it, with what evidence, of which day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from salesdx.base.model import SYSTEM, RuleBase, Term
from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory, asked_behind
from salesdx.case.settling import computed
from salesdx.case.statement import ShownIn, Statement, Unknown
from salesdx.case.writing import new_case
from salesdx.engine.backends.smt.counterexample import Facts, Found
from salesdx.language.conditions import Value

CASE, EXCUSE = "counterexample", "it does not apply"
NO_DAY = date(2020, 1, 1)
"""The day of a counterexample whose rules ask for no end of the period."""
OTHER, REPORT = "somebody", ShownIn("report", "0" * 64)
Statements = dict[str, tuple[Statement, ...]]


def cases_of(base: RuleBase, found: Found) -> tuple[WorkingMemory, WorkingMemory | None]:
    """The case that a search found, and the same case after the change of which the property speaks.

    What meets a floor is stated by whoever must know, with the evidence that the floor asks for; the rest is nobody's
    word. A value of a computed term that its formula does not give was written by hand; of what it reads and is unknown
    somebody says that it is not known. Raises CaseError where no file can say that.
    """
    facts, after = found.facts or {}, found.after
    hand = {**_by_hand(base, after or {}), **_by_hand(base, facts)}
    least = facts if after is None else after
    silent = {read for name in hand for read in asked_behind(base)[name] if read not in least}
    end = facts.get(base.ladder.period_end_term) if base.ladder.period_end_term else NO_DAY
    day = end if isinstance(end, date) else None
    head = {base.ladder.subject_term, base.ladder.period_end_term}
    kind = facts.get(base.ladder.subject_term)
    subject = {"kind": str(kind), "ref": CASE} if kind is not None and day else {}

    def memory(known: Facts) -> WorkingMemory:
        said = {name: _said(base.terms[name], value, found.floor.get(name), base, day) for name, value in known.items()
                if not base.terms[name].computed}  # fmt: skip
        for name in silent:
            said[name] = (*said.get(name, ()), Statement(unknown=Unknown.NOT_KNOWN, author=OTHER))
        said |= {name: (Statement(value),) for name, value in hand.items()}
        told = {name: statements for name, statements in said.items() if not (subject and name in head)}
        made = WorkingMemory(base, told, CASE, subject, (day, day) if day else None)
        return case_from_text(new_case(made), CASE, base)  # what a file says of it, its head too

    return memory(facts), memory(after) if after is not None else None


def _by_hand(base: RuleBase, facts: Facts) -> dict[str, Value]:
    """The computed terms whose values their formulas do not give."""
    known = {name: value for name, value in facts.items() if value is not None}
    return {name: value for name, value in known.items()
            if base.terms[name].computed and computed(base.terms[name], known) is None}  # fmt: skip


def _said(term: Term, value: Value | None, kind: str | None, base: RuleBase, day: date | None) -> tuple[Statement, ...]:
    """A value, or an excuse for None; ``kind`` is the evidence that meets its floor, None where it is to meet none."""
    roles = [role for role in term.only or (term.respondent,) if role != SYSTEM]
    role = next((role for role in roles if role != base.ladder.asked_by), roles[0] if roles else term.respondent)
    said = Statement(value, by=role, report=None if roles else REPORT)
    if value is None:
        said = replace(said, unknown=Unknown.NOT_APPLICABLE, reason=EXCUSE)
    if kind is None:
        return (replace(said, by="") if value is not None else said,)
    floors = (stage.floor for stage in base.stages if stage.floor is not None)
    kind = next(floors).asker_kind if role == base.ladder.asked_by else kind
    signed = replace(said, kind=kind, date=day)
    return (
        tuple(replace(signed, author=f"{OTHER}-{n}") for n in range(1, term.authors + 1))
        if term.authors > 1
        else (signed,)
    )
