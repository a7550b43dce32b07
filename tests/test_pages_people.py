"""Who the people are, changed at the pages: one administrator signs, another confirms, each with their passkey."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import html

from page_visitor import Visitor
from passkey_device import PasskeyDevice
from person_keys import key
from salesdx.base.model import RuleBase
from salesdx.ledger.moments import moment, stamp
from salesdx.ledger.verify import verify
from salesdx.render.trail.adoption_page import adoption_text
from salesdx.services.adopting import ProposeRules, beside_last, last_adopted
from served import ADMINS, Office, going_on
from test_pages_sign_off import make_passkey, named


def with_administrators(firm: Office) -> dict[str, dict[str, Any]]:
    """Both administrators have a passkey that counts, and `max`, `cleo` and a program are in the register."""
    named(firm)
    firm.enter(max="sales_manager", cleo="hr")
    firm._change(
        ("person_added", {"person": "app-crm", "name": "The CRM", "reports_to": ""}),
        ("role_given", {"person": "app-crm", "role": "sales_manager", "from": "", "until": ""}),
    )
    found = {}
    for who in ADMINS:
        visitor, device = Visitor(firm, who), PasskeyDevice(firm.url)
        visitor.enter()
        make_passkey(visitor, device)
        found[who] = device.kept
    return found


Firm = tuple[Office, dict[str, Any]]


@pytest.fixture
def firm(where: str, tmp_path: Path, base: RuleBase) -> Iterator[Firm]:
    with going_on(tmp_path, where, base, with_administrators) as (found, kept):
        named(found)
        yield found, kept


class Administrator(Visitor):
    """An administrator at the pages, with their device."""

    def __init__(self, firm: Firm, who: str) -> None:
        super().__init__(firm[0], who)
        self.device = PasskeyDevice(firm[0].url, kept=dict(firm[1][who]))
        self.log_in()

    def drafts(self, path: str, **typed: str) -> httpx.Response:
        """Send the form of a page that ends in a signature, as somebody who looks at it now."""
        action, told = self.form(path, path)
        given = self.post(action, **told | typed)
        assert given.status_code == 303, (given.status_code, text(given))
        return given

    def change(self, person: str, **typed: str) -> httpx.Response:
        """Draft a change of a person and sign it; the answer to the last signature."""
        return self.sign(self.drafts(f"/admin/people/{person}", **typed).headers["location"])

    def sign(self, draft: str) -> httpx.Response:
        """Sign what is asked for, and all that is asked for after it."""
        (asked,) = html.fromstring(self.get(draft).text).xpath("//form/@data-passkey")
        given = self.post(draft, answer=self.device.get(asked))
        assert given.status_code == 303, (given.status_code, text(given))
        more = given.headers["location"]
        return self.sign(more) if more.startswith("/signatures/") else given

    def confirm_all(self) -> httpx.Response:
        """Confirm all that can be."""
        boxes = html.fromstring(self.get("/admin/changes").text).xpath("//input[@type='checkbox']/@name")
        return self.sign(self.drafts("/admin/changes", **dict.fromkeys(boxes, "yes")).headers["location"])


def text(page: httpx.Response) -> str:
    return " ".join(html.fromstring(page.text).xpath("string(//main)").split())


def told(visitor: Visitor, path: str) -> str:
    page = visitor.get(path)
    assert page.status_code == 200, (path, page.status_code)
    return text(page)


def test_a_person_comes_gets_more_and_leaves(firm: Firm) -> None:
    office, anna, ben = firm[0], Administrator(firm, "anna"), Administrator(firm, "ben")
    given = anna.drafts("/admin/people", person="dora", name="Dora Zech", role="reviewer", reports_to="max")
    page = told(anna, given.headers["location"])
    assert "New person: Dora Zech, with the identifier dora, who reports to Max" in page and "you sign 1 more" in page
    before = len(office.server.register().waiting)
    assert anna.sign(given.headers["location"]).headers["location"] == "/admin/people/dora"
    assert len(office.server.register().waiting) == before + 2
    assert "dora" not in office.server.register().members
    assert "Dora Zech gets the role reviewer" in told(anna, "/admin/people/dora")
    assert "another administrator confirms it" in told(anna, "/admin/changes")
    assert ben.confirm_all().headers["location"] == "/admin/changes"
    assert "No change of the people waits" in told(ben, "/admin/changes")
    dora = office.server.register().members["dora"]
    assert (dora.name, dora.reports_to, [held.role for held in dora.roles]) == ("Dora Zech", "max", ["reviewer"])

    ben.change("dora", do="line_given", reports_to="cleo")
    ben.change("dora", do="role_given", role="legal", **{"from": "2099-01-01", "until": "2099-07-01"})
    ben.change("dora", do="ssh", ssh=key(office.key_file("dora")).text + " dora@work")
    ben.change("dora", do="oidc", issuer="https://login.firm.example", subject="d-17")
    anna.confirm_all()
    page = told(anna, "/admin/people/dora")
    for words in (
        "Reports to Cleo", "legal, from 1 Jan 2099, 00:00 UTC on, until 1 Jul 2099, 00:00 UTC",
        f"SSH key, {key(office.key_file('dora')).fingerprint}",
        "firm's login at https://login.firm.example, by the name d-17",
    ):  # fmt: skip
        assert words in page, (words, page)

    fingerprint = key(office.key_file("dora")).fingerprint
    anna.change("dora", do="key_ended", ended=fingerprint)
    ben.confirm_all()
    assert fingerprint not in office.server.register().members["dora"].keys
    given = anna.post("/admin/people/dora", key="k", do="role_ended", held="legal", ends="2099-07-01")
    assert given.status_code == 422 and "they do not have this role then" in given.text
    anna.change("dora", do="role_ended", held="legal", ends="2099-02-01")
    ben.confirm_all()
    dora = office.server.register().members["dora"]
    assert [held.until for held in dora.roles] == ["", stamp(moment("2099-02-01T00:00:00.000000Z"))]
    assert anna.change("dora", do="leaves").headers["location"] == "/admin/people/dora"
    ben.confirm_all()
    dora = office.server.register().members["dora"]
    now = stamp(office.server.now())
    assert not dora.keys and not any(held.at(now) for held in dora.roles)
    assert "Role none now" in told(anna, "/admin/people/dora")
    with office.trail.read() as reader:
        assert office.trail.key is not None and verify(reader, [office.trail.key.public]).word == "UNANCHORED"
        last = next(iter(reader.rows(types=("confirmed",), newest_first=True)))
    assert (last.content["actor"], last.header["role"], last.header["identity"]) == ("ben", "admin", "passkey")


def test_a_passkey_is_entered_by_what_its_person_tells(firm: Firm) -> None:
    office, anna, ben = firm[0], Administrator(firm, "anna"), Administrator(firm, "ben")
    max_ = Visitor(office, "max")
    max_.enter()
    fingerprint = make_passkey(max_, PasskeyDevice(office.url), count=False)
    action, fields = anna.form("/admin/people/max", "/admin/people/max")
    for wrong in ("", "SHA256:x", fingerprint[:-1]):
        given = anna.post(action, **fields | {"do": "passkey", "passkey": wrong})
        assert given.status_code == 422 and "has made no passkey with this fingerprint" in given.text
    given = anna.post("/admin/people/cleo", **fields | {"do": "passkey", "passkey": fingerprint})
    assert given.status_code == 422, "it is not hers"
    assert fingerprint not in anna.get("/admin/people/max").text, "nobody enters what the page offers"
    anna.change("max", do="passkey", passkey=f" {fingerprint} ")
    ben.confirm_all()
    assert fingerprint in office.server.register().members["max"].keys


def test_what_is_refused_changes_nothing_and_keeps_what_was_typed(firm: Firm) -> None:
    office, anna = firm[0], Administrator(firm, "anna")
    for typed, words in (
        ({"person": "Dora Zech", "name": "Dora"}, "small letters, digits"),
        ({"person": "dora", "name": " "}, "type the name"),
        ({"person": "max", "name": "Max"}, "it is never given again"),
        ({"person": "dora", "name": "Dora", "role": "king"}, "choose a role"),
        ({"person": "dora", "name": "Dora", "reports_to": "nobody-here"}, "nobody there, or a circle"),
    ):
        given = anna.post("/admin/people", key="k", **typed)
        assert given.status_code == 422 and words in given.text, (typed, text(given))
        assert f'value="{typed["person"]}"' in given.text
    for typed, words in (
        ({"do": "role_given", "role": "admin"}, "cannot be administrator and have another role"),
        ({"do": "role_given", "role": "hr", "from": "soon"}, "no day such as"),
        ({"do": "role_given", "role": ""}, "choose one"),
        ({"do": "line_given", "reports_to": "max"}, "nobody there, or a circle"),
        ({"do": "ssh", "ssh": "<b>hello"}, "no public key of a person"),
        ({"do": "ssh", "ssh": key(office.key_file("anna")).text}, "is in the register already"),
        ({"do": "oidc", "issuer": "http://x", "subject": "y"}, "no login of a person"),
        ({"do": "key_ended", "ended": "SHA256:x"}, "choose one"),
        ({"do": "king"}, "choose what is to change"),
    ):
        given = anna.post("/admin/people/max", key="k", **typed)
        assert given.status_code == 422 and words in given.text, (typed, text(given))
        assert "<b>hello" not in given.text
    assert anna.post("/admin/people/nobody-here", key="k", do="leaves").status_code == 404
    assert anna.post("/admin/changes", key="k").status_code == 422
    assert office.server.register().waiting == {}


def test_who_signs(firm: Firm) -> None:
    office, anna, ben = firm[0], Administrator(firm, "anna"), Administrator(firm, "ben")
    draft = anna.drafts("/admin/people/max", do="role_given", role="legal").headers["location"]
    assert ben.get(draft).status_code == 404 and ben.post(draft, answer="{}").status_code == 404
    (asked,) = html.fromstring(anna.get(draft).text).xpath("//form/@data-passkey")
    foreign = ben.device.get(asked, id=next(iter(ben.device.kept)))
    for wrong, words in (("", "did not confirm"), ("{}", "did not confirm"), (foreign, "is none of yours")):
        given = anna.post(draft, answer=wrong)
        assert given.status_code == 422 and words in text(given), text(given)
    assert office.server.register().waiting == {}
    anna.sign(draft)
    assert anna.get(draft).status_code == 404, "signed once"
    (record,) = office.server.register().waiting
    given = anna.post("/admin/changes", key="k", **{f"record-{record}": "yes"})
    assert given.status_code == 422 and "confirms what they entered themselves" in given.text
    office.without_the_clock_of_the_database()
    old = ben.drafts("/admin/changes", **{f"record-{record}": "yes"}).headers["location"]
    office.later(minutes=11)
    assert ben.get(old).status_code == 404, "a draft waits for ten minutes"
    draft = ben.drafts("/admin/changes", **{f"record-{record}": "yes"}).headers["location"]
    assert "Max gets the role legal" in told(ben, draft)
    ben.sign(draft)
    assert office.server.register().members["max"].holds("legal", stamp(office.server.now()))


def test_without_a_passkey_it_is_told_how(firm: Firm) -> None:
    office = firm[0]
    anna = Administrator(firm, "anna")
    anna.firm.url = office.url.replace("localhost", "127.0.0.1")
    anna.cookies = httpx.Cookies()
    anna.log_in()
    for path in ("/admin/people", "/admin/people/max", "/admin/key"):
        assert "You sign this with a passkey" in told(anna, path)
    given = anna.post("/admin/people", key="k", person="dora", name="Dora")
    assert given.status_code == 422 and "no passkey that counts here" in given.text


def test_another_key_of_the_trail(firm: Firm) -> None:
    office, anna, ben = firm[0], Administrator(firm, "anna"), Administrator(firm, "ben")
    assert office.trail.key is not None
    first = str(office.trail.key.public)
    assert first in told(anna, "/admin/key")
    assert anna.sign(anna.drafts("/admin/key").headers["location"]).headers["location"] == "/admin/key"
    page = anna.get("/admin/key")
    assert "another administrator goes on" in page.text and "Proposed" in page.text
    assert anna.post("/admin/key", key="k").status_code == 422
    assert "The key of the trail" in anna.get("/admin").text
    draft = ben.drafts("/admin/key").headers["location"]
    assert "others proposed and you bring in" in told(ben, draft)
    ben.sign(draft)
    assert office.server.trail.key is not None and str(office.server.trail.key.public) != first
    assert str(office.server.trail.key.public) in told(ben, "/admin/key")
    with office.trail.read() as reader:
        assert verify(reader, [office.server.trail.key.public]).word == "UNANCHORED"


def test_a_token_of_a_program(firm: Firm) -> None:
    office, anna = firm[0], Administrator(firm, "anna")
    program = {"program": "app-crm sales_manager", "scope-cases": "yes", "scope-answers": "yes", "days": "30"}
    for wrong, words in (
        ({"program": "max sales_manager"}, "choose a program"),
        ({"scope-cases": "", "scope-answers": ""}, "choose what it is for"),
        ({"days": "0"}, "a number of days"),
        ({"days": "1e3"}, "a number of days"),
    ):
        given = anna.post("/admin/tokens", key="k", **program | wrong)
        assert given.status_code == 422 and words in given.text, (wrong, text(given))
    given = anna.post("/admin/tokens", key="k", **program)
    (token,) = html.fromstring(given.text).xpath("//textarea[@id='token']/text()")
    assert given.status_code == 200 and token.startswith("sdxapp_")
    assert office.call("GET", "/cases", token).status_code == 200
    page = anna.get("/admin/tokens")
    assert token not in page.text, "shown once"
    assert "To read cases and begin cases and answer questions" in text(page) and "Made by Anna on" in text(page)
    action, fields = anna.form("/admin/tokens", "/revoke")
    assert anna.post(action, **fields).status_code == 303
    assert office.call("GET", "/cases", token).status_code == 401
    assert "revoked on" in told(anna, "/admin/tokens") and "Revoke it" not in anna.get("/admin/tokens").text
    assert anna.post("/admin/tokens/t-x/revoke", key="k").status_code == 404


def test_rules_that_one_proposed_are_confirmed_by_another(firm: Firm) -> None:
    office = firm[0]
    office.enter(lea="legal", leo="legal")
    lea, leo = (Visitor(office, who) for who in ("lea", "leo"))
    for who in (lea, leo):
        who.enter()
    base = office.server.base
    page = adoption_text(beside_last(base, last_adopted(office.server.trail)))
    assert "No rules wait" in told(lea, "/hr/rules")
    record = office.acted("lea", ProposeRules(base.digest, page), adoption_text).record
    assert "You have signed it" in told(lea, "/hr/rules")
    shown = told(leo, "/hr/rules")
    assert "You sign this with a passkey" in shown and " ".join(re.sub("─{4,}", "───", page).split())[:200] in shown
    given = leo.post(f"/hr/rules/{record}", key="k")
    assert given.status_code == 422 and "no passkey that counts here" in given.text
    device = PasskeyDevice(office.url)
    make_passkey(leo, device)
    action, fields = leo.form("/hr/rules", f"/hr/rules/{record}")
    draft = leo.post(action, **fields).headers["location"]
    assert f"proposed by record {record}" in told(leo, draft)
    (asked,) = html.fromstring(leo.get(draft).text).xpath("//form/@data-passkey")
    assert leo.post(draft, answer=device.get(asked)).headers["location"] == "/hr/rules"
    assert office.server.register().adoptions.in_force == base.digest
    assert leo.post(f"/hr/rules/{record}", key="k").status_code == 404
    assert Administrator(firm, "anna").get("/hr/rules").status_code == 404
