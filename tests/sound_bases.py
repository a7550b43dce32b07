"""Random tiny rule bases with properties, for the prover: all that the language of facts has, and few of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import yaml

import salesdx
from homes import Dumper, Loader, write_home
from salesdx.base.model import RuleBase

FILE, PERSON, COMPLETE = "exit", "individual", "eligible_for_human_review"
ORDER = ("<", "<=", ">", ">=", "==", "!=")
EVIDENCE = ("strong", "strong", "moderate", "moderate", "weak")
KINDS = ("transaction data", "signed record", "CRM fields", "respondent's estimate")
ROLES = ("finance", "hr", "sales_rep")
"""Whoever asks for a review is none of them: that word meets a floor only as the floor says."""

ASKED: Mapping[str, Mapping[str, Any]] = {
    **{name: {"type": "integer", "range": [0, 4]} for name in ("n1", "n2", "n3")},
    "n4": {"type": "integer", "range": [0, 9]},
    "x1": {"type": "number", "range": [0, 10]},
    "p1": {"type": "percent", "range": [0, 100]},
    "b1": {"type": "boolean"},
    "b2": {"type": "boolean"},
    "c1": {"type": "enum", "values": ["red", "green", "blue"]},
    "d1": {"type": "date"},
    "d2": {"type": "date"},
    "o1": {"type": "number", "range": [0, 8], "or_formula": "n1 + n2"},
    "o2": {"type": "percent", "range": [0, 400], "or_formula": "n1 / n3 * 100"},
}
COMPUTED: Mapping[str, Mapping[str, Any]] = {
    "total": {"type": "integer", "range": [0, 8], "formula": "n1 + n2"},
    "more": {"type": "integer", "range": [0, 9], "formula": "total + n3"},
    "share": {"type": "number", "range": [0, 3], "formula": "n1 / n3"},
    "part": {"type": "percent", "range": [0, 100], "formula": "n2 / (n1 + n2) * 100", "tolerance": 1},
    "gap": {"type": "integer", "range": [0, 4], "formula": "n2 - n3"},
    "area": {"type": "number", "range": [0, 40], "formula": "n1 * x1"},
    "top": {"type": "integer", "range": [0, 4], "formula": "max(n1, n3)"},
    "least": {"type": "number", "range": [0, 1], "formula": "min(1, x1 * n2)"},
    "days": {"type": "integer", "formula": "d2 - d1"},
    "chance": {"type": "number", "range": [0, 1], "formula": "fisher_lower_p(n1, n2, n3, 4)"},
    "low_end": {"type": "number", "range": [0, 1], "formula": "wilson_low(n1, n2)"},
    "both": {"type": "boolean", "formula": "n1 > 2 and b1"},
    "size": {"type": "enum", "values": ["big", "small"], "choose": [
        {"when": "n1 >= 3", "value": "big"}, {"when": "n2 < 3 or b1", "value": "small"}]},
    "late": {"type": "enum", "values": ["big", "small"], "choose": [
        {"when": "seen", "value": "big"}, {"when": "b1 or n3 > 1", "value": "small"}]},
    "step": {"type": "integer", "choose": [{"when": "n3 > 2", "value": 4}, {"when": "true", "value": 1}]},
    "odd": {"type": "boolean", "formula": "(n1 > 2) == (n2 < 2 or b1)"},
    "rank": {"type": "enum", "values": ["big", "small"], "choose": [
        {"when": "(5 > x1) == (n1 > 1)", "value": "big"}, {"when": "not (b1 == (n2 * x1 > 4))", "value": "small"}]},
}  # fmt: skip
LIMITS: Mapping[str, tuple[str, ...]] = {
    "share": ("0.5", "1", "2"), "part": ("50", "60"), "area": ("6", "10"), "chance": ("0.5", "0.1"), "p1": ("20", "70"),
    "least": ("0.5", "1"), "days": ("30", "60"), "x1": ("2.5", "5"), "low_end": ("0.2",), "o1": ("3", "5"),
    "o2": ("50", "100"), "n4": ("2", "7"), "firm_n": ("1",),
}  # fmt: skip
PROPERTIES_OF_A_BASE = 16
DAYS = ("2026-05-01", "2026-06-30")


@dataclass(frozen=True)
class Names:
    """What the conditions of one base may read."""

    asked: tuple[str, ...]
    computed: tuple[str, ...]
    rule: str = ""
    """The condition of one rule of the first stage."""

    @property
    def numbers(self) -> list[str]:
        found = [name for name in self.asked if ASKED[name]["type"] in ("integer", "number", "percent")]
        return [*found, *(name for name in self.computed if COMPUTED[name]["type"] in ("integer", "number", "percent"))]

    def leaf(self, random: Random, findings: bool = True) -> str:
        """A test of one or two names."""
        every = [*self.asked, *self.computed, *self.computed, "firm_goods", *(["seen"] * 2 if findings else [])]
        name = random.choice([name for name in every if findings or name != "late"])
        shown = {**ASKED, **COMPUTED}.get(name, {"type": "boolean"})
        match shown["type"]:
            case "boolean":
                return name if random.random() < 0.6 else f"not {name}"
            case "enum":
                one = random.choice(shown["values"])
                return random.choice([f"{name} == '{one}'", f"{name} != '{one}'", f"{name} in ['{one}', 'red']"]
                                     if name == "c1" else [f"{name} == '{one}'"])  # fmt: skip
            case "date":
                return f"{name} {random.choice(ORDER[:4])} {random.choice(DAYS)}"
        other = random.choice([each for each in self.numbers if findings or each != "late"])
        kind = random.random()
        if kind < 0.15:
            return f"{name} {random.choice(ORDER[:4])} {other}"
        if kind < 0.22:
            return f"{name} / {other} {random.choice(ORDER[:4])} {random.choice(['1', '0.5'])}"
        if kind < 0.28:
            return f"{name} {random.choice('+-*')} {other} {random.choice(ORDER[:4])} {random.randint(0, 6)}"
        return f"{name} {random.choice(ORDER)} {random.choice(LIMITS.get(name, ('0', '1', '2', '3', '4')))}"

    def nested(self, random: Random, findings: bool = True) -> str:
        """Tests inside a comparison: each may be decided while the other keeps it unknown."""
        one, other = (self.condition(random, 2, findings, nested=0.1) for _ in range(2))
        if random.random() < 0.4:  # decided however imprecise the number is, or nearly so
            one = f"{random.choice(('5', '10', '100'))} > {random.choice(self.numbers)}"
        same = random.choice(("==", "!="))
        return random.choice([
            f"({one}) {same} ({other})", f"({one}) {same} ({other})", f"not (({one}) {same} ({other}))",
            f"(({one}) {same} ({other})) {random.choice(('and', 'or'))} {self.leaf(random, findings)}",
            f"({one} and {self.leaf(random, findings)}) in [{random.choice(('true', 'false'))}]",
            f"firm_goods {same} ({one})", f"(({one}) {same} firm_goods) {same} ({other})",
        ])  # fmt: skip

    def condition(self, random: Random, parts: int = 3, findings: bool = True, nested: float = 0.2) -> str:
        if random.random() < nested:
            return self.nested(random, findings)
        leaves = [self.leaf(random, findings) for _ in range(random.randint(1, parts))]
        if len(leaves) == 3 and random.random() < 0.5:
            return f"({leaves[0]} or {leaves[1]}) and {leaves[2]}"
        text = random.choice([" and ", " and ", " or "]).join(leaves)
        return f"not ({text})" if random.random() < 0.1 else text


# --- rules, terms, the ladder -----------------------------------------------------------------------------------------


def sound_base(random: Random, folder: Path) -> RuleBase:
    """A rule base with its properties. Raises RuleBaseError where it is refused."""
    names = _names(random)
    homes = _homes(random, names)
    write_home(folder, homes)
    path = folder / "knowledge" / "ladder.yaml"
    ladder = yaml.load(path.read_text("utf-8"), Loader)
    _other_ladder(random, ladder)
    path.write_text(yaml.dump(ladder, Dumper=Dumper, sort_keys=False, allow_unicode=True), "utf-8")
    properties = [
        {"id": f"{kind}_{n}", "says": kind, **PROPERTIES[kind](random, names)}
        for n, kind in enumerate(random.sample(sorted(PROPERTIES), PROPERTIES_OF_A_BASE))
    ]
    (folder / "knowledge" / "properties.yaml").write_text(
        yaml.dump(properties, Dumper=Dumper, sort_keys=False), "utf-8"
    )
    return salesdx.load(folder)


def _names(random: Random) -> Names:
    asked = {"n1", *random.sample(sorted(ASKED), random.randint(3, 6))}
    computed = {*random.sample(sorted(COMPUTED), random.randint(1, 3))}
    if "more" in computed:
        computed.add("total")
    texts = [str({**COMPUTED, **ASKED}[name]) for name in (*asked, *computed)]
    asked |= {name for name in ASKED if any(name in text for text in texts)}
    found = Names(tuple(sorted(asked)), tuple(name for name in COMPUTED if name in computed))
    return replace(found, rule=found.condition(random, nested=0.5))


def _homes(random: Random, names: Names) -> dict[str, Any]:
    stages = ["first", *(["second"] if random.random() < 0.4 else []), PERSON, FILE]
    stages += ["last"] if random.random() < 0.2 else []
    homes: dict[str, Any] = {"profile": {"terms": {"firm_goods": "boolean"}}}
    homes |= {stage: {"terms": {}, "rules": {}, "interventions": {}} for stage in stages}
    for name in (*names.asked, *names.computed):
        given = dict({**ASKED, **COMPUTED}[name]) | (_told(random, ASKED[name]) if name in ASKED else {})
        if name in COMPUTED and random.random() < 0.4:
            given |= {"question": f"What is {name}?", "respondent": random.choice(ROLES)}
        homes[random.choice(stages)]["terms"][name] = given
    homes["first"]["rules"]["G0"] = {
        "when": names.condition(random, 2, findings=False), "strength": "gate", "finding": "seen"
    }  # fmt: skip
    homes["first"]["interventions"] = {
        "act": {}, "talk": {"personnel": True, "weight": "help"}, "plan": {"personnel": True, "weight": "pressure"}
    }  # fmt: skip
    for stage in stages:
        home, of_file = homes[stage], stage in (FILE, "last")
        strengths = ("block", "eligible") if of_file else EVIDENCE
        for n in range(random.randint(1, 2)):
            home["rules"][f"{stage[0].upper()}{n}"] = {
                "when": names.condition(random), "strength": random.choice(strengths),
                "recommend": [random.choice(["act", "talk", "plan"])],
            }  # fmt: skip
        if of_file:
            home["decided_by"] = "file"
            home["rules"][f"{stage[0].upper()}9"] = {"when": names.condition(random, 2), "strength": "eligible"}
            continue
        home["ruled_out_when"] = names.condition(random, 2)
        if random.random() < 0.2:
            home["set_aside_when"] = names.condition(random, 2)
        if random.random() < 0.2:
            home["applies_when"] = random.choice(["firm_goods", "case_subject == 'person'"])
    homes["first"]["rules"] |= {"F0": {"when": names.rule, "strength": "moderate"}} | _cautions(random, names)
    return homes


def _told(random: Random, term: Mapping[str, Any]) -> dict[str, Any]:
    """Who must say it, how long it counts, and when it applies."""
    found: dict[str, Any] = {"respondent": random.choice(ROLES)}
    choices: tuple[dict[str, Any], ...] = (
        {"valid_for": "30 days"}, {"valid_for": "period"}, {"authors": 2}, {"only": [random.choice(ROLES), "system"]},
        {"applies_when": "firm_goods"}, {"covers": "period"},
    )  # fmt: skip
    if random.random() < 0.35:
        found |= random.choice(choices)
    return found


def _cautions(random: Random, names: Names) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if random.random() < 0.25:
        found["C1"] = {"when": names.condition(random, 2), "strength": "caution", "distrusts": random.choice(KINDS[:3])}
    if random.random() < 0.2:
        found["C2"] = {"when": names.condition(random, 2), "strength": "scope", "suppresses": ["personnel"]}
    return found


def _other_ladder(random: Random, ladder: dict[str, Any]) -> None:
    """Floors; and now and then a ladder that lacks what holds it back, so that there is something to refute."""
    for stage in ladder["stages"]:
        if stage["stage"] in (PERSON, FILE, "last") and random.random() < 0.8:
            floor = {"by": "own", "kind": random.choice(KINDS[1:])}
            floor |= {"dated": True} if random.random() < 0.5 else {}
            floor |= {"own_kind": "signed record"} if random.random() < 0.4 else {}
            floor |= {"asker_kind": "signed record"} if random.random() < 0.4 else {}
            stage["floor"] = floor
    if random.random() < 0.35:
        where, was, now = random.choice(LOOSER)
        lines = ladder["decisions"].get(where, [ladder])
        for line in lines:
            for key in ("when", where):
                if isinstance(line.get(key), str):
                    line[key] = line[key].replace(was, now)


LOOSER = (
    ("evidence", " and unsettled == 0", ""),
    ("evidence", "ruled_out_when and", "not not ruled_out_when and"),
    ("file", " and unproven == 0", ""),
    ("file", " and unexamined == 0", ""),
    ("concluded_when", " and unproven == 0", ""),
    ("concluded_when", "not_passed == 0 and ", ""),
    ("exhausted_when", "status == 'eligible_for_human_review'", "status in ['eligible_for_human_review', 'open']"),
    ("pressure_when", " and unexamined == 0", ""),
)

# --- properties -------------------------------------------------------------------------------------------------------

NO_FILE = f"{FILE} != {COMPLETE} implies {FILE} != {COMPLETE}"
NO_PERSON = f"concluded != {PERSON} implies concluded != {PERSON}"
NOT_OUT = "this != ruled_out implies this != ruled_out"
NO_PERSONNEL = "not personnel_recommended implies not personnel_recommended"
RULES = {"strengths": ["strong", "moderate", "weak", "block", "eligible", "gate"]}


def _always(text: str, **keys: Any) -> Callable[[Random, Names], dict[str, Any]]:
    return lambda random, names: {"always": text, **keys}


def _better(text: str, **keys: Any) -> Callable[[Random, Names], dict[str, Any]]:
    def made(random: Random, names: Names) -> dict[str, Any]:
        numbers = [name for name in names.numbers if name in ASKED]
        some = random.sample(numbers, min(len(numbers), random.randint(1, 2)))
        return {
            "always": text,
            **keys,
            "after": {"better": {name: random.choice(["higher", "lower"]) for name in some}},
        }

    return made


def _single(premise: str, **keys: Any) -> Callable[[Random, Names], dict[str, Any]]:
    return lambda random, names: {"always": f"{premise} implies {names.condition(random, 2)}", **keys}


def _settled(random: Random, names: Names) -> dict[str, Any]:
    """In a stage that is ruled out no rule is unknown through a number that is known, and imprecise."""
    number = random.choice([each for each in names.numbers if each in names.rule.split()] or names.numbers)
    exact = f"{number} - {number} == 0"
    return {"always": f"first == ruled_out and {number} >= 0 implies {exact} or ({names.rule}) or not ({names.rule})"}


PROPERTIES: Mapping[str, Callable[[Random, Names], dict[str, Any]]] = {
    "forget_file": _always(NO_FILE, after={"forget": "any"}),
    "forget_person": _always(NO_PERSON, after={"forget": "any"}),
    "forget_personnel": _always(NO_PERSONNEL, after={"forget": "any"}),
    "forget_stage": _always(NOT_OUT, for_stages="all", after={"forget": "any"}),
    "forget_rule": _always("not rule_true implies not rule_true", for_rules=RULES, after={"forget": "any"}),
    "forget_looked": _always("not looked_at implies not looked_at", for_rules=RULES, after={"forget": "any"}),
    "core_stage": _always(NOT_OUT, for_stages="all", after={"forget": "core"}),
    "core_file": _always(NO_FILE, for_stages="all", after={"forget": "core"}),
    "wider_file": _always(NO_FILE, after={"wider": "any"}),
    "wider_person": _always(NO_PERSON, after={"wider": "any"}),
    "wider_personnel": _always(NO_PERSONNEL, after={"wider": "any"}),
    "wider_rule": _always("not rule_true implies not rule_true", for_rules=RULES, after={"wider": "any"}),
    "wider_rule_false": _always("not rule_false implies not rule_false", for_rules=RULES, after={"wider": "any"}),
    "weaker_file": _always(NO_FILE, after={"weaker": "any"}),
    "weaker_person": _always(NO_PERSON, after={"weaker": "any"}),
    "added_file": _always(NO_FILE, after={"added": "any"}),
    "added_person": _always(NO_PERSON, after={"added": "any"}),
    "forget_pressure": _always("not pressure_recommended implies not pressure_recommended", after={"forget": "any"}),
    "better_file": _better(NO_FILE),
    "better_person": _better(NO_PERSON),
    "better_stage": _better(NOT_OUT, for_stages="all"),
    "better_rule": _better("not rule_true implies not rule_true", for_rules=RULES),
    "company_first": _always(f"concluded == {PERSON} implies this == ruled_out or this == not_applicable or "
                             "this == set_aside", for_stages={"before": PERSON}),
    "file_after_company": _always(f"{FILE} != not_reached implies this == ruled_out or this == not_applicable",
                                  for_stages={"before": PERSON}),
    "personnel_at_person": _always(f"personnel_recommended implies concluded == {PERSON}"),
    "file_implies": _single(f"{FILE} == {COMPLETE}"),
    "person_implies": _single(f"concluded == {PERSON}"),
    "personnel_implies": _single("personnel_recommended"),
    "out_implies": _single("this == ruled_out", for_stages={"before": FILE}),
    "rule_implies": _single("rule_true", for_rules=RULES),
    "fact_implies": lambda random, names: {
        "always": f"{names.condition(random, 2)} implies {names.condition(random, 2)}"},
    "on_floor_person": _always(f"concluded == {PERSON} implies on_floor", for_stages={"before": PERSON}),
    "on_floor_file": _always(f"{FILE} == {COMPLETE} and rule_true implies on_floor",
                             for_rules={"strengths": ["eligible"]}),
    "file_looked": _always(f"{FILE} == {COMPLETE} implies looked_at",
                           for_rules={"strengths": ["strong", "moderate"], "before": PERSON}),
    "all_looked": _always("this == ruled_out implies looked_at", for_rules={"strengths": ["strong", "moderate"]}),
    "settled": _settled,
    "settled_too": _settled,
    "rule_or": _always("not (rule_true and rule_false)", for_rules=RULES),
}  # fmt: skip
"""Kind of property -> how one is written. Its name before the first `_` is the change that it speaks of, if any."""
