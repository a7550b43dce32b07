"""`salesdx prove`: the formulas say what the engine says, what is proved holds, and each property can be broken."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import salesdx
from commands import run_salesdx
from conftest import ROOT
from homes import load_home, memory_of
from random_bases import Cases, homes
from random_cases import fuzz_cases, random_case
from salesdx.authoring.counterexamples import cases_of
from salesdx.authoring.property_words import instances, words_of
from salesdx.authoring.prove import PROVED, REFUTED, UNDECIDED, Result, broken, prove
from salesdx.base.background import Proof
from salesdx.base.model import RuleBase
from salesdx.base.proof import certificate_in, proof_of, proof_text
from salesdx.case.file import case_from_text
from salesdx.case.floor import low_reading
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement
from salesdx.case.writing import new_case
from salesdx.engine.backends.smt.cone import variables
from salesdx.engine.backends.smt.counterexample import CounterexampleSearch
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.formulas import Symbol
from salesdx.engine.backends.smt.logic import FALSE, Formula, all_of, fixed, how_many, implies, negated, put_in
from salesdx.engine.backends.smt.solving import solve
from salesdx.engine.diagnose import quick
from salesdx.engine.program import LeftOut, compile_base
from salesdx.language.conditions import Not, Value, names
from salesdx.language.intervals import Interval, high_end, low_end
from salesdx.language.parsing import parse_condition
from salesdx.text.issues import CaseError

PROPERTIES = (ROOT / "knowledge/properties.yaml").read_text(encoding="utf-8")


# --- the formulas -----------------------------------------------------------------------------------------------------


def agrees(encoding: Encoding, memory: WorkingMemory) -> None:
    """With the facts of a case fixed, the formulas allow the truth of each rule and each status of the ladder, and
    nothing else."""
    diagnosis = quick(memory.base, memory)
    given = dict[Formula, Formula]()
    for term in memory.base.terms.values():
        symbol, known = encoding.facts[term.name], diagnosis.matches.values.get(term.name)
        given |= told(symbol, encoding, known)
        given[encoding.excused[term.name]] = fixed(known is None and diagnosis.looks.excuses.of_name(term.name))
        given[encoding.vague[term.name]] = fixed(known is None and diagnosis.looks.is_blurred([term.name]))
    for stage, low in encoding.low.items():
        given |= met(low, low_reading(memory, memory.base.home[stage], diagnosis.looks.distrusted))
    given |= {encoding.symbols[step.name].value: fixed(0) for step in encoding.program.ladder
              if isinstance(step, LeftOut) and step.name in encoding.symbols}  # fmt: skip
    truths = [(encoding.rules[id], wanted) for id, wanted in diagnosis.matches.truths.items()]
    said = [part if wanted is side else negated(part) for pair, wanted in truths
            for part, side in zip(pair, (True, False), strict=True)]  # fmt: skip
    for stage in memory.base.stages:
        text = encoding.text(str(diagnosis.ladder[f"{stage.id}.status"]))
        said.append(encoding.symbols[f"{stage.id}.status"].value == text)
    made = dict[int, Formula]()
    domain, comes_out = ([put_in(each, given, made) for each in some] for some in (encoding.domain, said))
    assert solve([*domain, *comes_out])[0] is not None
    assert solve([*domain, negated(all_of(comes_out))]) == (None, "")  # and nothing else


def met(low: Encoding, memory: WorkingMemory) -> dict[Formula, Formula]:
    """The variables of a low reading for what meets the floor, as a case has it."""
    diagnosis = quick(memory.base, memory)
    values, excuses = diagnosis.matches.values, diagnosis.looks.excuses
    found = {symbol.known: fixed(values.get(name) is not None) for name, symbol in low.facts.items()}
    return found | {low.excused[name]: fixed(values.get(name) is None and excuses.of_name(name))
                    for name in low.facts}  # fmt: skip


def told(symbol: Symbol, encoding: Encoding, known: Value | None) -> dict[Formula, Formula]:
    """The variables of a fact, as it is known; of what is unknown the value stays free."""
    ends = ((symbol.low, symbol.has_low, low_end(known)), (symbol.high, symbol.has_high, high_end(known)))
    found = {has: fixed(known is not None and end is not None) for _, has, end in ends}
    found |= {end: encoding.constant(value).value for end, _, value in ends if known is not None and value is not None}
    return found | {symbol.known: fixed(known is not None)}


def test_the_formulas_agree_with_the_engine_on_random_cases(base: RuleBase) -> None:
    encoding = Encoding(compile_base(base))
    for seed in range(fuzz_cases(20)):
        agrees(encoding, random_case(Random(seed), base).memory(base))


def test_facts_of_a_counterexample_are_numbers_that_a_file_can_hold(base: RuleBase) -> None:
    encoding = Encoding(compile_base(base))
    fact = encoding.facts["goal_backtest_ratio_pct"]
    model, _ = solve([*encoding.domain, fact.known, fact.value == fixed(Fraction(310, 3)), fact.low == fact.high])
    assert model is not None
    assert encoding.facts_of(model)["goal_backtest_ratio_pct"] == Decimal("103.333333333333")


def test_of_what_is_unknown_the_value_is_looked_at_nowhere(base: RuleBase) -> None:
    """So a search may give a forgotten fact the value that it had."""
    encoding = Encoding(compile_base(base))
    for part in (encoding, *encoding.low.values()):
        for rule in base.rules:
            asked = [*part.rules[rule.id], part.open(rule), part.unsettled(rule)]
            for name in {*names(rule.when)} & {*part.facts}:
                fact = part.facts[name]
                unknown = dict.fromkeys((fact.known, fact.has_low, fact.has_high), FALSE)
                left = {each for formula in asked for each in variables(put_in(formula, unknown, {}))}
                assert left.isdisjoint({fact.low, fact.high}), (rule.id, name)


@settings(max_examples=fuzz_cases(8))
@given(data=st.data())
def test_the_formulas_agree_with_the_engine_on_random_rule_bases(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        base = load_home(Path(folder), data.draw(homes()))
    random = Cases(base, imprecise=True)
    encoding = Encoding(compile_base(base))
    for _ in range(3):
        agrees(encoding, random.read(data.draw(random.drawn)))


@pytest.mark.parametrize(
    "when",
    [
        "(10 > share) == (n <= n)",  # the imprecise side is decided: what keeps it unknown is n alone
        "(10 > share) == (n <= n) or (share > 2) != (n > 1)",
        "(share > 0 and n > 1) in [true]",
        "share * 0 == n",
        "share - share == n",
        "share + n > 3 or share > 2",
        "(share > 2) == yes",
        "not ((share > 2 or yes) == (n > 1))",
    ],
)
@pytest.mark.parametrize(
    "facts",
    [
        {"share": {"value": {"low": 0, "high": 1}}},
        {"share": {"value": {"low": 1, "high": 3}}},
        {"share": {"value": {"low": 1, "high": 3}}, "yes": True},
        {"share": {"value": {"low": 0, "high": 1}}, "n": {"value": {"low": 1, "high": 2}}},
        {"share": 3},
        {"n": {"value": {"low": 0, "high": 3}}},
    ],
    ids=str,
)
def test_what_is_decided_does_not_unsettle_what_it_stands_in(tmp_path: Path, when: str, facts: dict[str, Any]) -> None:
    """A rule was taken for unsettled that the engine held for settled, so a stage could be ruled out beside a proof."""
    terms = {"share": "ratio", "n": "number", "yes": "boolean", "cleared": "boolean"}
    stage = {"terms": terms, "rules": {"A1": {"when": when}}, "ruled_out_when": "cleared"}
    base = load_home(tmp_path, {"only": stage})
    agrees(Encoding(compile_base(base)), memory_of(base, facts | {"cleared": True}))


@pytest.fixture(scope="module")
def shipped(base: RuleBase) -> tuple[Encoding, Cases]:
    encoding = Encoding(compile_base(base))
    drawn = (random_case(Random(seed), base).memory(base) for seed in range(40))
    worked = [memory for memory in drawn if not memory.imprecise]
    return encoding, Cases(base, worked, imprecise=True)


@settings(max_examples=fuzz_cases(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_formulas_agree_with_the_engine_on_imprecise_cases(
    data: st.DataObject, shipped: tuple[Encoding, Cases]
) -> None:
    encoding, random = shipped
    agrees(encoding, random.read(data.draw(random.drawn)))


# --- the shipped properties -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def results(base: RuleBase) -> list[Result]:
    return list(prove(base))


@pytest.mark.slow
def test_every_shipped_property_is_proved(base: RuleBase, results: list[Result]) -> None:
    assert [(r.property.id, r.result) for r in results] == [(p.id, PROVED) for p in base.properties]


def test_what_is_proved_is_broken_by_no_random_case(base: RuleBase) -> None:
    """The check that counterexamples go through, on cases that are none."""
    singles = [p for p in base.properties if p.stages is None and not p.changes]
    assert len(singles) >= 3
    for seed in range(fuzz_cases(50)):
        memory = random_case(Random(seed), base).memory(base)
        assert not [p.id for p in singles if broken(p, None, memory, None)]


RULED_OUT = "applies and ruled_out_when and strong == 0 and moderate == 0 and unsettled == 0"
REPAIRED = (
    "knowledge/ladder.yaml",
    "passed_when: status in ['ruled_out', ",
    "passed_when: status in ['under_remedy', 'ruled_out', ",
)
"""A stage that the company repairs is passed."""
GOOD_ENOUGH = (
    "knowledge/ladder.yaml",
    "proved_when: status in ['ruled_out', ",
    "proved_when: status in ['under_remedy', 'ruled_out', ",
)
MUTATIONS = {
    "remedied_no_person": REPAIRED,
    "remedied_no_personnel": REPAIRED,
    "remedied_no_file": REPAIRED,
    "under_remedy_spares_persons": REPAIRED,
    "less_help_no_file": (
        "rules/termination.yaml",
        "case_attainment_pct < 100 and ",
        "case_attainment_pct < 100 and hr_coaching_held_n <= 20 and ",
    ),
    "company_before_person": (
        "knowledge/ladder.yaml",
        "status == 'confirmed' and not_passed == 0 and unproven == 0 and (not personnel or not_proved == 0)",
        "status == 'confirmed'",
    ),
    "company_before_file": ("knowledge/ladder.yaml", "when: not previous_concluded}", "when: not applies}"),
    "core_fact_forgotten": (
        "knowledge/product.yaml",
        "product_return_ratio <= return_ratio_fair and",
        "(product_return_ratio <= return_ratio_fair or product_lost_reason_share_pct <= 10) and",
    ),
    "fact_forgotten": ("knowledge/ladder.yaml", "unproven == 0 and left_out == 0", "left_out == 0"),
    "interval_sound": (
        "knowledge/properties.yaml",
        "not rule_true implies not rule_true",
        "rule_true implies rule_true",
    ),
    "interval_sound_false": (
        "knowledge/properties.yaml",
        "not rule_false implies not rule_false",
        "rule_false implies rule_false",
    ),
    "wider_no_file": (
        "knowledge/properties.yaml",
        "termination != eligible_for_human_review implies termination != eligible_for_human_review\n  after: {wider",
        "termination != eligible_for_human_review implies termination == eligible_for_human_review\n  after: {wider",
    ),
    "all_looked_at": ("knowledge/ladder.yaml", "eligible >= 1 and unexamined == 0", "eligible >= 1"),
    "help_before_file": (
        "rules/termination.yaml",
        "hr_final_warning and hr_response_heard",
        "hr_response_heard",
    ),
    "fair_comparison": (
        "rules/individual.yaml",
        "ind_peers_n >= peers_min and ind_tenure",
        "ind_peers_n >= 4 and ind_tenure",
    ),
    "no_blame_by_chance": ("rules/individual.yaml", "ind_mix_index >= book_index_low and", "ind_mix_index >= 0.7 and"),
    "set_aside_is_no_proof": (
        "knowledge/ladder.yaml",
        "unproven == 0 and (not personnel or not_proved == 0)",
        "not_passed == 0",
    ),
    "company_wide_spares_persons": (
        "rules/individual.yaml",
        "company_wide and not period_truncated",
        "period_truncated",
    ),
    "personnel_only_at_person": ("knowledge/ladder.yaml", "personnel_stage: individual", "personnel_stage: marketing"),
    "better_is_not_harsher": (
        "rules/individual.yaml",
        "and ind_activity_ratio < activity_low and",
        "and ind_activity_ratio > activity_low and",
    ),
    "better_completes_no_file": (
        "rules/termination.yaml",
        "case_attainment_pct < 100 and ",
        "case_attainment_pct < 100 and ind_skill_score >= 2 and ",
    ),
    "wider_no_person": ("knowledge/ladder.yaml", RULED_OUT, RULED_OUT.removesuffix(" and unsettled == 0")),
    "wider_no_personnel": ("knowledge/ladder.yaml", RULED_OUT, RULED_OUT.removesuffix(" and unsettled == 0")),
    "weaker_no_file": ("knowledge/ladder.yaml", "unproven == 0 and (", "unproven == 1 and ("),
    "weaker_no_person": ("knowledge/ladder.yaml", "unproven == 0 and (", "unproven == 1 and ("),
    "added_no_file": ("knowledge/ladder.yaml", "unproven == 0 and left_out", "left_out"),
    "added_no_person": ("knowledge/ladder.yaml", "unproven == 0 and (", "("),
    "forgotten_no_pressure": ("knowledge/ladder.yaml", "concluded and unexamined == 0", "concluded"),
    "floor_holds_person": ("knowledge/ladder.yaml", "unproven == 0 and (", "("),
    "floor_holds_file": ("knowledge/ladder.yaml", "unproven == 0 and left_out", "left_out"),
    "every_shortfall_ends": ("knowledge/ladder.yaml", "  - status == 'open'", "  - mode == 'success'"),
}
"""Property -> an edit of the shipped files that breaks it: file, text, and what stands there instead."""
EXTRA = {
    **dict.fromkeys(
        ("remedied_no_person", "remedied_no_personnel", "remedied_no_file", "under_remedy_spares_persons"), GOOD_ENOUGH
    ),
    "weaker_no_file": ("knowledge/ladder.yaml", "unproven == 0 and left_out", "left_out"),
    "personnel_only_at_person": ("rules/marketing.yaml", "recommend: [", "recommend: [coaching_plan, "),
    "company_wide_spares_persons": ("rules/scope.yaml", "  suppresses: [personnel]\n", ""),
}
"""What an edit needs to show: somebody who recommends it, and nothing that suppresses it as well."""


def mutated(folder: Path, *edits: tuple[str, str, str]) -> RuleBase:
    """A copy of the shipped rule base with edits."""
    for room in ("knowledge", "rules"):
        (folder / room).mkdir(parents=True)
        for path in (ROOT / room).glob("*.yaml"):
            text = path.read_text(encoding="utf-8")
            for name, old, new in edits:
                if name == f"{room}/{path.name}":
                    assert old in text, old
                    text = text.replace(old, new, 1)
            (folder / room / path.name).write_text(text, encoding="utf-8")
    return salesdx.load(folder)


def test_each_property_has_a_mutation(base: RuleBase) -> None:
    assert set(MUTATIONS) == {property.id for property in base.properties}


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATIONS)
def test_an_edit_that_breaks_a_property_is_refuted_with_a_case(name: str, tmp_path: Path) -> None:
    edits = [MUTATIONS[name], *([EXTRA[name]] if name in EXTRA else [])]
    changed = mutated(tmp_path, *edits)
    (result,) = prove(changed, only=(name,))
    assert result.result == REFUTED
    assert result.case is not None
    property = result.property
    of = next((s for s in (*changed.stages, *changed.rules) if s.id == result.where), None)
    assert broken(property, of, result.case, result.after)
    if result.after is None:  # every fact that is left is needed
        for fact in result.case.statements.keys() - result.case.fixed:
            assert not broken(property, of, result.case.with_statements(fact, ()), None), fact
    if result.case.remedies or (result.after and result.after.remedies):
        return  # a file tells remedies by its actions, which a search does not make up
    again = [case and case_from_text(new_case(case), "written", changed) for case in (result.case, result.after)]
    assert broken(property, of, *again)


@pytest.mark.parametrize(
    ("name", "decided"),
    [("interval_sound", "rule_true"), ("interval_sound_false", "rule_false")],
)
def test_what_is_known_less_precisely_can_still_be_decided(name: str, decided: str, base: RuleBase) -> None:
    """A property that never spoke of anything would be proved as well: here what is decided at a point is decided of
    an interval around it."""
    property = next(p for p in base.properties if p.id == name)
    claim = parse_condition(decided)
    never, of = replace(property, premise=claim, conclusion=Not(claim)), list(instances(base, property))
    search = CounterexampleSearch(compile_base(base))
    pairs = zip(search.first.facts.values(), search.second.facts.values(), strict=True)
    numbers = [(a, b) for a, b in pairs if a.low is not a.high]
    search.second.domain += [implies(a.known, a.exact) for a, _ in numbers]
    search.second.domain.append(how_many([all_of(b.known, b.low < b.high) for _, b in numbers]) >= 3)
    wishes = ((True, True), (True, False), (False, True), (False, False))
    for seconds, (rounded, file) in product((4, 60), wishes):  # another wish may find it at once
        found = search.find(never, of, seconds, formulas=True, file=file, exact=True, rounded=rounded)
        if found.facts is None or found.after is None:
            assert found.gave_up
            continue  # given up; another wish may find it
        assert not any(isinstance(value, Interval) for value in found.facts.values())
        assert sum(isinstance(value, Interval) for value in found.after.values()) >= 3
        with suppress(CaseError):
            before, after = cases_of(base, found)
            if any(broken(never, each, before, after) for each in of):
                return
    pytest.fail("what was found is no case that people can state")


def test_a_file_is_complete_on_values_that_are_known_less_precisely_too(base: RuleBase) -> None:
    """So the property that wider values never complete one speaks of something."""
    memory = salesdx.read_case(ROOT / "examples" / "complete-file.yaml", base)
    widened = 0
    for name, (said, *others) in memory.statements.items():
        if (
            isinstance(said.value, Decimal)
            and not others
            and name not in memory.fixed
            and not base.terms[name].computed
        ):
            wide = (replace(said, value=Interval(said.value, said.value + 1)),)
            after = memory.with_statements(name, wide)
            if quick(base, after).to_dict()["termination"] == "eligible_for_human_review":
                memory, widened = after, widened + 1
    assert quick(base, memory).to_dict()["termination"] == "eligible_for_human_review"
    assert widened >= 20


def complete(memory: WorkingMemory) -> bool:
    return quick(memory.base, memory).to_dict()["termination"] == "eligible_for_human_review"


def test_weaker_evidence_leaves_some_files_complete_and_others_not(base: RuleBase) -> None:
    """So the properties of weaker evidence speak of something."""
    memory = salesdx.read_case(ROOT / "examples" / "complete-file.yaml", base)
    weak = {name: memory.with_statements(name, tuple(replace(each, date=None) for each in said))
            for name, said in memory.statements.items() if name not in memory.fixed}  # fmt: skip
    assert {complete(after) for after in weak.values()} == {True, False}


def test_more_statements_leave_a_file_complete_and_can_open_it(base: RuleBase) -> None:
    """So the properties of what is said besides speak of something."""
    memory = salesdx.read_case(ROOT / "examples" / "complete-file.yaml", base)
    silent = [
        t.name
        for t in base.terms.values()
        if t.type == "boolean" and not t.computed and t.name not in memory.statements
    ]
    more = memory.with_statements(silent[0], (Statement(True),))
    assert complete(more)
    (said,) = memory.statements["hr_written_warning"][:1]
    other = (*memory.statements["hr_written_warning"], replace(said, value=False, author="another"))
    assert not complete(memory.with_statements("hr_written_warning", other))


def test_pressure_stays_where_what_does_not_matter_is_forgotten(base: RuleBase) -> None:
    """So the property of pressure speaks of something: a plan is recommended before and after."""
    memory = salesdx.read_case(ROOT / "rules/cases/termination-put-together-in-a-hurry.yaml", base)
    property = next(p for p in base.properties if p.id == "forgotten_no_pressure")
    assert not broken(property, None, memory, memory)
    held = [words_of(quick(base, memory.with_statements(name, ())))["pressure_recommended"]
            for name in memory.statements if name not in memory.fixed]  # fmt: skip
    assert words_of(quick(base, memory))["pressure_recommended"] is True
    assert True in held and False in held


def test_what_spares_a_person_cannot_be_left_out_of_a_file(base: RuleBase) -> None:
    """A kind of evidence is of no use for single persons; who leaves that out does not bring it back."""
    memory = salesdx.read_case(ROOT / "examples" / "complete-file.yaml", base)
    said = memory.statements["ind_crm_logging_pct"]
    assert complete(memory)
    assert not complete(
        memory.with_statements("ind_crm_logging_pct", tuple(replace(s, value=Decimal(60)) for s in said))
    )
    forgotten = quick(base, memory.with_statements("ind_crm_logging_pct", ()))
    assert forgotten.to_dict()["termination"] == "open"
    assert [each.rule.id for each in forgotten.unexamined] == ["IN12"]


def test_a_stage_and_a_rule_rest_on_the_floor_or_not(base: RuleBase) -> None:
    memory = salesdx.read_case(ROOT / "examples" / "complete-file.yaml", base)
    rule = next(rule for rule in base.rules if rule.strength == "eligible")
    bare = memory
    for name, said in memory.statements.items():
        bare = bare.with_statements(name, tuple(replace(each, by="") for each in said))
    for of in (base.home["product"], rule):
        assert words_of(quick(base, memory), of)["on_floor"] is True
        assert words_of(quick(base, bare), of)["on_floor"] is False


def test_a_property_that_cannot_be_decided_in_time_says_so(tmp_path: Path) -> None:
    """A sum of three cubes, which is known to be hard."""
    cubes = [" * ".join([name] * 3) for name in ("ind_wins_n", "ind_peer_wins_n", "ind_decided_deals_n")]
    known = " and ".join(f"{cube} > 27" for cube in cubes)
    sums = f"{cubes[0]} + {cubes[1]} == {cubes[2]} - 114"
    text = f"- id: hard\n  says: A hard one\n  always: {known} and {sums} implies 1 > 2\n"
    (result,) = prove(mutated(tmp_path, ("knowledge/properties.yaml", PROPERTIES, text)), seconds=0.3)
    assert (result.result, result.case) == (UNDECIDED, None)
    assert result.why.startswith("z3 gives up")


# --- the file of properties -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "underlined"),
    [
        ("always: concluded == individuum", "unknown-term", "individuum"),
        ("always: termination == eligible", "unknown-term", "eligible"),
        ("always: ind_peers_n >= 'a'", "type", "ind_peers_n >= 'a'"),
        ("always: ind_peers_n", "type", "ind_peers_n"),
        ("always: mode == diagnosis implies no_cause implies no_cause", "property", "implies"),
        ("always: this == open", "unknown-term", "this"),
        ("always: looked_at", "unknown-term", "looked_at"),
        ("always: no_cause\n  for_stages: {before: nowhere}", "property", "nowhere"),
        ("always: no_cause\n  for_stages: some", "property", "some"),
        ("always: looked_at\n  for_rules: {strengths: [srtong]}", "property", "srtong"),
        ("always: no_cause implies no_cause\n  after: {forget: all}", "property", "all"),
        ("always: no_cause implies no_cause\n  after: {better: {ind_peers: higher}}", "unknown-term", "ind_peers"),
        ("always: no_cause implies no_cause\n  after: {better: {ind_peers_n: more}}", "property", "more"),
        ("always: no_cause\n  after: {forget: any}", "property", "no_cause"),
        ("always: no_cause implies no_cause\n  after: {weaker: all}", "property", "all"),
        (
            "always: no_cause implies no_cause\n  after: {added: any, wider: any}",
            "property",
            "{added: any, wider: any}",
        ),
        ("always: on_floor", "unknown-term", "on_floor"),
        ("always: no_cause and", "syntax", "and"),
        ("alway: no_cause", "unknown-key", "alway"),
    ],
)
def test_faults_in_properties_are_told_where_they_stand(text: str, code: str, underlined: str, tmp_path: Path) -> None:
    new = f"- id: ours\n  says: Ours\n  {text}\n"
    with pytest.raises(salesdx.RuleBaseError) as raised:
        mutated(tmp_path, ("knowledge/properties.yaml", PROPERTIES, new))
    issue = raised.value.issues[0]
    place = issue.place
    assert issue.code == code, issue
    assert place.text[place.column - 1 : place.end_column - 1] == underlined


def test_a_counterexample_is_as_small_as_a_reader_wants_it(tmp_path: Path) -> None:
    new = "- id: ours\n  says: Price is never concluded\n  always: concluded != pricing\n"
    (result,) = prove(mutated(tmp_path, ("knowledge/properties.yaml", PROPERTIES, new)))
    assert result.result == REFUTED
    assert result.case is not None
    assert len(result.case.statements) < 20
    assert salesdx.diagnose(result.case.base, result.case).to_dict()["concluded"] == "pricing"


def test_two_cases_of_a_change_differ_only_as_told(base: RuleBase) -> None:
    search = CounterexampleSearch(compile_base(base))
    property = next(p for p in base.properties if p.better)
    weaker = type(property)(property.id, "", "", None, property.conclusion, better=property.better)
    found = search.find(weaker, [None], 60, exact=True)
    assert found.facts is not None
    assert found.after is not None
    differ = {name for name in base.terms if found.facts.get(name) != found.after.get(name)}
    differ -= {name for name in differ if base.terms[name].computed}  # what is computed follows
    assert differ <= set(property.better)
    for name in differ:
        before, after = found.facts[name], found.after[name]
        assert isinstance(before, Decimal)
        assert isinstance(after, Decimal)
        assert after > before


# --- the command and the certificate ----------------------------------------------------------------------------------


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_salesdx(*arguments, env={})


def test_the_command_gives_json_and_the_cases_that_break_a_property(tmp_path: Path) -> None:
    mutated(tmp_path / "ours", MUTATIONS["fact_forgotten"])
    done = run(
        "prove",
        "--home",
        str(tmp_path / "ours"),
        "--only",
        "fact_forgotten",
        "--format",
        "json",
        "--cases",
        str(tmp_path / "cases"),
    )
    assert done.returncode == 1, done.stderr
    (found,) = json.loads(done.stdout)
    assert (found["property"], found["result"]) == ("fact_forgotten", "REFUTED")
    assert found["rule_base"] == salesdx.load(tmp_path / "ours").digest
    forgotten = {
        name for name, said in found["counterexample"].items() if said != found["counterexample_after"].get(name)
    }
    assert forgotten <= {"hr_coaching_start_date", "hr_coaching_end_date"}  # the days are then those that a hand wrote
    assert forgotten
    shown = run(
        "diagnose",
        "--home",
        str(tmp_path / "ours"),
        str(tmp_path / "cases/fact_forgotten-after.yaml"),
        "--format",
        "json",
    )
    assert json.loads(shown.stdout)["termination"] == "eligible_for_human_review"


def test_the_command_refuses_what_is_no_property() -> None:
    done = run("prove", "--only", "nothing")
    assert done.returncode == 2
    assert "there is no property `nothing`" in done.stderr


def test_a_certificate_counts_for_its_rules_alone(tmp_path: Path, base: RuleBase) -> None:
    home = tmp_path / "ours"
    found = mutated(home)
    (home / "proof.json").write_text(
        proof_text(Proof(found.digest, "z3", ("one", "two"), (), ("three",))), encoding="utf-8"
    )
    shown = run("diagnose", "--full", "--home", str(home), str(ROOT / "examples/late-delivery.yaml"))
    assert "2 of 3 properties of these rules are proved for every possible case by z3; 1 is not" in " ".join(
        shown.stdout.split()
    )
    with open(home / "rules/pricing.yaml", "a", encoding="utf-8") as file:
        file.write("\n")
    shown = run("diagnose", "--full", "--home", str(home), str(ROOT / "examples/late-delivery.yaml"))
    assert "is of other rules and counts no more" in " ".join(shown.stdout.split())


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "salesdx.proof/1"}', "\x00", "[" * 100_000])
def test_a_certificate_that_cannot_be_read_proves_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "proof.json").write_text(text, encoding="utf-8")
    assert proof_of(certificate_in(tmp_path)) is None


def test_the_shipped_certificate_is_of_the_shipped_rules(base: RuleBase) -> None:
    assert base.proof is not None
    assert base.proof.rule_base == base.digest, "`salesdx prove --certificate` makes a new one"
    assert base.proof.proved == tuple(property.id for property in base.properties)
