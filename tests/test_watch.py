"""`--watch` as a person has it: a real process, real edits, and Ctrl-C. Waits are generous; nothing is timed."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest
from click.testing import CliRunner

from conftest import ROOT
from homes import write_home
from salesdx.cli import cli
from salesdx.cli.watch import file_changes, files

PATIENCE = 120
"""Seconds until a test gives up."""
CASE = "case: six\nfacts: {case_attainment_pct: 50, n: 6}\nexpect: {fired: [A1]}\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = write_home(tmp_path / "home", {"only": {"terms": {"n": "integer"}, "rules": {"A1": "n > 5"}}})
    (folder / "rules" / "cases").mkdir()
    (folder / "rules" / "cases" / "six.yaml").write_text(CASE, "utf-8")
    return folder


class Watched:
    """A running command: what it says, line by line."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process, self.rest = process, b""

    def until(self, word: str) -> str:
        """Everything up to the line that holds a word."""
        assert self.process.stdout is not None
        said, end = "", time.monotonic() + PATIENCE
        while True:
            while b"\n" in self.rest:
                line, self.rest = self.rest.split(b"\n", 1)
                said += line.decode() + "\n"
                if word in said.splitlines()[-1]:
                    return said
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            part = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert part, f"`{word}` was not said:\n{said}"
            self.rest += part

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C: the exit status and what was said last."""
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, (self.rest + said).decode()


@contextmanager
def watching(*words: object, cwd: Path = ROOT) -> Iterator[Watched]:
    command = [sys.executable, str(ROOT / "cli.py"), *map(str, words), "--watch"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "80"}
    # a test run that was started in the background ignores Ctrl-C, and so would what it starts
    with subprocess.Popen(
        command, stdout=PIPE, stderr=STDOUT, env=environment, cwd=cwd,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        try:
            yield Watched(process)
        finally:
            process.kill()


def edit(path: Path, old: str, new: str) -> None:
    """A save as editors do it: a new file in the place of the old one."""
    text = path.read_text("utf-8")
    assert old in text
    beside = path.with_name("." + path.name + ".swp")
    beside.write_text(text.replace(old, new, 1), "utf-8")
    beside.replace(path)


def test_a_saved_rule_is_tested_again_until_ctrl_c(home: Path) -> None:
    with watching("test", "--home", home) as seen:
        assert "1 case run, all as expected" in seen.until("watching")
        edit(home / "rules" / "only.yaml", "n > 5", "n > 6")
        said = seen.until("done")
        assert f"{home}/rules/only.yaml saved; running again" in said
        assert "A1 is false, it was expected to be true: n > 6" in said
        assert "1 case run, 1 not as expected" in said
        edit(home / "rules" / "only.yaml", "n > 6", "n > 4")
        assert "1 case run, all as expected" in seen.until("done")
        assert seen.interrupt() == (130, "\n")


def test_faults_are_shown_and_end_nothing(home: Path) -> None:
    with watching("test", "--home", home) as seen:
        seen.until("watching")
        edit(home / "rules" / "only.yaml", "n > 5", "m > 5")
        said = seen.until("done")
        assert "error[unknown-term]" in said and "Traceback" not in said
        edit(home / "rules" / "only.yaml", "m > 5", "n > 5")
        assert "all as expected" in seen.until("done")
        (home / "rules" / "only.yaml").unlink()
        assert f"{home}/rules/only.yaml gone" in seen.until("done")
        assert seen.interrupt()[0] == 130


def test_cases_are_watched_too(home: Path) -> None:
    with watching("test", "--home", home) as seen:
        seen.until("watching")
        edit(home / "rules" / "cases" / "six.yaml", "n: 6", "n: 3")
        assert "1 not as expected" in seen.until("done")
        (home / "rules" / "cases" / "new.yaml").write_text(CASE, "utf-8")
        said = seen.until("done")
        assert f"{home}/rules/cases/new.yaml added" in said and "2 cases run, 1 not as expected" in said


def test_a_file_of_the_command_line_is_watched_and_no_other_case_is_run(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(CASE, "utf-8")
    with watching("test", "other.yaml", "--home", home, cwd=tmp_path) as seen:
        assert "1 case run, all" in seen.until("watching")
        edit(other, "n: 6", "n: 1")
        said = seen.until("done")
        assert "] other.yaml saved" in said and "1 case run, 1 not as expected" in said


def test_what_is_extended_is_watched_too(home: Path, tmp_path: Path) -> None:
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "layer.yaml").write_text(f"extends: {json.dumps(str(home))}\n", "utf-8")
    with watching("test", "--home", layer) as seen:
        assert "1 case run, all as expected" in seen.until("watching")
        edit(home / "rules" / "only.yaml", "n > 5", "n > 6")
        assert "1 not as expected" in seen.until("done")


@pytest.mark.slow
def test_the_shipped_rules_are_checked_and_covered_again(tmp_path: Path) -> None:
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / room)
    for command, before, after in (
        ("check", "no faults", "rules `R3` and `R5` count as two signs and share"),
        ("coverage", "Overall: 100.0%", "`price_index_vs_competitor_pct > 900` was never true"),
    ):
        with watching(command, "--home", tmp_path) as seen:
            assert before in seen.until("watching")
            edit(
                tmp_path / "rules" / "pricing.yaml",
                "price_quote_turnaround_days > quote_days_long",
                "price_index_vs_competitor_pct > 900",
            )
            edit(tmp_path / "rules" / "pricing.yaml", "{price_quote_turnaround_days}", "too many")
            said = seen.until("done")
            while after not in said:  # a save between the two edits may have been seen by itself
                said = seen.until("done")
            assert seen.interrupt()[0] == 130
        shutil.copy(ROOT / "rules" / "pricing.yaml", tmp_path / "rules")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["test", "-"], "standard input cannot be watched"),
        (["coverage", "-"], "standard input cannot be watched"),
        (["test", "case.yaml", "--write", "name", "--home", "."], "--write and --review write once"),
    ],
)
def test_what_cannot_be_watched_is_refused(words: list[str], message: str) -> None:
    found = CliRunner().invoke(cli, [*words, "--watch"])
    assert found.exit_code == 2
    assert message in found.stderr


def test_what_is_looked_at_and_what_differs(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "cases"
    other.mkdir()
    (other / "a.json").write_text("{}", "utf-8")
    (other / ".a.json").write_text("{}", "utf-8")
    (other / "notes.txt").write_text("", "utf-8")
    before = files(home, iter([other, tmp_path / "nothing.yaml"]))
    names = [
        "knowledge/ladder.yaml",
        "knowledge/only.yaml",
        "knowledge/scope.yaml",
        "rules/only.yaml",
        "rules/scope.yaml",
    ]
    assert list(before) == [str(home / name) for name in (*names, "rules/cases/six.yaml")] + [str(other / "a.json")]
    (home / "layer.yaml").write_text("extends: nowhere\n", "utf-8")
    (other / "a.json").unlink()
    (home / "rules" / "only.yaml").write_text("[]", "utf-8")
    after = files(home, iter([other]))
    assert sorted(file_changes(before, after)) == sorted(
        [f"{home}/layer.yaml added", f"{home}/rules/only.yaml saved", f"{other}/a.json gone"]
    )
