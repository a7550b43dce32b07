"""Changed rules beside those that the service runs: `salesdx diff` and `salesdx check` in a process of their own.

What is compared lies in a folder that goes with it. The process knows no trail and no settings, so it records nothing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import salesdx
from salesdx.base.layers import LAYER, SHIPPED
from salesdx.base.model import RuleBase
from salesdx.ledger.errors import Refused
from salesdx.services.adopting import folder_of

SECONDS = 120
"""So long both may take; a proof takes most of it."""
FAULT = re.compile(r"^error\[[\w-]+\] (\S+?):(\d+):\d+: (.*)$")
MOST_TOLD = 20
"""So many faults are told."""
_ONE = Lock()
"""One at a time: others use the machine, too."""


@dataclass(frozen=True)
class ComparedRules:
    """What differs, as a page of HTML, and what the checks say of the whole; or else the faults, each with its line."""

    page: str = ""
    checks: str = ""
    faults: tuple[str, ...] = ()


def compare_rules(base: RuleBase, name: str, text: str) -> ComparedRules:
    """The rules with one file of theirs changed, as a layer would have it, beside them as they are.

    Raises Refused where somebody else compares, and where it takes too long.
    """
    if not _ONE.acquire(blocking=False):
        raise Refused("somebody else compares rules at this moment; try again in a minute")
    try:
        with TemporaryDirectory() as folder:
            return _compared(Path(folder), folder_of(base), name, text)
    except subprocess.TimeoutExpired:
        raise Refused(f"this takes more than {SECONDS} seconds here; `salesdx diff` compares it elsewhere") from None
    finally:
        _ONE.release()


def _compared(folder: Path, home: Path | None, name: str, text: str) -> ComparedRules:
    below = SHIPPED if home is None else str(home.resolve())
    (folder / LAYER).write_text(f"extends: {json.dumps(below)}\n", "utf-8")
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text(text, "utf-8", newline="")
    found = _run(folder, "diff", below, str(folder), "--no-prove", "--format", "html")
    if found.returncode:
        return ComparedRules(faults=tuple(_faults(found.stderr.replace(f"{folder}/", "").splitlines())))
    checked = _run(folder, "check", "--home", str(folder))
    return ComparedRules(found.stdout, (checked.stdout + checked.stderr).replace(f"{folder}/", ""))


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8", "COLUMNS": "100"}
    env["PYTHONPATH"] = str(Path(salesdx.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-m", "salesdx", *words],
        cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


def _faults(lines: Sequence[str]) -> list[str]:
    """The faults of a file, each with its line and what may help."""
    told: list[str] = []
    for line in lines:
        if found := FAULT.match(line):
            told.append(f"line {found[2]}: {found[3]}")
        elif told and line.strip().startswith("help: "):
            told[-1] += f" ({line.strip().removeprefix('help: ')})"
    more = [f"and {len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
    return [*told[:MOST_TOLD], *more] or ["it cannot be read"]
