"""Case files on disk or standard input -> working memory."""

from __future__ import annotations

import sys
from pathlib import Path

from salesdx.issues import CaseError, Issue
from salesdx.memory import WorkingMemory, read_case
from salesdx.model import RuleBase
from salesdx.source import MAX_BYTES, decode, read_text


def read_case_file(path: str | Path, base: RuleBase) -> WorkingMemory:
    """A case file, or standard input for ``-``. Raises CaseError with every fault."""
    text, shown = read_case_text(path)
    return read_case(text, shown, base)


def read_case_text(path: str | Path) -> tuple[str, str]:
    """The text of a case file and its name in messages. Raises CaseError."""
    if str(path) == "-":
        shown = "<standard input>"
        text, faults = decode(sys.stdin.buffer.read(MAX_BYTES + 1), shown)
    else:
        shown = str(path)
        text, faults = read_text(Path(path), shown)
    if text is None:
        raise CaseError(map(Issue.of, faults))
    return text, shown
