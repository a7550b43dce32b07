"""Acts with what is done after a review: actions, their sessions, changes in the firm, outcomes, and a next review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from salesdx.case.followed_writing import plain_entry
from salesdx.case.statement import shown_value
from salesdx.followup.outcomes import Became, Outcome, outcomes
from salesdx.ledger.errors import Refused
from salesdx.ledger.standalone.register import CONCERNED, LINK, TYPED
from salesdx.services.acts import Act, Done, Render, in_force
from salesdx.services.case_acts import taken_case
from salesdx.services.following import CaseStep, voice_of

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.case.memory import WorkingMemory
    from salesdx.ledger.log import Person, Trail

LAST = {"confirmed": "confirmed", "judged": "judged"}
"""What was done -> the key of the entry whose last line says who did it; else the entry itself says it."""
NOBODYS = ("contested", "withdrawn")
"""What was done by whom the entry does not name: it is whoever acts."""


@dataclass(frozen=True)
class RecordFollowed(Act):
    """Record one thing that was done about a case: the case after it, what was done, and the entry as it stands now.

    ``done`` is what `services.following` calls it. In a trail that knows its people the entry names who acts, and the
    person concerned acts in their own case alone.
    """

    case: Mapping[str, Any]
    rules: str
    done: str
    entry: Mapping[str, Any]
    grant: ClassVar[str] = "follow"
    runs_rules: ClassVar[bool] = True
    holds: ClassVar[tuple[str, ...]] = ()
    """What can be done by it."""
    key: ClassVar[str] = ""
    """The list of the case in which the entry stands."""

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        memory = taken_case(self.case, self.rules, in_force(base))
        if self.done not in self.holds:
            raise Refused(f"`{self.done}` is nothing that is recorded so; it is one of {', '.join(self.holds)}")
        there = [plain_entry(entry.parts()) for entry in getattr(memory.followed, self.key)]
        if dict(self.entry) not in there:
            raise Refused("the case does not hold what is to be recorded of it")
        if by.identity != TYPED:
            self._check_own(memory, by)
        subject = memory.subject.get("ref", "")
        body = {"done": self.done, "entry": dict(self.entry)}
        with trail.append() as appender:
            return Done(appender.add(self.type, body, by, case=memory.case, subject=subject, base=memory.base))

    def _check_own(self, memory: WorkingMemory, by: Person) -> None:
        if by.identity == LINK:  # to a letter about this case, which only whom it is about was given
            if self.done != "contested":
                raise Refused("by a link a session is contested, and no more")
            return
        if by.role == CONCERNED and memory.subject.get("ref", "").casefold() != by.name.casefold():
            raise Refused("the case is about somebody else")
        if self.done in NOBODYS:
            return
        said = self.entry[LAST[self.done]][-1] if self.done in LAST else self.entry
        own = voice_of(memory.base, by.role, by.name)
        if (said.get("by", ""), said.get("author", "").casefold()) != (own.by, own.author.casefold()):
            raise Refused("the entry names somebody else than you")


@dataclass(frozen=True)
class FollowAction(RecordFollowed):
    """An intervention is taken on, declined, or judged by hand."""

    type: ClassVar[str] = "action"
    holds: ClassVar[tuple[str, ...]] = ("accepted", "declined", "judged")
    key: ClassVar[str] = "actions"


@dataclass(frozen=True)
class FollowSession(RecordFollowed):
    """A session of an action is planned, was held, or was missed."""

    type: ClassVar[str] = "session"
    holds: ClassVar[tuple[str, ...]] = ("planned", "held", "missed")
    key: ClassVar[str] = "sessions"


@dataclass(frozen=True)
class ConfirmSession(FollowSession):
    """Somebody confirms that a session was held."""

    grant: ClassVar[str] = "confirm_session"
    holds: ClassVar[tuple[str, ...]] = ("confirmed",)


@dataclass(frozen=True)
class ContestSession(FollowSession):
    """The person concerned, or who speaks for them, contests a session, or takes that back."""

    grant: ClassVar[str] = "contest_session"
    holds: ClassVar[tuple[str, ...]] = NOBODYS


@dataclass(frozen=True)
class StateChange(RecordFollowed):
    """A change in the firm, or an absence, after which measures say nothing."""

    type: ClassVar[str] = "review"
    holds: ClassVar[tuple[str, ...]] = ("territory", "goal", "prices", "absence")
    key: ClassVar[str] = "events"


@dataclass(frozen=True)
class RecordOutcomes(Act):
    """Record what became of the actions of a case: each outcome that is decided, or can be no more, once. What it is is
    found out here."""

    case: Mapping[str, Any]
    rules: str
    grant: ClassVar[str] = "follow"
    type: ClassVar[str] = "outcome"
    runs_rules: ClassVar[bool] = True

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        memory = taken_case(self.case, self.rules, in_force(base))
        subject, seq = memory.subject.get("ref", ""), -1
        with trail.append() as appender:
            named = appender.reader.pseudonym("case", memory.case)
            rows = appender.reader.rows(case=named, types=(self.type,)) if named else ()
            last = {row["entry"]["action"]: row for found in rows if (row := (found.content or {}).get("body"))}
            for became in outcomes(memory.base, memory, memory.today).values():
                body = {"done": str(became.result), "entry": _outcome_entry(became)}
                if became.result is not Became.TOO_EARLY and last.get(became.action) != body:
                    seq = appender.add(self.type, body, by, case=memory.case, subject=subject, base=memory.base)
        return Done(seq)


def _outcome_entry(became: Outcome) -> dict[str, Any]:
    """An outcome as records hold it."""
    window = {"from": became.window[0].isoformat(), "until": became.window[1].isoformat()} if became.window else None
    by = {term: "not known" if value is None else shown_value(value) for term, value in became.decided_by}
    told = {"action": became.action, "intervention": became.intervention, "reason": became.reason}
    return {**told, "window": window, "decided_by": by}


@dataclass(frozen=True)
class FollowReview(Act):
    """A review begins that follows another one."""

    case: Mapping[str, Any]
    rules: str
    grant: ClassVar[str] = "answer"
    type: ClassVar[str] = "review"
    runs_rules: ClassVar[bool] = True

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        memory = taken_case(self.case, self.rules, in_force(base))
        if memory.followed.follows is None:
            raise Refused("the case follows no other one")
        body, subject = {"done": "follows", "follows": memory.followed.follows}, memory.subject.get("ref", "")
        with trail.append() as appender:
            return Done(appender.add(self.type, body, by, case=memory.case, subject=subject, base=memory.base))


def act_for(step: CaseStep, case: Mapping[str, Any], rules: str) -> RecordFollowed:
    """The act that records a step; ``case`` is the case after it as records hold it."""
    kinds = (FollowAction, FollowSession, ConfirmSession, ContestSession, StateChange)
    kind = next(one for one in kinds if one.type == step.kept and step.act in one.holds)
    return kind(case, rules, step.act, plain_entry(step.entry))
