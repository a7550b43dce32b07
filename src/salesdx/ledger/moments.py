"""Moments: now, and as entries hold them."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A moment as entries hold it: UTC, microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """A moment from an entry's time."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def stamp_typed(text: str) -> str:
    """A day or time (2027-01-31, UTC) as entries hold it; empty stays empty. Raises ValueError."""
    return stamp(datetime.fromisoformat(text).replace(tzinfo=UTC)) if text else ""
