"""How rules stand to their base, for readers and programs: each door to a person, and the case that opens it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from salesdx.authoring.against import OPENS, UNDECIDED, DoorResult
from salesdx.base.background import HOLDS, Acceptance
from salesdx.base.model import RuleBase
from salesdx.case.writing import new_case
from salesdx.engine.comparing import summary
from salesdx.render.based_words import strange_base
from salesdx.render.lines import clean
from salesdx.render.proofs import MARKS, case_data
from salesdx.text.english import listed, many

SAID = {
    "person": "a conclusion on a person",
    "action": "a measure that acts on a person",
    "new action": "a new measure that acts on a person",
    "file": "a complete file",
    "lifted": "a file that the base holds back and these rules let go on",
}


def door_lines(found: DoorResult) -> list[str]:
    """One door that is not shut as lines of text; a shut one is told in the summary alone."""
    if found.result == HOLDS:
        return []
    mark = "✓" if found.accepted_by else MARKS.get("REFUTED" if found.result == OPENS else "", "?")
    lines = [f"{found.result:9} {mark} {found.door}: {SAID[found.door.kind]}"]
    if found.why:
        lines.append(f"  {found.why}")
    for signed in found.accepted_by:
        lines.append(f"  accepted by {clean(signed.author)} (a name that was typed): {clean(signed.reason)}")
    if found.opening is not None and not found.accepted_by:
        new, base = results_of(found)
        lines += [f"  these rules: {clean(new)}", f"  the base: {clean(base)}"]
    if found.opening is not None and not found.accepted_by:
        case = found.opening.case
        stated = len(case.statements) - len(case.fixed)
        lines.append(f"  a case of {many(stated, 'fact')} opens it, none can be left out:")
        lines += ["    " + line for line in new_case(case).splitlines()]
        if case.left_out:
            lines.append("  and the case lacks a statement that an earlier record of the same subject holds")
    if named := list(map(str, found.opened_by.pieces)):
        where = "there" if len(named) == 1 else "in any of them" if found.opened_by.alone else "in all of them"
        lines.append(f"  opened by: {listed(named)} (with the base's text {where} it is shut)")
    return lines


def results_of(found: DoorResult) -> tuple[str, str]:
    """The result of a door's case under the rules and under the base, in a few words."""
    assert found.opening is not None
    here, there = (diagnosis.to_dict() for diagnosis in (found.opening.new, found.opening.base))
    told = summary(here), summary(there)
    if told[0] != told[1]:
        return told
    more = [f"{part} ({_recommended(result)})" for part, result in zip(told, (here, there), strict=True)]
    return more[0], more[1]


def _recommended(result: Mapping[str, Any]) -> str:
    titles = [made["title"] for made in result["recommendations"]]
    return f"recommended: {listed(titles)}" if titles else "nothing is recommended"


def doors_summary(base: RuleBase, found: Sequence[DoorResult], void: Mapping[Acceptance, str]) -> list[str]:
    """How the rules stand to their base as a whole."""
    named = f"{base.version} ({base.digest[7:19]}){strange_base(base)}"
    lines = []
    for signed, why in void.items():
        told = f"the signature of {clean(signed.author)} for {listed(list(signed.edits))} is void: {why}"
        lines.append(f"error[acceptance] {told}")
    opened = [each for each in found if each.result == OPENS]
    accepted = [each for each in opened if each.accepted_by]
    open_ = sum(each.result == UNDECIDED for each in found)
    if not opened and not open_:
        told = "no possible case ends harsher for a person than under the base"
        return [*lines, f"HOLDS     against {named}: {told}, {many(len(found), 'door')} looked at"]
    parts = [f"{many(len(opened), 'door')} of {len(found)} open"] if opened else []
    parts += [f"{len(accepted)} of these accepted"] if accepted else []
    parts += [f"{open_} undecided"] if open_ else []
    return [*lines, f"against {named}: {', '.join(parts)}"]


def doors_data(base: RuleBase, found: Iterable[DoorResult]) -> list[dict[str, Any]]:
    """JSON: an object for each door."""
    return [
        {
            "door": str(each.door),
            "result": each.result,
            "seconds": round(each.seconds, 3),
            "case": case_data(each.opening.case) if each.opening is not None else None,
            "left_out": len(each.opening.case.left_out) if each.opening is not None else 0,
            "base_result": results_of(each)[1] if each.opening is not None else None,
            "new_result": results_of(each)[0] if each.opening is not None else None,
            "opened_by": list(map(str, each.opened_by.pieces)),
            "accepted_by": [{"author": a.author, "reason": a.reason, "edits": list(a.edits)} for a in each.accepted_by],
            "why": each.why or None,
            "against": {"version": base.version, "digest": base.digest},
        }
        for each in found
    ]
