"""A respondent who is asked nothing."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import NOTE, Check
from salesdx.base.model import RuleBase
from salesdx.text.source import Place

PAGE = """\
The ladder lists a respondent to whom no question goes: `salesdx ask` would
write an empty page.

Delete the line, or see whose questions were meant for this respondent.
"""


def idle_respondent(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    asked = {term.respondent for term in base.terms.values() if term.question}
    for name in base.respondents:
        if name not in asked:
            yield places.key_at(base, places.LADDER, "respondents", name), f"nobody asks `{name}` anything", ""


CHECK = Check("idle-respondent", NOTE, "A respondent who is asked nothing", PAGE, idle_respondent)
