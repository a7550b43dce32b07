"""Changed rules beside those that the service runs: `salesdx diff` and `salesdx check` in a process of their own.

What is compared lies in a folder that goes with it. The process knows no trail and no settings, so it records nothing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import salesdx
from salesdx.base.layers import LAYER, SHIPPED
from salesdx.base.model import RuleBase
from salesdx.ledger.errors import Refused
from salesdx.services import turned_cases
from salesdx.services.adopting import BesideLast, folder_of
from salesdx.services.turned_cases import TurnedCases
from salesdx.text.issues import RuleBaseError
from salesdx.web.rule_zips import unzipped_rules

SECONDS = 120
"""So long both may take; a proof takes most of it."""
FAULT = re.compile(r"^error\[[\w-]+\] (\S+?):(\d+):(\d+): (.*)$")
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
    turned: TurnedCases = field(default_factory=TurnedCases)
    beside: BesideLast | None = None
    """They beside those adopted last, where that was asked for."""


@dataclass(frozen=True)
class OpenCases:
    """The open cases of the service, name -> text, as they are on a day."""

    texts: Mapping[str, str]
    today: date


def compare_rules(
    base: RuleBase,
    changed: bytes | tuple[str, str],
    cases: OpenCases,
    more: Callable[[Path], BesideLast] | None = None,
) -> ComparedRules:
    """Changed rules beside those that run: a zip of a base or of what a layer changes, or one file of a layer, as its
    name and its text; and which open cases would turn.

    Where nothing is at fault ``more`` is made of the folder with them, before it goes.
    Raises BadZip; Refused where somebody else compares, and where it takes too long; and what ``more`` raises.
    """
    if not _ONE.acquire(blocking=False):
        raise Refused("somebody else compares rules at this moment; try again in a minute")
    try:
        with TemporaryDirectory() as folder:
            found = _compared(Path(folder), folder_of(base), changed, cases)
            return found if found.faults or more is None else _with(found, Path(folder), more)
    except subprocess.TimeoutExpired:
        raise Refused(f"this takes more than {SECONDS} seconds here; `salesdx diff` compares it elsewhere") from None
    finally:
        _ONE.release()


def _compared(folder: Path, home: Path | None, changed: bytes | tuple[str, str], cases: OpenCases) -> ComparedRules:
    below, whole = SHIPPED if home is None else str(home.resolve()), False
    if isinstance(changed, bytes):
        whole = unzipped_rules(changed, folder)
    else:
        (folder / changed[0]).parent.mkdir(parents=True)
        (folder / changed[0]).write_text(changed[1], "utf-8", newline="")
    if not whole:
        (folder / LAYER).write_text(f"extends: {json.dumps(below)}\n", "utf-8")
    found = _run(folder, "diff", below, str(folder), "--no-prove", "--format", "html")
    if found.returncode:
        named = isinstance(changed, bytes)
        return ComparedRules(faults=tuple(_faults(found.stderr.replace(f"{folder}/", "").splitlines(), named)))
    asked = {"old": below, "new": str(folder), "today": cases.today.isoformat(), "cases": dict(cases.texts)}
    told = json.loads(_python(folder, "-m", turned_cases.__name__, given=json.dumps(asked)).stdout)
    turned = TurnedCases(
        told["looked"], {name: tuple(steps) for name, steps in told["cases"].items()}, (*told["unread"],)
    )
    checked = _run(folder, "check", "--home", str(folder))
    checks = (checked.stdout + checked.stderr).replace(f"{folder}/", "")
    return ComparedRules(found.stdout, checks, turned=turned)


def _with(found: ComparedRules, folder: Path, more: Callable[[Path], BesideLast]) -> ComparedRules:
    try:
        return replace(found, beside=more(folder))
    except RuleBaseError as error:  # below their floor they are compared, and never run
        lines = [line for issue in error.issues for line in str(issue).replace(f"{folder}/", "").splitlines()]
        return ComparedRules(faults=tuple(_faults(lines, named=True)))


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return _python(folder, "-m", "salesdx", *words)


def _python(folder: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8", "COLUMNS": "100"}
    env["PYTHONPATH"] = str(Path(salesdx.__file__).parents[1])
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder, env=env, input=given, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


def _faults(lines: Sequence[str], named: bool) -> list[str]:
    """The faults of changed rules, each with its line, its file where it is ``named``, and what may help."""
    told: list[str] = []
    for line in lines:
        if found := FAULT.match(line):
            told.append(f"{f'`{found[1]}`, ' if named else ''}line {found[2]}, column {found[3]}: {found[4]}")
        elif told and line.strip().startswith("help: "):
            told[-1] += f" ({line.strip().removeprefix('help: ')})"
    more = [f"and {len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
    return [*told[:MOST_TOLD], *more] or ["it cannot be read"]
