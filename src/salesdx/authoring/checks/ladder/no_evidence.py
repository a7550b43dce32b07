"""A stage that is ruled out without evidence."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import ERROR, Check
from salesdx.authoring.confirming import passes
from salesdx.authoring.reasoning import reasoning
from salesdx.base.model import RuleBase
from salesdx.language.conditions import names, truth
from salesdx.language.truth import FALSE
from salesdx.text.source import Place

PAGE = """\
The stage counts as ruled out although nothing was looked at: its
`ruled_out_when` or `set_aside_when` reads no question, or is true whatever is
answered, or the decision list says so of a stage that applies and reads neither
of them. So a fault of the company is passed over, and the case moves on towards
a person.

Say under `ruled_out_when` what evidence clears the stage.
"""


CLEARING = {"ruled_out_when": "ruled out", "set_aside_when": "set aside"}
"""A condition that lets the ladder go on -> what the stage is then."""


def no_evidence(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    for stage in base.stages:
        for key, said in CLEARING.items():
            if key in stage.conditions and (fault := _fault(base, stage.id, key)):
                yield places.of_stage(base, stage.id, key), f"`{stage.id}` is {said} {fault}", ""
    for name, lines in base.ladder.decisions.items():
        for number, line in enumerate(lines):
            where_it_applies = truth(line.when, {"applies": True}) is not FALSE
            if passes(base.ladder, line.name) and where_it_applies and not CLEARING.keys() & names(line.when):
                message = f"a stage decided by `{name}` is `{line.name}` without its evidence being read"
                yield places.line_of(base, number, "decisions", name), message, "let the line read `ruled_out_when`"


def _fault(base: RuleBase, stage: str, key: str) -> str:
    """Why a condition of a stage is no evidence; empty where it is."""
    made, when = reasoning(base), base.home[stage].conditions[key]
    written = names(base.as_written.home[stage].conditions[key])
    reads = {term for name in written for term in (name, *made.written_inputs.get(name, ()))}
    if not any(name in base.terms and base.terms[name].question for name in reads):
        return "by no answer to any question"
    return "" if False in made.values(made.condition(when)) else "whatever is answered"


CHECK = Check("no-evidence", ERROR, "A stage that is ruled out without evidence", PAGE, no_evidence)
