"""Pages in a real browser: a questionnaire is filled in, saved and collected; axe-core finds no barrier."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import salesdx
from browser import SIZES, needs_browser, opened, violations
from conftest import ROOT
from homes import load_home, memory_of
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.language.intervals import Interval
from salesdx.questionnaire import Questionnaire
from salesdx.questionnaire.replies import read_reply
from salesdx.render import render
from salesdx.render.form_page import form_html
from salesdx.services.questionnaires import open_questionnaire

pytestmark = [needs_browser, pytest.mark.slow]

TEXT = "</script><script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\"> & 'so' “on”"
TERMS: dict[str, dict[str, Any]] = {
    "q_percent": {"type": "percent", "range": [0, 100], "unit": "% of orders", "derive": TEXT, "evidence": TEXT},
    "q_count": {"type": "integer", "range": [-5, 1000000], "unit": "orders"},
    "q_number": {"type": "number", "range": [-10, 10], "question": TEXT},
    "q_yes": {"type": "boolean"},
    "q_choice": {"type": "enum", "values": ["all_of_them", "some", "none_at_all"]},
    "q_date": {"type": "date"},
}
ROUGHLY = "Write the number in digits, such as 1250.5, or roughly: 80 to 85, over 80, about 80."
MARKS = "“{}” can be read in more than one way. Write it with one point at most, such as 1250.5."
LOOKS = [("desktop", "light"), ("phone", "dark")]
TESTS = "q_percent > 1 and q_count > 1 and q_number > 1 and q_yes and q_choice == 'some' and q_date > 2026-01-01"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    return load_home(tmp_path_factory.mktemp("home"), {"only": {"terms": TERMS, "rules": {"Q1": TESTS}}})


@pytest.fixture(scope="module")
def memory(small: RuleBase) -> WorkingMemory:
    case = {"subject": {"kind": "company", "ref": "C-1"}, "period": {"from": "2026-07-01", "to": "2026-09-30"}}
    return replace(memory_of(small, {"case_attainment_pct": 50}, **case), case='Köln & "Umland" <1>')


@pytest.fixture(scope="module")
def form(small: RuleBase, memory: WorkingMemory) -> Questionnaire:
    found = open_questionnaire(small, memory, "finance")
    assert [term.name for term in found.questions] == ["case_subject", *TERMS][1:]
    return found


@pytest.fixture(scope="module")
def address(form: Questionnaire, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "finance.html"
    path.write_text(form_html(form), "utf-8")
    return path.as_uri()


def saved(page: Any, folder: Path) -> Path:
    """Press the button; the file that comes of it."""
    with page.expect_download() as started:
        page.get_by_role("button", name="Save the answers as a file").click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def question(page: Any, number: int) -> Any:
    """A question by its number; its fields are found as a person or a screen reader finds them, by their labels."""
    return page.locator(".question").nth(number - 1)


def test_a_page_is_filled_in_saved_and_collected(
    browser: Any, address: str, small: RuleBase, memory: WorkingMemory, tmp_path: Path
) -> None:
    with opened(browser, address) as page:
        one = question(page, 1)
        one.get_by_label("Answer (% of orders)").fill("91.5")
        one.get_by_label("What does it rest on?").select_option("CRM fields")
        one.get_by_label("Source").fill("  ERP #3: \"deliveries\"\u202e, 'July' \U0001f600 ")
        one.get_by_label("As of which date?").fill("2026-09-30")
        one.get_by_label("Remark").fill("first line\nsecond <b>line</b>")
        question(page, 2).get_by_label("Answer (orders)").fill("-3")
        question(page, 3).get_by_label("or instead").select_option("I don’t know")
        four = question(page, 4)
        assert not four.get_by_label("Why does it not apply?").is_visible()
        four.get_by_label("It does not apply").check()
        four.get_by_label("Why does it not apply?").fill("no such plan")
        question(page, 5).get_by_label("Answer").select_option("none at all")
        assert page.title() == 'Questions for finance: case Köln & "Umland" <1>'
        path = saved(page, tmp_path)
        assert page.get_by_role("status").inner_text() == (
            f"Saved as {path.name}, with 5 of 6 questions answered. Send this file back to whoever sent you the page."
        )
    assert path.name == "finance-Köln-Umland-1.json"
    assert "look_in" not in path.read_text("utf-8")
    reply, issues = read_reply(path, small, memory)
    assert issues == ()
    assert reply is not None
    assert (reply.respondent, reply.left) == ("finance", 1)
    assert reply.statements == {
        "q_percent": Statement(
            Decimal("91.5"), by="finance", kind="CRM fields", source="ERP #3: \"deliveries\" , 'July' \U0001f600",
            date=date(2026, 9, 30), note="first line second <b>line</b>",
        ),
        "q_count": Statement(Decimal(-3), by="finance"),
        "q_number": Statement(unknown=Unknown.NOT_KNOWN, by="finance"),
        "q_yes": Statement(unknown=Unknown.NOT_APPLICABLE, by="finance", reason="no such plan"),
        "q_choice": Statement("none_at_all", by="finance"),
    }  # fmt: skip


def test_by_keyboard_alone(browser: Any, address: str, small: RuleBase, memory: WorkingMemory, tmp_path: Path) -> None:
    with opened(browser, address) as page:
        keys = page.keyboard
        keys.press("Tab")
        keys.type("12")  # the first question's answer
        for _ in range(4):  # instead, source, date, remark have their turns; a date field has three parts
            keys.press("Tab")
        while page.evaluate("document.activeElement.type") != "radio":
            keys.press("Tab")
        keys.press("ArrowDown")  # no answer yet -> yes
        while page.evaluate("document.activeElement.id") != "save":
            keys.press("Tab")
        with page.expect_download() as started:
            keys.press("Enter")
        started.value.save_as(tmp_path / "a.json")
    reply, _ = read_reply(tmp_path / "a.json", small, memory)
    assert reply is not None
    assert {name: said.value for name, said in reply.statements.items()} == {"q_percent": Decimal(12), "q_yes": True}


NO_ANSWERS = [
    (1, "101", "The number must lie between 0 and 100."),
    (1, "-1-5", "The number must lie between 0 and 100."),
    (1, "over 101", "The number must lie between 0 and 100."),
    (1, "1e1", ROUGHLY),
    (1, "most of them", ROUGHLY),
    (2, "1,200", MARKS.format("1,200")),
    (2, "7 8", MARKS.format("7 8")),
    (2, "1'200 to 1300", MARKS.format("1'200")),
    (2, "1.5", "Write a whole number."),
    (3, "-11", "The number must lie between -10 and 10."),
]
"""The number of a question, what is typed there, and what is said of it."""


def test_what_is_no_answer_is_told_at_once_and_not_saved(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        for turn, (number, typed, message) in enumerate(NO_ANSWERS):
            field = question(page, number).locator("[data-kind=number]")
            field.fill(typed)
            page.get_by_role("button").click()
            summary = page.get_by_role("alert")
            assert summary.get_by_role("listitem").all_inner_texts() == [f"Question {number}: {message}"], typed
            assert page.evaluate("document.activeElement.id") == "faults"
            assert turn or violations(page) == []  # all pages with a fault are alike
            summary.get_by_role("link").click()
            assert page.evaluate("document.activeElement.id") == f"q{number}-answer"
            assert field.get_attribute("aria-invalid") == "true"
            assert question(page, number).locator(".fault").inner_text() == message
            field.fill("1")
            assert not question(page, number).locator(".fault").is_visible()


def test_half_answers_are_told(browser: Any, address: str, tmp_path: Path) -> None:
    with opened(browser, address) as page:
        page.get_by_role("button").click()
        assert page.get_by_role("status").inner_text() == "No question is answered yet, so nothing was saved."
        question(page, 1).get_by_label("Source").fill("ERP")
        question(page, 2).get_by_label("Answer").fill("1")
        question(page, 2).get_by_label("or instead").select_option("not_known")
        question(page, 4).get_by_label("It does not apply").check()
        question(page, 6).get_by_label("Answer").fill("2026-01-01")
        question(page, 6).get_by_label("or instead").select_option("not_known")
        page.get_by_role("button").click()
        assert page.get_by_role("alert").get_by_role("listitem").all_inner_texts() == [
            "Question 1: There is a kind, source, date or remark, but no answer. Answer, or choose “I don’t know”.",
            "Question 2: There is a number and something else. Clear one of the two.",
            "Question 4: Say why the question does not apply.",
            "Question 6: There is a date and something else. Clear one of the two.",
        ]
        question(page, 1).get_by_label("Source").fill("")
        question(page, 2).get_by_label("or instead").select_option("")
        question(page, 4).get_by_label("No", exact=True).check()
        question(page, 6).get_by_label("Answer").fill("")
        answers = {each["term"]: each["answer"] for each in json.loads(saved(page, tmp_path).read_text())["questions"]}
        assert not page.get_by_role("alert").is_visible()
    assert answers == {
        "q_percent": "", "q_count": "1", "q_number": "", "q_yes": "no", "q_choice": "", "q_date": "not_known",
    }  # fmt: skip


ROUGH_NUMBERS = [
    ("80-85", Interval(Decimal(80), Decimal(85))),
    ("80 – 85 %", Interval(Decimal(80), Decimal(85))),
    ("between 80 and 85", Interval(Decimal(80), Decimal(85))),
    ("about 80", Interval(Decimal(72), Decimal(88))),
    ("~80", Interval(Decimal(72), Decimal(88))),
    ("over 80", Interval(Decimal("80.000000000000001"), Decimal(100))),
    ("80 or more", Interval(Decimal(80), Decimal(100))),
    ("at most 5,5", Interval(Decimal(0), Decimal("5.5"))),
    ("82 % of orders", Decimal(82)),
    (".5", Decimal("0.5")),
]
"""What is typed, and the value that it is."""


def test_a_rough_number_is_an_answer(
    browser: Any, address: str, small: RuleBase, memory: WorkingMemory, tmp_path: Path
) -> None:
    with opened(browser, address) as page:
        for typed, value in ROUGH_NUMBERS:
            question(page, 1).get_by_label("Answer (% of orders)").fill(typed)
            reply, issues = read_reply(saved(page, tmp_path), small, memory)
            assert issues == ()
            assert reply is not None
            assert reply.statements["q_percent"].value == value, typed


DATES = [
    ("2026-09-30", date(2026, 9, 30)),
    ("30 Sep 2026", date(2026, 9, 30)),
    ("30.9.2026", date(2026, 9, 30)),
    ("March 2026", Interval(date(2026, 3, 1), date(2026, 3, 31))),
    ("2026-03", Interval(date(2026, 3, 1), date(2026, 3, 31))),
    ("2026", Interval(date(2026, 1, 1), date(2026, 12, 31))),
    (
        "May to June 2026",
        "Write a date such as 2026-09-30 or 30 Sep 2026, or roughly: March 2026, before 2026-05-01.",
    ),
    ("2026-05 to 2026-06", Interval(date(2026, 5, 1), date(2026, 6, 30))),
    ("3.4.2026 – 30.4.2026", Interval(date(2026, 4, 3), date(2026, 4, 30))),
    ("before May 2026", Interval(None, date(2026, 4, 30))),
    ("last month", "Write a date such as 2026-09-30 or 30 Sep 2026, or roughly: March 2026, before 2026-05-01."),
    ("3/4/2026", "“3/4/2026” can be read in two ways. Write it as 2026-09-30 or 30 Sep 2026."),
]
"""What is typed, and the value that it is or what is said of it."""


def test_a_date_may_be_rough_and_is_checked_at_once(
    browser: Any, address: str, small: RuleBase, memory: WorkingMemory, tmp_path: Path
) -> None:
    with opened(browser, address) as page:
        for typed, value in DATES:
            question(page, 6).get_by_label("Answer").fill(typed)
            if isinstance(value, str):
                page.get_by_role("button").click()
                assert question(page, 6).locator(".fault").inner_text() == value
                continue
            reply, issues = read_reply(saved(page, tmp_path), small, memory)
            assert issues == ()
            assert reply is not None
            assert reply.statements["q_date"].value == value, typed


def test_leaving_asks_only_while_something_is_not_saved(browser: Any, address: str, tmp_path: Path) -> None:
    with opened(browser, address) as page:
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        question(page, 1).get_by_label("Answer").fill("50")
        page.reload()
        assert asked == ["beforeunload"]
        assert question(page, 1).get_by_label("Answer").input_value() == ""  # nothing was kept
        question(page, 1).get_by_label("Answer").fill("50")
        saved(page, tmp_path)
        page.reload()
        assert asked == ["beforeunload"]


def test_without_a_script_the_page_says_so(browser: Any, address: str) -> None:
    with opened(browser, address, java_script_enabled=False) as page:
        assert "needs JavaScript" in page.locator("main").inner_text()
        assert not page.get_by_role("button").is_visible()


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
@pytest.mark.parametrize("respondent", ["sales_manager", "hr"])
def test_no_barrier_on_a_questionnaire(
    respondent: str, size: str, scheme: str, browser: Any, base: RuleBase, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(form_html(open_questionnaire(base, WorkingMemory(base, {}, "north"), respondent)), "utf-8")
    with opened(browser, path.as_uri(), size, scheme) as page:
        for number in range(page.locator(".question").count()):
            page.locator(".question").nth(number).get_by_label("Source").fill("ERP")  # every question has a fault
        page.get_by_role("button").click()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_no_barrier_on_a_diagnosis(size: str, scheme: str, browser: Any, base: RuleBase, tmp_path: Path) -> None:
    examples = ("held-back", "top-seller") if size == "phone" else ("complete-file",)
    cases = [salesdx.read_case(ROOT / "examples" / f"{name}.yaml", base) for name in examples]
    path = tmp_path / "page.html"
    path.write_text(render([salesdx.diagnose(base, case, "reference") for case in cases], "html"), "utf-8")
    with opened(browser, path.as_uri(), size, scheme) as page:
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]
