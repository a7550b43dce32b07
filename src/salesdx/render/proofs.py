"""Results of `salesdx prove`: what holds for every case, and the case that breaks what does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from salesdx.authoring.prove import PROVED, REFUTED, Result
from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Unknown, as_json
from salesdx.case.writing import new_case
from salesdx.engine.backends.smt.directions import lemmas
from salesdx.render.lines import clean

MARKS = {PROVED: "✓", REFUTED: "✗"}


def result_lines(result: Result) -> list[str]:
    """One property as lines of text."""
    property = result.property
    lines = [f"{result.result:9} {MARKS.get(result.result, '?')} {property.id}: {clean(property.says)}"]
    if result.where:
        lines.append(f"  at {result.where}")
    if result.why:
        lines.append(f"  {result.why}")
    if result.case is not None:
        lines.append("  this case breaks it:" if result.after is None else "  this case:")
        lines += ["    " + line for line in new_case(result.case).splitlines()]
    if result.case is not None and result.after is not None:
        lines.append("  and the same case after the change:")
        lines += ["    " + line for line in changed_lines(result.case, result.after)]
    return lines


def changed_lines(case: WorkingMemory, after: WorkingMemory) -> list[str]:
    """The facts that differ between two cases."""
    lines = []
    for name in dict.fromkeys([*case.statements, *after.statements]):
        before, behind = case.statements.get(name), after.statements.get(name)
        if before != behind:
            told = new_case(WorkingMemory(case.base, {name: behind})).splitlines()[1:] if behind else []
            lines += [line.strip() for line in told] or [f"{name} is forgotten"]
    return lines


def summary_lines(base: RuleBase, results: Sequence[Result]) -> list[str]:
    """How many properties hold, what is left free, and for which rules."""
    counts = {word: sum(result.result == word for result in results) for word in (PROVED, REFUTED, "UNDECIDED")}
    told = ", ".join(f"{number} {word.lower()}" for word, number in counts.items() if number or word == PROVED)
    free = [term.name for term in base.terms.values() if term.computed]
    lines = [f"{told}, for every possible fact file of rule base {base.version} ({base.digest[7:19]})"]
    if free:
        lines.append(
            f"left free: the values of {', '.join(free)}, which are computed: any value of their range is tried"
        )
    lines += [f"taken of a statistic: {lemma}" for lemma in lemmas(base)]
    lines += [f"note on {r.property.id}: {clean(r.property.note)}" for r in results if r.property.note]
    return lines


def results_data(base: RuleBase, results: Sequence[Result]) -> list[dict[str, Any]]:
    """JSON: a list of {property, result, seconds, counterexample, ...}, each with the digest of the rule base."""
    return [
        {
            "property": r.property.id,
            "result": r.result,
            "seconds": round(r.seconds, 3),
            "counterexample": case_data(r.case),
            "counterexample_after": case_data(r.after),
            "where": r.where or None,
            "why": r.why or None,
            "says": r.property.says,
            "note": r.property.note or None,
            "left_free": [term.name for term in base.terms.values() if term.computed],
            "rule_base": base.digest,
        }
        for r in results
    ]


def case_data(memory: WorkingMemory | None) -> dict[str, object] | None:
    """The facts of a case as plain values, as `memory_from` reads them."""
    if memory is None:
        return None
    found: dict[str, object] = {}
    for name, statements in memory.statements.items():
        said = statements[0].to_dict() | {"value": as_json(statements[0].value)}
        if unknown := said.pop("unknown", None):
            said["value"] = "not_applicable" if unknown == Unknown.NOT_APPLICABLE.value else "not_known"
        kept = {key: part for key, part in said.items() if part not in ("", None) or key == "value"}
        found[name] = kept["value"] if set(kept) == {"value"} else kept
    return found
