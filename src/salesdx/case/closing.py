"""Whether a question is closed to somebody: it is answered well enough, or this one said that nobody can answer it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from salesdx.base.applying import Conditions, conditions_of
from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact, is_excuse, is_own
from salesdx.case.statement import Statement, Unknown
from salesdx.language.conditions import And, names, truth
from salesdx.language.intervals import Interval
from salesdx.language.rewriting import without_places
from salesdx.language.truth import UNKNOWN


def is_closed(memory: WorkingMemory, name: str, by: str = "", kept: Collection[str] = ()) -> bool:
    """Whether a question to a role is closed: a current statement has a value that is not to be sharpened, or the role
    said "not known" or excused it. "Not known" by anybody else leaves it open.

    Without a role it is whoever must know the term, or nobody in particular. The values of ``kept`` are not to be
    sharpened any more.
    """
    fact = memory.facts.get(name)
    if fact is None:
        return False
    if declines(memory, name, by):
        return True
    known = fact.value is not None or fact.unknown is Unknown.DISPUTED
    return known and (name in kept or not is_vague(fact))


def awaits_subject(memory: WorkingMemory, name: str) -> bool:
    """Whether a term is about a person, and nobody knows yet whether the review is: nobody is asked for it before."""
    if memory.base.ladder.subject_term in memory.values:
        return False
    return any(truth(part, memory.values) is UNKNOWN for part in about_person(memory.base).get(name, ()))


@lru_cache(maxsize=8)
def about_person(base: RuleBase) -> Mapping[str, Conditions]:
    """Term -> the conditions on the subject that it has in common with the stage that acts on a person."""
    stage = base.home.get(base.ladder.personnel_stage)
    if stage is None or stage.applies_when is None:
        return {}
    when = without_places(stage.applies_when)
    parts = when.parts if isinstance(when, And) else (when,)
    on_subject = {part for part in parts if base.ladder.subject_term in names(part)}
    found = {name: tuple(part for part in under if part in on_subject) for name, under in conditions_of(base).items()}
    return {name: common for name, common in found.items() if common}


def declines(memory: WorkingMemory, name: str, by: str = "") -> bool:
    """Whether a role said that it does not know a fact, or excused it."""
    term = memory.base.terms[name]
    return any(_closes(term, said, by) for said in memory.statements.get(name, ()))


def asked_of(memory: WorkingMemory, name: str) -> str:
    """Whom a question goes to: its respondent, and after this one's "not known" or excuse the first of those who may
    answer in his or her place and said neither. Empty where nobody is left, or nobody is asked at all."""
    term = memory.base.terms[name]
    roles = (role for role in (term.respondent, *term.may_answer) if role and not declines(memory, name, role))
    return next(roles, "")


def is_vague(fact: Fact) -> bool:
    """Whether who stated a fact may know it more exactly; not where records give it so, or several disagree."""
    drawn = fact.used is not None and bool(fact.used.drawn)
    return isinstance(fact.value, Interval) and not fact.disputed and not drawn


def _closes(term: Term, said: Statement, by: str) -> bool:
    """Whether a statement is this role's word that it cannot answer; its own term it has to excuse."""
    own = is_own(term, said)
    speaks = said.by == by if by else said.by in ("", term.respondent)
    if not said.stands or said.drawn or not (speaks or said.supposed):  # that systems do not know is nobody's word
        return False
    return (
        said.unknown is Unknown.NOT_KNOWN
        or (said.unknown is Unknown.NOT_APPLICABLE and not own)
        or is_excuse(term, said)
    )
