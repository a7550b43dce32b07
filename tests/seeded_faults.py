"""Faults that an engineer could make, one after the other in a copy of the source: the tests must find each.

Run by `make mutation`, or for some of them: `python tests/seeded_faults.py ID...`. The list is `seeded_faults.yaml`;
that it fits the source is held by `test_seeded_faults.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_suffix(".yaml")
NOT_COPIED = shutil.ignore_patterns(".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "build", "dist")
PASSED, FAILED = 0, 1
"""Exit status of pytest; any other says that the tests did not run."""


@dataclass(frozen=True)
class Fault:
    id: str
    room: str
    what: str
    """What the fault does to a user."""
    find: str
    """Lines that stand exactly once in the source."""
    replace: str
    tests: tuple[str, ...]
    """The files or names of the tests that find it."""


def seeded_faults() -> tuple[Fault, ...]:
    """The list, in its order."""
    entries = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return tuple(Fault(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries)


def sources(root: Path) -> dict[Path, str]:
    """The files of the package below a checkout, or a copy of one, and their text."""
    return {path: path.read_text(encoding="utf-8") for path in sorted((root / "src" / "salesdx").rglob("*.py"))}


def places(fault: Fault, texts: dict[Path, str]) -> list[Path]:
    """The files in which the lines of a fault stand, each as often as they stand in it."""
    return [path for path, text in texts.items() for _ in range(text.count(fault.find))]


@contextmanager
def copy_of(root: Path) -> Iterator[Path]:
    """A copy of a checkout that is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="seeded-") as folder:
        yield Path(shutil.copytree(root, Path(folder) / "copy", ignore=NOT_COPIED, symlinks=True))


def run_tests(copy: Path, tests: Iterable[str]) -> tuple[int, str]:
    """The exit status of some tests of a copy, and what they say. What `make test` leaves out is left out here too.

    They and the processes that they start import the copy, and not what is installed.
    """
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not long", *tests]
    done = subprocess.run(
        command, cwd=copy, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout


def result(fault: Fault) -> str:
    """What becomes of a fault in a copy of this checkout: `found`, `SURVIVED`, or why neither can be said."""
    with copy_of(ROOT) as copy:
        texts = sources(copy)
        found = places(fault, texts)
        if len(found) != 1:
            return f"NOT APPLIED, as its lines stand {len(found)} times in the source:"
        found[0].write_text(texts[found[0]].replace(fault.find, fault.replace), encoding="utf-8")
        status, said = run_tests(copy, fault.tests)
    if status in (PASSED, FAILED):
        return "found   " if status == FAILED else "SURVIVED"
    return f"{said}\nNOT RUN, as pytest ends with {status}:"


def main(ids: list[str]) -> int:
    """Seed the faults with these ids, or all; the exit status is 0 if the tests find each of them."""
    faults = [fault for fault in seeded_faults() if not ids or fault.id in ids]
    if missing := {*ids} - {fault.id for fault in faults}:
        print(f"there is no fault {', '.join(sorted(missing))}", file=sys.stderr)
        return 2
    with copy_of(ROOT) as copy:  # tests that fail without a fault would find every one
        status, said = run_tests(copy, sorted({test for fault in faults for test in fault.tests}))
    if status != PASSED:
        print(f"{said}\nthe tests do not pass without a fault", file=sys.stderr)
        return 1
    found = 0
    for fault in faults:
        began = time.monotonic()
        told = result(fault)
        found += told.startswith("found")
        print(f"{told} {fault.id} ({time.monotonic() - began:.1f})", flush=True)
    print(f"{found} of {len(faults)} found")
    return 0 if found == len(faults) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
