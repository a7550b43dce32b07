"""A case through time in a real browser: taken on, sessions written down, confirmed, contested; and a bundle of it
that verifies without us."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from browser import follow, needs_browser
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from served import Office, office
from test_pages_browser import browsing, has_no_barrier, log_in
from test_pages_follow import begin
from test_pages_giving import verified

pytestmark = [needs_browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager", cleo="hr", eva="employee")
        yield found


def test_a_case_through_time(browser: Any, firm: Office, tmp_path: Path) -> None:
    case = begin(firm, "eva")
    today = firm.server.now().date()
    start, talk = ((today - timedelta(days=days)).isoformat() for days in (30, 3))
    with browsing(browser, "phone", script=True) as page:
        log_in(firm, page, "max", "phone")
        page.goto(f"{firm.url}/cases/{case}/answers")
        follow(page.get_by_role("link", name="What was done about it, and when"))
        has_no_barrier(page, "follow-empty")
        page.get_by_text("Take it on, or decline it: Honest promise dates").click()
        card = page.locator("details", has_text="Take it on, or decline it: Honest promise dates")
        follow(card.get_by_role("button", name="Take it on", exact=True))
        assert page.title().startswith("Error: ")
        has_no_barrier(page, "follow-fault")
        card = page.locator("details", has_text="Take it on, or decline it: Honest promise dates")
        card.get_by_label("Who does it?").fill("P-7")
        card.get_by_label("From which day?").fill(start)
        follow(card.get_by_role("button", name="Take it on", exact=True))
        for _ in range(2):
            page.get_by_label("Of which action?").select_option("A1")
            page.get_by_label("On which day?").fill(talk)
            follow(page.get_by_role("button", name="It was held, or is planned"))
            talk = (today - timedelta(days=2)).isoformat()
        has_no_barrier(page, "follow")
        drawing = page.get_by_role("img", name="What was done when")
        assert drawing.is_visible() and drawing.locator("rect").count() == 2
        page.goto(f"{firm.url}/cases/{case}/people")
        page.get_by_label("To whom?").select_option("cleo")
        follow(page.get_by_role("button", name="Give a seat"))
    with browsing(browser, "phone") as page:  # without script
        log_in(firm, page, "cleo", "phone")
        page.goto(f"{firm.url}/cases/{case}/follow")
        follow(page.get_by_role("button", name="Confirm it: Coaching").first)
        assert "max, cleo" in page.locator("main").inner_text()
    with browsing(browser, "phone", script=True) as page:
        log_in(firm, page, "eva", "phone")
        page.goto(f"{firm.url}/my-sessions")
        page.get_by_text("It was not so: Coaching").first.click()
        has_no_barrier(page, "my-sessions")
        page.get_by_label("What was otherwise?").first.fill("It was a meeting of the whole team.")
        follow(page.get_by_role("button", name="Contest it").first)
        assert "Contested: It was a meeting of the whole team." in page.locator("main").inner_text()
        has_no_barrier(page, "my-sessions-contested")
    cleo = Visitor(firm, "cleo")
    cleo.log_in()
    given = cleo.post("/hr/exports/case", case=case)
    assert "UNANCHORED" in verified(firm, given, tmp_path / "case"), "it verifies, and no anchor was given"
    with zipfile.ZipFile(BytesIO(given.content)) as bundle:
        told = b"".join(bundle.read(name) for name in bundle.namelist() if "json" in name).decode()
    for done in ("accepted", "held", "confirmed", "contested"):
        assert rf"\"done\":\"{done}\"" in told, done
