"""Letters about a case, and what the person concerned says, entered on their behalf; each recorded, then shown."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from urllib.parse import quote

from fastapi import APIRouter, Response

from salesdx.ledger.errors import NoSuch, Refused, TrailError
from salesdx.ledger.moments import moment
from salesdx.render.pages.case_words import Option, Send, moment_words
from salesdx.render.pages.shell import PageFault
from salesdx.render.pages.telling_page import ContestLine, LettersPage, StatementPage
from salesdx.render.trail import render_page
from salesdx.render.trail.voices import statement_report
from salesdx.services.acts import Act, Render
from salesdx.services.case_acts import KeepLetter, StateView, WriteLetter
from salesdx.services.told_reads import CaseTold, ReadTold
from salesdx.services.trail_server import TrailServer
from salesdx.text.issues import IssuesError
from salesdx.trail.book import Record
from salesdx.trail.lookalike import MAX_STATEMENT
from salesdx.web.jobs import LETTER, Job
from salesdx.web.pages.console import no_page
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, check_act, go_to, shown_page
from salesdx.web.pages.held import form_key, new_key

router = APIRouter(include_in_schema=False)
LETTERS, STATEMENTS = "/cases/{case}/letters", "/cases/{case}/statements"
TO = {"employee": "The person concerned", "manager": "The manager"}
CONTESTS = 3
"""So many facts can be contested in one form."""
NOBODY = "It is a trial: nobody has adopted the rules that made it, so no letter is written about it."


@router.get(LETTERS)
def letters_page(case: str, visit: Visiting) -> Response:
    """The letters of a case, and a form for another one."""
    return _letters(visit, case)


@router.post(LETTERS)
def write_a_letter(case: str, visit: Visiting, form: OwnForm) -> Response:
    """Begin to write a letter about a diagnosis, which takes seconds: it is recorded, then shown."""
    told = _told(visit, case, WriteLetter)
    to, record = form.get("to", ""), form.get("record", "")
    if to not in TO:
        return _letters(visit, case, PageFault("choose to whom it goes", "to"))
    if record not in {str(one.seq) for one in told.diagnoses}:
        raise NoSuch("there is no such diagnosis")
    id = sha256(form_key(told.pseudonym, form.get("key", ""), record, to).encode()).hexdigest()[:32]
    try:
        job = visit.desk.jobs.start(visit.by, LETTER, [record, to], (int(record),), _back_to_letters(told), id)
    except Refused as error:
        return _letters(visit, case, PageFault(str(error), "to"))
    return go_to(f"/jobs/{job}")


def keep_letter(server: TrailServer, job: Job, shown: str) -> int:
    """The record of a letter that a job has worked out, made once for each job."""
    record, to = job.words
    act = KeepLetter(int(record), "employee" if to == "employee" else "manager", "html", shown)
    key = form_key("letter", job.id)
    done = server.perform_beside(act, job.by, str, key, lambda connection: None)
    found = server.done(key)
    return done.record if found is None else found


def _back_to_letters(told: CaseTold) -> tuple[str, str]:
    return f"/cases/{quote(told.pseudonym)}/letters", f"Letters about case {told.name}"


@router.get(STATEMENTS)
def statements_page(case: str, visit: Visiting) -> Response:
    """What the person concerned has said, and a form to enter more."""
    return _statements(visit, case)


@router.post(STATEMENTS)
def enter_statement(case: str, visit: Visiting, form: OwnForm) -> Response:
    """Record how the person concerned sees it; both results are shown from the record."""
    told = _told(visit, case, StateView)
    text = form.get("text", "")
    rows = {n: (form.get(f"fact-{n}", ""), form.get(f"value-{n}", "").strip()) for n in range(1, CONTESTS + 1)}
    faults = [] if any(map(str.isalpha, text)) else [PageFault("write down what they say, in words", "text")]
    contest: dict[str, str] = {}
    for n, (term, value) in rows.items():
        if bool(term) != bool(value):
            faults.append(PageFault("choose the fact and type what they say that it is, or leave both", f"fact-{n}"))
        elif term and contest.setdefault(term, value) != value:
            faults.append(PageFault("this fact is contested twice, with two values", f"fact-{n}"))
    if not faults:
        act = StateView(told.name, text, contest)
        try:
            render = lambda stated: _html(statement_report(stated))  # noqa: E731
            return go_to(f"/records/{_recorded(visit, told, act, form.get('key', ''), render)}/page")
        except IssuesError as error:
            field = next((f"fact-{n}" for n, (term, _) in rows.items() if term), "text")
            faults = [PageFault(issue.message, field) for issue in error.issues]
        except Refused as error:
            faults = [PageFault(str(error), "text")]
    return _statements(visit, case, tuple(faults), text, rows)


def _html(report: object) -> str:
    return render_page(report, None, "html")  # type: ignore[arg-type]


def _recorded(visit: Visit, told: CaseTold, act: Act, key: str, render: Render) -> int:
    """The record of an act that a form has asked for, made once for each form."""
    key = form_key(told.pseudonym, key, act)
    done = visit.desk.server.perform_beside(act, visit.by, render, key, lambda connection: None)
    found = visit.desk.server.done(key)
    return done.record if found is None else found


def _told(visit: Visit, case: str, act: type[Act]) -> CaseTold:
    """A case as somebody sees it who may do an act. Raises NoSuch."""
    check_act(visit, act)
    try:
        found, _ = visit.desk.server.read(ReadTold(case), visit.by, no_page)
    except TrailError as error:
        raise NoSuch(str(error)) from None
    told: CaseTold = found.shown
    return told


def _line(record: Record, what: str) -> tuple[str, str]:
    return f"/records/{record.seq}/page", f"{what}, {moment_words(moment(record.time))}"


def _letters(visit: Visit, case: str, fault: PageFault | None = None) -> Response:
    told = _told(visit, case, WriteLetter)
    readers = [Option(to, label) for to, label in TO.items() if told.personal or to != "employee"]
    page = LettersPage(
        visit.shell(_story(told), faults=(fault,) if fault else ()),
        f"Letters about case {told.name}",
        told.name,
        tuple(
            _line(one, f"To {TO.get(str((one.body or {}).get('to')), 'somebody').lower()}")
            for one in told.letters
            if one.body is not None
        ),
        tuple(readers),
        told.newest,
        NOBODY if told.trial else "",
        Send(f"/cases/{quote(told.pseudonym)}/letters", new_key()),
    )
    return shown_page(page, 422 if fault else 200)


def _statements(
    visit: Visit,
    case: str,
    faults: tuple[PageFault, ...] = (),
    text: str = "",
    rows: dict[int, tuple[str, str]] | None = None,
) -> Response:
    told = _told(visit, case, StateView)
    option = partial(_facts, told)
    page = StatementPage(
        visit.shell(_story(told), faults=faults),
        f"What the person concerned says: case {told.name}",
        told.name,
        tuple(_line(one, "What they said") for one in told.statements if one.body is not None),
        tuple((called, value) for _, called, value in told.facts),
        tuple(
            ContestLine(n, option(term), value)
            for n, (term, value) in (rows or dict.fromkeys(range(1, CONTESTS + 1), ("", ""))).items()
        ),
        MAX_STATEMENT,
        Send(f"/cases/{quote(told.pseudonym)}/statements", new_key()),
        text[:MAX_STATEMENT],
    )
    return shown_page(page, 422 if faults else 200)


def _facts(told: CaseTold, chosen: str) -> tuple[Option, ...]:
    return (Option("", "None"), *(Option(term, called, term == chosen) for term, called, _ in told.facts))


def _story(told: CaseTold) -> tuple[str, str]:
    return f"/cases/{quote(told.pseudonym)}/story", f"Case {told.name}"
