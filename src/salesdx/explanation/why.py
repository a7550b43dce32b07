"""Derivations: each step of a result, down to the asked facts. ``prove`` picks what suffices, ``lay_out`` shows all.

A derivation is read off a diagnosis and never evaluates a case: truths, counts and statuses are those computed there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from salesdx.base.model import Rule, RuleBase
from salesdx.case.memory import asked_behind
from salesdx.case.settling import computed
from salesdx.case.statement import COMPUTED, Unknown, shown_value
from salesdx.engine.diagnosis import fill
from salesdx.engine.program import Define, ladder_name
from salesdx.explanation import derivation as kinds
from salesdx.explanation.derivation import (
    ALL,
    ANY,
    COMPARISON,
    FACT,
    FINDING,
    RULE,
    STAGE,
    TERM,
    Derivation,
    truth_word,
)
from salesdx.explanation.ladder_steps import NOT, WORDS, Derivations, LadderSteps, once
from salesdx.explanation.phrases import fact_text, quantity, spell
from salesdx.explanation.view import View, pushed
from salesdx.language.conditions import And, Compare, Expr, In, Literal, Name, Not, Or, divisions_by_zero, names
from salesdx.language.truth import TRUE, UNKNOWN, not_


class Prover:
    """Makes derivations of one case.

    ``full`` is the case as it was diagnosed, from which everything is shown. ``part`` is the same case with only the
    facts that may be cited. With ``everything`` no choice is made: all comparisons are laid out.
    """

    def __init__(self, full: View, part: View | None = None, everything: bool = False) -> None:
        self.full, self.part, self.everything = full, part or full, everything
        self.base: RuleBase = full.base
        self.made: dict[str, Derivation] = {}
        self.ladder = LadderSteps(self)
        self.fails = False
        """Whether the facts that may be cited were not enough somewhere."""

    # --- conditions -------------------------------------------------------------------------------------------------

    def below(self, expr: Expr) -> Derivations:
        """What the truth of a condition on facts stands on."""
        if self.everything:
            return self.lay_out(pushed(expr), top=True)
        return self.prove(pushed(expr), self.part.truth(expr) is TRUE)

    def prove(self, expr: Expr, wanted: bool, strict: bool = True) -> Derivations:
        """Why a condition is true (or false); without ``strict``, why it is not the opposite.

        A condition on facts that is not true stays so when facts are left out, so that needs no fact. The names of the
        ladder are never unknown: what is not true of them is false, and may need facts.
        """
        match expr:
            case Not(Name(id)) if id in self.full.steps:
                return self.prove(Name(id), not wanted, strict)
            case And(parts) | Or(parts):
                if isinstance(expr, And) is wanted:
                    return once(node for part in parts for node in self.prove(part, wanted, strict))
                meet = [part for part in parts if self._meets(part, wanted, strict)]
                return self.cheapest([self.prove(part, wanted, strict) for part in meet])
            case Literal():
                return ()
            case Name(id) if isinstance(step := self.full.steps.get(id), Define):
                return self.ladder.define(step, wanted, strict)
            case Compare() | In():
                reads = [step for name in names(expr) if (step := self.full.steps.get(name)) is not None]
                if reads:
                    return once(node for step in reads for node in self.ladder.leaf(expr, step, wanted))
        return (self.leaf(expr),) if strict else tuple(map(self.fact, self.overriding(expr)))

    def overriding(self, expr: Expr) -> list[str]:
        """The computed terms behind a condition that were stated otherwise than the formula gives: to be cited."""
        found: dict[str, None] = {}
        queue, seen = list(names(expr)), set[str]()
        while queue:
            name = queue.pop(0)
            if name in seen:
                continue
            seen.add(name)
            term = self.base.terms.get(name)
            if term is not None and term.computed and name in self.part.memory.statements:
                made = computed(term, self.part.matches.values)
                if made is not None and made != self.part.matches.values.get(name):
                    found[name] = None
            inner = term.expressions if term else [rule.when for rule in self.base.findings[name]]
            queue += [read for part in inner for read in names(part)]
        return list(found)

    def _meets(self, expr: Expr, wanted: bool, strict: bool) -> bool:
        found = self.part.truth(expr)
        return found is wanted if strict else found is not (not wanted)

    def cheapest(self, options: Sequence[Derivations]) -> Derivations:
        """The option whose facts are easiest to get; the first of equals."""
        self.fails |= not options
        return min(options, key=self.cost, default=()) if len(options) != 1 else options[0]

    def cost(self, derivations: Derivations) -> tuple[int, int, int]:
        """How dear derivations are: steps that the whole case lacks, the effort of their facts, how many these are."""
        nodes = [node for derivation in derivations for node in derivation.walk()]
        cited = {node.name for node in nodes if node.kind == FACT}
        strange = sum(map(self.strange, nodes)) if self.full is not self.part else 0
        return strange, sum(self.base.terms[name].effort for name in cited), len(cited)

    def strange(self, node: Derivation) -> bool:
        """Whether a step holds in the smaller case and not in the whole one: no derivation may stand on it.

        Leaving facts out can settle a dispute, or silence a rule that keeps a stage from being ruled out.
        """
        full, part = self.full, self.part
        match node.kind:
            case kinds.RULE:
                return part.matches.truths[node.name] not in (UNKNOWN, full.matches.truths[node.name])
            case kinds.STAGE if node.status in WORDS:
                return full.values[ladder_name(node.name, node.status)] is not TRUE
            case kinds.STAGE if node.status.startswith(NOT):
                return full.diagnosis.standing(node.name).status == node.status.removeprefix(NOT)
            case kinds.STAGE:
                return full.diagnosis.standing(node.name).status != node.status
            case kinds.MODE:
                return full.diagnosis.mode != node.status
            case kinds.FACT | kinds.TERM | kinds.FINDING:
                return part.matches.values.get(node.name) not in (None, full.matches.values.get(node.name))
        return False

    def leaf(self, expr: Expr) -> Derivation:
        """A comparison of facts with its values, or a finding."""
        leaf, negated = (expr.part, True) if isinstance(expr, Not) else (expr, False)
        if isinstance(leaf, Name) and leaf.id in self.base.findings:
            return self.finding(leaf.id)
        found = self.full.truth(leaf)
        unknown = {name: self._why_unknown(name) for name in names(leaf)}
        text = spell(expr, self.full.matches.values, unknown)
        return Derivation(
            COMPARISON,
            "",
            text,
            truth_word(not_(found) if negated else found),
            notes=self.zero_notes(leaf),
            deciding=self.full.deciding(leaf) if found is UNKNOWN else (),
            children=once(self.value(name) for name in names(leaf)),
        )

    def lay_out(self, expr: Expr, top: bool = False) -> Derivations:
        """Everything a condition reads, joined as it is joined there."""
        match expr:
            case And(parts) if top:
                return tuple(node for part in parts for node in self.lay_out(part))
            case And(parts) | Or(parts):
                kind, text = (ALL, "all of these") if isinstance(expr, And) else (ANY, "one of these")
                nodes = tuple(node for part in parts for node in self.lay_out(part))
                if len(nodes) < 2:
                    return nodes
                return (Derivation(kind, "", text, truth_word(self.full.truth(expr)), children=nodes),)
            case Literal():
                return ()
            case Not(Name(id)) | Name(id) if isinstance(step := self.full.steps.get(id), Define):
                return self.ladder.define(step, isinstance(expr, Name), True)
            case Compare() | In():
                reads = [step for name in names(expr) if (step := self.full.steps.get(name)) is not None]
                if reads:
                    return once(node for step in reads for node in self.ladder.leaf(expr, step, True))
        return (self.leaf(expr),)

    # --- facts, findings, rules -------------------------------------------------------------------------------------

    def value(self, name: str) -> Derivation:
        """What a name stands for: an asked fact, a computed term with its inputs, a finding with its rules."""
        if name not in self.made:
            term = self.base.terms.get(name)
            if term is None:
                self.made[name] = self.finding(name)
            else:
                used = self.part.fact(name).used
                stated = name in self.part.memory.statements and not (used and used.source == COMPUTED)
                self.made[name] = self.term(name) if term.computed and not stated else self.fact(name)
        return self.made[name]

    def fact(self, name: str) -> Derivation:
        """A stated fact with where it comes from, and what disputes it."""
        fact = self.full.fact(name)
        notes = [fact.conflict] if fact.conflict else []
        for conflict in self.full.diagnosis.conflicts:
            if conflict.fact.term == name:
                turns = [f"with {shown_value(value)}: {result}" for value, result in conflict.turns]
                notes = [conflict.fact.conflict, *turns]
        term = self.base.terms[name]
        against: Derivations = ()
        if fact.unknown is Unknown.DISPUTED and any(s.source == COMPUTED for s in fact.statements):
            against = once(self.value(read) for expr in term.expressions for read in names(expr))
        if fact.by_hand:  # it counts because of what was said about each of its inputs
            said = (read for read in asked_behind(self.base)[name] if read in self.part.memory.statements)
            against = once(map(self.fact, said))
        text = fact_text(fact, self.full.memory)
        return Derivation(
            FACT, name, text, value=fact.value, unit=term.unit, fact=fact, notes=tuple(notes), children=against
        )

    def term(self, name: str) -> Derivation:
        """A computed term and what it was computed from."""
        term = self.base.terms[name]
        known = self.full.matches.values.get(name)
        inputs: list[Derivation] = []
        for expr in term.expressions:
            inputs += [self.value(read) for read in names(expr)] if term.formula is not None else self.below(expr)
            if not self.everything and term.choose and self.part.truth(expr) is TRUE:
                break
        fact = self.full.fact(name)
        notes = [fact.conflict] if fact.conflict else []
        if known is not None and fact.used is not None and fact.used.source != COMPUTED:
            notes.append("the same value was stated")
        notes += [note for expr in term.expressions for note in self.zero_notes(expr)]
        text = f"`{name}` is {quantity(self.full.memory, term, known) if known is not None else 'unknown'}: computed"
        deciding = self.full.asked([name]) if known is None else ()
        children = once(inputs)
        return Derivation(
            TERM, name, text, value=known, unit=term.unit, notes=tuple(notes), deciding=deciding, children=children
        )

    def finding(self, name: str) -> Derivation:
        """A finding on the rules that give it."""
        rules = self.base.findings[name]
        found = self.full.matches.values.get(name)
        children = tuple(self.rule(rule) for rule in rules)
        if not self.everything and found is TRUE:
            options = [rule for rule in rules if self.part.matches.truths[rule.id] is TRUE]
            children = self.cheapest([(self.rule(rule),) for rule in options])
        deciding = self.full.asked([name]) if found is UNKNOWN else ()
        word = {True: "found", False: "not found", None: "unknown"}[found is TRUE if found is not None else None]
        return Derivation(FINDING, name, f"`{name}` is {word}", truth_word(found), deciding=deciding, children=children)  # type: ignore[arg-type]

    def rule(self, rule: Rule) -> Derivation:
        """A rule on its condition."""
        key = f"rule {rule.id}"
        if key not in self.made:
            found = self.full.matches.truths[rule.id]
            filled = fill(rule.because, self.base, self.full.matches.values)
            said = filled if found is TRUE and rule.because else rule.title or rule.numbered
            deciding = self.full.deciding(rule.when) if found is UNKNOWN else ()
            below = self.below(rule.when)
            text = f"rule {rule.id} ({rule.strength}): {said}"
            self.made[key] = Derivation(RULE, rule.id, text, truth_word(found), deciding=deciding, children=below)
        return self.made[key]

    def zero_notes(self, expr: Expr) -> tuple[str, ...]:
        """The divisions by zero of an expression, in words."""
        parts = divisions_by_zero(expr, self.full.matches.values)
        unknown = {name: self._why_unknown(name) for name in names(expr)}
        return tuple(f"division by zero: {spell(part, self.full.matches.values, unknown)}" for part in parts)

    def _why_unknown(self, name: str) -> str:
        term = self.base.terms.get(name)
        if term is None or (term.computed and name not in self.full.memory.statements):
            return "unknown"
        fact = self.full.fact(name)
        return fact.unknown.value if fact.unknown else "unknown"


def shown_once(derivation: Derivation) -> Derivation:
    """The derivation with each rule, finding, stage and computed term laid out where it is read first only."""
    seen: set[tuple[str, str, str]] = set()

    def once(node: Derivation) -> Derivation:
        key = (node.kind, node.name, node.status)
        if node.children and node.kind in (RULE, FINDING, STAGE, TERM):
            if key in seen:
                return replace(node, children=(), notes=(*node.notes, "shown above"))
            seen.add(key)
        return replace(node, children=tuple(map(once, node.children))) if node.children else node

    return once(derivation)
