"""Administrators at the pages in a real browser, whose devices Chromium makes up: no barrier, nothing sideways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import follow, needs_browser
from hr_trails import small_base
from salesdx.base.model import RuleBase
from salesdx.ledger.moments import stamp
from served import ADMINS, Office, office
from test_pages_browser import has_no_barrier, log_in
from test_pages_propose import opening
from test_pages_sign_off import named, passkeys_of
from test_pages_sign_off_browser import Device, browsing

pytestmark = [needs_browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager", wanda="works_council", cleo="hr")
        named(found)
        yield found


def press(page: Any, name: str) -> None:
    follow(page.get_by_role("button", name=name))


def with_device(firm: Office, page: Any, who: str) -> None:
    """Logged in, with a passkey that counts."""
    Device(page)
    log_in(firm, page, who, "phone")
    page.goto(f"{firm.url}/me/passkeys")
    page.get_by_label("What do you call it?").fill("my phone")
    press(page, "Make a passkey")
    key = passkeys_of(firm).of(who)[0].key
    firm._change(("key_added", {"person": who, "kind": "passkey", "key": key.text}))


def test_a_person_is_entered_by_one_and_confirmed_by_another(browser: Any, firm: Office) -> None:
    with browsing(browser, "phone", bypass=True) as page, browsing(browser, "phone", bypass=True) as other:
        log_in(firm, page, ADMINS[0], "phone")
        page.goto(f"{firm.url}/admin/people")
        has_no_barrier(page, "people-no-passkey")
        page.context.clear_cookies()
        for one, who in zip((page, other), ADMINS, strict=True):
            with_device(firm, one, who)
        page.goto(f"{firm.url}/admin")
        follow(page.get_by_role("link", name="Enter a person"))
        press(page, "Go on to sign it")
        has_no_barrier(page, "people-fault")
        page.get_by_label("Identifier").fill("dora")
        page.get_by_label("Name", exact=True).fill("Dora Zech")
        page.get_by_label("Reports to").select_option("max")
        page.get_by_label("Role").select_option("reviewer")
        press(page, "Go on to sign it")
        has_no_barrier(page, "people-signature")
        press(page, "Sign with your passkey")
        press(page, "Sign with your passkey")
        assert page.get_by_role("heading", level=1).inner_text() == "Dora Zech"
        page.get_by_text("They leave").wait_for(state="hidden")
        has_no_barrier(page, "people-waiting")
        other.goto(f"{firm.url}/admin")
        has_no_barrier(other, "admin-waiting")
        follow(other.get_by_role("link", name="Confirm changes"))
        press(other, "Go on to confirm what is chosen")
        has_no_barrier(other, "people-changes-fault")
        for box in other.get_by_role("checkbox").all():
            box.check()
        press(other, "Go on to confirm what is chosen")
        has_no_barrier(other, "people-confirm")
        press(other, "Sign with your passkey")
        assert firm.server.register().members["dora"].holds("reviewer", stamp(firm.server.now()))
        page.goto(f"{firm.url}/admin/people/dora")
        page.get_by_text("Give a role").click()
        page.get_by_label("From").fill("soon")
        press(page, "Go on to sign the role")
        for title in ("End a role", "Whom they report to", "Enter a passkey", "Enter an SSH key", "They leave"):
            page.get_by_text(title, exact=True).click()
        has_no_barrier(page, "person-fault")
        page.goto(f"{firm.url}/admin/key")
        press(page, "Propose another key")
        has_no_barrier(page, "key-signature")
        press(page, "Sign with your passkey")
        has_no_barrier(page, "key-proposed")


def test_tokens_and_what_is_handed_in(browser: Any, firm: Office) -> None:
    firm._change(
        ("person_added", {"person": "app-crm", "name": "The CRM", "reports_to": ""}),
        ("role_given", {"person": "app-crm", "role": "sales_manager", "from": "", "until": ""}),
    )
    with browsing(browser, "phone", bypass=True) as page:
        log_in(firm, page, "anna", "phone")
        page.goto(f"{firm.url}/admin/tokens")
        press(page, "Make a token")
        has_no_barrier(page, "tokens-fault")
        page.get_by_label("For which program?").select_option(index=1)
        page.get_by_label("Read cases").check()
        press(page, "Make a token")
        assert page.get_by_label("The token").input_value().startswith("sdxapp_")
        has_no_barrier(page, "tokens-new")
        page.context.clear_cookies()
        log_in(firm, page, "wanda", "phone")
        has_no_barrier(page, "council-first")
        follow(page.get_by_role("link", name="Say something about a case"))
        press(page, "Record it")
        has_no_barrier(page, "council-fault")
        page.goto(f"{firm.url}/verify")
        press(page, "Verify it")
        has_no_barrier(page, "verify-fault")
        page.goto(f"{firm.url}/attachments")
        press(page, "Keep it with the case")
        has_no_barrier(page, "hand-in-fault")
        page.context.clear_cookies()
        log_in(firm, page, "cleo", "phone")
        for path in ("/hr/retention", "/hr/rules", "/hr/exports", "/hr"):
            page.goto(firm.url + path)
            has_no_barrier(page, path[1:].replace("/", "-") + "-new")


def test_a_changed_base_is_sent_and_proposed(browser: Any, tmp_path: Path) -> None:
    with office(tmp_path, str(tmp_path / "trail"), small_base(tmp_path / "rules")) as firm:
        named(firm)
        firm.enter(lea="legal", leo="legal")
        firm.adopt("lea", "leo")
        with browsing(browser, "phone", bypass=True) as page:
            with_device(firm, page, "lea")
            page.goto(f"{firm.url}/hr/rules")
            has_no_barrier(page, "rules-to-propose")
            changed = {"name": "base.zip", "mimeType": "application/zip", "buffer": opening(firm)}
            page.get_by_label("The changed base as a zip").set_input_files(changed)
            press(page, "See what these would change")
            assert page.get_by_text("Nothing is proposed yet").count() == 1
            has_no_barrier(page, "rules-proposed")
            follow(page.get_by_role("link", name="Go on to sign the proposal"))
            has_no_barrier(page, "rules-proposal-signature")
            press(page, "Sign with your passkey")
            page.get_by_text("You have signed it; others go on.").wait_for()
            has_no_barrier(page, "rules-proposal-waits")
            page.get_by_label("The changed base as a zip").set_input_files(changed | {"buffer": b"PK"})
            press(page, "See what these would change")
            assert page.title().startswith("Error: ")
            has_no_barrier(page, "rules-proposed-fault")
