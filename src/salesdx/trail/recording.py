"""What is recorded when: every answer and its changes, every diagnosis with what was shown, every explanation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.base.proof import proof_text
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement
from salesdx.case.writing import new_case, value_text
from salesdx.engine.diagnosis import Diagnosis, Engine
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.log import Appender, Person
from salesdx.ledger.storage import EntryRow, NewRow
from salesdx.trail.on_record import with_left_out
from salesdx.trail.results import recorded_result
from salesdx.trail.sealed import opens
from salesdx.trail.wheels import program_digest, program_wheels


@dataclass(frozen=True)
class Known:
    """The last recorded answer on a term: its record, and its statements as they were recorded."""

    seq: int
    statements: list[dict[str, Any]]


def statement_data(statement: Statement) -> dict[str, Any]:
    """A statement as records hold it, its value as text; empty parts left out."""
    told = statement.to_dict()
    return told | ({"value": value_text(statement)} if statement.value is not None else {})


def record_answers(appender: Appender, base: RuleBase, memory: WorkingMemory, by: Person, way: str) -> tuple[int, ...]:
    """Record what is stated otherwise than the trail knows it; the records on which the case rests now, in order.

    ``way`` tells how the answers came: a case file, an interview, a questionnaire.
    """
    subject = memory.subject.get("ref", "")
    known = _known(appender, memory.case)
    now = {term: [statement_data(said) for said in statements] for term, statements in memory.statements.items()}
    for term in [*now, *(term for term in known if term not in now)]:
        before, after = known.get(term), now.get(term, [])
        if before is not None and before.statements == after:
            continue
        body: Mapping[str, Any] = {
            "term": term,
            "statements": after,
            "before": before.statements if before else [],
            "way": way,
        }
        inputs = [before.seq] if before else []
        seq = appender.add("answer", body, by, case=memory.case, subject=subject, base=base, inputs=inputs)
        known[term] = Known(seq, after)
    return tuple(sorted(answer.seq for answer in known.values() if answer.statements))


def _known(appender: Appender, case: str) -> dict[str, Known]:
    """What the trail knows of a case's facts, with what this append has added so far: term -> its last answer.

    Facts that were taken back are left out.
    """
    named = appender.known.get(("case", case)) or appender.reader.pseudonym("case", case)
    if named is None:
        return {}
    added = (row for row in appender.rows if row.case == named and row.type == "answer")
    rows: Iterable[EntryRow | NewRow] = chain(appender.reader.rows(case=named, types=("answer",)), added)
    answers: dict[str, Known] = {}
    for row in rows:
        if row.payload is not None:
            body = json.loads(row.payload)["body"]
            answers[body["term"]] = Known(row.seq, body["statements"])
    return {term: known for term, known in answers.items() if known.statements}


def record_diagnosis(appender: Appender, diagnosis: Diagnosis, shown: str, format: str, by: Person) -> int:
    """Record a diagnosis as it is about to be shown, and the answers it rests on; its number."""
    body = {
        "result": recorded_result(diagnosis),
        "format": format,
        "shown": shown,
        "note": diagnosis.engine.note,
        "proof": proof_text(diagnosis.base.proof) if diagnosis.base.proof else None,
        "wheels": appender.keep(program_wheels()),
        **opens(appender, diagnosis.memory.case, diagnosis.memory.subject.get("ref", "")),
    }
    return _record(appender, "diagnosis", diagnosis, body, by)


def recorded_case(memory: WorkingMemory) -> dict[str, Any]:
    """All that a diagnosis is made from besides the rules: the case, the profile of its firm, its day, what earlier
    records of the subject hold and it lacks, and whether it is a trial."""
    body: dict[str, Any] = {"case_file": new_case(memory.own)}
    if memory.firm:
        body["firm"] = memory.firm.text
    if memory.today:
        body["today"] = memory.today.isoformat()
    if memory.trial:
        body["trial"] = True
    if memory.left_out:
        body["left_out"] = [{"term": term, **statement_data(said)} for term, said in memory.left_out]
    return body


def record_explanation(appender: Appender, diagnosis: Diagnosis, shown: str, asked: str, by: Person) -> int:
    """Record an explanation as it is about to be shown; ``asked`` is the question. Its number."""
    return _record(appender, "explanation", diagnosis, {"asked": asked, "shown": shown}, by)


def _record(appender: Appender, type: str, diagnosis: Diagnosis, body: Mapping[str, Any], by: Person) -> int:
    """Record what is said of a case, with all that it was made from and the answers it rests on.

    Raises TrailError where an earlier record of the subject holds other statements than were counted, and where it does
    not say rightly whether it is a trial.
    """
    memory = diagnosis.memory
    if memory.trial != appender.people.untried(diagnosis.base.digest):
        raise Refused(
            "nobody has adopted these rules, so this is a trial, and has to say so: run the command again"
            if not memory.trial
            else "the rules were adopted in between: run the command again"
        )
    if with_left_out(appender.reader, memory).left_out != memory.left_out:
        raise TrailError(
            f"another record of the subject of case `{memory.case}` came in between: run the command again"
        )
    inputs = record_answers(appender, diagnosis.base, memory, by, "case file")
    return appender.add(
        type,
        {**recorded_case(memory), **body},
        by,
        case=memory.case,
        subject=memory.subject.get("ref", ""),
        base=diagnosis.base,
        engine=engine_told(diagnosis.engine),
        inputs=inputs,
    )


def engine_told(engine: Engine) -> dict[str, str | None]:
    """An engine as entries hold it."""
    return {
        "name": engine.name,
        "checked_by": engine.checked_by,
        "version": engine.version,
        "digest": program_digest(),
    }
