"""Who sits at a case beside who began it, as its records say."""

from __future__ import annotations

from salesdx.ledger.storage import LogReader

SEAT_GIVEN, SEAT_ENDED, HANDED_OVER = "seat_given", "seat_ended", "handed_over"
HEAD_CHANGED = "head_changed"
LINK_MADE, LINK_ENDED = "link_made", "link_ended"
ARRANGED = (SEAT_GIVEN, SEAT_ENDED, HANDED_OVER, HEAD_CHANGED, LINK_MADE, LINK_ENDED)
"""Records of how a case is held: who sits at it, what it is about, and to whom links to it were sent."""


def seated(reader: LogReader, case: str) -> dict[str, bool]:
    """Person -> whether they sit at a case (its pseudonym) now, for everybody of whom its records say so."""
    found = {}
    for row in reader.rows(case=case, types=(SEAT_GIVEN, SEAT_ENDED, HANDED_OVER)):
        if (content := row.content) is not None:
            found[content["body"]["person"]] = row.header["type"] != SEAT_ENDED
    return found
