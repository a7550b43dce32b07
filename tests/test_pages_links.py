"""Asking others by link: the whole way; a link tells nothing of the rest, proves nobody, and ends when it must."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
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
from salesdx.ledger.migrations import migrate
from salesdx.ledger.verify import verify
from salesdx.services.asked_case import link_speaker
from salesdx.trail.book import Book
from salesdx.trail.own_words import attributed
from salesdx.web.migrations import STEPS, make_ready
from salesdx.web.pages import asked
from salesdx.web.store import Store
from salesdx.web.tables import tables_of
from served import Office, staffed
from test_pages import faults, records, row, size

NONE_HERE = "This link is worth nothing any more"


@pytest.fixture
def firm(tmp_path: Path, where: str, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base, max="sales_manager", finn="finance") as found:
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
    assert f"/cases/{case}/requests?to=finance" in asking.xpath("//a/@href")
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
    assert "finance, finn-olsen by link, " in max_.get(f"/cases/{case}/answers").text
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


def plain(firm: Office, guest: Guest, told: str) -> str:
    """A page without what is made at random for each link and each form."""
    link = guest.home.rpartition("/")[2]
    for made, name in ((guest.link, "/r/TOKEN"), (link, "LINK"), (firm.url, "")):
        told = told.replace(made, name)
    return re.sub(r'(name="(?:form_token|key)" value=)"[0-9a-f]+"', r"\1", told)


def everything_seen(firm: Office, guest: Guest, base: RuleBase) -> list[str]:
    """All that somebody with a link is shown, on the same way."""
    pages = [guest.get(guest.link)]
    guest.begin_link()
    terms = guest.terms
    number = next(name for name in terms if base.terms[name].type not in ("boolean", "enum", "date"))
    pages += [guest.get(guest.home), *(guest.get(f"{guest.home}/questions/{term}") for term in terms)]
    for value, typed in (
        ("many", {}), ("", {}), ("about 30", {}), ("30", {"date": "some day"}), ("", {"do": "excuse"}),
        ("30", {"date": "2026-09-30", "note": "as far as I know"}), ("31", {"date": "2026-09-30", "mark": ""}),
        ("", {"do": "excuse", "reason": "we have none"}), ("", {"do": "unknown"}),
    ):  # fmt: skip
        given = guest.say(number, value, **typed)
        pages += [given, guest.get(given.headers.get("location", guest.home)), guest.get(guest.home)]
    action, told = guest.form(guest.home, "/done")
    pages += [guest.post(action, **told), guest.get(guest.home)]
    return [f"{page.status_code} {page.headers.get('location')}\n{page.text}" for page in pages]


def test_what_the_respondent_sees_tells_nothing_of_the_rest(firm: Office, max_: Visitor, base: RuleBase) -> None:
    """Two worlds: in one others have said nothing, in the other all there is to say, also on the same questions."""
    worlds = []
    for said in (False, True):
        case = max_.begin(subject="person", ref="E-1042")
        guest = ask(max_, case)
        if said:
            fritz = ask(max_, case, receiver="Fritz").begin_link()
            terms = fritz.terms
            for term in terms[::2]:
                assert fritz.say(term, answer_for(base, term)).status_code == 303, term
            for term in ("goal_measurable", "goal_communicated", *terms):
                assert max_.answer(case, term, answer_for(base, term)).status_code == 303, term
            max_.diagnose(case)
        worlds.append([plain(firm, guest, page) for page in everything_seen(firm, guest, base)])
    assert len(worlds[0]) > 30
    for one, other in zip(*worlds, strict=True):
        assert one == other
    assert "E-1042" in worlds[0][0] and not any(word in "".join(worlds[0]) for word in ("The limit", "ikely", "Fritz"))


def test_nobody_removes_what_another_said(firm: Office, max_: Visitor, base: RuleBase) -> None:
    case = max_.begin(suspicion="3")
    finn, fritz = ask(max_, case).begin_link(), ask(max_, case, receiver="Fritz").begin_link()
    term = next(name for name in finn.terms if base.terms[name].type == "boolean")
    assert max_.answer(case, term, "yes").status_code == 303
    assert finn.say(term, "no").status_code == 303
    assert "the answers disagree" in max_.get(f"/cases/{case}/answers").text
    assert fritz.say(term, "yes").status_code == 303
    assert finn.say(term, "", do="unknown").status_code == 303
    said = [(one["by"], one["author"], one.get("value")) for one in values(firm, case, term)]
    assert sorted(said, key=str) == [
        ("finance", "link:finn-olsen", None), ("finance", "link:fritz", "true"), ("sales_manager", "max", "true"),
    ]  # fmt: skip
    again = ask(max_, case).begin_link()
    assert term not in again.terms or "you don’t know" in again.get(again.home).text
    assert finn.get(finn.home).status_code == 404, "a new link for the same receiver ends the one before"
    assert [one["author"] for one in values(firm, case, term)] == ["max", "link:fritz", "link:finn-olsen"]


def test_whoever_is_called_otherwise_is_another_author() -> None:
    names = ("Finn Olsen", "Olsen, Finn", "finn.olsen@firm.example", "Jörg", "Jorg", "李", "王", "x" * 80, "-")
    authors = [link_speaker("finance", name).author for name in names]
    assert len(set(authors)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@:/-]{0,63}", author) for author in authors), authors


def test_links_that_are_worth_nothing_look_alike(firm: Office, max_: Visitor, base: RuleBase) -> None:
    case = max_.begin(suspicion="3")
    wrong, first = Guest(firm, "/r/" + "x" * 43), ask(max_, case).begin_link()
    told = first.terms[0]
    newer = ask(max_, case).begin_link()
    revoked, late = (ask(max_, case, receiver=name).begin_link() for name in ("Ute", "Udo"))
    forms = {guest: guest.form(f"{guest.home}/questions/{told}", told) for guest in (revoked, late, newer)}
    action, fields = max_.form(f"/cases/{case}/requests", f"/{revoked.home.rpartition('/')[2]}/revoke")
    assert max_.post(action, **fields).status_code == 303
    assert "taken back" in max_.get(f"/cases/{case}/requests").text
    before = (size(firm), row(firm, case))
    pages = [guest.get(guest.link) for guest in (wrong, first, revoked)]
    pages += [guest.post(guest.link, form_token="") for guest in (wrong, first, revoked)]
    pages += [guest.get(guest.home) for guest in (first, revoked)]
    pages += [revoked.post(forms[revoked][0], **forms[revoked][1] | {"do": "save", "answer": "yes"})]
    pages += [newer.get(late.home), Guest(firm, "").get(newer.home)]
    assert {(page.status_code, page.text) for page in pages} == {(404, pages[0].text)} and NONE_HERE in pages[0].text
    assert newer.get(newer.home).status_code == late.get(late.home).status_code == 200
    with Store(firm.trail.storage).writing() as connection:
        t = tables_of(connection).request
        connection.execute(sa.update(t).where(t.c.receiver == "Udo").values(until="2026-01-01T00:00:00.000000Z"))
    page = late.post(forms[late][0], **forms[late][1] | {"do": "save", "answer": "yes"})
    assert (page.status_code, page.text) == (404, pages[0].text)
    assert (size(firm), row(firm, case)) == before
    firm._change(("role_ended", {"person": "max", "role": "sales_manager", "until": ""}))
    page = newer.post(forms[newer][0], **forms[newer][1] | {"do": "save", "answer": "yes"})
    assert (page.status_code, page.text) == (404, pages[0].text), "whoever asks must still have the right"
    assert row(firm, case) == before[1]


def test_an_erased_or_closed_case_has_no_links(firm: Office, max_: Visitor) -> None:
    firm.enter(cleo="hr")
    kept, gone = max_.begin(suspicion="3"), max_.begin(suspicion="3")
    open_, erased = ask(max_, kept).begin_link(), ask(max_, gone).begin_link()
    with firm.trail.acting_as(Acting("erasure", now=firm.server.now)).append() as appender:
        named = appender.reader.pseudonym("case", gone)
        assert named is not None
        seqs = [entry.seq for entry in appender.reader.rows(case=named)]
        appender.erase(seqs, [named], "asked for", Person("cleo", "hr", "token"))
    assert Store(firm.trail.storage).forget_erased()
    assert [link.case_id for link in link_rows(firm)] == [kept]
    assert erased.get(erased.link).status_code == erased.get(erased.home).status_code == 404
    assert open_.get(open_.home).status_code == 200
    with Store(firm.trail.storage).writing() as connection:
        connection.execute(sa.update(tables_of(connection).case).values(state="closed"))
    assert open_.get(open_.link).status_code == open_.get(open_.home).status_code == 404


def test_sixty_wrong_links_an_hour_from_an_address(firm: Office, max_: Visitor) -> None:
    guest = ask(max_, max_.begin(suspicion="3")).begin_link()
    wrong = Guest(firm, "/r/" + "x" * 43)
    assert [wrong.get(f"{wrong.link[:-2]}{n:02}").status_code for n in range(61)] == [404] * 60 + [429]
    assert {page.status_code for page in (guest.get(guest.link), guest.get(guest.home))} == {200}, "one that is a link"
    assert max_.get("/cases").status_code == 200
    firm.later(minutes=61)
    assert wrong.get(wrong.link).status_code == 404


def test_forms_come_from_our_own_pages_of_this_link(firm: Office, max_: Visitor) -> None:
    case = max_.begin(suspicion="3")
    finn, fritz = ask(max_, case).begin_link(), ask(max_, case, receiver="Fritz").begin_link()
    term = finn.terms[0]
    action, told = finn.form(f"{finn.home}/questions/{term}", term)
    told |= {"do": "unknown"}
    foreign = fritz.form(f"{fritz.home}/questions/{term}", term)[1]["form_token"]
    before = (size(firm), row(firm, case), link_rows(firm))
    for headers in ({}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert finn.post(action, headers=headers, **told).status_code == 403
        assert finn.post(f"{finn.home}/done", headers=headers, form_token=told["form_token"]).status_code == 403
        assert finn.post(finn.link, headers=headers, form_token="").status_code == 403
    for token in ("", foreign, max_.token(), "é"):
        assert finn.post(action, **told | {"form_token": token}).status_code == 403
        assert finn.post(f"{finn.home}/done", form_token=token).status_code == 403
    assert fritz.post(action, **told).status_code == 404, "a cookie is for its own link alone"
    assert max_.post(action, **told).status_code == 404
    assert (size(firm), row(firm, case), link_rows(firm)) == before
    assert finn.post(action, **told).status_code == 303
    assert finn.get(f"/cases/{case}/answers").status_code == 303, "a link is no login"


def test_looking_records_nothing(firm: Office, max_: Visitor) -> None:
    case = max_.begin(suspicion="3")
    guest = ask(max_, case).begin_link()
    guest.say(guest.terms[0], "", do="unknown")
    before = (size(firm), row(firm, case), link_rows(firm))
    for who, path in (
        (guest, guest.link), (guest, guest.home), *((guest, f"{guest.home}/questions/{t}") for t in guest.terms),
        (max_, f"/cases/{case}/requests"), (max_, "/cases"), (max_, f"/cases/{case}/answers"),
    ):  # fmt: skip
        assert who.get(path).status_code == 200 and who._sent("HEAD", path).status_code == 405
    assert (size(firm), row(firm, case), link_rows(firm)) == before


def test_the_same_form_twice_and_two_windows(firm: Office, max_: Visitor, base: RuleBase) -> None:
    case = max_.begin(suspicion="3")
    action, told = max_.form(f"/cases/{case}/requests", "/requests/finance")
    given = [max_.post(action, **told | {"receiver-finance": "Finn"}) for _ in range(3)]
    assert [page.status_code for page in given] == [200, 303, 303] and len(link_rows(firm)) == 1
    secret = re.findall(r"/r/([\w-]{43})", given[0].text)[0]
    assert secret not in str(link_rows(firm)) and secret not in max_.get(f"/cases/{case}/requests").text
    guest = Guest(firm, f"/r/{secret}").begin_link()
    term = next(name for name in guest.terms if base.terms[name].type == "boolean")
    windows = [guest.form(f"{guest.home}/questions/{term}", term) for _ in range(2)]
    before, action = size(firm), windows[0][0]
    for _ in range(3):
        assert guest.post(action, **windows[0][1] | {"do": "save", "answer": "yes"}).status_code == 303
    assert size(firm) == before + 1
    page = guest.post(action, **windows[1][1] | {"do": "save", "answer": "no", "note": "typed here"})
    assert (page.status_code, faults(page)) == (
        409, ["This was answered meanwhile: yes. You typed something else: choose."],
    )  # fmt: skip
    (form,) = [form for form in html.fromstring(page.text).forms if form.action == action]
    assert form.fields["note"] == "typed here" and size(firm) == before + 1
    assert guest.post(action, **dict(form.form_values()) | {"do": "save"}).status_code == 303
    assert [one["value"] for one in values(firm, case, term)] == ["false"]


def test_a_receiver_is_named(firm: Office, max_: Visitor) -> None:
    case = max_.begin(suspicion="3")
    action, told = max_.form(f"/cases/{case}/requests", "/requests/finance")
    for receiver, fault in (("", "say who gets it: a name or a mail address"), ("x" * 81, "80 characters at most")):
        page = max_.post(action, **told | {"receiver-finance": receiver})
        assert page.status_code == 422 and fault in faults(page)[0]
    assert max_.post(action.replace("finance", "nobody"), **told).status_code == 404
    assert link_rows(firm) == []
    page = max_.post(action, **told | {"receiver-finance": '"><script>x</script>\0'})
    shown = html.fromstring(page.text)
    assert page.status_code == 200 and shown.xpath("//script") == []
    (mail,) = {str(link) for link in shown.xpath("//a/@href") if str(link).startswith("mailto:")}
    assert re.fullmatch(r"mailto:\?subject=[\w.%-]+&body=[\w.%/~-]+", mail), mail
    guest = Guest(firm, re.findall(r"/r/[\w-]{43}", page.text)[0])
    assert html.fromstring(guest.get(guest.link).text).xpath("//script") == []


class Fault(TrailError):
    pass


def test_a_fault_in_between_leaves_nothing_half_done(
    firm: Office, max_: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = max_.begin(suspicion="3")
    guest = ask(max_, case).begin_link()
    term = guest.terms[0]
    before = (size(firm), row(firm, case), link_rows(firm))
    used, changed = asked.use_link, asked.change_row

    def after_change(*told: Any) -> None:
        changed(*told)
        raise Fault("the disk is full")

    def after_use(*told: Any) -> bool:
        used(*told)
        raise Fault("the disk is full")

    def revoked(connection: sa.Connection, *told: Any) -> bool:
        t = tables_of(connection).request
        connection.execute(sa.update(t).values(revoked="2026-11-30T00:00:00.000000Z"))
        return used(connection, *told)

    for name, broken, status in (
        ("change_row", after_change, 503), ("use_link", after_use, 503), ("use_link", revoked, 404),
    ):  # fmt: skip
        with monkeypatch.context() as patched:
            patched.setattr(asked, name, broken)
            assert guest.say(term, "", do="unknown").status_code == status
        assert (size(firm), row(firm, case), link_rows(firm)) == before, name
    key, firm.trail.key = firm.trail.key, None
    assert guest.say(term, "", do="unknown").status_code == 503
    firm.trail.key = key
    assert (size(firm), row(firm, case), link_rows(firm)) == before
    assert guest.say(term, "", do="unknown").status_code == 303


def test_what_others_change_meanwhile_stays(
    firm: Office, max_: Visitor, base: RuleBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = max_.begin(suspicion="3")
    guest = ask(max_, case).begin_link()
    term, left, real = guest.terms[0], ["goal_measurable"], asked.case_with

    def in_between(*told: Any) -> Any:
        if left:
            with_row = row(firm, case)
            left.pop()
            with Store(firm.trail.storage).writing() as connection:
                changed = tables_of(connection).case
                connection.execute(sa.update(changed).where(changed.c.id == case).values(version=with_row.version + 1))
        return real(*told)

    monkeypatch.setattr(asked, "case_with", in_between)
    before = row(firm, case).version
    assert guest.say(term, "", do="unknown").status_code == 303
    assert row(firm, case).version == before + 2 and left == []
    assert [one["unknown"] for one in values(firm, case, term)] == ["not known"]


def test_a_closed_review_takes_no_answers_until_it_is_opened_again(firm: Office, max_: Visitor) -> None:
    firm.enter(mia="sales_manager")
    case = max_.begin(suspicion="3")
    guest = ask(max_, case).begin_link()
    term = guest.terms[0]
    late = guest.form(f"{guest.home}/questions/{term}", term)
    mia = Visitor(firm, "mia")
    mia.enter()
    assert mia.post(f"/cases/{case}/close").status_code == 404
    before = size(firm)
    action, told = max_.form(f"/cases/{case}/answers", "/close")
    assert [max_.post(action, **told).headers["location"] for _ in range(2)] == ["/cases", "/cases"]
    assert [row.id for row in Store(firm.trail.storage).cases("max")] == []
    assert {max_.get(f"/cases/{case}/{page}").status_code for page in ("answers", "requests", "next")} == {404}
    assert guest.post(late[0], **late[1] | {"do": "unknown"}).status_code == 404
    assert mia.post(f"/cases/{case}/open").status_code == 404
    action, told = max_.form("/cases", "/open")
    assert [max_.post(action, **told).headers["location"] for _ in range(2)] == [f"/cases/{case}/answers"] * 2
    assert size(firm) == before and row(firm, case).version == 1
    assert guest.post(late[0], **late[1] | {"do": "unknown"}).status_code == 303


def test_the_tables_of_links_are_made_in_an_older_file_and_none_is_lost_on_the_way_back(
    firm: Office, max_: Visitor
) -> None:
    storage = firm.trail.storage

    def back() -> None:
        with storage.migrating() as connection:
            migrate(connection, "0002", down=True, steps=STEPS)

    case = max_.begin(suspicion="3")
    back()
    make_ready(storage)
    guest = ask(max_, case).begin_link()
    assert guest.say(guest.terms[0], "", do="unknown").status_code == 303
    with pytest.raises(TrailError, match="there are links in the pages; no migration deletes them"):
        back()
    assert guest.get(guest.home).status_code == 200
