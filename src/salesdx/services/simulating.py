"""The exports of a simulated firm, written for whoever tries a mapping or a rule base on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from salesdx.facts.simulation import CAUSES, TRAPS, export_files, simulate
from salesdx.services.files import FileError

CAUSE_NAMES = CAUSES
TRAP_NAMES = tuple(trap.replace(" ", "-") for trap in TRAPS)
"""Traps as they are typed."""


def simulate_exports(
    cause: str, seed: int, sellers: int, traps: Sequence[str], strength: float | None, folder: Path
) -> list[Path]:
    """Write the exports of a firm with a cause into a folder: a file for each. Raises FileError."""
    firm = simulate(cause, seed, sellers=sellers, traps=[trap.replace("-", " ") for trap in traps], strength=strength)
    try:
        return export_files(firm, folder)
    except OSError as error:
        raise FileError(f"`{folder}` cannot be written: {error.strerror or error}") from None
