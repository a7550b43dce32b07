"""What a base binds in its layers and copies: each fault with a good and a bad example, and attacks by what is told."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

import salesdx
from conftest import ROOT
from salesdx.base.copying import ARCHIVE, COPIED, archive_of
from salesdx.base.floors import acting_on_nobody
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.text.issues import Issue
from salesdx.trail.rule_bases import base_of

Files = Mapping[str, str]
PROPERTIES = "knowledge/properties.yaml"


def shipped(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def entry(name: str, file: str) -> str:
    """An entry of a stage's file, as it stands there."""
    found = re.search(rf"(?m)^  {name}:\n(?:    .*\n)+", shipped(file))
    assert found is not None, name
    return found[0]


def ruling(id: str, stage: str) -> str:
    """A rule of a stage, as it stands there."""
    (found,) = re.findall(rf"(?m)^- id: {id}\n(?:  .*\n)+", shipped(f"rules/{stage}.yaml"))
    return str(found)


def ladder(key: str, old: str = "", new: str = "") -> Files:
    """A key of the shipped ladder, with other words in it: the file of a layer."""
    found = re.search(rf"(?m)^{key}:.*\n(?:(?: .*|#.*)?\n)*", shipped("knowledge/ladder.yaml"))
    assert found is not None, key
    assert old in found[0], old
    return {"knowledge/ladder.yaml": found[0].replace(old, new) if old else found[0]}


def write(home: Path, files: Files) -> Path:
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return home


def faults(home: Path) -> list[Issue]:
    try:
        salesdx.load(home)
    except salesdx.RuleBaseError as error:
        return list(error.issues)
    return []


def told(home: Path) -> list[tuple[str, str, str]]:
    """The faults: code, place within the folder, message."""
    return [
        (
            issue.code,
            f"{issue.place.path.removeprefix(f'{home}/')}:{issue.place.line}:{issue.place.column}",
            issue.message,
        )
        for issue in faults(home)
    ]


@pytest.fixture
def layer(tmp_path: Path) -> Callable[[Files], Path]:
    """A layer on the shipped rules with these files."""
    return lambda files: write(tmp_path / "ours", {"layer.yaml": "extends: salesdx\n", **files})


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy as `salesdx init` makes it."""
    home = tmp_path / "copy"
    assert CliRunner().invoke(cli, ["init", str(home)]).exit_code == 0
    return home


def edit(home: Path, name: str, old: str, new: str) -> Path:
    text = (home / name).read_text(encoding="utf-8")
    assert old in text, old
    (home / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return home


def asked(name: str, old: str = "", new: str = "", file: str = "knowledge/termination.yaml") -> Files:
    """A term restated in a layer, with other words in it."""
    text = entry(name, file)
    assert old in text, old
    return {file: f"terms:\n{text.replace(old, new) if old else text}"}


def intervention(name: str, text: str, file: str = "knowledge/termination.yaml") -> Files:
    return {file: f"interventions:\n  {name}:\n{text}"}


NEW = "    title: Exit talk\n    owner: HR\n    do: Talk\n    judge_after: 1 week\n    worked_when: It was held\n"
FLOOR = "floor: {by: own, kind: CRM fields, dated: true, asker_kind: signed record}"
NOT_PROVED = (
    "  - verdict: not_proved\n    when: person_held and open_n == 0\n"
    "    says: What is said about the person rests on too little; nothing may follow from it.\n"
)
SIGNING = "sign_off:\n  roles: [hr, reviewer]\n  wait_hours: 24\n"

BAD: dict[str, tuple[Files, str, str]] = {
    "personnel": (
        intervention("improvement_plan", "    personnel: false\n"),
        "floor-personnel",
        "`improvement_plan` acts on a person, and stays so",
    ),
    "narrower range": (
        asked("hr_coaching_held_n", "range: [0, 10000000]", "range: [0, 100]"),
        "floor-asked",
        "`range` of `hr_coaching_held_n` is narrower than in the base",
    ),
    "weight": (
        intervention("improvement_plan", "    weight: help\n"),
        "floor-personnel",
        "`improvement_plan` presses on a person, and stays so",
    ),
    "new without a reason": (
        intervention("exit_talk", NEW + "    personnel: false\n"),
        "floor-personnel",
        "`exit_talk` is new, and says without a reason that it acts on nobody",
    ),
    "title": (
        intervention("hr_review", "    title: Dismissal\n"),
        "floor-words",
        "`title` of `hr_review`, which acts on a person, has other words than in the base",
    ),
    "do": (
        intervention("hr_review", "    do: Dismiss the person\n"),
        "floor-words",
        "`do` of `hr_review`, which acts on a person, has other words than in the base",
    ),
    "share of the gap": (
        {"rules/individual.yaml": ruling("IN8", "individual").replace("  finding:", "  explains: 100\n  finding:")},
        "floor-words",
        "`explains` of `IN8`, which speaks of a person, is another than in the base",
    ),
    "worked_when": (
        intervention("improvement_plan", "    worked_when: The person has left\n"),
        "floor-words",
        "`worked_when` of `improvement_plan`, which acts on a person, has other words than in the base",
    ),
    "note": (
        intervention("improvement_plan", "    note: Offer a severance\n"),
        "floor-words",
        "`note` of `improvement_plan`, which acts on a person, has other words than in the base",
    ),
    "stage missing": (
        ladder("stages", "  - {stage: pricing, decided_by: evidence}\n"),
        "floor-stage",
        "the stage `pricing` of the base is missing",
    ),
    "stages in another order": (
        ladder(
            "stages",
            "  - {stage: goals, decided_by: evidence}\n  - {stage: product, decided_by: evidence}\n",
            "  - {stage: product, decided_by: evidence}\n  - {stage: goals, decided_by: evidence}\n",
        ),
        "floor-stage",
        "`product` stands where the base has `goals`",
    ),
    "another personnel stage": (
        {"knowledge/ladder.yaml": "personnel_stage: training\n"},
        "floor-stage",
        "the personnel stage is `individual` in the base",
    ),
    "a file on evidence": (
        ladder("decisions", "when: not previous_concluded", "when: not previous_concluded or ruled_out_when"),
        "floor-stage",
        "`termination` is decided on a file in the base, here on evidence",
    ),
    "left_out": (
        ladder("decisions", " and left_out == 0", ""),
        "floor-stage",
        "`eligible_for_human_review` no longer asks whether statements of an earlier record are `left_out`",
    ),
    "says": (
        ladder("decisions", "nobody may decide on it yet", "somebody may decide on it"),
        "floor-words",
        "what the status `open` of a file says has other words than in the base",
    ),
    "choose": (
        asked("hr_written_warning", "    question: ", "    choose: [{when: true, value: true}]\n    question: "),
        "floor-asked",
        "`hr_written_warning` must be stated by somebody",
    ),
    "or_formula": (
        asked("hr_improvement_plan_days", "    type:", "    or_formula: hr_absence_in_coaching_days\n    type:"),
        "floor-asked",
        "`hr_improvement_plan_days` must be stated by somebody, not calculated",
    ),
    "what is done about the company has a person's words": (
        intervention("lead_boost", "    do: Offer severance, else dismiss\n", "knowledge/marketing.yaml"),
        "floor-personnel",
        "`do` of `lead_boost` has other words than in the base, and no reason why it acts on nobody",
    ),
    "a verdict is given sooner": (
        ladder("verdicts", "when: concluded}", "when: concluded or person_held}"),
        "floor-words",
        "the verdict `cause_found` is not given where the base gives it, or asks otherwise",
    ),
    "a verdict is never given": (
        ladder("verdicts", NOT_PROVED),
        "floor-words",
        "the verdict `not_proved` is not given where the base gives it, or asks otherwise",
    ),
    "an open case asks nothing": (
        ladder("verdicts", "{verdict: open, when: true}", "{verdict: open, when: true, asks: false}"),
        "floor-words",
        "the verdict `open` is not given where the base gives it, or asks otherwise",
    ),
    "a limit in hours": (
        {"knowledge/termination.yaml": "limits: {coaching_days_min: {value: 60, unit: hours, source: J}}\n"},
        "floor-words",
        "`unit` of `coaching_days_min`, which is a limit, has other words than in the base",
    ),
    "type": (
        asked("hr_coaching_held_n", "type: integer", "type: number"),
        "floor-asked",
        "`hr_coaching_held_n` has the type integer in the base, here it is number",
    ),
    "range": (
        asked("hr_coaching_held_n", "range: [0, 10000000]", "range: [-1, 10000000]"),
        "floor-asked",
        "`range` of `hr_coaching_held_n` is wider than in the base",
    ),
    "no range": (
        asked("hr_coaching_held_n", "    range: [0, 10000000]\n", ""),
        "floor-asked",
        "`range` of `hr_coaching_held_n` is wider than in the base",
    ),
    "values": (
        asked("hr_coaching_outcome", "not_effective]", "not_effective, hopeless]"),
        "floor-asked",
        "`values` of `hr_coaching_outcome` are more than in the base",
    ),
    "only": (
        asked("hr_written_warning", "only: [hr]", "only: [hr, sales_manager]"),
        "floor-speaker",
        "the word of `sales_manager` alone is enough for `hr_written_warning`, in the base it is not",
    ),
    "respondent": (
        asked(
            "price_index_vs_competitor_pct", "respondent: finance", "respondent: sales_rep", "knowledge/pricing.yaml"
        ),
        "floor-speaker",
        "the word of `sales_rep` alone is enough for `price_index_vs_competitor_pct`, in the base it is not",
    ),
    "may_answer": (
        asked("hr_written_warning", "    only:", "    may_answer: [sales_manager]\n    only:"),
        "floor-speaker",
        "`sales_manager` may answer `hr_written_warning`, in the base they may not",
    ),
    "asked_by": (
        {"knowledge/ladder.yaml": "asked_by: hr\n"},
        "floor-speaker",
        "reviews are asked for by `sales_manager` in the base, whose word alone is not enough",
    ),
    "when evidence is too old": (
        {"knowledge/ladder.yaml": "period_end_term: hr_coaching_end_date\n"},
        "floor-asked",
        "`period_end_term` is `case_period_end` in the base",
    ),
    "floor missing": (
        ladder("stages", f", {FLOOR}", ""),
        "floor-evidence",
        "the floor of `individual` is missing",
    ),
    "kind": (
        ladder("stages", FLOOR, FLOOR.replace("CRM fields", "opinion")),
        "floor-evidence",
        "the floor of `individual` takes weaker evidence: `kind` is `CRM fields` in the base, here `opinion`",
    ),
    "own_kind": (
        ladder("stages", ", own_kind: signed record", ""),
        "floor-evidence",
        "the floor of `termination` takes weaker evidence: `own_kind` is `signed record` in the base, "
        "here `CRM fields`",
    ),
    "asker_kind": (
        ladder("stages", FLOOR, FLOOR.replace("signed record", "seller's note")),
        "floor-evidence",
        "the floor of `individual` believes those who asked for the review: `asker_kind` is `signed record` in "
        "the base, here `seller's note`",
    ),
    "dated": (
        ladder("stages", FLOOR, FLOOR.replace("dated: true, ", "")),
        "floor-evidence",
        "the floor of `individual` takes what is not dated",
    ),
    "ranks": (
        ladder(
            "evidence", "  seller's note: [seller's note, seller note, loss note, rep note]\n", "  gossip: [gossip]\n"
        ),
        "floor-evidence",
        "the kinds of evidence and their order are those of the base: transaction data, third-party buyer interviews, "
        "customer survey, signed record, CRM fields, respondent's estimate, seller's note, opinion",
    ),
    "words of a kind": (
        ladder("evidence", "[signed]", "[signed, hearsay]"),
        "floor-evidence",
        "`signed record` is told by other words than in the base; only `opinion` may get more",
    ),
    "default_evidence": (
        {"knowledge/ladder.yaml": "default_evidence: transaction data\n"},
        "floor-evidence",
        "`default_evidence` is `respondent's estimate` in the base",
    ),
    "roles": (
        {"knowledge/policy.yaml": SIGNING.replace("hr, reviewer", "boss, reviewer")},
        "floor-policy",
        "the base lets no file be complete without a signature of `hr`",
    ),
    "retention": (
        {"knowledge/policy.yaml": "retention_days: {other: 1000}\n"},
        "floor-policy",
        "the base keeps a case of `person` for 1095 days, here are 1000",
    ),
    "applies_when of a stage": (
        {"knowledge/pricing.yaml": "applies_when: firm_ships_goods\n"},
        "floor-condition",
        "`pricing` applies less often than in the base",
    ),
    "applies_when of a term": (
        asked("hr_written_warning", "    type:", "    applies_when: firm_ships_goods\n    type:"),
        "floor-condition",
        "`hr_written_warning` applies less often than in the base",
    ),
    "set_aside_when": (
        {"knowledge/goals.yaml": "set_aside_when: goal_measurable\n"},
        "floor-condition",
        "`goals` is set aside where it is not in the base",
    ),
    "proved_when": (
        {"knowledge/ladder.yaml": "proved_when: status in ['ruled_out', 'not_applicable', 'set_aside']\n"},
        "floor-condition",
        "`proved_when` is true where the base's is not: more is good enough for a conclusion on a person",
    ),
    "property": (
        {PROPERTIES: "- {id: company_before_person, says: It holds, always: true}\n"},
        "floor-property",
        "`company_before_person` of the base is another property here: Nothing is concluded about a person while an "
        "earlier stage is open or confirmed",
    ),
}
"""What lies below the shipped rules: the files of a layer, and the fault."""


@pytest.mark.parametrize("name", BAD)
def test_what_lies_below_the_base_is_refused(layer: Callable[[Files], Path], name: str) -> None:
    files, code, message = BAD[name]
    home = layer(files)
    (issue,) = faults(home)
    assert (issue.code, issue.message) == (code, message)
    assert issue.place.path == f"{home}/{next(iter(files))}"
    assert re.search(r"salesdx/(knowledge|rules)/\w+\.yaml:\d+|the base has no", issue.help), issue.help


GOOD: dict[str, Files] = {
    "an intervention restated in a word": intervention("improvement_plan", "    judge_after: 60 days\n"),
    "an intervention restated with its words": intervention(
        "hr_review", "    title: HR file review by a named person\n"
    ),
    "help becomes pressure": intervention("role_change", "    weight: pressure\n", "knowledge/individual.yaml"),
    "new, on a person": intervention("exit_talk", NEW),
    "new, on nobody, with a reason": intervention(
        "price_list", NEW + "    personnel: false\n    reason: it is about prices\n", "knowledge/pricing.yaml"
    ),
    "a term that ages faster": asked("hr_coaching_held_n", "valid_for: 365 days", "valid_for: 90 days"),
    "fewer speakers": asked("hr_written_warning", "    only:", "    authors: 2\n    only:"),
    "more values where no person is meant": asked(
        "price_index_vs_competitor_pct", "range: [0, 10000]", "range: [0, 20000]", "knowledge/pricing.yaml"
    ),
    "a calculated term that no file reads": asked(
        "price_index_vs_competitor_pct",
        "    type:",
        "    or_formula: price_lost_reason_share_pct\n    type:",
        "knowledge/pricing.yaml",
    ),
    "a new stage between": {
        **ladder(
            "stages",
            "  - {stage: service, decided_by: evidence}\n",
            "  - {stage: legal, decided_by: evidence}\n  - {stage: service, decided_by: evidence}\n",
        ),
        "knowledge/legal.yaml": "stage: legal\ntitle: Legal\nruled_out_when: legal_days <= 5\nterms:\n  legal_days:\n"
        "    type: number\n    question: How long?\n    respondent: finance\n    source: J\n",
        "rules/legal.yaml": "- {id: L1, strength: strong, when: legal_days > 20, finding: legal_slow, because: So.}\n",
    },
    "a higher floor": ladder("stages", FLOOR, FLOOR.replace("CRM fields", "signed record")),
    "a file that asks for more": ladder("decisions", "left_out == 0", "left_out == 0 and strong == 0"),
    "what the base does not see by looking": {"knowledge/ladder.yaml": "passed_when: status != 'open'\n"},
    "words for the weakest kind": ladder("evidence", "hearsay,", "hearsay, rumour,"),
    "a stricter policy": {
        "knowledge/policy.yaml": "sign_off: {roles: [hr, reviewer, counsel], wait_hours: 48}\n"
        "retention_days: {person: 1095, other: 100}\n"
    },
    "more days of coaching, and its words follow": {"knowledge/termination.yaml": "limits: {coaching_days_min: 90}\n"},
    "what acts on nobody in other words, with a reason": intervention(
        "lead_boost", "    do: Campaigns by our agency\n    reason: it is about leads\n", "knowledge/marketing.yaml"
    ),
    "a stage that applies more often": {"knowledge/delivery.yaml": "applies_when: true\n"},
    "less is proved": {"knowledge/ladder.yaml": "proved_when: status == 'ruled_out'\n"},
    "a property beside": {PROPERTIES: "- {id: ours, says: It holds, always: goals == open implies goals == open}\n"},
}
"""Layers that demand more than the shipped rules, or what only a proof can compare."""


@pytest.mark.parametrize("name", GOOD)
def test_what_is_stricter_or_cannot_be_seen_by_looking_loads(layer: Callable[[Files], Path], name: str) -> None:
    assert told(layer(GOOD[name])) == []


def test_a_signature_counts_no_longer_than_in_the_base(layer: Callable[[Files], Path], tmp_path: Path) -> None:
    layer({"knowledge/policy.yaml": SIGNING + "  signature_days: 10\n"})
    longer = {"layer.yaml": "extends: ../ours\n", "knowledge/policy.yaml": SIGNING + "  signature_days: 11\n"}
    message = "the base lets a signature count for 10 days, here are 11"
    assert told(write(tmp_path / "above", longer)) == [("floor-policy", "knowledge/policy.yaml:4:19", message)]


def test_a_signature_from_outside_is_no_older_than_in_the_base(layer: Callable[[Files], Path], tmp_path: Path) -> None:
    layer({"knowledge/policy.yaml": SIGNING + "outside_days: 7\n"})
    longer = {"layer.yaml": "extends: ../ours\n", "knowledge/policy.yaml": SIGNING + "outside_days: 8\n"}
    message = "the base takes what was signed outside for 7 days, here are 8"
    assert told(write(tmp_path / "above", longer)) == [("floor-policy", "knowledge/policy.yaml:4:15", message)]


# --- the attacks ----------------------------------------------------------------------------------------------------

PERSONNEL = ("individual_training", "coaching_plan", "contact_cadence", "motivation_talk", "role_change")
ON_FILE = ("improvement_plan", "hr_review")


def test_b2_no_intervention_on_a_person_is_taken_off_the_list(layer: Callable[[Files], Path]) -> None:
    """Seven with `personnel: false`, and a rule of the market that recommends two of them."""
    home = layer(
        {
            f"knowledge/{stage}.yaml": "interventions:\n" + "".join(f"  {id}: {{personnel: false}}\n" for id in ids)
            for stage, ids in (("individual", PERSONNEL), ("termination", ON_FILE))
        }
    )
    assert told(home) == [
        *(
            ("floor-personnel", f"knowledge/individual.yaml:{line}:3", f"`{id}` acts on a person, and stays so")
            for line, id in enumerate(PERSONNEL, 2)
        ),
        ("floor-personnel", "knowledge/termination.yaml:2:3", "`improvement_plan` acts on a person, and stays so"),
        ("floor-personnel", "knowledge/termination.yaml:3:3", "`hr_review` acts on a person, and stays so"),
    ]


def test_b1_what_a_layer_adds_acts_on_a_person(layer: Callable[[Files], Path]) -> None:
    found = salesdx.load(layer(GOOD["new, on a person"]))
    assert found.interventions["exit_talk"].personnel
    assert acting_on_nobody(found) == ()


def test_b1b_what_acts_on_nobody_is_listed_with_its_reason(layer: Callable[[Files], Path]) -> None:
    home = layer(GOOD["new, on nobody, with a reason"])
    line = "acts on nobody, says the layer: Exit talk (it is about prices)"
    assert line in CliRunner().invoke(cli, ["check", "--home", str(home)]).output
    assert line in " ".join(CliRunner().invoke(cli, ["docs", "--home", str(home), "--format", "text"]).output.split())


def test_what_acts_on_nobody_in_other_words_is_listed_and_a_reason_of_below_is_no_reason(
    layer: Callable[[Files], Path], tmp_path: Path
) -> None:
    home = layer(GOOD["what acts on nobody in other words, with a reason"])
    assert [(made.id, made.reason) for made in acting_on_nobody(salesdx.load(home))] == [
        ("lead_boost", "it is about leads")
    ]
    words = intervention("lead_boost", "    do: Offer severance\n", "knowledge/marketing.yaml")
    above = write(tmp_path / "above", {"layer.yaml": "extends: ../ours\n", **words})
    assert [code for code, *_ in told(above)] == ["floor-personnel"]


def test_words_follow_a_limit_and_nothing_else(layer: Callable[[Files], Path]) -> None:
    text = shipped("rules/termination.yaml")
    found = re.search(r"(?m)^- id: X5\n(?:(?:  .*)?\n)+", text)
    assert found is not None and "before it was judged" in found[0]
    home = layer(
        {
            "rules/termination.yaml": found[0].replace("before it was judged", "before the person was given up"),
            "knowledge/termination.yaml": "limits: {coaching_days_min: 90}\n",
        }
    )
    assert [(code, message.partition(",")[0]) for code, _, message in told(home)] == [
        ("floor-words", "`because` of `X5`")
    ]


def test_b3_as_the_commands_tell_it(layer: Callable[[Files], Path]) -> None:
    home = layer({"knowledge/termination.yaml": "interventions:\n  improvement_plan:\n    personnel: false\n"})
    line = 1 + shipped("knowledge/termination.yaml").split("  improvement_plan:\n")[0].count("\n")
    for command in (["check"], ["diagnose", str(ROOT / "examples/held-back.yaml")], ["prove"], ["test"], ["docs"]):
        done = CliRunner().invoke(cli, [*command, "--home", str(home)])
        assert done.exit_code == 1
        assert done.stderr.startswith(
            f"error[floor-personnel] {home}/knowledge/termination.yaml:2:3: `improvement_plan` acts on a person, and "
            "stays so\n"
            "   2 |   improvement_plan:\n"
            "     |   ^^^^^^^^^^^^^^^^\n"
            f"   help: the base has it at salesdx/knowledge/termination.yaml:{line} with `personnel: true`; take "
            "`personnel` out\n"
        )


def test_b4_promises_cannot_be_hollowed_out(layer: Callable[[Files], Path], base: RuleBase) -> None:
    hollow = "".join(f"- {{id: {made.id}, says: It holds, always: true}}\n" for made in base.properties)
    home = layer({PROPERTIES: hollow})
    assert told(home) == [
        ("floor-property", f"{PROPERTIES}:{line}:8", f"`{made.id}` of the base is another property here: {made.says}")
        for line, made in enumerate(base.properties, 1)
    ]
    done = CliRunner().invoke(cli, ["prove", "--home", str(home)])
    assert done.exit_code == 1
    assert "PROVED" not in done.output


def without_company_before_person(copy: Path) -> Path:
    text = shipped(PROPERTIES)
    begin = text.index("- id: company_before_person")
    return edit(copy, PROPERTIES, text[begin : text.index("- id:", begin + 1)], "")


def test_b5_one_promise_out_of_a_copy(copy: Path) -> None:
    home = without_company_before_person(copy)
    (issue,) = faults(home)
    assert (issue.code, issue.place.path) == ("floor-property", f"{home}/{PROPERTIES}")
    assert issue.message == (
        "`company_before_person` of the base is missing: Nothing is concluded about a person while an earlier stage is "
        "open or confirmed"
    )
    assert issue.help == (
        f"it stands at {home}/{ARCHIVE}/{PROPERTIES}:5, and stays as it is; give a property of your own another id"
    )


def test_b6_all_promises_out_of_a_copy(copy: Path, base: RuleBase) -> None:
    (copy / PROPERTIES).unlink()
    assert told(copy) == sorted(
        ("floor-property", f"{PROPERTIES}:1:1", f"`{made.id}` of the base is missing: {made.says}")
        for made in base.properties
    )
    assert CliRunner().invoke(cli, ["prove", "--home", str(copy), "--certificate"]).exit_code == 1
    assert not (copy / "proof.json").exists()


def test_b11_warnings_and_hearing_are_stated_by_somebody(layer: Callable[[Files], Path]) -> None:
    names = ("hr_written_warning", "hr_final_warning", "hr_response_heard")
    line = "    type: boolean\n    choose: [{when: true, value: true}]\n"
    home = layer({"knowledge/termination.yaml": "terms:\n" + "".join(f"  {name}:\n{line}" for name in names)})
    assert told(home) == [
        ("floor-asked", f"knowledge/termination.yaml:{number}:3", f"`{name}` must be stated by somebody")
        for number, name in zip((2, 5, 8), names, strict=True)
    ]
    helps = [issue.help for issue in faults(home)]
    assert all("so a layer gives it no `choose`; take the key out" in help for help in helps)
    assert re.match(r"the file on a person reads it \(salesdx/rules/termination.yaml:\d+, X7\)", helps[0])


def test_b12_a_file_says_what_the_base_says(layer: Callable[[Files], Path]) -> None:
    says = "The file is complete; a named person may now decide; the system gives no recommendation to dismiss."
    home = layer(ladder("decisions", says, "Dismiss the person."))
    (issue,) = faults(home)
    assert (issue.code, issue.place.text.strip()) == ("floor-words", "says: Dismiss the person.")
    assert issue.help.startswith("the base has it at salesdx/knowledge/ladder.yaml:")
    assert issue.help.endswith(f"; it says: {says}")


def test_the_flag_cannot_be_left_out_of_a_copy(copy: Path) -> None:
    """What a copy does not say of an intervention of its base is as it was."""
    edit(copy, "knowledge/termination.yaml", "    personnel: true\n", "")
    assert salesdx.load(copy).interventions["improvement_plan"].personnel


def test_several_faults_are_told_at_once(layer: Callable[[Files], Path]) -> None:
    parts = ("personnel", "default_evidence", "retention", "property", "applies_when of a stage")
    home = layer({name: text for part in parts for name, text in BAD[part][0].items()})
    assert sorted(code for code, *_ in told(home)) == [
        "floor-condition", "floor-evidence", "floor-personnel", "floor-policy", "floor-property",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "missing", "line"),
    [
        (ladder("groups", "profile, ", ""), "profile", 1),
        (ladder("strengths", "  weak: {recommends_when: concluded or status == 'open'}\n"), "weak", 1),
        (ladder("respondents", "  enablement: sales enablement\n"), "enablement", 1),
        (ladder("modes", "success", "won"), "success", 1),
        (ladder("decisions", "{status: not_reached,", "{status: waiting,"), "not_reached", 1),
    ],
)
def test_what_only_the_ladder_of_a_layer_causes_is_told_there(
    layer: Callable[[Files], Path], files: Files, missing: str, line: int
) -> None:
    home = layer(files)
    found = faults(home)
    assert {issue.place.path for issue in found} == {f"{home}/knowledge/ladder.yaml"}
    (issue,) = (issue for issue in found if f"`{missing}`" in issue.message)
    assert issue.place.line == line
    assert re.match(r"the base needs it: salesdx/\w+/\w+\.yaml:\d+", issue.help)


# --- layers of layers -----------------------------------------------------------------------------------------------


def test_a_layer_of_a_layer_is_held_to_both(layer: Callable[[Files], Path], tmp_path: Path) -> None:
    talk = {"knowledge/termination.yaml": f"interventions:\n  exit_talk:\n{NEW}"}
    ours = layer({**talk, PROPERTIES: GOOD["a property beside"][PROPERTIES]})
    lines = "  exit_talk: {personnel: false}\n  hr_review: {personnel: false}\n"
    top = write(
        tmp_path / "top",
        {
            "layer.yaml": "extends: ../ours\n",
            "knowledge/termination.yaml": f"interventions:\n{lines}",
            PROPERTIES: "- {id: ours, says: It holds, always: true}\n",
        },
    )
    assert told(top) == [
        ("floor-property", f"{PROPERTIES}:1:8", "`ours` of the base is another property here: It holds"),
        ("floor-personnel", "knowledge/termination.yaml:2:3", "`exit_talk` acts on a person, and stays so"),
        ("floor-personnel", "knowledge/termination.yaml:3:3", "`hr_review` acts on a person, and stays so"),
    ]
    helps = [issue.help for issue in faults(top)]
    assert f"{top}/../ours/knowledge/termination.yaml:2" in helps[1]
    assert "salesdx/knowledge/termination.yaml:" in helps[2]
    write(
        top, {"knowledge/termination.yaml": "interventions: {}\n", PROPERTIES: "- {id: more, says: So, always: true}\n"}
    )
    found = salesdx.load(top)
    assert found.below is not None
    assert found.below.below is not None
    assert (found.below.digest, found.below.below.digest) == (salesdx.load(ours).digest, salesdx.load().digest)
    assert found.interventions["exit_talk"].personnel


def test_a_layer_on_a_layer_below_the_floor_is_refused_there(layer: Callable[[Files], Path], tmp_path: Path) -> None:
    ours = layer(BAD["personnel"][0])
    top = write(tmp_path / "top", {"layer.yaml": f"extends: {ours}\n"})
    assert [(issue.code, issue.place.path) for issue in faults(top)] == [
        ("floor-personnel", f"{ours}/knowledge/termination.yaml")
    ]


# --- copies and pins ------------------------------------------------------------------------------------------------


def test_a_copy_knows_what_it_was_copied_from(copy: Path, base: RuleBase) -> None:
    found = salesdx.load(copy)
    assert found.below is not None
    assert (found.below.digest, found.below.version) == (base.digest, base.version)
    with zipfile.ZipFile(copy / ARCHIVE) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    shipped_files = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for room in ("knowledge", "rules", "rules/cases")
        for path in (ROOT / room).iterdir()
        if path.is_file()
    }
    assert held == shipped_files
    assert (copy / ARCHIVE).read_bytes() == archive_of(ROOT) == archive_of(copy)


def test_the_texts_of_a_copy_give_it_again(copy: Path, tmp_path: Path) -> None:
    """As a trail keeps them: what the copy does not say of an intervention is as in its base, on every replay too."""
    edit(copy, "knowledge/termination.yaml", "    personnel: true\n", "")
    edit(copy, "knowledge/termination.yaml", "interventions:\n", f"interventions:\n  exit_talk:\n{NEW}")
    top = write(tmp_path / "top", {"layer.yaml": f"extends: {copy}\n"})
    for home in (copy, top):
        found = salesdx.load(home)
        again = base_of(found.files, found.digest)
        assert again.interventions["improvement_plan"].personnel
        assert again.interventions["exit_talk"].personnel
        assert again.below is not None
        assert found.below is not None
        assert again.below.digest == found.below.digest


def test_a_base_that_is_not_of_this_program_is_told(layer: Callable[[Files], Path], tmp_path: Path) -> None:
    home = layer({})
    for room in ("knowledge", "rules"):
        shutil.copytree(ROOT / room, home / "extended" / room)
    (tmp_path / "p1.yaml").write_text(PERSON)

    def told_in(*options: str) -> bool:
        done = CliRunner().invoke(cli, ["diagnose", str(tmp_path / "p1.yaml"), "--home", str(home), *options])
        return "which does not stand on the rules of this program" in " ".join(done.output.split())

    assert (told_in(), told_in("--full")) == (False, False)
    edit(home / "extended", "rules/individual.yaml", "- id: IN1\n", "# ours\n- id: IN1\n")
    assert (told_in(), told_in("--full")) == (True, True)


def test_a_changed_archive_is_an_error(copy: Path) -> None:
    with zipfile.ZipFile(copy / ARCHIVE, "a") as archive:
        archive.writestr("knowledge/more.yaml", "x: 1\n")
    (issue,) = faults(copy)
    assert (issue.code, issue.place.path) == ("copied", f"{copy}/{COPIED}")
    assert issue.message.startswith(f"`{ARCHIVE}` was changed: its digest is sha256:")
    assert issue.help == f"put `{ARCHIVE}` back as `salesdx init` wrote it; nobody edits it"


@pytest.mark.parametrize(
    ("break_", "message"),
    [
        (lambda copy: ((copy / ARCHIVE).unlink(), os.mkfifo(copy / ARCHIVE)), "`copied.zip` beside it cannot be read"),
        (lambda copy: (copy / ARCHIVE).unlink(), "`copied.zip` beside it cannot be read"),
        (
            lambda copy: (copy / COPIED).unlink(),
            "`copied.zip` lies here without `copied.yaml`",
        ),
        (lambda copy: (copy / COPIED).write_text(""), "the file is empty"),
        (
            lambda copy: edit(copy, COPIED, "digest: sha256:", "digest: sha255:"),
            "`digest` is a digest",
        ),
        (
            lambda copy: (copy / COPIED).write_text(
                re.sub("(?m)^digest: .*", f"digest: sha256:{'0' * 64}", (copy / COPIED).read_text())
            ),
            "the rules in `copied.zip` have the digest sha256:",
        ),
    ],
)
def test_a_copy_with_half_its_base_is_an_error(copy: Path, break_: Callable[[Path], object], message: str) -> None:
    break_(copy)
    assert [issue.message.startswith(message) for issue in faults(copy)] == [True]


def test_an_archive_that_reaches_out_of_its_folder_is_not_unpacked(copy: Path) -> None:
    for name in ("../outside.yaml", "/tmp/outside.yaml", "rules/cases/../../../outside.yaml", "layer.yaml"):
        with zipfile.ZipFile(copy / ARCHIVE, "w") as archive:
            archive.writestr(name, "x: 1\n")
        digest = re.search(r"sha256:\w+", faults(copy)[0].message)
        assert digest is not None
        text = re.sub("(?m)^archive: .*", f"archive: {digest[0]}", (copy / COPIED).read_text())
        (copy / COPIED).write_text(text)
        assert [issue.message for issue in faults(copy)] == ["`copied.zip` cannot be unpacked"]


PERSON = "case: p1\nsubject: {kind: person, ref: P-1}\nfacts: {case_attainment_pct: 70}\n"
NO_BASE = "These rules have no base: nothing below them is promised"


def test_a_report_on_a_person_says_what_its_rules_are_held_to(copy: Path, base: RuleBase, tmp_path: Path) -> None:
    case, company = tmp_path / "p1.yaml", tmp_path / "company.yaml"
    case.write_text(PERSON)
    company.write_text(PERSON.replace("kind: person, ref: P-1", "kind: company"))

    def said(path: Path, *options: str) -> str:
        return " ".join(CliRunner().invoke(cli, ["diagnose", str(path), *options, "--full"]).output.split())

    held = f"These rules are held to their base {base.version} ({base.digest[7:19]})"
    assert held in said(case, "--home", str(copy))
    assert held not in said(case)
    assert NO_BASE not in said(case)
    edit(copy, "rules/pricing.yaml", "- id: R1\n", "# ours\n- id: R1\n")
    (copy / COPIED).unlink()
    (copy / ARCHIVE).unlink()
    assert NO_BASE in said(case, "--home", str(copy))
    assert NO_BASE in CliRunner().invoke(cli, ["diagnose", str(case), "--home", str(copy)]).output
    assert NO_BASE not in said(company, "--home", str(copy))


def test_a_pin_names_the_base_that_was_meant(layer: Callable[[Files], Path], base: RuleBase) -> None:
    home = layer({"layer.yaml": f"extends: salesdx\npin: {base.digest}\n"})
    assert faults(home) == []
    write(home, {"layer.yaml": f"extends: salesdx\npin: sha256:{'0' * 64}\n"})
    (issue,) = faults(home)
    assert (issue.code, issue.place.line, issue.place.column) == ("pin", 2, 6)
    assert issue.message == f"the layer was written for another base: what it extends now has the digest {base.digest}"
    assert issue.help == f"read `salesdx diff OLD salesdx`, then write `pin: {base.digest}`"


# --- acceptances ----------------------------------------------------------------------------------------------------


def signed(of: RuleBase, **changes: str) -> str:
    keys = {
        "property": "company_before_person", "reason": "we are one team", "author": "J. Weber, head of HR",
        "base": of.digest,
    }  # fmt: skip
    return "accepts:\n  - " + "    ".join(f"{key}: {value}\n" for key, value in (keys | changes).items())


def test_a_signature_excuses_a_property(copy: Path, base: RuleBase, tmp_path: Path) -> None:
    home = without_company_before_person(copy)
    (home / COPIED).write_text((home / COPIED).read_text() + signed(base))
    found = salesdx.load(home)
    assert (found.unkept, found.floor_faults) == (("company_before_person",), ())
    told_of = (
        f"{len(base.properties) - 1} of {len(base.properties)} promises of their base are kept\n"
        "These rules go further than their base in 1 point: company_before_person is not kept, accepted by J. Weber, "
        "head of HR: we are one team. Names of authors were typed.\n"
    )
    assert told_of in CliRunner().invoke(cli, ["check", "--home", str(home)]).output
    (tmp_path / "p1.yaml").write_text(PERSON)
    shown = CliRunner().invoke(cli, ["diagnose", str(tmp_path / "p1.yaml"), "--home", str(home)]).output
    assert " ".join(told_of.split()) in " ".join(shown.split())


def test_a_signature_excuses_nothing_else(layer: Callable[[Files], Path], base: RuleBase) -> None:
    files = {name: text for part in ("personnel", "property") for name, text in BAD[part][0].items()}
    home = layer({**files, "layer.yaml": "extends: salesdx\n" + signed(base)})
    assert [code for code, *_ in told(home)] == ["floor-personnel"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"base": f"sha256:{'0' * 64}"},
            "the signature of J. Weber, head of HR is void: the base is another",
        ),
        (
            {"property": "company_before_file"},
            "there is nothing to accept: no property `company_before_file`",
        ),
        ({"case": f"sha256:{'0' * 64}"}, "an acceptance of a property has no key `case`"),
        (
            {"edits": "[rules/pricing.yaml R1]"},
            "an acceptance is for `edits`, a `property` or a `silence`",
        ),
        ({"author": '""'}, "`author` is empty"),
    ],
)
def test_a_signature_that_is_void_or_wrong_is_an_error(
    layer: Callable[[Files], Path], base: RuleBase, changes: dict[str, str], message: str
) -> None:
    home = layer({**BAD["property"][0], "layer.yaml": "extends: salesdx\n" + signed(base, **changes)})
    assert any(
        issue.message.startswith(message) and issue.place.path == f"{home}/layer.yaml" for issue in faults(home)
    ), told(home)


def test_rules_below_their_base_can_be_loaded_to_be_compared(layer: Callable[[Files], Path]) -> None:
    found = salesdx.load(layer(BAD["personnel"][0]), held=False)
    assert [issue.code for issue in found.floor_faults] == ["floor-personnel"]
    assert not found.interventions["improvement_plan"].personnel


def test_a_layer_on_a_firm_that_waits_longer_waits_as_long(tmp_path: Path, copy: Path) -> None:
    edit(copy, "knowledge/policy.yaml", "wait_hours: 24", "wait_hours: 48")
    home = write(tmp_path / "ours", {"layer.yaml": f"extends: {copy}\n", "knowledge/policy.yaml": SIGNING})
    assert told(home) == [
        ("floor-policy", "knowledge/policy.yaml:3:15", "the base waits 48 hours before a signature, here are 24")
    ]
