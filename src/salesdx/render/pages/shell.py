"""What every page of the application has around it; pages that need no case; and how a page is made of its context."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import ClassVar

from salesdx.render.html import environment, resource


@dataclass(frozen=True)
class Visitor:
    """Who is logged in: their name, what the role in use is called, and what their forms carry."""

    name: str
    role: str
    form_token: str
    me: str = "/me"
    """The address of the page about them; empty for who came by a link."""


@dataclass(frozen=True)
class PageFault:
    """What is wrong with what was sent; ``field`` is the id of the field at fault, if one is."""

    text: str
    field: str = ""


@dataclass(frozen=True)
class Shell:
    """What is around a page: who is logged in, what was done last, what is wrong, and the way back."""

    visitor: Visitor | None = None
    told: tuple[str, ...] = ()
    faults: tuple[PageFault, ...] = ()
    asks: bool = False
    """Whether what stands as wrong is a question that is put back, and no error."""
    back: tuple[str, str] | None = None
    """Where the way back leads, and what it is called."""
    home: str = "/"
    """The address of the first page for this visitor; empty where there is none."""

    def fault_of(self, field: str) -> str:
        """What is wrong with a field; empty where nothing is."""
        return next((fault.text for fault in self.faults if fault.field == field), "")


@dataclass(frozen=True)
class AppPage:
    """A page. ``title`` is its heading and begins the title of its window."""

    template: ClassVar[str]
    script: ClassVar[bool] = False
    """Whether it asks for a passkey, which takes the script."""
    shell: Shell
    title: str


@dataclass(frozen=True)
class LoginPage(AppPage):
    """Who are you?"""

    template: ClassVar[str] = "login.html"
    person: str = ""
    to: str = ""
    """The address that was asked for."""
    firm: bool = False
    """Whether the firm has a login of its own."""


@dataclass(frozen=True)
class PasswordPage(AppPage):
    """A password is set, by a link that is good once."""

    template: ClassVar[str] = "password.html"
    address: str
    person: str
    shortest: int


@dataclass(frozen=True)
class MePage(AppPage):
    """Who is logged in: the roles that can be used, by identifier and by what they are called."""

    template: ClassVar[str] = "me.html"
    person: str
    role: str
    roles: tuple[tuple[str, str], ...]
    since: str
    """The day on which the password was set; empty for the firm's login."""


@dataclass(frozen=True)
class FaultPage(AppPage):
    """What went wrong, and what can be done now."""

    template: ClassVar[str] = "fault.html"
    lines: tuple[str, ...]
    go_on: tuple[str, str] | None = ("/", "My cases")


@dataclass(frozen=True)
class SendAgainPage(AppPage):
    """A form that could not be taken now, with all that was typed: name and value of each field. ``with_file``: it had
    a file, which is chosen once more, as no page can hold one."""

    template: ClassVar[str] = "send_again.html"
    lines: tuple[str, ...]
    address: str
    fields: tuple[tuple[str, str], ...]
    with_file: bool = False


def app_page(page: AppPage) -> str:
    """A page as HTML."""
    made = environment().get_template(f"pages/{page.template}")
    return made.render(page=page, shell=page.shell, sheet=sheet_address(), script=script_address())


@cache
def sheet() -> str:
    """The one style sheet of the application: that of all pages, and what its own need."""
    return resource("style.css") + resource("pages.css") + resource("bridge.css") + resource("multiples.css")


@cache
def sheet_digest() -> str:
    """The digest in the address of the style sheet: another sheet has another address."""
    return sha256(sheet().encode()).hexdigest()[:16]


def sheet_address() -> str:
    """Where the style sheet is."""
    return f"/static/{sheet_digest()}/pages.css"


@cache
def passkey_script() -> str:
    """The one script of the application: it asks a device for a passkey."""
    return resource("passkeys.js")


def script_address() -> str:
    """Where the script is."""
    return f"/static/{sha256(passkey_script().encode()).hexdigest()[:16]}/passkeys.js"
