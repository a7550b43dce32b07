"""Where a rule base comes from, and what was signed for it and proved of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from salesdx.text.source import Place


@dataclass(frozen=True, slots=True)
class Layer:
    """What one folder changes of the rule base that it extends."""

    shown: str
    changes: tuple[tuple[str, str, str], ...]
    """(rule, term, key ..., its name, added, replaced or removed)."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A signature of a layer or copy for something that goes further than its base."""

    reason: str
    author: str
    base: str
    """The digest of the base that was looked at."""
    edits: tuple[str, ...] = ()
    """The changed pieces, as `prove` names them; none where a property is not kept."""
    doors: tuple[str, ...] = ()
    pieces: str = ""
    """The digest of the edits."""
    case: str = ""
    """The digest of the case that was looked at."""
    property: str = ""
    """The property of the base that is not kept; empty for edits."""
    silence: str = ""
    """The check that is silenced, of what has the digest ``pieces``; empty for edits and properties."""
    held_back_by: tuple[str, ...] = ()
    """Other changed pieces, without which the edits would open their doors further."""
    place: Place = field(default=Place("", 1, 1, 1, 1), compare=False, repr=False)


HOLDS = "HOLDS"
"""The result of a door that no possible case opens."""


@dataclass(frozen=True, slots=True)
class ProvedDoor:
    """What was found of one way in which rules can end harsher for a person than their base."""

    door: str
    result: str
    against: str
    """The digest of the base."""
    accepted_by: tuple[tuple[str, str], ...] = ()
    """(author, reason) of each signature that covers it."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved about a rule base, by its digest: it says nothing about any other."""

    rule_base: str
    prover: str
    proved: tuple[str, ...]
    refuted: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    lemmas: tuple[str, ...] = ()
    """What proofs of these rules take of statistics without deriving it."""
    base: str = ""
    """The digest of the rules below; empty where nothing is extended."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Property -> the digest of what it says."""
    silenced: tuple[str, ...] = ()
    """The checks that comments silence, each with its place."""
    doors: tuple[ProvedDoor, ...] = ()
    """Empty where there is no base, or the doors were left out."""
    on_nobody: Mapping[str, str] = field(default_factory=dict)
    """New intervention of which a layer or copy says that it acts on nobody -> the reason."""

    @property
    def properties_told(self) -> str:
        """As `11 of 12 properties`."""
        number = len(self.proved) + len(self.refuted) + len(self.undecided)
        return f"{len(self.proved)} of {number} {'property' if number == 1 else 'properties'}"
