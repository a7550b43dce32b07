"""The signature of a person over an entry, by an SSH key or a passkey, checked without salesdx and without a server.

Stands alone with `verifier`, because a copy travels in every exported bundle. Sources: OpenSSH's PROTOCOL.sshsig (what
`ssh-keygen -Y sign` writes), RFC 8709, RFC 5656 and RFC 8332 (its keys), and W3C Web Authentication level 2, section
7.2 (the assertion of a passkey).
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_ssh_public_key

from salesdx.ledger.standalone.verifier import Invalid, canonical, exact_base64, strict_json

NAMESPACE = b"salesdx"
"""What `ssh-keygen -Y sign -n` is told, so that a signature made for something else counts for nothing here."""
SSH, PASSKEY, OIDC = "ssh", "passkey", "oidc"
SIGNED = "salesdx.signed/1"
SIGNED_FIELDS = ("log", "type", "role", "rule_base", "inputs", "commit")
"""Fields of an entry that a person signs. The commitment is salted: it seals the content and tells nothing of it."""
MOST_MESSAGE = 1 << 20
LEAST_RSA_BITS = 2_048
PRESENT_AND_VERIFIED = 0x05
HASHES: Mapping[str, HashAlgorithm] = {"sha256": SHA256(), "sha512": SHA512()}


@dataclass(frozen=True)
class PersonKey:
    """A public key with which a person signs, or the subject by which the firm's login knows them.

    ``kind`` is ``ssh``, with ``text`` as in a `.pub` file without the remark, or ``passkey``, with ``text`` as the name
    of the site (its relying party id), a blank, and the key in base64 (DER, SubjectPublicKeyInfo), or ``oidc``, with
    the issuer, a blank, and the subject (OpenID Connect Core 1.0, 2): these two together name one person, and a mail
    address does not. It signs nothing.
    """

    kind: str
    text: str

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` writes it: SHA-256 of the key, in base64 without its end; of a login that of its text."""
        raw = self.text.encode() if self.kind == OIDC else base64.b64decode(self.text.split(" ")[1])
        return "SHA256:" + base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")


def read_person_key(kind: str, text: str) -> PersonKey:
    """A public key that can be checked here, in its one form. Raises Invalid."""
    parts = text.split()
    if kind == OIDC:
        return _subject(text)
    if len(parts) < 2 or kind not in (SSH, PASSKEY):
        raise Invalid("this is no public key of a person: a line of a `.pub` file is expected")
    key = PersonKey(kind, " ".join(parts[:2]))
    exact_base64(parts[1], None, "the key")
    _ssh_key(key) if kind == SSH else _passkey_key(key)
    return key


def _subject(text: str) -> PersonKey:
    """Issuer and subject, in their one form: an issuer has https, no query and no fragment."""
    issuer, _, subject = text.partition(" ")
    told = re.fullmatch(r"https://[!-~]+", issuer) and not set(issuer) & set("?#")
    if not told or not re.fullmatch(r"[!-~]{1,255}", subject):
        raise Invalid("this is no login of a person: an issuer, https://..., and a subject of at most 255 characters")
    return PersonKey(OIDC, text)


def signed_message(entry: Mapping[str, Any], time: str) -> bytes:
    """What a person signs of an entry: what it is, on what it rests, the seal of its content, and when."""
    return canonical({"form": SIGNED, "time": time} | {name: entry[name] for name in SIGNED_FIELDS})


def check_signature(key: PersonKey, message: bytes, value: str) -> None:
    """Raises Invalid unless ``value``, base64 as an entry holds it, is the key's signature of the message."""
    if key.kind == OIDC:
        raise Invalid("the firm's login signs nothing")
    raw = exact_base64(value, None, "the signature of a person")
    if len(message) > MOST_MESSAGE:
        raise Invalid("what a person signs is too long")
    try:
        _check_ssh(key, message, raw) if key.kind == SSH else _check_passkey(key, message, raw)
    except (InvalidSignature, struct.error, ValueError, KeyError, TypeError, UnicodeError):
        raise Invalid(f"the signature by the key {key.fingerprint} is wrong") from None


def unarmored(text: str) -> str:
    """The base64 of an SSH signature as `ssh-keygen -Y sign` writes it. Raises Invalid."""
    lines = text.strip().splitlines()
    if len(lines) < 3 or (lines[0], lines[-1]) != ("-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"):
        raise Invalid("this is no SSH signature: what `ssh-keygen -Y sign` writes is expected")
    return "".join(lines[1:-1])


def _p256(found: object) -> bool:
    return isinstance(found, EllipticCurvePublicKey) and found.key_size == 256


def _rsa(found: object) -> bool:
    return isinstance(found, RSAPublicKey) and found.key_size >= LEAST_RSA_BITS


# --- SSH --------------------------------------------------------------------------------------------------------------


def _ssh_key(key: PersonKey) -> Any:
    try:
        found = load_ssh_public_key(key.text.encode())
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not (isinstance(found, Ed25519PublicKey) or _rsa(found) or _p256(found)):
        raise Invalid(
            "this is no SSH key that can be checked: ssh-ed25519, ecdsa-sha2-nistp256 or ssh-rsa (2,048 bits)"
        )
    return found


def _check_ssh(key: PersonKey, message: bytes, raw: bytes) -> None:
    magic, version = struct.unpack_from(">6sI", raw)
    fields = _strings(raw[10:])
    public, namespace, reserved, hashed, signature = fields
    if (magic, version, namespace) != (b"SSHSIG", 1, NAMESPACE) or public != base64.b64decode(key.text.split(" ")[1]):
        raise ValueError
    digest = hashlib.new(_known(hashed.decode()), message).digest()
    signed = b"SSHSIG" + b"".join(map(_string, (namespace, reserved, hashed, digest)))
    form, made = _strings(signature)
    found = _ssh_key(key)
    if isinstance(found, Ed25519PublicKey) and form == b"ssh-ed25519":
        found.verify(made, signed)
    elif isinstance(found, EllipticCurvePublicKey) and form == b"ecdsa-sha2-nistp256":
        r, s = (int.from_bytes(part, "big") for part in _strings(made))
        found.verify(encode_dss_signature(r, s), signed, ECDSA(SHA256()))
    elif isinstance(found, RSAPublicKey) and form in (b"rsa-sha2-256", b"rsa-sha2-512"):
        found.verify(made, signed, padding.PKCS1v15(), HASHES["sha" + form.decode()[-3:]])
    else:
        raise ValueError


def _known(name: str) -> str:
    if name not in HASHES:
        raise ValueError
    return name


def _string(part: bytes) -> bytes:
    return struct.pack(">I", len(part)) + part


def _strings(raw: bytes) -> list[bytes]:
    """The strings of SSH's wire format, to the last byte."""
    found, at = [], 0
    while at < len(raw):
        (size,) = struct.unpack_from(">I", raw, at)
        if at + 4 + size > len(raw):
            raise ValueError
        found.append(raw[at + 4 : at + 4 + size])
        at += 4 + size
    return found


# --- passkeys ---------------------------------------------------------------------------------------------------------


def _passkey_key(key: PersonKey) -> Any:
    try:
        found = load_der_public_key(base64.b64decode(key.text.split(" ")[1]))
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not (isinstance(found, Ed25519PublicKey) or _rsa(found) or _p256(found)):
        raise Invalid("this is no key of a passkey that can be checked: ES256, EdDSA or RS256 (2,048 bits) is expected")
    return found


def _check_passkey(key: PersonKey, message: bytes, raw: bytes) -> None:
    """``raw`` is the assertion: canonical JSON of authenticator data, client data and signature, each in base64."""
    site = key.text.split(" ")[0]
    told = strict_json(raw, "the assertion of a passkey")
    authenticator, client, signature = (
        exact_base64(told[name], None, "the assertion of a passkey")
        for name in ("authenticator", "client", "signature")
    )
    said = strict_json(client, "what the browser says")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(message).digest()).decode().rstrip("=")
    host = said["origin"].partition("://")[2].partition(":")[0]
    flags = authenticator[32]
    if (
        (said["type"], said["challenge"]) != ("webauthn.get", challenge)
        or not (host == site or host.endswith("." + site))
        or authenticator[:32] != hashlib.sha256(site.encode()).digest()
        or flags & PRESENT_AND_VERIFIED != PRESENT_AND_VERIFIED
        or said.get("crossOrigin") is True
    ):
        raise ValueError
    signed = authenticator + hashlib.sha256(client).digest()
    found = _passkey_key(key)
    if isinstance(found, Ed25519PublicKey):
        found.verify(signature, signed)
    elif isinstance(found, RSAPublicKey):
        found.verify(signature, signed, padding.PKCS1v15(), SHA256())
    else:
        found.verify(signature, signed, ECDSA(SHA256()))
