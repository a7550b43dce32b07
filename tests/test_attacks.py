"""Edits by which somebody means to get a person concluded or pressed, or a file completed: what each command says.

An edit is refused by every command, or the doors that it opens are named and the commands tell what it changed. What
one binding or one door holds is tried in `test_floors` and `test_against`; here are whole attacks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

import salesdx
from conftest import ROOT
from salesdx.authoring.against import AgainstBase
from salesdx.authoring.checks import CHECKS, check_base
from salesdx.authoring.diff import changes
from salesdx.authoring.silences import unsigned_silences
from salesdx.authoring.worked_cases import worked_profile
from salesdx.base.copying import write_copied
from salesdx.base.loading import shipped_home
from salesdx.base.model import RuleBase
from salesdx.cli import cli
from salesdx.render.door_report import doors_summary
from test_against import COMPANY, DOORS, EXIT_TALK, opened
from test_floors import NEW, ON_FILE, PERSONNEL, PROPERTIES, Files, asked, entry, ladder, shipped, told, write

LADDER, TERMINATION, INDIVIDUAL = "knowledge/ladder.yaml", "knowledge/termination.yaml", "knowledge/individual.yaml"
TRAINING, POLICY, X = "knowledge/training.yaml", "knowledge/policy.yaml", "rules/termination.yaml"
DELIVERY = "knowledge/delivery.yaml"
EVIDENCE = "  - {stage: service, decided_by: evidence}\n"


@pytest.fixture
def layer(tmp_path: Path) -> Callable[[Files], Path]:
    """A layer on the shipped rules with these files."""
    return lambda files: write(tmp_path / "ours", {"layer.yaml": "extends: salesdx\n", **files})


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy as `salesdx init` makes it."""
    assert run("init", tmp_path / "copy")[0] == 0
    return tmp_path / "copy"


def run(*arguments: str | Path) -> tuple[int, str]:
    """The exit status of a command, and what it says, on one line."""
    done = CliRunner().invoke(cli, list(map(str, arguments)))
    return done.exit_code, " ".join(done.output.split())


def commands(home: Path) -> Mapping[str, tuple[int, str]]:
    """What the commands say of rules that are not loaded; `diff` looks at them, and `test_path_to_person` at it."""
    case = ROOT / "examples/held-back.yaml"
    of_home = (["check"], ["test"], ["prove"], ["prove", "--certificate"], ["docs"], ["diagnose", case])
    return {" ".join(map(str, words[:2])): run(*words, "--home", home) for words in of_home}


def rule(id: str, file: str, old: str, new: str) -> Files:
    """A rule restated in a layer, with other words in it."""
    found = re.search(rf"(?m)^- id: {id}\n(?:(?:  .*)?\n)+", shipped(file))
    assert found is not None and old in found[0], id
    return {file: found[0].replace(old, new)}


def without(key: str, id: str, file: str) -> Files:
    """A rule restated in a layer, without one of its keys."""
    found = re.search(rf"(?m)^- id: {id}\n(?:(?:  .*)?\n)+", shipped(file))
    assert found is not None
    made, times = re.subn(rf"(?m)^  {key}:.*\n(?:    .*\n)*", "", found[0])
    assert times == 1
    return {file: made}


def flags(**stages: tuple[str, ...]) -> dict[str, str]:
    return {f"knowledge/{stage}.yaml": "interventions:\n" + "".join(f"  {id}: {{personnel: false}}\n" for id in ids)
            for stage, ids in stages.items()}  # fmt: skip


def measure(id: str, old: str, new: str, file: str = TERMINATION) -> Files:
    """A measure restated in a layer, with other words in it."""
    found = re.search(rf"(?m)^  {id}:\n(?:    .*\n)+", shipped(file))
    assert found is not None and old in found[0], id
    return {file: "interventions:\n" + found[0].replace(old, new)}


def other_question(name: str, file: str, question: str) -> Files:
    made, times = re.subn(
        r"    question:(?: >-\n(?:      .*\n)+|.*\n)", f"    question: {question}\n", entry(name, file)
    )
    assert times == 1
    return {file: f"terms:\n{made}"}


# --- refused by every command ----------------------------------------------------------------------------------------

READ = "which is read on the way to a person, has other words than in the base"
JUDGES = "judges the company by"
SPEAKS = "which speaks of a person, has other words than in the base"
RUNS = "floor-stage by its `judge`, `promise_date` has worked, or is over, where it still runs in the base"
TRUE = "    choose: [{when: true, value: true}]\n    question: "

REFUSED: dict[str, tuple[Files, tuple[str, ...]]] = {
    "B2 seven that act on persons act on nobody, and M1 recommends two of them": (
        {
            **flags(individual=PERSONNEL, termination=ON_FILE),
            **rule("M1", "rules/marketing.yaml", "[lead_boost]", "[coaching_plan, improvement_plan]"),
        },
        tuple(f"floor-personnel `{id}` acts on a person, and stays so" for id in (*PERSONNEL, *ON_FILE)),
    ),
    "B3 the improvement plan acts on nobody": (
        flags(termination=("improvement_plan",)),
        ("floor-personnel `improvement_plan` acts on a person, and stays so",),
    ),
    "B11 warnings and the hearing are true by a formula": (
        {
            TERMINATION: "terms:\n"
            + "".join(
                entry(name, TERMINATION).replace("    question: ", TRUE)
                for name in ("hr_written_warning", "hr_final_warning", "hr_response_heard")
            )
        },
        tuple(
            f"floor-asked `{name}` must be stated by somebody"
            for name in ("hr_written_warning", "hr_final_warning", "hr_response_heard")
        ),
    ),
    "B12 a complete file says: dismiss": (
        ladder(
            "decisions",
            "The file is complete; a named person may now decide; the system gives no recommendation to dismiss.",
            "Dismiss the person.",
        ),
        ("floor-words what the status `eligible_for_human_review` of a file says has other words than in the base",),
    ),
    "B10 the ladder goes on behind open steps": (
        {
            LADDER: "passed_when: status in ['open', 'confirmed', 'ruled_out', 'set_aside', 'not_applicable']\n"
            "proved_when: status in ['open', 'confirmed', 'ruled_out', 'not_applicable']\n"
            "concluded_when: status == 'confirmed'\n"
        },
        (
            "floor-condition `proved_when` is true where the base's is not: more is good enough for a conclusion on a "
            "person",
        ),
    ),
    "the rule of a complete file says: dismiss": (
        rule("X9", X, "This is no\n    recommendation to dismiss.", "Dismiss the person."),
        (f"floor-words `because` of `X9`, {SPEAKS}",),
    ),
    "a verdict says: dismiss": (
        ladder("verdicts", "cause_found, when: concluded", "cause_found, when: concluded, says: Dismiss the person."),
        ("floor-words what the verdict `cause_found` says has other words than in the base",),
    ),
    "a verdict that the base does not know": (
        ladder("verdicts", "  - {verdict: cause_f", "  - {verdict: dismiss, when: person_held}\n  - {verdict: cause_f"),
        ("floor-words the base knows no verdict `dismiss`",),
    ),
    "the file is called grounds for dismissal": (
        {TERMINATION: "title: Grounds for dismissal\n"},
        (f"floor-words `title` of `termination`, {SPEAKS}",),
    ),
    "a question is turned round": (
        other_question("hr_response_heard", TERMINATION, "Was nobody there to hear?"),
        (f"floor-words `question` of `hr_response_heard`, {READ}",),
    ),
    "an answer is called otherwise": (
        asked("hr_written_warning", "label: Written warning given", "label: Any warning given"),
        (f"floor-words `label` of `hr_written_warning`, {READ}",),
    ),
    "a figure has another unit": (
        asked("enable_training_completed_pct", "unit: ", 'unit: "of 1" #', TRAINING),
        ("floor-words `unit` of `enable_training_completed_pct`, which is asked, has other words than in the base",),
    ),
    "the seller's manager is called human resources": (
        ladder("respondents", "sales_manager: the sales manager", "sales_manager: human resources"),
        ("floor-speaker `sales_manager` is called `human resources`, as the base calls `hr`",),
    ),
    "goal and result change their places": (
        {LADDER: "result_terms: {goal: case_reached_amount, reached: case_goal_amount}\n"},
        ("floor-asked `result_terms` is `goal: case_goal_amount, reached: case_reached_amount` in the base",),
    ),
    "a promise on core facts has fewer of them": (
        asked("ind_attainment_pct", "    core: true\n", "", INDIVIDUAL),
        ("floor-asked `ind_attainment_pct` has `core: true` in the base, and keeps it",),
    ),
    "nobody can state that coaching worked": (
        {
            **asked("hr_coaching_outcome", "[effective, ", "["),
            **rule("X2", X, "hr_coaching_outcome == 'effective' or ", ""),
        },
        ("type `hr_coaching_outcome` must be one of partly_effective, not_effective, this is `effective`",),
    ),
    "a signature in a second counts as read": (
        {POLICY: "reading_words_per_minute: 10000\n"},
        ("floor-policy the base takes 400 words a minute for read, here are 10000",),
    ),
    "reports show single persons": (
        {POLICY: "small_cell: 2\n"},
        ("floor-policy the base shows no group below 5 people, here are 2",),
    ),
    "unequal treatment is not marked": (
        {POLICY: "impact_ratio: 0.01\n"},
        ("floor-policy the base marks ratios below 0.8, here are 0.01",),
    ),
    "pressure is called help": (
        {
            TERMINATION: f"interventions:\n  exit_talk:\n{NEW}    weight: help\n",
            **rule("IN4", "rules/individual.yaml", "[individual_training]", "[individual_training, exit_talk]"),
        },
        ("floor-personnel `exit_talk` is new and acts on a person, and is called help without a reason",),
    ),
    "a second stage on the person, without its floor": (
        {
            **ladder("stages", EVIDENCE, f"  - {{stage: attitude, decided_by: evidence}}\n{EVIDENCE}"),
            "knowledge/attitude.yaml": "stage: attitude\ntitle: Attitude\nruled_out_when: ind_activity_ratio >= 1\n",
            "rules/attitude.yaml": "- {id: AT1, strength: strong, when: ind_activity_ratio < 1, finding: unwilling, "
            "because: No will.}\n",
        },
        (
            f"floor-stage `ruled_out_when` of `attitude` {JUDGES} `ind_activity_ratio`, which is about a person",
            f"floor-stage `AT1` {JUDGES} `ind_activity_ratio`, which is about a person",
        ),
    ),
    "the company is blamed by what a person does": (
        {
            "rules/service.yaml": "- {id: C90, strength: strong, when: ind_activity_ratio < 1, finding: too_few_calls, "
            "because: The person calls too little.}\n"
        },
        (f"floor-stage `C90` {JUDGES} `ind_activity_ratio`, which is about a person",),
    ),
    "the company is blamed by a finding on a person": (
        rule("C2", "rules/service.yaml", "when: ", "when: comparable_gap and "),
        (f"floor-stage `C2` {JUDGES} `comparable_gap`, which is about a person",),
    ),
    "the company is cleared by a formula over what a person does": (
        {
            "knowledge/service.yaml": "terms:\n  service_pace: {type: number, formula: 2 * ind_activity_ratio}\n"
            "ruled_out_when: service_pace > 1\n"
        },
        (f"floor-stage `service_pace` {JUDGES} `ind_activity_ratio`, which is about a person",),
    ),
    "an answer on the company is calculated from what a person does": (
        asked(
            "service_csat_pct",
            "    question:",
            "    or_formula: 100 * ind_activity_ratio\n    question:",
            "knowledge/service.yaml",
        ),
        (f"floor-stage `service_csat_pct` {JUDGES} `ind_activity_ratio`, which is about a person",),
    ),
    "a good result of a person cannot be stated": (
        asked("ind_attainment_pct", "range: [0, 1000]", "range: [0, 79]", INDIVIDUAL),
        ("floor-asked `range` of `ind_attainment_pct` is narrower than in the base",),
    ),
    "bad service cannot be stated": (
        asked("service_csat_pct", "range: [0, 100]", "range: [90, 100]", "knowledge/service.yaml"),
        ("floor-asked `range` of `service_csat_pct` is narrower than in the base",),
    ),
    "a sample too small settles a stage": (
        asked("service_survey_n", "    sample: true\n", "", "knowledge/service.yaml"),
        ("floor-asked `service_survey_n` has `sample: true` in the base, and keeps it",),
    ),
    "a finding is copied from the rule above": (
        rule("C4", "rules/service.yaml", "finding: complaints_up", "finding: churn_up"),
        ("floor-words `C4` concludes `complaints_up` in the base, here `churn_up`",),
    ),
    "one author where two are needed": (
        asked("ind_skill_score", "authors: 2", "authors: 1", INDIVIDUAL),
        ("floor-speaker `ind_skill_score` needs 2 authors in the base, here 1",),
    ),
    "one month for the whole period": (
        asked("ind_attainment_pct", "    covers: period\n", "", INDIVIDUAL),
        ("floor-speaker `ind_attainment_pct` covers the whole period in the base, here it need not",),
    ),
    "evidence of ten years ago": (
        asked("ind_attainment_pct", "valid_for: period", "valid_for: 3650 days", INDIVIDUAL),
        ("floor-asked `valid_for` of `ind_attainment_pct` lets it be older than in the base",),
    ),
    "the seller's manager reviews the file": (
        measure("hr_review", "owner: HR", "owner: the sales manager"),
        ("floor-words `owner` of `hr_review`, which acts on a person, has other words than in the base",),
    ),
    "the manager alone judges the plan, at once": (
        measure("improvement_plan", "after: 60 days", "after: 0 days"),
        ("floor-personnel `judge` of `improvement_plan`, which acts on a person, is another than in the base",),
    ),
    "the person is said to prefer the plan to coaching": (
        {
            TERMINATION: "interventions:\n  improvement_plan: {preferred_when: true}\n",
            INDIVIDUAL: "interventions:\n  coaching_plan: {preferred_when: false}\n",
        },
        tuple(
            f"floor-personnel `preferred_when` of `{id}`, which acts on a person, is another than in the base"
            for id in ("coaching_plan", "improvement_plan")
        ),
    ),
    "a repair of the company is over at once": (
        measure("promise_date", "until: 56 days", "until: 0 days", DELIVERY),
        (RUNS,),
    ),
    "a repair of the company has worked once anything was delivered": (
        measure("promise_date", "delivery_otif_pct >= otif_aim", "delivery_otif_pct >= 1", DELIVERY),
        (RUNS,),
    ),
    "a repair of the company is said to act on a person": (
        {DELIVERY: "interventions:\n  promise_date: {personnel: true}\n"},
        ("floor-stage `promise_date` is a remedy of the company, and acts on no person",),
    ),
    "the hearing is what somebody types, and stands in no record": (
        asked("hr_response_heard", "    record: {states: given, what: hearing}\n", ""),
        (
            "floor-speaker `record` of `hr_response_heard` is another than in the base: there the record states it, or "
            "people do",
        ),
    ),
    "a training that was held stands for the hearing": (
        asked("hr_response_heard", "what: hearing", "what: training"),
        (
            "floor-speaker `record` of `hr_response_heard` is another than in the base: there the record states it, or "
            "people do",
        ),
    ),
    "a chance is called what the person can do": (
        asked("ind_win_p_adjusted", "label: ", "label: Chance that the person can sell #", INDIVIDUAL),
        (
            "floor-words `label` of `ind_win_p_adjusted`, which is worked out about a person, has other words than in "
            "the base",
        ),
    ),
    "keys by a merge": (
        {TERMINATION: "interventions:\n  improvement_plan: {<<: {personnel: false}}\n"},
        ("merge merge keys are not allowed",),
    ),
    "keys by an anchor": (
        {LADDER: "personnel_stage: &a individual\nasked_by: *a\n"},
        ("anchor anchors are not allowed: `&a`", "alias aliases are not allowed"),
    ),
    "a name with a letter of another alphabet": (
        {TERMINATION: f"interventions:\n  hr_revi\u0435w:\n{NEW}"},
        ("name `hr_revi\u0435w` is no name for an intervention",),
    ),
    "a file that is not read": ({"rules/individual.yml": "[]\n"}, ("file-name files of a rule base end in .yaml",)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_every_command(name: str, layer: Callable[[Files], Path]) -> None:
    files, wanted = REFUSED[name]
    home = layer(files)
    assert sorted(f"{code} {message}" for code, _, message in told(home)) == sorted(wanted)
    for command, (status, said) in commands(home).items():
        assert status == 1, command
        for fault in wanted:
            assert f"error[{fault.partition(' ')[0]}]" in said, command
            assert fault.partition(" ")[2] in said, command
        assert "PROVED" not in said, command


def test_b4_to_b6_promises_are_not_hollowed_out(layer: Callable[[Files], Path], base: RuleBase, copy: Path) -> None:
    hollow = "".join(f"- {{id: {made.id}, says: It holds, always: true}}\n" for made in base.properties)
    (copy / PROPERTIES).unlink()
    for home, word in ((layer({PROPERTIES: hollow}), "another property here"), (copy, "missing")):
        for command, (status, said) in commands(home).items():
            assert status == 1, command
            assert said.count("error[floor-property]") == len(base.properties) == 31, command
            assert all(f"`{made.id}` of the base is {word}" in said for made in base.properties), command
            assert "PROVED" not in said, command


# --- doors, and what tells of them -----------------------------------------------------------------------------------

AGED = [
    name for name in re.findall(r"(?m)^  (\w+):\n    label", shipped(TRAINING)) if "valid_for" in entry(name, TRAINING)
]
ON_TRAINED = "".join(re.sub("valid_for: .*", "valid_for: 3650 days", entry(name, TRAINING)) for name in AGED)
COMPLETES = {"file termination", "action hr_review", "lifted termination"}
CLEAN, UNREADABLE = "all as expected", "cases that cannot be read"
Told = tuple[set[str], set[str], str, set[str]]
"""The doors that an edit opens, the codes of what `check` warns of, what `test` says of the worked cases, and what
`diff` names."""

# fmt: off
OPENED: dict[str, tuple[Files, Told]] = {
    "B7 the company is ruled out by nothing": (
        {f"knowledge/{stage}.yaml": "ruled_out_when: case_attainment_pct < 100\n" for stage in COMPANY},
        (DOORS, {"core-term"}, "30 not as expected", {f"stage {stage}" for stage in COMPANY}),
    ),
    "B8 limits out of reach": (
        {INDIVIDUAL: "limits: {peers_min: 1, attainment_low: 99}\n"},
        (DOORS, set(), CLEAN, {"limit peers_min", "limit attainment_low", "rule IN0", "stage individual",
                               "intervention role_change", "term ind_attainment_pct"}),
    ),
    "B9 what blocks is taken out": (
        {"layer.yaml": "extends: salesdx\nremoves: {X1: not us, X2: not us, X10: not us, M1: not us}\n"},
        ({"lifted termination"}, {"unused-term"}, UNREADABLE, {"rule X1", "rule X2", "rule X10", "rule M1"}),
    ),
    "evidence of ten years ago rules the company out": (
        {TRAINING: f"terms:\n{ON_TRAINED}"},
        (DOORS, {"unused-term"}, CLEAN, {f"term {name}" for name in AGED}),
    ),
    "a measure of coaching that may be off by a thousand": (
        asked("hr_coaching_closed_pct", "tolerance: 1\n", "tolerance: 1000\n"),
        (COMPLETES, set(), CLEAN, {"term hr_coaching_closed_pct"}),
    ),
    "pressure before all is looked at": (
        {LADDER: "pressure_when: concluded\n"},
        ({"action improvement_plan"}, set(), "1 not as expected", {"ladder ladder"}),
    ),
}
# fmt: on


def seen(home: Path, base: RuleBase) -> Told:
    """What the commands tell of an edit that loads."""
    new = salesdx.load(home)
    warned = {issue.code for issue in check_base(new, CHECKS) if issue.severity != "note"}
    status, said = run("test", "--home", home)
    result = re.search(rf"cases run, (\d+ not as expected|{CLEAN})", said)
    assert result is not None
    tested = UNREADABLE if "error[" in said else result[1]
    assert status == (tested != CLEAN)
    return opened(AgainstBase(new, base)), warned, tested, {f"{each.what} {each.name}" for each in changes(base, new)}


@pytest.mark.slow
@pytest.mark.parametrize("name", OPENED)
def test_its_doors_are_named(name: str, layer: Callable[[Files], Path], base: RuleBase) -> None:
    files, wanted = OPENED[name]
    assert seen(layer(files), base) == wanted


# --- what is shown, as it may be right -------------------------------------------------------------------------------

TALK = "acts on nobody, says the layer: Exit talk: severance, else dismissal (it is only a talk)"
SHOWN: dict[str, tuple[Files, str]] = {
    "B1b a talk on dismissal that acts on nobody": (
        {"knowledge/marketing.yaml": f"{EXIT_TALK}    personnel: false\n    reason: it is only a talk\n"},
        TALK,
    ),
    "pressure that is called help, with a reason": (
        {TERMINATION: f"interventions:\n  exit_talk:\n{NEW}    weight: help\n    reason: it is kind\n"},
        "is help and no pressure, says the layer: Exit talk (it is kind)",
    ),
    "a new rule has a finding of the base": (
        {
            "rules/service.yaml": "- {id: C90, strength: weak, when: service_csat_pct < 50, finding: "
            "service_drives_loss, because: Few are satisfied.}\n"
        },
        "one more way to `service_drives_loss`: C90, says the layer (the base: C1)",
    ),
    "a rule on a person says: lazy": (
        rule(
            "IN8",
            "rules/individual.yaml",
            "The person cannot say in own words what is expected. Clear this first.",
            "The person is lazy.",
        ),
        "says otherwise than the base: IN8: The person is lazy. (the base: The person cannot say",
    ),
    "human resources are called the boss": (
        ladder("respondents", "hr: human resources", "hr: the seller's boss"),
        "says otherwise than the base: hr: the seller's boss (the base: human resources)",
    ),
    "a step of the company speaks of the seller": (
        {"knowledge/marketing.yaml": "title: Faults of the seller\n"},
        "says otherwise than the base: marketing: Faults of the seller (the base: ",
    ),
    "a source is called otherwise": (
        {"knowledge/sources.yaml": "S10: {title: The works council agrees, quality: 'primary: ours'}\n"},
        "says otherwise than the base: S10: The works council agrees (the base: ",
    ),
    "the help to a question is turned round": (
        asked("hr_response_heard", "derive: true if the minutes show all three", "derive: always true"),
        "asks otherwise than the base: Person was heard: always true (the base: true if the minutes show all three)",
    ),
    "a question to the company is turned round": (
        other_question("enable_training_completed_pct", TRAINING, "What share did not complete it?"),
        ": What share did not complete it? (the base: ",
    ),
}


SHOWN["a rule of the company explains all of the gap"] = (
    rule("C1", "rules/service.yaml", "  finding:", "  explains: 100\n  finding:"),
    "explains another share of the gap, in percent: C1: 100 (the base: nothing)",
)
SHOWN["a new rule explains all of the gap by the person"] = (
    {"rules/individual.yaml": "- {id: IN90, strength: weak, when: ind_activity_ratio < 0.1, finding: slow,\n"
     "   explains: 100, because: Slow., source: J}\n"},
    "explains another share of the gap, in percent: IN90: 100 (the base: nothing)",
)  # fmt: skip
SHOWN["help is put aside, and pressure stays"] = (
    {"rules/individual.yaml": "- {id: IN91, strength: classify, when: ind_activity_ratio < 0.1, finding: no_help,\n"
     "   suppresses: [coaching_plan, motivation_talk], because: It is too late., source: J}\n"},
    "lets help to a person go, says the layer: IN91: Personal coaching plan of 30, 60 and 90 days and Motivation talk",
)  # fmt: skip
STRANGE = ", which does not stand on the rules of this program"


@pytest.mark.parametrize("name", SHOWN)
def test_what_may_be_right_is_told(name: str, layer: Callable[[Files], Path]) -> None:
    files, line = SHOWN[name]
    home = layer(files)
    assert told(home) == []
    for command in (["check"], ["docs", "--format", "text"]):
        assert line in run(*command, "--home", home)[1]


def test_b1_a_talk_on_dismissal_acts_on_a_person(layer: Callable[[Files], Path]) -> None:
    home = layer({"knowledge/marketing.yaml": EXIT_TALK,
                  **rule("M1", "rules/marketing.yaml", "[lead_boost]", "[lead_boost, exit_talk]")})  # fmt: skip
    status, said = run("check", "--home", home)
    assert (status, "personnel-early" in said) == (1, True)


EARLY = "personnel-early at rules/marketing.yaml:1"


def assert_silence_is_told(home: Path) -> None:
    """In every summary: as text, as JSON, and in the handbook."""
    told = json.loads(run("check", "--home", home, "--format", "json")[1])
    notes = [each for each in told if each["code"] == "silenced"]
    assert len(notes) == 19
    (own,) = (each for each in notes if each["path"] == str(home / "rules/marketing.yaml"))
    assert (own["severity"], own["line"], own["message"], own["help"]) == (
        "note", 1, "the check `personnel-early` is silenced here", "why: we know",
    )  # fmt: skip
    prove = ("prove", "--home", home, "--only", "fair_comparison")
    for command in (("test", "--home", home), prove, ("docs", "--format", "text", "--home", home)):
        assert "silenced: 19 checks (" in run(*command)[1].replace("Silenced", "silenced"), command


def test_a_comment_of_a_layer_silences_no_guard_of_a_person_unsigned(layer: Callable[[Files], Path]) -> None:
    """B1 with the check silenced: the signature is for this comment, and for the rule as it stands."""
    early = rule("M1", "rules/marketing.yaml", "[lead_boost]", "[lead_boost, exit_talk]")["rules/marketing.yaml"]
    comment = "# salesdx: allow personnel-early - we know\n"
    home = layer({"knowledge/marketing.yaml": EXIT_TALK, "rules/marketing.yaml": comment + early})
    status, said = run("check", "--home", home)
    assert (status, "error[personnel-early]" in said, f"`salesdx prove --accept '{EARLY}'`" in said) == (1, True, True)
    assert "silenced: 18 checks" in said
    signing = ("prove", "--home", home, "--accept", EARLY, "--reason", "It is a talk", "--author", "J. Weber")
    status, said = run(*signing)
    assert (status, "signed by J. Weber, a name that was typed" in said) == (0, True)
    status, said = run("check", "--home", home)
    assert (status, "silenced: 19 checks" in said) == (0, True)
    assert_silence_is_told(home)
    assert "the check personnel-early is silenced, accepted by J. Weber: It is a talk." in said
    write(home, {"rules/marketing.yaml": comment + early.replace("exit_talk]", "exit_talk, hr_review]")})
    status, said = run("check", "--home", home)
    assert (status, "error[personnel-early]" in said) == (1, True)
    assert "the signature of J. Weber is void: what it silenced is gone, or was changed since" in said


def test_a_silence_that_was_signed_for_is_of_its_entry_alone(layer: Callable[[Files], Path]) -> None:
    line = "  recommend: [exit_talk]  # salesdx: allow personnel-early - we know\n"
    one, other = (
        f"- id: M9{n}\n  strength: weak\n  when: case_attainment_pct < 9{n}\n{{}}  finding: few_{n}\n  because: Few.\n"
        for n in (0, 1)
    )
    digests = set()
    for rules in (one.format(line) + other.format(""), one.format("") + other.format(line)):
        home = layer({"knowledge/marketing.yaml": EXIT_TALK, "rules/marketing.yaml": rules})
        (silence,) = unsigned_silences(salesdx.load(home))
        digests.add(silence.digest)
    assert len(digests) == 2


# --- worked cases ----------------------------------------------------------------------------------------------------

CASE = "rules/cases/service-two-call-centres.yaml"


def test_a_worked_case_that_a_copy_lacks_is_missed_by_name(copy: Path) -> None:
    (copy / CASE).unlink()
    status, said = run("test", "--home", copy)
    assert status == 1
    assert f"copied.zip/{CASE} is missing here; it expects: " in said
    assert "concluded: service" in said
    assert said.endswith("105 of 106 cases of the base, 0 of the copy")


def test_facts_of_a_worked_case_are_not_swapped_under_what_it_expects(layer: Callable[[Files], Path]) -> None:
    fact = re.search(r"(?m)^  (\w+): (\d+)\n", shipped(CASE).partition("\nfacts:\n")[2])
    assert fact is not None
    text = shipped(CASE).replace(fact[0], f"  {fact[1]}: {int(fact[2]) + 1}\n", 1)
    status, said = run("test", "--home", layer({CASE: text}))
    assert status == 1
    assert f"says: facts {fact[1]}: {fact[2]}" in said
    assert said.endswith("105 of 106 cases of the base, 0 of the layer")


def test_facts_that_are_swapped_in_a_case_that_calls_itself_reviewed_are_told(layer: Callable[[Files], Path]) -> None:
    fact = re.search(r"(?m)^  (\w+): (\d+)\n", shipped(CASE).partition("\nfacts:\n")[2])
    expected = re.search(r"(?m)^expect:\n(?:  .*\n)+", shipped(CASE))
    assert fact is not None and expected is not None and "\nwhy:" in shipped(CASE)
    text = shipped(CASE).replace(fact[0], f"  {fact[1]}: {int(fact[2]) + 1}\n", 1)
    status, said = run("test", "--home", layer({CASE: text + expected[0].replace("expect:", "was:")}))
    assert status == 0
    assert f"{CASE} was reviewed on other facts than " in said
    assert f" has: facts {fact[1]}: {int(fact[2]) + 1}; there: facts {fact[1]}: {fact[2]}" in said
    assert said.endswith("106 of 106 cases of the base (1 reviewed, 1 of them on other facts), 0 of the layer")


def test_what_a_case_of_a_copy_expects_is_not_replaced(copy: Path) -> None:
    (copy / CASE).write_text(shipped(CASE).replace("  concluded: service\n", ""), "utf-8")
    status, said = run("test", "--home", copy)
    assert (status, "says: concluded: service" in said) == (1, True)


FIRM = "rules/cases/firm.yaml"
SHIPS = "firm_ships_goods: {value: true", "firm_ships_goods: {value: false"


def test_a_firm_of_a_layer_is_not_put_under_the_cases_of_its_base(layer: Callable[[Files], Path]) -> None:
    home = layer({FIRM: shipped(FIRM).replace(*SHIPS)})
    status, said = run("test", "--home", home)
    assert status == 0, said[-600:]
    assert said.endswith("106 of 106 cases of the base, 0 of the layer")


def test_a_case_that_a_layer_adds_is_of_the_firm_of_the_layer(layer: Callable[[Files], Path]) -> None:
    case = "rules/cases/delivery-sold-but-not-shipped.yaml"
    own = case.replace("delivery-", "our-")
    home = layer({FIRM: shipped(FIRM).replace(*SHIPS), own: shipped(case), case: shipped(case)})
    base = salesdx.load(home)
    paths = {name: worked_profile(home, base, Path(name).name) for name in (own, case)}
    assert paths == {own: home / FIRM, case: shipped_home() / FIRM}


def test_another_firm_in_a_copy_is_told(copy: Path) -> None:
    (copy / FIRM).write_text(shipped(FIRM).replace(*SHIPS), "utf-8")
    status, said = run("test", "--home", copy)
    assert status == 1
    assert f"{FIRM} puts away what " in said
    assert "copied.zip/rules/cases/firm.yaml says: facts firm_ships_goods: value true" in said
    assert said.endswith("0 of 106 cases of the base, 0 of the copy")


def test_a_base_that_was_written_along_with_a_layer_is_told(copy: Path, tmp_path: Path) -> None:
    """The layer keeps to it, no door opens, and it calls itself as the shipped rules do."""
    (copy / "copied.yaml").unlink()
    (copy / "copied.zip").unlink()
    edit(copy / "knowledge/delivery.yaml", "otif_good: {value: 90", "otif_good: {value: 50")
    home = write(tmp_path / "ours", {"layer.yaml": "extends: ../copy\n"})
    assert_base_is_strange(home)


def test_a_copy_whose_archive_was_written_anew_is_told(copy: Path) -> None:
    """The archive holds the rules as they were edited, and `copied.yaml` their digests."""
    (copy / "copied.yaml").unlink()
    (copy / "copied.zip").unlink()
    edit(copy / "knowledge/delivery.yaml", "otif_good: {value: 90", "otif_good: {value: 50")
    write_copied(salesdx.load(copy), copy, copy)
    assert_base_is_strange(copy)


def assert_base_is_strange(home: Path) -> None:
    version = salesdx.load().version
    base = salesdx.load(home).below
    assert base is not None
    assert (base.version, base.digest != salesdx.load().digest) == (version, True)
    named = f"{version} ({base.digest[7:19]}){STRANGE}"
    status, said = run("check", "--home", home)
    assert (status, f"these rules are held to their base {named}" in said) == (0, True)
    assert doors_summary(base, (), {})[0].startswith(f"HOLDS     against {named}: ")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
