"""Checks of a rule base that loads: what is legal and still wrong, untested or unsafe. One module a check.

A new check is one module with a `CHECK`, one line in ``CHECKS``, and a folder with a good and a bad example in
`tests/checks/`.
"""

from __future__ import annotations

from salesdx.authoring.checks import near_duplicate_name, unused_term
from salesdx.authoring.checks.check import Check, run

__all__ = ["CHECKS", "Check", "check_base", "check_named"]

CHECKS: tuple[Check, ...] = (
    unused_term.CHECK,
    near_duplicate_name.CHECK,
)
"""Every check, in the order of the handbook."""


def check_named(code: str) -> Check | None:
    """The check with a code."""
    return next((check for check in CHECKS if check.code == code), None)


check_base = run
"""``check_base(base, CHECKS)`` gives every issue that is not silenced, by place; see ``check.run``."""
