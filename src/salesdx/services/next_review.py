"""The next review of a subject: what it inherits from the one before, and what is asked anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from salesdx.base.model import PERIOD as WHOLE_PERIOD
from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, untimely
from salesdx.followup.actions import due
from salesdx.ledger.errors import Refused

Period = tuple[date, date]


def next_review(before: WorkingMemory, name: str, period: Period, today: date) -> WorkingMemory:
    """A case about the same subject that follows another one: its actions, sessions and changes, and of its facts those
    that are still current. What a running action is judged by is asked anew where it is older than its window.

    Raises Refused for a period that is not after the one before, and for a case of the same name.
    """
    base = before.base
    if before.period is None:
        raise Refused("the case before says no period")
    if period[0] <= before.period[0]:
        raise Refused(f"the period is not after that of `{before.case}`, which begins on {before.period[0]}")
    if name == before.case:
        raise Refused("a review cannot follow itself: name another file")
    measured = _measured_from(before, today)
    memory = WorkingMemory(base, {}, name, today=today).headed(dict(before.subject), period)
    followed = replace(before.followed, follows=before.case)
    memory = replace(memory, followed=followed, head=replace(memory.head, asked_by=before.head.asked_by))
    for term, said in _stated(before):
        old = term.name in measured and (said.date is None or said.date < measured[term.name])
        if not old and holds_in(base, term, said, before.period, period, today):
            memory = memory.saying(term.name, said)
    return memory


def holds_in(base: RuleBase, term: Term, said: Statement, was: Period | None, now: Period | None, today: date) -> bool:
    """Whether what was said of one period holds in another: it is not too old for it, and was not on a period that is
    another one now."""
    of_period = WHOLE_PERIOD in (term.covers, term.valid_for) or term.name in base.ladder.result_terms.values()
    return (was == now or not of_period) and untimely(term, said, now, today) is None


def _stated(before: WorkingMemory) -> Iterator[tuple[Term, Statement]]:
    """What people stated there themselves and did not take back; figures from systems are drawn anew."""
    for name, statements in before.own.statements.items():
        if name not in before.fixed:
            yield from ((before.base.terms[name], s) for s in statements if s.stands and not s.drawn and not s.supposed)


def _measured_from(before: WorkingMemory, today: date) -> Mapping[str, date]:
    """Term -> the day from which on a running action is judged by it."""
    rows = due(before.base, before, today)
    return {term: row.outcome.window[0] for row in rows if row.outcome.window is not None for term in row.terms}
