"""What may be typed instead of an answer, and what a typed line did."""

from __future__ import annotations

from dataclasses import dataclass

from salesdx.base.model import Term
from salesdx.engine.comparing import StageChange

COMMANDS = (
    *(
        "?",
        "why",
        "don't know",
        "not applicable",
        "later",
        "back",
        "change WORDS",
        "review",
        "withdraw",
        "show",
        "note",
    ),
    *("ask WHO", "write", "go on", "quit"),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a typed line did.

    ``kind`` is opened (the head of the case says something new), answered, withdrawn, noted, later, moved (another
    question is shown), asked back, choice, review, help, why, show, write, quit or fault; ``text`` says what was
    understood, or what is wrong; ``unneeded`` are
    answers that no longer matter after a correction.
    """

    kind: str
    text: str = ""
    term: Term | None = None
    changes: tuple[StageChange, ...] = ()
    unneeded: tuple[str, ...] = ()
