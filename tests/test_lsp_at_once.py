"""What an editor is told of a file with each key, beside what `check` tells of the whole rule base."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import salesdx
from commands import run_salesdx
from conftest import ROOT
from language_client import Editor, codes, covered, editor, opened
from salesdx.base.model import RuleBase
from salesdx.lsp.marks import examine, faults_of_file
from salesdx.text.issues import Issue, RuleBaseError

RULES, STAGE, LADDER = "rules/pricing.yaml", "knowledge/pricing.yaml", "knowledge/ladder.yaml"
RULE = "- id: ZZ1\n  strength: weak\n  finding: found_zz1\n  because: So it is.\n  when: {}\n"
TERM = "\nterms:\n  zz_n: {{question: What?, respondent: finance, {}}}\n"
COMPUTED = "\nterms:\n  zz_n: {{{}}}\n"


@pytest.fixture(scope="module")
def here() -> RuleBase:
    """The shipped rules, with the paths of their files."""
    return salesdx.load(ROOT)


def at_once(base: RuleBase, name: str, text: str) -> tuple[Issue, ...]:
    return faults_of_file(ROOT, name, {ROOT / name: text}, base)


def edit(name: str, new: str) -> str:
    """A text of the shipped rules with a rule more, or a term more."""
    text = (ROOT / name).read_text("utf-8")
    if name == RULES:
        return text + new
    assert text.count("\nterms:\n") == 1
    return text.replace("\nterms:\n", new)


FAULTS = [
    (RULES, RULE.format("lost_interviews_m > 3"), "unknown-term", "reads `lost_interviews_m`"),
    (RULES, RULE.format("lost_interviews_n == 'many'"), "type", "a number cannot be compared with a text"),
    (RULES, RULE.format("lost_interviews_n"), "type", "this must be true or false, it is a number"),
    (RULES, RULE.format("case_subject == 'persn'"), "unknown-value", "`persn` is none of the values"),
    (RULES, RULE.format("true\n  recommend: price_tst"), "unknown-intervention", "`price_tst` is no intervention"),
    (RULES, RULE.format("true\n  source: S999"), "unknown-source", "`S999` is no source"),
    (RULES, RULE.format("true\n  note: Of {case_subject}"), "unknown-limit", "names `case_subject`, which is no limit"),
    (RULES, RULE.format("true").replace("it is", "{it} is"), "unknown-term", "`because` names `it`"),
    (RULES, RULE.format("true").replace("weak", "weka"), "unknown-strength", "`weka` is no strength"),
    (RULES, RULE.format("true").replace("found_zz1", "case_subject"), "duplicate-name", "is named like a term"),
    (STAGE, COMPUTED.format("type: number, formula: lost_interviews_n and true"), "type", "needs true or false"),
    (STAGE, COMPUTED.format("type: integer, formula: lost_interviews_n / 2"), "type", "can give a fraction"),
    (STAGE, TERM.format("type: percent, label: case_subject"), "duplicate-name", "the label of `zz_n` is the name"),
    (STAGE, TERM.format("type: percent").replace("finance", "fnance"), "unknown-respondent", "`fnance` is no"),
    (STAGE, TERM.format("type: percent, applies_when: lost_interviews_n > 2"), "applies", "is no asked term of"),
    (STAGE, TERM.format("type: percent, or_formula: nonsense + 1"), "unknown-term", "reads `nonsense`"),
]


@pytest.mark.parametrize(("name", "new", "code", "message"), FAULTS)
def test_names_and_types_are_told_with_the_file(here: RuleBase, name: str, new: str, code: str, message: str) -> None:
    text = edit(name, new)
    (issue,) = at_once(here, name, text)
    assert issue.code == code and message in issue.message
    with pytest.raises(RuleBaseError) as all_of_it:
        salesdx.load(ROOT, instead={ROOT / name: text})
    assert issue in all_of_it.value.issues


def test_the_ladder_is_read_with_its_names(here: RuleBase) -> None:
    text = (ROOT / LADDER).read_text("utf-8").replace("case_attainment_pct", "case_attainmnt_pct", 1)
    (issue,) = at_once(here, LADDER, text)
    assert (issue.code, "did you mean `case_attainment_pct`?" in issue.help) == ("unknown-term", True)


def test_rules_without_a_fault_have_none(here: RuleBase) -> None:
    firm = ROOT / "examples" / "firm"
    for home, base in ((ROOT, here), (firm, salesdx.load(firm))):
        names = [
            path.relative_to(home).as_posix() for room in ("knowledge", "rules") for path in home.glob(f"{room}/*")
        ]
        files = [name for name in names if name.endswith(".yaml")]
        assert files and [faults_of_file(home, name, {}, base) for name in files] == [()] * len(files)


@pytest.mark.parametrize("base", ["none", "another"])
def test_names_are_told_only_where_all_other_files_are_known(here: RuleBase, base: str) -> None:
    """A fault of form is told all the same."""
    files = {**here.files, "knowledge/product.yaml": here.files["knowledge/product.yaml"] + "# a line more\n"}
    known = None if base == "none" else replace(here, files=files)
    text = edit(RULES, RULE.format("lost_interviews_m > 3"))
    assert faults_of_file(ROOT, RULES, {ROOT / RULES: text}, known) == ()
    form = edit(RULES, RULE.format("lost_interviews_m > > 3"))
    assert [issue.code for issue in faults_of_file(ROOT, RULES, {ROOT / RULES: form}, known)] == ["syntax"]


def test_a_half_typed_file_blames_nobody_for_what_it_may_define(here: RuleBase) -> None:
    text = edit(RULES, RULE.format("found_zz2") + "- id: ZZ2\n  finding: found_zz2\n  when: [")
    assert "unknown-term" not in [issue.code for issue in at_once(here, RULES, text)]


def test_a_rule_base_that_loads_is_checked(here: RuleBase) -> None:
    found = examine(ROOT, {})
    assert found.base is not None and found.base.digest == here.digest
    assert "error" not in [issue.severity for issue in found.issues]


# --- in the editor ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def talk() -> Iterator[Editor]:
    """An editor that has begun."""
    with editor() as found:
        yield found
        assert found.end() == 0
        assert b"Traceback" not in found.errors


def test_a_name_that_nobody_defines_is_marked_before_everything_is_looked_at(talk: Editor, tmp_path: Path) -> None:
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, tmp_path / room)
    path = tmp_path / RULES
    text = opened(talk, path) + RULE.format("lost_interviews_m > 3")
    talk.change(path, text)
    marks = talk.published(path, lambda marks: True)  # the first that is said of this version
    (mark,) = [mark for mark in marks if mark["severity"] == 1]
    assert (mark["code"], covered(text, mark["range"])) == ("unknown-term", "lost_interviews_m")
    talk.close(path)


@pytest.mark.slow
def test_a_copy_below_its_floor_is_marked(talk: Editor, tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    assert run_salesdx("init", folder).returncode == 0
    path = folder / "knowledge/individual.yaml"
    text = opened(talk, path)
    assert text.count("personnel: true") > 1
    fallen = text.replace("personnel: true", "personnel: false\n    reason: It is no act", 1)
    talk.change(path, fallen)
    (mark,) = [m for m in talk.published(path, lambda marks: "floor-personnel" in codes(marks)) if m["severity"] == 1]
    begin = fallen.index("personnel: false")
    named = fallen[:begin].rpartition("\n  ")[0]
    assert covered(fallen, mark["range"]) and covered(fallen, mark["range"]) in named
    talk.close(path)
