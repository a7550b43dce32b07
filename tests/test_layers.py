"""How the code is laid out: which module may import which, where a library lives, and that no content is in it."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import networkx as nx
import pytest

import salesdx
from conftest import ROOT
from salesdx.base.model import PROFILE, RuleBase
from salesdx.facts.canonical_tables import canonical_schema

SRC = ROOT / "src" / "salesdx"

FLOORS = [
    ["contract"],
    ["language", "text"],
    ["base"],
    ["case"],
    ["followup"],
    ["engine"],
    ["explanation", "interview", "questionnaire", "ledger"],
    ["trail", "facts", "bulk"],
    ["authoring"],
    ["services"],
    ["render"],
    ["cli", "web", "lsp"],
]
"""Rooms from the ground up. A module imports from floors below its own and from its own room; the rooms of one floor do
not know each other."""

INSIDE = {
    "trail": [
        ["lookalike", "results", "rule_bases", "wheels", "concerned", "sealed", "seats"],
        ["rerun_one", "pinned"],
        ["on_record", "steps_left_out", "own_words", "book", "replay"],
        ["whole_record"],
        ["closed_files", "sign_off_story", "persons_needed", "still_signed", "recording"],
        ["listing", "story", "seen", "two_records", "comparators", "views", "case_against", "other_program"],
        ["people", "key_change"],
        ["holds", "erasure", "announced", "retention", "rights", "signing_off", "letters", "attachments"],
        ["read_again"],
        ["tasks", "person_file", "read_marks"],
        ["sight", "person_copy"],
        ["export"],
        ["report"],
    ],
    "render": [
        ["blocks", "json_text", "lines"],
        ["wording", "plain", "rule_words", "ladder_svg", "based_words"],
        ["rungs", "uncertain", "provisional", "proving", "drawn_facts", "followed_words", "time_line"],
        ["terminal", "markdown", "html"],
        [
            "report",
            "facts",
            "collected",
            "prompts",
            "proofs",
            "door_report",
            "changes",
            "path_report",
            "systems_pages",
            "mapping_page",
            "terms_page",
            "people_page",
            "issue_lines",
            "check_pages",
            "form_page",
            "follow_steps",
            "playbook_page",
        ],
        ["upgrades", "scan_page"],
        ["pages"],
        ["scan_pictures"],
        ["short", "explained", "handbook", "coverage", "graph", "printed", "redline"],
        ["render"],
        ["asked_pages"],
        ["trail", "due_page"],
    ],
    "authoring": [
        [
            "written",
            "silences",
            "limit_readers",
            "fact_lists",
            "example_facts",
            "confirming",
            "property_words",
            "worked_cases",
            "worked_text",
            "counterexamples",
            "door_cases",
            "searches",
            "agreement",
        ],
        ["putting_back", "signing"],
        ["against"],
        ["expectations", "reasoning", "prove", "contract_schema", "schemas", "formatting", "graphs", "rerun", "diff"],
        ["person_grade", "upgrade", "path_to_person"],
        ["holding_back", "moved_limits"],
        ["coverage"],
        ["checks"],
        ["promised"],
        ["review"],
        ["scaffolds"],
        ["tables"],
    ],
}
"""The floors inside big rooms: a module imports from its own floor there and from those below."""

LIBRARIES = {
    "yaml": ["text"],
    "durable": ["engine"],
    "click": ["cli"],
    # one writer of a case file, and one of a folder of results, which is far below
    "filelock": ["services", "bulk"],
    # a graph library is one where a graph is: reads in a circle, a derivation whose parts are shared, a drawing, a cut
    "networkx": ["base", "explanation", "trail", "render"],
    "jinja2": ["render"],
    "markupsafe": ["render"],
    "openpyxl": ["questionnaire"],
    # the tables of the pages stand beside those of a trail, and change in one transaction with it
    "sqlalchemy": ["ledger", "web"],
    "alembic": ["ledger", "web"],
    "cryptography": ["ledger"],
    "rfc8785": ["ledger"],
    "z3": ["engine"],
    "numpy": ["engine", "services", "bulk"],
    "fastapi": ["web"],
    "pydantic": ["web"],
    "starlette": ["web"],
    "anyio": ["web"],
    "argon2": ["web"],
    "prometheus_client": ["web"],
    "webauthn": ["web"],
    "pyotp": ["web"],
    "uvicorn": ["cli"],
    "authlib": ["web"],
    "joserfc": ["web"],
    "duckdb": ["facts"],
    "python_calamine": ["facts"],
    "pyarrow": ["bulk"],
    "pyspark": ["bulk"],
    # the ledger keeps its own tables, facts reads those of a firm, without SQLAlchemy
    "psycopg": ["facts"],
    "httpx": ["cli"],
    "httpx2": ["web"],  # that of authlib
    "pygls": ["lsp"],
    "lsprotocol": ["lsp"],
}
"""The rooms that may import a library."""

CEILING, MEDIAN = 400, 160
REFERENCE = 150


@cache
def modules() -> dict[str, ast.Module]:
    """Module -> its tree, by name without ``salesdx.``; packages under their own name, the root as an empty name."""
    found = {}
    for path in sorted(SRC.rglob("*.py")):
        name = ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix("__init__").rstrip(".")
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def room(module: str) -> str | None:
    """The room that a module is in."""
    rooms = {name for floor in FLOORS for name in floor}
    parts = module.split(".")
    return next((name for i in range(len(parts), 0, -1) if (name := ".".join(parts[:i])) in rooms), None)


def floor(name: str) -> int:
    return next(i for i, names in enumerate(FLOORS) if name in names)


def imported(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """The full name of everything that a module imports, wherever in it, with the statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def for_types(tree: ast.Module) -> set[ast.AST]:
    """What stands under ``if TYPE_CHECKING:`` and is never run."""
    return {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in node.body
    }


def own(name: str) -> str | None:
    """The module of ours that an imported name is or comes from; None for a library's."""
    if not name.startswith("salesdx."):
        return None
    public = {**salesdx._HOMES, "read_case": "case.file"}
    rest = name.removeprefix("salesdx.")
    rest = public.get(rest, rest)
    while rest not in modules():
        rest = rest.rpartition(".")[0]
    return rest


def test_every_module_has_a_floor() -> None:
    """A folder of rooms has a file of its own that says what it is, and holds nothing else."""
    outside = {name for name in modules() if room(name) is None} - {"", "__main__"}
    assert {name for name in outside if len(modules()[name].body) > 1} == set()


def test_the_floors_are_those_of_the_page() -> None:
    table = (
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| floor | rooms |")[2].partition("\n\n")[0]
    )
    told = [set(re.findall(r"`([^`]+)`", line.split("|")[2])) for line in table.splitlines()[2:]]
    assert told[::-1] == [set(names) for names in FLOORS]


def test_the_floors_are_those_of_the_picture() -> None:
    picture = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("```text\n")[2].partition("```")[0]
    drawn = [line.split("|")[1:-1] for line in picture.splitlines() if line.count("|") > 1]
    assert [[name.strip() for name in names] for names in drawn[::-1]] == FLOORS


@pytest.mark.parametrize("module", [name for name in modules() if room(name)])
def test_a_module_imports_only_from_floors_below(module: str) -> None:
    here = room(module)
    assert here is not None
    wrong = []
    for name, statement in imported(modules()[module]):
        target = own(name)
        there = target and room(target)
        if there and there != here and floor(there) >= floor(here):
            wrong.append(f"line {statement.lineno}: {target} is not below {module}")
    assert wrong == []


def inner_floor(big: str, module: str) -> int:
    """The floor inside a big room that a module of it stands on."""
    part = module.removeprefix(f"{big}.").split(".")[0]
    return next(i for i, names in enumerate(INSIDE[big]) if part in names)


@pytest.mark.parametrize("big", INSIDE)
def test_floors_inside_a_big_room(big: str) -> None:
    own_modules = {name: tree for name, tree in modules().items() if room(name) == big and len(tree.body) > 1}
    wrong = [
        f"{module}:{statement.lineno} imports {target}"
        for module, tree in own_modules.items()
        for name, statement in imported(tree)
        if (target := own(name)) in own_modules and inner_floor(big, str(target)) > inner_floor(big, module)
    ]
    assert wrong == []


def test_no_circle_among_modules() -> None:
    """Imports for types alone count too: who needs another's type cannot be read without it."""
    graph = nx.DiGraph(
        (module, target)
        for module, tree in modules().items()
        if module
        for name, _ in imported(tree)
        if (target := own(name)) and target != module
    )
    circles = [sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1]
    assert circles == []


PROTOCOLS = {
    "match": "what a back end has",
    "upgrade": "what Alembic calls in a migration",
    "downgrade": "what Alembic calls in a migration",
}
"""Names that several modules must have, by the agreement with whoever calls them."""
DOORS = ("cli", "web", "lsp")
"""Rooms whose modules bear the name of their command, or of what an editor asks."""


def test_no_public_name_stands_twice() -> None:
    homes: dict[str, list[str]] = {}
    for module, tree in modules().items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(module)
    assert {name: found for name, found in homes.items() if len(found) > 1 and name not in PROTOCOLS} == {}


def test_no_module_name_stands_twice() -> None:
    homes: dict[str, list[str]] = {}
    for path in SRC.rglob("*.py"):
        if path.stem != "__init__" and path.relative_to(SRC).parts[0] not in DOORS:
            homes.setdefault(path.stem, []).append(str(path.relative_to(SRC)))
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_only_types_are_imported_at_the_top_of_the_package() -> None:
    """The package's own names are imported when they are used, and `typing` takes long enough to be interrupted."""
    top = [node for node in modules()[""].body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in top] == ["from __future__ import annotations"]


def test_each_library_lives_in_its_room() -> None:
    wrong = []
    for module, tree in modules().items():
        for name, statement in imported(tree):
            library = name.split(".")[0]
            ours = library in sys.stdlib_module_names or library == "salesdx"
            if not ours and room(module) not in LIBRARIES.get(library, []):
                wrong.append(f"{module}:{statement.lineno} imports {library}")
    assert wrong == []


LATE = {"networkx", "jinja2", "markupsafe"}
"""Libraries that cost more to import than most commands take, so no module imports them at its top."""


def test_what_is_slow_to_import_is_imported_only_where_it_is_used() -> None:
    wrong = []
    for module, tree in modules().items():
        inside = {part for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for part in ast.walk(node)}
        for name, statement in imported(tree):
            if name.split(".")[0] in LATE and statement not in inside | for_types(tree):
                wrong.append(f"{module}:{statement.lineno}")
    assert wrong == []


def test_help_imports_no_engine_and_reads_no_rules() -> None:
    script = (
        "import sys; from salesdx.cli import cli\n"
        "try: cli(['--help'], prog_name='salesdx')\n"
        "finally: print(*sorted({n.split('.')[0] for n in sys.modules} & "
        "{'networkx', 'jinja2', 'durable', 'yaml'}), 'end')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT / "src")}
    )
    assert done.stdout.splitlines()[-1].split() == ["end"], done.stdout + done.stderr
    assert "Usage: salesdx" in done.stdout


def test_modules_stay_short() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SRC.rglob("*.py")}
    assert {str(path): n for path, n in lines.items() if n > CEILING} == {}
    assert statistics.median(n for n in lines.values() if n) < MEDIAN
    assert lines[SRC / "engine" / "backends" / "reference.py"] < REFERENCE


# --- no content in the code -------------------------------------------------------------------------------------------


def content(base: RuleBase) -> set[str]:
    """Every word that the content defines: terms, rules, findings, interventions, stages and groups.

    The group of the profile is a word of the language.
    """
    return {*base.terms, *base.rule, *base.findings, *base.interventions, *base.home} - {PROFILE, SERVES}


SERVES, ASKED_OF_A_LOGIN = "service", "scope"
"""The program that writes a trail is a service, in the English of every message; and what a login is asked for is a
scope, by RFC 6749. A stage or a group may have that name."""


SESSION_WORDS, TAUGHT = "base.records", "training"
"""What a session of an action can be is a word of case files; a stage may have that name."""


SIMULATION, TRADE = "facts.simulation", {"goals", "product", "delivery", "marketing"}
"""The simulated firm has products and goals like any firm, and a cause of trouble is named as the trade names it."""


def words(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every name and word of a text in a module, without docstrings (prose for people) and Python's own library."""
    library = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in sys.stdlib_module_names
        for alias in node.names
    }
    docstrings = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if node not in docstrings:
                yield from ((word, node.lineno) for word in re.findall(r"[A-Za-z_][\w-]*", text))
            case ast.Name(id=name) | ast.alias(name=name) if name in library:
                continue
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.alias(name=name):
                yield name, getattr(node, "lineno", 0)


def test_no_word_of_the_content_is_in_the_code(base: RuleBase) -> None:
    known = content(base) - {ASKED_OF_A_LOGIN}
    tables = canonical_schema().tables
    rows = {*tables, *(column for table in tables.values() for column in table.columns)}
    found = {
        f"{module}:{line} {word}"
        for module, tree in modules().items()
        for word, line in words(tree)
        if word in known
        and not (module.startswith(SIMULATION) and word in TRADE)
        and (module, word) != (SESSION_WORDS, TAUGHT)
        and not (module.startswith("facts.") and word in rows)  # a table of a firm is called as the trade does
    }
    assert found == set()


def test_the_words_are_those_of_the_shipped_files(base: RuleBase) -> None:
    """The test above looks for something: each kind of word is among those it looks for."""
    known = content(base)
    assert {"case_attainment_pct", "R1", "price_not_competitive", "price_test", "termination", "scope"} <= known
    tree = ast.parse("def f(price_test):\n    return x.scope, 'stage termination'\n")
    assert {word for word, _ in words(tree)} & known == {"price_test", "scope", "termination"}


def test_the_package_is_python_with_the_templates_style_and_script_of_the_pages() -> None:
    paths = [path for path in SRC.rglob("*") if path.is_file() and path.parent.name != "__pycache__"]
    assert {path.suffix for path in paths} == {".py", ".typed", ".html", ".css", ".js"}


def test_what_becomes_one_file_has_each_name_once() -> None:
    """The modules that together are `verify.py` share one room: a name of one is not a name of another."""
    owner: dict[str, str] = {}
    for path in sorted((SRC / "ledger" / "standalone").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    names = [name]
                case ast.Assign(targets=targets):
                    names = [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
                case ast.AnnAssign(target=ast.Name(id=name)):
                    names = [name]
                case _:
                    names = []
            for name in names:
                assert owner.setdefault(name, path.stem) == path.stem, f"`{name}` of {owner[name]} and {path.stem}"
