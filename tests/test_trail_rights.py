"""What people may say to a diagnosis, and what they are told: statements, overrides, letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import salesdx
from browser import needs_browser, opened
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.cli import cli
from salesdx.ledger.errors import Refused, TrailError
from salesdx.ledger.log import Person
from salesdx.ledger.storage import LogReader
from salesdx.render.blocks import Entries, Paragraph, Report
from salesdx.render.trail import render_page
from salesdx.render.trail.letter_pages import letter_report
from salesdx.render.trail.voices import statement_report, under_both
from salesdx.text.issues import CaseError
from salesdx.trail.book import Book
from salesdx.trail.letters import Letter, letter, write_letter
from salesdx.trail.replay import Recorded, replayed
from salesdx.trail.rights import Stated, override, state_view
from salesdx.trail.signing_off import show_case_against
from salesdx.trail.views import PersonView, contested, views
from trail_cases import CASES, HR, MANAGER, Kept, complete, copied, dated, kept, said, several, written
from trail_checks import known_answers

BERND = Person("Bernd Vogt", "employee")
CONTEST = {"hr_coaching_held_n": "7", "hr_training_delivered": "false", "hr_coaching_outcome": "not_known"}
LATE, EXAMPLES = "late-delivery", CASES.parents[1] / "examples"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, base: RuleBase) -> Kept:
    """A trail with a complete file as record 147, and late deliveries of a company as the last one."""
    made = kept(tmp_path_factory.mktemp("first"), base)
    assert made.diagnose(complete(base)) == SEQ
    made.diagnose(salesdx.read_case(EXAMPLES / f"{LATE}.yaml", base))
    return made


SEQ = 147


@pytest.fixture
def ours(tmp_path: Path, first: Kept) -> Kept:
    return copied(first, tmp_path)


def run(ours: Kept, *words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["trail", *words, "--trail", str(ours.path)], input=stdin, catch_exceptions=False)


def page(stated: Stated) -> str:
    return render_page(statement_report(stated), None, "text", 200)


def stated(ours: Kept, contest: dict[str, str], text: str = "I was ill", case: str = "V48") -> str:
    return state_view(ours.trail, case, text, contest, BERND, page, ours.clock)[1]


# --- statements -------------------------------------------------------------------------------------------------------


def test_a_statement_is_recorded_beside_the_facts_and_changes_none(ours: Kept) -> None:
    before = known_answers(ours.trail, "V48")
    shown = stated(ours, CONTEST, "I was with a customer in May.\nNobody told me.")
    assert known_answers(ours.trail, "V48") == before
    with ours.trail.read() as reader:
        assert replayed(reader, SEQ).diagnosis.files[0].status == "eligible_for_human_review"
    (record,) = ours.records("statement")
    assert (record["inputs"], record["role"], record["actor"], record["case"], record["subject"]) == (
        [SEQ], "employee", "Bernd Vogt", "V48", "E-8806",
    )  # fmt: skip
    assert record["rule_base"] == ours.base.digest
    assert record["body"] == {
        "text": "I was with a customer in May.\nNobody told me.",
        "contested": [
            {"term": "hr_coaching_held_n", "firm": "8", "stated": "7"},
            {"term": "hr_training_delivered", "firm": "yes", "stated": "false"},
            {"term": "hr_coaching_outcome", "firm": "not effective", "stated": "not_known"},
        ],
        "results": {
            "firm": "The individual's ability is concluded; Termination (human decision): eligible for human review",
            "employee": "The individual's ability is concluded; Termination (human decision): blocked",
        },
        "shown": shown,
    }


def test_the_diagnosis_is_shown_under_both(ours: Kept) -> None:
    shown = " ".join(stated(ours, CONTEST).split())
    for text in (
        "What the person concerned says ──",
        "How many coaching sessions took place, with dated notes? 8 sessions 7 sessions",
        "Was the additional training for this gap delivered (not only planned or offered)? yes no",
        "What do the agreed measures say at the end of coaching? not effective not known",
        "Under the firm's facts: Step 8 “The individual's ability” is the cause to act on",
        "“Termination (human decision)” is eligible for human review.",
        "“Termination (human decision)” is blocked.",
        "Termination (human decision) eligible for human review blocked by X3, X4",
        "recommended: HR file review by a named person yes no",
        "recommended: Individual training no yes",
        "No fact was changed.",
    ):
        assert text in shown, text


def test_a_statement_may_contest_nothing(ours: Kept) -> None:
    shown = stated(ours, {})
    assert "No fact is contested." in shown
    (record,) = ours.records("statement")
    assert record["body"]["contested"] == []
    assert len(set(record["body"]["results"].values())) == 1


def test_contested_facts_that_change_nothing(ours: Kept) -> None:
    assert "The result is the same under both." in stated(ours, {"ind_motivation": "low"})


def test_what_a_formula_makes_of_a_contested_fact_counts(ours: Kept) -> None:
    """The days of coaching are computed from its dates."""
    shown = stated(ours, {"hr_coaching_end_date": "2026-03-02"})
    assert "Termination (human decision) eligible for human review blocked by X5" in " ".join(shown.split())


def test_a_fact_that_nobody_stated_can_be_contested(ours: Kept) -> None:
    shown = stated(ours, {"rec_preference": "cash"})
    assert "What would whoever is reviewed value most as recognition? not asked cash" in " ".join(shown.split())


def test_the_faults_of_all_contested_facts_are_told(ours: Kept) -> None:
    contest = {
        "hr_coaching_held_n": "8.0", "no_such_term": "1", "hr_training_delivered": "maybe", "delivery_otif_pct": "120",
        "ind_win_p_value": "0.9", "goal_ack_date": "2026-13-01", "service_csat_pct": "NaN", "hr_final_warning": "false",
    }  # fmt: skip
    with pytest.raises(CaseError) as raised:
        stated(ours, contest)
    codes = ["computed", "contest", "range", "type", "type", "type", "unknown-term"]
    assert sorted(issue.code for issue in raised.value.issues) == codes
    assert {issue.place.path for issue in raised.value.issues} == {"contested facts"}
    assert ours.records("statement") == []


def test_a_statement_is_on_the_latest_diagnosis_and_its_rules(ours: Kept) -> None:
    late = ours.diagnose(said(complete(ours.base), "hr_final_warning", value=False))
    stated(ours, {"hr_final_warning": "true"})
    (record,) = ours.records("statement")
    assert (record["inputs"], record["body"]["results"]["employee"].rpartition(": ")[2]) == (
        [late], "eligible for human review",
    )  # fmt: skip


def test_a_statement_needs_a_case_with_a_diagnosis(ours: Kept) -> None:
    with pytest.raises(TrailError, match=r"^the trail has no case `V4`; did you mean `V48`\?$"):
        stated(ours, {}, case="V4")
    ours.add("answer", {"term": "x", "statements": [], "before": [], "way": "form"}, MANAGER, case="new")
    with pytest.raises(Refused, match=r"^the case `new` has no diagnosis yet$"):
        stated(ours, {}, case="new")


def test_the_last_word_on_a_contested_fact_counts(ours: Kept) -> None:
    stated(ours, {"hr_coaching_held_n": "3"})
    stated(ours, {"hr_coaching_held_n": "9", "hr_final_warning": "false"})
    seq = ours.diagnose(complete(ours.base))
    with ours.trail.read() as reader:
        found = contested(replayed(reader, seq).diagnosis, heard(reader))
    assert found.both is not None
    assert [(c.term, c.becomes) for c in found.both.changes] == [
        ("hr_coaching_held_n", Decimal(9)), ("hr_final_warning", False),
    ]  # fmt: skip


def test_a_contested_fact_that_later_rules_do_not_know_is_told(ours: Kept) -> None:
    body = {"text": "x", "contested": [{"term": "gone", "firm": "1", "stated": "2"}], "results": {}, "shown": ""}
    ours.add("statement", body, BERND, case="V48", subject="E-8806", inputs=[SEQ])
    with ours.trail.read() as reader:
        found = contested(replayed(reader, SEQ).diagnosis, heard(reader))
    assert (found.both, found.unread) == (None, ("gone=2: the vocabulary has no term `gone`",))
    blocks = list(under_both(ours.base, found))
    assert blocks == [
        Paragraph("A contested fact that these rules cannot read: gone=2: the vocabulary has no term `gone`.")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a statement is needed, in words"),
        ("x" * 1_048_576, "a statement has 1,048,576 characters, 100,000 can be kept"),
        ("\x1b]0;evil\x07", r"a statement: the character U\+001B"),
    ],
)
def test_hostile_statements(ours: Kept, text: str, message: str) -> None:
    with pytest.raises(Refused, match=message):
        stated(ours, {}, text)
    assert ours.records("statement") == []


def test_a_long_statement_is_kept_whole(ours: Kept, told: Letter) -> None:
    text = "Das war so: <script>alert(1)</script> | *x* `y`\n" * 2000
    stated(ours, {}, text)
    assert ours.records("statement")[0]["body"]["text"] == text.strip()
    with ours.trail.read() as reader:
        html = html_of(replace(told, views=heard(reader)))
    assert "<script>" not in html and html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2000


def test_statements_on_the_command_line(ours: Kept, tmp_path: Path) -> None:
    done = run(
        ours, "statement", "V48", "--text", "I was ill", "--contest", " hr_coaching_held_n = 7 ", "--as", "Bernd"
    )
    assert (done.exit_code, done.stderr) == (0, f"recorded as {ours.records('statement')[0]['seq']}\n")
    assert done.stdout.startswith("Case V48: a statement\n")
    file = tmp_path / "view.txt"
    file.write_bytes("\ufeffIch war krank.\r\nFragt Eva.\r\n".encode())
    assert run(ours, "statement", "V48", "--file", str(file), "--as", "Bernd", "--role", "works_council").exit_code == 0
    assert run(ours, "statement", "V48", "--file", "-", "--as", "Bernd", stdin="By hand").exit_code == 0
    made = ours.records("statement")
    assert [(m["role"], m["body"]["text"]) for m in made] == [
        ("employee", "I was ill"), ("works_council", "Ich war krank.\nFragt Eva."), ("employee", "By hand"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ([], 2, "give the statement with --text TEXT or with --file FILE"),
        (["--text", "x", "--file", "y"], 2, "give the statement with --text TEXT or with --file FILE"),
        (["--text", "x", "--contest", "hr_coaching_held_n"], 2, "`hr_coaching_held_n` is no TERM=VALUE"),
        (["--text", "x", "--contest", "a=1", "--contest", "a=2"], 2, "`a` is contested twice, with two values"),
        (["--file", "no-such-file"], 1, "no-such-file"),
        (["--text", "x", "--contest", "a=1", "--contest", "hr_final_warning=9"], 1, "2 faults in 1 file"),
    ],
)
def test_wrong_statements_on_the_command_line(ours: Kept, words: list[str], status: int, message: str) -> None:
    done = run(ours, "statement", "V48", *words, "--as", "Bernd")
    assert (done.exit_code, done.stdout, message in done.stderr) == (status, "", True), done.stderr
    assert ours.records("statement") == []


# --- overrides --------------------------------------------------------------------------------------------------------


def test_a_recommendation_and_a_diagnosis_can_be_overridden(ours: Kept) -> None:
    one = override(ours.trail, SEQ, MANAGER, "We hear him first", "A talk", "hr_review", ours.clock)
    two = override(ours.trail, SEQ, HR, "The peers are not like him", now=ours.clock)
    keys = ("seq", "inputs", "actor", "role", "case", "subject", "body")
    assert [tuple(made[key] for key in keys) for made in ours.records("override")] == [
        (one, [SEQ], "Max Braun", "sales_manager", "V48", "E-8806",
         {"reason": "We hear him first", "instead": "A talk", "recommendation": "hr_review"}),
        (two, [SEQ], "Anna Weber", "hr", "V48", "E-8806",
         {"reason": "The peers are not like him", "instead": "", "recommendation": None}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"reason": " "}, "a reason is needed, in words"),
        ({"recommendation": "hr_reviw"}, f"record {SEQ} does not recommend `hr_reviw`; did you mean `hr_review`?"),
        (
            {"recommendation": "coaching_plan"},
            f"record {SEQ} does not recommend `coaching_plan`; it recommends hr_review",
        ),
        ({"recommendation": ""}, f"record {SEQ} does not recommend ``; it recommends hr_review"),
        ({"instead": "\x07"}, "what is done instead: the character U+0007 may not stand in a text file; delete it"),
        ({"seq": 3}, "record 3 is an answer, not a diagnosis"),
        ({"seq": 99999}, "there is no record 99999"),
    ],
)
def test_overrides_that_are_refused(ours: Kept, more: dict[str, Any], message: str) -> None:
    with pytest.raises(TrailError) as raised:
        override(ours.trail, by=MANAGER, **{"seq": SEQ, "reason": "because", **more})
    assert message in str(raised.value)
    assert ours.records("override") == []


def test_overrides_on_the_command_line(ours: Kept) -> None:
    command = ("override", str(SEQ), "--reason", "we wait", "--as", "Max", "--role", "sales_manager")
    done = run(ours, *command, "--recommendation", "hr_review")
    seq = ours.records("override")[0]["seq"]
    assert done.stdout == f"record {seq}: the recommendation `hr_review` of record {SEQ} is not followed\n"
    assert run(ours, *command).stdout == f"record {seq + 1}: the diagnosis of record {SEQ} is not followed\n"
    assert run(ours, "override", str(SEQ)).exit_code == 2
    assert (run(ours, *command, "--recommendation", "x").exit_code, len(ours.records("override"))) == (1, 2)


# --- letters ----------------------------------------------------------------------------------------------------------


def heard(reader: LogReader) -> tuple[PersonView, ...]:
    """What the person concerned has said of the complete file."""
    book = Book(reader)
    return tuple(views(book, book.record(reader.head().size - 1)))


def letter_on(memory: WorkingMemory, to: str) -> Letter:
    """A letter on a case that was recorded as it stands."""
    found = salesdx.diagnose(memory.base, memory, "reference")
    header = {"time": "2026-11-24T09:00:00.000000Z"}
    return letter(Recorded(SEQ, header, {}, memory.base, memory, found), to, date(2026, 11, 25), (), False)


@pytest.fixture(scope="module")
def told(base: RuleBase) -> Letter:
    """The letter to the employee about the complete file."""
    return letter_on(complete(base), "employee")


@pytest.fixture(scope="module")
def late(base: RuleBase) -> WorkingMemory:
    return salesdx.read_case(EXAMPLES / f"{LATE}.yaml", base)


def text_of(found: Letter) -> str:
    return " ".join(render_page(letter_report(found), None, "text", 200).split())


def html_of(found: Letter) -> str:
    return render_page(letter_report(found), None, "html")


def test_what_the_letter_about_a_complete_file_says(told: Letter) -> None:
    shown = text_of(told)
    for text in (
        "How the result about you came about Case: V48 · Period: 1 January 2026 to 30 June 2026 · Date: 25 November",
        "On 24 November 2026 a result about you was worked out, from what was on record then.",
        "8 The individual's ability the facts point to this as the cause",
        "It rests on 118 facts, which stand in the annex with a number and with where each comes from.",
        "What it suggests: HR file review by a named person.",
        "There is no time limit, and what you say stays on record.",
        "What you say, and questions, go to HR.",
        "Nobody may hold it against you that you spoke up.",
        "The facts point to “The individual's ability”. Everything that comes before it was looked at and ruled out.",
        "a named person may now decide; the system gives no recommendation to dismiss.",
        "It decides nothing. What happens next, people decide, and they answer for it.",
        "4 Production and delivery looked at, and ruled out",
        "9 Termination (human decision) the file is complete, so that people may consider it",
        "1. HR file review by a named person (HR)",
        "How many coaching sessions took place, with dated notes? 8 sessions; told by the sales manager, 30 June 2026, "
        "no source on record",
        "Does not apply; told by production and logistics, 30 June 2026, no source on record",
        "Can the person do it when it really matters, in a role play or a joint customer call? (no)",
        "Protected matters, such as health, pregnancy, family, age, origin, religion or a complaint, may not count "
        "against you.",
        "“Termination (human decision)” would have come out as “blocked” with:",
        "On which date did coaching start? 11 January 2026 instead of 12 January 2026",
        "We have no statement from you yet. We would like to hear you.",
        "Tell HR how you see it, in your own words.",
        "You have the right that a person looks at this again and decides, and not a program alone (GDPR, Article 22).",
        "(EU AI Act, Article 86)",
        "(GDPR, Article 15)",
        f"Written from record {SEQ} of the decision trail, of 24 November 2026, and kept there too.",
    ):
        assert text in shown, text
    assert "legal advice" not in shown
    assert "dismiss" not in shown.replace("the system gives no recommendation to dismiss", "")


def test_what_the_letter_to_the_manager_says(late: WorkingMemory) -> None:
    shown = text_of(letter_on(late, "manager"))
    for text in (
        "The facts point to “Production and delivery”.",
        "5 Customer service there are signs of it, but an earlier step comes first",
        "Judged after 4 to 8 weeks, by this: At least 92% of orders arrive complete on the date first promised",
        "(Orders complete and on time) 78% of orders; ERP deliveries, told by production and logistics, 2 October 2026",
        "(Best sellers out of stock) Asked, and not known; warehouse system",
        "What share of customers rates our service 4 or 5 of 5? (68% of answers that are 4 or 5 of 5)",
        "“Production and delivery” would have come out as “held” with:",
        f"salesdx trail override {SEQ} --reason TEXT --instead TEXT",
        f"salesdx trail statement {LATE} --text TEXT --contest FACT=VALUE",
    ):
        assert text in shown, text
    assert "the person" not in shown.split("If you do not agree")[1], "it is about a company"


def test_a_case_is_named_as_a_shell_takes_it(late: WorkingMemory) -> None:
    shown = text_of(replace(letter_on(replace(late, case="north; rm -r x"), "manager"), turns=()))
    assert "salesdx trail statement 'north; rm -r x' --text TEXT" in shown


@pytest.mark.parametrize("name", ["pricing-the-eight-percent-price-rise", "termination-coaching-works"])
def test_the_used_facts_are_those_that_the_result_rests_on(base: RuleBase, name: str) -> None:
    """With the used facts alone the result is the same, and every stated fact is either used or not."""
    memory = salesdx.read_case(CASES / f"{name}.yaml", base)
    found = letter_on(memory, "manager")
    used, unused = {fact.term for fact in found.used}, {fact.term for fact in found.unused}
    assert (used | unused, used & unused) == (set(memory.statements), set())
    alone = replace(memory, statements={term: memory.statements[term] for term in memory.statements if term in used})
    before, after = found.diagnosis, salesdx.diagnose(base, alone, "reference")
    assert after.concluded is not None and before.concluded is not None
    assert after.concluded.stage == before.concluded.stage
    assert [file.status for file in after.files] == [file.status for file in before.files]
    assert {r.intervention.id for r in after.recommendations} >= {r.intervention.id for r in before.recommendations}


def test_facts_that_could_not_be_used_say_why(base: RuleBase) -> None:
    memory = complete(base)
    memory = dated(memory, "goal_backtest_ratio_pct", date(2024, 1, 1), source="model", by="finance")
    memory = several(
        memory,
        "price_index_vs_competitor_pct",
        Statement(Decimal(102), by="finance", source="price survey"),
        Statement(Decimal(118), by="marketing", source="price survey"),
    )
    memory = said(memory, "product_nps_n", value=None, unknown=Unknown.NOT_KNOWN)
    shown = text_of(letter_on(memory, "employee"))
    parity = "of the rival's net price, 100 = parity"
    for text in (
        "There is no result yet. Too little is known to say what the cause is.",
        "These questions are still open: - How large is the goal against what trend",
        "Not used, since it is too old: 103% of bottom-up capacity, 100 = the goal equals it; signed record, told by",
        f"(102 to 118% {parity}, since the answers disagree (102% {parity} and 118% {parity}))",
        "How many users answered the recommendation question? Asked, and not known",
    ):
        assert text in shown, text


def test_the_letter_says_until_when(ours: Kept) -> None:
    """Before anybody can have signed: the waiting time of who reads the case against first."""
    before = (
        "Nobody may sign a decision on this before 3 January 2040, 09:00 UTC. What you say before then is read first"
    )
    assert before in letter_of_today(ours)
    ours.clock.move(hours=5)
    show_case_against(ours.trail, SEQ, HR, lambda found: "against", ours.base.digest, ours.clock)
    ours.clock.move(hours=5)
    assert "before 3 January 2040, 14:00 UTC." in letter_of_today(ours)


def letter_of_today(ours: Kept) -> str:
    shown = write_letter(ours.trail, SEQ, "employee", HR, text_page, "text", ours.clock)
    return " ".join(shown.split())


ON_PAPER = (
    "goals-everything-is-wrong-at-once",
    "success-top-performer-who-makes-few-calls",
    "termination-protected-matter",
    "individual-ramped-seller-who-cannot-close",
)


@needs_browser
@pytest.mark.parametrize("to", ["employee", "manager"])
def test_the_first_page_is_one_sheet_of_a4(base: RuleBase, told: Letter, tmp_path: Path, browser: Any, to: str) -> None:
    """The sections of the first page alone make one page of PDF; with the annex it begins on a page of its own."""
    found = [replace(told, to=to, decides=datetime(2026, 11, 26, 9, tzinfo=UTC), superseded=True)]
    found += [letter_on(salesdx.read_case(CASES / f"{name}.yaml", base), to) for name in ON_PAPER]
    for one in found:
        page = letter_report(one)
        last = next(n for n, section in enumerate(page.sections, 1) if section.ends_page)
        assert page.sections[last].title == "Annex"
        alone = tuple(section._replace(ends_page=False) for section in page.sections[:last])
        assert sheets(browser, tmp_path, page._replace(sections=alone, footer=())) == 1
    assert sheets(browser, tmp_path, page) > 2


def sheets(browser: Any, folder: Path, page: Report) -> int:
    """The pages of a report that is printed to PDF."""
    file = folder / "letter.html"
    file.write_text(render_page(page, None, "html"), encoding="utf-8")
    with opened(browser, file.as_uri()) as shown:
        margin = dict.fromkeys(("top", "bottom", "left", "right"), "1cm")
        return len(re.findall(rb"/Type\s*/Page\b", shown.pdf(format="A4", margin=margin)))


SECRETS = ("Eva Lindt", "Bob Stone", "never liked him", "lazy", "E-8806", "rumour", "onerror")


@pytest.fixture(scope="module")
def planted(base: RuleBase) -> Letter:
    """A letter on a case whose free texts name people, and hold what nobody should send, and markup."""
    memory = complete(base)
    memory = dated(
        memory, "hr_coaching_held_n", date(2026, 3, 10), source="coaching log of Eva Lindt", by="sales_manager",
        note="never liked him", reason="rumour",
    )  # fmt: skip
    memory = said(memory, "ind_skill_score", source="Bob Stone", by="Eva Lindt", note="lazy", supposed=True)
    memory = said(
        memory, "hr_final_warning", source='"><img src=x onerror=alert(1)>', by="Bob Stone", note="lazy", supposed=True
    )
    memory = said(memory, "delivery_stockout_pct", reason="rumour, says Eva Lindt")
    return letter_on(memory, "employee")


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
def test_the_letter_to_the_employee_names_nobody_and_no_code(base: RuleBase, planted: Letter, format: str) -> None:
    shown = render_page(letter_report(planted), None, format, 120)
    assert [secret for secret in SECRETS if secret in shown] == []
    visible = re.sub(r"<style>.*?</style>|<[^>]*>", " ", shown, flags=re.DOTALL)
    words = set(re.findall(r"[A-Za-z_]\w*", visible))
    names = (*base.terms, *base.findings, *base.interventions)
    assert words & {*base.rule, *(name for name in names if "_" in name)} == set()


def test_the_letter_to_the_manager_has_sources_and_no_notes(planted: Letter) -> None:
    shown = text_of(replace(planted, to="manager"))
    assert "8 sessions; coaching log of Eva Lindt, told by the sales manager, 10 March 2026, because: rumour" in shown
    assert [secret for secret in ("never liked him", "lazy", "E-8806") if secret in shown] == []


def test_the_letter_tells_what_the_person_said_and_the_result_under_both(ours: Kept, told: Letter) -> None:
    stated(ours, CONTEST, "I was with a customer in May.\nNobody told me.")
    with ours.trail.read() as reader:
        said = heard(reader)
    shown = text_of(replace(told, views=said, contested=contested(told.diagnosis, said)))
    for text in (
        "── What you told us ─",
        "On 2 January 2040 (record ",
        "I was with a customer in May. Nobody told me.",
        "contested fact the firm's record says you say",
        "How many coaching sessions took place, with dated notes? 8 sessions 7 sessions",
        "“Termination (human decision)” is blocked.",
    ):
        assert text in shown, text


def test_success_is_told_as_success(base: RuleBase) -> None:
    shown = text_of(letter_on(salesdx.read_case(EXAMPLES / "top-seller.yaml", base), "employee"))
    assert "The goal was met, so no cause is looked for; the review turns to what works and to recognition." in shown
    assert "The goal was met, so no cause had to be looked for." in shown


def test_a_blocked_file_says_what_stands_against_it(base: RuleBase) -> None:
    shown = text_of(letter_on(said(complete(base), "hr_final_warning", value=False), "employee"))
    assert "Nothing may lead towards an end of employment while this stands." in shown
    assert "This stands against “Termination (human decision)”: - The written or the final warning is missing." in shown


# --- letters and the trail --------------------------------------------------------------------------------------------


def text_page(found: Letter) -> str:
    return render_page(letter_report(found), None, "text")


def last(ours: Kept) -> int:
    with ours.trail.read() as reader:
        return reader.head().size - 1


def test_a_letter_to_the_employee_about_a_company_is_refused(ours: Kept) -> None:
    seq = last(ours)
    message = f"^record {seq} is not about a person; `salesdx trail explain-to manager {seq}` explains it$"
    with pytest.raises(Refused, match=message):
        write_letter(ours.trail, seq, "employee", HR, text_page, "text", ours.clock)
    assert ours.records("letter") == []


def test_a_letter_about_an_old_result_says_so(ours: Kept, late: WorkingMemory) -> None:
    seq = last(ours)
    old = "Newer facts or a newer result have come in since."
    assert old not in write_letter(ours.trail, seq, "manager", HR, text_page, "text", ours.clock)
    ours.diagnose(said(late, "delivery_orders_n", value=Decimal(350)))
    assert old in write_letter(ours.trail, seq, "manager", HR, text_page, "text", ours.clock)


def test_others_can_write_while_a_letter_is_written(ours: Kept) -> None:
    """Finding what would change a result takes seconds, and no lock is held meanwhile."""

    def slow(found: Letter) -> str:
        ours.add("hold", {"reason": "another case"}, MANAGER, case="other")
        return "a letter"

    assert write_letter(ours.trail, last(ours), "manager", HR, slow, "text", ours.clock) == "a letter"
    assert [made["body"]["shown"] for made in ours.records("letter")] == ["a letter"]


def test_the_letter_speaks_from_the_record_and_not_from_todays_files(base: RuleBase, tmp_path: Path) -> None:
    """The rule base of the day asked otherwise; nothing but the trail is left of it."""
    home = written(base, tmp_path / "home", {"How long is the lead time we quote": "How late are we"})
    ours = kept(tmp_path, salesdx.load(home))
    seq = ours.diagnose(salesdx.read_case(EXAMPLES / f"{LATE}.yaml", ours.base))
    for path in home.rglob("*.yaml"):
        path.unlink()
    shown = run(ours, "explain-to", "manager", str(seq), "--as", "Anna", "--role", "hr").stdout
    assert "How late are we against the main rival's?" in " ".join(shown.split())


def test_letters_on_the_command_line_are_recorded_as_they_are_shown(ours: Kept, tmp_path: Path) -> None:
    hr = ("--as", "Anna Weber", "--role", "hr")
    shown = run(ours, "explain-to", "manager", str(last(ours)), *hr).stdout
    file = tmp_path / "letter.html"
    assert run(ours, "explain-to", "employee", str(SEQ), "-o", str(file), "--format", "html", *hr).stdout == ""
    one, two = ours.records("letter")
    assert (one["body"], one["role"]) == ({"to": "manager", "format": "text", "shown": shown}, "hr")
    assert two["body"] == {"to": "employee", "format": "html", "shown": file.read_text(encoding="utf-8")}
    assert (two["inputs"], two["subject"], two["rule_base"]) == ([SEQ], "E-8806", ours.base.digest)
    assert max(map(len, shown.splitlines())) <= 80


def test_no_letter_without_its_record(ours: Kept, tmp_path: Path) -> None:
    (ours.path.parent / "ours.trail.key").unlink()
    file = tmp_path / "letter.txt"
    done = run(ours, "explain-to", "employee", str(SEQ), "-o", str(file), "--as", "Anna")
    assert (done.exit_code, done.stdout, file.exists()) == (1, "", False)
    assert done.stderr.startswith("error: ")


# --- how letters look and read ----------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Every element is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_whole_and_holds_no_markup_of_a_case(planted: Letter) -> None:
    html = html_of(replace(planted, to="manager"))
    assert "<img" not in html and "&lt;img" in html
    tags = Tags()
    tags.feed(html)
    assert tags.open == []


def sentences(page: Report) -> Iterator[str]:
    """What the letter says itself: paragraphs, and the steps that tell how to object."""
    for section in page.sections:
        for block in section.blocks:
            texts = [block.text] if isinstance(block, Paragraph) else []
            if isinstance(block, Entries) and section.id in ("object", "rights"):
                texts = [item.title for item in block.items]
            yield from (part for text in texts for part in re.split(r"(?<=[.!?:])\s+", text) if part)


def syllables(word: str) -> int:
    low = word.lower()
    found = len(re.findall("[aeiouy]+", low))
    return max(1, found - (low.endswith("e") and not low.endswith("le") and found > 1))


@pytest.mark.parametrize("to", ["employee", "manager"])
def test_the_words_are_plain(told: Letter, to: str) -> None:
    """The grade of Flesch and Kincaid (1975) is at most 7, for readers of 12 to 13 years; no sentence is long."""
    found = list(sentences(letter_report(replace(told, to=to))))
    words = [word for sentence in found for word in re.findall(r"[A-Za-z']+", sentence)]
    grade = 0.39 * len(words) / len(found) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    assert grade <= 7
    assert max(len(sentence.split()) for sentence in found) <= 27
