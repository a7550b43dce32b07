"""Faults that only the ladder of a layer causes: they are told at the ladder, never in the files below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from salesdx.base.model import RuleBase
from salesdx.base.reading import where
from salesdx.text.english import many
from salesdx.text.issues import Issue, sorted_issues
from salesdx.text.source import Place

MISSING = re.compile(r"`([^`]*)`(?: is no | is none |, which )")
"""The name that is missing, in the message of a fault."""
QUOTED = re.compile(r"`([^`]*)`")
LADDER = "/knowledge/ladder.yaml"


def told_at_the_ladder(
    issues: Iterable[Issue], keys: Mapping[str, Place], base: RuleBase, is_below: Callable[[str], bool]
) -> tuple[Issue, ...]:
    """Faults in files of a sound base that lack what its ladder gave, as one fault for each name, where it is lost.

    ``keys`` are those of the whole ladder with their places, ``is_below`` tells the paths of the base.
    """
    own = {key: place for key, place in keys.items() if not is_below(place.path)}
    given = _given(base)
    told: list[Issue] = []
    caused: dict[tuple[Place, str], list[Issue]] = {}
    for issue in sorted_issues(issues):
        words = [word for word in (*MISSING.findall(issue.message), *QUOTED.findall(issue.message)) if word in given]
        if own and is_below(issue.place.path) and (words or issue.place.path.endswith(LADDER)):
            word = words[0] if words else issue.message
            place = own.get(given.get(word, ""), next(iter(own.values())))
            caused.setdefault((place, word), []).append(issue)
        else:
            told.append(issue)
    for (place, _), faults in caused.items():
        more = f" and {many(len(faults) - 1, 'more place')}" if len(faults) > 1 else ""
        told.append(replace(faults[0], place=place, help=f"the base needs it: {where(faults[0].place)}{more}"))
    return tuple(told)


def _given(base: RuleBase) -> Mapping[str, str]:
    """The names that a ladder gives -> its key that does."""
    ladder = base.ladder
    statuses = [line.name for lines in ladder.decisions.values() for line in lines]
    found = {
        "decisions": [*ladder.decisions, *statuses],
        "modes": [line.name for line in ladder.modes],
        "stages": [stage.id for stage in base.stages],
        "groups": [group.id for group in base.groups],
        "strengths": [*ladder.strengths],
        "respondents": [*base.respondents],
        "evidence": [kind.name for kind in base.evidence],
    }
    return {name: key for key, names in found.items() for name in names}
