"""Questionnaires: what is asked of whom, what comes back, and what is refused."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import openpyxl
import pytest
from click.testing import CliRunner, Result

import salesdx
from conftest import ROOT
from homes import load_home, memory_of
from questionnaires import (
    CASE,
    EMPTY,
    FORMS,
    SECRETS,
    case_memory,
    held,
    page_form,
    save,
    workbook_form,
    yaml_form,
)
from random_cases import fuzz_cases, random_case, values_of
from salesdx.base.model import RuleBase
from salesdx.case.file import FIRM_FILE, case_from_text, read_case_file
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.cli import cli
from salesdx.interview.open_questions import questions_by_respondent
from salesdx.interview.question import survey
from salesdx.language.intervals import Interval
from salesdx.questionnaire import Questionnaire
from salesdx.questionnaire.collecting import answered_twice, collect
from salesdx.questionnaire.replies import Reply, read_reply
from salesdx.questionnaire.workbook import HEADER, write_workbook
from salesdx.questionnaire.yaml_form import to_yaml
from salesdx.render.form_page import form_html
from salesdx.services.questionnaires import open_questionnaire
from salesdx.text.issues import Issue

NOT_KNOWN = (Statement(unknown=Unknown.NOT_KNOWN),)


def run(*words: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, [*map(str, words)], input=stdin, prog_name="salesdx", catch_exceptions=False)


@pytest.fixture(scope="module")
def memory(base: RuleBase) -> WorkingMemory:
    return case_memory(base)


@pytest.fixture(scope="module")
def production(base: RuleBase, memory: WorkingMemory) -> Questionnaire:
    return open_questionnaire(base, memory, "production")


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return save(tmp_path, "north-2026.yaml", CASE)


# --- what is asked ----------------------------------------------------------------------------------------------------


def walk(random: Random, base: RuleBase, memory: WorkingMemory) -> Iterator[WorkingMemory]:
    """An interview with random answers, from a case to its end."""
    while True:
        yield memory
        question = survey(base, memory).question
        if question is None:
            return
        name = question.term.name
        if random.random() < 0.2:
            memory = memory.with_statements(name, NOT_KNOWN)
        else:
            value = random.choice(values_of(name, base))
            memory = memory.with_statements(name, (Statement(value),))  # type: ignore[arg-type]


def open_questions(base: RuleBase, memory: WorkingMemory) -> list[str]:
    asked = {term.name for terms in questions_by_respondent(base, memory).values() for term in terms}
    return [name for name in base.terms if name in asked]


def test_whatever_an_interview_asks_next_is_among_the_open_questions(base: RuleBase) -> None:
    random = Random(5)
    for n in range(fuzz_cases(9)):
        start = random_case(random, base).memory(base) if n % 3 else WorkingMemory(base, {})
        for memory in walk(random, base, start):
            question = survey(base, memory).question
            left = open_questions(base, memory)
            assert question is None or question.term.name in left


def test_every_status_question_of_the_whole_way_is_sent_out_at_its_start(base: RuleBase) -> None:
    """Where the subject is known and no stage is confirmed yet: answers can only take questions away, never add one
    about a stage's status."""
    random = Random(6)
    start = WorkingMemory(base, {}).headed({"kind": "person"}, None)
    left = set(open_questions(base, start))
    for _ in range(fuzz_cases(4)):
        for memory in walk(random, base, start):
            question = survey(base, memory).question
            if question and question.why.purpose in ("pinned", "mode", "status"):
                assert question.term.name in left


def test_each_respondent_gets_the_own_questions_in_the_order_of_the_ladder(
    base: RuleBase, memory: WorkingMemory
) -> None:
    left = open_questions(base, memory)
    found = questions_by_respondent(base, memory)
    assert sorted(term.name for terms in found.values() for term in terms) == sorted(left)
    order = list(base.terms)
    for respondent, terms in found.items():
        assert {term.respondent for term in terms} == {respondent}
        assert [term.name for term in terms] == sorted((term.name for term in terms), key=order.index)
        assert open_questionnaire(base, memory, respondent).questions == terms
    homes = [base.terms[name].home for name in left]
    before, after = ["profile", "scope"], ["success"]
    companys = ["goals", "product", "pricing", "delivery", "service", "training", "marketing"]
    assert list(dict.fromkeys(homes)) == [*before, *companys, *after]


def test_what_is_settled_is_asked_no_more(base: RuleBase) -> None:
    known = salesdx.read_case(ROOT / "examples" / "late-delivery.yaml", base)
    assert "production" not in questions_by_respondent(base, known)
    before = known
    for name in [name for name in known.statements if name.startswith("delivery_")]:
        before = before.with_statements(name, ())
    assert "delivery_otif_pct" in [term.name for term in questions_by_respondent(base, before)["production"]]


def test_rules_that_nobody_looked_at_are_asked_about(base: RuleBase) -> None:
    known = read_case_file(ROOT / "rules" / "cases" / "scope-everything-looked-at-nothing-found.yaml", base)
    assert survey(base, known).question.why.purpose == "examine"  # type: ignore[union-attr]
    unexamined = {name for rule in survey(base, known).diagnosis.unexamined for name in rule.terms}
    assert unexamined
    assert unexamined <= set(open_questions(base, known))


# --- what a form holds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", EMPTY)
@pytest.mark.parametrize("respondent", ["production", "finance", "sales_ops"])
def test_a_form_holds_nothing_of_what_is_known_and_nothing_of_others(
    form: str, respondent: str, base: RuleBase, memory: WorkingMemory
) -> None:
    found = open_questionnaire(base, memory, respondent)
    text = held(EMPTY[form](found))
    own = {term.name for term in found.questions}
    printed = " ".join(part for term in found.questions for part in (term.question, term.evidence, term.derive))
    assert [secret for secret in SECRETS if secret in text] == []
    for name, term in base.terms.items():
        if name not in own:
            assert not re.search(rf"\b{name}\b", text) or name in printed, name
            assert not term.question or term.question not in text or term.question in printed
        elif term.note:
            assert term.note not in text  # it tells which answers are good
    assert all(name in text for name in own)
    for shown in ("north-2026", "territory", "T-17", "2026-07-01", "2026-09-30", base.digest):
        assert shown in text


def test_the_text_form_is_for_people(production: Questionnaire) -> None:
    text = to_yaml(production)
    assert text.startswith("# Questions for production and logistics: case north-2026\n# Please answer what you know")
    assert max(map(len, (line for line in text.splitlines() if line.startswith("#")))) <= 100
    assert text.count("    answer: \n") == len(production.questions)
    first = production.questions[0]
    assert f'  - term: {first.name}\n    question: "{first.question}"\n    answer_as: "% of orders, 0 to 100"\n' in text


def test_the_workbook_is_for_people(production: Questionnaire) -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(production)))
    sheet, hidden = book.worksheets
    assert hidden.sheet_state == "veryHidden"
    assert sheet.protection.sheet
    assert sheet.freeze_panes == f"C{HEADER + 1}"
    assert sheet.column_dimensions["L"].hidden
    row = HEADER + 1
    assert [sheet.cell(row, n).protection.locked for n in range(1, 13)] == [True] * 5 + [False] * 6 + [True]
    assert sheet.cell(row, 2).value == production.questions[0].question
    assert sheet.cell(row, 2).alignment.wrap_text
    made = {str(check.sqref): check for check in sheet.data_validations.dataValidation}
    assert made[f"F{row}"].formula1 == (f"IF(ISNUMBER(F{row}),AND(TRUE,F{row}>=0,F{row}<=100),ISTEXT(F{row}))")
    assert made[f"F{row}"].error == (
        "Write a number from 0 to 100, or in words: “80 to 85”, “about 80”, “not known”, “not applicable”."
    )


def test_choices_are_a_drop_down(base: RuleBase, memory: WorkingMemory) -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(open_questionnaire(base, memory, "hr"))))
    sheet, hidden = book.worksheets
    lists = [check for check in sheet.data_validations.dataValidation if check.type == "list"]
    assert lists
    cells = [[row[0].value for row in hidden[check.formula1.partition("!")[2].replace("$", "")]] for check in lists]
    assert ["yes", "no", "not known", "not applicable"] in cells
    assert list(base.evidence_ranks) == cells[-1]
    assert str(lists[-1].sqref) == f"G{HEADER + 1}:G{sheet.max_row}"


KINDS = (
    *("transaction data", "third-party buyer interviews", "customer survey", "signed record", "CRM fields"),
    *("respondent's estimate", "seller's note", "opinion"),
)


def test_every_form_names_the_kinds_of_evidence_and_chooses_none(production: Questionnaire) -> None:
    assert production.kinds == KINDS
    told = " ".join(to_yaml(production).replace("\n#", "").split())
    assert f"`kind:` is what the answer rests on, one of: {', '.join(KINDS)}; or nothing." in told
    assert to_yaml(production).count("    kind: \n") == len(production.questions)
    chosen = form_html(production).partition('data-key="kind"')[2].partition("</select>")[0]
    assert chosen.count("<option") == len(KINDS) + 1
    assert chosen.partition("<option")[2].startswith(' value="">Not said</option>')
    sheet = openpyxl.load_workbook(io.BytesIO(write_workbook(production))).worksheets[0]
    assert {sheet.cell(row, 7).value for row in range(HEADER + 1, sheet.max_row + 1)} == {None}


def test_a_rough_date_of_a_workbook_stays_as_it_was_typed(base: RuleBase, tmp_path: Path) -> None:
    """In a cell for dates a program makes the first of March of "March 2026"."""
    known = WorkingMemory(base, {}, "x", {"kind": "person"})
    name = next(term.name for term in base.terms.values() if term.type == "date" and term.question)
    who = base.terms[name].respondent
    form = Questionnaire(
        {"case": "x", "subject": {"kind": "person"}}, who, who, base.digest, (base.terms[name],), KINDS
    )
    content = workbook_form(form, {name: {"answer": "March 2026"}})
    assert openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].cell(HEADER + 1, 6).number_format == "@"
    assert read(content, base, known, tmp_path).statements[name].value == Interval(date(2026, 3, 1), date(2026, 3, 31))


HOSTILE = '=HYPERLINK("x") </script><script>alert(1)</script> "><img src=x onerror=\'a\'> &amp; {{7*7}} # a: b'


@pytest.fixture
def hostile(tmp_path: Path) -> tuple[RuleBase, WorkingMemory]:
    terms = {
        "h_number": {"type": "number", "range": [0, 10], "unit": HOSTILE},
        "h_choice": {"type": "enum", "values": ["a_b", "c"]},
        "h_yes": {"type": "boolean"},
    }
    texts = {"question": HOSTILE, "derive": HOSTILE, "evidence": HOSTILE, "respondent": "finance"}
    made = {name: {**texts, **term} for name, term in terms.items()}
    rules = {"Q1": "h_number > 1 and h_choice == 'c' and h_yes"}
    base = load_home(tmp_path / "home", {"only": {"terms": made, "rules": rules}})
    return base, replace(memory_of(base, {"case_attainment_pct": 50}), case=HOSTILE[:60])


@pytest.mark.parametrize("form", FORMS)
def test_hostile_texts_of_a_rule_base_stay_texts(
    form: str, hostile: tuple[RuleBase, WorkingMemory], tmp_path: Path
) -> None:
    base, memory = hostile
    found = open_questionnaire(base, memory, "finance")
    answers = {"h_number": {"answer": "2"}, "h_choice": {"answer": "a b"}, "h_yes": {"answer": "no"}}
    reply = read(FORMS[form](found, answers), base, memory, tmp_path)
    assert {name: said.value for name, said in reply.statements.items()} == {
        "h_number": Decimal(2),
        "h_choice": "a_b",
        "h_yes": False,
    }
    if form == "xlsx":
        assert not re.search(r"<f\b", held(write_workbook(found)))


def test_hostile_texts_bring_no_element_into_the_page(hostile: tuple[RuleBase, WorkingMemory]) -> None:
    page = form_html(open_questionnaire(*hostile, "finance"))
    assert page.count("<script") == 1
    assert not re.search(r"<img|onerror=(?!&)'|javascript:", page)
    assert "=HYPERLINK(&#34;x&#34;) &lt;/script&gt;&lt;script&gt;alert(1)" in page
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert policy[1].startswith("default-src &#39;none&#39;;")
    assert "unsafe-inline" not in policy[1].partition("script-src")[2]
    assert not re.search(r"https?://", page)


# --- what comes back --------------------------------------------------------------------------------------------------


def read(content: bytes, base: RuleBase, memory: WorkingMemory, folder: Path) -> Reply:
    reply, issues = read_reply(save(folder, "reply", content), base, memory)
    assert issues == ()
    assert reply is not None
    return reply


ANSWERS = {
    "delivery_otif_pct": {"answer": "91%", "source": "ERP deliveries", "date": "30 Sep 2026", "note": "first date"},
    "delivery_orders_n": {"answer": "210", "kind": "transaction data"},
    "delivery_lead_time_ratio": {"answer": "not known"},
    "delivery_utilisation_pct": {"answer": "not applicable", "reason": "we own no plant"},
}
SAID = {
    "delivery_otif_pct": Statement(
        Decimal(91), by="production", source="ERP deliveries", date=date(2026, 9, 30), note="first date"
    ),
    "delivery_orders_n": Statement(Decimal(210), by="production", kind="transaction data"),
    "delivery_lead_time_ratio": Statement(unknown=Unknown.NOT_KNOWN, by="production"),
    "delivery_utilisation_pct": Statement(unknown=Unknown.NOT_APPLICABLE, by="production", reason="we own no plant"),
}


@pytest.mark.parametrize("form", FORMS)
def test_answers_come_back_as_statements_of_the_respondent(
    form: str, base: RuleBase, production: Questionnaire, case: Path
) -> None:
    file = save(case.parent, f"production.{form}", FORMS[form](production, ANSWERS))
    found = run("collect", case, file)
    assert (found.exit_code, found.stderr) == (0, "")
    assert "Production and logistics: 4 answers (4 new)" in found.stdout
    left = len(production.questions) - 4
    assert f"; {left} question{'s' * (left != 1)} left open" in found.stdout
    assert f"saved in {case}" in found.stdout.replace("\n", " ")
    after = read_case_file(case, base)
    assert {name: after.statements[name] for name in SAID} == {name: (said,) for name, said in SAID.items()}
    before = case_memory(base).statements
    assert {name: said for name, said in after.statements.items() if name not in SAID} == before
    assert case.read_text("utf-8").startswith(CASE)  # all that stood there, comments too
    assert sorted(path.name for path in case.parent.iterdir()) == sorted([case.name, file.name])


def test_collecting_twice_changes_nothing(production: Questionnaire, case: Path) -> None:
    file = save(case.parent, "production.yaml", yaml_form(production, ANSWERS))
    run("collect", case, file)
    once = case.read_bytes()
    again = run("collect", case, file)
    assert "4 answers (4 as before)" in again.stdout
    assert f"{case} is as it was" in again.stdout
    assert case.read_bytes() == once


def test_an_answer_that_is_of_no_day_of_the_period_is_told_to_who_collects_it(
    production: Questionnaire, case: Path
) -> None:
    said = {"delivery_otif_pct": {"answer": "91%", "date": "2062-01-01"}, "delivery_orders_n": {"answer": "210"}}
    found = run("collect", case, save(case.parent, "production.yaml", yaml_form(production, said)))
    shown = " ".join(found.stdout.split())
    assert "91% of orders; of 2062-01-01, it does not count, since that day is still to come" in shown
    assert shown.count("does not count") == 1


def test_the_own_statement_is_replaced_and_those_of_others_are_kept(
    base: RuleBase, memory: WorkingMemory, production: Questionnaire, case: Path
) -> None:
    told = "  delivery_otif_pct:\n    - {value: 70, by: production, source: survey}\n    - {value: 95, by: sales_rep}\n"
    case.write_text(CASE + told, "utf-8")
    file = save(case.parent, "production.yaml", yaml_form(production, ANSWERS))
    found = run("collect", case, file)
    assert "4 answers (3 new, 1 replaced)" in found.stdout
    said = read_case_file(case, base).statements["delivery_otif_pct"]
    assert said == (Statement(Decimal(95), by="sales_rep"), SAID["delivery_otif_pct"])


@pytest.mark.parametrize("form", FORMS)
def test_an_unanswered_questionnaire_changes_nothing(form: str, production: Questionnaire, case: Path) -> None:
    file = save(case.parent, "empty", FORMS[form](production, {}))
    found = run("collect", case, file)
    assert found.exit_code == 0
    assert f"no answers; {len(production.questions)} questions left open" in found.stdout
    assert case.read_text("utf-8") == CASE


def test_several_files_at_once_and_standard_input(base: RuleBase, memory: WorkingMemory, case: Path) -> None:
    finance = open_questionnaire(base, memory, "finance")
    name = next(term.name for term in finance.questions if term.type == "percent")
    first = save(case.parent, "p.yaml", yaml_form(open_questionnaire(base, memory, "production"), ANSWERS))
    second = page_form(finance, {name: {"answer": "12"}})
    found = run("collect", case, first, "-", stdin=second)
    assert found.exit_code == 0
    after = read_case_file(case, base)
    assert [said.by for said in after.statements[name]] == ["finance"]
    assert [said.by for said in after.statements["delivery_otif_pct"]] == ["production"]


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("delivery_otif_pct", "91,5 %", Decimal("91.5")),
        ("delivery_otif_pct", "not_known", None),
        ("delivery_otif_pct", "don't know", None),
        ("delivery_orders_n", "1250", Decimal(1250)),
        ("delivery_lead_time_ratio", "1.6", Decimal("1.6")),
        ("delivery_otif_pct", "no idea", None),
        ("delivery_otif_pct", "80-85", Interval(Decimal(80), Decimal(85))),
        ("delivery_otif_pct", "about 80%", Interval(Decimal(72), Decimal(88))),
        ("delivery_orders_n", "over 100", Interval(Decimal(101), Decimal(10_000_000))),
        ("delivery_otif_pct", "0.8", Decimal("0.8")),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_people_write_as_they_talk(
    form: str, name: str, typed: str, value: Decimal | None, base: RuleBase, memory: WorkingMemory, tmp_path: Path
) -> None:
    found = open_questionnaire(base, memory, "production")
    reply = read(FORMS[form](found, {name: {"answer": typed}}), base, memory, tmp_path)
    assert reply.statements[name].value == value
    assert reply.statements[name].note == (typed if isinstance(value, Interval) else "")


@pytest.mark.parametrize("typed", ["7 8", "1'200", "1,200", "1.200", "7\n      8", "1\u202f200"])
@pytest.mark.parametrize("form", FORMS)
def test_a_number_with_marks_inside_is_refused_with_its_readings(
    form: str, typed: str, base: RuleBase, memory: WorkingMemory, tmp_path: Path
) -> None:
    found = open_questionnaire(base, memory, "production")
    content = FORMS[form](found, {"delivery_orders_n": {"answer": typed}})
    (issue,) = faults(content, base, memory, tmp_path)
    assert "can be read as " + ("78 or 7.8 or 7-8" if typed[0] == "7" else "1200 or 1.2") in issue.message


def test_a_reason_may_stand_in_the_answer(base: RuleBase, memory: WorkingMemory, tmp_path: Path) -> None:
    found = open_questionnaire(base, memory, "production")
    typed = {"delivery_otif_pct": {"answer": "not applicable, we ship nothing"}}
    said = read(yaml_form(found, typed), base, memory, tmp_path).statements["delivery_otif_pct"]
    assert (said.unknown, said.reason) == (Unknown.NOT_APPLICABLE, "we ship nothing")


@pytest.mark.parametrize(
    ("typed", "format", "value"),
    [
        (0.91, "0%", Decimal(91)),  # Excel makes a fraction of a typed 91%
        (0.915, "0.0%", Decimal("91.5")),
        (91, "General", Decimal(91)),
        (0.5, "General", Decimal("0.5")),
        ("91%", "General", Decimal(91)),
        (78.00000000000001, "General", Decimal(78)),
        (0.5700000000000001, "0%", Decimal(57)),
        (0.91, "0", Decimal("0.91")),
        ("about 80", "General", Interval(Decimal(72), Decimal(88))),
    ],
)
def test_a_cell_means_what_it_shows(
    typed: object, format: str, value: Decimal, base: RuleBase, memory: WorkingMemory, production: Questionnaire,
    tmp_path: Path,
) -> None:  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO(workbook_form(production, {"delivery_otif_pct": {"answer": typed}})))
    cell = book.worksheets[0].cell(HEADER + 1, 6)
    assert cell.value == typed
    cell.number_format = format
    book.save(tmp_path / "answers.xlsx")
    reply, issues = read_reply(tmp_path / "answers.xlsx", base, memory)
    assert issues == ()
    assert reply
    assert reply.statements["delivery_otif_pct"].value == value


def test_dates_and_switches_of_cells(base: RuleBase, tmp_path: Path) -> None:
    known = WorkingMemory(base, {}, "x", {"kind": "person"})
    form = open_questionnaire(base, known, "sales_manager")
    name = next(term.name for term in form.questions if term.type == "boolean")
    content = workbook_form(form, {name: {"answer": True, "date": datetime(2026, 9, 12)}})
    said = read(content, base, known, tmp_path).statements[name]
    assert (said.value, said.date) == (True, date(2026, 9, 12))


def test_formulas_are_texts(base: RuleBase, memory: WorkingMemory, production: Questionnaire, tmp_path: Path) -> None:
    name = "delivery_otif_pct"
    content = workbook_form(production, {name: {"answer": 5, "source": '=HYPERLINK("http://x")', "note": "=1+1"}})
    said = read(content, base, memory, tmp_path).statements[name]
    assert (said.source, said.note) == ('=HYPERLINK("http://x")', "=1+1")
    file = save(tmp_path, "f.xlsx", workbook_form(production, {name: {"answer": "=90+1"}}))
    _, issues = read_reply(file, base, memory)
    assert [issue.message for issue in issues] == [
        f"cell F{HEADER + 1}: `{name}`: `=90+1` is no answer: this must be a number, in % of orders"
    ]


# --- what is refused --------------------------------------------------------------------------------------------------


def faults(content: bytes | str, base: RuleBase, memory: WorkingMemory | None, folder: Path) -> tuple[Issue, ...]:
    reply, issues = read_reply(save(folder, "reply.yaml", content), base, memory)
    assert reply is None
    assert issues
    return issues


def marked(issue: Issue) -> str:
    place = issue.place
    return place.text[place.column - 1 : place.end_column - 1]


FIRST = "  - term: delivery_otif_pct\n"
BLANKS = "    answer: \n    kind: \n    source: \n    date: \n    reason: \n    note: \n"
WRONG = {
    # what is changed in the questionnaire: code, marked words, a part of the message
    ("case: north-2026", "case: south"): ("other-case", "south", "about case `south`, the case file about `north-"),
    ("kind: territory", "kind: person"): ("other-case", "{kind: person, ref: T-17}", "kind person, ref T-17"),
    ('to: "2026-09-30"', 'to: "2026-12-31"'): ("other-case", '{from: "2026-07-01", to: "2026-12-31"}', "2026-12-31"),
    ("period: {", "periods: {"): ("unknown-key", "periods", "no key `periods`"),
    ("respondent: production", "respondent: produktion"): ("respondent", "produktion", "no respondent `produktion`"),
    ("respondent: production", "respondent: finance"): ("not-theirs", "delivery_otif_pct", "to production, not to"),
    ("questionnaire: 2", "questionnaire: 1"): ("version", "1", "version `1`, version 2 can be read"),
    (FIRST, "  - term: price_index_vs_competitor_pct\n"): (
        "not-theirs", "price_index_vs_competitor_pct", "is a question to finance, not to production",
    ),
    (FIRST, "  - term: delivery_otiff_pct\n"): ("unknown-term", "delivery_otiff_pct", "no term `delivery_otiff_pct`"),
    ("promised?", "promised, roughly?"): ("question", None, "is not the one that is asked today"),
    ('answer_as: "% of orders, 0 to 100"', 'answer_as: "% of orders, 0 to 10"'): (
        "question", '"% of orders, 0 to 10"', "is not the one that is asked today",
    ),
    (BLANKS, "    answer: 191%\n"): ("answer", "191%", "`delivery_otif_pct` is outside its range 0 to 100"),
    (BLANKS, "    answer: 1,250\n"): ("answer", "1,250", "`1,250` can be read as 1250 or 1.25; write one of these"),
    (BLANKS, "    answer: most of them\n"): ("answer", "most of them", "this must be a number, in % of orders"),
    (BLANKS, "    answer: [91]\n"): ("answer", "[91]", "has a list for an answer"),
    (BLANKS, "    answer: not applicable\n"): ("reason", "not applicable", "does not apply, but nobody says why"),
    (BLANKS, "    answer: \n    source: ERP\n"): ("no-answer", "ERP", "has a source but no answer"),
    (BLANKS, "    answer: 91\n    source: report#3\n"): None,
    (BLANKS, "    answer: 91\n    source: report # 3\n"): ("comment", "# 3", "what stands behind `#` is not read"),
    (BLANKS, "    answer: 91\n    date: yesterday\n"): ("date", "yesterday", "`yesterday` is no date"),
    (BLANKS, "    answer: 91\n    date: 3/4/2026\n"): ("date", "3/4/2026", "can be read in two ways"),
    (BLANKS, "    answer: 91\n    kind: transaction_Data\n    source: report#3\n"): None,
    (BLANKS, "    answer: 91\n    kind: invoices\n"): ("kind", "invoices", "no kind of evidence `invoices`"),
    (BLANKS, "    kind: opinion\n"): ("no-answer", "opinion", "has a kind but no answer"),
    (BLANKS, "    answer: 91\n    sauce: ERP\n"): ("unknown-key", "sauce", "a question has no key `sauce`"),
    (BLANKS, "    answer: 91\n    answer: 92\n"): ("duplicate-key", "answer", "stands here twice"),
    (BLANKS, "    answer: &a 91\n"): ("anchor", "&a", "anchors are not allowed"),
    (BLANKS, "    answer: !!int 91\n"): ("tag", "!!int", "tags are not allowed"),
    (BLANKS, "    answer:91\n"): ("not-yaml", None, ""),
    (BLANKS, "    answer: 91\x07\n"): ("not-printable", None, "U+0007"),
}  # fmt: skip


@pytest.mark.parametrize("edit", WRONG, ids=lambda edit: edit[1].strip().replace("\n", "|")[:50])
def test_what_does_not_belong_is_refused_with_its_place(
    edit: tuple[str, str], base: RuleBase, memory: WorkingMemory, production: Questionnaire, tmp_path: Path
) -> None:
    text = to_yaml(production)
    assert edit[0] in text
    path = save(tmp_path, "reply.yaml", text.replace(*edit, 1))
    reply, issues = read_reply(path, base, memory)
    if WRONG[edit] is None:
        assert reply
        assert reply.statements["delivery_otif_pct"].source == "report#3"
        return
    assert reply is None
    code, words, message = WRONG[edit]  # type: ignore[misc]
    found = next(issue for issue in issues if issue.code == code)
    assert words is None or marked(found) == words
    assert message in found.message
    assert (found.place.path, found.place.text) == (
        str(path),
        text.replace(*edit, 1).splitlines()[found.place.line - 1],
    )


def test_an_answer_counts_only_for_the_question_as_it_is_asked(
    base: RuleBase, memory: WorkingMemory, production: Questionnaire, tmp_path: Path
) -> None:
    text = to_yaml(production).replace("promised?", "promised, roughly?", 1)
    assert [issue.help for issue in faults(text, base, memory, tmp_path)] == ["ask again with `salesdx ask`"]
    older = re.sub("sha256:[0-9a-f]{6}", "sha256:000000", text)
    found = faults(older, base, memory, tmp_path)
    assert [issue.help for issue in found] == ["the rule base has changed since; ask again with `salesdx ask`"]


def test_a_question_that_stands_twice_is_refused(
    base: RuleBase, memory: WorkingMemory, production: Questionnaire, tmp_path: Path
) -> None:
    head, _, first = to_yaml(replace(production, questions=production.questions[:1])).partition("  - term:")
    first = first.rstrip()
    found = faults(f"{head}  - term:{first}\n  - term:{first}\n", base, memory, tmp_path)
    assert [(issue.code, marked(issue)) for issue in found] == [("twice", "delivery_otif_pct")]


def test_the_cell_is_named(base: RuleBase, memory: WorkingMemory, production: Questionnaire, tmp_path: Path) -> None:
    rows = {"delivery_otif_pct": {"answer": 191, "date": "soon"}, "delivery_orders_n": {"answer": 1.5}}
    found = faults(workbook_form(production, rows), base, memory, tmp_path)
    n = [term.name for term in production.questions].index("delivery_orders_n")
    cells = [(HEADER + 1, 6), (HEADER + 1, 9), (HEADER + 1 + n, 6)]
    assert [(i.place.line, i.place.column) for i in found] == cells
    assert [i.message.partition(":")[0] for i in found] == [
        f"cell F{HEADER + 1}",
        f"cell I{HEADER + 1}",
        f"cell F{HEADER + 1 + n}",
    ]


def test_all_faults_of_all_files_are_shown_and_nothing_is_written(
    base: RuleBase, memory: WorkingMemory, production: Questionnaire, case: Path
) -> None:
    good = save(case.parent, "good.yaml", yaml_form(open_questionnaire(base, memory, "product"), {}))
    bad = {
        "delivery_otif_pct": {"answer": "191%", "date": "soon"},
        "delivery_orders_n": {"answer": "many"},
    }
    first = save(case.parent, "a.yaml", yaml_form(production, bad))
    second = save(case.parent, "b.xlsx", workbook_form(production, {"delivery_otif_pct": {"answer": 300}}))
    third = save(case.parent, "c.json", page_form(production, ANSWERS).replace(b"north-2026", b"south-2026"))
    found = run("collect", case, third, second, good, first, "nowhere.yaml")
    assert found.exit_code == 1
    assert found.stdout == ""
    places = re.findall(r"^error\[(\S+)\] \S*?([\w.]+):\d+:\d+:", found.stderr, re.M)
    assert places == [
        ("answer", "a.yaml"), ("date", "a.yaml"), ("answer", "a.yaml"), ("answer", "b.xlsx"), ("other-case", "c.json"),
        ("unreadable", "nowhere.yaml"),
    ]  # fmt: skip
    assert found.stderr.endswith("6 faults in 4 files; the case is as it was\n")
    assert case.read_text("utf-8") == CASE


def test_a_faulty_case_is_shown_together_with_the_faults_of_the_answers(production: Questionnaire, case: Path) -> None:
    case.write_text(CASE.replace("goal_measurable: true", "goal_measurable: perhaps"), "utf-8")
    file = save(case.parent, "p.yaml", yaml_form(production, {"delivery_otif_pct": {"answer": "191%"}}))
    found = run("collect", case, file)
    assert found.exit_code == 1
    assert "`goal_measurable` must be" in found.stderr
    assert "`delivery_otif_pct` is outside its range 0 to 100 (% of orders): 191" in found.stderr


def test_two_answers_of_one_respondent_to_one_question_are_refused(
    base: RuleBase, memory: WorkingMemory, production: Questionnaire, case: Path
) -> None:
    first = save(case.parent, "a.yaml", yaml_form(production, ANSWERS))
    second = save(case.parent, "b.json", page_form(production, {"delivery_otif_pct": {"answer": "91"}}))
    found = run("collect", case, first, second)
    assert found.exit_code == 1
    assert f"b.json:{line_of(second, '91')}" in found.stderr
    assert "production answers `delivery_otif_pct` in " in found.stderr
    assert run("collect", case, first, first).exit_code == 0  # one file named twice is one file
    assert answered_twice([]) == ()


def line_of(path: Path, word: str) -> int:
    lines = path.read_text("utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if f'"{word}"' in line)


def test_a_result_that_contradicts_its_formula_is_refused(tmp_path: Path) -> None:
    terms = {
        "wins": {"type": "integer", "range": [0, 10]},
        "all_of_them": {"type": "integer", "range": [1, 10]},
        "share": {
            "type": "number", "range": [0, 100], "formula": "wins / all_of_them * 100", "tolerance": Decimal("0.1"),
        },
    }  # fmt: skip
    base = load_home(tmp_path / "home", {"only": {"terms": terms, "rules": {"Q1": "share > 50 and wins > 3"}}})
    memory = memory_of(base, {"share": 20, "wins": 5, "case_attainment_pct": 50})
    form = open_questionnaire(base, WorkingMemory(base, {}, memory.case), "finance")
    reply = read(yaml_form(form, {"all_of_them": {"answer": "10"}}), base, memory, tmp_path)
    _, issues = collect(memory, [reply])
    assert [(issue.code, issue.message) for issue in issues] == [
        ("computed", "`share` is computed from other facts as 50, here it is 20")
    ]


# --- hostile files ----------------------------------------------------------------------------------------------------


def test_hostile_texts_are_refused(base: RuleBase, memory: WorkingMemory, tmp_path: Path) -> None:
    deep = "[" * 5000 + "]" * 5000
    bombs = {
        "too-deep": f"questionnaire: 2\nquestions: {deep}\n",
        "alias": "a: &a [x, x]\nquestions: [*a, *a]\n",
        "too-large": "# " + "x" * (1 << 20),
        "not-utf-8": b"questionnaire: 2\ncase: \xff\xfe\n",
        "two-documents": "questionnaire: 2\n---\nquestionnaire: 2\n",
        "empty": "# nothing\n",
        "type": "[1, 2]",
        "duplicate-key": '{"questionnaire": 2, "case": "a", "case": "b", "respondent": "hr", "questions": []}',
        "missing-key": "{}",
        "page": "\n<!DOCTYPE html><html></html>",
    }
    for code, content in bombs.items():
        assert code in {issue.code for issue in faults(content, base, memory, tmp_path)}, code


def packed(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def parts_of(book: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def lying(book: bytes) -> bytes:
    """An archive whose parts say that they unpack to one byte."""
    found, at = bytearray(book), 0
    while (at := found.find(b"PK\x01\x02", at)) >= 0:
        found[at + 24 : at + 28] = (1).to_bytes(4, "little")
        at += 4
    return bytes(found)


def test_hostile_workbooks_are_refused(
    base: RuleBase, memory: WorkingMemory, production: Questionnaire, tmp_path: Path
) -> None:
    book = write_workbook(production)
    parts = parts_of(book)
    sheet = "xl/worksheets/sheet1.xml"
    doctype = parts[sheet].replace(b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet', 1)
    hidden = doctype.decode().encode("utf-16")
    hostile = {
        "unpacks to more": packed({**parts, "xl/media/zeros": bytes(40 << 20)}),
        "100 parts": packed({**parts, **{f"xl/p{n}": b"" for n in range(200)}}),
        "definitions of its own": packed({**parts, sheet: doctype}),
        "definitions of its own ": packed({**parts, sheet: hidden}),
        "no office program": packed(parts, zipfile.ZIP_BZIP2),
        "no Excel workbook": lying(book),
        "no Excel workbook ": book[: len(book) // 2],
        "no Excel workbook  ": packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
        "no Excel workbook   ": packed({**parts, sheet: b"<worksheet"}),
        "no sheets": packed({**parts, "xl/workbook.xml": parts["xl/workbook.xml"].replace(b"Questions", b"Other")}),
    }
    for message, content in hostile.items():
        found = faults(content, base, memory, tmp_path)
        assert [issue.code for issue in found] == ["workbook"], message
        assert message.strip() in found[0].message


def test_two_parts_of_one_name_are_refused(
    base: RuleBase, memory: WorkingMemory, production: Questionnaire, tmp_path: Path
) -> None:
    buffer = io.BytesIO(write_workbook(production))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    assert "two parts of one name" in faults(buffer.getvalue(), base, memory, tmp_path)[0].message


def test_a_workbook_that_claims_to_be_endless_is_read_where_the_questions_are(
    base: RuleBase, memory: WorkingMemory, production: Questionnaire, tmp_path: Path
) -> None:
    parts = parts_of(workbook_form(production, ANSWERS))
    sheet = "xl/worksheets/sheet1.xml"
    text = parts[sheet].decode()
    text = re.sub(r'<dimension ref="[^"]+"', '<dimension ref="A1:XFD1048576"', text)
    text = text.replace(
        "</sheetData>", '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    )
    text = re.sub(
        "(<sheetProtection[^>]*/>)", r'\1<mergeCells count="1"><mergeCell ref="L1:XFD1048576"/></mergeCells>', text
    )
    reply = read(packed({**parts, sheet: text.encode()}), base, memory, tmp_path)
    assert reply.statements == SAID


# --- what the answers do ----------------------------------------------------------------------------------------------


@pytest.fixture
def late(tmp_path: Path) -> Path:
    """The late deliveries, but nobody has said yet how late."""
    text = (ROOT / "examples" / "late-delivery.yaml").read_text("utf-8")
    text = re.sub(r"\n  delivery_otif_pct:\n.*\n.*(?=\n)", "", text)
    text = re.sub(r"\n  delivery_(?!orders|cancelled).*", "", text)
    save(tmp_path, FIRM_FILE, (ROOT / "examples" / FIRM_FILE).read_bytes())
    return save(tmp_path, "late-delivery.yaml", text.replace("value: 6.2", "value: 3.5"))


def test_a_conflict_is_shown_with_the_result_under_each_value(late: Path, base: RuleBase) -> None:
    form = open_questionnaire(base, read_case_file(late, base), "production")
    answers = {"delivery_otif_pct": {"answer": "78%", "source": "ERP"}}
    file = save(late.parent, "production.yaml", yaml_form(form, answers))
    with late.open("a", encoding="utf-8") as text:
        text.write("  delivery_otif_pct: {value: 96, by: sales_rep, source: ERP}\n")
    found = run("collect", late, file)
    assert found.exit_code == 0
    assert (
        "Statements on “Orders complete and on time” disagree:\n"
        "  78% of orders (production and logistics, ERP): Production and delivery is\n"
        "  concluded\n"
        "  96% of orders (the seller, ERP): nothing is concluded\n"
        "  it is disputed, 78 to 96% of orders: the statements with respondent's estimate\n"
        "  disagree\n"
    ) in found.stdout


def test_what_changes_on_the_ladder_is_told(late: Path, base: RuleBase) -> None:
    form = open_questionnaire(base, read_case_file(late, base), "production")
    file = save(late.parent, "production.yaml", yaml_form(form, {"delivery_otif_pct": {"answer": "78%"}}))
    found = run("collect", late, file)
    assert found.exit_code == 0
    assert "Step 4 “Production and delivery” is confirmed now (it was open)." in found.stdout
    assert "Production and delivery is concluded; before, nothing is concluded." in found.stdout.replace("\n", " ")


def test_a_settled_stage_that_an_answer_reopens_is_called_overturned(base: RuleBase, tmp_path: Path) -> None:
    path = ROOT / "rules" / "cases" / "scope-everything-looked-at-nothing-found.yaml"
    case = save(tmp_path, "case.yaml", path.read_bytes())
    save(tmp_path, FIRM_FILE, (path.parent / FIRM_FILE).read_bytes())
    form = open_questionnaire(base, salesdx.read_case(case, base), "product")
    assert "product_sales_hold" in [term.name for term in form.questions]
    answers = {"product_sales_hold": {"answer": "yes"}, "product_critical_gaps_n": {"answer": "9"}}
    found = run("collect", case, save(tmp_path, "p.yaml", yaml_form(form, answers)))
    assert found.exit_code == 0
    assert re.search(r"Step 2 “Product” is \w+ now \(overturned: it was ruled out\)", found.stdout.replace("\n", " "))


# --- the case file ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "facts",
    [
        "facts: {case_attainment_pct: 84}",
        "facts: {case_attainment_pct: 84,\n  goal_measurable: true}   # so far",
        "facts:",
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_facts_in_braces_get_lines_and_everything_else_stays(
    facts: str, ending: str, base: RuleBase, tmp_path: Path
) -> None:
    text = f"# begin\ncase: x\n{facts}\nstory: what was told\n# end\n".replace("\n", ending)
    case = save(tmp_path, "x.yaml", text)
    form = open_questionnaire(base, read_case_file(case, base), "production")
    found = run("collect", case, save(tmp_path, "p.yaml", yaml_form(form, ANSWERS)))
    assert found.exit_code == 0
    after = case.read_bytes().decode()
    assert after.startswith(f"# begin{ending}case: x{ending}facts:{ending}  ")
    assert f"story: what was told{ending}# end{ending}" in after
    assert ("\r\n" in after) == ("\r" in ending)
    assert after.count("\n") == after.count(ending)
    statements = read_case_file(case, base).statements
    assert {
        **case_from_text(text, "x.yaml", base).statements,
        **{name: (said,) for name, said in SAID.items()},
    } == statements


def test_a_json_case(base: RuleBase, tmp_path: Path) -> None:
    case = save(tmp_path, "x.json", json.dumps({"case": "x", "story": "s", "facts": {"case_attainment_pct": 84}}))
    form = open_questionnaire(base, read_case_file(case, base), "production")
    assert run("collect", case, save(tmp_path, "p.yaml", yaml_form(form, ANSWERS))).exit_code == 0
    after = json.loads(case.read_text("utf-8"))
    assert after["story"] == "s"
    assert after["facts"]["delivery_orders_n"] == [{"value": 210, "by": "production", "kind": "transaction data"}]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_the_case_stays_whole_where_the_disk_fails(
    step: str, production: Questionnaire, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = save(case.parent, "p.yaml", yaml_form(production, ANSWERS))
    monkeypatch.setattr(f"os.{step}", fails)
    found = run("collect", case, file)
    assert found.exit_code == 1
    assert "No space left" in found.stderr
    assert case.read_text("utf-8") == CASE
    assert sorted(path.name for path in case.parent.iterdir()) == ["north-2026.yaml", "p.yaml"]


def test_a_case_that_is_not_there(tmp_path: Path, production: Questionnaire) -> None:
    file = save(tmp_path, "p.yaml", yaml_form(production, ANSWERS))
    found = run("collect", tmp_path / "none.yaml", file)
    assert found.exit_code == 1
    assert "none.yaml:1:1: cannot read the file" in found.stderr
    assert list(tmp_path.iterdir()) == [file]


# --- salesdx ask ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "start"), [("a.yaml", b"# Questions"), ("a.html", b"<!doctype"), ("a.xlsx", b"PK")])
def test_the_name_of_the_output_says_which_form(name: str, start: bytes, case: Path, production: Questionnaire) -> None:
    target = case.parent / name
    found = run("ask", case, "--respondent", "production", "--output", target)
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr == f"{len(production.questions)} questions to production and logistics in {target}\n"
    assert target.read_bytes().startswith(start)


def test_to_standard_output(case: Path, production: Questionnaire) -> None:
    assert run("ask", case, "--respondent", "production").stdout == to_yaml(production)
    assert run("ask", case, "--respondent", "production", "--format", "html").stdout == form_html(production)
    found = run("ask", case, "--respondent", "production", "--format", "xlsx")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "a workbook goes into a file: add --output" in found.stderr


def test_an_unknown_respondent_is_wrong_usage(case: Path) -> None:
    found = run("ask", case, "--respondent", "produktion")
    assert found.exit_code == 2
    assert "there is no respondent `produktion`; they are sales_manager, sales_ops, finance" in found.stderr


@pytest.mark.parametrize("called", ["production", "Production and Logistics", "PRODUCTION"])
def test_a_respondent_is_called_by_label_or_identifier(called: str, case: Path) -> None:
    found = run("ask", case, "--respondent", called)
    assert found.exit_code == 0
    assert found.output.splitlines()[0] == "# Questions for production and logistics: case north-2026"


@pytest.mark.parametrize(("called", "near"), [("finanec", "finance"), ("human resource", "human resources")])
def test_a_respondent_that_is_nearly_called_so_is_proposed(called: str, near: str, case: Path) -> None:
    found = run("ask", case, "--respondent", called)
    assert (found.exit_code, f"; did you mean `{near}`?" in found.stderr) == (2, True)


def test_nothing_left_to_ask_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    target = tmp_path / "production.yaml"
    found = run("ask", ROOT / "examples" / "late-delivery.yaml", "--respondent", "production", "--output", target)
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr == (
        "nothing is left to ask production and logistics: no answer of theirs can change the result; "
        "others can: sales operations (16 questions), finance (9 questions), the sales manager (4 questions), "
        "product management (4 questions), customer service (3 questions), marketing (5 questions), "
        f"human resources (6 questions), the seller (5 questions)\n`{target}` is not written\n"
    )
    assert not target.exists()


def test_what_lies_behind_the_cause_is_asked_of_who_can_change_nothing_else(tmp_path: Path) -> None:
    case = ROOT / "examples" / "complete-file.yaml"
    found = run("ask", case, "--respondent", "customer_service")
    assert found.exit_code == 0
    assert "- term: service_follow_up_done_pct" in found.stdout
    assert found.stderr == ("no answer of customer service can change the result; this asks for what lies behind it\n")


def test_a_form_says_why_it_asks_for_what_others_stated(base: RuleBase, tmp_path: Path) -> None:
    known = salesdx.read_case(ROOT / "examples" / "complete-file.yaml", base)
    day = known.period[1] if known.period else None
    weak = (Statement(Decimal("93.25"), by="sales_manager", kind="opinion", date=day),)
    made = open_questionnaire(base, known.with_statements("delivery_otif_pct", weak), "production")
    why = "rests on the word of the sales manager alone; needed from you: CRM fields or stronger, dated"
    assert made.whys["delivery_otif_pct"] == why
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(made)))
    cells = [str(cell.value) for row in book["Questions"].iter_rows() for cell in row]
    for text in (to_yaml(made), form_html(made), "\n".join(cells)):
        assert why in text
        assert "93.25" not in text
    file = save(tmp_path, "production.yaml", to_yaml(made).replace("answer: \n", "answer: 97\n", 1))
    reply, issues = read_reply(file, base, None)
    assert not issues
    assert reply


def test_without_the_extra_the_message_names_it(
    case: Path, production: Questionnaire, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = save(case.parent, "p.xlsx", workbook_form(production, ANSWERS))
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    asking = run("ask", case, "--respondent", "production", "--output", case.parent / "a.xlsx")
    collecting = run("collect", case, file)
    for found in (asking, collecting):
        assert found.exit_code == 1
        assert "this needs openpyxl: pip install 'salesdx[xlsx]'" in found.stderr
