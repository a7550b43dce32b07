"""Bad files: each gives faults with codes and places, in no time, and never anything but a RuleBaseError or CaseError.

The tables are in ``hostile_cases`` (case files) and ``hostile_rules`` (rule bases).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import yaml

import hostile_cases as cases
import hostile_rules as rules
import salesdx
from commands import run_salesdx
from conftest import ROOT
from hostile import ANY, MORE, agree, described, faults_of, text_of
from salesdx.base.model import RuleBase
from salesdx.case.file import memory_from, read_case_file
from salesdx.text.issues import Issue, RuleBaseError
from salesdx.text.source import Place, parse_yaml

RULES, KNOWLEDGE, LADDER = "rules/pricing.yaml", "knowledge/pricing.yaml", "knowledge/ladder.yaml"


def bytes_of(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode()


def named(rows: Iterable[tuple], start: int = 1) -> list:
    """Rows of a table as parameters, with their names."""
    return [pytest.param(*row[1:start], row[start:], id=ascii(row[0])[1:-1]) for row in rows]


# --- case files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "wanted"), named([*cases.YAML, *cases.TEXT, *cases.VALUES, *cases.KEYS], 2))
def test_case_file(data: str | bytes, wanted: list[str], base: RuleBase, tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes(bytes_of(data))
    issues = faults_of(lambda: read_case_file(path, base))
    assert issues
    assert {issue.place.path for issue in issues} == {str(path)}
    found = described(issues, text_of(data))
    assert agree(found, wanted), found[:20]


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in cases.GOOD])
def test_odd_case_file_that_is_good(data: str | bytes, base: RuleBase, tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes(bytes_of(data))
    assert faults_of(lambda: read_case_file(path, base)) == ()


def test_every_beginning_of_a_case_file(base: RuleBase, tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    whole = (ROOT / "examples" / "late-delivery.yaml").read_bytes()
    as_json = json.dumps(yaml.load(whole, yaml.BaseLoader), indent=1).encode()
    good = 0
    for data in (whole, as_json):
        for end in range(0, len(data), 23):
            path.write_bytes(data[:end])
            issues = faults_of(lambda: read_case_file(path, base))
            described(issues, text_of(data[:end]))
            good += not issues
    assert 10 < good < 500  # a case may end early and be whole


def test_pure_python_yaml_finds_the_same(base: RuleBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the YAML library has no C parser, texts are refused just as well; its own words may differ."""
    monkeypatch.delattr(yaml, "CSafeLoader")
    path = tmp_path / "case.yaml"
    for row in [*cases.YAML, *cases.KEYS, *cases.VALUES]:
        if len(row[1]) < 5_000:
            path.write_bytes(bytes_of(row[1]))
            with pytest.raises(salesdx.CaseError) as caught:
                read_case_file(path, base)
            described(caught.value.issues, text_of(row[1]))


def test_what_is_no_file(base: RuleBase, tmp_path: Path) -> None:
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    paths = [tmp_path / name for name in ("nowhere", "circle", "missing", "a" * 300, "a\0b", "case.yaml/x", ".")]
    messages = {}
    for path in [*paths, Path("C:\\case.yaml"), Path("\\\\server\\case.yaml")]:
        (issue,) = faults_of(lambda path=path: read_case_file(path, base))
        assert (issue.code, issue.place.line) == ("unreadable", 1)
        messages[path.name[:9]] = issue.message
    assert messages[tmp_path.name[:9]] == "this is a folder, not a file"
    assert messages["nowhere"] == "cannot read the file: no such file or directory"


@pytest.mark.parametrize(
    "facts",
    [
        {"price_index_vs_competitor_pct": float("nan")},
        {"price_index_vs_competitor_pct": float("-inf")},
        {"price_index_vs_competitor_pct": 10**400},
        {"price_index_vs_competitor_pct": 1e308},
        {"price_index_vs_competitor_pct": "5"},
        {"price_index_vs_competitor_pct": b"5"},
        {"price_index_vs_competitor_pct": {"value": 5, "note": "\ud800"}},
        {"price_index_vs_competitor_pct": {"value": 5, "source": "\x1b[31m"}},
        {"price_index_vs_competitor_pct": [[5]]},
        {"goal_measurable": 1},
        {"case_subject": "\u202eperson"},
        {5: 5},
        {"nobody_knows": 5},
    ],
    ids=repr,
)
def test_plain_values(facts: dict, base: RuleBase) -> None:
    issues = faults_of(lambda: memory_from(facts, base))
    assert len(issues) == 1
    str(issues[0]).encode()


def test_plain_values_inside_themselves(base: RuleBase) -> None:
    facts: dict = {}
    facts["goal_measurable"] = facts
    (issue,) = faults_of(lambda: memory_from(facts, base))
    assert issue.code == "too-deep"


# --- rule bases -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped rule base, whose files are put back after each change."""
    return copied(tmp_path_factory.mktemp("home"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the shipped rule base for one test."""
    return copied(tmp_path)


def copied(folder: Path) -> Path:
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("cases"))
    return folder


def check(home: Path, file: str, change: Callable[[str], str], wanted: Iterable[str]) -> tuple[Issue, ...]:
    """Change a file, load, compare its faults (those of other files come after, with their path), put it back."""
    path = home / file
    old = path.read_text("utf-8")
    new = change(old)
    assert new != old
    path.write_text(new, "utf-8")
    try:
        issues = faults_of(lambda: salesdx.load(home))
    finally:
        path.write_text(old, "utf-8")
    assert issues
    own = [issue for issue in issues if issue.place.path == str(path)]
    other = [issue for issue in issues if issue.place.path != str(path)]
    found = [*described(own, new), *(f"{issue.code} {issue.place.path.removeprefix(f'{home}/')}" for issue in other)]
    assert agree(found, list(wanted)), found[:20]
    return issues


def added(text: str) -> Callable[[str], str]:
    return lambda old: f"{old.rstrip()}\n\n{text}"


def put(after: str, text: str) -> Callable[[str], str]:
    return lambda old: old.replace(after, after + text, 1)


def replaced(part: str, text: str) -> Callable[[str], str]:
    return lambda old: old.replace(part, text, 1)


@pytest.mark.parametrize(("text", "wanted"), named(rules.RULES, 2))
def test_rules(text: str, wanted: list[str], shared: Path) -> None:
    check(shared, RULES, added(text), wanted)


@pytest.mark.parametrize(("text", "wanted"), named(rules.TERMS, 2))
def test_terms(text: str, wanted: list[str], shared: Path) -> None:
    check(shared, KNOWLEDGE, put("\nterms:\n", text), wanted)


@pytest.mark.parametrize(("text", "wanted"), named(rules.INTERVENTIONS, 2))
def test_interventions(text: str, wanted: list[str], shared: Path) -> None:
    check(shared, KNOWLEDGE, put("\ninterventions:\n", text), wanted)


@pytest.mark.parametrize(("part", "text", "wanted"), named(rules.LADDER, 3))
def test_ladder(part: str, text: str, wanted: list[str], shared: Path) -> None:
    check(shared, LADDER, replaced(part, text), wanted)


@pytest.mark.parametrize(("part", "text", "wanted"), named(rules.STAGE, 3))
def test_stage(part: str, text: str, wanted: list[str], shared: Path) -> None:
    check(shared, KNOWLEDGE, replaced(part, text), wanted)


def test_conditions_all_at_once(shared: Path) -> None:
    """No fault hides another: 130 rules, each with its own, in one file."""
    entry = "- id: Z{0}\n  strength: weak\n  finding: hostile_{0}\n  because: x\n  when: |-\n    {1}\n"
    text = "".join(entry.format(i, condition) for i, (condition, *_) in enumerate(rules.CONDITIONS))
    wanted = [f"{code} {words}" for _, code, words in rules.CONDITIONS]
    issues = check(shared, RULES, added(text), wanted)
    assert len({issue.place.line for issue in issues}) == len(rules.CONDITIONS)


@pytest.mark.slow
@pytest.mark.parametrize("file", [RULES, KNOWLEDGE, LADDER, "knowledge/sources.yaml", "rules/termination.yaml"])
def test_every_beginning_of_a_file(file: str, shared: Path) -> None:
    path = shared / file
    whole = path.read_bytes()
    cut = []
    for end in range(0, len(whole), max(1, len(whole) // 12)):
        path.write_bytes(whole[:end])
        try:
            issues = faults_of(lambda: salesdx.load(shared))
        finally:
            path.write_bytes(whole)
        own = [issue for issue in issues if issue.place.path == str(path)]
        described(own, text_of(whole[:end]))
        if any(issue.code == "not-yaml" for issue in own):
            cut.append(len(issues))
    assert all(number < 12 for number in cut)  # what was cut off is not missed by every other file


BIG = "- {{id: Z{0}, strength: weak, finding: h{0}, because: {2}, when: {1}}}\n"
SIZE = 4_000


def many(condition: Callable[[int], str]) -> str:
    """Rules with a condition each."""
    return "".join(BIG.format(i, condition(i), "x") for i in range(SIZE))


def one(condition: str, because: str = "x") -> str:
    return BIG.format(1, condition, because)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "first", "number"),
    [
        pytest.param(many(lambda i: f"goal_measurabel_{i}"), "unknown-term *", SIZE, id="unknown"),
        pytest.param(many(lambda i: "lost_interviews_n"), "type *", SIZE, id="types"),
        pytest.param(many(lambda i: "goal_measurable ="), "syntax =", SIZE, id="syntax"),
        pytest.param(many(lambda i: f"h{(i + 1) % SIZE}"), "cycle h1", 1, id="one circle"),
        pytest.param(many(lambda i: f"h{i ^ 1}"), "cycle h1", SIZE // 2, id="many circles"),
        pytest.param(many(lambda i: f"h{i}"), "cycle h0", SIZE, id="each its own"),
        pytest.param(many(lambda i: f"h{i - 1}" if i else "true"), "too-deep h99", 1, id="a chain"),
        pytest.param(one("true") * SIZE, "duplicate-name Z1", SIZE - 1, id="one id"),
        pytest.param(one(" or ".join(f"a{j}" for j in range(1000))), "unknown-term a0", 20, id="one condition"),
        pytest.param(one("a + " * 200_000), "too-long a", 1, id="one long condition"),
        pytest.param(one("true", f"'{'{x}' * 200_000}'"), "too-long *", 1, id="because"),
        pytest.param(one("true", f"'{'{x}' * 1_300}'"), "unknown-term {x}", 20, id="braces"),
        pytest.param(one("true", f"x, source: [{'S0, ' * 50_000}]"), "unknown-source S0", 10_001, id="sources"),
        pytest.param("- " + "{a: " * 100_000, "unknown-key a", 2, id="deep"),
    ],
)  # fmt: skip
def test_much_of_it(text: str, first: str, number: int, shared: Path) -> None:
    issues = check(shared, RULES, added(text), [first, *[ANY] * (number - 1)])
    assert len(issues) == number


def test_a_circle_is_shown_whole(shared: Path) -> None:
    text = "".join(BIG.format(i, f"goal_measurable and h{(i + 1) % 5}", "x") for i in range(5)) + BIG.format(
        9, "h3", "x"
    )
    (issue,) = check(shared, RULES, added(text), ["cycle h1"])
    assert issue.message == "these read each other in a circle: h0 -> h1 -> h2 -> h3 -> h4 -> h0"


@pytest.mark.slow
def test_10000_rules_load(shared: Path) -> None:
    path = shared / RULES
    old = path.read_text("utf-8")
    path.write_text(
        added("".join(BIG.format(i, f"h{i + 1}" if (i + 1) % 20 else "true", "x") for i in range(10_000)))(old), "utf-8"
    )
    try:
        assert len(salesdx.load(shared).rules) > 10_000
    finally:
        path.write_text(old, "utf-8")


# --- files and folders ----------------------------------------------------------------------------------------------


def swap(file: str, data: bytes) -> Callable[[Path], object]:
    return lambda home: (home / file).write_bytes(data)


def gone(file: str, then: Callable[[Path], object] = lambda path: None) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        (home / file).unlink()
        then(home / file)

    return change


def named_file(name: str, text: str = "[]\n") -> Callable[[Path], object]:
    return lambda home: (home / name).write_text(text, "utf-8")


def emptied(*rooms: str) -> Callable[[Path], object]:
    return lambda home: [shutil.rmtree(home / room) for room in rooms]


def renamed(old: str, new: str) -> Callable[[Path], object]:
    return lambda home: (home / old).rename(home / new)


SOURCES = "knowledge/sources.yaml"
GOALS = (ROOT / "knowledge" / "goals.yaml").read_bytes()
LATIN = (ROOT / KNOWLEDGE).read_bytes() + b"# \xfc\n"
NO_NAME = os.fsdecode(b"rules/\xff.yaml")
LONG_NAME = f"rules/{'a' * 250}.yaml"
FILES: list[tuple[str, Callable[[Path], object], list[str]]] = [
    ("no knowledge", emptied("knowledge"), ["missing-file knowledge"]),
    ("no rules", emptied("rules"), ["missing-file rules"]),
    ("nothing", emptied("knowledge", "rules"), ["missing-file knowledge", "missing-file rules"]),
    ("rules is a file", lambda home: (emptied("rules")(home), named_file("rules")(home)), ["missing-file rules"]),
    ("no ladder", gone(LADDER), [f"missing-file {LADDER}"]),
    ("ladder is empty", swap(LADDER, b""), [f"empty {LADDER}"]),
    ("ladder is a folder", gone(LADDER, Path.mkdir), [f"unreadable {LADDER}"]),
    ("ladder is a pipe", gone(LADDER, lambda path: os.mkfifo(path)), [f"unreadable {LADDER}"]),
    ("ladder leads nowhere", gone(LADDER, lambda path: path.symlink_to("nowhere")), [f"unreadable {LADDER}"]),
    ("ladder is UTF-16", swap(LADDER, "stages: []\n".encode("utf-16")), [f"not-utf-8 {LADDER}"]),
    ("ladder is too large", swap(LADDER, b"#" * (1 << 21)), [f"too-large {LADDER}"]),
    ("ladder is a list", swap(LADDER, b"- a\n"), [f"type {LADDER}"]),
    ("ladder is a bomb", swap(LADDER, cases.LAUGHS.encode()), [ANY, MORE]),
    ("rules are a folder", gone(RULES, Path.mkdir), [f"unreadable {RULES}"]),
    ("rules are a pipe", gone(RULES, lambda path: os.mkfifo(path)), [f"unreadable {RULES}"]),
    ("rules lead nowhere", gone(RULES, lambda path: path.symlink_to("nowhere")), [f"unreadable {RULES}"]),
    ("rules lead to themselves", gone(RULES, lambda path: path.symlink_to(path)), [f"unreadable {RULES}"]),
    ("rules are missing", gone(RULES), [f"missing-file {LADDER}"]),
    ("rules are empty", swap(RULES, b""), [f"empty {RULES}"]),
    ("rules are comments", swap(RULES, b"# none\n"), [f"empty {RULES}"]),
    ("rules are a mapping", swap(RULES, b"rules: []\n"), [f"type {RULES}"]),
    ("rules are binary", swap(RULES, bytes(range(1, 128)) * 9), [f"not-printable {RULES}", MORE]),
    ("rules are 10 MB", swap(RULES, b"- a\n" * 2_600_000), [f"too-large {RULES}"]),
    ("rules are 110,000 nothings", swap(RULES, b"- \n" * 110_000), [*[f"type {RULES}"] * 10_000, f"too-many {RULES}"]),
    ("knowledge is missing", gone(KNOWLEDGE), [f"missing-file {LADDER}"]),
    ("knowledge is binary", swap(KNOWLEDGE, b"\x89PNG\r\n" + bytes(100)), [f"not-utf-8 {KNOWLEDGE}"]),
    ("knowledge is Latin-1", swap(KNOWLEDGE, LATIN), [f"not-utf-8 {KNOWLEDGE}"]),
    ("knowledge is a list", swap(KNOWLEDGE, b"- a\n"), [f"type {KNOWLEDGE}", MORE]),
    ("knowledge is another's", swap(KNOWLEDGE, GOALS), [f"file-name {KNOWLEDGE}", MORE]),
    ("no sources", gone(SOURCES), [f"missing-file {SOURCES}"]),
    ("sources are a list", swap(SOURCES, b"- a\n"), [f"type {SOURCES}"]),
    ("sources of wrong types", swap(SOURCES, b"S01: a\nS02: {}\nS03: {title: [a], address: {}}\n"),
     [ANY, MORE]),
    (".yml", renamed(RULES, "rules/pricing.yml"), ["file-name rules/pricing.yml"]),
    (".YAML", renamed(RULES, "rules/pricing.YAML"), ["file-name rules/pricing.YAML"]),
    ("a file too many", named_file("rules/hostile.yaml"), ["unknown-stage rules/hostile.yaml"]),
    ("a misspelt file", renamed(RULES, "rules/pricng.yaml"),
     [f"missing-file {LADDER}", "unknown-stage rules/pricng.yaml"]),
    ("a line end in a name", named_file("rules/a\nb.yaml"), ["unknown-stage rules/a\nb.yaml"]),
    ("a colour in a name", named_file("rules/\x1b[31mred.yaml"), ["unknown-stage rules/\x1b[31mred.yaml"]),
    ("a turn in a name", named_file("rules/\u202etxt.yaml", "a: [\n"),
     [f"{code} rules/\u202etxt.yaml" for code in ("type", "unknown-stage", "not-yaml")]),
    ("a name that is not UTF-8", named_file(NO_NAME), [f"unknown-stage {NO_NAME}"]),
    ("a long name", named_file(LONG_NAME), [f"unknown-stage {LONG_NAME}"]),
]  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
@pytest.mark.parametrize(
    ("change", "wanted"), [pytest.param(change, wanted, id=name) for name, change, wanted in FILES]
)
def test_files(change: Callable[[Path], object], wanted: list[str], home: Path) -> None:
    change(home)
    issues = faults_of(lambda: salesdx.load(home))
    found = [f"{issue.code} {issue.place.path.removeprefix(f'{home}/')}" for issue in issues]
    assert agree(found, wanted), found[:20]
    for line in str(issues[0]).splitlines():
        assert line.replace("\t", " ").isprintable(), line  # nothing of a name or a text reaches a terminal raw


@pytest.mark.parametrize("folder", ["missing", "a\0b", "a" * 300, "x\x1b[31m", "C:\\rules", "case.yaml"])
def test_no_home(folder: str, tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text("")
    issues = faults_of(lambda: salesdx.load(tmp_path / folder))
    assert [issue.code for issue in issues] == ["missing-file", "missing-file"]
    assert "\x1b" not in str(RuleBaseError(issues))


def test_hidden_files_are_not_read(home: Path) -> None:
    (home / "rules" / "._pricing.yaml").write_bytes(b"\0\1\2")
    (home / "knowledge" / ".#pricing.yaml").symlink_to("nobody@nowhere")
    assert faults_of(lambda: salesdx.load(home)) == ()


def test_faults_of_many_files_come_sorted(home: Path) -> None:
    """One of each kind in five files: none hides another, none is repeated elsewhere."""
    changes = {
        "knowledge/delivery.yaml": put("\nterms:\n", "  hostile: {type: booelan, question: a, respondent: finance}\n"),
        KNOWLEDGE: put("\nterms:\n", "  other: {type: boolean, question: a, respondent: finance, cut: [\n"),
        LADDER: replaced("exhausted_when: status ==", "exhausted_when: status ="),
        "rules/goals.yaml": added(BIG.format(1, "hostile and price_not_competitive and other and h2", "x")),
        RULES: added(BIG.format(2, "goal_measurable and", "x") + BIG.format(3, "h2 and goal_measurabel", "x")),
    }
    for file, change in changes.items():
        (home / file).write_text(change((home / file).read_text("utf-8")), "utf-8")
    issues = faults_of(lambda: salesdx.load(home))
    found = [f"{issue.code} {issue.place.path.removeprefix(f'{home}/')}" for issue in issues]
    assert found == [
        *("type knowledge/delivery.yaml", f"syntax {LADDER}", f"unknown-key {KNOWLEDGE}", f"not-yaml {KNOWLEDGE}"),
        *(f"syntax {RULES}", f"unknown-term {RULES}"),
    ]


# --- how faults are shown -------------------------------------------------------------------------------------------


def test_words_of_the_user_are_shown_but_not_obeyed() -> None:
    place = Place("a\x1b[2J\n.yaml", 1, 3, 1, 5, "a \x1b\u202eb")
    issue = Issue("code", "reads `\x1b[31m`\nand `\u200d`", place, "help\x07")
    assert str(issue) == (
        "error[code] a\\x1b[2J\\n.yaml:1:3: reads `\\x1b[31m`\\nand `\\u200d`\n"
        "   1 | a \\x1b\\u202eb\n     |   ^^^^^^^^^^\n   help: help\\x07"
    )
    assert issue.to_dict()["path"] == place.path


@pytest.mark.parametrize(
    ("text", "column", "end", "shown", "carets"),
    [
        ("a: \u58f2\u4e0a x", 7, 8, "a: \u58f2\u4e0a x", "        ^"),  # wide letters take two columns
        ("a: e\u0301 x", 7, 8, "a: e\u0301 x", "     ^"),  # an accent of its own takes none
        ("\ta: x", 5, 6, "\ta: x", "\t   ^"),
        ("a" * 300, 200, 203, "\u2026" + "a" * 160 + "\u2026", " " * 81 + "^^^"),
        ("a" * 300, 1, 301, "a" * 160 + "\u2026", "^" * 160),
    ],
)
def test_the_caret_stands_under_the_words(text: str, column: int, end: int, shown: str, carets: str) -> None:
    lines = str(Issue("code", "message", Place("f", 1, column, 1, end, text))).splitlines()
    assert lines[1:] == [f"   1 | {shown}", f"     | {carets}"]


def test_the_first_hundred_are_written_out() -> None:
    issues = [Issue("code", "message", Place("f", line, 1, line, 2)) for line in range(1, 251)]
    error = RuleBaseError(issues)
    assert len(error.issues) == 250
    assert str(error).splitlines()[-2:] == ["error[code] f:100:1: message", "and 150 more"]


@pytest.mark.parametrize(
    ("text", "words", "underlined"),
    [
        ("k: abc def", "def", "def"),
        ("k: 'it''s here'", "here", "here"),
        ('k: "tab\\tand here"', "here", "here"),
        ('k: "\\x41 here"', "here", '"\\x41 here"'),  # an escape hides where: the whole text
        ("k: >-\n  > first\n  second", "second", "second"),
        ("k: |  # why\n  # first\n  second", "first", "first"),
        ("k: first\n  second", "second", "second"),
        ("k: '''x'' y'", "y", "y"),
        ("k: \U0001f600 x", "x", "x"),
    ],
)
def test_the_words_of_a_scalar_are_found_in_its_file(text: str, words: str, underlined: str) -> None:
    node, faults = parse_yaml(text, "f")
    assert not faults
    scalar = node.get("k")
    start = scalar.text.index(words)
    place = scalar.span(start, start + len(words))
    assert text.split("\n")[place.line - 1][place.column - 1 : place.end_column - 1] == underlined


# --- the command line -----------------------------------------------------------------------------------------------


def run(*words: str | Path, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """salesdx in a process of its own, without colours or a terminal."""
    return run_salesdx(*words, stdin=data)


def raw(output: bytes) -> set[str]:
    """Characters of an output that a terminal would obey, line ends apart."""
    return {char for char in output.decode() if not char.isprintable()} - {"\n"}


SAMPLE = [
    row for row in [*cases.YAML[::9], *cases.TEXT[::5], *cases.VALUES[::15], *cases.KEYS[::8]] if len(row[1]) < 100_000
]


def test_commands_on_bad_cases(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.yaml" for i in range(len(SAMPLE))]
    for path, row in zip(paths, SAMPLE, strict=True):
        path.write_bytes(bytes_of(row[1]))
    good = ROOT / "examples" / "late-delivery.yaml"
    found = run("diagnose", good, *paths)
    assert (found.returncode, found.stdout, raw(found.stderr)) == (1, b"", set())
    assert found.stderr.count(b"\nerror[") + 1 >= len(SAMPLE)
    assert b"Traceback" not in found.stderr
    for command, data in (("diagnose", b"\0\1\2"), ("diagnose", b"facts: {a: &a [*a]}"), ("show", b"\xff\xfea\0")):
        found = run(command, "-", data=data)
        assert (found.returncode, found.stdout) == (1, b""), found
        assert found.stderr.startswith(b"error[")


@pytest.mark.parametrize("format", ["text", "json", "sarif", "github"])
def test_check_on_a_bad_home(format: str, home: Path) -> None:
    (home / os.fsdecode(b"rules/\xff\x1b[31m.yaml")).write_text("[]\n")
    (home / "rules/a\nb.yaml").write_text("- {id: \u202e}\n", "utf-8")
    text = (home / RULES).read_text("utf-8")
    (home / RULES).write_text(text + "".join(BIG.format(i, "'a\u200db'", "x") for i in range(300)), "utf-8")
    found = run("check", "--home", home, "--format", format)
    shown = found.stderr if format == "text" else found.stdout
    assert found.returncode == 1
    assert raw(shown) <= ({"\u200d"} if format in ("json", "sarif") else set())
    assert b"Traceback" not in found.stderr
    if format in ("json", "sarif"):
        read = json.loads(shown)
        assert len(read if format == "json" else read["runs"][0]["results"]) > 300
    elif format == "text":
        lines = shown.decode().splitlines()
        assert lines[-2].startswith("and ") and lines[-2].endswith(" more")
        assert lines[-1].endswith("faults in 3 files")


def test_markup_of_a_case_does_not_reach_the_page(tmp_path: Path, base: RuleBase) -> None:
    script = "<script>alert('x')</script>"
    path = tmp_path / "case.yaml"
    said = f"{{value: 5, by: finance, author: a, source: {json.dumps(script)}, note: {json.dumps(script)}}}"
    other = said.replace("5", "6").replace("author: a", "author: b")
    path.write_text(
        f"case: {json.dumps(script)}\ntitle: {json.dumps(script)}\nstory: {json.dumps(script)}\nfacts:\n"
        f"  case_attainment_pct: {said}\n  price_index_vs_competitor_pct: [{said}, {other}]\n"
    )
    for format in ("html", "markdown"):
        found = run("diagnose", path, "--format", format)
        assert found.returncode == 0
        assert not re.search(rb"(?<!\\)<script>alert", found.stdout)
        assert b"alert" in found.stdout


def test_markup_of_a_rule_base_does_not_reach_the_page(home: Path) -> None:
    script = "<script>alert(1)</script>"
    told = f"title: '{script}', owner: '{script}', do: '{script}', judge_after: '{script}', worked_when: '{script}'"
    for file, change in {
        "rules/scope.yaml": added(
            f"- {{id: Z1, strength: scope, finding: z1, when: true, because: '{script}', title: '{script}',"
            f" note: '{script}', recommend: [hostile]}}\n"
        ),
        "knowledge/scope.yaml": put("\ninterventions:\n", f"  hostile: {{{told}}}\n"),
        "knowledge/goals.yaml": replaced("title: Goals", f"title: '{script}' #"),
    }.items():
        (home / file).write_text(change((home / file).read_text("utf-8")), "utf-8")
    for format in ("html", "markdown"):
        found = run("diagnose", ROOT / "examples" / "late-delivery.yaml", "--home", home, "--format", format)
        assert found.returncode == 0, found.stderr
        assert not re.search(rb"(?<!\\)<script>alert", found.stdout)
        assert found.stdout.count(b"alert(1)") + found.stdout.count(b"alert\\(1") > 3
