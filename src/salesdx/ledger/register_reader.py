"""The people of a trail, kept while it is open, so that no record is read twice for them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any, Protocol

from salesdx.ledger.errors import TrailError
from salesdx.ledger.standalone.register import TAKEN, Register
from salesdx.ledger.standalone.verifier import Invalid, check_payload


class Rows(Protocol):
    """A trail as it stands in one snapshot."""

    def rows(self, start: int = 0, *, types: Sequence[str] = ()) -> Iterator[Any]:
        """Entries of some types from ``start`` on, in order."""


class RegisterReader:
    """Reads the register of one trail as far as it has come."""

    def __init__(self) -> None:
        self._known, self._next, self._lock = Register(), 0, Lock()

    def register(self, reader: Rows) -> Register:
        """The people as the trail stands in this snapshot. Raises TrailError for a register that cannot be trusted."""
        with self._lock:
            changed, after = self._known, self._next
            for row in reader.rows(after, types=TAKEN):
                header = row.header
                if changed is self._known:
                    changed = copy.deepcopy(changed)  # others look at what is known
                try:
                    if row.salt is None or row.payload is None:
                        raise Invalid("its content is gone")
                    changed.take(header, check_payload(header, row.salt, row.payload))
                except Invalid as error:
                    raise TrailError(
                        f"record {row.seq} of the people cannot be trusted: {error}; nothing is done here, and "
                        "`salesdx trail verify` tells more"
                    ) from None
                after = row.seq + 1
            self._known, self._next = changed, after
            return self._known
