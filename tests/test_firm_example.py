"""What firms copy into their own repository: hooks, a build and a small layer. Their commands are run, not read."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import salesdx
from commands import salesdx_in
from conftest import ROOT
from salesdx.authoring.worked_cases import layered_cases
from salesdx.case.file import read_case_file
from salesdx.cli import COMMANDS

FIRM = ROOT / "examples" / "firm"
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = yaml.safe_load(
    (FIRM / ".github" / "workflows" / "rules.yml").read_text(encoding="utf-8")
)["jobs"]["rules"]["steps"]
PROVE = "Prove the properties, and every door to a person"
RUN = {step["name"]: step["run"] for step in STEPS if "run" in step}


@pytest.fixture
def firm(tmp_path: Path) -> Path:
    """A copy of the example as a repository of its own, with `salesdx` on the path."""
    shutil.copytree(FIRM, tmp_path / "firm")
    salesdx_in(tmp_path / "bin")
    return tmp_path / "firm"


def run(command: str, firm: Path, **more: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SALESDX", "GIT_"))}
    author = {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env |= {"PATH": f"{firm.parent}/bin:{env['PATH']}", "PYTHONUTF8": "1", **author, **more}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=firm, env=env, capture_output=True, text=True
    )


def break_rule(firm: Path, old: str = "service_csat_pct < 75", new: str = "service_csat_pc < 75") -> None:
    path = firm / "rules" / "service.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# --- the example ------------------------------------------------------------------------------------------------------


def test_the_example_changes_one_rule_and_shows_it_by_a_case() -> None:
    base = salesdx.load(FIRM)
    (layer,) = base.layers
    assert layer.changes == (("rule", "C2", "replaced"),)
    own = [path for path in layered_cases(FIRM) if path.is_relative_to(FIRM)]
    shipped, profile = salesdx.load(), ROOT / "rules" / "cases" / "firm.yaml"
    before, after = (
        {rule.id for rule in salesdx.diagnose(rules, read_case_file(own[0], rules, profile)).fired}
        for rules in (shipped, base)
    )
    assert (len(own), after - before, before - after) == (1, {"C2"}, set())


# --- hooks ------------------------------------------------------------------------------------------------------------


def test_hooks_have_what_pre_commit_asks_for() -> None:
    assert [hook["id"] for hook in HOOKS] == ["salesdx-check", "salesdx-test", "salesdx-prove", "salesdx-diff"]
    for hook in HOOKS:
        assert {"id", "name", "entry", "language", "files"} <= set(hook)
        assert (hook["language"], hook["pass_filenames"]) == ("python", False)
        program, command, *_ = shlex.split(hook["entry"])
        assert program == "salesdx"
        assert command in COMMANDS


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
@pytest.mark.parametrize(
    ("path", "runs"),
    [
        ("layer.yaml", True),
        ("rules/service.yaml", True),
        ("rules/cases/service-two-call-centres.yaml", True),
        ("knowledge/policy.yaml", True),
        ("README.md", False),
        ("old/rules/service.yaml", False),
        (".github/workflows/rules.yml", False),
    ],
)
def test_hooks_run_for_the_files_of_a_rule_base(hook: dict[str, Any], path: str, runs: bool) -> None:
    assert bool(re.search(hook["files"], path)) is runs


@pytest.mark.slow
def test_hooks_pass_on_the_example_and_fail_on_a_broken_copy(firm: Path) -> None:
    said = {}
    for hook in HOOKS:
        done = run(hook["entry"], firm)
        assert done.returncode == 0, done.stdout + done.stderr
        said[hook["entry"]] = done.stdout
    assert said[RUN[PROVE]].count("PROVED") >= len(salesdx.load(FIRM).properties)
    break_rule(firm)
    for hook in HOOKS:
        done = run(hook["entry"], firm)
        assert done.returncode == 1
        assert "did you mean `service_csat_pct`?" in done.stdout + done.stderr


def test_a_hook_fails_where_a_case_comes_out_otherwise(firm: Path) -> None:
    break_rule(firm, "service_csat_pct < 75", "service_csat_pct < 74")
    check, test = (run(hook["entry"], firm) for hook in HOOKS[:2])
    assert (check.returncode, test.returncode) == (0, 1)
    assert "service-two-call-centres.yaml" in test.stdout


def open_a_door(firm: Path) -> None:
    """Training is ruled out with fewer trained sellers; all that it turns was reviewed, or is no worked case."""
    (firm / "knowledge").mkdir()
    text = "limits: {training_completed_good: 89}\n"
    (firm / "knowledge" / "training.yaml").write_text(text, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["salesdx-prove", "salesdx-diff"])
def test_a_hook_fails_where_a_door_to_a_person_opens(name: str, firm: Path) -> None:
    open_a_door(firm)
    (hook,) = (hook for hook in HOOKS if hook["id"] == name)
    assert any("z3" in needed for needed in hook["additional_dependencies"])
    only = " --only fair_comparison --against salesdx" * (name == "salesdx-prove")  # the doors, and one property
    done = run(hook["entry"] + only, firm)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "person: a conclusion on a person" in " ".join(done.stdout.split())
    assert "ruled_out_when training" in done.stdout


@pytest.mark.slow
def test_the_build_fails_where_a_door_to_a_person_opens(firm: Path) -> None:
    assert RUN[PROVE] == "salesdx prove --home ."  # with its doors, by default
    open_a_door(firm)
    done = run(RUN["Hold against the shipped rules"] + " --no-prove", firm)
    assert (done.returncode, done.stdout.partition(":")[0]) == (1, "opens")


def test_the_example_uses_the_hooks() -> None:
    config = yaml.safe_load((FIRM / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for repo in config["repos"] for hook in repo["hooks"]] == [hook["id"] for hook in HOOKS]


# --- the build --------------------------------------------------------------------------------------------------------


def test_the_build_installs_a_package_that_is_ours() -> None:
    assert shlex.split(RUN["Install"], comments=True) == ["pip", "install", "salesdx[prove]"]


@pytest.mark.parametrize("name", ["Check", "Test the worked cases", "What the worked cases exercise"])
def test_steps_of_the_build(name: str, firm: Path) -> None:
    done = run(RUN[name], firm)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_rule_is_marked_in_the_pull_request(firm: Path) -> None:
    break_rule(firm)
    done = run(RUN["Check"], firm)
    assert done.returncode == 1
    assert re.match(r"::error file=(\./)?rules/service.yaml,line=7,", done.stdout)


@pytest.mark.slow
def test_a_pull_request_says_what_it_means(firm: Path) -> None:
    begin = "git init -q -b main && git add -A && git commit -qm rules && git update-ref refs/remotes/origin/main HEAD"
    assert run(begin, firm).returncode == 0
    break_rule(firm, "service_csat_pct < 75", "service_csat_pct < 72")
    (step,) = [step for step in STEPS if step.get("if")]
    assert step["if"] == "github.event_name == 'pull_request'"
    done = run(step["run"], firm, GITHUB_BASE_REF="main", GITHUB_STEP_SUMMARY=str(firm / "summary.md"))
    assert done.returncode == 0, done.stdout + done.stderr
    said = (firm / "summary.md").read_text(encoding="utf-8")
    assert "stricter" in said
    assert "service_csat_pct < 72" in said
    assert "Two call centres made into one" in said


def test_every_command_of_the_build_is_run_here() -> None:
    run_here = {"Check", "Test the worked cases", "What the worked cases exercise", PROVE}
    assert set(RUN) == {"Install", "Hold against the shipped rules", "What the change means", *run_here}


@pytest.mark.slow
def test_the_build_fails_where_a_case_of_the_shipped_rules_turns_unreviewed(firm: Path) -> None:
    assert run(RUN["Hold against the shipped rules"] + " --no-prove", firm).returncode == 0
    (firm / "knowledge").mkdir()
    (firm / "knowledge/delivery.yaml").write_text("limits: {otif_very_low: 92}\n", encoding="utf-8")
    assert run(RUN["Hold against the shipped rules"] + " --no-prove", firm).returncode == 1
