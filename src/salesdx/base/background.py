"""What lies behind a rule base: what its layers change, and what was proved of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Layer:
    """What one folder changes of the rule base that it extends."""

    shown: str
    changes: tuple[tuple[str, str, str], ...]
    """(rule, term, key ..., its name, added, replaced or removed)."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved about a rule base, by its digest: it says nothing about any other."""

    rule_base: str
    prover: str
    proved: tuple[str, ...]
    refuted: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    base: str = ""
    """The digest of the rules below; empty where nothing is extended."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Property -> the digest of what it says."""
    silenced: tuple[str, ...] = ()
    """The checks that comments silence, each with its place."""
