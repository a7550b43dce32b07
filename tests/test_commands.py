"""The warm process that tests of commands use (`commands.py`): what it runs is as if it had just been started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from commands import SRC, START, run_salesdx, salesdx_in
from conftest import ROOT

LATE = ROOT / "examples" / "late-delivery.yaml"
FULL_OF_FAULTS = "facts:\n  no_such_term: 1\n  case_attainment_pct: many\n"


@pytest.mark.parametrize(
    ("words", "stdin"),
    [
        (["--version"], ""),
        (["diagnose", LATE], ""),
        (["diagnose", "-", "--format", "json"], '{"facts": {"case_attainment_pct": 104}}'),
        (["diagnose", "broken.yaml"], ""),
        (["interview", "new.yaml"], "\n\ncompany\n\n76\n"),
        (["check", "--home", "nowhere"], ""),
        (["diagnose", LATE, "--engine", "steam"], ""),
    ],
)
def test_it_ends_and_says_the_same_as_a_fresh_process(words: list[str | Path], stdin: str, tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "COLUMNS": "70"}
    done = []
    for name in ("warm", "fresh"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "broken.yaml").write_text(FULL_OF_FAULTS, encoding="utf-8")
        if name == "warm":
            found = run_salesdx(*words, cwd=folder, env=env, stdin=stdin)
        else:
            found = subprocess.run(
                [sys.executable, "-m", "salesdx", *map(str, words)],
                cwd=folder, env={**env, **START, "PYTHONPATH": str(SRC)}, input=stdin, capture_output=True, text=True,
            )  # fmt: skip
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        done.append((found.returncode, found.stdout, found.stderr, files))
    assert done[0] == done[1]


def test_a_file_gets_the_rights_that_the_caller_gives(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        assert run_salesdx("diagnose", LATE, "--output", "page.html", cwd=tmp_path).returncode == 0
    finally:
        os.umask(before)
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o600


def test_a_shell_can_call_it_also_twice_at_a_time(tmp_path: Path) -> None:
    salesdx_in(tmp_path)
    command = "echo '{\"facts\": {}}' | ./salesdx diagnose - --format json | ./salesdx diagnose - ; echo $?"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "1\n"
    assert done.stderr.startswith("error[")


def test_nothing_was_called_in_it_before() -> None:
    """Importing all of salesdx fills no cache: the first command of a child begins with empty ones."""
    script = """
import warm, gc, functools
warm.imported()
gc.unfreeze()
caches = [found for found in gc.get_objects() if isinstance(found, functools._lru_cache_wrapper)]
ours = {f"{found.__module__}.{found.__qualname__}": found.cache_info().currsize for found in caches}
print(len([name for name in ours if name.startswith("salesdx.")]) > 5)
print(*sorted(name for name, size in ours.items() if size and name.startswith("salesdx.")))
"""
    env = {**os.environ, **START, "PYTHONPATH": f"{SRC}:{ROOT / 'tests'}"}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True\n\n", "")
