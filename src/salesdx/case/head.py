"""What the head of a case says beside its facts: who asked for the review."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AskedBy:
    """Who asked for a review: a role, and the person's identifier."""

    by: str = ""
    author: str = ""

    def parts(self) -> dict[str, str]:
        """As a case file has it, empty parts left out."""
        return {key: part for key, part in (("by", self.by), ("author", self.author)) if part}


@dataclass(frozen=True, slots=True)
class CaseHead:
    """What the head of a case says beside its name, subject and period."""

    asked_by: AskedBy = AskedBy()
