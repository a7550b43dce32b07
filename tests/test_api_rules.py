"""Rules and terms for programs; facts that are posted, read as a case file is, and kept nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_values
from salesdx.engine.diagnose import diagnose
from salesdx.ledger.marks import all_marks
from served import Office, office
from test_api_cases import GOAL, TOLD, Program, size

FACTS = {
    GOAL: {"value": True, "by": "sales_manager", "kind": "signed record", "date": "2026-09-30"},
    TOLD: [{"value": False, "by": "sales_rep"}, {"value": True, "by": "sales_manager"}],
    "case_attainment_pct": {"value": {"low": 70, "high": 80.5}},
}
POSTED = {"facts": FACTS, "subject": {"kind": "company"}, "period": {"from": "2026-07-01", "to": "2026-09-30"}}


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(carl="consultant", max="sales_manager")
        yield found


@pytest.fixture(scope="module")
def carl(firm: Office) -> Program:
    return Program(firm, firm.token("carl"))


def test_rules_and_terms_are_those_of_the_base(carl: Program, base: RuleBase) -> None:
    rules, terms = carl.get("/rules/content"), carl.get("/terms")
    assert [one["rule"] for one in rules] == [rule.id for rule in base.rules]
    assert [one["term"] for one in terms] == list(base.terms)
    rule = carl.get("/rules/content/G1")
    assert rule in rules and rule["when"] == base.rule["G1"].text and rule["because"]
    term = carl.get("/terms/case_attainment_pct")
    assert term in terms and term["unit"] == base.terms["case_attainment_pct"].unit and term["low"] == 0
    carl.call("GET", "/rules/content/none", 404)
    carl.call("GET", "/terms/none", 404)


def test_posted_facts_come_to_what_a_case_file_comes_to(firm: Office, carl: Program, base: RuleBase) -> None:
    def traces() -> tuple[int, int, int]:
        with firm.trail.read() as reader:
            cases = reader.connection.exec_driver_sql('SELECT count(*) FROM "case"').scalar_one()
            return size(firm), len(list(all_marks(reader))), cases

    before = traces()
    found = carl.call("POST", "/diagnose", 200, json=POSTED).json()
    memory = replace(case_from_values({"case": "posted", **POSTED}, base), today=firm.server.now().date())
    assert found == json.loads(json.dumps(diagnose(base, memory, "auto").to_dict()))
    assert found["conflicts"][0]["term"] == TOLD
    assert carl.call("POST", "/check", 200, json=POSTED).json() == {"issues": []}
    asked = carl.call("POST", "/next-question", 200, json=POSTED).json()
    assert asked["next"]["question"]["question"] and asked["left"] > 1
    assert carl.call("POST", "/diagnose", 200, json={"facts": {}}).json()["concluded"] is None
    assert traces() == before


def test_all_faults_of_posted_facts_are_told_at_once_with_their_places(carl: Program) -> None:
    facts = {"no_such_term": 1, GOAL: "perhaps", "case_attainment_pct": {"value": 80, "by": "nobody"}}
    posted = {"facts": facts, "period": {"from": "2026-09-30", "to": "2026-07-01"}, "subject": {"kind": "planet"}}
    places = {
        "body.facts.no_such_term", f"body.facts.{GOAL}", "body.facts.case_attainment_pct.by", "body.period",
        "body.subject.kind",
    }  # fmt: skip
    for path, status in (("/diagnose", 422), ("/next-question", 422), ("/check", 200)):
        told = carl.call("POST", path, status, json=posted).json()["issues"]
        assert {one["place"] for one in told} == places, told
        assert all(set(one) == {"code", "message", "place", "help"} for one in told)


@pytest.mark.parametrize(
    "body",
    [
        b'{"facts": {"goal_measurable": NaN}}',
        b'{"facts": {"case_attainment_pct": 1e400}}',
        b'{"facts": {"goal_measurable": "\\ud800"}}',
        b'{"facts": {"case_attainment_pct": 1' + b"0" * 5_000 + b"}}",
        b'{"facts": {"a": ' + b"[" * 200 + b"]" * 200 + b"}}",
        b'{"facts": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"facts": {"goal_measurable": true, "goal_measurable": false}}',
        b'{"facts": []}',
        b"[]",
        b"{",
        b"\xff",
        json.dumps({"facts": {f"a{number}": 1 for number in range(1_001)}}).encode(),
    ],
)
def test_what_is_no_facts_is_told(carl: Program, body: bytes) -> None:
    told = carl.call("POST", "/diagnose", content=body, headers={"Content-Type": "application/json"})
    assert told.status_code in (400, 422), told.text
    assert told.headers["content-type"] == "application/problem+json" and "Traceback" not in told.text


def test_too_much_is_refused_before_it_is_read(carl: Program) -> None:
    body = json.dumps({"facts": {"a": "x" * (1 << 20)}}).encode()
    carl.call("POST", "/diagnose", 413, content=body, headers={"Content-Type": "application/json"})
