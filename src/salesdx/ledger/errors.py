"""What can go wrong with a trail."""

from __future__ import annotations


class TrailError(Exception):
    """The trail cannot be opened, read or appended to; the message is for the user. Nothing was half-written."""


class Refused(TrailError):
    """The trail works, and what was asked is not allowed: a second signature by one person, an append after a hold."""


class CameBetween(Refused):
    """What was prepared knows less than is on record by now. Prepared anew, it may be done."""


class Busy(TrailError):
    """Others are writing, and took too long. Nothing was recorded, and the same can be asked for again."""

    def __init__(self, shown: str) -> None:
        super().__init__(f"others are writing to the trail `{shown}`; nothing was recorded, try again in a minute")


class NoSuch(TrailError):
    """There is nothing of that name or number, or nothing that the one who asks may see: the two are told alike."""
