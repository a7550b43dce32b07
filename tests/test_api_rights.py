"""Every route of the API of cases for everybody: own and foreign, as one table says; a route without a line fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from salesdx.base.model import RuleBase
from salesdx.web import api_applications, api_cases, api_diagnoses, api_files, api_follow, api_requests, api_rules
from served import Office, office
from test_api_cases import GOAL, Program, size

PEOPLE = {
    "max": "sales_manager",  # sits at the case
    "mia": "sales_manager",  # works on cases, and sits at none of his
    "cleo": "hr",  # works on cases, and sits at none of his
    "finn": "finance",
    "rita": "reviewer",
    "eva": "employee",
    "olga": "auditor",
    "wanda": "works_council",
    "carl": "consultant",
    "anna": "admin",
    "nobody": "",
}
WORK = ("max", "mia", "cleo")
OWN, WORKS = ("max",), WORK
READS = (*WORK, "rita", "olga", "wanda", "carl")
TRIES = ("cleo", "wanda", "carl")
ADMINS = ("anna",)
ROUTES = {
    ("POST", "/diagnoses/{record}/explanations"): OWN,  # before the case changes
    ("GET", "/cases"): WORKS,
    ("POST", "/cases"): WORKS,
    ("GET", "/cases/{case}"): OWN,
    ("GET", "/cases/{case}/statements"): OWN,
    ("GET", "/cases/{case}/statements/{term}"): OWN,
    ("PUT", "/cases/{case}/statements/{term}"): OWN,
    ("POST", "/cases/{case}/statements/{term}/withdrawal"): OWN,
    ("GET", "/cases/{case}/next-question"): OWN,
    ("POST", "/cases/{case}/diagnoses"): OWN,
    ("GET", "/cases/{case}/diagnoses"): OWN,
    ("GET", "/cases/{case}/diagnoses/{record}"): OWN,
    ("GET", "/cases/{case}/requests"): OWN,
    ("POST", "/cases/{case}/requests"): OWN,
    ("DELETE", "/cases/{case}/requests/{request}"): OWN,
    ("GET", "/cases/{case}/follow-up"): OWN,
    ("POST", "/cases/{case}/actions"): OWN,
    ("POST", "/cases/{case}/sessions"): OWN,
    ("POST", "/cases/{case}/sessions/{session}/confirmation"): OWN,
    ("POST", "/cases/{case}/changes"): OWN,
    ("GET", "/cases/{case}/file"): OWN,
    ("PUT", "/cases/{case}/file"): OWN,
    ("POST", "/files"): WORKS,
    ("GET", "/rules/content"): READS,
    ("GET", "/rules/content/{rule}"): READS,
    ("GET", "/terms"): READS,
    ("GET", "/terms/{term}"): READS,
    ("POST", "/check"): READS,
    ("POST", "/diagnose"): TRIES,
    ("POST", "/next-question"): TRIES,
    ("POST", "/applications/tokens"): ADMINS,
    ("GET", "/applications/tokens"): ADMINS,
    ("DELETE", "/applications/tokens/{id}"): ADMINS,
}
"""Who may use a route. To others a case, the rules and their trial are not there; the register says that it refuses."""
FILE = "subject: {kind: company}\nperiod: {from: 2026-07-01, to: 2026-09-30}\nfacts: {goal_measurable: true}\n"
BODIES = {
    "/cases": {"subject": "company", "period": "2026-Q3"},
    "/cases/{case}/statements/{term}": {"value": True},
    "/cases/{case}/statements/{term}/withdrawal": {"reason": "typed wrong"},
    "/diagnoses/{record}/explanations": {"why": ["mode"]},
    "/cases/{case}/requests": {"respondent": "production", "receiver": "Pia"},
    "/cases/{case}/actions": {"intervention": "promise_date", "owner": "P-7", "start": "2026-07-01"},
    "/cases/{case}/sessions": {"action": "A1", "what": "training", "date": "2026-07-02"},
    "/cases/{case}/changes": {"change": "goal", "date": "2026-07-02"},
    "/files": {"file": FILE},
    "/check": {"facts": {}},
    "/diagnose": {"facts": {}},
    "/next-question": {"facts": {}},
    "/applications/tokens": {"application": "app-crm", "role": "sales_manager", "scopes": ["cases"]},
}


def test_every_route_has_a_line() -> None:
    routers = (api_applications, api_cases, api_diagnoses, api_files, api_follow, api_requests, api_rules)
    routes = [route for one in routers for route in one.router.routes if isinstance(route, APIRoute)]
    assert {(method, route.path) for route in routes for method in route.methods} == set(ROUTES)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(**{who: role for who, role in PEOPLE.items() if role not in ("admin", "")})
        found._change(
            ("person_added", {"person": "app-crm", "name": "CRM", "reports_to": ""}),
            ("role_given", {"person": "app-crm", "role": "sales_manager", "from": "", "until": ""}),
        )
        yield found


def test_everybody_at_every_address(firm: Office) -> None:
    people = {who: Program(firm, firm.token(who) if role else "x" * 43) for who, role in PEOPLE.items()}
    max_ = people["max"]
    case = max_.begin(subject="person", ref="E-1042")
    etag = max_.state(case, GOAL, value=False).headers["etag"]
    record = max_.call("POST", f"/cases/{case}/diagnoses", 201).headers["location"].rpartition("/")[2]
    asked = {"respondent": "finance", "receiver": "Finn"}
    request = max_.call("POST", f"/cases/{case}/requests", 201, json=asked).json()["request"]
    token = people["anna"].call("POST", "/applications/tokens", 201, json=BODIES["/applications/tokens"]).json()["id"]
    parts = {
        "case": case,
        "term": GOAL,
        "record": record,
        "request": request,
        "rule": "G1",
        "id": token,
        "session": "S1",
    }
    wrong, cells = {}, 0
    for (method, path), allowed in ROUTES.items():
        for who in sorted(PEOPLE, key=lambda each: each in allowed):  # who may, comes last
            cells += 1
            program, before = people[who], size(firm)
            headers = {"If-Match": max_.call("GET", f"/cases/{case}/statements/{GOAL}", 200).headers["etag"]}
            body = BODIES.get(path) if method in ("POST", "PUT") else None
            if path == "/cases/{case}/file" and method == "PUT":
                body = max_.get(f"/cases/{case}/file")
            given = program.call(method, path.format(**parts), json=body, headers=headers)
            if who in allowed:
                own = path.endswith("/confirmation")  # nobody confirms their own word
                fine = given.status_code == 409 if own else given.status_code in (200, 201, 204)
            else:
                no = 401 if who == "nobody" else 409 if allowed == ADMINS else 404
                fine = given.status_code == no and size(firm) == before
                if no == 404 and allowed == OWN:
                    absent = path.format(**parts | {"case": "c-aaaaaaaaaaaaaaaa", "record": "0"})
                    fine &= given.text == program.call(method, absent, json=body, headers=headers).text
            if not fine:
                wrong[method, path, who] = (given.status_code, given.text[:100])
    assert wrong == {} and cells == len(ROUTES) * len(PEOPLE)
    assert etag


def test_a_record_of_one_case_is_none_of_another(firm: Office) -> None:
    max_ = Program(firm, firm.token("max"))
    one, other = max_.begin(), max_.begin()
    record = max_.call("POST", f"/cases/{one}/diagnoses", 201).headers["location"].rpartition("/")[2]
    max_.call("GET", f"/cases/{one}/diagnoses/{record}", 200)
    max_.call("GET", f"/cases/{other}/diagnoses/{record}", 404)
    asked = {"respondent": "finance", "receiver": "Finn"}
    request = max_.call("POST", f"/cases/{one}/requests", 201, json=asked).json()["request"]
    max_.call("DELETE", f"/cases/{other}/requests/{request}", 404)
    max_.call("GET", f"/cases/{one}/diagnoses/999999", 404)
