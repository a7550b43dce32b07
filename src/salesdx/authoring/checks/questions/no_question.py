"""A term about which nobody is asked anything."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.reasoning import reasoning
from salesdx.base.model import RuleBase
from salesdx.text.source import Place

PAGE = """\
The term is computed, and what it is computed from comes down to no question:
its formula holds only numbers. It has one value in every case, so it is no fact
of the case. Or it names a respondent, and has no question for that respondent.

Write the number where it is used, let the formula read what was meant, or write
the question. (A term with neither question nor formula, or with a question and
no respondent, is a fault: such a rule base does not load.)
"""


def no_question(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    inputs = reasoning(base).inputs
    for term in base.terms.values():
        if not term.computed or term.question:
            continue
        if not any(base.terms[name].question for name in inputs[term.name]):
            yield term.place, f"`{term.name}` is computed, and rests on no question", ""
        if term.respondent:
            message = f"`{term.name}` names a respondent and has no question"
            yield places.of_key(base, term, "respondent"), message, "write a question, or delete the respondent"


CHECK = Check("no-question", WARNING, "A term about which nobody is asked", PAGE, no_question)
