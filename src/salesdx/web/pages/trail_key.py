"""The key of the trail, changed by administrators: one proposes another key, and the last of them brings it in."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from salesdx.ledger.errors import Refused
from salesdx.ledger.moments import moment
from salesdx.render.pages.case_words import moment_words
from salesdx.render.pages.register_page import TrailKeyPage
from salesdx.render.pages.shell import PageFault
from salesdx.services.acts import Act
from salesdx.services.trail_acts import BringInKey, ProposeKey
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, check_act, shown_page
from salesdx.web.pages.held import new_key
from salesdx.web.pages.people import ADMINISTRATION, NO_PASSKEY
from salesdx.web.pages.signing import KEY, signs_here, to_sign
from salesdx.web.records import KeysOf, trail_keys

router = APIRouter(include_in_schema=False)


@router.get(KEY)
def trail_key_page(request: Request, visit: Visiting) -> Response:
    """The keys of the trail, and what was proposed."""
    check_act(visit, ProposeKey)
    return _page(request, visit)


@router.post(KEY)
def change_trail_key(request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Draft the next step to another key, to be signed."""
    check_act(visit, ProposeKey)
    act = _next(visit, trail_keys(visit.desk.server, visit.by))
    if act is None:
        return _page(request, visit, "you have proposed it; another administrator goes on")
    if not signs_here(request, visit):
        return _page(request, visit, NO_PASSKEY)
    try:
        return to_sign(visit, (act,), form.get("key"))
    except Refused as error:
        return _page(request, visit, str(error))


def _next(visit: Visit, found: KeysOf) -> Act | None:
    """What somebody can do now: bring in what enough others proposed, or propose; None where they have."""
    others = [one for one in found.proposed if one.by != visit.by.name]
    if len({one.by for one in others}) + 1 >= found.persons:
        return BringInKey(others[0].key, tuple(one.record for one in others))
    if len(others) < len(found.proposed):
        return None
    return ProposeKey(others[0].key if others else "")


def _page(request: Request, visit: Visit, fault: str = "") -> Response:
    found = trail_keys(visit.desk.server, visit.by)
    act = _next(visit, found)
    action = "Bring in the key that was proposed" if isinstance(act, BringInKey) else "Propose another key"
    page = TrailKeyPage(
        visit.shell(ADMINISTRATION, faults=(PageFault(fault),) if fault else ()),
        "The key of the trail",
        signs_here(request, visit),
        tuple((f"Since record {one.record}, {moment_words(moment(one.time))}", one.key) for one in found.keys),
        tuple(
            (f"By {visit.desk.person(one.by)}, record {one.record}, {moment_words(moment(one.time))}", one.key)
            for one in found.proposed
        ),
        found.persons,
        action if act is not None else "",
        new_key(),
    )
    return shown_page(page, 422 if fault else 200)
