"""What a review rests on, for programs: rules and terms in full; and posted facts, of which nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from salesdx.base.model import Rule, RuleBase, Term
from salesdx.case.file import case_from_values, formula_issues
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import as_json
from salesdx.engine.diagnose import EngineError, diagnose
from salesdx.interview.conversation import Conversation
from salesdx.ledger.errors import NoSuch, Refused
from salesdx.services.acts import RequestBody
from salesdx.services.rule_readers import check_reads_rules, check_tries_rules
from salesdx.text.issues import CaseError, Issue
from salesdx.web.api_cases import NextOf, next_of
from salesdx.web.calling import Caller, ToReadRules
from salesdx.web.described import DiagnosisJson, FactsJson, ValueJson
from salesdx.web.pages.held import today_at
from salesdx.web.problems import Faulty, RequestFault, read_from_request

router = APIRouter(tags=["rules"])
Line = Annotated[str, Field(max_length=200)]
MOST_FACTS = 1_000


@dataclass(frozen=True)
class RuleOf:
    """A rule: where it belongs, how much it proves, when it is true, what it finds, and what is recommended then."""

    rule: str
    stage: str
    title: str
    strength: str
    when: str
    finding: str
    because: str
    recommend: list[str]
    sources: list[str]


@dataclass(frozen=True)
class TermOf:
    """A term: its type, unit, range and words, the question, who answers it, and how long an answer counts: days,
    `period`, or null for ever. A `computed` one is asked of nobody."""

    term: str
    label: str
    stage: str
    type: str
    unit: str
    low: ValueJson | None
    high: ValueJson | None
    values: list[str]
    question: str
    respondent: str
    may_answer: list[str]
    hint: str
    valid_for: int | str | None
    computed: bool


@router.get("/rules/content")
def list_rules(calling: ToReadRules) -> list[RuleOf]:
    """Every rule by which the service diagnoses, in the order of the ladder."""
    return [_rule(rule) for rule in _read_rules(calling).rules]


@router.get("/rules/content/{rule}")
def show_one_rule(rule: str, calling: ToReadRules) -> RuleOf:
    """A rule by its identifier."""
    found = _read_rules(calling).rule.get(rule)
    if found is None:
        raise NoSuch("there is no such rule")
    return _rule(found)


@router.get("/terms")
def list_terms(calling: ToReadRules) -> list[TermOf]:
    """Every term of the vocabulary."""
    return [_term(term) for term in _read_rules(calling).terms.values()]


@router.get("/terms/{term}")
def show_one_term(term: str, calling: ToReadRules) -> TermOf:
    """A term by its name."""
    found = _read_rules(calling).terms.get(term)
    if found is None:
        raise NoSuch("there is no such term")
    return _term(found)


def _read_rules(calling: Caller) -> RuleBase:
    check_reads_rules(calling.by, calling.desk.server.in_force())
    return calling.desk.base


def _rule(rule: Rule) -> RuleOf:
    return RuleOf(
        rule.id,
        rule.home,
        rule.title,
        rule.strength,
        rule.text,
        rule.finding,
        rule.because,
        list(rule.recommend),
        list(rule.source),
    )


def _term(term: Term) -> TermOf:
    return TermOf(
        term.name,
        term.called,
        term.home,
        term.type,
        term.unit,
        as_json(term.low),
        as_json(term.high),
        list(term.values),
        term.question,
        term.respondent,
        list(term.may_answer),
        term.evidence,
        term.valid_for,
        term.computed,
    )


@dataclass(frozen=True)
class PostedFacts(RequestBody):
    """Facts as a case file has them, with the subject and the period that they are about."""

    facts: FactsJson
    subject: Mapping[Line, Line] = field(default_factory=dict)
    period: Mapping[Line, Line] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckedFacts:
    """What is wrong with facts; nothing, where a case file with them can be read."""

    issues: list[RequestFault]


@router.post("/check")
def check_facts(posted: PostedFacts, calling: ToReadRules) -> CheckedFacts:
    """What is wrong with facts, all of it at once. Nothing is kept, and nothing is concluded."""
    _read_rules(calling)
    try:
        found: tuple[Issue, ...] = formula_issues(_memory(posted, calling))
    except CaseError as error:
        found = tuple(error.issues)
    return CheckedFacts([RequestFault(i.code, i.message, f"body.{i.place.path}".rstrip("."), i.help) for i in found])


@router.post("/diagnose")
def diagnose_facts(posted: PostedFacts, calling: ToReadRules) -> DiagnosisJson:
    """What facts come to, for who may try values on the rules. Nothing is kept: it is nobody's case."""
    memory = _tried(posted, calling)
    with calling.desk.thinking:
        try:
            return diagnose(memory.base, memory, "auto").to_dict()
        except EngineError as error:
            raise Refused(str(error)) from None


@router.post("/next-question")
def ask_about_facts(posted: PostedFacts, calling: ToReadRules) -> NextOf:
    """What would be asked next beside facts, of everybody, for who may try values on the rules. Nothing is kept."""
    memory = _tried(posted, calling)
    with calling.desk.thinking:
        return next_of(Conversation(memory.base, memory, history=tuple(memory.statements)))


def _tried(posted: PostedFacts, calling: Caller) -> WorkingMemory:
    check_tries_rules(calling.by, calling.desk.server.in_force())
    with read_from_request():
        return _memory(posted, calling)


def _memory(posted: PostedFacts, calling: Caller) -> WorkingMemory:
    """Posted facts as a case of today. Raises CaseError, and Faulty for too many."""
    if len(posted.facts) > MOST_FACTS:
        raise Faulty(RequestFault("too-large", f"here are at most {MOST_FACTS:,} facts", "body.facts"))
    told: dict[str, Any] = {"case": "posted", "facts": posted.facts}
    told |= {key: part for key in ("subject", "period") if (part := getattr(posted, key))}
    return replace(case_from_values(told, calling.desk.base), today=today_at(calling.desk))
