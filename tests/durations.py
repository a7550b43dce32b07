"""A plug-in of pytest that tells what each test costs, in CPU seconds: `make durations`.

Counted is the process of the test with all that it started, also what runs on (where there is a /proc). On a machine
that others use too, CPU seconds say more than the seconds that pass.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

ROWS = 60
TICKS = os.sysconf("SC_CLK_TCK")
costs: Counter[str] = Counter()
"""CPU seconds by name of a test, without its parameters."""
began = [0.0]


def cpu_seconds() -> float:
    """Of this process and of all that it started."""
    return sum(os.times()[:4]) + sum(map(_cpu_seconds, _children(os.getpid())))


def _cpu_seconds(process: int) -> float:
    try:
        parts = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0.0
    return sum(map(int, parts[11:15])) / TICKS + sum(map(_cpu_seconds, _children(process)))


def _children(process: int) -> list[int]:
    try:
        return [
            int(child)
            for path in Path(f"/proc/{process}/task").glob("*/children")
            for child in path.read_text().split()
        ]
    except OSError:
        return []


def pytest_runtest_logstart() -> None:
    began[0] = cpu_seconds()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Each of the three parts of a test carries its cost, from a process of tests to the one that counts."""
    report = yield
    now = cpu_seconds()
    report.user_properties.append(("cpu", max(0.0, now - began[0])))
    began[0] = now
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    costs[report.nodeid.partition("[")[0]] += dict(report.user_properties).get("cpu", 0.0)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    files: Counter[str] = Counter()
    for name, cost in costs.items():
        files[name.partition("::")[0]] += cost
    for title, counted in (("tests", costs), ("files", files)):
        terminalreporter.section(f"CPU seconds of {title}: {sum(counted.values()):.0f}")
        for name, cost in counted.most_common(ROWS):
            terminalreporter.line(f"{cost:8.1f} {name}")
