"""A second, plain implementation of what a diagnosis is, to hold the product to it.

Written from the language's definition (strengths and ladder) for the shipped content alone, without any of the
product's code: conditions are read by Python's own parser, files by PyYAML; the stages and their order are spelled out.
"""

from __future__ import annotations

import ast
from fractions import Fraction
from functools import cache
from math import comb
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
STAGES = ("goals", "product", "pricing", "delivery", "service", "training", "marketing", "individual")
FILES = ("profile", "scope", *STAGES, "termination", "success", "recognition")
"""Rules speak in this order."""
PERSONNEL = {
    "individual_training", "coaching_plan", "contact_cadence", "motivation_talk", "improvement_plan", "hr_review",
    "role_change",
}  # fmt: skip
FORMS = {
    "cash_bonus": {"cash"},
    "time_off_trip": {"time_off", "trip"},
    "office_status": {"office"},
    "public_praise": {"public_praise"},
    "private_praise": {"private_praise"},
    "development": {"development"},
}


def _files(folder):
    return {name: yaml.load((ROOT / folder / f"{name}.yaml").read_text("utf-8"), yaml.BaseLoader) for name in FILES}


KNOWLEDGE = _files("knowledge")
RULES = [rule | {"stage": name} for name, rules in _files("rules").items() for rule in rules]
TERMS = {name: term for file in KNOWLEDGE.values() for name, term in file["terms"].items()}
CONCLUDED_BY = {}
for _rule in RULES:
    CONCLUDED_BY.setdefault(_rule["finding"], []).append(_rule["id"])
WHEN = {rule["id"]: rule["when"] for rule in RULES}
APPLIES = {stage: KNOWLEDGE[stage]["applies_when"] for stage in STAGES if "applies_when" in KNOWLEDGE[stage]}
HOME = {name: home for home, file in KNOWLEDGE.items() for name in file["terms"]}
RULED_OUT = {stage: KNOWLEDGE[stage]["ruled_out_when"] for stage in STAGES}
SET_ASIDE = {stage: KNOWLEDGE[stage]["set_aside_when"] for stage in ("product", "pricing")}


# --- conditions: a value is True, False, a Fraction, a text, a date or None (unknown) ---------------------------------


@cache
def parsed(text):
    return ast.parse(" ".join(text.split()), mode="eval").body


def names(text):
    """The names that a condition reads."""
    return names_in(parsed(text))


def names_in(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def value(node, look):
    """The value of an expression; ``look`` gives that of a name."""
    match node:
        case ast.Name("true" | "false" as word):
            return word == "true"
        case ast.Name(name):
            return look(name)
        case ast.Constant(bool() | str() as constant):
            return constant
        case ast.Constant(number):
            return exactly(number)
        case ast.UnaryOp(ast.USub(), part):
            number = value(part, look)
            return None if number is None else -number
        case ast.UnaryOp(ast.Not(), part):
            truth = value(part, look)
            return None if truth is None else not truth
        case ast.BoolOp(ast.And(), parts):
            truths = [value(part, look) for part in parts]
            return False if False in truths else None if None in truths else True
        case ast.BoolOp(ast.Or(), parts):
            truths = [value(part, look) for part in parts]
            return True if True in truths else None if None in truths else False
        case ast.Compare(left, [ast.In()], [ast.List(items)]):
            known = value(left, look)
            return None if known is None else known in [value(item, look) for item in items]
        case ast.Compare(left, [op], [right]):
            a, b = value(left, look), value(right, look)
            return None if a is None or b is None else bool(COMPARE[type(op)](a, b))
        case ast.BinOp(left, op, right):
            a, b = value(left, look), value(right, look)
            if a is None or b is None or (isinstance(op, ast.Div) and b == 0):
                return None
            return CALCULATE[type(op)](a, b)
        case ast.Call(ast.Name(function), arguments):
            numbers = [value(argument, look) for argument in arguments]
            return None if None in numbers else FUNCTIONS[function](*numbers)
    raise AssertionError(ast.dump(node))


@cache
def exactly(number):
    return Fraction(str(number))


COMPARE = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
CALCULATE = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


def unknown_names(node, look):
    """The names that keep an expression unknown: those of its unknown parts."""
    if value(node, look) is not None:
        return []
    if isinstance(node, ast.Name):
        return [node.id]
    parts = (
        part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr) and not isinstance(part, ast.List)
    )
    return list(dict.fromkeys(name for part in parts for name in unknown_names(part, look)))


# --- what applies -----------------------------------------------------------------------------------------------------


@cache
def applying(name):
    """The conditions, as texts, under which a term applies."""
    if name not in TERMS or HOME[name] == "profile" or name == "case_subject":
        return ()
    own = [TERMS[name].get("applies_when"), APPLIES.get(HOME[name])]
    inputs = [part for read in names(TERMS[name].get("formula", "true")) for part in applying(read)]
    return tuple(dict.fromkeys([text for text in own if text] + inputs))


def tests_of(node):
    """The comparisons, and the names that stand alone."""
    match node:
        case ast.UnaryOp(ast.Not(), part):
            return tests_of(part)
        case ast.BoolOp(_, parts):
            return [test for part in parts for test in tests_of(part)]
    return [node]


def conditions(test):
    """The conditions of all terms of one test."""
    found = [text for part in ast.walk(test) if isinstance(part, ast.Name) for text in applying(part.id)]
    return [parsed(text) for text in dict.fromkeys(found)]


def guarded(node, core, side=True):
    """A condition with `not` at its tests, and with what applies at each test: in a rule, or in the core facts."""
    match node:
        case ast.UnaryOp(ast.Not(), part):
            return guarded(part, core, not side)
        case ast.BoolOp(op, parts):
            both = isinstance(op, ast.And) is side
            return ast.BoolOp(ast.And() if both else ast.Or(), [guarded(part, core, side) for part in parts])
    test = node if side else ast.UnaryOp(ast.Not(), node)
    return under(conditions(node), test, core)


def under(asked, test, core):
    if not asked:
        return test
    holds = ast.BoolOp(ast.And(), [*asked, test])
    return ast.BoolOp(ast.Or(), [ast.UnaryOp(ast.Not(), ast.BoolOp(ast.And(), asked)), holds]) if core else holds


def joined(node, core):
    """The same in the form in which unknown names are told: neighbours with the same conditions share them."""

    def asked(part):
        found = {tuple(ast.dump(one) for one in conditions(test)) for test in tests_of(part)}
        return found.pop() if len(found) == 1 else None

    if asked(node) is not None:
        return under(conditions(tests_of(node)[0]), node, core)
    if isinstance(node, ast.UnaryOp):
        return guarded(node, core)
    groups = []
    for part in node.values:
        if groups and asked(part) is not None and asked(part) == asked(groups[-1][0]):
            groups[-1].append(part)
        else:
            groups.append([part])
    parts = [joined(group[0] if len(group) == 1 else ast.BoolOp(node.op, group), core) for group in groups]
    return ast.BoolOp(node.op, parts)


RULE_ASKED = {id: joined(parsed(text), False) for id, text in WHEN.items()}
CORE = {stage: guarded(parsed(text), True) for stage, text in RULED_OUT.items()}
CORE_ASKED = {stage: joined(parsed(text), True) for stage, text in RULED_OUT.items()}
ASIDE = {stage: guarded(parsed(text), True) for stage, text in SET_ASIDE.items()}
RULE_TEST = {id: guarded(parsed(text), False) for id, text in WHEN.items()}


# --- facts ------------------------------------------------------------------------------------------------------------


@cache
def fisher(*counts):
    """Two-sided: all tables with the same margins that are no likelier than the one seen."""
    wins, decided, peer_wins, peer_decided = map(int, counts)
    if not (0 <= wins <= decided and 0 <= peer_wins <= peer_decided):
        return None
    won = wins + peer_wins
    ways = {k: comb(decided, k) * comb(peer_decided, won - k) for k in range(min(decided, won) + 1)}
    return Fraction(sum(w for w in ways.values() if w <= ways[wins]), comb(decided + peer_decided, won))


@cache
def fisher_lower(*counts):
    """Twice the probability of as few wins or fewer."""
    wins, decided, peer_wins, peer_decided = map(int, counts)
    if not (0 <= wins <= decided and 0 <= peer_wins <= peer_decided):
        return None
    won = wins + peer_wins
    ways = sum(comb(decided, k) * comb(peer_decided, won - k) for k in range(wins + 1))
    return min(Fraction(1), Fraction(2 * ways, comb(decided + peer_decided, won)))


FUNCTIONS = {"fisher_p": fisher, "fisher_lower_p": fisher_lower, "min": min}
FORMULAS = {
    name: tuple(part for part in unknown_names(parsed(term["formula"]), lambda _: None) if part not in FUNCTIONS)
    for name, term in TERMS.items()
    if "formula" in term
}
"""Computed terms, each after those that it is computed from."""


def completed(facts):
    """The facts with what formulas add. A fact that is stated as unknown (None) stays unknown.

    A number of coaching days that contradicts the dates, from sources of equal rank, is disputed: unknown.
    """
    facts = dict(facts)
    for name in FORMULAS:
        if name == "hr_coaching_days" or (name in facts and facts[name] is None):
            continue
        made = value(parsed(TERMS[name]["formula"]), facts.get)
        low, high = map(Fraction, TERMS[name]["range"])
        if made is not None and low <= made <= high:
            facts[name] = made
    end, start = (facts.get(name) for name in FORMULAS["hr_coaching_days"])
    if end is not None and start is not None:
        days = Fraction((end - start).days)
        if 0 <= days <= 36500:
            stated = facts.get("hr_coaching_days", days)
            facts["hr_coaching_days"] = stated if stated == days else None
    return facts


# --- the ladder -------------------------------------------------------------------------------------------------------


def diagnosis(facts, excused=frozenset()):
    """What `to_dict` has to say, texts left out.

    ``facts``: term -> value (Fraction, bool, str, date; None or left out: unknown).
    ``excused``: the terms that somebody named stated as not applicable, with a reason.
    """
    stated, facts = facts, completed(facts)
    truths = rule_truths(facts)

    def look(name):
        if name not in CONCLUDED_BY:
            return facts.get(name)
        found = [truths[id] for id in CONCLUDED_BY[name]]
        return True if True in found else None if None in found else False

    def askable(names):
        """Names as the terms that can be asked."""
        found = []
        for name in names:
            if name in CONCLUDED_BY:
                for id in CONCLUDED_BY[name]:
                    found += askable(unknown_names(RULE_ASKED[id], look))
            elif name in FORMULAS and name not in stated:
                found += askable(part for part in FORMULAS[name] if facts.get(part) is None) or [name]
            else:
                found.append(name)
        return list(dict.fromkeys(found))

    def would_decide(id):
        return askable(unknown_names(RULE_ASKED[id], look))

    def missing(stage, look=look):
        """The terms that keep a stage from being ruled out. Whether it applies comes first."""
        first = unknown_names(parsed(APPLIES[stage]), look) if stage in APPLIES else []
        return list(dict.fromkeys(first + askable(unknown_names(CORE_ASKED[stage], look))))

    def true(stage, *strengths):
        return [r for r in RULES if r["stage"] == stage and r["strength"] in strengths and truths[r["id"]] is True]

    goal_met = facts.get("case_attainment_pct") is not None and facts["case_attainment_pct"] >= 100

    applies = {stage: value(parsed(APPLIES[stage]), look) if stage in APPLIES else True for stage in STAGES}

    statuses = {}
    for stage in STAGES:
        strong, moderate = true(stage, "strong"), true(stage, "moderate")
        if goal_met:
            statuses[stage] = "not_run"
        elif applies[stage] is False:
            statuses[stage] = "not_applicable"
        elif applies[stage] is None:
            statuses[stage] = "open"
        elif strong or len(moderate) >= 2:
            statuses[stage] = "confirmed"
        elif value(CORE[stage], look) is True and not moderate:
            statuses[stage] = "ruled_out"
        elif stage in ASIDE and value(ASIDE[stage], look) is True and not moderate:
            statuses[stage] = "set_aside"
        else:
            statuses[stage] = "open"

    concluded = None
    for stage in STAGES:
        if statuses[stage] == "confirmed":
            concluded = stage
        if statuses[stage] not in ("ruled_out", "set_aside", "not_applicable"):
            break
    if "set_aside" in statuses.values() and concluded == "individual":
        concluded = None

    company = [statuses[stage] for stage in STAGES[:-1]]
    nothing_wrong = "confirmed" not in company
    if goal_met:
        verdict = "goal_met"
    elif concluded:
        verdict = "cause_found"
    elif look("within_season") is True and nothing_wrong:
        verdict = "within_season"
    elif look("within_noise") is True and nothing_wrong:
        verdict = "within_noise"
    elif not nothing_wrong:
        verdict = "cause_likely"
    elif "open" in statuses.values():
        verdict = "open"
    elif statuses["individual"] == "confirmed":
        verdict = "not_proved"
    else:
        verdict = "open" if "set_aside" in company else "no_cause"
    asked = "open" if "open" in statuses.values() else None if concluded else "set_aside"

    def looked_at(rule):
        lacking = set(would_decide(rule["id"]))
        return truths[rule["id"]] is False or (lacking != set() and lacking <= excused)

    termination = "not_reached"
    blocked_by, lacking = [], []
    if concluded == "individual":
        looked = [stage for stage in STAGES[:-1] if applies[stage] is not False]
        before = [r for r in RULES if r["stage"] in looked and r["strength"] in ("strong", "moderate")]
        blocked_by = true("termination", "block")
        unknown = [r["id"] for r in RULES if r["stage"] == "termination" and truths[r["id"]] is None]
        lacking = [term for id in unknown for term in would_decide(id)]
        if blocked_by:
            termination = "blocked"
        elif true("termination", "eligible") and all(map(looked_at, before)):
            termination = "eligible_for_human_review"
        else:
            termination = "open"

    def speaks(rule):
        """Whether a true rule may recommend."""
        stage, strength = rule["stage"], rule["strength"]
        if rule.get("immediate") == "true":
            return True
        if goal_met:
            return stage in ("success", "recognition") or rule["id"] == "IN14"
        match strength:
            case "scope" | "caution" | "practice" | "success":
                return applies.get(stage, True) is True
            case "strong" | "moderate":
                return stage == concluded
            case "weak":
                return stage == concluded or statuses[stage] == "open"
            case "classify":
                return concluded == "individual"
            case "block":
                return termination == "blocked"
            case "eligible":
                return termination == "eligible_for_human_review"
        return False

    fired = [rule for rule in RULES if truths[rule["id"]] is True]
    named = {}
    for rule in fired:
        if speaks(rule):
            for intervention in rule["recommend"]:
                named.setdefault(intervention, []).append(rule)
    withdrawn = {intervention for rule in fired for intervention in rule.get("suppresses", ())}
    if "personnel" in withdrawn:
        withdrawn |= PERSONNEL

    recommended, suppressed, alternatives = {}, {}, {}
    for intervention, rules in named.items():
        ids = [rule["id"] for rule in rules]
        too_early = concluded != "individual"
        exhausted = termination == "eligible_for_human_review" and intervention != "hr_review"
        held_back = intervention in withdrawn or (intervention in PERSONNEL and (too_early or exhausted))
        (suppressed if held_back else recommended)[intervention] = ids
    preference = facts.get("rec_preference")
    if goal_met and any(preference in FORMS.get(intervention, ()) for intervention in recommended):
        for intervention in list(recommended):
            if intervention in FORMS and preference not in FORMS[intervention]:
                alternatives[intervention] = recommended.pop(intervention)

    def next_questions():
        """Of the first open stage, or one set aside; a sample that is too small to rule it out is asked again."""
        stage = next((stage for stage in STAGES if statuses[stage] == asked), None)
        nothing = concluded is not None or verdict in ("within_season", "within_noise")
        return [] if stage is None or nothing else to_ask(stage)

    def to_ask(stage):
        samples = {name for name in names(RULED_OUT[stage]) if TERMS.get(name, {}).get("sample") == "true"}
        too_small = {
            name
            for name in samples
            if value(CORE[stage], lambda n, name=name: None if n in samples - {name} else look(n)) is False
        }
        return missing(stage, lambda name: None if name in too_small else look(name))

    return {
        "truths": truths,
        "mode": "success" if goal_met else "diagnosis",
        "verdict": verdict,
        "stages": [
            {
                "id": stage,
                "status": statuses[stage],
                "held": statuses[stage] == "confirmed" and stage != concluded,
                "concluded": stage == concluded,
                "findings": list(dict.fromkeys(rule["finding"] for rule in fired if rule["stage"] == stage)),
                "missing": [name for name in to_ask(stage) if look(name) is None] if statuses[stage] == asked else [],
            }
            for stage in STAGES
        ],
        "concluded": concluded,
        "termination": termination,
        "file": ([rule["id"] for rule in blocked_by], list(dict.fromkeys(lacking))),
        "fired": [(rule["id"], rule["stage"], rule["strength"], rule["finding"]) for rule in fired],
        "recommendations": list(recommended.items()),
        "alternatives": list(alternatives.items()),
        "suppressed": list(suppressed.items()),
        "next_questions": next_questions(),
        "unexamined": [
            (rule["id"], rule["stage"], rule["strength"], set(would_decide(rule["id"])))
            for rule in RULES
            if rule["strength"] in ("strong", "moderate")
            and statuses.get(rule["stage"]) in ("ruled_out", "set_aside")
            and not looked_at(rule)
        ],
    }


def rule_truths(facts):
    """Rule id -> true, false or unknown (None). Only findings of rules further up are named by others."""
    truths = {}

    def look(name):
        if name not in CONCLUDED_BY:
            return facts.get(name)
        found = [truths[id] for id in CONCLUDED_BY[name]]
        return True if True in found else None if None in found else False

    for rule in RULES:
        truths[rule["id"]] = value(RULE_TEST[rule["id"]], look)
    return truths
