"""A works council reads the rules in a real browser: without script, on a telephone and at a desk, without barriers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from browser import follow, needs_browser
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from served import Office, office
from test_pages_browser import WIDTHS, browsing, has_no_barrier, log_in, looked
from test_pages_rules import SOFTER

pytestmark = [needs_browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(wanda="works_council", max="sales_manager", carl="consultant")
        yield found


@pytest.mark.parametrize("size", WIDTHS)
def test_a_works_council_reads(browser: Any, firm: Office, size: str) -> None:
    with browsing(browser, size) as page:
        log_in(firm, page, "wanda", size)
        follow(page.get_by_role("link", name="Read the rules"))
        looked(page, "rules", size)
        follow(page.locator("svg a").nth(2))
        assert page.get_by_role("heading", level=1).inner_text() == "Pricing"
        looked(page, "rules-step", size)
        page.go_back()
        page.get_by_label("Search the questions, rules and sources").fill("goal capacity")
        follow(page.get_by_role("button", name="Search"))
        assert "for “goal capacity”" in page.get_by_role("status").inner_text()
        looked(page, "rules-found", size)
        follow(page.get_by_role("link", name="The goal is more than 25% above"))
        assert "is above 125% of bottom-up capacity" in page.locator("main").inner_text()
        looked(page, "rules-rule-top", size)
        page.get_by_role("heading", name="As it stands in the file").click()
        assert page.locator("pre").inner_text().startswith("- id: G1")
        looked(page, "rules-rule", size)
        follow(page.get_by_role("link", name="“Goal against capacity”").first)
        assert page.get_by_role("heading", level=1).inner_text() == "Goal against capacity"
        looked(page, "rules-question", size)
        page.go_back()
        follow(page.get_by_role("link", name="Try values on this rule"))
        page.get_by_label("Goal against capacity").fill("130")
        follow(page.get_by_role("button", name="Show what comes out"))
        assert page.get_by_role("status").inner_text().startswith("The rule is true.")
        assert page.url.endswith("/rules/try?rule=G1"), "no value stands in the address"
        looked(page, "rules-tried", size)
        page.get_by_label("Goal against capacity").fill("a lot")
        follow(page.get_by_role("button", name="Show what comes out"))
        assert page.title().startswith("Error: ")
        assert page.get_by_label("Goal against capacity").input_value() == "a lot"
        looked(page, "rules-tried-fault", size)


def test_no_page_of_the_rules_has_a_barrier(browser: Any, firm: Office) -> None:
    with browsing(browser, "phone", script=True) as page:

        def check(name: str) -> None:
            page.wait_for_load_state()
            for each in page.locator("summary").all():
                each.click()
            has_no_barrier(page, name)

        log_in(firm, page, "wanda", "phone")
        for address in (
            "/", "/rules", "/rules?q=price", "/rules/steps/pricing", "/rules/steps/termination", "/rules/steps/profile",
            "/rules/G1", "/rules/IN2", "/rules/terms/goal_backtest_ratio_pct", "/rules/terms/ind_stale_p_adjusted",
            "/rules/sources", "/rules/try?step=pricing", "/rules/try?rule=IN2",
        ):  # fmt: skip
            page.goto(firm.url + address)
            check(address)
        page.get_by_label("Comparable peers").fill("8")
        follow(page.get_by_role("button", name="Show what comes out"))
        check("tried")
        page.get_by_label("Comparable peers").fill("-8")
        follow(page.get_by_role("button", name="Show what comes out"))
        check("tried with a fault")


def test_comparing_has_no_barrier(browser: Any, firm: Office) -> None:
    with browsing(browser, "phone", script=True) as page:
        log_in(firm, page, "carl", "phone")
        page.goto(firm.url + "/rules/compare")
        has_no_barrier(page, "compare")
        page.get_by_label("What is changed?").select_option("Rules of “Goals sound?”")
        for text, title in ((SOFTER.replace("title:", "titl:"), "Error: Compare"), (SOFTER, "Compare")):
            page.get_by_label("The changed rules, as YAML").fill(text)
            follow(page.get_by_role("button", name="Compare", exact=True))
            assert page.title().startswith(title)
            has_no_barrier(page, f"rules-compared-{title.partition(':')[0].lower()}")


def test_the_bridge_of_a_gap_has_no_barrier(browser: Any, firm: Office) -> None:
    max_ = Visitor(firm, "max")
    max_.enter()
    case = max_.begin(subject="territory", ref="NORTH-2", goal="1000000", reached="760000")
    for term, value in (
        ("firm_ships_goods", "yes"), ("delivery_unshipped_gap_share_pct", "55"), ("price_increase_recent_pct", "8"),
        ("price_volume_after_increase_pct", "-14"), ("price_category_change_pct", "0"),
    ):  # fmt: skip
        max_.answer(case, term, value, date="2026-09-30")
    address = max_.diagnose(case)
    with browsing(browser, "phone", script=True) as page:
        log_in(firm, page, "max", "phone")
        for where in (address, f"/cases/{case}/answers"):
            page.goto(firm.url + where)
            assert page.locator(".bridge svg").is_visible()
            page.get_by_text("The numbers as a table").click()
            has_no_barrier(page, f"bridge-{where.split('/')[3]}")
