"""A case at which somebody sits, as the pages have it, and how an act changes it together with its record."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from salesdx.base.model import Term
from salesdx.case.memory import WorkingMemory
from salesdx.interview.conversation import Conversation
from salesdx.interview.opening import REF
from salesdx.ledger.acting import Beside
from salesdx.ledger.errors import NoSuch, Refused, TrailError
from salesdx.ledger.log import Person
from salesdx.ledger.moments import stamp
from salesdx.render.pages.case_words import Send
from salesdx.services.acts import Act, check_may
from salesdx.services.case_acts import RecordAnswers
from salesdx.services.held_case import BeginFaults, Undo, begin_case, held_interview, held_text, speaker_of, standing_of
from salesdx.trail.concerned import members_called
from salesdx.trail.recording import recorded_case
from salesdx.trail.seats import OWNER
from salesdx.web.pages.guard import FrontDesk, Visit, Working
from salesdx.web.store import CaseRow, Overtaken, begin_row, change_row, keep_standing, seats_of

TRIES = 5
"""How often a change is made anew where others changed other facts of the case at the same moment."""


@dataclass(frozen=True)
class HeldPage:
    """A case as somebody sees it now: its row, and their interview on it."""

    desk: FrontDesk
    by: Person
    row: CaseRow
    conversation: Conversation
    standing: Mapping[str, Any]

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def subject(self) -> str:
        """Whom or what it is about, as its records name it; empty where nobody is named."""
        return self.conversation.memory.subject.get("ref", "")

    @property
    def today(self) -> date:
        return today_at(self.desk)

    def address(self, *parts: str) -> str:
        """The address of a page of the case."""
        return "/".join(("", "cases", self.id, *parts))

    def question(self, name: str) -> str:
        """The address of a question."""
        return self.address("questions", name)

    def send(self, *parts: str) -> Send:
        """Where a form goes, with a new key."""
        return Send(self.address(*parts), new_key())

    def next_address(self) -> str:
        """Where it goes on: the next question, or all answers where none is left."""
        term = self.conversation.term
        return self.address("answers") if term is None else self.question(term.name)

    def asked(self, name: str) -> tuple[Conversation, Term]:
        """The interview where it asks a question; also one to which its person went back. Raises NoSuch."""
        term = self.conversation.base.terms.get(name)
        if term is None or not term.question or name in self.conversation.memory.fixed:
            raise NoSuch("there is no such question")
        now = self.conversation
        return (now, term) if now.term == term else (_went_back(now, name), term)


def _went_back(conversation: Conversation, name: str) -> Conversation:
    found = replace(conversation, asked=name, again=tuple(each for each in conversation.again if each != name))
    found.__dict__["survey"] = conversation.survey  # which question is asked changes nothing of where it stands
    return found


def today_at(desk: FrontDesk) -> date:
    """The day at the service."""
    return desk.server.now().date()


def new_key() -> str:
    """A key that is good once."""
    return secrets.token_hex(10)


def held_page(visit: Working, id: str) -> HeldPage:
    """A case by its identifier. Raises NoSuch where there is none, or the person does not sit at it or may not work on
    one in the role in use."""
    desk, by = visit.desk, visit.by
    row = desk.store.case(id, by.name)
    if row is None:
        raise NoSuch("there is no such case")
    check_works(desk, by)
    standing = row.standing
    speaker = speaker_of(by.name, by.role)
    conversation = held_interview(desk.base, row.text, id, speaker, standing, today_at(desk))
    return HeldPage(desk, by, row, conversation, standing)


def record_beginning(visit: Working, id: str, told: Mapping[str, str], old: WorkingMemory | None = None) -> None:
    """Begin a case under an identifier, recorded with what is known of it, in one transaction; with what of ``old``
    holds there. Raises BeginFaults."""
    desk, by = visit.desk, visit.by
    today = today_at(desk)
    speaker = speaker_of(by.name, by.role)
    text = begin_case(desk.base, id, speaker, told, today, old)
    with desk.thinking:
        begun = held_interview(desk.base, text, id, speaker, {}, today)
    try:
        check_about_another(desk, by, begun.memory)
    except Refused as error:
        raise BeginFaults({REF: str(error)}) from None
    rules = desk.base.digest
    opened = stamp(desk.server.now())

    def beside(connection: sa.Connection) -> None:
        begin_row(connection, id, by.name, text, rules, opened)

    act = RecordAnswers(recorded_case(begun.memory), rules, visit.way)
    desk.server.perform_beside(act, by, str, form_key(id, "begin"), beside)


def check_about_another(desk: FrontDesk, by: Person, memory: WorkingMemory) -> None:
    """Raises Refused for a case about the person who begins it."""
    if by.name in members_called({memory.subject.get(REF, "")}, desk.server.register()):
        raise Refused("whoever works on a review is not whom it is about")


def owned_page(visit: Visit, id: str) -> HeldPage:
    """A case that the person owns. Raises NoSuch for everybody else, also for who sits at it beside its owner."""
    now = held_page(visit, id)
    if now.row.seat != OWNER:
        raise NoSuch("there is no such case")
    return now


def check_works(desk: FrontDesk, by: Person) -> None:
    """Raises NoSuch for a role that answers no questions."""
    try:
        check_may(RecordAnswers, by, desk.server.in_force())
    except Refused as error:
        raise NoSuch(str(error)) from None


WEB, API = "web", "api"
"""The doors to a case: the pages, and programs."""


def form_key(case: str, key: str, *typed: object, door: str = WEB) -> str:
    """The key of a form or a request as the trail knows it: with something else typed in it, it is another one."""
    return form_keys(case, door) + sha256(repr((key, *typed)).encode()).hexdigest()[:32]


def form_keys(case: str, door: str = WEB) -> str:
    """How the keys of all that a door has recorded of a case begin."""
    return f"{door}:{case}:"


def record_answer(
    visit: Working,
    id: str,
    form: Mapping[str, str],
    name: str,
    change: Callable[[HeldPage], tuple[Conversation, Undo | None, tuple[str, ...]]],
) -> HeldPage:
    """Record another answer to a question, with the case as it is by then, in one transaction; the case after it.

    ``change`` gives the interview after the answer, how it is undone, and what it did; what it raises is raised, and
    nothing has happened. A ``form`` that was taken before does nothing.
    """
    typed = sorted((field, told) for field, told in form.items() if field not in ("form_token", "key"))
    key = form_key(id, form.get("key", ""), name, typed)
    desk, server = visit.desk, visit.desk.server
    for _ in range(TRIES):
        now = held_page(visit, id)
        if server.done(key) is not None:
            return now
        with desk.thinking:
            after, undo, did = change(now)
        text = held_text(now.row.text, after, name)

        standing = standing_of(after, undo, did)
        beside = partial(_store, now, text, after.base.digest, standing)
        act = RecordAnswers(recorded_case(after.memory), after.base.digest, visit.way)
        try:
            server.perform_beside(act, visit.by, str, key, beside)
        except Overtaken:
            continue
        return replace(now, conversation=after, standing=standing)
    raise TrailError("too many people change this case at the same moment")


def stored_now(visit: Visit | HeldPage, act: Act, key: str, store: Beside) -> bool:
    """Do an act and what stands beside it, once for each ``key``; whether that was now, and not before."""
    done: list[bool] = []

    def beside(connection: sa.Connection) -> None:
        store(connection)
        done.append(True)

    visit.desk.server.perform_beside(act, visit.by, str, key, beside)
    return bool(done)


def change_held(connection: sa.Connection, now: HeldPage, text: str, rules: str) -> None:
    """Another text of a case, by who sits at it still. Raises Overtaken."""
    change_row(connection, now.row, text, rules)
    if now.by.name not in seats_of(connection, now.id):
        raise Overtaken


def _store(now: HeldPage, text: str, rules: str, standing: Mapping[str, Any], connection: sa.Connection) -> None:
    change_held(connection, now, text, rules)
    keep_standing(connection, now.id, now.by.name, standing)
