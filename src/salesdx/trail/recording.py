"""What is recorded when: every answer and its changes, every diagnosis with what was shown, every explanation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.base.proof import proof_text
from salesdx.case.left_out import statement_data
from salesdx.case.memory import WorkingMemory
from salesdx.case.writing import new_case
from salesdx.engine.diagnosis import Diagnosis, Engine
from salesdx.ledger.errors import CameBetween, Refused
from salesdx.ledger.log import Appender, Person, Trail
from salesdx.ledger.log_change import NewRow
from salesdx.ledger.standalone.register import TYPED
from salesdx.ledger.storage import EntryRow
from salesdx.trail.on_record import with_earlier
from salesdx.trail.own_words import own_words, period_data
from salesdx.trail.results import recorded_result
from salesdx.trail.still_signed import opened_with
from salesdx.trail.wheels import program_digest, program_wheels


@dataclass(frozen=True)
class Known:
    """The last recorded answer on a term: its record, and its statements as they were recorded."""

    seq: int
    statements: list[dict[str, Any]]
    about: tuple[str, Any]
    """The subject of whom, and the period of which it was said."""


def record_answers(appender: Appender, base: RuleBase, memory: WorkingMemory, by: Person, way: str) -> tuple[int, ...]:
    """Record what is stated otherwise than the trail knows it; the records on which the case rests now, in order.

    ``way`` tells how the answers came: a case file, an interview, a questionnaire.
    """
    subject = memory.subject.get("ref", "")
    known = _known(appender, memory.case)
    now = {term: [statement_data(said) for said in statements] for term, statements in memory.statements.items()}
    about = (subject, period_data(memory))
    for term in [*now, *(term for term in known if term not in now)]:
        before, after = known.get(term), now.get(term, [])
        if before is not None and before.statements == after and (by.identity == TYPED or before.about == about):
            continue
        was = before.statements if before else []
        body: dict[str, Any] = {"term": term, "statements": after, "before": was, "way": way}
        if by.identity != TYPED:
            body |= {"period": about[1], "own": own_words(by, way, after, was)}
        inputs = [before.seq] if before else []
        seq = appender.add("answer", body, by, case=memory.case, subject=subject, base=base, inputs=inputs)
        known[term] = Known(seq, after, about)
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
            content = json.loads(row.payload)
            body, about = content["body"], (content["subject"] or "", content["body"].get("period"))
            answers[body["term"]] = Known(row.seq, body["statements"], about)
    return {term: known for term, known in answers.items() if known.statements}


def record_diagnosis(
    appender: Appender,
    diagnosis: Diagnosis,
    shown: str,
    format: str,
    by: Person,
    made: Mapping[str, Any] | None = None,
) -> int:
    """Record a diagnosis as it is about to be shown, and the answers it rests on; its number.

    ``made`` says how who records it made the page itself, so that it can be made again.
    """
    body = {
        "result": recorded_result(diagnosis),
        "format": format,
        "shown": shown,
        "note": diagnosis.engine.note,
        "proof": _proof(diagnosis),
        "wheels": appender.keep(program_wheels()),
        **opened_with(appender, diagnosis.memory, by),
        **({"made": made} if made is not None else {}),
    }
    return _record(appender, "diagnosis", diagnosis, body, by)


def recorded_case(memory: WorkingMemory) -> dict[str, Any]:
    """All that a diagnosis is made from besides the rules: the case, the profile of its firm, its day, what earlier
    records of the subject hold and it lacks, who is known to speak in it, whether it is a trial, and the seal of the
    evidence file behind what was drawn."""
    body: dict[str, Any] = {"case_file": new_case(memory.own)}
    if memory.firm:
        body["firm"] = memory.firm.text
    if memory.today:
        body["today"] = memory.today.isoformat()
    if memory.trial:
        body["trial"] = True
    if memory.left_out:
        body["left_out"] = [{"term": term, **statement_data(said)} for term, said in memory.left_out]
    if memory.evidence is not None:
        body["evidence"] = memory.evidence.to_dict()
    if memory.persons is not None:
        body["persons"] = memory.persons.to_dict()
    return body


def record_explanation(
    appender: Appender, diagnosis: Diagnosis, shown: str, asked: str, by: Person, made: Mapping[str, Any] | None = None
) -> int:
    """Record an explanation as it is about to be shown; ``asked`` is the question, ``made`` as of a diagnosis. Its
    number."""
    body: dict[str, Any] = {"asked": asked, "shown": shown}
    if made is not None:
        body |= {"made": made, "note": diagnosis.engine.note, "proof": _proof(diagnosis)}
    return _record(appender, "explanation", diagnosis, body, by)


def check_changed(trail: Trail, before: WorkingMemory, after: WorkingMemory) -> None:
    """Raises Refused where the last answers on record did not change one case to the other."""
    with trail.read() as reader:
        case = reader.pseudonym("case", after.case)
        rows = reader.rows(case=case, types=("answer",)) if case is not None else ()
        last = {content["body"]["term"]: content["body"] for row in rows if (content := row.content) is not None}
    for term in before.statements.keys() | after.statements.keys():
        was, now = ([statement_data(said) for said in memory.statements.get(term, ())] for memory in (before, after))
        told = last.get(term, {"before": [], "statements": []})
        if was != now and (told["before"], told["statements"]) != (was, now):
            raise Refused("what was said before these answers is otherwise on record: run the command again")


def _proof(diagnosis: Diagnosis) -> str | None:
    return proof_text(diagnosis.base.proof) if diagnosis.base.proof else None


def _record(appender: Appender, type: str, diagnosis: Diagnosis, body: Mapping[str, Any], by: Person) -> int:
    """Record what is said of a case, with all that it was made from and the answers it rests on.

    Raises CameBetween where earlier records of the subject hold other statements than were counted, or others are known
    to have said them, and Refused where it does not say rightly whether it is a trial.
    """
    memory = diagnosis.memory
    sees = appender.acting.sees
    earlier = with_earlier(appender.reader, memory, by, sees and sees(appender.reader))
    if earlier.left_out != memory.left_out:
        raise CameBetween(
            f"another record of the subject of case `{memory.case}` came in between: run the command again"
        )
    if earlier.persons != memory.persons:
        raise CameBetween("who said what is otherwise on record than in what you send: run the command again")
    if earlier.trial != memory.trial:
        raise Refused(
            "the rules were adopted in between: run the command again"
            if memory.trial
            else "nobody has adopted these rules, so this is a trial, and has to say so: run the command again"
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
