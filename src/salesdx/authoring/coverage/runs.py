"""What coverage is counted over."""

from collections.abc import Sequence

from salesdx.engine.diagnosis import Diagnosis

Runs = Sequence[tuple[str, Diagnosis]]
"""The cases by path, each with its diagnosis."""
