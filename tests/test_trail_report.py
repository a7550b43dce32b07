"""The report for HR: overrides, acts faster than reading, outcomes, adverse impact; and what it does not show."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import salesdx
from hr_trails import ANNA, BOB, CARLA, LOW, Desk, small_base
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import Person
from salesdx.render.trail import TABLE_FORMATS, render_page
from salesdx.render.trail.report_tables import hr_report, hr_rows
from salesdx.text.issues import CaseError
from salesdx.trail.report.cells import Part, hidden
from salesdx.trail.report.groups import read_groups
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


def report(desk: Desk, since: str = "", until: str = "", groups: Mapping[str, str] | None = None) -> TrailReport:
    with desk.read() as book:
        return trail_report(book, since, until, groups)


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


@pytest.mark.parametrize("groups", [None, {"E-1": "a"}])
def test_a_trail_without_a_diagnosis(desk: Desk, groups: dict[str, str] | None) -> None:
    found = report(desk, groups=groups)
    assert [part.id for part in found.parts] == ["counts"]
    for format in TABLE_FORMATS:
        page = render_page(hr_report(found, "t"), found.to_dict(), format, rows=list(hr_rows(found)))
        assert "cases with a diagnosis" in page


# --- adverse impact ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """12 of group a, 2 of them with the outcome; 10 of b, 5 with it; 3 of c, and 7 whom no file names."""
    folder = tmp_path_factory.mktemp("crowd")
    desk = Desk(str(folder / "trail"), small_base(folder / "rules"))
    for group, (size, met) in {"a": (12, 2), "b": (10, 5), "c": (3, 1), "x": (7, 0)}.items():
        for n in range(size):
            desk.diagnose(f"{group}{n}", GUILTY if n < met else CLEAR, f"{group}-{n}")
    desk.diagnose("b0 again", CLEAR, "b-0")
    return desk


GROUPS = {f"{group}-{n}": group for group, size in (("a", 12), ("b", 10), ("c", 3)) for n in range(size)}


def test_adverse_impact_by_value(crowd: Desk) -> None:
    """Spared: 10 of 12 and 5 of 10, ratio 0.6; met: 2 of 12 against 5 of 10, ratio 0.3333. Fisher's p by hand.

    Of 22 people 7 met it; C(22, 7) = 170,544 ways. No more likely than what was seen (2 of the 12: 16,632 ways) are
    0, 1, 2, 6 and 7 of the 12: 120 + 2,520 + 16,632 + 9,240 + 792 = 29,304, and 29,304 / 170,544 = 0.1718.
    """
    wide = {subject: group for subject, group in GROUPS.items() if group != "c"}
    found = report(crowd, groups=wide)
    assert rows(found, "impact-personnel_stage") == {
        "a": (12, 2, Decimal("0.1667"), Decimal(1), Decimal(1), None, ""),
        "b": (10, 5, Decimal("0.5"), Decimal("0.6"), Decimal("0.3333"), Decimal("0.1718"), "below 0.8: spared and met"),
        "not in the file": (10, 1, Decimal("0.1"), None, None, None, ""),
    }
    assert rows(found, "impact-complete_file")["b"] == (10, 0, Decimal(0), Decimal(1), Decimal(1), Decimal(1), "")
    assert part(found, "impact-personnel_stage").notes == ("compared with `a`, the group that it met least",)


def test_a_small_group_takes_the_next_smallest_with_it(crowd: Desk) -> None:
    """c has 3 people; the 7 outside the file go too, else c would be what is left of the total."""
    found = part(report(crowd, groups=GROUPS), "impact-personnel_stage")
    assert [row[0] for row in found.rows] == ["a", "b"]
    assert found.withheld == ("c", "not in the file")


def test_two_groups_of_which_one_is_small_show_nothing(crowd: Desk) -> None:
    groups = {subject: "c" if group == "c" else "a" for subject, group in GROUPS.items()}
    groups |= {f"x-{n}": "a" for n in range(7)}
    found = part(report(crowd, groups=groups), "impact-personnel_stage")
    assert (found.rows, found.withheld) == ((), ("a", "c"))
    assert found.notes == ("there are no two groups that can be shown, so nothing is compared",)


def test_erased_people_belong_to_no_group(tmp_path: Path, small: RuleBase) -> None:
    desk = Desk(str(tmp_path / "trail"), small)
    seqs = [desk.diagnose(f"c{n}", GUILTY, f"E-{n}") for n in range(4)]
    with desk.read() as book:
        gone = [record.subject.pseudonym for seq in seqs[:2] if (record := book.record(seq)).subject]
    desk.erase([], gone)
    found = report(desk, groups={f"E-{n}": "a" for n in range(4)})
    assert {group: row[0] for group, row in rows(found, "impact-personnel_stage").items()} == {
        "a": 2,
        "not in the file": 2,
    }


def test_groups_stay_out_of_the_trail_and_of_the_page(crowd: Desk, tmp_path: Path) -> None:
    """Neither a subject with its group nor the file is anywhere afterwards."""
    path = tmp_path / "groups.csv"
    path.write_text("subject,group\n" + "".join(f"{s},group-{g}-of-the-file\n" for s, g in GROUPS.items()), "utf-8")
    before = Path(crowd.where).read_bytes()
    page = run("trail", "report", "--trail", crowd.where, "--groups", str(path), "--format", "html").stdout
    assert Path(crowd.where).read_bytes() == before
    assert "group-a-of-the-file" in page
    assert not any(f">{subject}<" in page or f" {subject} " in page for subject in GROUPS)


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


# --- the file of groups -----------------------------------------------------------------------------------------------


def test_groups_are_read_from_yaml_and_csv(tmp_path: Path) -> None:
    (tmp_path / "g.yaml").write_text("E-1: no\nE-2: 40 and over\n", "utf-8")
    (tmp_path / "g.csv").write_text('\ufeffSubject, Group\r\nE-1,no\r\n\r\nE-2,"40 and over"\r\n', "utf-8")
    assert read_groups(tmp_path / "g.yaml") == read_groups(tmp_path / "g.csv") == {"E-1": "no", "E-2": "40 and over"}


@pytest.mark.parametrize(
    ("name", "text", "messages"),
    [
        ("g.csv", "name,group\nE-1,a\n", ["the first line must be `subject,group`"]),
        ("g.csv", "subject,group\nE-1\nE-2,a,b\n,a\n", ["a line is a subject and its group"] * 3),
        ("g.csv", "subject,group\nE-1,a\nE-1,b\n", ["`E-1` is in two groups"]),
        ("g.csv", 'subject,group\nE-1,"a\n', ["this is no CSV"]),
        ("g.csv", "subject,group\n", ["the file names no group"]),
        ("g.csv", "", ["the first line must be"]),
        ("g.yaml", "- E-1\n", ["the groups are `subject: group` lines"]),
        ("g.yaml", "E-1: [a]\nE-2: a\u200bb\n", ["a line is a subject"] * 2),
        ("g.yaml", "E-1: a\nE-1: b\n", ["E-1"]),
    ],
)
def test_faults_of_a_file_of_groups(tmp_path: Path, name: str, text: str, messages: list[str]) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(CaseError) as raised:
        read_groups(tmp_path / name)
    found = [issue.message for issue in raised.value.issues]
    assert len(found) == len(messages)
    for message, wanted in zip(found, messages, strict=True):
        assert wanted in message
    assert all(issue.place.path.endswith(name) for issue in raised.value.issues)


def test_a_file_of_groups_that_is_not_there(desk: Desk) -> None:
    found = run("trail", "report", "--trail", desk.where, "--groups", "no-such.csv")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "no-such.csv" in found.stderr


# --- how it looks -----------------------------------------------------------------------------------------------------


def test_every_number_says_how_it_is_computed(crowd: Desk) -> None:
    found = report(crowd, groups=GROUPS)
    assert all(part.how for part in found.parts)
    page = render_page(hr_report(found, "t"), None, "text")
    assert page.count("How computed: ") == len(found.parts)
    assert page.count("── ") == len(found.parts)
    lines = list(
        csv.DictReader(io.StringIO(render_page(hr_report(found, "t"), None, "csv", rows=list(hr_rows(found)))))
    )
    assert all(line["how"] for line in lines)
    assert {line["table"] for line in lines} == {part.id for part in found.parts}


def test_the_formats_say_the_same(crowd: Desk, tmp_path: Path) -> None:
    path = tmp_path / "groups.yaml"
    path.write_text("".join(f"{subject}: {group}\n" for subject, group in GROUPS.items()), "utf-8")
    words = ("trail", "report", "--trail", crowd.where, "--groups", str(path))
    data = json.loads(run(*words, "--format", "json").stdout)
    impact = next(part for part in data["parts"] if part["id"] == "impact-personnel_stage")
    assert impact["rows"][1] == {
        "group": "b",
        "people": 10,
        "count": 5,
        "share": 0.5,
        "spared_ratio": 0.6,
        "met_ratio": 0.3333,
        "p": 0.1718,
        "mark": "below 0.8: spared and met",
    }
    assert impact["withheld"] == ["c", "not in the file"]
    lines = list(csv.DictReader(io.StringIO(run(*words, "--format", "csv").stdout)))
    told = {(line["table"], line["row"], line["measure"]): line["value"] for line in lines}
    assert told["impact-personnel_stage", "b", "spared_ratio"] == "0.6000"
    assert told["impact-personnel_stage", "c", "withheld"] == ""
    for format in ("text", "html", "markdown"):
        page = run(*words, "--format", format).stdout
        assert "5 (50%)" in page and "0.6" in page and "c, not in the file" in page


def test_names_of_hidden_groups_stand_in_an_order_that_tells_nothing(desk: Desk, tmp_path: Path) -> None:
    people = [Person(name, "manager") for name in ("Zoe", "Abel", "Mia")]
    strict = small_base(tmp_path / "strict", small_cell=5)
    for n, who in enumerate(people):
        for m in range(3 - n):
            desk.diagnose(f"{who.name}{m}", GUILTY, f"{who.name}-{m}", who, strict)
    found = part(report(desk), "outcomes-by-person")
    assert (found.rows, found.withheld) == ((), ("Abel", "Mia", "Zoe"))
