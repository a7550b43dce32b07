"""One command, and which rooms of the code it visits: the tests of `docs/rooms.md` run this in a process of its own.

It prints a list of visits as JSON: the room; the functions that the command line called there; the rooms that were
entered below meanwhile; and the rooms of functions that the command line had handed over to be called.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import salesdx

SRC = f"{Path(salesdx.__file__).parent}/"
DOOR = "cli"


@cache
def room(code: CodeType) -> str:
    """The room that code stands in; empty outside of the rooms."""
    path = code.co_filename
    return path.removeprefix(SRC).partition("/")[0] if path.startswith(SRC) and path.count("/") > SRC.count("/") else ""


def callers(frame: FrameType) -> list[str]:
    """The rooms on the way to a function, its caller's first; none while something is imported."""
    found: list[str] = []
    above = frame.f_back
    while above is not None:
        if here := room(above.f_code):
            if not above.f_code.co_flags & CO_OPTIMIZED:  # the body of a module or a class
                return []
            found.append(here)
        above = above.f_back
    return found


def nearest(frame: FrameType) -> str:
    """The room of a function's caller; empty where there is none on the way."""
    above = frame.f_back
    while above is not None and not room(above.f_code):
        above = above.f_back
    return room(above.f_code) if above is not None else ""


@dataclass
class Visit:
    room: str
    called: dict[str, None] = field(default_factory=dict)
    below: dict[str, None] = field(default_factory=dict)
    handed: dict[str, None] = field(default_factory=dict)


def visits(command: list[str]) -> list[Visit]:
    """Run a command; every visit of a room by the command line, in order."""
    found: list[Visit] = []

    def seen(frame: FrameType, event: str, _: Any) -> None:
        here = room(frame.f_code) if event == "call" else ""
        if here in ("", DOOR) or not frame.f_code.co_flags & CO_OPTIMIZED or frame.f_code.co_name.startswith("<"):
            return
        if found and here in (found[-1].room, *found[-1].below) and nearest(frame) != DOOR:
            return  # as most calls: nothing that was not seen before
        way = callers(frame)
        if DOOR not in way:
            return
        at = way.index(DOOR)
        direct = set(way[at:]) == {DOOR}  # else a room has called what the door had handed to it
        if direct and not at and (not found or found[-1].room != here):
            found.append(Visit(here))
        if direct and here != found[-1].room:
            found[-1].below[here] = None
        elif direct and not at:
            found[-1].called[frame.f_code.co_name] = None
        elif not at:
            found[-1].handed[here] = None

    from salesdx.cli import cli

    sys.setprofile(seen)
    with suppress(SystemExit):  # how every command ends
        cli(command)
    sys.setprofile(None)
    return found


if __name__ == "__main__":
    out, sys.stdout = sys.stdout, sys.stderr
    told = [[each.room, [*each.called], sorted(each.below), sorted(each.handed)] for each in visits(sys.argv[1:])]
    print(json.dumps(told), file=out)
