"""What rules have otherwise than their base, piece by piece, and the rules with the base's text in some places."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from salesdx.authoring.diff import bare
from salesdx.authoring.door_cases import Opening
from salesdx.base.applying import written_out
from salesdx.base.ladder_lines import Ladder, LadderLine
from salesdx.base.model import STAGE_CONDITIONS, Rule, RuleBase, Stage, Term
from salesdx.base.order import in_order
from salesdx.case.other_rules import carried
from salesdx.engine.backends.smt.doors import stands_open
from salesdx.engine.diagnose import quick
from salesdx.language.conditions import Expr, names

LADDER = "knowledge/ladder.yaml"
RULE = ("home", "strength", "when", "finding", "recommend", "suppresses", "distrusts", "immediate", "also_in_success")
TERM = ("home", "type", "values", "low", "high", "respondent", "valid_for", "formula", "choose", "only", "authors",
        "small", "covers", "tolerance", "applies_when", "or_formula")  # fmt: skip
INTERVENTION = ("personnel", "weight", "preferred_when")
BESIDE = ("decisions", "strengths", "verdicts", "result_terms", "currency_term")
"""Keys of the ladder that are no piece as a whole: the first two go by their entries, the others decide nothing."""
Kept = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the rules that the base has otherwise, or not at all."""

    what: str
    name: str
    part: str = ""
    file: str = ""

    def __str__(self) -> str:
        return f"{self.file} {' '.join(part for part in (self.name, self.part) if part)}"


def pieces(new: RuleBase, base: RuleBase) -> tuple[Piece, ...]:
    """Everything that decides and that two rule bases have otherwise."""
    return tuple(_pieces(new.as_written, base.as_written))


def _pieces(new: RuleBase, base: RuleBase) -> Iterator[Piece]:
    for what, keys, here, there in (
        ("rule", RULE, _named(new), _named(base)),
        ("term", TERM, new.terms, base.terms),
        ("intervention", INTERVENTION, new.interventions, base.interventions),
    ):
        for name in dict.fromkeys([*there, *here]):
            mine, its = here.get(name), there.get(name)
            if _parts(mine, keys) != _parts(its, keys):
                room = "rules" if what == "rule" else "knowledge"
                yield Piece(what, name, "", f"{room}/{(mine or its).home}.yaml")
    yield from _of_stages(new, base)
    yield from _of_ladder(new.ladder, base.ladder)
    if (new.evidence, new.default_evidence) != (base.evidence, base.default_evidence):
        yield Piece("evidence", "evidence", "", LADDER)


def _of_stages(new: RuleBase, base: RuleBase) -> Iterator[Piece]:
    here, there = ({stage.id: stage for stage in each.stages} for each in (new, base))
    for id, stage in here.items():
        if id not in there:
            yield Piece("stage", id, "", LADDER)
            continue
        for key in STAGE_CONDITIONS:
            if bare(getattr(stage, key)) != bare(getattr(there[id], key)):
                yield Piece("condition", key, id, f"knowledge/{id}.yaml")
        for key in ("floor", "decided_by"):
            if getattr(stage, key) != getattr(there[id], key):
                yield Piece("standing", key, id, LADDER)
    if [id for id in here if id in there] != [id for id in there if id in here]:
        yield Piece("order", "stages", "", LADDER)


def _of_ladder(new: Ladder, base: Ladder) -> Iterator[Piece]:
    for field in fields(base):
        if field.name not in BESIDE and bare(getattr(new, field.name)) != bare(getattr(base, field.name)):
            yield Piece("ladder", field.name, "", LADDER)
    for name, lines in base.decisions.items():
        mine = new.decisions.get(name, ())
        if [line.name for line in mine] != [line.name for line in lines]:
            yield Piece("list", "decisions", name, LADDER)
            continue
        for here, there in zip(mine, lines, strict=True):
            if bare(here.when) != bare(there.when):
                yield Piece("line", name, there.name, LADDER)
    for name, strength in base.strengths.items():
        if name not in new.strengths or bare(new.strengths[name]) != bare(strength):
            yield Piece("strength", "strengths", name, LADDER)


def _named(base: RuleBase) -> Mapping[str, Rule]:
    """The rules by id, with one word for all that acts on a person among what they suppress."""
    personnel = {id for id, made in base.interventions.items() if made.personnel}

    def named(rule: Rule) -> Rule:
        if not personnel or not personnel <= set(rule.suppresses):
            return rule
        return replace(rule, suppresses=("personnel", *(id for id in rule.suppresses if id not in personnel)))

    return {rule.id: named(rule) for rule in base.rules}


def _parts(thing: Any, keys: Kept) -> tuple[Any, ...] | None:
    if thing is None:
        return None
    found = (getattr(thing, key) for key in keys)
    return tuple(bare(part) if isinstance(part, Expr | tuple) else part for part in found)


# --- the base's text in some places -----------------------------------------------------------------------------------


def put_back(new: RuleBase, base: RuleBase, back: Collection[Piece]) -> RuleBase | None:
    """The rules with the base's text in these places; None where what is left does not fit together."""
    mine, its = new.as_written, base.as_written
    rules, its_rules = dict(_named(mine)), _named(its)
    terms, made = dict(mine.terms), dict(mine.interventions)
    for table, there, what in ((rules, its_rules, "rule"), (terms, its.terms, "term"), (made, its.interventions, "intervention")):
        for name in (piece.name for piece in back if piece.what == what):
            if name in there:
                table[name] = there[name]  # type: ignore[index]
            else:
                table.pop(name, None)  # type: ignore[attr-defined]
    gone = {piece.name for piece in back if piece.what == "stage"}
    rules = {id: rule for id, rule in rules.items() if rule.home not in gone}
    stages = _stages(mine, its, back, gone)
    ladder = _ladder(mine.ladder, its.ladder, back)
    evidence = its if any(piece.what == "evidence" for piece in back) else mine
    _complete(rules, terms, stages, its_rules, its)
    personnel = tuple(id for id, each in made.items() if each.personnel)
    found = tuple(_expanded(rule, personnel, made) for rule in rules.values())
    order = _order(found, terms)
    if order is None:
        return None
    hybrid = replace(mine, rules=found, terms=terms, interventions=made, stages=stages, ladder=ladder, order=order,
                     evidence=evidence.evidence, default_evidence=evidence.default_evidence, written=None)  # fmt: skip
    return written_out(hybrid)


def _stages(new: RuleBase, base: RuleBase, back: Collection[Piece], gone: set[str]) -> tuple[Stage, ...]:
    there = {stage.id: stage for stage in base.stages}
    found = {stage.id: stage for stage in new.stages if stage.id not in gone}
    for piece in back:
        if piece.what in ("condition", "standing"):
            found[piece.part] = replace(found[piece.part], **{piece.name: getattr(there[piece.part], piece.name)})
    if any(piece.what == "order" for piece in back):
        found = {id: found[id] for id in [*there, *(id for id in found if id not in there)]}
    return tuple(found.values())


def _ladder(new: Ladder, base: Ladder, back: Collection[Piece]) -> Ladder:
    whole = {piece.name: getattr(base, piece.name) for piece in back if piece.what == "ladder"}
    decisions, strengths = dict(new.decisions), dict(new.strengths)
    for piece in back:
        if piece.what == "list":
            decisions[piece.part] = base.decisions[piece.part]
        elif piece.what == "line":
            lines: Iterable[LadderLine] = decisions[piece.name]
            when = next(line.when for line in base.decisions[piece.name] if line.name == piece.part)
            decisions[piece.name] = tuple(
                replace(line, when=when) if line.name == piece.part else line for line in lines
            )
        elif piece.what == "strength":
            strengths[piece.part] = base.strengths[piece.part]
    return replace(new, decisions=decisions, strengths=strengths, **whole)


def _complete(
    rules: dict[str, Rule], terms: dict[str, Term], stages: Iterable[Stage], its_rules: Mapping[str, Rule], its: RuleBase
) -> None:
    """Add what the base's text reads and the rules have no more."""
    while True:
        read = {name for rule in rules.values() for name in names(rule.when)}
        read |= {name for stage in stages for expr in stage.conditions.values() for name in names(expr)}
        read |= {name for term in terms.values() for expr in term.expressions for name in names(expr)}
        missing = read - terms.keys() - {rule.finding for rule in rules.values()}
        more = {name: its.terms[name] for name in missing if name in its.terms}
        found = {id: rule for id, rule in its_rules.items() if rule.finding in missing and id not in rules}
        if not more and not found:
            return
        terms |= more
        rules |= found


def _expanded(rule: Rule, personnel: tuple[str, ...], known: Mapping[str, Any]) -> Rule:
    if "personnel" in rule.suppresses:
        own = [id for id in rule.suppresses if id != "personnel"]
        rule = replace(rule, suppresses=tuple(dict.fromkeys([*personnel, *own])))
    lists = {key: tuple(id for id in getattr(rule, key) if id in known) for key in ("recommend", "suppresses")}
    return replace(rule, **lists)


def _order(rules: Iterable[Rule], terms: Mapping[str, Term]) -> tuple[str, ...] | None:
    """Findings and computed terms, each after what it reads; None where they read each other in a circle, or what is
    not there."""
    exprs: dict[str, list[Expr]] = {name: [*term.expressions] for name, term in terms.items() if term.computed}
    for rule in rules:
        exprs.setdefault(rule.finding, []).append(rule.when)
    read = {name: {r for expr in found for r in names(expr)} for name, found in exprs.items()}
    if any(name not in terms and name not in exprs for found in read.values() for name in found):
        return None
    order = in_order({name: [r for r in found if r in exprs] for name, found in read.items()})
    return order if len(order) == len(exprs) else None


# --- what opens a door ------------------------------------------------------------------------------------------------


def blamed(found: Opening, new: RuleBase, base: RuleBase) -> tuple[Piece, ...]:
    """The changed pieces that alone shut the door to this case when the base's text is put back; where none does, a
    set of them from which none can be left out."""
    all_of = pieces(new, base)
    if alone := tuple(piece for piece in all_of if _shuts(found, new, base, (piece,))):
        return alone
    left = all_of
    for piece in all_of:
        fewer = tuple(other for other in left if other is not piece)
        if _shuts(found, new, base, fewer):
            left = fewer
    return left


def _shuts(found: Opening, new: RuleBase, base: RuleBase, back: tuple[Piece, ...]) -> bool:
    """Whether the door is shut to a case with the base's text in these places."""
    hybrid = put_back(new, base, back)
    if hybrid is None:
        return False
    diagnosis = quick(hybrid, carried(found.case, hybrid)[0])
    return not stands_open(found.door, diagnosis, found.base)
