"""The rules for who reads them: search, ladder, steps, rules, questions and sources. Reading records nothing."""

from __future__ import annotations

from functools import lru_cache

from fastapi import APIRouter, Response

from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.explanation import Turns, explain
from salesdx.ledger.errors import NoSuch
from salesdx.render.pages.rule_page import rule_page
from salesdx.render.pages.rules_overview import rules_overview
from salesdx.render.pages.step_page import sources_page, step_page
from salesdx.render.pages.term_page import term_page
from salesdx.services.rule_history import rule_history
from salesdx.services.rule_readers import check_reads_rules, compares_rules, tries_rules
from salesdx.services.worked_uses import worked_uses
from salesdx.web.pages.guard import Visit, Visiting, shown_page

router = APIRouter(include_in_schema=False)
BACK = ("/rules", "The rules")


def _read(visit: Visit) -> RuleBase:
    """The rules by which the service diagnoses, for who may read them. Raises NoSuch."""
    check_reads_rules(visit.by, visit.desk.server.in_force())
    return visit.desk.base


@router.get("/rules")
def all_rules(visit: Visiting, q: str = "") -> Response:
    """The ladder, which rules are in force, and what a search finds."""
    base = _read(visit)
    server = visit.desk.server
    may = compares_rules(visit.by, server.in_force())
    return shown_page(rules_overview(base, visit.shell(("/", "My reviews")), server.register().adoptions, q, may))


@router.get("/rules/sources")
def all_sources(visit: Visiting) -> Response:
    """Where numbers and rules come from."""
    return shown_page(sources_page(_read(visit), visit.shell(BACK)))


@router.get("/rules/steps/{stage}")
def one_step(stage: str, visit: Visiting) -> Response:
    """A step of the ladder, or a group beside it."""
    base = _read(visit)
    if stage not in base.home:
        raise NoSuch("there is no such step")
    return shown_page(step_page(base, visit.shell(BACK), base.home[stage], _tries(visit)))


@router.get("/rules/terms/{term}")
def one_term(term: str, visit: Visiting) -> Response:
    """A question or figure."""
    base = _read(visit)
    if term not in base.terms:
        raise NoSuch("there is no such question")
    with visit.desk.thinking:
        uses = worked_uses(base)
    return shown_page(term_page(base, visit.shell(BACK), base.terms[term], uses))


@router.get("/rules/{rule}")
def one_rule(rule: str, visit: Visiting) -> Response:
    """A rule."""
    base = _read(visit)
    if rule not in base.rule:
        raise NoSuch("there is no such rule")
    with visit.desk.thinking:
        uses, turns = worked_uses(base), _turns(base, rule)
    history = rule_history(visit.desk.server.trail, rule)
    return shown_page(rule_page(base, visit.shell(BACK), base.rule[rule], turns, uses, history, _tries(visit)))


def _tries(visit: Visit) -> bool:
    return tries_rules(visit.by, visit.desk.server.in_force())


@lru_cache(maxsize=1024)
def _turns(base: RuleBase, rule: str) -> Turns:
    """What would turn a rule where nothing is known."""
    return explain(base, WorkingMemory(base, {})).what_would_change(rule)
