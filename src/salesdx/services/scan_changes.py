"""A scan as it is kept, and what is other than in an earlier one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from salesdx.case.statement import as_json
from salesdx.services.drawn_cases import SystemsError
from salesdx.services.files import read_user_file
from salesdx.services.scan import Scan, ScannedUnit, UnitCause
from salesdx.services.scan_remedies import UnitRemedy

SCAN = "salesdx.scan/1"
NEWLY_BELOW, AT_GOAL, OTHER_CAUSE = "newly_below", "at_goal", "other_cause"


@dataclass(frozen=True, slots=True)
class UnitChange:
    """What is other with a unit since an earlier scan: NEWLY_BELOW, AT_GOAL or OTHER_CAUSE, with causes as titles."""

    unit: str
    what: str
    was: str = ""
    now: str = ""


def scan_data(found: Scan) -> dict[str, Any]:
    """A scan as JSON, in the form that docs/scan.md tells. It holds no figure of a single person."""
    return {
        "schema": SCAN,
        "period": {"from": found.window.start.isoformat(), "to": found.window.end.isoformat()},
        "data_until": found.data_until.isoformat(),
        "mapping": found.mapping,
        "rule_base": found.rules,
        "kinds": list(found.kinds),
        "units": [_unit(unit) for kind in found.kinds for unit in found.of_kind(kind)],
    }


def _unit(unit: ScannedUnit) -> dict[str, Any]:
    return {
        "subject": unit.name,
        "below_goal": unit.below if not unit.why_not else None,
        "why_not": unit.why_not,
        "gap": unit.gap.to_dict() if unit.gap else None,
        "reached_pct": as_json(unit.reached_pct),
        "cause": _cause(unit.cause),
        "missing": [{"respondent": who, "labels": list(labels)} for who, labels in unit.missing.items()],
        "remedies": [_remedy(one) for one in unit.remedies],
        "history": [{"to": each.end.isoformat(), "reached_pct": round(each.reached_pct, 2)} for each in unit.history],
    }


def _remedy(one: UnitRemedy) -> dict[str, Any]:
    first, last = one.window or (None, None)
    return {
        "title": one.title,
        "stages": list(one.stages),
        "state": one.state,
        "judged_from": as_json(first),
        "judged_until": as_json(last),
        "respondent": one.respondent,
        "case": one.case,
    }


def _cause(cause: UnitCause | None) -> dict[str, Any] | None:
    if cause is None:
        return None
    return {
        "stage": cause.stage,
        "title": cause.title,
        "surety": cause.surety,
        "explains_pct": as_json(cause.explains),
        "because": cause.because,
    }


def read_scan(path: Path) -> dict[str, Any]:
    """An earlier scan. Raises SystemsError where the file is none, and FileError."""
    file = read_user_file(path)
    if file.data is None:
        raise SystemsError(f"there is no file `{path}`")
    try:
        told = json.loads(file.data)
        if told["schema"] != SCAN:
            raise ValueError
        for unit in told["units"]:
            _ = unit["subject"], unit["below_goal"], (unit["cause"] or {"title": ""})["title"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SystemsError(f"`{path}` is no scan: `salesdx scan --format json --output FILE` writes one") from None
    return dict(told)


def changed_units(earlier: Mapping[str, Any], found: Scan) -> Iterator[UnitChange]:
    """What is other than in an earlier scan, in the order of the units; a unit that it did not have is new."""
    known = {unit["subject"]: unit for unit in earlier["units"]}
    for kind in found.kinds:
        for unit in found.of_kind(kind):
            before = known.get(unit.name, {"below_goal": None, "cause": None})
            was = (before["cause"] or {}).get("title", "")
            now = unit.cause.title if unit.cause else ""
            if unit.below and not before["below_goal"]:
                yield UnitChange(unit.name, NEWLY_BELOW, now=now)
            elif before["below_goal"] and not unit.below and not unit.why_not:
                yield UnitChange(unit.name, AT_GOAL, was)
            elif unit.below and was != now:
                yield UnitChange(unit.name, OTHER_CAUSE, was, now)
