"""What coverage is counted over."""

from collections.abc import Sequence

from salesdx.diagnosis import Diagnosis

Runs = Sequence[tuple[str, Diagnosis]]
"""The cases by path, each with its diagnosis."""
