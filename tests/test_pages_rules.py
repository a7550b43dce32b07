"""The rules in a browser: every rule, question and step has its page, in plain words, and reading records nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urldefrag

import httpx
import pytest
from lxml import html

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from served import Office, office

PEOPLE = {"wanda": "works_council", "carl": "consultant", "olga": "auditor", "cleo": "hr", "max": "sales_manager"}


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("firm")
    with office(folder, str(folder / "trail"), base) as found:
        found.enter(**PEOPLE, finn="finance")
        yield found


@pytest.fixture(scope="module")
def people(firm: Office) -> dict[str, Visitor]:
    found = {who: Visitor(firm, who) for who in (*PEOPLE, "finn")}
    for visitor in found.values():
        visitor.enter()
    return found


@pytest.fixture(scope="module")
def wanda(people: dict[str, Visitor]) -> Visitor:
    return people["wanda"]


def size(firm: Office) -> int:
    with firm.trail.read() as reader:
        return reader.head().size


def shown(page: str) -> html.HtmlElement:
    return html.fromstring(page).get_element_by_id("main")


def words(page: str) -> str:
    """What a reader sees of a page, but what is set apart as it stands in files."""
    main = shown(page)
    for part in main.xpath(".//code | .//pre"):
        part.text, part[:] = "", []
    return " ".join(main.text_content().split())


@pytest.fixture(scope="module")
def pages(wanda: Visitor) -> dict[str, str]:
    """Every page that the links from the first page of the rules lead to, by its address."""
    found: dict[str, str] = {}
    queue = ["/rules"]
    with httpx.Client(base_url=wanda.firm.url, cookies=wanda.cookies) as client:
        while queue:
            address = queue.pop()
            if address in found:
                continue
            given = client.get(address)
            assert given.status_code == 200, (address, given.status_code)
            found[address] = given.text
            links = shown(given.text).xpath(".//a/@href")
            queue += [urldefrag(link)[0] for link in links if link.startswith("/rules")]
    return found


def test_every_rule_question_and_step_has_a_page_to_which_links_lead(pages: dict[str, str], base: RuleBase) -> None:
    expected = {f"/rules/{rule}" for rule in base.rule} | {f"/rules/terms/{name}" for name in base.terms}
    expected |= {f"/rules/steps/{home}" for home in base.home} | {"/rules", "/rules/sources"}
    expected |= {f"/rules/try?rule={rule}" for rule in base.rule}
    expected |= {f"/rules/try?step={stage.id}" for stage in base.stages}
    assert {unquote(address) for address in pages} == expected


def test_every_link_to_a_part_of_a_page_finds_it(pages: dict[str, str]) -> None:
    wrong = []
    for address, page in pages.items():
        for link in shown(page).xpath(".//a/@href"):
            there, part = urldefrag(link)
            if part and not html.fromstring(pages[there or address]).xpath("//*[@id=$id]", id=unquote(part)):
                wrong.append((address, link))
    assert wrong == []


def test_no_page_shows_an_identifier_as_a_word(pages: dict[str, str], base: RuleBase) -> None:
    spoken = {line.name for lines in base.ladder.decisions.values() for line in lines}
    spoken |= {value for term in base.terms.values() for value in term.values}
    names = {*base.terms, *base.findings, *base.interventions, *base.limits, *spoken, *base.ladder.strengths}
    known = {name for name in names if "_" in name}
    assert len(known) > 300
    wrong = {
        address: found for address, page in pages.items() if (found := known & set(re.findall(r"\w+", words(page))))
    }
    assert wrong == {}
    numbered = {rule for rule in base.rule if re.search(r"\d", rule)}
    wrong = {
        address: found for address, page in pages.items() if (found := numbered & set(re.findall(r"\w+", words(page))))
    }
    assert wrong == {}


def test_reading_and_trying_records_nothing(firm: Office, pages: dict[str, str], people: dict[str, Visitor]) -> None:
    before = size(firm)
    for address in ("/rules", "/rules?q=price", "/rules/G1", "/rules/steps/goals", "/rules/try?rule=G1"):
        assert people["carl"].get(address).status_code == 200
    given = people["carl"].post("/rules/try?rule=G1", **{"v-goal_backtest_ratio_pct": "140"})
    assert (given.status_code, size(firm)) == (200, before)


def test_who_reads_and_who_tries(people: dict[str, Visitor]) -> None:
    said = {
        who: tuple(visitor.get(address).status_code for address in ("/rules", "/rules/G1", "/rules/try?rule=G1"))
        for who, visitor in people.items()
    }
    assert said == {
        "wanda": (200, 200, 200), "carl": (200, 200, 200), "cleo": (200, 200, 200),
        "olga": (200, 200, 404), "max": (200, 200, 404), "finn": (404, 404, 404),
    }  # fmt: skip
    assert "Try values" in people["cleo"].get("/rules/G1").text
    assert "Try values" not in people["max"].get("/rules/G1").text
    assert "Read the rules" in people["wanda"].get("/").text
    assert "Read the rules" not in people["finn"].get("/").text
