"""Whether a question is closed to somebody: it is answered well enough, or this one said that nobody can answer it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from salesdx.base.applying import Conditions, conditions_of
from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact, is_excuse, is_own
from salesdx.case.statement import Statement, Unknown
from salesdx.language.conditions import names, truth
from salesdx.language.intervals import Interval
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
    """Whether a term applies to some subjects alone, and nobody knows yet whether this review is about one of them:
    nobody is asked about a person before it is known that it is about a person."""
    subject = memory.base.ladder.subject_term
    if subject in memory.values:
        return False
    conditions = applying_to(memory.base).get(name, ())
    return any(subject in names(part) and truth(part, memory.values) is UNKNOWN for part in conditions)


@lru_cache(maxsize=8)
def applying_to(base: RuleBase) -> Mapping[str, Conditions]:
    """Term -> the conditions under which it applies, for those that do not always."""
    return conditions_of(base.as_written)


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
    if not said.stands or not (speaks or said.supposed):
        return False
    return (
        said.unknown is Unknown.NOT_KNOWN
        or (said.unknown is Unknown.NOT_APPLICABLE and not own)
        or is_excuse(term, said)
    )
