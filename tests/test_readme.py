"""The README, from its first command to its last as a newcomer's login shell runs them, and what it must hold."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT
from pages import blocks, matches, sessions
from salesdx.cli import COMMANDS

pytestmark = pytest.mark.slow

README = ROOT / "README.md"
LEFT_OUT = (".*", "build", "dist", "__pycache__")
"""What a fresh clone does not have."""
HANDED_ON = re.compile(r"PIP_\w+|\w+_proxy|SSL_CERT_\w+", re.I)
"""Environment variables that say how this machine reaches a package index."""
END = "\x1e"
TESTS = "make test"


def told() -> list[tuple[str, str | None]]:
    """Every command of the README in order, with the output that is shown under it, if any."""
    found: list[tuple[str, str | None]] = []
    for block in blocks(README):
        if block.kind == "sh":
            found += [(line, None) for line in block.lines]
        elif block.kind == "console":
            found += sessions(block)
    return found


def test_a_newcomer_does_what_it_says(tmp_path: Path) -> None:
    """One login shell, an empty home, a fresh copy of the checkout; nothing that this test put on the path."""
    commands = told()
    clone, home, script = tmp_path / "clone", tmp_path / "home", tmp_path / "typed"
    shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(*LEFT_OUT))
    home.mkdir()
    typed = [f"make --dry-run {TESTS.split()[1]}" if command == TESTS else command for command, _ in commands]
    script.write_text("".join(f"{line}\nprintf '{END}%s{END}' $?\n" for line in typed), encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if HANDED_ON.fullmatch(name)}
    env |= {"HOME": str(home), "TERM": "dumb", "LANG": "C.UTF-8", "COLUMNS": "80"}
    env["PIP_NO_COMPILE"] = "1"  # what is never imported need not be compiled
    done = subprocess.run(
        ["bash", "--login", str(script)],
        cwd=clone, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=600,
    )  # fmt: skip
    parts = done.stdout.split(END)
    outputs, statuses = parts[:-1:2], parts[1::2]
    assert len(statuses) == len(commands), done.stdout
    for (command, shown), output, status in zip(commands, outputs, statuses, strict=True):
        assert status == "0", f"{command}\n{output}"
        assert shown is None or matches(shown, output), f"{command}\n{output}"


def test_it_begins_with_what_every_later_command_needs() -> None:
    first, second, third, *rest = [command for command, _ in told()]
    assert (first, second) == ("python3 -m venv .venv", ". .venv/bin/activate")
    assert third.startswith("pip install ")
    assert TESTS in rest


def test_it_is_short_and_shows_a_report() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    (picture,) = set(re.findall(r"docs/[\w.]+\.png", text))
    data = (ROOT / picture).read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) < 150_000


def test_it_names_every_command() -> None:
    words = " ".join(README.read_text(encoding="utf-8").split())
    assert [name for name in COMMANDS if f"salesdx {name}" not in words] == []
