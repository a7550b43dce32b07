"""`--watch`: a command that runs again whenever a file of its rule base or one of its cases is saved."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from salesdx.authoring.worked_cases import CASES, SUFFIXES
from salesdx.base.copying import COPIED
from salesdx.base.layers import LAYER, folders
from salesdx.base.loading import shipped_home
from salesdx.cli import faults
from salesdx.text.english import many

INTERVAL = 0.2
"""Seconds between two looks at the files."""
ROOMS = (Path("knowledge"), Path("rules"), CASES)
SHOWN = 5
"""Changed files that are named."""

Files = Mapping[str, tuple[int, int, int]]
"""Path -> what differs when the file is saved: time, size, and which file it is."""


def watchable(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the option `--watch`. Its `home` and `files` say what is looked at; `engine` is the quickest."""

    @click.option("--watch", is_flag=True, help="Run again whenever a file is saved, until Ctrl-C.")
    @functools.wraps(command)
    def watched(watch: bool, **given: Any) -> None:
        if not watch:
            return command(**given)
        paths = given.get("files") or ()
        if "-" in map(str, paths):
            raise click.UsageError("standard input cannot be watched: name a file")
        if given.get("write") or given.get("review"):
            raise click.UsageError("--write and --review write once: leave out --watch")
        if given.get("engine") == "auto":
            given["engine"] = "compiled"
        repeat(functools.partial(command, **given), lambda: files(given.get("home"), map(Path, paths)))

    return watched


def repeat(run: Callable[[], None], looked_at: Callable[[], Files]) -> None:
    """Run, and run again after every change of the files that are looked at, until Ctrl-C."""
    seen = looked_at()
    _attempt(run)
    _say(f"watching {many(len(seen), 'file')}; Ctrl-C ends it")
    while True:
        time.sleep(INTERVAL)
        found = looked_at()
        if found == seen:
            continue
        while (later := looked_at()) != found:  # an editor may write several files, or one in several steps
            found = later
            time.sleep(INTERVAL / 4)
        changes = list(file_changes(seen, found))
        more = f" and {len(changes) - SHOWN} more" if len(changes) > SHOWN else ""
        _say(f"{', '.join(changes[:SHOWN])}{more}; running again")
        seen = found
        _attempt(run)
        _say("done")


def files(home: Path | None, paths: Iterator[Path]) -> Files:
    """The files of a rule base in all its layers, with their worked cases, and these files or folders."""
    found: list[Path] = []
    for folder, _ in folders(home or shipped_home(), "", shipped_home):
        found += [folder / LAYER, folder / COPIED, *(path for room in ROOMS for path in _inside(folder / room))]
    for path in paths:
        found += _inside(path) if path.is_dir() else [path]
    states = ((path, _state(path)) for path in found)
    return {str(path): state for path, state in states if state}


def file_changes(before: Files, after: Files) -> Iterator[str]:
    """What happened to each file, in words."""
    for path in dict.fromkeys([*before, *after]):
        if before.get(path) != after.get(path):
            yield f"{_near(path)} {'added' if path not in before else 'gone' if path not in after else 'saved'}"


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and not path.name.startswith("."))
    except OSError:
        return []


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _near(path: str) -> str:
    """A path as seen from here, where it is inside."""
    inside = os.path.relpath(path)
    return path if inside.startswith("..") else inside


def _attempt(run: Callable[[], None]) -> None:
    """One run; faults in the user's files are shown and end nothing."""
    try:
        run()
    except (SystemExit, click.exceptions.Exit):
        pass
    except Exception as error:
        if not faults.show_error(error):
            raise


def _say(text: str) -> None:
    click.echo(f"[{datetime.now():%H:%M:%S}] {text}", err=True)
