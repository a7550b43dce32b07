"""`salesdx test --write`: a case file becomes a worked case, its text kept, and nothing is ever overwritten."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import salesdx
from conftest import ROOT, cases_in
from salesdx.authoring.expectations import run_case
from salesdx.authoring.worked_cases import read_worked_case, worked_case
from salesdx.authoring.worked_text import worked_text
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, read_case_file
from salesdx.case.statement import Statement
from salesdx.case.writing import new_case, write_fact
from salesdx.cli import cli
from salesdx.engine.diagnose import quick
from salesdx.language.intervals import Interval

EXAMPLES = cases_in(ROOT / "examples")
PATHS = cases_in(ROOT / "rules" / "cases")
IN_BLOCKS = [path for path in PATHS if "\nexpect:\n" in path.read_text("utf-8")]
STATED = re.compile(r"^stated: .*\n", re.MULTILINE)
"""How the bare values of a worked case are stated: in a case that expects nothing it has no place."""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["test", *map(str, arguments)])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A layer on the shipped rules: whatever is written stands alone in it."""
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "layer.yaml").write_text("extends: salesdx\n", "utf-8")
    return tmp_path / "ours"


def test_the_text_is_kept_and_what_the_rules_say_stands_behind_it(home: Path, base: RuleBase) -> None:
    case = ROOT / "examples" / "late-delivery.yaml"
    found = run(case, "--write", "late", "--why", "Orders are there,  but\ndo not leave the house.", "--home", home)
    path = home / "rules" / "cases" / "late.yaml"
    assert found.exit_code == 0, found.output
    assert found.stdout.splitlines() == [f"ok       late-delivery  {path}", "1 case run, all as expected"]
    assert found.stderr.splitlines() == [
        f"{path} is written; what it expects is what the rules say now",
        "a person must check that this is right",
        "it speaks of `WOOD-2`: whoever edits the rules reads it, so take out what points to a person",
    ]
    before, behind = case.read_text("utf-8"), path.read_text("utf-8")
    assert behind.startswith(before)
    assert behind.removeprefix(before).startswith("expect:\n  mode: diagnosis\n  stages:\n    goals: ruled_out\n")
    assert behind.endswith("why: >-\n  Orders are there, but do not leave the house.\n")
    written = read_worked_case(path, base)
    assert written.wanted("concluded") == "delivery"
    assert written.wanted("may_recommend") == ()
    assert "coaching_plan" in (written.wanted("never_recommend") or ())


def test_without_a_reason_the_file_says_what_is_missing(home: Path) -> None:
    found = run(ROOT / "examples" / "empty-start.yaml", "--write", "start.yaml", "--home", home)
    assert "a person must check that this is right, and say why under `why`" in found.stderr
    text = (home / "rules" / "cases" / "start.yaml").read_text("utf-8")
    assert text.endswith("# why: say here why this is the right result\n")


@pytest.mark.parametrize("path", [*EXAMPLES, *IN_BLOCKS[::7]], ids=lambda path: path.stem)
def test_every_case_becomes_a_worked_case_that_holds(path: Path, base: RuleBase) -> None:
    """Also what is expected in full: a change of any status, rule or recommendation is a difference."""
    text = STATED.sub("", path.read_text("utf-8").split("expect:\n")[0])
    memory = case_from_text(text, "case", base)
    found = salesdx.diagnose(base, memory)
    case = worked_case(worked_text(text, "case", found, "It is so."), base, "case")
    assert case.memory.statements == memory.statements
    assert run_case(base, case).differences == ()
    other = quick(base, memory.with_fact("case_attainment_pct", 101 if found.mode == "diagnosis" else 50))
    assert "mode" in {d.key for d in run_case(base, replace(case, memory=other.memory), "compiled").differences}


@pytest.mark.parametrize(
    "text",
    [
        '{"case": "J", "title": "A title: of \\u201cours\\u201d", "facts": {"case_attainment_pct": 80.50}}',
        "{case: J, title: 'A title: of “ours”', facts: {case_attainment_pct: 80.50}}\n",
        "case: J\r\ntitle: 'A title: of “ours”'\r\nfacts:\r\n  case_attainment_pct: 80.50",
        "case: J\ntitle: 'A title: of “ours”'\nfacts:\n  case_attainment_pct: 80.50\n...\n",
        "  case: J\n  title: 'A title: of “ours”'\n  facts: {case_attainment_pct: 80.50}\n\n\n",
    ],
)
def test_any_form_of_a_case_file(text: str, base: RuleBase) -> None:
    memory = case_from_text(text, "case", base)
    made = worked_text(text, "case", quick(base, memory), "It is so.")
    case = worked_case(made, base, "case")
    assert (case.memory.case, case.title, case.why) == ("J", "A title: of “ours”", "It is so.")
    assert case.memory.statements == memory.statements
    assert ("\r\n" in made) is ("\r\n" in text)
    assert run_case(base, case, "compiled").differences == ()


def test_a_reason_that_stands_there_is_kept_and_none_is_put_beside_it(base: RuleBase) -> None:
    text = "facts: {case_attainment_pct: 80}\nwhy: As it was.\n"
    found = quick(base, case_from_text(text, "case", base))
    assert worked_case(worked_text(text, "case", found), base, "case").why == "As it was."
    with pytest.raises(salesdx.CaseError, match="the case already has the key `why`"):
        worked_text(text, "case", found, "Another.")


def test_nothing_is_overwritten(home: Path) -> None:
    case = ROOT / "examples" / "late-delivery.yaml"
    assert run(case, "--write", "late", "--home", home).exit_code == 0
    path = home / "rules" / "cases" / "late.yaml"
    path.write_text("mine\n", "utf-8")
    found = run(case, "--write", "late", "--home", home)
    assert found.exit_code == 1
    assert f"`{path}` is there already, and nothing is overwritten" in found.stderr
    assert path.read_text("utf-8") == "mine\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["examples/late-delivery.yaml", "--write", "late"], "--write needs --home DIR"),
        (["--write", "late", "--home", "HOME"], "of one case file: name one"),
        (["a.yaml", "b.yaml", "--write", "late", "--home", "HOME"], "of one case file: name one"),
        (["a.yaml", "--write", "../late", "--home", "HOME"], "and no folder"),
        (["a.yaml", "--write", "", "--home", "HOME"], "and no folder"),
        (["a.yaml", "--write", ".late", "--home", "HOME"], "and no folder"),
        (["a.yaml", "--write", PATHS[0].stem, "--home", "HOME"], "the new case would take its place"),
        (["a.yaml", "--why", "so"], "--why goes with --write"),
    ],
)
def test_wrong_usage(words: list[str], message: str, home: Path) -> None:
    found = run(*(str(home) if word == "HOME" else word for word in words))
    assert found.exit_code == 2
    assert message in found.stderr
    assert not (home / "rules").exists()


def test_a_worked_case_and_a_faulty_one_are_refused(home: Path, tmp_path: Path) -> None:
    found = run(PATHS[0], "--write", "again", "--home", home)
    assert found.exit_code == 1
    assert "the case already has the key `expect`" in found.stderr
    bad = tmp_path / "bad.yaml"
    bad.write_text("facts: {no_such: 1, case_attainment_pct: many}\n", "utf-8")
    found = run(bad, "--write", "bad", "--home", home)
    assert found.exit_code == 1
    assert found.stderr.splitlines()[-1] == "2 faults in 1 file; nothing is reported"
    assert not (home / "rules").exists()


def test_what_is_shipped_inside_an_installation_is_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import salesdx.cli.test as module

    inside = Path(module.__file__).parents[1] / "content"
    monkeypatch.setattr(module, "shipped_home", lambda: inside)
    found = run(ROOT / "examples" / "late-delivery.yaml", "--write", "late", "--home", inside)
    assert found.exit_code == 2
    assert "a rule base of your own" in found.stderr
    assert not inside.exists()


def test_the_written_case_is_one_of_the_rule_base(home: Path) -> None:
    run(ROOT / "examples" / "late-delivery.yaml", "--write", "late", "--home", home)
    tested = run("--home", home, "--engine", "compiled", "--format", "json")
    assert len(json.loads(tested.stdout)) == len(PATHS) + 1
    assert tested.exit_code == 0


@pytest.mark.parametrize("ends", [("80", "85"), ("80.000000000000001", "100"), ("0", "85")])
@pytest.mark.parametrize("written", ["yaml", "json"])
def test_a_value_between_two_ends_that_nobody_signed_is_read_again(
    ends: tuple[str, str], written: str, base: RuleBase
) -> None:
    term = base.terms["delivery_otif_pct"]
    known = Interval(*map(Decimal, ends))
    memory = case_from_text("case: mine\nfacts: {case_attainment_pct: 80}\n", "mine", base)
    memory = memory.with_statements(term.name, (Statement(known),))
    start = "case: mine\nfacts:\n  case_attainment_pct: 80\n" if written == "yaml" else '{"case": "mine", "facts": {}}'
    for file in (new_case(memory), write_fact(start, "mine", base, memory, term.name)):
        assert case_from_text(file, "mine", base).values[term.name] == known


def test_a_test_that_fails_prints_no_more_of_a_case_than_hypothesis_takes(base: RuleBase) -> None:
    shown = [repr(read_case_file(path, base)) for path in EXAMPLES]
    assert max(map(len, shown)) < 30_000
    whole = [text for text in shown if not text.endswith("...)")]
    assert 0 < len(whole) < len(shown) and all(len(text) < 20_100 for text in whole)
