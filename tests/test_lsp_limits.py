"""Limits in the language server: where one is defined and read, what it means, its renaming, what is offered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import salesdx
from homes import write_home
from language_client import Editor, Message, codes, covered, edited, editor, opened

SOURCES = "S1: {title: A study, by: X, year: 2020, address: 'https://example.org', quality: one study}\n"
RULE_FILE, LIMIT_FILE = "rules/delivery.yaml", "knowledge/delivery.yaml"
RULES = """\
- id: A1
  strength: strong
  when: late_pct > late_high
  finding: found_a1
  title: More than {late_high}% are late
  because: '{late_pct}% of orders are late, and {late_high}% may be.'
  recommend: [order_stock]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A rule base with a limit that a rule, its texts, a formula and a stage read."""
    stage = {
        "limits": {"late_high": {"value": 10, "unit": "% of orders", "source": ["J", "S1"]}},
        "terms": {"late_pct": "percent", "late_n": {"type": "number", "formula": "late_pct * late_high"}},
        "rules": {"A1": "late_pct > 3"},
        "ruled_out_when": "late_pct < late_high",
        "interventions": {"order_stock": {"title": "Order", "worked_when": "Fewer than {late_high}% are late."}},
    }
    folder = write_home(tmp_path / "home", {"delivery": stage, "person": {"terms": {"calls_n": "integer"}}})
    (folder / RULE_FILE).write_text(RULES, "utf-8")
    (folder / "knowledge/sources.yaml").write_text(SOURCES, "utf-8")
    return folder


@pytest.fixture
def layer(home: Path, tmp_path: Path) -> Path:
    """A layer that moves the limit."""
    folder = tmp_path / "layer"
    for room in ("rules", "knowledge"):
        (folder / room).mkdir(parents=True)
    (folder / "layer.yaml").write_text(f"extends: {home}\n", "utf-8")
    (folder / LIMIT_FILE).write_text("limits:\n  late_high: 8\n", "utf-8")
    (folder / RULE_FILE).write_text(RULES.replace("A1", "L1").replace("found_a1", "found_l1"), "utf-8")
    return folder


@pytest.fixture(scope="module")
def talk() -> Iterator[Editor]:
    """An editor that has begun."""
    with editor() as found:
        yield found
        assert found.end() == 0
        assert b"Traceback" not in found.errors


def lines_of(places: list[Message], home: Path) -> list[tuple[str, str]]:
    """The file of each place, and the line that it stands in."""
    found = []
    for place in places:
        path = Path(place["uri"].removeprefix("file://"))
        text = path.read_text("utf-8")
        assert covered(text, place["range"]) == "late_high"
        line = text.splitlines()[place["range"]["start"]["line"]].strip()
        found.append((path.relative_to(home.parent).as_posix(), line))
    return found


ASKED = ("late_pct > late_high", "than {late_high}", "and {late_high}")


@pytest.mark.parametrize("at", ASKED)
def test_a_limit_is_defined_where_it_has_its_number(talk: Editor, home: Path, at: str) -> None:
    text = opened(talk, home / RULE_FILE)
    found = talk.ask("definition", home / RULE_FILE, text, at, at.index("late_high") + 2)
    assert lines_of(found, home) == [(f"home/{LIMIT_FILE}", "late_high:")]


def test_in_a_layer_it_is_defined_where_the_layer_moves_it(talk: Editor, layer: Path) -> None:
    text = opened(talk, layer / RULE_FILE)
    found = talk.ask("definition", layer / RULE_FILE, text, "> late_high", 3)
    assert lines_of(found, layer) == [(f"layer/{LIMIT_FILE}", "late_high: 8")]


def test_references_are_in_conditions_formulas_and_texts(talk: Editor, home: Path) -> None:
    text = opened(talk, home / RULE_FILE)
    asked = {"context": {"includeDeclaration": True}}
    found = talk.ask("references", home / RULE_FILE, text, "> late_high", 3, **asked)
    assert lines_of(found, home) == [
        (f"home/{LIMIT_FILE}", "ruled_out_when: late_pct < late_high"),
        (f"home/{LIMIT_FILE}", "late_high:"),
        (f"home/{LIMIT_FILE}", "formula: late_pct * late_high"),
        (f"home/{LIMIT_FILE}", "worked_when: Fewer than {late_high}% are late."),
        (f"home/{RULE_FILE}", "when: late_pct > late_high"),
        (f"home/{RULE_FILE}", "title: More than {late_high}% are late"),
        (f"home/{RULE_FILE}", "because: '{late_pct}% of orders are late, and {late_high}% may be.'"),
    ]


HOVER = """\
**10 % of orders** `late_high`

Source: J, A study

Read by:
- **A1** More than 10% are late: `late_pct > late_high`
- stage `delivery: ruled_out_when`
- term `late_n`"""


@pytest.mark.parametrize("at", ASKED)
def test_hover_says_its_number_unit_source_and_who_reads_it(talk: Editor, home: Path, at: str) -> None:
    text = opened(talk, home / RULE_FILE)
    answer = talk.ask("hover", home / RULE_FILE, text, at, at.index("late_high") + 2)
    assert (answer["contents"]["value"], covered(text, answer["range"])) == (HOVER, "late_high")


def test_hover_on_a_term_has_the_number_of_the_limit(talk: Editor, home: Path) -> None:
    text = opened(talk, home / RULE_FILE)
    told = talk.ask("hover", home / RULE_FILE, text, "late_pct")["contents"]["value"]
    assert "- **A1** More than 10% are late: `late_pct > late_high` (10)\n" in told


def test_hover_in_a_layer_has_the_number_of_the_base_as_well(talk: Editor, layer: Path) -> None:
    text = opened(talk, layer / LIMIT_FILE)
    told = talk.ask("hover", layer / LIMIT_FILE, text, "late_high", 2)["contents"]["value"]
    assert told.startswith("**8 % of orders** `late_high`")
    assert told.endswith("In the base: 10 % of orders")


def test_a_limit_nobody_reads_says_so(talk: Editor, home: Path) -> None:
    path = home / "knowledge/person.yaml"
    path.write_text(path.read_text("utf-8") + "limits:\n  few: {value: 2}\n", "utf-8")
    text = opened(talk, path)
    assert talk.ask("hover", path, text, "few", 1)["contents"]["value"] == "**2** `few`\n\nNo condition reads it"


def test_a_limit_is_renamed_in_conditions_formulas_and_texts(talk: Editor, home: Path) -> None:
    text = opened(talk, home / RULE_FILE)
    before = told_by(home)
    texts = {path: path.read_text("utf-8") for path in home.rglob("*.yaml")}
    changes = talk.ask("rename", home / RULE_FILE, text, "> late_high", 3, newName="much")["changes"]
    for uri, edits in changes.items():
        path = Path(uri.removeprefix("file://"))
        path.write_text(edited(texts[path], edits), "utf-8")
    assert {path: path.read_text("utf-8") for path in home.rglob("*.yaml")} == {
        path: old.replace("late_high", "much") for path, old in texts.items()
    }
    assert told_by(home) == before
    assert list(salesdx.load(home).limits) == ["much"]


def told_by(home: Path) -> list[str]:
    """What rules and stages say, with the numbers of their limits."""
    base = salesdx.load(home)
    stages = (stage.numbered("ruled_out_when") for stage in base.stages)
    return [*stages, *(words for rule in base.rules for words in (rule.numbered, rule.title, rule.because))]


@pytest.mark.parametrize("new", ["late_pct", "found_a1"])
def test_a_limit_gets_no_name_of_a_term_or_finding(talk: Editor, home: Path, new: str) -> None:
    text = opened(talk, home / RULE_FILE)
    refused = talk.ask("rename", home / RULE_FILE, text, "> late_high", 3, newName=new)
    assert refused["message"] == f"there is a term, finding or limit `{new}` already"


def test_in_a_layer_a_limit_of_the_base_keeps_its_name(talk: Editor, layer: Path) -> None:
    text = opened(talk, layer / LIMIT_FILE)
    refused = talk.ask("rename", layer / LIMIT_FILE, text, "late_high", 3, newName="much")
    assert refused["message"] == "the base has `late_high`, so its name stays"


def offered(talk: Editor, path: Path, text: str, at: str) -> dict[str, tuple[str | None, str]]:
    """What is offered behind some words: word -> its detail, and the text after choosing it."""
    talk.change(path, text)
    items = talk.ask("completion", path, text, at, len(at))
    return {item["label"]: (item.get("detail"), edited(text, [item["textEdit"]])) for item in items}


@pytest.mark.parametrize(
    ("half", "whole"),
    [("  when: late_pct > lat", "  when: late_pct > late_high"), ("  note: Over {la", "  note: Over {late_high")],
)
def test_a_limit_is_offered_in_conditions_and_braces(talk: Editor, home: Path, half: str, whole: str) -> None:
    text = opened(talk, home / RULE_FILE)
    found = offered(talk, home / RULE_FILE, f"{text}- id: A2\n{half}", f"- id: A2\n{half}")
    assert found["late_high"] == ("10 % of orders", f"{text}- id: A2\n{whole}")
    assert ("late_pct" in found) is half.startswith("  when")  # of braces `because` alone has the values of a case


def test_in_because_limits_and_terms_are_offered(talk: Editor, home: Path) -> None:
    text = opened(talk, home / RULE_FILE)
    assert {"late_high", "late_pct"} <= set(offered(talk, home / RULE_FILE, f"{text}- because: Over {{", "Over {"))


def test_a_layer_is_offered_the_limits_that_it_can_move(talk: Editor, layer: Path, home: Path) -> None:
    path = layer / LIMIT_FILE
    opened(talk, path)
    assert offered(talk, path, "limits:\n  la", "  la") == {"late_high": ("10 % of orders", "limits:\n  late_high: ")}
    assert offered(talk, path, "limits:\n  late_high: 8\n  la", "8\n  la") == {}
    opened(talk, home / LIMIT_FILE)
    assert offered(talk, home / LIMIT_FILE, "stage: delivery\nlimits:\n  la", "limits:\n  la") == {}


@pytest.mark.parametrize(
    ("file", "right", "wrong", "code", "message"),
    [
        (
            RULE_FILE,
            "than {late_high}%",
            "than {late_hihg}%",
            "unknown-limit",
            "`title` names `late_hihg`, which is no",
        ),
        (RULE_FILE, "and {late_high}%", "and {late_hihg}%", "unknown-term", "`because` names `late_hihg`, which is no"),
        (RULE_FILE, "> late_high", "> late_hihg", "unknown-term", "reads `late_hihg`, which is neither a term nor"),
        (LIMIT_FILE, "value: 10", "value: ten", "type", "`value` of limit `late_high` must be a number"),
    ],
)
def test_faults_of_limits_are_marked_at_once(
    talk: Editor, home: Path, file: str, right: str, wrong: str, code: str, message: str
) -> None:
    text = opened(talk, home / file)
    talk.change(home / file, text.replace(right, wrong))
    marks = talk.published(home / file, lambda marks: True)  # the first that is said of this version
    (mark,) = [mark for mark in marks if mark["severity"] == 1]
    assert mark["code"] == code and message in mark["message"]
    if code != "type":
        document, context = {"uri": (home / file).as_uri()}, {"diagnostics": [mark]}
        asked = {"textDocument": document, "range": mark["range"], "context": context}
        (action,) = talk.request("textDocument/codeAction", **asked)
        assert edited(text.replace(right, wrong), action["edit"]["changes"][document["uri"]]) == text


def test_a_number_alone_that_moves_no_limit_is_marked(talk: Editor, layer: Path) -> None:
    path = layer / LIMIT_FILE
    opened(talk, path)
    text = "limits:\n  late_hihg: 8\n"
    talk.change(path, text)
    (mark,) = [mark for mark in talk.published(path, lambda marks: True) if mark["code"] == "unknown-limit"]
    assert covered(text, mark["range"]) == "late_hihg"
    assert "did you mean `late_high`?" in mark["message"]


def test_without_the_file_of_limits_names_are_left_to_the_look_at_everything(talk: Editor, home: Path) -> None:
    """What another file defines is known from the rule base as it last loaded, and only while that file is the same."""
    text = opened(talk, home / RULE_FILE)
    terms = (home / LIMIT_FILE).read_text("utf-8")
    (home / LIMIT_FILE).write_text(terms.replace("late_n:", "late_x:"), "utf-8")
    talk.change(home / RULE_FILE, text.replace("> late_high", "> late_hihg"))
    assert "unknown-term" not in codes(talk.published(home / RULE_FILE, lambda marks: True))
    assert "unknown-term" in codes(talk.published(home / RULE_FILE, lambda marks: True))
