"""That nothing about a person is missing: what the tables give is held to the signed tree before anybody signs."""

from __future__ import annotations

from collections.abc import Collection

from salesdx.ledger.errors import Refused, TrailError
from salesdx.trail.book import Book


def check_nothing_missing(book: Book, case: str, subjects: Collection[str]) -> None:
    """Raises Refused where a record about a subject (its pseudonyms) or of one of their cases cannot be proven.

    A page that says "none" rests on a search in tables, which whoever administers the database can make to look away
    for a day; see `Walker`.
    """
    try:
        about = book.walker.prove("subject", subjects)
        cases = {row.header["case"] for rows in about.values() for row in rows} | {case}
        book.walker.prove("case", cases - {None})
    except TrailError as error:
        raise Refused(f"nothing can be signed: {error}") from None
