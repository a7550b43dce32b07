"""Acts with a case: it is recorded with what is shown of it, not followed, seen otherwise, written about, added to."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from salesdx.ledger.errors import Refused

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.case.memory import WorkingMemory
    from salesdx.ledger.log import Person, Trail
    from salesdx.ledger.storage import EntryRow
    from salesdx.trail.book import Book
from salesdx.services.acts import Act, Done, Render, RequestBody, in_force


@dataclass(frozen=True)
class TakenCase(RequestBody):
    """A case as records hold it, with what is about to be shown of it.

    ``case`` is the case file, the profile, the day and what is left out; ``rules`` the digest of the rule base.
    ``result`` is that of the diagnosis, ``asked`` the question of an explanation; the other is empty.
    """

    case: Mapping[str, Any]
    rules: str
    shown: str
    format: str = ""
    result: str = ""
    asked: str = ""


@dataclass(frozen=True)
class RecordCases(Act):
    """Record diagnoses, or an explanation, before they are shown: all of them, or none.

    Nothing is taken on trust: the case is diagnosed again here, by the rules that the service runs, and must come out
    the same. Unless these are in force it is a trial, and has to say so.
    """

    cases: tuple[TakenCase, ...]
    grant: ClassVar[str] = "diagnose"
    runs_rules: ClassVar[bool] = True

    @property
    def record_type(self) -> str:
        return "explanation" if self.cases and self.cases[-1].asked else "diagnosis"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.recording import record_diagnosis, record_explanation
        from salesdx.trail.rerun_one import diagnosed_again
        from salesdx.trail.results import recorded_result

        seq, base = -1, in_force(base)
        with trail.append() as appender:
            for taken in self.cases:
                found = diagnosed_again(base, taken_case(taken.case, taken.rules, base, appender.now()), "auto")
                if taken.asked:
                    seq = record_explanation(appender, found, taken.shown, taken.asked, by)
                    continue
                if recorded_result(found) != taken.result:
                    raise Refused("the service finds otherwise than you: is its program of another version?")
                seq = record_diagnosis(appender, found, taken.shown, taken.format, by)
        return Done(seq)


@dataclass(frozen=True)
class RecordAnswers(Act):
    """Record what is stated in a case otherwise than the trail knows it; ``way`` tells how the answers came."""

    case: Mapping[str, Any]
    rules: str
    way: str
    grant: ClassVar[str] = "answer"
    type: ClassVar[str] = "answer"
    runs_rules: ClassVar[bool] = True

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.recording import record_answers

        with trail.append() as appender:
            memory = taken_case(self.case, self.rules, in_force(base))
            answers = record_answers(appender, memory.base, memory, by, self.way)
        return Done(answers[-1] if answers else -1)


@dataclass(frozen=True)
class Vouch(Act):
    """Say of statements that stand on record in one's name that they are one's own words.

    ``statements`` are as the record has them, each with its `term`, and the `record` in which it was seen.
    """

    case: str
    statements: tuple[Mapping[str, Any], ...]
    grant: ClassVar[str] = "vouch"
    type: ClassVar[str] = "answer"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.own_words import vouch

        more = ("record", "term")
        told = [
            (one.get("record", -1), str(one.get("term")), {k: v for k, v in one.items() if k not in more})
            for one in self.statements
        ]
        with trail.append() as appender:
            return Done(vouch(appender, in_force(base), self.case, told, by))


def taken_case(case: Mapping[str, Any], rules: str, base: RuleBase, now: datetime | None = None) -> WorkingMemory:
    """A case that a client sends. Raises Refused on other rules than those here, and, where it is to be diagnosed
    ``now``, on another day."""
    from salesdx.trail.rerun_one import recorded_memory

    if rules != base.digest:
        raise Refused(f"the rules here are {base.version} ({base.digest[7:19]}), and yours are others")
    try:
        memory = recorded_memory(case, base)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"this is no case as records hold it: {type(error).__name__} {error}") from None
    if memory.supposes:
        raise Refused("a worked case is an example; a trail takes what people state")
    day = now.date() if now else None
    # without a day no evidence would be old
    if day is not None and (memory.today is None or abs(memory.today - day) > timedelta(days=1)):
        raise Refused(f"it is {day} here, and the case is diagnosed for {memory.today or 'no day'}")
    return memory


@dataclass(frozen=True)
class NotFollow(Act):
    """Say that a diagnosis, or one recommendation of it, is not followed, and why."""

    record: int
    reason: str
    instead: str = ""
    recommendation: str | None = None
    grant: ClassVar[str] = "override"
    type: ClassVar[str] = "override"

    def gives(self, book: Book) -> Iterable[EntryRow]:
        return (book.reader.row(book.record(self.record).seq),)

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.rights import override

        return Done(override(trail, self.record, by, self.reason, self.instead, self.recommendation))


@dataclass(frozen=True)
class StateView(Act):
    """Record how the person concerned sees a case, with the facts that they contest: term -> value as text."""

    case: str
    text: str
    contest: Mapping[str, str] = field(default_factory=dict)
    grant: ClassVar[str] = "statement"
    type: ClassVar[str] = "statement"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.rights import state_view

        return Done(*state_view(trail, self.case, self.text, dict(self.contest), by, render))


@dataclass(frozen=True)
class WriteLetter(Act):
    """Write a letter about a diagnosis, to the person concerned or to the manager."""

    record: int
    to: Literal["employee", "manager"]
    format: str = "text"
    grant: ClassVar[str] = "letter"
    type: ClassVar[str] = "letter"

    def gives(self, book: Book) -> Iterable[EntryRow]:
        return (book.reader.row(book.record(self.record).seq),)

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.letters import write_letter

        return Done(-1, write_letter(trail, self.record, self.to, by, render, self.format))


@dataclass(frozen=True)
class AttachFile(Act):
    """Keep a paper or a picture (``data``, in base64) with a case."""

    case: str
    name: str
    data: str
    reason: str
    grant: ClassVar[str] = "attach"
    type: ClassVar[str] = "attachment"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.attachments import attach

        try:
            data = base64.b64decode(self.data, validate=True)
        except ValueError:
            raise Refused("the file is not sent as base64") from None
        return Done(attach(trail, self.case, self.name, data, self.reason, by))
