"""How a case is held, in a real browser without script, on a phone and at a desk: no barrier, nothing sideways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from browser import needs_browser
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from served import Office, office
from test_pages_browser import WIDTHS, browsing, has_no_barrier, log_in, looked

pytestmark = [needs_browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager", mia="sales_manager", moritz="sales_manager", cleo="hr")
        yield found


@pytest.mark.parametrize("size", WIDTHS)
def test_a_case_is_shared(browser: Any, firm: Office, size: str) -> None:
    case = begun(firm)
    with browsing(browser, size) as page, browsing(browser, size, script=True) as axe:
        log_in(firm, page, "max", size)
        page.goto(f"{firm.url}/cases/{case}/answers")
        page.get_by_role("link", name="Who works on this: you alone").click()
        page.get_by_label("To whom?").select_option("mia")
        page.get_by_role("button", name="Give a seat").click()
        page.get_by_text("Hand this review over to Mia").click()
        looked(page, "seats", size)
        same_page(axe, page)
        has_no_barrier(axe, "seats")
        page.get_by_role("button", name="Hand it over to Mia").click()
        assert page.get_by_role("heading", name="Max (you)").locator("..").inner_text().endswith("Has a seat")


def begun(firm: Office) -> str:
    max_ = Visitor(firm, "max")
    max_.enter()
    return max_.begin(subject="person", ref="E-1042")


def same_page(axe: Any, page: Any) -> None:
    """The page also where axe-core may run its script, which the policy of pages forbids."""
    axe.context.add_cookies(page.context.cookies())
    axe.goto(page.url)
