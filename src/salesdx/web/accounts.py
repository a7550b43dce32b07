"""Who is logged in at the pages: persons of the trail's register, by a password of their own or the firm's login."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from threading import BoundedSemaphore
from typing import Any

import argon2
import sqlalchemy as sa

from salesdx.ledger.errors import Busy, Refused
from salesdx.ledger.log import Person
from salesdx.ledger.moments import stamp
from salesdx.ledger.standalone.person_signatures import OIDC, PASSKEY
from salesdx.ledger.standalone.register import LOGIN, PERSON_ID, TYPED, Register, Registered
from salesdx.ledger.storage import Storage
from salesdx.services.first_start import TRIER
from salesdx.services.logins import LoginRefused
from salesdx.services.trail_server import TrailServer
from salesdx.web.migrations import make_ready
from salesdx.web.tables import tables_of
from salesdx.web.tries import Tries

INVITED_HOURS = 48
IDLE = timedelta(hours=8)
IDLE_BY_ROLE = {"hr": timedelta(minutes=30)}
"""How long a login lasts that nobody uses; those who see everything are logged out sooner."""
LONGEST = timedelta(days=7)
"""How long a login lasts at most."""
USED_AGAIN = timedelta(seconds=60)
"""So often at most it is written down that a login is used."""
MOST_TRIES, TRY_MINUTES = 30, 10
"""Logins of one name, and from one address, within some minutes."""
SHORTEST, LONGEST_PASSWORD = 12, 200
AT_ONCE = 2
"""Passwords that are looked at at a time: each takes 19 MiB."""
CODE, FIRM = "code", "firm"
PROOFS = (PASSKEY, CODE, FIRM)
"""How somebody confirms that it is they: by a passkey, by password and one-time code, or at the firm's login, anew."""
PROOF = timedelta(minutes=5)
"""How long it holds that somebody has confirmed that it is they; it does for one act."""
HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class TooMany(LoginRefused):
    """Too many logins were tried."""


class ProofNeeded(Refused):
    """An act takes that its person has just confirmed that it is they."""

    def __init__(self) -> None:
        super().__init__("confirm first that it is you: that holds for five minutes and one act")


@dataclass(frozen=True)
class LoginSession:
    """A browser that is logged in: who, in which role, which others they could use, and the token that its forms
    carry. ``since`` is the moment in which the password was set; empty where it is the firm's login, by ``key``."""

    by: Person
    name: str
    roles: tuple[str, ...]
    form_token: str
    since: str
    key: str
    digest: str
    proof: str
    """How the person has confirmed just now that it is they, one of PROOFS; empty where they have not."""
    proof_until: str


@dataclass(frozen=True)
class OpenLogin:
    """A login that has not ended. ``id`` is the digest of its token, by which nobody logs in."""

    id: str
    person: str
    role: str
    begun: str
    used: str


@dataclass
class Accounts:
    """The logins of one service. ``register`` gives the people as they are now."""

    storage: Storage
    register: Callable[[], Register]
    now: Callable[[], datetime]
    tries: Tries = field(init=False)
    looking: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))

    def __post_init__(self) -> None:
        self.tries = Tries(MOST_TRIES, timedelta(minutes=TRY_MINUTES), self.now)

    # --- links that set a password ---

    def invite(self, person: str) -> str:
        """The secret of a link with which a person sets a password, once, within INVITED_HOURS. Links of theirs that
        were made before are worth nothing from now on. Raises LoginRefused for somebody who is not in the register."""
        if not self._roles(self.register().members.get(person)):
            raise LoginRefused(f"`{person[:80]}` is not in the register, or has no role; `salesdx trail people add`")
        token, now = secrets.token_urlsafe(32), self.now()
        until = stamp(now + timedelta(hours=INVITED_HOURS))
        with self.storage.writing() as reader:
            t = tables_of(reader.connection).invitation
            reader.connection.execute(sa.delete(t).where(t.c.person == person))
            told = {"token": _digest(token), "person": person, "made": stamp(now), "until": until}
            reader.connection.execute(sa.insert(t).values(told))
            reader.connection.commit()
        return token

    def invited(self, token: str) -> Registered | None:
        """Whose link this is; None where it is none, used already or too old."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).invitation
            query = sa.select(t.c.person).where(t.c.token == _digest(token), t.c.until > stamp(self.now()))
            found = reader.connection.execute(query).scalar()
        return self.register().members.get(found) if found else None

    def set_password(self, token: str, password: str) -> str:
        """Set the password of whose link this is, and end all their logins; who it is. Raises LoginRefused."""
        member = self.invited(token)
        if member is None:
            raise LoginRefused("this link is used already or too old; ask your administrator for another one")
        if not SHORTEST <= len(password) <= LONGEST_PASSWORD or password.casefold() in (member.id, member.name):
            raise LoginRefused(f"a password has {SHORTEST} to {LONGEST_PASSWORD} characters, and is not your name")
        with self.looking:
            made = HASHER.hash(password)
        with self.storage.writing() as reader:
            t, run = tables_of(reader.connection), reader.connection.execute
            if run(sa.delete(t.invitation).where(t.invitation.c.token == _digest(token))).rowcount != 1:
                raise LoginRefused("this link is used already; ask your administrator for another one")
            run(sa.delete(t.login).where(t.login.c.person == member.id))
            run(sa.delete(t.code).where(t.code.c.person == member.id))  # whoever has the link has not their device
            run(sa.insert(t.login).values(person=member.id, password=made, since=stamp(self.now())))
            run(sa.delete(t.login_session).where(t.login_session.c.person == member.id))
            reader.connection.commit()
        return member.id

    # --- logging in ---

    def log_in(self, person: str, password: str, address: str) -> str:
        """The token of a new login. Raises LoginRefused in the same words for all causes, TooMany."""
        self._count(f"address {address}", f"name {person}")  # one address shuts no more names than it may try
        found, since = self._password(person)
        with self.looking:
            fits = password_fits(found or self._nobody, password[:LONGEST_PASSWORD])
        roles = self._roles(self.register().members.get(person))
        if not fits or found is None or not roles:
            raise LoginRefused("the name or the password is not right")
        self.tries.forget(f"name {person}")
        return self._begin(person, roles[0], since)

    def log_in_by_firm(self, issuer: str, subject: str) -> str:
        """The token of a new login of whom the firm's login knows so. Raises LoginRefused where nobody is known so."""
        for member in self.register().members.values():
            for fingerprint, key in member.keys.items():
                if (key.kind, key.text) == (OIDC, f"{issuer} {subject}"):
                    roles = self._roles(member)
                    if not roles:
                        raise LoginRefused("you are known here, and have no role now")
                    return self._begin(member.id, roles[0], key=fingerprint)
        raise LoginRefused("nobody here is known by this login")

    def change_role(self, token: str, role: str) -> str:
        """The token of a login in another role of the same person; the old one ends. Raises LoginRefused."""
        session = self.who(token)
        if role not in session.roles:
            raise LoginRefused("you have not this role")
        return self._begin(session.by.name, role, session.since, session.key, instead=session.digest)

    def who(self, token: str) -> LoginSession:
        """Whose login this is. Raises LoginRefused for one that has ended, and for a role that was lost."""
        now = self.now()
        with self.storage.reading() as reader:
            t = tables_of(reader.connection)
            query = (
                sa.select(*t.login_session.c, t.login.c.since)
                .select_from(t.login_session.outerjoin(t.login, t.login.c.person == t.login_session.c.person))
                .where(t.login_session.c.token == _digest(token))
            )
            row = reader.connection.execute(query).one_or_none()
        if row is None or _ended(row, now):
            raise LoginRefused("log in")
        member = self.register().members.get(row.person)
        roles = self._roles(member)
        if member is None or (row.key not in member.keys if row.key else row.since is None):
            raise LoginRefused("what you logged in with is worth nothing any more; log in again")
        if row.role not in roles:
            raise LoginRefused("you have this role no more; log in again")
        if row.used < stamp(now - USED_AGAIN):
            with suppress(Busy):  # a form would be refused for it before it is read, and what was typed lost
                self._mark_used(row.token)
        by = Person(row.person, row.role, LOGIN if member.id != TRIER or self.register().begun else TYPED)
        since = "" if row.key else row.since
        held = bool(row.proof) and row.proof_until > stamp(now)
        proof = (row.proof, row.proof_until) if held else ("", "")
        return LoginSession(by, member.name, roles, form_token(token), since, row.key, row.token, *proof)

    def prove(self, token: str, proof: str) -> str:
        """The token that takes the place of a login whose person has just confirmed that it is they, by one of PROOFS.
        Raises LoginRefused."""
        session = self.who(token)
        return self._begin(session.by.name, session.by.role, session.since, session.key, proof, session.digest)

    def password_is(self, person: str, password: str) -> bool:
        """Whether somebody's password is this one; tries are counted as those of a login are. Raises TooMany."""
        self._count(f"name {person}")
        found, _ = self._password(person)
        with self.looking:
            fits = password_fits(found or self._nobody, password[:LONGEST_PASSWORD])
        return fits and found is not None

    def log_out(self, token: str) -> None:
        """From now on this login is worth nothing."""
        with self.storage.writing() as reader:
            t = tables_of(reader.connection).login_session
            reader.connection.execute(sa.delete(t).where(t.c.token == _digest(token)))
            reader.connection.commit()

    def has_password(self, person: str) -> bool:
        """Whether somebody has set a password."""
        return self._password(person)[0] is not None

    def forget_before(self, moment: str) -> None:
        """Let go whatever lets in somebody who was not known by the register, which began then."""
        with self.storage.writing() as reader:
            t, run = tables_of(reader.connection), reader.connection.execute
            for table, when in ((t.login, "since"), (t.invitation, "made"), (t.login_session, "begun")):
                run(sa.delete(table).where(table.c[when] < moment))
            reader.connection.commit()

    def open_logins(self) -> list[OpenLogin]:
        """The logins that have not ended, those used last first."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).login_session
            rows = reader.connection.execute(sa.select(*t.c).order_by(t.c.used.desc(), t.c.token)).all()
        open_ = (row for row in rows if not _ended(row, self.now()))
        return [OpenLogin(row.token, row.person, row.role, row.begun, row.used) for row in open_]

    def end_login(self, id: str) -> bool:
        """End a login of whomever; whether there was one."""
        with self.storage.writing() as reader:
            t = tables_of(reader.connection).login_session
            done = reader.connection.execute(sa.delete(t).where(t.c.token == id)).rowcount
            reader.connection.commit()
        return done == 1

    def _password(self, person: str) -> tuple[str | None, str]:
        """A password as it is kept, None where there is none, and since when it is set."""
        if not PERSON_ID.fullmatch(person):
            return None, ""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).login
            row = reader.connection.execute(sa.select(t).where(t.c.person == person)).one_or_none()
        return (row.password, row.since) if row is not None else (None, "")

    def _begin(self, person: str, role: str, since: str = "", key: str = "", proof: str = "", instead: str = "") -> str:
        """A new login by the password that was set then, or by a key of the firm's login; ``instead`` of one that ends
        with it. Raises LoginRefused where it is another password by now, or that login has ended."""
        token, now = secrets.token_urlsafe(32), self.now()
        with self.storage.writing() as reader:
            t, run = tables_of(reader.connection), reader.connection.execute
            if not key and run(sa.select(t.login.c.since).where(t.login.c.person == person)).scalar() != since:
                raise LoginRefused("the name or the password is not right")
            if instead and run(sa.delete(t.login_session).where(t.login_session.c.token == instead)).rowcount != 1:
                raise LoginRefused("log in")  # of two requests at once one goes on
            run(sa.delete(t.login_session).where(t.login_session.c.begun < stamp(now - LONGEST)))
            told = {"token": _digest(token), "person": person, "role": role, "begun": stamp(now), "used": stamp(now)}
            told |= {"key": key, "proof": proof, "proof_until": stamp(now + PROOF) if proof else ""}
            run(sa.insert(t.login_session).values(told))
            reader.connection.commit()
        return token

    def _mark_used(self, digest: str) -> None:
        with self.storage.writing() as reader:
            t = tables_of(reader.connection).login_session
            reader.connection.execute(sa.update(t).where(t.c.token == digest).values(used=stamp(self.now())))
            reader.connection.commit()

    def _roles(self, member: Registered | None) -> tuple[str, ...]:
        """The roles that a person has now, those given first."""
        if member is None or (member.id == TRIER and self.register().begun):  # whoever had tried it knows a password
            return ()
        return tuple(dict.fromkeys(held.role for held in member.roles if held.at(stamp(self.now()))))

    def _count(self, *whose: str) -> None:
        """Raises TooMany where a name or an address has tried too often."""
        if not all(map(self.tries.count, whose)):  # who may not try at an address is not counted for the name
            raise TooMany(f"too many logins were tried; try again in {TRY_MINUTES} minutes")

    @cached_property
    def _nobody(self) -> str:
        """A hash that fits no password: a name that is not known takes as long as one that is."""
        return HASHER.hash(secrets.token_urlsafe(32))


def invite_at(server: TrailServer, person: str) -> str:
    """The secret of a link for a person, made where the trail lies. Raises LoginRefused, TrailError."""
    make_ready(server.trail.storage)
    return Accounts(server.trail.storage, server.register, server.now).invite(person)


def first_link(server: TrailServer) -> str:
    """The secret of the link of who tries a service; empty once they have a password. Raises TrailError."""
    make_ready(server.trail.storage)
    known = Accounts(server.trail.storage, server.register, server.now).has_password(TRIER)
    return "" if known else invite_at(server, TRIER)


def use_proof(connection: sa.Connection, session: LoginSession, now: datetime) -> None:
    """Use up that a person has confirmed that it is they, in the transaction of the one act for which it holds.

    Raises ProofNeeded where it holds no more.
    """
    t = tables_of(connection).login_session
    held = (t.c.token == session.digest, t.c.proof == session.proof, t.c.proof != "", t.c.proof_until > stamp(now))
    if connection.execute(sa.update(t).where(*held).values(proof="", proof_until="")).rowcount != 1:
        raise ProofNeeded


def form_token(token: str) -> str:
    """What the forms of a login carry, so that no other page can send one; it does not give the login away."""
    return sha256(f"form {token}".encode()).hexdigest()[:32]


def _ended(row: Any, now: datetime) -> bool:
    idle = IDLE_BY_ROLE.get(row.role, IDLE)
    return bool(row.used < stamp(now - idle) or row.begun < stamp(now - LONGEST))


def password_fits(hashed: str, password: str) -> bool:
    """Whether a password is the one that is kept so."""
    try:
        return HASHER.verify(hashed, password)
    except argon2.exceptions.VerificationError:
        return False


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
