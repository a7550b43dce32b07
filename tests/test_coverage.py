"""Coverage: counted by hand on tiny rule bases, and what the shipped cases reach; text, JSON and the page."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from click.testing import CliRunner, Result

from browser import SIZES, needs_browser, opened, violations
from homes import Dumper, load_home, one_stage, write_home
from salesdx.authoring.coverage import COUNTED, Coverage, cover
from salesdx.authoring.coverage.comparisons_seen import ConditionSeen
from salesdx.authoring.expectations import run_case
from salesdx.authoring.worked_cases import layered_cases, read_worked_case
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.render.coverage.coverage_report import coverage_data, render_coverage
from salesdx.render.coverage.coverage_words import percent

SHORT = {"case_attainment_pct": 50}


def covered(folder: Path, base: RuleBase, *cases: dict[str, Any], expect: dict[str, Any] | None = None) -> Coverage:
    """The coverage of cases with these facts, called a, b, c ..., by the files that hold them."""
    outcomes = []
    for name, facts in zip("abcdefgh", cases, strict=False):
        path = folder / f"{name}.yaml"
        whole = {"facts": {**SHORT, **facts}, "expect": expect or {}}
        path.write_text(yaml.dump(whole, Dumper=Dumper, sort_keys=False), "utf-8")
        outcomes.append(run_case(base, read_worked_case(path, base, name), "compiled"))
    return cover(base, outcomes)


def parts(found: Coverage, name: str) -> dict[str, ConditionSeen]:
    return {part.text: part.seen for c in found.conditions if c.name == name for part in c.comparisons}


# --- conditions -------------------------------------------------------------------------------------------------------


def test_each_comparison_has_a_truth_of_its_own(tmp_path: Path) -> None:
    """No short cut: where an `and` is false already, its other parts are looked at all the same."""
    terms = {"n": "number", "yes": "boolean", "other": "boolean"}
    base = one_stage(tmp_path, terms, {"A1": "n > 5 and (yes or not other)", "A2": "n > 100 and yes"})
    found = covered(tmp_path, base, {"n": 6, "yes": True}, {"n": 1, "yes": False, "other": True}, {"other": False})
    assert parts(found, "A1") == {
        "n > 5": ConditionSeen(("a",), ("b",), ("c",)),
        "yes": ConditionSeen(("a",), ("b",), ("c",)),
        "other": ConditionSeen(("b",), ("c",), ("a",)),
    }
    rules = {c.name: c.seen for c in found.conditions if c.kind == "rule"}
    assert rules == {"A1": ConditionSeen(("a",), ("b",), ("c",)), "A2": ConditionSeen((), ("a", "b"), ("c",))}
    assert parts(found, "A2") == {
        "n > 100": ConditionSeen((), ("a", "b"), ("c",)),
        "yes": ConditionSeen(("a",), ("b",), ("c",)),
    }


def test_a_literal_is_no_comparison(tmp_path: Path) -> None:
    found = covered(tmp_path, one_stage(tmp_path, {"yes": "boolean"}, {"A1": "yes or true"}), {"yes": True})
    assert list(parts(found, "A1")) == ["yes"]


def test_conditions_of_stages_choices_and_preferences_count_and_stand_at_their_place(tmp_path: Path) -> None:
    homes = {
        "first": {
            "terms": {
                "n": "integer",
                "size": {"type": "enum", "values": ["big", "small"], "choose": [
                    {"when": "n > 7", "value": "big"}, {"when": True, "value": "small"},
                ]},
            },
            "rules": {"A1": "size == 'big'"},
            "ruled_out_when": "n < 3 and n != 2",
            "applies_when": "case_subject == 'person'",
            "interventions": {"act": {"preferred_when": "size == 'big'"}},
        },
    }  # fmt: skip
    base = load_home(tmp_path, homes)
    found = covered(tmp_path, base, {"n": 8, "case_subject": "person"}, {"n": 1, "case_subject": "company"})
    counted = {(c.kind, c.home, c.name, p.text) for c in found.conditions for p in c.comparisons}
    assert counted == {
        ("rule", "first", "A1", "size == 'big'"),
        ("ruled_out_when", "first", "first", "n < 3"),
        ("ruled_out_when", "first", "first", "n != 2"),
        ("applies_when", "first", "first", "case_subject == 'person'"),
        ("choose", "first", "size", "n > 7"),
        ("preferred_when", "first", "act", "size == 'big'"),
    }
    for condition in found.conditions:
        assert condition.text
        for part in condition.comparisons:
            line = part.place.text[part.place.column - 1 :]
            assert line.replace("''", "'").startswith(part.text), (part.place, line)
    assert found.measures()["comparisons"].seen == 5
    assert parts(found, "first")["n != 2"].missing == ("false",)


def test_what_is_not_known_is_unknown_and_never_false(tmp_path: Path) -> None:
    base = one_stage(tmp_path, {"yes": "boolean"}, {"A1": "not yes"})
    found = covered(tmp_path, base, {"yes": "not_known"}, {"yes": "not_applicable"}, {})
    (condition,) = (c for c in found.conditions if c.name == "A1")
    assert condition.seen == condition.comparisons[0].seen == ConditionSeen((), (), ("a", "b", "c"))
    assert condition.comparisons[0].seen.missing == ("true", "false")


# --- boundaries -------------------------------------------------------------------------------------------------------


BOUNDS = {
    "whole": {"type": "integer", "range": [0, 10]},
    "exact": {"type": "number", "range": [0, 10]},
    "day": "date",
}


def sides(found: Coverage) -> dict[str, dict[str, tuple[str, ...]]]:
    return {f"{b.term} {b.at}": {side.says: side.cases for side in b.sides} for b in found.boundaries}


@pytest.mark.parametrize(
    ("when", "values", "wanted"),
    [
        ("whole >= 4", (2, 3, 4, 5, 6), {"just below 4": ("b",), "at 4 or just above": ("c", "d")}),
        ("whole >= 4", (4, 5), {"just below 4": (), "at 4 or just above": ("a", "b")}),
        ("whole > 4", (3, 4, 5, 6), {"at 4 or just below": ("a", "b"), "just above 4": ("c",)}),
        ("whole == 4", (2, 3, 4, 5, 6), {"next to 4": ("b", "d"), "at 4": ("c",)}),
        ("4 < whole", (3, 4, 5, 6), {"at 4 or just below": ("a", "b"), "just above 4": ("c",)}),
        ("exact < 1.5", (1.3, 1.4, 1.5, 1.6, 1.7), {"just below 1.5": ("b",), "at 1.5 or just above": ("c", "d")}),
        ("exact <= 2", (0.9, 1, 2, 2.01, 3.1), {"at 2 or just below": ("b", "c"), "just above 2": ("d",)}),
        ("exact != 0.25", (0.23, 0.24, 0.25), {"next to 0.25": ("b",), "at 0.25": ("c",)}),
        ("whole > 0", (0, 1, 2), {"at 0 or just below": ("a",), "just above 0": ("b",)}),
        ("whole >= 0", (0, 1, 2), {"at 0 or just above": ("a", "b")}),
        ("whole > 10", (9, 10), {"at 10 or just below": ("a", "b")}),
        ("whole == 11", (9, 10), {"next to 11": ("b",)}),
        (
            "day >= 2026-03-01",
            (date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)),
            {"just before 2026-03-01": ("b",), "on 2026-03-01 or just after": ("c",)},
        ),
        (
            "day > 2026-03-01",
            (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)),
            {"on 2026-03-01 or just before": ("a",), "just after 2026-03-01": ("b",)},
        ),
    ],
)
def test_who_stands_next_to_a_boundary(when: str, values: tuple[Any, ...], wanted: Any, tmp_path: Path) -> None:
    name = next(name for name in BOUNDS if name in when)
    base = one_stage(tmp_path, BOUNDS, {"A1": when})
    found = covered(tmp_path, base, *({name: value} for value in values))
    assert list(sides(found).values()) == [wanted]
    assert found.boundaries[0].covered is all(wanted.values())


def test_a_boundary_has_one_entry_whoever_reads_it_and_a_comparison_of_facts_has_none(tmp_path: Path) -> None:
    rules = {
        "A1": "whole >= 4 and exact > whole",
        "A2": "not whole < 4",
        "A3": "whole <= 4",
        "A4": "whole > 0.5 * exact",
    }
    found = covered(tmp_path, one_stage(tmp_path, BOUNDS, rules), {"whole": 4})
    assert [(b.term, b.at, b.step, b.read_by) for b in found.boundaries] == [
        ("whole", Decimal(4), Fraction(1), ("A3",)),
        ("whole", Decimal(4), Fraction(1), ("A1", "A2")),
    ]


# --- statuses, modes, interventions, properties -----------------------------------------------------------------------


def test_a_stage_has_only_the_statuses_that_the_ladder_can_give_it(tmp_path: Path) -> None:
    homes = {
        "profile": {"terms": {"ships": "boolean"}},
        "first": {"terms": {"n": "integer"}, "rules": {"A1": "n > 5"}, "ruled_out_when": "n < 3"},
        "second": {"rules": {"B1": {"when": "n > 5", "strength": "weak"}}, "applies_when": "ships"},
        "third": {"rules": {"C1": "n > 5"}, "ruled_out_when": "n < 3"},
        "last": {"decided_by": "file", "rules": {"X1": {"when": "n > 7", "strength": "block"}}},
    }
    found = covered(tmp_path, load_home(tmp_path, homes), {"n": 6}, {"n": 2}, {"n": 4, "ships": False})
    words = {(shown.home, shown.name): shown.cases for shown in found.statuses}
    assert {home: [word for its, word in words if its == home] for home in homes} == {
        "profile": [],
        "first": ["not_run", "confirmed", "ruled_out", "open", "concluded"],  # nothing before it holds it
        "second": ["not_run", "not_applicable", "open"],  # no sign confirms it and nothing rules it out
        "third": ["not_run", "confirmed", "ruled_out", "open", "concluded", "held"],
        "last": ["not_reached", "blocked", "open"],  # no rule makes its file complete
    }
    assert words["first", "confirmed"] == words["first", "concluded"] == words["third", "held"] == ("a",)
    assert words["first", "ruled_out"] == ("b",)
    assert words["second", "not_applicable"] == ("c",)
    assert words["third", "not_run"] == ()
    assert {shown.name: len(shown.cases) for shown in found.modes} == {"success": 0, "diagnosis": 3}


def test_interventions_are_seen_when_recommended(tmp_path: Path) -> None:
    homes = {
        "first": {
            "terms": {"n": "integer"},
            "rules": {"A1": {"when": "n > 5", "recommend": ["act"]}, "A2": {"when": "n > 5", "strength": "weak"}},
            "interventions": {"act": {}, "wait": {}},
        }
    }
    found = covered(tmp_path, load_home(tmp_path, homes), {"n": 6}, {"n": 5})
    assert [(shown.name, shown.cases) for shown in found.interventions] == [("act", ("a",)), ("wait", ())]


def test_the_overall_percentage_is_made_of_three_measures_that_are_told(tmp_path: Path) -> None:
    """By hand: 1 of 2 rules, 1 of 2 comparisons, and 3 of the 4 statuses of a stage that nothing rules out."""
    base = one_stage(tmp_path, {"n": "integer"}, {"A1": "n > 5", "A2": "n > 9"})
    found = covered(tmp_path, base, {"n": 5}, {"n": 6})
    measures = found.measures()
    assert {name: (measures[name].seen, measures[name].of) for name in COUNTED} == {
        "rules": (1, 2), "comparisons": (1, 2), "statuses": (3, 4),
    }  # fmt: skip
    assert [shown.name for shown in found.statuses if shown.cases] == ["confirmed", "open", "concluded"]
    assert (found.overall.seen, found.overall.of, found.overall.percent) == (5, 8, Fraction(125, 2))
    text = render_coverage(found, "text", lambda place: "")
    assert "Overall: 62.5%" in text
    assert "5 of 8: 1 of 2 rules seen true, 1 of 2 comparisons seen true and false and 3 of" in text
    assert found.measures("only") | {name: measures[name] for name in ("modes", "verdicts")} == measures


def test_a_measure_of_nothing_is_complete_and_percentages_are_rounded_down(tmp_path: Path) -> None:
    found = covered(tmp_path, one_stage(tmp_path, {"n": "integer"}, {"A1": "n > 5"}), {})
    assert found.measures()["interventions"].percent == 100
    assert [percent(Fraction(n, 100)) for n in (0, 6666, 9999, 10000)] == ["0.0%", "66.6%", "99.9%", "100.0%"]


def test_cases_that_do_not_come_out_as_expected_are_named(tmp_path: Path) -> None:
    base = one_stage(tmp_path, {"n": "integer"}, {"A1": "n > 5"})
    found = covered(tmp_path, base, {"n": 6}, {"n": 1}, expect={"fired": ["A1"]})
    assert (found.cases, found.odd) == (("a", "b"), ("b",))
    assert "1 of the 2 cases do not come out as expected" in render_coverage(found, "text", lambda place: "")
    assert "Not as expected: b." in render_coverage(found, "html", lambda place: "")


# --- the shipped rule base --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(base: RuleBase) -> Coverage:
    paths = layered_cases(None)
    return cover(
        base, [run_case(base, read_worked_case(path, base, shown), "compiled") for path, shown in paths.items()]
    )


def test_the_shipped_cases_show_every_rule_and_more_than_nine_in_ten_comparisons(shipped: Coverage) -> None:
    measures = shipped.measures()
    assert shipped.odd == ()
    assert [c.name for c in shipped.conditions if c.kind == "rule" and not c.seen.true] == []
    assert measures["comparisons"].percent >= 90, [
        f"{c.name}: {p.text} {p.seen.missing}" for c in shipped.conditions for p in c.comparisons if p.seen.missing
    ]
    assert measures["rules_false"].percent >= 90
    assert measures["boundaries"].percent >= 90
    listed = (*shipped.statuses, *shipped.modes, *shipped.verdicts, *shipped.properties)
    unseen = {(shown.home, shown.name) for shown in listed if not shown.cases}
    assert {name for _, name in unseen} == {
        "under_remedy"
    }  # one case shows it, of delivery: all stages are alike in it
    assert ("delivery", "under_remedy") not in unseen and ("", "under_remedy") not in unseen


def test_every_comparison_of_the_shipped_rules_is_found_where_it_stands(shipped: Coverage, base: RuleBase) -> None:
    assert {c.name for c in shipped.conditions if c.kind == "rule"} == set(base.rule)
    for condition in shipped.conditions:
        for part in condition.comparisons:
            begin = part.place.text[part.place.column - 1 : part.place.end_column - 1]
            assert part.text.startswith(begin) and begin, (condition.name, part.text)


def test_json_is_complete(shipped: Coverage, base: RuleBase) -> None:
    data = coverage_data(shipped)
    assert data["schema"] == "salesdx.coverage/1"
    assert len(data["cases"]) == len(shipped.cases)
    assert data["overall"]["counts"] == list(COUNTED)
    rule = next(c for c in data["conditions"] if c["name"] == base.rules[0].id)
    assert {len(rule["true"]) + len(rule["false"]) + len(rule["unknown"])} == {len(shipped.cases)}
    for found in data["conditions"]:
        for part in found["comparisons"]:
            assert len(part["true"]) + len(part["false"]) + len(part["unknown"]) == len(shipped.cases)
            assert found["text"][part["start"] : part["end"]] == part["text"]
    for key in ("measures", "stages", "boundaries", "statuses", "modes", "interventions", "properties", "counting"):
        assert data[key]
    assert json.loads(json.dumps(data)) == data


# --- the command ------------------------------------------------------------------------------------------------------


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["coverage", *map(str, arguments)])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A rule base of one stage with one worked case: 1 of 2 rules, no comparison, and 2 of 4 statuses are covered."""
    homes = {"only": {"terms": {"n": {"type": "integer", "note": "<b>"}}, "rules": {"A1": "n > 5", "A2": "n > 9"}}}
    folder = write_home(tmp_path / "our rules", homes)
    (folder / "rules" / "cases").mkdir()
    (folder / "rules" / "cases" / "six.yaml").write_text(
        "case: six\nfacts: {case_attainment_pct: 50, n: 6}\nexpect: {fired: [A1]}\n", "utf-8"
    )
    return folder


def test_command_tells_what_no_case_shows(home: Path) -> None:
    found = run("--home", home)
    assert found.exit_code == 0, found.output
    text = " ".join(found.stdout.split())
    for told in (
        "Overall: 37.5%",
        "`n > 5` was never false",
        "A2 the rule was never true",
        "the status open was never seen",
        "the mode success was never seen",
        "n: no case at 9 or just below and no case just above 9 (read by A2)",
    ):
        assert told in text, found.stdout
    assert f"{home}/rules/only.yaml:".replace(" ", "") in text.replace(" ", "")  # a long path is broken


@pytest.mark.parametrize(("least", "status"), [("0", 0), ("37.5", 0), ("37.6", 1), ("100", 1)])
def test_fail_under(least: str, status: int, home: Path) -> None:
    found = run("--home", home, "--fail-under", least)
    assert found.exit_code == status
    assert ("37.5% is covered, less than" in found.stderr) is (status == 1)
    assert "Overall: 37.5%" in found.stdout


@pytest.mark.parametrize("least", ["-1", "101", "much"])
def test_fail_under_wants_a_percentage(least: str, home: Path) -> None:
    assert run("--home", home, "--fail-under", least).exit_code == 2


def test_files_on_the_command_line_are_counted_instead(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "ten.yaml"
    other.write_text("facts: {case_attainment_pct: 50, n: 10}\nexpect: {}\n", "utf-8")
    data = json.loads(run(other, "--home", home, "--format", "json").stdout)
    assert data["cases"] == [str(other)]
    assert [len(c["true"]) for c in data["conditions"] if c["kind"] == "rule"] == [1, 1]


def test_faults_of_all_cases_are_shown_and_nothing_is_counted(home: Path) -> None:
    for name in ("one", "two"):
        (home / "rules" / "cases" / f"{name}.yaml").write_text("facts: {no_such: 1}\nexpect: {}\n", "utf-8")
    found = run("--home", home)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.splitlines()[-1] == "2 faults in 2 files; nothing is reported"


def test_a_rule_base_without_cases_says_so(home: Path) -> None:
    shutil.rmtree(home / "rules" / "cases")
    found = run("--home", home)
    assert found.exit_code == 1
    assert "there is no worked case in this folder" in found.stderr


def test_a_layer_has_the_cases_of_what_it_extends_and_its_own_take_their_place(home: Path, tmp_path: Path) -> None:
    layer = tmp_path / "layer"
    (layer / "rules" / "cases").mkdir(parents=True)
    (layer / "layer.yaml").write_text(f"extends: {json.dumps(str(home))}\n", "utf-8")
    case = "case: {0}\nfacts: {{case_attainment_pct: 50, n: {1}}}\nexpect: {{}}\n"
    assert [path.parents[2] for path in layered_cases(layer)] == [home]
    (layer / "rules" / "cases" / "six.yaml").write_text(case.format("ours", 7), "utf-8")
    (layer / "rules" / "cases" / "five.yaml").write_text(case.format("five", 5), "utf-8")
    (home / "rules" / "cases" / "zero.json").write_text('{"facts": {"n": 0}, "expect": {}}', "utf-8")
    shown = list(layered_cases(layer).values())
    assert shown == [
        f"{layer}/rules/cases/five.yaml", f"{layer}/rules/cases/six.yaml", f"{home}/rules/cases/zero.json",
    ]  # fmt: skip
    assert json.loads(run("--home", layer, "--format", "json").stdout)["cases"] == shown
    tested = CliRunner().invoke(cli, ["test", "--home", str(layer), "--format", "json", "--engine", "compiled"])
    assert [each["path"] for each in json.loads(tested.stdout) if "replaced" not in each] == shown


# --- the page ---------------------------------------------------------------------------------------------------------


def test_every_rule_of_the_page_leads_to_its_line(home: Path, tmp_path: Path) -> None:
    page = tmp_path / "out" / "coverage.html"
    page.parent.mkdir()
    assert run("--home", home, "--format", "html", "--output", page).exit_code == 0
    links = re.findall(r'<a href="([^"#]+)#L(\d+)">([^<]+)</a>', page.read_text("utf-8"))
    assert [told for *_, told in links] == [f"{home}/rules/only.yaml:{line}" for _, line, _ in links] != []
    for path, line, _ in links:
        target = (page.parent / unquote(path)).resolve()
        assert target == (home / "rules" / "only.yaml").resolve()
        assert "id: A" in target.read_text("utf-8").splitlines()[int(line) - 1]


def test_the_page_tells_in_words_what_it_colours(home: Path) -> None:
    page = run("--home", home, "--format", "html").stdout
    assert '<span class="part one">n &gt; 5</span>' in page
    assert "true in 1 case, false in 0, unknown in 0" in page
    assert '<span class="gap">never false</span>' in page
    assert "<script" not in page


def test_texts_of_the_rules_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    evil = "</h3><script>alert(1)</script>"
    homes = {"only": {"terms": {"n": "integer"}, "rules": {"A1": {"when": "n  >\n5 and\tn < 9", "title": evil}}}}
    found = covered(tmp_path, load_home(tmp_path, homes), {"n": 6})
    page = render_coverage(found, "html", lambda place: 'x" onclick="y')
    assert "<script>" not in page and 'onclick="y"' not in page
    assert "&lt;/h3&gt;&lt;script&gt;" in page
    assert re.search(r">n &gt; 5</span>.*</span></span>.* and <span", page)


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_no_barrier_on_the_page(size: str, scheme: str, shipped: Coverage, browser: Any, tmp_path: Path) -> None:
    """The whole page on a phone; one with all three colours on a desk."""
    few = cover(shipped.base, [])
    page = tmp_path / "page.html"
    page.write_text(render_coverage(shipped if size == "phone" else few, "html", lambda place: "rules.yaml"), "utf-8")
    with opened(browser, page.as_uri(), size, scheme) as seen:
        assert violations(seen) == []
        assert seen.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]
        assert seen.locator(".condition").count() == len(shipped.conditions)
