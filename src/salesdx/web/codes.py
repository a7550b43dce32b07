"""One-time codes (RFC 6238): a secret that a person's device shares with the service, and each code counts once."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest

import pyotp
import sqlalchemy as sa

from salesdx.ledger.moments import moment, stamp
from salesdx.ledger.storage import Storage
from salesdx.web.tables import tables_of
from salesdx.web.tries import Tries

SECRET_BYTES, SECONDS_EACH = 20, 30
"""160 bits, as a device shares them; and so long a code lasts."""
STEPS_OFF = 1
"""So many codes earlier or later count as well: clocks differ."""
SLEEPS = timedelta(hours=24)
"""So long after it was made a secret does not count: whoever has stolen a password alone is seen before."""
ISSUER = "salesdx"
MOST_CODES = 10
"""Codes of one person that may be tried within an hour: a login in between, by a password that was stolen, opens no
others."""


@dataclass(frozen=True)
class CodeState:
    """Since when a person has one-time codes, and from when on they count."""

    made: datetime
    counts_from: datetime


@dataclass
class Codes:
    """The one-time codes of one service."""

    storage: Storage
    now: Callable[[], datetime]
    tries: Tries = field(init=False)

    def __post_init__(self) -> None:
        self.tries = Tries(MOST_CODES, timedelta(hours=1), self.now)

    def state(self, person: str) -> CodeState | None:
        """How somebody's codes stand; None where they have none."""
        row = self._row(person)
        return None if row is None else CodeState(moment(row.made), moment(row.made) + SLEEPS)

    def make(self, person: str) -> tuple[str, str]:
        """A new secret of a person as text, and as a link for a device. It is shown once; the one before is gone."""
        secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
        row = {"person": person, "secret": secret, "counter": 0, "made": stamp(self.now())}
        with self.storage.writing() as reader:
            t, run = tables_of(reader.connection).code, reader.connection.execute
            run(sa.delete(t).where(t.c.person == person))
            run(sa.insert(t).values(row))
            reader.connection.commit()
        return secret, pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name=ISSUER)

    def take(self, person: str, code: str) -> bool:
        """Whether a code is somebody's and counts; then it is used up, with all before it."""
        state, row = self.state(person), self._row(person)
        if state is None or row is None or state.counts_from > self.now():
            return False
        told, at = "".join(code.split()), int(self.now().timestamp()) // SECONDS_EACH
        totp = pyotp.TOTP(row.secret, interval=SECONDS_EACH)
        fits = [
            counter
            for counter in range(at - STEPS_OFF, at + STEPS_OFF + 1)
            if compare_digest(totp.generate_otp(counter).encode(), told.encode())
        ]
        if not fits:
            return False
        with self.storage.writing() as reader:
            t = tables_of(reader.connection).code
            later = (t.c.person == person, t.c.secret == row.secret, t.c.counter < max(fits))
            used = reader.connection.execute(sa.update(t).where(*later).values(counter=max(fits))).rowcount
            reader.connection.commit()
        return bool(used == 1)

    def _row(self, person: str) -> sa.Row[tuple[str, str, int, str]] | None:
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).code
            return reader.connection.execute(sa.select(t).where(t.c.person == person)).one_or_none()
