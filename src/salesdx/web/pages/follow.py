"""A case through time: a recommendation is taken on or declined, sessions are written down and confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import partial

from fastapi import APIRouter, Response

from salesdx.base.judges import VOIDS
from salesdx.base.reading import date_fault
from salesdx.base.records import SESSIONS
from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnose import quick
from salesdx.ledger.errors import NoSuch, Refused, TrailError
from salesdx.render.pages.case_words import Send, case_title
from salesdx.render.pages.follow_page import follow_page
from salesdx.render.pages.shell import PageFault
from salesdx.services.acts import check_may
from salesdx.services.experience import experiences
from salesdx.services.follow_acts import FollowAction, act_for
from salesdx.services.following import (
    CaseStep,
    CaseText,
    OwnVoice,
    confirm_session,
    decline,
    state_event,
    state_session,
    take_on,
    voice_of,
)
from salesdx.text.issues import CaseError
from salesdx.trail.lookalike import MAX_REASON
from salesdx.trail.recording import recorded_case
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, Working, go_to, shown_page
from salesdx.web.pages.held import TRIES, WEB, HeldPage, change_held, form_key, held_page, new_key
from salesdx.web.store import Overtaken

router = APIRouter(include_in_schema=False)
HERE = "/cases/{case}/follow"
Make = Callable[[CaseText, OwnVoice], CaseStep]


class WrongField(Exception):
    """Something that was typed cannot be read: the field, and why."""

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field, self.told = field, told


def record_step(visit: Working, id: str, key: str, make: Make, door: str = WEB) -> CaseStep | None:
    """Do one thing about a case that a service holds, recorded in one transaction; None where it was done before.

    Raises NoSuch for who does not sit at it or may not, and what ``make`` raises; then nothing has happened.
    """
    desk, by = visit.desk, visit.by
    for _ in range(TRIES):
        now = checked_page(visit, id)
        made_key = form_key(id, key, door=door)
        if desk.server.done(made_key) is not None:
            return None
        with desk.thinking:
            step = make(case_text_of(now), voice_of(desk.base, by.role, by.name))
        rules = desk.base.digest
        act = act_for(step, recorded_case(step.after.memory), rules)
        beside = partial(change_held, now=now, text=step.after.text, rules=rules)
        try:
            desk.server.perform_beside(act, by, str, made_key, beside)
        except Overtaken:
            continue
        return step
    raise TrailError("too many people change this case at the same moment")


def checked_page(visit: Working, id: str) -> HeldPage:
    """A case for whoever may follow it. Raises NoSuch."""
    now = held_page(visit, id)
    try:
        check_may(FollowAction, visit.by, visit.desk.server.in_force())
    except Refused as error:
        raise NoSuch(str(error)) from None
    return now


def case_text_of(now: HeldPage) -> CaseText:
    """A case that a service holds, as steps change it."""
    return CaseText(now.conversation.memory, now.row.text, now.id, now.today)


@router.get(HERE)
def case_through_time(case: str, visit: Visiting) -> Response:
    """What was done about a case, and where more of it is said."""
    return _page(visit, checked_page(visit, case))


@router.post(f"{HERE}/actions")
def decide_on_action(case: str, visit: Visiting, form: OwnForm) -> Response:
    """Take a recommendation on, or decline it."""
    id = form.get("intervention", "")
    typed = {name: form.get(f"{name}-{id}", "").strip() for name in ("owner", "start", "until", "reason")}

    def make(now: CaseText, voice: OwnVoice) -> CaseStep:
        if form.get("decide") == "decline":
            if not typed["reason"]:
                raise WrongField(f"reason-{id}", "say why nobody takes it on")
            return decline(now, id, typed["reason"], voice)
        start = _day(typed["start"], f"start-{id}") or now.today
        if not typed["owner"]:
            raise WrongField(f"owner-{id}", "say who does it")
        return take_on(now, id, typed["owner"], start, voice, _day(typed["until"], f"until-{id}"))

    return _done(visit, case, form, make, f"owner-{id}", {"intervention": id, **typed})


@router.post(f"{HERE}/sessions")
def write_session_down(case: str, visit: Visiting, form: OwnForm) -> Response:
    """A session that was held or missed, or is planned."""
    typed = {name: form.get(name, "").strip() for name in ("action", "what", "date")}

    def make(now: CaseText, voice: OwnVoice) -> CaseStep:
        if typed["what"] not in SESSIONS:
            raise WrongField("what", "choose what it is")
        day = _day(typed["date"], "date")
        if day is None:
            raise WrongField("date", "say on which day")
        return state_session(now, typed["action"], typed["what"], day, form.get("how") == "missed", voice)

    return _done(visit, case, form, make, "date", typed)


@router.post(f"{HERE}/sessions/{{session}}/confirmation")
def confirm_held(case: str, session: str, visit: Visiting, form: OwnForm) -> Response:
    """Confirm that a session was held."""
    if checked_page(visit, case).conversation.memory.followed.session(session) is None:
        raise NoSuch("there is no such session")
    return _done(visit, case, form, lambda now, voice: confirm_session(now, session, voice), "", {})


@router.post(f"{HERE}/changes")
def record_change(case: str, visit: Visiting, form: OwnForm) -> Response:
    """A change, or an absence, after which a measure says nothing."""
    typed = {name: form.get(name, "").strip() for name in ("change", "since", "days")}

    def make(now: CaseText, voice: OwnVoice) -> CaseStep:
        if typed["change"] not in VOIDS:
            raise WrongField("change", "choose what changed")
        day = _day(typed["since"], "since")
        if day is None:
            raise WrongField("since", "say from which day")
        if typed["days"] and not (
            typed["days"].isascii() and typed["days"].isdigit() and 0 < int(typed["days"]) < 3661
        ):
            raise WrongField("days", "this is a number of days, from 1 to 3,660")
        return state_event(now, typed["change"], day, int(typed["days"]) if typed["days"] else None, "", voice)

    return _done(visit, case, form, make, "days", typed)


def _followed_here(visit: Visit) -> Iterator[WorkingMemory]:
    """The cases held here about which something was done; those that cannot be read any more are passed over."""
    for name, text in visit.desk.store.open_texts().items():
        if "actions" in text:
            with suppress(CaseError):
                yield case_from_text(text, name, visit.desk.base)


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    if date_fault(text):
        raise WrongField(field, "write the day as 2026-12-01")
    return date.fromisoformat(text)


def _done(
    visit: Visit, case: str, form: Mapping[str, str], make: Make, field: str, typed: Mapping[str, str]
) -> Response:
    """Do it and show the page again; what is wrong with it stands at its field."""
    try:
        record_step(visit, case, form.get("key", ""), make)
    except WrongField as error:
        return _page(visit, checked_page(visit, case), PageFault(error.told, error.field), typed)
    except NoSuch:
        raise
    except Refused as error:
        return _page(visit, checked_page(visit, case), PageFault(str(error), field), typed)
    return go_to(f"/cases/{case}/follow")


def _page(
    visit: Visit, now: HeldPage, fault: PageFault | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    memory = now.conversation.memory
    with visit.desk.thinking:
        found = quick(visit.desk.base, memory)
        known = experiences(_followed_here(visit), now.today) if found.recommendations else ()
    sends = {name: now.send("follow", name) for name in ("actions", "sessions", "changes")}
    for one in memory.followed.sessions:
        sends[one.id] = Send(now.address("follow", "sessions", one.id, "confirmation"), new_key())
    name = case_title(memory)
    shell = visit.shell((now.address("answers"), name), faults=(fault,) if fault else ())
    page = follow_page(shell, name, found, now.today, visit.by.name, sends, dict(typed or {}), MAX_REASON, known)
    return shown_page(page, 422 if fault else 200)
