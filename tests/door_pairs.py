"""Random pairs of a tiny rule base and an edit of it, and random cases of both: for `prove --against`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

from homes import memory_of
from salesdx.authoring.putting_back import put_back
from salesdx.base.ladder_lines import Floor
from salesdx.base.model import Choice, Rule, RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.language.conditions import And, Compare, Expr, Literal, Name, Not, names
from salesdx.text.issues import CaseError
from tiny_bases import tiny_base, values_of

END = "2026-09-30"
CHANGED = ("n1", "n2", "n3", "b1", "b2", "total", "share", "gap")
HEAD = ("case_attainment_pct", "case_subject", "case_period_end")
KINDS = ("signed record", "CRM fields", "respondent's estimate")


def pair(seed: int) -> tuple[RuleBase, RuleBase]:
    """A tiny rule base with floors, and the same with an edit or two."""
    random = Random(seed)
    base = with_floors(tiny_base(random), random)
    new = base
    while new is base:
        for _ in range(random.randint(1, 2)):
            edited = random.choice(EDITS)(new, random)
            made = put_back(edited, edited, ()) if edited is not new else None
            new = made or new
    return base, new


def with_floors(base: RuleBase, random: Random) -> RuleBase:
    stages = tuple(
        replace(stage, floor=a_floor(random)) if stage.id != "first" and random.random() < 0.6 else stage
        for stage in base.stages
    )
    return replace(base, stages=stages, ladder=replace(base.ladder, personnel_stage="second"))


def a_floor(random: Random) -> Floor:
    own = random.choice(["", "signed record"])
    return Floor(random.choice(KINDS), own, random.choice(["", "signed record"]), random.random() < 0.5)


# --- edits ------------------------------------------------------------------------------------------------------------


def another_condition(base: RuleBase, random: Random) -> RuleBase:
    rule, other = random.choice(base.rules), random.choice(base.rules)
    when: Expr = random.choice([Not(rule.when), other.when, And((rule.when, other.when)), Literal(True)])
    return with_rules(base, {rule.id: replace(rule, when=when)})


def another_strength(base: RuleBase, random: Random) -> RuleBase:
    rule = random.choice(base.rules)
    home = [each.strength for each in base.rules_of[rule.home]]
    return with_rules(base, {rule.id: replace(rule, strength=random.choice([*home, "weak"]))})


def no_rule(base: RuleBase, random: Random) -> RuleBase:
    rule = random.choice(base.rules)
    return with_rules(base, {rule.id: None}) if rule.id != "G0" else base


def with_rules(base: RuleBase, changed: dict[str, Rule | None]) -> RuleBase:
    found = (changed.get(rule.id, rule) for rule in base.rules)
    return replace(base, rules=tuple(rule for rule in found if rule is not None))


def another_stage(base: RuleBase, random: Random) -> RuleBase:
    stage = random.choice(base.stages)
    if stage.ruled_out_when is None or random.random() < 0.3:
        changed = replace(stage, floor=random.choice([None, a_floor(random)]))
    else:
        plain = [rule.when for rule in base.rules if set(names(rule.when)) <= base.terms.keys()]
        changed = replace(stage, ruled_out_when=random.choice([Not(stage.ruled_out_when), *plain]))
    return replace(base, stages=tuple(changed if each is stage else each for each in base.stages))


def another_term(base: RuleBase, random: Random) -> RuleBase:
    """Another range, another formula, a formula for what was asked, or who must know it."""
    name = random.choice(
        [name for name in base.terms if name in ("n1", "n2", "n3", "b1", "b2", "total", "share", "gap")]
    )
    term = base.terms[name]
    if term.formula is not None:
        assert hasattr(term.formula, "left")
        changed = replace(term, formula=replace(term.formula, left=Name("n1"), right=Name("n2")))
    elif term.type == "boolean" and random.random() < 0.5:
        changed = replace(term, choose=(Choice(Literal(True), True),))
    elif term.type == "boolean" or random.random() < 0.4:
        changed = replace(term, respondent=random.choice(["hr", "sales_manager"]))
    else:
        changed = replace(term, high=(term.high or 4) + random.choice([-1, 1]))
    return replace(base, terms={**base.terms, name: changed})


def another_ladder(base: RuleBase, random: Random) -> RuleBase:
    """A condition of a file's line, or of what concludes a stage, is left out."""
    ladder = base.ladder
    if random.random() < 0.4:
        return replace(base, ladder=replace(ladder, concluded_when=without_one(ladder.concluded_when, random)))
    lines = list(ladder.decisions["file"])
    n = random.randrange(len(lines) - 1)
    lines[n] = replace(lines[n], when=without_one(lines[n].when, random))
    return replace(base, ladder=replace(ladder, decisions={**ladder.decisions, "file": tuple(lines)}))


def without_one(when: Expr, random: Random) -> Expr:
    if isinstance(when, And):
        gone = random.choice(when.parts)
        return And(tuple(part for part in when.parts if part is not gone))
    return Not(when) if isinstance(when, Compare) and random.random() < 0.5 else when


def another_flag(base: RuleBase, random: Random) -> RuleBase:
    id = random.choice(list(base.interventions))
    made = replace(base.interventions[id], personnel=not base.interventions[id].personnel)
    return replace(base, interventions={**base.interventions, id: made})


EDITS: tuple[Callable[[RuleBase, Random], RuleBase], ...] = (
    another_condition, another_condition, another_strength, no_rule, another_stage, another_term, another_ladder,
    another_flag,
)  # fmt: skip

# --- cases ------------------------------------------------------------------------------------------------------------


def cases(base: RuleBase, random: Random, number: int) -> Iterator[WorkingMemory]:
    """Random cases: up to three statements for each term, by several roles, of several kinds, dated or not."""
    for _ in range(number):
        known = random.choice([0.5, 0.8, 1])
        facts: dict[str, Any] = {"case_attainment_pct": said(80 if random.random() < 0.95 else 100, "finance", random)}
        for name, term in base.terms.items():
            asked = not term.computed or random.random() < 0.2
            if name not in HEAD and asked and random.random() < known:
                facts[name] = statements(base, name, random)
        head = {"subject": {"kind": "person", "ref": "p"}, "period": {"from": "2026-01-01", "to": END}}
        try:
            yield memory_of(base, facts, **(head if random.random() < 0.9 else {}))
        except CaseError:
            continue


def statements(base: RuleBase, name: str, random: Random) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for n in range(random.choice([1, 1, 1, 2, 3])):
        value = random.choice(values_of(base, name))
        by = random.choice([base.terms[name].respondent or "finance", "hr", "sales_manager"])
        found[by, f"a{n}"] = said(plain(value), by, random) | {"author": f"a{n}"}
    return list(found.values())


def said(value: object, by: str, random: Random) -> dict[str, Any]:
    luck = random.random()
    made: dict[str, Any] = {"value": value, "by": by, "kind": random.choice(KINDS)}
    if luck < 0.06:
        made |= {"value": "not_applicable", "reason": "there is none"}
    elif luck < 0.1:
        made["value"] = "not_known"
    return made | ({"date": END} if random.random() < 0.8 else {})


def plain(value: Any) -> object:
    return int(value) if not isinstance(value, bool | str) and value == int(value) else value
