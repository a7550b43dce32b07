"""An intervention of which nobody can say whether it worked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import WARNING, Check
from salesdx.base.model import Intervention, RuleBase
from salesdx.text.source import Place

PAGE = """\
`worked_when` is empty words: a placeholder, a single word, or the same text as
the title or as what is done. Without a measure of its own an intervention
always worked, and what did not help is done again.

Say what is looked at, and what it has to be: `worked_when: The median quote
takes at most 2 working days`. (An intervention without the key is a fault: such
a rule base does not load.)
"""
EMPTY = {"to do", "to be decided", "to be defined", "not known", "not applicable", "n a", "see above", "it worked"}


def no_measure(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    for intervention in base.interventions.values():
        if (why := _why(intervention)) != "":
            message = f"intervention `{intervention.id}` has no measure: `worked_when` {why}"
            yield (
                places.of_key(base, intervention, "worked_when"),
                message,
                "say what is looked at, and what it has to be",
            )


def _why(intervention: Intervention) -> str:
    measure = _words(intervention.worked_when)
    for key in ("title", "do", "judge_after"):
        if measure == _words(getattr(intervention, key)):
            return f"repeats `{key}`"
    return "is a placeholder" if " " not in measure or measure in EMPTY else ""


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


CHECK = Check("no-measure", WARNING, "An intervention without a measure", PAGE, no_measure)
