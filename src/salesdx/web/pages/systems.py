"""Figures from the firm's systems: an administrator sets the mapping, whoever sits at a case takes them."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Response

from salesdx.case.writing import new_case
from salesdx.ledger.errors import NoSuch, Refused
from salesdx.render.pages.case_words import Send, case_title
from salesdx.render.pages.figures_page import MappingLine, MappingsPage, figures_page
from salesdx.render.pages.shell import PageFault
from salesdx.services.acts import check_may
from salesdx.services.drawn_cases import SystemsError
from salesdx.services.fact_acts import MappingInForce, SetMapping, mapping_in_force
from salesdx.services.served_systems import MappingFile, ServedSystems, act_of, drawing_act
from salesdx.text.issues import IssuesError
from salesdx.trail.book import UNSEEN
from salesdx.web.pages.guard import FrontDesk, OwnForm, Visit, Visiting, go_to, shown_page
from salesdx.web.pages.held import HeldPage, change_held, form_key, held_page, new_key
from salesdx.web.store import Overtaken

router = APIRouter(include_in_schema=False)
MAPPINGS = "/admin/systems"
NOT_SET = "No figures can be taken yet: an administrator sets by which mapping they are drawn from the firm's systems."
OF_PERSONS = "Figures of a single person are taken by human resources."


def mapping_set(desk: FrontDesk) -> MappingInForce | None:
    """The mapping by which figures are taken; None where the service has no systems, or none was set."""
    if desk.systems is None:
        return None
    with desk.server.trail.read() as reader:
        return mapping_in_force(reader)


# --- whoever administers ----------------------------------------------------------------------------------------------


@router.get(MAPPINGS)
def show_mappings(visit: Visiting) -> Response:
    """The mappings in the folder of the service, and which one is set."""
    return _mappings(visit, _systems(visit))


@router.post(MAPPINGS)
def set_mapping(visit: Visiting, form: OwnForm) -> Response:
    """Set a mapping, or none any more."""
    systems, name = _systems(visit), form.get("name", "")
    try:
        act = systems.setting(name)
        key = form_key("systems", form.get("key", ""), name)
        visit.desk.server.perform_beside(act, visit.by, str, key, lambda connection: None)
    except Refused as error:
        return _mappings(visit, systems, str(error))
    return go_to(MAPPINGS)


def _systems(visit: Visit) -> ServedSystems:
    """The systems of the service, for who sets their mapping. Raises NoSuch."""
    try:
        check_may(SetMapping, visit.by, visit.desk.server.in_force())
    except Refused:
        raise NoSuch(UNSEEN) from None
    if visit.desk.systems is None:
        raise NoSuch("the service has no folder of mappings: `salesdx serve --facts FOLDER` names one")
    return visit.desk.systems


def _mappings(visit: Visit, systems: ServedSystems, fault: str = "") -> Response:
    set_ = mapping_set(visit.desk)
    faults = (PageFault(fault, "name"),) if fault else ()
    shell = visit.shell(("/admin", "Administration"), faults=faults)
    lines = tuple(_line(one, set_) for one in systems.mappings())
    end = Send(MAPPINGS, new_key()) if set_ is not None else None
    page = MappingsPage(shell, "Figures from the firm's systems", str(systems.folder), lines, end)
    return shown_page(page, 422 if fault else 200)


def _line(file: MappingFile, set_: MappingInForce | None) -> MappingLine:
    if file.fault:
        return MappingLine(file.name, f"Has faults; {file.fault}", None)
    digest = file.digest.removeprefix("sha256:")[:12]
    is_set = set_ is not None and set_.name == file.name
    if is_set and set_ is not None and set_.digest == file.digest:
        return MappingLine(file.name, f"Set, by record {set_.record} ({digest})", None)
    told = f"Changed since it was set ({digest}): nothing is taken by it" if is_set else f"Not set ({digest})"
    return MappingLine(file.name, told, Send(MAPPINGS, new_key()))


# --- whoever sits at a case -------------------------------------------------------------------------------------------


@router.get("/cases/{case}/figures")
def show_figures(case: str, visit: Visiting) -> Response:
    """What was taken from the firm's systems into a case, and what was not, with the reason."""
    return _figures(visit, held_page(visit, case))


@router.post("/cases/{case}/figures")
def take_figures(case: str, visit: Visiting, form: OwnForm) -> Response:
    """Take the figures of a case from the firm's systems, recorded with what is behind them in one transaction."""
    now = held_page(visit, case)
    key = form_key(now.id, form.get("key", ""), "figures")
    if visit.desk.server.done(key) is not None:
        return go_to(now.address("figures"))
    try:
        _take(visit, now, key)
    except (SystemsError, Refused) as error:
        return _figures(visit, now, str(error))
    except IssuesError as error:
        first = error.issues[0]
        return _figures(visit, now, f"the mapping cannot be used now: {first.message}")
    except Overtaken:
        return _figures(visit, now, "others answered at the same moment: press the button once more")
    return go_to(now.address("figures"))


def _take(visit: Visit, now: HeldPage, key: str) -> None:
    """Raises SystemsError, IssuesError, Refused, Overtaken; then nothing has happened."""
    memory, set_ = now.conversation.memory, mapping_set(visit.desk)
    if why := _why_not(visit, now, set_):
        raise SystemsError(why)
    assert set_ is not None and visit.desk.systems is not None
    drawn = visit.desk.systems.drawn(memory, set_)
    rules = memory.base.digest
    beside = partial(change_held, now=now, text=new_case(drawn.memory), rules=rules)
    visit.desk.server.perform_beside(act_of(drawn, set_), visit.by, str, key, beside)


def _why_not(visit: Visit, now: HeldPage, set_: MappingInForce | None) -> str:
    """Why figures cannot be taken for a case by who asks; empty where they can."""
    if set_ is None:
        return NOT_SET
    try:
        check_may(drawing_act(now.conversation.memory), visit.by, visit.desk.server.in_force())
    except Refused:
        return OF_PERSONS
    return ""


def _figures(visit: Visit, now: HeldPage, fault: str = "") -> Response:
    memory = now.conversation.memory
    faults = (PageFault(fault, "figures"),) if fault else ()
    shell = visit.shell((now.address("answers"), case_title(memory)), faults=faults)
    why = _why_not(visit, now, mapping_set(visit.desk))
    draw = None if why else now.send("figures")
    page = figures_page(memory, shell, "Figures from our systems", draw, why)
    return shown_page(page, 422 if fault else 200)
