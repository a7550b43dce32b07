"""Signatures of people: what `ssh-keygen` and a passkey make is accepted, and nothing else is."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from person_keys import MESSAGE, key, made, run, signed
from salesdx.ledger.standalone.person_signatures import (
    OIDC,
    PASSKEY,
    SSH,
    PersonKey,
    check_signature,
    read_person_key,
    signed_message,
)
from salesdx.ledger.standalone.verifier import Invalid, canonical


@pytest.mark.parametrize("kind", [("ed25519",), ("ecdsa", "256"), ("rsa", "3072")], ids="-".join)
def test_what_ssh_keygen_signs_is_accepted(tmp_path: Path, kind: tuple[str, ...]) -> None:
    path = made(tmp_path, *kind)
    other = tmp_path / "other"
    other.mkdir()
    found = key(path)
    assert found.fingerprint in run(["ssh-keygen", "-l", "-f", f"{path}.pub"]).decode()
    for options in ((), ("-O", "hashalg=sha256")):
        check_signature(found, MESSAGE, signed(path, MESSAGE, "salesdx", *options))
    value = signed(path)
    stranger = key(made(other, *kind))
    for wrong in (
        lambda: check_signature(found, MESSAGE + b" ", value),
        lambda: check_signature(stranger, MESSAGE, value),
        lambda: check_signature(found, MESSAGE, signed(path, MESSAGE, "file")),
        lambda: check_signature(PersonKey(PASSKEY, f"firm.example {found.text.split()[1]}"), MESSAGE, value),
    ):
        with pytest.raises(Invalid):
            wrong()


def test_every_byte_of_a_signature_counts(tmp_path: Path) -> None:
    path = made(tmp_path, "ed25519")
    raw = base64.b64decode(signed(path))
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(Invalid):
            check_signature(key(path), MESSAGE, base64.b64encode(changed).decode())
    for cut in range(len(raw)):
        with pytest.raises(Invalid):
            check_signature(key(path), MESSAGE, base64.b64encode(raw[:cut]).decode())
    with pytest.raises(Invalid):
        check_signature(key(path), MESSAGE, base64.b64encode(raw + b"\0\0\0\0").decode())


@given(st.binary(max_size=200))
def test_noise_is_no_signature(noise: bytes) -> None:
    public = ed25519.Ed25519PrivateKey.from_private_bytes(b"\1" * 32).public_key()
    ssh = PersonKey(SSH, public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode())
    passkey = PersonKey(PASSKEY, "firm.example " + _der(public))
    for found in (ssh, passkey):
        with pytest.raises(Invalid):
            check_signature(found, MESSAGE, base64.b64encode(noise).decode())


def test_keys_that_are_none(tmp_path: Path) -> None:
    good = key(made(tmp_path, "ed25519")).text
    weak = made(tmp_path, "rsa", "1024").with_name("rsa-1024.pub").read_text()
    wide = made(tmp_path, "ecdsa", "384").with_name("ecdsa-384.pub").read_text()
    for kind, text in (
        (SSH, weak),
        (SSH, wide),
        (SSH, good[:-4]),
        (SSH, "ssh-ed25519"),
        (SSH, good.replace("ssh-ed25519", "ssh-rsa")),
        (PASSKEY, good),
        (PASSKEY, "firm.example " + _der(rsa.generate_private_key(65_537, 1_024).public_key())),
        ("pgp", good),
    ):
        with pytest.raises(Invalid):
            read_person_key(kind, text)
    assert read_person_key(SSH, f"{good} anna@desk\n") == PersonKey(SSH, good)


# --- passkeys, by an authenticator written from the specification ---------------------------------------------------


Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def _der(public: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey) -> str:
    return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def assertion(
    private: Private,
    message: bytes = MESSAGE,
    site: str = "firm.example",
    flags: int = 0x05,
    **said: object,
) -> str:
    """What a browser hands on of an authenticator's answer, WebAuthn level 2, sections 5.8.1, 6.1 and 6.3.3."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(message).digest()).decode().rstrip("=")
    told = {"type": "webauthn.get", "challenge": challenge, "origin": "https://trail.firm.example:8443"} | said
    client = json.dumps(told).encode()
    authenticator = hashlib.sha256(site.encode()).digest() + bytes([flags]) + (7).to_bytes(4, "big")
    data = authenticator + hashlib.sha256(client).digest()
    if isinstance(private, ed25519.Ed25519PrivateKey):
        made = private.sign(data)
    elif isinstance(private, rsa.RSAPrivateKey):
        made = private.sign(data, PKCS1v15(), SHA256())
    else:
        made = private.sign(data, ECDSA(SHA256()))
    parts = {"authenticator": authenticator, "client": client, "signature": made}
    return base64.b64encode(canonical({n: base64.b64encode(p).decode() for n, p in parts.items()})).decode()


@pytest.mark.parametrize(
    "private",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65_537, 2_048),
    ],
    ids=["ES256", "EdDSA", "RS256"],
)
def test_a_passkey_signs(private: Private) -> None:
    found = read_person_key(PASSKEY, f"firm.example {_der(private.public_key())}")
    check_signature(found, MESSAGE, assertion(private))
    other = ec.generate_private_key(ec.SECP256R1())
    for wrong in (
        assertion(other),
        assertion(private, b"another message"),
        assertion(private, site="evil.example"),
        assertion(private, flags=0x01),  # present, and not verified by PIN or finger
        assertion(private, flags=0x04),
        assertion(private, type="webauthn.create"),
        assertion(private, origin="https://firm.example.evil.example"),
        assertion(private, origin="https://evilfirm.example"),
        assertion(private, crossOrigin=True),
        assertion(private, challenge=""),
    ):
        with pytest.raises(Invalid):
            check_signature(found, MESSAGE, wrong)


def test_what_is_signed_of_an_entry() -> None:
    entry = {"log": "l", "type": "sign_off", "role": "hr", "rule_base": None, "inputs": [3], "commit": "00", "seq": 9}
    assert signed_message(entry, "2026-11-29T00:00:00.000000Z") == (
        b'{"commit":"00","form":"salesdx.signed/1","inputs":[3],"log":"l","role":"hr","rule_base":null,'
        b'"time":"2026-11-29T00:00:00.000000Z","type":"sign_off"}'
    )


# --- the firm's login -------------------------------------------------------------------------------------------------


def test_a_login_of_the_firm_is_an_issuer_and_a_subject() -> None:
    found = read_person_key(OIDC, "https://login.firm.example/tenant auth0|5f7c8ec7c33c6c004bbafe82")
    raw = hashlib.sha256(found.text.encode()).digest()
    assert found.fingerprint == "SHA256:" + base64.b64encode(raw).decode().rstrip("=")
    with pytest.raises(Invalid, match=r"^the firm's login signs nothing$"):
        check_signature(found, b"anything", "AAAA")


@pytest.mark.parametrize(
    "text",
    [
        "https://login.firm.example",
        "https://login.firm.example ",
        "http://login.firm.example a",
        "https://login.firm.example/?tenant=1 a",
        "https://login.firm.example/#x a",
        "https://login.firm.example  a",
        "https://login.firm.example a b",
        "https://login.firm.example " + "a" * 256,
        "https://login.firm.example \u00e9",
        "anna@firm.example",
    ],
)
def test_what_is_no_login(text: str) -> None:
    with pytest.raises(Invalid, match=r"^this is no login of a person"):
        read_person_key(OIDC, text)
