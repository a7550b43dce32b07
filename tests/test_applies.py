"""What applies: by value on each back end, in the profile of a firm beside the cases, and against the shorter form."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import salesdx
from conftest import ROOT
from homes import Dumper, load_home, memory_of
from hr_trails import BOB, Desk
from pages import shown_files
from salesdx.authoring.prove import PROVED, REFUTED, prove_one
from salesdx.base.applying import conditions_of
from salesdx.base.model import RuleBase
from salesdx.case.file import firm_from, memory_from, read_case_file, with_firm
from salesdx.case.memory import WorkingMemory
from salesdx.cli import cli
from salesdx.engine.diagnose import BACKENDS, diagnose, rete_loads
from salesdx.engine.diagnosis import Diagnosis
from salesdx.language.conditions import And, Expr, Not, Or, names
from salesdx.language.truth import UNKNOWN
from salesdx.render import render
from salesdx.render.trail.replay_page import page_again
from salesdx.services.saved_interview import open_interview
from salesdx.text.issues import CaseError, RuleBaseError
from salesdx.trail.recording import record_diagnosis
from salesdx.trail.two_records import again

IN_ORDER: dict[str, Any] = {
    "firm_ships_goods": True, "firm_gives_discounts": True, "attainment_pct": 70,
    "price_index": 102, "lost_on_price_pct": 10, "buyers_asked_n": 12, "discount_change_points": 0, "on_time_pct": 97,
    "orders_counted_n": 40, "backlog_ratio": 1, "calls_ratio": 0.5, "coaching_failed": True, "matter_open": False,
}  # fmt: skip
"""A person's case in which everything was looked at and is in order, but for the calls."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RuleBase:
    """The small rule base of the language reference."""
    folder = tmp_path_factory.mktemp("small")
    for name, text in shown_files(ROOT / "docs" / "language.md").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    (folder / "knowledge" / "examples.yaml").write_text("group: examples\ntitle: Examples\n", "utf-8")
    return salesdx.load(folder)


def without(*terms: str, **others: Any) -> dict[str, Any]:
    return {term: known for term, known in IN_ORDER.items() if term not in terms} | others


SIGNED = {"kind": "signed record", "date": date(2026, 9, 30)}
PERSON = {"subject": {"kind": "person", "ref": "E-1"}, "period": {"from": date(2026, 7, 1), "to": date(2026, 9, 30)}}


def at_floor(base: RuleBase, facts: dict[str, Any]) -> dict[str, Any]:
    """Plain values as whoever must know them signs them; what is a statement already stays as it is."""
    return {
        name: known if isinstance(known, dict) else {"value": known, "by": base.terms[name].respondent, **SIGNED}
        for name, known in facts.items()
    }


def persons(base: RuleBase, facts: dict[str, Any]) -> WorkingMemory:
    """The review of a person, with plain values at the floor."""
    return memory_of(base, at_floor(base, facts), **PERSON)


def excused(by: str, reason: str = "", **others: Any) -> dict[str, Any]:
    return {"value": "not_applicable", "by": by, **others} | ({"reason": reason} if reason else {})


def told(found: Diagnosis) -> dict[str, Any]:
    return {
        **{standing.stage.id: standing.status for standing in found.standings},
        "concluded": found.concluded.stage.id if found.concluded else None,
        "unexamined": [entry.rule.id for entry in found.unexamined],
        **{rule: truth for rule, truth in found.matches.truths.items() if rule in ("P2", "D1", "D2", "S1")},
    }


ELIGIBLE = "eligible_for_human_review"
LOOKED: dict[str, Any] = {"price": "ruled_out", "delivery": "ruled_out", "concluded": "seller"}
VALUES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("everything is in order", IN_ORDER, LOOKED | {"file": ELIGIBLE, "unexamined": []}),
    (
        "a fact that applies is not asked",
        without("discount_change_points"),
        LOOKED | {"unexamined": ["P2"], "file": "open"},
    ),
    (
        "it does not apply to the firm",
        without("discount_change_points", firm_gives_discounts=False),
        LOOKED | {"P2": False, "unexamined": [], "file": ELIGIBLE},
    ),
    (
        "nobody says whether it applies",
        without("discount_change_points", "firm_gives_discounts"),
        {"P2": UNKNOWN, "unexamined": ["P2"], "file": "open"},
    ),
    (
        "it is excused by finance, with a reason",
        without(discount_change_points=excused("finance", "none this year", **SIGNED)),
        {"P2": UNKNOWN, "unexamined": [], "file": ELIGIBLE},
    ),
    (
        "it is excused by finance, and nothing is signed",
        without(discount_change_points=excused("finance", "none this year")),
        LOOKED | {"P2": UNKNOWN, "unexamined": [], "file": "open"},
    ),
    (
        "it is said not to apply, without a reason",
        without(discount_change_points=excused("sales")),
        {"P2": UNKNOWN, "unexamined": ["P2"], "file": "open"},
    ),
    (
        "a stage does not apply",
        without("on_time_pct", "orders_counted_n", "backlog_ratio", firm_ships_goods=False),
        {"delivery": "not_applicable", "D1": False, "D2": False, "concluded": "seller", "unexamined": [],
         "file": ELIGIBLE},
    ),
    (
        "nobody says whether a stage applies",
        without("firm_ships_goods"),
        {"delivery": "open", "seller": "confirmed", "concluded": None, "file": "not_reached"},
    ),
    (
        "what is stated of a firm that has no goods proves nothing",
        without(firm_ships_goods=False, on_time_pct=50, backlog_ratio=5),
        {"delivery": "not_applicable", "D1": False, "D2": False, "concluded": "seller"},
    ),
    (
        "it does not apply to the firm, and nobody says so",
        without("discount_change_points", firm_gives_discounts={"value": False}),
        LOOKED | {"P2": False, "unexamined": [], "file": "open"},
    ),
    (
        "a stage does not apply, and nobody says so",
        without("on_time_pct", "orders_counted_n", "backlog_ratio", firm_ships_goods={"value": False}),
        {"delivery": "not_applicable", "seller": "confirmed", "concluded": None, "file": "not_reached"},
    ),
    (
        "a stage does not apply, nobody says so, and it would be ruled out",
        without(firm_ships_goods={"value": False}),
        {"delivery": "not_applicable", "seller": "confirmed", "concluded": None, "file": "not_reached"},
    ),
]  # fmt: skip


@pytest.mark.parametrize("engine", BACKENDS)
@pytest.mark.parametrize(("facts", "wanted"), [pytest.param(*case[1:], id=case[0]) for case in VALUES])
def test_what_applies_by_value(facts: dict[str, Any], wanted: dict[str, Any], engine: str, small: RuleBase) -> None:
    if engine == "rete" and (reason := rete_loads()):
        pytest.skip(reason)
    found = told(diagnose(small, persons(small, facts), engine))
    assert {key: found[key] for key in wanted} == wanted


@pytest.mark.parametrize(("orders", "wanted"), [(29, True), (30, False)])
def test_a_sample_that_is_too_small_is_asked_again_also_where_it_may_not_apply(
    orders: int, wanted: bool, small: RuleBase
) -> None:
    known = {name: IN_ORDER[name] for name in ("price_index", "lost_on_price_pct", "buyers_asked_n")}
    facts = {**known, "orders_counted_n": orders}
    found = diagnose(small, memory_of(small, facts, subject={"kind": "company"}), "reference")
    asked = {"firm_ships_goods", "on_time_pct", *(["orders_counted_n"] if wanted else [])}
    assert {term.name for term in found.next_questions} == asked


def test_a_company_is_no_person_whatever_is_stated_of_one(small: RuleBase) -> None:
    case = {**PERSON, "subject": {"kind": "company"}}
    found = told(diagnose(small, memory_of(small, at_floor(small, IN_ORDER), **case), "reference"))
    assert [found[key] for key in ("S1", "seller", "concluded")] == [False, "not_applicable", None]


@pytest.mark.parametrize(
    ("facts", "note"),
    [
        (without(discount_change_points=excused("sales")), "by the profile it applies: discount_change_points, by firm_"
         "gives_discounts"),
        (without("firm_gives_discounts", discount_change_points=excused("sales")),
         "the profile does not say so: discount_change_points, settled by firm_gives_discounts"),
        (without(price_index=excused("sales")), "it always applies: price_index"),
        (without(backlog_ratio=excused("sales")), "by the profile it applies: backlog_ratio, by firm_ships_goods"),
    ],
)  # fmt: skip
def test_who_says_that_a_fact_does_not_apply_is_told_what_settles_it(
    facts: dict[str, Any], note: str, small: RuleBase
) -> None:
    found = diagnose(small, memory_from(facts, small), "reference")
    assert found.notes == (f"stated as not applicable and left unknown, since {note}",)


def test_a_fact_that_does_not_apply_by_the_profile_needs_no_note(small: RuleBase) -> None:
    facts = without(discount_change_points="not_applicable", firm_gives_discounts=False)
    assert diagnose(small, memory_from(facts, small), "reference").notes == ()


def test_a_computed_term_applies_where_all_its_inputs_do(tmp_path: Path) -> None:
    homes = {
        "profile": {"terms": {"firm_a": "boolean", "firm_b": "boolean"}},
        "only": {
            "terms": {
                "x": {"type": "number", "applies_when": "firm_a"},
                "y": {"type": "number", "applies_when": "firm_b"},
                "both": {"type": "number", "formula": "x + y"},
                "kind": {"type": "enum", "values": ["low", "high"], "choose": [
                    {"when": "not x > 5", "value": "low"}, {"when": True, "value": "high"}]},
            },
            "rules": {
                "R1": "both > 3", "R2": "not (both > 3 or y == 1)", "R3": "kind == 'high'", "R4": "kind == 'low'",
            },
        },
    }  # fmt: skip
    base = load_home(tmp_path, homes)

    def truths(**facts: Any) -> list[bool | None]:
        return [diagnose(base, memory_of(base, facts), "reference").matches.truths[rule] for rule in base.rule]

    assert truths(firm_a=True, firm_b=True, x=2, y=2) == [True, False, False, True]
    assert truths(firm_a=True, firm_b=False, x=2, y=2) == [False, False, False, True]
    assert truths(firm_a=False, firm_b=True, x=2, y=0) == [False, False, False, False]
    assert truths(firm_b=True, x=2, y=2) == [None, False, None, None]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("x > 1", "`x`, which is no asked term of the group `profile`"),
        ("found_r1", "`found_r1`, which is no asked term of the group `profile`"),
        ("firm_c", "`firm_c`, which is no asked term of the group `profile`"),
        ("firm_z", "reads `firm_z`, which is neither a term nor a finding"),
        ("firm_n", "this must be true or false, it is a number"),
    ],
)
@pytest.mark.parametrize("of", ["term", "stage"])
def test_what_applies_follows_from_the_profile_alone(condition: str, message: str, of: str, tmp_path: Path) -> None:
    here = {"applies_when": condition}
    profile = {"firm_a": "boolean", "firm_n": "number", "firm_c": {"type": "boolean", "formula": "firm_a"}}
    homes = {
        "profile": {"terms": profile},
        "only": {"terms": {"x": "number", "y": {"type": "number"} | (here if of == "term" else {})},
                 "rules": {"R1": "x > y"}} | (here if of == "stage" else {}),
    }  # fmt: skip
    with pytest.raises(RuleBaseError) as error:
        load_home(tmp_path, homes)
    (issue,) = error.value.issues
    assert message in issue.message and issue.place.path.endswith("knowledge/only.yaml")
    assert issue.place.text[issue.place.column - 1 :].startswith(condition[:3])


def test_a_term_by_which_others_apply_always_applies(tmp_path: Path) -> None:
    homes = {"profile": {"terms": {"firm_a": "boolean", "firm_b": {"type": "boolean", "applies_when": "firm_a"}}}}
    with pytest.raises(RuleBaseError, match="`firm_b` always applies, since other terms apply by it"):
        load_home(tmp_path, homes | {"only": {"terms": {"x": "number"}, "rules": {"R1": "x > 1"}}})


# --- the shorter form -------------------------------------------------------------------------------------------------


def shorter(base: RuleBase, expr: Expr | None) -> Expr | None:
    """Core facts with `not A or test`, in which a forgotten fact of the profile rules out."""
    under = conditions_of(base)

    def put(part: Expr) -> Expr:
        if isinstance(part, And | Or):
            return type(part)(tuple(map(put, part.parts)))
        conditions = tuple(dict.fromkeys(c for name in names(part) for c in under.get(name, ())))
        return Or((*map(Not, conditions), part)) if conditions else part

    return expr if expr is None else put(expr)


def test_the_shorter_form_lets_a_forgotten_profile_rule_a_stage_out(base: RuleBase) -> None:
    (property,) = (each for each in base.properties if each.id == "core_fact_forgotten")
    assert prove_one(base, property).result == PROVED
    written = base.as_written.home
    stages = tuple(replace(s, ruled_out_when=shorter(base, written[s.id].ruled_out_when)) for s in base.stages)
    assert prove_one(replace(base, stages=stages), property).result == REFUTED


# --- the profile of a firm --------------------------------------------------------------------------------------------

CASE = "case: north\nfacts: {case_attainment_pct: 80}\n"
FIRM = "firm: WOOD\nfacts: {firm_ships_goods: {value: false, by: finance, date: 2026-01-10}}\n"


def test_the_profile_beside_a_case_counts_and_another_may_be_named(tmp_path: Path, base: RuleBase) -> None:
    case, other = tmp_path / "case.yaml", tmp_path / "other.yaml"
    case.write_text(CASE, "utf-8")
    other.write_text(FIRM.replace("WOOD", "STEEL").replace("false", "true"), "utf-8")
    assert read_case_file(case, base).firm is None
    (tmp_path / "firm.yaml").write_text(FIRM, "utf-8")
    memory = read_case_file(case, base)
    assert (memory.firm.name, memory.values["firm_ships_goods"]) == ("WOOD", False)  # type: ignore[union-attr]
    assert diagnose(base, memory, "reference").standing("delivery").status == "not_applicable"
    named = CliRunner().invoke(cli, ["diagnose", str(case), "--full", "--firm", str(other)])
    assert named.exit_code == 0 and "Firm: STEEL" in named.output


def test_a_case_and_its_profile_are_statements_like_others(tmp_path: Path, base: RuleBase) -> None:
    case = tmp_path / "case.yaml"
    (tmp_path / "firm.yaml").write_text(FIRM, "utf-8")
    case.write_text(CASE.replace("}", ", firm_ships_goods: true}"), "utf-8")
    memory = read_case_file(case, base)
    assert memory.fact("firm_ships_goods").unknown == "disputed"
    assert [s.of_firm for s in memory.statements["firm_ships_goods"]] == [False, True]
    assert list(memory.own.statements) == ["case_attainment_pct", "firm_ships_goods"]


def test_the_faults_of_a_case_and_of_its_profile_are_told_together(tmp_path: Path, base: RuleBase) -> None:
    case = tmp_path / "case.yaml"
    case.write_text("facts: {nobody: 1}\n", "utf-8")
    (tmp_path / "firm.yaml").write_text("firm: WOOD\nfacts: {case_attainment_pct: 5, firm_ships_good: true}\n", "utf-8")
    with pytest.raises(CaseError) as error:
        read_case_file(case, base)
    assert [(Path(issue.place.path).name, issue.message) for issue in error.value.issues] == [
        ("case.yaml", "the vocabulary has no term `nobody`"),
        ("firm.yaml", "`case_attainment_pct` says nothing about the firm as a whole: no term of `profile` is named so"),
        ("firm.yaml", "the vocabulary has no term `firm_ships_good`"),
    ]


def test_an_interview_never_writes_the_profile_into_its_case(tmp_path: Path, base: RuleBase) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(CASE, "utf-8")
    (tmp_path / "firm.yaml").write_text(FIRM, "utf-8")
    saved = open_interview(base, path)
    memory = saved.conversation.memory
    assert memory.values["firm_ships_goods"] is False
    said = memory_from({"case_periods_below_goal": 2}, base).statements
    memory = memory.with_statements("case_periods_below_goal", said["case_periods_below_goal"])
    saved.save(replace(saved.conversation, memory=memory), "case_periods_below_goal")
    text = path.read_text("utf-8")
    assert "case_periods_below_goal: 2" in text and "firm_ships_goods" not in text
    assert (tmp_path / "firm.yaml").read_text("utf-8") == FIRM


def test_every_record_holds_the_profile_and_replays_with_it(tmp_path: Path, base: RuleBase) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(CASE, "utf-8")
    (tmp_path / "firm.yaml").write_text(FIRM, "utf-8")
    desk = Desk(str(tmp_path / "trail"), base)
    found = salesdx.diagnose(base, read_case_file(case, base))
    shown = render([found], "markdown")
    with desk.trail.append(desk.clock) as appender:
        seq = record_diagnosis(appender, found, shown, "markdown", BOB)
    with desk.read() as book:
        record = book.diagnosis(seq)
        assert record.body is not None and record.body["firm"] == FIRM
        replayed = again(book, record)
        assert replayed.result == record.body["result"]
        assert page_again(replayed.diagnosis, record.body) == shown and "WOOD" in shown


def test_a_profile_to_be_filled_in_is_written_once(tmp_path: Path, base: RuleBase) -> None:
    path = tmp_path / "firm.yaml"
    done = CliRunner().invoke(cli, ["new", "firm", "--name", "WOOD", "--file", str(path)])
    assert done.exit_code == 0, done.output
    text = path.read_text("utf-8")
    firm, said = firm_from(text, "firm.yaml", (), base)
    assert firm.name == "WOOD"
    assert list(said) == [term.name for term in base.terms.values() if term.home == "profile"]
    assert all(fact.unknown == "not known" for (fact,) in said.values())
    assert "  # Does the firm make or assemble what it sells? (true or false)\n  firm_makes_goods: not_known\n" in text
    assert CliRunner().invoke(cli, ["new", "firm", "--name", "WOOD", "--file", str(path)]).exit_code == 1
    assert path.read_text("utf-8") == text


# --- a profile that nobody signs --------------------------------------------------------------------------------------

NO_GOODS = ("on_time_pct", "orders_counted_n", "backlog_ratio")
WEAK: dict[str, dict[str, Any]] = {
    "bare": {},
    "by nobody": SIGNED,
    "by another": {"by": "sales", **SIGNED},
    "an opinion": {"by": "finance", "kind": "opinion", "date": date(2026, 9, 30)},
    "of no kind": {"by": "finance", "date": date(2026, 9, 30)},
    "undated": {"by": "finance", "kind": "signed record"},
}


def firm_file(folder: Path, facts: dict[str, Any]) -> Path:
    path = folder / "firm.yaml"
    path.write_text(yaml.dump({"firm": "WOOD", "facts": facts}, Dumper=Dumper), "utf-8")
    return path


@pytest.mark.parametrize("said", [pytest.param(said, id=name) for name, said in WEAK.items()])
@pytest.mark.parametrize("delivery", ["forgotten", "in order", "late"])
def test_a_profile_below_the_floor_takes_no_stage_away_on_the_way_to_a_person(
    said: dict[str, Any], delivery: str, small: RuleBase, tmp_path: Path
) -> None:
    facts = without("firm_ships_goods", "firm_gives_discounts")
    if delivery == "forgotten":
        facts = {name: known for name, known in facts.items() if name not in NO_GOODS}
    if delivery == "late":
        facts["on_time_pct"] = 80
    memory = persons(small, facts)
    goods = {"firm_ships_goods": {"value": False, **said} if said else False}
    firm = firm_file(tmp_path, goods | at_floor(small, {"firm_gives_discounts": True}))
    found = diagnose(small, with_firm(memory, firm), "reference")
    seller, file = found.standing("seller"), found.standing("file")
    assert (seller.status, seller.held, file.status, found.concluded) == ("confirmed", True, "not_reached", None)
    assert "firm_ships_goods" in [weak.term for weak in seller.unproven]
    signed = firm_file(tmp_path, at_floor(small, {"firm_ships_goods": False, "firm_gives_discounts": True}))
    found = diagnose(small, with_firm(memory, signed), "reference")
    assert (found.standing("seller").concluded, found.standing("file").status) == (True, ELIGIBLE)


def test_a_signed_case_stands_against_a_bare_profile(small: RuleBase, tmp_path: Path) -> None:
    firm = firm_file(tmp_path, {"firm_ships_goods": False, "firm_gives_discounts": False})
    found = diagnose(small, with_firm(persons(small, without(on_time_pct=80)), firm), "reference")
    assert (found.standing("delivery").status, found.standing("seller").held) == ("confirmed", True)
    assert [each.fact.term for each in found.conflicts] == ["firm_ships_goods", "firm_gives_discounts"]
    found = diagnose(small, with_firm(persons(small, IN_ORDER), firm), "reference")
    assert (found.standing("seller").concluded, found.standing("file").status) == (True, ELIGIBLE)


def test_what_a_worked_case_supposes_is_not_supposed_of_its_profile(small: RuleBase, tmp_path: Path) -> None:
    """`stated` gives bare values of the case what they lack, and those of `firm.yaml` nothing."""
    stated = {"stated": {"by": "own", **SIGNED}, "expect": {"concluded": None}}
    facts = without("firm_ships_goods", *NO_GOODS)
    memory = memory_of(small, facts, **PERSON, **stated)
    found = diagnose(small, with_firm(memory, firm_file(tmp_path, {"firm_ships_goods": False})), "reference")
    assert (found.standing("seller").held, found.standing("file").status) == (True, "not_reached")
    found = diagnose(small, memory_of(small, facts | {"firm_ships_goods": False}, **PERSON, **stated), "reference")
    assert found.standing("file").status == ELIGIBLE


def reached(base: RuleBase, firm: dict[str, Any], tmp_path: Path) -> tuple[bool, str]:
    """Whether the shipped complete file concludes the person beside a profile, and how its file stands."""
    memory = read_case_file(ROOT / "examples" / "complete-file.yaml", base, firm_file(tmp_path, firm))
    found = diagnose(base, memory, "reference")
    person, file = base.ladder.personnel_stage, base.stages[-1].id
    return found.standing(person).concluded, found.standing(file).status


def test_the_shipped_file_is_not_completed_by_a_bare_profile(base: RuleBase, tmp_path: Path) -> None:
    signed = yaml.safe_load((ROOT / "examples" / "firm.yaml").read_text("utf-8"))["facts"]
    assert reached(base, signed, tmp_path) == (True, ELIGIBLE)
    bare = {name: False for name in signed if base.terms[name].type == "boolean"}
    assert len(bare) == 12
    assert reached(base, signed | bare, tmp_path) == (False, "not_reached")
    for name in bare:
        forgotten = reached(base, {term: said for term, said in signed.items() if term != name}, tmp_path)
        concluded, status = reached(base, signed | {name: False}, tmp_path)
        assert concluded <= forgotten[0] and (status == ELIGIBLE) <= (forgotten[1] == ELIGIBLE), name


def test_what_is_known_of_what_does_not_apply_is_told(base: RuleBase) -> None:
    """Whoever writes into the profile that nothing is delivered takes late deliveries out of sight, but not unseen."""
    case = read_case_file(ROOT / "examples" / "complete-file.yaml", base)
    ships = case.statements["firm_ships_goods"][0]
    lying = case.with_statements("firm_ships_goods", (replace(ships, value=False),))
    told = "though by the profile it does not apply"
    (note,) = (note for note in diagnose(base, lying).notes if told in note)
    assert note == (
        "stated, though by the profile it does not apply: delivery_otif_pct, delivery_orders_n, "
        "delivery_lead_time_ratio and 6 more, by firm_ships_goods"
    )
    page = render([diagnose(base, lying)], "text")
    assert "“Orders complete and on time”" in " ".join(page.split()) and told in " ".join(page.split())
    assert not any(told in note for note in diagnose(base, case).notes)
