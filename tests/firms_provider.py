"""A firm's login as others have it: an OpenID provider over https, which can be told to answer wrongly."""

from __future__ import annotations

import base64
import ipaddress
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from salesdx.cli.serve import listening_at

CLIENT, SECRET = "salesdx-of-ours", "s3cret-of-the-client"


@dataclass
class Provider:
    """Who is logged in there is ``subject``. ``lies`` changes the claims of its tokens, ``how`` how they are signed."""

    url: str
    subject: str = "00u-max"
    lies: dict[str, Any] = field(default_factory=dict)
    how: str = "RS256"
    names_itself: str = ""
    down: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    asked: list[dict[str, str]] = field(default_factory=list)

    def app(self) -> Starlette:
        paths = {
            "/.well-known/openid-configuration": (self.metadata, "GET"),
            "/authorize": (self.authorize, "GET"),
            "/token": (self.token, "POST"),
            "/keys": (self.keys, "GET"),
        }
        return Starlette(routes=[Route(path, told, methods=[method]) for path, (told, method) in paths.items()])

    def metadata(self, request: Request) -> Response:
        if self.down:
            return Response(status_code=503)
        named = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        told = {name: f"{self.url}/{path}" for name, path in named.items()}
        signing = {"id_token_signing_alg_values_supported": ["RS256", "HS256", "none"]}
        return JSONResponse({"issuer": self.names_itself or self.url, **told, **signing})

    def keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def authorize(self, request: Request) -> Response:
        """Whoever comes is logged in already, and is sent back at once."""
        asked = dict(request.query_params)
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 302)

    async def token(self, request: Request) -> Response:
        """RFC 6749, 4.1.3, with the client's secret and the verifier of RFC 7636."""
        form = await request.form()
        asked = self.codes.pop(str(form["code"]), None)
        told = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(sha256(str(form["code_verifier"]).encode()).digest()).decode().rstrip("=")
        if asked is None or request.headers.get("authorization") != f"Basic {told}":
            return JSONResponse({"error": "invalid_client"}, 401)
        if (asked["code_challenge"], asked["redirect_uri"]) != (challenge, form["redirect_uri"]):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": self.subject, "iat": now, "exp": now + 300,
                  "nonce": asked["nonce"], "email": "max@firm.example"} | self.lies  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": self.signed(claims)})

    def signed(self, claims: dict[str, Any]) -> str:
        if self.how == "none":
            parts = (b'{"alg":"none"}', json.dumps(claims).encode())
            return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])
        if self.how == "HS256":  # signed by what the client shares
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET + SECRET))
        key = self.key if self.how == "RS256" else RSAKey.generate_key(2048, {"kid": "one"})
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


@contextmanager
def provider(folder: Path) -> Iterator[tuple[Provider, Path]]:
    """A provider that listens, and the certificate by which it is known."""
    listening = listening_at("127.0.0.1", 0)
    found = Provider(f"https://127.0.0.1:{listening.getsockname()[1]}")
    certificate, key = certificate_of(folder)
    config = uvicorn.Config(found.app(), log_level="error", access_log=False, ssl_certfile=certificate, ssl_keyfile=key)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    try:
        yield found, certificate
    finally:
        running.should_exit = True
        thread.join()
        listening.close()


def certificate_of(folder: Path) -> tuple[Path, Path]:
    private, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "login of the firm")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(private, SHA256())
    )
    certificate, key = folder / "login.pem", folder / "login.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, key
