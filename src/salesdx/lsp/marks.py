"""What is wrong in a rule base as it stands in the editor: of one file at once, of all of them a little later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from salesdx import load
from salesdx.authoring.checks import CHECKS, check_base
from salesdx.authoring.worked_cases import worked_case
from salesdx.base.applying import check_applying
from salesdx.base.ladder import read_ladder
from salesdx.base.layers import RuleFiles, read_files
from salesdx.base.limit_reading import read_limits
from salesdx.base.loading import LADDER, SINGLE, shipped_home
from salesdx.base.model import RuleBase
from salesdx.base.naming import SOURCES, NameReader
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


def faults_of_file(home: Path, name: str, instead: Texts, base: RuleBase | None) -> tuple[Issue, ...]:
    """Faults of a file of a rule base that are told at once, of those that ``examine`` tells of it.

    Of its YAML, keys, values and expressions, whatever the others say; of the names in it and their types where the
    others are as in ``base``, the rule base as it last loaded. Of a name that two files define this file is told.
    """
    reader = NameReader()
    files = read_files(reader, home, str(home), shipped_home, instead=instead)
    path, same = files.shown.get(name, str(home / name)), _others_stay(files, name, base)
    reader.blind = files.blind
    try:
        if (node := files.nodes.get(name)) is not None:
            reader.limits = read_limits(reader, {name: node} if same else files.nodes)
            _read_file(reader, name, node, Place(path, 1, 1, 1, 2), base, same)
    except IssuesError as error:
        return tuple(issue for issue in error.issues if issue.place.path == path)
    return sorted_issues(issue for issue in reader.issues if issue.place.path == path)


def _others_stay(files: RuleFiles, name: str, base: RuleBase | None) -> bool:
    """Whether all files but one are as a rule base was read from them."""
    others = (key for key in files.texts if key != name)
    return base is not None and all(base.files.get(key) == files.texts[key] for key in others)


def _read_file(reader: NameReader, name: str, node: Node, place: Place, base: RuleBase | None, same: bool) -> None:
    """Note the faults of a file; those of its names where all others are the ``same`` as in the rule base."""
    room, _, home = name.removesuffix(".yaml").partition("/")
    if base is not None and same:
        _take_in_others(reader, base.as_written, room, home)
    if name == LADDER:
        ladder = read_ladder(reader, node)
        if same:
            ladder.check(reader, reader.lookup, reader.finding_places)
    elif name == SOURCES:
        reader.read_sources(node)
    elif room == "rules" or name not in SINGLE:
        if room == "rules":
            reader.read_rules(home, node)
        else:
            stage = base.home.get(home) if base else None
            reader.read_stage(home, stage.decided_by if stage else "?" if _says_stage(node) else "", node, place)
        if base is not None and same:
            kinds = {kind.name for kind in base.evidence}
            reader.check_names(set(base.ladder.strengths), set(base.respondents), kinds, base.sources)
            check_applying(reader, reader.lookup, base.ladder.subject_term)


def _take_in_others(reader: NameReader, base: RuleBase, room: str, home: str) -> None:
    """Have a reader know what all files define but the one that it is to read."""
    rules = [rule for rule in base.rules if (room, home) != ("rules", rule.home)]
    for rule in rules:
        reader.rule_places[rule.id] = rule.place
        reader.finding_places.setdefault(rule.finding, rule.place)
    own = home if room == "knowledge" else None
    reader.limits = {name: limit for name, limit in base.limits.items() if limit.home != own} | {**reader.limits}
    reader.terms |= {name: term for name, term in base.terms.items() if term.home != own}
    reader.interventions |= {id: made for id, made in base.interventions.items() if made.home != own}


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
