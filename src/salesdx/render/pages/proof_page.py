"""That it is you: the ways of confirming it, and the one-time codes of the one who is logged in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from salesdx.render.pages.case_words import Send
from salesdx.render.pages.shell import AppPage


@dataclass(frozen=True)
class ProofPage(AppPage):
    """Confirm that it is you. ``request`` is what the browser needs to ask a passkey, empty where there is none;
    ``firm`` the way to the firm's login; ``codes`` whether codes count, ``codes_from`` from when on they will.

    ``to`` is where it goes on. ``send`` carries what the passkey's answer is for.
    """

    template: ClassVar[str] = "proof.html"
    script: ClassVar[bool] = True
    person: str
    to: str
    send: Send
    request: str
    codes: bool
    codes_from: str
    firm: str


@dataclass(frozen=True)
class CodesPage(AppPage):
    """One-time codes: since when there are some, from when on they count, and a new secret, which is shown once."""

    template: ClassVar[str] = "codes.html"
    person: str
    made: str
    counts_from: str
    counts: bool
    password: bool
    """Whether the one who is logged in has a password, without which codes are worth nothing."""
    secret: str = ""
    link: str = ""
