"""One command, and which rooms of the code it visits: the tests of `docs/rooms.md` run this in a process of its own.

It prints a list of visits as JSON: the room, the functions that the command line called there, the rooms below that
were entered meanwhile.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType
from typing import Any

import salesdx

SRC = f"{Path(salesdx.__file__).parent}/"
DOOR = "cli"


def room(frame: FrameType) -> str:
    """The room that running code stands in; empty outside of the rooms."""
    path = frame.f_code.co_filename
    return path.removeprefix(SRC).partition("/")[0] if path.startswith(SRC) and path.count("/") > SRC.count("/") else ""


def caller(frame: FrameType) -> str:
    """The room from which a function was called, whoever of other libraries stands between; empty while importing."""
    there, above = "", frame.f_back
    while above is not None:
        here = room(above)
        if here and not above.f_code.co_flags & CO_OPTIMIZED:  # the body of a module or a class
            return ""
        there, above = there or here, above.f_back
    return there


def visits(command: list[str]) -> list[tuple[str, list[str], list[str]]]:
    """Run a command; every visit of a room by the command line, in order."""
    found: list[tuple[str, dict[str, None], dict[str, None]]] = []

    def seen(frame: FrameType, event: str, _: Any) -> None:
        here = room(frame) if event == "call" else ""
        if here in ("", DOOR) or not frame.f_code.co_flags & CO_OPTIMIZED or frame.f_code.co_name.startswith("<"):
            return
        if (there := caller(frame)) != DOOR:
            if found and there and here not in (there, found[-1][0]):
                found[-1][2][here] = None
            return
        if not found or found[-1][0] != here:
            found.append((here, {}, {}))
        found[-1][1][frame.f_code.co_name] = None

    from salesdx.cli import cli

    sys.setprofile(seen)
    with suppress(SystemExit):  # how every command ends
        cli(command)
    sys.setprofile(None)
    return [(here, [*called], [*below]) for here, called, below in found]


if __name__ == "__main__":
    out, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps(visits(sys.argv[1:])), file=out)
