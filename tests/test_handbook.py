"""`salesdx docs` and `salesdx explain-rule`: everything is there, and the words say what the conditions say."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import salesdx
from browser import needs_browser, opened, violations
from homes import load_home
from random_bases import DATES, VALUES, Names, Writer
from salesdx.base.model import RuleBase
from salesdx.case.statement import shown_value
from salesdx.cli import cli
from salesdx.engine.expression_text import literal, plainly
from salesdx.language.conditions import Literal, Value, truth, walk
from salesdx.language.parsing import parse_condition
from salesdx.language.truth import Truth, and_, or_
from salesdx.render import shown
from salesdx.render.blocks import Step
from salesdx.render.handbook import handbook
from salesdx.render.rule_words import condition, rule_report

HOSTILE = '<script>alert(1)</script> | `x` & "quoted" *b* [d](e)'


# --- everything is there ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(base: RuleBase) -> dict[str, str]:
    """The handbook in each format, as its words in one line."""
    made = {format: shown([handbook(base)], format, 500, False) for format in ("html", "text", "markdown")}
    made["html"] = html.unescape(re.sub(r"<[^>]+>", " ", made["html"].partition("</style>")[2]))
    made["markdown"] = re.sub(r"\\(?=[\W_])", "", made["markdown"])
    return {format: " ".join(re.sub(r"[│├└─]", " ", text).split()) for format, text in made.items()}


def everything(base: RuleBase) -> Iterator[tuple[str, str]]:
    """(what it is, the words of the rule base that a reader of the handbook must find)."""
    for stage in (*base.stages, *base.groups):
        yield stage.id, stage.title
        yield stage.id, stage.owner
    for term in base.terms.values():
        yield term.name, term.name
        yield from ((term.name, text) for text in (term.question, term.note, term.derive, term.evidence) if text)
        yield from ((term.name, shown_value(number)) for number in (term.low, term.high) if number is not None)
    for rule in base.rules:
        yield rule.id, f"{rule.id}: {rule.title}"
        yield rule.id, rule.finding
        yield from ((rule.id, text) for text in rule.source)
        yield rule.id, re.sub(r"\{(\w+)\}", r"[\1]", rule.because)
    for intervention in base.interventions.values():
        yield intervention.id, f"{intervention.title} (`{intervention.id}`)"
        yield from ((intervention.id, text) for text in (intervention.do, intervention.worked_when))
    for source in base.sources.values():
        yield source.id, f"{source.id}: {source.title}"
        yield from ((source.id, address) for address in source.address)
    for property in base.properties:
        yield property.id, property.id
        yield property.id, property.says
        yield property.id, property.text
    for lines in (base.ladder.modes, *base.ladder.decisions.values()):
        yield from ((line.name, plainly(line.when)) for line in lines if not isinstance(line.when, Literal))
    for kind in base.evidence:
        yield from ((kind.name, word) for word in kind.words)
    assert base.policy is not None
    signing = (base.policy.wait_hours, base.policy.signature_days)
    numbers = (*signing, base.policy.words_per_minute, base.policy.small_cell, base.policy.impact_ratio)
    yield from (("policy", str(number)) for number in (*numbers, *base.policy.retention_days.values()))


@pytest.mark.parametrize("format", ["html", "text", "markdown"])
def test_every_part_of_the_shipped_rules_is_in_the_handbook(format: str, pages: dict[str, str], base: RuleBase) -> None:
    wanted = list(everything(base))
    assert len(wanted) > 1_500
    assert [(what, text) for what, text in wanted if " ".join(text.split()) not in pages[format]] == []


def test_every_number_of_a_rule_stands_beside_it(base: RuleBase) -> None:
    seen = 0
    for rule in base.rules:
        said = " ".join(step.text for step in steps(condition(base, rule.when)))
        for part in walk(rule.when):
            if isinstance(part, Literal) and not isinstance(part.value, bool):
                assert literal(part.value) in said, rule.id
                seen += 1
    assert seen > 100


def steps(step: Step) -> Iterator[Step]:
    yield step
    for inner in step.steps:
        yield from steps(inner)


def test_links_at_the_top_lead_to_every_section(base: RuleBase) -> None:
    page = shown([handbook(base)], "html", 80, False)
    links = re.findall(r'<li><a href="#([^"]+)">', page.partition("</nav>")[0])
    assert links == re.findall(r'<h2 id="([^"]+)">', page)
    assert len(links) >= len(base.stages) + len(base.groups) + 3


def test_the_handbook_of_a_layer_says_what_it_changes(tmp_path: Path) -> None:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    (tmp_path / "knowledge" / "policy.yaml").write_text("small_cell: 12\n", encoding="utf-8")
    said = shown([handbook(salesdx.load(tmp_path))], "text", 200, False)
    assert "knowledge/policy.yaml: small_cell" in said
    assert "fewer than 12 people" in said


def test_what_is_not_proved_for_these_rules_is_not_called_proved(base: RuleBase, tmp_path: Path) -> None:
    assert base.proof is not None
    (tmp_path / "layer.yaml").write_text("extends: salesdx\n", encoding="utf-8")
    (tmp_path / "rules").mkdir()
    assert "proved for every possible case" not in shown([handbook(salesdx.load(tmp_path))], "text", 200, False)


# --- the words say what the condition says ----------------------------------------------------------------------------

TERMS: dict[str, Any] = {
    "yes_1": "boolean",
    "yes_2": "boolean",
    "number_1": {"type": "number", "unit": "points"},
    "number_2": {"type": "percent", "unit": "% of deals, counted once"},
    "number_3": {"type": "ratio", "unit": "share / share"},
    "day_1": "date",
    "day_2": "date",
    "kind_1": {"type": "enum", "values": VALUES},
    "kind_2": {"type": "enum", "values": VALUES},
}
FINDINGS = ("seen_1", "seen_2")
UNITS = re.compile(r"(?<=\d) points|(?<=\d)% of deals")
WORDS = {
    " is at least ": " >= ",
    " is at most ": " <= ",
    " is below ": " < ",
    " is above ": " > ",
    " is not ": " != ",
    " is ": " == ",
    " plus ": " + ",
    " minus ": " - ",
    " times ": " * ",
    " divided by ": " / ",
}


def truth_of(step: Step, values: Mapping[str, Value | None]) -> Truth:
    """What a reader makes of a condition in words: a reading of its own, by the words alone."""
    match step.text:
        case "all of these hold":
            return and_(truth_of(part, values) for part in step.steps)
        case "at least one of these holds":
            return or_(truth_of(part, values) for part in step.steps)
        case "always true" | "always false":
            return step.text == "always true"
    if found := re.fullmatch(r"this is (true|false): (.*)", step.text):
        told = truth(parse_condition(quoted(found[2])), values)
        return told if found[1] == "true" or told is None else not told
    if found := re.fullmatch(r"the answer to `(\w+)` is (yes|no)", step.text):
        known = values.get(found[1])
        return None if known is None else known is (found[2] == "yes")
    if found := re.fullmatch(r"it is (found that|known to be false that) “.*” \(`(\w+)`\)", step.text):
        known = values.get(found[2])
        return None if known is None else known is (found[1] == "found that")
    text = UNITS.sub("", step.text.replace("`", ""))
    found = re.fullmatch(r"(.*) is (none of )?((?:\S+(?:, \S+)* or )?\S+)", text)
    if found and (found[2] or " or " in found[3]):
        one = truth(parse_condition(f"{found[1]} in [{quoted(re.sub(' or ', ', ', found[3]))}]"), values)
        return one if not found[2] or one is None else not one
    for words, sign in WORDS.items():
        text = text.replace(words, sign)
    return truth(parse_condition(quoted(text)), values)


def quoted(text: str) -> str:
    """With quotes around the values of choices, and yes and no as the language has them: words do without."""
    text = re.sub(rf"\b({'|'.join(VALUES)})\b", r"'\1'", text)
    return re.sub(r"\b(yes|no)\b", lambda found: "true" if found[0] == "yes" else "false", text)


@cache
def small() -> RuleBase:
    rules = {name: {"when": "yes_1", "finding": name, "title": f"{name} is so or not"} for name in FINDINGS}
    with TemporaryDirectory() as folder:
        return load_home(Path(folder), {"only": {"terms": TERMS, "rules": rules}})


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, dict[str, Value | None]]:
    by = {kind: [name for name in TERMS if name.startswith(kind)] for kind in ("yes", "number", "day", "kind")}
    names = Names([*by["yes"], *FINDINGS], by["number"], by["day"], by["kind"])
    text = Writer(draw, names).condition()
    pools: list[tuple[list[str], Any]] = [
        (names.boolean, [True, False]),
        (names.number, [Decimal(n) for n in ("-1", "0", "0.1", "1", "2.5", "10")]),
        (names.date, DATES),
        (names.enum, VALUES),
    ]
    values = {name: draw(st.sampled_from([None, *pool])) for of, pool in pools for name in of}
    return text, values


@given(conditions(), st.booleans())
def test_conditions_in_words_are_true_for_the_same_facts(drawn: Any, holds: bool) -> None:
    text, values = drawn
    wanted = truth(parse_condition(text), values)
    wanted = wanted if holds or wanted is None else not wanted
    assert truth_of(condition(small(), parse_condition(text), holds), values) is wanted, text


@given(conditions())
def test_expressions_are_written_as_they_are_meant(drawn: Any) -> None:
    """With the brackets that they need: read again, they are true for the same facts."""
    text, values = drawn
    assert truth(parse_condition(quoted(plainly(parse_condition(text)))), values) is truth(
        parse_condition(text), values
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("number_1 >= 10", "`number_1` is at least 10 points"),
        ("not (number_2 > 5)", "`number_2` is at most 5% of deals"),
        ("number_3 < 1.5", "`number_3` is below 1.5"),
        ("(number_1 + 2) * number_2 > 3", "(`number_1` plus 2) times `number_2` is above 3"),
        ("number_1 - (number_2 - number_3) > 3", "`number_1` minus (`number_2` minus `number_3`) is above 3"),
        ("kind_1 in ['red', 'blue']", "`kind_1` is red or blue"),
        ("kind_1 not in ['red', 'blue']", "`kind_1` is none of red or blue"),
        ("not yes_1", "the answer to `yes_1` is no"),
        ("seen_1", "it is found that “seen_1 is so or not” (`seen_1`)"),
        ("not seen_1", "it is known to be false that “seen_1 is so or not” (`seen_1`)"),
        ("(number_1 > 1) == yes_1", "this is true: (number_1 > 1) == yes_1"),
    ],
)
def test_words(text: str, words: str) -> None:
    expr = parse_condition(text.replace("kind_1 not in", "not kind_1 in"))
    assert condition(small(), expr).text == words


# --- one rule ---------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> Any:
    return CliRunner(catch_exceptions=False).invoke(cli, arguments)


def test_every_rule_can_be_explained(base: RuleBase) -> None:
    for rule in base.rules:
        said = shown([rule_report(base, rule)], "text", 10_000, False)
        for text in (rule.id, rule.title, rule.finding, f"{rule.place.path}:{rule.place.line}"):
            assert text in said, rule.id
        for id in (*rule.recommend, *rule.suppresses):
            assert base.interventions[id].title in said, rule.id
        assert [source for source in rule.source if f"{source}: " not in said] == [], rule.id


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
def test_a_rule_is_explained_on_the_command_line(format: str) -> None:
    done = run("explain-rule", "R1", "--format", format)
    assert done.exit_code == 0
    assert "is above 110% of the rival" in html.unescape(done.stdout)


def test_an_unknown_rule_is_wrong_usage_with_a_suggestion() -> None:
    done = run("explain-rule", "R01")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "there is no rule `R01`; did you mean `R1`?" in " ".join(done.stderr.split())


# --- hostile texts, and how it looks ----------------------------------------------------------------------------------


@pytest.fixture
def hostile(tmp_path: Path) -> RuleBase:
    term = {"type": "boolean", "question": HOSTILE, "note": HOSTILE, "evidence": HOSTILE, "unit": HOSTILE}
    rule = {"when": "asked", "title": HOSTILE, "because": HOSTILE, "note": HOSTILE}
    again = {"when": "seen", "title": HOSTILE}
    rules = {"A1": {**rule, "finding": "seen"}, "A2": again}
    return load_home(tmp_path, {"only": {"terms": {"asked": term}, "rules": rules}})


def test_hostile_titles_are_escaped(hostile: RuleBase) -> None:
    for report in (handbook(hostile), *(rule_report(hostile, rule) for rule in hostile.rules)):
        page = shown([report], "html", 80, False)
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>" not in shown([report], "markdown", 80, False).replace("\\<script>", "")


@pytest.mark.slow
@needs_browser
def test_the_page_fits_and_can_be_read(base: RuleBase, browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "handbook.html"
    page.write_text(shown([handbook(base)], "html", 80, False), encoding="utf-8")
    for size, scheme in (("desktop", "light"), ("phone", "dark")):
        with opened(browser, page.as_uri(), size, scheme) as tab:
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
            tab.click("nav a >> nth=4")
            assert tab.evaluate("document.querySelector(location.hash).getBoundingClientRect().top") < 100
            assert violations(tab) == []
            tab.add_style_tag(content="td { color: #888; background: #999 }")
            assert {found.split(":")[0] for found in violations(tab)} == {"color-contrast"}
