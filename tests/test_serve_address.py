"""The address of the service: what a request says of its host, its scheme or of proxies changes nothing."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from conftest import ROOT
from firms_provider import CLIENT, SECRET, provider
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.ledger.errors import TrailError
from salesdx.services.own_address import OwnAddress, read_address
from salesdx.web.firm_login import FirmLogin
from served import Office, listening, office
from test_pages_passkeys import options

OURS = OwnAddress("http", "reviews.firm.example")
FORGED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-Proto": "ftp",
    "X-Forwarded-Port": "99",
    "X-Original-Host": "evil.example",
    "Forwarded": "host=evil.example;proto=ftp",
}
"""What proxies write, and whoever wants to be taken for one."""
PAGES = ("/login", "/", "/me", "/static/0/pages.css", "/api/v1/health", "/api/v1/trail", "/none", "/login/oidc")


class Called(Visitor):
    """A person whose browser calls the service by its address, with everything forged that can be."""

    def _sent(self, method: str, path: str, **more: Any) -> httpx.Response:
        given = {name: value for name, value in (more.pop("headers", None) or {}).items() if name != "Origin"}
        named = {"Host": OURS.host, "Origin": OURS.text}
        return super()._sent(method, path, headers=named | FORGED | given, **more)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(cleo="hr", max="sales_manager")
        yield found


@pytest.fixture
def named(firm: Office) -> Iterator[Office]:
    """The service at its own address."""
    kept = firm.url, firm.client
    with listening(firm, address=OURS):
        yield firm
    firm.url, firm.client = kept[0], httpx.Client()


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "reviews.firm.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "evil.example@127.0.0.1",
        "localhost:8765/evil.example",
        "localhost evil.example",
        "127.0.0.2",
        "",
    ],
)
def test_without_an_address_the_names_of_this_machine_alone_are_taken(firm: Office, host: str) -> None:
    for path in PAGES:
        given = httpx.get(firm.url + path, headers={"Host": host} | FORGED)
        assert given.status_code == 421 and "location" not in given.headers, (path, given.text)
        assert "it is reached on its own machine alone" in given.text and "evil" not in given.text
    before = firm.trail.people
    sent = httpx.post(f"{firm.url}/login", data={"person": "max"}, headers={"Host": host, "Origin": f"http://{host}"})
    assert sent.status_code == 421 and not sent.cookies and firm.trail.people == before


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:9", "[::1]", "[::1]:8765"])
def test_a_machine_has_names_for_itself(firm: Office, host: str) -> None:
    assert httpx.get(f"{firm.url}/login", headers={"Host": host} | FORGED).status_code == 200


def test_of_two_hosts_or_none_nobody_chooses(firm: Office) -> None:
    port = urlsplit(firm.url).port
    for lines in ("Host: localhost\r\nHost: evil.example\r\n", "Host: evil.example\r\nHost: localhost\r\n", ""):
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.sendall(f"GET /login HTTP/1.0\r\n{lines}Connection: close\r\n\r\n".encode())
            assert plain.recv(100).split()[1] in (b"400", b"421"), lines


def test_with_an_address_no_other_is_taken(named: Office) -> None:
    for host in ("localhost", urlsplit(named.url).netloc, "firm.example", "xreviews.firm.example", f"{OURS.host}:81"):
        for path in PAGES:
            given = httpx.get(named.url + path, headers={"Host": host} | FORGED)
            assert given.status_code == 421 and "it is reached at http://reviews.firm.example" in given.text, path
    told = httpx.get(f"{named.url}/api/v1/trail").json()
    assert told["detail"] == "this service has another address: it is reached at http://reviews.firm.example"
    for host in (OURS.host, OURS.host.upper(), f"{OURS.host}:80"):
        assert httpx.get(f"{named.url}/login", headers={"Host": host} | FORGED).status_code == 200


def test_links_passkeys_and_redirects_name_the_address(named: Office) -> None:
    cleo, max_ = Called(named, "cleo"), Called(named, "max")
    for one in (cleo, max_):
        one.enter()
    assert json.loads(options(cleo))["rp"] == {"name": "salesdx", "id": "reviews.firm.example"}
    case = max_.begin(suspicion="3")
    action, told = max_.form(f"/cases/{case}/requests", "/requests/finance")
    page = max_.post(action, **told | {"receiver-finance": "Finn"}).text
    assert set(re.findall(r"\w+://[^/\s\"<]*(?=/r/)", page)) == {OURS.text} and "evil" not in page
    for path in ("/cases/", "/cases/new/", "//evil.example/", "/cases", "/me"):
        for one in (max_, Called(named, "nobody")):
            to = one.get(path).headers.get("location", "/")
            assert to.startswith(("/", OURS.text + "/")) and not to.startswith("//"), (path, to)
    token = named.call("POST", "/login/challenges", headers={"Host": OURS.host}, json={"person": "cleo"})
    assert token.status_code == 200
    foreign = max_.post("/logout", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    origin = {"Host": OURS.host, "Origin": "http://evil.example", "X-Forwarded-Host": "evil.example"}
    assert Visitor._sent(max_, "POST", "/logout", data={}, headers=origin).status_code == 403


def test_the_way_back_of_the_firms_login_is_the_address(
    named: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with provider(tmp_path) as (their, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with listening(named, FirmLogin(their.url, CLIENT, SECRET), OURS):
            to = Called(named, "max").get("/login/oidc").headers["location"]
            assert to.startswith(their.url + "/")
            assert parse_qs(urlsplit(to).query)["redirect_uri"] == [f"{OURS.text}/login/oidc/back"]
            assert httpx.get(f"{named.url}/login/oidc", headers={"Host": "evil.example"}).status_code == 421


def test_nothing_else_of_the_pages_asks_a_request_for_its_host() -> None:
    asked = re.compile(r"base_url|url_for|request\.url\.(?!path)|hostname|netloc|[\"']host[\"']", re.I)
    found = {
        (path.name, line.strip())
        for path in (ROOT / "src/salesdx/web").rglob("*.py")
        for line in path.read_text().splitlines()
        if asked.search(line) and path.name != "address.py"
    }
    assert found == {("guard.py", "return f\"{request.scope['scheme']}://{request.headers['host']}\"")}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("https://reviews.firm.example", "https://reviews.firm.example"),
        ("HTTPS://Reviews.Firm.Example/", "https://reviews.firm.example"),
        ("https://reviews.firm.example:443", "https://reviews.firm.example"),
        ("https://reviews.firm.example:8443", "https://reviews.firm.example:8443"),
        ("http://localhost:8765", "http://localhost:8765"),
        ("https://[fd00::1]:8443", "https://[fd00::1]:8443"),
    ],
)
def test_an_address_is_read(text: str, meant: str) -> None:
    assert read_address(text).text == meant


@pytest.mark.parametrize(
    "text",
    ["reviews.firm.example", "ftp://a", "https://a/b", "https://a@b", "https://a?b", "https://a:0", "https://a b"],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(TrailError, match=r"is no address of a service; one is https://reviews\.firm\.example"):
        read_address(text)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--host", "0.0.0.0", "--behind-proxy"], "beyond this machine it takes --address, as people reach it"),
        (["--behind-proxy"], "beyond this machine it takes --address, as people reach it"),
        (["--behind-proxy", "--address", "http://reviews.firm.example"], "begins with https:// where there is TLS"),
        (["--address", "https://localhost:8765"], "begins with https:// where there is TLS, and only there"),
        (["--address", "http://reviews.firm.example"], "without TLS the --address is one of this machine"),
        (["--address", "reviews"], "`reviews` is no address of a service"),
    ],
)
def test_serve_and_its_check_ask_for_an_address(tmp_path: Path, words: list[str], told: str) -> None:
    for more in ([], ["--check"]):
        command = [sys.executable, "-m", "salesdx", "serve", "--trail", str(tmp_path / "none"), *words, *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in (1, 2) and told in " ".join(done.stderr.split()), done.stderr
