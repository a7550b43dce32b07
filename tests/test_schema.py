"""The JSON Schemas: every shipped file fits its schema, and what `check` refuses for its form does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from conftest import ROOT
from salesdx.authoring.schemas import schemas
from salesdx.base import entries
from salesdx.base import ladder as ladder_file
from salesdx.base.model import RuleBase
from salesdx.case.file import CASE_KEYS
from salesdx.cli import cli

SINGLE = ("ladder", "sources", "policy", "properties")


class Loader(yaml.SafeLoader):
    """YAML 1.2 as editors read it: a date is text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def kind_of(path: Path) -> str:
    if path.parent.name in ("cases", "examples"):
        return "case"
    if path.parent.name == "rules":
        return "rules"
    return path.stem if path.stem in SINGLE else "stage"


def files() -> Iterator[Path]:
    for folder in ("knowledge", "rules", "rules/cases", "examples"):
        yield from sorted((ROOT / folder).glob("*.yaml"))


@pytest.fixture(scope="module")
def validators(base: RuleBase) -> dict[str, Draft202012Validator]:
    found = schemas(base)
    for schema in found.values():
        Draft202012Validator.check_schema(schema)
    return {name.removesuffix(".schema.json"): Draft202012Validator(schema) for name, schema in found.items()}


def test_every_shipped_file_fits_its_schema(validators: dict[str, Draft202012Validator]) -> None:
    wrong = []
    for path in files():
        content = yaml.load(path.read_text(encoding="utf-8"), Loader)
        wrong += [f"{path.name}: {error.message}" for error in validators[kind_of(path)].iter_errors(content)]
    assert wrong == []


def test_every_shipped_file_names_its_schema() -> None:
    """The first line tells an editor; examples are for newcomers and stay without it."""
    for path in files():
        if path.parent.name == "examples" or path.parent.name == "cases":
            continue
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first == f"# yaml-language-server: $schema=../schemas/{kind_of(path)}.schema.json", path


def test_the_shipped_schemas_are_those_of_the_shipped_rules(base: RuleBase) -> None:
    for name, schema in schemas(base).items():
        assert json.loads((ROOT / "schemas" / name).read_text(encoding="utf-8")) == schema, "`salesdx schema` writes it"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("case", {"facts": {"delivery_otif_pct": "many"}}),
        ("case", {"facts": {"delivery_otif_pct": -1}}),
        ("case", {"facts": {"delivery_otif": 90}}),
        ("case", {"facts": {"goal_measurable": 1}}),
        ("case", {"facts": {"delivery_otif_pct": {"by": "finance"}}}),
        ("case", {"fact": {}}),
        ("case", {"facts": {}, "expect": {"concluded": "nothing"}}),
        ("rules", [{"id": "R1"}]),
        ("rules", [{"id": "R1", "strength": "srtong", "when": "a", "finding": "b", "because": "c"}]),
        ("rules", {"id": "R1"}),
        ("stage", {"stage": "pricing", "terms": {"a": {"typ": "number"}}}),
        ("stage", {"stage": "pricing", "terms": {"a": {"type": "text"}}}),
        ("policy", {"sign_off": {"roles": ["hr"]}}),
        ("properties", [{"id": "a", "says": "b"}]),
        ("layer", {"extend": "salesdx"}),
        ("ladder", {"stages": ["pricing"]}),
    ],
)
def test_what_has_the_wrong_form_does_not_fit(
    validators: dict[str, Draft202012Validator], kind: str, content: Any
) -> None:
    assert list(validators[kind].iter_errors(content)) != []


@pytest.mark.parametrize("value", [90, 90.5, "not_known", "not_applicable", {"value": 90, "by": "finance"}])
def test_every_way_to_write_a_fact_fits(validators: dict[str, Draft202012Validator], value: object) -> None:
    found = list(validators["case"].iter_errors({"facts": {"delivery_otif_pct": value}}))
    assert found == []


def test_the_schemas_know_every_key_that_is_read(base: RuleBase) -> None:
    found = schemas(base)
    rule = found["rules.schema.json"]["items"]["properties"]
    assert set(rule) == {"id", "strength", "when", "finding", "because", *entries.RULE_KEYS}
    term = found["stage.schema.json"]["properties"]["terms"]["additionalProperties"]["properties"]
    assert set(term) == {"type", *entries.TERM_KEYS}
    assert set(found["ladder.schema.json"]["properties"]) == {*ladder_file.KEYS, *ladder_file.OPTIONAL}
    assert set(found["case.schema.json"]["properties"]) == {"facts", *CASE_KEYS}


def test_every_question_is_what_an_editor_shows(base: RuleBase) -> None:
    facts = schemas(base)["case.schema.json"]["properties"]["facts"]["properties"]
    for term in base.terms.values():
        assert (term.question or "Computed") in facts[term.name]["description"]


def test_the_command_writes_them_all(tmp_path: Path, base: RuleBase) -> None:
    done = CliRunner().invoke(cli, ["schema", str(tmp_path / "schemas")])
    assert done.exit_code == 0, done.output
    names = {path.name for path in (tmp_path / "schemas").iterdir()}
    assert names == set(schemas(base))
    assert re.search(rf"{len(names)} schemas written to", done.output)
