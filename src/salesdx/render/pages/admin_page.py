"""The page of whoever administers: people, logins, links, the trail and the rules, and nothing of a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from salesdx.render.pages.case_words import Send
from salesdx.render.pages.shell import AppPage


@dataclass(frozen=True)
class TrailLine:
    """Something about the trail or the rules, by what it is."""

    what: str
    told: str


@dataclass(frozen=True)
class PersonLine:
    """A person of the register: name, identifier, and their roles, keys and line in words."""

    name: str
    id: str
    told: str


@dataclass(frozen=True)
class LoginLine:
    """A login that is open, and where it is ended."""

    who: str
    told: str
    end: Send


@dataclass(frozen=True)
class LinkOpen:
    """A link that can be used, without what it leads to, and where it is taken back."""

    what: str
    told: str
    end: Send


@dataclass(frozen=True)
class AdminPage(AppPage):
    """How everything stands. ``waiting`` are changes of the people that another administrator confirms."""

    template: ClassVar[str] = "admin.html"
    trail: tuple[TrailLine, ...]
    rules: tuple[TrailLine, ...]
    waiting: tuple[str, ...]
    people: tuple[PersonLine, ...]
    logins: tuple[LoginLine, ...]
    links: tuple[LinkOpen, ...]
    systems: tuple[str, str] | None = None
    """Where the mapping is set by which figures are taken from the firm's systems, and how that stands."""
