"""What each limit that was moved makes of the path to a person by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import Any, get_args

from salesdx.authoring.path_to_person import CLOSES, OPENS, SAME, UNDECIDED, PathToPerson, changed_on_path
from salesdx.base.applying import written_out
from salesdx.base.floor_company import milder_remedies
from salesdx.base.model import RuleBase
from salesdx.base.pieces import pieces
from salesdx.language.conditions import Expr
from salesdx.language.rewriting import with_limits

PARTS = ("rules", "terms", "interventions", "stages", "groups", "ladder", "properties")
"""The parts of a rule base in which limits are read."""


def limit_words(old: RuleBase, new: RuleBase, path: PathToPerson, seconds: float = 60) -> dict[str, str]:
    """Limit -> opens, closes, same or undecided, for each whose number is another: the rules before with this number
    alone beside themselves. ``path`` is how all of the new rules stand to them."""
    found: dict[str, str] = {}
    for name, was in old.limits.items():
        now = new.limits.get(name)
        if now is not None and now.value != was.value:
            moved = _with_moved(old, {name: now.value})
            whole = not (pieces(moved, new) or path.faults or path.measures)
            found[name] = path.word if whole else _word(old, moved, seconds)
    return found


def _with_moved(base: RuleBase, limits: Mapping[str, Decimal]) -> RuleBase:
    """The rules with other numbers of limits in all that reads them."""
    written = base.as_written
    parts = {part: _moved(getattr(written, part), limits) for part in PARTS}
    return written_out(replace(written, **parts))


def _moved(thing: Any, limits: Mapping[str, Decimal]) -> Any:
    if isinstance(thing, get_args(Expr)):
        return with_limits(thing, limits)
    if isinstance(thing, tuple):
        return tuple(_moved(part, limits) for part in thing)
    if isinstance(thing, Mapping):
        return {key: _moved(part, limits) for key, part in thing.items()}
    if is_dataclass(thing) and not isinstance(thing, type):
        return replace(thing, **{f.name: _moved(getattr(thing, f.name), limits) for f in fields(thing) if f.init})
    return thing


def _word(old: RuleBase, new: RuleBase, seconds: float) -> str:
    if any(milder_remedies(new, old)):
        return OPENS
    if not changed_on_path(old, new):
        return SAME
    try:
        from salesdx.authoring.against import AgainstBase
    except ModuleNotFoundError:
        return UNDECIDED
    undecided = False
    for word, against in ((OPENS, AgainstBase(new, old, seconds)), (CLOSES, AgainstBase(old, new, seconds))):
        left = [door for door in against.doors if against.shut.get(door, "open") is not None]
        if any(door not in against.shut and against.opening(door)[0] is not None for door in left):
            return word
        undecided |= bool(left)
    return UNDECIDED if undecided else SAME
