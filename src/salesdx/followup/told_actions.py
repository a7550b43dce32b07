"""The actions of a case with what became of each, for pages and for programs."""

from __future__ import annotations

from datetime import date
from typing import Any

from salesdx.case.followed import DECLINED, Action
from salesdx.case.memory import WorkingMemory
from salesdx.followup.actions import AFTER, IN, state_now
from salesdx.followup.outcomes import DECIDED, Outcome, outcome


def actions_of(memory: WorkingMemory, today: date | None) -> list[tuple[Action, Outcome | None]]:
    """Each action with what became of it; None of one that was declined."""
    base = memory.base
    return [
        (action, None if action.state == DECLINED else outcome(base, memory, action, today))
        for action in memory.followed.actions
    ]


def actions_data(memory: WorkingMemory) -> dict[str, Any]:
    """`actions` of a case as a diagnosis in JSON has them; nothing where nothing was done about it."""
    found: list[dict[str, Any]] = []
    for action, became in actions_of(memory, memory.today):
        state = "declined" if became is None else "closed" if became.result in DECIDED else _state(memory, action)
        found.append(
            {
                "action": action.id,
                "intervention": action.intervention,
                "owner": action.owner,
                "start": action.start and action.start.isoformat(),
                "state": state,
                "outcome": None if became is None else str(became.result),
                "reason": action.reason or (became.reason if became else ""),
            }
        )
    return {"actions": found} if found else {}


def _state(memory: WorkingMemory, action: Action) -> str:
    """`running` before the window, `due` in it, `closed` after it."""
    return {IN: "due", AFTER: "closed"}.get(state_now(memory.base, memory, action, memory.today), "running")
