"""Two terms that ask the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import WARNING, Check
from salesdx.base.model import RuleBase
from salesdx.text.source import Place

PAGE = """\
Two terms have one question, word by word. The respondent answers twice, or
thinks that it was answered, and each rule reads one of the two: so one of the
rules waits for ever.

Delete one of the terms, or let each question say what makes it another.
"""


def same_question(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    seen: dict[str, str] = {}
    for term in base.terms.values():
        words = " ".join(re.findall(r"\w+", term.question.casefold()))
        other = seen.setdefault(words, term.name) if words else term.name
        if other != term.name:
            first = base.terms[other].place
            message = f"`{term.name}` asks the same as `{other}`"
            yield places.of_key(base, term, "question"), message, f"the other is in {first.path}:{first.line}"


CHECK = Check("same-question", WARNING, "Two terms that ask the same", PAGE, same_question)
