"""A case through time: its time line, what is taken on, its sessions, what can be done now; and one's own sessions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from salesdx.base.judges import SET, VOIDS
from salesdx.base.model import RuleBase
from salesdx.base.records import SESSIONS
from salesdx.case.followed import ACCEPTED, Session
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnosis import Diagnosis
from salesdx.followup.told_actions import actions_of
from salesdx.render.followed_words import CHANGES, became_words, session_state, title
from salesdx.render.pages.case_words import Option, Send, day_words
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.render.time_line import DrawnTime, drawn_time
from salesdx.services.experience import Experience, experience_of
from salesdx.text.english import capital


@dataclass(frozen=True)
class ActionCard:
    """An action: what it is, how it stands, and the lines of it."""

    title: str
    state: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class SessionCard:
    """A session in words; where it is confirmed or contested, None for who does not."""

    title: str
    state: str
    said: str
    confirm: Send | None = None
    contest: Send | None = None
    field: str = ""
    """The name of the field in which it is contested."""
    about: str = ""


@dataclass(frozen=True)
class OfferCard:
    """A recommendation that nobody took on or declined yet, with the names of its fields."""

    id: str
    title: str
    do: str
    worked_when: str
    known: str
    """How often it worked here; empty where too little is known."""
    sets: bool
    """Whether the day on which it is judged is set by whoever begins."""


@dataclass(frozen=True)
class FollowPage(AppPage):
    """What was done about a case, and where more of it is said."""

    template: ClassVar[str] = "follow.html"
    drawn: DrawnTime | None
    actions: tuple[ActionCard, ...]
    sessions: tuple[SessionCard, ...]
    offers: tuple[OfferCard, ...]
    take: Send
    hold: Send | None
    state: Send
    running: tuple[Option, ...]
    kinds: tuple[Option, ...]
    changes: tuple[Option, ...]
    typed: dict[str, str]
    longest: int


def follow_page(
    shell: Shell,
    name: str,
    found: Diagnosis,
    today: date,
    me: str,
    sends: dict[str, Send],
    typed: dict[str, str],
    longest: int,
    known: Iterable[Experience] = (),
) -> FollowPage:
    """The page of a case for ``me``; ``sends`` are the addresses of its forms, those of sessions by their ids,
    ``known`` is what worked elsewhere."""
    memory, base = found.memory, found.base
    taken = {action.intervention for action in memory.followed.actions}
    offers = tuple(
        _offer(base, one.intervention.id, known) for one in found.recommendations if one.intervention.id not in taken
    )
    running = [action for action in memory.followed.actions if action.state == ACCEPTED]
    return FollowPage(
        shell,
        f"What was done: {name}",
        drawn_time(memory, today),
        tuple(_cards(memory, today)),
        tuple(_session(memory, one, today, me, sends) for one in _latest(memory)),
        offers,
        sends["actions"],
        sends["sessions"] if running else None,
        sends["changes"],
        tuple(_options([(a.id, title(base, a.intervention)) for a in running], typed.get("action", ""))),
        tuple(_options([(one, capital(one)) for one in SESSIONS], typed.get("what", ""))),
        tuple(_options([(one, capital(CHANGES[one])) for one in VOIDS], typed.get("change", ""))),
        typed,
        longest,
    )


def _options(rows: list[tuple[str, str]], chosen: str) -> list[Option]:
    return [Option(value, label, value == chosen) for value, label in rows]


def _offer(base: RuleBase, id: str, known: Iterable[Experience]) -> OfferCard:
    found = experience_of(known, id)
    made = base.interventions[id]
    sets = made.judge is not None and SET in (made.judge.after.text, made.judge.until.text)
    return OfferCard(
        id, made.title, made.do, made.worked_when, capital(found.told) if found is not None and found.told else "", sets
    )


def _cards(memory: WorkingMemory, today: date) -> list[ActionCard]:
    cards = []
    for action, found in actions_of(memory, today):
        lines = [f"{action.owner}, from {day_words(action.start)}"] if action.start else []
        if found is not None and found.window is not None:
            lines.append(f"Judged from {day_words(found.window[0])} to {day_words(found.window[1])}")
        state = capital(became_words(memory, action, found))
        cards.append(ActionCard(title(memory.base, action.intervention), state, tuple(lines)))
    return cards


def _latest(memory: WorkingMemory) -> list[Session]:
    return sorted(memory.followed.sessions, key=lambda one: one.date, reverse=True)


def _session(memory: WorkingMemory, one: Session, today: date, me: str, sends: dict[str, Send]) -> SessionCard:
    said = [name.casefold() for name in (one.author, *(each.author for each in one.confirmed))]
    open_ = one.held and not one.disputed and me.casefold() not in said
    return session_card(memory, one, today, sends.get(one.id) if open_ else None)


def session_card(
    memory: WorkingMemory, one: Session, today: date, confirm: Send | None = None, contest: Send | None = None
) -> SessionCard:
    """A session for a reader who may confirm or contest it."""
    action = memory.followed.action(one.action)
    names = ", ".join(filter(None, (one.author, *(each.author for each in one.confirmed))))
    called = f"{capital(one.what)}, {day_words(one.date)}"
    about = title(memory.base, action.intervention) if action else ""
    state = capital(session_state(memory, one, today))
    return SessionCard(called, state, names, confirm, contest, f"reason-{one.id}", about)


@dataclass(frozen=True)
class MySessionsPage(AppPage):
    """The sessions on record about the reader, each with where they contest it."""

    template: ClassVar[str] = "my_sessions.html"
    sessions: tuple[SessionCard, ...]
    typed: dict[str, str]
    longest: int
