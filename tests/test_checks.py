"""The checks: their examples, faults planted into the shipped rules, their claims against the engine, their output."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

import salesdx
from check_mutations import batches, mutations, plant
from conftest import ROOT
from salesdx.authoring import checks as room
from salesdx.authoring.checks import CHECKS, Check, check_base, check_named
from salesdx.authoring.checks.check import SILENCERS, silences
from salesdx.authoring.checks.examples import example_of, folder
from salesdx.authoring.reasoning import HOLDS, reasoning
from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.case.file import memory_from
from salesdx.cli import cli
from salesdx.engine.diagnose import quick
from salesdx.render.check_pages import checks_handbook
from salesdx.text.issues import Issue, RuleBaseError
from tiny_bases import base_of, tiny_case

HERE = ROOT / "tests" / "checks"
UPDATE = bool(os.environ.get("SALESDX_UPDATE_GOLDEN"))
CODES = [check.code for check in CHECKS]
WRONG = ("error", "warning")
MUTATIONS = 500
"""At least so many are planted."""
SEEDS = int(os.environ.get("SALESDX_FUZZ_CASES", 20))
CASES = 25
"""Random cases for each random rule base."""


# --- examples and pages -----------------------------------------------------------------------------------------------


def lay(text: str, home: Path) -> RuleBase:
    """Load an example: its files as a layer on the small rule base."""
    (home / "rule-base").symlink_to(HERE / "rule-base")
    parts = re.split(r"^--- # (.+)\n", text, flags=re.M)
    assert parts[0] == ""
    files = {"layer.yaml": "extends: rule-base\n", **dict(zip(parts[1::2], parts[2::2], strict=True))}
    for name, content in files.items():
        path = home / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return load(home, held=False)  # what a check is for, not what a floor refuses


@pytest.mark.parametrize("code", CODES)
def test_the_bad_example_is_told_and_the_good_one_is_not(code: str, tmp_path: Path) -> None:
    for name in ("bad", "good"):
        (tmp_path / name).mkdir()
        base = lay((HERE / code / f"{name}.yaml").read_text(encoding="utf-8"), tmp_path / name)
        issues = check_base(base, CHECKS)
        if name == "good":
            assert [str(issue) for issue in issues if issue.severity in WRONG or issue.code == code] == []
            continue
        told = "".join(f"{issue}\n" for issue in issues).replace(f"{tmp_path / name}/", "")
        golden = HERE / code / "bad.txt"
        if UPDATE:
            golden.write_text(told, encoding="utf-8")
        assert golden.read_text(encoding="utf-8") == told
        assert code in {issue.code for issue in issues}


def test_nothing_is_told_of_the_rule_base_under_the_examples() -> None:
    assert check_base(salesdx.load(HERE / "rule-base"), CHECKS) == ()


def test_each_check_has_a_module_a_page_and_a_folder() -> None:
    assert len(set(CODES)) == len(CODES)
    assert {path.name for path in HERE.iterdir()} == {*CODES, "rule-base"}
    assert folder() == HERE
    modules = {path.stem for path in Path(room.__path__[0]).rglob("*.py")} - {
        "__init__",
        "check",
        "examples",
        "silencing",
    }
    assert modules == {code.replace("-", "_") for code in CODES} - {code.replace("-", "_") for code in SILENCERS}
    for check in CHECKS:
        assert len(check.page) > 100
        assert max(map(len, check.page.splitlines())) <= 80
        assert check.severity in ("error", "warning", "note")


def test_the_page_of_all_checks_is_made_from_them() -> None:
    """SALESDX_UPDATE_GOLDEN=1 writes it anew."""
    page = ROOT / "docs" / "checks.md"
    made = checks_handbook([(check, example_of(check.code)) for check in CHECKS])
    if UPDATE:
        page.write_text(made, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == made


# --- the shipped rule base --------------------------------------------------------------------------------------------


def test_the_shipped_rules_have_no_fault(base: RuleBase) -> None:
    assert [str(issue) for issue in check_base(base, CHECKS) if issue.severity in WRONG] == []


def test_what_is_silenced_there_is_little_and_has_a_reason(base: RuleBase) -> None:
    found = [silence for in_file in silences(base).values() for silence in in_file]
    assert all(len(silence.why.split()) >= 5 for silence in found)
    assert Counter(silence.code for silence in found) == {
        "unused-term": 11,
        "overlapping-strong": 1,
        "shared-term": 5,
        "literal-limit": 1,
    }


@pytest.mark.slow
def test_planted_faults_are_found(base: RuleBase, tmp_path: Path, record_property: pytest.RecordProperty) -> None:
    """Each check finds its fault wherever it is planted."""
    every = mutations(base, CODES)
    planted, missed = Counter[str](), []
    for batch in batches(every):
        plant(base, batch, tmp_path)
        issues = check_base(salesdx.load(tmp_path), CHECKS)
        for mutation in batch:
            planted[mutation.code] += 1
            if not any(issue.code == mutation.code and tells(issue, mutation.told) for issue in issues):
                missed.append(f"{mutation.code}: {mutation.what}")
    record_property("planted", dict(planted))
    print(f"{planted.total()} faults planted, {planted.total() - len(missed)} found")
    assert missed == []
    assert planted.total() >= MUTATIONS
    assert planted.keys() == set(CODES)


def tells(issue: Issue, words: tuple[str, ...]) -> bool:
    said = f"{issue.place.path} {issue.message} {issue.help}"
    return all(word in said for word in words)


LOADING = (
    ("unknown-term", "rules/pricing.yaml", "{price_quote_turnaround_days}", "{price_quote_turnover_days}"),
    ("missing-key", "knowledge/pricing.yaml", "    worked_when: Units recover", "    note: Units recover"),
    ("missing-key", "knowledge/delivery.yaml", "    respondent: production\n", ""),
    ("missing-key", "knowledge/service.yaml", "    question: What share of", "    note: What share of"),
    ("no-last-line", "knowledge/ladder.yaml", "diagnosis, when: true", "diagnosis, when: case_attainment_pct < 100"),
    ("cycle", "rules/service.yaml", "_fcr_pct < fcr_low", "_fcr_pct < fcr_low and not service_not_solving"),
)
"""What loading tells, so that no check has to."""


def test_some_faults_do_not_load(base: RuleBase, tmp_path: Path) -> None:
    """A template that names no term, a measure, question or respondent that is missing, a list without an end."""
    for name, text in base.files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        for _, file, old, new in LOADING:
            if file == name:
                assert old in text
                text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")
    with pytest.raises(RuleBaseError) as error:
        salesdx.load(tmp_path)
    found = Counter(issue.code for issue in error.value.issues)
    assert found >= Counter(code for code, *_ in LOADING)


def test_places_are_those_of_the_layer_that_has_the_last_word(tmp_path: Path) -> None:
    (tmp_path / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    (tmp_path / "knowledge").mkdir()
    own = tmp_path / "knowledge" / "delivery.yaml"
    own.write_text("# ours\nruled_out_when: delivery_otif_pct >= 90 and delivery_orders_n < 0\n", "utf-8")
    issues = {issue.code: issue for issue in check_base(salesdx.load(tmp_path), CHECKS) if issue.severity in WRONG}
    assert issues.keys() == {"never-passed", "threshold-out-of-range", "core-term"}
    assert (issues["never-passed"].place.path, issues["never-passed"].place.line) == (str(own), 2)
    place = issues["threshold-out-of-range"].place
    assert place.text[place.column - 1 : place.end_column - 1] == "delivery_orders_n < 0"
    core = issues["core-term"].place
    assert core.path == "salesdx/knowledge/delivery.yaml"
    assert core.text.strip() == "core: true"


# --- what is claimed, against the engine ------------------------------------------------------------------------------


def seeds() -> Iterator[tuple[RuleBase, tuple[Issue, ...], Random]]:
    for seed in range(SEEDS):
        base = base_of(seed)
        yield base, check_base(base, CHECKS), Random(seed)


def quoted(issue: Issue) -> list[str]:
    return re.findall(r"`([^`]+)`", issue.message)


def test_what_is_told_of_random_rule_bases_is_so() -> None:
    """No random case has what a check says can never be; a rule that is said to change nothing changes nothing."""
    held = Counter[str]()
    for base, issues, random in seeds():
        for case in (tiny_case(base, random) for _ in range(CASES)):
            found = quick(base, case)
            truths = found.matches.truths
            given = [*found.recommendations, *found.alternatives, *found.suppressed]
            advised = {rule.id for recommendation in given for rule in recommendation.rules}
            statuses = {result.stage.id: result.status for result in (*found.stages, *found.files)}
            for issue in issues:
                names = quoted(issue)
                match issue.code:
                    case "never-true":
                        assert truths[names[0]] is not True
                    case "always-true" if names[0] in truths:
                        assert truths[names[0]] is not False
                    case "always-true":
                        assert found.matches.values[names[0]] is not False
                    case "implied-rule":
                        assert truths[names[0]] is not True or truths[names[1]] is True
                    case "unreachable-rule":
                        assert truths[names[0]] is not True or names[0] not in advised
                    case "unreachable-status" if names[0] in statuses:
                        assert statuses[names[0]] != names[1]
                    case "idle-intervention":
                        assert names[0] not in {r.intervention.id for r in given}
                    case "never-passed":
                        assert statuses[names[0]] != "ruled_out"
                    case _:
                        continue
                held[issue.code] += 1
    print(dict(held))
    assert held.keys() >= {"never-true", "always-true", "implied-rule", "unreachable-rule", "unreachable-status"}


def test_the_examples_of_reasoning_are_cases() -> None:
    """Facts that are said to make a rule true, and two rules at once, do so."""
    made_true = 0
    for base, _, random in seeds():
        made = reasoning(base)
        for rule in base.rules:
            other = random.choice(base.rules)
            facts = made.example((made.rules[rule.id], HOLDS), (made.rules[other.id], HOLDS))
            if facts is not None:
                not_known = {name: "not_known" for name, term in base.terms.items() if not term.computed}
                truths = quick(base, memory_from(not_known | facts, base)).matches.truths
                assert truths[rule.id] is True
                assert truths[other.id] is True
                made_true += 1
            found = made.possible((made.rules[rule.id], HOLDS), (made.rules[other.id], HOLDS))
            assert found or facts is None
    assert made_true >= SEEDS


def test_statuses_of_reasoning_are_those_of_the_engine() -> None:
    """Every status and every advice that a random case has is possible."""
    for base, _, random in seeds():
        made = reasoning(base)
        for case in (tiny_case(base, random) for _ in range(CASES // 3)):
            found = quick(base, case)
            for result in (*found.stages, *found.files):
                assert result.status in made.values(made.word(f"{result.stage.id}.status"))
            given = [*found.recommendations, *found.alternatives, *found.suppressed]
            for rule in {rule.id: rule for recommendation in given for rule in recommendation.rules}.values():
                assert made.advises(rule)


# --- the command ------------------------------------------------------------------------------------------------------


def run(*args: str) -> tuple[int, str, str]:
    found = CliRunner().invoke(cli, ["check", *args])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found.exit_code, found.stdout, found.stderr


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    """A rule base of which an error, a warning and a note are told."""
    for name in ("never-true", "no-range", "idle-respondent"):
        (tmp_path / name).mkdir()
    text = "".join(
        (HERE / name / "bad.yaml").read_text("utf-8") for name in ("never-true", "no-range", "idle-respondent")
    )
    (tmp_path / "all").mkdir()
    lay(text, tmp_path / "all")
    return tmp_path / "all"


@pytest.mark.parametrize(
    ("level", "codes", "status"),
    [
        ("error", {"never-true"}, 1),
        ("warning", {"never-true", "no-range"}, 1),
        ("note", {"never-true", "no-range", "idle-respondent"}, 1),
    ],
)
def test_the_level_says_what_is_shown(noted: Path, level: str, codes: set[str], status: int) -> None:
    exit_code, out, err = run("--home", str(noted), "--level", level)
    assert exit_code == status
    assert out == ""
    assert set(re.findall(r"^\w+\[([\w-]+)\]", err, re.M)) == codes
    hidden = 3 - len(codes)
    assert (f"{hidden} more issue" in err) is bool(hidden)
    exit_code, out, _ = run("--home", str(noted), "--level", level, "--format", "json")
    assert {issue["code"] for issue in json.loads(out)} == codes


def test_notes_do_not_fail(tmp_path: Path) -> None:
    lay((HERE / "idle-respondent" / "bad.yaml").read_text("utf-8"), tmp_path)
    exit_code, out, err = run("--home", str(tmp_path))
    assert (exit_code, err) == (0, "")
    assert out.splitlines()[0].startswith("no faults: ")
    assert out.splitlines()[1].startswith("these rules are held to their base 1 (")
    assert out.splitlines()[2] == "1 more issue of a lower level: `--level note` shows all"
    exit_code, out, err = run("--home", str(tmp_path), "--level", "note")
    assert (exit_code, err) == (0, "")
    assert out.startswith("note[idle-respondent]")
    assert "\n1 note in 1 file\nno faults: " in out


def test_a_warning_alone_fails_unless_errors_alone_are_asked_for(tmp_path: Path) -> None:
    lay((HERE / "no-range" / "bad.yaml").read_text("utf-8"), tmp_path)
    assert run("--home", str(tmp_path))[0] == 1
    assert run("--home", str(tmp_path), "--level", "error")[0] == 0


def test_formats_carry_the_code_the_help_and_the_page(noted: Path) -> None:
    issues = {issue["code"]: issue for issue in json.loads(run("--home", str(noted), "--format", "json")[1])}
    never = issues["never-true"]
    assert (never["severity"], never["help"]) == ("error", "this and `price_index > 110` exclude each other")
    (log,) = json.loads(run("--home", str(noted), "--level", "note", "--format", "sarif")[1])["runs"]
    rules = {rule["id"]: rule for rule in log["tool"]["driver"]["rules"]}
    for code in ("never-true", "no-range", "idle-respondent"):
        check = check_named(code)
        assert check is not None
        assert rules[code]["help"]["text"] == check.page
        assert rules[code]["shortDescription"]["text"] == check.title
        assert rules[code]["defaultConfiguration"]["level"] == check.severity
    assert {result["ruleId"]: result["level"] for result in log["results"]}["idle-respondent"] == "note"
    lines = run("--home", str(noted), "--level", "note", "--format", "github")[1].splitlines()
    assert [line.split(" ")[0] for line in lines if "title=idle-respondent" in line] == ["::notice"]
    (line,) = [line for line in lines if "title=never-true" in line]
    assert line.startswith(f"::error file={noted}/rules/offer.yaml,line=3,endLine=3,")
    assert line.endswith("%0Athis and `price_index > 110` exclude each other")


@pytest.mark.parametrize("check", CHECKS, ids=CODES)
def test_a_page_is_shown_with_both_examples(check: Check) -> None:
    exit_code, out, _ = run("--explain", check.code)
    assert exit_code == 0
    assert out.startswith(f"{check.code} ({check.severity}): ")
    assert check.page in out
    for name in ("bad.yaml", "bad.txt", "good.yaml"):
        for line in (HERE / check.code / name).read_text(encoding="utf-8").splitlines():
            assert f"    {line}".rstrip() in out


def test_an_unknown_code_names_the_nearest() -> None:
    exit_code, _, err = run("--explain", "never-tru")
    assert exit_code == 2
    assert "did you mean `never-true`?" in err


def test_comments_silence_the_entry_behind_them_or_their_line(tmp_path: Path) -> None:
    text = (HERE / "threshold-without-source" / "bad.yaml").read_text(encoding="utf-8")
    for number, changed in enumerate(
        (
            text.replace("- id: O2", "# salesdx: allow threshold-without-source - agreed in March\n- id: O2"),
            text.replace("- id: O2", "- id: O2  # salesdx: allow threshold-without-source - agreed in March"),
        )
    ):
        (tmp_path / str(number)).mkdir()
        assert check_base(lay(changed, tmp_path / str(number)), CHECKS) == ()
