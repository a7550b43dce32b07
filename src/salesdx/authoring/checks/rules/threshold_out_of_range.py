"""A comparison that the range of its term decides."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.reasoning import reasoning
from salesdx.base.model import RuleBase, Term
from salesdx.base.reading import plain_number
from salesdx.language.conditions import Compare, In, leaves, names
from salesdx.text.source import Place

PAGE = """\
A percentage of 0 to 100 is compared with 120, or a choice with all of its
values: whatever is answered, the comparison comes out the same. Most often a
point is missing, or a ratio is taken for a percentage.

Change the number, or the range of the term if larger values do occur.
"""


def threshold_out_of_range(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    made = reasoning(base)
    for condition in places.written_conditions(base):
        if condition.rule is not None and not made.values(made.rules[condition.rule.id]) >= {True, False}:
            continue  # told as a whole
        for leaf in leaves(condition.expr):
            term = base.terms.get(names(leaf)[0]) if isinstance(leaf, Compare | In) and len(names(leaf)) == 1 else None
            if term is None or (known := made.values(made.condition(leaf))) >= {True, False}:
                continue
            always = "always" if True in known else "never"
            message = f"{condition.what}: this is {always} true, since {_range(term)}"
            yield condition.place(leaf), message, "change the number, or the range of the term"


def _range(term: Term) -> str:
    if term.low is not None and term.high is not None:
        return f"`{term.name}` is {plain_number(term.low)} to {plain_number(term.high)}"
    return f"`{term.name}` has no other values"


CHECK = Check(
    "threshold-out-of-range", WARNING, "A comparison that is decided by its term's range", PAGE, threshold_out_of_range
)
