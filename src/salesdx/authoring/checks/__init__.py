"""Checks of a rule base that loads: what is legal and still wrong, untested or unsafe. One module a check.

A new check is one module with a `CHECK`, one line in ``CHECKS``, and a folder with a good and a bad example in
`tests/checks/`.
"""

from __future__ import annotations

from salesdx.authoring.checks.check import Check, run_checks
from salesdx.authoring.checks.ladder import (
    core_term,
    effect_alone,
    idle_key,
    ladder_order,
    never_passed,
    no_evidence,
    not_examined,
    only_shown,
    personnel_early,
    shared_term,
    unreachable_status,
)
from salesdx.authoring.checks.questions import (
    idle_choice,
    idle_question,
    idle_respondent,
    near_duplicate_name,
    no_label,
    no_question,
    no_range,
    same_question,
    unread_value,
    unused_term,
)
from salesdx.authoring.checks.rules import (
    always_true,
    contradicting_advice,
    gap,
    idle_intervention,
    idle_source,
    implied_rule,
    literal_limit,
    never_true,
    no_measure,
    not_read,
    overlapping_strong,
    redundant_part,
    silencing,
    template_term,
    threshold_out_of_range,
    threshold_without_source,
    unreachable_rule,
    unread_limit,
)

__all__ = ["CHECKS", "Check", "check_base", "check_named"]

CHECKS: tuple[Check, ...] = (
    # rules
    never_true.CHECK,
    always_true.CHECK,
    threshold_out_of_range.CHECK,
    redundant_part.CHECK,
    unreachable_rule.CHECK,
    implied_rule.CHECK,
    contradicting_advice.CHECK,
    overlapping_strong.CHECK,
    shared_term.CHECK,
    personnel_early.CHECK,
    template_term.CHECK,
    threshold_without_source.CHECK,
    unread_limit.CHECK,
    literal_limit.CHECK,
    idle_key.CHECK,
    only_shown.CHECK,
    # the ladder
    unreachable_status.CHECK,
    never_passed.CHECK,
    no_evidence.CHECK,
    not_examined.CHECK,
    ladder_order.CHECK,
    gap.CHECK,
    core_term.CHECK,
    effect_alone.CHECK,
    # questions and interventions
    unused_term.CHECK,
    idle_question.CHECK,
    no_question.CHECK,
    same_question.CHECK,
    near_duplicate_name.CHECK,
    no_range.CHECK,
    no_label.CHECK,
    idle_choice.CHECK,
    unread_value.CHECK,
    idle_respondent.CHECK,
    no_measure.CHECK,
    idle_intervention.CHECK,
    idle_source.CHECK,
    not_read.CHECK,
    # comments that silence a check
    *silencing.CHECKS,
)
"""Every check, in the order of the handbook."""


def check_named(code: str) -> Check | None:
    """The check with a code."""
    return next((check for check in CHECKS if check.code == code), None)


check_base = run_checks
"""``check_base(base, CHECKS)`` gives every issue that is not silenced, by place; see ``check.run``."""
