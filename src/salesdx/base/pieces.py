"""What rules have otherwise than their base, piece by piece: of these a door is opened, and for these one signs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from salesdx.base.floor_terms import names_behind
from salesdx.base.ladder_lines import Ladder, LadderLine, Strength
from salesdx.base.model import STAGE_CONDITIONS, Choice, Rule, RuleBase
from salesdx.base.records import SessionRecord
from salesdx.language.conditions import Name, names
from salesdx.language.rewriting import without_places

LADDER = "knowledge/ladder.yaml"
PERSONNEL = "personnel"
"""All that acts on a person, among what a rule suppresses."""
RULE = ("home", "strength", "when", "finding", "recommend", "suppresses", "distrusts", "immediate", "also_in_success")
TERM = ("home", "type", "values", "low", "high", "respondent", "valid_for", "formula", "choose", "only", "authors",
        "small", "covers", "tolerance", "applies_when", "or_formula", "record")  # fmt: skip
INTERVENTION = ("personnel", "weight", "preferred_when")
STANDING = ("floor", "decided_by")
READING = ("rule", "term", "intervention", "condition", "ladder", "line", "strength")
"""The kinds of pieces that can have conditions."""
BESIDE = ("decisions", "strengths", "verdicts", "result_terms", "currency_term")
"""Keys of the ladder that are no piece: the first two go by their entries, the others decide nothing on a person."""
Key = tuple[str, str, str]
Content = tuple[str, Any]
"""The file in which something stands, and what stands there."""


@dataclass(frozen=True, slots=True)
class ChangedPiece:
    """A part of the rules that the base has otherwise, or not at all."""

    what: str
    """rule, term, intervention, condition, standing, stage, order, ladder, list, line, strength or evidence."""
    name: str
    part: str
    file: str

    def __str__(self) -> str:
        return f"{self.file} {' '.join(part for part in (self.name, self.part) if part)}"


def pieces(new: RuleBase, base: RuleBase) -> tuple[ChangedPiece, ...]:
    """Everything that decides and that two rule bases have otherwise."""
    here, there = contents(new), contents(base)
    none = ("", None)
    keys = [key for key in dict.fromkeys([*there, *here]) if here.get(key, none)[1] != there.get(key, none)[1]]
    whole = {part for what, _, part in keys if what == "list"}
    keys = [key for key in keys if not (key[0] == "line" and key[1] in whole)]
    lost = {name for what, name, _ in keys if what == "stage"}
    return tuple(ChangedPiece(*key, (here.get(key) or there[key])[0]) for key in keys if key[2] not in lost)


def digest_of_pieces(found: Iterable[ChangedPiece], new: RuleBase, base: RuleBase) -> str:
    """The SHA-256 of what pieces are here and in the base, and all that they read and the base has otherwise: with
    another word of it it is another."""
    here, there = contents(new), contents(base)
    told = hashlib.sha256()
    for piece in sorted(with_all_they_read(found, new, base), key=str):
        key = piece.what, piece.name, piece.part
        told.update(repr((str(piece), here.get(key, ("", None))[1], there.get(key, ("", None))[1])).encode())
    return f"sha256:{told.hexdigest()}"


def with_all_they_read(found: Iterable[ChangedPiece], new: RuleBase, base: RuleBase) -> set[ChangedPiece]:
    """Pieces, and all that they read and the base has otherwise."""
    named = list(found)
    return {*named, *_read_by(named, contents(new), new, base)}


def _read_by(found: Iterable[ChangedPiece], here: Mapping[Key, Content], new: RuleBase, base: RuleBase
             ) -> Iterator[ChangedPiece]:  # fmt: skip
    """The changed terms and rules that pieces read here, also through findings and formulas."""
    values = (here.get((piece.what, piece.name, piece.part), ("", None))[1] for piece in found if piece.what in READING)
    read = {other for value in values for name in _names(value) for other in names_behind(new.as_written, Name(name))}
    for piece in pieces(new, base):
        rule = new.rule.get(piece.name) if piece.what == "rule" else None
        if (piece.what == "term" and piece.name in read) or (rule is not None and rule.finding in read):
            yield piece


def _names(value: Any) -> Iterator[str]:
    """The terms and findings that conditions name, as `contents` has them."""
    match value:
        case Mapping():
            yield from (name for part in value.values() for name in _names(part))
        case tuple():
            yield from (name for part in value for name in _names(part))
        case SessionRecord(choose=choose):
            yield from _names(choose)
        case LadderLine(when=when) | Strength(recommends_when=when) | Choice(when=when):
            yield from _names(when)
        case None | str() | bool() | int() | Decimal() | date():
            return
        case _:
            yield from names(value)


def contents(base: RuleBase) -> dict[Key, Content]:
    """All pieces of a rule base, as it was written."""
    base = base.as_written
    found: dict[Key, Content] = {}
    for rule in named_rules(base).values():
        found["rule", rule.id, ""] = f"rules/{rule.home}.yaml", _parts(rule, RULE)
    for name, term in base.terms.items():
        found["term", name, ""] = f"knowledge/{term.home}.yaml", _parts(term, TERM)
    for id, made in base.interventions.items():
        found["intervention", id, ""] = f"knowledge/{made.home}.yaml", _parts(made, INTERVENTION)
    for stage in base.stages:
        found["stage", stage.id, ""] = LADDER, True
        for key in STAGE_CONDITIONS:
            found["condition", key, stage.id] = f"knowledge/{stage.id}.yaml", bare(getattr(stage, key))
        for key in STANDING:
            found["standing", key, stage.id] = LADDER, getattr(stage, key)
    found["order", "stages", ""] = LADDER, tuple(stage.id for stage in base.stages)
    found.update(_of_ladder(base.ladder))
    found["evidence", "evidence", ""] = LADDER, (base.evidence, base.default_evidence)
    return found


def _of_ladder(ladder: Ladder) -> Iterator[tuple[Key, Content]]:
    for field in fields(ladder):
        if field.name not in BESIDE:
            yield ("ladder", field.name, ""), (LADDER, bare(getattr(ladder, field.name)))
    for name, lines in ladder.decisions.items():
        yield ("list", "decisions", name), (LADDER, tuple(line.name for line in lines))
        for status in dict.fromkeys(line.name for line in lines):
            whens = tuple(bare(line.when) for line in lines if line.name == status)
            yield ("line", name, status), (LADDER, whens)
    for name, strength in ladder.strengths.items():
        yield ("strength", "strengths", name), (LADDER, bare(strength))


def named_rules(base: RuleBase) -> Mapping[str, Rule]:
    """The rules by id, with one word for all that acts on a person among what they suppress."""
    personnel = {id for id, made in base.interventions.items() if made.personnel}

    def named(rule: Rule) -> Rule:
        if not personnel or not personnel <= set(rule.suppresses):
            return rule
        return replace(rule, suppresses=(PERSONNEL, *(id for id in rule.suppresses if id not in personnel)))

    return {rule.id: named(rule) for rule in base.rules}


def _parts(thing: Any, keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(bare(getattr(thing, key)) for key in keys)


def bare(value: Any) -> Any:
    """Conditions without their places in a text, so that a new layout is no change."""
    match value:
        case LadderLine(name, when, says):
            return LadderLine(name, bare(when), says)
        case Strength(name, when, examined):
            return Strength(name, bare(when), examined)
        case Choice(when, chosen):
            return Choice(bare(when), chosen)
        case SessionRecord(choose=choose):
            return replace(value, choose=bare(choose))
        case Mapping():
            return {key: bare(part) for key, part in value.items()}
        case tuple():
            return tuple(map(bare, value))
        case None | str() | bool() | int() | Decimal() | date():
            return value
    return without_places(value)
