"""A rule that is only read."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring.checks.check import NOTE, Check
from salesdx.authoring.checks.rules.unreachable_rule import nothing_but_shown
from salesdx.base.model import RuleBase
from salesdx.text.source import Place

PAGE = """\
The rule recommends nothing, its strength decides nothing, and no condition
names its finding: it is shown where it is true, and that is all. That may be
meant. A gate that nothing names was perhaps forgotten in the condition that it
was written for.
"""


def only_shown(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    for rule in base.rules:
        if nothing_but_shown(base, rule):
            yield rule.place, f"rule `{rule.id}` is only shown: nothing reads `{rule.finding}`", ""


CHECK = Check("only-shown", NOTE, "A rule that is only shown", PAGE, only_shown)
