"""Signs of earlier causes that nobody has to look at."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import ERROR, Check
from salesdx.authoring.confirming import completes, confirming
from salesdx.authoring.reasoning import reasoning
from salesdx.base.model import RuleBase
from salesdx.language.conditions import names
from salesdx.text.source import Place

PAGE = """\
A stage may be ruled out on its core evidence while some of its rules are still
unknown, since nobody looked. A file about a person must not be complete then.
So each strength that can confirm a stage says `examined: true`, and the line
that makes a file complete reads `unexamined`. Otherwise leaving a fact out
completes a file.
"""


def not_examined(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    most = reasoning(base).most
    confirm = dict.fromkeys(strength for stage in base.stages for strength in confirming(base, stage, most))
    for strength in confirm:
        if not base.ladder.strengths[strength].examined:
            place = places.key_at(base, places.LADDER, "strengths", strength)
            yield place, f"`{strength}` rules confirm a stage, and nobody has to look at them", "write `examined: true`"
    for name, lines in base.ladder.decisions.items():
        for number, line in enumerate(lines):
            if completes(base.ladder, line.name) and "unexamined" not in names(line.when):
                message = f"a file is `{line.name}` although signs of earlier causes were not looked at"
                yield places.line_of(base, number, "decisions", name), message, "let the line read `unexamined`"


CHECK = Check("not-examined", ERROR, "Signs that nobody has to look at", PAGE, not_examined)
