"""Cases for programs: begun, listed, looked at, answered. The calls are those of the pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field

from salesdx.base.model import RuleBase, Term
from salesdx.case.closing import asked_of
from salesdx.case.file import case_from_values
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown, as_json
from salesdx.case.typed import answer_form, echo
from salesdx.case.writing import WORDS
from salesdx.interview.conversation import Conversation
from salesdx.ledger.errors import NoSuch
from salesdx.services.acts import RequestBody
from salesdx.services.held_case import BeginFaults, Undo, begin_case, mark_of, speaker_of
from salesdx.trail.own_words import period_data
from salesdx.web.calling import Caller, ToAnswer, ToRead
from salesdx.web.described import PeriodJson, QuestionJson, StatementJson, SubjectJson, ValueJson
from salesdx.web.pages.held import HeldPage, check_works, held_page, record_answer, record_beginning, today_at
from salesdx.web.problems import Faulty, RequestFault, read_from_request
from salesdx.web.store import case_id

router = APIRouter(tags=["cases"])
MOST_LISTED = 100
CURSOR = re.compile(r"([0-9TZ:.+-]{1,40})~(c-[a-z2-7]{16})", re.ASCII)
Short = Annotated[str, Field(max_length=200)]
Prose = Annotated[str, Field(max_length=500)]


@dataclass(frozen=True)
class BeginBody(RequestBody):
    """What a new case is about, each part as it is typed at the pages: the kind of subject, its pseudonym, the period
    such as `2026-Q3`, what is suspected, and goal and result by the ladder's keys."""

    subject: Short
    period: Short
    ref: Short = ""
    suspicion: Short = ""
    result: Mapping[Annotated[str, Field(max_length=40)], Short] = field(default_factory=dict)


@dataclass(frozen=True)
class CaseLineOf:
    """A case in a list: its version, when it was opened, whether it is open, and the seat of who asks."""

    case: str
    version: int
    opened: str
    open: bool
    seat: str


@dataclass(frozen=True)
class CasesOf:
    """Some cases, the newest first, and the cursor of those that come after them; empty where there are none."""

    cases: list[CaseLineOf]
    next: str


@dataclass(frozen=True)
class CaseOf(CaseLineOf):
    """A case as it stands: whom it is about, which period, the digest of its rules, and its facts, by their terms."""

    subject: SubjectJson | None
    period: PeriodJson | None
    rules: str
    answered: list[str]


@dataclass(frozen=True)
class HeldFactOf:
    """What was said of a term in a case, what counts of it, and the tag by which one's own statement is changed."""

    term: str
    label: str
    etag: str
    value: ValueJson | None
    unknown: str | None
    statements: list[StatementJson]


@dataclass(frozen=True)
class StatedBody(RequestBody):
    """One's own statement on a term, with the keys of a case file: a value, or why there is none, and what it rests
    on. Who says it is who asks."""

    value: ValueJson = None
    unknown: Literal["not known", "not applicable"] | None = None
    kind: Short = ""
    source: Short = ""
    date: Short = ""
    reason: Prose = ""
    note: Prose = ""


@dataclass(frozen=True)
class WithdrawalBody(RequestBody):
    """Why a statement is taken back."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


@dataclass(frozen=True)
class AskedNow:
    """A question: what an answer looks like, of which type, in which unit, out of which words, and where it stands."""

    question: QuestionJson
    form: str
    type: str
    unit: str
    values: list[str]
    hint: str
    respondent: str
    etag: str


@dataclass(frozen=True)
class NextOf:
    """The question that is asked next of who asks, null where none is left, and how many may come, it included."""

    next: AskedNow | None
    left: int


@router.get("/cases")
def list_cases(
    calling: ToRead,
    closed: bool = False,
    after: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 20,
) -> CasesOf:
    """The cases at which the caller sits, the newest first; `after` is the cursor of the list before."""
    check_works(calling.desk, calling.by)
    at = CURSOR.fullmatch(after)
    if after and at is None:
        raise Faulty(RequestFault("cursor", "this is no cursor of a list", "query.after", "send `next` as it came"))
    rows = calling.desk.store.listed(calling.by.name, closed, (at[1], at[2]) if at else None, limit + 1)
    lines = [CaseLineOf(row.id, row.version, row.opened, not closed, row.seat) for row in rows[:limit]]
    more = len(rows) > limit
    return CasesOf(lines, f"{lines[-1].opened}~{lines[-1].case}" if more else "")


@router.post("/cases", status_code=201)
def open_case(begin: BeginBody, calling: ToAnswer, response: Response) -> CaseOf:
    """Begin a case. The same request under the same key begins no other one."""
    check_works(calling.desk, calling.by)
    base = calling.desk.base
    told = {"subject": begin.subject, "ref": begin.ref, "period": begin.period, "suspicion": begin.suspicion}
    known = base.ladder.result_terms
    faults = [
        RequestFault("unknown-key", "there is no such part of a result", f"body.result.{key}", ", ".join(known))
        for key in begin.result
        if key not in known
    ]
    id = new_id(calling, begin)
    if calling.desk.store.case(id, calling.by.name) is None:
        typed = told | {key: text for key, text in begin.result.items() if key in known}
        try:
            if faults:  # what else is wrong is told with it
                begin_case(base, id, speaker_of(calling.by.name, calling.by.role), typed, today_at(calling.desk))
                raise Faulty(*faults)
            record_beginning(calling, id, typed)
        except BeginFaults as error:
            places = ((key, f"body.result.{key}" if key in known else f"body.{key}") for key in error.faults)
            found = (RequestFault("answer", error.faults[key], place) for key, place in places)
            raise Faulty(*found, *faults) from None
    now = held_page(calling, id)
    response.headers["Location"] = f"/api/v1/cases/{id}"
    return shown_case(now, response)


def new_id(calling: Caller, begin: RequestBody) -> str:
    """The identifier of a new case: of the request, where it has a key of its own, so that it is begun once."""
    told = repr((calling.by.name, calling.key, begin))
    return case_id(sha256(told.encode()).digest()[:10])


@router.get("/cases/{case}")
def show_case(case: str, calling: ToRead, response: Response) -> CaseOf:
    """A case as it stands; its version is the entity tag."""
    return shown_case(held_page(calling, case), response)


def shown_case(now: HeldPage, response: Response) -> CaseOf:
    """A case as the answer of a request that read or changed it."""
    memory, row = now.conversation.memory, now.row
    response.headers["ETag"] = f'"{row.version}"'
    return CaseOf(
        row.id,
        row.version,
        row.opened,
        True,
        row.seat,
        dict(memory.subject) or None,
        period_data(memory),
        memory.base.digest,
        [name for name in memory.statements if name not in memory.fixed],
    )


@router.get("/cases/{case}/statements")
def list_statements(case: str, calling: ToRead, response: Response) -> list[HeldFactOf]:
    """All that was said in a case, by whomever, with what counts of it."""
    now = held_page(calling, case)
    response.headers["ETag"] = f'"{now.row.version}"'
    memory = now.conversation.memory
    return [_fact(memory, memory.base.terms[name]) for name in memory.statements if name not in memory.fixed]


@router.get("/cases/{case}/statements/{term}")
def show_statement(case: str, term: str, calling: ToRead, response: Response) -> HeldFactOf:
    """What was said of one term; also where that is nothing yet."""
    return _tagged(held_page(calling, case), term, response)


def _tagged(now: HeldPage, name: str, response: Response) -> HeldFactOf:
    conversation, term = now.asked(name)
    found = _fact(conversation.memory, term)
    response.headers["ETag"] = f'"{found.etag}"'
    return found


def _fact(memory: WorkingMemory, term: Term) -> HeldFactOf:
    fact = memory.fact(term.name)
    said = [each.to_dict() | {"used": each == fact.used} for each in fact.statements]
    unknown = fact.unknown and fact.unknown.value
    return HeldFactOf(term.name, term.called, mark_of(memory, term.name), as_json(fact.value), unknown, said)


IfMatch = Annotated[str, Header(alias="If-Match", max_length=100)]


@router.put("/cases/{case}/statements/{term}")
def put_statement(
    case: str, term: str, said: StatedBody, calling: ToAnswer, response: Response, if_match: IfMatch = ""
) -> HeldFactOf:
    """State a term, in the place of what the caller said of it before; others' statements stay.

    `If-Match` holds the entity tag of what was said of the term as it was read: 412 where that has changed since.
    """

    def change(now: HeldPage) -> tuple[Conversation, Undo, tuple[str, ...]]:
        conversation, asked = _matched(now, term, if_match)
        before = conversation.memory.said_by(term, conversation.speaker.voice)
        made, understood = _made(conversation.base, asked, said)
        after, turn = conversation.answer(asked, made, understood, now.today)
        if turn.kind == "fault":
            raise Faulty(RequestFault("answer", turn.text, "body.value"))
        return after, Undo(term, before), ()

    return _tagged(record_answer(calling, case, _request(calling, said, if_match), term, change), term, response)


@router.post("/cases/{case}/statements/{term}/withdrawal")
def withdraw_statement(
    case: str, term: str, told: WithdrawalBody, calling: ToAnswer, response: Response, if_match: IfMatch = ""
) -> HeldFactOf:
    """Take one's own statement back: it stays in sight, and counts no more."""
    reason = "".join(filter(str.isprintable, " ".join(told.reason.split())))

    def change(now: HeldPage) -> tuple[Conversation, None, tuple[str, ...]]:
        conversation, _ = _matched(now, term, if_match)
        own = conversation.memory.said_by(term, conversation.speaker.voice)
        if own is None:
            raise NoSuch("there is no statement of yours on this")
        if not reason:
            raise Faulty(RequestFault("empty", "say why it is taken back", "body.reason"))
        after, _ = conversation.withdraw(term, reason, now.today)
        return after, None, ()

    return _tagged(record_answer(calling, case, _request(calling, told, if_match), term, change), term, response)


def _request(calling: Caller, body: RequestBody, if_match: str) -> Mapping[str, str]:
    """A request as the record of an answer tells it from others."""
    return {"key": f"{calling.by.name} {calling.key}", "body": repr(body), "if_match": if_match}


def _matched(now: HeldPage, name: str, if_match: str) -> tuple[Conversation, Term]:
    """The interview at a term of which nobody has said anything since it was read. Raises Faulty."""
    conversation, term = now.asked(name)
    if not if_match:
        told = "say of which statements this was made: send the entity tag of the term in `If-Match`"
        raise Faulty(RequestFault("if-match", told, "header.If-Match"), status=428)
    if if_match.strip().strip('"') != mark_of(conversation.memory, name):
        told = "something else was said of this since it was read; read it again, and decide"
        raise Faulty(RequestFault("changed", told, "header.If-Match"), status=412)
    return conversation, term


def _made(base: RuleBase, term: Term, said: StatedBody) -> tuple[Statement, str]:
    """A statement without its speaker, read as a case file is, and what was understood. Raises Faulty."""
    if (said.value is None) is (said.unknown is None):
        raise Faulty(RequestFault("value", "send `value`, or `unknown` with why there is none", "body"))
    if said.unknown == Unknown.NOT_APPLICABLE.value and not said.reason.strip():
        raise Faulty(RequestFault("reason", "say why it does not apply", "body.reason"))
    value = said.value if said.unknown is None else WORDS[Unknown(said.unknown)]
    told = {name: text for name, text in asdict(said).items() if name not in ("value", "unknown") and text}
    with read_from_request(f"facts.{term.name}."):
        memory = case_from_values({"facts": {term.name: told | {"value": value}}}, base)
    (made,) = memory.statements[term.name]
    return replace(made, place=None), "not known" if made.value is None else echo(term, made.value)


@router.get("/cases/{case}/next-question")
def ask_next(case: str, calling: ToRead) -> NextOf:
    """What the caller is asked next; what they put off comes last."""
    now = held_page(calling, case)
    with calling.desk.thinking:
        return next_of(now.conversation)


def next_of(conversation: Conversation) -> NextOf:
    """The next question of an interview. Whoever calls it holds the lock of what reads diagrams."""
    term, left = conversation.term, len(conversation.survey.to_come)
    if term is None:
        return NextOf(None, left)
    memory = conversation.memory
    whom = asked_of(memory, term.name)
    declined = conversation.survey.diagnosis.declined(term.name)
    question = {
        "term": term.name,
        "question": term.question,
        "respondent": whom,
        "label": term.called,
        "declined": declined,
    }
    found = AskedNow(
        question,
        answer_form(term),
        term.type,
        term.unit,
        list(term.values),
        term.evidence,
        term.respondent,
        mark_of(memory, term.name),
    )
    return NextOf(found, max(left, 1))
