"""What somebody reads before they write about a case: its diagnoses, the facts in them, letters and statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from salesdx.ledger.errors import NoSuch, TrailError
from salesdx.services.reads import Desk, Read, ReadFound

if TYPE_CHECKING:
    from salesdx.trail.book import Record

MOST_TOLD = 20
"""So many records of a kind are listed, the newest first."""


@dataclass(frozen=True)
class CaseTold:
    """A case by its newest diagnosis. ``personal``: it is about one person. ``facts`` are what is stated in it: term,
    what it is called, and what the record says of it."""

    name: str
    pseudonym: str
    newest: int
    personal: bool
    trial: bool
    facts: tuple[tuple[str, str, str], ...]
    diagnoses: tuple[Record, ...]
    letters: tuple[Record, ...]
    statements: tuple[Record, ...]


@dataclass(frozen=True)
class ReadTold(Read):
    """A case, for who sees its newest diagnosis, with what was written about it."""

    case: str
    kind: ClassVar[str] = "told"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.trail.letters import about_a_person
        from salesdx.trail.replay import replayed
        from salesdx.trail.rights import firm

        newest = desk.book.newest_diagnosis(self.case)
        if newest.case is None or newest.body is None:
            raise NoSuch("there is no such case")
        found, case = replayed(desk.book.reader, newest.seq), newest.case.pseudonym
        memory, terms = found.memory, found.base.terms
        facts = tuple(
            (term, terms[term].called, firm(memory.fact(term))) for term in terms if term in memory.statements
        )
        kinds = {
            kind: tuple(desk.book.records(case=case, types=(kind,), newest_first=True))[:MOST_TOLD]
            for kind in ("diagnosis", "letter", "statement")
        }
        told = CaseTold(
            memory.case,
            case,
            newest.seq,
            about_a_person(found.diagnosis),
            newest.trial,
            facts,
            kinds["diagnosis"],
            kinds["letter"],
            kinds["statement"],
        )
        shown = {newest.seq, *(record.seq for records in kinds.values() for record in records)}
        return ReadFound(told, tuple(sorted(shown)))


@dataclass(frozen=True)
class ReadJob(Read):
    """What is worked out of some diagnoses, for who sees all on record: the other cases, too, that it tells of. It
    gives those (pseudonyms) of which it must not: they are about whoever asks."""

    what: str
    records: tuple[int, ...]
    kind: ClassVar[str] = "closer"

    def find(self, desk: Desk) -> ReadFound:
        if desk.sight is not None and not desk.sight.everything:
            raise NoSuch("there is no such page")
        try:
            for record in self.records:
                desk.book.diagnosis(record)
                if desk.sight is not None and not desk.sight.sees(desk.book.reader.row(record)):
                    raise NoSuch("there is no such record")
        except TrailError as error:
            raise NoSuch(str(error)) from None
        mine = desk.sight.cases_about_me if desk.sight is not None else frozenset()
        return ReadFound(tuple(sorted(mine)), self.records)
