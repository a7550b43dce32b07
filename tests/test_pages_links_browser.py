"""Finance answers by a link in a real browser: at 320 pixels without script, and no page of it has a barrier."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from browser import follow, needs_browser
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from served import Office, office
from test_pages_browser import WIDTHS, browsing, has_no_barrier, log_in, looked

pytestmark = [needs_browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager", mia="sales_manager")
        yield found


def begun(firm: Office, page: Any, who: str, size: str) -> str:
    """A case whose manager has come to where others are asked; its address."""
    visitor = Visitor(firm, who)
    log_in(firm, page, who, size)
    visitor.log_in()
    case = visitor.begin(subject="territory", ref="NORTH-2", suspicion="3")
    page.goto(f"{firm.url}/cases/{case}/answers")
    follow(page.get_by_role("link", name="Send to finance"))
    return f"/cases/{case}"


@pytest.mark.parametrize("size", WIDTHS)
def test_finance_by_link(browser: Any, firm: Office, size: str) -> None:
    with browsing(browser, size) as page, browsing(browser, size) as guest:
        case = begun(firm, page, "max", size)
        looked(page, "requests", size)
        follow(page.get_by_role("button", name="Make a link for finance"))
        assert "say who gets it" in page.get_by_role("alert").inner_text()
        page.get_by_label("Who gets it? (Finance)").fill("Finn Olsen")
        follow(page.get_by_role("button", name="Make a link for finance"))
        text = page.get_by_label("The text with the link").input_value()
        looked(page, "link-made", size)
        guest.goto(next(line for line in text.splitlines() if line.startswith("http")))
        looked(guest, "hello", size)
        follow(guest.get_by_role("button", name="Begin"))
        assert "/r/" not in guest.url
        looked(guest, "asked", size)
        follow(guest.get_by_role("link", name="Answer the next one"))
        looked(guest, "asked-question", size)
        follow(guest.get_by_role("button", name="Save and go on"))
        assert guest.title().startswith("Error: ")
        looked(guest, "asked-fault", size)
        while guest.locator("form button[value=save]").count():
            if guest.get_by_label("Yes").count():
                guest.get_by_label("Yes").check()
                follow(guest.get_by_role("button", name="Save and go on"))
            elif guest.locator("input#answer").count():
                guest.locator("input#answer").fill("30")
                follow(guest.get_by_role("button", name="Save and go on"))
                looked(guest, "asked-understood", size)
            else:
                follow(guest.get_by_role("button", name="I don’t know"))
        assert "Thank you" in guest.locator("main").inner_text()
        looked(guest, "asked-done", size)
        page.goto(firm.url)
        assert "came in by link" in page.locator("main").inner_text()
        looked(page, "came-in", size)
        page.goto(f"{firm.url}{case}/answers")
        looked(page, "answers-by-link", size)
        follow(page.get_by_role("link", name="Ask others, and what was sent"))
        looked(page, "requests-sent", size)
        follow(page.get_by_role("button", name="Take the link of Finn Olsen back"))
        guest.reload()
        assert guest.get_by_role("heading", level=1).inner_text() == "This link is worth nothing any more"
        looked(guest, "link-ended", size)


def test_no_page_of_a_link_has_a_barrier(browser: Any, firm: Office) -> None:
    with browsing(browser, "phone", script=True) as page:

        def check(name: str) -> None:
            page.wait_for_load_state()
            while page.locator("details:not([open]) > summary:visible").count():
                page.locator("details:not([open]) > summary:visible").first.click()
            has_no_barrier(page, name)

        case = begun(firm, page, "mia", "phone")
        check("requests")
        page.goto(f"{firm.url}{case}/answers")
        check("answers")
        page.goto(f"{firm.url}{case}/requests?to=finance")
        follow(page.get_by_role("button", name="Make a link for finance"))
        check("requests with a fault")
        page.get_by_label("Who gets it? (Finance)").fill("finn.olsen.of.the.northern.finance.team@firm.example")
        follow(page.get_by_role("button", name="Make a link for finance"))
        check("a new link")
        text = page.get_by_label("The text with the link").input_value()
        page.goto(next(line for line in text.splitlines() if line.startswith("http")))
        check("hello")
        follow(page.get_by_role("button", name="Begin"))
        check("own questions")
        home = page.url
        follow(page.get_by_role("link", name="Answer the next one"))
        check("own question")
        follow(page.get_by_role("button", name="Save and go on"))
        check("own question with a fault")
        follow(page.get_by_role("button", name="I don’t know"))
        check("understood")
        page.goto(home)
        follow(page.get_by_role("button", name="That is all I can say"))
        check("done")
        page.goto(firm.url + case + "/requests")
        check("what was sent")
        follow(page.get_by_role("button", name="Take the link of").first)
        check("taken back")
        page.goto(home)
        check("an ended link")
        page.goto(f"{firm.url}{case}/next")
        check("question")
