"""The two examples of a check, beside its page: a rule base in which it tells something, and one in which it does not.

They are the tests of the checks as well: small files that lie as a layer on a small rule base.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from salesdx.base.loading import shipped_home


@dataclass(frozen=True)
class Example:
    """``bad`` and ``good`` are YAML streams: each document is a file, which the comment behind `---` names."""

    bad: str
    told: str
    """What is told of the bad one."""
    good: str


def example_of(code: str) -> Example | None:
    """The examples of a check; None where they are not installed."""
    found = folder() / code
    if not found.is_dir():
        return None
    return Example(*((found / name).read_text(encoding="utf-8") for name in ("bad.yaml", "bad.txt", "good.yaml")))


def folder() -> Path:
    """The folder of all examples: inside the wheel, else among the tests of a checkout."""
    inside = shipped_home() / "checks"
    return inside if inside.is_dir() else shipped_home() / "tests" / "checks"
