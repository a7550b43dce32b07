"""A limit that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring.checks.check import WARNING, Check
from salesdx.authoring.limit_readers import limit_readers
from salesdx.base.layers import LIMIT
from salesdx.base.model import RuleBase
from salesdx.text.issues import did_you_mean
from salesdx.text.source import Place

PAGE = """\
No condition, formula or property names it, so that the number decides nothing,
and moving it changes nothing. Texts that show it tell a number by which nobody
goes. Of a layer its own limits are told, not those that its rules left behind.

Delete the limit, or write its name where the number stands in a condition.
"""


def unread_limit(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    readers = limit_readers(base)
    own = {name for what, name, _ in base.layers[-1].changes if what == LIMIT} if base.layers else base.limits
    for name, limit in base.limits.items():
        if name in own and not readers[name]:
            near = did_you_mean(name, [other for other in readers if readers[other]], lambda n: base.limits[n].place)
            yield limit.place, f"nothing reads the limit `{name}`", near or "delete it, or name it in a condition"


CHECK = Check("unread-limit", WARNING, "A limit that nothing reads", PAGE, unread_limit)
