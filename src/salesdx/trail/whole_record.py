"""That nothing about a person is missing: what the tables give is held to the signed tree before anybody signs.

A page that says "none" rests on a search in tables, which whoever administers the database can make to look away for a
day. So every entry of the trail is read and hashed, and the root of them all is that of the last checkpoint; and where
an entry names the person or one of their cases, the columns that are searched say so too, and its content is there, or
an erasure of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection

from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.whole_tree import signed_entries
from salesdx.trail.book import Book
from salesdx.trail.concerned import rows_about


def check_nothing_missing(book: Book, case: str, subjects: Collection[str]) -> None:
    """Raises Refused where a record about a subject (its pseudonyms), or of ``case``, is not as it was signed."""
    rows = rows_about(book.reader, case, subjects)
    named = {case, *subjects, *(row.header["case"] for row in rows)} - {None}
    names = re.compile("|".join(re.escape(f'"{name}"') for name in sorted(named)))
    try:
        for found in signed_entries(book.reader):
            if names.search(found.entry):
                header = json.loads(found.entry)
                if (found.type, found.case_, found.subject) != (header["type"], header["case"], header["subject"]):
                    raise TrailError(f"the tables say of record {found.seq} what it does not say itself")
        for row in rows:
            if book.read(row).warning or (row.payload is None and row.seq not in book.erased):
                raise TrailError(f"the content of record {row.seq} is not there as it was sealed")
    except TrailError as error:
        raise Refused(f"nothing can be signed: {error}; `salesdx trail verify` tells more") from None
