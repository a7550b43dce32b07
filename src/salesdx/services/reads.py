"""What people read in a trail, each read once for every door: what it finds, and which records it shows.

At the service a read shows what the person sees in their role (`trail.sight`), and leaves a mark before it is shown.
Where the trail lies, whoever can open its tables sees everything in them.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from salesdx.ledger.log import Person
    from salesdx.trail.book import Book, Record
    from salesdx.trail.sight import Sight
from salesdx.services.acts import RequestBody

NUMBER = re.compile(r"-?\d{1,15}", re.ASCII)
"""A text that names a record and no case."""


@dataclass(frozen=True)
class Desk:
    """Where somebody reads: the book, who they are, the moment, and the rules in force (their digest).

    ``sight`` is what they see; None where they can open the tables themselves.
    """

    book: Book
    by: Person
    now: datetime
    rules: str = ""
    sight: Sight | None = None


@dataclass(frozen=True)
class ReadFound:
    """What a read found, as its page needs it, and the records of which it shows something."""

    shown: Any
    records: tuple[int, ...]
    taken: int = -1
    """The record that was taken, where it was named by its case."""
    file: bytes = b""


@dataclass(frozen=True)
class Read(RequestBody, ABC):
    """Something that a person reads."""

    kind: ClassVar[str]
    """Its name, under which doors offer it and marks tell it."""

    @abstractmethod
    def find(self, desk: Desk) -> ReadFound:
        """What is to be shown. Raises NoSuch for what there is not, or is not seen; TrailError."""


@dataclass(frozen=True)
class ReadTasks(Read):
    """What waits for the person."""

    kind: ClassVar[str] = "tasks"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.trail.book import Book
        from salesdx.trail.tasks import VOUCH, Tasks, tasks

        whole = Book(desk.book.reader)  # a task is for who may do it, and what it rests on is looked at whole
        found = tasks(whole, desk.by, lambda: desk.now)
        if desk.sight is not None and not desk.sight.anything:  # who administers, or only vouches, sees no case
            plain = (task for task in found.items if task.kind == VOUCH or not (task.case or task.subject))
            found = Tasks(tuple(plain))
        return ReadFound(found, tuple(sorted({task.record for task in found.items})))


@dataclass(frozen=True)
class ListRecords(Read):
    """Records, each in a line; every key that is given narrows the list."""

    case: str = ""
    subject: str = ""
    actor: str = ""
    types: tuple[str, ...] = ()
    stage: str = ""
    status: str = ""
    rule: str = ""
    since: str = ""
    until: str = ""
    limit: int | None = None
    kind: ClassVar[str] = "list"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.ledger.errors import NoSuch, Refused
        from salesdx.ledger.standalone.verifier import TYPES
        from salesdx.trail.listing import Wanted, listing

        if desk.sight is not None:
            desk.sight.check_anything()
        if strange := [type for type in self.types if type not in TYPES]:
            raise Refused(f"no record is of the type `{strange[0][:100]}`")
        wanted = Wanted(**{name: getattr(self, name) for name in Wanted.__dataclass_fields__})
        try:
            found = listing(desk.book, wanted)
        except NoSuch:
            if desk.sight is None or desk.sight.everything:
                raise
            found = []  # a name that there is not, and one that they may not see, look the same
        return ReadFound((found, wanted), _numbers(one.record for one in found))


@dataclass(frozen=True)
class ShowRecord(Read):
    """A record as it was seen, by its number, or of a case its newest diagnosis; ``page``: only what was shown."""

    named: str
    page: bool = False
    kind: ClassVar[str] = "record"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.trail.seen import seen

        taken = record_named(desk.book, self.named)
        found = seen(desk.book, taken)
        if self.page:
            found = replace(found, erasure=None, explanations=(), after=())
        shown = (found.record, *found.explanations, *found.after, *((found.erasure,) if found.erasure else ()))
        return ReadFound(found, _numbers(shown), taken)


@dataclass(frozen=True)
class TellCase(Read):
    """The whole story of a case, as far as it is seen."""

    case: str
    kind: ClassVar[str] = "case"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.trail.story import story

        found = story(desk.book, self.case)
        return ReadFound(found, _numbers(event.record for event in found.events))


@dataclass(frozen=True)
class TellPerson(Read):
    """Everything on record about a person, for who sees all of it."""

    subject: str
    kind: ClassVar[str] = "person"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.trail.concerned import same_subjects
        from salesdx.trail.person_file import person_file

        if desk.sight is not None:
            subject = desk.book.pseudonym("subject", self.subject)
            desk.sight.check_everything_on(same_subjects(desk.book.reader, subject))
        found = person_file(desk.book, self.subject)
        return ReadFound(found, _numbers(event.record for event in found.events))


@dataclass(frozen=True)
class TellReads(Read):
    """Who read what on a person: for who sees all of it, and by roles for the person themselves."""

    subject: str
    kind: ClassVar[str] = "reads"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.trail.book import Book
        from salesdx.trail.concerned import rows_about, same_subjects
        from salesdx.trail.read_marks import reads_of

        whole = Book(desk.book.reader)
        subjects = same_subjects(whole.reader, whole.pseudonym("subject", self.subject))
        own = desk.sight is not None and desk.sight.is_me(subjects)
        if desk.sight is not None and not own:
            desk.sight.check_everything_on(subjects)
        found = reads_of(whole, self.subject, by_role=own)
        return ReadFound(found, tuple(row.seq for row in rows_about(whole.reader, None, subjects)))


@dataclass(frozen=True)
class GetAttachment(Read):
    """The file that a record keeps."""

    record: int
    kind: ClassVar[str] = "attachment"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.trail.attachments import attachment

        record, data = attachment(desk.book, self.record)
        return ReadFound(record, (record.seq,), file=data)


@dataclass(frozen=True)
class ReadSigning(Read):
    """How the sign-off of a diagnosis stands; blind until all have signed."""

    record: int
    kind: ClassVar[str] = "sign-off"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.trail.replay import replayed
        from salesdx.trail.sign_off_story import status
        from salesdx.trail.signing_off import complete_file

        reader, record = desk.book.reader, desk.book.record(self.record)
        found = replayed(reader, self.record)
        stands = status(reader, self.record, desk.rules, lambda: desk.now)
        case = record.case.pseudonym if record.case else ""
        signed = (row.seq for row in reader.rows(case=case, types=("sign_off",)))
        return ReadFound((stands, found.memory.case, complete_file(found)), (self.record, *signed))


@dataclass(frozen=True)
class FindNamed(Read):
    """The case or the person of a name, for who sees everything: its kind and its pseudonym."""

    named: str
    kind: ClassVar[str] = "find"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.ledger.errors import NoSuch
        from salesdx.trail.book import UNSEEN

        if desk.sight is not None and not desk.sight.everything:
            raise NoSuch(UNSEEN)
        for kind in ("case", "subject"):
            try:
                return ReadFound((kind, desk.book.pseudonym(kind, self.named)), ())
            except NoSuch:
                continue
        return ReadFound(None, ())


@dataclass(frozen=True)
class ReadSteps(Read):
    """How far the person is with the sign-off of a diagnosis of a case.

    Who may not sign is told why before they read anything, and nothing else, unless they see the case anyhow.
    """

    case: str
    record: int
    kind: ClassVar[str] = "sign-off"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.ledger.errors import NoSuch, TrailError
        from salesdx.trail.book import UNSEEN, Book
        from salesdx.trail.signing_off import signing_steps

        reader = desk.book.reader
        whole = Book(reader)
        record = whole.record(self.record)
        if record.case is None or whole.pseudonym("case", self.case) != record.case.pseudonym:
            raise NoSuch(UNSEEN)
        try:
            found = signing_steps(whole, self.record, desk.by, desk.rules, lambda: desk.now, whole.people)
        except TrailError as error:
            raise NoSuch(str(error)) from None
        seen = desk.sight is None or desk.sight.sees(reader.row(self.record))
        if not seen and not (found.open and found.barred):
            raise NoSuch(UNSEEN)
        signed = (row.seq for row in reader.rows(case=record.case.pseudonym, types=("sign_off",)))
        return ReadFound((found, seen), (self.record, *signed) if seen else ())


READS: Mapping[str, type[Read]] = {
    read.kind: read
    for read in (
        ReadTasks, ListRecords, ShowRecord, TellCase, TellPerson, TellReads, GetAttachment, ReadSigning,
    )
}  # fmt: skip
"""Every read by its name."""


def record_named(book: Book, named: str) -> int:
    """The record that a text names: by number, or as the newest diagnosis of a case. Raises NoSuch, TrailError."""
    if NUMBER.fullmatch(named):
        return int(named)
    return book.newest_diagnosis(named).seq


def _numbers(records: Iterable[Record]) -> tuple[int, ...]:
    return tuple(sorted({record.seq for record in records}))
