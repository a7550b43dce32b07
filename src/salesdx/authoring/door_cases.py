"""A case that opens a door: as a file states it, as both rule bases diagnose it, and without what it does not need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

from salesdx.base.model import RuleBase, Term
from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory, asked_behind
from salesdx.case.other_rules import carried
from salesdx.case.settling import computed
from salesdx.case.statement import ShownIn, Statement, Unknown
from salesdx.case.writing import new_case
from salesdx.engine.backends.smt.door_search import FoundCase
from salesdx.engine.backends.smt.doors import Door, may_stand_open, stands_open
from salesdx.engine.backends.smt.statable import Said
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.language.conditions import Value
from salesdx.text.issues import CaseError

CASE, EXCUSE = "door", "it does not apply"
NO_DAY = date(2024, 6, 30)
"""The day of a case whose rules ask for no end of the period."""
OTHER, REPORT = "somebody", ShownIn("report", "0" * 64)
PLACES = (0, 1, 2, 4, 8)
"""Places behind the point with which a number is tried, the plainest first."""


@dataclass(frozen=True)
class Opening:
    """A case that opens a door, with the diagnosis of both rule bases."""

    door: Door
    case: WorkingMemory
    new: Diagnosis
    base: Diagnosis


def opening(door: Door, case: WorkingMemory, base: RuleBase) -> Opening | None:
    """What a case says of a door; None where it stands shut."""
    new, below = quick(case.base, case), quick(base, carried(case, base)[0])
    return Opening(door, case, new, below) if stands_open(door, new, below) else None


def case_of(base: RuleBase, found: FoundCase) -> WorkingMemory:
    """What a search found as a file states it. Raises CaseError where no file can."""
    facts = found.facts or {}
    day = facts.get(base.ladder.period_end_term) if base.ladder.period_end_term else NO_DAY
    end = day if isinstance(day, date) else None
    kind = facts.get(base.ladder.subject_term)
    subject = {"kind": str(kind), "ref": CASE} if kind is not None and end else {}
    head = {base.ladder.subject_term, base.ladder.period_end_term} if subject else set()
    known = {name: value for name, value in facts.items() if value is not None}
    hand = {name: value for name, value in known.items()
            if base.terms[name].computed and computed(base.terms[name], known) is None}  # fmt: skip
    said = {name: _said(value, found.said.get(name), end) for name, value in facts.items()
            if not base.terms[name].computed and name not in head}  # fmt: skip
    for name in {read for each in hand for read in asked_behind(base)[each] if read not in facts}:
        said[name] = (Statement(unknown=Unknown.NOT_KNOWN, author=OTHER),)
    said |= {name: (Statement(value),) for name, value in hand.items()}
    made = WorkingMemory(base, said, CASE, subject, (end, end) if end else None)
    return with_gap(_as_file(made)) if found.left_out else _as_file(made)


def with_gap(case: WorkingMemory) -> WorkingMemory:
    """The case as if it lacked a statement that an earlier record of the same subject holds."""
    return replace(case, left_out=((next(iter(case.base.terms)), Statement(source="an earlier record")),))


def _as_file(memory: WorkingMemory) -> WorkingMemory:
    """The case as its file reads."""
    return replace(case_from_text(new_case(memory), CASE, memory.base), left_out=memory.left_out)


def _said(value: Value | None, how: Said | None, end: date | None) -> tuple[Statement, ...]:
    """The statements on one fact, one for each author that its floor wants."""
    said = Statement(value) if value is not None else Statement(unknown=Unknown.NOT_APPLICABLE, reason=EXCUSE)
    if how is None or not how.by:
        return (said,)
    day = end + timedelta(how.day) if end is not None and how.day is not None else None
    said = replace(said, by=how.by, kind=how.kind, date=day, report=REPORT if how.report else None)
    if how.authors == 1:
        return (said,)
    return tuple(replace(said, author=f"{OTHER}-{n}") for n in range(1, how.authors + 1))


# --- the smallest -----------------------------------------------------------------------------------------------------


def smallest_opening(found: Opening, base: RuleBase, small: bool = False) -> Opening:
    """The case without what the door does not need: no statement can be left out, and each number is the plainest
    near it that still opens the door. ``small`` is one of which little can be left out."""
    least = _Shrinking(found, carried(found.case, base)[0])
    if found.case.left_out:
        least.without_left_out()
    least.fewest(1 if small else len(least.stated()) // 2)
    if [name for name in least.stated() if least.plainest(name)]:
        least.fewest(1)
    try:
        return opening(found.door, _as_file(least.case), base) or found
    except CaseError:
        return found


@dataclass
class _Shrinking:
    """A case on its way to the smallest, as both rule bases read it."""

    found: Opening
    below: WorkingMemory
    """The case as the base reads it."""

    def __post_init__(self) -> None:
        self.case, self.door = self.found.case, self.found.door

    def stated(self) -> list[str]:
        """The terms that a statement could be taken from."""
        return [name for name in self.case.statements if name not in self.case.fixed]

    def without_left_out(self) -> None:
        """Nothing is left out that an earlier record holds, if the door opens then as well."""
        self._take(replace(self.case, left_out=()), replace(self.below, left_out=()))

    def fewest(self, size: int) -> None:
        """Without the statements that can be left out, first so many at once; the rest is tried again."""
        names = self.stated()
        while size >= 1:
            before = len(self.case.statements)
            for begin in range(0, len(names), size):
                self._say(dict.fromkeys(names[begin : begin + size], ()))
            names = self.stated()
            size = size // 2 if size > 1 or len(self.case.statements) == before else 1

    def plainest(self, name: str) -> bool:
        """Whether one fact could be said more plainly: a bare value, then a plain number."""
        first = said = self.case.statements[name]
        bare = Statement(said[0].value, said[0].unknown, reason=said[0].reason)
        if said[0].value is not None and said != (bare,) and self._say({name: (bare,)}):
            said = (bare,)
        for value in _plain_values(self.case.base.terms[name], said[0].value):
            if self._say({name: tuple(replace(each, value=value) for each in said)}):
                return True
        return said != first

    def _say(self, said: Mapping[str, tuple[Statement, ...]]) -> bool:
        """Say something else of some facts, if the door opens then as well."""
        case, below = self.case, self.below
        for name, statements in said.items():
            case = case.with_statements(name, statements)
            if name in below.statements:
                below = below.with_statements(name, statements)
        return self._take(case, below)

    def _take(self, case: WorkingMemory, below: WorkingMemory) -> bool:
        new = quick(case.base, case)
        opens = may_stand_open(self.door, new, below.base) and stands_open(self.door, new, quick(below.base, below))
        if opens:
            self.case, self.below = case, below
        return opens


def _plain_values(term: Term, value: Value | None) -> Iterator[Value]:
    """Numbers near one that have fewer places."""
    if not isinstance(value, Decimal) or term.type == "integer":
        return
    for places in PLACES:
        unit = Decimal(1).scaleb(-places)
        for rounding in (ROUND_FLOOR, ROUND_CEILING):
            try:
                near = value.quantize(unit, rounding)
            except InvalidOperation:  # longer than a decimal is
                continue
            if near != value:
                yield near
