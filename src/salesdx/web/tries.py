"""How often somebody may try what could be guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

MOST_TOLD = 10_000
"""So many names and addresses are remembered: the one that tried longest ago is forgotten first."""


@dataclass
class Tries:
    """Tries of each name or address within a time, of which ``most`` are let pass."""

    most: int
    within: timedelta
    now: Callable[[], datetime]
    tried: dict[str, list[datetime]] = field(default_factory=dict)
    counting: Lock = field(default_factory=Lock)

    def count(self, whose: str) -> bool:
        """Count a try; whether it may be made."""
        now = self.now()
        with self.counting:
            tries = self._tries(whose)
            self.tried.pop(whose, None)
            while len(self.tried) >= MOST_TOLD:
                del self.tried[next(iter(self.tried))]
            self.tried[whose] = [*tries, now][-self.most - 1 :]
        return len(tries) < self.most

    def too_many(self, whose: str) -> bool:
        """Whether no other try may be made now."""
        with self.counting:
            return len(self._tries(whose)) >= self.most

    def forget(self, whose: str) -> None:
        """The tries of somebody count no more."""
        with self.counting:
            self.tried.pop(whose, None)

    def _tries(self, whose: str) -> list[datetime]:
        return [at for at in self.tried.get(whose, ()) if at > self.now() - self.within]
