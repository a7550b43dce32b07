"""Letters, and what the person concerned says, at the pages: recorded as the command line does, then shown."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.ledger.log import Person
from salesdx.web.jobs import LETTER, LOST, Jobs
from salesdx.web.pages.telling import keep_letter
from served import Office, going_on
from test_pages_console import entered, links, pseudonym, size, told
from test_pages_keeping import body, faults
from test_serve_sign_off import stated


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, str(tmp_path / "trail"), base, stated) as (found, _):
        yield found


def send(visitor: Visitor, what: str, **typed: str) -> tuple[int, str, str]:
    path = f"/cases/{pseudonym(visitor.firm)}/{what}"
    action, fields = visitor.form(path, f"/{what}")
    given = visitor.post(action, **fields | typed)
    return given.status_code, given.headers.get("location", ""), given.text


def written(visitor: Visitor, given: httpx.Response) -> str:
    """Where a letter is, once it was worked out."""
    job = given.headers["location"]
    assert job.startswith("/jobs/"), given.text
    for _ in range(600):
        page = visitor.get(job)
        if page.status_code == 303:
            return page.headers["location"]
        assert page.status_code == 200 and "Refresh" in page.headers, page.text
        time.sleep(0.1)
    raise AssertionError("it does not end")


def test_a_letter_outlives_a_restart_and_is_written_once(firm: Office) -> None:
    cleo, before = entered(firm, "cleo"), size(firm)
    case, newest = pseudonym(firm), firm.newest("complete-file")
    action, fields = cleo.form(f"/cases/{case}/letters", "/letters")
    job = cleo.post(action, **fields | {"to": "manager"}).headers["location"]
    jobs = Jobs(firm.trail.storage, firm.server.now, partial(keep_letter, firm.server))
    jobs.resume()  # as the next start of the service does, while the one before is at it
    (work,) = jobs.works.values()
    while work.runs:
        time.sleep(0.1)
    assert cleo.get(job).headers["location"] == f"/records/{before}/page"
    assert size(firm) == before + 1 and body(firm, before)["to"] == "manager"
    jobs.resume()
    assert len(jobs.works) == 1, "what is recorded is not begun again"
    jobs.end()
    other = jobs.start(Person("cleo", "hr", "login"), LETTER, [str(newest), "nobody"], (newest,), ("/", "Back"))
    while jobs.works[other].runs:
        time.sleep(0.1)
    assert jobs.works[other].fault and size(firm) == before + 1
    assert "It is being worked out." in told(cleo, f"/jobs/{other}"), "in another process, for all that this one knows"
    firm.later(minutes=6)
    assert LOST in told(cleo, f"/jobs/{other}")
    firm.later(minutes=5)
    assert cleo.get(job).status_code == 404, "it is forgotten, and its letter is on record"
    jobs.end()


def test_a_letter_is_recorded_and_read_from_the_record(firm: Office) -> None:
    cleo, before = entered(firm, "cleo"), size(firm)
    case, newest = pseudonym(firm), firm.newest("complete-file")
    assert links(cleo, f"/cases/{case}/story")["Letters"] == f"/cases/{case}/letters"
    page = told(cleo, f"/cases/{case}/letters")
    assert "No letter has been written yet." in page and f"Write a letter about record {newest}" in page
    assert size(firm) == before
    path = f"/cases/{case}/letters"
    action, fields = cleo.form(path, "/letters")
    for _ in range(2):  # the same form twice is one letter
        given = cleo.post(action, **fields | {"to": "employee"})
        assert written(cleo, given) == f"/records/{before}/page"
    assert size(firm) == before + 1
    kept = body(firm, before)
    assert (kept["to"], kept["format"]) == ("employee", "html")
    letter = told(cleo, f"/records/{before}/page")
    for words in ("What was looked at", "Whom to turn to", "Annex", "If you do not agree", "Your rights"):
        assert words in letter
    assert links(cleo, path)[next(name for name in links(cleo, path) if name.startswith("To the person"))] == (
        f"/records/{before}/page"
    )
    status, _, text = send(cleo, "letters", to="anybody")
    assert (status, faults(text)) == (422, ["choose to whom it goes"])
    assert send(cleo, "letters", to="manager", record="3")[0] == 404
    command = firm.log_in("cleo") or firm.run(
        "cleo", "trail", "explain-to", "employee", str(newest), "--format", "html"
    )
    with firm.trail.read() as reader:
        last = max(row.seq for row in reader.rows(types=("letter",)))
    assert body(firm, last)["shown"] == kept["shown"] == command.rstrip("\n") + "\n"


def test_a_statement_is_entered_on_behalf(firm: Office) -> None:
    cleo, case, before = entered(firm, "cleo"), pseudonym(firm), size(firm)
    path = f"/cases/{case}/statements"
    assert "No fact changes by it" in told(cleo, path)
    status, _, text = send(cleo, "statements", text="")
    assert (status, faults(text)) == (422, ["write down what they say, in words"])
    wrong = {"text": "The visits were counted wrongly.", "fact-1": "skill_gap", "value-1": "perhaps"}
    status, _, text = send(cleo, "statements", **wrong)
    assert (status, size(firm)) == (422, before) and "The visits were counted wrongly." in text
    assert faults(text)
    status, _, text = send(cleo, "statements", text="It is so.", **{"value-1": "yes"})
    assert faults(text) == ["choose the fact and type what they say that it is, or leave both"]
    term = contestable(cleo, path)
    status, where, text = send(
        cleo, "statements", **{"text": "The visits were counted wrongly.", "fact-2": term, "value-2": "not_known"}
    )
    assert (status, where) == (303, f"/records/{before}/page"), faults(text)
    kept = body(firm, before)
    assert kept["text"] == "The visits were counted wrongly." and kept["contested"]
    with firm.trail.read() as reader:
        header = reader.row(before).header
    assert (header["role"], header["identity"]) == ("hr", "login")
    assert "The visits were counted wrongly." in told(cleo, where)
    assert "What they said" in told(cleo, path)


def contestable(visitor: Visitor, path: str) -> str:
    """A fact of the case that can be contested."""
    from lxml import html

    (field,) = html.fromstring(visitor.get(path).text).xpath("//select[@id='fact-1']")
    return str(field.xpath("option/@value")[5])


def test_who_writes_and_enters(firm: Office) -> None:
    case, before = pseudonym(firm), size(firm)
    for who in ("dan", "finn", "gwen", "anna", "lea", "e-2077"):
        visitor = entered(firm, who)
        for what in ("letters", "statements"):
            assert visitor.get(f"/cases/{case}/{what}").status_code == 404, (who, what)
            assert visitor.post(f"/cases/{case}/{what}", to="employee", text="so it is").status_code == 404
    cleo = entered(firm, "cleo")
    for address in ("/cases/nothing/letters", "/cases/nothing/statements"):
        assert cleo.get(address).status_code == 404
    assert size(firm) == before
