"""That it is the person who sits there: by a passkey, a code or the firm's login, for five minutes and one act."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from lxml import html

from page_visitor import PASSWORD, Visitor
from passkey_device import PasskeyDevice
from salesdx.base.model import RuleBase
from salesdx.ledger.errors import Refused
from salesdx.ledger.log import Person
from salesdx.services.file_acts import EraseByStep, EraseDue, PutHold, ReleaseHold
from salesdx.services.trail_acts import ExportBundle
from salesdx.web.accounts import PROOFS
from served import Office, going_on
from test_pages_firm_login import Firm, known, let_in
from test_pages_sign_off import make_passkey

HELD = "a-case"


def begun(firm: Office) -> None:
    firm.without_the_clock_of_the_database()
    held(firm)


def held(firm: Office) -> None:
    firm.enter(cleo="hr", lea="legal", leo="legal")
    firm.adopt()
    with_case(firm)


def with_case(firm: Office) -> None:
    """Something that can be held."""
    max_ = Visitor(firm, "cleo")
    max_.enter()
    case = max_.begin(subject="person", ref="E-1042")
    firm.server.perform(PutHold("case", case, "a lawsuit"), Person("cleo", "hr", "login"), str)


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    """On one database, whose clock can be taken away."""
    with going_on(tmp_path, str(tmp_path / "trail"), base, begun) as (found, _):
        found.url = found.url.replace("127.0.0.1", "localhost")  # a passkey is for a name
        yield found


@pytest.fixture
def lea(firm: Office) -> Visitor:
    found = Visitor(firm, "lea")
    found.enter()
    return found


def hold(firm: Office) -> int:
    with firm.trail.read() as reader:
        return max(row.seq for row in reader.rows(types=("hold",)))


def released(firm: Office) -> list[str]:
    """How it was confirmed of each record that asks for the end of a hold."""
    with firm.trail.read() as reader:
        return [row.content["body"]["confirmed_by"] for row in reader.rows(types=("release",)) if row.content]


def release(visitor: Visitor, key: str = "k") -> bool:
    """Whether the end of the hold was taken."""
    number = hold(visitor.firm)
    given = visitor.post(f"/hr/holds/{number}/release", key=key, **{f"reason-{number}": f"settled {key}"})
    assert given.status_code in (303, 422), given.text
    return given.status_code == 303


def code(visitor: Visitor, device: pyotp.TOTP, password: str = PASSWORD) -> bool:
    told = device.at(visitor.firm.server.now())
    given = visitor.post("/me/proof/code", password=password, code=told, to="/hr/holds")
    if given.status_code == 422:
        assert "the password or the code is not right" in given.text
    return given.status_code == 303 and given.headers["location"] == "/hr/holds"


def test_a_code_counts_once_and_what_it_confirms_is_used_up(firm: Office, lea: Visitor) -> None:
    device = lea.codes()
    assert not release(lea)
    assert not code(lea, device, "another-password-1")
    assert code(lea, device)
    assert not code(lea, device), "each code counts once"
    assert release(lea, "one")
    assert not release(lea, "two"), "it held for one act"
    assert released(firm) == ["code"]
    firm.later(seconds=31)
    assert code(lea, device)
    firm.later(minutes=5, seconds=1)
    leo = Visitor(firm, "leo")
    leo.enter()
    leo.confirm()
    firm.later(minutes=5)
    assert not release(leo, "three"), "it held for five minutes"
    assert released(firm) == ["code"]


def test_on_both_databases(tmp_path: Path, where: str, base: RuleBase) -> None:
    with going_on(tmp_path, where, base, held) as (firm, _):
        lea = Visitor(firm, "lea")
        lea.enter()
        device = lea.codes()
        assert code(lea, device) and not code(lea, device)
        assert release(lea, "one") and not release(lea, "two")
        assert released(firm) == ["code"]


def test_what_another_login_has_confirmed_does_not_do(firm: Office, lea: Visitor) -> None:
    other = Visitor(firm, "lea")
    other.log_in()
    before = dict(lea.cookies)
    lea.confirm()
    assert dict(lea.cookies) != before, "it is a new login"
    assert not release(other)
    old = Visitor(firm, "lea")
    old.cookies.update(before)
    assert old.get("/hr/holds").headers["location"].startswith("/login")
    assert release(lea)


def test_a_secret_is_shown_once_and_counts_a_day_later(firm: Office, lea: Visitor) -> None:
    assert lea.post("/me/codes", password="another-password-1").status_code == 422
    given = lea.post("/me/codes", password=PASSWORD)
    (secret,) = html.fromstring(given.text).xpath("//div[@class='first']//code/text()")
    (link,) = html.fromstring(given.text).xpath("//a[starts-with(@href, 'otpauth:')]/@href")
    assert len(secret) == 32 and link == f"otpauth://totp/salesdx:lea?secret={secret}&issuer=salesdx"
    page = lea.get("/me/codes").text
    assert secret not in page and "Counts from:" in page
    device = pyotp.TOTP(secret)
    assert not code(lea, device)
    assert "Your one-time codes count from " in lea.get("/me/proof").text
    firm.later(hours=24, minutes=1)
    lea.log_in()
    assert code(lea, device)
    assert PASSWORD not in page
    lea.post(lea.link(), password=PASSWORD, again=PASSWORD)
    assert "You have none yet." in lea.get("/me/codes").text, "whoever has the link has not the device"


def test_codes_cannot_be_guessed(firm: Office, lea: Visitor) -> None:
    lea.codes()
    statuses = [lea.post("/me/proof/code", password=PASSWORD, code=f"{n:06}").text for n in range(31)]
    assert "too many" in statuses[-1]


def test_a_passkey_confirms_it_with_what_it_is_asked_here_and_now(firm: Office, lea: Visitor) -> None:
    device = PasskeyDevice(firm.url)
    make_passkey(lea, device)

    def asked() -> dict[str, str]:
        page = html.fromstring(lea.get("/me/proof?to=/hr/holds").text)
        (form,) = page.xpath("//form[@data-passkey]")
        return {name: value for name, value in form.form_values() if isinstance(value, str)} | {
            "asked": form.get("data-passkey")
        }

    def confirm(told: dict[str, str], **more: str) -> int:
        fields = {"to": "/hr/holds", "begun": told["begun"], "answer": device.get(told["asked"])} | more
        return lea.post("/me/proof", **fields).status_code

    told = asked()
    assert confirm(told, answer="") == confirm(told, begun="") == confirm(told, begun="00" * 56) == 422
    assert confirm(told, begun=asked()["begun"]) == 422, "an answer is to what was asked"
    answer = device.get(told["asked"])
    assert confirm(told, answer=answer) == 303
    assert confirm(told, answer=answer) == 422, "the login is another one by now"
    assert release(lea) and released(firm) == ["passkey"]
    told = asked()
    firm.later(minutes=11)
    assert confirm(told) == 422


def test_below_the_pages_too_a_login_does_not_do(firm: Office) -> None:
    number = hold(firm)
    for act in (ReleaseHold(number, "settled"), EraseByStep("so", case=HELD), EraseDue(), ExportBundle()):
        assert act.needs_proof
    assert not ExportBundle(case=HELD).needs_proof and not PutHold("case", HELD, "so").needs_proof
    with pytest.raises(Refused, match="confirm first that it is you"):
        firm.server.perform(ReleaseHold(number, "settled"), Person("lea", "legal", "login"), str)
    assert PROOFS == ("passkey", "code", "firm")


@pytest.fixture
def at_firm(tmp_path: Path, base: RuleBase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    with known(tmp_path, str(tmp_path / "trail"), base, monkeypatch) as found:
        found.office.enter(lea="legal", leo="legal")
        found.office._change(("key_added", {"person": "lea", "kind": "oidc", "key": f"{found.provider.url} 00u-lea"}))
        found.office.adopt()
        with_case(found.office)
        found.provider.subject = "00u-lea"
        yield found


def test_the_firms_login_has_to_ask_anew(at_firm: Firm) -> None:
    lea = at_firm.browser("lea")
    assert let_in(at_firm.entered(lea))
    assert "/login/oidc/proof?to=/hr/holds" in lea.get("/me/proof?to=/hr/holds").text
    assert "no password here" in lea.get("/me/codes").text

    def proved(told: object, subject: str = "00u-lea") -> int:
        at_firm.provider.subject = subject
        at_firm.provider.lies = {} if told is None else {"auth_time": told}
        there = lea.get("/login/oidc/proof", params={"to": "/hr/holds"}).headers["location"]
        assert "prompt=login" in there and "max_age=0" in there
        return lea.get(at_firm.way_back(there)).status_code

    now = int(time.time())
    for told in (None, now - 3600, "now", True):
        assert proved(told) in (401, 403), told
        assert not release(lea), told
    assert proved(now + 5, "00u-max") == 403, "somebody else is at the firm's login"
    assert not release(lea)
    at_firm.provider.lies = {}
    assert proved(int(time.time())) == 303
    assert release(lea) and released(at_firm.office) == ["firm"]
