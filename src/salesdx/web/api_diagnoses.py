"""Diagnoses of cases for programs, and what is explained of them: recorded first, and read from the record."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field, WithJsonSchema

from salesdx.ledger.errors import NoSuch
from salesdx.ledger.storage import LogReader
from salesdx.services.acts import RequestBody
from salesdx.services.page_requests import Look, Questions
from salesdx.text.issues import CaseError
from salesdx.trail.book import Book
from salesdx.trail.results import result_of
from salesdx.web.calling import Caller, ToDiagnose, ToRead
from salesdx.web.described import DiagnosisJson
from salesdx.web.pages.diagnosis import NO_SUCH, diagnoses_of, diagnosis_body, recorded_likely
from salesdx.web.pages.held import API, WEB, HeldPage, form_key, held_page
from salesdx.web.pages.why import recorded_explanation
from salesdx.web.problems import Faulty, RequestFault

router = APIRouter(tags=["diagnoses"])
JSON = Look("json")
Number = Annotated[int, Field(ge=0, lt=10**15)]
Names = tuple[Annotated[str, Field(min_length=1, max_length=200)], ...]


@dataclass(frozen=True)
class DiagnosisLineOf:
    """A diagnosis of a case: its record, when, and by which rules."""

    record: int
    time: str
    rules: str


@dataclass(frozen=True)
class ExplanationBody(RequestBody):
    """What is asked of a diagnosis: why something is so, why a step is not the cause, what if facts were others (a term
    with its value as a case file has it), what would change a step. The result itself, where nothing is asked."""

    why: Names = ()
    why_not: Names = ()
    what_if: dict[str, Annotated[str, Field(max_length=200)] | None] = field(default_factory=dict)
    what_would_change: Names = ()


@dataclass(frozen=True)
class ExplanationOf:
    """An explanation, and its record: what `explain --format json` gives."""

    record: int
    explanation: Annotated[Any, WithJsonSchema({"description": "what `salesdx explain --format json` gives"})]


@router.post("/cases/{case}/diagnoses", status_code=201)
def record_diagnosis_now(case: str, calling: ToDiagnose, response: Response) -> DiagnosisJson:
    """Record what is likely in a case as it stands, and give it as `salesdx.diagnosis/2`."""
    record = recorded_likely(calling, case, f"{calling.by.name} {calling.key}", JSON)
    response.headers["Location"] = f"/api/v1/cases/{case}/diagnoses/{record}"
    return show_diagnosis(case, record, calling)


@router.get("/cases/{case}/diagnoses")
def list_diagnoses(case: str, calling: ToRead) -> list[DiagnosisLineOf]:
    """The diagnoses of a case that were recorded here, the newest first."""
    now = held_page(calling, case)
    with calling.desk.server.trail.read() as reader:
        headers = ((seq, reader.row(seq).header) for seq in sorted(_recorded_here(reader, now.id), reverse=True))
        return [DiagnosisLineOf(seq, header["time"], header["rule_base"]) for seq, header in headers]


@router.get("/cases/{case}/diagnoses/{record}")
def show_diagnosis(case: str, record: Number, calling: ToRead) -> DiagnosisJson:
    """A diagnosis from its record, as `salesdx.diagnosis/2`: nothing is added to the trail."""
    now = held_page(calling, case)
    with calling.desk.server.trail.read() as reader:
        if record not in _recorded_here(reader, now.id):
            raise NoSuch(NO_SUCH)
        engine = dict(reader.row(record).header["engine"] or {})
    body = diagnosis_body(calling, str(record))
    if body["format"] == JSON.format:
        found: dict[str, Any] = json.loads(body["shown"])
        return found
    engine.pop("digest", None)  # a page has shown it: the same without what lay beside the rules
    return {**result_of(body["result"]), **({"trial": True} if body.get("trial") else {}), "engine": engine}


def _recorded_here(reader: LogReader, case: str) -> set[int]:
    return diagnoses_of(reader, case, WEB, API)


@router.post("/diagnoses/{record}/explanations", status_code=201)
def explain_diagnosis(record: Number, asked: ExplanationBody, calling: ToDiagnose) -> ExplanationOf:
    """Explain a diagnosis of today, and record that before it is given. Why a step is not the cause, and what would
    change it, are asked by its identifier."""
    now = _held_case_of(calling, record)
    questions = Questions(asked.why, asked.why_not, asked.what_if, asked.what_would_change)
    key = form_key(now.id, f"{calling.by.name} {calling.key}", record, asked, door=API)
    try:
        done = recorded_explanation(calling, now, record, questions, JSON, key)
    except CaseError as error:
        raise Faulty(*(RequestFault(i.code, i.message, "body.what_if", i.help) for i in error.issues)) from None
    return ExplanationOf(done.record, json.loads(done.page))


def _held_case_of(calling: Caller, record: int) -> HeldPage:
    """The case of a diagnosis that was recorded here. Raises NoSuch where there is none at which the caller sits."""
    with calling.desk.server.trail.read() as reader:
        found = Book(reader).record(record) if record < reader.head().size else None
        case = (found.case and found.case.name) if found is not None else None
        if not case or record not in _recorded_here(reader, case):
            raise NoSuch(NO_SUCH)
    try:
        return held_page(calling, case)
    except NoSuch:
        raise NoSuch(NO_SUCH) from None
