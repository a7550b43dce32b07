"""The pages of human resources in a real browser without script, on a phone and at a desk: no barrier anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import needs_browser
from page_visitor import PASSWORD, Visitor
from salesdx.base.model import RuleBase
from salesdx.ledger.log import Person
from salesdx.services.file_acts import ReleaseHold
from served import Office, going_on
from test_pages_browser import browsing, has_no_barrier
from test_pages_console import pseudonym
from test_pages_proof import hold
from test_serve_sign_off import stated

pytestmark = [needs_browser, pytest.mark.slow]


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, str(tmp_path / "trail"), base, stated) as (found, _):
        yield found


def first_sheet_ends_with_the_first_page(page: Any) -> bool:
    """Whether what stands before the annex is printed on one sheet of A4."""
    page.emulate_media(media="print")
    page.add_style_tag(content=".ends-page ~ section, .ends-page ~ footer { display: none }")
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "1cm")
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", margin=margin))
    page.emulate_media(media="screen")
    return len(sheets) == 1


def test_holds_erasures_letters_exports_and_reports(browser: Any, firm: Office) -> None:
    case, cleo, lea = pseudonym(firm), Visitor(firm, "cleo"), Visitor(firm, "lea")
    for who in (cleo, lea):
        who.enter()
    device = {who.who: who.codes() for who in (cleo, lea)}
    with browsing(browser, "desk", script=True) as page:

        def check(name: str) -> None:
            page.wait_for_load_state()
            has_no_barrier(page, name.replace(" ", "-"))

        def log_in(who: str) -> None:
            page.context.clear_cookies()
            page.goto(f"{firm.url}/login")
            page.get_by_label("Your identifier").fill(who)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Log in").click()

        def confirm(who: str) -> None:
            page.get_by_role("link", name="Confirm that it is you").first.click()
            check("hr proof")
            page.get_by_label("Your password").fill(PASSWORD)
            page.get_by_label("The code that your device shows now").fill(device[who].at(firm.server.now()))
            page.get_by_role("button", name="Confirm with the code").click()

        log_in("cleo")
        page.goto(f"{firm.url}/hr")
        check("hr console")
        page.get_by_role("link", name="Legal holds").click()
        check("hr no holds")
        page.get_by_label("What is to be kept?").select_option("A person")
        page.get_by_label("Its name").fill("E-2078")
        page.get_by_label("Why?").fill("lawsuit 7 C 12/26")
        page.get_by_role("button", name="Put the hold").click()
        check("hr hold fault")
        page.get_by_label("Its name").fill("E-2077")
        page.get_by_role("button", name="Put the hold").click()
        check("hr hold")
        page.goto(f"{firm.url}/hr/erasures")
        check("hr erasures")
        page.get_by_label("Its name").fill("complete-file")
        page.get_by_role("button", name="Show what would go").click()
        check("hr erasure held")
        log_in("lea")
        page.goto(f"{firm.url}/hr/holds")
        page.locator("summary").first.click()
        confirm("lea")
        page.locator("summary").first.click()
        check("hr release")
        page.get_by_label("Why can it end?").fill("it is settled")
        page.get_by_role("button", name="Ask for its end: Person E-2077").click()
        check("hr release asked")
        log_in("cleo")
        number = hold(firm)
        firm.server.perform(ReleaseHold(number, "it is settled"), Person("leo", "legal", "token"), str)
        page.goto(f"{firm.url}/hr/erasures/case/{case}")
        confirm("cleo")
        check("hr erasure")
        page.get_by_label("Why?").fill("they asked for it")
        page.get_by_role("button", name="Ask for this erasure").click()
        check("hr erasure asked")
        page.goto(f"{firm.url}/hr/erasures")
        check("hr erasures one")
        page.goto(f"{firm.url}/me/codes")
        check("hr codes")
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Make a secret").click()
        check("hr codes secret")
        page.goto(f"{firm.url}/cases/{case}/story")
        page.get_by_role("link", name="Letters").click()
        check("hr letters")
        page.get_by_label("The person concerned").check()
        page.get_by_role("button", name="Write the letter").click()
        check("hr letter is written")
        page.wait_for_url("**/records/*/page")
        check("hr letter")
        assert first_sheet_ends_with_the_first_page(page)
        page.goto(f"{firm.url}/cases/{case}/statements")
        check("hr statement")
        page.get_by_role("button", name="Record the statement").click()
        check("hr statement fault")
        page.goto(f"{firm.url}/cases/{case}/closer")
        check("hr closer")
        page.get_by_role("button", name="Show what differs").click()
        check("hr closer fault")
        page.get_by_role("button", name="Run it again").click()
        page.get_by_role("heading", level=1, name="Run again").wait_for()
        page.locator(".report article, .report h2").first.wait_for()
        check("hr replayed")
        page.goto(f"{firm.url}/hr/exports")
        check("hr exports")
        page.get_by_role("button", name="Export everything on this person").click()
        check("hr exports fault")
        page.goto(f"{firm.url}/hr/reports")
        check("hr reports")
        page.get_by_role("button", name="Make the report").click()
        check("hr reports fault")
