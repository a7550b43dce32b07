"""Facts in the words of everyday: questions and answers instead of names, dates as people write them."""

from __future__ import annotations

from datetime import date

from salesdx.base.model import RuleBase, Term
from salesdx.case.settling import Fact
from salesdx.case.statement import COMPUTED, Statement, Unknown, Untimely, evidence_kind
from salesdx.case.typed_dates import MONTHS
from salesdx.engine.diagnosis import status_words
from salesdx.language.conditions import Value
from salesdx.render.blocks import Mark
from salesdx.render.wording import amount, person

STANDING = {
    Mark.CONCLUDED: "the facts point to this as the cause",
    Mark.HELD: "there are signs of it, but an earlier step comes first",
    Mark.PASSED: "looked at, and ruled out",
    Mark.OPEN: "not settled yet",
    Mark.BLOCKED: "may not be considered, because something stands against it",
    Mark.COMPLETE: "the file is complete, so that people may consider it",
    Mark.IDLE: "not part of this result",
}
"""How a step came out."""


def long_date(day: date) -> str:
    """A date in words.

    >>> long_date(date(2026, 11, 24))
    '24 November 2026'
    """
    return f"{day.day} {MONTHS[day.month - 1].capitalize()} {day.year}"


def question_words(term: Term) -> str:
    """What a term asks; where it has no question its label, or its name in words."""
    return term.question or term.label or status_words(term.name).capitalize()


def answer_words(term: Term, known: Value | Unknown | None) -> str:
    """A value in words, with its unit."""
    if isinstance(known, Unknown) or known is None:
        return str(known or Unknown.NOT_KNOWN)
    if isinstance(known, date):
        return long_date(known)
    return status_words(known) if isinstance(known, str) else amount(term, known)


def fact_words(base: RuleBase, fact: Fact) -> str:
    """What is known of a fact, or why it is not used."""
    term = base.terms[fact.term]
    stated = [
        answer_words(term, value)
        for value in dict.fromkeys(s.value for s in fact.statements if s.stands)
        if value is not None
    ]
    match fact.unknown:
        case None:
            known = answer_words(term, fact.value)
            return f"{known}, since the answers disagree ({' and '.join(stated)})" if fact.disputed else known
        case Unknown.DISPUTED:
            return f"the answers disagree ({' and '.join(stated)}), so none of them was used"
        case Unknown.STALE:
            late = fact.untimely or Untimely.OLD
            return f"not used, since it is {late.label}: {' and '.join(stated)}"
        case Unknown.NOT_APPLICABLE:
            return "does not apply"
        case Unknown.NOT_KNOWN:
            return "asked, and not known"
    return "not asked"


def origin_words(base: RuleBase, said: Statement, full: bool) -> str:
    """Where a statement comes from and of which day it is.

    Without ``full`` the kind of source and the office that answered are named, never free text: it may name people.
    """
    if said.source == COMPUTED:
        return "worked out from other facts"
    who = person(base, said.by) if full or said.by in base.respondents else ""
    source = said.source if full or not said.source else evidence_kind(base, said)
    missing = [what for what, known in (("source", source), ("date", said.date)) if not known]
    parts = [
        source,
        f"told by {who}" if who else "",
        long_date(said.date) if said.date else "",
        f"no {' and no '.join(missing)} on record" if missing else "",
        f"because: {said.reason}" if full and said.reason else "",
    ]
    return ", ".join(part for part in parts if part)
