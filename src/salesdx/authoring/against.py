"""Where rules go further towards a person than their base: for each door no possible case opens it, or one is shown.

A case counts only where the product's own diagnosis confirms it under both.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from salesdx.authoring.door_cases import Opening, case_of, opening, smallest
from salesdx.authoring.putting_back import Piece, blamed
from salesdx.base.model import RuleBase
from salesdx.engine.backends.smt.door_search import ATTEMPTS, DoorSearch
from salesdx.engine.backends.smt.doors import Door, doors, missing_stages
from salesdx.text.issues import CaseError

HOLDS, OPENS, UNDECIDED = "HOLDS", "OPENS", "UNDECIDED"


class NotComparable(ValueError):
    """The rules lack a stage of the base, so that nothing can be proved against it."""


@dataclass(frozen=True)
class DoorResult:
    """How one door stands. ``opening`` is the case that opens it; None where none does."""

    door: Door
    result: str
    seconds: float
    """Seconds of CPU."""
    opening: Opening | None = None
    opened_by: tuple[Piece, ...] = ()
    why: str = ""
    """Why it is undecided."""


class Against:
    """Rules held against their base. Raises NotComparable where they lack a stage of it."""

    def __init__(self, new: RuleBase, base: RuleBase, seconds: float = 60) -> None:
        if missing := missing_stages(new, base):
            raise NotComparable(f"the base has the stage `{missing[0]}`, which these rules lack: nothing is proved")
        self.new, self.base, self.seconds = new, base, seconds

    @cached_property
    def doors(self) -> tuple[Door, ...]:
        """Every door between the two."""
        return doors(self.new, self.base)

    @cached_property
    def _search(self) -> DoorSearch:
        return DoorSearch(self.new, self.base)

    @cached_property
    def shut(self) -> Mapping[Door, str | None]:
        """The doors that no possible case opens; with a word where the prover gave up."""
        return self._search.shut(self.doors, self.seconds)

    def results(self) -> Iterator[DoorResult]:
        """Each door with its result, as it is decided."""
        begin = time.process_time()
        self.shut  # noqa: B018 - all doors are asked at once
        share = (time.process_time() - begin) / max(1, len(self.doors))
        for door in self.doors:
            begin = time.process_time()
            found = self.decide(door)
            yield replace(found, seconds=share + time.process_time() - begin)

    def decide(self, door: Door) -> DoorResult:
        """How one door stands."""
        if door in self.shut:
            why = self.shut[door]
            return DoorResult(door, UNDECIDED if why else HOLDS, 0, why=why or "")
        why = "what opens it needs more than one statement of a fact, or values that no file can state"
        for wanted in ATTEMPTS:
            found = self._search.find(door, wanted, self.seconds)
            if found.facts is None:
                why = found.gave_up or why
                continue
            try:
                made = opening(door, case_of(self.new, found), self.base)
            except CaseError:
                continue
            if made is not None:
                least = smallest(made, self.base)
                return DoorResult(door, OPENS, 0, least, blamed(least, self.new, self.base))
        return DoorResult(door, UNDECIDED, 0, why=why)
