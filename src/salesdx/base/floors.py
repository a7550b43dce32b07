"""What a base binds in the layers and copies of it: where the rules lie below it, as faults.

What can be decided by looking is decided here; the rest is left to the doors of `salesdx prove --against`. Each fault
points to a line of the layer or copy, and its help names the line of the base.
"""

from __future__ import annotations

from collections.abc import Callable

from salesdx.base.model import Property, RuleBase
from salesdx.text.issues import Issue
from salesdx.text.source import Place

PROPERTIES = "knowledge/properties.yaml"
At = Callable[[str], Place]
"""The name of a file -> its place as a whole."""


def property_faults(new: RuleBase, old: RuleBase, at: At) -> dict[str, Issue]:
    """Properties of the base that do not stand as they are: the one thing that a signature may excuse."""
    now = {made.id: made for made in new.properties}
    return {was.id: _property(was, now.get(was.id), at) for was in old.properties if not _kept(was, now.get(was.id))}


def _property(was: Property, now: Property | None, at: At) -> Issue:
    message = f"`{was.id}` of the base is {'missing' if now is None else 'another property here'}: {was.says}"
    help = f"it stands at {where(was.place)}, and stays as it is; give a property of your own another id"
    return Issue("floor-property", message, now.place if now is not None else at(PROPERTIES), help)


def _kept(was: Property, now: Property | None) -> bool:
    """Whether a property says the same, of these stages at least."""
    return now is not None and _said(was) == _said(now) and set(was.stages or ()) <= set(now.stages or ())


def _said(made: Property) -> tuple[object, ...]:
    words = (" ".join(made.says.split()), " ".join(made.text.split()))
    return (*words, made.stages is None, {*made.strengths}, made.forget, dict(made.better), made.wider)


def where(place: Place) -> str:
    """A place of the base, as helps name it."""
    return f"{place.path}:{place.line}"
