"""Attacks on what the pages and the interface for programs take: seats, tokens, confirmations, heads, links."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from page_visitor import PASSWORD, Visitor
from salesdx.base.model import RuleBase
from salesdx.ledger.log import Person
from salesdx.services.arranging import GiveSeat
from salesdx.services.logins import LoginRefused
from salesdx.trail.book import Book
from salesdx.trail.concerned import actor_of
from salesdx.trail.seats import SEAT_GIVEN
from salesdx.trail.sign_off_story import story_of
from salesdx.web.accounts import CODE, Accounts
from served import Office, going_on, office
from test_api_cases import Program
from test_pages_head import change
from test_pages_seats import give, hand_over
from test_serve_sign_off import stated


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with office(tmp_path, where, base) as found:
        found.enter(max="sales_manager", mia="sales_manager", cleo="hr", lea="legal")
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
    for path in (f"/cases/{case}/statements",):
        given = max_.post(path, text="I agree with all of it.", key="a" * 20)
        assert given.status_code == 404, (given.status_code, given.headers.get("location"))


def test_codes_are_not_guessed_between_two_logins(firm: Office) -> None:
    lea = entered(firm, "lea")
    lea.codes()
    tried = 0
    for _ in range(2):
        for n in range(20):
            given = lea.post("/me/proof/code", password=PASSWORD, code=f"{n:06d}", to="/")
            tried += "not right" in given.text
        lea.log_in()
    assert tried < 35


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
    print(given.status_code, given.text)
    if given.status_code == 201:
        print(Program(firm, given.json()["token"]).call("GET", f"/cases/{case}/statements").text)
    assert given.status_code != 201


def test_a_link_asks_about_what_its_receiver_was_told(firm: Office) -> None:
    max_ = entered(firm, "max")
    case = max_.begin()
    action, told = max_.form(f"/cases/{case}/requests", "/requests/finance")
    link = max_.post(action, **told | {"receiver-finance": "Finn"}).text.partition("/r/")[2][:43]
    finn = Visitor(firm, "nobody")
    assert "1 Jul 2026" in finn.get(f"/r/{link}").text
    assert change(max_, case, subject="person", ref="E-1042", period="2026-Q2").status_code == 303
    given = finn.get(f"/r/{link}")
    print(given.status_code, given.text[-1500:])
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
        print("BAR", bar)
        assert bar is not None


def test_nobody_begins_a_case_about_themselves(firm: Office) -> None:
    firm.enter(**{"mo-7": "sales_manager"})
    mo = entered(firm, "mo-7")
    action, told = mo.form("/cases/new", "/cases/new")
    given = mo.post(action, **told | {"subject": "person", "ref": "MO-7", "period": "2026-Q3"})
    assert given.status_code == 422, given.headers
    body = {"subject": "person", "ref": "mo-7", "period": "2026-Q3"}
    Program(firm, firm.token("mo-7")).call("POST", "/cases", 422, json=body)


def test_a_deputy_decides_nothing_otherwise_by_another_door(firm: Office) -> None:
    max_ = entered(firm, "max")
    case = max_.begin()
    max_.answer(case, "goal_measurable", "no")
    record = int(max_.diagnose(case).rpartition("/")[2])
    give(max_, case, "mia")
    token = firm.token("mia")
    given = firm.call("POST", "/acts/override", token, json={"record": record, "reason": "I say so"})
    print(given.status_code, given.text)
    assert given.status_code != 200


def test_who_is_handed_a_case_sees_it_and_who_gave_it_away_still_does(firm: Office) -> None:
    max_, mia = entered(firm, "max"), entered(firm, "mia")
    case = max_.begin()
    give(max_, case, "mia")
    hand_over(max_, case, "mia")
    assert change(mia, case, period="2026-Q2", subject="person", ref="E-1042").status_code == 303
    record = mia.diagnose(case)
    print(max_.get(record).status_code, max_.get(f"/cases/{case}/answers").status_code)
    assert max_.get(record).status_code == 200
