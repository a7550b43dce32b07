"""How a case is held, in a real browser without script, on a phone and at a desk: no barrier, nothing sideways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import follow, needs_browser
from page_visitor import Visitor
from salesdx.base.model import RuleBase
from served import Office, going_on, office
from test_pages_browser import browsing, has_no_barrier, log_in
from test_pages_concerned import write_letter
from test_serve_sign_off import stated

pytestmark = [needs_browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager", mia="sales_manager", moritz="sales_manager", cleo="hr")
        yield found


def test_a_case_is_shared_and_changed(browser: Any, firm: Office) -> None:
    max_ = Visitor(firm, "max")
    max_.enter()
    case = max_.begin(subject="person", ref="E-1042")
    with browsing(browser, "phone", script=True) as page:
        log_in(firm, page, "max", "phone")
        page.goto(f"{firm.url}/cases/{case}/answers")
        follow(page.get_by_role("link", name="Who works on this: you alone"))
        has_no_barrier(page, "seats-alone")
        page.get_by_label("To whom?").select_option("mia")
        follow(page.get_by_role("button", name="Give a seat"))
        page.get_by_text("Hand this review over to Mia").click()
        has_no_barrier(page, "seats")
        page.goto(f"{firm.url}/cases/{case}/answers")
        has_no_barrier(page, "answers-shared")
        follow(page.get_by_role("link", name="Another period, or about something else?"))
        has_no_barrier(page, "head")
        page.get_by_label("Which period?").fill("someday")
        follow(page.get_by_role("button", name="Change it"))
        has_no_barrier(page, "head-fault")
        page.get_by_label("Which period?").fill("2026-Q2")
        follow(page.get_by_role("button", name="Change it"))
        assert page.get_by_role("heading", level=1).inner_text() == "Person E-1042, 1 Apr 2026 to 30 Jun 2026"
        follow(page.get_by_role("button", name="Show what is likely now"))
        follow(page.get_by_role("link", name="Why, and what if"))
        page.get_by_text("Why is it so?").click()
        follow(page.get_by_role("button", name="Show why", exact=True))
        for title in ("Why is a step not the cause?", "What would change it?", "What if it were otherwise?"):
            page.get_by_text(title).click()
        has_no_barrier(page, "why-fault")
        page.get_by_label("Of what?").select_option("goals")
        follow(page.get_by_role("button", name="Show why", exact=True))
        has_no_barrier(page, "explained")
        follow(page.get_by_role("link", name="What is likely"))
        page.get_by_text("I decide otherwise", exact=True).click()
        follow(page.get_by_role("button", name="Record that I decide otherwise"))
        has_no_barrier(page, "override-fault")
        page.get_by_label("Why?").fill("The shop closes in May.")
        follow(page.get_by_role("button", name="Record that I decide otherwise"))
        has_no_barrier(page, "overridden")
        page.goto(f"{firm.url}/cases/{case}/head")
        has_no_barrier(page, "head-late")
        follow(page.get_by_role("link", name="Begin another one"))
        has_no_barrier(page, "begin-from")
        page.goto(f"{firm.url}/cases/{case}/people")
        page.get_by_text("Hand this review over to Mia").click()
        follow(page.get_by_role("button", name="Hand it over to Mia"))
        has_no_barrier(page, "seats-deputy")


def test_administration(browser: Any, firm: Office) -> None:
    with browsing(browser, "phone", script=True) as page:
        log_in(firm, page, "anna", "phone")
        follow(page.get_by_role("link", name="Administration"))
        has_no_barrier(page, "admin")


def test_the_person_concerned_by_a_link(browser: Any, tmp_path: Path, base: RuleBase) -> None:
    with going_on(tmp_path, str(tmp_path / "trail"), base, stated) as (firm, _):
        letter = write_letter(firm)
        with browsing(browser, "phone", script=True) as page:
            log_in(firm, page, "cleo", "phone")
            page.goto(f"{firm.url}/records/{letter}/person-links")
            follow(page.get_by_role("button", name="Make a link"))
            has_no_barrier(page, "person-links")
            (link,) = re.findall(r"http://\S+/p/\S+", page.get_by_label("The text with the link").input_value())
        with browsing(browser, "phone", script=True) as page:
            page.goto(link)
            has_no_barrier(page, "person-hello")
            follow(page.get_by_role("button", name="Read the letter"))
            has_no_barrier(page, "person-letter")
            follow(page.get_by_role("link", name="Say how you see it"))
            page.get_by_text("Facts that are not right").click()
            has_no_barrier(page, "person-statement")
            follow(page.get_by_role("button", name="Put it on record"))
            has_no_barrier(page, "person-statement-fault")
            page.get_by_label("How do you see it?").fill("The territory was changed in May.")
            follow(page.get_by_role("button", name="Put it on record"))
            has_no_barrier(page, "person-said")
