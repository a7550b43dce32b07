"""The benchmark on chance runs, and nobody is found by chance or through a trap in fifty of each."""

from __future__ import annotations

import os
import subprocess
import sys

from conftest import ROOT

WANTED = {
    "at least one of 30 equal sellers is concluded": (0, 5),
    "a seller at half the rate of 30 others is concluded": (90, 100),
    "one of the 30 beside that seller is concluded": (0, 5),
    "accounts taken away: the seller is concluded": (0, 0),
    "a truncated period: the seller is concluded": (0, 0),
    "mix: smaller deals: the seller is concluded": (0, 0),
    "one outlier among the peers: the seller is concluded": (0, 0),
    "recorded in a different way: the seller is concluded": (0, 0),
}
"""Least and most, in percent, by the shipped rules."""


def test_chance_ends_at_nobody_and_a_weak_seller_is_found() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "placebo.py"), "--times", "50"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    table = {row[0]: row[1:] for row in (line[2:-2].split(" | ") for line in done.stdout.splitlines()[2:])}
    assert list(table) == list(WANTED)
    found = {what: float(shipped.rstrip("%")) for what, (shipped, _) in table.items()}
    assert [(what, found[what]) for what, (low, high) in WANTED.items() if not low <= found[what] <= high] == []
    before = {what: float(before.rstrip("%")) for what, (_, before) in table.items()}
    assert before["at least one of 30 equal sellers is concluded"] > 20
    assert before["accounts taken away: the seller is concluded"] > 90
