"""`salesdx lsp`, a process as an editor starts it, over its standard streams."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from lsprotocol.types import Position

import salesdx
from commands import run_salesdx
from conftest import ROOT
from homes import write_home
from language_client import Editor, Message, codes, covered, edited, editor, opened, position_of
from pages import blocks
from salesdx.authoring.checks import CHECKS, check_base
from salesdx.lsp.overlay import Overlay
from salesdx.lsp.positions import Ruler
from salesdx.text.issues import RuleBaseError

TERMS = {
    "late_pct": {"type": "percent", "label": "Late deliveries", "unit": "% of orders", "range": [0, 100]},
    "reason": {"type": "enum", "values": ["stock", "carrier"]},
    "late_twice": {"type": "number", "formula": "late_pct * 2"},
}
RULES = {
    "A1": {
        "when": "late_pct > 10 and reason == 'stock'",
        "title": "Much is late",
        "because": "{late_pct}% of orders are late.",
        "recommend": ["order_stock"],
    },
    "A2": {"when": "late_twice > 50 and found_a1", "title": "Very much is late", "recommend": []},
}
HOMES: Mapping[str, Any] = {
    "delivery": {
        "terms": TERMS,
        "rules": RULES,
        "ruled_out_when": "late_pct < 5",
        "interventions": {"order_stock": {"title": "Order more"}},
    },
    "person": {"terms": {"calls_n": "integer"}, "rules": {"B1": "calls_n < 10"}, "ruled_out_when": "calls_n > 20"},
}
RULE_FILE, TERM_FILE = "rules/delivery.yaml", "knowledge/delivery.yaml"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A small rule base."""
    return write_home(tmp_path / "home", HOMES)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped rules in a folder of their own. No test writes there."""
    folder = tmp_path_factory.mktemp("shipped")
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, folder / room)
    return folder


@pytest.fixture(scope="module")
def one_editor() -> Iterator[Editor]:
    """An editor that has begun. What the server writes for its log is no traceback."""
    with editor() as found:
        yield found
        assert found.end() == 0
        assert b"Traceback" not in found.errors


@pytest.fixture
def talk(one_editor: Editor) -> Iterator[Editor]:
    """An editor in which nothing is open."""
    one_editor.marks.clear()
    yield one_editor
    for uri in list(one_editor.versions):
        one_editor.close(uri)


def marked(talk: Editor, path: Path, text: str, code: str) -> Message:
    """The one mark of a code in a file with this text, as soon as it is there."""
    talk.change(path, text)
    marks = talk.published(path, lambda marks: codes(marks).count(code) == 1)
    return next(mark for mark in marks if mark["code"] == code)


# --- diagnostics ------------------------------------------------------------------------------------------------------


def test_a_fault_of_form_is_marked_at_once(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    faulty = text.replace("strength:", "strenght:", 1)
    talk.change(path, faulty)
    marks = talk.published(path, lambda marks: True)  # the first that is said of this version
    assert "unknown-key" in codes(marks)
    mark = next(mark for mark in marks if mark["code"] == "unknown-key")
    assert (covered(faulty, mark["range"]), mark["severity"], mark["source"]) == ("strenght", 1, "salesdx")
    assert mark["message"] == "rule `A1` has no key `strenght`\nhelp: did you mean `strength`?"


def test_what_is_no_yaml_is_marked_at_once_and_goes_when_it_is_mended(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    talk.change(path, text + "- id: [\n")
    assert 1 in severities(talk.published(path, lambda marks: True))
    talk.change(path, text)
    assert 1 not in severities(talk.published(path, lambda marks: True))


def severities(marks: list[Message]) -> list[int]:
    return [mark["severity"] for mark in marks]


def test_what_others_must_know_is_marked_when_no_key_came_for_a_while(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    faulty = text.replace("late_twice > 50", "late_twize > 50")
    mark = marked(talk, path, faulty, "unknown-term")
    assert covered(faulty, mark["range"]) == "late_twize"
    assert mark["message"].endswith(f"did you mean `late_twice`? ({home}/{TERM_FILE}:{line_of(home, 'late_twice:')})")


def line_of(home: Path, words: str) -> int:
    text = (home / TERM_FILE).read_text("utf-8")
    return text[: text.index(words)].count("\n") + 1


def test_what_checks_tell_is_marked_with_its_severity(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    assert (codes(talk.marks[path.as_uri()]), severities(talk.marks[path.as_uri()])) == (
        ["threshold-without-source", "implied-rule", "threshold-without-source"],
        [2, 2, 2],
    )
    talk.change(path, text.replace("late_pct > 10", "late_pct > 110"))
    marks = talk.published(path, lambda marks: "never-true" in codes(marks))
    assert {mark["severity"] for mark in marks if mark["code"] == "never-true"} == {1}
    ladder = talk.marks[(home / "knowledge/ladder.yaml").as_uri()]
    assert [mark["severity"] for mark in ladder if mark["code"] == "idle-respondent"] == [3] * 9


def test_marks_stay_with_their_lines_while_somebody_types(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    faulty = text.replace("late_twice > 50", "late_twize > 50")
    before = marked(talk, path, faulty, "unknown-term")
    talk.change(path, "# one line more\n" + faulty)
    (after,) = [m for m in talk.published(path, lambda marks: True) if m["code"] == "unknown-term"]
    assert after["range"]["start"]["line"] == before["range"]["start"]["line"] + 1


@pytest.mark.parametrize(
    "words", ["Größe übel", "\U0001f600\U0001f680 {late_pct}", "e\u0301 \u4f60\u597d", "\u2028 and \x85 behind"]
)
def test_marks_cover_their_words_whatever_letters_stand_before(talk: Editor, home: Path, words: str) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    faulty = text.replace("because: '{late_pct}%", f"because: '{words} {{late_pkt}}%")
    assert faulty != text
    if not words.isprintable():
        talk.change(path, faulty)
        marks = talk.published(path, lambda marks: codes(marks) == ["not-printable"] * 2)
        assert [covered(faulty, mark["range"]) for mark in marks] == ["\u2028", "\x85"]
        return
    mark = marked(talk, path, faulty, "unknown-term")
    assert covered(faulty, mark["range"]) == "{late_pkt}"
    answer = talk.ask("hover", path, faulty, "late_pct", 2)
    assert covered(faulty, answer["range"]) == "late_pct"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_an_editor_may_count_otherwise(home: Path, encoding: str) -> None:
    path = home / RULE_FILE
    text = path.read_text("utf-8").replace("because: '", "because: 'ä\U0001f600 {lat_pct} ")
    line = next(line for line in text.split("\n") if "{lat_pct}" in line)
    before = line[: line.index("{lat_pct}")]
    with editor(begin=False) as talk:
        told = talk.begin(general={"positionEncodings": [encoding]})
        assert told["capabilities"]["positionEncoding"] == encoding
        talk.open(path, text)
        marks = talk.published(path, lambda marks: "unknown-term" in codes(marks))
        (mark,) = [mark for mark in marks if mark["code"] == "unknown-term"]
        width = {"utf-8": len(before.encode()), "utf-16": len(before) + 1, "utf-32": len(before)}[encoding]
        assert mark["range"]["start"]["character"] == width
        assert talk.end() == 0


def test_positions_and_characters_belong_to_each_other() -> None:
    text = "ab\r\nä\U0001f600c\rx\n\nlast"
    for encoding in ("utf-8", "utf-16", "utf-32"):
        ruler = Ruler(text, encoding)
        for index in range(len(text) + 1):
            if text[index - 1 : index + 1] != "\r\n":
                assert ruler.index(ruler.position(index)) == index
    ruler = Ruler(text)
    assert ruler.position(text.index("c")) == Position(1, 3)
    assert (ruler.position(text.index("x")), ruler.position(len(text))) == (Position(2, 0), Position(4, 4))
    assert ruler.index(Position(0, 99)) == 2
    assert ruler.index(Position(99, 0)) == len(text)
    assert ruler.index(Position(1, 2)) == text.index("\U0001f600")  # in the middle of a pair


# --- what mends -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("strength: strong", "strenght: strong", "unknown-key"),
        ("late_twice > 50", "late_twize > 50", "unknown-term"),
        ("{late_pct}%", "{late_pkt}%", "unknown-term"),
        ("- order_stock", "- oder_stock", "unknown-intervention"),
        ("strength: strong", "strength: strongg", "unknown-strength"),
    ],
)
def test_a_code_action_changes_exactly_the_word(talk: Editor, home: Path, right: str, wrong: str, code: str) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    faulty = text.replace(right, wrong, 1)
    mark = marked(talk, path, faulty, code)
    context = {"diagnostics": [mark]}
    document = {"uri": path.as_uri()}
    (action,) = talk.request("textDocument/codeAction", textDocument=document, range=mark["range"], context=context)
    assert action["kind"] == "quickfix" and action["title"].startswith("Change `")
    assert edited(faulty, action["edit"]["changes"][path.as_uri()]) == text


def test_what_has_no_remedy_has_no_action(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    mark = marked(talk, path, text.replace("late_twice > 50", "nonsense > 50"), "unknown-term")
    document = {"uri": path.as_uri()}
    context = {"diagnostics": [mark]}
    found = talk.request("textDocument/codeAction", textDocument=document, range=mark["range"], context=context)
    assert found == []


# --- names ------------------------------------------------------------------------------------------------------------


def test_hover_says_what_a_term_is(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    told = talk.ask("hover", path, text, "late_pct", 3)["contents"]["value"]
    assert told == "\n\n".join(
        [
            "**Late deliveries** `late_pct`",
            "What is late_pct?",
            "percent, % of orders, 0 to 100",
            "Asked of finance",
            "Read by:\n- **A1** Much is late: `late_pct > 10`\n- `late_twice` is computed from it\n"
            "- `ruled_out_when` of `delivery`",
        ]
    )


def test_hover_says_what_reads_a_term_on_the_way_to_a_person(talk: Editor, home: Path) -> None:
    path = home / "knowledge/person.yaml"
    text = opened(talk, path)
    told = talk.ask("hover", path, text, "calls_n")["contents"]["value"]
    assert f"On the way to a person: the stage on a person reads it ({home}/rules/person.yaml:1, B1)" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("A1", "`late_pct > 10 and reason == 'stock'`"),
        ("order_stock", "**Order more**"),
        ("found_a1", "**A1** Much is late"),
    ],
)
def test_hover_on_other_names(talk: Editor, home: Path, words: str, told: str) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    assert told in talk.ask("hover", path, text, words)["contents"]["value"]


def test_definition_and_references(talk: Editor, home: Path) -> None:
    path, terms = home / RULE_FILE, home / TERM_FILE
    text = opened(talk, path)
    (place,) = talk.ask("definition", path, text, "late_pct", 3)
    assert place["uri"] == terms.as_uri()
    assert covered(terms.read_text("utf-8"), place["range"]) == "late_pct"
    (place,) = talk.ask("definition", path, text, "and found_a1", 5)
    assert (place["uri"], covered(text, place["range"])) == (path.as_uri(), "found_a1")
    found = talk.ask("references", path, text, "late_pct", 3, context={"includeDeclaration": False})
    assert [Path(place["uri"].removeprefix("file://")).relative_to(home).as_posix() for place in found] == [
        TERM_FILE,
        TERM_FILE,
        RULE_FILE,
        RULE_FILE,
    ]  # the formula and `ruled_out_when`; the condition and the braces
    assert len(talk.ask("references", path, text, "late_pct", 3, context={"includeDeclaration": True})) == 5


def test_completion_in_a_condition(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    half = text + "- id: A3\n  when: lat"
    talk.change(path, half)
    items = {item["label"]: item for item in talk.ask("completion", path, half, "A3\n  when: lat", 14)}
    found = items["late_pct"]
    assert (found["detail"], found["documentation"]) == ("Late deliveries, percent, % of orders", "What is late_pct?")
    assert edited(half, [found["textEdit"]]) == text + "- id: A3\n  when: late_pct"
    assert items["found_a1"]["detail"] == "Much is late"
    half = text + "- id: A3\n  when: reason == "
    talk.change(path, half)
    items = {item["label"]: item for item in talk.ask("completion", path, half, "when: reason == ", 16)}
    assert list(items) == ["stock", "carrier"]
    assert edited(half, [items["stock"]["textEdit"]]) == half + "'stock'"


def test_completion_of_what_became_of_an_intervention(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    half = text + "- id: A3\n  when: outc"
    talk.change(path, half)
    (offer,) = (item for item in talk.ask("completion", path, half, "when: outc", 10) if item["label"] == "outcome")
    half = edited(half, [offer["textEdit"]])
    assert half == text + "- id: A3\n  when: outcome("
    talk.change(path, half)
    items = {item["label"]: item for item in talk.ask("completion", path, half, "when: outcome(", 14)}
    assert list(items) == ["order_stock"]
    half = edited(half, [items["order_stock"]["textEdit"]]) + ") == "
    talk.change(path, half)
    items = {item["label"]: item for item in talk.ask("completion", path, half, "outcome(order_stock) == ", 24)}
    assert list(items) == ["worked", "not_worked"]
    assert edited(half, [items["worked"]["textEdit"]]) == text + "- id: A3\n  when: outcome(order_stock) == 'worked'"


# --- renaming ---------------------------------------------------------------------------------------------------------


def rewritten(home: Path, changes: Mapping[str, list[Message]]) -> None:
    for uri, edits in changes.items():
        path = Path(uri.removeprefix("file://"))
        assert path.is_relative_to(home)
        path.write_text(edited(path.read_text("utf-8"), edits), "utf-8")


RENAMED = (
    ("rules/pricing.yaml", "price_index_vs_competitor_pct", "price_index_pct"),  # cases, braces, conditions
    ("rules/pricing.yaml", "price_not_competitive", "too_dear"),
    ("rules/pricing.yaml", "price_test", "price_trial"),
    ("rules/pricing.yaml", "R1", "R100"),
    ("knowledge/termination.yaml", "hr_final_warning", "hr_last_warning"),  # properties
    ("knowledge/delivery.yaml", "otif_good", "otif_fine"),  # a limit
    ("knowledge/ladder.yaml", "case_goal_amount", "case_target_amount"),  # the ladder
    ("knowledge/ladder.yaml", "eligible_for_human_review", "may_be_reviewed"),
    ("knowledge/properties.yaml", "company_before_person", "firm_first"),
    ("knowledge/sources.yaml", "S24", "S240"),
)


@pytest.mark.slow
def test_what_is_renamed_means_the_same(talk: Editor, tmp_path: Path) -> None:
    """The shipped rules, one name of each kind after the other: none has its old name, cases come out as before."""
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / room)
    for file, old, new in RENAMED:
        path = tmp_path / file
        text = path.read_text("utf-8")
        talk.open(path, text)
        rewritten(tmp_path, talk.ask("rename", path, text, old, 1, newName=new)["changes"])
        talk.close(path)
        assert [f for f in tmp_path.rglob("*.yaml") if any(word_in(line, old) for line in code_lines(f))] == []
    base, before = salesdx.load(tmp_path), salesdx.load()
    assert (len(base.terms), len(base.rules)) == (len(before.terms), len(before.rules))
    done = run_salesdx("test", "--home", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def code_lines(path: Path) -> list[str]:
    """The lines of a file without their comments."""
    return [line.partition("#")[0] for line in path.read_text("utf-8").splitlines()]


def word_in(line: str, word: str) -> bool:
    return word in "".join(char if char.isalnum() or char == "_" else " " for char in line).split()


def test_a_name_that_is_taken_or_no_name_is_refused(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    taken = talk.ask("rename", path, text, "late_pct", 1, newName="reason")
    assert taken["message"] == "there is a term, finding or limit `reason` already"
    assert "is no name for this" in talk.ask("rename", path, text, "late_pct", 1, newName="Late %")["message"]
    assert "is not renamed here" in talk.ask("rename", path, text, "'stock'", 2, newName="store")["message"]
    assert talk.ask("prepareRename", path, text, "late_pct > 10", 1) == {
        "start": position_of(text, text.index("late_pct > 10")),
        "end": position_of(text, text.index("late_pct > 10") + len("late_pct")),
    }


@pytest.fixture
def layer(home: Path, tmp_path: Path) -> Path:
    """A layer over the small rule base, with a rule of its own."""
    folder = tmp_path / "layer"
    (folder / "rules").mkdir(parents=True)
    (folder / "layer.yaml").write_text(f"extends: {home}\nname: Ours\n", "utf-8")
    rule = "- {id: L1, strength: weak, when: late_pct > 30, finding: found_l1, because: x}\n"
    (folder / RULE_FILE).write_text(rule, "utf-8")
    rule = "- {id: L2, strength: weak, when: calls_n < 3, finding: found_l2, because: x}\n"
    (folder / "rules/person.yaml").write_text(rule, "utf-8")
    return folder


def test_in_a_layer_what_the_base_defines_keeps_its_name(talk: Editor, layer: Path, home: Path) -> None:
    path = layer / RULE_FILE
    text = opened(talk, path)
    refused = talk.ask("prepareRename", path, text, "late_pct", 1)
    assert refused["message"] == "the base has `late_pct`, so its name stays"
    assert talk.ask("rename", path, text, "late_pct", 1, newName="delay")["message"] == refused["message"]
    changes = talk.ask("rename", path, text, "found_l1", 1, newName="found_late")["changes"]
    assert list(changes) == [path.as_uri()]
    (place,) = talk.ask("definition", path, text, "late_pct", 1)
    assert place["uri"] == (home / TERM_FILE).as_uri()
    on_person = layer / "rules/person.yaml"
    told = talk.ask("hover", on_person, opened(talk, on_person), "calls_n", 1)["contents"]["value"]
    assert "The floor of the base binds it" in told
    assert talk.ask("hover", path, text, "late_pct", 1)["contents"]["value"].endswith("The base has it")


def test_a_layer_below_its_floor_is_marked(talk: Editor, layer: Path) -> None:
    path = layer / "knowledge/person.yaml"
    opened(talk, layer / RULE_FILE)
    text = "terms:\n  calls_n: {type: integer, choose: [{when: true, value: 1}]}\n"
    talk.open(path, text)
    marks = talk.published(path, lambda marks: "floor-asked" in codes(marks))
    assert covered(text, marks[0]["range"]) == "calls_n"


def test_an_edit_of_the_base_is_seen_in_the_layer(talk: Editor, layer: Path, home: Path) -> None:
    path = layer / RULE_FILE
    opened(talk, path)
    terms = (home / TERM_FILE).read_text("utf-8")
    talk.open(home / TERM_FILE, terms.replace("late_pct", "delay_pct"))
    assert covered(path.read_text(), talk.published(path, bool)[0]["range"]) == "late_pct"


# --- buffers, files, and what no editor should send -------------------------------------------------------------------


def test_texts_that_are_not_saved_count(talk: Editor, home: Path) -> None:
    rules, terms = home / RULE_FILE, home / TERM_FILE
    text = opened(talk, rules)
    new = text.replace("late_twice > 50", "brand_new > 50")
    marked(talk, rules, new, "unknown-term")
    written = opened(talk, terms)
    term = "  brand_new: {type: number, question: How new?, respondent: finance}\n"
    talk.change(terms, written.replace("terms:\n", "terms:\n" + term))
    talk.published(rules, lambda marks: "unknown-term" not in codes(marks))
    assert "How new?" in talk.ask("hover", rules, new, "brand_new", 1)["contents"]["value"]
    talk.close(terms)  # without saving
    talk.published(rules, lambda marks: "unknown-term" in codes(marks))


def test_a_file_that_is_not_on_the_disk_counts(talk: Editor, home: Path) -> None:
    ladder = home / "knowledge/ladder.yaml"
    text = opened(talk, ladder)
    new = text.replace("- stage: delivery\n", "- {stage: fresh, decided_by: evidence}\n- stage: delivery\n")
    assert new != text
    mark = marked(talk, ladder, new, "missing-file")
    assert covered(new, mark["range"]) == "fresh"
    talk.open(home / "knowledge/fresh.yaml", "stage: fresh\ntitle: Fresh\nruled_out_when: late_pct < 3\n")
    rule = "- {id: F1, strength: strong, when: late_pct > 50, finding: found_f1, because: x}\n"
    talk.open(home / "rules/fresh.yaml", rule)
    talk.published(ladder, lambda marks: "missing-file" not in codes(marks))


def test_files_on_the_disk_that_change_are_seen(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    opened(talk, path)
    terms = home / TERM_FILE
    terms.write_text(terms.read_text("utf-8").replace("late_twice", "late_thrice"), "utf-8")
    talk.notify("workspace/didChangeWatchedFiles", changes=[{"uri": terms.as_uri(), "type": 2}])
    assert "unknown-term" in codes(talk.published(path, lambda marks: "unknown-term" in codes(marks)))


def test_marks_go_when_the_last_text_is_closed(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    marked_text = opened(talk, path).replace("late_twice > 50", "late_twize > 50")
    marked(talk, path, marked_text, "unknown-term")
    talk.close(path)
    assert talk.published(path, lambda marks: not marks) == []


def test_worked_cases_are_marked_as_well(talk: Editor, home: Path) -> None:
    opened(talk, home / RULE_FILE)
    path = home / "rules/cases/one.yaml"
    text = "case: one\nfacts:\n  late_pct: 300\n  resaon: stock\n"
    talk.open(path, text)
    marks = talk.published(path, lambda marks: len(marks) >= 2)
    assert {"late_pct", "resaon"} <= {covered(text, m["range"]) for m in marks} | {"late_pct"}
    assert "range" in codes(marks)
    items = talk.ask("completion", path, text, "resaon: ", 0)
    assert {"calls_n", "reason"} <= {item["label"] for item in items}


def test_files_outside_of_a_rule_base_are_left_alone(talk: Editor, home: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "notes.yaml", tmp_path / "elsewhere/rules/one.yaml", home / "README.yaml"):
        text = "- id: [\n  when: late_pct"
        talk.open(path, text)
        assert talk.ask("hover", path, text, "late_pct", 1) is None
        assert talk.ask("completion", path, text, "late_pct", 1) == []
        assert talk.ask("definition", path, text, "late_pct", 1) == []
        assert talk.ask("rename", path, text, "late_pct", 1, newName="x") is None
        assert path.as_uri() not in talk.marks
    document = {"uri": "untitled:Untitled-1", "languageId": "yaml", "version": 1, "text": "- id: ["}
    talk.notify("textDocument/didOpen", textDocument=document)
    asked = {"textDocument": {"uri": "untitled:Untitled-1"}, "position": {"line": 0, "character": 1}}
    assert talk.request("textDocument/hover", **asked) is None


def test_what_is_no_message_ends_nothing(talk: Editor, home: Path) -> None:
    path = home / RULE_FILE
    text = opened(talk, path)
    for body in (b"no json", b"[]", b"{}", b'"x"', b"\xff\xfe", b'{"jsonrpc": "2.0"}', b"null", b"7"):
        talk.raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    talk.raw(b"Nonsense: 1\r\n\r\n")
    assert "error" not in (talk.ask("hover", path, text, "late_pct", 1) or {"error": 1})
    assert talk.request("textDocument/nonsense")["code"] == -32601
    for params in ({}, {"textDocument": 3}, {"textDocument": {"uri": path.as_uri()}, "position": {"line": "x"}}):
        talk.notify("textDocument/hover", **params)
    far = {"textDocument": {"uri": path.as_uri()}, "position": {"line": 10_000, "character": 10_000}}
    assert talk.request("textDocument/hover", **far) is None
    talk.close(home / "never-opened.yaml")
    talk.change_unopened(home / TERM_FILE, "stage: [")
    assert talk.ask("hover", path, text, "late_pct", 1) is not None


def test_closing_without_shutdown(home: Path) -> None:
    for leave in ("exit", "streams"):
        with editor() as talk:
            talk.open(home / RULE_FILE, (home / RULE_FILE).read_text("utf-8"))
            talk.published(home / RULE_FILE, lambda marks: True)
            if leave == "exit":
                talk.notify("exit")
            assert (talk.gone(), talk.errors) == (1, b"")


def test_closing_before_it_has_begun() -> None:
    with editor(begin=False) as talk:
        assert (talk.gone(), talk.errors) == (1, b"")


@pytest.mark.parametrize(
    ("streams", "status", "said"),
    [
        ("> /dev/full", 1, "error: standard output cannot be written: No space left on device\n"),
        (">&-", 1, "error: standard output is closed\n"),
        ("| true", 141, ""),
        ("<&-", 1, "error: standard input is closed\n"),
    ],
)
def test_a_stream_that_fails_ends_it(streams: str, status: int, said: str, tmp_path: Path) -> None:
    body = '{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"processId": null, "capabilities": {}}}'
    (tmp_path / "asked").write_text(f"Content-Length: {len(body)}\r\n\r\n{body}", "utf-8", newline="")
    reading, rest = ("", streams) if streams == "<&-" else ("< asked", streams)
    command = f'"$0" -m salesdx lsp {reading} {rest}\nexit "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", command, sys.executable], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (status, said)


def test_without_its_library_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygls").mkdir()
    (tmp_path / "pygls" / "__init__.py").write_text("raise ModuleNotFoundError('none', name='pygls')")
    path = os.pathsep.join([str(tmp_path), str(ROOT / "src")])
    command = [sys.executable, "-m", "salesdx", "lsp"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})
    assert (done.returncode, done.stderr) == (
        1,
        "error: the language server needs pygls: `pip install 'salesdx[lsp]'`\n",
    )


# --- the extension ----------------------------------------------------------------------------------------------------


def test_the_extension_asks_for_what_the_server_has() -> None:
    """`package.json` and the client name the command, the files and the settings that there are."""
    folder = ROOT / "editors" / "vscode"
    told = json.loads((folder / "package.json").read_text("utf-8"))
    client = (folder / "extension.js").read_text("utf-8")
    assert told["version"] == salesdx.__version__
    assert told["main"] == "./extension.js"
    assert set(told["files"]) >= {"extension.js"}
    settings = told["contributes"]["configuration"]["properties"]
    assert settings["salesdx.command"]["default"] == ["salesdx", "lsp"]
    assert all(f"'{name.partition('.')[2]}'" in client for name in settings)
    with editor(begin=False) as talk:
        has = talk.begin()["capabilities"]
        assert talk.end() == 0
    provided = {name for name, value in has.items() if name.endswith("Provider") and value}
    assert provided - {"executeCommandProvider"} == {f"{name}Provider" for name in told["salesdx"]["features"]}
    assert has["textDocumentSync"]["change"] == 1
    opening = {event.partition(":")[2] for event in told["activationEvents"]}
    overlay = Overlay({})
    assert {"**/knowledge/ladder.yaml", "**/layer.yaml"} == opening
    assert overlay.home(ROOT / "rules" / "pricing.yaml") == ROOT


def test_the_page_says_how_editors_start_the_server() -> None:
    found = {block.kind: block.text for block in blocks(ROOT / "docs" / "editor.md") if block.kind != "heading"}
    helix = tomllib.loads(found["toml"])["language-server"]["salesdx"]
    assert [helix["command"], *helix["args"]] == ["salesdx", "lsp"]
    assert json.loads(found["json"])["salesdx.command"][1:] == ["lsp"]
    assert "cmd = { 'salesdx', 'lsp' }," in found["lua"].splitlines()[1]


# --- random edits -----------------------------------------------------------------------------------------------------

EDITS = max(60, min(10_000, int(os.environ.get("SALESDX_FUZZ_CASES", "0"))))
BURST = 8
SNIPPETS = (
    "- id: A1\n",
    "  when: late_pct > 3\n", "terms:\n", ": ", "- ", "{", "}", "[", "'", '"', "#", "\t", "ü", "\U0001f600",
    "late_pct", "found_a1", "person", "  strength: weak\n", "\n", "\r\n", "true", "&x ", "*x", "|", ">-", "---\n", "0",
    "# salesdx: allow never-true - so it is\n", "removes: {A1: gone}\n", "\u2028", "\x00", "late_twice: 3\n",
)  # fmt: skip


def edit_at_random(text: str, original: str, chance: random.Random) -> str:
    """A text after one edit, as somebody might make it."""
    start, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
    end = min(end, start + chance.choice((0, 1, 5, 40)))
    lines = text.splitlines(keepends=True)
    kind = chance.randrange(8)
    if kind == 0 or not lines:
        return original
    if kind in (1, 2, 3):
        return text[:start] + chance.choice(SNIPPETS) + text[start:]
    if kind in (4, 5):
        return text[:start] + text[end:]
    line = chance.randrange(len(lines))
    return "".join([*lines[:line], *([lines[line]] * 2 if kind == 6 else []), *lines[line + 1 :]])


def told_by_check(home: Path, written: Path, texts: Mapping[str, str]) -> dict[str, set[tuple[Any, ...]]]:
    """What `check` says of the same texts on the disk, by file, in the editor's positions."""
    shutil.rmtree(written, ignore_errors=True)
    shutil.copytree(home, written)
    for name, text in texts.items():
        (written / name).write_bytes(text.encode())
    try:
        issues = check_base(salesdx.load(written), CHECKS)
    except RuleBaseError as error:
        issues = error.issues
    found: dict[str, set[tuple[Any, ...]]] = {}
    for issue in issues:
        path, help = (words.replace(str(written), str(home)) for words in (issue.place.path, issue.help))
        message = issue.message.replace(str(written), str(home))
        name = Path(path).relative_to(home).as_posix()
        text = texts.get(name) or ((home / name).read_text("utf-8") if (home / name).is_file() else "")
        starts = [0, *itertools.accumulate(len(line) + 1 for line in text.split("\n"))]
        place = issue.place
        begin, end = starts[place.line - 1] + place.column - 1, starts[place.end_line - 1] + place.end_column - 1
        ends = (tuple(position_of(text, min(index, len(text))).values()) for index in (begin, end))
        found.setdefault(name, set()).add((issue.code, f"{message}\nhelp: {help}" if help else message, *ends))
    return found


def shown_by(talk: Editor, home: Path) -> dict[str, set[tuple[Any, ...]]]:
    """What the editor shows, in the same form."""
    return {
        Path(uri.removeprefix(home.as_uri() + "/")).as_posix(): {
            (mark["code"], mark["message"], *(tuple(mark["range"][end].values()) for end in ("start", "end")))
            for mark in marks
        }
        for uri, marks in talk.marks.items()
        if marks
    }


@pytest.mark.slow
def test_after_random_edits_the_marks_are_those_of_check(talk: Editor, home: Path, tmp_path: Path) -> None:
    chance = random.Random(20261129)
    names = [RULE_FILE, TERM_FILE, "knowledge/ladder.yaml", "rules/person.yaml"]
    originals = {name: opened(talk, home / name) for name in names}
    texts = dict(originals)
    for done in range(0, EDITS, BURST):
        for _ in range(BURST):
            name = chance.choice(names)
            texts[name] = edit_at_random(texts[name], originals[name], chance)
            talk.change(home / name, texts[name])
        if done % (4 * BURST) == 0:
            for name in names[1:]:
                texts[name] = originals[name]
                talk.change(home / name, texts[name])
        wanted = told_by_check(home, tmp_path / "written", texts)
        talk.settled(lambda: shown_by(talk, home), wanted, texts)
