"""For every key of the language, every kind of wrong value: from the tables of keys and a good file of each kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from salesdx.base.model import NUMERIC, RuleBase, Term
from salesdx.base.shapes import (
    Amount,
    Day,
    Demand,
    Either,
    Expression,
    Field,
    Flag,
    Form,
    ListOf,
    MapOf,
    NameOf,
    Nothing,
    OneOf,
    Prose,
    Shape,
    StatusOf,
    Template,
    ValueOf,
)

RULE = {
    "id": "E1", "strength": "scope", "title": "Dear", "when": "price_index > 1 and wish == 'bonus'", "finding": "found",
    "recommend": ["price_test"], "suppresses": "hire", "distrusts": "CRM fields", "immediate": True,
    "also_in_success": False, "explains": "price_index / 2", "because": "At {price_index}.", "note": "a note",
    "source": ["J", "S1"],
}  # fmt: skip
ASKED = {
    "label": "Share asked",
    "type": "percent", "unit": "% of all", "range": [0, 100.5], "question": "How many?", "respondent": "sales",
    "evidence": "the ERP", "derive": "a count", "valid_for": "180 days", "effort": 3, "core": True, "effect": True,
    "sample": False,
    "ask_first": True, "applies_when": "firm_ships_goods", "note": "a note", "source": "S1",
    "or_formula": "won_n / decided_n * 100", "tolerance": 1, "may_answer": ["finance", "hr"],
    "only": ["finance", "system"], "authors": 2, "covers": "period", "small": True,
}  # fmt: skip
STAGE = {
    "stage": "price", "title": "Price", "owner": "finance", "applies_when": "subject == 'person'",
    "limits": {"asked_low": {"value": 1, "unit": "%", "source": "S1"}},
    "ruled_out_when": "asked > asked_low and won_pct < 5 and price_index < 9 and lost_on_price_pct < 2",
    "set_aside_when": "asked > 0",
    "terms": {
        "asked": ASKED,
        "won_n": {"type": "integer", "question": "What?", "respondent": "sales"},
        "decided_n": {"type": "integer", "question": "What?", "respondent": "sales"},
        "chosen": {"type": "enum", "values": ["left", "right"], "question": "Which?", "respondent": "hr"},
        "learnt": {"type": "boolean", "question": "Was it?", "respondent": "hr",
                   "record": {"states": "given", "what": "training", "of": "hire", "least": 2}},
        "became": {"type": "enum", "values": ["left", "right"], "question": "Which?", "respondent": "hr",
                   "record": {"states": "judged", "of": "hire", "choose": [{"when": "asked > 1", "value": "left"}]}},
        "told_on": {"type": "date", "question": "When?", "respondent": "hr", "valid_for": "period"},
        "won_pct": {"type": "number", "formula": "max(asked, 1) / 2", "tolerance": 0.5},
        "side": {
            "type": "enum", "values": ["left", "right"],
            "choose": [{"when": "asked > 1", "value": "left"}, {"when": True, "value": "right"}],
        },
        "price_index": {"type": "number", "question": "What?", "respondent": "sales"},
        "lost_on_price_pct": {"type": "percent", "question": "What?", "respondent": "sales"},
        "buyers_asked_n": {"type": "integer", "question": "What?", "respondent": "sales"},
        "discount_change_points": {"type": "number", "question": "What?", "respondent": "sales"},
    },
    "interventions": {
        "own_help": {
            "title": "Help", "owner": "sales", "do": "Help", "judge_after": "1 week", "worked_when": "Sold",
            "judge": {
                "holds": "asked > 1", "after": "later of 60 days and 1 cycle", "until": "months of asked + 1 period",
                "by": "hr", "voided_by": ["goal", "absence"],
            },
            "cost": "little", "personnel": False, "reason": "it helps all", "weight": "help",
            "preferred_when": "wish == 'bonus'", "note": "a note", "source": "J",
        },
        "discount_bands": {"title": "T", "owner": "o", "do": "d", "judge_after": "1 day", "worked_when": "w"},
        "price_test": {
            "title": "T", "owner": "o", "do": "d", "judge_after": "1 day", "worked_when": "w",
            "judge": {"by_hand": "It is sold", "after": "0 days", "until": "set", "by": "sales"},
        },
    },
}  # fmt: skip
GROUP = {"group": "examples", "title": "Examples"}
SOURCES = {
    "S1": {"title": "A study", "by": "its author", "year": 2020, "address": ["https://example.org"], "quality": "good"}
}
PROPERTIES = [
    {
        "id": "first", "says": "It holds", "always": "concluded == seller implies this == ruled_out",
        "for_stages": {"before": "seller"}, "after": {"forget": "core"}, "note": "a note",
    },
    {
        "id": "second", "says": "So", "always": "price_index > 1 implies price_index > 1",
        "after": {"better": {"price_index": "higher"}},
    },
    {"id": "third", "says": "So", "always": "looked_at", "for_rules": {"strengths": ["strong"], "before": "file"}},
    {"id": "fourth", "says": "So", "always": "this != open", "for_stages": "all"},
    {
        "id": "fifth", "says": "So", "always": "price_index > 1 implies price_index > 1", "after": {"wider": "any"},
    },
    {
        "id": "sixth", "says": "So", "always": "price_index > 1 implies price_index > 1", "after": {"weaker": "any"},
    },
    {
        "id": "seventh", "says": "So", "always": "price_index > 1 implies price_index > 1", "after": {"added": "any"},
    },
    {
        "id": "eighth", "says": "So", "always": "price_index > 1 implies price_index > 1", "after": {"remedied": "any"},
    },
]  # fmt: skip
SIGNED = {
    "reason": "Our customers write by post", "author": "J. Weber, head of HR", "base": "sha256:" + "0" * 64,
    "edits": ["rules/price.yaml P1"], "doors": ["person"], "pieces": "sha256:" + "1" * 64,
    "case": "sha256:" + "2" * 64, "held_back_by": ["rules/price.yaml P1"],
}  # fmt: skip
NOT_KEPT = {"property": "fifth", "reason": "We promise less", "author": "J. Weber", "base": "sha256:" + "0" * 64}
SILENCED = {
    "silence": "core-term", "reason": "We count by hand", "author": "J. Weber", "base": "sha256:" + "0" * 64,
    "pieces": "sha256:" + "1" * 64,
}  # fmt: skip
LAYER = {
    "extends": "../small", "pin": "sha256:" + "0" * 64, "name": "Ours", "removes": {"P4": "it misleads"},
    "accepts": [SIGNED, NOT_KEPT, SILENCED],
}  # fmt: skip
COPIED = {
    "version": "1", "digest": "sha256:" + "0" * 64, "archive": "sha256:" + "3" * 64,
    "accepts": [SIGNED, NOT_KEPT, SILENCED],
}  # fmt: skip
"""Of both the digests are those of the base: whoever writes the base puts them in."""
STATEMENT = {
    "value": 101, "by": "finance", "author": "ana", "kind": "CRM fields", "source": "ERP", "date": "2026-09-12",
    "reason": "it was so", "note": "a note", "report": {"name": "prices.csv", "digest": "0" * 64},
}  # fmt: skip
FIRM = {"firm": "WOOD", "facts": {"firm_ships_goods": STATEMENT | {"value": True}, "firm_gives_discounts": False}}
CASE = {
    "case": "north", "title": "Late", "story": "It was late.", "subject": {"kind": "company", "ref": "N-7"},
    "period": {"from": "2026-07-01", "to": "2026-09-30"},
    "result": {"goal": 100, "reached": 82, "currency": "eur", "by": "finance", "kind": "estimate",
        "date": "2026-10-02"},
    "stated": {"by": "own", "kind": "estimate", "date": "2026-10-02"},
    "asked_by": {"by": "sales", "author": "ana"},
    "suspects": [{"stage": "price", "by": "sales", "author": "ana", "date": "2026-10-02"}],
    "follows": "north-2026-Q2",
    "events": [
        {"change": "absence", "date": "2026-10-05", "days": 12, "by": "hr", "author": "P-2", "kind": "estimate"},
        {"change": "goal", "date": "2026-10-05"},
    ],
    "actions": [
        {"id": "A1", "intervention": "coaching", "rules": ["P1"], "owner": "P-7", "start": "2026-10-05",
            "until": "2026-11-05", "state": "accepted", "by": "hr", "author": "P-2", "form": "in writing",
            "named": "Ana", "judged": [{"worked": True, "by": "hr", "author": "P-2", "date": "2026-11-05"}]},
        {"id": "A2", "intervention": "hire", "state": "declined", "reason": "no money"},
    ],
    "sessions": [
        {"id": "S1", "action": "A1", "what": "coaching", "date": "2026-10-06", "held": True, "by": "hr",
            "author": "P-2", "confirmed": [{"by": "hr", "author": "P-2", "date": "2026-10-06"}],
            "contested": {"date": "2026-10-07", "reason": "it was short"},
            "withdrawn": {"date": "2026-10-08", "reason": "it was not"}},
        {"id": "S2", "action": "A1", "what": "training", "date": "2026-10-12", "held": False},
    ],
    "facts": {
        "price_index": [
            STATEMENT, {"value": "not_known"},
            {"value": 95, "by": "finance", "withdrawn": {"date": "2026-10-05", "reason": "I meant August"}},
            {"value": {"low": 90, "high": 99.5, "best": 92}, "by": "sales", "drawn": "7f3a0c"},
            {"value": {"above": 90, "below": 120}, "by": "hr"},
        ],
        "attainment_pct": 82, "matter_open": False,
        "wish": {"value": "bonus"}, "buyers_asked_n": 14, "on_time_pct": "not_applicable",
    },
    "expect": {
        "mode": "diagnosis", "verdict": "open", "stages": {"price": "open", "delivery": "open"}, "concluded": None,
        "file": "not_reached",
        "fired": ["P1"], "recommend": ["hire"], "may_recommend": ["price_test"], "never_recommend": ["coaching"],
        "next_questions": ["price_index"],
    },
    "why": "It must", "was": {"mode": "all"}, "interview": {"later": ["price_index"]},
}  # fmt: skip


class Sweep:
    """Wrong values of each shape, and other good ones, in the place of the good values of a file."""

    def __init__(self, base: RuleBase, files: Iterable[tuple[Shape, Any]]) -> None:
        self.base = base
        self.samples: dict[tuple[str, str], Any] = {}
        """(form, key) -> a good value."""
        for shape, content in files:
            self.learn(shape, content)

    def learn(self, shape: Shape, value: Any) -> None:
        match shape:
            case Form():
                for field, key in standing(shape, value):
                    self.samples.setdefault((shape.what, field.name), value[key])
                    self.learn(field.shape, value[key])
            case MapOf(_, entry):
                for part in value.values():
                    self.learn(entry, part)
            case ListOf(item):
                for part in listed(value):
                    self.learn(item, part)
            case Either(shapes):
                self.learn(alternative(shapes, value), value)
            case ValueOf(_, Form() as ends) if isinstance(value, dict):
                self.learn(ends, value)

    def all_wrong(self, shape: Shape, content: Any) -> list[tuple[str, Any]]:
        """(where, a file with one wrong value): each kind of fault once a key, in whichever entry it stands."""
        self.swept: set[tuple[str, ...]] = set()
        return list(self.wrong(shape, content))

    def wrong(self, shape: Shape, value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
        """``name`` is the known name under which the value stands, such as a term's."""
        match shape:
            case ListOf():
                yield from self.wrong_lists(shape, value, name)
            case MapOf():
                yield from self.wrong_maps(shape, value)
            case Form():
                yield from self.wrong_entries(shape, value, name)
            case Either(shapes):
                entry = isinstance(value, dict)
                for where, odd in self.wrong(alternative(shapes, value), value, name):
                    if (isinstance(odd, dict) or not entry) and (odd is not None or Nothing() not in shapes):
                        yield where, odd
            case ValueOf(_, Form() as ends) if isinstance(value, dict):
                yield from self.wrong(ends, value, name)
            case _:
                yield from ((repr(odd)[:20], odd) for odd in self.wrong_values(shape, name))

    def wrong_values(self, shape: Shape, name: str) -> list[Any]:
        """What no value is; `null` is a text, as any word is."""
        match shape:
            case Prose(""):
                return ["", "  ", [], {}, "x" * 4001]
            case Prose():
                names = ("", "A b!", "9lives", "né", "and", "ladder", "status", "soon", "-1 days", "a" * 101, "x\ny")
                return [[], {}, *(odd for odd in names if not shape.fits(odd))]
            case Flag():
                return ["true", "yes", "no", 1, 0, "", None, [], {}]
            case Amount(low, high, above, whole):
                ends = [low is not None and low - 1, high is not None and high + 1, above, 10**15, -(10**15)]
                numbers = [end for end in ends if end is not None and end is not False]
                return ["5", "many", True, None, [], {}, *numbers, *([2.5] if whole else [])]
            case Day():
                return ["soon", "2026-02-30", "2026-13-01", "30.09.2026", "", 20260930, [], {}]
            case OneOf() | NameOf() | StatusOf():
                return ["nobody", "", 5, True, None, [], {}]
            case Expression():
                return ["", "  ", [], {}, None, "nobody_said > 1", "applies = 1", *([] if shape.number else [5])]
            case Template():
                return ["", "  ", "{nobody}", "{", "a }", [], {}]
            case ValueOf():
                return ["nonsense", "", None, "5", *self.odd_numbers(self.base.terms[name])]
        return []

    def odd_numbers(self, term: Term) -> list[Any]:
        if term.type not in NUMERIC:
            return [1]
        ends = [] if term.low is None or term.high is None else [int(term.low) - 1, int(term.high) + 1]
        return [True, 10**15, *ends, *([1.5] if term.type == "integer" else [])]

    def wrong_lists(self, shape: ListOf, value: Any, name: str) -> Iterator[tuple[str, Any]]:
        items = listed(value)
        yield "a mapping", {}
        if not (shape.single and isinstance(shape.item, Prose)):
            yield "null", None
        if not shape.single and items:
            yield "no list", items[0]
        if shape.least:
            yield "too few", items[: shape.least - 1]
        if shape.most:
            yield "too many", [*items, *[items[-1]] * shape.most]
        if shape.distinct:
            yield "twice", [items[0], *items]
        for at, item in enumerate(items):
            for where, odd in self.wrong(shape.item, item, name):
                yield f"item {where}", [*items[:at], odd, *items[at + 1 :]]
                if shape.single and len(items) == 1 and not isinstance(odd, list):
                    yield f"alone {where}", odd

    def wrong_maps(self, shape: MapOf, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        yield from (("no mapping", odd) for odd in ("words", 5, ["a"], None))
        if shape.least:
            yield "empty", {}
        first, *_ = value
        for _, odd in self.wrong(shape.key, first):
            if isinstance(odd, str):
                yield f"key {odd[:9]!r}", {odd if key == first else key: part for key, part in value.items()}
        for key, part in value.items():
            yield from ((where, value | {key: odd}) for where, odd in self.wrong(shape.entry, part))
        for key in shape.needs:
            yield f"no {key}", {other: part for other, part in value.items() if other != key}

    def wrong_entries(self, form: Form, value: dict[str, Any], name: str) -> Iterator[tuple[str, Any]]:
        found: list[tuple[str, Any]] = [
            ("no entry", odd) for odd in ("words", 5, ["a"], *([] if form.empty else [None]))
        ]
        found.append(("unknown key", value | {"nonsense_key": 1}))
        found += [(f"no {key}", without(value, key)) for key in form.keys[0]]
        for demand in form.demands:
            found += self.unmet(form, demand, value)
        for field, key in standing(form, value):
            odd_ones = self.wrong(field.shape, value[key], key if field.each else name)
            found += [(f"{key}: {where}", value | {key: odd}) for where, odd in odd_ones]
        for where, odd in found:
            fault = (form.what, name, where, "" if isinstance(odd, dict) else repr(odd))
            if fault not in self.swept:
                self.swept.add(fault)
                yield where, odd

    def unmet(self, form: Form, demand: Demand, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Entries that do not meet a demand of their form, where it is made."""
        given: Any = value
        for part in filter(None, demand.given.split(".")):
            given = given.get(part) if isinstance(given, dict) else None
        if demand.given and (given is None or (demand.values and given not in demand.values)):
            return
        if demand.needed:
            yield f"none of {demand.keys}", without(value, *demand.keys)
        if not demand.together:
            yield f"all of {demand.keys}", value | {key: self.samples[form.what, key] for key in demand.keys}

    def right(self, shape: Shape, value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
        """(where, another good value in the place of a good one)."""
        match shape:
            case ListOf(item, single=single):
                items = listed(value)
                if single and items:
                    yield "alone", items[0]
                for where, other in self.right(item, items[0], name) if items else ():
                    yield where, [other, *items[1:]]
            case MapOf(_, entry):
                for key, part in value.items():
                    yield from ((f"{key}: {where}", value | {key: other}) for where, other in self.right(entry, part))
            case Form():
                for field, key in standing(shape, value):
                    if not field.required:
                        yield f"no {key}", without(value, key)
                    for where, other in self.right(field.shape, value[key], key if field.each else name):
                        yield f"{key}: {where}", value | {key: other}
            case Either(shapes):
                yield from self.right(alternative(shapes, value), value, name)
            case Prose(""):
                yield from (("text", other) for other in (2.5, True))
            case Prose(number=True):
                yield "number", 7
            case Amount(low, high):
                yield from (("end", end) for end in (low, high) if end is not None)
            case Flag():
                yield from (("flag", other) for other in (True, False))
            case ValueOf(_, Form() as ends) if isinstance(value, dict):
                yield from self.right(ends, value, name)
            case ValueOf(words):
                yield from (("word", word) for word in words)


def standing(form: Form, value: dict[str, Any]) -> Iterator[tuple[Field, str]]:
    """The keys of an entry, each with its line of the table."""
    for field in form.fields:
        for key in value:
            if key == field.name or (field.each and key not in form.order):
                yield field, key


def alternative(shapes: Iterable[Shape], value: Any) -> Shape:
    """The shape of several that a good value has."""
    return next(shape for shape in shapes if isinstance(shape, Form) == isinstance(value, dict))


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def without(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: part for key, part in value.items() if key not in keys}
