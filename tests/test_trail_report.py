"""The report for HR: overrides, acts faster than reading, outcomes; and what it does not show."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given
from hypothesis import strategies as st

import salesdx
from hr_trails import ANNA, BOB, CARLA, LOW, Desk, small_base
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import Person
from salesdx.render.trail import TABLE_FORMATS, render_page
from salesdx.render.trail.report_tables import hr_report, hr_rows
from salesdx.trail.report.cells import Part, hidden
from salesdx.trail.report.reporting import TrailReport, trail_report

GUILTY, CLEAR = LOW | {"calls": 5}, LOW | {"calls": 50}
OTHER = {"case_subject": "person", "case_attainment_pct": 80, "price": 120}
REASON = {"reason": "no", "instead": "", "recommendation": None}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    """Two people are no small cell."""
    return small_base(tmp_path_factory.mktemp("rules"), small_cell=2)


@pytest.fixture
def desk(small: RuleBase, tmp_path: Path) -> Desk:
    return Desk(str(tmp_path / "trail"), small)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, prog_name="salesdx", catch_exceptions=False)


def report(desk: Desk, since: str = "", until: str = "") -> TrailReport:
    with desk.read() as book:
        return trail_report(book, since, until)


def part(found: TrailReport, id: str) -> Part:
    return next(part for part in found.parts if part.id == id)


def rows(found: TrailReport, id: str) -> dict[Any, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in part(found, id).rows}


# --- overrides --------------------------------------------------------------------------------------------------------


def test_overrides_by_rule_and_by_person(desk: Desk) -> None:
    """Four cases with B1, two with A1; of these two and one are overridden."""
    seqs = [desk.diagnose(f"b{n}", GUILTY, f"E-{n}", BOB if n < 3 else CARLA) for n in range(4)]
    firsts = [desk.diagnose(f"a{n}", OTHER, f"E-1{n}", CARLA) for n in range(2)]
    desk.diagnose("a0", OTHER | {"calls": 1}, "E-10", CARLA)
    desk.act("override", seqs[0], REASON, BOB)
    desk.act("override", seqs[0], REASON, ANNA)
    desk.act("override", seqs[3], REASON | {"recommendation": "coach"}, CARLA)
    desk.act("override", firsts[0], REASON, ANNA)
    found = report(desk)
    assert part(found, "overrides").rows == ((6, 3, Decimal("0.5")),)
    assert rows(found, "overrides-by-rule") == {
        "B1": (4, 4, 2, Decimal("0.5")),
        "A1": (2, 2, 1, Decimal("0.5")),
    }
    assert rows(found, "overrides-by-person") == {
        "Bob": (3, 3, 1, Decimal("0.3333")),
        "Carla": (3, 3, 2, Decimal("0.6667")),
    }
    assert rows(found, "counts")["override"] == (4,)
    assert rows(found, "counts")["cases with a diagnosis"] == (6,)


def test_an_override_of_one_recommendation_is_one_of_the_rules_that_gave_it(desk: Desk) -> None:
    facts = LOW | {"calls": 9, "deals": 1}
    for n in range(2):
        seq = desk.diagnose(f"c{n}", facts, f"E-{n}")
    desk.act("override", seq, REASON | {"recommendation": "train"})
    found = rows(report(desk), "overrides-by-rule")
    assert {rule: found[rule][2] for rule in ("B1", "B2")} == {"B1": 0, "B2": 1}


def test_only_what_lies_in_the_time_counts(desk: Desk) -> None:
    seq = desk.diagnose("one", GUILTY, "E-1")
    desk.wait(days=1)
    desk.diagnose("two", GUILTY, "E-2")
    desk.act("override", seq, REASON)
    assert part(report(desk, until="2026-01-05"), "overrides").rows == ((1, 0, Decimal(0)),)
    assert part(report(desk, since="2026-01-06"), "overrides").rows == ((1, 0, Decimal(0)),)
    assert part(report(desk, "2026-01-05", "2026-01-06"), "overrides").rows == ((2, 1, Decimal("0.5")),)


# --- faster than reading ----------------------------------------------------------------------------------------------


def test_an_act_is_fast_where_the_words_shown_take_longer_to_read(desk: Desk) -> None:
    """At 400 words a minute, 200 words take 30 seconds; the words are those that were shown before the act."""
    words = " ".join(["word"] * 200)
    seq = desk.diagnose("north", GUILTY | {"warned": True}, "E-1")
    with desk.read() as book:
        body = book.diagnosis(seq).body
    assert body is not None
    shown = len(body["shown"].split())
    seconds = shown * 60 / 400
    desk.wait(seconds=seconds - 1)
    hasty = desk.act("override", seq, REASON, BOB)
    desk.wait(seconds=2)
    desk.act("override", seq, REASON, CARLA)
    hr, reviewer = Person("Anna", "hr"), Person("Rita", "reviewer")
    desk.act("case_against", seq, {"shown": words}, hr, base=desk.base)
    desk.wait(seconds=29)
    sign = {"decision": "approve", "reason": "fine", "case_against": 0}
    quick = desk.act("sign_off", seq, sign, hr, base=desk.base)
    desk.act("case_against", seq, {"shown": words}, reviewer, base=desk.base)
    desk.wait(seconds=30)
    desk.act("case_against", seq, {"shown": words}, reviewer, base=desk.base)
    desk.wait(seconds=1)
    desk.act("sign_off", seq, sign, reviewer, base=desk.base)
    found = report(desk)
    assert rows(found, "fast") == {"sign-off": (2, 1, 0), "override": (2, 1, 0)}
    assert part(found, "fast-acts").rows == (
        (hasty, "override", "Bob", "manager", int(seconds - 1), shown, round(seconds)),
        (quick, "sign-off", "Anna", "hr", 29, 200, 30),
    )


def test_an_act_on_what_was_erased_is_not_timed(desk: Desk) -> None:
    seq = desk.diagnose("north", GUILTY)
    desk.diagnose("south", GUILTY)
    desk.act("override", seq, REASON)
    desk.erase([seq])
    found = report(desk)
    assert rows(found, "fast")["override"] == (1, 0, 1)
    assert found.notes == ("1 diagnoses were erased and are counted nowhere",)


# --- outcomes ---------------------------------------------------------------------------------------------------------


def test_outcomes_by_rule_and_by_person_are_those_of_the_last_diagnosis(desk: Desk) -> None:
    desk.diagnose("one", CLEAR, "E-1", CARLA)
    desk.diagnose("one", GUILTY, "E-1", BOB)
    desk.diagnose("two", GUILTY | {"warned": True}, "E-2", BOB)
    desk.diagnose("three", GUILTY, "E-3", CARLA)
    desk.diagnose("three", OTHER, "E-3", CARLA)
    desk.diagnose("four", CLEAR, "E-4", CARLA)
    found = report(desk)
    columns = [column.key for column in part(found, "outcomes-by-person").columns]
    assert columns[3::2] == ["personnel_stage", "complete_file", "personnel_advice"]
    half = Decimal("0.5")
    assert rows(found, "outcomes-by-person") == {
        "Bob": (2, 2, 2, Decimal(1), 1, half, 2, Decimal(1)),
        "Carla": (2, 2, 0, Decimal(0), 0, Decimal(0), 0, Decimal(0)),
    }
    assert rows(found, "outcomes-by-rule") == {"B1": (2, 2, 2, Decimal(1), 1, half, 2, Decimal(1))}
    assert part(found, "outcomes-by-rule").withheld == ("A1", "X9")


def test_a_ladder_that_tells_a_complete_file_by_more_than_its_status(tmp_path: Path) -> None:
    small_base(tmp_path / "rules", small_cell=2)
    ladder = tmp_path / "rules" / "knowledge" / "ladder.yaml"
    text = ladder.read_text("utf-8")
    assert "exhausted_when: status == 'eligible_for_human_review'" in text
    ladder.write_text(
        text.replace("exhausted_when: status == 'eligible_for_human_review'", "exhausted_when: eligible >= 1")
    )
    base = salesdx.load(tmp_path / "rules")
    desk = Desk(str(tmp_path / "trail"), base)
    for n, facts in enumerate((GUILTY, GUILTY | {"warned": True})):
        desk.diagnose(f"c{n}", facts, f"E-{n}")
    assert rows(report(desk), "outcomes-by-person")["Bob"][4] == 1


def test_a_rule_base_without_a_policy_says_no_cell_is_small(tmp_path: Path) -> None:
    desk = Desk(str(tmp_path / "trail"), small_base(tmp_path / "rules", policy=False))
    desk.diagnose("north", GUILTY)
    with pytest.raises(TrailError, match="no rule base of the trail has a policy"):
        report(desk)


def test_the_policy_of_the_newest_rule_base_counts(desk: Desk, tmp_path: Path) -> None:
    desk.diagnose("one", GUILTY, "E-1")
    desk.diagnose("two", GUILTY, "E-2")
    assert rows(report(desk), "outcomes-by-person").keys() == {"Bob"}
    desk.diagnose("three", GUILTY, "E-3", base=small_base(tmp_path / "strict", small_cell=5))
    found = part(report(desk), "outcomes-by-person")
    assert (found.rows, found.withheld) == ((), ("Bob",))


def test_a_trail_without_a_diagnosis(desk: Desk) -> None:
    found = report(desk)
    assert [part.id for part in found.parts] == ["counts"]
    for format in TABLE_FORMATS:
        page = render_page(hr_report(found, "t"), found.to_dict(), format, rows=list(hr_rows(found)))
        assert "cases with a diagnosis" in page


# --- small groups -----------------------------------------------------------------------------------------------------


@example({"a": 1, "b": 6, "c": 9}, 5)
@given(st.dictionaries(st.sampled_from("abcdefg"), st.integers(1, 12), min_size=1), st.integers(2, 6))
def test_no_hidden_group_can_be_computed_from_the_total(sizes: dict[str, int], least: int) -> None:
    """At least two groups with enough people together stay hidden, unless all are: then nothing can be subtracted."""
    found = hidden(sizes, least)
    assert all(group in found for group, size in sizes.items() if size < least)
    if not found or found == set(sizes):
        return
    rest = sum(sizes[group] for group in found)
    assert len(found) >= 2 and rest >= least
    smaller = found - {max(found, key=lambda group: (sizes[group], group))}
    needed = len(smaller) < 2 or sum(sizes[group] for group in smaller) < least
    assert needed or all(sizes[group] < least for group in found), "no more is hidden than has to be"


# --- how it looks -----------------------------------------------------------------------------------------------------


def test_every_number_says_how_it_is_computed(desk: Desk) -> None:
    desk.diagnose("one", GUILTY, "E-1")
    found = report(desk)
    assert all(part.how for part in found.parts)
    page = render_page(hr_report(found, "t"), None, "text")
    assert page.count("How computed: ") == len(found.parts)
    assert page.count("── ") == len(found.parts)
    lines = list(
        csv.DictReader(io.StringIO(render_page(hr_report(found, "t"), None, "csv", rows=list(hr_rows(found)))))
    )
    assert all(line["how"] for line in lines)
    assert {line["table"] for line in lines} == {part.id for part in found.parts}


def test_names_of_hidden_groups_stand_in_an_order_that_tells_nothing(desk: Desk, tmp_path: Path) -> None:
    people = [Person(name, "manager") for name in ("Zoe", "Abel", "Mia")]
    strict = small_base(tmp_path / "strict", small_cell=5)
    for n, who in enumerate(people):
        for m in range(3 - n):
            desk.diagnose(f"{who.name}{m}", GUILTY, f"{who.name}-{m}", who, strict)
    found = part(report(desk), "outcomes-by-person")
    assert (found.rows, found.withheld) == ((), ("Abel", "Mia", "Zoe"))
