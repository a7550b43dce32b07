"""Passkeys at the pages: made by a person, counting once two administrators have entered them, and by nobody else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

from page_visitor import Visitor
from passkey_device import PasskeyDevice
from postgresql_cluster import Cluster
from salesdx.base.model import RuleBase
from salesdx.ledger.connect import connect
from salesdx.ledger.errors import TrailError
from salesdx.ledger.migrations import migrate
from salesdx.web.migrations import STEPS, make_ready
from salesdx.web.passkeys import MOST, Passkeys, site_of
from served import Office, office, staffed

PAGE = "/me/passkeys"


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base, cleo="hr", max="sales_manager") as found:
        found.url = found.url.replace("127.0.0.1", "localhost")  # a passkey is for a name
        yield found


def entered(firm: Office, who: str) -> Visitor:
    found = Visitor(firm, who)
    found.enter()
    return found


def faults(text: str) -> list[str]:
    return [each.text_content() for each in html.fromstring(text).xpath("//*[@id='faults']//li")]


def options(visitor: Visitor, path: str = PAGE) -> str:
    """What a page asks of a device."""
    (found,) = html.fromstring(visitor.get(path).text).xpath("//form/@data-passkey")
    return str(found)


def made(visitor: Visitor, device: PasskeyDevice, name: str = "my phone") -> str:
    """Make a passkey; its fingerprint."""
    given = visitor.post(PAGE, name=name, answer=device.create(options(visitor)))
    assert given.status_code == 303, given.text
    return re.findall(r"SHA256:[A-Za-z0-9+/]{43}", visitor.get(PAGE).text)[0]


def stands(visitor: Visitor) -> list[str]:
    """How each passkey stands, in words."""
    lines = html.fromstring(visitor.get(PAGE).text).xpath("//ul[@class='cases']/li")
    return [" ".join(line.xpath("string(p[2])").split()) for line in lines]


def test_a_passkey_counts_once_two_administrators_have_entered_it(firm: Office) -> None:
    cleo, device = entered(firm, "cleo"), PasskeyDevice(firm.url)
    finger = made(cleo, device)
    assert "Tell an administrator its fingerprint" in stands(cleo)[0]
    firm.log_in("anna")
    firm.run("anna", "trail", "people", "key", "cleo", "--passkey", "SHA256:other", fails="`cleo` has made no passkey")
    firm.run("anna", "trail", "people", "key", "max", "--passkey", finger, fails="`max` has made no passkey")
    told = firm.run("anna", "trail", "people", "key", "cleo", "--passkey", finger)
    number = told.split()[2].rstrip(";")
    assert stands(cleo) == ["It does not count yet. Anna has entered it; another administrator confirms it."]
    assert f"cleo: key {finger}, a passkey for localhost" in firm.run("anna", "trail", "people", "list")
    firm.run("anna", "trail", "people", "confirm", number, fails="`anna` confirms what they entered themselves")
    firm.log_in("ben")
    firm.run("ben", "trail", "people", "confirm", number)
    assert stands(cleo) == ["You can sign with it."]
    key = firm.server.register().members["cleo"].keys[finger]
    assert (key.kind, key.text.split()[0]) == ("passkey", "localhost")
    assert "passkeys" not in firm.run("ben", "trail", "people", "list")
    firm.run("ben", "trail", "people", "key", "cleo", "--end", finger)
    told = firm.run("anna", "trail", "people", "list")
    firm.run("anna", "trail", "people", "confirm", re.findall(r"waits: (\d+)", told)[0])
    assert "It does not count yet." in stands(cleo)[0]


def test_only_administrators_are_told_which_passkeys_wait(firm: Office) -> None:
    finger = made(entered(firm, "cleo"), PasskeyDevice(firm.url))
    (one,) = firm.call("GET", "/people/passkeys", firm.token("anna")).json()
    assert (one["person"], one["fingerprint"], one["key"].split()[0]) == ("cleo", finger, "localhost")
    assert firm.call("GET", "/people/passkeys", firm.token("cleo")).status_code == 409
    assert firm.call("GET", "/people/passkeys").status_code == 401


def test_what_a_device_answers_counts_for_its_own_page_alone(firm: Office) -> None:
    cleo, max_ = entered(firm, "cleo"), entered(firm, "max")
    device = PasskeyDevice(firm.url)
    his = options(max_)
    refused = {
        "another origin": device.create(options(cleo), origin="https://evil.example"),
        "another port": device.create(options(cleo), origin="http://localhost:1"),
        "another purpose": device.create(options(cleo), type="webauthn.get"),
        "another challenge": device.create(options(cleo), challenge="AAAA"),
        "somebody else's challenge": device.create(his),
        "nobody verified": PasskeyDevice(firm.url, verifies=False).create(options(cleo)),
        "another site": device.create(options(cleo).replace('"id": "localhost"', '"id": "evil.example"')),
        "nothing": "",
        "no JSON": "{",
        "no object": "[]",
        "no answer": json.dumps({"id": "a", "rawId": "a", "type": "public-key", "response": {}}),
        "too long": device.create(options(cleo)) + " " * 20_000 + "x",
    }
    for what, answer in refused.items():
        given = cleo.post(PAGE, name="phone", answer=answer)
        assert (given.status_code, len(faults(given.text))) == (422, 1), what
    assert stands(cleo) == stands(max_) == []
    late = device.create(options(cleo))
    firm.later(minutes=11)
    given = cleo.post(PAGE, name="phone", answer=late)
    assert faults(given.text) == ["this took too long, or was begun in another login; begin again"]
    other = device.create(options(cleo))
    cleo.log_in()
    assert cleo.post(PAGE, name="phone", answer=other).status_code == 422, "of a login before"
    answer = device.create(options(cleo))
    assert cleo.post(PAGE, answer=answer).status_code == 303
    assert faults(cleo.post(PAGE, answer=answer).text) == ["this passkey is here already"]
    assert faults(max_.post(PAGE, answer=answer).text) == [
        "this took too long, or was begun in another login; begin again"
    ]
    assert len(stands(cleo)) == 1


def test_a_passkey_that_does_not_count_can_be_removed(firm: Office) -> None:
    cleo, max_ = entered(firm, "cleo"), entered(firm, "max")
    device = PasskeyDevice(firm.url)
    finger = made(cleo, device, "  <b>phone</b>\n ")
    assert "&lt;b&gt;phone&lt;/b&gt;" in cleo.get(PAGE).text
    (id,) = device.kept
    assert max_.post(f"{PAGE}/removed", id=id).status_code == 422
    firm.log_in("anna")
    firm.run("anna", "trail", "people", "key", "cleo", "--passkey", finger)
    assert cleo.post(f"{PAGE}/removed", id=id).status_code == 422, "it waits to be confirmed"
    second = PasskeyDevice(firm.url)
    made(cleo, second, "laptop")
    assert cleo.post(f"{PAGE}/removed", id=next(iter(second.kept))).status_code == 303
    assert len(stands(cleo)) == 1


def test_as_many_as_are_kept(firm: Office) -> None:
    cleo = entered(firm, "cleo")
    for _ in range(MOST):
        made(cleo, PasskeyDevice(firm.url))
    page = cleo.get(PAGE).text
    assert "data-passkey" not in page and "Remove one first" in page


def test_a_script_on_this_page_alone(firm: Office) -> None:
    cleo = entered(firm, "cleo")
    page = cleo.get(PAGE)
    assert page.headers["content-security-policy"].endswith("base-uri 'none'; script-src 'self'")
    (address,) = re.findall(r'<script src="([^"]+)" defer></script>', page.text)
    assert page.text.count("<script") == 1
    script = cleo.get(address)
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert len(script.text) < 2_000
    assert cleo.get("/static/0000000000000000/passkeys.js").status_code == 404
    for path in ("/me", "/", "/login"):
        other = cleo.get(path)
        assert "script" not in other.text and "script-src" not in other.headers["content-security-policy"]


def test_an_address_without_a_name_takes_no_passkey(firm: Office) -> None:
    firm.url = firm.url.replace("localhost", "127.0.0.1")
    page = entered(firm, "cleo").get(PAGE).text
    assert "data-passkey" not in page and "an address with a name alone" in page
    sites = {"https://trail.firm.example:8443": "trail.firm.example", "http://LOCALHOST:1": "localhost"}
    sites |= dict.fromkeys(("http://127.0.0.1:8765", "http://[::1]:8765", "", "x", "https://a b", "https://-"), "")
    assert {origin: site_of(origin) for origin in sites} == sites


def test_tables_of_a_program_before_passkeys_get_theirs(firm: Office) -> None:
    storage = firm.trail.storage
    with storage.migrating() as connection:
        migrate(connection, "0001", down=True, steps=STEPS)
    make_ready(storage)
    cleo = entered(firm, "cleo")
    made(cleo, PasskeyDevice(firm.url))
    assert len(stands(cleo)) == 1


def test_on_a_server_who_serves_the_trail_has_its_passkeys_alone(
    tmp_path: Path, postgresql: Cluster, base: RuleBase
) -> None:
    with office(tmp_path, postgresql.url(postgresql.emptied()), base) as firm:
        database = firm.trail.storage.engine.url.database or ""
        for role, group in (("writer", "salesdx_service"), ("reader", "salesdx_app")):
            if not postgresql.query(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
                postgresql.query(f"CREATE ROLE {role} LOGIN")
            postgresql.query(f"GRANT {group} TO {role}")
        writer, reader = (
            Passkeys(connect(postgresql.url(database, role)), firm.server.register, firm.server.now)
            for role in ("writer", "reader")
        )
        device = PasskeyDevice("http://localhost:1")
        answer = device.create(writer.creation("cleo", "Cleo", "a login", device.origin))
        writer.keep("cleo", "a login", device.origin, "phone", answer)
        assert [one.name for one in writer.to_enter()] == ["phone"]
        writer.forget("cleo", next(iter(device.kept)))
        with pytest.raises(TrailError, match="refuses this role"):
            reader.of("cleo")
