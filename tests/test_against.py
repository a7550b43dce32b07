"""`salesdx prove --against`: no edit opens a door to a person unseen, each door that opens is shown by a smallest case
that both rule bases diagnose, and stricter rules open none."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import salesdx
from conftest import ROOT
from salesdx.authoring.against import HOLDS, OPENS, Against, DoorResult, NotComparable
from salesdx.authoring.door_cases import lacking
from salesdx.base.model import RuleBase
from salesdx.base.pieces import pieces
from salesdx.case.file import case_from_text
from salesdx.case.other_rules import carried
from salesdx.case.writing import new_case
from salesdx.engine.backends.smt.doors import Door, door_named, doors, stands_open
from salesdx.engine.diagnose import quick

ACTIONS = {"individual_training", "coaching_plan", "contact_cadence", "motivation_talk", "role_change",
           "improvement_plan", "hr_review"}  # fmt: skip
DOORS = {"person", "file termination", "lifted termination", *(f"action {id}" for id in ACTIONS)}
COMPANY = ("goals", "product", "pricing", "delivery", "service", "training", "marketing")
Edit = tuple[str, str, str]


def copied(folder: Path, *edits: Edit) -> Path:
    """A copy of the shipped rules with some texts replaced, without word of what it was copied from."""
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("cases"))
    for name, old, new in edits:
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count(old) >= 1, old
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def against(base: RuleBase, folder: Path, *edits: Edit) -> Against:
    """The rules with some edits, against the shipped ones."""
    return Against(salesdx.load(copied(folder / "edited", *edits)), base)


def opened(found: Against) -> set[str]:
    """The doors that may be open; none may be undecided."""
    assert not any(found.shut.values())
    return {str(door) for door in found.doors if door not in found.shut}


def shown(found: Against, name: str) -> DoorResult:
    """The door by its name, which must be open, with a case that is confirmed as its file reads and is smallest."""
    door = door_named(name)
    assert door in found.doors
    result = found.decide(door)
    assert result.result == OPENS and result.opening is not None
    case = case_from_text(new_case(result.opening.case), "case", found.new)
    if result.opening.case.left_out:
        case = lacking(case)

    def opens(memory: Any) -> bool:
        return stands_open(door, quick(found.new, memory), quick(found.base, carried(memory, found.base)[0]))

    assert opens(case)
    for term in case.statements:
        assert term in case.fixed or not opens(case.with_statements(term, ())), term
    return result


# --- what holds -------------------------------------------------------------------------------------------------------


def test_the_shipped_rules_hold_against_themselves(base: RuleBase) -> None:
    found = Against(base, base)
    assert {str(door) for door in found.doors} == DOORS
    assert [(result.result, result.opening) for result in found.results()] == [(HOLDS, None)] * len(DOORS)


def test_the_shipped_layer_opens_no_door(base: RuleBase) -> None:
    firm = salesdx.load(ROOT / "examples" / "firm")
    assert [str(piece) for piece in pieces(firm, base)] == ["rules/service.yaml C2"]
    assert opened(Against(firm, base)) == set()


STRICTER: dict[str, Edit] = {
    "more peers": ("rules/individual.yaml", "ind_peers_n >= 5 and ind_tenure", "ind_peers_n >= 6 and ind_tenure"),
    "more trained": ("knowledge/training.yaml", "completed_pct >= 90", "completed_pct >= 95"),
    "a stronger kind": ("knowledge/ladder.yaml", "{by: own, kind: CRM fields, dated: true, asker_kind",
                        "{by: own, kind: signed record, dated: true, asker_kind"),
    "one more block": ("rules/termination.yaml", "when: hr_open_protected_matter\n",
                       "when: hr_open_protected_matter or not hr_response_heard\n"),
    "a file that waits": ("knowledge/ladder.yaml", "when: eligible >= 1 and", "when: eligible >= 2 and"),
}  # fmt: skip


@pytest.mark.parametrize("name", STRICTER)
def test_stricter_rules_open_no_door(name: str, base: RuleBase, tmp_path: Path) -> None:
    assert opened(against(base, tmp_path, STRICTER[name])) == set()


# --- the attacks ------------------------------------------------------------------------------------------------------


EXIT_TALK = """interventions:
  exit_talk:
    title: "Exit talk: severance, else dismissal"
    owner: HR
    do: Offer severance.
    judge_after: 10 days
    worked_when: The contract has ended.
"""


def with_exit_talk(more: str = "") -> tuple[Edit, Edit]:
    return (
        ("knowledge/marketing.yaml", "interventions:\n", EXIT_TALK + more),
        ("rules/marketing.yaml", "recommend: [lead_boost]", "recommend: [lead_boost, exit_talk]"),
    )


def test_a_new_measure_is_held_until_the_person_is_concluded(base: RuleBase, tmp_path: Path) -> None:
    """B1: it acts on a person as long as nobody says that it does not."""
    found = against(base, tmp_path, *with_exit_talk("    personnel: true\n"))
    assert Door("new action", "exit_talk") in found.doors
    assert opened(found) == set()


def test_a_new_measure_that_acts_on_nobody_is_no_door(base: RuleBase, tmp_path: Path) -> None:
    """B1b: its flag is told by other commands."""
    found = against(base, tmp_path, *with_exit_talk("    personnel: false\n"))
    assert Door("new action", "exit_talk") not in found.doors
    assert opened(found) == set()


def test_measures_that_lose_their_flag_are_open_to_everybody(base: RuleBase, tmp_path: Path) -> None:
    """B2: seven lose it, and a rule on marketing recommends two."""
    home = copied(tmp_path / "edited", ("rules/marketing.yaml", "[lead_boost]", "[coaching_plan, improvement_plan]"))
    for path in (home / "knowledge").glob("*.yaml"):
        path.write_text(path.read_text("utf-8").replace("personnel: true", "personnel: false"), "utf-8")
    found = Against(salesdx.load(home), base)
    assert opened(found) == {"action coaching_plan", "action improvement_plan"}
    result = shown(found, "action improvement_plan")
    assert result.opening is not None
    given = [{made.intervention.id for made in of.recommendations} for of in (result.opening.new, result.opening.base)]
    assert "improvement_plan" in given[0] - given[1]
    assert "knowledge/individual.yaml improvement_plan" in map(str, result.opened_by.pieces)


def without_words(folder: Path) -> Path:
    """B7: what rules out the steps of the company says nothing any more."""
    home = copied(folder / "edited")
    for stage in COMPANY:
        path = home / "knowledge" / f"{stage}.yaml"
        made = "ruled_out_when: case_attainment_pct < 100\n"
        text, times = re.subn(r"(?m)^ruled_out_when: >-\n(?:  .*\n)+", made, path.read_text("utf-8"))
        assert times == 1
        path.write_text(text, "utf-8")
    return home


@pytest.mark.slow
def test_a_company_that_is_ruled_out_by_nothing_opens_every_door(base: RuleBase, tmp_path: Path) -> None:
    found = Against(salesdx.load(without_words(tmp_path)), base)
    assert opened(found) == DOORS
    result = shown(found, "person")
    assert result.opening is not None and result.opening.base.concluded is None
    assert {piece.name for piece in result.opened_by.pieces} == {"ruled_out_when"}


def test_limits_out_of_reach_open_the_person(base: RuleBase, tmp_path: Path) -> None:
    """B8: the words are those of the base, the limits are not."""
    found = against(
        base,
        tmp_path,
        ("knowledge/training.yaml", "completed_pct >= 90", "completed_pct >= 0"),
        ("knowledge/training.yaml", "training_days <= 180", "training_days <= 18000"),
    )
    assert opened(found) == DOORS
    result = shown(found, "person")
    assert [str(piece) for piece in result.opened_by.pieces] == ["knowledge/training.yaml ruled_out_when training"]


def removed(home: Path, *ids: str) -> Path:
    """Without some rules."""
    for path in (home / "rules").glob("*.yaml"):
        parts = re.split(r"(?m)^(?=- id: )", path.read_text("utf-8"))
        kept = [part for part in parts if not part.startswith(tuple(f"- id: {id}\n" for id in ids))]
        path.write_text("".join(kept), "utf-8")
    return home


def test_a_file_is_lifted_by_taking_out_what_blocks_it(base: RuleBase, tmp_path: Path) -> None:
    """B9: X1, X2, X10 and M1 are taken out."""
    found = Against(salesdx.load(removed(copied(tmp_path / "edited"), "X1", "X2", "X10", "M1")), base)
    assert opened(found) == {"lifted termination"}
    result = shown(found, "lifted termination")
    assert {str(piece) for piece in result.opened_by.pieces} < {
        f"rules/termination.yaml {x}" for x in ("X1", "X2", "X10")
    }
    assert result.opening is not None
    assert [file.status for file in result.opening.base.files] == ["blocked"]
    assert [file.status for file in result.opening.new.files] == ["open"]


def test_a_ladder_that_goes_on_behind_open_steps_opens_the_person(base: RuleBase, tmp_path: Path) -> None:
    """B10: what is open or confirmed counts as passed, and the person is concluded with steps before it."""
    found = against(
        base,
        tmp_path,
        ("knowledge/ladder.yaml", "passed_when: status in [", "passed_when: status in ['open', 'confirmed', "),
        ("knowledge/ladder.yaml", "proved_when: status in [", "proved_when: status in ['open', 'confirmed', "),
        ("knowledge/ladder.yaml", "concluded_when: status == 'confirmed' and not_passed == 0 and unproven == 0 and "
         "(not personnel or not_proved == 0)", "concluded_when: status == 'confirmed'"),
    )  # fmt: skip
    assert {"person", "file termination"} <= opened(found)
    result = shown(found, "person")
    assert {piece.name for piece in result.opened_by.pieces} <= {"passed_when", "proved_when", "concluded_when"}


def computed_away(home: Path, *terms: str) -> Path:
    """Some asked terms are true whatever is said."""
    path = home / "knowledge" / "termination.yaml"
    text = path.read_text("utf-8")
    for term in terms:
        made = f"  {term}:\n    type: boolean\n    choose: [{{when: true, value: true}}]\n"
        text, times = re.subn(rf"(?m)^  {term}:\n(?:    .*\n)+", made, text)
        assert times == 1
    path.write_text(text, "utf-8")
    return home


def test_warnings_that_are_computed_complete_a_file(base: RuleBase, tmp_path: Path) -> None:
    """B11: what somebody had to state is true by a formula; in the base nobody stated it."""
    terms = ("hr_written_warning", "hr_final_warning", "hr_response_heard")
    found = Against(salesdx.load(computed_away(copied(tmp_path / "edited"), *terms)), base)
    assert opened(found) == {"file termination", "action hr_review", "lifted termination"}
    result = shown(found, "file termination")
    assert result.opening is not None and result.opening.base.files[0].status != "eligible_for_human_review"


def test_what_is_left_out_must_hold_a_file_back(base: RuleBase, tmp_path: Path) -> None:
    found = against(base, tmp_path, ("knowledge/ladder.yaml", "unproven == 0 and left_out == 0", "unproven == 0"))
    assert opened(found) == {"file termination", "action hr_review"}
    result = shown(found, "file termination")
    assert result.opening is not None and len(result.opening.case.left_out) == 1
    assert [str(p) for p in result.opened_by.pieces] == ["knowledge/ladder.yaml file eligible_for_human_review"]


def test_a_weaker_kind_of_evidence_opens_a_door(base: RuleBase, tmp_path: Path) -> None:
    own = ("knowledge/ladder.yaml", "own_kind: signed record", "own_kind: respondent's estimate")
    found = against(base, tmp_path, own)
    assert opened(found) == {"file termination", "action hr_review"}
    result = shown(found, "file termination")
    assert result.opening is not None
    weak = {said.kind for stated in result.opening.case.statements.values() for said in stated}
    assert "respondent's estimate" in weak
    assert [str(piece) for piece in result.opened_by.pieces] == ["knowledge/ladder.yaml floor termination"]


def test_a_caution_taken_out_lets_distrusted_records_count(base: RuleBase, tmp_path: Path) -> None:
    found = Against(salesdx.load(removed(copied(tmp_path / "edited"), *distrusting(base))), base)
    assert "person" in opened(found)
    result = shown(found, "person")
    assert {piece.name for piece in result.opened_by.pieces} <= set(distrusting(base))


def distrusting(base: RuleBase) -> list[str]:
    return [rule.id for rule in base.rules if rule.distrusts]


def test_a_missing_stage_is_no_comparison(base: RuleBase, tmp_path: Path) -> None:
    from homes import load_home

    with pytest.raises(NotComparable, match="`goals`"):
        Against(load_home(tmp_path, {"only": {"terms": {"a": "boolean"}, "rules": {"R": "a"}}}), base)


def test_a_second_file_is_a_door(base: RuleBase, tmp_path: Path) -> None:
    """Decided by a list of its own that asks for nothing."""
    stage = ("\n# The terms that the head", "\n  - {stage: dismissal, decided_by: quick}\n\n# The terms that the head")
    decided = ("\n  file:\n", "\n  quick:\n    - {status: eligible_for_human_review, when: true}\n  file:\n")
    home = copied(tmp_path / "edited", *(("knowledge/ladder.yaml", *edit) for edit in (stage, decided)))
    knowledge = "stage: dismissal\ntitle: Dismissal\nowner: HR\nterms: {}\n"
    (home / "knowledge" / "dismissal.yaml").write_text(knowledge, "utf-8")
    (home / "rules" / "dismissal.yaml").write_text("[]\n", "utf-8")
    found = Against(salesdx.load(home), base)
    assert "file dismissal" in opened(found)


def test_doors_are_read_as_they_are_called(base: RuleBase) -> None:
    assert [door_named(str(door)) for door in doors(base, base)] == list(doors(base, base))
    assert door_named("window") is None
