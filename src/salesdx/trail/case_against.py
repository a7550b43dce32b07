"""The case against a complete file: everything in its record, and in the case, that speaks against acting on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from salesdx.base.model import PERIOD, Rule, Stage
from salesdx.case.settling import Fact
from salesdx.case.statement import COMPUTED
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation import Turns, explain
from salesdx.language.conditions import And, Compare, Expr, Not, Or, Values, truth, value
from salesdx.language.truth import FALSE, TRUE
from salesdx.ledger.moments import moment
from salesdx.trail.book import Book, Record
from salesdx.trail.replay import Recorded
from salesdx.trail.sign_off_story import Status, state_of, story_of
from salesdx.trail.views import Contested, PersonView, contested, earlier, overrides, papers, records_beside, views

CLOSE = Fraction(1, 5)
"""A value within a fifth of its limit is close to it, in the file and its cause."""
CLOSE_EARLIER = Fraction(1, 10)
"""In stages that were ruled out, a value within a tenth of its limit is close."""
CLOSE_DAYS = 14
SOON_DAYS = 30
"""Evidence that is too old within so many days is told of."""

Parts = tuple[tuple[Expr, bool], ...]
"""Comparisons, each with whether it holds now."""


@dataclass(frozen=True)
class Near:
    """A rule, or what rules a stage out (``rule`` is None), that a small change of numbers would turn."""

    stage: Stage
    rule: Rule | None
    holds: bool
    parts: Parts


@dataclass(frozen=True)
class Aging:
    """Evidence that is too old after ``left`` more days; zero or less: it is too old today."""

    fact: Fact
    valid_for: int
    left: int


@dataclass(frozen=True)
class Help:
    """Help that an earlier diagnosis recommended and this one does not: when, and whether it was overridden."""

    title: str
    record: Record
    overridden: tuple[Record, ...]


@dataclass(frozen=True)
class Before:
    """An earlier diagnosis of the same person: how its sign-off ended, if anybody signed, and who did not follow it."""

    record: Record
    status: Status | None
    overrides: tuple[Record, ...]


@dataclass(frozen=True)
class Against:
    """The case against a complete file, as it stands on ``today`` for somebody who may sign from ``free``.

    What takes time is worked out when it is asked for, so that no lock of the trail is held meanwhile.
    """

    seq: int
    stage: Stage
    diagnosis: Diagnosis
    today: date
    free: datetime
    before: tuple[Before, ...]
    """What was decided on earlier diagnoses of the same person, in whatever case."""
    views: tuple[PersonView, ...]
    overrides: tuple[Record, ...]
    papers: tuple[Record, ...]
    """What is kept with the cases of the person."""
    help: tuple[Help, ...]

    @cached_property
    def near(self) -> tuple[Near, ...]:
        return tuple(near(self.diagnosis, self.stage))

    @cached_property
    def contested(self) -> Contested:
        return contested(self.diagnosis, self.views)

    @cached_property
    def turns(self) -> Turns:
        """What would change the result."""
        diagnosis = self.diagnosis
        return explain(diagnosis.base, diagnosis.memory, diagnosis).what_would_change(self.stage.id)

    @cached_property
    def stated(self) -> tuple[Fact, ...]:
        """The facts that were stated and are known; what the head of the case says is no evidence."""
        memory = self.diagnosis.memory
        facts = (memory.fact(term) for term in memory.statements if term not in memory.fixed)
        return tuple(f for f in facts if f.value is not None and f.used is not None and f.used.source != COMPUTED)

    @property
    def aging(self) -> tuple[Aging, ...]:
        return tuple(_aging(self.diagnosis, self.stated, self.today))

    @property
    def no_source(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.stated if fact.used and not fact.used.source)

    @property
    def no_date(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.stated if fact.used and fact.used.date is None)

    @property
    def excused(self) -> tuple[Fact, ...]:
        """The facts that somebody named stated not to apply, with a reason."""
        facts = (self.diagnosis.memory.fact(term) for term in self.diagnosis.memory.statements)
        return tuple(fact for fact in facts if fact.excused)


def case_against(book: Book, found: Recorded, stage: Stage, today: date, free: datetime) -> Against:
    """Everything that speaks against acting on the complete file of ``stage``."""
    record = book.diagnosis(found.seq)
    said, spoken = tuple(views(book, record)), tuple(overrides(book, record))
    beside = tuple(papers(book, record)), tuple(_help(book, record, found.diagnosis))
    return Against(found.seq, stage, found.diagnosis, today, free, tuple(_before(book, record)), said, spoken, *beside)


def _before(book: Book, record: Record) -> Iterator[Before]:
    """Each earlier diagnosis that somebody signed, refused or overrode, and what came of it."""
    acts = tuple(records_beside(book, record, ("sign_off", "override")))
    time = moment(book.reader.head().time)
    for seq in sorted({seq for act in acts for seq in act.inputs} - {record.seq}):
        one = book.record(seq)
        signed = any(seq in act.inputs for act in acts if act.type == "sign_off")
        if one.type == "diagnosis" and one.body is not None:
            status = state_of(seq, story_of(book, seq, "", time)) if signed else None
            spoken = tuple(act for act in acts if act.type == "override" and seq in act.inputs and act.body is not None)
            yield Before(one, status, spoken)


# --- close to a limit -------------------------------------------------------------------------------------------------


def near(diagnosis: Diagnosis, file: Stage) -> Iterator[Near]:
    """What would turn if numbers were a little other: blocks of the file, its cause, and signs of earlier causes."""
    base, values = diagnosis.base, diagnosis.matches.values
    concluded = diagnosis.concluded
    for stage in (file, *(stage for stage in base.stages if stage is not file)):
        passed = diagnosis.standing(stage.id).passed
        close = CLOSE_EARLIER if passed else CLOSE
        for key in diagnosis.standing(stage.id).passed_by:
            yield from _near(stage, None, stage.conditions[key], values, close)
        for rule in base.rules_of[stage.id]:
            now = diagnosis.matches.truths[rule.id]
            counts = base.ladder.strengths[rule.strength].examined
            mine = concluded is not None and stage is concluded.stage
            if stage is file or (mine and now is TRUE) or (passed and counts and now is FALSE):
                yield from _near(stage, rule, rule.when, values, close)


def _near(stage: Stage, rule: Rule | None, when: Expr, values: Values, close: Fraction) -> Iterator[Near]:
    holds = truth(when, values)
    if holds is TRUE or holds is FALSE:
        found = _turn(when, values, holds is FALSE, close)
        if found is not None:
            yield Near(stage, rule, holds is TRUE, tuple(dict.fromkeys(found)))


def _turn(expr: Expr, values: Values, to: bool, close: Fraction) -> Parts | None:
    """The comparisons of an expression that are close to their limit and would give it a truth if they turned.

    None where these cannot do it.
    """
    if truth(expr, values) is (TRUE if to else FALSE):
        return ()
    match expr:
        case Not(part):
            return _turn(part, values, not to, close)
        case And(parts) | Or(parts):
            each = [_turn(part, values, to, close) for part in parts]
            known = [found for found in each if found is not None]
            wanted = len(each) if isinstance(expr, And) is to else 1  # all of them have to turn, or any
            return tuple(part for found in known for part in found) if len(known) >= wanted else None
        case Compare(op, left, right) if op not in ("==", "!="):
            apart = closeness(value(left, values), value(right, values))
            return None if apart is None or apart > close else ((expr, not to),)
    return None


def closeness(a: object, b: object) -> Fraction | None:
    """How far two values are apart, in parts of the larger one; dates in parts that make CLOSE_DAYS close."""
    if isinstance(a, date) and isinstance(b, date):
        return CLOSE * abs((a - b).days) / CLOSE_DAYS
    if isinstance(a, bool) or isinstance(b, bool):
        return None
    if isinstance(a, Decimal | Fraction | int) and isinstance(b, Decimal | Fraction | int):
        one, other = Fraction(a), Fraction(b)
        largest = max(abs(one), abs(other))
        return abs(one - other) / largest if largest else Fraction(0)
    return None


# --- evidence and help ------------------------------------------------------------------------------------------------


def _aging(diagnosis: Diagnosis, stated: Iterable[Fact], today: date) -> Iterator[Aging]:
    for fact in stated:
        valid = diagnosis.base.terms[fact.term].valid_for
        if valid is None or valid == PERIOD or fact.used is None or fact.used.date is None:
            continue
        left = int(valid) - (today - fact.used.date).days
        if left <= SOON_DAYS:
            yield Aging(fact, int(valid), left)


def _help(book: Book, record: Record, diagnosis: Diagnosis) -> Iterator[Help]:
    """Each kind of help once, from the last diagnosis that recommended it."""
    now = {recommended.intervention.id for recommended in diagnosis.recommendations}
    found: dict[str, Help] = {}
    for one, result in earlier(book, record):
        spoken = tuple(overrides(book, one))
        for entry in result["recommendations"]:
            id = entry["intervention"]
            if id not in now:
                against = tuple(o for o in spoken if _overrides(o.body, id))
                found[id] = Help(entry["title"], one, against)
    yield from found.values()


def _overrides(body: Mapping[str, Any] | None, intervention: str) -> bool:
    """Whether an override is about an intervention, or about the whole diagnosis."""
    return body is not None and body["recommendation"] in (None, intervention)
