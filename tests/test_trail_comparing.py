"""Two records side by side, and like cases that came out otherwise with the smallest difference."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import salesdx
from conftest import ROOT
from hr_trails import ANNA, BOB, CARLA, LOW, STAGES, Desk, small_base
from salesdx.authoring.worked_cases import case_files, read_worked_case
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.engine.comparing import Difference
from salesdx.engine.diagnose import quick
from salesdx.ledger.log import Person
from salesdx.render import FORMATS
from salesdx.render.trail import render_page
from salesdx.render.trail.comparison import comparators_report, comparison_report
from salesdx.trail.comparators import Comparators, comparators
from salesdx.trail.recording import record_diagnosis
from salesdx.trail.two_records import RecordComparison, again, compare_records

GUILTY = LOW | {"calls": 5}
"""Facts under which the step about the person is concluded."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    return small_base(tmp_path_factory.mktemp("rules"))


@pytest.fixture
def desk(small: RuleBase, tmp_path: Path) -> Desk:
    return Desk(str(tmp_path / "trail"), small)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, prog_name="salesdx", catch_exceptions=False)


def compared(desk: Desk, one: int, other: int) -> RecordComparison:
    with desk.read() as book:
        return compare_records(book, one, other)


def found_for(desk: Desk, seq: int, limit: int = 5) -> Comparators:
    with desk.read() as book:
        return comparators(book, seq, limit)


def values(found: Iterable[Difference]) -> list[tuple[str, str, str]]:
    return [(difference.name, difference.before, difference.after) for difference in found]


# --- compare ----------------------------------------------------------------------------------------------------------


def test_two_cases_side_by_side(desk: Desk) -> None:
    one = desk.diagnose("north", GUILTY | {"deals": 2, "warned": "not_known"}, "E-1", BOB)
    other = desk.diagnose("south", LOW | {"calls": 20, "deals": 2}, "E-2", CARLA)
    found = compared(desk, one, other)
    assert values(found.facts) == [
        ("calls", "5", "20"),
        ("rate", "0.4", "0.1"),
        ("warned", "not known", "not asked"),
    ]
    assert values(found.truths) == [("B1", "true", "false"), ("B2", "false", "true")]
    assert values(found.results) == [
        ("second", "confirmed, concluded", "open"),
        ("concluded", "second", None),
        ("last", "open", "not_reached"),
        ("B1", "B1 holds", None),
        ("B2", None, "B2 holds"),
        ("coach", "recommended", None),
    ]
    assert (found.base, found.doubts) == (None, ())
    page = run("trail", "compare", str(one), str(other), "--trail", desk.where).stdout
    assert "Both rest on the same rule base." in page
    assert "subject    E-1               E-2" in page and "by         Bob, manager      Carla, manager" in page


def test_nothing_differs_between_a_record_and_itself(desk: Desk) -> None:
    seq = desk.diagnose("north", GUILTY)
    found = compared(desk, seq, seq)
    assert (found.facts, found.truths, found.results, found.base) == ((), (), (), None)
    page = render_page(comparison_report(found), found.to_dict(), "text")
    assert page.count("Nothing differs.") == 3


def test_rules_and_terms_that_only_one_of_two_rule_bases_has(desk: Desk, tmp_path: Path) -> None:
    stages = STAGES | {
        "first": STAGES["first"] | {"terms": {"price": "integer", "cost": "integer"}, "rules": {"A2": "cost > 5"}}
    }
    base = small_base(tmp_path / "other", stages)
    one = desk.diagnose("north", GUILTY)
    other = desk.diagnose("north", GUILTY | {"cost": 7}, base=base)
    found = compared(desk, one, other)
    assert ("cost", "no such term", "7") in values(found.facts)
    assert values(found.truths)[:2] == [("A1", "false", "no such rule"), ("A2", "no such rule", "true")]
    assert found.base is not None and (found.base.before, found.base.after) == (desk.base.digest, base.digest)
    page = " ".join(render_page(comparison_report(found), found.to_dict(), "text").split())
    assert "Files that differ: knowledge/first.yaml, rules/first.yaml." in page


# --- comparators ------------------------------------------------------------------------------------------------------


def test_the_nearest_cases_with_another_outcome_come_first(desk: Desk) -> None:
    far = desk.diagnose("far", {"case_subject": "person", "case_attainment_pct": 80, "price": 120}, "E-5")
    same = desk.diagnose("same", GUILTY | {"warned": True}, "E-2")
    near = desk.diagnose("near", LOW | {"calls": 30}, "E-3")
    desk.diagnose("alike", LOW | {"calls": 7}, "E-4")
    desk.diagnose("seq", GUILTY, "E-1")
    seq = desk.diagnose("seq", GUILTY, "E-1")
    found = found_for(desk, seq)
    assert (found.others, found.unlike, found.unread) == (4, 3, 0)
    assert dict(found.decisive) == {"price": "100 (EUR)", "calls": "5"}
    assert [one.seq for one in found.nearest] == [same, near, far]
    one, two, three = found.nearest
    assert (one.level, one.facts, one.turned) == ("files", (), 0)
    assert one.smallest is not None
    assert [(fact.term, fact.here, fact.there) for fact in one.smallest] == [("warned", "not asked", "yes")]
    assert (two.level, two.turned) == ("concluded", 1)
    assert [(fact.term, fact.here, fact.there) for fact in two.facts] == [("calls", "5", "30")]
    assert two.facts[0].turns == ("calls < 10: true here, false there",)
    assert two.smallest is not None and [fact.term for fact in two.smallest] == ["calls"]
    assert [fact.term for fact in three.facts] == ["price", "calls"]
    assert three.smallest is not None and [fact.term for fact in three.smallest] == ["price"]
    assert found_for(desk, seq, limit=1).nearest == found.nearest[:1]


def test_only_the_last_diagnosis_of_another_case_counts(desk: Desk) -> None:
    desk.diagnose("other", LOW | {"calls": 30})
    last = desk.diagnose("other", GUILTY | {"warned": False})
    seq = desk.diagnose("north", GUILTY)
    found = found_for(desk, seq)
    assert [(one.seq, one.level) for one in found.nearest] == [(last, "files")]


def test_what_people_decided_is_part_of_the_outcome(desk: Desk) -> None:
    other = desk.diagnose("other", LOW | {"calls": 6})
    desk.act("override", other, {"reason": "no", "instead": "", "recommendation": None}, CARLA)
    seq = desk.diagnose("north", GUILTY)
    (one,) = found_for(desk, seq).nearest
    assert (one.level, one.decisions, one.smallest) == ("decision", ("overridden",), None)
    assert one.why == "people decided otherwise on the same result"
    assert [(fact.term, fact.turns) for fact in one.facts] == [("calls", ())], "a value may differ and turn nothing"
    mine = found_for(desk, other)
    assert (mine.decisions, [one.decisions for one in mine.nearest]) == (("overridden",), [()])


def test_blind_signatures_are_no_decision_yet(desk: Desk) -> None:
    seqs = [desk.diagnose(name, GUILTY | {"warned": True}) for name in ("north", "south")]
    body = {"decision": "approve", "reason": "I read it", "case_against": 0}
    desk.act("sign_off", seqs[0], body, Person("Anna", "hr"), base=desk.base)
    assert found_for(desk, seqs[1]).nearest == ()
    desk.act("sign_off", seqs[0], body | {"reason": "fine"}, Person("Rita", "reviewer"), base=desk.base)
    (one,) = found_for(desk, seqs[1]).nearest
    assert (one.level, one.decisions) == ("decision", ("approve",))


def test_other_rules_make_the_difference(desk: Desk, tmp_path: Path) -> None:
    lenient = STAGES | {"second": STAGES["second"] | {"rules": {"B1": {"when": "calls < 3", "recommend": ["coach"]}}}}
    other = desk.diagnose("other", GUILTY, base=small_base(tmp_path / "lenient", lenient))
    seq = desk.diagnose("north", GUILTY)
    (one,) = found_for(desk, seq).nearest
    assert (one.seq, one.facts, one.smallest) == (other, (), None)
    assert one.why == "on the rules of this record it would have come out the same: the rules were others"


def test_the_same_facts_under_other_periods(desk: Desk, tmp_path: Path) -> None:
    stages = STAGES | {"first": STAGES["first"] | {"terms": {"price": {"type": "integer", "valid_for": "30 days"}}}}
    base = small_base(tmp_path / "aging", stages)
    facts = GUILTY | {"price": {"value": 100, "date": "2026-01-01"}}
    seqs = []
    for name, end in (("north", "2026-01-10"), ("south", "2026-12-31")):
        memory = replace(desk.memory(name, facts, base=base), period=None)
        begin, until = (date.fromisoformat(day) for day in ("2026-01-01", end))
        found = salesdx.diagnose(base, replace(memory, period=(begin, until)), "reference")
        with desk.trail.append(desk.clock) as appender:
            seqs.append(record_diagnosis(appender, found, "", "json", BOB))
    (one,) = found_for(desk, seqs[0]).nearest
    assert (one.seq, one.smallest) == (seqs[1], None)
    assert "the periods under review were others" in one.why


def test_a_result_that_no_fact_decided(desk: Desk) -> None:
    seq = desk.diagnose("north", {})
    desk.diagnose("south", GUILTY)
    found = found_for(desk, seq)
    assert found.decisive == ()
    page = render_page(comparators_report(found), found.to_dict(), "text")
    assert "No fact decided it" in page
    (one,) = found.nearest
    assert one.smallest is not None and {fact.term for fact in one.smallest} == {"price", "calls"}


def test_a_trail_with_one_case_has_no_other(desk: Desk) -> None:
    seq = desk.diagnose("north", GUILTY)
    found = found_for(desk, seq)
    assert (found.others, found.unlike, found.nearest) == (0, 0, ())
    assert run("trail", "comparators", str(seq), "--trail", desk.where).exit_code == 0


@pytest.mark.parametrize("format", FORMATS)
def test_nobody_else_is_named(desk: Desk, format: str) -> None:
    said = {"value": 30, "by": "hr", "author": "Zoe", "source": "Zoe's log", "note": "Zoe again"}
    other = desk.diagnose("Zoe's case", LOW | {"calls": said}, "ZOE-1", Person("Zoe", "Zoe"))
    desk.act("override", other, {"reason": "Zoe", "instead": "", "recommendation": None}, Person("Zoe", "hr"))
    seq = desk.diagnose("north", GUILTY, "E-1")
    found = found_for(desk, seq)
    assert found.nearest
    page = render_page(comparators_report(found), found.to_dict(), format)
    assert "zoe" not in page.lower()
    assert found.nearest[0].case.pseudonym in page


def test_the_smallest_difference_suffices_and_nothing_of_it_is_superfluous(base: RuleBase, tmp_path: Path) -> None:
    """On worked cases of the shipped rules, held to a diagnosis of the changed case."""
    desk = Desk(str(tmp_path / "trail"), base)
    memories = {}
    with desk.trail.append(desk.clock) as appender:
        for path in case_files([ROOT / "rules" / "cases"])[::4]:
            memory = replace(read_worked_case(path, base).memory, case=path.stem)
            memories[record_diagnosis(appender, quick(base, memory), "", "json", BOB)] = memory

    def outcome(memory: Any, level: str) -> object:
        result = quick(base, memory).to_dict()
        if level == "recommendations":
            return {entry["intervention"] for entry in result["recommendations"]}
        return result["concluded"] if level == "concluded" else [file["status"] for file in result["files"]]

    looked = 0
    for seq, memory in list(memories.items())[::3]:
        for one in found_for(desk, seq, limit=2).nearest:
            theirs = memories[one.seq]
            assert one.smallest is not None
            terms = [fact.term for fact in one.smallest]

            def made(terms: list[str], memory: Any = memory, theirs: Any = theirs) -> Any:
                said = {term: known for term, known in memory.statements.items() if term not in terms}
                taken = {term: theirs.statements[term] for term in terms if term in theirs.statements}
                return replace(memory, statements=said | taken)

            wanted = outcome(theirs, one.level)
            assert outcome(memory, one.level) != wanted
            assert outcome(made(terms), one.level) == wanted
            for term in terms:
                assert outcome(made([other for other in terms if other != term]), one.level) != wanted
            looked += 1
    assert looked >= 8


def test_decisive_facts_alone_give_the_result(desk: Desk) -> None:
    seq = desk.diagnose("north", GUILTY | {"deals": 4, "warned": True}, "E-1")
    decisive = [term for term, _ in found_for(desk, seq).decisive]
    with desk.read() as book:
        memory = again(book, book.diagnosis(seq)).diagnosis.memory
    alone = {term: memory.statements[term] for term in decisive}
    assert "deals" not in decisive
    assert (
        quick(desk.base, replace(memory, statements=alone)).to_dict()["files"]
        == quick(desk.base, memory).to_dict()["files"]
    )


def test_comparators_for_programs(desk: Desk) -> None:
    desk.diagnose("south", LOW | {"calls": 30}, "E-2", ANNA)
    seq = desk.diagnose("north", GUILTY, "E-1")
    data = json.loads(run("trail", "comparators", str(seq), "--trail", desk.where, "--format", "json").stdout)
    (one,) = data["nearest"]
    assert (
        one["smallest_difference"]
        == one["decisive_facts_that_differ"]
        == [{"term": "calls", "here": "5", "there": "30", "turns": ["calls < 10: true here, false there"]}]
    )
