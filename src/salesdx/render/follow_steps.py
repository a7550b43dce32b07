"""One thing that was done about a case, in a line."""

from __future__ import annotations

from salesdx.followup.outcomes import outcome
from salesdx.render.followed_words import CHANGES, title
from salesdx.services.following import CaseStep
from salesdx.text.english import many


def step_line(step: CaseStep) -> str:
    """One thing that was done, in a line."""
    base, entry, id = step.after.base, step.entry, step.entry.get("id", "")
    match step.act:
        case "accepted":
            told = f"taken on by {entry['owner']} from {entry['start']}"
            action = step.after.memory.followed.action(id)
            assert action is not None
            window = outcome(base, step.after.memory, action, step.after.today).window
            judged = f", judged from {window[0]} to {window[1]}" if window else ""
            return f"{id}: “{title(base, entry['intervention'])}”, {told}{judged}"
        case "declined":
            return f"{id}: “{title(base, entry['intervention'])}”, declined: {entry['reason']}"
        case "judged":
            worked = "worked" if entry["judged"][-1]["worked"] else "did not work"
            return f"{id}: “{title(base, entry['intervention'])}” {worked}, says {entry['judged'][-1]['author']}"
        case "confirmed":
            return f"{id}: {entry['what']} on {entry['date']}, confirmed by {entry['confirmed'][-1]['author']}"
        case "contested" | "withdrawn":
            return f"{id}: {entry['what']} on {entry['date']}, {step.act}: {entry[step.act]['reason']}"
        case "planned" | "held" | "missed":
            return f"{id}: {entry['what']} on {entry['date']}, {step.act}"
    return f"{CHANGES[step.act]}, {entry['date']}" + (f", {many(entry['days'], 'day')}" if "days" in entry else "")
