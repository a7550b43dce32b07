"""What is done about a case after its review, for every door: an action taken on or declined, its sessions, who
confirms or contests them, and changes that void a measure. Each writes one entry of the case file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from salesdx.base.judges import SET, VOIDS, Judge
from salesdx.base.model import RuleBase
from salesdx.base.records import SESSIONS
from salesdx.case.case_fields import IDENTIFIER
from salesdx.case.file import case_from_text, firm_beside, with_firm
from salesdx.case.followed import (
    ACCEPTED,
    DECLINED,
    Action,
    Confirmation,
    Contest,
    Event,
    Followed,
    Judged,
    Session,
)
from salesdx.case.followed_writing import add_entry, set_parts
from salesdx.case.memory import WorkingMemory
from salesdx.case.sealed_case import with_evidence
from salesdx.engine.diagnose import quick
from salesdx.ledger.errors import Refused
from salesdx.ledger.standalone.register import CONCERNED
from salesdx.services.files import UserFile
from salesdx.text.issues import did_you_mean

Kept = Literal["action", "session", "review"]
"""The type of the record that holds it."""


@dataclass(frozen=True)
class OwnVoice:
    """Who says it: a respondent's role, and the person by an identifier."""

    by: str
    author: str


@dataclass(frozen=True)
class CaseText:
    """A case and the text of its file, which are changed together."""

    memory: WorkingMemory
    text: str
    shown: str
    today: date

    @property
    def base(self) -> RuleBase:
        return self.memory.base


def case_text(base: RuleBase, file: UserFile, firm: Path | None, today: date) -> CaseText:
    """A case file with the profile of the firm, the given one or the one beside it. Raises CaseError."""
    shown = str(file.path)
    memory = with_firm(case_from_text(file.text, shown, base), firm or firm_beside(file.path, base))
    return CaseText(with_evidence(memory, file.path), file.text, shown, today)


@dataclass(frozen=True)
class CaseStep:
    """One thing that was done: the case after it, and what a trail holds of it."""

    after: CaseText
    kept: Kept
    act: str
    """What was done: `accepted`, `declined`, `judged`; `planned`, `held`, `missed`, `confirmed`, `contested`,
    `withdrawn`; or the change."""
    entry: Mapping[str, Any]
    """The entry of the case file as it stands now."""


def voice_of(base: RuleBase, role: str, author: str) -> OwnVoice:
    """Whose word it is that somebody gives in a role. Raises Refused for a role that states nothing."""
    if role == CONCERNED and role not in base.respondents and (together := base.ladder.confirmed_by.get("together")):
        role = together[-1]  # the person concerned stands last among those who confirm together
    if role not in base.respondents:
        help = did_you_mean(role, base.respondents) or f"they are {', '.join(base.respondents)}"
        raise Refused(f"`{role}` is no respondent of these rules, so nobody speaks in that role; {help}")
    if not IDENTIFIER.fits(author):
        raise Refused(f"`{author}` is no identifier of a person: {IDENTIFIER.said}")
    return OwnVoice(role, author)


def take_on(
    case: CaseText,
    intervention: str,
    owner: str,
    start: date,
    voice: OwnVoice,
    until: date | None = None,
    form: str = "",
    named: str = "",
) -> CaseStep:
    """Somebody takes an intervention on. Raises Refused for what nothing recommends and acts on a person, for what
    needs a day on which it is judged, and for what is on record already."""
    name = intervention_named(case.base, intervention)
    made, rules = case.base.interventions[name], recommending(case.memory, name)
    if made.personnel and not rules:
        raise Refused(f"“{made.title}” acts on a person, and nothing recommends it on these facts")
    if _is_set(made.judge) and until is None:
        raise Refused(f"the day on which “{made.title}” is judged is set when it begins: name it (--until)")
    if until is not None and not _is_set(made.judge):
        raise Refused(f"when “{made.title}” is judged follows from the rules, so nobody sets the day")
    if until is not None and until <= start:
        raise Refused("an action is judged after it begins")
    for action in case.memory.followed.actions:
        if (action.intervention, action.state, action.start) == (name, ACCEPTED, start):
            raise Refused(f"“{made.title}” is on record as `{action.id}` already, from {start} on")
    if not IDENTIFIER.fits(owner):
        raise Refused(f"`{owner}` is no identifier of a person: {IDENTIFIER.said}")
    id = _next("A", (action.id for action in case.memory.followed.actions))
    entry = Action(
        id, name, rules, owner, start, ACCEPTED, None, voice.by, voice.author, until, form.strip(), named.strip()
    )
    return _added(case, "actions", entry, ACCEPTED)


def decline(case: CaseText, intervention: str, reason: str, voice: OwnVoice) -> CaseStep:
    """Somebody declines an intervention, for a reason. Raises Refused for what nothing recommends."""
    name = intervention_named(case.base, intervention)
    rules = recommending(case.memory, name)
    if not rules:
        raise Refused(f"nothing recommends “{case.base.interventions[name].title}” on these facts")
    if not reason.strip():
        raise Refused("declining needs a reason")
    id = _next("A", (action.id for action in case.memory.followed.actions))
    entry = Action(id, name, rules, "", None, DECLINED, reason.strip(), voice.by, voice.author)
    return _added(case, "actions", entry, DECLINED)


def say_whether_worked(case: CaseText, action: str, worked: bool, voice: OwnVoice) -> CaseStep:
    """The respondent of a judge says whether an action worked. Raises Refused where a condition decides it."""
    place, found = _action(case, action)
    made = case.base.interventions[found.intervention]
    if made.judge is None or not made.judge.by_hand:
        raise Refused(f"whether “{made.title}” worked is decided by its measure, and nobody types it")
    if voice.by != made.judge.by:
        asked = case.base.respondents[made.judge.by]
        raise Refused(f"whether “{made.title}” worked is said by {asked}")
    after = replace(found, judged=(*found.judged, Judged(worked, voice.by, voice.author, case.today)))
    return _set(case, ("actions", place), after, ("judged",), "judged")


def state_session(case: CaseText, action: str, what: str, day: date, missed: bool, voice: OwnVoice) -> CaseStep:
    """A session of an action: held or missed on a day that is past, planned for one to come; a planned one that was
    held since is marked so. Raises Refused."""
    if what not in SESSIONS:
        raise Refused(f"a session is one of {', '.join(SESSIONS)}")
    _, found = _action(case, action)
    held = not missed and day <= case.today
    if missed and day > case.today:
        raise Refused(f"{day} is still to come, so nothing was missed")
    if found.start is not None and day < found.start:
        raise Refused(f"`{found.id}` begins on {found.start}, and {day} is before it")
    for place, session in enumerate(case.memory.followed.sessions):
        if (session.action, session.what, session.date) != (found.id, what, day):
            continue
        if session.held or not held:
            raise Refused(f"this session is on record as `{session.id}` already")
        after = replace(session, held=True, by=voice.by, author=voice.author)
        keys = ("held", *(key for key in ("by", "author") if getattr(after, key) != getattr(session, key)))
        return _set(case, ("sessions", place), after, keys, "held")
    id = _next("S", (session.id for session in case.memory.followed.sessions))
    act = "held" if held else "missed" if missed else "planned"
    return _added(case, "sessions", Session(id, found.id, what, day, held, voice.by, voice.author), act)


def confirm_session(case: CaseText, session: str, voice: OwnVoice) -> CaseStep:
    """Somebody confirms that a session was held. Raises Refused for one's own word, and where it was not held."""
    place, found = _session(case, session)
    if not found.held:
        raise Refused(f"`{found.id}` was not held, so there is nothing to confirm")
    if _same(found.author, voice.author):
        raise Refused("nobody confirms their own word")
    if any(_same(one.author, voice.author) for one in found.confirmed):
        raise Refused(f"`{voice.author}` has confirmed `{found.id}` already")
    if found.disputed:
        raise Refused(f"`{found.id}` is contested; the contest is settled first")
    after = replace(found, confirmed=(*found.confirmed, Confirmation(voice.by, voice.author, case.today)))
    return _set(case, ("sessions", place), after, ("confirmed",), "confirmed")


def contest(case: CaseText, session: str, reason: str, withdraw: bool = False) -> CaseStep:
    """The person concerned says that a session was not as it is recorded, or takes that back; both stay in sight.
    Raises Refused without a reason, and for what was contested already."""
    place, found = _session(case, session)
    if not reason.strip():
        raise Refused("it needs a reason")
    said = Contest(case.today, reason.strip())
    if withdraw:
        if not found.disputed:
            raise Refused(f"`{found.id}` is not contested")
        return _set(case, ("sessions", place), replace(found, withdrawn=said), ("withdrawn",), "withdrawn")
    if found.contested is not None:
        raise Refused(f"`{found.id}` was contested already, on {found.contested.date}")
    return _set(case, ("sessions", place), replace(found, contested=said), ("contested",), "contested")


def state_event(case: CaseText, change: str, day: date, days: int | None, kind: str, voice: OwnVoice) -> CaseStep:
    """A change in the firm, or an absence, from a day on. Raises Refused for a day to come."""
    if change not in VOIDS:
        raise Refused(f"a change is one of {', '.join(VOIDS)}")
    if day > case.today:
        raise Refused(f"{day} is still to come")
    if (days is None) == (change == "absence"):
        raise Refused("an absence, and nothing else, has a number of days (--days)")
    if kind and kind not in case.base.evidence_ranks:
        known = did_you_mean(kind, case.base.evidence_ranks) or f"they are {', '.join(case.base.evidence_ranks)}"
        raise Refused(f"the ladder has no kind of evidence `{kind}`; {known}")
    entry = Event(change, day, days, voice.by, voice.author, kind)
    if entry in case.memory.followed.events:
        raise Refused("this is on record already")
    return _added(case, "events", entry, change)


def intervention_named(base: RuleBase, text: str) -> str:
    """The intervention of an identifier or a title. Raises Refused with what was meant."""
    titles = {one.title.casefold(): name for name, one in base.interventions.items()}
    name = text if text in base.interventions else titles.get(text.casefold(), "")
    if not name:
        meant = did_you_mean(text, [*base.interventions, *titles])
        raise Refused(f"the rules have no intervention `{text}`" + f"; {meant}" * bool(meant))
    return name


def recommending(memory: WorkingMemory, intervention: str) -> tuple[str, ...]:
    """The rules that recommend an intervention on the facts of a case."""
    found = (one for one in quick(memory.base, memory).recommendations if one.intervention.id == intervention)
    return tuple(rule.id for one in found for rule in one.rules)


def _is_set(judge: Judge | None) -> bool:
    return judge is not None and SET in (judge.after.text, judge.until.text)


def _action(case: CaseText, id: str) -> tuple[int, Action]:
    """An action that was taken on, by its id or, where there is one, by its intervention."""
    actions = case.memory.followed.actions
    running = [action.id for action in actions if action.intervention == id and action.state == ACCEPTED]
    wanted = id if any(action.id == id for action in actions) else running[-1] if running else id
    for place, action in enumerate(actions):
        if action.id == wanted:
            if action.state == DECLINED:
                raise Refused(f"`{action.id}` was declined")
            return place, action
    known = [action.id for action in actions if action.state == ACCEPTED]
    help = did_you_mean(id, known) or (f"they are {', '.join(known)}" if known else "none was taken on")
    raise Refused(f"the case has no action `{id}`; {help}")


def _session(case: CaseText, id: str) -> tuple[int, Session]:
    for place, session in enumerate(case.memory.followed.sessions):
        if session.id == id:
            return place, session
    known = [session.id for session in case.memory.followed.sessions]
    help = did_you_mean(id, known) or (f"they are {', '.join(known)}" if known else "none is on record")
    raise Refused(f"the case has no session `{id}`; {help}")


def _same(one: str, other: str) -> bool:
    return bool(one) and one.casefold() == other.casefold()


def _next(letter: str, taken: Iterable[str]) -> str:
    known = set(taken)
    return next(id for number in range(1, len(known) + 2) if (id := f"{letter}{number}") not in known)


def _added(case: CaseText, key: str, entry: Action | Session | Event, act: str) -> CaseStep:
    """The case with one more entry in a list."""
    there = getattr(case.memory.followed, key)
    changed: dict[str, Any] = {key: (*there, entry)}
    return _step(case, replace(case.memory.followed, **changed), key, entry, act, ())


def _set(case: CaseText, at: tuple[str, int], entry: Action | Session, keys: tuple[str, ...], act: str) -> CaseStep:
    """The case with some keys of one entry as they are in ``entry``."""
    key, place = at
    there = getattr(case.memory.followed, key)
    changed: dict[str, Any] = {key: (*there[:place], entry, *there[place + 1 :])}
    return _step(case, replace(case.memory.followed, **changed), key, entry, act, keys, place)


def _step(
    case: CaseText,
    followed: Followed,
    key: str,
    entry: Action | Session | Event,
    act: str,
    keys: tuple[str, ...],
    place: int = 0,
) -> CaseStep:
    memory, parts = replace(case.memory, followed=followed), entry.parts()
    if keys:
        text = set_parts(case.text, case.shown, memory, (key, place), {name: parts[name] for name in keys})
    else:
        text = add_entry(case.text, case.shown, memory, key, parts)
    kept: dict[str, Kept] = {"actions": "action", "sessions": "session", "events": "review"}
    return CaseStep(replace(case, memory=memory, text=text), kept[key], act, parts)
