"""What somebody has drafted is signed with a passkey: who the people are, and which key the trail has.

The sign-off of a file has pages of its own, with what is read and thought about before.
"""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request, Response

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.render.pages.case_words import Send
from salesdx.render.pages.register_page import SignaturePage, register_words
from salesdx.render.pages.shell import FaultPage, PageFault
from salesdx.services.acts import Act, Render
from salesdx.services.adopting import ConfirmRules, ProposeRules
from salesdx.services.trail_acts import BringInKey, ChangePeople, ConfirmPeople, ProposeKey
from salesdx.services.trail_server import Draft
from salesdx.trail.rule_bases import short_digest
from salesdx.web.pages.guard import FrontDesk, OwnForm, Visit, Visiting, go_to, origin_of, shown_page
from salesdx.web.passkeys import PasskeyRefused

router = APIRouter(include_in_schema=False)
KEY, CHANGES, RULES = "/admin/key", "/admin/changes", "/hr/rules"
HERE = "/signatures/{draft}"


def signs_here(request: Request, visit: Visit) -> bool:
    """Whether somebody has a passkey with which they can sign at this address."""
    return bool(visit.desk.passkeys.usable(visit.by.name, origin_of(request)))


def to_sign(visit: Visit, acts: tuple[Act, ...], key: str | None = None, render: Render = str) -> Response:
    """On to the page where somebody signs some acts, one after the other. Raises Refused where the first is."""
    return go_to(draft_to_sign(visit, acts, key, render))


def draft_to_sign(visit: Visit, acts: tuple[Act, ...], key: str | None = None, render: Render = str) -> str:
    """The page where somebody signs some acts, one after the other. Raises Refused where the first is."""
    name, _ = visit.desk.server.draft(acts[0], visit.by, render, key, acts[1:])
    return HERE.format(draft=name)


@router.get(HERE)
def what_is_signed(draft: str, request: Request, visit: Visiting) -> Response:
    """What I am about to sign."""
    return _signature(request, visit, draft)


@router.post(HERE)
def sign_drafted(draft: str, request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Do what was drafted, with the signature of a passkey over it; then on to what is signed next."""
    drafted = _drafted(visit, draft)
    try:
        key, value = visit.desk.passkeys.signature(
            visit.by, origin_of(request), drafted.entry.message, form.get("answer", "")
        )
    except PasskeyRefused as error:
        return _signature(request, visit, draft, str(error))
    visit.desk.server.sign(draft, visit.by, key, value, "passkey")
    if not drafted.then:
        return go_to(_after(drafted.act))
    try:
        return to_sign(visit, drafted.then)
    except Refused as error:
        told = (f"{error}.", "What you have signed before is recorded.")
        page = FaultPage(visit.shell(), "The next one is not possible", told, (_after(drafted.act), "Go on"))
        return shown_page(page, 409)


def change_told(desk: FrontDesk, kind: str, told: dict[str, str]) -> str:
    """A change of the register in words; a person who waits to be confirmed by the name with which they do."""
    waiting = {
        body["person"]: body["name"] for what, body, *_ in desk.server.register().waiting.values() if "name" in body
    }
    return register_words(kind, told, lambda id: waiting.get(id) or desk.person(id), desk.role)


def _lines(desk: FrontDesk, act: Act) -> Iterator[str]:
    match act:
        case ChangePeople(change=kind, told=told):
            yield change_told(desk, kind, dict(told))
        case ConfirmPeople(records=records):
            waiting = desk.server.register().waiting
            yield from (change_told(desk, *waiting[seq][:2]) for seq in records if seq in waiting)  # type: ignore[arg-type]
        case ProposeKey():
            yield "The trail gets another key, which this service makes and keeps: you propose it"
        case BringInKey(key=key):
            yield f"The trail gets another key, which others proposed and you bring in: {key}"
        case ProposeRules(rules=rules, files=files):
            run = "another base that you sent" if files else "which the service runs"
            yield f"You propose the rules {short_digest(rules)}, {run}, as this page shows them; others confirm"
        case ConfirmRules(record=record, rules=rules):
            yield f"The rules {short_digest(rules)}, proposed by record {record}, as their page shows them"


TITLES: dict[type[Act], str] = {
    ChangePeople: "Sign a change of the people",
    ConfirmPeople: "Confirm changes of the people",
    ProposeKey: "Propose another key of the trail",
    BringInKey: "Bring in another key of the trail",
    ProposeRules: "Propose rules",
    ConfirmRules: "Confirm rules that others proposed",
}
"""Act that is signed here -> what its page is called."""


def _after(act: Act) -> str:
    """Where it goes on once an act is done."""
    match act:
        case ChangePeople(told=told):
            return f"/admin/people/{told['person']}"
        case ConfirmPeople():
            return CHANGES
        case ProposeRules() | ConfirmRules():
            return RULES
    return KEY


def _drafted(visit: Visit, name: str) -> Draft:
    """What somebody has drafted and signs here. Raises NoSuch."""
    draft = visit.desk.server.drafted(name, visit.by)
    if type(draft.act) not in TITLES:
        raise NoSuch("there is no such draft")
    return draft


def _signature(request: Request, visit: Visit, name: str, fault: str = "") -> Response:
    draft = _drafted(visit, name)
    page = SignaturePage(
        visit.shell((_after(draft.act), "Back"), faults=(PageFault(fault),) if fault else ()),
        TITLES[type(draft.act)],
        tuple(_lines(visit.desk, draft.act)),
        visit.desk.role(visit.by.role),
        len(draft.then),
        Send(HERE.format(draft=name), name),
        visit.desk.passkeys.request(visit.by.name, origin_of(request), draft.entry.message),
        _after(draft.act),
        draft.act.shown if isinstance(draft.act, ProposeRules) else "",
    )
    return shown_page(page, 422 if fault else 200)
