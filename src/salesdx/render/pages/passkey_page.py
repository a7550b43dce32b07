"""The passkeys of the one who is logged in, and a form that makes another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from salesdx.render.pages.shell import AppPage


@dataclass(frozen=True)
class PasskeyLine:
    """A passkey: what it is called, when it was made, its fingerprint, for which site it is, and how it stands."""

    id: str
    name: str
    made: str
    fingerprint: str
    site: str
    counts: bool
    entered_by: str
    """Who entered it in the register, where another administrator is to confirm it."""


@dataclass(frozen=True)
class PasskeysPage(AppPage):
    """``creation`` is what the browser needs to make one; empty where the address of the service has no name."""

    template: ClassVar[str] = "passkeys.html"
    script: ClassVar[bool] = True
    person: str
    passkeys: tuple[PasskeyLine, ...]
    creation: str
    most: int
    longest: int
    typed: str = ""
