"""What was decided on whom, case by case: what reports count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from salesdx.base.model import HELP, PRESSURE, RuleBase
from salesdx.engine.comparing import Result
from salesdx.engine.diagnose import quick
from salesdx.language.conditions import truth
from salesdx.language.truth import TRUE, UNKNOWN
from salesdx.ledger.errors import TrailError
from salesdx.trail.book import Book, Named, Record
from salesdx.trail.rerun_one import recorded_memory
from salesdx.trail.results import result_of

STAGE, FILE, ADVICE = "personnel_stage", "complete_file", "personnel_advice"
ADVICES = {HELP: "help_advice", PRESSURE: "pressure_advice"}
"""What is recommended on a person, by its weight."""
OUTCOMES = {
    STAGE: "the step about the person is concluded",
    FILE: "a file is complete",
    ADVICE: "something that acts on a person is recommended",
}
"""The outcomes that weigh on a person, as the ladder and the interventions of a rule base mark them."""
_OVERRIDE = "overridden"
OVERRIDDEN = {_OVERRIDE: "overridden"}


@dataclass(frozen=True, slots=True)
class Decision:
    """A recorded diagnosis as reports count it."""

    seq: int
    case: str
    who: str
    """The pseudonym of whom it is about, or of the case where nobody is named."""
    by: Named
    rules: frozenset[str]
    """The true rules."""
    givers: frozenset[str]
    """The rules that gave a recommendation."""
    overruled: frozenset[str]
    """The rules that gave a recommendation which somebody overrode."""
    marks: frozenset[str]
    """Which of OUTCOMES and ADVICES it has, and whether it was overridden."""

    @property
    def overridden(self) -> bool:
        return _OVERRIDE in self.marks


@dataclass(frozen=True)
class Window:
    """The decisions between two times, by case, in order; ``erased`` are diagnoses whose content is gone."""

    cases: Mapping[str, tuple[Decision, ...]]
    counts: Mapping[str, int]
    """Type of record, of a trial with that word before it -> how many."""
    erased: int = 0
    unread: tuple[str, ...] = ()
    """Why diagnoses could not be counted."""
    unknown: frozenset[str] = frozenset()
    """The pseudonyms of those whom erased and unread diagnoses are about: they have one, and nobody can tell which."""

    def last(self) -> Iterator[Decision]:
        """The last diagnosis of each case."""
        for found in self.cases.values():
            yield found[-1]

    def acted_on(self) -> Iterator[Decision]:
        """One diagnosis a case: the last one that was overridden, or else the last one."""
        for found in self.cases.values():
            yield next((decision for decision in reversed(found) if decision.overridden), found[-1])


def window(book: Book, since: str = "", until: str = "") -> Window:
    """Everything that was recorded between two times, both included, by their beginnings (`2026-11-24`)."""
    overridden = _overridden(within(book, since, until, ("override",)))
    counts: dict[str, int] = {}
    cases: dict[str, list[Decision]] = {}
    unread: dict[str, None] = {}
    unknown: set[str] = set()
    erased = 0
    for record in within(book, since, until):
        kind = f"trial_{record.type}" if record.trial else record.type
        counts[kind] = counts.get(kind, 0) + 1
        if record.type != "diagnosis":
            continue
        whom = {record.subject.pseudonym} if record.subject else set()
        if record.body is None:
            erased += 1
            unknown |= whom
            continue
        try:
            found = _decision(book, record, overridden.get(record.seq, frozenset()))
        except TrailError as error:
            unread[str(error)] = None
            unknown |= whom
            continue
        cases.setdefault(found.case, []).append(found)
    return Window(
        {case: tuple(found) for case, found in cases.items()}, counts, erased, tuple(unread), frozenset(unknown)
    )


def within(book: Book, since: str, until: str, types: Sequence[str] = ()) -> Iterator[Record]:
    """The records between two times, in order."""
    for record in book.records(types=types):
        if until and record.time[: len(until)] > until:
            return
        if record.time >= since:
            yield record


def _overridden(found: Iterable[Record]) -> Mapping[int, frozenset[str] | None]:
    """Diagnosis -> the recommendations that were overridden; None where the whole diagnosis was."""
    seqs: dict[int, frozenset[str] | None] = {}
    for record in found:
        only = (record.body or {}).get("recommendation")
        for seq in record.inputs:
            before = seqs.get(seq, frozenset())
            seqs[seq] = None if only is None or before is None else before | {only}
    return seqs


def _decision(book: Book, record: Record, overridden: frozenset[str] | None) -> Decision:
    """A diagnosis as it is counted; ``overridden`` is empty where nobody overrode it, None where all of it was."""
    assert record.body is not None
    base = book.base(record.rule_base or "")
    result = result_of(record.body["result"])
    given = result["recommendations"]
    case = record.case.pseudonym if record.case else f"record {record.seq}"
    return Decision(
        record.seq,
        case,
        record.subject.pseudonym if record.subject else case,
        record.actor,
        frozenset(entry["rule"] for entry in result["fired"]),
        frozenset(rule for entry in given for rule in entry["rules"]),
        frozenset(
            rule
            for entry in given
            if overridden is None or entry["intervention"] in overridden
            for rule in entry["rules"]
        ),
        frozenset([*_outcomes(base, record, result), *([_OVERRIDE] if overridden != frozenset() else [])]),
    )


def _outcomes(base: RuleBase, record: Record, result: Result) -> Iterator[str]:
    if result["concluded"] is not None and result["concluded"] == base.ladder.personnel_stage:
        yield STAGE
    if any(_complete(base, record, file["id"], file["status"]) for file in result["files"]):
        yield FILE
    given = [base.interventions.get(entry["intervention"]) for entry in result["recommendations"]]
    weights = {made.weight for made in given if made is not None and made.personnel}
    if weights:
        yield ADVICE
    yield from (ADVICES[weight] for weight in sorted(weights))


def _complete(base: RuleBase, record: Record, stage: str, status: str) -> bool:
    """Whether the ladder calls a file complete: by its status, or, where that does not tell, by the whole diagnosis."""
    found = truth(base.ladder.exhausted_when, {"status": status})
    if found is UNKNOWN:
        assert record.body is not None
        return quick(base, recorded_memory(record.body, base)).standing(stage).complete
    return found is TRUE
