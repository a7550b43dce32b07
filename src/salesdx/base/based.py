"""Reads rules and holds them to the base that they stand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from salesdx.base.background import Acceptance
from salesdx.base.foundation import Load, Lower, read_base
from salesdx.base.ladder import LadderFile
from salesdx.base.layers import NAMED, Below, folders, named_below, place_of, read_files
from salesdx.base.model import RuleBase
from salesdx.base.naming import NameReader
from salesdx.base.reading import first_line
from salesdx.text.issues import Issue
from salesdx.text.source import Place

LADDER = "knowledge/ladder.yaml"


class BasedReader(NameReader):
    """Reads the files of a rule base, and knows what it extends or was copied from."""

    def __init__(
        self,
        home: Path,
        shown: str,
        shipped: Callable[[], Path],
        load: Load,
        held: bool,
        on: Below,
        instead: Mapping[Path, str],
    ) -> None:
        super().__init__()
        self.folder, self.shown, self.shipped, self.held, self.on = home, shown, shipped, held, on
        self.read = read_files(self, home, shown, shipped, on, instead)
        self.unread, self.blind = self.read.unread, self.read.blind
        self.accepts: tuple[Acceptance, ...] = ()
        self.ladder_keys: Mapping[str, Place] = {}
        self.misplaced: tuple[Issue, ...] = ()
        if not self.faulty():
            self.below, self.accepts = read_base(self, self.read, home, shown, self._lower, load)

    @property
    def _lower(self) -> Lower:
        folder, shown = self.lower_folders()[-1] if self.read.own else (self.folder, self.shown)
        return folder, shown, self.on == NAMED

    def lower_folders(self) -> list[tuple[Path, str]]:
        """The folders below, and their paths in messages, the lowest first."""
        if self.on == NAMED:
            return folders(self.folder, self.shown, self.shipped, self.read.instead)[:-1]
        below = named_below(self.on, self.shipped)
        return folders(*below, self.shipped, self.read.instead)

    def faulty(self) -> bool:
        return any(issue.severity == "error" for issue in self.issues)

    def place(self, name: str) -> Place:
        """The place of a file as a whole, by its name inside the rule base."""
        shown = self.read.shown.get(name)
        return Place(shown, 1, 1, 1, 2) if shown else place_of(self.shown, name)

    def faults(self) -> tuple[Issue, ...]:
        """The faults, each where its cause is."""
        if self.below is None or not self.read.own:
            return tuple(self.issues)
        from salesdx.base.blame import told_at_the_ladder  # here and below: most rules stand on no others

        lower = tuple(f"{shown}/" for _, shown in self.lower_folders())
        return told_at_the_ladder(self.issues, self.ladder_keys, self.below, lambda path: path.startswith(lower))

    def check_stages(self, ladder: LadderFile) -> None:
        """The stages on the way to a person stand as in the base; told early, since all else follows from them."""
        self.ladder_keys = ladder.places
        if self.below is None or not ladder.homes:
            return
        from salesdx.base.floor_ladder import bound_stages, order_faults

        at = ladder.places.get("stages", self.place(LADDER))
        stages = {id: scalar.place for id, (scalar, decided_by) in ladder.homes.items() if decided_by}
        person = ladder.names.get("personnel_stage")
        named = (person.text, person.place) if person is not None else ("", self.place(LADDER))
        lacking = set(bound_stages(self.below)) - set(stages)
        self.misplaced = tuple(order_faults(stages, named, self.below, at))
        self.issues += self.misplaced if self.held or lacking else ()
        self.doubtful |= lacking

    def missing(self, name: str) -> Place:
        """Where what a file of the base has is missing: a layer takes it out with `removes`, a copy in the file."""
        removes = self.read.own.get("removes")
        return first_line(removes.place) if removes is not None else self.place(name)

    def held_to_base(self, made: RuleBase) -> RuleBase:
        """The rules with what is known of how they stand to their base; faults are noted."""
        if made.below is None or self.faulty():
            return made
        from salesdx.base.acceptances import check_acceptances
        from salesdx.base.floors import floor_faults, property_faults

        old = made.below.as_written
        unkept = property_faults(made, old, self.missing)
        signed = check_acceptances(self, made, unkept)
        unsigned = (fault for id, fault in unkept.items() if id not in signed)
        faults = (*self.misplaced, *unsigned, *floor_faults(made, old, self.missing))
        self.issues += faults if self.held else ()
        return replace(made, floor_faults=faults, unkept=signed)
