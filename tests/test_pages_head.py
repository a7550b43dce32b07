"""What a case is about, and its period: changed before the first diagnosis, with its answers, never after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from lxml import html

from page_visitor import Visitor
from salesdx.base.model import RuleBase
from salesdx.ledger.verify import verify
from salesdx.trail.book import Book
from served import Office, staffed


@pytest.fixture
def firm(where: str, tmp_path: Path, base: RuleBase) -> Iterator[Office]:
    with staffed(tmp_path, where, base, **{"max": "sales_manager", "mia-7": "sales_manager", "cleo": "hr"}) as found:
        yield found


@pytest.fixture
def max_(firm: Office) -> Visitor:
    found = Visitor(firm, "max")
    found.enter()
    return found


def change(visitor: Visitor, case: str, **typed: str) -> httpx.Response:
    action, told = visitor.form(f"/cases/{case}/head", "/head")
    return visitor.post(action, **told | typed)


def title(visitor: Visitor, case: str) -> str:
    return str(html.fromstring(visitor.get(f"/cases/{case}/answers").text).xpath("string(//h1)"))


def records(firm: Office, *types: str) -> list[tuple[str, str, dict[str, object]]]:
    with firm.trail.read() as reader:
        found = Book(reader).records(types=types)
        return [(one.type, (one.subject and one.subject.name) or "", dict(one.body or {})) for one in found]


def faults(page: httpx.Response) -> list[str]:
    return [each.text_content() for each in html.fromstring(page.text).xpath("//*[@id='faults']//li")]


def test_period_and_subject_are_changed_with_all_answers(firm: Office, max_: Visitor) -> None:
    case = max_.begin(subject="person", ref="E-1042")
    max_.answer(case, "goal_measurable", "yes")
    given = change(max_, case, period="2026-Q2", ref="E-1043")
    assert given.status_code == 303, faults(given)
    assert title(max_, case) == "Person E-1043, 1 Apr 2026 to 30 Jun 2026"
    assert "goal_measurable" in max_.get(f"/cases/{case}/answers").text
    told = {"before": "Person E-1042, 1 Jul 2026 to 30 Sep 2026", "now": "Person E-1043, 1 Apr 2026 to 30 Jun 2026"}
    assert records(firm, "head_changed") == [("head_changed", "E-1043", told)]
    again = [(whom, body["term"], body["period"]) for _, whom, body in records(firm, "answer")]
    period = {"from": "2026-04-01", "to": "2026-06-30"}
    assert ("E-1043", "goal_measurable", period) in again, "it is said again of whom and what it is about now"
    assert max_.get(max_.diagnose(case)).status_code == 200
    with firm.trail.read() as reader:
        assert verify(reader, [firm.trail.key.public]).word == "UNANCHORED"


def test_what_others_said_of_somebody_is_not_made_a_word_on_another(firm: Office, max_: Visitor) -> None:
    case = max_.begin(subject="person", ref="E-1042")
    action, told = max_.form(f"/cases/{case}/people", "/people")
    assert max_.post(action, **told | {"person": "mia-7"}).status_code == 303
    mia = Visitor(firm, "mia-7")
    mia.enter()
    mia.answer(case, "goal_measurable", "yes")
    given = change(max_, case, ref="E-1043")
    assert given.status_code == 422
    assert faults(given) == ["others have answered about the one before: begin another review about this one"]
    assert change(max_, case, period="2026-Q2").status_code == 303, "a statement has the date that it has"
    assert title(max_, case) == "Person E-1042, 1 Apr 2026 to 30 Jun 2026"


def test_faults_keep_what_was_typed_and_change_nothing(firm: Office, max_: Visitor) -> None:
    case = max_.begin(subject="person", ref="E-1042")
    given = change(max_, case, period="someday", ref="Jane")
    assert given.status_code == 422 and len(faults(given)) == 2
    assert 'value="someday"' in given.text and 'value="Jane"' in given.text
    assert change(max_, case).status_code == 303, "nothing is changed"
    assert title(max_, case).startswith("Person E-1042, 1 Jul 2026")
    assert records(firm, "head_changed") == []


def test_after_the_first_diagnosis_another_one_is_begun(firm: Office, max_: Visitor) -> None:
    case = max_.begin(subject="territory", ref="NORTH-2", goal="1000000", reached="760000")
    max_.answer(case, "goal_measurable", "yes")
    action, told = max_.form(f"/cases/{case}/head", "/head")
    max_.diagnose(case)
    page = max_.get(f"/cases/{case}/head")
    assert "stay as they are" in page.text and "<form" not in page.text.partition("<main")[2]
    late = max_.post(action, **told | {"period": "2026-Q2"})
    assert late.status_code == 409 and "stay as they are" in late.text
    assert records(firm, "head_changed") == [] and title(max_, case).endswith("30 Sep 2026")
    action, told = max_.form(f"/cases/new?from={case}", "/cases/new")
    assert (told["subject"], told["ref"], told["from"]) == ("territory", "NORTH-2", case)
    given = max_.post(action, **told | {"period": "2026-Q2"})
    assert given.headers["location"] == f"/cases/{told['key']}/answers"
    page = max_.get(given.headers["location"])
    assert "Territory NORTH-2, 1 Apr 2026" in page.text
    assert "goal_measurable" in page.text, "what does not age holds"
    assert "760,000" not in page.text and "760000" not in page.text, "a figure of another period does not"


def test_answers_about_somebody_else_do_not_come_along(firm: Office, max_: Visitor) -> None:
    case = max_.begin(subject="person", ref="E-1042")
    max_.answer(case, "goal_measurable", "yes")
    action, told = max_.form(f"/cases/new?from={case}", "/cases/new")
    max_.post(action, **told | {"ref": "E-1043"})
    assert "goal_measurable" not in max_.get(f"/cases/{told['key']}/answers").text


def test_who_works_on_it_is_not_whom_it_is_about(firm: Office, max_: Visitor) -> None:
    case = max_.begin(subject="person", ref="E-1042")
    action, told = max_.form(f"/cases/{case}/people", "/people")
    assert max_.post(action, **told | {"person": "mia-7"}).status_code == 303
    given = change(max_, case, ref="MIA-7")
    assert given.status_code == 422
    assert faults(given) == ["it would be about somebody who works on it: first take back their seat"]
    mia = Visitor(firm, "mia-7")
    mia.enter()
    assert mia.get(f"/cases/{case}/head").status_code == 404, "that is its owner's"
    assert mia.post(f"/cases/{case}/head", period="2026-Q1", key="k").status_code == 404


def test_a_case_from_another_ones_answers_is_begun_by_who_sits_there(firm: Office, max_: Visitor) -> None:
    case = max_.begin()
    mia = Visitor(firm, "mia-7")
    mia.enter()
    assert mia.get(f"/cases/new?from={case}").status_code == 404
    action, told = mia.form("/cases/new", "/cases/new")
    given = mia.post(action, **told | {"subject": "company", "from": case})
    assert given.status_code == 404
