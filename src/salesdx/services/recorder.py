"""Recording in the decision trail what is about to be shown: what cannot be recorded is not shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from salesdx.case.persons import Persons

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.case.memory import WorkingMemory
    from salesdx.engine.diagnosis import Diagnosis
    from salesdx.ledger.log import Appender, Person, Trail
    from salesdx.services.acts import Act, Done, Render
    from salesdx.services.case_acts import TakenCase
    from salesdx.services.page_requests import Asked, Look, MadePages
    from salesdx.services.reads import Read
    from salesdx.services.verifying import AskedVerdict, ServedVerdict


class NoTrailNamed(Exception):
    """A trail is needed, and nobody said which."""


@dataclass(frozen=True)
class ShownPage:
    """What a service shows: the page, the record that was taken where a case was named; a file, its name and kind."""

    page: str
    taken: int = -1
    file: bytes = b""
    name: str = ""
    kind: str = ""


class NotHere(Exception):
    """The service does not offer this: it is done where the trail lies."""


class Remote(Protocol):
    """The service of a trail, as a door reaches it."""

    @property
    def person(self) -> tuple[str, str] | None:
        """Who is logged in there, and in which role."""
        ...

    def perform(self, act: Act, look: Look | None = None) -> Done:
        """Do an act there; what it shows is made by ``look``."""
        ...

    def newest(self, case: str) -> int:
        """The newest diagnosis of a case."""
        ...

    def read(self, read: Read, look: Look) -> ShownPage:
        """What somebody reads there, made by ``look``."""
        ...

    def me(self) -> str:
        """Who is logged in there."""
        ...

    def keys(self) -> dict[str, Any]:
        """The public keys of the trail, and what is proposed to follow."""
        ...

    def verdict(self, asked: AskedVerdict) -> ServedVerdict:
        """What the service finds of the whole trail."""
        ...

    def earlier(self, case: Mapping[str, Any], rules: str) -> Mapping[str, Any]:
        """As records hold it: `left_out`, what earlier records of the subject hold and a case lacks, `persons`, who is
        known to speak in it, and `trial`, whether nobody has adopted its rules."""
        ...

    def attributed(self) -> list[dict[str, Any]]:
        """The statements that stand in one's own name, and for which nobody has vouched."""
        ...


class MissingExtra(Exception):
    """The libraries of the trail are not installed; the message says how to install them."""


@dataclass(frozen=True)
class Recorder:
    """Where to record, with which key, and who acts. Without a trail nothing is recorded."""

    where: str | None
    key: Path | None
    name: str
    role: str
    remote: Remote | None = None
    """The service of the trail, where one is named: it records, and says what earlier records hold."""

    @property
    def by(self) -> Person:
        """Who acts, as the trail records it."""
        from salesdx.ledger.log import Person

        return Person(self.name, self.role)

    def open(self, write: bool = True, serving: bool = False) -> Trail:
        """The trail; ``serving`` by who serves it to others.

        Raises TrailError, NoTrailNamed where none is named, and MissingExtra without its libraries.
        """
        if not self.where:
            raise NoTrailNamed("no trail is named")
        if self.remote is not None:
            raise NotHere(f"`{self.where}` is a service, and this is done where the trail lies")
        with needs_extra():
            from salesdx.ledger.log import open_trail

            return open_trail(self.where, self.key, write, serving)

    @contextmanager
    def append(self) -> Iterator[Appender | None]:
        """One transaction of the trail, or None where none is named."""
        if not self.where:
            yield None
            return
        with self.open().append() as appender:
            yield appender

    @cached_property
    def _read_only(self) -> Trail:
        return self.open(write=False)

    def with_earlier(self, memory: WorkingMemory) -> WorkingMemory:
        """A case with what earlier records of its subject hold and it lacks, and, where the trail knows its people, who
        is known to speak in it, and whether it is a trial; as it is where no trail is named.

        Raises TrailError.
        """
        if not self.where:
            return memory
        with needs_extra():
            from salesdx.trail.on_record import with_earlier
            from salesdx.trail.recording import recorded_case

        if self.remote is not None:
            from salesdx.case.left_out import recorded_statement

            told = self.remote.earlier(recorded_case(memory), memory.base.digest)
            left_out = ((one["term"], recorded_statement(memory.base, one["term"], one)) for one in told["left_out"])
            persons = Persons.of(told["persons"])
            return replace(memory, left_out=tuple(left_out), persons=persons, trial=told["trial"])
        with self._read_only.read() as reader:
            return with_earlier(reader, memory, self.by)

    def as_known(self, diagnosis: Diagnosis) -> Diagnosis:
        """A diagnosis whose case has what the trail knows of it now, to be sent to a service. Raises TrailError."""
        return replace(diagnosis, memory=self.with_earlier(diagnosis.memory))

    def diagnoses(self, pages: Iterable[tuple[Diagnosis, str]], format: str) -> None:
        """Record diagnoses, each with the page of its case alone as it is about to be shown: all of them, or none.

        Raises TrailError; then nothing may be shown. A service makes the page itself: `served_page`.
        """
        with self.append() as appender:
            if appender is not None:
                from salesdx.trail.recording import record_diagnosis

                for diagnosis, page in pages:
                    _refuse_supposed(diagnosis.memory)
                    record_diagnosis(appender, diagnosis, page, format, self.by)

    def served_page(self, found: Iterable[Diagnosis], look: Look) -> str:
        """The page of diagnoses as the service of the trail makes and records it. Raises TrailError."""
        from salesdx.services.case_acts import RecordCases

        assert self.remote is not None
        return self.remote.perform(RecordCases(tuple(map(_taken, found)), look)).page

    def explanation(
        self, diagnosis: Diagnosis, asked: Callable[[], Asked], look: Look, made: Callable[[], MadePages]
    ) -> str:
        """The page of an explanation, recorded: as the service of the trail makes it of what is ``asked``, or
        else as ``made`` gives it.

        Raises TrailError; then nothing may be shown.
        """
        if self.remote is not None:
            from salesdx.services.case_acts import RecordExplanation
            from salesdx.trail.recording import recorded_case

            _refuse_supposed(diagnosis.memory)
            case, rules = recorded_case(diagnosis.memory), diagnosis.base.digest
            return self.remote.perform(RecordExplanation(case, rules, asked(), look)).page
        pages = made()
        with self.append() as appender:
            if appender is not None:
                from salesdx.trail.recording import record_explanation

                _refuse_supposed(diagnosis.memory)
                record_explanation(appender, diagnosis, pages.alone[0], pages.asked, self.by)
        return pages.page

    def do(self, act: Act, base: RuleBase | None = None, render: Render = str, look: Look | None = None) -> Done:
        """Do an act: at the service, or here with a name that was typed. Raises Refused, TrailError.

        ``render`` makes the page that an act shows; a service makes it by ``look``. Here nobody signs for another, so
        what takes more than one person is refused.
        """
        if self.remote is not None:
            return self.remote.perform(act, look)
        from salesdx.services.acts import NEEDS_PEOPLE

        if act.grant in NEEDS_PEOPLE:
            from salesdx.ledger.errors import Refused

            raise Refused(
                "names are only typed in this trail, and this takes different persons: `salesdx trail people begin` "
                "makes a register of them, and `salesdx serve` writes it"
            )
        with needs_extra():
            return act.run(self.open(), self.by, base, render)

    def answers(self, base: RuleBase, memory: WorkingMemory, way: str) -> None:
        """Record what is stated otherwise than the trail knows it. Raises TrailError."""
        if self.remote is not None:
            from salesdx.services.case_acts import RecordAnswers
            from salesdx.trail.recording import recorded_case

            _refuse_supposed(memory)
            self.remote.perform(RecordAnswers(recorded_case(memory), base.digest, way))
            return
        with self.append() as appender:
            if appender is not None:
                from salesdx.trail.recording import record_answers

                _refuse_supposed(memory)
                record_answers(appender, base, memory, self.by, way)


def _refuse_supposed(memory: WorkingMemory) -> None:
    """A worked case is an example: what is only supposed to be on record is none. Raises TrailError."""
    from salesdx.ledger.errors import TrailError

    if memory.supposes:
        raise TrailError(
            f"`{memory.case}` is a worked case: with `stated` its facts are only supposed to come from those who must "
            "know, and a trail takes what people state; take `stated` and `expect` out of it"
        )


def _taken(diagnosis: Diagnosis) -> TakenCase:
    from salesdx.services.case_acts import TakenCase
    from salesdx.trail.recording import recorded_case
    from salesdx.trail.results import recorded_result

    _refuse_supposed(diagnosis.memory)
    return TakenCase(recorded_case(diagnosis.memory), diagnosis.base.digest, recorded_result(diagnosis))


NO_RECORDER = Recorder(None, None, "", "")
NEEDING = {
    "trail": "the trail needs",
    "serve": "the service needs",
    "facts": "drawing facts from systems needs",
    "bulk": "deciding many cases at once needs",
    "spark": "deciding many cases on a cluster needs",
}
"""Extra -> what needs its libraries, in words."""


@contextmanager
def needs_extra(what: str = "trail") -> Iterator[None]:
    """Where a library of an extra is not installed, MissingExtra says so instead of a traceback."""
    try:
        yield
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library == "salesdx":
            raise
        extra = "postgresql" if library == "psycopg" else what
        raise MissingExtra(f"{NEEDING[what]} {library}: `pip install 'salesdx[{extra}]'`") from None
