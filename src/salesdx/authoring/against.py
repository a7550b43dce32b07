"""Where rules go further towards a person than their base: for each door no possible case opens it, or one is shown.

A case counts only where the product's own diagnosis confirms it under both.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from types import MappingProxyType

from salesdx.authoring.door_cases import Opening, case_of, opening, smallest_opening
from salesdx.authoring.putting_back import NOBODY, Blame, blamed, put_back
from salesdx.authoring.searches import Searches
from salesdx.base.background import HOLDS, Acceptance
from salesdx.base.model import RuleBase
from salesdx.base.pieces import ChangedPiece, pieces
from salesdx.case.memory import WorkingMemory
from salesdx.engine.backends.smt.door_search import ATTEMPTS, DoorSearch
from salesdx.engine.backends.smt.doors import Door, doors, missing_stages
from salesdx.text.issues import CaseError

OPENS, UNDECIDED = "OPENS", "UNDECIDED"


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
    opened_by: Blame = NOBODY
    why: str = ""
    """Why it is undecided."""
    accepted_by: tuple[Acceptance, ...] = ()
    """The signatures that cover it: with the base's text in what they are for, no possible case opens it."""

    @property
    def stands(self) -> bool:
        """Whether nothing is left to do: no case opens it, or somebody signed for it."""
        return self.result == HOLDS or bool(self.accepted_by)


class AgainstBase:
    """Rules held against their base, with the signatures that count. Raises NotComparable where they lack a stage of
    it; ``lacking`` ones may, to find what others close."""

    def __init__(
        self,
        new: RuleBase,
        base: RuleBase,
        seconds: float = 60,
        signed: Mapping[Acceptance, Opening] = MappingProxyType({}),
        lacking: bool = False,
    ) -> None:
        if (missing := missing_stages(new, base)) and not lacking:
            raise NotComparable(f"the base has the stage `{missing[0]}`, which these rules lack: nothing is proved")
        self.new, self.base, self.seconds, self.signed = new, base, seconds, signed
        self._without: dict[frozenset[ChangedPiece], AgainstBase | None] = {}
        self._cases: list[WorkingMemory] = []
        """Those that opened a door; most open others as well."""

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
        asked = self.shut
        share = (time.process_time() - begin) / max(1, len(self.doors))
        for door in self.doors:
            begin = time.process_time()
            found = DoorResult(door, HOLDS, 0) if door in asked and not asked[door] else self.decide(door)
            yield replace(found, seconds=share + time.process_time() - begin)

    def decide(self, door: Door) -> DoorResult:
        """How one door stands."""
        if door in self.shut:
            why = self.shut[door] or ""
            return DoorResult(door, UNDECIDED if why else HOLDS, 0, why=why)
        if accepted := self.accepted(door):
            signed = {piece for piece in pieces(self.new, self.base) if any(str(piece) in a.edits for a in accepted)}
            shown = next((self.signed[a] for a in accepted if self.signed[a].door == door), None)
            return DoorResult(door, OPENS, 0, shown, Blame(tuple(signed), False), "", accepted)
        found, why = self.opening(door)
        if found is None:
            return DoorResult(door, UNDECIDED, 0, why=why)
        least = smallest_opening(found, self.base, small=any(found.case is case for case in self._cases))
        self._cases += [least.case, found.case]
        return DoorResult(door, OPENS, 0, least, blamed(least, self.new, self.base))

    def opening(self, door: Door) -> tuple[Opening | None, str]:
        """A case that opens a door, as the product's own diagnosis confirms it; None with why none was found."""
        for case in self._cases:
            if (known := opening(door, case, self.base)) is not None:
                return known, ""
        why = "what opens it needs more than one statement of a fact, or values that no file can state"
        searches = Searches(ATTEMPTS)
        for wanted, seconds, seed in chain(searches.short(self.seconds), searches.long(self.seconds)):
            found = self._search.find(door, wanted, seconds, seed)
            if found.facts is None:
                why = found.gave_up or why
                if not found.gave_up:
                    searches.in_vain(wanted)
                continue
            try:
                made = opening(door, case_of(self.new, found), self.base)
            except CaseError:
                continue
            if made is not None:
                return made, ""
        return None, why

    def accepted(self, door: Door) -> tuple[Acceptance, ...]:
        """The signatures for a door, where it is shut with the base's text in all that they are for."""
        mine = tuple(signed for signed in self.signed if str(door) in signed.doors)
        named = {edit for signed in mine for edit in signed.edits}
        return mine if mine and door in self.shut_without(named) else ()

    def shut_without(self, edits: Collection[str]) -> set[Door]:
        """The doors that no possible case opens with the base's text in some places, named as `opened_by` does."""
        back = frozenset(piece for piece in pieces(self.new, self.base) if str(piece) in edits)
        if back not in self._without:
            hybrid = put_back(self.new, self.base, back)
            self._without[back] = AgainstBase(hybrid, self.base, self.seconds) if hybrid is not None else None
        against = self._without[back]
        if against is None:
            return set()
        shut = {door for door, why in against.shut.items() if not why}
        return shut | (set(self.doors) - set(against.doors))
