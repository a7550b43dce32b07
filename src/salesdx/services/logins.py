"""Who is logged in at the service: a token for a signature, and for a device that another login lets in.

Nothing of it is kept: a service that starts again asks everybody to log in again.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from salesdx.ledger.errors import Refused

if TYPE_CHECKING:
    from salesdx.ledger.log import Person
    from salesdx.ledger.standalone.register import Register

CHALLENGE_MINUTES = DEVICE_MINUTES = 10
TOKEN_HOURS = 8
MOST_TRIES, TRY_MINUTES = 30, 10
"""Logins of one person that may fail within some minutes."""
MOST_OPEN, MOST_TOKENS = 10_000, 50
"""Devices or tokens that are open at a time, and tokens of one person: the oldest goes first."""
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Letters of the code that a person types (RFC 8628, 6.1): no vowels, so no words."""
PENDING = "pending"


class LoginRefused(Refused):
    """Nobody is logged in by this; the message tells nothing of who is in the register."""


@dataclass(frozen=True)
class LoggedIn:
    """A person, the role in use, and until when."""

    person: str
    role: str
    until: datetime


@dataclass
class _Device:
    code: str
    until: datetime
    token: str = ""


@dataclass
class Logins:
    """The logins of one service. ``register`` gives the people as they are now, ``origin`` names the trail."""

    origin: str
    register: Callable[[], Register]
    now: Callable[[], datetime]
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    """Marks the challenges that are of this service: none is kept, so nobody pushes out another's by their number."""
    spent: dict[str, datetime] = field(default_factory=dict)
    """Challenges that somebody has tried, until they are too old anyhow."""
    tokens: dict[bytes, LoggedIn] = field(default_factory=dict)
    devices: dict[bytes, _Device] = field(default_factory=dict)
    failed: dict[str, list[datetime]] = field(default_factory=dict)

    def challenge(self, person: str) -> str:
        """A text that the person signs to log in; anybody gets one, whether there is such a person or not."""
        until = f"{int((self.now() + timedelta(minutes=CHALLENGE_MINUTES)).timestamp()):010x}"
        return self.text(person, self._nonce(person, until, secrets.token_hex(16)))

    def _nonce(self, person: str, until: str, random: str) -> str:
        mark = hmac.digest(self.secret, f"{until}{random}{person}".encode(), "sha256").hex()[:32]
        return f"{until}{random}{mark}"

    def _spend(self, person: str, nonce: str) -> bool:
        """Whether a challenge is one of this person that is not too old, and nobody has tried it."""
        until, random, now = nonce[:10], nonce[10:42], self.now()
        self.spent = {one: time for one, time in self.spent.items() if time > now}
        if not secrets.compare_digest(nonce.encode(), self._nonce(person, until, random).encode()):
            return False
        time = datetime.fromtimestamp(int(until, 16), now.tzinfo)
        fresh = time > now and nonce not in self.spent
        self.spent[nonce] = time
        return fresh

    def text(self, person: str, nonce: str) -> str:
        """What is signed for a login: it is good for this trail, this person and this once."""
        from salesdx.ledger.standalone.verifier import canonical

        told = {"form": "salesdx.login/1", "log": self.origin, "nonce": nonce, "person": person}
        return canonical(told).decode()

    def login(self, person: str, role: str, text: str, value: str) -> str:
        """A token, for the person's signature of a challenge. Raises LoginRefused, in the same words for all causes."""
        from salesdx.ledger.moments import stamp
        from salesdx.ledger.standalone.person_signatures import check_signature
        from salesdx.ledger.standalone.verifier import Invalid, strict_json

        now = self.now()
        member = self.register().members.get(person)
        if member is None:
            raise LoginRefused("the login is refused")
        tries = [at for at in self.failed.get(person, ()) if at > now - timedelta(minutes=TRY_MINUTES)]
        if len(tries) >= MOST_TRIES:
            raise LoginRefused(f"too many logins failed; try again in {TRY_MINUTES} minutes")
        self.failed[person] = [*tries, now]
        try:
            nonce = str(strict_json(text, "the challenge")["nonce"])
        except (Invalid, KeyError, TypeError):
            raise LoginRefused("the login is refused") from None
        if text != self.text(person, nonce) or not self._spend(person, nonce):
            raise LoginRefused("the login is refused")
        for key in member.keys.values():
            try:
                check_signature(key, text.encode(), value)
            except Invalid:
                continue
            if not member.holds(role, stamp(now)):
                raise LoginRefused(f"`{person}` has not the role `{role}`")
            del self.failed[person]
            return self._token(person, role)
        raise LoginRefused("the login is refused")

    def who(self, token: str) -> Person:
        """Whose token this is, as entries name them. Raises LoginRefused for an old or unknown one, or a role lost."""
        from salesdx.ledger.log import Person
        from salesdx.ledger.moments import stamp

        found = self.tokens.get(_hash(token))
        if found is None or found.until <= self.now():
            raise LoginRefused("log in: `salesdx trail people login`")
        member = self.register().members.get(found.person)
        if member is None or not member.holds(found.role, stamp(self.now())):
            raise LoginRefused(f"`{found.person}` has the role `{found.role}` no more; log in again")
        return Person(found.person, found.role, "token")

    def logout(self, token: str) -> None:
        """From now on this token is worth nothing."""
        self.tokens.pop(_hash(token), None)

    # --- a device without a key (RFC 8628) ---

    def device(self) -> tuple[str, str]:
        """The secret of a device that wants to be let in, and the code that its user gives to who lets it in."""
        secret, code = secrets.token_urlsafe(32), "".join(secrets.choice(LETTERS) for _ in range(8))
        self._keep(self.devices, _hash(secret), _Device(code, self.now() + timedelta(minutes=DEVICE_MINUTES)))
        return secret, f"{code[:4]}-{code[4:]}"

    def let_in(self, code: str, by: Person) -> None:
        """Give a waiting device the login of ``by``. Raises LoginRefused for a code that no device waits with."""
        plain = code.strip().upper().replace("-", "").encode()
        for device in self.devices.values():
            if secrets.compare_digest(device.code.encode(), plain) and not device.token and device.until > self.now():
                device.token = self._token(by.name, by.role)
                return
        raise LoginRefused("no device waits with this code")

    def collect(self, secret: str) -> str:
        """The token for a device, once: empty as long as nobody has let it in. Raises LoginRefused."""
        device = self.devices.get(_hash(secret))
        if device is None or device.until <= self.now():
            raise LoginRefused("the code is too old; begin again")
        if device.token:
            del self.devices[_hash(secret)]
        return device.token

    def _token(self, person: str, role: str) -> str:
        token = secrets.token_urlsafe(32)
        own = [known for known, one in self.tokens.items() if one.person == person]
        for known in own[: max(len(own) - MOST_TOKENS + 1, 0)]:
            del self.tokens[known]
        self._keep(self.tokens, _hash(token), LoggedIn(person, role, self.now() + timedelta(hours=TOKEN_HOURS)))
        return token

    @staticmethod
    def _keep(table: dict, key: object, value: object) -> None:  # type: ignore[type-arg]
        while len(table) >= MOST_OPEN:
            del table[next(iter(table))]
        table[key] = value


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
