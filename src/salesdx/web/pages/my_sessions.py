"""The person concerned, by a login of theirs: the sessions on record about them, which they confirm or contest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from fastapi import APIRouter, Response

from salesdx.case.file import case_from_text
from salesdx.case.followed import Session
from salesdx.ledger.errors import NoSuch, Refused, TrailError
from salesdx.ledger.log import Person
from salesdx.render.pages.case_words import Send
from salesdx.render.pages.follow_page import MySessionsPage, SessionCard, session_card
from salesdx.render.pages.shell import PageFault, Shell
from salesdx.services.acts import check_may
from salesdx.services.follow_acts import ContestSession, act_for
from salesdx.services.following import CaseStep, CaseText, confirm_session, contest, voice_of
from salesdx.text.issues import CaseError
from salesdx.trail.concerned import cases_naming, subjects_named
from salesdx.trail.lookalike import MAX_REASON
from salesdx.trail.recording import recorded_case
from salesdx.web.pages.guard import FrontDesk, OwnForm, Visit, Visiting, go_to, shown_page
from salesdx.web.pages.held import TRIES, form_key, new_key, today_at
from salesdx.web.store import CASE_ID, CaseRow, Overtaken, change_row

router = APIRouter(include_in_schema=False)
HERE = "/my-sessions"
NONE = "there is no such session"


@router.get(HERE)
def my_sessions(visit: Visiting) -> Response:
    """What is recorded of sessions with me."""
    return _page(visit)


@router.post(f"{HERE}/{{case}}/{{session}}/contest")
def contest_mine(case: str, session: str, visit: Visiting, form: OwnForm) -> Response:
    """Say that a session was not so."""
    field = f"reason-{session}"
    reason = form.get(field, "").strip()
    found = _mine(visit, case, session)
    if not reason:
        return _page(visit, PageFault("say what was otherwise", field))
    try:
        record_of_mine(visit.desk, visit.by, found, session, form.get("key", ""), reason)
    except Refused as error:
        return _page(visit, PageFault(str(error), field), {field: reason})
    return go_to(HERE)


@router.post(f"{HERE}/{{case}}/{{session}}/confirmation")
def confirm_mine(case: str, session: str, visit: Visiting, form: OwnForm) -> Response:
    """Confirm that a session was held."""
    found = _mine(visit, case, session)
    try:
        record_of_mine(visit.desk, visit.by, found, session, form.get("key", ""), "")
    except Refused as error:
        return _page(visit, PageFault(str(error)))
    return go_to(HERE)


def record_of_mine(
    desk: FrontDesk, by: Person, case: str, session: str, key: str, reason: str, asked_by: Person | None = None
) -> None:
    """The person concerned contests a session for a reason, or confirms it without one; recorded in one transaction.

    Raises Refused, TrailError; then nothing has happened.
    """
    made_key = form_key(case, key, session, reason)
    for _ in range(TRIES):
        found = held_text_of(desk, case)
        if found is None:
            raise Refused("this review is closed")
        if desk.server.done(made_key) is not None:
            return
        row, now = found
        step = _step(now, by, session, reason)
        rules = desk.base.digest
        act = act_for(step, recorded_case(step.after.memory), rules)
        try:
            desk.server.perform_beside(
                act, by, str, made_key, partial(change_row, row=row, text=step.after.text, rules=rules), asked_by
            )
        except Overtaken:
            continue
        return
    raise TrailError("too many people change this case at the same moment")


def _step(now: CaseText, by: Person, session: str, reason: str) -> CaseStep:
    return (
        contest(now, session, reason) if reason else confirm_session(now, session, voice_of(now.base, by.role, by.name))
    )


def held_text_of(desk: FrontDesk, case: str) -> tuple[CaseRow, CaseText] | None:
    """An open case as it is held, for who has no seat at it; None where there is none, or it cannot be read."""
    row = desk.store.held(case) if CASE_ID.fullmatch(case) else None
    if row is None:
        return None
    try:
        memory = case_from_text(row.text, case, desk.base)
    except CaseError:
        return None
    today = today_at(desk)
    return row, CaseText(memory, row.text, case, today)


def _about_me(visit: Visit) -> Iterator[tuple[str, CaseText]]:
    """The cases about the person that are held here. Raises NoSuch for a role that contests nothing."""
    try:
        check_may(ContestSession, visit.by, visit.desk.server.in_force())
    except Refused as error:
        raise NoSuch(str(error)) from None
    with visit.desk.server.trail.read() as reader:
        cases = cases_naming(reader, subjects_named(reader, visit.by.name))
        names = sorted(text for found, kind, text in reader.names() if kind == "case" and found in cases)
    for name in names:
        held = held_text_of(visit.desk, name)
        if held is not None and held[1].memory.subject.get("ref", "").casefold() == visit.by.name.casefold():
            yield name, held[1]


def _mine(visit: Visit, case: str, session: str) -> str:
    """A case about the person that has a session. Raises NoSuch."""
    for name, now in _about_me(visit):
        if name == case and now.memory.followed.session(session) is not None:
            return name
    raise NoSuch(NONE)


def my_card(now: CaseText, one: Session, confirm: Send | None, contest_at: Send) -> SessionCard:
    """A session as the person concerned sees it."""
    return session_card(now.memory, one, now.today, confirm, contest_at if one.contested is None else None)


def _page(visit: Visit, fault: PageFault | None = None, typed: Mapping[str, str] | None = None) -> Response:
    cards = []
    for name, now in _about_me(visit):
        for one in sorted(now.memory.followed.sessions, key=lambda each: each.date, reverse=True):
            said = [each.casefold() for each in (one.author, *(who.author for who in one.confirmed))]
            address = f"{HERE}/{name}/{one.id}"
            open_ = one.held and one.contested is None and visit.by.name.casefold() not in said
            confirm = Send(f"{address}/confirmation", new_key()) if open_ else None
            cards.append(my_card(now, one, confirm, Send(f"{address}/contest", new_key())))
    shell = visit.shell(("/", "First page"), faults=(fault,) if fault else ())
    return shown_sessions(shell, cards, dict(typed or {}), bool(fault))


def shown_sessions(shell: Shell, cards: list[SessionCard], typed: dict[str, str], wrong: bool) -> Response:
    """The page of the sessions about whoever looks."""
    page = MySessionsPage(shell, "My sessions", tuple(cards), typed, MAX_REASON)
    return shown_page(page, 422 if wrong else 200)
