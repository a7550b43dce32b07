"""The pages in a real browser without script, on a phone and at a desk: a review from its beginning to what is likely.

axe-core finds no barrier, nothing scrolls sideways, and what can be pressed is large enough.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from browser import follow, needs_browser, violations
from conftest import ROOT
from page_visitor import PASSWORD, Visitor
from salesdx.base.model import RuleBase
from served import Office, office

pytestmark = [needs_browser, pytest.mark.slow]

WIDTHS = {"phone": (320, 640), "desk": (1280, 800)}
SHOTS = os.environ.get("SALESDX_SHOTS")
"""A folder for pictures of the pages, for people to look at."""
STORIES = os.environ.get("SALESDX_STORIES")
"""The folder of the pictures of `docs/stories.md`, which `make stories` takes anew."""


def told_of() -> set[str]:
    """The pictures of `docs/stories.md`."""
    page = (ROOT / "docs" / "stories.md").read_text(encoding="utf-8")
    return set(re.findall(r"\]\(pictures/([a-z-]+)\.png\)", page))


LARGE = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
    .filter(each => each.checkVisibility() && !each.closest(".report") && !each.matches(".skip"))
    .filter(each => !(each.closest(".rules, .place") && getComputedStyle(each).display == "inline"))
    .map(each => [each, (each.closest("label") ?? each).getBoundingClientRect()])
    .filter(([each, box]) => box.height < 44 || box.width < 24)
    .map(([each, box]) => `${each.outerHTML.slice(0, 100)} ${box.width} x ${box.height}`)"""
"""What is too small to touch; a link inside of a sentence is as high as its line."""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def has_no_barrier(page: Any, name: str) -> None:
    """At both widths: nothing that axe-core finds, nothing sideways, nothing too small to touch, one heading."""
    for size, (width, height) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        looked(page, name.replace("/", "_"), size)
        assert violations(page) == [], (name, size)
        assert page.evaluate(SIDEWAYS) <= 0, (name, size)
        assert page.evaluate(LARGE) == [], (name, size)
    assert page.locator("h1").count() == 1, name


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager", mia="sales_manager")
        yield found


@contextmanager
def browsing(browser: Any, size: str, script: bool = False) -> Iterator[Any]:
    """A page in a context of its own; whatever its policy or a script complains of fails the test."""
    width, height = WIDTHS[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=script, bypass_csp=script, locale="en-GB"
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    yield page
    context.close()
    faulty = ("status of 401", "status of 404", "status of 422")  # what a person did wrong on purpose
    assert [told for told in complaints if not any(status in told for status in faulty)] == []


def looked(page: Any, name: str, size: str, whole: bool = True) -> None:
    """Take a picture of the page, and of what of it is seen first where the docs show that."""
    for folder, full in ((SHOTS, whole), (STORIES if f"{name}-{size}" in told_of() else None, False)):
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}-{size}.png"), full_page=full)


def log_in(firm: Office, page: Any, who: str, size: str) -> None:
    page.goto(firm.url + Visitor(firm, who).link())
    looked(page, "password", size)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    follow(page.get_by_role("button", name="Set the password"))
    assert page.get_by_role("heading", level=1).inner_text() in ("My reviews", "What waits for you")


@pytest.mark.parametrize("size", WIDTHS)
def test_a_review_without_script(browser: Any, firm: Office, size: str) -> None:
    with browsing(browser, size) as page:
        log_in(firm, page, "max", size)
        looked(page, "none", size)
        follow(page.get_by_role("link", name="Begin a review"))
        assert page.get_by_label("Which period?").input_value() != ""
        follow(page.get_by_role("button", name="Begin", exact=True))
        assert page.title() == "Error: Begin a review – salesdx"
        assert page.get_by_role("alert").inner_text().count("choose what it is about") == 1
        looked(page, "begin-faults", size)
        page.get_by_label("Territory").check()
        page.get_by_label("Which one?").fill("NORTH-2")
        page.get_by_label("Which period?").fill("2026-Q3")
        page.locator("input#goal").fill("1000000")
        page.locator("input#reached").fill("760000")
        page.get_by_label("What do you think the cause is?").select_option("Pricing")
        follow(page.get_by_role("button", name="Begin", exact=True))
        looked(page, "question-yes-no", size)
        question = page.get_by_role("heading", level=1).inner_text()
        page.get_by_label("Yes").check()
        follow(page.get_by_role("button", name="Save and go on"))
        assert "Understood:" in page.get_by_role("status").inner_text()
        looked(page, "understood", size)
        follow(page.get_by_role("button", name="Undo it"))
        assert page.get_by_role("heading", level=1).inner_text() == question
        page.get_by_label("Yes").check()
        follow(page.get_by_role("button", name="Save and go on"))
        answer = page.locator("input#answer")
        answer.fill("eighty or so")
        follow(page.get_by_role("button", name="Save and go on"))
        assert page.title().startswith("Error: ")
        assert answer.input_value() == "eighty or so"
        looked(page, "question-fault", size)
        answer.fill("about 80")
        follow(page.get_by_role("button", name="Save and go on"))
        assert "is that right?" in page.get_by_role("alert").inner_text()
        looked(page, "question-back", size)
        follow(page.get_by_role("button", name="Yes, save it so"))
        follow(page.get_by_role("button", name="I don’t know"))
        follow(page.get_by_role("button", name="Ask me later"))
        page.locator("summary").first.click()
        looked(page, "question-folded", size)
        follow(page.get_by_role("link", name="All answers, and where it stands"))
        assert "72 to 88" in page.locator("main").inner_text()
        looked(page, "answers", size)
        follow(page.get_by_role("button", name="Show what is likely now"))
        assert "Most likely: Pricing" in page.locator(".first").inner_text()
        box = page.locator(".first").bounding_box()
        assert box["y"] + box["height"] < WIDTHS[size][1], "what it comes to and the first step are on the first screen"
        looked(page, "diagnosis", size)
        looked(page, "diagnosis-first", size, whole=False)
        follow(page.get_by_role("link", name="salesdx").first)
        looked(page, "cases", size)
        follow(page.get_by_role("link", name="Max, the sales manager"))
        looked(page, "me", size)
        follow(page.get_by_role("button", name="Log out"))
        assert page.get_by_role("heading", level=1).inner_text() == "Log in"
        looked(page, "login", size)


def test_no_page_has_a_barrier(browser: Any, firm: Office) -> None:
    with browsing(browser, "phone", script=True) as page:

        def check(name: str) -> None:
            page.wait_for_load_state()
            has_no_barrier(page, name)

        page.goto(firm.url + "/login?to=/cases")
        check("login")
        page.get_by_label("Your identifier").fill("mia")
        page.get_by_label("Password").fill("not the one")
        follow(page.get_by_role("button", name="Log in"))
        check("login with a fault")
        page.goto(firm.url + "/nowhere")
        check("missing")
        log_in(firm, page, "mia", "phone")
        check("no cases")
        page.goto(firm.url + "/cases/new")
        check("begin")
        follow(page.get_by_role("button", name="Begin", exact=True))
        check("begin with faults")
        page.get_by_label("Company").check()
        follow(page.get_by_role("button", name="Begin", exact=True))
        check("question")
        follow(page.get_by_role("button", name="Save and go on"))
        check("question with a fault")
        for _ in range(8):
            for each in page.locator("summary").all():
                each.click()
            check("question")
            if page.get_by_label("Yes").count():
                page.get_by_label("Yes").check()
            elif page.locator("select#answer").count():
                page.locator("select#answer").select_option(index=1)
            elif page.locator("input[type=radio]").count():
                page.locator("input[type=radio]").first.check()
            else:
                page.locator("input#answer").fill("30")
            follow(page.get_by_role("button", name="Save and go on"))
        follow(page.get_by_role("link", name="All answers, and where it stands"))
        check("answers")
        follow(page.get_by_role("button", name="Show what is likely now"))
        check("diagnosis")
        page.goto(firm.url + "/me")
        check("me")
