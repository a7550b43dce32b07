"""What is wrong in a rule base as it stands in the editor: of one file at once, of all of them a little later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from salesdx import load
from salesdx.authoring.checks import CHECKS, check_base
from salesdx.authoring.worked_cases import worked_case
from salesdx.base.entries import EntryReader
from salesdx.base.ladder import read_ladder
from salesdx.base.layers import read_files
from salesdx.base.loading import LADDER, SINGLE, SOURCES, shipped_home
from salesdx.base.model import RuleBase
from salesdx.case.file import FIRM_FILE
from salesdx.text.issues import CaseError, Issue, IssuesError, RuleBaseError, sorted_issues
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Place, parse_yaml

Texts = Mapping[Path, str]


@dataclass(frozen=True)
class Examined:
    """A rule base with all that `check` tells of it; no rule base where it does not load."""

    base: RuleBase | None
    issues: tuple[Issue, ...]


def examine(home: Path, instead: Texts) -> Examined:
    """Everything that `salesdx check --level note` tells of a rule base, with texts in the place of files."""
    try:
        base = load(home, instead=instead)
    except RuleBaseError as error:
        return Examined(None, error.issues)
    return Examined(base, check_base(base, CHECKS))


def faults_of_form(home: Path, name: str, instead: Texts, base: RuleBase | None) -> tuple[Issue, ...]:
    """Faults that a file of a rule base has whatever the others say: of its YAML, keys, values and expressions.

    They are among those of ``examine``. ``base`` is the rule base as it last loaded.
    """
    reader = EntryReader()
    files = read_files(reader, home, str(home), shipped_home, instead=instead)
    path = files.shown.get(name, str(home / name))
    node = files.nodes.get(name)
    room, _, home_id = name.removesuffix(".yaml").partition("/")
    try:
        if node is None:
            pass
        elif name == LADDER:
            read_ladder(reader, node)
        elif name == SOURCES:
            reader.read_sources(node)
        elif room == "rules":
            reader.read_rules(home_id, node)
        elif name not in SINGLE:
            stage = base.home.get(home_id) if base else None
            decided_by = stage.decided_by if stage else "?" if _says_stage(node) else ""
            reader.read_stage(home_id, decided_by, node, Place(path, 1, 1, 1, 2))
    except IssuesError as error:
        return tuple(issue for issue in error.issues if issue.place.path == path)
    return sorted_issues(issue for issue in reader.issues if issue.place.path == path)


def _says_stage(node: Node) -> bool:
    return isinstance(node, MappingNode) and node.key("stage") is not None


def faults_of_case(path: Path, text: str, base: RuleBase | None) -> tuple[Issue, ...]:
    """The faults of a worked case; those of its YAML alone where the rule base does not load."""
    shown = str(path)
    if base is None or path.name == FIRM_FILE:
        return sorted_issues(map(Issue.of, parse_yaml(text, shown)[1]))
    try:
        worked_case(text, base, shown)
    except CaseError as error:
        return error.issues
    return ()
