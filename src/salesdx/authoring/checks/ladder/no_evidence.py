"""A stage that is ruled out without evidence."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import ERROR, Check
from salesdx.authoring.confirming import passes
from salesdx.authoring.reasoning import reasoning
from salesdx.base.model import RuleBase
from salesdx.language.conditions import names
from salesdx.text.source import Place

PAGE = """\
The stage counts as ruled out although nothing was looked at: its
`ruled_out_when` reads no question, or is true whatever is answered, or the
decision list says so without reading `ruled_out_when`. So a fault of the
company is passed over, and the case moves on towards a person.

Say under `ruled_out_when` what evidence clears the stage.
"""


def no_evidence(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    for stage in base.stages:
        if stage.ruled_out_when is None:
            continue
        reads = {term for name in names(stage.ruled_out_when) for term in (name, *made.inputs.get(name, ()))}
        if not any(name in base.terms and base.terms[name].question for name in reads):
            message = f"`{stage.id}` is ruled out by no answer to any question"
        elif False not in made.values(made.condition(stage.ruled_out_when)):
            message = f"`{stage.id}` is ruled out whatever is answered"
        else:
            continue
        yield places.of_stage(base, stage.id, "ruled_out_when"), message, ""
    for name, lines in base.ladder.decisions.items():
        for number, line in enumerate(lines):
            if passes(base.ladder, line.name) and "ruled_out_when" not in names(line.when):
                message = f"a stage decided by `{name}` is `{line.name}` without its evidence being read"
                yield places.line_of(base, number, "decisions", name), message, "let the line read `ruled_out_when`"


CHECK = Check("no-evidence", ERROR, "A stage that is ruled out without evidence", PAGE, no_evidence)
