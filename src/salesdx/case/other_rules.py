"""A case taken from one rule base to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, firm_from, with_profile
from salesdx.case.followed import Followed
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement
from salesdx.case.writing import new_case
from salesdx.text.issues import CaseError

RECORDED = "the recorded case"
"""What the case of a record is called in messages."""


def carried(memory: WorkingMemory, base: RuleBase) -> tuple[WorkingMemory, tuple[str, ...]]:
    """A case as another rule base reads it, and the terms whose facts it cannot read."""
    own, unread = _own(memory.own, base)
    said: Mapping[str, tuple[Statement, ...]] = {}
    if memory.firm is not None:
        try:
            said = firm_from(memory.firm.text, RECORDED, (), base)[1]
        except CaseError:
            unread = (*unread, *(term for term in memory.profile if term not in unread))
    read = with_profile(own, memory.firm, said)
    return replace(read, today=memory.today, left_out=memory.left_out, persons=memory.persons), unread


def _own(memory: WorkingMemory, base: RuleBase) -> tuple[WorkingMemory, tuple[str, ...]]:
    """What stands in the case itself."""
    memory = replace(memory, followed=memory.followed.readable(base.interventions))
    try:
        return case_from_text(new_case(memory), RECORDED, base), ()
    except CaseError:
        kept: dict[str, tuple[Statement, ...]] = {}
        facts = replace(memory, subject={}, period=None, followed=Followed())
        stated = {term: said for term, said in memory.statements.items() if term not in memory.fixed}
        for term, said in stated.items():
            try:
                one = replace(facts, statements={term: said}, fixed=frozenset())
                kept |= case_from_text(new_case(one), RECORDED, base).statements
            except CaseError:
                continue
        unread = tuple(term for term in stated if term not in kept)
        try:
            return case_from_text(new_case(replace(memory, statements=kept)), RECORDED, base), unread
        except CaseError:  # another kind of subject, or a fact that a formula of these rules contradicts
            subject = {key: part for key, part in memory.subject.items() if key != "kind"}
            return WorkingMemory(base, kept, memory.case, subject, memory.period, followed=memory.followed), unread
