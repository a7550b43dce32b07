"""Values of a choice that nothing tells apart."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import NOTE, Check
from salesdx.authoring.checks.questions.unused_term import used_names
from salesdx.authoring.fact_lists import quoted
from salesdx.base.model import RuleBase
from salesdx.language.conditions import Compare, In, Literal, Name, children, walk
from salesdx.text.source import Place

PAGE = """\
A choice has two values or more that no condition names, so that it makes no
difference which of them is answered. That may be meant, where people can answer
more exactly than the rules need to know.
"""


def unread_value(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    named: dict[str, set[object]] = {}
    for condition in places.written_conditions(base):
        for part in walk(condition.expr):
            if isinstance(part, Compare | In):
                values = {child.value for child in children(part) if isinstance(child, Literal)}
                for name in (child.id for child in children(part) if isinstance(child, Name)):
                    named.setdefault(name, set()).update(values)
    used = set(used_names(base)) - {base.ladder.subject_term, base.ladder.currency_term}
    for term in base.terms.values():
        rest = [value for value in term.values if value not in named.get(term.name, ())]
        if len(rest) > 1 and term.name in used and term.name in named:
            message = f"no condition tells {quoted(rest)} of `{term.name}` apart"
            yield places.of_key(base, term, "values"), message, ""


CHECK = Check("unread-value", NOTE, "Values of a choice that nothing tells apart", PAGE, unread_value)
