"""What a person sees of a trail that knows its people, in the role in use: one table, the same at every door.

It follows from the acts that the policy gives to the role. Nobody who administers sees a case, and whoever a case is
about sees it as the person concerned, whatever else they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from salesdx.base.policy_model import Policy
from salesdx.ledger.errors import NoSuch, TrailError
from salesdx.ledger.log import Person
from salesdx.ledger.standalone.register import ADMIN, LINK, TYPED, UNPROVED, Register
from salesdx.ledger.storage import EntryRow, LogReader
from salesdx.trail.book import UNSEEN, Book
from salesdx.trail.closed_files import FOLLOWED
from salesdx.trail.concerned import actor_of, cases_naming, subjects_named
from salesdx.trail.own_words import VOUCHED
from salesdx.trail.seats import ARRANGED, DEPUTY, NONE, seats
from salesdx.trail.sign_off_story import story_of
from salesdx.trail.tasks import case_tasks


@dataclass
class Sight:
    """What ``by`` sees by the ``policy`` in force. ``now`` is the moment by the clock of the service."""

    reader: LogReader
    by: Person
    policy: Policy | None
    register: Register
    now: datetime
    cases: dict[tuple[str, str, str | None], bool] = field(default_factory=dict)
    """(question, case, subject) -> its answer, asked once: a name of a case may be given again, about somebody else."""

    def may(self, *acts: str) -> bool:
        """Whether the policy gives one of some acts to the role."""
        grants = self.policy.may if self.policy is not None and self.by.role != ADMIN else {}
        return any(self.by.role in grants[act].roles for act in acts if act in grants)

    @property
    def anything(self) -> bool:
        """Whether the role has to do with cases at all."""
        return any(self.may(*line.acts) for line in SIGHTS)

    @property
    def everything(self) -> bool:
        """Whether the role sees every record, but those about the person."""
        return self.may(*EVERYTHING)

    def sees(self, row: EntryRow) -> bool:
        """Whether a record is seen."""
        concerned = self.is_about_me(row)
        lines = (line for line in SIGHTS if line.concerned or not concerned)
        return any(self.may(*line.acts) and line.fits(row.header["type"]) and line.whose(self, row) for line in lines)

    def check_anything(self) -> None:
        """Raises NoSuch for a role that has nothing to do with cases."""
        if not self.anything:
            raise NoSuch(UNSEEN)

    def check_everything_on(self, subjects: Collection[str]) -> None:
        """Raises NoSuch unless everything on a subject (its pseudonyms) is seen."""
        if not self.everything or self._my_subjects & set(subjects):
            raise NoSuch(UNSEEN)

    def is_me(self, subjects: Collection[str]) -> bool:
        """Whether a subject (its pseudonyms) is the person who asks, who may speak for themselves."""
        return bool(self._my_subjects & set(subjects)) and self.may("statement")

    @property
    def cases_about_me(self) -> frozenset[str]:
        """The cases (pseudonyms) in which the person is the one concerned."""
        return frozenset(self._my_cases)

    # --- whose a record is ---

    def is_about_me(self, row: EntryRow) -> bool:
        """Whether a record is about the person, or of a case about them and names nobody else."""
        header = row.header
        whom, mine = header["subject"], self._my_subjects
        return whom in mine if whom is not None else header["case"] in self._my_cases

    def is_mine(self, row: EntryRow) -> bool:
        """Whether the person made a record, and it was known that it was they. Where nobody is known, who tries the
        service is alone; once people are known, what was typed before opens nothing."""
        header, known = row.header, self.register.begun
        unproved = UNPROVED if known else (LINK,)
        return bool(header["actor"] == self._pseudonym and header.get("identity", TYPED) not in unproved)

    def is_begun(self, row: EntryRow) -> bool:
        """Whether a record is of a case that the person began, or at which they have a seat."""
        return self._once("begun", row, self._sits)

    def _sits(self, case: str, whom: str | None) -> bool:
        seat = seats(self.reader, case).get(self.by.name)
        return self.is_mine(next(self.reader.rows(case=case, subject=whom))) if seat is None else seat != NONE

    def is_deputy(self, row: EntryRow) -> bool:
        """Whether a record is of a case at which the person sits beside its owner, and sees it by that alone."""
        case = row.header["case"]
        return not self.everything and case is not None and seats(self.reader, case).get(self.by.name) == DEPUTY

    def is_to_sign(self, row: EntryRow) -> bool:
        """Whether a record is of a case in which a task waits for the person, or in whose file they had a part."""
        return self._once("sign", row, self._to_sign)

    def _to_sign(self, case: str, whom: str | None) -> bool:
        mine = self.reader.rows(case=case, subject=whom, types=("case_against", "sign_off"))
        if any(map(self.is_mine, mine)):
            return True
        book = Book(self.reader)
        newest = next(book.records(case=case, subject=whom, types=("diagnosis",), newest_first=True), None)
        if newest is None:
            return False
        try:
            tasks = case_tasks(book, newest, self.by, lambda: self.now, self.register)
            return any(True for _ in tasks) and not story_of(book, newest.seq, "", self.now, self.register).bars(
                actor_of(self.by)
            )
        except TrailError:  # what cannot be looked at waits for nobody
            return False

    def _once(self, question: str, row: EntryRow, answer: Callable[[str, str | None], bool]) -> bool:
        case, whom = row.header["case"], row.header["subject"]
        if case is None:
            return False
        if (question, case, whom) not in self.cases:
            self.cases[question, case, whom] = answer(case, whom)
        return self.cases[question, case, whom]

    @cached_property
    def _pseudonym(self) -> str | None:
        return self.reader.pseudonym("actor", self.by.name)

    @cached_property
    def _my_subjects(self) -> set[str]:
        me = self.register.members.get(self.by.name)
        names = {self.by.name, actor_of(self.by).name, *((me.name,) if me is not None else ())}
        return {found for name in names for found in subjects_named(self.reader, name)}

    @cached_property
    def _my_cases(self) -> set[str]:
        return cases_naming(self.reader, self._my_subjects)


Whose = Callable[[Sight, EntryRow], bool]
EVERYTHING = ("export", "letter")
"""Acts that take sight of everything: who may take all of it out, or explain any of it, reads it here."""
WORK = ("answer", "diagnosis", "explanation", "override", "facts_drawn", *FOLLOWED, *ARRANGED)
"""Records that people make while they work on a case."""


@dataclass(frozen=True)
class SightLine:
    """Whoever may do one of ``acts`` sees the records of some ``types`` (empty: of all) for which ``whose`` is true.

    ``concerned``: also where a record is about them.
    """

    acts: tuple[str, ...]
    whose: Whose
    types: tuple[str, ...] = ()
    concerned: bool = False

    def fits(self, type: str) -> bool:
        """Whether a type is among these."""
        return not self.types or type in self.types


def _any(sight: Sight, row: EntryRow) -> bool:
    return True


def _made(sight: Sight, row: EntryRow) -> bool:
    """What the person made; not where they vouched for their word, as others' words stand beside it, nor where an
    answer tells what was said before and they do not see that."""
    if not sight.is_mine(row) or (row.content or {}).get("body", {}).get("way") == VOUCHED:
        return False
    return row.header["type"] != "answer" or all(sight.sees(sight.reader.row(seq)) for seq in row.header["inputs"])


def _for_me(sight: Sight, row: EntryRow) -> bool:
    return sight.is_about_me(row) and (row.content or {}).get("body", {}).get("to") == "employee"


WITH_CASES = ("answer", "diagnose", "override", "statement", "sign_off", "letter", "attach", "hold", "release")
"""Acts that are done with a case."""
SIGHTS: tuple[SightLine, ...] = (
    SightLine(EVERYTHING, _any),
    SightLine(("sign_off",), Sight.is_to_sign),
    SightLine(("answer", "diagnose", "override"), Sight.is_begun, WORK),
    SightLine(("hold", "release"), _any, ("hold", "release")),
    SightLine(("statement",), _for_me, ("letter",), concerned=True),
    SightLine(("contest_session",), Sight.is_about_me, ("session",), concerned=True),
    SightLine(WITH_CASES, _any, ("rule_base",)),
    SightLine(WITH_CASES, _made, concerned=True),
)
"""The table. One line that fits is enough."""
