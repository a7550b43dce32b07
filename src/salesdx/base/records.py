"""What the record of actions and their sessions states: then it is read from there, and not from anybody's memory."""

from __future__ import annotations

from dataclasses import dataclass

from salesdx.base.shapes import CONDITION, Amount, Anything, Demand, Field, Form, ListOf, NameOf, OneOf
from salesdx.language.conditions import Expr, Value

SESSIONS = ("coaching", "training", "warning", "hearing")
"""What a session can be."""
GIVEN, HELD, PLANNED, BEGAN, LASTED, JUDGED = RECORDED = ("given", "held", "planned", "began", "lasted", "judged")
"""What a record can state: that sessions were held, how many were, how many were to be, when their action began, for
how many days it ran, and what became of it."""

CHOICE = Form(
    "a line of `choose`",
    (
        Field("when", CONDITION, "a condition", required=True),
        Field("value", Anything(), "the value if it is the first true one", True, beyond="a value of the term"),
    ),
)
LEAST = Amount(1, 100, whole=True, default=1)
RECORD = Form(
    "a record",
    (
        Field(
            "states",
            OneOf(RECORDED),
            "`given`: that sessions were held; `held`, `planned`: how many were, and were to be; `began`: the day on "
            "which their action began; `lasted`: the days from then to the last of them; `judged`: what became of it",
            required=True,
        ),
        Field("what", OneOf(SESSIONS), "which sessions count. Left out: all"),
        Field("of", NameOf("intervention"), "only those inside the window of its last action. Left out: of any action"),
        Field("least", LEAST, "how many days with such a session are needed, for `given`. Left out: 1"),
        Field("choose", ListOf(CHOICE, 1), "for `judged`: once the action is decided, the first true line counts"),
    ),
    (
        Demand(("of",), needed=True, given="states", values=(BEGAN, LASTED, JUDGED)),
        Demand(("choose",), needed=True, given="states", values=(JUDGED,)),
    ),
)


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """How the record states a term: of what is typed of it, nothing meets a floor."""

    states: str
    """One of ``RECORDED``."""
    what: str = ""
    """Which of ``SESSIONS`` count; empty: all."""
    of: str = ""
    """The intervention whose last action counts, and what lies inside its window; empty: any action."""
    least: int = 1
    """On how many days sessions must have been held."""
    choose: tuple[tuple[Expr, Value], ...] = ()
    """Conditions with their values, of which the first true one counts."""
