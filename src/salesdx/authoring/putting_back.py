"""The rules with the base's text in some places, and the changed pieces that open a door."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from salesdx.authoring.door_cases import Opening
from salesdx.base.applying import written_out
from salesdx.base.ladder_lines import Ladder, LadderLine
from salesdx.base.model import Intervention, Rule, RuleBase, Stage, Term
from salesdx.base.order import in_order
from salesdx.base.pieces import PERSONNEL, ChangedPiece, named_rules, pieces
from salesdx.case.other_rules import carried
from salesdx.engine.backends.smt.doors import stands_open
from salesdx.engine.diagnose import quick
from salesdx.language.conditions import Expr, names


def put_back(new: RuleBase, base: RuleBase, back: Collection[ChangedPiece]) -> RuleBase | None:
    """The rules with the base's text in these places; None where what is left does not fit together."""
    mine, its = new.as_written, base.as_written
    rules, terms, made = dict(named_rules(mine)), dict(mine.terms), dict(mine.interventions)
    its_rules = named_rules(its)
    tables: tuple[tuple[str, dict[str, Any], Mapping[str, Any]], ...] = (
        ("rule", rules, its_rules), ("term", terms, its.terms), ("intervention", made, its.interventions))  # fmt: skip
    for what, table, there in tables:
        for name in (piece.name for piece in back if piece.what == what):
            table.pop(name, None)
            table |= {name: there[name]} if name in there else {}
    gone = {piece.name for piece in back if piece.what == "stage"}
    rules = {id: rule for id, rule in rules.items() if rule.home not in gone}
    terms = {name: term for name, term in terms.items() if term.home not in gone}
    stages = _stages(mine, its, back, gone)
    ladder = _ladder(mine.ladder, its.ladder, back)
    evidence = its if any(piece.what == "evidence" for piece in back) else mine
    _complete(rules, terms, stages, its_rules, its.terms)
    personnel = tuple(id for id, each in made.items() if each.personnel)
    found = tuple(_expanded(rule, personnel, made) for rule in rules.values())
    order = _order(found, terms)
    if order is None or not _has_all_that_is_read(found, terms, stages, made.values()):
        return None
    hybrid = replace(mine, rules=found, terms=terms, interventions=made, stages=stages, ladder=ladder, order=order,
                     evidence=evidence.evidence, default_evidence=evidence.default_evidence, written=None)  # fmt: skip
    return written_out(hybrid)


def _stages(new: RuleBase, base: RuleBase, back: Collection[ChangedPiece], gone: set[str]) -> tuple[Stage, ...]:
    there = {stage.id: stage for stage in base.stages}
    found = {stage.id: stage for stage in new.stages if stage.id not in gone}
    for piece in back:
        if piece.what in ("condition", "standing") and piece.part in found and piece.part in there:
            found[piece.part] = replace(found[piece.part], **{piece.name: getattr(there[piece.part], piece.name)})
    if any(piece.what == "order" for piece in back):
        found = {id: found[id] for id in [*there, *(id for id in found if id not in there)]}
    return tuple(found.values())


def _ladder(new: Ladder, base: Ladder, back: Collection[ChangedPiece]) -> Ladder:
    whole = {piece.name: getattr(base, piece.name) for piece in back if piece.what == "ladder"}
    decisions, strengths = dict(new.decisions), dict(new.strengths)
    for piece in back:
        if piece.what == "list":
            decisions |= {piece.part: base.decisions[piece.part]} if piece.part in base.decisions else {}
        elif piece.what == "line":
            decisions[piece.name] = tuple(_lines(decisions[piece.name], base.decisions[piece.name], piece.part))
        elif piece.what == "strength":
            strengths |= {piece.part: base.strengths[piece.part]} if piece.part in base.strengths else {}
    return replace(new, decisions=decisions, strengths=strengths, **whole)


def _lines(lines: Iterable[LadderLine], base: Iterable[LadderLine], status: str) -> Iterator[LadderLine]:
    """A decision list with the conditions of its base for one status."""
    whens = iter([line.when for line in base if line.name == status])
    for line in lines:
        yield replace(line, when=next(whens)) if line.name == status else line


def _complete(
    rules: dict[str, Rule],
    terms: dict[str, Term],
    stages: Iterable[Stage],
    its_rules: Mapping[str, Rule],
    its_terms: Mapping[str, Term],
) -> None:
    """Add what the base's text reads and the rules have no more."""
    while True:
        read = {name for rule in rules.values() for name in names(rule.when)}
        read |= {name for stage in stages for expr in stage.conditions.values() for name in names(expr)}
        read |= {name for term in terms.values() for expr in term.expressions for name in names(expr)}
        missing = read - terms.keys() - {rule.finding for rule in rules.values()}
        more = {name: its_terms[name] for name in missing if name in its_terms}
        found = {id: rule for id, rule in its_rules.items() if rule.finding in missing and id not in rules}
        if not more and not found:
            return
        terms |= more
        rules |= found


def _expanded(rule: Rule, personnel: tuple[str, ...], known: Mapping[str, Any]) -> Rule:
    """A rule that names what is there, with all that acts on a person in the place of the word for it."""
    words = (personnel if id == PERSONNEL else (id,) for id in rule.suppresses)
    suppresses = dict.fromkeys(id for word in words for id in word if id in known)
    return replace(rule, recommend=tuple(id for id in rule.recommend if id in known), suppresses=tuple(suppresses))


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


def _has_all_that_is_read(
    rules: Iterable[Rule], terms: Mapping[str, Term], stages: Iterable[Stage], made: Iterable[Intervention]
) -> bool:
    """Whether stages and interventions read nothing that went with a stage that the base lacks."""
    exprs = [expr for stage in stages for expr in stage.conditions.values()]
    exprs += [each.preferred_when for each in made if each.preferred_when is not None]
    return {name for expr in exprs for name in names(expr)} <= terms.keys() | {rule.finding for rule in rules}


# --- what opens a door ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Blame:
    """The changed pieces that open a door to a case: put back, they shut it, each ``alone`` or all together."""

    pieces: tuple[ChangedPiece, ...]
    alone: bool


NOBODY = Blame((), False)


def blamed(found: Opening, new: RuleBase, base: RuleBase) -> Blame:
    """The changed pieces that alone shut the door to this case when the base's text is put back; where none does, a
    set of them from which none can be left out."""
    all_of = pieces(new, base)
    if alone := tuple(piece for piece in all_of if _shuts(found, new, base, (piece,))):
        return Blame(alone, True)
    left = all_of
    for piece in all_of:
        fewer = tuple(other for other in left if other is not piece)
        if _shuts(found, new, base, fewer):
            left = fewer
    return Blame(left, False)


def _shuts(found: Opening, new: RuleBase, base: RuleBase, back: tuple[ChangedPiece, ...]) -> bool:
    """Whether the door is shut to a case with the base's text in these places."""
    hybrid = put_back(new, base, back)
    if hybrid is None:
        return False
    diagnosis = quick(hybrid, carried(found.case, hybrid)[0])
    return not stands_open(found.door, diagnosis, found.base)
