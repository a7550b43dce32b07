"""The API of cases: begun, answered, diagnosed, explained, sent to others by a program; the same as at the pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from commands import run_salesdx
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.trail.book import Book, Record
from salesdx.web.store import CaseRow, Store
from served import Office, office, staffed

GOAL, TOLD = "goal_measurable", "goal_communicated"


class Program:
    """A program with the token of somebody's login."""

    def __init__(self, firm: Office, token: str) -> None:
        self.firm, self.token = firm, token

    def call(self, method: str, path: str, status: int | None = None, **more: Any) -> httpx.Response:
        given = self.firm.call(method, path, self.token, **more)
        assert status in (None, given.status_code), given.text
        if status is not None and status >= 400:
            assert given.headers["content-type"] == "application/problem+json"
        return given

    def get(self, path: str, status: int = 200) -> Any:
        return self.call("GET", path, status).json()

    def begin(self, **told: Any) -> str:
        body = {"subject": "company", "period": "2026-Q3"} | told
        return str(self.call("POST", "/cases", 201, json=body).json()["case"])

    def state(self, case: str, term: str, status: int = 200, **said: Any) -> httpx.Response:
        """State a term as who has just read it."""
        path = f"/cases/{case}/statements/{term}"
        etag = said.pop("etag", None) or self.call("GET", path, 200).headers["etag"]
        return self.call("PUT", path, status, json=said, headers={"If-Match": etag})


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base, max="sales_manager", mia="sales_manager") as found:
        yield found


@pytest.fixture
def max_(firm: Office) -> Program:
    return Program(firm, firm.token("max"))


def row(firm: Office, case: str, who: str = "max") -> CaseRow:
    found = Store(firm.trail.storage).case(case, who)
    assert found is not None
    return found


def records(firm: Office, case: str, type: str = "answer") -> list[Record]:
    with firm.trail.read() as reader:
        named = reader.pseudonym("case", case)
        return [] if named is None else list(Book(reader).records(case=named, types=(type,)))


def size(firm: Office) -> int:
    with firm.trail.read() as reader:
        return reader.head().size


def test_a_case_is_begun_once_and_listed(firm: Office, max_: Program) -> None:
    body = {"subject": "person", "ref": "E-1042", "period": "2026-Q3", "result": {"goal": "1000000"}}
    key = {"Idempotency-Key": "from-the-crm-17"}
    first, again = (max_.call("POST", "/cases", 201, json=body, headers=key) for _ in range(2))
    assert first.json() == again.json() and first.headers["location"].endswith(first.json()["case"])
    told = first.json()
    assert told["subject"] == {"kind": "person", "ref": "E-1042"} and told["version"] == 1 and told["seat"] == "owner"
    assert told["period"] == {"from": "2026-07-01", "to": "2026-09-30"} and first.headers["etag"] == '"1"'
    assert max_.get(f"/cases/{told['case']}") == told
    other = max_.call("POST", "/cases", 201, json=body | {"ref": "E-1043"}, headers=key).json()["case"]
    more = [max_.begin() for _ in range(3)]
    listed, after = list[str](), ""
    while True:
        found = max_.get(f"/cases?limit=2&after={after}")
        listed += [one["case"] for one in found["cases"]]
        if not (after := found["next"]):
            break
    assert len(listed) == 5 and set(listed) == {told["case"], other, *more}
    assert max_.get("/cases?closed=true") == {"cases": [], "next": ""}
    assert max_.call("GET", "/cases?after=nothing", 422).json()["issues"][0]["place"] == "query.after"


def test_all_that_keeps_a_case_from_being_begun_is_told_at_once(firm: Office, max_: Program) -> None:
    before = size(firm)
    body = {"subject": "person", "ref": "Max Rau", "period": "someday", "result": {"goal": "much", "speed": "9"}}
    told = max_.call("POST", "/cases", 422, json=body).json()
    assert {issue["place"] for issue in told["issues"]} == {
        "body.ref", "body.period", "body.result.goal", "body.result.speed",
    }  # fmt: skip
    assert all(issue["message"] and set(issue) == {"code", "message", "place", "help"} for issue in told["issues"])
    missing = max_.call("POST", "/cases", 422, json={"sujet": "company"}).json()
    assert {issue["place"] for issue in missing["issues"]} == {"body.subject", "body.period", "body.sujet"}
    assert size(firm) == before and max_.get("/cases")["cases"] == []


def test_a_statement_takes_the_place_of_ones_own_alone(firm: Office, max_: Program) -> None:
    case = max_.begin()
    told = max_.state(case, GOAL, value=True, source="the plan", note="as agreed").json()
    (said,) = told["statements"]
    assert (told["value"], said["value"], said["by"], said["author"]) == (True, True, "sales_manager", "max")
    assert said["used"] is True and said["note"] == "as agreed"
    again = max_.state(case, GOAL, value=False)
    assert again.json()["value"] is False and len(again.json()["statements"]) == 1
    assert again.headers["etag"] == f'"{again.json()["etag"]}"' != f'"{told["etag"]}"'
    unsure = max_.state(case, "case_attainment_pct", value={"low": 70, "high": 80}).json()
    assert unsure["value"] == {"low": 70, "high": 80}
    assert max_.state(case, TOLD, unknown="not known").json()["unknown"] == "not known"
    assert [one["term"] for one in max_.get(f"/cases/{case}/statements")] == [GOAL, "case_attainment_pct", TOLD]
    assert max_.get(f"/cases/{case}")["version"] == row(firm, case).version == 5
    answers = records(firm, case)
    assert [(one.actor.name, one.role) for one in answers] == [("max", "sales_manager")] * len(answers)
    with firm.trail.read() as reader:
        assert {entry.header["identity"] for entry in reader.rows(types=("answer",))} == {"token"}


def test_what_was_said_since_is_not_overwritten(firm: Office, max_: Program) -> None:
    case = max_.begin()
    visitor = Visitor(firm, "max")
    visitor.enter()
    etag = max_.call("GET", f"/cases/{case}/statements/{GOAL}").headers["etag"]
    assert visitor.answer(case, TOLD, "yes").status_code == 303  # another fact, so that the case has another version
    max_.state(case, GOAL, value=True, etag=etag)
    assert visitor.answer(case, GOAL, "no").status_code == 303
    before = size(firm)
    stale = max_.state(case, GOAL, 412, value=True, etag=etag).json()
    assert stale["issues"][0]["code"] == "changed"
    path = f"/cases/{case}/statements/{GOAL}"
    assert max_.call("PUT", path, 428, json={"value": True}).json()["issues"][0]["place"] == "header.If-Match"
    assert max_.get(path)["value"] is False and size(firm) == before
    key = {"Idempotency-Key": "the-same-request", "If-Match": max_.call("GET", path).headers["etag"]}
    first, again = (max_.call("PUT", path, 200, json={"value": True}, headers=key) for _ in range(2))
    assert first.json() == again.json() and size(firm) == before + 1


@pytest.mark.parametrize(
    ("term", "said", "place"),
    [
        (GOAL, {"value": "perhaps"}, "body.value"),
        (GOAL, {}, "body"),
        (GOAL, {"value": True, "unknown": "not known"}, "body"),
        (GOAL, {"unknown": "not applicable"}, "body.reason"),
        (GOAL, {"value": True, "date": "yesterday"}, "body.date"),
        (GOAL, {"value": True, "kind": "rumour"}, "body.kind"),
        ("case_attainment_pct", {"value": "about 80"}, "body.value"),
        ("case_attainment_pct", {"value": {"low": 9, "high": 1}}, "body.value"),
        ("case_attainment_pct", {"value": [1, 2]}, "body.value"),
        (GOAL, {"value": True, "by": "finance"}, "body.by"),
    ],
)
def test_a_statement_that_cannot_be_read(small: Program, term: str, said: dict[str, Any], place: str) -> None:
    case = small.begin()
    told = small.state(case, term, 422, **said).json()
    assert [issue["place"] for issue in told["issues"]] == [place], told
    assert small.get(f"/cases/{case}/statements") == []


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager", carl="consultant")
        yield found


@pytest.fixture(scope="module")
def small(one: Office) -> Program:
    return Program(one, one.token("max"))


def test_a_statement_is_taken_back(firm: Office, max_: Program) -> None:
    case = max_.begin()
    path = f"/cases/{case}/statements/{GOAL}"
    etag = max_.state(case, GOAL, value=True).headers["etag"]
    told = max_.call("POST", f"{path}/withdrawal", 200, json={"reason": "typed wrong"}, headers={"If-Match": etag})
    assert told.json()["value"] is None and told.json()["statements"][0]["withdrawn"]["reason"] == "typed wrong"
    gone = max_.call("POST", f"{path}/withdrawal", 412, json={"reason": "again"}, headers={"If-Match": etag})
    assert gone.json()["issues"][0]["code"] == "changed"
    other = f"/cases/{case}/statements/{TOLD}"
    tag = {"If-Match": max_.call("GET", other).headers["etag"]}
    assert max_.call("POST", f"{other}/withdrawal", 404, json={"reason": "none"}, headers=tag)


def test_questions_come_one_after_the_other(firm: Office, max_: Program) -> None:
    case = max_.begin()
    seen = []
    for _ in range(3):
        asked = max_.get(f"/cases/{case}/next-question")["next"]
        seen.append(asked["question"]["term"])
        assert asked["form"] and asked["question"]["question"].endswith("?")
        assert asked["etag"] == max_.get(f"/cases/{case}/statements/{seen[-1]}")["etag"]
        max_.state(case, seen[-1], unknown="not known", etag=f'"{asked["etag"]}"')
    assert len(set(seen)) == 3


def test_a_diagnosis_is_recorded_and_read_from_its_record(firm: Office, max_: Program) -> None:
    case = max_.begin()
    max_.state(case, GOAL, value=False)
    key = {"Idempotency-Key": "what-is-likely"}
    first = max_.call("POST", f"/cases/{case}/diagnoses", 201, headers=key)
    before = size(firm)
    again = max_.call("POST", f"/cases/{case}/diagnoses", 201, headers=key)
    assert first.json() == again.json() and size(firm) == before
    path = first.headers["location"].removeprefix("/api/v1")
    (record,) = records(firm, case, "diagnosis")
    assert path.endswith(f"/{record.seq}") and max_.get(path) == first.json()
    assert record.body is not None and json.loads(record.body["shown"]) == first.json()
    assert [one["record"] for one in max_.get(f"/cases/{case}/diagnoses")] == [record.seq]
    assert size(firm) == before
    exported = firm.folder / "exported.yaml"
    exported.write_text(row(firm, case).text, encoding="utf-8")
    done = run_salesdx("diagnose", exported, "--format", "json", cwd=firm.folder, env={"PATH": "/usr/bin:/bin"})
    told = first.json()
    assert told.pop("trial") is True
    assert told == json.loads(done.stdout)


def test_a_diagnosis_of_the_pages_is_read_too_and_the_other_way_round_it_is_no_page(
    firm: Office, max_: Program
) -> None:
    visitor = Visitor(firm, "max")
    visitor.enter()
    case = visitor.begin()
    number = visitor.diagnose(case).rpartition("/")[2]
    told = max_.get(f"/cases/{case}/diagnoses/{number}")
    assert told["schema"] == "salesdx.diagnosis/2" and told["engine"]["version"] and told["trial"] is True
    mine = max_.call("POST", f"/cases/{case}/diagnoses", 201).json()
    proof = mine["rule_base"].pop("proof", None)
    mine["engine"].pop("note", None)  # that one engine ran alone, where the other one is not installed
    assert told == mine and proof
    last = records(firm, case, "diagnosis")[-1].seq
    assert visitor.get(f"/cases/{case}/diagnoses/{last}").status_code == 404
    assert visitor.get(f"/cases/{case}/answers").status_code == 200


def test_a_diagnosis_is_explained_and_that_is_recorded_first(firm: Office, max_: Program) -> None:
    case = max_.begin()
    max_.state(case, GOAL, value=False)
    number = max_.call("POST", f"/cases/{case}/diagnoses", 201).headers["location"].rpartition("/")[2]
    path = f"/diagnoses/{number}/explanations"
    asked = {"why": ["mode"], "why_not": ["goals"], "what_if": {GOAL: "true"}, "what_would_change": ["goals"]}
    key = {"Idempotency-Key": "the-same-request"}
    first = max_.call("POST", path, 201, json=asked, headers=key).json()
    before = size(firm)
    assert max_.call("POST", path, 201, json=asked, headers=key).json() == first and size(firm) == before
    (record,) = records(firm, case, "explanation")
    assert record.seq == first["record"] and record.body is not None
    assert json.loads(record.body["shown"]) == first["explanation"]
    exported = firm.folder / "exported.yaml"
    exported.write_text(row(firm, case).text, encoding="utf-8")
    words = ["--why", "mode", "--why-not", "goals", "--what-if", f"{GOAL}=true", "--what-would-change", "goals"]
    done = run_salesdx("explain", exported, *words, "--format", "json", cwd=firm.folder, env={"PATH": "/usr/bin:/bin"})
    assert first["explanation"] == json.loads(done.stdout)
    max_.state(case, TOLD, value=True)
    before = size(firm)
    assert "record another one" in max_.call("POST", path, 409, json=asked).json()["detail"]
    assert size(firm) == before
    for wrong in (
        {"why": ["no_such_thing"]},
        {"what_if": {"no_such_term": None, "nor_this": "1"}},
        {"why": ["mode"] * 21},
    ):
        assert max_.call("POST", path, json=wrong).status_code in (409, 422)
    assert size(firm) == before


def test_links_are_made_listed_and_taken_back(firm: Office, max_: Program) -> None:
    case = max_.begin()
    path = f"/cases/{case}/requests"
    asked = {"respondent": "finance", "receiver": " Finn  Olsen "}
    made = max_.call("POST", path, 201, json=asked, headers={"Idempotency-Key": "ask-finance"}).json()
    assert made["receiver"] == "Finn Olsen" and made["state"] == "open" and made["terms"]
    assert httpx.get(made["address"]).status_code == 200
    listed = max_.get(path)
    assert listed == [made | {"address": ""}]
    max_.call("POST", path, 409, json=asked, headers={"Idempotency-Key": "ask-finance"})
    max_.call("DELETE", f"{path}/{made['request']}", 204)
    assert max_.get(path)[0]["state"] == "revoked" and httpx.get(made["address"]).status_code == 404
    wrong = max_.call("POST", path, 422, json={"respondent": "nobody", "receiver": "x"}).json()
    assert wrong["issues"][0]["place"] == "body.respondent"
    empty = max_.call("POST", path, 422, json={"respondent": "finance", "receiver": " "}).json()
    assert empty["issues"][0]["place"] == "body.receiver"
    max_.call("DELETE", f"{path}/q-aaaaaaaaaaaaaaaa", 404)


def test_nothing_is_given_that_could_not_be_recorded(firm: Office, max_: Program) -> None:
    case = max_.begin()
    max_.state(case, GOAL, value=False)
    number = max_.call("POST", f"/cases/{case}/diagnoses", 201).headers["location"].rpartition("/")[2]
    before = (size(firm), row(firm, case).text)
    etag = max_.call("GET", f"/cases/{case}/statements/{TOLD}").headers["etag"]
    key, firm.trail.key = firm.trail.key, None
    try:
        max_.call("POST", f"/cases/{case}/diagnoses", 503)
        max_.call("POST", f"/diagnoses/{number}/explanations", 503, json={"why": ["mode"]})
        max_.call("PUT", f"/cases/{case}/statements/{TOLD}", 503, json={"value": True}, headers={"If-Match": etag})
        max_.call("POST", "/cases", 503, json={"subject": "company", "period": "2026-Q3"})
    finally:
        firm.trail.key = key
    assert (size(firm), row(firm, case).text) == before
