"""The case as its record tells it: with what sessions state, what became of actions, and what the company repairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from salesdx.base.model import RuleBase
from salesdx.case.followed import ACCEPTED, Action
from salesdx.case.memory import WorkingMemory, asked_behind
from salesdx.case.settling import is_own
from salesdx.case.statement import Statement, evidence_rank
from salesdx.followup.actions import under_remedy
from salesdx.followup.outcomes import DECIDED, outcome, told_within
from salesdx.followup.sessions import record_statements


def with_record(case: WorkingMemory) -> WorkingMemory:
    """The case with all that its record says on the day of the diagnosis; as it is where nothing was done about it."""
    base, today = case.base, case.today
    if not case.followed.actions or case.remedies is not None:
        return case
    said = {name: (statement,) for name, statement in record_statements(base, case, today).items()}
    said |= {name: (statement,) for name, statement in _outcomes(base, case, today)}
    day = case.period[1] if today is None and case.period is not None else today  # a worked case is of its last day
    return replace(case, recorded=said, remedies=under_remedy(base, case, day))


def _outcomes(base: RuleBase, case: WorkingMemory, today: date | None) -> Iterator[tuple[str, Statement]]:
    """What became of each intervention that rules ask for: of the last action by which somebody took it on."""
    for name, term in base.terms.items():
        taken = [a for a in case.followed.actions if a.intervention == term.outcome_of and a.state == ACCEPTED]
        if not term.outcome_of or not taken:
            continue
        action = max(taken, key=lambda each: each.start or date.min)
        found = outcome(base, case, action, today)
        if found.result in DECIDED and found.window is not None:
            by, kind = _carried(base, case, action, found.window[1])
            day = found.window[1] if today is None else min(today, found.window[1])
            yield name, Statement(str(found.result), by=by, kind=kind, date=day, record=(action.id,))


def _carried(base: RuleBase, case: WorkingMemory, action: Action, until: date) -> tuple[str, str]:
    """By whom and by what kind of evidence an outcome is told: as its weakest fact. Nobody stands behind what is
    said by hand, which meets no floor, nor behind what somebody said who need not know."""
    judge = base.interventions[action.intervention].judge
    assert judge is not None and action.start is not None
    inside = told_within(case, action.start, until)
    behind = asked_behind(base)
    read = dict.fromkeys(asked for name in judge.reads for asked in behind.get(name, (name,)))
    facts = [inside.facts[name] for name in read if name in inside.facts]
    used = [said for fact in facts for said in fact.statements if said.stands and said.value == fact.value]
    alike = all(is_own(base.terms[fact.term], said) for fact in facts for said in fact.statements if said in used)
    if not used or not alike or any(fact.disputed for fact in facts):
        return "", base.default_evidence
    weakest = max(used, key=lambda said: evidence_rank(base, said))
    return judge.by, weakest.kind or base.default_evidence
