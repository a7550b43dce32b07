"""Tokens of applications: made by an administrator for one of the register, for some purposes, with an end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.web.applications import BEGINS, SCOPES
from served import Office, office, staffed
from test_api_cases import GOAL, Program, records, size


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base, max="sales_manager") as found:
        changes: list[tuple[str, dict[str, str]]] = [
            ("person_added", {"person": "app-crm", "name": "CRM", "reports_to": ""}),
            ("role_given", {"person": "app-crm", "role": "sales_manager", "from": "", "until": ""}),
        ]
        found._change(*changes)
        yield found


@pytest.fixture
def anna(firm: Office) -> Program:
    return Program(firm, firm.token("anna"))


def made(anna: Program, **told: Any) -> dict[str, str]:
    body = {"application": "app-crm", "role": "sales_manager", "scopes": list(SCOPES), "days": 30} | told
    found: dict[str, str] = anna.call("POST", "/applications/tokens", 201, json=body).json()
    return found


def test_an_application_runs_a_case_of_its_own_through(firm: Office, anna: Program) -> None:
    token = made(anna)["token"]
    crm = Program(firm, token)
    case = crm.begin()
    assert (
        token.startswith(BEGINS) and crm.state(case, GOAL, value=False).json()["statements"][0]["author"] == "app-crm"
    )
    assert crm.call("POST", f"/cases/{case}/diagnoses", 201).json()["schema"] == "salesdx.diagnosis/2"
    answer = records(firm, case)[-1]
    assert answer.body is not None and (answer.actor.name, answer.role) == ("app-crm", "sales_manager")
    assert answer.body["way"] == "application" and answer.body["own"] == []  # it vouches for nothing
    assert Program(firm, firm.token("max")).call("GET", f"/cases/{case}", 404)


def test_of_a_token_a_digest_is_kept_and_it_is_shown_once(firm: Office, anna: Program) -> None:
    told = made(anna)
    (line,) = anna.get("/applications/tokens")
    assert line["id"] == told["id"] and line["application"] == "app-crm" and line["maker"] == "anna"
    assert line["scopes"] == list(SCOPES) and told["token"] not in str(line)
    with firm.trail.read() as reader:
        schema = "salesdx_web." if reader.connection.dialect.name == "postgresql" else ""
        rows = reader.connection.exec_driver_sql(f"SELECT * FROM {schema}application_token").all()
    assert len(rows) == 1 and told["token"] not in str(rows)


def test_a_token_ends(firm: Office, anna: Program) -> None:
    one, other, third = (Program(firm, made(anna, days=days)["token"]) for days in (1, 30, 30))
    assert one.get("/cases") == other.get("/cases") == {"cases": [], "next": ""}
    firm.later(days=1, minutes=1)
    anna.token = firm.token("anna")
    one.call("GET", "/cases", 401)
    newest = anna.get("/applications/tokens")[0]["id"]
    anna.call("DELETE", f"/applications/tokens/{newest}", 204)
    anna.call("DELETE", f"/applications/tokens/{newest}", 204)
    anna.call("DELETE", "/applications/tokens/t-none", 404)
    assert sorted(program.call("GET", "/cases").status_code for program in (other, third)) == [200, 401]


def test_a_token_ends_with_the_role(firm: Office, anna: Program) -> None:
    crm = Program(firm, made(anna)["token"])
    assert crm.get("/cases") == {"cases": [], "next": ""}
    firm._change(("role_ended", {"person": "app-crm", "role": "sales_manager", "until": ""}))
    crm.call("GET", "/cases", 401)
    body = {"application": "app-crm", "role": "sales_manager", "scopes": ["cases"]}
    anna.call("POST", "/applications/tokens", 409, json=body)


def test_a_token_is_for_its_purposes_alone(firm: Office, anna: Program) -> None:
    case = Program(firm, made(anna)["token"]).begin()
    tried = {
        "cases": ("GET", f"/cases/{case}", None),
        "answers": ("POST", "/cases", {"subject": "company", "period": "2026-Q3"}),
        "diagnoses": ("POST", f"/cases/{case}/diagnoses", None),
        "requests": ("GET", f"/cases/{case}/requests", None),
        "rules": ("GET", "/terms", None),
    }
    assert set(tried) == set(SCOPES)
    for scope in SCOPES:
        program = Program(firm, made(anna, scopes=[scope])["token"])
        for other, (method, path, body) in tried.items():
            given = program.call(method, path, json=body)
            assert (given.status_code != 403) is (scope == other), (scope, other, given.text)
            assert given.status_code in (200, 201, 403), given.text


def test_an_application_does_nothing_else_and_signs_nothing(firm: Office, anna: Program) -> None:
    token = made(anna)["token"]
    before = size(firm)
    description = firm.call("GET", "/openapi.json").json()
    facts = ("/check", "/diagnose", "/next-question")
    allowed = ("/cases", "/files", "/diagnoses/{record}/explanations", "/rules/content", "/terms", *facts)
    open_to_all = ("/login", "/trail", "/health")
    tried = 0
    for path, methods in description["paths"].items():
        short = path.removeprefix("/api/v1")
        if short.startswith(allowed) or (short.startswith(open_to_all) and short != "/trail/keys"):
            continue
        for method in methods:
            tried += 1
            given = firm.call(method.upper(), short, token, json={})
            assert given.status_code == 401, (method, path, given.text)
    assert tried > 40 and size(firm) == before


def test_a_browsers_cookie_is_worth_nothing_here(firm: Office) -> None:
    visitor = Visitor(firm, "max")
    visitor.enter()
    case = visitor.begin()
    for path in ("/cases", f"/cases/{case}", "/terms", "/applications/tokens"):
        assert visitor.get(f"/api/v1{path}").status_code == 401
    for value in visitor.cookies.values():
        assert firm.call("GET", "/cases", value).status_code == 401


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"application": "max"}, 409),  # a person with a key
        ({"application": "nobody"}, 409),
        ({"role": "hr"}, 409),
        ({"scopes": []}, 422),
        ({"scopes": ["sign"]}, 422),
        ({"days": 0}, 422),
        ({"days": 367}, 422),
        ({"token": "mine"}, 422),
    ],
)
def test_no_token_for_people_for_ever_or_for_everything(
    tmp_path: Path, base: RuleBase, told: dict[str, Any], status: int
) -> None:
    with office(tmp_path, str(tmp_path / "trail"), base) as firm:
        firm.enter(max="sales_manager")
        body = {"application": "max", "role": "sales_manager", "scopes": ["cases"]} | told
        program = Program(firm, firm.token("anna"))
        program.call("POST", "/applications/tokens", status, json=body)
        assert program.get("/applications/tokens") == []


def test_who_has_a_password_gets_no_token_and_loses_it(firm: Office, anna: Program) -> None:
    crm = Program(firm, made(anna)["token"])
    assert crm.get("/cases")
    Visitor(firm, "app-crm").enter()
    crm.call("GET", "/cases", 401)
    body = {"application": "app-crm", "role": "sales_manager", "scopes": ["cases"]}
    anna.call("POST", "/applications/tokens", 409, json=body)


def test_administrators_alone_make_tokens(firm: Office) -> None:
    program = Program(firm, firm.token("max"))
    body = {"application": "app-crm", "role": "sales_manager", "scopes": ["cases"]}
    program.call("POST", "/applications/tokens", 409, json=body)
    program.call("GET", "/applications/tokens", 409)
    program.call("DELETE", "/applications/tokens/t-aaaaaaaaaaaaaaaa", 409)
