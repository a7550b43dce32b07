"""Everything on record about one person: over all of their cases, under whatever name a case was copied."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from salesdx.ledger.log import Person
from salesdx.ledger.standalone.register import LINK, TYPED, UNPROVED, Register
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.trail.lookalike import alike

LINKED = ", by link"
"""Behind the name of who answers by a link: it is no identifier of a person."""


@dataclass(frozen=True)
class Actor:
    """Who acts or acted: ``person`` is the identifier of a registered person, else the name as a reader takes it."""

    person: str
    name: str
    role: str

    @property
    def forms(self) -> set[str]:
        """What they may stand under in older records too, in which names were typed."""
        return {self.person, self.name, alike(self.name)}


def actor_of(by: Person) -> Actor:
    """Somebody who acts now."""
    return Actor(alike(by.name) if by.identity in UNPROVED else by.name, by.name, by.role)


def actor_in(row: EntryRow, name: str) -> Actor:
    """Who made a record; ``name`` is the one in its content."""
    header = row.header
    return Actor(alike(name) if header.get("identity", TYPED) in UNPROVED else name, name, header["role"])


def link_person(receiver: str, role: str) -> Person:
    """Whoever answers by a link that was sent to ``receiver``: a name that somebody typed, and said to be one."""
    return Person(receiver + LINKED, role, LINK)


def subjects_named(reader: LogReader, name: str) -> set[str]:
    """The pseudonyms of a subject by its name: those of all names that a reader takes for it."""
    told = alike(name)
    return {found for found, kind, text in reader.names() if kind == "subject" and alike(text) == told}


def same_subjects(reader: LogReader, subject: str | None) -> set[str]:
    """The pseudonyms of a subject by one of them; none where nobody is named."""
    if subject is None:
        return set()
    name = reader.name(subject)
    return {subject} if name is None else subjects_named(reader, name) | {subject}


def members_named(reader: LogReader, subject: str, register: Register | None) -> set[str]:
    """Who of the register a subject (its pseudonym) is: whom a reader takes for it by identifier or name."""
    return members_called({name for one in same_subjects(reader, subject) if (name := reader.name(one))}, register)


def members_called(names: Collection[str], register: Register | None) -> set[str]:
    """Whom of the register a reader takes for one of some names that were typed, by identifier or name."""
    told, members = (
        {alike(name.removesuffix(LINKED)) for name in names},
        register.members.values() if register is not None else (),
    )
    return {one.id for one in members if told & {alike(one.id), alike(one.name)}}


def line_above(reader: LogReader, subject: str, register: Register | None) -> set[str]:
    """Everybody above a subject (its pseudonym) in the register: identifiers, and these as a reader takes them."""
    if register is None:
        return set()
    found = {above for id in members_named(reader, subject, register) for above in register.line(id)}
    return found | {alike(id) for id in found}


def cases_naming(reader: LogReader, subjects: Iterable[str]) -> set[str]:
    """The cases (pseudonyms) in which one of some subjects is named."""
    found = (row.header["case"] for subject in subjects for row in reader.rows(subject=subject))
    return {case for case in found if case is not None}


def beside(
    reader: LogReader, case: str | None, subject: str | None, start: int = 0, types: Sequence[str] = ()
) -> list[EntryRow]:
    """The records about the same person as those of ``case`` and ``subject`` (pseudonyms), in order."""
    return rows_about(reader, case, same_subjects(reader, subject), start, types)


def rows_about(
    reader: LogReader, case: str | None, subjects: Collection[str], start: int = 0, types: Sequence[str] = ()
) -> list[EntryRow]:
    """The records about a subject (its pseudonyms) in order: of all of its cases, and of ``case``.

    What was recorded in these cases before they named anybody is among them; what names another subject there is not.
    """
    found = {row.seq: row for one in subjects for row in reader.rows(start, subject=one, types=types)}
    for one in cases_naming(reader, subjects) | ({case} if case is not None else set()):
        for row in reader.rows(start, case=one, types=types):
            if row.header["subject"] is None or row.header["subject"] in subjects:
                found[row.seq] = row
    return [found[seq] for seq in sorted(found)]
