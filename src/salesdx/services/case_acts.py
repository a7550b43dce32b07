"""Acts with a case: it is recorded with what is shown of it, not followed, seen otherwise, written about, added to."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from salesdx.ledger.errors import Refused, TrailError

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.case.memory import WorkingMemory
    from salesdx.engine.diagnosis import Diagnosis
    from salesdx.ledger.log import Person, Trail
    from salesdx.ledger.storage import EntryRow
    from salesdx.trail.book import Book
    from salesdx.trail.letters import MadeLetter
from salesdx.services.acts import Act, Done, Render, RequestBody, in_force
from salesdx.services.page_requests import (
    PLAIN,
    Collecting,
    Drawing,
    Look,
    MadePages,
    Questions,
    ShownAnswer,
    ShownCases,
    look_told,
)


@dataclass(frozen=True)
class TakenCase(RequestBody):
    """A case that a client has diagnosed: the case file, the profile, the day and what is left out, as records hold
    them, the digest of the ``rules``, and the ``result``."""

    case: Mapping[str, Any]
    rules: str
    result: str


@dataclass(frozen=True)
class RecordCases(Act):
    """Show diagnoses on a page, and record them before: all of them, or none.

    Nothing is taken on trust: the case is diagnosed again here, by the rules that the service runs, and must come out
    the same; the page is made here. Unless these rules are in force it is a trial, and has to say so.
    """

    cases: tuple[TakenCase, ...]
    looks: Look = PLAIN
    grant: ClassVar[str] = "diagnose"
    type: ClassVar[str] = "diagnosis"
    runs_rules: ClassVar[bool] = True

    def prepared(self, trail: Trail, by: Person, base: RuleBase, render: Render) -> Act:
        from salesdx.trail.results import recorded_result

        if not self.cases:
            raise Refused("no case is sent")
        found = tuple(_diagnosed(trail, taken.case, taken.rules, base) for taken in self.cases)
        if any(recorded_result(one) != taken.result for one, taken in zip(found, self.cases, strict=True)):
            raise Refused("the service finds otherwise than you: is its program of another version?")
        of = len(found)
        made = tuple(page_made(self.looks, number=number, of=of) for number in range(1, of + 1))
        return _RecordPages(found, render(ShownCases(found, self.looks, of=of)), made)

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        return self.prepared(trail, by, in_force(base), render).run(trail, by, base, render)


@dataclass(frozen=True)
class RecordExplanation(Act):
    """Show why a case came out as it did, what would change it, or what answers change in it, and record it before.

    The case is diagnosed here, by the rules that the service runs, and what is ``asked`` is answered here.
    """

    case: Mapping[str, Any]
    rules: str
    asked: Questions | Drawing | Collecting
    looks: Look = PLAIN
    grant: ClassVar[str] = "diagnose"
    type: ClassVar[str] = "explanation"
    runs_rules: ClassVar[bool] = True

    def prepared(self, trail: Trail, by: Person, base: RuleBase, render: Render) -> Act:
        found = _diagnosed(trail, self.case, self.rules, base)
        if isinstance(self.asked, Collecting):
            from salesdx.trail.recording import check_changed

            check_changed(trail, case_sent(self.asked.before, base), found.memory)
        made = page_made(self.looks, asked=asdict(self.asked))
        return _RecordPages((found,), render(ShownAnswer(found, self.asked, self.looks)), (made,), explains=True)

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        return self.prepared(trail, by, in_force(base), render).run(trail, by, base, render)


@dataclass(frozen=True)
class _RecordPages(Act):
    """Record what was made of cases here, before it is shown; ``made`` says how, so that it can be made again."""

    found: tuple[Diagnosis, ...]
    pages: MadePages
    made: tuple[Mapping[str, Any], ...]
    explains: bool = False
    grant: ClassVar[str] = "diagnose"

    def done_before(self, trail: Trail, record: int) -> Done:
        return Done(record, self.pages.page)

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.recording import record_diagnosis, record_explanation

        seq = -1
        with trail.append() as appender:
            for found, page, made in zip(self.found, self.pages.alone, self.made, strict=True):
                if self.explains:
                    seq = record_explanation(appender, found, page, self.pages.asked, by, made)
                else:
                    seq = record_diagnosis(appender, found, page, str(made["format"]), by, made)
        return Done(seq, self.pages.page)


def _diagnosed(trail: Trail, case: Mapping[str, Any], rules: str, base: RuleBase) -> Diagnosis:
    """A case that a client sends, diagnosed here. Raises Refused on another day than that of the service."""
    from salesdx.ledger.moments import utc_now
    from salesdx.trail.rerun_one import diagnosed_again

    memory = taken_case(case, rules, base)
    day = ((trail.acting and trail.acting.now) or utc_now)().date()
    if memory.today is None or abs(memory.today - day) > timedelta(days=1):  # without a day no evidence would be old
        raise Refused(f"it is {day} here, and the case is diagnosed for {memory.today or 'no day'}")
    return diagnosed_again(base, memory, "auto")


def page_made(look: Look, **more: Any) -> dict[str, Any]:
    """How a page is made, as its record holds it: by which program, beside which shipped rules, in which look."""
    from salesdx.base.loading import shipped_digest
    from salesdx.trail.wheels import program_digest

    return {"program": program_digest(), "shipped": shipped_digest(), **look_told(look), **more}


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


def taken_case(case: Mapping[str, Any], rules: str, base: RuleBase) -> WorkingMemory:
    """A case that a client sends. Raises Refused on other rules than those here."""
    if rules != base.digest:
        raise Refused(f"the rules here are {base.version} ({base.digest[7:19]}), and yours are others")
    return case_sent(case, base)


def case_sent(case: Mapping[str, Any], base: RuleBase) -> WorkingMemory:
    """A case as records hold it, read by the rules here. Raises Refused."""
    from salesdx.trail.rerun_one import recorded_memory

    try:
        memory = recorded_memory(case, base)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"this is no case as records hold it: {type(error).__name__} {error}") from None
    except TrailError as error:
        raise Refused(str(error)) from None
    if memory.supposes:
        raise Refused("a worked case is an example; a trail takes what people state")
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

    def prepared(self, trail: Trail, by: Person, base: RuleBase, render: Render) -> Act:
        return self._made(trail, render)

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        return self._made(trail, render).run(trail, by, base, render)

    def _made(self, trail: Trail, render: Render) -> _RecordLetter:
        from salesdx.trail.letters import MadeLetter

        now = trail.acting.now if trail.acting else None  # the date in it is the service's
        return _RecordLetter(MadeLetter.of(trail, self.record, self.to, render, self.format, now))


@dataclass(frozen=True)
class KeepLetter(Act):
    """Record a letter that was worked out apart, before it is shown; no door takes it from a client."""

    record: int
    to: Literal["employee", "manager"]
    format: str
    shown: str
    grant: ClassVar[str] = "letter"
    type: ClassVar[str] = "letter"

    def gives(self, book: Book) -> Iterable[EntryRow]:
        return (book.reader.row(book.record(self.record).seq),)

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        from salesdx.trail.letters import MadeLetter
        from salesdx.trail.replay import replayed

        with trail.read() as reader:
            made = MadeLetter(replayed(reader, self.record), self.to, self.format, self.shown)
        return Done(made.record(trail, by, trail.acting.now if trail.acting else None), self.shown)


@dataclass(frozen=True)
class _RecordLetter(Act):
    """Record a letter that was made, before it is shown."""

    made: MadeLetter
    grant: ClassVar[str] = "letter"

    def run(self, trail: Trail, by: Person, base: RuleBase | None, render: Render) -> Done:
        return Done(self.made.record(trail, by, trail.acting.now if trail.acting else None), self.made.shown)


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
