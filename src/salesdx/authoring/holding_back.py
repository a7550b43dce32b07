"""What holds back an edit that opens a door: the other edits, without which it would open the door further."""

from __future__ import annotations

from collections.abc import Collection

from salesdx.authoring.against import AgainstBase
from salesdx.authoring.path_to_person import changed_on_path
from salesdx.authoring.putting_back import put_back
from salesdx.base.model import RuleBase
from salesdx.base.pieces import ChangedPiece, with_all_they_read
from salesdx.engine.backends.smt.doors import Door


def holding_back(
    new: RuleBase, base: RuleBase, edits: Collection[ChangedPiece], doors: Collection[Door], seconds: float = 60
) -> tuple[ChangedPiece, ...]:
    """A set of the other changed pieces that holds these doors as narrow as they are, and of which none can be left
    out: with the base's text in all others, no possible case opens one that the rules keep shut.

    Mostly empty. What edits read is no part of it: a signature is bound to that anyway.
    """
    beside = [*changed_on_path(base, new)]
    beside = [piece for piece in beside if piece not in with_all_they_read(edits, new, base)]
    names = {name for door in doors for name in (str(door), str(door).removeprefix("new "))}

    def no_further(back: Collection[ChangedPiece]) -> bool:
        hybrid = put_back(new, base, back)
        if hybrid is None:
            return False
        against = AgainstBase(hybrid, new, seconds, lacking=True)
        return all(against.shut.get(door, "open") is None for door in against.doors if str(door) in names)

    if not beside or no_further(beside):
        return ()
    held = beside
    for piece in beside:
        fewer = [other for other in held if other is not piece]
        if fewer and no_further([other for other in beside if other not in fewer]):
            held = fewer
    return tuple(held)
