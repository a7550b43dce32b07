"""The first line of `salesdx diff`: whether new rules open the path to a person, close it, or leave it the same; and
what a certificate keeps of the doors."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import salesdx
from conftest import ROOT
from salesdx.authoring.diff import changes
from salesdx.authoring.path_to_person import changed_on_path, path_to_person
from salesdx.base.background import Proof, ProvedDoor
from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.base.proof import proof_of, proof_text
from salesdx.cli import cli

LOOSER = {"knowledge/training.yaml": "limits: {training_completed_good: 80}\n"}
STRICTER = {"knowledge/training.yaml": "limits: {training_completed_good: 95}\n"}
COMPUTED = {
    "knowledge/termination.yaml": "terms:\n  hr_written_warning:\n    type: boolean\n"
    "    choose: [{when: true, value: true}]\n"
}
EXIT_TALK = "interventions:\n  exit_talk:\n    title: Exit talk\n    owner: HR\n    do: Talk\n" + (
    "    judge_after: 1 week\n    worked_when: It was held\n"
)


def layer(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in {"layer.yaml": "extends: salesdx\n", **files}.items():
        path = folder / "ours" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "ours"


def copied(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """A copy of the shipped rules with some texts replaced, without word of what it was copied from."""
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, folder / "copy" / room, ignore=shutil.ignore_patterns("cases"))
    for name, old, new in edits:
        path = folder / "copy" / name
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / "copy"


def run(*arguments: str | Path, status: int = 0) -> str:
    done = CliRunner().invoke(cli, list(map(str, arguments)))
    assert done.exit_code == status, done.output
    return str(done.output)


def compared(home: Path, *more: str, status: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        run("diff", "salesdx", home, "--no-prove", "--format", "json", *more, status=status)
    )
    return told


@pytest.fixture
def without_prover(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "salesdx.authoring.against", None)


# --- the word ---------------------------------------------------------------------------------------------------------


BESIDE = {
    "a question": ("knowledge/pricing.yaml", "    effort: 3", "    effort: 4"),
    "a rule on success": ("rules/success.yaml", "win_technique_p_adjusted < 0.05", "win_technique_p_adjusted < 0.01"),
    "a title": ("rules/pricing.yaml", "Net price is more than", "The net price is more than"),
}


@pytest.mark.usefixtures("without_prover")
@pytest.mark.parametrize("name", BESIDE)
def test_what_is_beside_the_path_asks_no_prover(name: str, base: RuleBase, tmp_path: Path) -> None:
    new = salesdx.load(copied(tmp_path, BESIDE[name]))
    assert list(changes(base, new)) != []
    found = path_to_person(base, new, None)
    assert (found.word, found.stands) == ("same", True)


@pytest.mark.usefixtures("without_prover")
def test_without_the_prover_a_change_on_the_path_stays_undecided(base: RuleBase, tmp_path: Path) -> None:
    home = layer(tmp_path, LOOSER)
    new = salesdx.load(home)
    assert [str(piece) for piece in changed_on_path(base, new)] == ["knowledge/training.yaml ruled_out_when training"]
    found = path_to_person(base, new, home)
    assert (found.word, found.stands) == ("undecided", False)
    assert run("diff", "salesdx", home, "--no-prove", "--exit-code", status=1).startswith("undecided: ")


@pytest.mark.slow
def test_a_looser_limit_opens_until_somebody_signs(tmp_path: Path) -> None:
    home = layer(tmp_path, LOOSER)
    told = compared(home, "--exit-code", status=1)
    assert told["path_to_person"] == "opens"
    assert [(door["door"], door["result"], door["accepted_by"]) for door in told["doors"]] == [("person", "OPENS", [])]
    assert told["doors"][0]["opened_by"] == ["knowledge/training.yaml ruled_out_when training"]
    assert 80 <= told["smallest_case"]["enable_training_completed_pct"]["value"] < 90
    assert {"file termination", "action hr_review"} <= set(told["doors_beside"])
    text = run("diff", "salesdx", home, "--no-prove", "--format", "markdown")
    assert re.sub("[#* ]+", " ", text.splitlines()[0]).strip().startswith("opens: ")
    who = ("--reason", "We train on the job.", "--author", "J. Weber")
    run("prove", "--home", home, "--accept", "ruled_out_when training", *who)
    signed = compared(home)
    assert (signed["path_to_person"], signed["smallest_case"], signed["doors_beside"]) == ("opens", None, [])
    assert {by["author"] for door in signed["doors"] for by in door["accepted_by"]} == {"J. Weber"}
    assert path_to_person(salesdx.load(), salesdx.load(home), home).stands


@pytest.mark.slow
def test_a_stricter_limit_closes(tmp_path: Path) -> None:
    told = compared(layer(tmp_path, STRICTER))
    assert (told["path_to_person"], told["door_closed"], told["doors"]) == ("closes", "person", [])


@pytest.mark.parametrize(("aim", "word", "milder"), [(1, "opens", ["promise_date"]), (95, "same", [])])
def test_a_limit_by_which_a_repair_has_worked_sooner_opens(
    aim: int, word: str, milder: list[str], tmp_path: Path
) -> None:
    """While a repair of the company runs nothing behind its stage is concluded, a person least of all."""
    home = layer(tmp_path, {"knowledge/delivery.yaml": f"stage: delivery\nlimits: {{otif_aim: {aim}}}\n"})
    told = compared(home)
    assert told["path_to_person"] == word
    assert [each["intervention"] for each in told["milder_remedies"]] == milder
    text = run("diff", "salesdx", home, "--no-prove")
    assert f"limit otif_aim 92 → {aim}: promise_date changed; {word}" in " ".join(text.split())


@pytest.mark.slow
def test_a_new_stage_closes_although_the_rules_before_lack_it(base: RuleBase, tmp_path: Path) -> None:
    stage = "stage: legal\ntitle: Legal\nowner: Legal\nruled_out_when: legal_ready\nterms:\n  legal_ready:\n"
    term = "    label: Contracts were ready\n    type: boolean\n    question: Ready?\n    respondent: finance\n"
    home = copied(
        tmp_path,
        ("knowledge/ladder.yaml", "  - {stage: product, dec", "  - {stage: legal, decided_by: evidence}\n"
         "  - {stage: product, dec"),
    )  # fmt: skip
    (home / "knowledge/legal.yaml").write_text(stage + term, "utf-8")
    (home / "rules/legal.yaml").write_text("[]\n", "utf-8")
    found = path_to_person(base, salesdx.load(home), None)
    assert (found.word, found.closed, found.stands) == ("closes", "person", True)


# --- the floor, and measures ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_prover")
def test_rules_below_the_floor_are_compared_and_open(tmp_path: Path) -> None:
    home = layer(tmp_path, COMPUTED)
    told = compared(home, "--exit-code", status=1)
    assert told["path_to_person"] == "opens"
    assert [(fault["code"], fault["line"]) for fault in told["floor"]] == [("floor-asked", 2)]
    (term,) = (change for change in told["changes"] if change["name"] == "hr_written_warning")
    assert {"key": "computed", "before": "", "after": "true where true"} in term["parts"]


@pytest.mark.usefixtures("without_prover")
def test_a_promise_that_a_copy_without_a_base_takes_out_opens(base: RuleBase, tmp_path: Path) -> None:
    home = copied(tmp_path)
    (home / "knowledge/properties.yaml").unlink()
    found = path_to_person(base, load(home), None)
    assert (found.word, found.stands) == ("opens", False)
    assert [fault.code for fault in found.faults] == ["floor-property"] * len(base.properties)


@pytest.mark.usefixtures("without_prover")
@pytest.mark.parametrize(
    ("flag", "word", "said"),
    [
        ("", "undecided", "new: it acts on a person"),
        ("    personnel: false\n    reason: A talk\n", "opens", "new: it acts on nobody, say the rules: A talk"),
    ],
)
def test_a_new_measure_is_named_first(flag: str, word: str, said: str, tmp_path: Path) -> None:
    home = layer(tmp_path, {"knowledge/marketing.yaml": EXIT_TALK + flag})
    told = " ".join(run("diff", "salesdx", home, "--no-prove").split())
    assert told.startswith(f"{word}: ")
    assert f"Exit talk ({said})" in told


# --- the texts --------------------------------------------------------------------------------------------------------


def test_each_condition_and_word_of_the_ladder_is_told(base: RuleBase, tmp_path: Path) -> None:
    new = salesdx.load(
        copied(
            tmp_path,
            ("knowledge/ladder.yaml", "when: eligible >= 1 and unexamined == 0", "when: eligible >= 1"),
            ("knowledge/ladder.yaml", "says: Nothing may lead towards", "says: Little may lead towards"),
            ("knowledge/ladder.yaml", "asker_kind: signed record", "asker_kind: CRM fields"),
        )
    )
    parts = {(change.name, key): (was, now) for change in changes(base, new) for key, was, now in change.parts}
    eligible = parts["ladder", "decisions: file: eligible_for_human_review"]
    assert (eligible[0].startswith("eligible >= 1 and unexamined == 0"), "unexamined" in eligible[1]) == (True, False)
    assert parts["ladder", "decisions: file: blocked: says"] == (
        "Nothing may lead towards an end of employment while this stands.",
        "Little may lead towards an end of employment while this stands.",
    )
    assert "asker_kind: CRM fields" in parts["individual", "floor"][1]


@pytest.mark.usefixtures("without_prover")
def test_words_are_told_as_they_were_removed_and_inserted(tmp_path: Path) -> None:
    home = copied(tmp_path, ("knowledge/ladder.yaml", "says: Nothing may lead", "says: Little may lead"))
    told = " ".join(run("diff", "salesdx", home, "--no-prove").split())
    assert "[-Nothing-] {+Little+} may lead towards an end of employment while this stands." in told


def test_a_formula_is_told_with_its_old_and_its_new_text(base: RuleBase, tmp_path: Path) -> None:
    old = "formula: min(1, ind_win_p_value * ind_people_scanned_n)"
    new = salesdx.load(copied(tmp_path, ("knowledge/individual.yaml", old, "formula: min(1, ind_win_p_value * 2)")))
    found = {part for change in changes(base, new) for part in change.parts if part[0] == "computed"}
    assert found == {("computed", "min(1, ind_win_p_value * ind_people_scanned_n)", "min(1, ind_win_p_value * 2)")}


# --- the certificate --------------------------------------------------------------------------------------------------


def test_a_certificate_keeps_the_doors_and_what_acts_on_nobody(base: RuleBase) -> None:
    doors = (
        ProvedDoor("person", "OPENS", base.digest, (("J. Weber", "We train on the job."),)),
        ProvedDoor("file termination", "HOLDS", base.digest),
    )
    proof = Proof("sha256:1", "z3", ("a",), (), ("b",), base=base.digest, doors=doors, on_nobody={"x": "a talk"})
    text = proof_text(proof)
    assert proof_of(text) == proof
    assert json.loads(text)["doors"][0] == {
        "door": "person", "result": "OPENS", "against": base.digest,
        "accepted_by": [{"author": "J. Weber", "reason": "We train on the job."}],
    }  # fmt: skip
    assert proof.properties_told == "1 of 2 properties"
    assert proof_of(text.replace('"author"', '"autor"')) is None


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([], "That no possible case ends harsher for a person than under their base was not proved"),
        ([("HOLDS", ())], "Of 1 door to a person 1 proved shut against their base"),
        ([("HOLDS", ()), ("OPENS", (("J", "so"),))], "Of 2 doors to a person 1 proved shut against their base, 1 acc"),
    ],
)
def test_a_report_on_a_person_says_how_many_doors_are_shut(
    results: list[tuple[str, tuple[tuple[str, str], ...]]], said: str, base: RuleBase, tmp_path: Path
) -> None:
    home = layer(tmp_path, {})
    doors = tuple(ProvedDoor(f"d{n}", result, base.digest, by) for n, (result, by) in enumerate(results))
    proof = Proof(salesdx.load(home).digest, "z3", ("a", "b"), base=base.digest, doors=doors)
    (home / "proof.json").write_text(proof_text(proof), "utf-8")
    told = " ".join(run("diagnose", ROOT / "examples/held-back.yaml", "--home", home, "--full").split())
    assert said in told
    assert "2 of 2 properties of these rules are proved for every possible case by z3: so says the proof.json" in told


@pytest.mark.slow
def test_prove_writes_the_doors_into_the_certificate(tmp_path: Path) -> None:
    home = layer(tmp_path, {"knowledge/marketing.yaml": EXIT_TALK + "    personnel: false\n    reason: It is a talk\n"})
    run("prove", "--home", home, "--certificate")
    proof = salesdx.load(home).proof
    assert proof is not None
    assert ({door.result for door in proof.doors}, len(proof.doors)) == ({"HOLDS"}, 10)
    assert dict(proof.on_nobody) == {"exit_talk": "It is a talk"}
