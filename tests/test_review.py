"""What a layer turns is looked at by somebody, and what the rules below promise is counted, by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

import salesdx
from conftest import ROOT
from salesdx.authoring.person_grade import HARSHER, MILDER, SAME, OnPerson, graded
from salesdx.authoring.promised import case_counts
from salesdx.authoring.review import accepted_text, to_review
from salesdx.base.proof import proof_of, property_digest
from salesdx.cli import cli

MOVED = {
    "layer.yaml": "extends: salesdx\n",
    "knowledge/delivery.yaml": "limits: {otif_very_low: 92}\n",
    "knowledge/service.yaml": "limits: {csat_low: 72}\n",
}
REMOVES = "removes: {X1: not with us, X4: not with us, X10: not with us}\n"
LOOSER = MOVED | {"layer.yaml": MOVED["layer.yaml"] + REMOVES}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=typed)


def review(home: Path, typed: str, *more: str) -> Result:
    return run("test", "--review", "--home", str(home), *more, typed=typed)


def cases(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "rules/cases").glob("*")) if (home / "rules/cases").is_dir() else []


# --- test --review ----------------------------------------------------------------------------------------------------


def test_what_a_layer_turns_is_grouped_by_the_edit(tmp_path: Path) -> None:
    home = write(tmp_path, MOVED)
    found = to_review(home, salesdx.load(home))
    assert [(turn.path.stem, turn.edits, turn.grade) for turn in found] == [
        ("delivery-one-moderate-sign", ("limit otif_very_low 85 → 92",), SAME),
        ("pricing-a-premium-with-proof", ("limit otif_very_low 85 → 92",), SAME),
        ("service-two-call-centres", ("limit csat_low 70 → 72",), SAME),
    ]
    assert ("concluded", "null", "delivery") in found[0].told


def test_advice_that_turns_is_told_under_the_rule_that_gives_it(tmp_path: Path) -> None:
    rules = (ROOT / "rules/recognition.yaml").read_text(encoding="utf-8")
    rule = rules[rules.index("- id: RC2") : rules.index("\n- id: RC3")].replace("[cash_bonus, ", "[")
    home = write(tmp_path, {"layer.yaml": "extends: salesdx\n", "rules/recognition.yaml": rule})
    found = {turn.path.stem: turn for turn in to_review(home, salesdx.load(home))}
    turn = found["recognition-no-preference"]
    assert (turn.edits, [key for key, *_ in turn.told]) == (("rule RC2 changed",), ["recommend"])


def test_accepted_cases_keep_what_was_expected_and_say_why(tmp_path: Path) -> None:
    home = write(tmp_path, MOVED)
    done = review(home, "all\nOur buyers expect more.\n")
    assert (done.exit_code, "3 cases accepted, 0 left as they were" in done.output) == (0, True)
    shipped = yaml.safe_load((ROOT / "rules/cases/service-two-call-centres.yaml").read_text(encoding="utf-8"))
    made = yaml.safe_load((home / "rules/cases/service-two-call-centres.yaml").read_text(encoding="utf-8"))
    assert (made["was"], made["facts"], made["title"]) == (shipped["expect"], shipped["facts"], shipped["title"])
    assert (made["why"], made["expect"]["fired"]) == (
        "Our buyers expect more.",
        ["SC1", "C1", "C2", "C3", "C5", "C6", "C7", "C8"],
    )
    assert set(made["expect"]["never_recommend"]) >= set(shipped["expect"]["never_recommend"])
    tested = run("test", "--home", str(home))
    assert (tested.exit_code, tested.output.splitlines()[-2:]) == (
        0,
        ["106 cases run, all as expected", "106 of 106 cases of the base (3 reviewed), 0 of the layer"],
    )
    assert "nothing to review" in review(home, "").output


@pytest.mark.parametrize(
    ("typed", "written", "status"),
    [
        ("group\nskip\nWhy.\n", ["delivery-one-moderate-sign.yaml", "pricing-a-premium-with-proof.yaml"], 1),
        ("one\nskip\nskip\nWhy.\n", ["delivery-one-moderate-sign.yaml"], 1),
        ("skip\nskip\nskip\n", [], 1),
        ("one\nrefuse\n", [], 1),
        ("one\none\n", [], 1),
        ("all\n", [], 1),
        ("all\n\n \nWhy.\n", 3 * [""], 0),
        ("yes\nall\nWhy.\n", 3 * [""], 0),
    ],
    ids=["group", "one", "skip", "refuse", "ends", "no why", "asked for why again", "no such word"],
)
def test_what_is_typed(typed: str, written: list[str], status: int, tmp_path: Path) -> None:
    home = write(tmp_path, MOVED)
    done = review(home, typed)
    assert done.exit_code == status
    found = cases(home)
    assert found == written if "" not in written else len(found) == len(written)


def test_a_reason_may_be_given_at_once(tmp_path: Path) -> None:
    home = write(tmp_path, MOVED)
    assert review(home, "all\n", "--why", "The client promises more.").exit_code == 0
    assert len(cases(home)) == 3


def test_what_is_harsher_for_a_person_is_accepted_alone(tmp_path: Path) -> None:
    home = write(tmp_path, LOOSER)
    found = to_review(home, salesdx.load(home))
    harsher = [turn.path.name for turn in found if turn.grade == HARSHER]
    assert harsher
    assert all(any(edit.endswith("removed") for edit in turn.edits) for turn in found if turn.grade == HARSHER)
    done = review(home, "all\n" * len(found) + "skip\n" * len(harsher) + "Why.\n")
    assert done.exit_code == 1
    assert not set(harsher) & set(cases(home))
    assert "accepted only alone" in done.output


def test_what_a_layer_says_itself_hides_no_harsher_result(tmp_path: Path) -> None:
    """Its own file expected what comes out, so that it was graded the same and went with all others."""
    home = write(tmp_path, LOOSER)
    before = to_review(home, salesdx.load(home))
    harsher = [turn.path.name for turn in before if turn.grade == HARSHER]
    for turn in before:
        text, _ = accepted_text(turn, "So it is.").split("\nwas:")
        write(home, {f"rules/cases/{turn.path.name}": text + "\n"})
    found = to_review(home, salesdx.load(home))
    assert [turn.path.name for turn in found if turn.grade == HARSHER] == harsher
    assert {turn.path.name for turn in found} == {turn.path.name for turn in before}


OWN_TERM = """limits: {csat_low: 72}
terms:
  own_calls_n:
    type: number
    unit: calls
    range: [0, 1000]
    question: How many calls?
    respondent: sales_ops
    source: J
"""


def test_a_case_that_the_rules_below_cannot_read_is_graded_by_what_it_expects(tmp_path: Path) -> None:
    """What it did not expect was taken to be as it is now, so a person concluded was the same."""
    home = write(tmp_path, LOOSER | {"knowledge/service.yaml": OWN_TERM})
    harsh = next(turn for turn in to_review(home, salesdx.load(home)) if turn.grade == HARSHER)
    own = harsh.text[: harsh.text.index("\nexpect:")].replace("facts:\n", "facts:\n  own_calls_n: 3\n", 1)
    write(home, {"rules/cases/own.yaml": f"{own}\nexpect:\n  fired: [SC1]\nwhy: Ours.\n"})
    grades = {turn.path.name: turn.grade for turn in to_review(home, salesdx.load(home))}
    assert grades["own.yaml"] == HARSHER


def test_grades() -> None:
    nothing = OnPerson(False, {"file": 0}, frozenset())
    concluded = OnPerson(True, {"file": 3}, frozenset())
    assert (graded(nothing, concluded), graded(concluded, nothing), graded(nothing, nothing)) == (HARSHER, MILDER, SAME)
    assert graded(concluded, OnPerson(False, {"file": 4}, frozenset())) == HARSHER
    assert graded(nothing, OnPerson(False, {"file": 0}, frozenset({"warning"}))) == HARSHER


@pytest.mark.parametrize("more", [(), ("--home", str(ROOT)), ("--home", "x", "--format", "json")])
def test_review_is_of_a_layer(more: tuple[str, ...]) -> None:
    assert run("test", "--review", *more).exit_code == 2


# --- what should be there ---------------------------------------------------------------------------------------------


def test_a_case_whose_expectation_is_put_away_is_named_with_what_it_was(tmp_path: Path) -> None:
    shipped = (ROOT / "rules/cases/service-two-call-centres.yaml").read_text(encoding="utf-8")
    name = "rules/cases/service-two-call-centres.yaml"
    home = write(tmp_path, {"layer.yaml": "extends: salesdx\n", name: shipped.replace("  concluded: service\n", "")})
    done = run("test", "--home", str(home))
    told = " ".join(done.output.split())
    assert done.exit_code == 1
    assert f"{name} puts away what" in told
    assert "says: concluded: service" in told
    assert told.endswith("105 of 106 cases of the base, 0 of the layer")
    found = json.loads(run("test", "--home", str(home), "--format", "json").stdout)
    assert [each["replaced"]["expects"] for each in found if "replaced" in each] == [{"concluded": "service"}]
    assert run("test", "--home", str(home), str(home / name)).exit_code == 0


def test_a_case_that_is_the_same_is_none_that_was_put_away(tmp_path: Path) -> None:
    name = "rules/cases/service-two-call-centres.yaml"
    files = {"layer.yaml": "extends: salesdx\n", name: (ROOT / name).read_text(encoding="utf-8")}
    counts = case_counts(write(tmp_path, files))
    assert counts is not None
    assert counts.told() == "106 of 106 cases of the base, 0 of the layer"
    assert case_counts(None) is case_counts(ROOT) is None


def test_check_names_what_is_silenced_and_which_promise_is_another(tmp_path: Path) -> None:
    home = write(tmp_path, {"layer.yaml": "extends: salesdx\n"})
    done = run("check", "--home", str(home))
    assert (done.exit_code, "31 of 31 properties of the base, 0 of the layer" in done.output) == (0, True)
    assert "silenced: 18 checks (unused-term at salesdx/knowledge/delivery.yaml:" in " ".join(done.output.split())
    tautology = "- id: company_before_person\n  says: It is so\n  always: concluded == none implies concluded == none\n"
    write(home, {"knowledge/properties.yaml": tautology})
    done = run("check", "--home", str(home))
    assert done.exit_code == 1
    if "floor-property" not in done.output:
        told = " ".join(done.output.split())
        assert "16 of 17 properties of the base, 0 of the layer; it lacks `company_before_person`" in told


def test_prove_counts_what_it_proved(tmp_path: Path) -> None:
    home = write(tmp_path, {"layer.yaml": "extends: salesdx\n"})
    done = run("prove", "--home", str(home), "--only", "fair_comparison")
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == "1 of 31 properties of the base, 0 of the layer"
    done = run("prove", "--home", str(home), "--only", "fair_comparison", "--against", "salesdx")
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == "1 of 31 properties of the base, 0 of the layer, 10 doors"


def test_nothing_is_proved_where_there_is_no_property(tmp_path: Path) -> None:
    write(tmp_path, {p: (ROOT / "tests/checks/rule-base" / p).read_text() for p in rule_base_files()})
    done = run("prove", "--home", str(tmp_path))
    assert done.exit_code == 1
    assert "there is no property, so nothing is proved" in done.output


SELLER_LAST = "- id: seller_last\n  says: The seller is last\n  always: offer == open implies concluded != seller\n"


def rule_base_files() -> list[str]:
    folder = ROOT / "tests/checks/rule-base"
    return [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.yaml"))]


def test_the_certificate_names_the_base_the_properties_and_what_is_silenced(tmp_path: Path) -> None:
    files = {p: (ROOT / "tests/checks/rule-base" / p).read_text() for p in rule_base_files()}
    below = write(tmp_path / "below", files)
    home = write(
        tmp_path / "ours",
        {
            "layer.yaml": "extends: ../below\n",
            "knowledge/properties.yaml": SELLER_LAST,
        },
    )
    run("prove", "--home", str(home), "--certificate")
    proof = proof_of((home / "proof.json").read_text())
    base = salesdx.load(home)
    assert proof is not None
    assert (proof.rule_base, proof.base) == (base.digest, salesdx.load(below).digest)
    assert proof.properties == {"seller_last": property_digest(base.properties[0])}
    assert property_digest(base.properties[0]) != property_digest(salesdx.load().properties[0])
