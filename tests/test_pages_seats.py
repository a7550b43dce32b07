"""Sharing a case: a seat is given and taken back, a case handed over; who may, what they see, and what is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.ledger.verify import verify
from salesdx.trail.book import Book
from served import Office, staffed


@pytest.fixture
def firm(where: str, tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    managers = dict.fromkeys(("max", "mia", "moritz", "eva-3"), "sales_manager")
    with staffed(tmp_path, where, base, **managers, rita="reviewer", cleo="hr") as found:
        yield found


def entered(firm: Office, who: str) -> Visitor:
    found = Visitor(firm, who)
    found.enter()
    return found


def give(owner: Visitor, case: str, person: str) -> Any:
    action, told = owner.form(f"/cases/{case}/people", "/people")
    return owner.post(action, **told | {"person": person})


def end(owner: Visitor, case: str, person: str) -> Any:
    action, told = owner.form(f"/cases/{case}/people", f"/people/{person}/end")
    return owner.post(action, **told)


def hand_over(owner: Visitor, case: str, person: str) -> Any:
    action, told = owner.form(f"/cases/{case}/people", f"/people/{person}/owner")
    return owner.post(action, **told)


def arranged(firm: Office, *types: str) -> list[tuple[str, str, dict[str, Any]]]:
    with firm.trail.read() as reader:
        found = Book(reader).records(types=types or ("seat_given", "seat_ended", "handed_over"))
        return [(one.type, one.actor.name or "", dict(one.body or {})) for one in found]


def test_a_deputy_does_all_of_the_work_and_nothing_of_the_owners(firm: Office) -> None:
    max_, mia = entered(firm, "max"), entered(firm, "mia")
    case = max_.begin(subject="person", ref="E-1042")
    max_.answer(case, "goal_measurable", "yes")
    before = max_.diagnose(case)
    assert mia.get(f"/cases/{case}/answers").status_code == 404
    assert mia.get(before).status_code == 404
    assert give(max_, case, "mia").status_code == 303
    assert case in mia.get("/").text
    page = mia.get(f"/cases/{case}/answers").text
    assert "Who works on this: you and Max" in page and "Close this review" not in page
    assert "Who works on this: you and Mia" in max_.get(f"/cases/{case}/answers").text
    assert mia.answer(case, "goal_measurable", "no").status_code == 303
    assert "the answers disagree" in max_.get(f"/cases/{case}/answers").text
    action, told = mia.form(f"/cases/{case}/requests", "/requests/finance")
    given = mia.post(action, **told | {"receiver-finance": "Finn"})
    assert "The link for Finn" in given.text
    record = mia.diagnose(case)
    assert [who.get(record).status_code for who in (max_, mia)] == [200, 200]
    assert mia.get(before).status_code == 200, "what was found before is of the case"
    assert mia.get(f"/cases/{case}/story").status_code == 200
    assert mia.post(f"/cases/{case}/close").status_code == 404
    assert mia.post(f"/cases/{case}/people", person="moritz").status_code == 404
    assert mia.post(f"/cases/{case}/people/max/end").status_code == 404
    assert mia.post(f"/cases/{case}/people/mia/owner").status_code == 404
    assert "Give a seat" not in mia.get(f"/cases/{case}/people").text
    assert arranged(firm) == [("seat_given", "max", {"person": "mia", "name": "Mia"})]


def test_a_seat_that_is_taken_back_is_none_any_more(firm: Office) -> None:
    max_, mia = entered(firm, "max"), entered(firm, "mia")
    case = max_.begin()
    give(max_, case, "mia")
    mia.answer(case, "goal_measurable", "yes")
    record = max_.diagnose(case)
    action, told = mia.form(f"/cases/{case}/requests", "/requests/finance")
    link = mia.post(action, **told | {"receiver-finance": "Finn"}).text.partition("/r/")[2][:43]
    finn = Visitor(firm, "nobody")
    assert finn.get(f"/r/{link}").status_code == 200
    assert end(max_, case, "mia").status_code == 303
    for page in (f"/cases/{case}/answers", f"/cases/{case}/people", f"/cases/{case}/story", record):
        given = mia.get(page)
        own = page.endswith("/story")  # what they recorded themselves they see
        assert given.status_code == (200 if own else 404), page
    assert "not shown to you" in mia.get(f"/cases/{case}/story").text
    assert case not in mia.get("/").text
    assert finn.get(f"/r/{link}").status_code == 404, "a link ends with the seat of who made it"
    assert [type for type, *_ in arranged(firm)] == ["seat_given", "seat_ended"]
    assert give(max_, case, "mia").status_code == 303
    assert mia.get(record).status_code == 200


def test_a_case_is_handed_over(firm: Office) -> None:
    max_, mia = entered(firm, "max"), entered(firm, "mia")
    case = max_.begin()
    give(max_, case, "mia")
    assert hand_over(max_, case, "mia").status_code == 303
    assert max_.post(f"/cases/{case}/close").status_code == 404
    assert max_.post(f"/cases/{case}/people", person="moritz").status_code == 404
    assert max_.answer(case, "goal_measurable", "yes").status_code == 303, "who handed it over keeps a seat"
    assert end(mia, case, "max").status_code == 303
    assert max_.get(f"/cases/{case}/answers").status_code == 404
    assert max_.get(f"/cases/{case}/story").status_code == 200, "what they recorded is theirs to see"
    record = mia.diagnose(case).rpartition("/")[2]
    assert max_.get(f"/records/{record}").status_code == 404, "and nothing that came later"
    assert [(type, by, body["person"]) for type, by, body in arranged(firm)] == [
        ("seat_given", "max", "mia"),
        ("handed_over", "max", "mia"),
        ("seat_ended", "mia", "max"),
    ]


def test_who_can_have_no_seat(firm: Office) -> None:
    max_ = entered(firm, "max")
    case = max_.begin(subject="person", ref="EVA-3")
    assert "eva-3" not in max_.get(f"/cases/{case}/people").text
    for who in ("eva-3", "rita", "anna", "nobody", "max", ""):
        given = max_.post(f"/cases/{case}/people", person=who, key=f"key-{who}")
        assert given.status_code == (303 if who == "max" else 422), who
    assert max_.post(f"/cases/{case}/people/eva-3/owner", key="k").status_code == 404
    assert max_.post(f"/cases/{case}/people/max/end", key="k").status_code == 404
    assert arranged(firm) == []
    assert entered(firm, "eva-3").get(f"/cases/{case}/answers").status_code == 404


def test_a_form_that_is_sent_twice_gives_one_seat(firm: Office) -> None:
    max_ = entered(firm, "max")
    case = max_.begin()
    action, told = max_.form(f"/cases/{case}/people", "/people")
    for _ in range(2):
        assert max_.post(action, **told | {"person": "moritz"}).status_code == 303
    action, told = max_.form(f"/cases/{case}/people", "/people/moritz/end")
    assert max_.post(action, **told).status_code == 303
    assert max_.post(action, **told).status_code == 404
    assert [type for type, *_ in arranged(firm)] == ["seat_given", "seat_ended"]
    with firm.trail.read() as reader:
        assert verify(reader, [firm.trail.key.public]).word == "UNANCHORED"


def test_the_story_tells_it_in_words(firm: Office) -> None:
    max_, cleo = entered(firm, "max"), entered(firm, "cleo")
    case = max_.begin()
    give(max_, case, "mia")
    hand_over(max_, case, "mia")
    page = cleo.get(f"/cases/{case}/story").text
    assert "seat given" in page and "handed over" in page and "Mia" in page


def ended(firm: Office, who: str, role: str) -> None:
    firm._change(("role_ended", {"person": who, "role": role, "until": ""}))


def test_a_review_whose_owner_has_left_goes_to_whoever_is_above(firm: Office) -> None:
    firm.enter(nora="sales_manager moritz", nick="sales_manager mia")
    nora, mia, moritz, nick = (entered(firm, who) for who in ("nora", "mia", "moritz", "nick"))
    case = nora.begin()
    nora.answer(case, "goal_measurable", "yes")
    action, told = nora.form(f"/cases/{case}/requests", "/requests/finance")
    link = nora.post(action, **told | {"receiver-finance": "Finn"}).text.partition("/r/")[2][:43]
    assert "Left by their owners" not in moritz.get("/").text
    assert moritz.post(f"/cases/{case}/take", key="k").status_code == 404, "the owner works on it"
    ended(firm, "nora", "sales_manager")
    for other in (mia, nick):
        assert "Left by their owners" not in other.get("/").text
        assert other.post(f"/cases/{case}/take", key="k").status_code == 404
    assert "owned by Nora" in moritz.get("/").text
    action, told = moritz.form("/", "/take")
    for _ in range(2):
        given = moritz.post(action, **told)
    assert given.status_code == 404, "it is theirs by now"
    assert case in moritz.get("/").text and "Left by their owners" not in moritz.get("/").text
    assert Visitor(firm, "nobody").get(f"/r/{link}").status_code == 404
    assert moritz.answer(case, "goal_measurable", "no").status_code == 303
    assert moritz.post(f"/cases/{case}/close").status_code == 303
    taken = {"person": "moritz", "name": "Moritz", "from": "nora"}
    assert arranged(firm, "taken_over") == [("taken_over", "moritz", taken)]
    with firm.trail.read() as reader:
        assert verify(reader, [firm.trail.key.public]).word == "UNANCHORED"


def test_whoever_has_a_seat_takes_a_left_review_over_and_not_the_one_whom_it_is_about(firm: Office) -> None:
    firm.enter(nora="sales_manager eva-3")
    nora, mia, eva = entered(firm, "nora"), entered(firm, "mia"), entered(firm, "eva-3")
    about, other = nora.begin(subject="person", ref="EVA-3"), nora.begin()
    give(nora, about, "mia")
    ended(firm, "nora", "sales_manager")
    page = eva.get("/").text
    assert f"/cases/{other}/take" in page and about not in page, "one above does not get the review about themselves"
    assert eva.post(f"/cases/{about}/take", key="k").status_code == 404
    assert other not in mia.get("/").text
    action, told = mia.form("/", f"/cases/{about}/take")
    assert mia.post(action, **told).status_code == 303
    assert "Owns this review" in mia.get(f"/cases/{about}/people").text
    firm._change(("role_given", {"person": "nora", "role": "sales_manager", "from": "", "until": ""}))
    nora.log_in()
    assert nora.get(f"/cases/{about}/answers").status_code == 404, "who comes back has no seat"
