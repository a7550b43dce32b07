"""Which open cases come out otherwise by changed rules: run as a process of its own, which keeps nothing.

It reads JSON (``old`` and ``new``, folders of rules, ``today``, and ``cases``, name -> text of the case file) from its
standard input, and writes a `TurnedCases` as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

from salesdx.base.layers import SHIPPED
from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.engine.comparing import differences
from salesdx.engine.diagnose import quick
from salesdx.text.issues import IssuesError


@dataclass(frozen=True)
class TurnedCases:
    """How many cases were ``looked`` at; those that turn, each with the steps whose status differs; and those that the
    changed rules cannot read."""

    looked: int = 0
    cases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @property
    def by_step(self) -> dict[str, int]:
        """Step -> in how many cases its status differs."""
        steps = [step for found in self.cases.values() for step in found]
        return {step: steps.count(step) for step in dict.fromkeys(steps)}


def turned(old: RuleBase, new: RuleBase, cases: Mapping[str, str], today: date) -> TurnedCases:
    """The cases that come out otherwise by other rules. What the rules that run cannot read is not looked at."""
    looked, found, unread = 0, {}, []
    for name, text in cases.items():
        try:
            before = quick(old, replace(case_from_text(text, name, old), today=today)).to_dict()
        except IssuesError:
            continue
        looked += 1
        try:
            after = quick(new, replace(case_from_text(text, name, new), today=today)).to_dict()
        except IssuesError:
            unread.append(name)
            continue
        if told := differences(before, after):
            found[name] = tuple(one.name for one in told if one.what == "stage")
    return TurnedCases(looked, found, tuple(unread))


def answer_what_turns() -> None:
    """Answer the JSON on the standard input."""
    told = json.load(sys.stdin)
    old, new = (load(None if told[key] == SHIPPED else Path(told[key])) for key in ("old", "new"))
    print(json.dumps(asdict(turned(old, new, told["cases"], date.fromisoformat(told["today"])))))


if __name__ == "__main__":
    answer_what_turns()
