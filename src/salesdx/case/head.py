"""What the head of a case says beside its facts: who asked for the review, and what is suspected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class AskedBy:
    """Who asked for a review: a role, and the person's identifier."""

    by: str = ""
    author: str = ""

    def parts(self) -> dict[str, str]:
        """As a case file has it, empty parts left out."""
        return {key: part for key, part in (("by", self.by), ("author", self.author)) if part}


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A stage that somebody holds to be the cause. It decides nothing, and is answered."""

    stage: str
    by: str = ""
    author: str = ""
    date: date | None = None

    def parts(self) -> dict[str, str]:
        """As a case file has it, empty parts left out."""
        day = self.date.isoformat() if self.date else ""
        parts = {"stage": self.stage, "by": self.by, "author": self.author, "date": day}
        return {key: part for key, part in parts.items() if part}


@dataclass(frozen=True, slots=True)
class CaseHead:
    """What the head of a case says beside its name, subject, period and result."""

    asked_by: AskedBy = AskedBy()
    suspects: tuple[Suspicion, ...] = ()
