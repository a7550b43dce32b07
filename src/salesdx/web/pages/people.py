"""Who the people are, changed by administrators: one signs a change with a passkey, and it counts once another one has
confirmed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fastapi import APIRouter, Request, Response

from salesdx.base.policy_fields import FORMER
from salesdx.ledger.errors import NoSuch, Refused
from salesdx.ledger.moments import moment, stamp, stamp_typed
from salesdx.ledger.standalone.person_signatures import PASSKEY, SSH
from salesdx.ledger.standalone.register import ADMIN, CHANGES, CONCERNED, PERSON_ID, Registered
from salesdx.render.pages.case_words import Option, Send, moment_words
from salesdx.render.pages.register_page import (
    ChangesPage,
    NewPersonPage,
    PersonPage,
    WaitingChange,
    held_or_coming,
    key_words,
    person_lines,
)
from salesdx.render.pages.shell import PageFault
from salesdx.services.trail_acts import ChangePeople, ConfirmPeople
from salesdx.text.english import capital
from salesdx.trail.book import UNSEEN
from salesdx.web.pages.guard import FrontDesk, OwnForm, Visit, Visiting, check_act, shown_page
from salesdx.web.pages.held import new_key
from salesdx.web.pages.signing import change_told, signs_here, to_sign

router = APIRouter(include_in_schema=False)
PEOPLE, WAIT = "/admin/people", "/admin/changes"
ADMINISTRATION = ("/admin", "Administration")
NO_DAY = "this is no day such as 2027-01-31"
MOST_TYPED = 2000


@router.get(PEOPLE)
def new_person_page(request: Request, visit: Visiting) -> Response:
    """Enter a person."""
    check_act(visit, ChangePeople)
    return _new(request, visit, {})


@router.post(PEOPLE)
def enter_person(request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Draft that a person is entered, and their first role, to be signed one after the other."""
    check_act(visit, ChangePeople)
    person, name, role = (form.get(field, "").strip() for field in ("person", "name", "role"))
    faults = []
    if not PERSON_ID.fullmatch(person):
        faults.append(PageFault("small letters, digits, `.`, `-` and `_`, 64 at most", "person"))
    if not any(map(str.isalpha, name)):
        faults.append(PageFault("type the name", "name"))
    if role and role not in _all_roles(visit.desk):
        faults.append(PageFault("choose a role", "role"))
    if faults:
        return _new(request, visit, form, *faults)
    told = {"person": person, "name": " ".join(name.split()), "reports_to": form.get("reports_to", "")}
    acts = [ChangePeople("person_added", told)]
    if role:
        acts.append(ChangePeople("role_given", {"person": person, "role": role, "from": "", "until": ""}))
    return _drafted(request, visit, tuple(acts), form)


@router.get(f"{PEOPLE}/{{person}}")
def person_page(person: str, request: Request, visit: Visiting) -> Response:
    """A person, and what can be changed."""
    check_act(visit, ChangePeople)
    return _person(request, visit, person, {})


@router.post(f"{PEOPLE}/{{person}}")
def change_person(person: str, request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Draft a change of a person, to be signed."""
    check_act(visit, ChangePeople)
    one, _ = _member(visit.desk, person)
    faults: list[PageFault] = []
    acts = tuple(_changes(visit.desk, one, form, faults))
    if not acts and not faults:
        faults = [PageFault("nothing of theirs is left that could end")]
    if faults:
        return _person(request, visit, person, form, *faults)
    return _drafted(request, visit, acts, form, person)


@router.get(WAIT)
def waiting_changes_page(request: Request, visit: Visiting) -> Response:
    """The changes that wait to be confirmed."""
    check_act(visit, ConfirmPeople)
    return _waiting_page(request, visit)


@router.post(WAIT)
def confirm_changes(request: Request, visit: Visiting, form: OwnForm) -> Response:
    """Draft that chosen changes are confirmed, to be signed."""
    check_act(visit, ConfirmPeople)
    chosen = tuple(one.record for one in _waiting(visit) if form.get(f"record-{one.record}"))
    if not chosen:
        return _waiting_page(request, visit, "choose what you confirm")
    if not signs_here(request, visit):
        return _waiting_page(request, visit, NO_PASSKEY)
    try:
        return to_sign(visit, (ConfirmPeople(chosen),), form.get("key"))
    except Refused as error:
        return _waiting_page(request, visit, str(error))


NO_PASSKEY = "you have no passkey that counts here"


def _drafted(
    request: Request,
    visit: Visit,
    acts: tuple[ChangePeople, ...],
    form: Mapping[str, str],
    person: str = "",
) -> Response:
    """On to the signature of changes; back to the form with what is wrong with the first one."""
    try:
        if not signs_here(request, visit):
            raise Refused(NO_PASSKEY)
        return to_sign(visit, acts, form.get("key"))
    except Refused as error:
        fault = PageFault(str(error))
        return _person(request, visit, person, form, fault) if person else _new(request, visit, form, fault)


def _changes(
    desk: FrontDesk, one: Registered, form: Mapping[str, str], faults: list[PageFault]
) -> Iterator[ChangePeople]:
    """The changes of a person that a form asks for; what is wrong with it goes to ``faults``."""
    id = {"person": one.id}
    match form.get("do", ""):
        case "role_given":
            role = _chosen(form, faults, "role", _all_roles(desk))
            yield ChangePeople(
                "role_given",
                id
                | {"role": role, "from": _typed_day(form, faults, "from"), "until": _typed_day(form, faults, "until")},
            )
        case "role_ended":
            role, until = (
                _chosen(form, faults, "held", [held.role for held in one.roles]),
                _typed_day(form, faults, "ends"),
            )
            if not (ends := list(_ends(one, role, until, stamp(desk.server.now())))):
                faults.append(PageFault("they do not have this role then", "ends"))
            yield from (ChangePeople("role_ended", id | {"role": role, "until": end}) for end in ends)
        case "line_given":
            yield ChangePeople("line_given", id | {"reports_to": form.get("reports_to", "")})
        case "passkey":
            yield ChangePeople("key_added", id | {"kind": PASSKEY, "key": _passkey(desk, one.id, form, faults)})
        case "ssh":
            key = " ".join(form.get("ssh", "").split()[:2])
            yield ChangePeople("key_added", id | {"kind": SSH, "key": key})
        case "oidc":
            issuer, subject = form.get("issuer", "").strip(), form.get("subject", "").strip()
            yield ChangePeople("key_added", id | {"kind": "oidc", "key": f"{issuer} {subject}"})
        case "key_ended":
            yield ChangePeople("key_ended", id | {"key": _chosen(form, faults, "ended", [*one.keys])})
        case "leaves":
            until, now = _typed_day(form, faults, "leaving"), stamp(desk.server.now())
            for role in dict.fromkeys(held.role for held in one.roles):
                for end in _ends(one, role, until, now):
                    yield ChangePeople("role_ended", id | {"role": role, "until": end})
            for key in one.keys:
                yield ChangePeople("key_ended", id | {"key": key})
        case _:
            faults.append(PageFault("choose what is to change"))


def _ends(one: Registered, role: str, until: str, now: str) -> Iterator[str]:
    """When each time ends for which somebody has a role, or will: ``until`` then, and before it has begun, at once."""
    for held in one.roles:
        if held.role == role and held.at(until or now):
            yield until
        elif held.role == role and held.since > (until or now) and held.at(held.since):
            yield held.since


def _chosen(form: Mapping[str, str], faults: list[PageFault], field: str, known: list[str]) -> str:
    if (told := form.get(field, "")) not in known:
        faults.append(PageFault("choose one", field))
    return told


def _typed_day(form: Mapping[str, str], faults: list[PageFault], field: str) -> str:
    try:
        return stamp_typed(form.get(field, "").strip())
    except ValueError:
        faults.append(PageFault(NO_DAY, field))
    return ""


def _passkey(desk: FrontDesk, person: str, form: Mapping[str, str], faults: list[PageFault]) -> str:
    """The passkey of a person whose fingerprint was typed: of which the person told, so that nobody enters another."""
    typed = "".join(form.get("passkey", "").split())
    for one in desk.passkeys.to_enter():
        if one.person == person and one.key.fingerprint in (typed, f"SHA256:{typed}"):
            return one.key.text
    faults.append(
        PageFault("this person has made no passkey with this fingerprint that waits to be entered", "passkey")
    )
    return ""


def _all_roles(desk: FrontDesk) -> list[str]:
    """The roles that somebody can be given: those that the policy or the questions name."""
    base = desk.server.in_force()
    named = [role for grant in base.policy.may.values() for role in grant.roles] if base.policy is not None else []
    others = [role for _, roles in FORMER.values() for role in roles]
    return list(dict.fromkeys([*base.respondents, *named, *others, CONCERNED, ADMIN]))


def _member(desk: FrontDesk, id: str) -> tuple[Registered, bool]:
    """A person, and whether they are confirmed; of one who waits what is known so far. Raises NoSuch."""
    register = desk.server.register()
    if id in register.members:
        return register.members[id], True
    for kind, told, *_ in register.waiting.values():
        if kind == "person_added" and told["person"] == id:
            return Registered(id, told["name"], told["reports_to"]), False
    raise NoSuch(UNSEEN)


def _waiting(visit: Visit, person: str = "") -> tuple[WaitingChange, ...]:
    desk = visit.desk
    return tuple(
        WaitingChange(
            seq,
            change_told(desk, kind, dict(told)),
            f"entered by {desk.person(by)}, {moment_words(moment(time))}",
            by == visit.by.name,
        )
        for seq, (kind, told, by, time) in sorted(desk.server.register().waiting.items())
        if kind in CHANGES and person in ("", told["person"])
    )


def _roles(desk: FrontDesk, chosen: str, first: str) -> tuple[Option, ...]:
    found = sorted((capital(desk.role(role)), role) for role in _all_roles(desk))
    return (Option("", first), *(Option(role, called, role == chosen) for called, role in found))


def _lines(desk: FrontDesk, chosen: str, but: str = "") -> tuple[Option, ...]:
    found = sorted((one.name, one.id) for one in desk.server.register().members.values() if one.id != but)
    return (Option("", "Nobody"), *(Option(id, f"{name} ({id})", id == chosen) for name, id in found))


def _new(request: Request, visit: Visit, form: Mapping[str, str], *faults: PageFault) -> Response:
    page = NewPersonPage(
        visit.shell(ADMINISTRATION, faults=faults),
        "Enter a person",
        signs_here(request, visit),
        new_key(),
        _roles(visit.desk, form.get("role", ""), "None yet"),
        _lines(visit.desk, form.get("reports_to", "")),
        _kept(form),
    )
    return shown_page(page, 422 if faults else 200)


def _person(request: Request, visit: Visit, id: str, form: Mapping[str, str], *faults: PageFault) -> Response:
    desk, now = visit.desk, stamp(visit.desk.server.now())
    one, confirmed = _member(desk, id)
    told = tuple(person_lines(one, now, desk.person, desk.role)) if confirmed else (("Identifier", id),)
    held = dict.fromkeys(each.role for each in held_or_coming(one, now))
    keys = tuple(Option(key, key_words(each), key == form.get("ended")) for key, each in one.keys.items())
    page = PersonPage(
        visit.shell(ADMINISTRATION, faults=faults),
        one.name,
        signs_here(request, visit),
        told,
        _waiting(visit, id),
        Send(f"{PEOPLE}/{id}", new_key()),
        _roles(desk, form.get("role", ""), "Choose a role"),
        tuple(Option(role, capital(desk.role(role)), role == form.get("held")) for role in held),
        _lines(desk, form.get("reports_to", one.reports_to), id),
        keys,
        confirmed and bool(held or one.keys),
        _kept(form),
    )
    return shown_page(page, 422 if faults else 200)


def _waiting_page(request: Request, visit: Visit, fault: str = "") -> Response:
    page = ChangesPage(
        visit.shell(ADMINISTRATION, faults=(PageFault(fault, "records"),) if fault else ()),
        "Changes of the people",
        signs_here(request, visit),
        new_key(),
        _waiting(visit),
    )
    return shown_page(page, 422 if fault else 200)


def _kept(form: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:MOST_TYPED] for name, value in form.items()}
