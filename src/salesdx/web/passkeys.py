"""Passkeys: keys that a person's device holds, made here, and what they sign (W3C Web Authentication).

A passkey counts once the register of the trail has it: two administrators enter it, as every key. What it signs is
checked here by a library, and again by whoever reads the trail.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from salesdx.ledger.errors import Refused
from salesdx.ledger.keys import passkey_of
from salesdx.ledger.log import Person
from salesdx.ledger.moments import stamp
from salesdx.ledger.standalone.person_signatures import PASSKEY, PersonKey
from salesdx.ledger.standalone.register import Register
from salesdx.ledger.standalone.verifier import Invalid, canonical
from salesdx.ledger.storage import Storage
from salesdx.web.tables import tables_of

MINUTES = 10
"""How long a device may take to make a passkey."""
MOST, LONGEST_NAME, LONGEST_ANSWER = 10, 60, 20_000
"""Passkeys of one person, characters of what one is called, and of what a device answers."""
LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
SITE = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*")
NUMBERS = re.compile(r"[0-9.]+")
ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,  # some computers keep no others
]
VERIFIED = UserVerificationRequirement.REQUIRED
UNREADABLE = (WebAuthnException, Invalid, ValueError, KeyError, TypeError, AttributeError, OverflowError)

FAILED = "your device did not confirm that it is you, or its answer is not for this page; try again"


class PasskeyRefused(Refused):
    """What a device answered does not count; nothing has happened."""


@dataclass(frozen=True)
class HeldPasskey:
    """A passkey of a person: its number on their device, what they call it, its public half, and when it was made.

    ``counts``: the register has it. ``entered_by`` is who entered it there where another administrator is to confirm
    it; empty where nobody did.
    """

    id: str
    person: str
    name: str
    key: PersonKey
    made: str
    counts: bool
    entered_by: str = ""


@dataclass
class Passkeys:
    """The passkeys of one service. ``register`` gives the people as they are now."""

    storage: Storage
    register: Callable[[], Register]
    now: Callable[[], datetime]
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    """Marks the challenges that are of this service: none is kept."""

    def of(self, person: str) -> list[HeldPasskey]:
        """The passkeys of a person, the newest first."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).passkey
            query = sa.select(t).where(t.c.person == person).order_by(t.c.made.desc(), t.c.id)
            return self._held(reader.connection.execute(query).all())

    def to_enter(self) -> list[HeldPasskey]:
        """The passkeys of everybody that no administrator has entered yet, the oldest first."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).passkey
            found = self._held(reader.connection.execute(sa.select(t).order_by(t.c.made, t.c.id)).all())
        return [one for one in found if not one.counts and not one.entered_by]

    def _held(self, rows: Sequence[Any]) -> list[HeldPasskey]:
        register = self.register()
        waiting = {
            (told["person"], told["key"]): by
            for kind, told, by, _ in register.waiting.values()
            if kind == "key_added" and told["kind"] == PASSKEY
        }
        return [
            HeldPasskey(
                row.id,
                row.person,
                row.name,
                key := PersonKey(PASSKEY, row.key),
                row.made,
                row.person in register.members and register.members[row.person].keys.get(key.fingerprint) == key,
                waiting.get((row.person, row.key), ""),
            )
            for row in rows
        ]

    # --- a new one ---

    def creation(self, person: str, name: str, login: str, origin: str) -> str:
        """What a browser needs to make a passkey at an address, as JSON; empty where the address has no name.

        ``login`` is what the forms of the login carry: an answer counts in no other one.
        """
        if not (site := site_of(origin)):
            return ""
        until = int((self.now() + timedelta(minutes=MINUTES)).timestamp()).to_bytes(8, "big")
        begun = until + secrets.token_bytes(16)
        made = generate_registration_options(
            rp_id=site,
            rp_name="salesdx",
            user_id=sha256(f"salesdx {person}".encode()).digest(),
            user_name=person,
            user_display_name=name,
            challenge=begun + self._mark(person, login, begun),
            timeout=MINUTES * 60_000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(one.id)) for one in self.of(person)],
            supported_pub_key_algs=ALGORITHMS,
        )
        return options_to_json(made)

    def keep(self, person: str, login: str, origin: str, called: str, answer: str) -> None:
        """Keep a passkey that a device has made. Raises PasskeyRefused."""
        if len(self.of(person)) >= MOST:
            raise PasskeyRefused(f"you have {MOST} passkeys here; remove one first")
        try:
            given = parse_registration_credential_json(_bounded(answer))
            challenge = base64url_to_bytes(_challenge(given.response.client_data_json))
            until, begun, mark = challenge[:8], challenge[:24], challenge[24:]
            mine = hmac.compare_digest(mark, self._mark(person, login, begun))
            if not mine or int.from_bytes(until, "big") < self.now().timestamp():
                raise PasskeyRefused("this took too long, or was begun in another login; begin again")
            found = verify_registration_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=site_of(origin),
                expected_origin=origin,
                require_user_verification=True,
                supported_pub_key_algs=ALGORITHMS,
            )
            public = decoded_public_key_to_cryptography(decode_credential_public_key(found.credential_public_key))
            key = passkey_of(site_of(origin), public)
        except UNREADABLE:
            raise PasskeyRefused(FAILED) from None
        row = {
            "id": bytes_to_base64url(found.credential_id),
            "person": person,
            "name": called,
            "key": key.text,
            "cose": base64.b64encode(found.credential_public_key).decode(),
            "counter": found.sign_count,
            "made": stamp(self.now()),
        }
        with self.storage.writing() as reader:
            t, run = tables_of(reader.connection).passkey, reader.connection.execute
            if run(sa.select(t.c.id).where(sa.or_(t.c.id == row["id"], t.c.key == row["key"]))).first() is not None:
                raise PasskeyRefused("this passkey is here already")
            run(sa.insert(t).values(row))
            reader.connection.commit()

    def forget(self, person: str, id: str) -> None:
        """Remove a passkey of a person that does not count, nor waits to. Raises PasskeyRefused."""
        if not any(one.id == id and not one.counts and not one.entered_by for one in self.of(person)):
            raise PasskeyRefused("a passkey that is in the register ends there: ask an administrator")
        with self.storage.writing() as reader:
            t = tables_of(reader.connection).passkey
            reader.connection.execute(sa.delete(t).where(t.c.id == id, t.c.person == person))
            reader.connection.commit()

    def _mark(self, person: str, login: str, begun: bytes) -> bytes:
        return hmac.digest(self.secret, begun + f"{person} {login}".encode(), "sha256")

    # --- what it signs ---

    def usable(self, person: str, origin: str) -> list[HeldPasskey]:
        """The passkeys with which a person can sign at an address."""
        site = site_of(origin)
        return [one for one in self.of(person) if one.counts and one.key.text.split(" ")[0] == site]

    def request(self, person: str, origin: str, message: bytes) -> str:
        """What a browser needs to sign a message with a passkey of a person, as JSON."""
        mine = [PublicKeyCredentialDescriptor(base64url_to_bytes(one.id)) for one in self.usable(person, origin)]
        made = generate_authentication_options(
            rp_id=site_of(origin),
            challenge=sha256(message).digest(),
            timeout=MINUTES * 60_000,
            allow_credentials=mine,
            user_verification=VERIFIED,
        )
        return options_to_json(made)

    def signature(self, by: Person, origin: str, message: bytes, answer: str) -> tuple[str, str]:
        """The fingerprint of the key that has signed a message, and its signature as an entry holds it.

        Raises PasskeyRefused for a key that is none of the person's in the register, or an answer that is not by it, of
        this message, at this address, by somebody whom the device knows.
        """
        try:
            given = parse_authentication_credential_json(_bounded(answer))
            id = bytes_to_base64url(given.raw_id)
            row = self._usable_row(by.name, id, origin)
            found = verify_authentication_response(
                credential=given,
                expected_challenge=sha256(message).digest(),
                expected_rp_id=site_of(origin),
                expected_origin=origin,
                credential_public_key=base64.b64decode(row.cose),
                credential_current_sign_count=row.counter,
                require_user_verification=True,
            )
            told = given.response
            parts = {
                "authenticator": told.authenticator_data,
                "client": told.client_data_json,
                "signature": told.signature,
            }
            value = canonical({name: base64.b64encode(part).decode() for name, part in parts.items()})
        except UNREADABLE:
            raise PasskeyRefused(FAILED) from None
        with self.storage.writing() as reader:
            t = tables_of(reader.connection).passkey
            reader.connection.execute(sa.update(t).where(t.c.id == id).values(counter=found.new_sign_count))
            reader.connection.commit()
        return PersonKey(PASSKEY, row.key).fingerprint, base64.b64encode(value).decode()

    # --- that it is they ---

    def proof_begun(self, person: str, login: str) -> str:
        """What a form carries that asks for a passkey to confirm that it is a person, in one login, for MINUTES."""
        until = int((self.now() + timedelta(minutes=MINUTES)).timestamp()).to_bytes(8, "big")
        begun = until + secrets.token_bytes(16)
        return (begun + self._mark(person, login, begun)).hex()

    def check_proof(self, by: Person, login: str, origin: str, begun: str, answer: str) -> None:
        """Raises PasskeyRefused unless a passkey of a person has answered what was begun so in this login."""
        try:
            told = bytes.fromhex(begun)
        except ValueError:
            raise PasskeyRefused(FAILED) from None
        mine = hmac.compare_digest(told[24:], self._mark(by.name, login, told[:24]))
        if not mine or int.from_bytes(told[:8], "big") < self.now().timestamp():
            raise PasskeyRefused("this took too long, or was begun in another login; begin again")
        self.signature(by, origin, proof_message(begun), answer)

    def _usable_row(self, person: str, id: str, origin: str) -> Any:
        if not any(one.id == id for one in self.usable(person, origin)):
            raise PasskeyRefused("this passkey is none of yours in the register")
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).passkey
            return reader.connection.execute(sa.select(t).where(t.c.id == id, t.c.person == person)).one()


def proof_message(begun: str) -> bytes:
    """What a passkey signs to confirm that it is its person: no record is made of that."""
    return f"salesdx proof {begun}".encode()


def site_of(origin: str) -> str:
    """The name of the site at an address, `trail.firm.example`; empty where it has a number in place of a name."""
    host = origin.partition("://")[2].partition(":")[0].lower()
    return host if SITE.fullmatch(host) and not NUMBERS.fullmatch(host) else ""


def _bounded(answer: str) -> str:
    if len(answer) > LONGEST_ANSWER:
        raise PasskeyRefused(FAILED)
    return answer


def _challenge(client: bytes) -> str:
    return str(json.loads(client)["challenge"])
