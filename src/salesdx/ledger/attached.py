"""The files that lie beside entries, by the numbers of their entries."""

from __future__ import annotations

import sqlalchemy as sa

from salesdx.ledger.storage import LogReader
from salesdx.ledger.tables import ATTACHMENT


def attached(reader: LogReader) -> list[int]:
    """The entries that have a file beside them, in order."""
    return list(reader.connection.execute(sa.select(ATTACHMENT.c.seq).order_by(ATTACHMENT.c.seq)).scalars())


def attached_file(reader: LogReader, seq: int) -> bytes | None:
    """The file beside an entry; None where there is none, or no more."""
    found = reader.connection.execute(sa.select(ATTACHMENT.c.data).where(ATTACHMENT.c.seq == seq)).scalar()
    return None if found is None else bytes(found)
