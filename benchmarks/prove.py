"""CPU of `salesdx prove` on the shipped rule base, and on one in which it stands many times: `benchmarks/prove.py`.

In the larger rule bases every stage on evidence and every group stands again under new names, with terms, rules and
interventions of its own, before the stage at which a person is acted upon. The last stage gets its rules again, and a
file is complete only if what completes it is so for all of them. What kind of firm it is and what the review is about
stands once: all others apply by it.

Properties of one change are asked together, so the first of them carries the time of all. The doors to a person are
asked of the rules beside themselves, and with one limit moved.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
import z3

import salesdx
from salesdx.authoring.against import AgainstBase
from salesdx.authoring.prove import prove
from salesdx.base.applying import always_applies
from salesdx.base.loading import shipped_home
from salesdx.base.model import PROFILE, RuleBase
from salesdx.engine.program import is_file
from salesdx.language.conditions import Expr, names

SIZES = (1, 10)
KEPT = ("respondent", "owner", "source", "evidence", "strength", "type", "question", "title", "because", "do", "how",
        "by", "label", "values", "value", "what")  # fmt: skip
"""Keys of an entry whose texts are no names, names of the ladder's lists, or values."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="how many times the rules stand in a base")
    parser.add_argument("--seconds", type=float, default=600, help="time for one property")
    parser.add_argument("--only", nargs="*", default=(), help="properties to decide, by default all")
    given = parser.parse_args()
    timed = Timed()
    first: dict[str, float] = {}
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as folder:
            home = write(Path(folder) / "rules", salesdx.load(), size)
            base, milder = salesdx.load(home), salesdx.load(_milder(home))
        print(f"\n## {size} times: {len(base.rules)} rules, {len(base.terms)} terms, {len(base.stages)} stages\n")
        print("| property | result | CPU | of the first size | solving |\n|---|---|---|---|---|", flush=True)
        lines = timed.lines(base, given.seconds, tuple(given.only))
        total = solving = 0.0
        for result, spent, solved in lines:
            total, solving = total + spent, solving + solved
            print(_row(result.property.id, result.result, spent, solved, first), flush=True)
        for name, new in () if given.only else (("doors, to themselves", base), ("doors, a limit moved", milder)):
            result, spent, solved = timed.doors(new, base, given.seconds)
            total, solving = total + spent, solving + solved
            print(_row(name, result, spent, solved, first), flush=True)
        print(_row("all", "", total, solving, first), flush=True)


def _row(name: str, result: str, spent: float, solved: float, first: dict[str, float]) -> str:
    ratio = spent / first.setdefault(name, spent)
    return f"| {name} | {result} | {spent:.2f} s | {ratio:.1f} | {solved / spent:.0%} |"


class Timed:
    """Tells what z3 spends on solving, by its call; the rest is building formulas and running what was found."""

    def __init__(self) -> None:
        self.solved = 0.0
        check = z3.Solver.check

        def timed(solver: z3.Solver, *assumptions: Any) -> Any:
            begin = time.process_time()
            answer = check(solver, *assumptions)
            self.solved += time.process_time() - begin
            return answer

        z3.Solver.check = timed

    def doors(self, new: RuleBase, base: RuleBase, seconds: float) -> tuple[str, float, float]:
        """What holds of all doors of rules held against others, CPU seconds, of these solving."""
        begin, solved = time.process_time(), self.solved
        found = [door.result for door in AgainstBase(new, base, seconds).results()]
        told = ", ".join(f"{found.count(result)} {result}" for result in dict.fromkeys(found))
        return told, time.process_time() - begin, self.solved - solved

    def lines(self, base: RuleBase, seconds: float, only: tuple[str, ...]) -> Any:
        """(result, CPU seconds, of these solving) for each property; the first includes the formulas of the rules."""
        begin, solved = time.process_time(), self.solved
        for result in prove(base, seconds, only):
            now = time.process_time()
            yield result, now - begin, self.solved - solved
            begin, solved = time.process_time(), self.solved


# --- larger rule bases ------------------------------------------------------------------------------------------------


def write(home: Path, base: RuleBase, times: int) -> Path:
    """Write the shipped rule base so many times into one folder."""
    files = {str(path.relative_to(shipped_home())): _yaml(path) for path in _files()}
    ladder = files["knowledge/ladder.yaml"]
    person = base.ladder.personnel_stage
    at = [line["stage"] for line in ladder["stages"]].index(person)
    (last,) = [stage.id for stage in base.stages if is_file(base, stage)]
    groups = {where: [id for id in ids if id != PROFILE] for where, ids in ladder["groups"].items()}
    once = {PROFILE, *(term.name for term in base.terms.values() if always_applies(term, base.ladder.subject_term))}
    once |= set(files[f"knowledge/{PROFILE}.yaml"].get("limits", {}))
    once |= {name for line in base.ladder.modes for name in _behind(base, line.when)}
    copied = [stage.id for stage in base.stages if stage.id != last]
    for number in range(2, times + 1):
        new = {name: f"{name}_{number}" for name in _names(base) - {last} - once}
        ladder["stages"][at:at] = [{"stage": new[id], "decided_by": "evidence"} for id in copied]
        at += len(copied)
        for where, ids in groups.items():
            ladder["groups"][where] += [new[id] for id in ids]
        for id in [*copied, *(id for ids in groups.values() for id in ids)]:
            for room in ("knowledge", "rules"):
                files[f"{room}/{new[id]}.yaml"] = renamed(_yaml(shipped_home() / room / f"{id}.yaml"), new)
            for rule in files[f"rules/{new[id]}.yaml"]:  # the person's stage does not read these: to forget them would
                for key in ("suppresses", "distrusts"):  # press on a person, which the properties deny
                    rule.pop(key, None)
            terms = files[f"knowledge/{new[id]}.yaml"].get("terms", {})
            files[f"knowledge/{new[id]}.yaml"]["terms"] = _labelled(terms, number, once)
            files[f"knowledge/{new[id]}.yaml"].pop("applies_when", None)  # what does not apply would hold all behind it
            if id == person:  # with a median of 0 it would be ruled out beside its own signs
                files[f"knowledge/{new[id]}.yaml"]["ruled_out_when"] += f" and {new['ind_peer_median_pct']} > 0"
        stage, rules = (renamed(_yaml(shipped_home() / room / f"{last}.yaml"), new) for room in ("knowledge", "rules"))
        files[f"knowledge/{last}.yaml"]["terms"] |= _labelled(stage["terms"], number, once)
        for key in ("limits", "interventions"):
            files[f"knowledge/{last}.yaml"][key] |= stage[key]
        complete = [rule for rule in rules if rule["strength"] == "eligible"]
        for rule, first in zip(
            complete, (r for r in files[f"rules/{last}.yaml"] if r["strength"] == "eligible"), strict=True
        ):
            first["when"] = f"({first['when']}) and {rule['finding']}"
            rule |= {"strength": "gate", "recommend": []}
        files[f"rules/{last}.yaml"] += rules
    named = files["knowledge/properties.yaml"]
    files["knowledge/properties.yaml"] = [
        property | {"always": _of_copies(property["always"], copied, times)} for property in named
    ]
    for name, content in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return home


def _of_copies(always: str, copied: Sequence[str], times: int) -> str:
    """What a property says of several stages under remedy, also of their copies."""

    def each(found: re.Match[str]) -> str:
        numbers = range(2, times + 1) if found[1] in copied else ()
        return " or ".join([found[0], *(f"{found[1]}_{number} == under_remedy" for number in numbers)])

    return re.sub(r"(\w+) == under_remedy", each, always)


def _milder(home: Path) -> Path:
    """A file of the rules with a limit by which a sign of the company is true in more cases."""
    path = home / "knowledge/delivery.yaml"
    content = _yaml(path)
    content["limits"]["otif_very_low"]["value"] = 92
    made = home.parent / f"{home.name}-milder"
    shutil.copytree(home, made)
    (made / "knowledge/delivery.yaml").write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")
    return made


def _files() -> list[Path]:
    return [path for room in ("knowledge", "rules") for path in sorted((shipped_home() / room).glob("*.yaml"))]


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _labelled(terms: Mapping[str, Any], number: int, once: set[str]) -> dict[str, Any]:
    """The terms of a copy, but for those that stand once, with labels of their own."""
    return {
        name: {**term, "label": f"{term['label']} {number}"} if "label" in term else term
        for name, term in terms.items()
        if name not in once
    }


def _names(base: RuleBase) -> set[str]:
    return {*base.terms, *base.limits, *base.rule, *base.findings, *base.interventions, *base.home}


def _behind(base: RuleBase, expr: Expr) -> set[str]:
    """The terms that an expression reads, and those with which these can be calculated."""
    read = {name for name in names(expr) if name in base.terms}
    also = [formula for name in read if (formula := base.terms[name].or_formula) is not None]
    return read.union(*(_behind(base, formula) for formula in also))


def renamed(content: Any, new: Mapping[str, str], key: str = "") -> Any:
    """A file with new names; those of what the ladder lists, and prose, stay."""
    match content:
        case dict():
            return {new.get(k, k) if key in ("terms", "limits", "interventions") else k: renamed(v, new, k) for k, v in
                    content.items()}  # fmt: skip
        case list():
            return [renamed(part, new, key) for part in content]
    if not isinstance(content, str):
        return content
    if key in KEPT:
        return re.sub(r"(?<=\{)\w+(?=\})", lambda found: new.get(found[0], found[0]), content)
    return re.sub(r"(?<!')\b\w+\b(?!')", lambda found: new.get(found[0], found[0]), content)


if __name__ == "__main__":
    sys.exit(main())
