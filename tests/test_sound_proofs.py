"""What the prover says of random tiny rule bases, held to brute force over statements.

No random case, and no random change of one, may break what is PROVED; what is REFUTED is broken by the case that is
shown, read back from its file, and the change is one of which the property speaks.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

import salesdx
from homes import Dumper, Loader, memory_of, one_stage, write_home
from random_cases import fuzz_cases
from random_statements import FIRST, LAST, TODAY, Source, random_case
from salesdx.authoring.agreement import settles_no_disagreement
from salesdx.authoring.property_words import instances, property_holds, words_of
from salesdx.authoring.prove import PROVED, REFUTED, UNDECIDED, PropertyProver, Result, prove_one
from salesdx.base.model import Proof, Property, RuleBase
from salesdx.base.proof import proof_of, proof_text
from salesdx.case.file import case_from_text
from salesdx.case.floor import low_reading
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.case.writing import new_case
from salesdx.engine.backends import reference
from salesdx.engine.backends.smt import case_split, counterexample
from salesdx.engine.backends.smt.computed_terms import follows
from salesdx.engine.backends.smt.directions import lemmas
from salesdx.engine.backends.smt.encoding import Encoding
from salesdx.engine.backends.smt.logic import fixed, negated
from salesdx.engine.backends.smt.solving import solve
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.judgement import judge
from salesdx.engine.program import compile_base
from salesdx.language.parsing import parse_condition
from salesdx.language.statistics import fisher_lower_p
from salesdx.text.issues import CaseError, RuleBaseError
from second_model.base import read_base
from second_model.plain import read, write
from sound_bases import COMPLETE, PERSON, PROPERTIES, PROPERTIES_OF_A_BASE, sound_base
from sound_changes import CHANGES, Pair, may_be, pairs

CASES, TRIES = 40, 100
"""Of each base, and for each property."""
SECONDS = 2
"""For each question to the prover."""
NOT_TRUE = Property("ours", "", "", parse_condition("not rule_true"), parse_condition("not rule_true"))
FEW = {"type": "integer", "range": [0, 4]}
EXCUSE = {"value": "not_applicable", "by": "finance", "reason": "there is none"}


@dataclass
class Trial:
    """One random base: the cases that are tried, and what the reference engine says of them."""

    base: RuleBase
    random: Random
    cases: list[WorkingMemory] = field(default_factory=list)
    seen: dict[int, tuple[WorkingMemory, Diagnosis]] = field(default_factory=dict)

    def diagnosis(self, memory: WorkingMemory) -> Diagnosis:
        if id(memory) not in self.seen:
            program = compile_base(self.base)
            found = judge(program, memory, reference.match(program, memory), reference.match)
            self.seen[id(memory)] = memory, found
        return self.seen[id(memory)][1]

    def forbidden(self, property: Property, of: Any, pair: Pair) -> bool:
        """Whether what a property forbids behind its premise is so."""
        return not property_holds(property.conclusion, self.diagnosis(pair.after), of)

    def breaks(self, property: Property, of: Any, pair: Pair) -> bool:
        if not self.forbidden(property, of, pair):
            return False
        return property.premise is None or property_holds(property.premise, self.diagnosis(pair.before), of)


def read_data(data: dict[str, Any], base: RuleBase) -> WorkingMemory:
    return replace(case_from_text(write(data), "case", base), today=TODAY)


def starts(prover: PropertyProver, properties: list[Property]) -> list[dict[str, Any]]:
    """Cases in which what properties forbid is so, as the prover finds them: a place to begin with, and no proof."""
    claims = {
        str(each.conclusion): replace(each, id=f"{each.id}_occurs", premise=None, forget="", better={}, restated="")
        for each in properties
    }
    results = (prover.decide(claim, SECONDS) for claim in claims.values())
    return [in_period(read(new_case(each.case))) for each in results if each.case is not None]


def in_period(data: dict[str, Any]) -> dict[str, Any]:
    """A case of a counterexample's own day, moved to the period of random cases."""
    for said in data.get("facts", {}).values():
        for each in said if isinstance(said, list) else [said]:
            if isinstance(each, dict) and isinstance(each.get("date"), date):
                each["date"] = LAST
    return data | {"period": {"from": FIRST, "to": LAST}}


def trial(seed: int, folder: Path) -> Trial:
    random = Random(seed)
    return Trial(sound_base(random, folder), random)


def random_cases_of(made: Trial, folder: Path, worked: list[dict[str, Any]]) -> list[WorkingMemory]:
    source = Source(read_base(folder), worked)
    found = []
    for _ in range(CASES):
        try:
            found.append(read_data(random_case(made.random, source), made.base))
        except CaseError:
            continue
    return found


def held(trial: Trial, property: Property, count: Counter[str]) -> list[tuple[str, Pair]]:
    """The random pairs that break a property that was proved."""
    every = list(instances(trial.base, property))
    found = []
    for _ in range(TRIES if every else 0):
        of = trial.random.choice(every)
        for pair in pairs(trial.random, property, of, trial.cases, 1):
            forbidden = trial.forbidden(property, of, pair)
            count["tried"] += 1
            count["conclusion false"] += forbidden
            if forbidden and trial.breaks(property, of, pair):
                found.append((of.id if of is not None else "", pair))
    return found


def confirmed(trial: Trial, result: Result) -> bool:
    """Whether the case of a refuted property breaks it, read from its file, by a change that may be."""
    assert result.case is not None
    case, after = (replace(case_from_text(new_case(each), "case", trial.base), today=result.case.today)
                   for each in (result.case, result.after or result.case))  # fmt: skip
    of = next(
        (each for each in instances(trial.base, result.property) if each is not None and each.id == result.where), None
    )
    pair = Pair(case, after)
    return trial.breaks(result.property, of, pair) and (
        not result.property.changes or may_be(pair, result.property, of)
    )


def signed(value: int, by: str = "finance", kind: str = "signed record") -> dict[str, Any]:
    return {"value": value, "by": by, "kind": kind}


# --- what is proved, and what is refuted ------------------------------------------------------------------------------


BLOCKS = 6
"""Parts of the work, for several processes."""
PAIRS = 5 * fuzz_cases(24)
"""Pairs of a base and a property."""
FIGURES = os.environ.get("SALESDX_FUZZ_FIGURES", "")
"""A file for the figures of a long run, a line each 1,000 pairs of a block: if it is stopped these count."""


def write_figures(block: int, count: Counter[str], false: list[object]) -> None:
    if FIGURES:
        decided = {word.lower(): count[word] for word in (PROVED, REFUTED, UNDECIDED)}
        line = {"block": block, "pairs": sum(decided.values()), **decided, "tried": count["tried"],
                "of these the conclusion false": count["conclusion false"], "false": list(map(str, false))}  # fmt: skip
        with Path(FIGURES).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


@pytest.mark.slow
@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_is_proved_is_so_and_what_is_refuted_is_not(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the bases are asked in parts, as large ones are: in still smaller ones."""
    monkeypatch.setattr(case_split, "SMALL", 12)
    monkeypatch.setattr(case_split, "TOGETHER", 30)
    count: Counter[str] = Counter()
    false: list[object] = []
    """Seed, property, and where: what was proved and is broken, and what was refuted and is not."""
    for number, seed in enumerate(range(block, PAIRS // PROPERTIES_OF_A_BASE, BLOCKS), 1):
        monkeypatch.setattr(counterexample, "MANY_RULES", 0 if seed // BLOCKS % 2 else sys.maxsize)
        made = trial(seed, tmp_path / str(seed))
        prover = PropertyProver(made.base, made.base.properties)
        results = [prover.decide(property, SECONDS) for property in made.base.properties]
        proved = [each.property for each in results if each.result == PROVED]
        made.cases = random_cases_of(made, tmp_path / str(seed), starts(prover, proved))
        for each in results:
            count[each.result] += 1
            if each.result == PROVED:
                false += [(seed, each.property.id, where) for where, _ in held(made, each.property, count)[:1]]
            elif each.result == REFUTED and not confirmed(made, each):
                false.append((seed, each.property.id, each.where))
        if number % (1000 // PROPERTIES_OF_A_BASE) == 0:
            write_figures(block, count, false)
        shutil.rmtree(tmp_path / str(seed))
    write_figures(block, count, false)
    assert not false
    assert count["tried"] >= 20 * count[PROVED], count
    assert count["conclusion false"] * 20 >= count["tried"], count  # what is forbidden does occur
    assert count[UNDECIDED] * 100 <= sum(count[word] for word in (PROVED, REFUTED, UNDECIDED)) + 100, count


def test_every_kind_of_property_and_of_change_has_its_random_tries() -> None:
    kinds = {name.partition("_")[0] for name in PROPERTIES}
    assert kinds >= {"forget", "core", *CHANGES}


def test_evidence_of_a_kind_that_is_not_trusted_is_the_weaker(tmp_path: Path) -> None:
    """Earlier a pair counted as the same on weaker evidence that met a floor which it did not meet before."""
    distrusts = {"when": "n1 >= 0", "strength": "caution", "distrusts": "transaction data"}
    first = {"terms": {"n1": FEW}, "rules": {"R1": "n1 > 1", "C1": distrusts}, "ruled_out_when": "n1 < 1"}
    person = {"terms": {}, "rules": {"R2": "n1 > 2"}, "ruled_out_when": "n1 < 2"}
    write_home(tmp_path, {"first": first, PERSON: person})
    path = tmp_path / "knowledge" / "ladder.yaml"
    ladder = yaml.load(path.read_text("utf-8"), Loader)
    ladder["stages"][1]["floor"] = {"by": "own", "kind": "respondent's estimate"}
    path.write_text(yaml.dump(ladder, Dumper=Dumper, sort_keys=False), "utf-8")
    base = salesdx.load(tmp_path)
    told = {"value": 3, "by": base.terms["n1"].respondent}
    useless, good = (memory_of(base, {"n1": {**told, "kind": kind}}) for kind in ("transaction data", "signed record"))
    weaker = replace(NOT_TRUE, restated="weaker")
    assert not may_be(Pair(useless, good), weaker, None)
    assert may_be(Pair(good, useless), weaker, None)


@pytest.mark.parametrize(("kind", "counts"), [("transaction data", True), ("opinion", False)])
def test_a_result_that_was_outweighed_may_go(kind: str, counts: bool, tmp_path: Path) -> None:
    """Earlier that settled a disagreement, though the stronger evidence had settled it, and what was refuted by such
    a pair was not confirmed."""
    many = {"type": "number", "range": [0, 8], "or_formula": "n1 + n2", "respondent": "finance"}
    base = one_stage(tmp_path, {"n1": FEW, "n2": FEW, "many": many}, {"R1": "many > 5"})
    facts = {"n1": 0, "n2": {"value": {"low": 0, "high": 3}}, "many": {"value": 3, "by": "finance", "kind": kind}}
    pair = Pair(*(memory_of(base, each) for each in (facts, {"n1": 0, "many": facts["many"]})))
    assert may_be(pair, replace(NOT_TRUE, forget="any"), None) is counts


@pytest.mark.parametrize(
    ("told", "after", "change"),
    [({"n1": [signed(0), signed(0, "hr", "opinion")], "made": signed(6, "hr")},
      {"n1": signed(0, "hr", "opinion")}, {"forget": "any"}),
     ({"n1": 0, "made": [signed(6), signed(6, "hr")]}, {"made": signed(6, "hr")}, {"forget": "any"}),
     ({"n1": 3, "made": signed(6)}, {"made": signed(5)}, {"better": {"made": "lower"}}),
     ({"n1": 3, "made": signed(6)}, {"n1": {"value": {"low": 0, "high": 4}}}, {"restated": "wider"})],
)  # fmt: skip
def test_of_a_result_that_people_contradict_nothing_is_settled(
    told: dict[str, Any], after: dict[str, Any], change: dict[str, Any], tmp_path: Path
) -> None:
    """Earlier the first was proved of what it breaks, and the next two were taken for a case that refutes."""
    made = {"type": "number", "range": [0, 8], "or_formula": "n1 + 0", "respondent": "finance"}
    base = one_stage(tmp_path, {"n1": FEW, "made": made}, {"R1": "made > 5"})
    pair = Pair(*(memory_of(base, facts) for facts in (told, {**told, **after})))
    claim = replace(NOT_TRUE, **change)
    stays = change == {"restated": "wider"}
    assert may_be(pair, claim, None) is stays
    assert settles_no_disagreement(claim, pair.before, pair.after) is stays


# --- faults of earlier provers, each by value -------------------------------------------------------------------------


def refused(folder: Path, terms: dict[str, Any]) -> str:
    with pytest.raises(RuleBaseError) as raised:
        one_stage(folder, {"n1": "integer", "x1": "number", **terms}, {"R1": "n1 > 1"})
    return "\n".join(issue.message for issue in raised.value.issues)


@pytest.mark.parametrize("formula", ["n1 / 2", "x1 + 1", "min(n1, 0.5)", "wilson_low(n1, n1)"])
def test_a_computed_integer_is_whole_whatever_it_is_computed_from(formula: str, tmp_path: Path) -> None:
    said = refused(tmp_path, {"made": {"type": "integer", "formula": formula}})
    assert said == "`made` is an integer, and its formula can give a fraction"


def test_nobody_looks_at_a_division_by_zero_in_the_formulas_either(tmp_path: Path) -> None:
    base = one_stage(tmp_path, {"n1": "integer", "n2": "integer"}, {"R1": "n1 / n2 > 1"})
    encoding = Encoding(compile_base(base))
    zero, looked_at = encoding.facts["n2"], negated(encoding.open(base.rule["R1"]))
    assert solve([encoding.excused["n1"], zero.exact, zero.low == 0, looked_at, *encoding.domain]) == (None, "")
    memory = memory_of(base, {"n1": EXCUSE, "n2": 0})
    assert quick(base, memory).looks.open(["R1"]) == ["R1"]
    assert quick(base, memory_of(base, {"n1": EXCUSE, "n2": 1})).looks.open(["R1"]) == []


def test_looked_at_is_of_a_rule_wherever_its_stage_stands(tmp_path: Path) -> None:
    """Earlier the rules of stages that are not passed were all taken to be looked at, and not by the prover."""
    base = one_stage(tmp_path, {"n1": "integer"}, {"R1": "n1 > 1"})
    rule = base.rule["R1"]
    assert words_of(quick(base, memory_of(base, {})), rule)["looked_at"] is False
    assert words_of(quick(base, memory_of(base, {"n1": EXCUSE})), rule)["looked_at"] is True


def test_a_sum_follows_what_becomes_better(tmp_path: Path) -> None:
    """Earlier whatever is computed stood still, and this was proved."""
    terms = {"n1": {"type": "integer", "range": [0, 4]}, "n2": {"type": "integer", "range": [0, 4]},
             "total": {"type": "integer", "range": [0, 8], "formula": "n1 + n2"}}  # fmt: skip
    claim = replace(NOT_TRUE, strengths=("strong",), stages=("only",), better={"n1": "higher"})
    for when, wanted in (("total >= 5", REFUTED), ("total <= 5", PROVED)):
        base = one_stage(tmp_path / wanted, terms, {"R1": when})
        assert prove_one(base, claim).result == wanted


def test_a_value_by_hand_counts_only_where_nothing_behind_it_is_vague(tmp_path: Path) -> None:
    terms = {"n1": "integer", "n2": "integer", "total": {"type": "integer", "formula": "n1 + n2"}}
    base = one_stage(tmp_path, terms, {"R1": "total > 1"})
    for other, counts in ((2, True), ({"value": {"low": 1, "high": 3}}, False), ([2, {"value": 3, "by": "hr"}], False)):
        memory = memory_of(base, {"n1": "not_known", "n2": other, "total": 7})
        assert memory.fact("total").by_hand is counts, other


def test_what_a_hand_wrote_of_a_computed_term_meets_no_floor_nor_does_an_excuse_of_it(base: RuleBase) -> None:
    """Else an input of it is dropped, and what was never looked at counts as excused."""
    stage = next(stage for stage in base.stages if stage.floor is not None)
    asked = next(term for term in base.terms.values() if term.computed and term.respondent)
    kind = base.evidence[0].name
    said = Statement(unknown=Unknown.NOT_APPLICABLE, by=asked.respondent, kind=kind, reason="none here", supposed=True)
    memory = WorkingMemory(base, {asked.name: (said,)})
    assert memory.fact(asked.name).excused
    assert not low_reading(memory, stage).fact(asked.name).excused


LOOKED = replace(NOT_TRUE, premise=parse_condition("not looked_at"), conclusion=parse_condition("not looked_at"),
                 strengths=("strong",), stages=("only",), forget="any")  # fmt: skip


BY_HAND = {"question": "What is it?", "respondent": "hr"}
BEHIND = {"n1": {"type": "integer", "range": [0, 0]}, "part": {**FEW, "formula": "n1 + 0", **BY_HAND}}
MORE = {**BEHIND, "more": {"type": "integer", "range": [0, 9], "formula": "part + 1", **BY_HAND}}
SIZE = {**BEHIND, "size": {"type": "enum", "values": ["big", "small"], **BY_HAND, "choose": [
    {"when": "part >= 2", "value": "big"}, {"when": "part < 2", "value": "small"}]}}  # fmt: skip
EITHER = {"n1": {"type": "integer", "range": [3, 4]}, "n2": FEW,
          "either": {"type": "boolean", "formula": "n2 > 2 or n1 > 2", **BY_HAND}}  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "rule", "change", "told", "after", "results"),
    [(MORE, "more > 5", {"forget": "any"}, {"part": 3, "more": 7}, {"more": 7}, [REFUTED]),
     (SIZE, "size == 'small'", {"forget": "any"}, {"part": 3, "size": "small"}, {"size": "small"}, [REFUTED]),
     (SIZE, "size == 'small'", {"restated": "wider"}, {"part": 3, "size": "small"},
      {"part": {"value": {"low": 1, "high": 3}}, "size": "small"}, [REFUTED]),
     (SIZE, "size == 'small'", {"restated": "added"}, {"part": 3, "size": "small"},
      {"part": [3, {"value": 1, "by": "hr"}], "size": "small"}, [REFUTED, UNDECIDED]),
     (EITHER, "not either", {"better": {"n2": "lower"}}, {"n2": 4, "either": False}, {"n2": 1, "either": False},
      [REFUTED])],
)  # fmt: skip
def test_what_a_hand_wrote_comes_to_light_behind_what_a_hand_wrote_and_behind_a_test(
    terms: dict[str, Any], rule: str, change: dict[str, Any], told: dict[str, Any], after: dict[str, Any],
    results: list[str], tmp_path: Path,
) -> None:  # fmt: skip
    """Earlier only what people state could uncover it, and of a formula with a test all that it reads had to be known:
    all of these were proved."""
    base, told, after = one_stage(tmp_path, terms, {"R1": rule}), {**told, "n1": "not_known"}, {
        **after, "n1": "not_known"}  # fmt: skip
    known = parse_condition(f"{'n2' if 'n2' in terms else 'part'} >= 3 and not rule_true")
    words = [words_of(quick(base, memory_of(base, facts)), base.rule["R1"]) for facts in (told, after)]
    assert [each["rule_true"] for each in words] == [False, True]
    claim = replace(NOT_TRUE, premise=known, strengths=("strong",), stages=("only",), **change)
    assert prove_one(base, claim).result in results


NO_NEED = {**EXCUSE, "kind": "signed record", "author": "another"}
HIGHER, FORGET = {"better": {"n5": "higher"}}, {"forget": "any"}
GROWN = {"n1": [signed(0, kind="transaction data"), NO_NEED], "n5": signed(1)}, {"n5": signed(3)}
FORGOT = {"n1": [signed(0), signed(0, "hr")], "made": NO_NEED}, {"n1": signed(0, "hr")}


@pytest.mark.parametrize(
    ("made", "change", "told", "after"),
    [({"formula": "n1 + 0"}, HIGHER, *GROWN),
     ({"formula": "n1 * n5"}, HIGHER, *GROWN),
     ({"or_formula": "n1 + 0"}, FORGET, *FORGOT)],
)  # fmt: skip
def test_no_excuse_comes_to_light_where_the_value_before_it_meets_the_floor_no_more(
    made: dict[str, Any], change: dict[str, Any], told: dict[str, Any], after: dict[str, Any], tmp_path: Path
) -> None:
    """Nobody looks at a division by zero. Who must know the zero says besides that it does not apply, which counts
    beside no value of theirs, also where its evidence is distrusted. Earlier it did, and pressure followed."""
    terms = {**dict.fromkeys(("n1", "n2", "n3", "n4", "n5"), FEW), "made": {"type": "number", "range": [0, 16], **made}}
    rules: dict[str, Any] = {"R1": "n2 > 2 and n3 / made > 1"}
    if change is HIGHER:
        rules["C1"] = {"when": "n5 > 2", "strength": "caution", "distrusts": "transaction data"}
    acting = {"rules": {"R2": {"when": "n4 > 1", "recommend": ["plan"]}}, "ruled_out_when": "n4 < 1",
              "interventions": {"plan": {"personnel": True, "weight": "pressure"}}}  # fmt: skip
    write_home(tmp_path, {"first": {"terms": terms, "rules": rules, "ruled_out_when": "n4 > 0"}, PERSON: acting})
    path = tmp_path / "knowledge" / "ladder.yaml"
    ladder = yaml.load(path.read_text("utf-8"), Loader)
    ladder["stages"][1]["floor"] = {"by": "own", "kind": "signed record"}
    path.write_text(yaml.dump(ladder, Dumper=Dumper, sort_keys=False), "utf-8")
    base = salesdx.load(tmp_path)
    told = {"case_attainment_pct": signed(50), "n2": [{"value": 1}, NO_NEED], "n3": signed(1), "n4": signed(2), **told}
    pair = Pair(*(memory_of(base, facts) for facts in (told, {**told, **after})))
    found = [words_of(quick(base, case), None)["pressure_recommended"] for case in (pair.before, pair.after)]
    assert found == [False, False]
    none = parse_condition("not pressure_recommended")
    here = f"not pressure_recommended and n1 == 0 and n2 == 1 and n3 >= 1{' and n5 <= 2' if change is HIGHER else ''}"
    claim = replace(NOT_TRUE, premise=parse_condition(here), conclusion=none, **change)
    assert may_be(pair, claim, None)
    results = (PROVED,) if change is HIGHER else (PROVED, UNDECIDED)  # what can also be calculated is left freer
    assert prove_one(base, claim).result in results


def test_a_formula_of_bounded_numbers_uncovers_nothing(tmp_path: Path) -> None:
    """`more` has a value wherever `part` has one, however imprecise."""
    base = one_stage(tmp_path, MORE, {"R1": "more > 5"})
    claim = replace(NOT_TRUE, strengths=("strong",), stages=("only",), restated="wider")
    assert prove_one(base, claim).result == PROVED


def test_an_excuse_comes_to_light_where_a_zero_below_a_line_is_forgotten(tmp_path: Path) -> None:
    """Earlier a result that was unknown and not excused could not be excused behind: a change that looks at a rule."""
    none = {"type": "integer", "range": [0, 0]}
    part = {**none, "formula": "n1 + n2", "question": "How many in all?", "respondent": "finance"}
    terms = {"n1": none, "n2": none, "n3": FEW, "part": part,
             "share": {"type": "number", "range": [0, 9], "formula": "n3 / part"}}  # fmt: skip
    base = one_stage(tmp_path, terms, {"R1": "share >= 0"})
    told = {"n2": 0, "n3": 1, "part": EXCUSE}
    before, after = (quick(base, memory_of(base, facts)) for facts in ({**told, "n1": 0}, told))
    assert [words_of(each, base.rule["R1"])["looked_at"] for each in (before, after)] == [False, True]
    assert prove_one(base, LOOKED).result == REFUTED


def test_a_statistic_of_few_numbers_is_what_its_table_says(tmp_path: Path) -> None:
    """0.6 is more than 4 of 4 give: earlier the statistic could be anything, and this was undecided."""
    share = {"type": "number", "range": [0, 1], "formula": "wilson_low(n1, n2)"}
    base = one_stage(tmp_path, {"n1": FEW, "n2": FEW, "share": share}, {"R1": "share > 0.6 and n1 >= 0 and n2 >= 0"})
    known = {"premise": parse_condition("n1 >= 0 and n2 >= 0"), "conclusion": parse_condition("not rule_true")}
    assert prove_one(base, replace(NOT_TRUE, strengths=("strong",), stages=("only",), **known)).result == PROVED


@pytest.mark.parametrize(
    ("facts", "excused"),
    [({"n1": EXCUSE, "n2": 1}, True), ({"n1": EXCUSE, "n2": 4}, True), ({"n1": EXCUSE}, False), ({"n1": 1}, False),
     ({"n1": EXCUSE, "n2": EXCUSE}, True), ({"n1": 1, "n2": 1}, False), ({"n1": 1, "n2": EXCUSE}, True)],
)  # fmt: skip
def test_a_choice_is_excused_by_the_tests_that_keep_it_open(
    facts: dict[str, Any], excused: bool, tmp_path: Path
) -> None:
    """Earlier the prover left it free, and what rests on it was undecided."""
    size = {"type": "enum", "values": ["big", "small"], "choose": [
        {"when": "n1 >= 3", "value": "big"}, {"when": "n2 >= 3", "value": "small"}]}  # fmt: skip
    base = one_stage(tmp_path, {"n1": FEW, "n2": FEW, "size": size}, {"R1": "size == 'big'"})
    assert (quick(base, memory_of(base, facts)).looks.open(["R1"]) == []) is excused
    encoding = Encoding(compile_base(base))
    given = [*follows(encoding, base.terms["size"], False)]
    for name in ("n1", "n2"):
        fact, said = encoding.facts[name], facts.get(name)
        given += [encoding.excused[name] == fixed(said is EXCUSE), fact.known == fixed(isinstance(said, int))]
        given += [fact.low == said, fact.high == said] if isinstance(said, int) else []
    other = encoding.excused["size"] == fixed(not excused)
    assert solve([*given, other, *encoding.domain]) == (None, "")


def test_a_personnel_stage_that_is_a_file_with_a_floor_is_proved_like_any_other(tmp_path: Path) -> None:
    """Earlier its own status was asked for before it was decided, and no property of such rules could be proved."""
    file = {"terms": {}, "decided_by": "file", "rules": {"E1": {"when": "n1 > 2", "strength": "eligible"}}}
    first = {"terms": {"n1": "integer"}, "rules": {"R1": "n1 > 1"}, "ruled_out_when": "n1 < 1"}
    write_home(tmp_path, {"first": first, PERSON: file})
    path = tmp_path / "knowledge" / "ladder.yaml"
    ladder = yaml.load(path.read_text("utf-8"), Loader)
    ladder["stages"][1]["floor"] = {"by": "own", "kind": "signed record"}
    path.write_text(yaml.dump(ladder, Dumper=Dumper, sort_keys=False), "utf-8")
    base = salesdx.load(tmp_path)
    never = replace(NOT_TRUE, premise=None, conclusion=parse_condition(f"{PERSON} != '{COMPLETE}'"))
    assert prove_one(base, never).result == PROVED
    assert prove_one(base, replace(never, conclusion=parse_condition(f"{PERSON} == 'not_reached'"))).result == REFUTED


@pytest.mark.parametrize(
    ("made_of", "unknown", "unsettled"), [(1, None, 0), ({"value": {"low": 0, "high": 2}}, Unknown.IMPRECISE, 1)]
)
def test_what_can_be_calculated_from_vague_numbers_is_imprecise(
    made_of: object, unknown: Unknown | None, unsettled: int, tmp_path: Path
) -> None:
    """Earlier it counted as not asked, or as excused: a number less sharp could silence a sign."""
    share = {"type": "number", "range": [0, 8], "or_formula": "n1 / n2", "respondent": "finance"}
    terms = {"n1": {"type": "integer", "range": [0, 4]}, "n2": {"type": "integer", "range": [0, 4]}, "share": share}
    base = one_stage(tmp_path, terms, {"R1": "share > 2"})
    memory = memory_of(base, {"n1": 4, "n2": made_of, "share": EXCUSE})
    assert memory.fact("share").unknown is unknown
    assert not memory.fact("share").excused
    assert quick(base, memory).looks.unsettled_count(("R1",)) == unsettled


def test_a_result_that_is_rounded_crosses_no_number_with_which_it_is_compared(tmp_path: Path) -> None:
    """Earlier one unit of the twelfth place was free, and 3 of 3 could be more than 1."""
    terms = {"n1": {"type": "integer", "range": [0, 4]}, "n2": {"type": "integer", "range": [0, 4]},
             "share": {"type": "number", "range": [0, 4], "formula": "n1 / n2"}}  # fmt: skip
    base = one_stage(tmp_path, terms, {"R1": "share > 1 and n1 == n2"})
    claim = replace(NOT_TRUE, premise=None, conclusion=parse_condition("not rule_true"), strengths=("strong",),
                    stages=("only",))  # fmt: skip
    assert prove_one(base, claim).result == PROVED


LEMMA_TABLES = 60 if "SALESDX_FUZZ_CASES" in os.environ else 16
"""All tables of so many deals and fewer."""


def test_the_lemma_that_proofs_use_holds_in_every_small_table() -> None:
    for decided, peer_decided in product(range(LEMMA_TABLES + 1), repeat=2):
        for peer_wins in range(peer_decided + 1) if decided + peer_decided <= LEMMA_TABLES else ():
            found = [fisher_lower_p(wins, decided, peer_wins, peer_decided) for wins in range(decided + 1)]
            known = [p for p in found if p is not None]
            assert known == found == sorted(known)


def test_the_certificate_names_the_lemma(base: RuleBase) -> None:
    assert lemmas(base) == ("fisher_lower_p does not fall with the wins, all else equal",)
    text = proof_text(Proof(base.digest, "z3", (), lemmas=lemmas(base)))
    found = proof_of(text)
    assert found is not None and found.lemmas == lemmas(base)


def test_a_computed_term_is_not_named_among_better_results(tmp_path: Path) -> None:
    (tmp_path / "knowledge").mkdir()
    claim = "- {id: ours, says: Ours, always: 'rule_true implies rule_true', for_rules: {strengths: [strong]},\n"
    text = f"{claim}   after: {{better: {{total: higher}}}}}}\n"
    (tmp_path / "knowledge" / "properties.yaml").write_text(text, "utf-8")
    said = refused(tmp_path, {"total": {"type": "integer", "formula": "n1 + n1"}})
    assert said == "`total` is computed: it follows what it is computed from, so name that"
