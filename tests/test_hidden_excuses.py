"""An excuse beside a value: what takes the value's floor away must look at nothing, in the shipped rules.

Who must know a fact gives it too imprecisely, from the CRM, and says besides, on better evidence, that it does not
apply. Another fact of the same rule is known on a word below the floor, which makes the rule false, and excused at it.
Then somebody adds an opinion by which the CRM cannot be used.
"""

from __future__ import annotations

import re
from functools import cache

import pytest

import salesdx
from conftest import ROOT
from salesdx.base.model import NUMERIC, Rule
from salesdx.case.file import case_from_text, with_firm
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.language.conditions import And, Compare, Expr, Literal, Name

SIGNED = "date: 2026-10-02, report: {name: x.csv, digest: " + "9" * 64 + "}"
LOGGING = "ind_crm_logging_pct"
LOW_LOGGING = "{value: 20, kind: opinion, by: hr}"


@cache
def complete() -> str:
    """The example with a complete file, with nothing from the CRM and nothing known of how well it is kept."""
    text = (
        (ROOT / "examples/complete-file.yaml")
        .read_text(encoding="utf-8")
        .replace("kind: CRM fields", "kind: signed record")
    )
    return re.sub(rf"(?m)^  {LOGGING}:.*\n", "", text)


def excused(name: str) -> str:
    by = salesdx.load().terms[name].respondent
    return f"{{value: not_applicable, reason: none, by: {by}, author: b, kind: transaction data, {SIGNED}}}"


def stated(name: str, value: str, kind: str) -> str:
    by = salesdx.load().terms[name].respondent
    return f"{{value: {value}, by: {by}, author: a, kind: {kind}, {SIGNED}}}"


def diagnosis(facts: dict[str, list[str]]) -> Diagnosis:
    text = complete()
    for name, said in facts.items():
        text = re.sub(rf"(?m)^  {name}:.*\n", "", text).rstrip() + f"\n  {name}: [{', '.join(said)}]\n"
    base = salesdx.load()
    return quick(base, with_firm(case_from_text(text, "case", base), ROOT / "examples/firm.yaml"))


def file_of(found: Diagnosis) -> str:
    return found.files[0].status


def test_the_file_is_complete_with_what_does_not_apply() -> None:
    """Else nothing below would show anything."""
    assert file_of(diagnosis({LOGGING: [excused(LOGGING)]})) == "eligible_for_human_review"
    added = diagnosis({LOGGING: [excused(LOGGING), LOW_LOGGING]})
    assert (file_of(added), set(added.looks.distrusted)) == ("eligible_for_human_review", {"CRM fields"})


def test_an_opinion_that_distrusts_a_value_brings_no_excuse_to_light() -> None:
    """It completed the file: the load of the bottleneck counted as looked at once the CRM could not be used."""
    load = [
        stated("delivery_utilisation_pct", "{low: 90, high: 99}", "CRM fields"),
        excused("delivery_utilisation_pct"),
    ]
    backlog = [stated("delivery_backlog_ratio", "1.0", "opinion"), excused("delivery_backlog_ratio")]
    facts = {"delivery_utilisation_pct": load, "delivery_backlog_ratio": backlog}
    before, after = (diagnosis({**facts, LOGGING: [excused(LOGGING), *more]}) for more in ([], [LOW_LOGGING]))
    assert (file_of(before), file_of(after)) == ("open", "open")
    assert set(after.looks.distrusted) == {"CRM fields"}


def compared(expr: Expr) -> list[tuple[str, str, Literal]]:
    """The asked numbers that the parts of a condition compare with a number each."""
    terms = salesdx.load().terms
    parts = expr.parts if isinstance(expr, And) else ()
    return [(part.left.id, part.op, part.right) for part in parts
            if isinstance(part, Compare) and isinstance(part.left, Name) and isinstance(part.right, Literal)
            and part.left.id in terms and terms[part.left.id].type in NUMERIC
            and not terms[part.left.id].computed]  # fmt: skip


def pairs() -> list[tuple[Rule, tuple[str, str, Literal], tuple[str, str, Literal]]]:
    rules = [rule for rule in salesdx.load().rules if rule.strength in ("strong", "moderate", "block")]
    return [
        (rule, one, other)
        for rule in rules
        for one in compared(rule.when)
        for other in compared(rule.when)
        if one != other
    ]


@pytest.mark.slow
def test_no_pair_of_facts_of_a_rule_completes_a_file_by_an_opinion() -> None:
    """Every strong, moderate and blocking rule with two asked numbers: one of them imprecise, the other one outside."""
    tried = 0
    base = salesdx.load()
    for _, (name, _, limit), (other, op, _) in pairs():
        if LOGGING in (name, other):
            continue
        term, far_term = base.terms[name], base.terms[other]
        low, high = (max(limit.value - 1, term.low or 0), limit.value + 1)  # type: ignore[operator]
        outside = far_term.low if op in (">", ">=") else far_term.high
        facts = {name: [stated(name, f"{{low: {low}, high: {high}}}", "CRM fields"), excused(name)],
                 other: [stated(other, str(outside), "opinion"), excused(other)]}  # fmt: skip
        try:
            before, after = (diagnosis({**facts, LOGGING: [excused(LOGGING), *more]}) for more in ([], [LOW_LOGGING]))
        except salesdx.CaseError:
            continue
        tried += 1
        assert (file_of(before), file_of(after)) != ("open", "eligible_for_human_review"), (name, other)
        assert not (before.concluded is None and after.concluded is not None), (name, other)
    assert tried >= 40
