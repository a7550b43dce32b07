"""The JSON Schemas: every shipped file fits its schema, and what `check` refuses for its form does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

import key_sweep as good
import salesdx
from conftest import ROOT
from key_sweep import Sweep
from key_tables import FORMS
from pages import shown_files
from salesdx.authoring.schemas import FILES, schemas
from salesdx.authoring.worked_cases import worked_case
from salesdx.base.copying import archive_of
from salesdx.base.model import RuleBase
from salesdx.base.pieces import digest_of_pieces, pieces
from salesdx.base.policy_fields import LEAST
from salesdx.case.file import firm_from
from salesdx.cli import cli
from salesdx.text.issues import IssuesError

SINGLE = ("ladder", "sources", "policy", "properties", "layer", "copied")


class Loader(yaml.SafeLoader):
    """YAML 1.2 as editors read it: a date is text, and so are `yes` and `no`."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag.split(":")[-1] not in ("timestamp", "bool")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def kind_of(path: Path) -> str:
    if path.stem == "firm":
        return "firm"
    if path.parent.name in ("cases", "examples") or path.stem == "case":
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


@pytest.mark.slow
def test_every_shipped_file_fits_its_schema(validators: dict[str, Draft202012Validator]) -> None:
    wrong = []
    for path in files():
        content = yaml.load(path.read_text(encoding="utf-8"), Loader)
        wrong += [f"{path.name}: {error.message}" for error in validators[kind_of(path)].iter_errors(content)]
    assert wrong == []


def test_every_file_of_the_firm_fits_the_schema_of_its_layers() -> None:
    home = ROOT / "examples" / "firm"
    found = schemas(salesdx.load(home))
    for kind, path in (("layer", home / "layer.yaml"), *(("rules", path) for path in home.glob("rules/*.yaml"))):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader)
        assert list(Draft202012Validator(found[f"{kind}.schema.json"]).iter_errors(content)) == [], path


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


RULE = {"id": "Z1", "strength": "weak", "when": "true", "finding": "found_new", "because": "So."}
TERM = {"type": "percent", "question": "How many?", "respondent": "finance"}


def stage(**changes: Any) -> dict[str, Any]:
    return {"stage": "pricing", "title": "Price", "terms": {"new_term": TERM | changes}}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("case", {"facts": {"delivery_otif_pct": "many"}}),
        ("case", {"facts": {"delivery_otif_pct": -1}}),
        ("case", {"facts": {"delivery_otif": 90}}),
        ("case", {"facts": {"goal_measurable": 1}}),
        ("case", {"facts": {"delivery_otif_pct": {"by": "finance"}}}),
        ("case", {"fact": {}}),
        ("case", {"facts": {}, "subject": {"kind": "person", "ref": "Jane Doe"}}),
        ("case", {"facts": {}, "period": {"from": "2026-06-31", "to": "2026-09-30"}}),
        ("case", {"facts": {}, "expect": {"concluded": "nothing"}}),
        ("rules", [{"id": "R1"}]),
        ("rules", [RULE | {"strength": "srtong"}]),
        ("rules", [RULE | {"id": "A b!"}]),
        ("rules", [RULE | {"recommend": ["no_such_help"]}]),
        ("rules", [RULE | {"suppresses": "no_such_help"}]),
        ("rules", [RULE | {"source": "S99"}]),
        ("rules", [RULE | {"source": ["J", "S99"]}]),
        ("rules", [RULE | {"when": "price_indx_vs_competitor_pct > 110"}]),
        ("rules", [RULE | {"because": "It is {price_indx_vs_competitor_pct}%."}]),
        ("rules", [RULE | {"finding": "and"}]),
        ("rules", [RULE | {"immediate": "yes"}]),
        ("rules", {"id": "R1"}),
        ("stage", {"stage": "pricing", "terms": {"a": {"typ": "number"}}}),
        ("stage", {"stage": "prices", "title": "Price"}),
        ("stage", stage(type="text")),
        ("stage", stage(effort=9)),
        ("stage", stage(valid_for="soon")),
        ("stage", stage(respondent="nobody")),
        ("stage", stage(source="S99")),
        ("stage", stage(range=[0])),
        ("stage", stage(values=["a", "b"])),
        ("stage", stage(type="enum")),
        ("stage", stage(tolerance=-1)),
        ("stage", stage(formula="price_indx_vs_competitor_pct / 2")),
        ("stage", stage(core="yes")),
        ("stage", {"stage": "pricing", "title": "Price", "terms": {"New Term": TERM}}),
        ("policy", {"sign_off": {"roles": ["hr"]}}),
        ("properties", [{"id": "a", "says": "b"}]),
        ("layer", {"extend": "salesdx"}),
        ("layer", {"extends": "salesdx", "removes": {"R99": "it misleads"}}),
        ("ladder", {"stages": ["pricing"]}),
    ],
)
def test_what_has_the_wrong_form_does_not_fit(
    validators: dict[str, Draft202012Validator], kind: str, content: Any
) -> None:
    assert list(validators[kind].iter_errors(content)) != []


def test_what_the_vectors_change_was_good(validators: dict[str, Draft202012Validator]) -> None:
    for kind, content in (("rules", [RULE]), ("stage", stage())):
        assert list(validators[kind].iter_errors(content)) == []


@pytest.mark.parametrize("value", [90, 90.5, "not_known", "not_applicable", {"value": 90, "by": "finance"}])
def test_every_way_to_write_a_fact_fits(validators: dict[str, Draft202012Validator], value: object) -> None:
    found = list(validators["case"].iter_errors({"facts": {"delivery_otif_pct": value}}))
    assert found == []


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


# --- what `check` refuses, the schemas refuse -------------------------------------------------------------------------


class Small:
    """The small rule base of the language reference, in which one file at a time is another."""

    def __init__(self, folder: Path) -> None:
        self.texts = OF_BASE
        self.home = written(folder / "small", self.texts)
        self.layer = written(
            folder / "layer", {"knowledge/properties.yaml": OTHER, "rules/price.yaml": EDITED.partition("- id: P2")[0]}
        )
        self.copy = written(
            folder / "copy", self.texts | {"knowledge/properties.yaml": FEWER, "rules/price.yaml": EDITED}
        )
        (self.copy / "copied.zip").write_bytes(ARCHIVE)
        self.base = salesdx.load(self.home)
        found = schemas(self.base)
        self.schemas = {name: Draft202012Validator(found[f"{name}.schema.json"]) for name in FILES}

    def faults(self, name: str, text: str) -> str:
        """What the readers say of a file with this text; nothing where it is good."""
        try:
            if name == "case.yaml":
                worked_case(text, self.base, name)
            elif name == "firm.yaml":
                firm_from(text, name, (), self.base)
            else:
                home = {"layer.yaml": self.layer, "copied.yaml": self.copy}.get(name, self.home)
                salesdx.load(written(home, {name: text}))
        except IssuesError as error:
            return str(error)
        finally:
            if name in self.texts:
                written(self.home, {name: self.texts[name]})
        return ""

    def marks(self, kind: str, content: Any) -> list[str]:
        """What an editor marks in a file with this content."""
        return [error.message for error in self.schemas[kind].iter_errors(content)]


SHOWN = shown_files(ROOT / "docs" / "language.md")
GOOD: dict[str, Any] = {
    "rules/examples.yaml": [good.RULE],
    "knowledge/price.yaml": good.STAGE,
    "knowledge/examples.yaml": good.GROUP,
    "knowledge/sources.yaml": good.SOURCES,
    "knowledge/properties.yaml": good.PROPERTIES,
    "knowledge/ladder.yaml": yaml.load(SHOWN["knowledge/ladder.yaml"], Loader),
    "knowledge/policy.yaml": yaml.load(SHOWN["knowledge/policy.yaml"], Loader),
    "layer.yaml": good.LAYER,
    "case.yaml": good.CASE,
    "firm.yaml": good.FIRM,
}
"""A good file of each kind; together they have every key."""
GOOD["knowledge/ladder.yaml"]["decisions"]["file"][0]["says"] = "Not yet."
GOOD["knowledge/ladder.yaml"]["period_end_term"] = "told_on"
GOOD["knowledge/ladder.yaml"] |= {"cycle_term": "won_n", "confirmed_by": {"alone": "hr", "together": ["hr", "sales"]}}
GOOD["knowledge/policy.yaml"]["outside_days"] = 14
GOOD["knowledge/policy.yaml"]["may"] = {
    act: {"roles": ["hr", "legal"], "persons": persons, "delay_days": days} for act, (persons, days) in LEAST.items()
}
OF_BASE = SHOWN | {name: json.dumps(content) for name, content in GOOD.items() if name != "layer.yaml"}
"""The texts of the rule base that the layer extends, and the copy was copied from."""
FEWER = json.dumps([made for made in good.PROPERTIES if made["id"] != good.NOT_KEPT["property"]])
OTHER = json.dumps([made | {"says": "Other"} for made in good.PROPERTIES if made["id"] == good.NOT_KEPT["property"]])
"""The properties of the copy, and of the layer."""


def written(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


EDITED = SHOWN["rules/price.yaml"].replace("price_index > 110", "price_index > 111")
"""The rules of the copy for which somebody signed; the first of them stands in the layer."""
with TemporaryDirectory() as made:
    BASE = salesdx.load(written(Path(made) / "small", OF_BASE))
    ARCHIVE = archive_of(Path(made) / "small")
    OURS = salesdx.load(written(Path(made) / "ours", OF_BASE | {"rules/price.yaml": EDITED}))
DIGEST, PIECES = BASE.digest, digest_of_pieces(pieces(OURS, BASE), OURS, BASE)
SIGNED = {
    "accepts": [
        each | {"base": DIGEST} | ({"pieces": PIECES} if "pieces" in each else {}) for each in good.LAYER["accepts"]
    ]
}
GOOD["layer.yaml"] = good.LAYER | {"pin": DIGEST} | SIGNED
GOOD["copied.yaml"] = good.COPIED | {"digest": DIGEST, "archive": f"sha256:{sha256(ARCHIVE).hexdigest()}"} | SIGNED


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return Small(tmp_path_factory.mktemp("sweep"))


@pytest.fixture(scope="module")
def sweep(small: Small) -> Sweep:
    return Sweep(small.base, ((FILES[kind_of(Path(name))][0], content) for name, content in GOOD.items()))


def test_the_good_files_have_every_key(sweep: Sweep) -> None:
    keys = {(form.what, field.name) for form in FORMS.values() for field in form.fields if not field.each}
    assert keys - set(sweep.samples) == set()


@pytest.mark.parametrize("name", GOOD)
def test_the_schema_refuses_every_wrong_value_as_check_does(name: str, small: Small, sweep: Sweep) -> None:
    kind, content = kind_of(Path(name)), GOOD[name]
    assert (small.faults(name, json.dumps(content)), small.marks(kind, content)) == ("", [])
    odd = sweep.all_wrong(FILES[kind][0], content)
    assert len(odd) >= 20
    assert [where for where, wrong in odd if not small.faults(name, json.dumps(wrong))] == [], "check takes it"
    assert [where for where, wrong in odd if not small.marks(kind, wrong)] == [], "the schema takes it"


@pytest.mark.parametrize("name", GOOD)
def test_the_schema_takes_what_check_takes(name: str, small: Small, sweep: Sweep) -> None:
    kind, content = kind_of(Path(name)), GOOD[name]
    taken = [
        (where, other)
        for where, other in sweep.right(FILES[kind][0], content)
        if not small.faults(name, json.dumps(other))
    ]
    assert taken != []
    assert [f"{where}: {small.marks(kind, other)}" for where, other in taken if small.marks(kind, other)] == []


# --- what no schema can say -------------------------------------------------------------------------------------------


def changed(name: str, **changes: Any) -> Any:
    """A good file with other keys: those of its first entry where it is a list."""
    content = GOOD[name]
    return [content[0] | changes, *content[1:]] if isinstance(content, list) else content | changes


def term(name: str, **changes: Any) -> Any:
    terms = good.STAGE["terms"]
    return good.STAGE | {"terms": terms | {name: terms.get(name, {}) | changes}}


def judge(**changes: Any) -> Any:
    made = good.STAGE["interventions"]
    own = made["own_help"]
    return good.STAGE | {"interventions": made | {"own_help": own | {"judge": own["judge"] | changes}}}


def ladder(key: str, **changes: Any) -> Any:
    lines = GOOD["knowledge/ladder.yaml"][key]
    return GOOD["knowledge/ladder.yaml"] | {key: [lines[0] | changes, *lines[1:]]}


def acceptance(number: int, **changes: Any) -> Any:
    signed = GOOD["layer.yaml"]["accepts"]
    return GOOD["layer.yaml"] | {"accepts": [*signed[:number], signed[number] | changes, *signed[number + 1 :]]}


def facts(**changes: Any) -> Any:
    return good.CASE | {"facts": good.CASE["facts"] | changes}


ASKED_OF_FIRM = {"type": "boolean", "question": "Is it?", "respondent": "sales"}
PROFILE = {
    "group": "profile",
    "title": "Profile",
    "terms": dict.fromkeys(("firm_ships_goods", "firm_gives_discounts"), ASKED_OF_FIRM),
}
POLICY: Any = GOOD["knowledge/policy.yaml"]


def since(**parts: Any) -> Any:
    """The good case as one of today, which expects nothing, with other entries of what was done since."""
    kept = {key: part for key, part in good.CASE.items() if key not in ("expect", "stated", "was")}
    return kept | {"sessions": [] if "actions" in parts else good.CASE["sessions"]} | parts


BEYOND: dict[tuple[str, str], tuple[str, Any]] = {
    ("a term", "label"): ("knowledge/price.yaml", term("asked", label="price_index")),
    ("a term", "range"): ("knowledge/price.yaml", term("asked", range=[100, 0])),
    ("a term", "or_formula"): ("knowledge/price.yaml", term("asked", or_formula="won_pct * 2")),
    ("a line of `choose`", "value"): (
        "knowledge/price.yaml",
        term("side", choose=[{"when": True, "value": "upwards"}]),
    ),
    ("a stage or group", "terms"): ("knowledge/price.yaml", term("on_time_pct", **good.ASKED)),
    ("a stage or group", "interventions"): (
        "knowledge/price.yaml",
        good.STAGE
        | {"interventions": good.STAGE["interventions"] | {"coaching": good.STAGE["interventions"]["own_help"]}},
    ),
    ("a stage or group", "stage"): ("knowledge/price.yaml", good.STAGE | {"stage": "delivery"}),
    ("a stage or group", "group"): ("knowledge/examples.yaml", good.GROUP | {"group": "review"}),
    ("a judge", "after"): ("knowledge/price.yaml", judge(after="months of side")),
    ("a judge", "until"): ("knowledge/price.yaml", judge(until="1 period + months of nothing_known")),
    ("a rule", "id"): ("rules/examples.yaml", changed("rules/examples.yaml", id="P1")),
    ("a rule", "when"): ("rules/examples.yaml", changed("rules/examples.yaml", when="price_index > and wish")),
    ("a rule", "finding"): ("rules/examples.yaml", changed("rules/examples.yaml", finding="price_index")),
    **{
        ("an act", key): (
            "knowledge/policy.yaml",
            {**POLICY, "may": {**POLICY["may"], "hold": {"roles": ["hr"], key: 2}}},
        )
        for key in ("persons", "delay_days")
    },
    ("the policy", "retention_days"): (
        "knowledge/policy.yaml",
        GOOD["knowledge/policy.yaml"] | {"retention_days": {"other": 182}},
    ),
    ("a line of `modes`", "when"): ("knowledge/ladder.yaml", ladder("modes", when=True)),
    ("a line of `verdicts`", "when"): ("knowledge/ladder.yaml", ladder("verdicts", when=True)),
    ("a line of a decision list", "when"): (
        "knowledge/ladder.yaml",
        changed(
            "knowledge/ladder.yaml",
            decisions=GOOD["knowledge/ladder.yaml"]["decisions"] | {"file": [{"status": "open", "when": "applies"}]},
        ),
    ),
    ("a stage of the ladder", "stage"): ("knowledge/ladder.yaml", ladder("stages", stage="a_new_one")),
    ("a property", "id"): ("knowledge/properties.yaml", changed("knowledge/properties.yaml", id="second")),
    ("a property", "always"): (
        "knowledge/properties.yaml",
        changed("knowledge/properties.yaml", always="price_index > 1"),
    ),
    ("an acceptance", "property"): ("layer.yaml", acceptance(1, property="first")),
    ("an acceptance", "base"): ("layer.yaml", acceptance(0, base="sha256:" + "4" * 64)),
    ("the layer", "pin"): ("layer.yaml", changed("layer.yaml", pin="sha256:" + "4" * 64)),
    ("what was copied", "digest"): ("copied.yaml", changed("copied.yaml", digest="sha256:" + "4" * 64)),
    ("what was copied", "archive"): ("copied.yaml", changed("copied.yaml", archive="sha256:" + "4" * 64)),
    ("the layer", "extends"): ("layer.yaml", changed("layer.yaml", extends="../nowhere")),
    ("the result", "goal"): ("case.yaml", changed("case.yaml", result={"goal": -1})),
    ("the result", "reached"): ("case.yaml", changed("case.yaml", result={"reached": -1})),
    ("the case", "result"): ("case.yaml", changed("case.yaml", result={"goal": 100, "reached": 90})),
    ("the facts", "a term"): ("case.yaml", facts(asked=[{"value": 2, "by": "hr"}, {"value": 3, "by": "hr"}])),
    ("an imprecise value", "low"): ("case.yaml", facts(asked={"value": {"low": 5, "high": 3}})),
    ("the period", "from"): (
        "case.yaml",
        changed("case.yaml", period={"from": "2026-10-01", "to": "2026-09-30"}),
    ),
    ("what is expected", "never_recommend"): (
        "case.yaml",
        changed("case.yaml", expect=good.CASE["expect"] | {"never_recommend": ["hire"]}),
    ),
    ("an event", "date"): ("case.yaml", since(events=[{"change": "goal", "date": "2099-01-01"}])),
    ("an action", "id"): ("case.yaml", since(actions=[good.CASE["actions"][0]] * 2)),
    ("an action", "until"): ("case.yaml", since(actions=[good.CASE["actions"][0] | {"until": "2026-10-01"}])),
    ("a judgement by hand", "date"): (
        "case.yaml",
        since(actions=[good.CASE["actions"][0] | {"judged": [{"worked": True, "by": "hr", "date": "2099-01-01"}]}]),
    ),
    ("a session", "id"): ("case.yaml", since(sessions=[good.CASE["sessions"][0]] * 2)),
    ("a session", "action"): ("case.yaml", since(sessions=[good.CASE["sessions"][0] | {"action": "A2"}])),
    ("a session", "date"): ("case.yaml", since(sessions=[good.CASE["sessions"][0] | {"date": "2026-10-01"}])),
    ("a confirmation", "date"): (
        "case.yaml",
        since(sessions=[good.CASE["sessions"][0] | {"confirmed": [{"by": "hr", "date": "2099-01-01"}]}]),
    ),
    ("a contest", "date"): (
        "case.yaml",
        since(sessions=[good.CASE["sessions"][0] | {"contested": {"date": "2099-01-01", "reason": "so"}}]),
    ),
    ("a stage or group", "limits"): (
        "knowledge/price.yaml",
        changed("knowledge/price.yaml", limits={"asked_low": 1}),
    ),
    ("a term", "applies_when"): (
        "knowledge/profile.yaml",
        PROFILE | {"terms": PROFILE["terms"] | {"firm_ships_goods": ASKED_OF_FIRM | {"applies_when": "true"}}},
    ),
}
"""What the tables of keys say that no schema can, each with a file that `check` alone refuses."""


def test_the_tables_say_what_is_beyond_a_schema() -> None:
    assert {(form.what, field.name) for form in FORMS.values() for field in form.fields if field.beyond} == set(BEYOND)


@pytest.mark.parametrize(("form", "key"), BEYOND)
def test_what_is_beyond_a_schema_is_refused_by_check_alone(form: str, key: str, small: Small) -> None:
    name, content = BEYOND[form, key]
    assert small.faults(name, json.dumps(content)) != ""
    assert small.marks(kind_of(Path(name)), content) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("case.yaml", "facts: {buyers_asked_n: 0x1F}\nexpect: {}\n"),
        ("case.yaml", "facts: {buyers_asked_n: 1.0e+3}\nexpect: {}\n"),
        ("case.yaml", "facts: {price_index: 100.1234567890123456}\nexpect: {}\n"),
        ("case.yaml", "facts: {matter_open: True}\nexpect: {}\n"),
        ("case.yaml", "facts: {}\nexpect: {concluded: }\n"),
        ("case.yaml", "facts: {price_index: {value: 1, date: 2026-02-29}}\nexpect: {}\n"),
    ],
)
def test_how_a_value_is_written_is_seen_by_check_alone(name: str, text: str, small: Small) -> None:
    """An editor sees the number, not its digits; and no pattern knows leap years."""
    assert small.faults(name, text) != ""
    assert small.marks("case", yaml.load(text, Loader)) == []
