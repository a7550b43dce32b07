"""The people of the register as administrators change them, and what somebody is about to sign with a passkey."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from salesdx.ledger.moments import moment
from salesdx.ledger.standalone.person_signatures import OIDC, PASSKEY, SSH, PersonKey, read_person_key
from salesdx.ledger.standalone.register import Registered, RoleHeld
from salesdx.render.pages.case_words import Option, Send, moment_words
from salesdx.render.pages.compare_page import OpenReviews
from salesdx.render.pages.shell import AppPage

Called = Callable[[str], str]
"""What a role is called, or a person of an identifier."""
KEY_WORDS = {SSH: "SSH key", PASSKEY: "passkey", OIDC: "firm's login"}


@dataclass(frozen=True)
class WaitingChange:
    """A change that another administrator confirms, in words; ``mine``: whoever reads it has entered it."""

    record: int
    told: str
    entered: str
    mine: bool


@dataclass(frozen=True)
class NewPersonPage(AppPage):
    """Enter a person. ``able``: whoever reads it has a passkey with which they can sign."""

    template: ClassVar[str] = "new_person.html"
    able: bool
    key: str
    roles: tuple[Option, ...]
    lines: tuple[Option, ...]
    typed: Mapping[str, str]


@dataclass(frozen=True)
class PersonPage(AppPage):
    """A person of the register, and each change that can be entered of them. ``typed`` is what was typed, by field."""

    template: ClassVar[str] = "person.html"
    able: bool
    told: tuple[tuple[str, str], ...]
    waiting: tuple[WaitingChange, ...]
    send: Send
    roles: tuple[Option, ...]
    held: tuple[Option, ...]
    lines: tuple[Option, ...]
    keys: tuple[Option, ...]
    leaves: bool
    typed: Mapping[str, str]


@dataclass(frozen=True)
class ChangesPage(AppPage):
    """The changes that wait to be confirmed."""

    template: ClassVar[str] = "changes.html"
    able: bool
    key: str
    waiting: tuple[WaitingChange, ...]


@dataclass(frozen=True)
class SignaturePage(AppPage):
    """What is about to be signed, line by line, and the page that is recorded with it, if any; ``more`` acts are signed
    after it. ``request`` is what the browser needs to ask a passkey."""

    template: ClassVar[str] = "signature.html"
    script: ClassVar[bool] = True
    lines: tuple[str, ...]
    role: str
    more: int
    send: Send
    request: str
    back: str
    shown: str = ""


@dataclass(frozen=True)
class TrailKeyPage(AppPage):
    """The keys of the trail, and what was proposed. ``action`` is what the reader can do now; empty for nothing."""

    template: ClassVar[str] = "trail_key.html"
    able: bool
    keys: tuple[tuple[str, str], ...]
    proposed: tuple[tuple[str, str], ...]
    needed: int
    action: str
    key: str


@dataclass(frozen=True)
class ProposalLine:
    """Rules that somebody proposed, how far that is, and the page that was seen and signed; ``confirm`` is None for who
    did."""

    version: str
    stands: str
    page: str
    confirm: Send | None


@dataclass(frozen=True)
class RulesWaitPage(AppPage):
    """The rules that wait to come into force. ``runs`` are those that the service runs, in words; ``propose`` is None
    where they are in force or wait."""

    template: ClassVar[str] = "rules_wait.html"
    able: bool
    proposals: tuple[ProposalLine, ...]
    runs: str
    propose: Send | None
    zip_address: str


@dataclass(frozen=True)
class ProposePage(AppPage):
    """Rules that somebody is about to propose: ``shown`` is the page that will be signed, beside what is told of the
    open reviews and by the checks. ``go_on`` is where it is signed; empty for who cannot sign here."""

    template: ClassVar[str] = "propose.html"
    open_reviews: OpenReviews
    shown: str
    checks: str
    go_on: str
    back: str


@dataclass(frozen=True)
class TokenLine:
    """A token of a program as it stands, and where it is revoked; None where it is worth nothing any more."""

    who: str
    told: tuple[str, ...]
    revoke: Send | None


@dataclass(frozen=True)
class TokensPage(AppPage):
    """The tokens of programs. ``new`` is one that was just made, with whose it is, and is shown this once."""

    template: ClassVar[str] = "tokens.html"
    tokens: tuple[TokenLine, ...]
    key: str
    programs: tuple[Option, ...]
    scopes: tuple[Option, ...]
    longest: int
    days: str
    new: tuple[str, str] | None = None


def register_words(kind: str, told: Mapping[str, Any], person: Called, role: Called) -> str:
    """A change of the register in words, such as: Cleo Abt gets the role human resources, from 1 Jan 2027 on."""
    who = person(told["person"])
    match kind:
        case "person_added":
            above = f"reports to {person(told['reports_to'])}" if told["reports_to"] else "reports to nobody"
            return f"New person: {told['name']}, with the identifier {told['person']}, who {above}"
        case "line_given":
            above = person(told["reports_to"]) if told["reports_to"] else "nobody"
            return f"{who} reports to {above} from now on"
        case "role_given":
            return f"{who} gets the role {role(told['role'])}{_between(told['from'], told['until'])}"
        case "role_ended":
            when = _day(told["until"]) if told["until"] else "as soon as it is confirmed"
            return f"The role {role(told['role'])} of {who} ends {when}"
        case "key_added":
            return f"New key of {who}: {key_words(read_person_key(told['kind'], told['key']))}"
    return f"The key {told['key']} of {who} ends"


def key_words(key: PersonKey) -> str:
    """A key as its person can tell it: a passkey by its fingerprint, a login of the firm by issuer and subject."""
    if key.kind == OIDC:
        issuer, _, subject = key.text.partition(" ")
        return f"{KEY_WORDS[OIDC]} at {issuer}, by the name {subject}"
    site = f" for {key.text.partition(' ')[0]}" if key.kind == PASSKEY else ""
    return f"{KEY_WORDS[key.kind]}{site}, {key.fingerprint}"


def person_lines(one: Registered, now: str, person: Called, role: Called) -> Iterator[tuple[str, str]]:
    """What the register says of somebody, each with what it is: roles that are held or will be, the line, keys."""
    yield "Identifier", one.id
    held = held_or_coming(one, now)
    for each in held:
        yield "Role", role(each.role) + _between(each.since if each.since > now else "", each.until)
    if not held:
        yield "Role", "none now"
    yield "Reports to", person(one.reports_to) if one.reports_to else "nobody"
    for key in one.keys.values():
        yield "Key", key_words(key)
    if not one.keys:
        yield "Key", "none"


def held_or_coming(one: Registered, now: str) -> list[RoleHeld]:
    """The roles that somebody has now, or will have."""
    return [held for held in one.roles if held.at(now) or (held.since > now and held.at(held.since))]


def _between(since: str, until: str) -> str:
    return (f", from {_day(since)} on" if since else "") + (f", until {_day(until)}" if until else "")


def _day(time: str) -> str:
    return moment_words(moment(time))
