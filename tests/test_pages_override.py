"""Deciding otherwise, at the pages: with a reason, by the owner, seen by who works on the case and in its story."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from lxml import html

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.trail.book import Book
from served import Office, staffed

WHY = "The <b>shop</b> closes & in May."


@pytest.fixture
def firm(where: str, tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base, max="sales_manager", mia="sales_manager", cleo="hr") as found:
        yield found


def entered(firm: Office, who: str) -> Visitor:
    found = Visitor(firm, who)
    found.enter()
    return found


def decide(visitor: Visitor, page: str, **typed: str) -> httpx.Response:
    action, told = visitor.form(page, "/override")
    return visitor.post(action, **told | typed)


def recorded(firm: Office) -> list[tuple[str, dict[str, object], tuple[int, ...]]]:
    with firm.trail.read() as reader:
        return [(r.actor.name or "", dict(r.body or {}), r.inputs) for r in Book(reader).records(types=("override",))]


def with_advice(max_: Visitor) -> tuple[str, str]:
    """A case in which something is recommended, and the page of its diagnosis."""
    case = max_.begin(goal="1000000", reached="760000")
    max_.answer(case, "goal_measurable", "no")
    max_.answer(case, "goal_communicated", "no")
    return case, max_.diagnose(case)


def test_the_owner_decides_otherwise(firm: Office) -> None:
    max_ = entered(firm, "max")
    case, page = with_advice(max_)
    given = decide(max_, page, reason=WHY, instead="We ask the buyers first.")
    assert given.status_code == 303 and given.headers["location"] == page
    body = {"reason": WHY, "instead": "We ask the buyers first.", "recommendation": None}
    assert recorded(firm) == [("max", body, (int(page.rpartition("/")[2]),))]
    shown = html.fromstring(max_.get(page).text).xpath("string(//main)")
    assert "Decided otherwise: the whole of it" in shown and WHY in shown and "We ask the buyers first." in shown
    assert "Max, the sales manager" in shown
    assert WHY in html.fromstring(max_.get(f"/cases/{case}/story").text).xpath("string(//main)")
    assert WHY in html.fromstring(entered(firm, "cleo").get(f"/cases/{case}/story").text).xpath("string(//main)")


def test_one_recommendation_of_it(firm: Office) -> None:
    max_ = entered(firm, "max")
    _, page = with_advice(max_)
    (select,) = html.fromstring(max_.get(page).text).xpath("//select[@id='of']")
    options = {one.get("value"): one.text_content() for one in select}
    assert len(options) > 1, "it recommends something"
    id, title = next((id, title) for id, title in options.items() if id)
    assert decide(max_, page, reason="Too dear.", of=id).status_code == 303
    assert recorded(firm)[0][1]["recommendation"] == id
    assert f"Decided otherwise: {title}" in html.fromstring(max_.get(page).text).xpath("string(//main)")
    given = decide(max_, page, reason="Too dear.", of="made-up")
    assert given.status_code == 422 and len(recorded(firm)) == 1


def test_it_takes_a_reason_and_is_done_once(firm: Office) -> None:
    max_ = entered(firm, "max")
    _, page = with_advice(max_)
    given = decide(max_, page, reason=" ", instead="Something else")
    assert given.status_code == 422 and "a reason is needed, in words" in given.text
    assert "Something else" in given.text
    action, told = max_.form(page, "/override")
    for _ in range(2):
        assert max_.post(action, **told | {"reason": "Too dear."}).status_code == 303
    assert len(recorded(firm)) == 1


def test_who_has_a_seat_sees_it_and_says_no_such_thing(firm: Office) -> None:
    max_, mia = entered(firm, "max"), entered(firm, "mia")
    case, page = with_advice(max_)
    assert mia.post(f"{page}/override", reason="no", key="k").status_code == 404
    action, told = max_.form(f"/cases/{case}/people", "/people")
    max_.post(action, **told | {"person": "mia"})
    decide(max_, page, reason="Too dear.")
    assert "Too dear." in mia.get(page).text and "I decide otherwise" not in mia.get(page).text
    assert mia.post(f"{page}/override", reason="no", key="k").status_code == 404
    other = max_.begin()
    number = page.rpartition("/")[2]
    assert max_.post(f"/cases/{other}/diagnoses/{number}/override", reason="no", key="k").status_code == 404
    assert len(recorded(firm)) == 1
