"""What people may say to a diagnosis: the view of the person concerned, and that it is not followed. Facts stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from salesdx.case.settling import Fact
from salesdx.case.statement import Statement, shown_value
from salesdx.case.writing import value_text
from salesdx.engine.comparing import summary
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation import WhatIf
from salesdx.explanation.what_if import read_changes, what_if
from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Clock, Person, Trail
from salesdx.ledger.standalone.register import CONCERNED
from salesdx.text.issues import CaseError, Issue, did_you_mean
from salesdx.text.source import Text
from salesdx.trail.book import Book, Record
from salesdx.trail.lookalike import MAX_REASON, MAX_STATEMENT, kept_text
from salesdx.trail.replay import Recorded, replayed
from salesdx.trail.results import result_of
from salesdx.trail.sealed import opens

HERE = Text("", "contested facts")
EMPLOYEE = CONCERNED
"""The role of the person concerned, where no other is named."""


@dataclass(frozen=True)
class Stated:
    """A statement as it is about to be recorded, on the latest diagnosis of its case; ``both`` has contested facts."""

    case: str
    seq: int
    diagnosis: Diagnosis
    text: str
    both: WhatIf | None


def state_view(
    trail: Trail,
    case: str,
    text: str,
    contest: Mapping[str, str],
    by: Person,
    render: Callable[[Stated], str],
    now: Clock | None = None,
) -> tuple[int, str]:
    """Record how the person concerned sees a case, with the facts that they contest: term -> value as text.

    Gives the number of the record and what ``render`` shows, which is recorded too. No fact changes. Raises CaseError
    with every fault of the contested facts, and Refused where the case has no diagnosis.
    """
    text = kept_text(text, "a statement", MAX_STATEMENT)
    with trail.append(now) as appender:
        book = Book(appender.reader)
        found = latest_diagnosis(book, case)
        both = contest_of(found.diagnosis, contest) if contest else None
        shown = render(Stated(found.memory.case, found.seq, found.diagnosis, text, both))
        firm_view = found.diagnosis.to_dict()
        body = {
            "text": text,
            "contested": _contested(found, both) if both else [],
            "results": {"firm": summary(firm_view), EMPLOYEE: summary(both.after.to_dict() if both else firm_view)},
            "shown": shown,
        }
        subject = found.memory.subject.get("ref", "")
        body |= opens(appender, found.memory.case, subject)
        seq = appender.add(
            "statement", body, by, case=found.memory.case, subject=subject, base=found.base, inputs=[found.seq]
        )
    return seq, shown


def latest_diagnosis(book: Book, case: str) -> Recorded:
    """The last diagnosis of a case, by its name or pseudonym. Raises TrailError."""
    return replayed(book.reader, book.newest_diagnosis(case).seq)


def contest_of(diagnosis: Diagnosis, contest: Mapping[str, str]) -> WhatIf:
    """A diagnosis under the firm's facts and under contested ones. Raises CaseError with every fault."""
    faults: list[Issue] = []
    read: dict[str, Statement | None] = {}
    named: dict[str, str] = {}
    for typed, text in contest.items():
        term = diagnosis.base.meant(typed)
        if named.setdefault(term, text) != text:
            faults.append(Issue("contest", f"`{term}` is contested twice, with two values", HERE.place(0, 0)))
        try:
            read |= read_changes({term: text}, diagnosis.base)
        except CaseError as error:
            faults += error.issues
    for term, said in read.items():
        fact = diagnosis.memory.fact(term)
        if said is not None and (said.value, said.unknown) == (fact.value, fact.unknown):
            message = f"`{term}` is {firm(fact)} already, so there is nothing to contest"
            faults.append(Issue("contest", message, HERE.place(0, 0)))
        elif diagnosis.base.terms[term].computed and fact.value is not None and not fact.by_hand:
            message = f"`{term}` is computed from other facts, as {firm(fact)}"
            faults.append(Issue("computed", message, HERE.place(0, 0), "contest the facts that it is computed from"))
    try:
        found = what_if(diagnosis, {term: named[term] for term in read})
    except CaseError as error:
        faults += error.issues
    if faults:
        raise CaseError(replace(fault, place=HERE.place(0, 0)) for fault in faults)
    return found


def firm(fact: Fact) -> str:
    """What the firm's record says of a fact."""
    return str(fact.unknown) if fact.unknown is not None else shown_value(fact.value)


def _contested(found: Recorded, both: WhatIf) -> list[dict[str, str]]:
    stated = both.after.memory.statements
    return [
        {"term": change.term, "firm": firm(change.was), "stated": value_text(stated[change.term][0])}
        for change in both.changes
    ]


def override(
    trail: Trail,
    seq: int,
    by: Person,
    reason: str,
    instead: str = "",
    recommendation: str | None = None,
    now: Clock | None = None,
) -> int:
    """Record that somebody does not follow a diagnosis, or one of its recommendations, for a reason; its number.

    Raises Refused without a reason, and for what the diagnosis does not recommend.
    """
    reason = kept_text(reason, "a reason", MAX_REASON)
    instead = kept_text(instead, "what is done instead", MAX_REASON) if instead else ""
    with trail.append(now) as appender:
        record = Book(appender.reader).diagnosis(seq)
        if recommendation is not None:
            _check_recommended(record, recommendation)
        case, subject = (named.name or "" if named else "" for named in (record.case, record.subject))
        body = {"reason": reason, "instead": instead, "recommendation": recommendation}
        return appender.add("override", body, by, case=case, subject=subject, inputs=[seq])


def _check_recommended(record: Record, id: str) -> None:
    assert record.body is not None
    known = [entry["intervention"] for entry in result_of(record.body["result"])["recommendations"]]
    if id not in known:
        near = did_you_mean(id, known) or (f"it recommends {', '.join(known)}" if known else "it recommends nothing")
        raise Refused(f"record {record.seq} does not recommend `{id[:100]}`; {near}")
