"""People at the pages of a served trail, as a browser has them: cookies, forms and their tokens."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pyotp
from lxml import html

from salesdx.web.accounts import Accounts
from salesdx.web.codes import Codes
from served import Office

PASSWORD = "apple-green-tractor-7"


class Visitor:
    """A person of the register at the pages."""

    def __init__(self, firm: Office, who: str) -> None:
        self.firm, self.who = firm, who
        self.cookies = httpx.Cookies()
        self.tokens: dict[str, str] = {}

    def link(self) -> str:
        """The path of a link that sets a password."""
        storage = self.firm.trail.storage
        return f"/welcome/{Accounts(storage, self.firm.server.register, self.firm.server.now).invite(self.who)}"

    def enter(self) -> None:
        """Set a password, and be logged in by it."""
        assert self.post(self.link(), password=PASSWORD, again=PASSWORD).status_code == 303

    def log_in(self) -> None:
        given = self.post("/login", person=self.who, password=PASSWORD)
        assert given.status_code == 303, (given.status_code, given.text)

    def codes(self) -> pyotp.TOTP:
        """A device that makes one-time codes, entered long enough ago to count."""
        made = Codes(self.firm.trail.storage, lambda: self.firm.server.now() - timedelta(hours=25))
        secret, _ = made.make(self.who)
        return pyotp.TOTP(secret)

    def confirm(self) -> None:
        """Confirm that it is they, by password and one-time code: for five minutes, and one act."""
        code = self.codes().at(self.firm.server.now())
        given = self.post("/me/proof/code", password=PASSWORD, code=code, to="/hr/holds")
        assert given.status_code == 303, given.text

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self._sent("GET", path, **more)

    def token(self) -> str:
        """What the forms of this login carry, read once from a page; empty where nobody is logged in."""
        login = str(self.cookies)
        if not self.tokens.get(login):
            self.tokens[login] = next(iter(re.findall(r'name="form_token" value="(\w+)"', self.get("/me").text)), "")
        return self.tokens[login]

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        """Send a form, with the token of this login and where it comes from, where nothing else is given."""
        fields = fields if "form_token" in fields else fields | {"form_token": self.token()}
        return self._sent("POST", path, data=fields, headers={"Origin": self.firm.url} if headers is None else headers)

    def _sent(self, method: str, path: str, **more: Any) -> httpx.Response:
        url = self.firm.url + path  # by http, so no list of authorities is read
        found = httpx.request(method, url, cookies=self.cookies, timeout=120, verify=False, **more)
        self.cookies.extract_cookies(found)
        return found

    def form(self, path: str, ends: str) -> tuple[str, dict[str, str]]:
        """The form of a page whose address ends so: where it goes, and what it carries as long as nobody types."""
        page = self.get(path)
        assert page.status_code == 200, (path, page.status_code, page.text)
        for found in html.fromstring(page.text).forms:
            if found.action.endswith(ends):
                told = {name: value for name, value in found.form_values() if isinstance(value, str)}
                return found.action, told
        raise AssertionError(f"{path} has no form for {ends}")

    def begin(self, **typed: str) -> str:
        """Begin a case; its identifier."""
        action, told = self.form("/cases/new", "/cases/new")
        given = self.post(action, **told | {"subject": "company", "period": "2026-Q3"} | typed)
        assert given.status_code == 303, given.text
        return told["key"]

    def answer(self, case: str, term: str, value: str, **typed: str) -> httpx.Response:
        """Answer a question, as somebody who looks at it now."""
        action, told = self.form(f"/cases/{case}/questions/{term}", f"/questions/{term}")
        return self.post(action, **told | {"do": "save", "answer": value} | typed)

    def diagnose(self, case: str) -> str:
        """What is likely now, recorded; the address of its page."""
        action, told = self.form(f"/cases/{case}/answers", "/diagnoses")
        given = self.post(action, **told)
        assert given.status_code == 303, given.text
        return str(given.headers["location"])
