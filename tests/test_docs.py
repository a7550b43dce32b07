"""The pages: their commands are run in a copy of the content, their outputs compared, their links followed."""

from __future__ import annotations

import doctest
import importlib
import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

import salesdx
from commands import salesdx_in
from conftest import ROOT, cases_in
from pages import blocks, matches, sessions
from salesdx.authoring.worked_cases import read_worked_case
from salesdx.base.model import RuleBase

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
README = ROOT / "README.md"
SOURCES = sorted((ROOT / "src").rglob("*.py"))

ELSEWHERE = ("python3 -m venv", "make", ".venv/bin/pip", ".venv/bin/pre-commit", "git ")
"""Commands that make environments or run the tests."""
ACTIVATE = ". .venv/bin/activate"


def named(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture
def copy(place: Path) -> Path:
    """A folder like a checkout: content and examples are copies, code is a link, its environment runs it.

    It is made anew for each page, in one place: all pages are served by one warm process.
    """
    shutil.rmtree(place)
    for room in ("examples", "knowledge", "rules", "schemas"):
        shutil.copytree(ROOT / room, place / room)
    (place / "src").symlink_to(ROOT / "src")
    shutil.copy(ROOT / "cli.py", place)
    programs = place / ".venv" / "bin"
    programs.mkdir(parents=True)
    salesdx_in(programs, place / "src")
    (programs / "activate").write_text(f'PATH="{programs}:$PATH"\n', encoding="utf-8")
    return place


def run(command: str, cwd: Path) -> tuple[str, int]:
    """Output and exit status of a command in a shell that said what the pages say first."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SALESDX"))}
    env |= {"COLUMNS": "80", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{ACTIVATE}\n{command}"],
        cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=120,
    )  # fmt: skip
    return done.stdout, done.returncode


def elsewhere(command: str) -> bool:
    return command.startswith(ELSEWHERE)


@pytest.mark.slow
@pytest.mark.parametrize("page", named([page for page in PAGES if page != README]))
def test_commands_of_a_page(page: Path, copy: Path) -> None:
    """The commands of the README are run by `test_readme.py`, as a newcomer would."""
    try:
        _run_page(page, copy)
    finally:
        for left in copy.glob("*.pid"):  # what a page starts in the background, also where the page fails
            with suppress(ProcessLookupError):
                os.kill(int(left.read_text()), signal.SIGTERM)


def _run_page(page: Path, copy: Path) -> None:
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
    homes: dict[str, set[str]] = {}
    for page in PAGES:
        for block in blocks(page):
            homes.setdefault(block.kind.split(" ")[0], set()).add(page.name)
    # `test_firm_mapping.py` reads the last but one, `test_drawn_stages.py` the last
    loaded = {"language.md", "checks.md", "coverage.md", "mappings.md", "facts-drawn.md"}
    assert homes.pop("yaml") | homes["text"] <= {*loaded, "CONTRIBUTING.md"}
    assert homes.pop("{toctree}") == {"index.md"}
    assert homes.pop("json") == homes.pop("lua") == homes.pop("toml") == {"editor.md"}  # `test_lsp.py` reads them
    assert homes.pop("{eval-rst}") == {"python.md"}
    assert set(homes) <= {"heading", "table", "sh", "console", "python", "text"}


def test_a_page_with_commands_says_how_salesdx_gets_on_the_path() -> None:
    """In the words of the README, or by a link to them."""
    silent = []
    for page in PAGES:
        commands = any(block.kind in ("sh", "console") and "salesdx " in block.text for block in blocks(page))
        told = page.read_text(encoding="utf-8")
        if commands and ACTIVATE not in told and "README.md#try-it" not in told:
            silent.append(page.name)
    assert silent == []


def test_the_list_of_pages_names_every_page() -> None:
    listed = re.findall(r"\]\(([^)#]+\.md)\)", (ROOT / "docs" / "index.md").read_text(encoding="utf-8"))
    assert {(ROOT / "docs" / link).resolve() for link in listed} == {page for page in PAGES if page.name != "index.md"}


def test_the_page_on_python_has_every_public_name() -> None:
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\.\. (?:data|autofunction|autoexception):: (\w+)$", text, re.M)) == set(salesdx.__all__)


def test_the_page_on_verification_names_every_test() -> None:
    text = (ROOT / "docs" / "verification.md").read_text(encoding="utf-8")
    assert [path.name for path in (ROOT / "tests").glob("test_*.py") if f"`{path.name}`" not in text] == []
    assert [name for name in re.findall(r"`(test_\w+\.py)`", text) if not (ROOT / "tests" / name).exists()] == []


CHANGES = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", "Findings that can change"]


def test_the_page_on_attacks_names_tests_that_are_there() -> None:
    text = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+\.py)(?:::(\w+))?`", text)
    assert len(named) > 40
    missing = [
        (file, test) for file, test in named
        if f"def {test}" not in (ROOT / "tests" / file).read_text(encoding="utf-8")
    ]  # fmt: skip
    assert missing == []


def test_each_picture_of_the_stories_is_taken_by_the_test_that_is_named() -> None:
    for story in (ROOT / "docs" / "stories.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        file, name = re.findall(r"^`tests/(\S+)`, `(\w+)`$", story, re.M)[0]
        source = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert f"\ndef {name}(" in source
        pictures = re.findall(r"\(pictures/([a-z-]+)-(?:phone|desk)\.png\)", story)
        assert pictures and [one for one in pictures if f'"{one}", size' not in source] == []


def test_the_changelog_is_in_its_form() -> None:
    """The newest version first; each kind of change once and in order; a link beside the pages of a code host."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions: dict[str, list[str]] = {}
    for level, title in re.findall(r"^(##+) (.+)$", text, re.M):
        if level == "##":
            versions[title.partition(" - ")[0]] = []
        else:
            versions[[*versions][-1]].append(title)
    assert next(iter(versions)) == "[Unreleased]"
    for kinds in versions.values():
        assert kinds == [kind for kind in CHANGES if kind in kinds]
    assert re.findall(r"^(\[.+\]): \.\./\.\./(?:compare|tree)/\S+$", text, re.M) == [*versions]


# --- docstrings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", named([path for path in SOURCES if ">>>" in path.read_text(encoding="utf-8")]))
def test_examples_in_docstrings(source: Path) -> None:
    name = ".".join(source.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_what_each_sentence_of_the_source_became_is_there(base: RuleBase) -> None:
    """In the last table of the method: rules, interventions, and cases in which one of the rules is true."""
    page = (ROOT / "docs" / "method.md").read_text(encoding="utf-8").partition("| S01 says |")[2]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in page.splitlines() if row.startswith("| ")]
    titles = {intervention.title for intervention in base.interventions.values()}
    read = [read_worked_case(path, base) for path in cases_in(ROOT / "rules" / "cases")]
    fired = {case.memory.case: set(case.wanted("fired") or ()) for case in read}
    assert len(rows) == 21
    for said, rules, advised, shown in rows:
        ids = {id for part in rules.split(", ") for id in rules_from(*part.split(" to "))}
        assert ids <= set(base.rule), said
        assert set(advised.split("; ")) <= titles, said
        assert [case for case in shown.split(", ") if not fired[case] & ids] == [], said


def rules_from(first: str, last: str = "") -> list[str]:
    """The ids from one to another, such as `P1` to `P8`; the first alone without a last."""
    letters = first.rstrip("0123456789")
    start, end = (int(id.removeprefix(letters)) for id in (first, last or first))
    return [f"{letters}{number}" for number in range(start, end + 1)]
