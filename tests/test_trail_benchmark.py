"""The benchmark of the trail runs, on a trail that verifies, so that it cannot rot."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from conftest import ROOT

pytestmark = pytest.mark.slow


def test_the_benchmark_runs() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "trail.py"), "--entries", "300", "--rounds", "1"]
    done = subprocess.run(
        [*command, "--appends", "2"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    cells = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [row[0] for row in cells[4:]] == ["| entries", "| 30", "| 300", "| 5", "| entries", "| 300"]
    assert all(float(ratio) >= 0 for row in (*cells[1:4], *cells[5:8]) for ratio in (row[1], row[2]))
    persons, signed, ratio = (float(cell.rstrip(" |")) for cell in cells[9][1:4])
    assert (persons > 1, signed > 0, ratio > 0) == (True, True, True)
