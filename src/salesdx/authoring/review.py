"""The worked cases that a layer turns, for somebody who says of each whether the new result is right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from salesdx.authoring.diff import CHANGED, LIMIT, RuleChange, changes
from salesdx.authoring.expectations import CaseRun, run_case
from salesdx.authoring.person_grade import HARSHER, graded, on_person
from salesdx.authoring.promised import ReplacedCase, case_counts, told_values
from salesdx.authoring.worked_cases import CASES, layered_cases, read_worked_case, worked_profile
from salesdx.authoring.worked_text import worked_text
from salesdx.base.layers import folders
from salesdx.base.loading import load, shipped_home
from salesdx.base.model import RuleBase
from salesdx.case.file import read_case_text
from salesdx.case.other_rules import carried
from salesdx.engine.comparing import differences
from salesdx.engine.diagnose import quick
from salesdx.language.conditions import names
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Place, parse_yaml

SEVERAL = "several changes together"


@dataclass(frozen=True)
class ReviewCase:
    """A worked case that no longer comes out as expected: ``grade`` on a person, and the edits that changed it."""

    path: Path
    run: CaseRun
    grade: str
    edits: tuple[str, ...]
    told: tuple[tuple[str, str, str], ...]
    """(key, what was expected, what comes out)."""
    text: str
    """The case as it is."""
    was: str
    """The `expect` of the rules below, or of the case itself where these have none, as it is written."""

    @property
    def bulk(self) -> bool:
        """Whether it may be accepted with others: never where it ends harsher for a person."""
        return self.grade != HARSHER


def to_review(home: Path, base: RuleBase) -> tuple[ReviewCase, ...]:
    """The worked cases of a layer and of what it extends that come out otherwise, by what changed them; and those that
    a layer puts in the place of others without saying what these expect.

    Raises RuleBaseError, CaseError.
    """
    folder, _ = folders(home, str(home), shipped_home)[-2]
    below = load(folder)
    edited = _edited(below, base)
    own_below = {path.name: path for path in layered_cases(folder)}
    found = list(_found(home, base, below, edited, own_below))
    groups = list(dict.fromkeys(turn.edits for turn in found))
    return tuple(sorted(found, key=lambda turn: groups.index(turn.edits)))


def accepted_text(turn: ReviewCase, why: str) -> str:
    """The case with what the rules say now as what is expected, why, and what was expected below. Raises CaseError."""
    _, bare = _cut(turn.text, turn.run.case.path, ("expect", "was", "why"))
    made = worked_text(bare, turn.run.case.path, turn.run.diagnosis, why, turn.run.case)
    return made.rstrip() + "\n" + turn.was


def target(turn: ReviewCase, home: Path) -> Path:
    """Where the accepted case stands: among the layer's own, under the same name."""
    return home / CASES / turn.path.name


def _found(
    home: Path, base: RuleBase, below: RuleBase, edited: Mapping[str, frozenset[str]], own_below: Mapping[str, Path]
) -> Iterator[ReviewCase]:
    counts = case_counts(home)
    unseen = {Path(case.shown).name: case for case in (counts.unreviewed if counts else ())}
    for path, shown in layered_cases(home).items():
        firm, firm_below = (worked_profile(home, rules, path.name) for rules in (base, below))
        try:
            case = read_worked_case(path, base, shown, firm=firm)
        except CaseError:  # it may expect a rule that the layer took out
            case = read_worked_case(path, below, shown, firm=firm_below)
            case = replace(case, memory=carried(case.memory, base)[0])
        run = run_case(base, case)
        told = tuple((d.key, d.expected, d.found) for d in run.differences)
        if path.name in unseen and not told:
            put_away = unseen[path.name]
            told = tuple((key, *_beside(put_away, key)) for key in {**put_away.expects, **put_away.here})
        if not told:
            continue
        try:
            lower_case = read_worked_case(own_below.get(path.name, path), below, shown, firm=firm_below)
            lower, readable = quick(below, lower_case.memory), True
        except CaseError:  # the rules below cannot read it: it is told by what it expects alone
            lower_case, lower, readable = case, run.diagnosis, False
        expected = lower_case if path.name in unseen else case  # what nobody reviewed is no expectation
        before = on_person(base, lower, expected, expected_alone=not readable)
        grade = graded(before, on_person(base, run.diagnosis))
        changed = {d.name for d in differences(lower.to_dict(), run.diagnosis.to_dict())}
        edits = tuple(edit for edit, touched in edited.items() if touched & changed) or (SEVERAL,)
        text, _ = read_case_text(path)
        source = read_case_text(own_below[path.name])[0] if path.name in own_below else text
        was, _ = _cut(source, shown, ("expect",))
        yield ReviewCase(path, run, grade, edits, told, text, re.sub(r"\Aexpect:", "was:", was))


def _beside(case: ReplacedCase, key: str) -> tuple[str, str]:
    before, here = ({key: side[key]} if key in side else {} for side in (case.expects, case.here))
    return told_values(before).removeprefix(f"{key}: "), told_values(here).removeprefix(f"{key}: ")


def _edited(below: RuleBase, base: RuleBase) -> dict[str, frozenset[str]]:
    """Each edit of a layer, as people call it -> the rules, stages and interventions that it can touch directly."""
    found: dict[str, frozenset[str]] = {}
    own = {Path(name.partition(": ")[0]).stem for _, name, _ in base.layers[-1].changes}
    for change in changes(below, base):
        edit = f"{change.what} {change.name}"
        if change.what == LIMIT and change.readers:
            moved = next(f" {was} → {now}" for key, was, now in change.parts if key == "value")
            found[edit + moved] = frozenset(name.partition(":")[0] for _, name, _ in change.readers)
        elif change.what in ("rule", "stage") and change.name in own:
            touched = {change.name, *_advised_otherwise(below, base, change.name)}
            found[f"{edit} {change.meaning or change.how}"] = frozenset(touched)
        elif change.what == "rule" and change.how != CHANGED:
            found[f"{edit} {change.how}"] = frozenset({change.name})
        elif change.what == "term" and (change.how != CHANGED or _computes(change)):
            readers = {rule.id for rule in base.rules if change.name in names(rule.when)}
            found[f"{edit} {change.how}"] = frozenset({change.name, *readers})
        elif change.what == "ladder":
            found["ladder changed"] = frozenset(stage.id for stage in base.stages)
    return found


def _advised_otherwise(below: RuleBase, base: RuleBase, rule: str) -> set[str]:
    """The interventions that one of the two recommends or suppresses by a rule that both have."""
    sides = [side.rule[rule] for side in (below, base) if rule in side.rule]
    if len(sides) < 2:
        return set()
    was, now = ({*side.recommend, *side.suppresses} for side in sides)
    return was ^ now


def _computes(change: RuleChange) -> bool:
    return any(key in ("computed", "or_formula") for key, *_ in change.parts)


def _cut(text: str, shown: str, keys: Sequence[str]) -> tuple[str, str]:
    """What stands under some keys of a case, as it is written, and the rest. Raises CaseError."""
    node, faults = parse_yaml(text, shown)
    if not isinstance(node, MappingNode) or faults or text[node.start] == "{":
        message = "a case is reviewed where each of its keys has a line of its own"
        raise CaseError([Issue("worked-case", message, Place(shown, 1, 1, 1, 2)), *map(Issue.of, faults)])
    parts: list[str] = []
    rest = text
    for key, value in reversed(node.entries):
        if key.text in keys:
            parts.insert(0, text[key.start : value.end].rstrip() + "\n")
            rest = rest[: key.start] + rest[value.end :].lstrip("\n")
    return "".join(parts), rest
