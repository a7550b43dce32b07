"""The person concerned by a link to their letter: what they see, say and contest; two worlds; what ends a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import html

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.case.file import read_case_file
from salesdx.ledger.acting import Acting
from salesdx.ledger.log import Person
from salesdx.ledger.marks import all_marks
from salesdx.ledger.verify import verify
from salesdx.render.asked_pages import asked_pages
from salesdx.render.trail import render_page
from salesdx.render.trail.letter_pages import letter_report
from salesdx.services.case_acts import NotFollow, RecordAnswers, RecordCases, StateView, TakenCase, WriteLetter
from salesdx.trail.book import Book, Record
from salesdx.trail.recording import recorded_case
from salesdx.trail.rerun_one import diagnosed_again
from salesdx.trail.results import recorded_result
from served import COMPLETE, Office, going_on
from test_serve_sign_off import stated

HR = Person("cleo", "hr", "login")
WORDS = "The <i>territory</i> was changed in May.\nI said so at once."


@pytest.fixture
def firm(tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with going_on(tmp_path, str(tmp_path / "trail"), base, stated) as (found, _):
        found.enter(olga="auditor")
        yield found


class Concerned(Visitor):
    """The person concerned, with their link and no login."""

    def __init__(self, firm: Office, link: str) -> None:
        super().__init__(firm, "")
        self.link, self.home = link, ""

    def begin_link(self) -> Concerned:
        given = self.post(self.link, form_token="")
        assert given.status_code == 303, given.text
        self.home = given.headers["location"]
        return self

    def say(self, text: str, **contest: str) -> httpx.Response:
        action, told = self.form(f"{self.home}/statement", "/statement")
        return self.post(action, **told | {"text": text} | {f"fact-{term}": value for term, value in contest.items()})


def write_letter(firm: Office, format: str = "html") -> int:
    """A letter to the person concerned about the newest diagnosis; its record."""
    act = WriteLetter(firm.newest("complete-file"), "employee", format)
    firm.server.perform(act, HR, lambda made: render_page(letter_report(made), None, format, 80))
    return records(firm, "letter")[-1].seq


def records(firm: Office, *types: str) -> list[Record]:
    with firm.trail.read() as reader:
        return list(Book(reader).records(types=types))


def entered(firm: Office, who: str) -> Visitor:
    found = Visitor(firm, who)
    found.enter()
    return found


def linked(cleo: Visitor, letter: int) -> Concerned:
    action, told = cleo.form(f"/records/{letter}/person-links", "/person-links")
    page = cleo.post(action, **told)
    assert page.status_code == 200, page.text
    (link,) = set(re.findall(r"http://[\d.:]+(/p/[\w-]{43})", page.text))
    return Concerned(cleo.firm, link)


def told(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    return " ".join(html.fromstring(page.text).xpath("string(//main)").split())


def test_the_whole_way(firm: Office) -> None:
    letter, cleo = write_letter(firm), entered(firm, "cleo")
    assert f"/records/{letter}/person-links" in cleo.get(f"/records/{letter}").text
    person = linked(cleo, letter)
    (made,) = records(firm, "link_made")
    assert made.body is not None and made.body["for"] == "the person concerned" and made.inputs == (letter,)
    before = len(records(firm))
    hello = person.get(person.link)
    assert hello.status_code == 200 and "set-cookie" not in hello.headers
    assert "Cleo, human resources" in told(hello) and "E-2077" not in hello.text, "nothing before the button"
    person.begin_link()
    assert person.link[3:] not in person.home and len(records(firm)) == before
    page = person.get(person.home)
    assert "The facts that counted" in told(page) and "Cleo, human resources" in told(page)
    assert len(records(firm)) == before, "to read is no record, but a mark"
    with firm.trail.read() as reader:
        assert ("E-2077, by link", "employee", "letter") in [(m.person, m.role, m.kind) for m in all_marks(reader)]
    given = person.say(WORDS, attainment_pct="95", goal_measurable="no")
    assert given.status_code == 303, told_faults(given)
    (said,) = records(firm, "statement")
    assert said.body is not None
    assert (said.actor.name, said.role, said.body["text"]) == ("E-2077, by link", "employee", WORDS)
    page = person.get(person.home)
    assert "I said so at once." in told(page) and "<i>territory" not in page.text
    assert "E-2077" in told(cleo.get("/hr")), "what the person says waits for human resources"
    with firm.trail.read() as reader:
        verdict = verify(reader, [firm.trail.key.public])
    assert verdict.word == "UNANCHORED" and "came by a link, which proves nobody: 1" in str(verdict)


def told_faults(page: httpx.Response) -> list[str]:
    return [each.text_content() for each in html.fromstring(page.text).xpath("//*[@id='faults']//li")]


def test_what_is_contested_is_read_and_faults_keep_what_was_typed(firm: Office) -> None:
    person = linked(entered(firm, "cleo"), write_letter(firm)).begin_link()
    fields = {
        field.get("name"): field.getparent().text_content()
        for field in html.fromstring(person.get(f"{person.home}/statement").text).xpath("//input[@type='text']")
    }
    assert "fact-goal_measurable" in fields and "The letter says: yes" in " ".join(
        fields["fact-goal_measurable"].split()
    )
    given = person.say(" ", goal_measurable="perhaps")
    assert given.status_code == 422 and len(told_faults(given)) == 2 and 'value="perhaps"' in given.text
    assert person.say("So it was.", goal_measurable="yes").status_code == 422, "the letter says that, too"
    assert records(firm, "statement") == []
    assert person.say("So it was.", goal_measurable="no").status_code == 303
    (said,) = records(firm, "statement")
    assert said.body is not None and said.body["contested"] == [
        {"term": "goal_measurable", "firm": "yes", "stated": "false"}
    ]
    assert "As you see it: no" in told(person.get(person.home))


def test_a_form_that_is_sent_twice_says_it_once(firm: Office) -> None:
    person = linked(entered(firm, "cleo"), write_letter(firm)).begin_link()
    action, fields = person.form(f"{person.home}/statement", "/statement")
    for _ in range(2):
        assert person.post(action, **fields | {"text": "So it was."}).status_code == 303
    assert len(records(firm, "statement")) == 1


def test_two_worlds(firm: Office, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In one of two worlds all went on after the letter; every page of the person is the same, byte for byte."""
    letter, cleo = write_letter(firm), entered(firm, "cleo")
    person = linked(cleo, letter).begin_link()
    alone = pages_of(person)
    firm.server.perform(NotFollow(firm.newest("complete-file"), "too dear", "nothing"), HR, str)
    firm.server.perform(StateView("complete-file", "Said to somebody else."), HR, str)
    memory = replace(read_case_file(COMPLETE, firm.base), today=firm.server.now().date())
    other = memory.with_statements("goal_measurable", ())
    act = RecordAnswers(recorded_case(other), firm.base.digest, "interview")
    firm.server.perform(act, HR, str)
    firm.recorded("cleo", COMPLETE)
    write_letter(firm)
    assert len(records(firm, "diagnosis")) > 2
    assert pages_of(person) == alone
    assert person.say("So it was.", goal_measurable="no").status_code == 303


def pages_of(person: Concerned) -> dict[str, str]:
    """Every page that the links of a person lead to, without what is good once."""
    found: dict[str, str] = {}
    open_ = [person.link, person.home]
    while open_:
        path = open_.pop()
        if path in found:
            continue
        page = person.get(path)
        found[path] = re.sub(r'name="key" value="\w+"', "", page.text)
        links = html.fromstring(page.text).xpath("//a/@href")
        open_ += [str(link) for link in links if str(link).startswith(("/person", "/p/"))]
    assert len(found) == 4  # the greeting, the letter, the form for their words, the sessions with them
    return found


def test_a_fact_that_the_case_takes_no_more_is_told_nothing_of(firm: Office) -> None:
    """What is stated anew just as the person sees it cannot be contested; that it was is no business of a letter."""
    person = linked(entered(firm, "cleo"), write_letter(firm)).begin_link()
    memory = read_case_file(COMPLETE, firm.base)
    (said,) = memory.statements["goal_measurable"]
    other = replace(
        memory.with_statements("goal_measurable", (replace(said, value=False),)), today=firm.server.now().date()
    )
    firm.server.perform(RecordAnswers(recorded_case(other), firm.base.digest, "interview"), HR, str)
    recorded_as(firm, other)
    given = person.say("So it was.", goal_measurable="no")
    assert given.status_code == 303
    (found,) = records(firm, "statement")
    assert found.body is not None and found.body["contested"] == [] and "As I see it:" in found.body["text"]


def recorded_as(firm: Office, memory: Any) -> None:
    known = firm.server.earlier(recorded_case(memory), firm.base.digest, HR)
    found = diagnosed_again(firm.base, known)
    firm.server.perform(
        RecordCases((TakenCase(recorded_case(known), firm.base.digest, recorded_result(found)),)), HR, asked_pages
    )


def test_links_that_end(firm: Office) -> None:
    letter, cleo = write_letter(firm, "text"), entered(firm, "cleo")
    revoked, late = (linked(cleo, letter).begin_link() for _ in range(2))
    assert "The facts that counted" in told(late.get(late.home)), "a letter in plain text, too"
    action, fields = cleo.form(f"/records/{letter}/person-links", "/revoke")
    id = action.split("/")[-2]
    gone = revoked if revoked.home.endswith(id) else late
    kept = late if gone is revoked else revoked
    for _ in range(2):
        assert cleo.post(action, **fields).status_code == 303
    assert len(records(firm, "link_ended")) == 1
    wrong = Concerned(firm, "/p/" + "x" * 43)
    pages = {page.text for one in (gone, wrong) for page in (one.get(one.link), one.post(one.link, form_token=""))}
    assert len(pages) == 1 and gone.get(gone.home).status_code == 404
    assert kept.get(kept.home).status_code == 200
    foreign = Concerned(firm, "")
    assert foreign.get(kept.home).status_code == 404
    for headers in ({}, {"Origin": "http://evil.example"}):
        assert kept.post(f"{kept.home}/statement", headers=headers, text="x").status_code == 403
    assert kept.post(f"{kept.home}/statement", text="x", form_token="").status_code == 403
    firm.later(days=91)
    assert kept.get(kept.home).status_code == kept.get(kept.link).status_code == 404


def test_an_erased_letter_has_no_links(firm: Office) -> None:
    letter = write_letter(firm)
    person = linked(entered(firm, "cleo"), letter).begin_link()
    with firm.trail.acting_as(Acting("erasure", now=firm.server.now)).append() as appender:
        named = appender.reader.pseudonym("case", "complete-file")
        assert named is not None
        seqs = [entry.seq for entry in appender.reader.rows(case=named)]
        appender.erase(seqs, [named], "asked for", Person("cleo", "hr", "token"))
    assert {person.get(path).status_code for path in (person.link, person.home, f"{person.home}/statement")} == {404}


def test_who_makes_links(firm: Office) -> None:
    letter, cleo = write_letter(firm), entered(firm, "cleo")
    others = [entered(firm, who) for who in ("olga", "meier")]
    for visitor in others:
        assert visitor.get(f"/records/{letter}/person-links").status_code == 404
        assert visitor.post(f"/records/{letter}/person-links", key="k").status_code == 404
    assert cleo.get(f"/records/{firm.newest('complete-file')}/person-links").status_code == 404
    assert cleo.get("/records/x/person-links").status_code == 404
    assert "person-links" not in others[0].get(f"/records/{letter}").text
    assert records(firm, "link_made") == []
