"""What waits for somebody, and what is on record for who sees it; each page leaves a mark that it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from fastapi import APIRouter, Request, Response

from salesdx.case.file import case_from_text
from salesdx.ledger.errors import NoSuch
from salesdx.ledger.moments import moment
from salesdx.render.due_page import CaseWaiting, due_reminders, waiting_of
from salesdx.render.pages.case_words import case_title, moment_words
from salesdx.render.pages.console_page import ConsolePage, OnRecordPage, on_record_page, waiting_groups
from salesdx.render.pages.diagnosis_page import article_in
from salesdx.render.pages.shell import AppPage, PageFault
from salesdx.render.trail.calendar import to_calendar
from salesdx.render.trail.read_pages import PAPERS
from salesdx.render.trail.task_pages import WHAT, reminders, task_command
from salesdx.services.case_acts import WriteLetter
from salesdx.services.reads import Desk, FindNamed, Read, ReadFound, ReadTasks, ShowRecord, TellCase, TellPerson
from salesdx.services.rule_readers import reads_rules
from salesdx.text.issues import CaseError
from salesdx.trail.book import UNSEEN, Record, type_words
from salesdx.trail.sight import EVERYTHING
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, go_to, origin_of, shown_page
from salesdx.web.pages.person_links import is_letter

WAYS = (
    (("hold", "release", *EVERYTHING), "/hr/holds", "Legal holds"),
    (("erase",), "/hr/erasures", "Erasures"),
    (("retention",), "/hr/retention", "Retention"),
    (("export",), "/hr/exports", "Exports"),
    (("report",), "/hr/reports", "Report by groups"),
    (("attach",), "/attachments", "Keep a file with a case"),
    (("adopt",), "/hr/rules", "Rules that wait"),
)
"""Acts of which one does -> where else there is something to do, and what it is called."""
router = APIRouter(include_in_schema=False)
CASE_WAYS = (
    ("letter", "letters", "Letters"),
    ("statement", "statements", "What the person concerned says"),
)
CLOSER = ("closer", "Compare, cases like it, run it again")
"""Act -> what can be written about a case for who sees all of it, and what it is called."""
MADE_BY_WORK = "answer"
"""Records of which a case has hundreds: the story tells them, and the list of its records leaves them out."""


@router.get("/hr")
def console(visit: Visiting) -> Response:
    """What waits for me, and a way to all that is on record, for who sees everything."""
    return waiting_page(visit)


@router.get("/waiting.ics")
def reminders_file(request: Request, visit: Visiting) -> Response:
    """What waits for me, as reminders for a calendar, each with the address at which it can be looked at."""
    address = f"{origin_of(request)}/"
    measured = tuple(due_reminders(_waiting_cases(visit)))

    def calendar(found: ReadFound, desk: Desk) -> str:
        due = reminders(found.shown, desk.now, desk.book.reader.head().origin)
        return to_calendar((replace(one, description=address) for one in (*due, *measured)), desk.now)

    _, made = visit.desk.server.read(ReadTasks(), visit.by, calendar)
    headers = {"Content-Disposition": 'attachment; filename="waiting.ics"'}
    return Response(made, media_type="text/calendar; charset=utf-8", headers=headers)


def _waiting_cases(visit: Visit) -> Iterator[CaseWaiting]:
    """What waits in the open cases at which the person sits; those that cannot be read any more are passed over."""
    desk = visit.desk
    for row in desk.store.cases(visit.by.name):
        with suppress(CaseError):
            memory = case_from_text(row.text, row.id, desk.base)
            if memory.followed.actions:
                yield waiting_of(case_title(memory), row.id, memory, desk.server.now().date())


@router.post("/hr/find")
def find_named(visit: Visiting, form: OwnForm) -> Response:
    """Go to a case by its name, or to a person by their pseudonym."""
    named = form.get("named", "").strip()
    found, _ = visit.desk.server.read(FindNamed(named), visit.by, lambda found, desk: "")
    if found.shown is not None:
        kind, pseudonym = found.shown
        return go_to(f"/cases/{pseudonym}/story" if kind == "case" else f"/persons/{pseudonym}")
    return waiting_page(visit, named[:200], PageFault("there is no case and no person of this name here", "named"))


def may_any(visit: Visit, *acts: str) -> bool:
    """Whether the policy in force gives one of some acts to the role in use."""
    policy = visit.desk.server.in_force().policy
    grants = policy.may if policy is not None else {}
    return any(visit.by.role in grants[act].roles for act in acts if act in grants)


def sees_everything(visit: Visit) -> bool:
    """Whether the policy in force lets the role in use see everything that is on record."""
    return may_any(visit, *EVERYTHING)


def waiting_page(visit: Visit, typed: str = "", fault: PageFault | None = None, first: bool = False) -> Response:
    """The page of what waits; as the ``first`` one of a person also for who does not see everything.

    Raises NoSuch for who sees nothing of cases.
    """

    def page(found: ReadFound, desk: Desk) -> AppPage:
        assert desk.sight is not None
        if not desk.sight.everything and not (first and desk.sight.anything):
            raise NoSuch(UNSEEN)
        reader, called = desk.book.reader, visit.desk.role

        def case(name: str) -> str:
            return f"/cases/{reader.pseudonym('case', name) or name}"

        return ConsolePage(
            visit.shell(None if first else ("/", "First page"), faults=(fault,) if fault else ()),
            "What waits for you",
            tuple(waiting_groups(found.shown, desk.now, WHAT, task_command, case, called)),
            found.shown.doubts,
            desk.sight.everything,
            typed,
            first and reads_rules(visit.by, visit.desk.server.in_force()),
            (*(one[1:] for one in WAYS if may_any(visit, *one[0])), *_own_view(visit, desk)),
        )

    return _read(visit, ReadTasks(), page, 422 if fault else 200)


@router.get("/cases/{case}/story")
def case_story(case: str, visit: Visiting) -> Response:
    """The whole story of a case, as far as it is seen."""

    def page(found: ReadFound, desk: Desk) -> AppPage:
        whole = desk.sight is None or desk.sight.everything
        may = [one[1:] for one in CASE_WAYS if may_any(visit, one[0])] + [CLOSER] if whole else []
        links = tuple(_record_link(event.record) for event in found.shown.events if event.record.type != MADE_BY_WORK)
        ways = tuple((f"/cases/{case}/{what}", called) for what, called in may)
        if may_any(visit, "attach"):
            ways += ((f"/attachments?case={case}", "Keep a file with it"),)
        return _paper(visit, TellCase(case), found, desk, links, ways)

    return _read(visit, TellCase(case), page)


@router.get("/persons/{subject}")
def person_story(subject: str, visit: Visiting) -> Response:
    """Everything on record about a person, for who sees all of it."""
    return _read(visit, TellPerson(subject), lambda found, desk: _paper(visit, TellPerson(subject), found, desk))


@router.get("/records/{record}")
def record_told(record: str, visit: Visiting) -> Response:
    """A record, and what came of it."""
    read = ShowRecord(_number(record))

    def page(found: ReadFound, desk: Desk) -> AppPage:
        links = []
        if "shown" in (found.shown.record.body or {}):
            links.append((f"/records/{record}/page", "The page as it was shown"))
        if found.shown.record.type == "attachment" and found.shown.record.body is not None:
            links.append((f"/records/{record}/file", "The file that it keeps"))
        if found.shown.record.case is not None:
            links.append((f"/cases/{found.shown.record.case.pseudonym}/story", "The whole story of the case"))
        links += _to_letter(found.shown.record, desk)
        return _paper(visit, read, found, desk, tuple(links))

    return _read(visit, read, page)


@router.get("/records/{record}/page")
def page_of_record(record: str, visit: Visiting) -> Response:
    """The page of a record, as it was shown to whom it was shown."""

    def page(found: ReadFound, desk: Desk) -> AppPage:
        body = found.shown.record.body or {}
        if not isinstance(body.get("shown"), str):
            raise NoSuch("this record has no page")
        shell = visit.shell((f"/records/{record}", f"Record {record}"))
        title, inner = f"Record {record}, as it was shown", article_in(body["shown"])
        lines = () if inner else tuple(body["shown"].splitlines())
        return OnRecordPage(shell, title, inner, _to_letter(found.shown.record, desk), lines)

    return _read(visit, ShowRecord(_number(record), page=True), page)


def no_page(found: ReadFound, desk: Desk) -> str:
    """What is read is made into a page later."""
    return ""


def _read(visit: Visit, read: Read, page: Callable[[ReadFound, Desk], AppPage], status: int = 200) -> Response:
    """What was read as a page, once a mark says so."""
    made: list[AppPage] = []

    def keep(found: ReadFound, desk: Desk) -> str:
        made.append(page(found, desk))
        return ""

    visit.desk.server.read(read, visit.by, keep)
    return shown_page(made[0], status)


def _paper(
    visit: Visit,
    read: Read,
    found: ReadFound,
    desk: Desk,
    links: tuple[tuple[str, str], ...] = (),
    ways: tuple[tuple[str, str], ...] = (),
) -> OnRecordPage:
    """The report that the command line shows, too."""
    report = PAPERS[type(read)](found.shown, desk, "").report
    return on_record_page(visit.shell(("/", "First page")), report, links, ways)


def _record_link(record: Record) -> tuple[str, str]:
    told = f"Record {record.seq}: {type_words(record.type)}, {moment_words(moment(record.time))}"
    return f"/records/{record.seq}", told


def _to_letter(record: Record, desk: Desk) -> tuple[tuple[str, str], ...]:
    """Where a link to a letter is made for whom it is about; nothing for another record, and for who writes none."""
    if not is_letter(record) or desk.sight is None or not desk.sight.may(WriteLetter.grant):
        return ()
    return ((f"/records/{record.seq}/person-links", "A link for the person whom it is about"),)


def _own_view(visit: Visit, desk: Desk) -> tuple[tuple[str, str], ...]:
    """Where who sees no cases says something about one; who sees all does at the case."""
    if desk.sight is None or desk.sight.everything or not desk.sight.may("statement"):
        return ()
    mine = (("/my-sessions", "What is recorded of talks and trainings with you"),)
    return (("/statements", "Say something about a case"), *(mine if desk.sight.may("contest_session") else ()))


def _number(record: str) -> str:
    """The number of a record as addresses have it. Raises NoSuch."""
    if not record.isascii() or not record.isdigit() or len(record) > 15:
        raise NoSuch(UNSEEN)
    return record
