"""A browser for the tests of pages: Debian's Chromium, offline, driven by Playwright; and axe-core's verdict."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SIZES = {"desktop": (1280, 900), "phone": (360, 740)}
needs_browser = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium here: apt-get install chromium"
)
"""Skips where there is no browser; never where CI is set."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser that reaches nothing, for all tests of a run."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "no Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield started
        started.close()


@contextmanager
def opened(browser: Any, address: str, size: str = "desktop", scheme: str = "light", **more: Any) -> Iterator[Any]:
    """A page in a context of its own. Whatever its script complains of fails the test."""
    width, height = SIZES[size]
    viewport = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, color_scheme=scheme, offline=True, accept_downloads=True, **more)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    yield page
    context.close()
    assert complaints == []


def follow(what: Any) -> None:
    """Press what leads to another page, and wait until it is there: between the two, a page has nothing on it."""
    with what.page.expect_navigation():
        what.click()


LOOKS = ("class", "style", "open", "disabled", "aria-invalid", "aria-current")
"""Attributes by which our style tells elements apart."""
MARK = """looks => {
    const seen = new Map();
    for (const each of document.querySelectorAll("body *")) {
        const has_text = node => node.nodeType == Node.TEXT_NODE && node.data.trim();
        if (![...each.childNodes].some(has_text) && !each.matches("input, select, textarea")) continue;
        let kind = "";
        for (let at = each; at; at = at.parentElement)
            kind += at.tagName + looks.map(name => at.getAttribute(name));
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
        if (seen.get(kind) <= 3) each.dataset.looked = "";
    }
}"""
"""Marks the first three of all elements with text that are of one kind, and so are all around them."""


def violations(page: Any) -> list[str]:
    """What axe-core finds wrong, with the elements.

    Contrast, which takes most of its time, is looked at on three elements of each kind: the others have their colours.
    What is right is not asked for.
    """
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(MARK, LOOKS)
    contrast = {"runOnly": ["color-contrast"]}
    rest = {"rules": {"color-contrast": {"enabled": False}}}
    found = []
    for context, options in ({"include": [["[data-looked]"]]}, contrast), (None, rest):
        found += Axe().run(page, context, {"resultTypes": ["violations"], **options}).response["violations"]
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]
