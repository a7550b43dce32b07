"""What people type, by value: numbers and dates as they say them, what is asked back, and what is refused with why."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import salesdx
from homes import load_home
from salesdx.base.model import RuleBase, Term
from salesdx.case.bounds import AnswerError
from salesdx.case.file import case_from_text
from salesdx.case.statement import Statement, Unknown, shown_value
from salesdx.case.typed import TypedAnswer, echo, read_answer, split_reason
from salesdx.case.writing import write_fact
from salesdx.language.intervals import STEP, Interval, between
from salesdx.render import render
from salesdx.render.wording import amount, said_value
from salesdx.text.issues import CaseError

TODAY = date(2026, 11, 29)
SHARE = Term("share", "home", "percent", unit="% of orders", low=Decimal(0), high=Decimal(100))
SMALL = Term("small", "home", "percent", unit="%", low=Decimal(0), high=Decimal(100), small=True)
RATIO = Term("ratio", "home", "number", unit="actual / plan", low=Decimal(0), high=Decimal(3000))
POINTS = Term("points", "home", "number", unit="percentage points", low=Decimal(-100), high=Decimal(100))
FREE = Term("free", "home", "number")
NPS = Term("nps", "home", "integer", unit="points from -100 to 100", low=Decimal(-100), high=Decimal(100))
DEALS = Term("deals", "home", "integer", unit="deals", low=Decimal(0), high=Decimal(10_000))
MONTHS = Term("months", "home", "integer", unit="months", low=Decimal(0), high=Decimal(600))
WEEKS = Term("weeks", "home", "number", unit="weeks")
DAYS = Term("days", "home", "integer", unit="days", low=Decimal(0), high=Decimal(3650))
WORKING = Term("working", "home", "integer", unit="working days")
TALKS = Term("talks", "home", "number", unit="meetings a month")
SUBJECT = Term("subject", "home", "enum", values=("company", "territory", "person", "per_product"))
DAY = Term("day", "home", "date")
HELD = Term("held", "home", "boolean")


def D(text: str) -> Decimal:
    return Decimal(text)


def span(low: str, high: str) -> Interval:
    return Interval(Decimal(low), Decimal(high))


def days(low: str, high: str) -> Interval:
    return Interval(date.fromisoformat(low), date.fromisoformat(high))


def read(term: Term, text: str, asked: TypedAnswer | None = None) -> TypedAnswer:
    return read_answer(term, text, TODAY, asked)


def refused(term: Term, text: str, asked: TypedAnswer | None = None) -> str:
    with pytest.raises(AnswerError) as caught:
        read(term, text, asked)
    return str(caught.value)


OVER_80, UNDER_80 = span("80.000000000000001", "100"), span("0", "79.999999999999999")


@pytest.mark.parametrize(
    ("text", "value", "told"),
    [
        ("80-85", span("80", "85"), "80 to 85% of orders"),
        ("80 – 85", span("80", "85"), "80 to 85% of orders"),
        ("80% - 85%", span("80", "85"), "80 to 85% of orders"),
        ("80 to 85", span("80", "85"), "80 to 85% of orders"),
        ("80,5 to 85 percent", span("80.5", "85"), "80.5 to 85% of orders"),
        ("from 80 to 85", span("80", "85"), "80 to 85% of orders"),
        ("Between 80 and 85", span("80", "85"), "80 to 85% of orders"),
        ("over 80", OVER_80, "over 80% of orders"),
        ("more than 80", OVER_80, "over 80% of orders"),
        ("above 80 %", OVER_80, "over 80% of orders"),
        ("> 80", OVER_80, "over 80% of orders"),
        ("under 80", UNDER_80, "under 80% of orders"),
        ("less than 80", UNDER_80, "under 80% of orders"),
        ("below 80%", UNDER_80, "under 80% of orders"),
        ("at least 80", span("80", "100"), "at least 80% of orders"),
        ("from 80", span("80", "100"), "at least 80% of orders"),
        ("80 or more", span("80", "100"), "at least 80% of orders"),
        ("no less than 80", span("80", "100"), "at least 80% of orders"),
        ("80+", span("80", "100"), "at least 80% of orders"),
        ("at most 80", span("0", "80"), "at most 80% of orders"),
        ("up to 80", span("0", "80"), "at most 80% of orders"),
        ("no more than 80", span("0", "80"), "at most 80% of orders"),
        ("≤80", span("0", "80"), "at most 80% of orders"),
        ("more than 80 but less than 85", span("80.000000000000001", "84.999999999999999"),
         "over 80 to under 85% of orders"),
        ("at least 100", D("100"), "at least 100% of orders"),
        ("82 percent", D("82"), "82% of orders"),
        ("82 %", D("82"), "82% of orders"),
        ("82 per cent", D("82"), "82% of orders"),
        ("82% of orders", D("82"), "82% of orders"),
        ("91,5", D("91.5"), "91.5% of orders"),
    ],
)  # fmt: skip
def test_a_number_as_people_say_it(text: str, value: object, told: str) -> None:
    found = read(SHARE, text)
    assert (found.value, found.echo, found.ask_back) == (value, told, "")
    assert found.written == (text if isinstance(value, Interval) else "")


@pytest.mark.parametrize(
    ("term", "text", "value"),
    [
        (DEALS, "over 100", span("101", "10000")),
        (DEALS, "under 100", span("0", "99")),
        (DEALS, "over 9", span("10", "10000")),
        (FREE, "over 110", Interval(D("110.000000000000001"), None)),
        (FREE, "at most -5", Interval(None, D("-5"))),
        (FREE, "-5--3", span("-5", "-3")),
        (FREE, "-5 to 3", span("-5", "3")),
        (FREE, "−5", D("-5")),
        (FREE, "-0", D("0")),
        (POINTS, "5 points", D("5")),
        (POINTS, "5 %", D("5")),
        (TALKS, "4 a month", D("4")),
        (TALKS, "4 meetings per month", D("4")),
        (WORKING, "5 working days", D("5")),
    ],
)
def test_ends_and_units(term: Term, text: str, value: object) -> None:
    assert read(term, text).value == value


@pytest.mark.parametrize(
    ("term", "text", "value"),
    [
        (SHARE, "about 80", span("72", "88")),
        (SHARE, "around 80%", span("72", "88")),
        (SHARE, "~80", span("72", "88")),
        (SHARE, "80 or so", span("72", "88")),
        (SHARE, "about 95", span("85.5", "100")),
        (SHARE, "about 4", span("3.5", "4.5")),
        (SHARE, "about 4.0", span("3.6", "4.4")),
        (RATIO, "about 0.1", span("0.05", "0.15")),
        (RATIO, "about 0", span("0", "0.5")),
        (FREE, "about -80", span("-88", "-72")),
        (DEALS, "about 40", span("36", "44")),
        (DEALS, "about 12", span("10", "14")),
        (DEALS, "about 4", span("3", "5")),
        (MONTHS, "about 2 years", span("18", "30")),
    ],
)
def test_about_is_a_tenth_or_half_the_last_digit_and_is_asked_back(term: Term, text: str, value: Interval) -> None:
    found = read(term, text)
    assert (found.value, found.written) == (value, text)
    assert found.ask_back == f"`{text}` is taken as {found.echo}: is that right?"
    assert read(term, "yes", found) == read(term, text, found)
    assert (read(term, "Yes", found).value, read(term, "yes", found).ask_back) == (value, "")
    assert refused(term, "no", found) == "write it more exactly, or the two ends, such as 80-85"
    assert read(term, "3", found).value == D("3")
    assert read(term, "no idea", found).unknown is Unknown.NOT_KNOWN


@pytest.mark.parametrize(
    ("text", "question", "value"),
    [
        ("0.8", "0.8% or 80%?", D("0.8")),
        ("0.8%", "0.8% or 80%?", D("0.8")),
        ("1", "1% or 100%?", D("1")),
        (".005", "0.005% or 0.5%?", D("0.005")),
        ("about 0.8", "0.72 to 0.88% or 72 to 88%?", span("0.72", "0.88")),
        ("0.7-0.8", "0.7 to 0.8% or 70 to 80%?", span("0.7", "0.8")),
        ("under 0.5", "under 0.5% or under 50%?", span("0", "0.499999999999999")),
    ],
)
def test_what_may_be_a_fraction_is_asked_back(text: str, question: str, value: object) -> None:
    found = read(SHARE, text)
    assert (found.value, found.ask_back) == (value, question)
    assert read(SHARE, text, found).ask_back == ""
    assert refused(SHARE, "yes", found) == question
    assert read(SHARE, "80%", found).value == D("80")
    assert read(SHARE, "80%", found).ask_back == ""
    assert read(SMALL, text).ask_back == ("" if "about" not in text else read(SMALL, text).ask_back)


@pytest.mark.parametrize("text", ["0", "1.5", "0.5 to 5", "0-0.5", "80"])
def test_what_is_no_fraction_is_not_asked_back(text: str) -> None:
    assert read(SHARE, text).ask_back == ""
    assert read(RATIO, "0.8").ask_back == ""


@pytest.mark.parametrize(
    ("term", "text", "value", "told"),
    [
        (MONTHS, "3 quarters", D("9"), "9 (months)"),
        (MONTHS, "5 years", D("60"), "60 (months)"),
        (MONTHS, "1.5 years", D("18"), "18 (months)"),
        (MONTHS, "1-2 years", span("12", "24"), "12 to 24 (months)"),
        (MONTHS, "6 months to 2 years", span("6", "24"), "6 to 24 (months)"),
        (MONTHS, "1 year to 18 months", span("12", "18"), "12 to 18 (months)"),
        (MONTHS, "between 1 quarter and 18 months", span("3", "18"), "3 to 18 (months)"),
        (DAYS, "1 week to under 10 days", span("7", "9"), "7 to under 10 (days)"),
        (DAYS, "2 weeks", D("14"), "14 (days)"),
        (WEEKS, "7 days", D("1"), "1 (weeks)"),
        (MONTHS, "12 months", D("12"), "12 (months)"),
    ],
)
def test_units_of_time_are_converted_where_that_is_exact(term: Term, text: str, value: object, told: str) -> None:
    found = read(term, text)
    assert (found.value, found.echo) == (value, told)
    assert found.written == ("" if text == "12 months" else text), "what was read is kept beside the value"


@pytest.mark.parametrize(
    ("term", "text", "message"),
    [
        (MONTHS, "2 weeks", "weeks are no fixed number of months; write it in months"),
        (DAYS, "3 months", "months are no fixed number of days; write it in days"),
        (DAYS, "8 hours", "hours are no fixed number of days; write it in days"),
        (WEEKS, "10 days", "that is no exact number of weeks; write it in weeks"),
        (MONTHS, "0.1 years", "must be a whole number, this is `1.2`"),
        (WORKING, "5 days", "this must be a whole number, in working days"),
        (WORKING, "1 week", "this must be a whole number, in working days"),
        (TALKS, "5 months", "this must be a number, in meetings a month"),
        (DEALS, "12 people", "this must be a whole number, in deals"),
        (RATIO, "85%", "this must be a number, in actual / plan; 85% is 0.85"),
        (SHARE, "85-80", "`85-80` goes down; write the lower end first, such as 80-85"),
        (SHARE, "over 100", "`over 100` leaves no value: this is % of orders, 0 to 100"),
        (SHARE, "80 to 120", "is outside its range 0 to 100 (% of orders): 120"),
        (SHARE, "about 120", "is outside its range 0 to 100 (% of orders): 120"),
        (DEALS, "over 3.5", "must be a whole number, this is `3.5`"),
        (SHARE, "80-85, probably 90", "90 is not within 80 to 85"),
        (SHARE, "80, probably 82", "82 is not within 80"),
        (SHARE, "over 80, probably 70", "70 is not within over 80"),
        (SHARE, "over 80, probably 120", "is outside its range 0 to 100 (% of orders): 120"),
        *((SHARE, text, "this must be a number, in % of orders") for text in (
            "most", "80 and 85", "under 80 to 85", "80 to over 85", "about 80 to 85", "about over 80",
            "over 80 or less", "~", "over", "1e1", "1/2", "٨٠", "80-85-90", "two", "=90+1", "80)", "inf", "nan", "0x10",
            "80 to", "to 80", "80-", "80 /",
        )),
        (NPS, "80-", "this must be a whole number, in points from -100 to 100"),
    ],
)  # fmt: skip
def test_what_is_refused_says_what_is_wanted(term: Term, text: str, message: str) -> None:
    assert refused(term, text) == message


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("1.200", ["1200", "1.2"]),
        ("1,200", ["1200", "1.2"]),
        ("12.345", ["12345", "12.3450"]),
        ("1'200", ["1200", "1.2"]),
        ("1’200", ["1200", "1.2"]),
        ("7 8", ["78", "7.8", "7-8"]),
        ("7\n8", ["78", "7.8", "7-8"]),
        ("1\u202f200", ["1200", "1.2", "1-200"]),
        ("1.200,50", ["1200.50"]),
        ("1,200,300", ["1200300"]),
        ("1 200 300", ["1200300"]),
        ("over 1.200", ["1200", "1.2"]),
        ("1.200 to 1.300", ["1200", "1.2"]),
        ("about 1,200 deals", ["1200", "1.2"]),
    ],
)
@pytest.mark.parametrize("term", [FREE, RATIO])
def test_a_number_with_marks_inside_is_refused_with_its_readings(term: Term, text: str, readings: list[str]) -> None:
    again = "write one of these" if len(readings) > 1 else "write it so"
    message = refused(term, text.replace(" deals", ""))
    assert message.partition(" can be read as ")[2] == f"{' or '.join(readings)}; {again}"
    for reading in readings:
        if "-" not in reading and not (term is RATIO and D(reading) > 3000):
            assert read(term, reading).value == D(reading), "what it says to write is read"


@pytest.mark.parametrize("text", ["1.2.3", "80..85", "1,,2", "1. 200", "1,20,300"])
def test_marks_without_a_reading(text: str) -> None:
    assert refused(FREE, text) == f"`{text}` is no number"


@pytest.mark.parametrize("text", ["0.049", "0,049", ".049", "1234.567", "1.2345", "91."])
def test_one_mark_with_one_reading_is_read(text: str) -> None:
    assert read(FREE, text).value == D(text.replace(",", ".").rstrip("."))


NOT_KNOWN = ["don't know", "I don’t know", "no idea", "Not sure", "dunno", "?", "idk", "nobody knows", "not known"]
EXCUSES = ["n/a", "does not apply", "It doesn't apply", "not applicable", "N.A."]


@pytest.mark.parametrize("term", [SHARE, DEALS, DAY, HELD, SUBJECT])
def test_words_for_no_value(term: Term) -> None:
    assert {read(term, text).unknown for text in NOT_KNOWN} == {Unknown.NOT_KNOWN}
    assert {read(term, text).unknown for text in EXCUSES} == {Unknown.NOT_APPLICABLE}
    told = {split_reason(f"{text}, because we ship nothing")[1] for text in EXCUSES}
    assert told == {"because we ship nothing"}
    assert split_reason("does not apply because we ship nothing") == ("does not apply", "we ship nothing")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the whole company", "company"),
        ("our company", "company"),
        ("Company", "company"),
        ("comp", "company"),
        ("a person", "person"),
        ("3", "person"),
        ("per product", "per_product"),
        ("per-product", "per_product"),
        ("per p", "per_product"),
    ],
)
def test_choices_by_label_beginning_and_number(text: str, value: str) -> None:
    assert read(SUBJECT, text).value == value


@pytest.mark.parametrize("text", ["no", "n", "yes", "y"])
def test_yes_and_no_are_no_beginning_of_a_choice(text: str) -> None:
    """“no” to what came of the coaching is not that it was not effective."""
    outcome = Term("outcome", "home", "enum", values=("effective", "not_effective", "yes_and_no"))
    assert refused(outcome, text) == "answer with a number or a name: 1 effective, 2 not effective, 3 yes and no"
    assert read(outcome, "not eff").value == "not_effective"


@pytest.mark.parametrize("text", ["per", "the", "not the company", "company or person", "whole", "0", "5", "²"])
def test_choices_that_are_not_clear(text: str) -> None:
    choices = "1 company, 2 territory, 3 person, 4 per product"
    assert refused(SUBJECT, text).startswith(f"answer with a number or a name: {choices}")


@pytest.mark.parametrize(
    ("text", "value", "told"),
    [
        ("2026-09-30", date(2026, 9, 30), "30 Sep 2026"),
        ("yesterday", date(2026, 11, 28), "28 Nov 2026"),
        ("in June 2026", days("2026-06-01", "2026-06-30"), "1 Jun 2026 to 30 Jun 2026"),
        ("Feb 2028", days("2028-02-01", "2028-02-29"), "1 Feb 2028 to 29 Feb 2028"),
        ("2026-02", days("2026-02-01", "2026-02-28"), "1 Feb 2026 to 28 Feb 2026"),
        ("in 2025", days("2025-01-01", "2025-12-31"), "1 Jan 2025 to 31 Dec 2025"),
        ("last month", days("2026-10-01", "2026-10-31"), "1 Oct 2026 to 31 Oct 2026"),
        ("this year", days("2026-01-01", "2026-12-31"), "1 Jan 2026 to 31 Dec 2026"),
        ("June 2026 to August 2026", days("2026-06-01", "2026-08-31"), "1 Jun 2026 to 31 Aug 2026"),
        ("between 1 Jun 2026 and 3 Jun 2026", days("2026-06-01", "2026-06-03"), "1 Jun 2026 to 3 Jun 2026"),
        ("2026-06-01 - 2026-06-03", days("2026-06-01", "2026-06-03"), "1 Jun 2026 to 3 Jun 2026"),
        ("after 1 June 2026", Interval(date(2026, 6, 2), None), "after 1 Jun 2026"),
        ("after June 2026", Interval(date(2026, 7, 1), None), "after 30 Jun 2026"),
        ("from 1 June 2026", Interval(date(2026, 6, 1), None), "from 1 Jun 2026"),
        ("before 2026-06-01", Interval(None, date(2026, 5, 31)), "before 1 Jun 2026"),
        ("until June 2026", Interval(None, date(2026, 6, 30)), "until 30 Jun 2026"),
    ],
)
def test_a_date_as_people_say_it(text: str, value: object, told: str) -> None:
    found = read(DAY, text)
    assert (found.value, found.echo, found.ask_back) == (value, told, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("in June", "June of which year? write it too, such as June 2026"),
        ("3/4/2026", "`3/4/2026` can be read in two ways; write a date as 2026-09-30 or 30 Sep 2026"),
        ("2026-06-03 to 2026-06-01", "`2026-06-03 to 2026-06-01` goes back; write the earlier date first"),
        ("2026-13", "there is no such month; write a date as 2026-09-30 or 30 Sep 2026"),
        ("31 Feb 2026", "there is no such date; write a date as 2026-09-30 or 30 Sep 2026"),
        ("after 9999-12-31", "`after 9999-12-31` leaves no value: this is a date, such as 2026-09-30 or 30 Sep 2026"),
        *((text, "write a date as 2026-09-30 or 30 Sep 2026") for text in (
            "about June 2026", "Q3 2026", "soon", "last week", "٢٠٢٦", "June 99999", "to 2026", "ju 2026",
        )),
    ],
)  # fmt: skip
def test_a_date_that_is_not_clear(text: str, message: str) -> None:
    assert refused(DAY, text) == message


def test_without_a_day_of_typing_nothing_is_today() -> None:
    for text in ("today", "last month", "this year"):
        with pytest.raises(AnswerError):
            read_answer(DAY, text, None)


# --- what is shown is read back ---------------------------------------------------------------------------------------

NUMBERS = st.decimals(-1000, 1000, places=4).map(lambda number: number.normalize() + 0)
NUMERIC = [
    Term("a", "home", "number"),
    Term("b", "home", "number", unit="actual / plan"),
    Term("c", "home", "percent", unit="% of answers that are 4 or 5 of 5", low=Decimal(-1000), high=Decimal(1000)),
    Term("d", "home", "number", unit="points from -100 to 100", low=Decimal(-1000), high=Decimal(1001)),
]


SIDES = st.sampled_from(["low", "high", "both"])
PAIRS = st.tuples(NUMBERS, NUMBERS).map(lambda pair: (min(pair), max(pair)))
DATES = st.dates(date(1000, 1, 1), date(9998, 12, 31))
DATE_PAIRS = st.tuples(DATES, DATES).map(lambda pair: (min(pair), max(pair)))


def read_again(term: Term, shown: str) -> object:
    """The value that a shown text is read as; None where it says that it can be read in two ways."""
    try:
        return read_answer(term, shown, None).value
    except AnswerError as error:
        assert "can be read as" in str(error)
        assert re.search(r"\b[1-9]\d{0,2}\.\d{3}(?!\d)", shown)
        return None


@given(st.sampled_from(NUMERIC), PAIRS, st.booleans(), st.booleans(), SIDES)
def test_what_is_shown_is_read_back_as_the_same_value(
    term: Term, pair: tuple[Decimal, Decimal], above: bool, below: bool, side: str
) -> None:
    low, high = (pair[0] + STEP if above else pair[0]), (pair[1] - STEP if below else pair[1])
    kept_low, kept_high = (low if side != "high" else term.low), (high if side != "low" else term.high)
    if kept_low is not None and kept_high is not None and kept_low > kept_high:
        return
    value = between(kept_low, kept_high)
    assert value is not None
    assert read_again(term, echo(term, value)) in (value, None)
    assert read_again(term, shown_value(value)) in (value, None)


@given(DATE_PAIRS, SIDES)
def test_a_date_that_is_shown_is_read_back(pair: tuple[date, date], side: str) -> None:
    value = between(pair[0] if side != "high" else None, pair[1] if side != "low" else None)
    assert value is not None
    assert read_answer(DAY, echo(DAY, value), None).value == value
    assert read_answer(DAY, shown_value(value), None).value == value


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_whole_numbers_are_read_back(first: int, second: int) -> None:
    value = between(Decimal(min(first, second)), Decimal(max(first, second)))
    assert value is not None
    assert read_answer(DEALS, echo(DEALS, value), None).value == value


# --- case files -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    terms = {
        "share": {
            "type": "percent",
            "range": [0, 100],
            "unit": "% of orders",
            "respondent": "finance",
            "label": "on time",
        },
        "index": {"type": "number", "respondent": "finance"},
        "since": {"type": "date", "respondent": "finance"},
    }
    rules = {"Q1": "share > 50 and index > 110 and since > 2026-01-01"}
    return load_home(tmp_path_factory.mktemp("home"), {"only": {"terms": terms, "rules": rules}})


@pytest.mark.parametrize(
    ("written", "help"),
    [
        ("share: 80-85", "write `{value: {low: 80, high: 85}}`"),
        ("share: about 80", "write `{value: {low: 72, high: 88}}`"),
        ("share: over 80", "write `{value: {above: 80}}`"),
        ("share: {value: under 80}", "write `{below: 80}`"),
        ("share: {value: {low: 80 percent}}", "write `80`"),
        ("share: 82 percent", "write `82`"),
        ("share: '82'", "write `82`"),
        ("share: 7 8", "`7 8` can be read as 78 or 7.8 or 7-8; write one of these"),
        ("share: 1'2", "`1'2` can be read as 12 or 1.2; write one of these"),
        ("share: {value: {low: 1 200}}", "`1 200` can be read as 1200 or 1.2 or 1-200; write one of these"),
        ("share: |\n    7\n    8", "`7 8` can be read as 78 or 7.8 or 7-8; write one of these"),
        ("since: in June 2026", "write `{value: {low: 2026-06-01, high: 2026-06-30}}`"),
        ("since: 30 Sep 2026", "write `2026-09-30`"),
        ("share: no idea", ""),
        ("share: 80 to 120", "write digits with at most one point, such as 1250.5"),
    ],
)
def test_a_case_file_refuses_what_people_say_and_tells_how_to_write_it(
    written: str, help: str, small: RuleBase
) -> None:
    with pytest.raises(CaseError) as caught:
        case_from_text(f"case: x\nfacts:\n  {written}\n", "x.yaml", small)
    assert [issue.help for issue in caught.value.issues] == [help]
    if help.startswith("write `"):
        name, said = written.partition(":")[0], help[7:-1]
        said = f"{{value: {said}}}" if "{value" in written else said
        memory = case_from_text(f"case: x\nfacts:\n  {name}: {said}\n", "x.yaml", small)
        assert memory.values[name] is not None


def test_a_number_of_a_file_with_a_point_is_what_stands_there(small: RuleBase) -> None:
    memory = case_from_text("case: x\nfacts: {index: 1.200, share: 0.8}\n", "x.yaml", small)
    assert (memory.values["index"], memory.values["share"]) == (D("1.2"), D("0.8"))


@pytest.mark.parametrize("text", ["", "facts:\n  index: 5\n", '{"facts": {"index": 5}}'])
def test_an_imprecise_value_alone_is_written_so_that_it_reads_back(text: str, small: RuleBase) -> None:
    before = case_from_text(text or "facts: {}\n", "x.yaml", small)
    memory = before.saying("share", Statement(OVER_80))
    written = write_fact(text, "x.yaml", small, memory, "share")
    assert case_from_text(written, "x.yaml", small).statements == memory.statements


@pytest.mark.parametrize("typed", ["80-85, probably 82", "about 80, probably 82", "over 80, probably 90", "under 1"])
def test_what_was_typed_is_written_so_that_it_reads_back(typed: str, small: RuleBase) -> None:
    value = read(small.terms["share"], typed).value
    memory = case_from_text("facts: {}\n", "x.yaml", small).saying("share", Statement(value))
    written = write_fact("facts: {}\n", "x.yaml", small, memory, "share")
    assert case_from_text(written, "x.yaml", small).statements == memory.statements


def test_what_may_be_a_fraction_is_listed(small: RuleBase) -> None:
    facts = "{share: {value: 0.8, by: finance}, index: 0.8}"
    memory = case_from_text(f"case: x\nfacts: {facts}\n", "x.yaml", small)
    listed = "taken as 0.8% and may be meant as a fraction: share"
    diagnosis = salesdx.diagnose(small, memory)
    assert [note for note in diagnosis.notes if "fraction" in note] == [listed]
    assert f"T{listed[1:]}".replace("share", "“on time”") in render([diagnosis], "markdown")
    said = memory.statements["share"][0]
    assert said_value(memory, small.terms["share"], said) == "0.8% of orders, or meant as a fraction?"
    small_one = replace(small.terms["share"], small=True)
    assert said_value(memory, small_one, said) == "0.8% of orders"


def test_an_end_from_the_range_alone_is_not_shown(small: RuleBase) -> None:
    share = small.terms["share"]
    assert amount(share, OVER_80) == "over 80% of orders"
    assert amount(share, UNDER_80) == "under 80% of orders"
    assert amount(share, span("0", "100")) == "0 to 100% of orders"
    assert shown_value(OVER_80) == "over 80 to 100"
    assert shown_value(OVER_80, D("80")) == "over 80 to 100", "as many digits as tell it from the limit"
    assert shown_value(span("84.99999996", "90"), D("85")) == "84.99999996 to 90"


# --- hostile input ----------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["8", "80", "0.8", "1.200", "-", "–", "to", "and", "between", "over", "at most", "about", "~", "%", "months",
     "years", ",", ".", "'", " ", "\n", "\u202f", "٨", "e", "or more", "probably", "(", ")", "June", "2026", "in", "\0",
     "🙂", "<"]
)  # fmt: skip


@given(
    st.sampled_from([SHARE, SMALL, RATIO, FREE, DEALS, MONTHS, WORKING, SUBJECT, DAY, HELD]),
    st.one_of(st.lists(PIECES, max_size=12).map(" ".join), st.lists(PIECES, max_size=12).map("".join), st.text()),
)
def test_anything_typed_is_read_within_the_range_or_refused_in_one_line(term: Term, text: str) -> None:
    try:
        found = read_answer(term, text, TODAY)
    except AnswerError as error:
        assert str(error)
        assert "\n" not in str(error)
        return
    assert (found.value is None) == (found.unknown is not None)
    ends = (found.value.low, found.value.high) if isinstance(found.value, Interval) else (found.value, found.value)
    for end in ends:
        if isinstance(end, Decimal) and term.low is not None and term.high is not None:
            assert term.low <= end <= term.high
            assert term.type != "integer" or end == int(end)


@pytest.mark.parametrize("piece", ["1 ", "1.", "over ", "about ", "80-", "(", "'", "a "])
def test_a_long_answer_is_refused_at_once(piece: str) -> None:
    for term in (SHARE, DAY, SUBJECT, HELD):
        assert refused(term, piece * 5_000 + "1") == "an answer has 200 characters at most; a remark goes into the note"


def test_days_count_from_the_first_after_the_end() -> None:
    value = read(DAY, "after 2026-06-01").value
    assert isinstance(value, Interval)
    assert value.low == date(2026, 6, 1) + timedelta(1)
