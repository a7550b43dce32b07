"""Values are tried on a rule or a step. They come by POST, so that no value stands in an address; nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Response

from salesdx.base.model import Rule, Stage
from salesdx.ledger.errors import NoSuch
from salesdx.render.pages.rule_parts import TRY
from salesdx.render.pages.shell import PageFault
from salesdx.render.pages.try_page import FIELD, Tried, tried_rule, tried_step, try_page
from salesdx.services.rule_readers import check_tries_rules
from salesdx.services.trying import MOST_TYPED, TriedFaults, tried_terms, try_values
from salesdx.web.pages.explorer import BACK
from salesdx.web.pages.guard import OwnForm, Visit, Visiting, shown_page
from salesdx.web.pages.held import today_at

router = APIRouter(include_in_schema=False)


@router.get(TRY)
def try_form(visit: Visiting, rule: str = "", step: str = "") -> Response:
    """The fields of what a rule or a step reads."""
    return _page(visit, _of(visit, rule, step), {}, None)


@router.post(TRY)
def try_now(visit: Visiting, form: OwnForm, rule: str = "", step: str = "") -> Response:
    """What the values make of it."""
    of = _of(visit, rule, step)
    base = visit.desk.base
    typed = {name.removeprefix(FIELD): text[: MOST_TYPED + 1] for name, text in form.items() if name.startswith(FIELD)}
    try:
        with visit.desk.thinking:
            found, why = try_values(base, of, typed, today_at(visit.desk))
    except TriedFaults as error:
        called = {name: base.terms[name].called for name in error.faults}
        faults = tuple(PageFault(f"{called[name]}: {told}", FIELD + name) for name, told in error.faults.items())
        return _page(visit, of, typed, None, faults)
    tried = tried_rule(base, of, found, why) if isinstance(of, Rule) else tried_step(base, of, found, why)
    return _page(visit, of, typed, tried)


def _of(visit: Visit, rule: str, step: str) -> Rule | Stage:
    """The rule or the step that an address names. Raises NoSuch, also for who may not try."""
    check_tries_rules(visit.by, visit.desk.server.in_force())
    base = visit.desk.base
    stages = {stage.id: stage for stage in base.stages}
    if rule in base.rule and not step:
        return base.rule[rule]
    if step in stages and not rule:
        return stages[step]
    raise NoSuch("there is no such rule or step")


def _page(
    visit: Visit, of: Rule | Stage, typed: Mapping[str, str], tried: Tried | None, faults: tuple[PageFault, ...] = ()
) -> Response:
    base = visit.desk.base
    page = try_page(base, visit.shell(BACK, faults=faults), of, tried_terms(base, of), typed, tried)
    return shown_page(page, 422 if faults else 200)
