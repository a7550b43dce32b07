"""A device that holds passkeys, written from W3C Web Authentication: what a browser hands on when a page asks it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


def url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class PasskeyDevice:
    """One device. ``verifies``: it asks for a finger, a face or a PIN; ``counter`` counts its signatures."""

    origin: str
    verifies: bool = True
    counter: int = 0
    kept: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)

    def create(self, options: str, **said: Any) -> str:
        """Make a passkey as the options ask, and tell of it (5.1.3)."""
        asked = json.loads(options)
        private = ec.generate_private_key(ec.SECP256R1())
        id = sha256(str(private.private_numbers().private_value).encode()).digest()[:20]
        self.kept[url64(id)] = private
        point = private.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        data = self._data(asked["rp"]["id"], WITH_KEY)
        data += bytes(16) + len(id).to_bytes(2, "big") + id + cbor2.dumps(cose)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked, said)
        return _told(url64(id), {"clientDataJSON": client, "attestationObject": attested})

    def get(self, options: str, id: str = "", **said: Any) -> str:
        """Sign as the options ask, with one of the keys that they name, or another one (5.1.4)."""
        asked = json.loads(options)
        id = id or next(one["id"] for one in asked["allowCredentials"] if one["id"] in self.kept)
        self.counter += 1
        data, client = self._data(asked["rpId"]), self._client("webauthn.get", asked, said)
        made = self.kept[id].sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        return _told(id, {"clientDataJSON": client, "authenticatorData": data, "signature": made})

    def _data(self, site: str, more: int = 0) -> bytes:
        flags = PRESENT | more | (VERIFIED if self.verifies else 0)
        return sha256(site.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client(self, type: str, asked: dict[str, Any], said: dict[str, Any]) -> bytes:
        told = {"type": type, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(told | said).encode()


def _told(id: str, response: dict[str, bytes]) -> str:
    parts = {name: url64(part) for name, part in response.items()}
    return json.dumps({"id": id, "rawId": id, "type": "public-key", "response": parts})
