"""Administration at the pages: what stands there and what does not, logins ended, links taken back, by whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.trail.book import Book
from served import Office, staffed
from test_pages_links import ask


@pytest.fixture
def firm(where: str, tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base, max="sales_manager", cleo="hr", finn="finance") as found:
        yield found


def entered(firm: Office, who: str) -> Visitor:
    found = Visitor(firm, who)
    found.enter()
    return found


def told(visitor: Visitor, path: str) -> str:
    page = visitor.get(path)
    assert page.status_code == 200, page.text
    return " ".join(html.fromstring(page.text).xpath("string(//main)").split())


def test_what_stands_there_and_that_no_case_does(firm: Office) -> None:
    max_, anna = entered(firm, "max"), entered(firm, "anna")
    case = max_.begin(subject="person", ref="E-1042", suspicion="3")
    ask(max_, case, receiver="Finn Olsen")
    assert "/admin" in anna.get("/").text and "/admin" not in max_.get("/").text
    page = told(anna, "/admin")
    with firm.trail.read() as reader:
        size = reader.head().size
    for words in (
        f"Records {size:,}", "none: no witness is entered", "none: nobody has adopted any", firm.base.version,
        "Max (max) the sales manager; 1 key of the kind ssh", "Max, the sales manager Since", "Made by Max on",
        "Anna (anna) admin",
    ):  # fmt: skip
        assert words in page, (words, page)
    text = anna.get("/admin").text
    for secret in (case, "E-1042", "Finn Olsen"):
        assert secret not in text
    firm.adopt()
    assert "adopted by Lea and Leo" in told(anna, "/admin")


def test_a_login_is_ended(firm: Office) -> None:
    max_, anna = entered(firm, "max"), entered(firm, "anna")
    page = html.fromstring(anna.get("/admin").text)
    (action,) = [
        form.action for form in page.forms if "/logins/" in form.action and "Max" in form.getparent().text_content()
    ]
    assert anna.post(action, key="k").status_code == 303
    assert max_.get("/cases").status_code == 303, "logged out"
    assert anna.post(action, key="k").status_code == 404
    assert "Max, the sales manager Since" not in told(anna, "/admin")


def test_a_link_is_taken_back_with_a_record(firm: Office) -> None:
    max_, anna = entered(firm, "max"), entered(firm, "anna")
    case = max_.begin(subject="person", ref="E-1042", suspicion="3")
    guest = ask(max_, case).begin_link()
    action, fields = anna.form("/admin", "/end")
    action = next(
        form.action
        for form in html.fromstring(anna.get("/admin").text).forms
        if form.action.startswith("/admin/links/")
    )
    assert anna.post(action, **fields).status_code == 303
    assert guest.get(guest.home).status_code == 404
    assert "No link can be used now" in told(anna, "/admin")
    with firm.trail.read() as reader:
        (ended,) = Book(reader).records(types=("link_ended",))
    assert (ended.actor.name, ended.role, ended.case and ended.case.name) == ("anna", "admin", case)
    assert (ended.subject and ended.subject.name) == "E-1042"
    assert anna.post(action, **fields).status_code == 404
    assert anna.get(f"/records/{ended.seq}").status_code == 404, "whoever administers sees no case"


def test_who_may(firm: Office) -> None:
    for who in ("max", "cleo"):
        visitor = entered(firm, who)
        assert visitor.get("/admin").status_code == 404
        assert visitor.post("/admin/logins/x/end", key="k").status_code == 404
        assert visitor.post("/admin/links/q-x/end", key="k").status_code == 404
