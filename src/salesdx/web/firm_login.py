"""The firm's own login, by OpenID Connect: issuer and subject say who somebody is there, never an address of mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

import anyio
import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from fastapi import Request, Response
from joserfc.errors import JoseError

from salesdx.services.logins import LoginRefused

SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""How an identity may be signed: by the key of the issuer alone, never by a secret that this service shares, or not."""
METADATA = "/.well-known/openid-configuration"
SECONDS, LEEWAY = 10, 60
"""How long the firm's login may take to answer, and how far its clock may be off."""
COOKIE, MINUTES = "salesdx-login", 10
"""Where a browser keeps what ties its way back to its way there, and how long the way may take."""
WRONG = (AuthlibBaseError, JoseError, ValueError, TypeError, KeyError, RuntimeError)
"""What an answer that is not as it should be raises."""


class Unreachable(LoginRefused):
    """The firm's login does not answer, or not as the standard says."""


@dataclass(frozen=True)
class FirmLogin:
    """Where the people of a firm log in: the issuer as it names itself, and by which name and secret it knows us."""

    issuer: str
    client: str
    secret: str = field(repr=False)

    @property
    def cookie_key(self) -> str:
        """What signs the cookie of a login on its way: the same in each process of a service, and after a restart."""
        return sha256(f"salesdx login {self.issuer} {self.client} {self.secret}".encode()).hexdigest()


class FirmDoor:
    """The way to the firm's login and back."""

    def __init__(self, firm: FirmLogin) -> None:
        self.firm = firm
        self.client: StarletteOAuth2App = OAuth().register(
            "firm",
            client_id=firm.client,
            client_secret=firm.secret,
            server_metadata_url=firm.issuer.rstrip("/") + METADATA,
            client_kwargs={"scope": "openid", "code_challenge_method": "S256", "timeout": SECONDS},
        )

    async def check(self) -> None:
        """Whether the firm's login answers, by its own name. Raises Unreachable."""
        try:
            told = await self.client.load_server_metadata()
        except httpx2.HTTPError as error:
            raise Unreachable(f"the firm's login at {self.firm.issuer} does not answer: {error}") from None
        except WRONG:
            raise Unreachable(f"what stands at {self.firm.issuer + METADATA} is no description of a login") from None
        if told.get("issuer") != self.firm.issuer:
            raise Unreachable(f"the login at {self.firm.issuer} calls itself {str(told.get('issuer'))[:200]}")
        given = told.get("id_token_signing_alg_values_supported") or ["RS256"]
        told["id_token_signing_alg_values_supported"] = [name for name in given if name in SIGNED_BY]

    def check_now(self) -> None:
        """The same before anything is served. Raises Unreachable."""
        anyio.run(self.check)

    async def leave(self, request: Request, back: str, anew: bool = False) -> Response:
        """The answer that sends a browser to the firm's login; ``anew``: it is to ask, whoever is logged in there.

        Raises Unreachable.
        """
        await self.check()
        more = {"prompt": "login", "max_age": "0"} if anew else {}
        found: Response = await self.client.authorize_redirect(request, back, **more)
        return found

    async def returned(self, request: Request) -> tuple[str, float]:
        """The subject whom the firm's login sent back with this request, and when it says that it asked them, in
        seconds; 0 where it does not say. Raises LoginRefused."""
        await self.check()
        exactly = {
            "iss": {"essential": True, "value": self.firm.issuer},
            "aud": {"essential": True, "value": self.firm.client},
            "sub": {"essential": True},
        }
        try:
            token = await self.client.authorize_access_token(request, claims_options=exactly, leeway=LEEWAY)
            asked = token["userinfo"].get("auth_time", 0)
            return str(token["userinfo"]["sub"]), float(asked) if isinstance(asked, int | float) else 0.0
        except httpx2.HTTPError:
            raise Unreachable("the firm's login does not answer now; try again in a minute") from None
        except WRONG:
            raise LoginRefused("the firm's login did not let you in, or this way back is not of your browser") from None
