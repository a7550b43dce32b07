"""What is asked of a diagnosis at the pages: why, why not, what would change it, what if; from its record, once."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from lxml import html

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.trail.book import Book
from served import Office, office
from test_pages_console import size, told
from test_pages_keeping import faults


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(max="sales_manager", mia="sales_manager")
        yield found


@pytest.fixture(scope="module")
def people(firm: Office) -> dict[str, Visitor]:
    found = {who: Visitor(firm, who) for who in ("max", "mia")}
    for visitor in found.values():
        visitor.enter()
    return found


@pytest.fixture
def page(people: dict[str, Visitor]) -> str:
    """The address at which one asks about a diagnosis of a case that has one answer."""
    max_ = people["max"]
    case = max_.begin()
    assert max_.answer(case, "goal_measurable", "no").status_code == 303
    return f"{max_.diagnose(case)}/explanations"


def ask(visitor: Visitor, page: str, **typed: str) -> httpx.Response:
    action, fields = visitor.form(page, "/explanations")
    return visitor.post(action, **fields | typed)


def options(visitor: Visitor, page: str, field: str) -> dict[str, str]:
    found = html.fromstring(visitor.get(page).text).xpath(f"//select[@id='{field}']/option")
    return {one.text: one.get("value") for one in found if one.get("value")}


def test_each_question_is_recorded_once_and_shown_from_its_record(
    firm: Office, people: dict[str, Visitor], page: str
) -> None:
    max_ = people["max"]
    assert "Why, and what if" in told(max_, page.removesuffix("/explanations"))
    why, changes = options(max_, page, "why"), options(max_, page, "what_would_change")
    goals = "goals"
    assert changes.keys() <= why.keys() and goals in changes.values() and all(": " in called for called in changes)
    for typed, words in (
        ({"do": "why", "why": goals}, "goal"),
        ({"do": "why_not", "why_not": next(iter(options(max_, page, "why_not").values()))}, "not"),
        ({"do": "what_would_change", "what_would_change": goals}, "change"),
        ({"do": "what_if", "fact-1": "goal_measurable", "value-1": "true"}, "measurable"),
    ):
        before = size(firm)
        action, fields = max_.form(page, "/explanations")
        given = [max_.post(action, **fields | typed) for _ in range(2)]
        assert [one.status_code for one in given] == [303, 303], faults(given[0].text)
        assert given[0].headers["location"] == given[1].headers["location"], "the same form twice"
        with firm.trail.read() as reader:
            made = [one for one in Book(reader).records(types=("explanation",)) if one.seq >= before]
        assert len(made) == 1 and made[0].actor.name == "max"
        shown, after = told(max_, given[0].headers["location"]), size(firm)
        assert words in shown and f"Record {made[0].seq}" in shown
        assert told(max_, given[0].headers["location"]) == shown and size(firm) == after, "nothing is added by reading"
        assert people["mia"].get(given[0].headers["location"]).status_code == 404


def test_a_long_why_is_folded_below_its_first_lines(people: dict[str, Visitor], page: str) -> None:
    max_ = people["max"]
    folds, whole = {}, {}
    for title, name in options(max_, page, "why").items():
        given = max_.get(ask(max_, page, do="why", why=name).headers["location"])
        main = html.fromstring(given.text).xpath("//main")[0]
        folds[title], whole[title] = len(main.xpath(".//details")), len(main.xpath(".//ul[@class='tree']//li"))
        assert all(each.getparent().xpath("count(ancestor::ul)") == 2 for each in main.xpath(".//details"))
        first = main.xpath(".//ul[@class='tree']/li/ul/li[not(ancestor::details)]")
        assert first or whole[title] <= 2, "the first lines are not folded"
    assert any(folds.values()) and all(bool(folds[title]) <= (whole[title] > 12) for title in folds), (folds, whole)


def test_what_is_asked_wrongly(firm: Office, people: dict[str, Visitor], page: str) -> None:
    max_, before = people["max"], size(firm)
    for typed, fault in (
        ({}, "choose what you ask about"),
        ({"do": "king", "king": "x"}, "choose what you ask about"),
        ({"do": "why", "why": ""}, "choose what you ask about"),
        ({"do": "why", "why": "<b>x"}, "choose what you ask about"),
        ({"do": "what_if"}, "choose a fact, and type what it would be"),
        ({"do": "what_if", "fact-1": "goal_measurable"}, "choose the fact and type what it would be, or leave both"),
        ({"do": "what_if", "fact-2": "x", "value-2": "1"}, "choose each fact once"),
    ):
        given = max_.post(page, key="k", **typed)
        assert (given.status_code, faults(given.text)) == (422, [fault]), typed
        assert "<b>x" not in given.text
    given = max_.post(page, key="k", do="what_if", **{"fact-1": "goal_measurable", "value-1": "<i>seven"})
    assert given.status_code == 422 and "<i>seven" not in given.text and "&lt;i&gt;seven" in given.text
    case, other = page.split("/")[2], max_.begin()
    assert max_.get(page.replace(case, other)).status_code == 404
    for number in ("0", "x", "99999", str(before - 1)):
        assert max_.get(f"{page}/{number}").status_code == 404, number
    assert people["mia"].get(page).status_code == people["mia"].post(page, key="k").status_code == 404


def test_an_answer_since_is_told(people: dict[str, Visitor], page: str) -> None:
    max_ = people["max"]
    action, fields = max_.form(page, "/explanations")
    assert max_.answer(page.split("/")[2], "goal_measurable", "yes", asked_back="x").status_code in (303, 409, 422)
    max_.answer(page.split("/")[2], "goal_communicated", "yes")
    assert "Answers have changed since" in told(max_, page)
    given = max_.post(action, **fields | {"do": "why", "why": "goals"})
    assert given.status_code == 422 and "the case has changed since this diagnosis" in faults(given.text)[0]
