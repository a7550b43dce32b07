"""Hold the product to the second model over random cases.

    cd tests && python -m second_model.compare COUNT SEED [--home DIR] [--engine NAME]

Each case in which they differ is shown as the smallest one that differs in the same parts, in the form of a case file,
with what the product says and what the model says; then how often everything occurred. Exit status 1 on a difference,
and where something occurs in fewer than one of 200 cases that should.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import salesdx
from random_statements import TODAY, Source, random_case, worked_cases
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory
from salesdx.engine.diagnose import BACKENDS, rete_loads

from .base import Base, read_base
from .conditions import names
from .facts import Fact, read_case
from .intervals import Range
from .ladder import Result, diagnosis
from .plain import write
from .shown import shown

ROOT = Path(__file__).parents[2]
Parts = dict[str, Any]


# --- both in one form -------------------------------------------------------------------------------------------------


def of_product(base: RuleBase, memory: WorkingMemory, engine: str = "reference") -> Parts:
    """What the product says."""
    found = salesdx.diagnose(base, memory, engine)
    told, values = found.to_dict(), found.matches.values
    facts = {name: memory.fact(name) for name in base.terms}
    facts |= {name: memory.computed_fact(term, values) for name, term in base.terms.items() if term.computed}
    parts = {
        **{f"fact {name}": plain(values.get(name)) for name in base.terms},
        **{f"why unknown {name}": fact.unknown.value for name, fact in facts.items() if values.get(name) is None},
        **{f"rule {id}": truth for id, truth in found.matches.truths.items()},
        "mode": told["mode"],
        "statuses": {one["id"]: one["status"] for one in (*told["stages"], *told["files"])},
        "held": [one["id"] for one in told["stages"] if one["held"]],
        "concluded": told["concluded"],
        "unexamined": [one["rule"] for one in told["unexamined"]],
        "recommended": [one["intervention"] for one in told["recommendations"]],
        "suppressed": [one["intervention"] for one in told["suppressed"]],
        "alternatives": [one["intervention"] for one in told["alternatives"]],
    }
    lists = (told[part] for part in ("recommendations", "suppressed", "alternatives"))
    parts["missing"] = {one["id"]: sorted(one["missing"]) for one in (*told["stages"], *told["files"])}
    parts["blocked_by"] = {one["id"]: one["blocked_by"] for one in told["files"]}
    parts["unexamined_terms"] = {one["rule"]: sorted(one["terms"]) for one in told["unexamined"]}
    parts["next_questions"] = sorted(one["term"] for one in told["next_questions"])
    parts["rules_for"] = {one["intervention"]: one["rules"] for entries in lists for one in entries}
    if "verdict" in told:
        parts["verdict"] = told["verdict"]["id"]
    if "likely" in told:
        parts["likely"] = [{key: one[key] for key in ("stage", "sign", "signs", "provided")} for one in told["likely"]]
    for name, fact in facts.items():
        if hasattr(fact, "disputed"):
            parts[f"disputed {name}"] = fact.disputed
    return parts


def of_model(base: Base, data: Mapping[str, Any], firm: Mapping[str, Any] | None = None) -> tuple[Parts, Result]:
    """What the model says, and its result."""
    result = diagnosis(base, read_case(data, base, today=TODAY, firm=firm))
    parts: Parts = {**shown(result)}
    for name, fact in result.facts.items():
        day = base.terms[name].type == "date"
        parts[f"fact {name}"] = _ends(fact.value, day) if isinstance(fact.value, Range) else fact.value
        parts[f"disputed {name}"] = fact.disputed
        if fact.value is None:
            parts[f"why unknown {name}"] = fact.unknown
    return parts | {f"rule {id}": truth for id, truth in result.truths.items()}, result


def _ends(value: Range, day: bool) -> Any:
    low, high = (None if end is None else date.fromordinal(int(end)) if day else end for end in (value.low, value.high))
    return low if value.point else (low, high)


def plain(value: Any) -> Any:
    """A value of the product: a number as a fraction, an interval as a pair."""
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Fraction(value)
    return (plain(value.low), plain(value.high)) if hasattr(value, "high") else value


def differing(product: Parts, model: Parts) -> dict[str, tuple[Any, Any]]:
    """The parts that both tell of and tell otherwise: (product, model)."""
    return {
        part: (product[part], model[part]) for part in product.keys() & model.keys() if product[part] != model[part]
    }


# --- over many cases --------------------------------------------------------------------------------------------------


class Comparison:
    """A rule base on both sides, in each of some engines."""

    def __init__(self, home: Path, engines: Sequence[str], source: Source | None = None) -> None:
        self.product, self.model, self.engines = salesdx.load(home), read_base(home), engines
        self.source = source or worked_cases(self.model)
        self.seen: Counter[str] = Counter()

    def differences(self, data: Mapping[str, Any], *, count: bool = False) -> dict[str, tuple[Any, Any]]:
        model, result = of_model(self.model, data)
        if count:
            self.seen.update(set(features(result)))
        try:
            memory = replace(case_from_text(write(data), "case", self.product), today=TODAY)
        except salesdx.CaseError as refused:
            return {"refused": (str(refused), "read")}
        found = (differing(of_product(self.product, memory, engine), model) for engine in self.engines)
        return next(filter(None, found), {})

    def smallest(self, data: dict[str, Any]) -> dict[str, Any]:
        """The case with every fact and statement left out that is not needed for the same kind of difference."""
        kinds = _kinds(self.differences(data))
        for name in list(data["facts"]):
            fewer = {**data, "facts": {key: said for key, said in data["facts"].items() if key != name}}
            if _kinds(self.differences(fewer)) >= kinds:
                data = fewer
                continue
            for said in list(data["facts"][name])[:-1]:
                fewer = {**data, "facts": {**data["facts"], name: [s for s in data["facts"][name] if s is not said]}}
                if _kinds(self.differences(fewer)) >= kinds:
                    data = fewer
        return data


def _kinds(found: Mapping[str, Any]) -> set[str]:
    """Kinds of parts: a difference in some rule counts as one kind, whichever rule it is."""
    return {part.rsplit(" ", 1)[0] for part in found}


def wanted_features(base: Base) -> set[str]:
    """What has to occur among random cases: they are worth something only if all of it does."""
    found = {f"mode {line['mode']}" for line in base.ladder["modes"]}
    found |= {f"verdict {line['verdict']}" for line in base.ladder.get("verdicts", ())} - {"verdict under_remedy"}
    for at, entry in enumerate(base.ladder["stages"]):
        stage, statuses = entry["stage"], {line["status"] for line in base.ladder["decisions"][entry["decided_by"]]}
        home = base.homes[stage]
        statuses -= {"under_remedy"}  # random cases have no actions
        statuses -= {status for status, key in GIVEN_BY.items() if key not in home}
        found |= {f"{stage} {status}" for status in statuses}
        if "confirmed" in statuses:
            found |= {f"concluded {stage}"} | ({f"{stage} held"} if at or "floor" in entry else set())
    read = {name for rule in base.rules.values() for name in names(rule.when)}
    keys = [term.keys for name, term in base.terms.items() if name in read]
    words = [*(("old", "late") if any("valid_for" in one for one in keys) else ()), "future"]
    words += ["truncated"] if any(one.get("covers") == "period" for one in keys) else []
    found |= {f"unknown: too old {word}" for word in words} | {f"unknown: {kind}" for kind in UNKNOWN}
    found |= {"alternatives"} if any("preferred_when" in one for one in base.interventions.values()) else set()
    person = base.ladder.get("personnel_stage")
    found |= {f"{person} held by its floor alone"} if person else set()
    return found | {"concluded None", *KINDS, *PARTS}


GIVEN_BY = {"not_applicable": "applies_when", "set_aside": "set_aside_when", "ruled_out": "ruled_out_when"}
"""Status: the key of a stage without which it has none."""
UNKNOWN = ("not asked", "not known", "not applicable", "disputed", "imprecise")
KINDS = ("known as an interval", "fact: disputed", "fact: hand", "fact: conflict")
PARTS = ("unexamined", "unsettled", "suppressed", "recommended")


def rare(base: Base, seen: Mapping[str, int], count: int) -> list[str]:
    """What has to occur and is seen in fewer than one of 200 cases."""
    return sorted(feature for feature in wanted_features(base) if seen.get(feature, 0) < count / 200)


def features(result: Result) -> Iterator[str]:
    """What a case is an example of."""
    yield f"mode {result.mode}"
    yield f"concluded {result.concluded}"
    yield f"verdict {result.verdict}"
    yield from (f"{stage} {status}" for stage, status in result.statuses.items())
    yield from (f"{stage} held" for stage in result.held)
    yield from (f"{stage} held by its floor alone" for stage in result.held if _only_unproven(result, stage))
    for fact in result.facts.values():
        yield from _kinds_of(fact)
    for part in (*PARTS, "alternatives"):
        if getattr(result, part):
            yield part


def _only_unproven(result: Result, stage: str) -> bool:
    words = result.stages[stage].words
    return words["not_passed"] == Range(Fraction(0), Fraction(0)) and result.unproven[stage] > 0


def _kinds_of(fact: Fact) -> Iterator[str]:
    if fact.unknown:
        yield f"unknown: {fact.unknown} {fact.word or ''}".rstrip()
    if isinstance(fact.value, Range) and not fact.value.point:
        yield "known as an interval"
    for part in ("disputed", "hand", "conflict"):
        if getattr(fact, part):
            yield f"fact: {part}"


def engines() -> list[str]:
    """The engines that this Python can load."""
    return [name for name in BACKENDS if name != "rete" or not rete_loads()]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--home", type=Path, default=ROOT)
    parser.add_argument("--engine", help="of the product; else each that loads")
    parser.add_argument("--most", type=int, default=5, help="how many differing cases to show")
    given = parser.parse_args(arguments)
    comparison = Comparison(given.home, [given.engine] if given.engine else engines())
    differ = 0
    for number in range(given.seed, given.seed + given.count):
        data = random_case(Random(number), comparison.source)
        if comparison.differences(data, count=True):
            differ += 1
            if differ <= given.most:
                small = comparison.smallest(data)
                print(f"--- case {number}\n{write(small)}")
                for part, (product, model) in sorted(comparison.differences(small).items()):
                    print(f"  {part}: product {product}, model {model}")
    print(f"\n{given.count} cases, {differ} differ")
    for feature, times in sorted(comparison.seen.items()):
        print(f"{times:8} {feature}")
    missed = rare(comparison.model, comparison.seen, given.count)
    if missed:
        print(f"too rare: {', '.join(missed)}")
    return 1 if differ or missed else 0


if __name__ == "__main__":
    sys.exit(main())
