"""The pages: their commands are run in a copy of the content, their outputs compared, their links followed."""

from __future__ import annotations

import doctest
import importlib
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from pages import Block, blocks
from salesdx.cli import COMMANDS

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = sorted((ROOT / "src").rglob("*.py"))

ELSEWHERE = ("python3 -m venv", "make", ".venv/bin/pip", ".venv/bin/pre-commit", "git ")
"""Commands that make environments or run the tests: `.ci/run` runs those of the README, and is held to that."""

SHOWN = {
    r"sha256:[0-9a-f]{64}": "sha256:...",
    r"\([0-9a-f]{12}\)": "(...)",
    r"salesdx (checkout|\d\S*)": "salesdx VERSION",
    r"\.yaml:\d+": ".yaml:LINE",
    r"(?m)^ +\d+ \|": " LINE |",
}
"""What differs from run to run: the digest of the rule base, short or long, the version, lines of the content."""


def named(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder like a checkout: content and examples are copies, code is a link, `salesdx` runs it."""
    for room in ("examples", "knowledge", "rules", "schemas"):
        shutil.copytree(ROOT / room, tmp_path / room)
    (tmp_path / "src").symlink_to(ROOT / "src")
    shutil.copy(ROOT / "cli.py", tmp_path)
    for name in ("bin", ".venv/bin"):
        script = tmp_path / name / "salesdx"
        script.parent.mkdir(parents=True)
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path}/cli.py" "$@"\n', encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def run(command: str, cwd: Path) -> tuple[str, int]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SALESDX"))}
    env |= {"PATH": f"{cwd}/bin:{env['PATH']}", "COLUMNS": "80", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=120,
    )  # fmt: skip
    return done.stdout, done.returncode


def sessions(block: Block) -> Iterator[tuple[str, str]]:
    """The commands of a `console` fence, each with the output that is shown under it."""
    command, output = "", ""
    for line in block.lines:
        if line.startswith("$ "):
            if command:
                yield command, output
            command, output = line.removeprefix("$ "), ""
        else:
            output += f"{line}\n"
    yield command, output


def elsewhere(command: str) -> bool:
    return command.startswith(ELSEWHERE)


def as_shown(text: str) -> str:
    for pattern, shown in SHOWN.items():
        text = re.sub(pattern, shown, text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def matches(shown: str, found: str) -> bool:
    """Whether an output is as shown; a line with `...` alone stands for any lines, also none."""
    parts = re.split(r"^\.\.\.\n", as_shown(shown), flags=re.M)
    return re.fullmatch("(?:.*\n)*?".join(map(re.escape, parts)), as_shown(found)) is not None


@pytest.mark.parametrize("page", named(PAGES))
def test_commands_of_a_page(page: Path, copy: Path) -> None:
    for block in blocks(page):
        if block.kind == "sh" and not any(map(elsewhere, block.lines)):
            output, status = run(block.text, copy)
            assert status == 0, f"line {block.line}: {block.text}\n{output}"
        elif block.kind == "console":
            for command, shown in sessions(block):
                output, _ = run(command, copy)
                assert matches(shown, output), f"line {block.line}: {command}\n{output}"


@pytest.mark.parametrize("page", named(PAGES))
def test_python_of_a_page(page: Path, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy)
    scope: dict[str, object] = {}
    for block in blocks(page):
        if block.kind == "python" and ">>>" in block.text:
            parsed = doctest.DocTestParser().get_doctest(block.text, scope, page.name, str(page), block.line)
            scope = parsed.globs
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
            assert runner.run(parsed, clear_globs=False).failed == 0
        elif block.kind == "python":
            compile(block.text, f"{page}:{block.line}", "exec")


@pytest.mark.parametrize("page", named(PAGES))
def test_links_of_a_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if "://" in link or (target.exists() and (not anchor or anchor in anchors(target))):
            continue
        broken.append(link)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = [block.lines[0].lstrip("# ") for block in blocks(page) if block.kind == "heading"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_fences_of_all_pages_are_of_a_kind_that_is_tested() -> None:
    """A fence that nobody runs goes stale: a page has these kinds, and `docs/language.md` its own."""
    kinds = {block.kind.split(" ")[0] for page in PAGES for block in blocks(page)} - {"heading", "table"}
    assert kinds <= {"sh", "console", "python", "yaml", "text"}
    held = {page.name for page in PAGES for block in blocks(page) if block.kind.split(" ")[0] in ("yaml", "text")}
    assert held <= {"language.md", "checks.md", "coverage.md"}


# --- the README -------------------------------------------------------------------------------------------------------


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"salesdx {name}" not in text] == []


def test_ci_runs_what_the_readme_tells() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace(" --quiet", "")
    told = [
        line for block in blocks(ROOT / "README.md") if block.kind == "sh" for line in block.lines if elsewhere(line)
    ]
    assert len(told) >= 2
    assert [line for line in told if f"\n{line}\n" not in script] == []


def test_the_page_on_verification_names_every_test() -> None:
    text = (ROOT / "docs" / "verification.md").read_text(encoding="utf-8")
    assert [path.name for path in (ROOT / "tests").glob("test_*.py") if f"`{path.name}`" not in text] == []
    assert [name for name in re.findall(r"`(test_\w+\.py)`", text) if not (ROOT / "tests" / name).exists()] == []


# --- docstrings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", named([path for path in SOURCES if ">>>" in path.read_text(encoding="utf-8")]))
def test_examples_in_docstrings(source: Path) -> None:
    name = ".".join(source.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
    assert doctest.testmod(importlib.import_module(name)).failed == 0
