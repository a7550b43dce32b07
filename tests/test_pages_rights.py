"""Every page for everybody: a route x who asks, own and foreign, as one table says; a route without a line fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.web.app import PAGES
from salesdx.web.links import Links
from served import Office, office

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
    "lena": "legal",
    "anna": "admin",
    "nobody": "",
}
WORK = ("max", "mia", "cleo")
READ = (*WORK, "rita", "olga", "wanda", "carl", "lena")
TRY = ("cleo", "wanda", "carl", "lena")
COMPARE = ("carl",)
SEES = ("cleo", "olga")  # what is on record is theirs to read
OPEN, OWN, ALL, WORKS, READS, TRIES, COMPARES = "open", "own", "all", "works", "reads", "tries", "compares"
CONSOLE, ON_RECORD, FILE = "console", "on record", "file"
ADMINISTERS = "administers"
WATCHED = ("/health", "/health/ready", "/metrics")
HOLDS, PUTS, ENDS, ERASES, FIRMS = "holds", "puts a hold", "ends a hold", "erases", "the firm's login"
TELLS, SAYS = "writes letters", "enters what the person says"
EXPORTS, REPORTS = "exports", "reports by groups"
SYSTEMS = "the firm's systems"
ADOPTS, PROPOSES = "adopts rules", "proposes rules"
ENTERS, KEEPS = "enters people, keys and tokens", "erases what was kept long enough"
SPEAKS, HANDS_IN = "says something about a case", "keeps files with a case"
EMPTY = (EXPORTS, PUTS, ENDS, ERASES, TELLS, SAYS, ENTERS, KEEPS, SPEAKS, PROPOSES)
"""Whose forms are sent empty here, and come back with what is wrong."""
WITH_PARTS = ("/hr/reports", "/rules/compare/base", "/hr/rules/changed", "/cases/from-file", "/attachments")
NOT_NOW = ("/verify", "/hr/find", "/cases/{case}/closer", "/cases/{case}/figures")
"""Forms that come back, too: nothing was typed, and the service has no systems."""
ROUTES = {
    ("GET", "/static/{digest}/pages.css"): OPEN,
    ("GET", "/favicon.ico"): OPEN,
    ("GET", "/health"): OPEN,
    ("GET", "/health/ready"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/login"): OPEN,
    ("POST", "/login"): OPEN,
    ("GET", "/login/oidc"): OPEN,
    ("GET", "/login/oidc/back"): OPEN,
    ("GET", "/welcome/{token}"): OPEN,
    ("POST", "/welcome/{token}"): OPEN,
    ("GET", "/me"): ALL,
    ("POST", "/me/role"): ALL,
    ("POST", "/logout"): ALL,
    ("GET", "/"): ALL,
    ("GET", "/cases"): ALL,
    ("GET", "/cases/new"): WORKS,
    ("POST", "/cases/new"): WORKS,
    ("GET", "/cases/from-file"): WORKS,
    ("POST", "/cases/from-file"): WORKS,
    ("GET", "/cases/{case}/file"): OWN,
    ("GET", "/cases/{case}"): OWN,
    ("GET", "/cases/{case}/next"): OWN,
    ("GET", "/cases/{case}/answers"): OWN,
    ("GET", "/cases/{case}/questions/{term}"): OWN,
    ("POST", "/cases/{case}/questions/{term}"): OWN,
    ("POST", "/cases/{case}/undo"): OWN,
    ("POST", "/cases/{case}/diagnoses"): OWN,
    ("GET", "/cases/{case}/diagnoses/{record}"): OWN,
    ("GET", "/cases/{case}/diagnoses/{record}/explanations"): OWN,
    ("POST", "/cases/{case}/diagnoses/{record}/explanations"): OWN,
    ("GET", "/cases/{case}/diagnoses/{record}/explanations/{explanation}"): OWN,
    ("GET", "/cases/{case}/figures"): OWN,
    ("POST", "/cases/{case}/figures"): OWN,
    ("GET", "/cases/{case}/requests"): OWN,
    ("POST", "/cases/{case}/requests/{respondent}"): OWN,
    ("POST", "/cases/{case}/requests/{link}/revoke"): OWN,
    ("POST", "/cases/{case}/close"): OWN,
    ("POST", "/cases/{case}/open"): OWN,
    ("GET", "/cases/{case}/people"): OWN,
    ("POST", "/cases/{case}/people"): OWN,
    ("POST", "/cases/{case}/people/{person}/end"): OWN,
    ("POST", "/cases/{case}/people/{person}/owner"): OWN,
    ("POST", "/cases/{case}/take"): OWN,
    ("GET", "/cases/{case}/follow"): OWN,
    ("POST", "/cases/{case}/follow/actions"): OWN,
    ("POST", "/cases/{case}/follow/sessions"): OWN,
    ("POST", "/cases/{case}/follow/sessions/{session}/confirmation"): FIRMS,
    ("POST", "/cases/{case}/follow/changes"): OWN,
    ("GET", "/my-sessions"): SPEAKS,
    ("POST", "/my-sessions/{case}/{session}/contest"): FIRMS,
    ("POST", "/my-sessions/{case}/{session}/confirmation"): FIRMS,
    ("GET", "/person/{link}/sessions"): OPEN,
    ("POST", "/person/{link}/sessions/{session}"): OPEN,
    ("GET", "/cases/{case}/head"): OWN,
    ("POST", "/cases/{case}/head"): OWN,
    ("POST", "/cases/{case}/diagnoses/{record}/override"): OWN,
    ("GET", "/records/{record}/person-links"): FILE,
    ("POST", "/records/{record}/person-links"): FILE,
    ("POST", "/records/{record}/person-links/{link}/revoke"): FILE,
    ("GET", "/p/{token}"): OPEN,
    ("POST", "/p/{token}"): OPEN,
    ("GET", "/person/{link}"): OPEN,
    ("GET", "/person/{link}/statement"): OPEN,
    ("POST", "/person/{link}/statement"): OPEN,
    ("GET", "/waiting.ics"): ALL,
    ("GET", "/admin"): ADMINISTERS,
    ("GET", "/admin/systems"): SYSTEMS,
    ("POST", "/admin/systems"): SYSTEMS,
    ("GET", "/scan"): SYSTEMS,
    ("GET", "/admin/scans"): SYSTEMS,
    ("POST", "/admin/scans"): SYSTEMS,
    ("POST", "/admin/logins/{login}/end"): ADMINISTERS,
    ("POST", "/admin/links/{link}/end"): ADMINISTERS,
    ("GET", "/admin/people"): ENTERS,
    ("POST", "/admin/people"): ENTERS,
    ("GET", "/admin/people/{person}"): FIRMS,
    ("POST", "/admin/people/{person}"): FIRMS,
    ("GET", "/admin/changes"): ENTERS,
    ("POST", "/admin/changes"): ENTERS,
    ("GET", "/admin/key"): ENTERS,
    ("POST", "/admin/key"): ENTERS,
    ("GET", "/admin/tokens"): ENTERS,
    ("POST", "/admin/tokens"): ENTERS,
    ("POST", "/admin/tokens/{id}/revoke"): ADMINISTERS,
    ("GET", "/signatures/{draft}"): FIRMS,
    ("POST", "/signatures/{draft}"): FIRMS,
    ("GET", "/hr/rules"): ADOPTS,
    ("POST", "/hr/rules/own"): PROPOSES,
    ("POST", "/hr/rules/changed"): ADOPTS,
    ("POST", "/hr/rules/{record}"): FIRMS,
    ("GET", "/hr/retention"): KEEPS,
    ("POST", "/hr/retention"): KEEPS,
    ("POST", "/hr/exports/all"): EXPORTS,
    ("GET", "/statements"): SPEAKS,
    ("POST", "/statements"): SPEAKS,
    ("GET", "/attachments"): HANDS_IN,
    ("POST", "/attachments"): HANDS_IN,
    ("GET", "/records/{record}/file"): FILE,
    ("GET", "/r/{token}"): OPEN,
    ("POST", "/r/{token}"): OPEN,
    ("GET", "/asked/{link}"): OPEN,
    ("POST", "/asked/{link}/done"): OPEN,
    ("GET", "/asked/{link}/questions/{term}"): OPEN,
    ("POST", "/asked/{link}/questions/{term}"): OPEN,
    ("GET", "/rules"): READS,
    ("GET", "/rules/sources"): READS,
    ("GET", "/rules/steps/{stage}"): READS,
    ("GET", "/rules/terms/{term}"): READS,
    ("GET", "/rules/{rule}"): READS,
    ("GET", "/rules/try"): TRIES,
    ("POST", "/rules/try"): TRIES,
    ("GET", "/rules/compare"): COMPARES,
    ("POST", "/rules/compare"): COMPARES,
    ("POST", "/rules/compare/base"): COMPARES,
    ("GET", "/static/{digest}/passkeys.js"): OPEN,
    ("GET", "/me/passkeys"): ALL,
    ("POST", "/me/passkeys"): ALL,
    ("POST", "/me/passkeys/removed"): ALL,
    ("GET", "/hr"): CONSOLE,
    ("POST", "/hr/find"): CONSOLE,
    ("GET", "/persons/{subject}"): CONSOLE,
    ("GET", "/cases/{case}/story"): ON_RECORD,
    ("GET", "/records/{record}"): ON_RECORD,
    ("GET", "/records/{record}/page"): ON_RECORD,
    ("GET", "/hr/holds"): HOLDS,
    ("POST", "/hr/holds"): PUTS,
    ("POST", "/hr/holds/{record}/release"): ENDS,
    ("GET", "/hr/erasures"): ERASES,
    ("POST", "/hr/erasures"): ERASES,
    ("GET", "/hr/erasures/{kind}/{pseudonym}"): ERASES,
    ("POST", "/hr/erasures/{kind}/{pseudonym}"): ERASES,
    ("GET", "/cases/{case}/letters"): TELLS,
    ("POST", "/cases/{case}/letters"): TELLS,
    ("GET", "/cases/{case}/statements"): SAYS,
    ("POST", "/cases/{case}/statements"): SAYS,
    ("GET", "/cases/{case}/closer"): CONSOLE,
    ("POST", "/cases/{case}/closer"): CONSOLE,
    ("GET", "/jobs/{job}"): FIRMS,
    ("GET", "/hr/exports"): EXPORTS,
    ("POST", "/hr/exports/case"): EXPORTS,
    ("POST", "/hr/exports/person"): EXPORTS,
    ("GET", "/hr/reports"): REPORTS,
    ("POST", "/hr/reports"): REPORTS,
    ("GET", "/login/oidc/proof"): FIRMS,
    ("GET", "/verify"): ALL,
    ("POST", "/verify"): ALL,
    ("GET", "/me/proof"): ALL,
    ("POST", "/me/proof"): ALL,
    ("POST", "/me/proof/code"): ALL,
    ("GET", "/me/codes"): ALL,
    ("POST", "/me/codes"): ALL,
    ("GET", "/cases/{case}/sign-off/{record}"): FILE,
    ("POST", "/cases/{case}/sign-off/{record}/against"): FILE,
    ("GET", "/cases/{case}/sign-off/{record}/against"): FILE,
    ("POST", "/cases/{case}/sign-off/{record}/decision"): FILE,
    ("GET", "/cases/{case}/sign-off/{record}/decisions/{draft}"): FILE,
    ("POST", "/cases/{case}/sign-off/{record}/decisions/{draft}"): FILE,
}
"""Who may use a route: everybody; who is logged in; who works on cases; who sits at this case; who reads the rules;
who tries values on them; who compares changed ones; who has to do with holds, puts them, ends them; who erases; who
writes letters, and enters what the person concerned says; who exports; who reports by groups; nobody, as the firm has
no login of its own and no job, draft, proposal or person is of that name; who sees everything; who sees this case;
nobody, as its file is not complete (`test_pages_sign_off.py` has one that is), or it is no letter
(`test_pages_concerned.py`), or it keeps no file (`test_pages_giving.py`); who administers, also who enters people,
keys and tokens; who erases what was kept long enough; who says something about a case, and keeps files with one."""


HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer says of itself, also a refusal."""
STEPS = ("/follow/actions", "/follow/sessions", "/follow/changes")


def all_routes() -> set[tuple[str, str]]:
    routes = [route for router in PAGES for route in router.routes if isinstance(route, APIRoute)]
    return {(method, route.path) for route in routes for method in route.methods}


def test_every_route_has_a_line() -> None:
    assert all_routes() == set(ROUTES)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(**{who: role for who, role in PEOPLE.items() if role not in ("admin", "")})
        yield found


@pytest.fixture(scope="module")
def people(firm: Office) -> dict[str, Visitor]:
    found = {who: Visitor(firm, who) for who in PEOPLE}
    for who, visitor in found.items():
        if who != "nobody":
            visitor.enter()
    return found


def test_everybody_at_every_page(firm: Office, people: dict[str, Visitor]) -> None:
    max_ = people["max"]
    case = max_.begin(subject="person", ref="E-1042")
    record = max_.diagnose(case).rpartition("/")[2]
    parts = {"case": case, "term": "goal_measurable", "record": record, "digest": "0" * 16, "token": "x" * 43}
    action, told = max_.form(f"/cases/{case}/requests", "/requests/finance")
    max_.post(action, **told | {"receiver-finance": "Finn"})
    parts |= {"respondent": "production", "link": Links(firm.trail.storage, firm.server.now).of_case(case)[0].id}
    parts |= {"stage": "goals", "rule": "G1"}
    parts |= {
        "id": "t-x",
        "explanation": "0",
        "login": "x" * 64,
        "person": "moritz",
        "session": "S1",
        "subject": "E-1042",
        "draft": "x" * 22,
        "job": "x" * 22,
    }
    with firm.trail.read() as reader:
        parts |= {"kind": "case", "pseudonym": reader.pseudonym("case", case) or ""}
    tokens = {who: visitor.token() for who, visitor in people.items()}
    absent = {who: visitor.get("/cases/c-aaaaaaaaaaaaaaaa").text for who, visitor in people.items()}
    wrong = {}
    before = (size(firm), seats(firm))
    for (method, path), whose in ROUTES.items():
        for who, visitor in people.items():
            keys = {
                "receiver-production": "Pia",
                "key": parts["case"] if path == "/cases/new" else f"k{who}{path}",
                "mark": "",
            }
            fields = {"form_token": "" if path == "/logout" else tokens[who], **keys}  # nobody is to be logged out
            address = path.format(**parts) + ("?rule=G1" if path == "/rules/try" else "")
            given = visitor.get(address) if method == "GET" else visitor.post(address, **fields)
            lacking = {name for name, value in HEADERS.items() if value not in given.headers.get(name, "")}
            if lacking:
                wrong[method, path, who, *lacking] = (0, ())
            told = meant(method, path, whose, who)
            if given.status_code not in told or ("login" in given.headers.get("location", "") and 401 not in told):
                wrong[method, path, who] = (given.status_code, told)
            now = (size(firm), seats(firm))
            if who != "max" and now != before:
                wrong[method, path, who, "changed"] = (0, ())
            before = now
            if (
                who not in ("max", "nobody")
                and whose in (OWN, ON_RECORD, FILE)
                and 404 in told
                and given.text != absent[who]
            ):
                wrong[method, path, who, "told apart from what there is not"] = (0, ())
    assert wrong == {}


def meant(method: str, path: str, whose: str, who: str) -> tuple[int, ...]:
    """The statuses with which a request may be answered."""
    if whose == OPEN:
        return ({"/login": (200, 401), "/favicon.ico": (204,)} | dict.fromkeys(WATCHED, (200,))).get(path, (404,))
    if who == "nobody":
        return (303, 401) if method == "GET" else (401,)
    if path == "/logout":
        return (403,)
    if method == "POST" and path in WITH_PARTS:
        return (415,)  # a form without its parts (test_pages_giving, test_pages_turned and test_case_files send them)
    kept = {WORKS: WORK, OWN: ("max",), READS: READ, TRIES: TRY, COMPARES: COMPARE}
    if path == "/me/role" or (whose in kept and who not in kept[whose]):
        return (404,)
    seen = {FILE: (), CONSOLE: SEES, ON_RECORD: ("max", *SEES), FIRMS: (), SYSTEMS: ()}
    seen |= {
        HOLDS: (*SEES, "lena"),
        PUTS: ("cleo", "lena"),
        ENDS: ("lena",),
        ERASES: ("cleo",),
        TELLS: ("cleo",),
        SAYS: ("cleo",),
        EXPORTS: SEES,
        REPORTS: (*SEES, "wanda"),
        ENTERS: ("anna",),
        KEEPS: ("cleo",),
        ADOPTS: ("cleo", "lena"),
        PROPOSES: ("cleo", "lena"),
        SPEAKS: ("cleo", "wanda", "eva"),
        HANDS_IN: ("max", "mia", "cleo", "wanda", "lena"),
    }
    if whose in seen and who not in seen[whose]:
        return (404,)
    if whose == ADMINISTERS and (who != "anna" or method == "POST"):
        return (404,)  # there is no such login, and no such link
    if method == "POST" and (path.startswith("/me/") or whose in EMPTY or path in NOT_NOW):
        return (422,)  # the form is empty
    if (method, path) == ("POST", "/cases/new"):
        return (303,) if who == "max" else (404, 409, 422)
    if path.startswith("/cases/{case}/people/{person}/") or path.endswith(("/take", "/{explanation}")):
        return (404,)  # there is nobody of this name, the owner still works, and nothing was explained
    if method == "POST" and path.endswith(("/people", "/head", "/override", "/explanations", *STEPS)):
        return (422,)  # nobody is chosen, and nothing typed
    if (method, path) == ("POST", "/rules/compare"):
        return (422,)  # the form is empty
    return (200, 303, 409) if method == "POST" else (200, 303)


def size(firm: Office) -> int:
    with firm.trail.read() as reader:
        return reader.head().size


def seats(firm: Office) -> list[str]:
    with firm.trail.read() as reader:
        run = reader.connection.exec_driver_sql
        tables = ("seat", '"case"', "request", "person_link")
        return [str(row) for table in tables for row in run(f"SELECT * FROM {table} ORDER BY 1, 2")]


def test_a_diagnosis_of_a_case_is_no_page_of_another_one(firm: Office, people: dict[str, Visitor]) -> None:
    max_ = people["max"]
    one, other = max_.begin(), max_.begin()
    record = max_.diagnose(one).rpartition("/")[2]
    assert max_.get(f"/cases/{one}/diagnoses/{record}").status_code == 200
    assert max_.get(f"/cases/{other}/diagnoses/{record}").status_code == 404
