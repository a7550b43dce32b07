"""The language reference: every example in it is loaded and run, every table of results and of keys is checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

import salesdx
from conftest import ROOT
from key_tables import FORMS, PAGES, marked, with_tables
from pages import Block, blocks, shown_files
from salesdx.base import fields, reading
from salesdx.base.model import PROFILE, TERM_TYPES, RuleBase
from salesdx.base.property_fields import CHANGE, EARLIER, PROPERTY, RULES_OF
from salesdx.base.reading import RESERVED, plain_number
from salesdx.case import case_fields
from salesdx.case.file import case_from_text, firm_from
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import shown_value
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.likely import rule_share
from salesdx.language import parsing, statistics
from salesdx.language.conditions import FUNCTIONS, truth
from salesdx.language.intervals import Interval
from salesdx.language.parsing import parse_condition
from salesdx.language.truth import Truth
from salesdx.text import source
from salesdx.text.issues import CaseError, RuleBaseError

PAGE = ROOT / "docs" / "language.md"
OF_PROOFS = (PROPERTY, CHANGE, RULES_OF, EARLIER)
"""What the workbench tells."""
KEYS = [f.name for form in FORMS.values() for f in form.fields if not f.each and form not in OF_PROOFS]
GROUP = "examples"
LISTS = {
    "recommended": ("recommendations", "intervention"),
    "suppressed": ("suppressed", "intervention"),
    "alternatives": ("alternatives", "intervention"),
    "next questions": ("next_questions", "term"),
    "unexamined": ("unexamined", "rule"),
    "conflicts": ("conflicts", "term"),
    "likely": ("likely", "stage"),
}


@dataclass
class Example:
    """What stands on the page before a table or a message: additions to the rule base, and a case."""

    added: dict[str, str] = field(default_factory=dict)
    case: str = ""


@cache
def page() -> list[Block]:
    return list(blocks(PAGE))


@cache
def files() -> dict[str, str]:
    """The rule base that the page shows file by file."""
    return shown_files(PAGE)


def firm() -> str:
    """The profile of the firm of all cases that state none."""
    (found,) = (block.text for block in page() if block.kind == "yaml firm")
    return found


def examples() -> Iterator[tuple[Example, Block]]:
    """Each table of results and each message, with the example before it."""
    example, used = Example(), False
    for block in page():
        if block.kind == "heading":
            example = Example()
        elif block.kind in ("yaml limits", "yaml terms", "yaml rules", "yaml faulty rules", "yaml case"):
            if used:
                example = Example()
            kind = block.kind.split()[-1]
            if kind == "case":
                example.case = block.text
            else:
                example.added[kind] = block.text
        elif block.kind == "text" or (block.kind == "table" and block.rows[0][0] in ("facts", "of this case")):
            yield example, block
        used = block.kind in ("text", "table")


def write(folder: Path, example: Example) -> Path:
    """The page's rule base with an example's additions, as a folder."""
    group = f"group: {GROUP}\ntitle: Examples\n"
    if "limits" in example.added:
        group += "limits:\n" + indent(example.added["limits"], "  ")
    if "terms" in example.added:
        group += "terms:\n" + indent(example.added["terms"], "  ")
    added = {f"knowledge/{GROUP}.yaml": group}
    if "rules" in example.added:
        added[f"rules/{GROUP}.yaml"] = example.added["rules"]
    for name, text in (files() | added).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Example -> a folder with its rule base."""
    return lambda example: write(tmp_path_factory.mktemp("home"), example)


def tables(first: str) -> list[Any]:
    return [
        pytest.param(example, block, id=f"line{block.line}")
        for example, block in examples()
        if block.rows[0][0] == first
    ]


@pytest.mark.parametrize(("example", "table"), tables("facts"))
def test_results_for_facts(example: Example, table: Block, home: Any) -> None:
    base = salesdx.load(home(example))
    names = [cell.strip("`") for cell in table.rows[0][1:]]
    for facts, *wanted in table.rows[1:]:
        found = results(at_floor(facts.strip("`")), base, names)
        assert [agree(a, b) for a, b in zip(found, wanted, strict=True)] == wanted, (facts, found)


def at_floor(facts: str) -> str:
    """A worked case with these facts, said by those who must know, on record, of this period."""
    subject = re.match(r"subject: (\w+),? ?", facts)
    head = f"subject: {{kind: {subject[1]}, ref: E-1042}}\n" if subject else ""
    return f"""{head}period: {{from: 2026-07-01, to: 2026-09-30}}
stated: {{by: own, kind: transaction data, date: 2026-09-30}}
facts: {{{facts[subject.end() :] if subject else facts}}}
expect: {{}}
"""


@pytest.mark.parametrize(("example", "table"), tables("of this case"))
def test_results_of_a_case_file(example: Example, table: Block, home: Any) -> None:
    base = salesdx.load(home(example))
    names = [cell.strip("`") for cell, _ in table.rows[1:]]
    assert results(example.case, base, names) == [wanted for _, wanted in table.rows[1:]]


@pytest.mark.parametrize(
    ("example", "text"),
    [pytest.param(example, block, id=f"line{block.line}") for example, block in examples() if block.kind == "text"],
)
def test_messages(example: Example, text: Block, home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home(example))
    with pytest.raises(RuleBaseError) as error:
        salesdx.load(".")
    assert str(error.value).replace("./", "") + "\n" == text.text


def test_the_page_has_its_examples() -> None:
    found = list(examples())
    assert len([block for _, block in found if block.kind == "table"]) >= 14
    assert len([block for _, block in found if block.kind == "text"]) >= 2
    kinds = {block.kind for block in page() if block.kind.startswith("yaml")} - {f"yaml {name}" for name in files()}
    assert kinds == {"yaml limits", "yaml terms", "yaml rules", "yaml faulty rules", "yaml case", "yaml firm"}


def agree(found: str, wanted: str) -> str:
    """What is found, or `unknown` where the table only says that much of a kind of unknown."""
    return wanted if wanted == "unknown" and found in ("not asked", "disputed", "too old") else found


def results(case: str, base: RuleBase, names: list[str]) -> list[str]:
    """The results of these names as the page writes them."""
    try:
        memory = case_from_text(case, "case.yaml", base)
        if not any(base.terms[name].home == PROFILE for name in memory.statements):
            memory = replace(memory, statements={**firm_from(firm(), "firm.yaml", (), base)[1], **memory.statements})
    except CaseError:
        return ["refused"] * len(names)
    diagnosis = salesdx.diagnose(base, memory, engine="auto")
    return [result(name, base, memory, diagnosis) for name in names]


def result(name: str, base: RuleBase, memory: WorkingMemory, diagnosis: Diagnosis) -> str:
    data = diagnosis.to_dict()
    stages = {stage["id"]: stage for stage in [*data["stages"], *data["files"]]}
    if name in LISTS:
        key, part = LISTS[name]
        return ", ".join(entry[part] for entry in data[key]) or "nothing"
    if name == "verdict":
        return data["verdict"]["id"]  # type: ignore[no-any-return]
    if name in ("mode", "concluded"):
        return data[name] or "nothing"
    if name in stages:
        return stages[name]["status"] + ", held" * stages[name].get("held", False)
    if name in base.rule:
        return word(diagnosis.matches.truths[name])
    if name.startswith("share of "):
        share = rule_share(base.rule[name.removeprefix("share of ")], diagnosis.matches.values)
        return "unknown" if share is None else written(share)
    value = diagnosis.matches.values.get(name)
    if isinstance(value, bool) or name in base.findings:
        return word(value)  # type: ignore[arg-type]
    return str(memory.fact(name).unknown.value) if value is None and memory.fact(name).unknown else written(value)


def word(known: Truth) -> str:
    return "unknown" if known is None else str(known).lower()


def written(value: Any) -> str:
    return shown_value(value) if isinstance(value, str | Interval) else plain_number(value)


# --- the page is complete ---------------------------------------------------------------------------------------------


def test_truth_table() -> None:
    words = {"true": True, "false": False, "unknown": None}
    (table,) = [block for block in page() if block.kind == "table" and block.rows[0][0] == "`a`"]
    for row in table.rows[1:]:
        values = {name: words[cell] for name, cell in zip("ab", row, strict=False)}
        for expression, cell in zip(table.rows[0], row, strict=True):
            assert truth(parse_condition(expression.strip("`")), values) is words[cell], (expression, row)


@pytest.mark.parametrize(
    ("what", "names"),
    {
        "keys": KEYS,
        "types": TERM_TYPES,
        "reserved words": RESERVED,
        "functions": FUNCTIONS,
    }.items(),
)
def test_every_word_of_the_language_is_on_the_page(what: str, names: Any) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in names if not re.search(rf"`{name}\b", text)] == []


def test_the_tables_of_keys_are_those_of_the_code() -> None:
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        assert text == with_tables(text), "`make content` writes them"
    nested = {"the groups", "the stages", "the rules", "a change of the case", "a line of `choose`"}
    nested |= {"the facts", "the statuses", "the subject", "the period"}
    told = {form for path in PAGES for form in marked(path.read_text(encoding="utf-8"))}
    assert told == set(FORMS) - nested, "keys of the others are told where they stand"


def test_the_limits_of_the_page_are_those_of_the_code() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("| what | limit |")[2]
    wanted = [
        f"{source.MAX_BYTES >> 20} MiB of UTF-8, {source.MAX_NODES:,} values, nested {source.MAX_DEPTH} deep",
        f"{reading.MAX_DIGITS} digits before and {reading.MAX_DIGITS} after",
        f"{parsing.MAX_DIGITS} digits, no leading zeros",
        f"{parsing.MAX_LENGTH:,} characters; brackets, `not` and minus signs {parsing.MAX_DEPTH} deep",
        f"operations {parsing.MAX_HEIGHT} deep",
        f"a text | {reading.MAX_TEXT:,} characters",
        f"a name | {fields.MAX_NAME} characters; of a case, {case_fields.MAX_ID}",
        f"an enum | {fields.MAX_VALUES} values",
        f"a fact | {case_fields.MAX_STATEMENTS} statements",
        f"counts up to {statistics.MAX_DEALS:,}",
    ]
    assert [limit for limit in wanted if limit not in text] == []


def test_the_ladder_of_the_page_decides_like_the_shipped_one(base: RuleBase, home: Any) -> None:
    """The page may be read as the definition of the shipped ladder: decision lists and consequences are the same."""
    small = salesdx.load(home(Example())).ladder
    for key in ("passed_when", "proved_when", "concluded_when", "held_when", "ask_when", "exhausted_when"):
        assert unplaced(getattr(small, key)) == unplaced(getattr(base.ladder, key))
    assert {n: [(x.name, unplaced(x.when)) for x in lines] for n, lines in small.decisions.items()} == {
        n: [(x.name, unplaced(x.when)) for x in lines] for n, lines in base.ladder.decisions.items()
    }
    for name, strength in small.strengths.items():
        shipped = base.ladder.strengths[name]
        assert (unplaced(strength.recommends_when), strength.examined) == (
            unplaced(shipped.recommends_when),
            shipped.examined,
        )


def unplaced(expr: Any) -> str:
    """An expression without the places of its words."""
    return re.sub(r", start=\d+, end=\d+", "", repr(expr))
