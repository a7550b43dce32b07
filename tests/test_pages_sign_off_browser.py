"""Passkeys and the sign-off in a real browser, whose devices Chromium makes up; its policy lets no other script run."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alone import run_alone
from browser import follow, needs_browser
from page_visitor import PASSWORD
from salesdx.base.model import RuleBase
from salesdx.ledger.log import Person
from salesdx.ledger.verify import verify
from salesdx.services.file_acts import PutHold
from served import Office, going_on
from test_pages_browser import WIDTHS, has_no_barrier, log_in, looked
from test_pages_sign_off import named, passkeys_of
from test_serve_sign_off import stated

pytestmark = [needs_browser, pytest.mark.slow]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """Somebody's browser, with a device that holds passkeys."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.devtools = page.context.new_cdp_session(page)
        self.devtools.send("WebAuthn.enable")
        given = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        self.id = given["authenticatorId"]

    def verifies(self, whom: bool) -> None:
        """Whether it knows the finger, the face or the PIN."""
        self.devtools.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": whom})


@contextmanager
def browsing(browser: Any, size: str, bypass: bool = False) -> Iterator[Any]:
    """A page that runs our script by our policy; whatever that complains of fails the test. ``bypass``: for axe."""
    width, height = WIDTHS[size]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB", bypass_csp=bypass)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [told for told in complaints if "status of 422" not in told] == []


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, str(tmp_path / "trail"), base, stated) as (found, _):
        named(found)
        yield found


def make_passkey(firm: Office, page: Any, who: str, size: str) -> None:
    """Make a passkey at the page, and have two administrators enter it."""
    page.goto(f"{firm.url}/me")
    follow(page.get_by_role("link", name="Passkeys, with which you sign"))
    looked(page, "passkeys-none", size)
    page.get_by_label("What do you call it?").fill(f"the device of {who}")
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_text("It does not count yet.").wait_for()
    looked(page, "passkeys-one", size)
    (one,) = passkeys_of(firm).of(who)
    assert one.key.fingerprint in page.locator("main").inner_text()
    firm._change(("key_added", {"person": who, "kind": "passkey", "key": one.key.text}))
    page.reload()
    assert page.get_by_text("You can sign with it.").count() == 1


def again(firm: Office, page: Any, who: str) -> None:
    """Log in once more."""
    page.goto(f"{firm.url}/login")
    page.get_by_label("Your identifier").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    follow(page.get_by_role("button", name="Log in"))


def address(firm: Office) -> str:
    with firm.trail.read() as reader:
        case = reader.pseudonym("case", "complete-file")
    return f"{firm.url}/cases/{case}/sign-off/{firm.newest('complete-file')}"


def decide(page: Any, button: str, reason: str, size: str) -> None:
    page.get_by_label("Your reasons").fill(reason)
    looked(page, "sign-off-decide", size)
    follow(page.get_by_role("button", name=button))
    page.get_by_role("heading", name="Sign what you have decided").wait_for()
    looked(page, "sign-off-decision", size)


def test_two_persons_sign_with_devices_of_their_own(browser: Any, firm: Office) -> None:
    with browsing(browser, "desk") as desk, browsing(browser, "phone") as phone:
        people = {"cleo": (desk, "desk"), "finn": (phone, "phone")}
        devices = {}
        for who, (page, size) in people.items():
            devices[who] = Device(page)
            log_in(firm, page, who, size)
            make_passkey(firm, page, who, size)
            page.goto(address(firm))
            looked(page, "sign-off-begin", size)
            follow(page.get_by_role("button", name="Read the case against"))
            page.get_by_role("heading", level=1, name="The case against").wait_for()
            looked(page, "sign-off-against", size)
            follow(page.get_by_role("link", name="Back to the sign-off"))
            looked(page, "sign-off-think", size)
        firm.later(hours=25)
        for who, (page, size) in people.items():
            again(firm, page, who)
            page.goto(address(firm))
            decide(page, "It may be considered", f"{who} has talked with the seller", size)
            if who == "cleo":
                devices[who].verifies(False)
                page.get_by_role("button", name="Sign with your passkey").click()
                page.get_by_text("It was not signed:").wait_for()
                looked(page, "sign-off-unverified", size)
                devices[who].verifies(True)
            page.get_by_role("button", name="Sign with your passkey").click()
            page.get_by_role("heading", name="Sign-off of a complete file").wait_for()
            looked(page, "sign-off-signed", size)
        assert "All have signed: the step may be considered." in phone.locator("main").inner_text()
        assert "cleo has talked with the seller" in phone.locator("main").inner_text()
    assert firm.trail.key is not None
    with firm.trail.read() as reader:
        assert [row.header["identity"] for row in reader.rows(types=("sign_off",))] == ["passkey", "passkey"]
        assert verify(reader, [firm.trail.key.public]).word == "UNANCHORED"
    firm.log_in("cleo")
    firm.run("cleo", "trail", "export", "complete-file", "--output", "bundle.zip")
    (firm.folder / "verify.py").write_bytes(zipfile.ZipFile(firm.folder / "bundle.zip").read("verify.py"))
    alone = run_alone(firm.folder, "bundle.zip", "--key", str(firm.trail.key.public))
    assert alone.returncode == 3 and "signature of the person who acted, which was checked" in alone.stdout


def test_no_page_of_it_has_a_barrier(browser: Any, firm: Office) -> None:
    with browsing(browser, "phone", bypass=True) as page:

        def check(name: str) -> None:
            page.wait_for_load_state()
            has_no_barrier(page, name)

        Device(page)
        log_in(firm, page, "finn", "phone")
        page.goto(address(firm))
        check("without a passkey")
        page.goto(f"{firm.url}/me/passkeys")
        check("no passkeys")
        make_passkey(firm, page, "finn", "phone")
        check("a passkey")
        page.goto(address(firm))
        follow(page.get_by_role("button", name="Read the case against"))
        check("the case against")
        follow(page.get_by_role("link", name="Back to the sign-off"))
        check("time to think")
        firm.later(hours=25)
        again(firm, page, "finn")
        page.goto(address(firm))
        check("to decide")
        follow(page.get_by_role("button", name="Refuse it"))
        check("without reasons")
        decide(page, "Refuse it", "the territory was changed in May", "phone")
        check("to sign")
        page.get_by_role("button", name="Sign with your passkey").click()
        page.get_by_role("heading", name="Sign-off of a complete file").wait_for()
        check("signed")
        log_in(firm, page, "gwen", "phone")
        page.goto(address(firm))
        check("barred")


def test_no_page_of_what_is_on_record_has_a_barrier(browser: Any, firm: Office) -> None:
    newest = firm.newest("complete-file")
    hold = PutHold("case", "complete-file", "a lawsuit")
    firm.server.perform(hold, Person("cleo", "hr", "login"), str)
    with firm.trail.read() as reader:
        case, subject = reader.pseudonym("case", "complete-file"), reader.pseudonym("subject", "E-2077")
    with browsing(browser, "phone", bypass=True) as page:
        log_in(firm, page, "cleo", "phone")
        paths = {
            "console": "/hr",
            "story": f"/cases/{case}/story",
            "person": f"/persons/{subject}",
            "record": f"/records/{newest}",
            "record-page": f"/records/{newest}/page",
        }
        for name, path in paths.items():
            page.goto(firm.url + path)
            page.wait_for_load_state()
            has_no_barrier(page, name)
