"""Who sits at a case beside who began it, as its records say."""

from __future__ import annotations

from collections.abc import Collection

from salesdx.ledger.storage import LogReader
from salesdx.trail.concerned import cases_naming

SEAT_GIVEN, SEAT_ENDED, HANDED_OVER, TAKEN_OVER = "seat_given", "seat_ended", "handed_over", "taken_over"
HEAD_CHANGED = "head_changed"
OWNER, DEPUTY, NONE = "owner", "deputy", ""
"""Who began a case or was handed it, whoever was given a seat beside them, and whoever has none any more."""
LINK_MADE, LINK_ENDED = "link_made", "link_ended"
ARRANGED = (SEAT_GIVEN, SEAT_ENDED, HANDED_OVER, TAKEN_OVER, HEAD_CHANGED, LINK_MADE, LINK_ENDED)
"""Records of how a case is held: who sits at it, what it is about, and to whom links to it were sent."""


def seats(reader: LogReader, case: str) -> dict[str, str]:
    """Person -> which seat they have at a case (its pseudonym) now, OWNER, DEPUTY or NONE, for everybody of whom its
    records say so; nothing is said of an owner who began it and never handed it over."""
    found = dict[str, str]()
    for row in reader.rows(case=case, types=(SEAT_GIVEN, SEAT_ENDED, HANDED_OVER, TAKEN_OVER)):
        if (content := row.content) is None:
            continue
        type, person = row.header["type"], content["body"]["person"]
        if type == HANDED_OVER:
            found[content["actor"]] = DEPUTY
        elif type == TAKEN_OVER:
            found[content["body"]["from"]] = NONE
        found[person] = {SEAT_GIVEN: DEPUTY, HANDED_OVER: OWNER, TAKEN_OVER: OWNER}.get(type, NONE)
    return found


def ever_seated(reader: LogReader, case: str, subjects: Collection[str]) -> frozenset[str]:
    """Who has or had a seat at a case, was handed it or handed it over, or another one that named one of some subjects
    (pseudonyms), also where they recorded nothing: whoever sits there reads and is asked what they think."""
    return frozenset(person for one in cases_naming(reader, subjects) | {case} for person in seats(reader, one))
