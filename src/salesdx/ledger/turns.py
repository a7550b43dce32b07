"""One after the other, and nobody for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from salesdx.ledger.errors import Busy


class Lockable(Protocol):
    """A lock."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...

    def release(self) -> None: ...


@contextmanager
def in_turn(lock: Lockable, seconds: float, shown: str) -> Iterator[None]:
    """Hold a lock; ``shown`` is whose. Raises Busy where it is not to be had within some seconds."""
    if not lock.acquire(timeout=seconds):
        raise Busy(shown)
    try:
        yield
    finally:
        lock.release()
