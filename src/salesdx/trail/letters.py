"""What a letter about a diagnosis tells: the facts it rests on, those it does not, and what would have changed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import takewhile

from salesdx.case.settling import Fact
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation import Explanation, Turning, explain
from salesdx.language.conditions import truth
from salesdx.language.truth import TRUE
from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Clock, Person, Trail
from salesdx.ledger.moments import moment, utc_now
from salesdx.ledger.storage import LogReader
from salesdx.trail.book import TRIAL, Book
from salesdx.trail.case_against import closeness
from salesdx.trail.replay import Recorded, diagnosis_row, replayed
from salesdx.trail.rights import EMPLOYEE
from salesdx.trail.views import Contested, PersonView, contested, records_beside, views

MANAGER = "manager"
READERS = (EMPLOYEE, MANAGER)
NEWER = ("answer", "diagnosis")
EXAMPLES = 4
"""So many changes that would have given another result are told for each, the smallest first."""


@dataclass(frozen=True)
class Letter:
    """A letter of ``today`` to one of READERS about a recorded diagnosis.

    ``used`` are the facts without which the result would be another, ``unused`` all others that were stated.
    ``personal``: the case is about one person. ``target`` is the stage that ``turns`` are about, empty where there is
    none. ``superseded``: there is something newer in the case.
    """

    to: str
    seq: int
    recorded: date
    today: date
    diagnosis: Diagnosis
    personal: bool
    used: tuple[Fact, ...]
    unused: tuple[Fact, ...]
    missing: tuple[Fact, ...]
    target: str
    turns: tuple[Turning, ...]
    views: tuple[PersonView, ...]
    contested: Contested
    superseded: bool
    decides: datetime | None = None
    """The first moment at which somebody may sign a decision on it; None where there is nothing to sign."""


def write_letter(
    trail: Trail, seq: int, to: str, by: Person, render: Callable[[Letter], str], format: str, now: Clock | None = None
) -> str:
    """A letter as ``render`` makes it, recorded before it is given.

    Raises Refused for a letter to the employee about what is no person, and for a trial.
    """
    made = MadeLetter.of(trail, seq, to, render, format, now)
    made.record(trail, by, now)
    return made.shown


@dataclass(frozen=True)
class MadeLetter:
    """A letter about a recorded diagnosis, as it is ``shown``, before it is recorded."""

    found: Recorded
    to: str
    format: str
    shown: str

    @classmethod
    def of(
        cls, trail: Trail, seq: int, to: str, render: Callable[[Letter], str], format: str, now: Clock | None = None
    ) -> MadeLetter:
        """A letter as ``render`` makes it, which takes seconds; nothing is recorded. Raises as `write_letter`."""
        found, made = _written(trail, seq, to, now)
        return cls(found, to, format, render(made))

    def record(self, trail: Trail, by: Person, now: Clock | None = None) -> int:
        """Record it; its number. Raises TrailError where the diagnosis was erased meanwhile."""
        found = self.found
        with trail.append(now) as appender:
            diagnosis_row(appender.reader, found.seq)
            body = {"to": self.to, "format": self.format, "shown": self.shown}
            case, subject = found.memory.case, found.memory.subject.get("ref", "")
            return appender.add("letter", body, by, case=case, subject=subject, base=found.base, inputs=[found.seq])


def _written(trail: Trail, seq: int, to: str, now: Clock | None) -> tuple[Recorded, Letter]:
    assert to in READERS
    with trail.read() as reader:
        found = replayed(reader, seq)
        if Book(reader).diagnosis(seq).trial:
            raise Refused(f"record {seq}: {TRIAL}")
        if to == EMPLOYEE and not about_a_person(found.diagnosis):
            raise Refused(f"record {seq} is not about a person; `salesdx trail explain-to {MANAGER} {seq}` explains it")
        said, newer = _since(reader, seq)
        time = (now or utc_now)()
        return found, letter(found, to, time.date(), said, newer, _decides(reader, found, time))


def _since(reader: LogReader, seq: int) -> tuple[tuple[PersonView, ...], bool]:
    """What the person concerned has said, in whatever case, and whether there is something newer about them."""
    book = Book(reader)
    record = book.diagnosis(seq)
    newer = next(records_beside(book, record, NEWER, seq + 1), None)
    return tuple(views(book, record)), newer is not None


def _decides(reader: LogReader, found: Recorded, now: datetime) -> datetime | None:
    """When the waiting time is over of who read the case against first; counted from now where nobody has yet."""
    policy = found.base.policy
    if policy is None or not any(file.complete for file in found.diagnosis.files):
        return None
    case = Book(reader).diagnosis(found.seq).case
    if case is None:
        return None
    rows = reader.rows(found.seq + 1, case=case.pseudonym, types=("case_against",))
    read = (moment(row.header["time"]) for row in rows if found.seq in row.header["inputs"])
    return next(read, now) + timedelta(hours=policy.wait_hours)


def letter(
    found: Recorded,
    to: str,
    today: date,
    said: tuple[PersonView, ...],
    superseded: bool,
    decides: datetime | None = None,
) -> Letter:
    """What the letter tells, from the record, and from what was said about its case until now."""
    diagnosis = found.diagnosis
    memory = diagnosis.memory
    explanation = explain(diagnosis.base, memory, diagnosis)
    order = {term: at for at, term in enumerate(diagnosis.base.terms)}
    stated = sorted((memory.fact(term) for term in memory.statements), key=lambda fact: order[fact.term])
    target = _target(diagnosis)
    used = dict.fromkeys(_used(explanation, target))
    turns = explanation.what_would_change(target).turns if target else ()
    return Letter(
        to=to,
        seq=found.seq,
        recorded=moment(found.header["time"]).date(),
        today=today,
        diagnosis=diagnosis,
        personal=about_a_person(diagnosis),
        used=tuple(memory.fact(term) for term in sorted(used, key=order.__getitem__)),
        unused=tuple(fact for fact in stated if fact.term not in used),
        missing=tuple(memory.fact(term.name) for term in diagnosis.next_questions),
        target=target or "",
        turns=tuple(_examples(diagnosis, turns)),
        views=said,
        contested=contested(diagnosis, said),
        superseded=superseded,
        decides=decides,
    )


def about_a_person(diagnosis: Diagnosis) -> bool:
    """Whether the case is about one person: the stage that acts upon a person applies."""
    base = diagnosis.base
    stage = base.home.get(base.ladder.personnel_stage)
    if stage is None or stage.applies_when is None:
        return bool(diagnosis.memory.subject.get("ref"))
    return truth(stage.applies_when, diagnosis.matches.values) is TRUE


def _target(diagnosis: Diagnosis) -> str | None:
    """The stage that the result is about: the file that the concluded one opens, itself, or the first open one."""
    found = [file.stage.id for file in diagnosis.files if file.reached]
    if diagnosis.concluded is not None:
        found.append(diagnosis.concluded.stage.id)
    return next(iter([*found, *(stage.stage.id for stage in diagnosis.stages if stage.asked)]), None)


def _used(explanation: Explanation, target: str | None) -> Iterator[str]:
    """The terms of the facts on which the result and the recommendations rest."""
    diagnosis = explanation.diagnosis
    for name in ("mode", target):
        yield from explanation.support(name).terms if name else ()
    for rule in dict.fromkeys(rule for found in diagnosis.recommendations for rule in found.rules):
        yield from explanation.support(rule.id).terms
    if diagnosis.concluded is None:
        for stage in takewhile(lambda stage: not stage.asked, diagnosis.stages):
            yield from (fact.term for fact in explanation.decisive(stage.stage.id) if fact.used is not None)


def _examples(diagnosis: Diagnosis, turns: Sequence[Turning]) -> Iterator[Turning]:
    """The fewest and smallest changes for each other outcome. Another kind of subject would be another case."""
    found: dict[str, list[Turning]] = {}
    for turn in sorted(turns, key=_size):
        if all(change.term != diagnosis.base.ladder.subject_term for change in turn.changes):
            found.setdefault(turn.outcome, []).append(turn)
    for some in found.values():
        yield from some[:EXAMPLES]


def _size(turn: Turning) -> tuple[int, Fraction]:
    apart = (closeness(change.was.value, change.becomes) for change in turn.changes)
    return len(turn.changes), sum((part if part is not None else Fraction(1) for part in apart), Fraction(0))
