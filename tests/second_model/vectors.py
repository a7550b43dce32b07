"""The value cases of `tests/conformance/statements.yaml`, for this model and for every back end.

`base` is laid over the rule base that docs/language.md shows file by file; `base` of one case over that. A case has
`facts`, or `in_order` (changes to the facts of that name; null takes one away), and perhaps its own `head` and `today`.
A bare value is said `at_floor` by the term's respondent, or by nobody with `bare: true`. All other keys are what is
expected: `is` (facts), `truths` (of a rule, or of a condition, which then becomes a rule), `unsettled`, `disputed`,
`conflicts`, `below_floor`, `open_to` and `closed_to` (role: terms), `fault`, and parts of the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .plain import read, write

HERE = Path(__file__).parent.parent
GIVEN = ("row", "base", "facts", "in_order", "bare", "head", "today")


@cache
def vectors() -> dict[str, Any]:
    found: dict[str, Any] = read(HERE / "conformance" / "statements.yaml")
    return found


def merged(old: Any, new: Any) -> Any:
    """Mappings are merged, in the new one's order if it has every key; everything else is replaced."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        order = new if old.keys() <= new.keys() else {**old, **new}
        return {key: merged(old.get(key), new[key]) if key in new else old[key] for key in order}
    return new


def conditions() -> dict[str, str]:
    """Each condition of which a case tells the truth: the id of the rule that it becomes."""
    told = [name for case in vectors()["cases"] for key in ("truths", "unsettled") for name in case.get(key, ())]
    return {text: f"V{n}" for n, text in enumerate(dict.fromkeys(text for text in told if " " in text), 1)}


def write_small_base(folder: Path, page: Path, over: Mapping[str, Any] | None = None) -> Path:
    """Write the rule base of the value cases, over that of a page with its files shown one by one."""
    files = {name: read(text) for name, text in _shown(page).items() if _of_a_base(name)}
    for name, change in vectors()["base"].items():
        files[name] = merged(files.get(name), change)
    files["rules/examples.yaml"] = files["rules/examples.yaml"] + [
        {"id": id, "strength": "gate", "when": text, "finding": f"found_{id.lower()}", "because": "It is so."}
        for text, id in conditions().items()
    ]
    for name, change in (over or {}).items():
        files[name] = files[name] + change if isinstance(change, list) else merged(files[name], change)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(write(content), "utf-8")
    return folder


def _shown(page: Path) -> dict[str, str]:
    """The YAML files that a page shows, by name."""
    files: dict[str, str] = {}
    name = None
    for line in page.read_text("utf-8").splitlines(keepends=True):
        if line.startswith("```"):
            info = line.removeprefix("```").strip()
            name = info.removeprefix("yaml ") if info.startswith("yaml ") and info.endswith(".yaml") else None
            if name is not None:
                files[name] = ""
        elif name is not None:
            files[name] += line
    return files


def _of_a_base(name: str) -> bool:
    return name.startswith(("knowledge/", "rules/")) and name not in (
        "knowledge/policy.yaml",
        "knowledge/properties.yaml",
    )


def case_data(case: Mapping[str, Any], respondents: Mapping[str, str | None]) -> dict[str, Any]:
    """A value case in the form of a case file. ``respondents``: term -> role."""
    told = vectors()
    facts = {**(told["in_order"] if "in_order" in case else {}), **case.get("in_order", {}), **case.get("facts", {})}
    head = told["head"] if "in_order" in case else {"period": told["head"]["period"]}
    return {
        "case": "case",
        **case.get("head", head),
        "facts": {
            name: value if "bare" in case else _said(value, _by(respondents[name]) | told["at_floor"])
            for name, value in facts.items()
            if value is not None
        },
    }


def _by(role: str | None) -> dict[str, str]:
    """Who says it: nobody where nobody is asked."""
    return {"by": role} if role else {}


def _said(value: Any, at_floor: Mapping[str, Any]) -> Any:
    """A bare value as a statement; statements as they are."""
    whole = isinstance(value, list) or (isinstance(value, Mapping) and "value" in value)
    return value if whole else {"value": value, **at_floor}


def today(case: Mapping[str, Any]) -> Any:
    return case.get("today", vectors()["today"])
