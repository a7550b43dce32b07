"""The words in which coverage is told, on every page alike."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from salesdx.authoring.coverage import COUNTED, Coverage
from salesdx.authoring.coverage.boundaries import Boundary
from salesdx.authoring.coverage.comparisons_seen import CHOICE, PREFERRED, RULE, Condition, ConditionSeen
from salesdx.engine.diagnosis import status_words as spoken
from salesdx.text.english import listed
from salesdx.text.source import Place

SAYS = {
    "rules": "rules seen true",
    "comparisons": "comparisons seen true and false",
    "statuses": "statuses of stages seen",
    "boundaries": "boundaries with a case next to them on each side",
    "rules_false": "rules seen false",
    "rules_unknown": "rules seen unknown",
    "comparisons_unknown": "comparisons seen unknown",
    "modes": "modes seen",
    "verdicts": "verdicts seen",
    "interventions": "interventions recommended",
    "properties": "properties put to the test",
}
BY_STAGE = (*COUNTED, "boundaries")
COUNTING = (
    "A comparison is a single test in a condition, or a boolean name: in the condition of a rule, in what rules a "
    "stage out, sets it aside or makes it apply, in a line of `choose`, and in what makes an intervention preferred.",
    "Its truth is its own, under the values of the case: an `and` that is already false hides none of its parts, and "
    "neither does a stage that the ladder never reached. What is not known is unknown, and never counts as false.",
    "A case stands next to a boundary if its value is at most one step away: 1 for a whole number, one day for a date, "
    "and for any other number one of the last place in which the boundary is written (1 for 110, 0.1 for 1.5). "
    "Comparisons of two facts have no boundary. A side outside the term's range is left out.",
    "A status is counted if the ladder can give it to the stage; concluded and held are counted beside the statuses.",
    "A property is put to the test by a case in which its premise is true. `salesdx prove` tells whether it holds.",
    "Percentages are rounded down.",
)

KINDS = {
    "ruled_out_when": "ruled out", "set_aside_when": "set aside", "applies_when": "applies", CHOICE: "choice of",
    PREFERRED: "preferred",
}  # fmt: skip


def percent(share: Fraction) -> str:
    """A percentage with one decimal, rounded down: only what is complete is 100.

    >>> percent(Fraction(99999, 1000))
    '99.9%'
    """
    tenths = int(share * 10)
    return f"{tenths // 10}.{tenths % 10}%"


def total(found: Coverage) -> str:
    """How the overall percentage is made."""
    measures = found.measures()
    parts = [f"{measures[name].seen} of {measures[name].of} {SAYS[name]}" for name in COUNTED]
    whole = found.overall
    return f"{whole.seen} of {whole.of}: {listed(parts)}."


def condition_name(condition: Condition) -> str:
    """Whose condition it is, in words."""
    if condition.kind == RULE:
        return condition.name
    if condition.kind == CHOICE:
        return f"{condition.name}, {condition.title} when"
    return f"{condition.name} {KINDS[condition.kind]} when"


def gaps(seen: ConditionSeen) -> str:
    """Which truths no case shows."""
    return f"was never {seen.missing[0]}" if len(seen.missing) == 1 else "was neither true nor false"


def unseen(found: Coverage) -> Iterator[tuple[str, str]]:
    """What no case shows besides conditions: its stage or group, or nothing where it belongs to none, and words."""
    kinds = (
        (found.statuses, "the status {} was never seen"),
        (found.modes, "the mode {} was never seen"),
        (found.verdicts, "the verdict {} was never seen"),
        (found.interventions, "{} was never recommended"),
        (found.properties, "{} was never put to the test"),
    )
    for shown, told in kinds:
        for each in shown:
            if not each.cases:
                yield each.home, told.format(spoken(each.name) if shown is found.statuses else each.name)


def times(number: int) -> str:
    return f"{number} case" + "s" * (number != 1)


def counts(seen: ConditionSeen) -> str:
    """In how many cases something was true, false and unknown."""
    return f"true in {times(len(seen.true))}, false in {len(seen.false)}, unknown in {len(seen.unknown)}"


def side_gaps(boundary: Boundary) -> str:
    """The sides of a boundary where no case stands."""
    return listed([f"no case {side.says}" for side in boundary.sides if not side.cases])


def place_words(place: Place) -> str:
    return f"{place.path}:{place.line}"
