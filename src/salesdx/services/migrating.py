"""Rules and cases written in the present language, with the results that turn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from salesdx.authoring.expectations import run_case
from salesdx.authoring.migration import Migrated, migrated_case, migrated_ladder, migrated_properties
from salesdx.authoring.worked_cases import CASES, profile_of, read_worked_case
from salesdx.base.ladder import FIRST
from salesdx.base.loading import LADDER, PROPERTIES, load
from salesdx.base.model import RuleBase
from salesdx.case.file import FIRM_FILE, read_case_file
from salesdx.engine.comparing import Difference, Result, differences
from salesdx.engine.diagnose import diagnose
from salesdx.ledger.errors import TrailError
from salesdx.services.files import UserFile, read_user_file, write_together
from salesdx.text.issues import CaseError, Issue, RuleBaseError

EXPECT = re.compile(r"^expect:", re.MULTILINE)
"""What makes a case a worked one."""
Before = Callable[[str, str, Mapping[str, str]], Result]
"""The program of before: the text of a case, that of its profile (empty for none), and rules (none: its own) -> what it
says."""


@dataclass(frozen=True)
class MigratedFile:
    """A file, what became of it, and what the program of before said of it, where one was asked."""

    file: UserFile
    made: Migrated
    before: Result | None = None
    turns: tuple[str, ...] = ()
    """What comes out otherwise now than by that program, or else than a worked case expects; one line each."""

    @property
    def changed(self) -> bool:
        """Whether its text is another now."""
        return self.made.text != self.file.text


def migrated_files(home: Path | None, cases: Sequence[Path], before: Before | None = None) -> Iterator[MigratedFile]:
    """Write a folder of rules and cases in the present language, all or none, and say what became of each file.

    ``before`` is asked about each case as it was. Raises CaseError, RuleBaseError and FileError with nothing written.
    """
    of_home = home / PROPERTIES if home is not None else None
    properties = read_user_file(of_home) if of_home is not None and of_home.is_file() else None
    base = load(home, any_language=True)
    old = base.language == FIRST
    if home is not None and not old:
        load(home)  # a later language is refused
    rules = base.files if home is not None else {}
    paths = [*cases, *(sorted((home / CASES).glob("*.yaml")) if home is not None else ())]
    found = list(_cases((path for path in paths if path.name != FIRM_FILE), base))
    if before is not None:
        found = [_told_before(each, before, _profile(each.file.path, home, base), rules) for each in found]
    of_rules = list(_ladder(home)) if home is not None and old else []
    if properties and old:
        computed = (term.name for term in base.terms.values() if term.computed)
        of_rules.append(MigratedFile(properties, migrated_properties(properties.text, computed)))
    write_together([(each.file, each.made.text) for each in (*of_rules, *found) if each.changed])
    yield from (each for each in of_rules if each.changed)
    try:
        now = load(home)
    except RuleBaseError:  # said by `salesdx check`, with places
        now = None
    for each in found:
        yield each if now is None else replace(each, turns=(*each.turns, *_turns(each, home, now)))


def _ladder(home: Path) -> Iterator[MigratedFile]:
    """The ladder of a folder that names no language yet."""
    if (home / LADDER).is_file():
        file = read_user_file(home / LADDER)
        yield MigratedFile(file, migrated_ladder(file.text))


def _cases(paths: Iterable[Path], base: RuleBase) -> Iterator[MigratedFile]:
    issues: list[Issue] = []
    for path in paths:
        file = read_user_file(path)
        try:
            yield MigratedFile(file, migrated_case(file.text, str(path), base))
        except CaseError as error:
            issues += error.issues
    if issues:
        raise CaseError(issues)


def _told_before(each: MigratedFile, before: Before, firm: str, rules: Mapping[str, str]) -> MigratedFile:
    try:
        return replace(each, before=before(each.file.text, firm, rules))
    except TrailError as error:
        return replace(each, turns=(f"nothing to compare with: {error}",))


def _profile(case: Path, home: Path | None, base: RuleBase) -> str:
    path = profile_of(case, True, home, base)
    return read_user_file(path).text if path is not None else ""


def _turns(each: MigratedFile, home: Path | None, base: RuleBase) -> Iterator[str]:
    """What a case comes to now and did not before, or, where no program of before is there, is not expected to."""
    path, firm = each.file.path, profile_of(each.file.path, True, home, base)
    worked = EXPECT.search(each.made.text) is not None
    try:
        if each.before is None and worked:
            run = run_case(base, read_worked_case(path, base, firm=firm))
            yield from (f"{unmet.key}: expected {unmet.expected}, is {unmet.found}" for unmet in run.differences)
        if each.before is None:
            return
        now = diagnose(base, read_case_file(path, base, firm)).to_dict()
    except CaseError as error:
        yield f"it cannot be read any more: {error.issues[0].message}"
        return
    yield from filter(None, map(_told, differences(each.before, now)))


def _told(turn: Difference) -> str:
    """A difference in a line; empty for what follows from others."""
    if turn.what == "recommended":
        lost, new = not turn.now, not turn.was
        return f"{'no longer' if lost else 'now'} recommended: {turn.title}" if lost or new else ""
    if turn.what not in ("mode", "stage", "file"):
        return ""
    return f"{turn.title or turn.what}: was {turn.was or 'nothing'}; is {turn.now or 'nothing'}"
