"""The firm's own login: who comes back from it is who the register knows by issuer and subject, and nobody else."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from conftest import ROOT
from firms_provider import CLIENT, SECRET, Provider, provider
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.ledger.standalone.person_signatures import read_person_key
from salesdx.trail.book import Book
from salesdx.web.firm_login import FirmLogin
from served import Office, listening, office

LOGIN = "/login/oidc"


@dataclass
class Firm:
    office: Office
    provider: Provider
    certificate: Path

    def browser(self, who: str = "max") -> Visitor:
        return Visitor(self.office, who)

    def leaves(self, browser: Visitor, to: str = "/") -> str:
        """Where a browser is sent that asks for the firm's login."""
        given = browser.get(LOGIN, params={"to": to})
        assert given.status_code == 302, given.text
        return given.headers["location"]

    def way_back(self, there: str) -> str:
        """The path to which the firm's login sends a browser back."""
        given = httpx.get(there, verify=ssl.create_default_context(cafile=str(self.certificate)))
        assert given.status_code == 302, given.text
        back = given.headers["location"]
        assert back.startswith(f"{self.office.url}{LOGIN}/back?")
        return back.removeprefix(self.office.url)

    def entered(self, browser: Visitor, to: str = "/") -> httpx.Response:
        """A browser goes to the firm's login and comes back."""
        return browser.get(self.way_back(self.leaves(browser, to)))


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    """On one database: what is asked is asked of the login, the cookie and the register."""
    with known(tmp_path, str(tmp_path / "trail"), base, monkeypatch) as found:
        yield found


@contextmanager
def known(tmp_path: Path, where: str, base: RuleBase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    with provider(tmp_path) as (their, certificate), office(tmp_path, where, base) as found:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        found.enter(max="sales_manager", cleo="hr")
        found._change(("key_added", {"person": "max", "kind": "oidc", "key": f"{their.url} 00u-max"}))
        with listening(found, FirmLogin(their.url, CLIENT, SECRET)):
            yield Firm(found, their, certificate)


def let_in(given: httpx.Response) -> bool:
    return given.status_code == 303 and "salesdx" in given.cookies


def test_whom_the_firm_knows_is_let_in_as_whom_the_register_knows(
    tmp_path: Path, where: str, base: RuleBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with known(tmp_path, where, base, monkeypatch) as firm:
        max_ = firm.browser()
        page = max_.get("/login?to=/cases/new")
        assert '<a class="button" href="/login/oidc?to=/cases/new">Log in by your firm' in page.text
        given = firm.entered(max_, "/cases/new")
        assert (let_in(given), given.headers["location"]) == (True, "/cases/new")
        asked = firm.provider.asked[0]
        assert (asked["scope"], asked["response_type"], asked["code_challenge_method"]) == ("openid", "code", "S256")
        assert len(asked["state"]) >= 20 and len(asked["nonce"]) >= 20
        page = max_.get("/me")
        assert "Max, the sales manager" in page.text and "the firm&#39;s login" in page.text
        case = max_.begin(subject="company")
        assert max_.get(f"/cases/{case}").status_code in (200, 303)
        with firm.office.trail.read() as reader:
            row = next(reader.rows(newest_first=True))
            assert Book(reader).record(row.seq).actor.name == "max"
        assert json.loads(row.entry)["identity"] == "login"


def test_a_subject_that_nobody_entered_is_told_what_to_give_an_administrator(firm: Firm) -> None:
    firm.provider.subject = "00u-eve"
    given = firm.entered(firm.browser())
    assert (given.status_code, let_in(given)) == (403, False)
    assert f"<code>00u-eve</code> at <code>{firm.provider.url}</code>" in given.text


def test_the_address_of_mail_lets_nobody_in(firm: Firm) -> None:
    firm.provider.subject, firm.provider.lies = "00u-eve", {"email": "max@firm.example", "preferred_username": "max"}
    assert firm.entered(firm.browser()).status_code == 403


@pytest.mark.parametrize(
    ("lies", "how"),
    [
        ({"iss": "https://elsewhere.example"}, "RS256"),
        ({"aud": "another-client"}, "RS256"),
        ({"aud": None}, "RS256"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "RS256"),
        ({"nonce": "of another login"}, "RS256"),
        ({"nonce": None}, "RS256"),
        ({"exp": 1_700_000_000}, "RS256"),
        ({"exp": None}, "RS256"),
        ({"iat": int(datetime(2090, 1, 1, tzinfo=UTC).timestamp()), "exp": 4_000_000_000}, "RS256"),
        ({"sub": None}, "RS256"),
        ({}, "none"),
        ({}, "HS256"),
        ({}, "another key"),
    ],
    ids=str,
)
def test_an_identity_that_is_not_as_it_should_be_lets_nobody_in(firm: Firm, lies: dict[str, object], how: str) -> None:
    firm.provider.lies, firm.provider.how = lies, how
    given = firm.entered(firm.browser())
    assert (given.status_code, let_in(given)) == (401, False), given.text
    assert "You are not logged in" in given.text and "Traceback" not in given.text


def test_the_way_back_is_of_one_browser_and_good_once(firm: Firm) -> None:
    max_, other = firm.browser(), firm.browser()
    back = firm.way_back(firm.leaves(max_))
    assert other.get(back).status_code == 401, "another browser with the same address"
    assert firm.browser().get(f"{LOGIN}/back").status_code == 401
    assert firm.browser().get(f"{LOGIN}/back?code=x&state=y").status_code == 401
    assert max_.get(f"{LOGIN}/back?error=access_denied&error_description=<b>no").status_code == 401
    back = firm.way_back(firm.leaves(max_))
    assert let_in(max_.get(back))
    assert max_.get(back).status_code == 401
    state = parse_qs(urlsplit(back).query)["state"][0]
    stolen = parse_qs(urlsplit(firm.way_back(firm.leaves(other))).query)["code"][0]
    assert max_.get(f"{LOGIN}/back?code={stolen}&state={state}").status_code == 401


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "/%0d%0aSet-Cookie: a=b"])
def test_nobody_is_led_elsewhere(firm: Firm, to: str) -> None:
    given = firm.entered(firm.browser(), to)
    assert (let_in(given), given.headers["location"]) == (True, "/")


def test_a_login_ends_with_the_key_by_which_it_began(firm: Firm) -> None:
    max_ = firm.browser()
    assert let_in(firm.entered(max_))
    assert max_.get("/me").status_code == 200
    key = read_person_key("oidc", f"{firm.provider.url} 00u-max")
    firm.office._change(("key_ended", {"person": "max", "key": key.fingerprint}))
    assert "/login" in max_.get("/me").headers["location"]
    assert firm.entered(max_).status_code == 403


def test_where_the_firms_login_is_down_or_another_one_people_are_told(firm: Firm) -> None:
    browser = firm.browser()
    back = firm.way_back(firm.leaves(browser))
    assert let_in(browser.get(back))
    firm.provider.names_itself = "https://elsewhere.example"
    with listening(firm.office, FirmLogin(firm.provider.url, CLIENT, SECRET)):
        assert firm.browser().get(LOGIN).status_code == 503
    firm.provider.down = True
    with listening(firm.office, FirmLogin(firm.provider.url, CLIENT, SECRET)):
        given = firm.browser().get(LOGIN)
        assert given.status_code == 503 and "Try again in a minute, or log in by a password." in given.text
    with listening(firm.office, FirmLogin(firm.provider.url, CLIENT, "not the secret")):
        firm.provider.down, firm.provider.names_itself = False, ""
        assert firm.entered(firm.browser()).status_code == 401


def test_serve_checks_the_firms_login(firm: Firm, tmp_path: Path) -> None:
    """Before anything listens: the address, the secret, and whether it answers by its own name."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    (tmp_path / "empty").write_text("\n")

    def check(*words: str) -> tuple[int, str]:
        command = [sys.executable, ROOT / "cli.py", "serve", "--check", "--trail", tmp_path / "trail",
                   "--key", tmp_path / "trail.key", *words]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    named = ("--oidc-issuer", firm.provider.url, "--oidc-client", CLIENT, "--oidc-secret-file")
    status, told = check(*named, "secret")
    assert status == 0 and "everything is there" in told, told
    firm.provider.names_itself = "https://elsewhere.example"
    status, told = check(*named, "secret")
    assert status == 1 and "calls itself https://elsewhere.example" in told
    firm.provider.down = True
    for words, why in (
        ((*named, "secret"), "does not answer"),
        ((*named, "empty"), "is empty"),
        ((*named, "nowhere"), "cannot be read"),
        (("--oidc-issuer", firm.provider.url), "takes --oidc-issuer, --oidc-client and --oidc-secret-file"),
        (("--oidc-issuer", "http://firm.example", *named[2:], "secret"), "begins with https://"),
    ):
        status, told = check(*words)
        assert status in (1, 2) and why in told, told
