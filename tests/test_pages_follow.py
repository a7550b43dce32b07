"""A case through time at the pages: taken on, declined, sessions written down, confirmed, contested; all recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from conftest import ROOT
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.followed import Followed
from salesdx.ledger.log import Person
from salesdx.render.trail import render_page
from salesdx.render.trail.letter_pages import letter_report
from salesdx.services.case_acts import WriteLetter
from salesdx.trail.book import Book
from salesdx.trail.own_words import persons_of
from served import Office, office
from test_api_cases import Program
from test_pages_concerned import HR, linked


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager", mia="sales_manager", cleo="hr", eva="employee")
        yield found


def visitor(firm: Office, who: str) -> Visitor:
    found = Visitor(firm, who)
    found.enter()
    return found


def begin(firm: Office, ref: str = "WOOD-2") -> str:
    """A case of max with late deliveries."""
    text, profile = ((ROOT / "examples" / f"{name}.yaml").read_text("utf-8") for name in ("late-delivery", "firm"))
    text = text.replace("WOOD-2", ref) + profile.partition("facts:\n")[2]
    told = Program(firm, firm.token("max")).call("POST", "/files", 201, json={"file": text}).json()
    return str(told["case"])


def followed(firm: Office, base: RuleBase, case: str) -> Followed:
    text = Program(firm, firm.token("max")).call("GET", f"/cases/{case}/file", 200).json()["file"]
    return case_from_text(text, case, base).followed


def kept(firm: Office, case: str) -> list[tuple[str, str]]:
    with firm.trail.read() as reader:
        book = Book(reader)
        types = ("action", "session", "review")
        return [
            (one.type, (one.body or {})["done"]) for one in book.records(case=book.pseudonym("case", case), types=types)
        ]


def test_a_recommendation_is_taken_on_and_its_sessions_are_confirmed_by_another(firm: Office, base: RuleBase) -> None:
    max_, case = visitor(firm, "max"), begin(firm)
    here, day = f"/cases/{case}/follow", firm.server.now().date()
    start = (day - timedelta(days=40)).isoformat()
    action, told = max_.form(here, "/follow/actions")
    offered = told["intervention"]
    wrong = max_.post(action, **told | {f"start-{offered}": "1.12.2026", f"owner-{offered}": "P-7", "decide": "accept"})
    assert wrong.status_code == 422 and "write the day as 2026-12-01" in wrong.text
    nobody = max_.post(action, **told | {"decide": "accept"})
    assert nobody.status_code == 422 and "say who does it" in nobody.text
    typed = {"intervention": "promise_date", "owner-promise_date": "P-7", "start-promise_date": start}
    done = max_.post(action, **told | typed | {"decide": "accept"})
    assert (done.status_code, done.headers["location"]) == (303, here)
    assert max_.post(action, **told | typed | {"decide": "accept"}).status_code == 303, "sent again it does nothing"
    typed = {"intervention": "systemic_plan", "reason-systemic_plan": "done in spring"}
    action, told = max_.form(here, "/follow/actions")
    assert max_.post(action, **told | typed | {"decide": "decline"}).status_code == 303
    action, told = max_.form(here, "/follow/sessions")
    held = {"action": "A1", "what": "training", "date": (day - timedelta(days=3)).isoformat(), "how": "held"}
    assert max_.post(action, **told | held).status_code == 303
    page = max_.get(here).text
    assert "Honest promise dates" in page and "Declined: done in spring" in page and "<svg" in page
    assert "/confirmation" not in page, "nobody confirms their own word"
    own = max_.post(f"{here}/sessions/S1/confirmation", key="x")
    assert own.status_code == 422 and "nobody confirms their own word" in own.text
    action, told = max_.form(here, "/follow/changes")
    assert max_.post(action, **told | {"change": "absence", "since": start}).status_code == 422
    assert max_.post(action, **told | {"change": "absence", "since": start, "days": "4"}).status_code == 303
    found = followed(firm, base, case)
    assert [(one.intervention, one.state, one.author) for one in found.actions] == [
        ("promise_date", "accepted", "max"), ("systemic_plan", "declined", "max"),
    ]  # fmt: skip
    assert [(one.change, one.days) for one in found.events] == [("absence", 4)]
    assert kept(firm, case) == [
        ("action", "accepted"), ("action", "declined"), ("session", "held"), ("review", "absence"),
    ]  # fmt: skip


def test_a_colleague_with_a_seat_confirms_and_others_see_nothing(firm: Office, base: RuleBase) -> None:
    max_, cleo, mia, case = visitor(firm, "max"), visitor(firm, "cleo"), visitor(firm, "mia"), begin(firm)
    program, day = Program(firm, firm.token("max")), firm.server.now().date()
    body = {"intervention": "promise_date", "owner": "P-7", "start": (day - timedelta(days=9)).isoformat()}
    assert program.call("POST", f"/cases/{case}/actions", 201, json=body).json()["entry"]["id"] == "A1"
    session = {"action": "A1", "what": "coaching", "date": day.isoformat()}
    program.call("POST", f"/cases/{case}/sessions", 201, json=session)
    action, told = max_.form(f"/cases/{case}/people", "/people")
    assert max_.post(action, **told | {"person": "cleo"}).status_code == 303
    here = f"/cases/{case}/follow"
    assert "1 session to be confirmed" in cleo.get("/cases").text and "to be confirmed" not in max_.get("/cases").text
    calendar = max_.get("/waiting.ics").text
    assert calendar.count("Honest promise dates") >= 4 and calendar.count("BEGIN:VEVENT") >= 2
    action, told = cleo.form(here, "/sessions/S1/confirmation")
    assert cleo.post(action, **told).status_code == 303
    (one,) = followed(firm, base, case).sessions
    assert [(who.by, who.author) for who in one.confirmed] == [("hr", "cleo")]
    assert mia.get(here).text == mia.get("/cases/c-aaaaaaaaaaaaaaaa/follow").text
    shown = program.call("GET", f"/cases/{case}/follow-up", 200).json()
    assert [(each["id"], each["outcome"]["result"]) for each in shown["actions"]] == [("A1", "too_early")]


def test_whom_it_is_about_sees_their_sessions_and_contests_them(firm: Office, base: RuleBase) -> None:
    eva, case, other = visitor(firm, "eva"), begin(firm, "eva"), begin(firm, "E-99")
    program, day = Program(firm, firm.token("max")), firm.server.now().date()
    for each in (case, other):
        body = {"intervention": "promise_date", "owner": "P-7", "start": (day - timedelta(days=9)).isoformat()}
        program.call("POST", f"/cases/{each}/actions", 201, json=body)
        for days in (3, 2):
            held = {"action": "A1", "what": "coaching", "date": (day - timedelta(days=days)).isoformat()}
            program.call("POST", f"/cases/{each}/sessions", 201, json=held)
    assert 'href="/my-sessions"' in eva.get("/").text
    page = eva.get("/my-sessions")
    assert page.status_code == 200 and page.text.count("Contest it") == 2 and "E-99" not in page.text
    action, told = eva.form("/my-sessions", "/S1/contest")
    assert eva.post(action, **told).status_code == 422
    assert eva.post(action, **told | {"reason-S1": "it was <b>cancelled</b>"}).status_code == 303
    assert "it was &lt;b&gt;cancelled" in eva.get("/my-sessions").text
    found = followed(firm, base, case)
    assert [one.disputed for one in found.sessions] == [True, False]
    action, told = eva.form("/my-sessions", "/S2/confirmation")
    assert eva.post(action, **told).status_code == 303
    assert [(who.by, who.author) for who in followed(firm, base, case).sessions[1].confirmed] == [("sales_rep", "eva")]
    assert "Counts" in eva.get("/my-sessions").text, "the manager said so, and the person concerned confirms it"
    text = program.call("GET", f"/cases/{case}/file", 200).json()["file"]
    cut = case_from_text(re.sub(r", contested: \{.*?\}", "", text), case, base)
    assert not any(one.disputed for one in cut.followed.sessions)
    with firm.trail.read() as reader:
        known = persons_of(Book(reader), replace(cut, case=case), Person("max", "sales_manager", "token")).said
    assert {name for name, _, _ in known if name.startswith("session")} == {"session S2"}, "a contest cannot be cut out"
    assert eva.post(f"/my-sessions/{other}/S1/contest", key="x", **{"reason-S1": "so"}).status_code == 404
    assert kept(firm, case)[-2:] == [("session", "contested"), ("session", "confirmed")]
    cleo = visitor(firm, "cleo")
    assert "Nothing is recorded." in cleo.get("/my-sessions").text


def test_by_the_link_to_a_letter_a_session_is_contested(firm: Office, base: RuleBase) -> None:
    firm.adopt()  # of a trial no letter is written
    program = Program(firm, firm.token("max"))
    case = program.begin(subject="person", ref="E-77")
    record = int(program.call("POST", f"/cases/{case}/diagnoses", 201).headers["location"].rpartition("/")[2])
    body = {"intervention": "promise_date", "owner": "P-7", "start": "2026-10-01"}
    program.call("POST", f"/cases/{case}/actions", 201, json=body)
    held = {"action": "A1", "what": "coaching", "date": "2026-10-02"}
    program.call("POST", f"/cases/{case}/sessions", 201, json=held)
    letter = firm.server.perform(
        WriteLetter(record, "employee", "html"), HR, lambda made: render_page(letter_report(made), None, "html", 80)
    )
    person = linked(visitor(firm, "cleo"), letter.record).begin_link()
    action, told = person.form(f"{person.home}/sessions", "/sessions/S1")
    assert person.post(action, **told | {"reason-S1": " "}).status_code == 422
    assert person.post(action, **told | {"reason-S1": "I was on leave."}).status_code == 303
    assert "Contested: I was on leave." in person.get(f"{person.home}/sessions").text
    assert [one.disputed for one in followed(firm, base, case).sessions] == [True]
    assert kept(firm, case)[-1] == ("session", "contested")
    assert person.post(f"{person.home}/sessions/S9", **told | {"reason-S9": "so"}).status_code == 404


def test_a_file_that_comes_back_says_nothing_else_of_what_was_done(firm: Office) -> None:
    program, case = Program(firm, firm.token("max")), begin(firm)
    body = {"intervention": "promise_date", "owner": "P-7", "start": "2026-07-01"}
    program.call("POST", f"/cases/{case}/actions", 201, json=body)
    told = program.call("GET", f"/cases/{case}/file", 200).json()
    forged = told["file"].replace("owner: P-7", "owner: P-8")
    assert program.call("PUT", f"/cases/{case}/file", json={"file": forged}).status_code == 409
