"""What people see: the same content as text, Markdown, HTML and JSON, readable and safe whatever a case file holds."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import salesdx
from conftest import ROOT, cases_in
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown, Withdrawn
from salesdx.engine.decisive import decisive, decisive_names
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.expression_text import plainly
from salesdx.explanation import NeededChange, Turning, Turns
from salesdx.interview.overview import overview
from salesdx.language.conditions import truth
from salesdx.language.intervals import Interval
from salesdx.language.truth import FALSE, TRUE
from salesdx.render import FORMATS, SHORT, page_around, part_of, render, render_answers, render_facts
from salesdx.render.blocks import LadderBlock, Mark, Report, Rung, Section, Table
from salesdx.render.html import environment, style
from salesdx.render.lines import HIDDEN, clean, size, wrap
from salesdx.render.markdown import code, escape
from salesdx.render.report import conclusion, heading
from salesdx.render.terminal import MARKS, to_text
from salesdx.render.wording import comparisons
from salesdx.services.explaining import Explained
from salesdx.text.english import capital

EXAMPLES = cases_in(ROOT / "examples")
CASES = cases_in(ROOT / "rules" / "cases")
GOLDEN = Path(__file__).parent / "golden"
ENDINGS = {"short": "short.txt", "text": "txt", "markdown": "md", "html": "html"}
PAGES = [
    ("late-delivery", "short"),
    ("held-back", "short"),
    ("complete-file", "short"),
    ("top-seller", "short"),
    ("empty-start", "short"),
    ("late-delivery", "text"),
    ("late-delivery", "markdown"),
    ("late-delivery", "html"),
    ("held-back", "text"),
    ("complete-file", "text"),
    ("top-seller", "text"),
    ("empty-start", "text"),
    ("empty-start", "markdown"),
]
HOSTILE = (
    "<script>alert(1)</script> \"quoted\" 'too' ]]> --> | `x` \u202eevil\u2066 \x1b[31m \u0085 $a$ *b* __c__ [d](e)"
)


@cache
def diagnosis(path: Path) -> Diagnosis:
    base = rule_base()
    return salesdx.diagnose(base, salesdx.read_case(path, base), "reference")


@cache
def rule_base() -> RuleBase:
    return salesdx.load()


def example(name: str) -> Diagnosis:
    return diagnosis(ROOT / "examples" / f"{name}.yaml")


@cache
def hostile() -> Diagnosis:
    """A case whose every free text is hostile. The reader refuses hidden characters; a program may still bring them."""

    def said(value: bool | int, **texts: str) -> Statement:
        return Statement(Decimal(value) if type(value) is int else value, date=date(2026, 9, 1), **texts)

    statements = {
        "case_attainment_pct": (said(84),),
        "goal_measurable": (said(True, by=HOSTILE, source=HOSTILE), said(False, by="x" * 300, source=HOSTILE)),
        "goal_communicated": (Statement(unknown=Unknown.NOT_APPLICABLE, by=HOSTILE, reason=HOSTILE),),
        "service_csat_pct": (said(50, by="顧客" * 60, source="e\u0301" * 100),),
        "service_survey_n": (said(40, by=HOSTILE, source=HOSTILE),),
        "lost_interviews_n": (said(12, by="x | y", source=f"survey {HOSTILE}"),),
    }
    memory = WorkingMemory(rule_base(), statements, HOSTILE, {"kind": HOSTILE, "ref": HOSTILE})
    return salesdx.diagnose(rule_base(), memory, "reference")


# --- golden pages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "format"), PAGES)
def test_pages_are_as_approved(name: str, format: str) -> None:
    """SALESDX_UPDATE_GOLDEN=1 writes them anew: look at the difference before it is committed."""
    shown = render([example(name)], format, 80)
    shown = re.sub(r"Rule base \S+ \([0-9a-f]{12}\); (\w+) .*?(?=<|\n)", r"Rule base VERSION (DIGEST); \1", shown)
    golden = GOLDEN / f"{name}.{ENDINGS[format]}"
    if os.environ.get("SALESDX_UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")


def test_every_golden_page_is_used() -> None:
    used = {f"{name}.{ENDINGS[format]}" for name, format in PAGES}
    assert {path.name for path in GOLDEN.iterdir()} == used


# --- all formats say the same ---------------------------------------------------------------------------------------


def label(name: str) -> str:
    term = rule_base().terms.get(name)
    return term.label if term is not None else " or ".join(r.title for r in rule_base().findings.get(name, ())) or name


def notes(diagnosis: Diagnosis) -> Iterator[str]:
    """The notes as people read them: with labels."""
    for note in diagnosis.notes:
        yield capital(re.sub(r"\w+", lambda found: label(found[0]), note))


def said(diagnosis: Diagnosis) -> Iterator[str]:
    """What every format has to tell."""
    yield diagnosis.memory.case
    yield conclusion(diagnosis)
    for stage in diagnosis.stages:
        yield stage.stage.title
    for file in diagnosis.files:
        yield file.stage.title
        yield from (diagnosis.because(rule) for rule in file.blocked_by)
    for recommended in diagnosis.recommendations:
        i = recommended.intervention
        yield from (i.title, i.owner, i.do, i.judge_after, i.worked_when)
        yield from (f"{diagnosis.because(rule)} ({rule.id})" for rule in recommended.rules)
    for other in (*diagnosis.alternatives, *diagnosis.suppressed):
        yield from (other.intervention.title, other.why)
    for rule in diagnosis.fired:
        yield diagnosis.because(rule)
        yield plainly(diagnosis.base.as_written.rule[rule.id].when, called=label)
    for conflict in diagnosis.conflicts:
        yield from (label(conflict.fact.term), conflict.fact.conflict)
    for term in (term for term in diagnosis.next_questions if not diagnosis.declined(term.name)):
        yield from (term.question, term.label)
    for entry in diagnosis.unexamined:
        yield entry.rule.id
        yield from map(label, entry.terms)
    yield from notes(diagnosis)
    yield diagnosis.base.digest.removeprefix("sha256:")[:12]


def plain(shown: str) -> str:
    """The letters, digits and comparisons of a page, without layout, tags and escapes."""
    if shown.startswith("<!doctype"):
        shown = html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", shown, flags=re.DOTALL))
    return bare(shown.replace("\\", ""))


def bare(text: str) -> str:
    return re.sub(r"[^\w%<>=]+", "", text)


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
@pytest.mark.parametrize("path", [*EXAMPLES, *CASES[::6]], ids=lambda path: path.stem)
def test_every_format_tells_everything(path: Path, format: str) -> None:
    shown = plain(render([diagnosis(path)], format))
    missing = [text for text in said(diagnosis(path)) if bare(text) not in shown]
    assert missing == []


def test_json_is_the_diagnosis() -> None:
    found = example("late-delivery")
    assert json.loads(render([found], "json")) == found.to_dict()
    assert json.loads(render([found, found], "json")) == [found.to_dict()] * 2
    assert set(found.to_dict()) >= {
        "schema", "case", "subject", "period", "mode", "stages", "concluded", "termination", "fired", "recommendations",
        "alternatives", "suppressed", "next_questions", "unexamined", "conflicts", "rule_base", "engine",
    }  # fmt: skip


def test_json_has_no_character_that_a_terminal_obeys() -> None:
    shown = render([hostile()], "json")
    assert not HIDDEN.search(shown.replace("\n", ""))
    assert json.loads(shown) == hostile().to_dict()


# --- what is told ---------------------------------------------------------------------------------------------------


def result(name: str) -> str:
    return " ".join(render([example(name)], "text").split("── Result ")[1].split("── What to do")[0].split())


@pytest.mark.parametrize("format", ["short", "text", "markdown", "html"])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_conclusion_comes_first_then_what_to_do_then_the_ladder(path: Path, format: str) -> None:
    shown = plain(render([diagnosis(path)], format))
    order = [bare(conclusion(diagnosis(path))), "Whattodo", "Theladder", "Rulebase"]
    places = [shown.index(part) for part in order]
    assert places == sorted(places)


def test_a_conclusion_tells_what_it_rests_on() -> None:
    told = result("late-delivery")
    assert "It rests on 3 strong signs and 3 moderate signs." in told
    sign = "Only 78% of 340 orders arrived complete on the promised date, and customers cancel or leave because of it."
    assert f"{sign} (D1)" in told and "(D2)" in told and "(D3)" in told and "(D4)" not in told
    assert f"{sign} (D1)" in " ".join(render([example("late-delivery")], "short").split())


def test_what_was_reached_of_the_goal_and_what_is_missing_is_told_where_it_is_stated(base: RuleBase) -> None:
    for format in ("short", "text"):
        assert "Reached: 79% of goal · Missing: 21%\n" in render([example("late-delivery")], format)
        assert "Reached: 128% of goal\n" in render([example("top-seller")], format)
    found = salesdx.diagnose(base, salesdx.memory_from({"case_attainment_pct": Decimal("99.5")}, base), "reference")
    assert "Reached: 99.5% of goal · Missing: 0.5%\n" in render([found], "short")
    found = salesdx.diagnose(base, salesdx.memory_from({}, base), "reference")
    assert "Reached" not in render([found], "short")


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        ("{low: 80, high: 85}", "Reached: 80 to 85% of goal · Missing: 15 to 20%"),
        ("{above: 70}", "Reached: over 70% of goal · Missing: under 30%"),
        ("{low: 95, high: 105}", "Reached: 95 to 105% of goal · Missing: at most 5%"),
        ("{low: 100, high: 105}", "Reached: 100 to 105% of goal"),
        ("99.9999999", "Reached: 99.9999999% of goal · Missing: 0.0000001%"),
    ],
)
def test_what_was_reached_is_told_as_exactly_as_it_is_known(base: RuleBase, known: str, wanted: str) -> None:
    memory = case_from_text(f"case: x\nfacts: {{case_attainment_pct: {{value: {known}}}}}\n", "x.yaml", base)
    assert f"{wanted}\n" in render([salesdx.diagnose(base, memory, "reference")], "short")


@pytest.mark.parametrize(
    ("result", "wanted"),
    [
        ("goal: 1200000, reached: {above: 900000}", "EUR over 900,000 · Missing: EUR at most 300,000"),
        ("goal: 100, reached: {below: 90}", "EUR under 90 · Missing: EUR at least 10"),
        (
            "goal: 1200000, reached: {above: 900000, below: 1000000}",
            "EUR over 900,000 to under 1,000,000 (75 to 83.33% of goal) Missing: EUR 200,000 to 300,000 (16.67 to 25%)",
        ),
        (
            "goal: {low: 1000000, high: 1200000}, reached: {low: 900000, high: 1100000}",
            "EUR 900,000 to 1,100,000 (75 to 110% of goal) Missing: EUR at most 300,000 (at most 25%)",
        ),
    ],
)
def test_money_has_the_ends_that_were_stated(base: RuleBase, result: str, wanted: str) -> None:
    """Those of a range stand nowhere, nor does the number after the one that is not inside."""
    memory = case_from_text(f"case: x\nresult: {{{result}, currency: EUR}}\nfacts: {{}}\n", "x.yaml", base)
    shown = " ".join(render([salesdx.diagnose(base, memory, "reference")], "short").split())
    assert f"Reached: {wanted} ──" in shown


def test_a_concluded_stage_is_named_with_what_is_held() -> None:
    told = result("late-delivery")
    assert "Step 4 “Production and delivery” is the cause to act on" in told
    assert "step 5 “Customer service” is held, and nothing is recommended there" in told
    assert "12 signs of earlier steps were not looked at yet and could still turn this" in told


def test_what_holds_a_person_is_named() -> None:
    told = result("held-back")
    assert "Nothing is concluded: steps 2 “Product”, 3 “Pricing” and 5 “Customer service” are still open" in told
    assert "so step 8 “The individual's ability” is held and nothing is recommended there" in told


def test_a_complete_file_is_no_recommendation_to_dismiss() -> None:
    told = result("complete-file")
    assert "eligible for human review. The file is complete; a named person may now decide" in told
    assert "no recommendation to dismiss" in told


def test_a_success_looks_for_no_cause() -> None:
    assert "The goal was met, so no cause is looked for" in result("top-seller")
    assert "Time off or trip" in render([example("top-seller")], "text")


def test_an_empty_start_names_who_can_answer() -> None:
    shown = render([example("empty-start")], "text")
    assert "step 1 “Goals sound?” is the first that is still open" in result("empty-start")
    assert "(the sales manager)\n   Goal has number, unit and date  not asked" in shown


def test_a_file_that_lacks_a_look_is_never_called_complete(base: RuleBase) -> None:
    """The rule of the last stage is true, but one sign was not looked at: the page says open."""
    memory = example("complete-file").memory.with_statements("product_sales_hold", ())
    found = salesdx.diagnose(base, memory, "reference")
    shown = render([found], "text")
    assert "9 ? Termination (human decision)  open" in shown
    assert "not looked at: 1 sign" in shown
    assert "recommends nothing now" in shown
    assert "may now decide" not in shown


def where_said(term: str, *said: Statement) -> Diagnosis:
    """The complete file with other statements on one fact."""
    memory = example("complete-file").memory.with_statements(term, said)
    return salesdx.diagnose(memory.base, memory, "reference")


def test_whose_word_holds_a_person_back_and_what_would_lift_it() -> None:
    weak = Statement(Decimal(95), by="sales_manager", kind="opinion", date=date(2026, 10, 2))
    found = where_said("delivery_otif_pct", weak)
    short, full = (render([found], format) for format in ("short", "text"))
    assert (
        "Nothing is concluded: step 8 “The individual's ability” is held and nothing is\n"
        "recommended there.\n"
        "What leads to step 8\n"
        "- rests on the word of the sales manager alone: “Orders complete and on time”\n"
    ) in short
    assert "── What rests on too little ──" in full
    page = render([found], "markdown")
    assert (
        "| Orders complete and on time | 95% of orders | rests on the word of the sales manager alone "
        "| production and logistics: CRM fields or stronger, dated |"
    ) in page
    (stage,) = (stage for stage in found.to_dict()["stages"] if stage["id"] == "individual")
    assert stage["standing"]["unproven"] == [
        {
            "term": "delivery_otif_pct",
            "label": "Orders complete and on time",
            "why": "rests on the word of the sales manager alone",
        }
    ]


def test_a_value_between_two_ends_stands_beside_its_limit() -> None:
    said = Statement(Interval(Decimal(100), Decimal(112)), by="finance", kind="signed record", date=date(2026, 10, 6))
    shown = render([where_said("price_index_vs_competitor_pct", said)], "short")
    told = "- finance, 2 questions: “Our price against the rival's” [100 to 112, the limit\n  is 105] and 1 more\n"
    assert told in shown
    over = replace(said, value=Interval(Decimal("100.000000000000001"), Decimal(10000)))  # the end of the term's range
    shown = render([where_said("price_index_vs_competitor_pct", over)], "short")
    told = "- finance, 2 questions: “Our price against the rival's” [over 100, the limits are 105 and"
    assert told in " ".join(shown.split())


def test_a_disputed_number_is_told_as_the_span_that_it_is() -> None:
    two = [
        Statement(Decimal(value), by=by, kind="transaction data", date=date(2026, 10, 2))
        for value, by in ((95, "production"), (80, "sales_ops"))
    ]
    found = where_said("delivery_otif_pct", *two)
    assert "“Orders complete and on time” [disputed,\n  80 to 95, the limits are 85 and 90]" in render([found], "short")
    full = bare(render([found], "text"))
    assert bare("80 to 95% of orders is used, which is disputed; the statements with transaction data disagree") in full
    assert bare("if it is 80% of orders: nothing is concluded") in full
    assert full.count("inthespan") == 2


@pytest.mark.parametrize(
    ("day", "word"),
    [
        (date(2026, 2, 1), "too old"),
        (date(2027, 9, 1), "of too long after the period"),
        (date(2062, 1, 1), "of a day to come"),
    ],
)
def test_a_statement_that_is_not_current_says_how(day: date, word: str) -> None:
    memory = replace(example("complete-file").memory, today=date(2027, 12, 31))
    said = Statement(Decimal(102), by="finance", kind="signed record", date=day)
    found = quick(memory.base, memory.with_statements("price_index_vs_competitor_pct", (said,)))
    shown = " ".join(render([found], "short").split())
    assert f"- finance, 2 questions: “Our price against the rival's” [{word}] and 1 more" in shown


def test_a_percentage_that_may_be_a_fraction_is_listed_and_holds_back() -> None:
    said = Statement(Decimal("0.8"), by="marketing", kind="signed record", date=date(2026, 9, 18))
    shown = render([where_said("price_lost_reason_share_pct", said)], "short")
    assert "- 0.8% may be meant as a fraction: “Losses due to price, by buyers”\n" in shown
    assert "Taken as 0.8% and may be meant as a fraction: “Losses due to price, by buyers”" in " ".join(shown.split())


def test_a_withdrawn_statement_stays_in_sight_on_the_short_page() -> None:
    kept = Statement(Decimal(95), by="production", kind="transaction data", date=date(2026, 10, 2))
    back = Withdrawn(date(2026, 10, 5), "I meant August")
    gone = Statement(Decimal(60), by="sales_manager", author="ana", kind="opinion", date=date(2026, 10, 1))
    shown = " ".join(render([where_said("delivery_otif_pct", kept, replace(gone, withdrawn=back))], "short").split())
    assert "Withdrawn: Orders complete and on time, 60% of orders, by the sales manager: I meant August" in shown


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_decisive_comparisons_are_enough(path: Path) -> None:
    """The facts that a page shows for a true rule, or for a stage that is ruled out, give it alone."""
    found = diagnosis(path)
    values = found.matches.values
    for rule in found.fired:
        assert truth(rule.when, {name: values[name] for name in decisive_names(rule.when, values)}) is TRUE
    for stage in found.stages:
        when = stage.stage.ruled_out_when
        if when is not None and (now := truth(when, values)) is not None:
            assert truth(when, {name: values[name] for name in decisive_names(when, values, now)}) is now


def test_comparisons_carry_their_values(base: RuleBase) -> None:
    stage = base.as_written.home["delivery"].ruled_out_when
    assert stage is not None
    values = example("late-delivery").matches.values
    told = comparisons(base, decisive(stage, values, FALSE), values).replace("\u00a0", " ")
    assert told.startswith(
        "Orders complete and on time 78% is not ≥ 90 · Our lead time against the rival's 1.6 is not ≤ 1.2 ·"
    )


# --- text -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_text_fits_its_width(path: Path, width: int) -> None:
    assert [line for line in render([diagnosis(path)], "text", width).splitlines() if size(line) > width] == []


@pytest.mark.parametrize("width", [60, 80, 110])
def test_hostile_text_fits_as_well(width: int) -> None:
    assert [line for line in render([hostile()], "text", width).splitlines() if size(line) > width] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_colour_adds_nothing_but_colour(path: Path) -> None:
    painted, shown = (render([diagnosis(path)], "text", 80, colour) for colour in (True, False))
    assert "\x1b[" in painted
    assert "\x1b" not in shown
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", painted)
    assert [line.rstrip() for line in stripped.splitlines()] == shown.splitlines()


def test_each_mark_has_its_own_shape() -> None:
    assert set(MARKS) == set(Mark)
    assert len({shape for shape, _ in MARKS.values()}) == len(MARKS)


@given(st.text(max_size=200), st.integers(4, 60))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    lines = wrap(clean(text), width, width)
    assert all(size(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == clean(text).replace("\u00a0", "").replace(" ", "")


def test_hidden_characters_are_shown_as_a_mark() -> None:
    shown = render([hostile()], "text")
    assert not HIDDEN.search(shown.replace("\n", ""))
    assert "\ufffd" in shown


# --- one screen -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*EXAMPLES, *CASES], ids=lambda path: path.stem)
def test_the_short_page_is_one_screen_and_loses_no_caution(path: Path) -> None:
    found = diagnosis(path)
    shown = render([found], "short")
    lines = shown.splitlines()
    assert len(lines) <= 40 and all(size(line) <= 80 for line in lines)
    assert lines[-1] == "All of it: salesdx diagnose CASE --full · why, and why not: salesdx explain CASE"
    told = bare(shown)
    for part in (conclusion(found), *notes(found), *(r.why for r in found.suppressed)):
        assert bare(part) in told
    for r in found.recommendations[:3]:
        assert bare(f"{r.intervention.title}{r.intervention.owner}judge after{r.intervention.judge_after}") in told
    for conflict in found.conflicts:
        assert f"“{label(conflict.fact.term)}”" in " ".join(shown.split())
    for rule in found.fired:
        if rule.strength in ("caution", "recognise_hold"):
            assert bare(f"{found.because(rule)}{rule.id}") in told
    for file in found.files:
        if file.reached:
            assert (
                bare(next(line.says for line in found.base.ladder.decisions["file"] if line.name == file.status))
                in told
            )
            assert all(bare(found.because(rule)) in told for rule in file.blocked_by[:1])
            assert all(rule.id in shown for rule in file.blocked_by)


@pytest.mark.parametrize("path", [*EXAMPLES, *CASES], ids=lambda path: path.stem)
def test_the_short_page_is_one_screen_of_a_narrow_terminal(path: Path) -> None:
    """Fewer actions, reasons and people are told there, and how many more there are."""
    found = diagnosis(path)
    for width in (60, 66, 73, 79):
        lines = render([found], "short", width).splitlines()
        assert len(lines) <= 40 and all(size(line) <= width for line in lines)
        assert all(rule.id in " ".join(lines) for file in found.files if file.reached for rule in file.blocked_by)


def test_a_ladder_of_many_stages_fits_the_line() -> None:
    rungs = tuple(Rung(number, f"Stage {number}", Mark.PASSED, "ruled out") for number in range(1, 21))
    report = Report(
        "Case many", (), (Section("ladder", "The ladder", (LadderBlock(rungs, brief=True),)),), (), tight=True
    )
    assert to_text(report, 60).splitlines()[4:8] == [
        "1 ○  2 ○  3 ○  4 ○  5 ○  6 ○  7 ○  8 ○  9 ○  10 ○",
        "11 ○  12 ○  13 ○  14 ○  15 ○  16 ○  17 ○  18 ○  19 ○  20 ○",
        "○ ruled out",
        "─" * 60,
    ]


def test_the_short_page_says_no_more_of_a_person_than_is_concluded() -> None:
    """Signs of a stage that is held, and what they would advise, stay on the full page."""
    found = example("held-back")
    shown, full = (bare(render([found], format)) for format in ("short", "text"))
    unheard = [rule for rule in found.fired if rule.home == "individual"]
    assert len(unheard) >= 3
    for rule in unheard:
        assert bare(found.because(rule)) in full and bare(found.because(rule)) not in shown


def test_the_short_page_says_who_can_turn_it() -> None:
    shown = render([example("late-delivery")], "short")
    assert (
        "── What could turn it, and whom to ask ─────────────────────────────────────────\n"
        "- finance, 9 questions: “Share of goal after season” and 8 more\n"
        "Then sales operations, product management, customer service and marketing\n"
    ) in shown


def test_the_ladder_of_the_short_page_is_one_line_of_signs() -> None:
    shown = render([example("late-delivery")], "short")
    assert (
        "\n1 ○  2 ○  3 ○  4 ●  5 ◐  6 ○  7 ○  8 ○  9 –\n○ ruled out or not applicable · ● confirmed, concluded · ◐"
        in shown
    )


@pytest.mark.parametrize("width", [60, 80, 110])
def test_short_pages_fit_their_width_whatever_a_case_holds(width: int) -> None:
    for found in (hostile(), *map(diagnosis, EXAMPLES)):
        shown = render([found], "short", width)
        assert [line for line in shown.splitlines() if size(line) > width] == []
        assert not HIDDEN.search(shown.replace("\n", ""))


# --- Markdown -------------------------------------------------------------------------------------------------------


def test_markdown_shows_hostile_text_as_it_is() -> None:
    shown = render([hostile()], "markdown")
    assert not HIDDEN.search(shown.replace("\n", ""))
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", shown)
    assert not re.search(r"(?<!\\)<script", outside)
    assert not re.search(r"(?<!\\)\[d", outside)


def test_markdown_tables_keep_their_columns() -> None:
    for found in (hostile(), example("late-delivery")):
        lines = render([found], "markdown").splitlines()
        tables = "\n".join(line if line.startswith("|") else "" for line in lines).split("\n\n")
        for table in (part.strip().splitlines() for part in tables if part.strip()):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1


def test_markdown_escapes_only_what_it_must() -> None:
    assert escape("delivery_otif_pct 78 < 85, 6.2% of orders") == "delivery_otif_pct 78 < 85, 6.2% of orders"
    assert escape("# no heading") == "\\# no heading"
    assert escape("1. no list") == "1\\. no list"
    assert escape("_no_ stress") == "\\_no\\_ stress"
    assert code("a `b` c`") == "`` a `b` c` ``"


# --- HTML -----------------------------------------------------------------------------------------------------------

VOID = {"meta", "br", "circle", "path", "rect"}


class Page(HTMLParser):
    """Reads a page strictly: every tag is closed in order."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(shown)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == name]


def pages() -> list[tuple[str, list[Diagnosis]]]:
    found = [(path.stem, [diagnosis(path)]) for path in EXAMPLES]
    return [*found, ("hostile", [hostile()]), ("several", [*(diagnosis(path) for path in EXAMPLES), hostile()])]


@pytest.mark.parametrize(("name", "found"), pages(), ids=[name for name, _ in pages()])
def test_html_is_one_accessible_page(name: str, found: list[Diagnosis]) -> None:
    page = Page(render(found, "html"))
    assert page.named("html") == [{"lang": "en"}]
    assert len(page.named("title")) == 1 + len(found)  # the page's own, and one in each drawing
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(set(ids)) == len(ids)
    referred = [id for _, attrs in page.tags for id in (attrs.get("aria-labelledby") or "").split()]
    referred += [str(attrs["href"])[1:] for attrs in page.named("a")]
    assert set(referred) <= set(ids)
    assert [attrs["role"] for attrs in page.named("svg")] == ["img"] * len(found)
    assert len(page.named("desc")) == len(found)


@pytest.mark.parametrize(("name", "found"), pages(), ids=[name for name, _ in pages()])
def test_html_needs_nothing_from_elsewhere(name: str, found: list[Diagnosis]) -> None:
    shown = render(found, "html")
    page = Page(shown)
    allowed = {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "h4", "nav", "ul", "ol", "li", "a",
        "article", "header", "section", "footer", "dl", "div", "dt", "dd", "p", "span", "strong", "code", "br", "table",
        "thead", "tbody", "tr", "th", "td", "details", "summary", "svg", "desc", "g", "path", "circle", "rect", "text",
    }  # fmt: skip
    assert {tag for tag, _ in page.tags} <= allowed
    assert not any(name.startswith("on") or name in ("src", "style") for _, attrs in page.tags for name in attrs)
    assert "url(" not in shown and "@import" not in shown
    assert not HIDDEN.search(shown.replace("\n", ""))


def test_html_shows_hostile_text_as_it_is() -> None:
    page = Page(render([hostile()], "html"))
    assert any("<script>alert(1)</script> \"quoted\" 'too' ]]>" in text for text in page.texts)


def test_html_draws_each_step_with_its_status() -> None:
    found = example("late-delivery")
    drawn = render([found], "html").split("<svg")[1].split("</svg>")[0]
    for stage in found.stages:
        assert stage.stage.title.replace("'", "&#39;") in drawn
    assert drawn.count(">ruled out</text>") == 5
    assert ">confirmed, concluded</text>" in drawn and ">confirmed, held</text>" in drawn


def test_html_proves_each_recommendation() -> None:
    page = Page(render([example("late-delivery")], "html"))
    proofs = [attrs for attrs in page.named("details") if attrs == {"class": "proof"}]
    assert len(proofs) == len(example("late-delivery").recommendations)


def test_html_folds_what_a_terminal_hides() -> None:
    shown = render([example("late-delivery")], "html")
    folded = re.findall(r"<summary><h2[^>]*>(.*?)</h2></summary>", shown)
    assert folded == ["Why", "Signs not looked at yet", "What ruled out the other steps"]


@pytest.mark.parametrize("format", ["short", *FORMATS])
def test_a_page_of_many_cases_is_never_whole(format: str) -> None:
    """What stands before a case is given before the next case is asked for."""
    found = [diagnosis(path) for path in EXAMPLES]
    taken: list[int] = []

    def parts() -> Iterator[str]:
        for number, each in enumerate(found, 1):
            taken.append(number)
            yield part_of(each, format, number=number, of=len(found))

    given, seen = "", []
    for piece in page_around([heading(each) for each in found], parts(), format):
        given += piece
        seen.append(len(taken))
    assert given == render(found, format)
    assert set(range(1, len(found) + 1)) <= set(seen)
    if format == "json":
        assert json.loads(given) == [each.to_dict() for each in found]


def test_what_a_template_asks_for_must_be_there_and_is_escaped() -> None:
    made = environment()
    with pytest.raises(jinja2.UndefinedError):
        made.from_string("{{ nothing }}").render()
    shown = made.from_string('<p title="{{ text }}">{{ text }}{{ list|join(", ") }}</p>')
    assert shown.render(text="<b>'\"&\x1b", list=["<i>\u202e", "a"]) == (
        '<p title="&lt;b&gt;&#39;&#34;&amp;\ufffd">&lt;b&gt;&#39;&#34;&amp;\ufffd&lt;i&gt;\ufffd, a</p>'
    )


def test_colours_can_be_read() -> None:
    """WCAG 2.1 AA: words against every ground they stand on at least 4.5 to 1, light and dark."""
    grounds = {"concluded": ["concluded-panel"], "blocked": ["concluded-panel"], "complete": ["complete-panel"]}
    themes = re.findall(r":root \{(.*?)\}", style(), re.DOTALL)
    assert len(themes) == 3  # light, dark, paper
    for theme in themes:
        colours = dict(re.findall(r"--([\w-]+): #([0-9a-f]{6})", theme))
        for ink in ("ink", "soft", *(mark for mark in Mark)):
            for ground in ("page", *grounds.get(ink, [])):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground, colours)
        for panel in ("concluded-panel", "complete-panel", "panel"):
            assert contrast(colours["ink"], colours[panel]) >= 4.5


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


# --- explanations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_explanations_in_every_format(format: str) -> None:
    found = example("late-delivery")
    explanation = salesdx.explain(found.base, found.memory, found)
    answers = [
        Explained("why", "D1", explanation.why("D1")),
        Explained("why_not", "pricing", explanation.why_not("pricing")),
        Explained("what_if", "delivery_otif_pct is 95", explanation.what_if({"delivery_otif_pct": "95"})),
    ]
    shown = render_answers(found, answers, format)
    if format == "json":
        assert [answer["question"] for answer in json.loads(shown)["answers"]] == ["why", "why_not", "what_if"]
        return
    text = plain(shown)
    assert bare("Pricing is not confirmed") in text
    for part in ("Orders complete and on time 78 < 85", "Price rise of the last 12 months", "95% of orders"):
        assert bare(part) in text
    if format == "text":
        assert all(size(line) <= 80 for line in shown.splitlines())
    if format == "html":
        Page(shown)


def test_what_would_change_tells_each_way_with_who_can_answer() -> None:
    found = example("late-delivery")
    change = NeededChange(found.memory.fact("delivery_otif_pct"), Decimal(95), "% of orders", 2)
    other = NeededChange(found.memory.fact("delivery_stockout_pct"), Unknown.NOT_APPLICABLE)
    turns = Turns("delivery", "concluded", (Turning("open", (change, other)),), (("ruled_out", 2),))
    shown = render_answers(found, [Explained("what_would_change", "delivery", turns)], "text")
    assert "── What would change “Production and delivery” ─" in shown
    assert "Now: concluded." in shown
    told = " ".join(shown.split())
    assert "open Orders complete and on time: 78% of orders → 95% of orders (production and logistics); and" in told
    assert "and Best sellers out of stock: not known → not applicable" in told
    assert "More sets of facts would do it: 2 for ruled out." in shown


def test_a_report_on_a_person_says_who_asked_for_it_and_that_nothing_checks_that(base: RuleBase) -> None:
    """Whoever names another asker lifts the restriction on their own word: readers see the name."""
    file = (ROOT / "examples" / "complete-file.yaml").read_text("utf-8")
    lines = [line for line in file.splitlines() if not line.startswith("asked_by:")]
    told = {
        "asked_by: {by: hr, author: ana}": "Asked for by: human resources ana (typed, not checked)",
        "asked_by: {by: hr}": "Asked for by: human resources (typed, not checked)",
        "": "Asked for by: the sales manager (not stated)",
    }
    for head, wanted in told.items():
        found = quick(base, case_from_text("\n".join([head, *lines]), "a.yaml", base))
        for form in ("text", SHORT):
            assert wanted in " ".join(render([found], form).split())
    company = quick(base, case_from_text("subject: {kind: company}\nfacts: {}\n", "a.yaml", base))
    assert "Asked for by" not in render([company], "text")


def test_the_digest_of_a_report_that_shows_a_value_is_told_as_not_checked(base: RuleBase) -> None:
    digest = "ab" * 32
    told = f"{{value: 96, by: production, source: ERP, report: {{name: OTIF Q3, digest: {digest}}}}}"
    found = quick(base, case_from_text(f"facts: {{delivery_otif_pct: {told}}}\n", "a.yaml", base))
    memory = found.memory
    shown = render_facts(base, memory, overview(base, memory), False, "text", 400)
    assert "ERP, a report (not checked)" in shown


def test_a_table_too_wide_for_a_phone_stands_in_lines() -> None:
    """Words were broken in the middle: `show` was a column of syllables at 46 columns."""
    rows = (("Days to make a quote", "60 to 70 working days", "the sales manager"), ("", "65 working days", ""))
    page = Report("Case a", (), (Section("facts", "Facts", (Table(("fact", "value", "who"), rows),)),), ())
    assert to_text(page, 45).splitlines()[5:-2] == [
        "fact               value         who",
        "Days to make a     60 to 70      the sales",
        "quote              working days  manager",
        "                   65 working",
        "                   days",
    ]
    assert to_text(page, 24).splitlines()[5:-2] == [
        "Days to make a quote",
        "  value: 60 to 70",
        "    working days",
        "  who: the sales manager",
        "  value: 65 working days",
    ]
