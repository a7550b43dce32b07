"""Two names that differ so little that one is taken for the other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from salesdx.authoring.checks.check import WARNING, Check
from salesdx.base.model import RuleBase
from salesdx.text.source import Place

PAGE = """\
`on_time_pct` and `on_tiem_pct`, or `win_rate` and `winrate`: whoever writes a
rule takes one for the other, and the rule stays silent because nobody answers
the wrong question.

Rename one of the two, so that its name says how it differs.
"""


def near_duplicate_name(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    places = {term.name: term.place for term in base.terms.values()}
    places |= {rule.finding: rule.place for rule in base.rules if rule.finding not in places}
    seen: dict[str, str] = {}
    for name, place in places.items():
        other = seen.setdefault(_key(name), name)
        if other != name:
            first = places[other]
            yield place, f"`{name}` is nearly the name of `{other}`", f"the other is in {first.path}:{first.line}"


def _key(name: str) -> str:
    """Equal for names that differ in the order of letters inside a word, in underscores, or in a plural."""
    words = [word.removesuffix("s") for word in re.split("_", name)]
    return "".join(word[:1] + "".join(sorted(word[1:-1])) + word[-1:] for word in words)


CHECK = Check("near-duplicate-name", WARNING, "Two names that are nearly the same", PAGE, near_duplicate_name)
