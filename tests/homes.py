"""Tiny rule bases for tests, from plain data: vocabulary, rules and stages of one's own on the shipped ladder."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

import salesdx
from conftest import ROOT
from salesdx.base.model import STAGE_CONDITIONS, RuleBase
from salesdx.case.file import case_from_text
from salesdx.case.memory import WorkingMemory


class Loader(yaml.CSafeLoader):
    """Numbers with a point are read as they stand."""


class Dumper(yaml.CSafeDumper):
    """No anchors, and numbers as they stand."""

    def ignore_aliases(self, data: object) -> bool:
        return True


Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Decimal(node.value))
Dumper.add_representer(
    Decimal,
    lambda dumper, data: dumper.represent_scalar(
        f"tag:yaml.org,2002:{'float' if '.' in f'{data:f}' else 'int'}", f"{data:f}"
    ),
)

LADDER = yaml.load((ROOT / "knowledge" / "ladder.yaml").read_text("utf-8"), Loader)
for key in ("result_terms", "currency_term", "cycle_term"):
    LADDER.pop(key, None)  # a made base has no money
SUBJECT = {"type": "enum", "values": ["person", "product", "territory", "company"]}
ALWAYS = {
    LADDER["subject_term"]: SUBJECT,
    LADDER["period_end_term"]: {"type": "date"},
    "case_attainment_pct": {"type": "percent"},
}
"""Terms that the ladder reads."""
GROUP = "scope"

Plain = Mapping[str, Any]


def write_home(folder: Path, homes: Mapping[str, Plain]) -> Path:
    """Write a rule base. ``homes`` are stages and groups by name, in order; the names of the shipped groups are groups.

    Each has terms (a type, or a mapping), limits, rules (a condition, or a mapping), interventions,
    ``ruled_out_when``, ``set_aside_when``, ``applies_when`` and ``decided_by``. What a file needs and is not given is
    made up.
    """
    homes = {GROUP: {}, **homes}
    homes[GROUP] = {**homes[GROUP], "terms": {**ALWAYS, **homes[GROUP].get("terms", {})}}
    groups = {place: [name for name in names if name in homes] for place, names in LADDER["groups"].items()}
    grouped = [name for names in groups.values() for name in names]
    stages = [name for name in homes if name not in grouped]
    made = {
        **LADDER,
        "groups": groups,
        "stages": [{"stage": name, "decided_by": homes[name].get("decided_by", "evidence")} for name in stages],
        "verdicts": [line for line in LADDER["verdicts"] if not line["verdict"].startswith("within_")],
        "personnel_stage": LADDER["personnel_stage"] if LADDER["personnel_stage"] in stages else stages[-1],
    }
    for room in ("knowledge", "rules"):
        (folder / room).mkdir(parents=True, exist_ok=True)
    _write(folder / "knowledge" / "ladder.yaml", made)
    for name, home in homes.items():
        knowledge = {"group" if name in grouped else "stage": name, "title": name.replace("_", " ").capitalize()}
        knowledge |= {key: home[key] for key in (*STAGE_CONDITIONS, "limits") if key in home}
        knowledge["terms"] = {term: _term(term, given) for term, given in home.get("terms", {}).items()}
        knowledge["interventions"] = {
            id: _intervention(id, given) for id, given in home.get("interventions", {}).items()
        }
        _write(folder / "knowledge" / f"{name}.yaml", knowledge)
        _write(folder / "rules" / f"{name}.yaml", [_rule(id, given) for id, given in home.get("rules", {}).items()])
    return folder


def load_home(folder: Path, homes: Mapping[str, Plain]) -> RuleBase:
    """Write a rule base and load it. Raises RuleBaseError."""
    return salesdx.load(write_home(folder, homes))


def one_stage(folder: Path, terms: Plain, rules: Plain) -> RuleBase:
    """A rule base of one stage with these terms and rules."""
    return load_home(folder, {"only": {"terms": terms, "rules": rules}})


def memory_of(base: RuleBase, facts: Plain, **case: object) -> WorkingMemory:
    """A case as its file gives it. Raises CaseError."""
    return case_from_text(yaml.dump({**case, "facts": dict(facts)}, Dumper=Dumper, sort_keys=False), "case", base)


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.dump(content, Dumper=Dumper, sort_keys=False, allow_unicode=True), "utf-8")


def _term(name: str, given: Any) -> Plain:
    term = {"type": given} if isinstance(given, str) else dict(given)
    if "formula" not in term and "choose" not in term:
        term = {"question": f"What is {name}?", "respondent": "finance", **term}
    return term


def _rule(id: str, given: Any) -> Plain:
    rule = {"when": given} if isinstance(given, str | bool) else dict(given)
    return {"id": id, "strength": "strong", "finding": f"found_{id.lower()}", "because": f"{id} holds", **rule}


def _intervention(id: str, given: Plain | None) -> Plain:
    made = dict.fromkeys(("title", "owner", "do", "judge_after", "worked_when"), id.replace("_", " "))
    return {**made, **(given or {})}
