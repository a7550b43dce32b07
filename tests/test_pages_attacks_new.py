"""Attacks on what the pages and the interface for programs take: seats, tokens, confirmations, heads, links."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute

from page_visitor import PASSWORD, Visitor
from person_keys import key
from salesdx.base.model import RuleBase
from salesdx.case.statement import Statement
from salesdx.interview.conversation import Conversation
from salesdx.ledger.errors import NoSuch
from salesdx.ledger.log import Person
from salesdx.services.arranging import GiveSeat
from salesdx.services.logins import LoginRefused
from salesdx.trail.book import Book
from salesdx.trail.concerned import actor_of
from salesdx.trail.own_words import INTERVIEW
from salesdx.trail.seats import SEAT_GIVEN
from salesdx.trail.sign_off_story import story_of
from salesdx.web.accounts import CODE, Accounts
from salesdx.web.app import PAGES, server_app
from salesdx.web.applications import SCOPES
from salesdx.web.calling import Caller
from salesdx.web.codes import MOST_CODES
from salesdx.web.pages.held import HeldPage, record_answer
from salesdx.web.store import Overtaken, give_seat
from served import Office, going_on, staffed
from test_api_cases import Program, size
from test_pages_head import change
from test_pages_seats import end, give, hand_over
from test_pages_working import diagnoses, with_more, worked_out
from test_serve_sign_off import stated


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base, max="sales_manager", mia="sales_manager", cleo="hr", lea="legal") as found:
        yield found


def entered(firm: Office, who: str) -> Visitor:
    found = Visitor(firm, who)
    found.enter()
    return found


def also(firm: Office, who: str, role: str) -> None:
    """Another role of a person."""
    firm._change(("role_given", {"person": who, "role": role, "from": "", "until": ""}))


def test_nobody_speaks_as_the_employee_in_a_case_of_somebody_else(firm: Office) -> None:
    also(firm, "max", "employee")
    max_ = entered(firm, "max")
    case = max_.begin(subject="person", ref="E-1042")
    max_.answer(case, "goal_measurable", "yes")
    max_.diagnose(case)
    assert max_.post("/me/role", role="employee").status_code == 303
    before = size(firm)
    assert max_.post(f"/cases/{case}/statements", text="I agree with all of it.", key="a" * 20).status_code == 404
    assert size(firm) == before


def test_codes_are_not_guessed_between_two_logins(firm: Office) -> None:
    lea = entered(firm, "lea")
    device = lea.codes()

    def tried(code: str) -> str:
        given = lea.post("/me/proof/code", password=PASSWORD, code=code, to="/")
        return "taken" if given.status_code == 303 else "wrong" if "code is not right" in given.text else "too many"

    found = []
    for _ in range(2):
        found += [tried(f"{n:06d}") for n in range(8)]
        lea.log_in()
    assert found == ["wrong"] * MOST_CODES + ["too many"] * 6
    assert tried(device.at(firm.server.now())) == "too many"
    firm.later(hours=1)
    assert tried(device.at(firm.server.now())) == "taken"


def test_of_two_confirmations_at_once_one_counts(firm: Office) -> None:
    accounts = Accounts(firm.trail.storage, firm.server.register, firm.server.now)
    accounts.set_password(accounts.invite("lea"), PASSWORD)
    for _ in range(6):
        token, at = accounts.log_in("lea", PASSWORD, "here"), threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(proved, accounts, token, at) for _ in range(2)]
        assert sorted(bool(one.result()) for one in both) == [False, True]


def proved(accounts: Accounts, token: str, at: threading.Barrier) -> str:
    """The login after a confirmation, at the same moment as another one; empty where it is refused."""
    at.wait()
    try:
        return accounts.prove(token, CODE)
    except LoginRefused:
        return ""


def test_an_administrator_alone_is_nobody_else_by_a_token(firm: Office) -> None:
    firm._change(
        ("person_added", {"person": "nora", "name": "Nora", "reports_to": ""}),
        ("role_given", {"person": "nora", "role": "sales_manager", "from": "", "until": ""}),
    )
    max_ = entered(firm, "max")
    case = max_.begin(subject="person", ref="E-1042")
    give(max_, case, "nora")
    body = {"application": "nora", "role": "sales_manager", "scopes": ["cases", "answers"], "days": 3}
    anna = Program(firm, firm.token("anna"))
    given = anna.call("POST", "/applications/tokens", json=body)
    assert given.status_code == 409 and "is entered as a person" in given.text


def test_a_link_asks_about_what_its_receiver_was_told(firm: Office) -> None:
    max_ = entered(firm, "max")
    case = max_.begin()
    action, told = max_.form(f"/cases/{case}/requests", "/requests/finance")
    link = max_.post(action, **told | {"receiver-finance": "Finn"}).text.partition("/r/")[2][:43]
    finn = Visitor(firm, "nobody")
    assert "1 Jul 2026" in finn.get(f"/r/{link}").text
    assert change(max_, case, subject="person", ref="E-1042", period="2026-Q2").status_code == 303
    given = finn.get(f"/r/{link}")
    assert given.status_code == 404 or "E-1042" in given.text


def test_whoever_sits_at_a_case_is_no_outside_reviewer(tmp_path: Path, base: RuleBase) -> None:
    with going_on(tmp_path, str(tmp_path / "trail"), base, stated) as (firm, _):
        also(firm, "finn", "sales_manager")
        act = GiveSeat(SEAT_GIVEN, "complete-file", "E-2077", {"person": "finn", "name": "Finn"})
        firm.server.perform(act, Person("dan", "sales_manager", "login"), str)
        with firm.trail.read() as reader:
            register = firm.server.register()
            found = story_of(Book(reader), firm.newest("complete-file"), "", firm.server.now(), register)
            bar = found.bars(actor_of(Person("finn", "reviewer", "login")))
        assert bar is not None


def test_nobody_begins_a_case_about_themselves(firm: Office) -> None:
    firm.enter(**{"mo-7": "sales_manager"})
    mo = entered(firm, "mo-7")
    action, told = mo.form("/cases/new", "/cases/new")
    given = mo.post(action, **told | {"subject": "person", "ref": "MO-7", "period": "2026-Q3"})
    assert given.status_code == 422, given.headers
    body = {"subject": "person", "ref": "mo-7", "period": "2026-Q3"}
    Program(firm, firm.token("mo-7")).call("POST", "/cases", 422, json=body)
    file = "case: mine\nsubject: {kind: person, ref: MO-7}\nperiod: {from: 2026-07-01, to: 2026-09-30}\n"
    file += "facts: {goal_measurable: true}\n"
    Program(firm, firm.token("mo-7")).call("POST", "/files", 409, json={"file": file})


def test_a_deputy_decides_nothing_otherwise_by_another_door(firm: Office) -> None:
    max_ = entered(firm, "max")
    case = max_.begin()
    max_.answer(case, "goal_measurable", "no")
    record = int(max_.diagnose(case).rpartition("/")[2])
    give(max_, case, "mia")
    token = firm.token("mia")
    given = firm.call("POST", "/acts/override", token, json={"record": record, "reason": "I say so"})
    assert given.status_code != 200


def test_who_is_handed_a_case_sees_it_and_who_gave_it_away_still_does(firm: Office) -> None:
    max_, mia = entered(firm, "max"), entered(firm, "mia")
    case = max_.begin()
    give(max_, case, "mia")
    hand_over(max_, case, "mia")
    assert change(mia, case, period="2026-Q2", subject="person", ref="E-1042").status_code == 303
    record = mia.diagnose(case)
    assert max_.get(record).status_code == 200


def test_whoever_began_a_case_has_asked_for_it_whoever_changes_it(firm: Office) -> None:
    max_, cleo = entered(firm, "max"), entered(firm, "cleo")
    case = max_.begin(subject="person", ref="E-1042")
    give(max_, case, "cleo")
    hand_over(max_, case, "cleo")
    assert change(cleo, case, period="2026-Q2").status_code == 303
    record = int(cleo.diagnose(case).rpartition("/")[2])
    with firm.trail.read() as reader:
        body = Book(reader).record(record).body
    assert body is not None
    assert (body["persons"]["person"], body["persons"]["role"]) == ("max", "sales_manager")


def test_words_are_nobodys_own_where_they_are_about_somebody_else_now(firm: Office) -> None:
    max_ = entered(firm, "max")
    case = max_.begin(subject="person", ref="E-1042")
    assert max_.answer(case, "goal_communicated", "yes").status_code == 303
    assert change(max_, case, ref="E-1043").status_code == 303
    with firm.trail.read() as reader:
        told = [one for one in Book(reader).records(types=("answer",)) if one.subject and one.subject.name == "E-1043"]
        own = [(one.body or {})["own"] for one in told]
        assert [(one.body or {})["term"] for one in told].count("goal_communicated") == 1
    assert own and not any(own), "each of them would have to vouch for it again"


def test_a_token_ends_with_the_right_of_who_made_it(firm: Office) -> None:
    for who, role in (("app-crm", "sales_manager"), ("olaf", "admin")):
        firm._change(
            ("person_added", {"person": who, "name": who.title(), "reports_to": ""}),
            ("role_given", {"person": who, "role": role, "from": "", "until": ""}),
        )
    firm._change(("key_added", {"person": "olaf", "kind": "ssh", "key": key(firm.key_file("olaf")).text}))
    body = {"application": "app-crm", "role": "sales_manager", "scopes": ["cases"], "days": 300}
    made = Program(firm, firm.token("olaf", "admin")).call("POST", "/applications/tokens", 201, json=body).json()
    crm = Program(firm, made["token"])
    crm.call("GET", "/cases", 200)
    firm._change(("role_ended", {"person": "olaf", "role": "admin", "until": ""}))
    crm.call("GET", "/cases", 401)


def test_a_token_of_an_application_opens_no_other_door(firm: Office) -> None:
    firm._change(
        ("person_added", {"person": "app-crm", "name": "CRM", "reports_to": ""}),
        ("role_given", {"person": "app-crm", "role": "hr", "from": "", "until": ""}),
    )
    body = {"application": "app-crm", "role": "hr", "scopes": list(SCOPES), "days": 3}
    token = Program(firm, firm.token("anna")).call("POST", "/applications/tokens", 201, json=body).json()["token"]
    paths = firm.call("GET", "/openapi.json").json()["paths"]
    closed = ("acts", "drafts", "signatures", "reads", "earlier", "statements", "applications", "people")
    doors = [(path.removeprefix("/api/v1"), method) for path, methods in paths.items() for method in methods]
    doors = [(path, method) for path, method in doors if path.split("/")[1] in closed]
    before = size(firm)
    assert len(doors) > 30 and {path.split("/")[1] for path, _ in doors} == set(closed)
    for path, method in doors:
        given = firm.call(method.upper(), path.replace("{", "").replace("}", ""), token, json={})
        assert given.status_code in (401, 422), (method, path)  # also of a request that says too little
    assert size(firm) == before


def test_what_a_browser_sends_by_itself_does_nothing(firm: Office) -> None:
    """The cookie alone opens no program's door, and no form without the token of its login is taken."""
    max_ = entered(firm, "max")
    case = max_.begin()
    before = size(firm)
    given = httpx.get(f"{firm.url}/api/v1/cases", cookies=max_.cookies)
    assert given.status_code == 401
    by_link = ("/login", "/welcome", "/r/", "/asked", "/p/", "/person/")
    forms = [path for path in form_paths() if not path.startswith(by_link)]
    assert len(forms) > 30
    mine, ours, same_site = max_.token(), {"Origin": firm.url}, {"Origin": firm.url, "Sec-Fetch-Site": "same-site"}
    for path in forms:
        at = path.format_map(Filled(case=case, term="goal_measurable", respondent="finance"))
        for headers, token in ((ours, ""), ({"Origin": "https://evil.example"}, mine), ({}, mine), (same_site, mine)):
            sent = {"data": {"form_token": token}, "headers": headers, "cookies": max_.cookies}
            given = httpx.post(firm.url + at, **sent)  # type: ignore[arg-type]
            if given.status_code == 415:  # a form with a file
                given = httpx.post(firm.url + at, **sent, files={"file": ("a", b"x")})  # type: ignore[arg-type]
            assert given.status_code == 403, (path, given.status_code)
    assert size(firm) == before


class Filled(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "1"


def form_paths() -> list[str]:
    """Where the pages take forms."""
    return [
        route.path
        for router in PAGES
        for route in router.routes
        if isinstance(route, APIRoute) and "POST" in route.methods
    ]


def test_a_link_does_not_come_back_with_another_seat(firm: Office) -> None:
    max_, mia = entered(firm, "max"), entered(firm, "mia")
    case = max_.begin()
    give(max_, case, "mia")
    action, told = mia.form(f"/cases/{case}/requests", "/requests/finance")
    link = mia.post(action, **told | {"receiver-finance": "Finn"}).text.partition("/r/")[2][:43]
    assert end(max_, case, "mia").status_code == 303
    assert give(max_, case, "mia").status_code == 303
    assert Visitor(firm, "nobody").get(f"/r/{link}").status_code == 404


def test_an_answer_of_who_loses_their_seat_meanwhile_is_none(firm: Office) -> None:
    max_ = entered(firm, "max")
    case = max_.begin()
    give(max_, case, "mia")
    before = size(firm)
    mia = Caller(server_app(firm.server).state.desk, Person("mia", "sales_manager", "token"), INTERVIEW, "k")

    def meanwhile(now: HeldPage) -> tuple[Conversation, None, tuple[str, ...]]:
        assert end(max_, case, "mia").status_code == 303
        conversation, term = now.asked("goal_measurable")
        return conversation.answer(term, Statement(True), "yes", now.today)[0], None, ()

    with pytest.raises(NoSuch):
        record_answer(mia, case, {"key": "k"}, "goal_measurable", meanwhile)
    assert size(firm) == before + 1, "the end of the seat alone"


def test_nobody_gets_a_seat_while_a_case_becomes_one_about_them(firm: Office) -> None:
    firm.enter(**{"mo-7": "sales_manager"})
    max_ = entered(firm, "max")
    case = max_.begin()
    store = server_app(firm.server).state.desk.store
    before = store.case(case, "max")
    assert change(max_, case, subject="person", ref="MO-7").status_code == 303
    with pytest.raises(Overtaken), store.writing() as connection:
        give_seat(connection, before, "mo-7")
    assert store.seats(case) == {"max": "owner"}


def test_whoever_sees_everything_finds_no_case_about_themselves_like_another(tmp_path: Path, base: RuleBase) -> None:
    with going_on(tmp_path, str(tmp_path / "trail"), base, with_more) as (firm, _):
        firm.enter(**{"hal-7": "hr"})
        dan = Visitor(firm, "dan")
        dan.log_in()
        case, (*_, newest) = diagnoses(firm)
        others = [worked_out(entered(firm, who), case, do="comparators", one=newest) for who in ("hal-7", "cleo")]
        mine = dan.begin(subject="person", ref="HAL-7")
        dan.answer(mine, "goal_measurable", "yes")
        dan.diagnose(mine)
        with firm.trail.read() as reader:
            named = reader.pseudonym("case", mine)
        hal, cleo = Visitor(firm, "hal-7"), Visitor(firm, "cleo")
        for who in (hal, cleo):
            who.log_in()
        assert worked_out(hal, case, do="comparators", one=newest) == others[0], "as if it were not there"
        assert str(named) in worked_out(cleo, case, do="comparators", one=newest)
