"""Decision tables of DMN 1.3: valid by the OMG's schema, the same rules true in a public engine, and back again."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from conftest import ROOT
from salesdx.authoring.diff import worked_cases
from salesdx.authoring.tables.decision_table import decision_table
from salesdx.authoring.tables.feel import NotFeel, cell_from_unary, condition_from_feel, feel
from salesdx.authoring.tables.grid import TableError
from salesdx.base.loading import shipped_home
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnose import quick
from salesdx.language.conditions import truth
from salesdx.language.intervals import Interval
from salesdx.language.parsing import parse_condition
from salesdx.services.rule_tables import imported

HOMES = sorted(path.stem for path in (ROOT / "rules").glob("*.yaml"))
MODULES = os.environ.get("SALESDX_DMN_MODULES", "")
needs_engine = pytest.mark.skipif(not MODULES, reason="no engine here: `make dmn` gets one from npm")


@pytest.fixture(scope="module")
def valid() -> Callable[[bytes], list[str]]:
    """What the OMG's schema of DMN 1.3 says of a file. The schema comes with SpiffWorkflow, and lxml as well."""
    package = importlib.util.find_spec("SpiffWorkflow")
    assert package is not None and package.origin is not None
    schema = etree.XMLSchema(etree.parse(str(Path(package.origin).parent / "dmn/parser/schema/DMN13.xsd")))

    def faults(data: bytes) -> list[str]:
        schema.validate(etree.fromstring(data))
        return [str(error.message) for error in schema.error_log]

    return faults


@pytest.mark.parametrize("home", HOMES)
def test_a_table_is_valid_by_the_schema_of_the_omg(
    home: str, base: RuleBase, valid: Callable[[bytes], list[str]]
) -> None:
    assert base.rules_of[home] == () or valid(decision_table(base, home)) == []
    assert valid(b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>') != []


@pytest.fixture(scope="module")
def cases(base: RuleBase) -> list[WorkingMemory]:
    return [memory for _, memory in worked_cases(base, [None])]


def stated(base: RuleBase, memory: WorkingMemory) -> dict[str, Any]:
    """The facts of a case for a table, without numbers between two ends and what does not apply."""

    def plain(name: str) -> Any:
        value, applies = memory.values.get(name), base.terms[name].applies_when
        of_stage = base.home[base.terms[name].home].applies_when
        if isinstance(value, Interval) or any(truth(c, memory.values) is False for c in (applies, of_stage) if c):
            return None
        return (
            value.isoformat()
            if isinstance(value, date)
            else value
            if isinstance(value, bool | str | None)
            else float(value)
        )

    return {name: plain(name) for name in base.terms}


@needs_engine
@pytest.mark.parametrize("home", HOMES)
def test_the_worked_cases_give_the_same_true_rules_in_a_public_engine(
    home: str, base: RuleBase, cases: list[WorkingMemory], tmp_path: Path
) -> None:
    path = tmp_path / "t.dmn"
    path.write_bytes(decision_table(base, home))
    lines = "\n".join(json.dumps(stated(base, memory)) for memory in cases)
    command = ["node", str(ROOT / "tests/dmn_engine.mjs"), MODULES, str(path)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    own = {rule.id for rule in base.rules_of[home]}
    expected = [sorted(own & {fired["rule"] for fired in quick(base, memory).to_dict()["fired"]}) for memory in cases]
    assert [sorted(json.loads(line)) for line in done.stdout.splitlines()] == expected
    assert not own or any(expected)


def changed(base: RuleBase, tmp_path: Path, *edits: tuple[str, str]) -> list[str]:
    """What a DMN table of delivery with other words in it changes, or the faults that it has."""
    text = decision_table(base, "delivery").decode()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "t.dmn"
    path.write_text(text, encoding="utf-8")
    try:
        found = imported(path, shipped_home())
    except TableError as error:
        return [issue.message for issue in error.issues]
    return [
        f"{row.how} {row.id}: {', '.join(row.parts.values()) or ', '.join(row.cells)}" for row in found.changes.rows
    ]


def test_what_is_changed_in_a_decision_table_comes_back(base: RuleBase, tmp_path: Path) -> None:
    assert changed(base, tmp_path, ("&lt; 85", "&lt; 80")) == ["changed D1: delivery_otif_pct < 80"]
    assert changed(base, tmp_path, ('"Less than {otif_good}% of', '"Under {otif_good}% of')) == ["changed D6: title"]
    assert changed(base, tmp_path, ("share_pct &gt;= 20", 'share_pct &gt;= 20 or case_subject = "person"')) == [
        "changed D1: delivery_cancelled_pct > 3 or delivery_lost_reason_share_pct >= 20 or case_subject == 'person'"
    ]


REFUSED = [
    (('hitPolicy="COLLECT"', 'hitPolicy="FIRST"'), "rules have no words for the hit policy FIRST: rules know COLLECT"),
    (
        ('hitPolicy="COLLECT"', 'hitPolicy="COLLECT" aggregation="SUM"'),
        "rules have no words for the hit policy COLLECT SUM",
    ),
    (("&lt; 85", "[80..85]"), "rules have no words for the test `[80..85]`"),
    (("&lt; 85", "not(&lt; 85)"), "rules have no words for the test `not(< 85)`"),
    (("share_pct &gt;= 20", "share_pct between 20 and 30"), "rules have no words for `between`"),
    (('"strong"', "1 + 1"), "rules have no words for `1 + 1`; write a text in double quotes"),
    (("<definitions ", "<!DOCTYPE x><definitions "), "the file holds XML with definitions of its own"),
    (("20191111", "20151101"), "this is no file of DMN 1.3"),
    (("</definitions>", ""), "this is no XML that can be read"),
]


FIRST = "<inputEntry>\n          <text>&lt; 85</text>\n        </inputEntry>"
"""The first condition of the rule D1."""
READ_IN_PART = [
    ((FIRST, ""), "a row of "),
    ((FIRST, FIRST.replace("<inputEntry>", '<inputEntry xmlns="urn:x">')), "the element `{urn:x}inputEntry`"),
    (("&lt; 85", "&lt; 100<b/> and false"), "the element `b` in a table"),
    (("<text>&lt; 85", "<text>-</text><text>&lt; 85"), "the element `inputEntry` in a table"),
    (("<rule ", '<include xmlns="http://www.w3.org/2001/XInclude" href="/etc/passwd"/><rule '),
     "the element `{http://www.w3.org/2001/XInclude}include` in a table"),
    (("</decision>", "</decision><decision><decisionTable/></decision>"), "the file has 2 decision tables"),
    ((">delivery_orders_n<", ">delivery_otif_pct<"), "the input `delivery_otif_pct` that stands twice"),
    (('<text>"D2"', '<text>"D1"'), "the rule `D1` stands here twice"),
    (('name="strength"', 'name="status"'), "status"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "message"), READ_IN_PART, ids=[message for _, message in READ_IN_PART])
def test_nothing_is_read_as_less_than_it_shows(
    edit: tuple[str, str], message: str, base: RuleBase, tmp_path: Path
) -> None:
    """Earlier half of a condition, or all of it, could fall away behind an element inside of it."""
    found = changed(base, tmp_path, edit)
    assert any(message in said for said in found), found


def test_what_programs_keep_for_themselves_in_a_table_is_left_alone(base: RuleBase, tmp_path: Path) -> None:
    kept = '<extensionElements><x xmlns="urn:y">1</x></extensionElements>'
    assert changed(base, tmp_path, ("<rule ", f"{kept}<rule ")) == []


@pytest.mark.parametrize(("edit", "message"), REFUSED, ids=[edit[1] for edit, _ in REFUSED])
def test_what_rules_cannot_say_is_refused_by_name(
    edit: tuple[str, str], message: str, base: RuleBase, tmp_path: Path
) -> None:
    found = changed(base, tmp_path, edit)
    assert any(message in said for said in found), found


def test_what_a_table_leaves_out_is_told(base: RuleBase) -> None:
    text = decision_table(base, "individual").decode()
    told = re.search("<description>(.*?)</description>", text, re.DOTALL)
    assert told is not None
    for word in ("null", "ranks", "valid_for", "the floor", "the ladder", "(the function `fisher_lower_p`)"):
        assert word in told[1], told[1]


@pytest.mark.parametrize(
    ("condition", "expression"),
    [
        ("a == 'x' and b < 5", 'a = "x" and b < 5'),
        ("not (a == 'x')", 'not(if a = null then null else a = "x")'),
        ("a != 'x'", 'if a = null then null else a != "x"'),
        ("a in ['x', 'y'] or c", 'a in ("x", "y") or c'),
        ("b > 2026-01-31", 'b > date("2026-01-31")'),
        ("(b + 1) * 2 >= c / 3", "(b + 1) * 2 >= c / 3"),
    ],
)
def test_a_condition_in_feel(condition: str, expression: str) -> None:
    assert feel(parse_condition(condition), lambda _: False) == expression


def test_feel_that_conditions_cannot_say_is_named() -> None:
    assert condition_from_feel('a = "x" and b in (1, 2) and d > date("2026-01-31")') == (
        "a == 'x' and b in [1, 2] and d > 2026-01-31"
    )
    assert [cell_from_unary(each) for each in ('"x"', '"x", "y"', 'not("x")', "< 5", "true")] == [
        "is x", "in [x, y]", "is not x", "< 5", "yes",
    ]  # fmt: skip
    for text in ("if a then b else c", "some x in y satisfies x > 1", "a = null"):
        with pytest.raises(NotFeel):
            condition_from_feel(text)
