"""What human resources and legal read of what is kept and what goes: legal holds, and erasures on their way.

Reads of the pages alone: the command line lists the same where the trail lies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from salesdx.ledger.errors import NoSuch, Refused
from salesdx.services.reads import Desk, Read, ReadFound

if TYPE_CHECKING:
    from salesdx.base.model import RuleBase
    from salesdx.ledger.storage import LogReader
    from salesdx.trail.announced import OnItsWay
    from salesdx.trail.erasure import Plan
    from salesdx.trail.holds import Hold

Erasable = Literal["case", "subject"]
UNSEEN_PAGE = "there is no such page"


@dataclass(frozen=True)
class HoldsFound:
    """The holds that are open, how many persons the end of one takes, and what the reader may do."""

    holds: tuple[Hold, ...]
    persons: int
    puts: bool
    ends: bool


@dataclass(frozen=True)
class ReadHolds(Read):
    """The legal holds that are open, for who may put or end one, or sees everything."""

    kind: ClassVar[str] = "holds"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.trail.holds import legal_holds
        from salesdx.trail.persons_needed import persons_needed, policy_in_force

        reader, sight = desk.book.reader, desk.sight
        puts, ends = sight is None or sight.may("hold"), sight is None or sight.may("release")
        if sight is not None and not (puts or ends or sight.everything):
            raise NoSuch(UNSEEN_PAGE)
        found = tuple(
            hold
            for hold in legal_holds(reader)
            if hold.released is None and (sight is None or sight.sees(reader.row(hold.seq)))
        )
        needed = persons_needed(policy_in_force(reader), "release")
        records = (one for hold in found for one in (hold.seq, *(each.seq for each in hold.asked)))
        return ReadFound(HoldsFound(found, needed, puts, ends), tuple(sorted(records)))


@dataclass(frozen=True)
class ErasureOnWay:
    """What is to go: of which kind and name, under which pseudonym, and how far it is."""

    kind: Erasable
    name: str
    pseudonym: str
    way: OnItsWay


@dataclass(frozen=True)
class ReadErasures(Read):
    """The erasures that are announced, for who may erase."""

    kind: ClassVar[str] = "erasures"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.trail.announced import all_on_their_way

        _check_erases(desk)
        reader = desk.book.reader
        found = []
        for target, way in all_on_their_way(reader):
            if way.act == "erase" and _whole_is_seen(desk, kind := _kind(reader, target[0]), target[0]):
                found.append(ErasureOnWay(kind, reader.name(target[0]) or target[0], target[0], way))
        return ReadFound(tuple(found), tuple(sorted(one.seq for each in found for one in each.way.wanted)))


@dataclass(frozen=True)
class ReadErasure(Read):
    """What the erasure of a case or a subject takes (its name, or its pseudonym), and how far it is."""

    of: Erasable
    named: str
    kind: ClassVar[str] = "erasure"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.trail.announced import on_its_way
        from salesdx.trail.erasure import find, plan_of

        _check_erases(desk)
        reader = desk.book.reader
        try:
            pseudonym, name = find(reader, self.of, self.named)
        except Refused as error:
            raise NoSuch(str(error)) from None
        if not _whole_is_seen(desk, self.of, pseudonym):
            raise NoSuch(UNSEEN_PAGE)
        subject, case = (None, name) if self.of == "case" else (name, None)
        plan: Plan = plan_of(reader, subject, case, ())
        way = on_its_way(reader, plan)
        shown = {*(item.seq for item in plan.goes), *(one.seq for one in way.wanted)}
        return ReadFound((plan, way, pseudonym), tuple(sorted(shown)))


@dataclass(frozen=True)
class ReadRetention(Read):
    """How long each case is kept by the rules in force (``base``), and how far the erasure is of those that are due, by
    the name of the case; for who may erase what is due. What is about the reader is left out."""

    base: RuleBase
    kind: ClassVar[str] = "retention"

    def find(self, desk: Desk) -> ReadFound:
        from salesdx.trail.announced import all_on_their_way
        from salesdx.trail.retention import due_cases

        _check_erases(desk, "retention")
        reader = desk.book.reader
        found = due_cases(reader, self.base, desk.now.date())
        seen = {case.pseudonym for case in found.cases if _whole_is_seen(desk, "case", case.pseudonym)}
        found = replace(found, cases=tuple(case for case in found.cases if case.pseudonym in seen))
        ways = {target[0]: way for target, way in all_on_their_way(reader) if way.act == "retention"}
        told = {case.name: ways[case.pseudonym] for case in found.cases if case.pseudonym in ways}
        shown = (row.seq for case in found.cases for row in reader.rows(case=case.pseudonym, newest_first=True))
        return ReadFound(
            (found, told), tuple(sorted({*shown, *(one.seq for way in told.values() for one in way.wanted)}))
        )


def _check_erases(desk: Desk, act: str = "erase") -> None:
    if desk.sight is not None and not desk.sight.may(act):
        raise NoSuch(UNSEEN_PAGE)


def _kind(reader: LogReader, pseudonym: str) -> Erasable:
    return "case" if any(True for _ in reader.rows(case=pseudonym)) else "subject"


def _whole_is_seen(desk: Desk, kind: Erasable, pseudonym: str) -> bool:
    """Whether somebody sees all of what an erasure would take, and none of it is about them."""
    from salesdx.trail.concerned import same_subjects

    sight, reader = desk.sight, desk.book.reader
    if sight is None:
        return True
    about = (
        {pseudonym} if kind == "subject" else {row.header["subject"] for row in reader.rows(case=pseudonym)} - {None}
    )
    subjects = {other for one in about for other in same_subjects(reader, one)}
    try:
        sight.check_everything_on(subjects)
    except NoSuch:
        return False
    return True
