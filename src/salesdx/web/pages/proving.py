"""That it is me: confirmed by a passkey, by password and one-time code, or at the firm's login; for one weighty act."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from salesdx.ledger.moments import moment
from salesdx.ledger.standalone.person_signatures import PASSKEY
from salesdx.render.pages.case_words import Send, moment_words
from salesdx.render.pages.keeping_page import ProofNeed
from salesdx.render.pages.proof_page import CodesPage, ProofPage
from salesdx.render.pages.shell import PageFault
from salesdx.services.acts import Act, Done, Render
from salesdx.web.accounts import CODE, TooMany, use_proof
from salesdx.web.pages.firm import PROVES
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to, origin_of, own_address, shown_page, with_cookie
from salesdx.web.passkeys import PasskeyRefused, proof_message

router = APIRouter(include_in_schema=False)
HERE, CODES = "/me/proof", "/me/codes"
NOT_RIGHT = "the password or the code is not right, or the code was used before"
TOO_MANY_CODES = "too many codes were tried; try again in an hour"


def proof_need(visit: Visit, to: str) -> ProofNeed:
    """Whether somebody has confirmed that it is they, and where they do it before they go on ``to``."""
    until = visit.session.proof_until
    return ProofNeed(moment_words(moment(until)) if until else "", f"{HERE}?to={quote(to, safe='/')}")


def perform_proved(visit: Visit, act: Act, render: Render, key: str) -> Done:
    """Do a weighty act, and use up in the same transaction that its person has confirmed that it is they.

    Raises ProofNeeded where they have not, and what the act raises.
    """
    server, session = visit.desk.server, visit.session
    return server.perform_proved(
        act, visit.by, render, key, session.proof or "none", lambda run: use_proof(run, session, server.now())
    )


@router.get(HERE)
def ways_to_confirm(request: Request, visit: Visiting, to: str = "/") -> Response:
    """How I can confirm that it is me."""
    return _page(request, visit, own_address(to))


@router.post(HERE)
def confirm_by_passkey(request: Request, visit: Visiting, form: OwnForm) -> Response:
    """It is me, by a passkey with user verification."""
    to, passkeys = own_address(form.get("to", "")), visit.desk.passkeys
    begun, answer, login = form.get("begun", ""), form.get("answer", ""), visit.session.form_token
    try:
        passkeys.check_proof(visit.by, login, origin_of(request), begun, answer)
    except PasskeyRefused as error:
        return _page(request, visit, to, PageFault(str(error)))
    return _confirmed(request, visit, PASSKEY, to)


@router.post(f"{HERE}/code")
def confirm_by_code(request: Request, visit: Visiting, form: OwnForm) -> Response:
    """It is me, by my password and a one-time code."""
    to, desk, me = own_address(form.get("to", "")), visit.desk, visit.by.name
    try:
        right = desk.accounts.password_is(me, form.get("password", ""))
    except TooMany as error:
        return _page(request, visit, to, PageFault(str(error), "password"))
    if right and not desk.codes.tries.count(me):
        return _page(request, visit, to, PageFault(TOO_MANY_CODES, "password"))
    if not right or not desk.codes.take(me, form.get("code", "")):
        return _page(request, visit, to, PageFault(NOT_RIGHT, "password"))
    desk.codes.tries.forget(me)
    desk.accounts.tries.forget(f"name {me}")
    return _confirmed(request, visit, CODE, to)


@router.get(CODES)
def my_codes(visit: Visiting) -> Response:
    """My one-time codes, and since when I have them."""
    return _codes(visit)


@router.post(CODES)
def make_codes(visit: Visiting, form: OwnForm) -> Response:
    """A new secret, shown once."""
    try:
        right = visit.desk.accounts.password_is(visit.by.name, form.get("password", ""))
    except TooMany as error:
        return _codes(visit, fault=PageFault(str(error), "password"))
    if not right:
        return _codes(visit, fault=PageFault("this is not your password", "password"))
    return _codes(visit, made=visit.desk.codes.make)


def _codes(
    visit: Visit, made: Callable[[str], tuple[str, str]] | None = None, fault: PageFault | None = None
) -> Response:
    me, codes = visit.by.name, visit.desk.codes
    secret, link = made(me) if made is not None else ("", "")
    state = codes.state(me)
    page = CodesPage(
        visit.shell(("/me", "You"), faults=(fault,) if fault else ()),
        "One-time codes",
        me,
        moment_words(state.made) if state else "",
        moment_words(state.counts_from, end=True) if state else "",
        bool(state and state.counts_from <= visit.desk.server.now()),
        bool(visit.session.since),
        secret,
        link,
    )
    return shown_page(page, 422 if fault else 200)


def _confirmed(request: Request, visit: Visit, kind: str, to: str) -> Response:
    token = visit.desk.accounts.prove(request.cookies.get(visit.desk.cookie, ""), kind)
    return with_cookie(go_to(to), visit.desk, token)


def _page(request: Request, visit: Visit, to: str, fault: PageFault | None = None) -> Response:
    desk, me, origin = visit.desk, visit.by.name, origin_of(request)
    begun = desk.passkeys.proof_begun(me, visit.session.form_token)
    asked = desk.passkeys.request(me, origin, proof_message(begun)) if desk.passkeys.usable(me, origin) else ""
    state, now = desk.codes.state(me) if visit.session.since else None, desk.server.now()
    counts = state is not None and state.counts_from <= now
    page = ProofPage(
        visit.shell((to, "Back"), faults=(fault,) if fault else ()),
        "Confirm that it is you",
        me,
        to,
        Send(HERE, begun),
        asked,
        counts,
        moment_words(state.counts_from, end=True) if state is not None and not counts else "",
        f"{PROVES}?to={quote(to, safe='/')}" if desk.firm is not None else "",
    )
    return shown_page(page, 422 if fault else 200)
