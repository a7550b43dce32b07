"""My passkeys: made on a device of mine, and counting once administrators have entered them in the register."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from salesdx.ledger.errors import NoSuch
from salesdx.ledger.moments import moment
from salesdx.render.pages.case_words import day_words
from salesdx.render.pages.passkey_page import PasskeyLine, PasskeysPage
from salesdx.render.pages.shell import PageFault, passkey_script, script_address
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to, origin_of, shown_page
from salesdx.web.passkeys import LONGEST_NAME, MOST, HeldPasskey, PasskeyRefused

router = APIRouter(include_in_schema=False)
HERE = "/me/passkeys"
NO_ANSWER = "your browser did not run our script, without which a device makes no passkey"


@router.get("/static/{digest}/passkeys.js")
def script(digest: str) -> Response:
    """The script, for ever: another one has another address."""
    if f"/static/{digest}/passkeys.js" != script_address():
        raise NoSuch("there is no such script")
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(passkey_script(), media_type="text/javascript", headers=kept)


@router.get(HERE)
def my_passkeys(request: Request, visit: Visiting) -> Response:
    """My passkeys, and how they stand."""
    return _page(request, visit)


@router.post(HERE)
def make_passkey(request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Keep a passkey that a device has made."""
    called = " ".join("".join(filter(str.isprintable, form.get("name", ""))).split())[:LONGEST_NAME]
    try:
        if not form.get("answer"):
            raise PasskeyRefused(NO_ANSWER)
        visit.desk.passkeys.keep(
            visit.by.name, visit.session.form_token, origin_of(request), called or "Passkey", form["answer"]
        )
    except PasskeyRefused as error:
        return _page(request, visit, str(error), called)
    return go_to(HERE)


@router.post(f"{HERE}/removed")
def remove_passkey(request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Remove a passkey that does not count."""
    try:
        visit.desk.passkeys.forget(visit.by.name, form.get("id", ""))
    except PasskeyRefused as error:
        return _page(request, visit, str(error))
    return go_to(HERE)


def _page(request: Request, visit: Visit, fault: str = "", typed: str = "") -> Response:
    passkeys, by = visit.desk.passkeys, visit.by
    page = PasskeysPage(
        visit.shell(("/me", "You"), faults=(PageFault(fault),) if fault else ()),
        "Your passkeys",
        by.name,
        tuple(_line(visit, one) for one in passkeys.of(by.name)),
        passkeys.creation(by.name, visit.session.name, visit.session.form_token, origin_of(request)),
        MOST,
        LONGEST_NAME,
        typed,
    )
    return shown_page(page, 422 if fault else 200)


def _line(visit: Visit, one: HeldPasskey) -> PasskeyLine:
    by = visit.desk.person(one.entered_by)
    site = one.key.text.partition(" ")[0]
    return PasskeyLine(one.id, one.name, day_words(moment(one.made).date()), one.key.fingerprint, site, one.counts, by)
