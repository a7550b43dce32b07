"""The walks of `docs/rooms.md`: which rooms a command visits, in which order, and where each visit goes down to."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from pages import Block, blocks
from test_layers import FLOORS

PAGE = ROOT / "docs" / "rooms.md"
HEADER = ["room", "calls", "goes down to", "calls what it was handed"]


def walks() -> list[tuple[Block, Block]]:
    """The commands of each walk, of which the last is looked at, and its table."""
    found = [block for block in blocks(PAGE) if block.kind == "sh" or (block.kind == "table")]
    return list(zip(found[::2], found[1::2], strict=True))


def names(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


@pytest.mark.parametrize(("commands", "table"), [pytest.param(*walk, id=walk[0].lines[-1]) for walk in walks()])
def test_a_walk_is_as_the_page_tells(commands: Block, table: Block, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    walker = f'salesdx() {{ {shlex.join([sys.executable, str(ROOT / "tests" / "house_walk.py")])} "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", walker + commands.text], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    walked = json.loads(done.stdout.splitlines()[-1])
    header, *rows = table.rows
    told = [[names(cell) for cell in row] for row in rows]
    lines = "\n".join(f"{room}: {called}, below {below}, handed {handed}" for room, called, below, handed in walked)
    assert header == HEADER
    assert [(*room, below, handed) for room, _, below, handed in told] == [
        (room, below, handed) for room, _, below, handed in walked
    ], lines
    for (_, calls, *_), (_, called, *_) in zip(told, walked, strict=True):
        assert set(calls) <= set(called), lines


@pytest.mark.parametrize("table", [walk[1] for walk in walks()], ids=[walk[0].lines[-1] for walk in walks()])
def test_a_walk_runs_down_only(table: Block) -> None:
    floor = {name: number for number, rooms in enumerate(FLOORS) for name in rooms}
    for room, _, below, _ in table.rows[1:]:
        assert all(floor[name] < floor[names(room)[0]] for name in names(below))
