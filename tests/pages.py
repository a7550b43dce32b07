"""People at the pages of a served trail, as a browser has them: cookies, forms and their tokens."""

from __future__ import annotations

import re
from typing import Any

import httpx

from salesdx.web.accounts import Accounts
from served import Office

PASSWORD = "apple-green-tractor-7"


class Visitor:
    """A person of the register at the pages."""

    def __init__(self, firm: Office, who: str) -> None:
        self.firm, self.who = firm, who
        self.cookies = httpx.Cookies()

    def link(self) -> str:
        """The path of a link that sets a password."""
        storage = self.firm.trail.storage
        return f"/welcome/{Accounts(storage, self.firm.server.register, self.firm.server.now).invite(self.who)}"

    def enter(self) -> None:
        """Set a password, and be logged in by it."""
        assert self.post(self.link(), password=PASSWORD, again=PASSWORD).status_code == 303

    def log_in(self) -> None:
        assert self.post("/login", person=self.who, password=PASSWORD).status_code == 303

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self._sent("GET", path, **more)

    def token(self) -> str:
        """What the forms of this login carry; empty where nobody is logged in."""
        return next(iter(re.findall(r'name="form_token" value="(\w+)"', self.get("/me").text)), "")

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        """Send a form, with the token of this login where none is given."""
        fields.setdefault("form_token", self.token())
        return self._sent("POST", path, data=fields, headers=headers)

    def _sent(self, method: str, path: str, **more: Any) -> httpx.Response:
        found = httpx.request(method, self.firm.url + path, cookies=self.cookies, timeout=30, **more)
        self.cookies.extract_cookies(found)
        return found
