"""My cases, the beginning of one, and all its answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Response

from salesdx.interview.opening import last_quarter
from salesdx.ledger.errors import NoSuch
from salesdx.render.due_page import waiting_of, waiting_words
from salesdx.render.pages.case_pages import CaseLine, CasesPage, answers_page, begin_page
from salesdx.render.pages.case_words import Send, case_title
from salesdx.render.pages.shell import PageFault
from salesdx.services.held_case import BeginFaults, head_typed, held_interview, speaker_of, suspected
from salesdx.services.rule_readers import reads_rules
from salesdx.text.english import many
from salesdx.text.issues import IssuesError
from salesdx.trail.seats import OWNER
from salesdx.web.pages.admin import administers
from salesdx.web.pages.console import sees_everything, waiting_page
from salesdx.web.pages.diagnosis import newest_result, shown_before
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to, shown_page
from salesdx.web.pages.held import check_works, held_page, new_key, record_beginning, today_at
from salesdx.web.pages.requests import came_in
from salesdx.web.pages.systems import mapping_set
from salesdx.web.pages.taking_over import left_lines
from salesdx.web.store import CASE_ID, CaseRow, new_case_id

router = APIRouter(include_in_schema=False)
LOOKED_AT = 20
"""Of so many cases the list tells how they stand, which takes some milliseconds each."""


@router.get("/")
def first_page(visit: Visiting) -> Response:
    """What waits for me: my reviews, or whatever else for who works on none."""
    try:
        check_works(visit.desk, visit.by)
    except NoSuch:
        try:
            return waiting_page(visit, first=True)
        except NoSuch:  # who has nothing to do with cases
            pass
    return my_cases(visit)


@router.get("/cases")
def my_cases(visit: Visiting) -> Response:
    """The open cases at which I sit, the newest first."""
    reads = reads_rules(visit.by, visit.desk.server.in_force())
    try:
        check_works(visit.desk, visit.by)
    except NoSuch:
        page = CasesPage(visit.shell(), "My reviews", (), False, (), reads, administers=administers(visit))
        return shown_page(page)
    rows = visit.desk.store.cases(visit.by.name)
    with visit.desk.thinking:
        lines = [_line(visit, row, n < LOOKED_AT) for n, row in enumerate(rows)]
        closed = tuple(
            (_line(visit, row, False).title, Send(f"/cases/{row.id}/open", new_key()))
            for row in visit.desk.store.cases(visit.by.name, closed=True)
        )
        left = left_lines(visit)
    lines.sort(key=lambda line: not (line.news or line.waits))  # those in which something waits come first
    sees, scans = sees_everything(visit), visit.desk.scans is not None
    page = CasesPage(visit.shell(), "My reviews", tuple(lines), True, closed, reads, sees, left=left, scans=scans)
    return shown_page(page)


def _line(visit: Visit, row: CaseRow, looked: bool) -> CaseLine:
    desk, by = visit.desk, visit.by
    address = f"/cases/{row.id}"
    speaker = speaker_of(by.name, by.role)
    try:
        found = held_interview(desk.base, row.text, row.id, speaker, row.standing, today_at(desk))
    except IssuesError:
        return CaseLine(address, row.id, "the rules have changed, and this cannot be read any more", (address, "Look"))
    title = case_title(found.memory)
    if not looked:
        return CaseLine(address, title, "", (f"{address}/next", "Go on"))
    term, news = found.term, came_in(visit, row.id)
    go_on = (f"{address}/answers", "Look at the answers, and what is likely now")
    if term is not None and not news:
        go_on = (f"{address}/questions/{term.name}", term.question)
    waits = waiting_words(waiting_of(title, address, found.memory, today_at(desk)), by.name)
    return CaseLine(address, title, many(len(found.answered), "answer") + " of yours; next:", go_on, news, waits)


@router.get("/cases/new")
def begin_form(visit: Visiting, source: Annotated[str, Query(alias="from")] = "") -> Response:
    """Begin a review; one ``from`` which answers come along begins with what that one is about."""
    check_works(visit.desk, visit.by)
    if source:
        return _begin(visit, new_case_id(), {"from": source} | head_typed(held_page(visit, source).conversation.memory))
    first, last = last_quarter(today_at(visit.desk))
    return _begin(visit, new_case_id(), {"period": f"{first.year}-Q{last.month // 3}"})


@router.post("/cases/new")
def begin_review(visit: Visiting, form: OwnForm) -> Response:
    """Begin a case under the identifier that the form carries: the same form again begins no other."""
    desk, by = visit.desk, visit.by
    check_works(desk, by)
    id = form.get("key", "")
    if not CASE_ID.fullmatch(id):
        raise NoSuch("there is no such form")
    if desk.store.case(id, by.name) is not None:
        return go_to(f"/cases/{id}/next")
    old = held_page(visit, form["from"]).conversation.memory if form.get("from") else None
    try:
        record_beginning(visit, id, form, old)
    except BeginFaults as error:
        return _begin(visit, id, form, tuple(PageFault(told, field) for field, told in error.faults.items()))
    return go_to(f"/cases/{id}/{'answers' if old is not None else 'next'}")


def _begin(visit: Visit, id: str, typed: Mapping[str, str], faults: tuple[PageFault, ...] = ()) -> Response:
    shell = visit.shell(("/", "My reviews"), faults=faults)
    return shown_page(begin_page(visit.desk.base, shell, id, typed, suspected(visit.desk.base)), 422 if faults else 200)


@router.get("/cases/{case}")
def case_overview(case: str, visit: Visiting) -> Response:
    """The overview of a case is that of its answers."""
    return go_to(held_page(visit, case).address("answers"))


@router.get("/cases/{case}/answers")
def check_answers(case: str, visit: Visiting) -> Response:
    """All answers, what is missing, and who could give it."""
    now = held_page(visit, case)
    shell = visit.shell(("/", "My reviews"))
    newest = newest_result(visit, now)
    with visit.desk.thinking:
        page = answers_page(
            now.conversation,
            shell,
            case_title(now.conversation.memory),
            now.address(),
            now.send("diagnoses"),
            shown_before(visit, now),
            now.send("close") if now.row.seat == OWNER else None,
            newest,
            [visit.desk.person(one) for one in visit.desk.store.seats(now.id) if one != visit.by.name],
            mapping_set(visit.desk) is not None,
        )
        return shown_page(page)
