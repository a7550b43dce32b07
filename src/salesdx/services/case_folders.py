"""The case files of folders, for what is told over many cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from salesdx.base.model import RuleBase
from salesdx.case.file import FIRM_FILE, read_case_file
from salesdx.case.followed import Followed
from salesdx.case.memory import WorkingMemory
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import Mapping, parse_yaml, read_text

SUFFIXES = (".yaml", ".yml", ".json")
_KEYS = ("actions", "sessions", "follows")


def followed_cases(base: RuleBase, paths: Iterable[Path], firm: Path | None) -> list[tuple[Path, WorkingMemory]]:
    """The cases of files and folders about which something was done, in the order of their paths. Raises CaseError."""
    found = cases_of_folders(base, paths, firm, _KEYS)
    return [(path, memory) for path, memory in found if memory.followed != Followed()]


def cases_of_folders(
    base: RuleBase, paths: Iterable[Path], firm: Path | None, keys: tuple[str, ...] = ("facts",)
) -> list[tuple[Path, WorkingMemory]]:
    """The cases of files and folders, in the order of their paths.

    A file that is named must be a case; in a folder, what has no facts, or none of some keys, is passed over, and so
    are worked cases. Raises CaseError with the faults of all.
    """
    issues: list[Issue] = []
    found: list[tuple[Path, WorkingMemory]] = []
    for path in dict.fromkeys(case for folder in paths for case in _files(folder, keys)):
        try:
            memory = read_case_file(path, base, firm)
        except CaseError as error:
            issues += error.issues
            continue
        found.append((path, memory))
    if issues:
        raise CaseError(issues)
    return found


def _files(path: Path, keys: tuple[str, ...]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.suffix in SUFFIXES and file.name != FIRM_FILE and file.is_file() and _is_case(file, keys):
            yield file


def _is_case(path: Path, keys: tuple[str, ...]) -> bool:
    """Whether a file of a folder is a case with one of some keys, and expects nothing."""
    text, _ = read_text(path, str(path))
    if text is None or not any(key in text for key in keys):
        return False
    node, _ = parse_yaml(text, str(path))
    if not isinstance(node, Mapping) or node.key("facts") is None or node.key("expect") or node.key("firm"):
        return False
    return any(node.key(key) for key in keys)
