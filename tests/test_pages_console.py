"""What waits, and what is on record, at the pages: each page by who sees it, with a mark, and nothing added by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import icalendar
import pytest
from lxml import html

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.ledger.log import Person
from salesdx.ledger.marks import all_marks
from salesdx.services.case_acts import StateView
from salesdx.services.file_acts import EraseByStep, PutHold
from served import Office, going_on, office
from test_serve_sign_off import stated


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, str(tmp_path / "trail"), base, stated) as (found, _):
        found.enter(hal="hr", olga="auditor", rita="reviewer")
        yield found


def entered(firm: Office, who: str) -> Visitor:
    found = Visitor(firm, who)
    found.enter()
    return found


def told(visitor: Visitor, path: str) -> str:
    """What a page says, in one line."""
    page = visitor.get(path)
    assert page.status_code == 200, (path, page.status_code, page.text)
    return " ".join(html.fromstring(page.text).xpath("string(//main)").split())


def links(visitor: Visitor, path: str) -> dict[str, str]:
    """Where the links of a page lead, by what they are called."""
    found = html.fromstring(visitor.get(path).text).xpath("//main//a[starts-with(@href, '/')]")
    return {one.text_content(): one.get("href") for one in found}


def size(firm: Office) -> int:
    with firm.trail.read() as reader:
        return reader.head().size


def marks(firm: Office) -> list[tuple[str, str, str]]:
    with firm.trail.read() as reader:
        return [(mark.person, mark.role, mark.kind) for mark in all_marks(reader)]


def pseudonym(firm: Office, kind: str = "case", name: str = "complete-file") -> str:
    with firm.trail.read() as reader:
        found = reader.pseudonym(kind, name)
    assert found is not None
    return found


def test_what_waits_for_human_resources(firm: Office) -> None:
    cleo, hal = entered(firm, "cleo"), entered(firm, "hal")
    files = (
        "Complete files Read the case against, and sign or refuse after the time to think: E-2077, case complete-file"
    )
    assert files in told(cleo, "/hr")
    found = links(cleo, "/hr")
    case, newest = pseudonym(firm), firm.newest("complete-file")
    assert found["The sign-off"] == f"/cases/{case}/sign-off/{newest}"
    assert found["The case"] == f"/cases/{case}/story"
    assert cleo.get(found["The sign-off"]).status_code == 200
    by = Person("hal", "hr", "login")
    firm.server.perform(PutHold("case", "complete-file", "a lawsuit"), by, str)
    firm.server.perform(StateView("complete-file", "The territory was changed in May.", {}), by, str)
    page = told(cleo, "/hr")
    assert files not in page, "what was said since voids it"
    for words in (
        "What the persons concerned say Read what the person concerned said: E-2077, case complete-file",
        "Legal holds",
        "Look whether the legal hold is still needed",
    ):
        assert words in page, page
    assert "Read what the person concerned said" not in told(hal, "/hr"), "who wrote it down has seen it"
    assert links(cleo, "/")["What waits for you, and what is on record"] == "/hr"


def test_an_erasure_that_waits_for_another_person(firm: Office) -> None:
    cleo = entered(firm, "cleo")
    act = EraseByStep("they asked for it", case="complete-file")
    firm.server.perform(act, Person("hal", "hr", "token"), str)
    page = told(cleo, "/hr")
    assert "Erasures Confirm the erasure that was announced, or stop it with a legal hold" in page
    assert links(cleo, "/hr")["Erasures"] == "/hr/erasures"


def test_a_case_from_its_name_to_a_page_as_it_was_shown(firm: Office) -> None:
    cleo, before = entered(firm, "cleo"), size(firm)
    given = cleo.post("/hr/find", named=" complete-file ")
    story = f"/cases/{pseudonym(firm)}/story"
    assert given.headers["location"] == story
    assert "Case complete-file: the whole story" in told(cleo, story)
    newest = firm.newest("complete-file")
    (record,) = (to for name, to in links(cleo, story).items() if name.startswith(f"Record {newest}: diagnosis, "))
    assert record == f"/records/{newest}"
    assert f"Record {newest}" in told(cleo, record)
    page = links(cleo, record)["The page as it was shown"]
    with firm.trail.read() as reader:
        shown = (reader.row(newest).content or {})["body"]["shown"]
    (as_it_was,) = html.fromstring(cleo.get(page).text).xpath("//pre")
    assert as_it_was.text_content().rstrip() == shown.rstrip()
    given = cleo.post("/hr/find", named="E-2077")
    person = f"/persons/{pseudonym(firm, 'subject', 'E-2077')}"
    assert given.headers["location"] == person
    assert "E-2077" in told(cleo, person)
    for named in ("nobody", "", "\0", "x" * 5_000):
        assert cleo.post("/hr/find", named=named).status_code == 422
    assert size(firm) == before
    kinds = [kind for who, role, kind in marks(firm) if (who, role) == ("cleo", "hr")]
    assert kinds == ["find", "case", "case", "record", "record", "record", "find", "person"] + ["find", "tasks"] * 4


def test_who_sees_less_sees_less(firm: Office) -> None:
    case, subject = pseudonym(firm), pseudonym(firm, "subject", "E-2077")
    newest = firm.newest("complete-file")
    paths = ("/hr", f"/cases/{case}/story", f"/persons/{subject}", f"/records/{newest}", f"/records/{newest}/page")
    sees = {
        "olga": (200, 200, 200, 200, 200),
        "rita": (404, 200, 404, 200, 200),  # she may sign it
        "gwen": (404, 404, 404, 404, 404),  # she stands above the one whom it is about
        "dan": (404, 200, 404, 200, 200),  # he began it
        "meier": (404, 404, 404, 404, 404),
        "anna": (404, 404, 404, 404, 404),
        "e-2077": (404, 404, 404, 404, 404),
    }
    found = {}
    for who in sees:
        visitor = entered(firm, who)
        found[who] = tuple(visitor.get(path).status_code for path in paths)
        assert visitor.post("/hr/find", named="complete-file").status_code == (303 if who == "olga" else 404)
    assert found == sees
    rita = entered(firm, "rita")
    assert "Read the case against" in told(rita, "/") and "Look for a case" not in told(rita, "/")
    assert "Nothing waits for you." in told(entered(firm, "gwen"), "/")
    assert "In your present role you work on no reviews here." in told(entered(firm, "anna"), "/")
    for path in ("/records/x", "/records/-1", "/records/99999", "/cases/nothing/story", "/persons/nobody"):
        assert rita.get(path).status_code == entered(firm, "olga").get(path).status_code == 404, path


def test_nothing_is_shown_where_no_mark_can_be_left(firm: Office) -> None:
    cleo = entered(firm, "cleo")
    with firm.trail.storage.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE mark RENAME TO gone")
    for path in ("/hr", f"/cases/{pseudonym(firm)}/story", f"/records/{firm.newest('complete-file')}"):
        page = cleo.get(path)
        assert page.status_code == 503 and "E-2077" not in page.text, path


def test_what_waits_is_a_file_for_a_calendar(firm: Office) -> None:
    cleo = entered(firm, "cleo")
    assert "/waiting.ics" in cleo.get("/hr").text
    before, given = len(marks(firm)), cleo.get("/waiting.ics")
    assert given.headers["content-type"].startswith("text/calendar")
    assert "attachment" in given.headers["content-disposition"]
    found = icalendar.Calendar.from_ical(given.text)
    firm.log_in("cleo")
    named = firm.run("cleo", "trail", "tasks", "--format", "ics")
    typed = icalendar.Calendar.from_ical(named)
    events, theirs = ([str(one["summary"]) for one in each.walk("VEVENT")] for each in (found, typed))
    assert events == theirs and "salesdx trail" not in given.text
    assert len(marks(firm)) == before + 2


def test_an_empty_trail_has_nothing_that_could_not_be_looked_at(tmp_path: Path, base: RuleBase) -> None:
    with office(tmp_path, str(tmp_path / "trail"), base) as empty:
        empty.enter(cleo="hr")
        page = told(entered(empty, "cleo"), "/hr")
        assert "Nothing waits for you." in page and "--home" not in page and "Could not" not in page
