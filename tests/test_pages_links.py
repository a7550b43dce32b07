"""Asking others by link: the whole way, and that a link tells nothing of the rest, proves nobody and ends when it must."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from lxml import html

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.left_out import statement_data
from salesdx.ledger.acting import Acting
from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import Person
from salesdx.ledger.verify import verify
from salesdx.services.asked_case import link_speaker
from salesdx.trail.own_words import attributed
from salesdx.trail.book import Book
from salesdx.web.links import Links
from salesdx.web.pages import asked as asked_pages
from salesdx.web.store import Store
from salesdx.web.tables import tables_of
from served import Office, office
from test_pages import faults, records, row, size

NONE_HERE = "This link is worth nothing any more"


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with office(tmp_path, where, base) as found:
        found.enter(max="sales_manager", finn="finance")
        yield found


@pytest.fixture
def max_(firm: Office) -> Visitor:
    found = Visitor(firm, "max")
    found.enter()
    return found


class Guest(Visitor):
    """Somebody with a link, and no login."""

    def __init__(self, firm: Office, link: str) -> None:
        super().__init__(firm, "")
        self.link, self.home = link, ""

    def begin_link(self) -> Guest:
        given = self.post(self.link, form_token="")
        assert given.status_code == 303, given.text
        self.home = given.headers["location"]
        return self

    def say(self, term: str, value: str, **typed: str) -> httpx.Response:
        action, told = self.form(f"{self.home}/questions/{term}", f"/questions/{term}")
        return self.post(action, **told | {"do": "save", "answer": value} | typed)

    @property
    def terms(self) -> list[str]:
        """What is asked, in order."""
        links = html.fromstring(self.get(self.home).text).xpath("//ul[@class='answers']//a/@href")
        return [str(link).rpartition("/")[2] for link in links]


def ask(max_: Visitor, case: str, role: str = "finance", receiver: str = "Finn Olsen") -> Guest:
    """A link to a respondent, as it is shown once."""
    action, told = max_.form(f"/cases/{case}/requests", f"/requests/{role}")
    page = max_.post(action, **told | {f"receiver-{role}": receiver})
    assert page.status_code == 200, faults(page)
    (link,) = set(re.findall(r"http://[\d.:]+(/r/[\w-]{43})", page.text))
    return Guest(max_.firm, link)


def link_rows(firm: Office) -> list[Any]:
    with firm.trail.read() as reader:
        return list(reader.connection.execute(sa.select(*tables_of(reader.connection).request.c)))


def values(firm: Office, case: str, term: str) -> list[dict[str, Any]]:
    said = case_from_text(row(firm, case).text, case, firm.base).statements.get(term, ())
    return [statement_data(one) for one in said]


def answer_for(base: RuleBase, term: str) -> str:
    known = base.terms[term]
    return {"boolean": "yes", "enum": next(iter(known.values), ""), "date": "2026-08-01"}.get(known.type, "30")


def test_the_whole_way(firm: Office, max_: Visitor, base: RuleBase) -> None:
    case = max_.begin(subject="territory", ref="NORTH-2", suspicion="3")
    asking = html.fromstring(max_.get(f"/cases/{case}/answers").text)
    assert f"/cases/{case}/requests#to-finance" in asking.xpath("//a/@href")
    guest = ask(max_, case)
    before = (size(firm), row(firm, case))
    hello = guest.get(guest.link)
    assert hello.status_code == 200 and "set-cookie" not in hello.headers
    for told in ("Max has", "Territory NORTH-2, 1 Jul 2026 to 30 Sep 2026", "Finn Olsen, finance", "may read them"):
        assert told in hello.text, told
    assert (link_rows(firm)[0].begun, guest.get(guest.link).text) == (None, hello.text), "to look is not to begin"
    guest.begin_link()
    assert link_rows(firm)[0].begun and guest.link[3:] not in guest.home
    assert (size(firm), row(firm, case)) == before
    terms, asked = guest.terms, json.loads(link_rows(firm)[0].asked)
    assert terms == [name for name, _ in asked["questions"]] and {base.terms[name].respondent for name in terms}
    first, second = terms[:2]
    given = guest.say(first, answer_for(base, first), source="price list", date="2026-09-30")
    assert given.headers["location"] == f"{guest.home}/questions/{second}?after={first}"
    (said,) = values(firm, case, first)
    assert (said["by"], said["author"], said["source"]) == ("finance", "link:finn-olsen", "price list")
    record = records(firm, case)[-1]
    assert record.body is not None
    assert (record.actor.name, record.role, record.body["way"], record.body["own"], record.body["statements"]) == (
        "Finn Olsen, by link", "finance", "link", [], [said],
    )  # fmt: skip
    with firm.trail.read() as reader:
        assert json.loads(reader.row(record.seq).entry)["identity"] == "link"
        assert firm.trail.key is not None
        verdict = verify(reader, [firm.trail.key.public])
        assert verdict.word == "UNANCHORED"
        assert "records that came by a link, which proves nobody: 1" in verdict.lines
        assert attributed(Book(reader), Person("finn", "finance", "token")) == (), "nobody vouches for it as theirs"
    assert guest.say(second, "", do="unknown").status_code == 303
    page = guest.get(guest.home).text
    assert f"2 of {len(terms)} questions answered" in page and "you don’t know" in page
    shown = max_.get("/cases").text
    assert "2 answers of finance came in by link, and no diagnosis has them yet" in shown
    assert "finance (finn-olsen, by link)" in max_.get(f"/cases/{case}/answers").text
    stands = html.fromstring(max_.get(f"/cases/{case}/requests").text).xpath("//div[@class='sent']")[0].text_content()
    assert f"2 of {len(terms)} questions answered" in stands and "Remind Finn Olsen" in stands
    max_.diagnose(case)
    assert "came in by link" not in max_.get("/cases").text
    for term in terms[2:]:
        last = guest.say(term, answer_for(base, term))
    assert last.headers["location"].startswith(f"{guest.home}?after=")
    assert "Thank you" in guest.get(guest.home).text and link_rows(firm)[0].finished
    assert guest.say(first, "", do="unknown").status_code == 303, "until it ends, it can be changed"
    assert [one["unknown"] for one in values(firm, case, first)] == ["not known"]
