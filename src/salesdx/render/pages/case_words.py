"""What pages say of a case: whom it is about and when, what was said of a fact, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from salesdx.base.model import RuleBase, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.money import in_currency
from salesdx.case.statement import Statement, shown_value
from salesdx.case.typed import echo
from salesdx.interview.opening import period_words
from salesdx.render.wording import amount, person
from salesdx.services.asked_case import AUTHOR
from salesdx.text.english import capital


@dataclass(frozen=True)
class Option:
    """One of several: what is sent, what is read, and whether it is the one."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True)
class Send:
    """What every form that changes a case carries: where it goes, and a key that is good once."""

    address: str
    key: str


def case_title(memory: WorkingMemory) -> str:
    """Whom or what a case is about, and when: `Person E-1042, 1 Jul 2026 to 30 Sep 2026`."""
    kind = memory.values.get(memory.base.ladder.subject_term)
    about = " ".join(filter(None, (capital(shown_value(kind)) if kind is not None else "", memory.subject.get("ref"))))
    return ", ".join(filter(None, (about, period_words(memory.period) if memory.period else "")))


def day_words(day: date) -> str:
    """A day as people read it: `30 Sep 2026`."""
    return f"{day.day} {day:%b} {day.year}"


def moment_words(at: datetime, end: bool = False) -> str:
    """A moment as people read it, in full minutes: `30 Sep 2026, 14:05 UTC`. ``end``: not before it."""
    at += timedelta(minutes=1, microseconds=-1) if end else timedelta(0)
    return f"{day_words(at.date())}, {at:%H:%M} UTC"


def stated_words(memory: WorkingMemory, term: Term, said: Statement) -> str:
    """What a statement says: its value with its unit, or why there is none."""
    if said.value is None:
        return f"{said.unknown}{f', because {said.reason}' if said.reason else ''}"
    if said.drawn:  # with more digits than anybody would type
        return amount(term, said.value, memory)
    return in_currency(memory, term, said.value) or echo(term, said.value)


def who_words(base: RuleBase, said: Statement, own: tuple[str, str, bool]) -> str:
    """Who said something, and of which day it is: `you, 30 Sep 2026`."""
    who = "you" if said.voice == own else person(base, said.by) or "nobody named"
    if said.drawn:
        who = f"our systems: {said.source}" if said.source else "our systems"
    if said.author.startswith(AUTHOR):
        who += f", {said.author.removeprefix(AUTHOR)} by link"
    return ", ".join(filter(None, (who, day_words(said.date) if said.date else "", said.kind)))
