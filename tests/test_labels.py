"""People read and type labels; identifiers stand on their pages only where they are asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

import salesdx
from conftest import ROOT, cases_in
from homes import memory_of, one_stage, write_home
from salesdx.base.model import RuleBase
from salesdx.case.statement import shown_value
from salesdx.cli import cli
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation import Explanation
from salesdx.interview.conversation import Conversation
from salesdx.interview.hand_over import handed_over
from salesdx.interview.overview import overview
from salesdx.language.conditions import names
from salesdx.render import render, render_answers, render_facts
from salesdx.render.prompts import Page
from salesdx.services.explaining import Explained, answered
from salesdx.services.page_requests import Questions
from salesdx.text.issues import RuleBaseError

CASES = sorted([*cases_in(ROOT / "examples"), *cases_in(ROOT / "rules" / "cases")])
LATE = str(ROOT / "examples" / "late-delivery.yaml")
PAGES = ("text", "markdown", "html")
IDENTIFIER = re.compile("[a-z0-9_]+")
ORDERS, COUNTED = "Orders complete and on time", "Orders counted"


@cache
def shipped(ids: bool = False) -> RuleBase:
    return replace(salesdx.load(), ids=ids)


@cache
def diagnosis(path: Path, ids: bool = False) -> Diagnosis:
    base = shipped(ids)
    return salesdx.diagnose(base, salesdx.read_case(path, base), "reference")


def run(*arguments: str) -> str:
    found = CliRunner().invoke(cli, arguments)
    assert found.exit_code == 0, found.output
    return found.stdout


def refused(*arguments: str) -> str:
    found = CliRunner().invoke(cli, arguments)
    assert found.exit_code == 2 or found.exit_code == 1
    return found.stderr


# --- what people read -------------------------------------------------------------------------------------------------


def identifiers(shown: str) -> set[str]:
    """The names of terms and choices that stand on a page, and those of strengths."""
    base = shipped()
    choices = {value for term in base.terms.values() for value in term.values if "_" in value}
    strengths = {rule.strength for rule in base.rules if "_" in rule.strength}
    return (base.terms.keys() | choices | strengths) & set(IDENTIFIER.findall(shown.replace("\\", "")))


def pages(path: Path, ids: bool = False) -> Iterator[str]:
    """What is read of a case: its report, the facts, why each stage stands so, and what a changed fact does."""
    found = diagnosis(path, ids)
    base, memory = found.base, found.memory
    for format in ("short", *PAGES):
        yield render([found], format)
    facts = overview(base, memory)
    explanation = Explanation(found)
    known = [fact.term for fact in facts if fact.fact.value is not None]
    changes = {term.name: None for term in known[:2]}
    answers = [
        *(Explained("why_not", stage.stage.id, explanation.why_not(stage.stage.id)) for stage in found.stages),
        *answered(found, Questions()),
        *(Explained("why", term.name, explanation.why(term.name)) for term in known[:1]),
        Explained("what_if", "", explanation.what_if(changes)),
    ]
    for format in PAGES:
        yield render_facts(base, memory, facts, False, format)
        yield render_answers(found, answers, format)
    conversation = Conversation(base, memory, history=tuple(memory.statements))
    page, day = Page(80, False), date(2026, 10, 1)
    yield "\n".join(page.question(conversation, day))
    for line in ("?", "why", "review"):
        yield "\n".join(page.turn(conversation, conversation.take(line, day)[1]))
    end = page.end(conversation, handed_over(conversation), "mine.yaml", day)
    yield "\n".join(line for line in end if not line.startswith("  salesdx ask"))


def words_of_the_base(shown: str) -> set[str]:
    """What else a program calls by a name: words with a `_` of statuses, verdicts, findings, interventions and limits,
    and whatever stands in backquotes as code."""
    base = shipped()
    lines = (*base.ladder.verdicts, *(line for lines in base.ladder.decisions.values() for line in lines))
    names_ = {*base.findings, *base.interventions, *base.limits, *(line.name for line in lines)}
    told = shown.replace("\\", "")
    return {name for name in names_ if "_" in name} & set(IDENTIFIER.findall(told)) | set(re.findall("`[^`]+`", told))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_report_holds_a_word_of_a_program(path: Path) -> None:
    """All worked cases in all forms; an interview alone quotes the words that can be typed."""
    found = diagnosis(path)
    for format in ("short", "text", "markdown"):
        assert words_of_the_base(render([found], format)) == set(), format


@pytest.mark.parametrize("stem", ["termination-put-together-in-a-hurry", "termination-coaching-was-planned-not-given"])
def test_each_reason_against_a_file_stands_in_words_on_the_first_screen(stem: str) -> None:
    found = diagnosis(ROOT / "rules" / "cases" / f"{stem}.yaml")
    shown = " ".join(render([found], "short").split())
    first, *others = next(file for file in found.files if file.reached).blocked_by
    assert others
    assert f"{found.because(first)} ({first.id})" in shown
    assert all(f"{rule.title} ({rule.id})" in shown for rule in others)


def test_a_note_is_a_sentence_of_labels(tmp_path: Path) -> None:
    terms = {"won_n": {"type": "integer", "label": "Won"}, "decided_n": {"type": "integer", "label": "Decided"}}
    base = one_stage(tmp_path, terms, {"A1": "won_n / decided_n > 0.5"})
    found = salesdx.diagnose(base, memory_of(base, {"won_n": 3, "decided_n": 0}), "reference")
    assert "Rule A1 divides by zero: “Won” / “Decided” is unknown" in render([found], "text")
    nothing = salesdx.diagnose(shipped(), salesdx.memory_from({}, shipped()), "reference")
    wanted = "Whether this is a review of the kind “success” is not known: “Share of goal reached” is unknown"
    assert wanted in " ".join(render([nothing], "text").split())


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.stem, marks=pytest.mark.long if n % 5 else ()) for n, path in enumerate(CASES)],
)
def test_no_page_that_people_read_holds_an_identifier(path: Path) -> None:
    for shown in pages(path):
        assert identifiers(shown) == set()


def test_every_identifier_is_shown_where_it_is_asked_for() -> None:
    """Beside the label; a condition then stands as its author wrote it."""
    found = diagnosis(Path(LATE), ids=True)
    shown = render([found], "text")
    assert "Orders complete and on time [delivery_otif_pct]: 78% of orders" in shown.replace("\u00a0", " ")
    rule = found.base.as_written.rule["D1"]
    assert identifiers(shown) >= set(names(rule.when)) & found.base.terms.keys()
    assert rule.text in " ".join(shown.split())


@pytest.mark.parametrize("command", [("diagnose",), ("explain", "--why", "D1"), ("show",)], ids=lambda part: part[0])
def test_ids_is_an_option_of_what_people_read(command: tuple[str, ...]) -> None:
    name, *options = (*command, "--format", "markdown")
    plain, with_ids = run(name, LATE, *options), run(name, LATE, *options, "--ids")
    assert identifiers(plain) == set()
    assert identifiers(with_ids) >= {"delivery_otif_pct", "delivery_orders_n"}
    assert ORDERS in with_ids


def test_json_has_both_whether_or_not_identifiers_are_asked_for() -> None:
    data = json.loads(run("diagnose", LATE, "--format", "json"))
    delivery = next(stage for stage in data["stages"] if stage["id"] == "delivery")
    assert {key: delivery["standing"]["decisive"][0][key] for key in ("term", "label")} == {
        "term": "delivery_otif_pct",
        "label": ORDERS,
    }
    assert [(c["term"], c["label"]) for c in data["conflicts"]] == [("delivery_otif_pct", ORDERS)]
    assert data == json.loads(run("diagnose", LATE, "--format", "json", "--ids"))
    (first, *_) = json.loads(run("show", LATE, "--format", "json"))
    assert (first["term"], first["label"]) == ("firm_ships_goods", "Delivers goods or installations")
    (asked, *_) = json.loads(run("diagnose", str(ROOT / "examples" / "empty-start.yaml"), "--format", "json"))[
        "next_questions"
    ]
    assert (asked["term"], asked["label"]) == ("goal_measurable", "Goal has number, unit and date")


@pytest.mark.parametrize(
    ("known", "limit", "shown"),
    [
        (Decimal("84.9999996"), Decimal(85), "84.9999996"),
        (Decimal("84.9999996"), Decimal(90), "85"),
        (Decimal("84.9999996"), None, "85"),
        (Decimal("0.04999968212"), Decimal("0.05"), "0.0499997"),
        (Decimal("0.05000000001"), Decimal("0.05"), "0.05000000001"),
        (Decimal("0.0040451234"), Decimal("0.05"), "0.004045"),
        (Decimal(85), Decimal(85), "85"),
    ],
)
def test_a_value_is_told_from_its_limit(known: Decimal, limit: Decimal | None, shown: str) -> None:
    assert shown_value(known, limit) == shown


def test_a_close_value_is_told_from_its_limit_on_pages(tmp_path: Path) -> None:
    """10,000,001 of 200,000,000 is a little more than 0.05."""
    share = {"type": "number", "formula": "made_n / planned_n", "label": "Made of what was planned"}
    base = one_stage(tmp_path, {"made_n": "integer", "planned_n": "integer", "share": share}, {"A1": "share > 0.05"})
    found = salesdx.diagnose(base, memory_of(base, {"made_n": 10_000_001, "planned_n": 200_000_000}), "reference")
    answers = [Explained("why", "A1", Explanation(found).why("A1"))]
    assert "“Made of what was planned” 0.050000005 > 0.05" in render_answers(found, answers, "text")


# --- what people type -------------------------------------------------------------------------------------------------


def test_a_label_may_be_typed_in_whatever_letters() -> None:
    assert run("explain", LATE, "--why", "orders COMPLETE and  on time") == run(
        "explain", LATE, "--why", "delivery_otif_pct"
    )
    by_label, by_name = (run("explain", LATE, "--what-if", f"{name}=12") for name in (COUNTED, "delivery_orders_n"))
    assert by_label == by_name


def test_the_nearest_label_is_named() -> None:
    assert f"did you mean `{ORDERS}`?" in refused("explain", LATE, "--why", "Orders complet and on time")
    assert "did you mean `delivery_otif_pct`?" in refused("explain", LATE, "--why", "delivery_otif_pc")
    assert "did you mean `delivery_orders_n`?" in refused("explain", LATE, "--what-if", "Orders countd=12")


@pytest.mark.parametrize("typed", ["orders counted", "Orders  counted", "delivery_orders_n"])
def test_an_interview_changes_what_is_called_by_its_label(typed: str) -> None:
    conversation = Conversation(shipped(), salesdx.memory_from({"delivery_orders_n": 40}, shipped()))
    there, turn = conversation.take(f"change {typed}", date(2026, 10, 1))
    assert (turn.kind, there.asked) == ("moved", "delivery_orders_n")
    after, turn = conversation.take(f"change {typed} 12", date(2026, 10, 1))
    assert turn.kind == "answered"
    assert after.memory.fact("delivery_orders_n").value == 12


def test_an_interview_names_the_nearest_question() -> None:
    conversation = Conversation(shipped(), salesdx.memory_from({}, shipped()))
    assert conversation.take("change Odres cuonted", date(2026, 10, 1))[1].text.endswith(f"did you mean `{COUNTED}`?")


# --- what an author may write -----------------------------------------------------------------------------------------


def test_every_shipped_term_has_a_label_of_its_own() -> None:
    labels = [term.label for term in shipped().terms.values()]
    assert all(0 < len(label) <= 40 for label in labels)
    assert len({label.casefold() for label in labels}) == len(labels)


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        (("x" * 41, ""), "the label of `first` is a text of at most 40 characters, this has 41"),
        (("Days to make a quote", "days to MAKE a quote"), "`first` and `second` have one label"),
        (("second", ""), "the label of `first` is the name of a term"),
    ],
)
def test_a_label_is_short_and_means_one_term(tmp_path: Path, labels: tuple[str, str], fault: str) -> None:
    terms = {
        name: {"type": "integer"} | ({"label": label} if label else {})
        for name, label in zip(("first", "second"), labels, strict=True)
    }
    write_home(tmp_path, {"only": {"terms": terms, "rules": {"A1": "first > second"}}})
    with pytest.raises(RuleBaseError) as caught:
        salesdx.load(tmp_path)
    (issue,) = caught.value.issues
    assert issue.message == fault
    assert issue.place.path.endswith("only.yaml") and issue.place.line > 1


def test_a_base_without_labels_shows_its_names(tmp_path: Path) -> None:
    base = one_stage(tmp_path, {"orders_late": "integer"}, {"A1": "orders_late > 5"})
    found = salesdx.diagnose(base, memory_of(base, {"orders_late": 9}), "reference")
    assert "orders_late > 5" in render([found], "text")
