"""Faults that only the ladder of a layer causes: they are told at the ladder, never in the files below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from salesdx.base.reading import where
from salesdx.text.english import many
from salesdx.text.issues import Issue, sorted_issues
from salesdx.text.source import Place

NAMED_BY = {
    "unknown-strength": "strengths",
    "unknown-respondent": "respondents",
    "unknown-kind": "evidence",
    "unknown-stage": "stages",
}
"""Faults of names that the ladder gives -> its key that does."""
MISSING = re.compile(r"`([^`]*)`(?: is no |, which )")
"""The name that is missing, in the message of a fault."""
LADDER = "/knowledge/ladder.yaml"


def told_at_the_ladder(
    issues: Iterable[Issue], keys: Mapping[str, Place], is_below: Callable[[str], bool]
) -> tuple[Issue, ...]:
    """Faults of one file of a sound base that the ladder of a layer brings about, as one fault for each name.

    ``keys`` are those of the whole ladder with their places, ``is_below`` tells the paths of the base.
    """
    own = {key: place for key, place in keys.items() if not is_below(place.path)}
    told: list[Issue] = []
    caused: dict[tuple[Place, str], list[Issue]] = {}
    for issue in sorted_issues(issues):
        path = issue.place.path
        if own and is_below(path) and (issue.code in NAMED_BY or path.endswith(LADDER)):
            place = own.get(NAMED_BY.get(issue.code, ""), next(iter(own.values())))
            word = MISSING.search(issue.message)
            caused.setdefault((place, word[1] if word else issue.message), []).append(issue)
        else:
            told.append(issue)
    for (place, _), faults in caused.items():
        more = f" and {many(len(faults) - 1, 'more place')}" if len(faults) > 1 else ""
        told.append(replace(faults[0], place=place, help=f"the base needs it: {where(faults[0].place)}{more}"))
    return tuple(told)
