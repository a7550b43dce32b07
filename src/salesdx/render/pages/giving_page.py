"""What leaves the trail: bundles that prove themselves, and the report by groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from salesdx.render.pages.case_words import Option
from salesdx.render.pages.keeping_page import ProofNeed
from salesdx.render.pages.shell import AppPage


@dataclass(frozen=True)
class ExportsPage(AppPage):
    """The copy of everything on a person for a receiver, the bundle of a case, and that of the whole trail, which takes
    that its person has confirmed that it is they. What was typed stays."""

    template: ClassVar[str] = "exports.html"
    receivers: tuple[Option, ...]
    case: str = ""
    case_anchor: str = ""
    person: str = ""
    whole: str = ""
    person_anchor: str = ""
    all_anchor: str = ""
    proof: ProofNeed | None = None


@dataclass(frozen=True)
class VerifyPage(AppPage):
    """By which public keys and from which checkpoint the trail is verified."""

    template: ClassVar[str] = "verify.html"
    keys: str
    anchor: str
    longest: int


@dataclass(frozen=True)
class ReportsPage(AppPage):
    """What a report by groups is asked for; ``typed`` is what was typed, by field."""

    template: ClassVar[str] = "reports.html"
    key: str
    longest: int
    since: str = ""
    until: str = ""
    by: str = ""
    reference: str = ""
    leave_out: str = ""
    why: bool = False
