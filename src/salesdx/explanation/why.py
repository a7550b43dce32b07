"""Proofs: each step of a result, down to the asked facts. ``prove`` picks what suffices, ``lay_out`` shows everything.

A proof is read off a diagnosis. It never evaluates a case: truths, counts and statuses are those that were computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from salesdx.conditions import And, Compare, Expr, In, Literal, Name, Not, Or, divisions_by_zero, names, truth
from salesdx.diagnosis import fill, words
from salesdx.explanation.proof import (
    ALL,
    ANY,
    COMPARISON,
    COUNT,
    FACT,
    FINDING,
    MODE,
    RULE,
    STAGE,
    TERM,
    Proof,
    truth_word,
)
from salesdx.explanation.text import fact_text, plainly, quantity, spell
from salesdx.explanation.view import View, expressions, pushed
from salesdx.memory import COMPUTED, Unknown, show
from salesdx.model import Rule, RuleBase
from salesdx.program import Count, Decide, Define, Tally, Unexamined
from salesdx.truth import TRUE, UNKNOWN, not_

Proofs = tuple[Proof, ...]
WORDS = ("concluded", "held", "exhausted")
"""The words of the ladder that a stage can be beside its status."""


class Prover:
    """Makes proofs of one case.

    ``full`` is the case as it was diagnosed, from which everything is shown. ``part`` is the same case with only the
    facts that may be cited. With ``everything`` no choice is made: all comparisons are laid out.
    """

    def __init__(self, full: View, part: View | None = None, everything: bool = False) -> None:
        self.full, self.part, self.everything = full, part or full, everything
        self.base: RuleBase = full.base
        self.made: dict[str, Proof] = {}

    # --- conditions -------------------------------------------------------------------------------------------------

    def below(self, expr: Expr) -> Proofs:
        """What the truth of a condition on facts stands on."""
        if self.everything:
            return self.lay_out(pushed(expr), top=True)
        return self.prove(pushed(expr), self.part.truth(expr) is TRUE)

    def prove(self, expr: Expr, wanted: bool, strict: bool = True) -> Proofs:
        """Why a condition is true (or false); without ``strict``, why it is not the opposite.

        A condition on facts that is not true stays so when facts are left out, so that needs no fact. The names of the
        ladder are never unknown: what is not true of them is false, and may need facts.
        """
        match expr:
            case Not(Name(id)) if id in self.full.steps:
                return self.prove(Name(id), not wanted, strict)
            case And(parts) | Or(parts):
                if isinstance(expr, And) is wanted:
                    return _once(node for part in parts for node in self.prove(part, wanted, strict))
                meet = [part for part in parts if self._meets(part, wanted, strict)]
                return self.cheapest([self.prove(part, wanted, strict) for part in meet])
            case Literal():
                return ()
            case Name(id) if isinstance(step := self.full.steps.get(id), Define):
                return self.define(step, wanted, strict)
            case Compare() | In():
                reads = [step for name in names(expr) if (step := self.full.steps.get(name)) is not None]
                if reads:
                    return _once(node for step in reads for node in self.ladder_leaf(expr, step, wanted))
        return (self.leaf(expr),) if strict else ()

    def _meets(self, expr: Expr, wanted: bool, strict: bool) -> bool:
        found = self.part.truth(expr)
        return found is wanted if strict else found is not (not wanted)

    def cheapest(self, options: Sequence[Proofs]) -> Proofs:
        """The option whose facts are easiest to get; the first of equals."""
        return min(options, key=self._cost) if len(options) > 1 else options[0] if options else ()

    def _cost(self, proofs: Proofs) -> tuple[int, int]:
        cited = {node.name for proof in proofs for node in proof.walk() if node.kind == FACT}
        return sum(self.base.terms[name].effort for name in cited), len(cited)

    def leaf(self, expr: Expr) -> Proof:
        """A comparison of facts with its values, or a finding."""
        leaf, negated = (expr.part, True) if isinstance(expr, Not) else (expr, False)
        if isinstance(leaf, Name) and leaf.id in self.base.findings:
            return self.finding(leaf.id)
        found = self.full.truth(leaf)
        unknown = {name: self._why_unknown(name) for name in names(leaf)}
        text = spell(expr, self.full.matches.values, unknown)
        return Proof(
            COMPARISON,
            "",
            text,
            truth_word(not_(found) if negated else found),
            notes=self.zero_notes(leaf),
            deciding=self.full.deciding(leaf) if found is UNKNOWN else (),
            children=_once(self.value(name) for name in names(leaf)),
        )

    def lay_out(self, expr: Expr, top: bool = False) -> Proofs:
        """Everything a condition reads, joined as it is joined there."""
        match expr:
            case And(parts) if top:
                return tuple(node for part in parts for node in self.lay_out(part))
            case And(parts) | Or(parts):
                kind, text = (ALL, "all of these") if isinstance(expr, And) else (ANY, "one of these")
                nodes = tuple(node for part in parts for node in self.lay_out(part))
                if len(nodes) < 2:
                    return nodes
                return (Proof(kind, "", text, truth_word(self.full.truth(expr)), children=nodes),)
            case Literal():
                return ()
            case Not(Name(id)) | Name(id) if isinstance(step := self.full.steps.get(id), Define):
                return self.define(step, isinstance(expr, Name), True)
            case Compare() | In():
                reads = [step for name in names(expr) if (step := self.full.steps.get(name)) is not None]
                if reads:
                    return _once(node for step in reads for node in self.ladder_leaf(expr, step, True))
        return (self.leaf(expr),)

    # --- facts, findings, rules -------------------------------------------------------------------------------------

    def value(self, name: str) -> Proof:
        """What a name stands for: an asked fact, a computed term with its inputs, a finding with its rules."""
        if name not in self.made:
            term = self.base.terms.get(name)
            if term is None:
                self.made[name] = self.finding(name)
            else:
                used = self.full.memory.fact(name).used
                stated = name in self.full.memory.statements and not (used and used.source == COMPUTED)
                self.made[name] = self.term(name) if term.computed and not stated else self.fact(name)
        return self.made[name]

    def fact(self, name: str) -> Proof:
        fact = self.full.memory.fact(name)
        notes = [fact.conflict] if fact.conflict else []
        for conflict in self.full.diagnosis.conflicts:
            if conflict.fact.term == name:
                turns = [f"with {show(value)}: {result}" for value, result in conflict.turns]
                notes = [conflict.fact.conflict, *turns]
        term = self.base.terms[name]
        against: Proofs = ()
        if fact.unknown is Unknown.DISPUTED and any(s.source == COMPUTED for s in fact.statements):
            against = _once(self.value(read) for expr in expressions(term) for read in names(expr))
        text = fact_text(fact, self.base)
        return Proof(
            FACT, name, text, value=fact.value, unit=term.unit, fact=fact, notes=tuple(notes), children=against
        )

    def term(self, name: str) -> Proof:
        """A computed term and what it was computed from."""
        term = self.base.terms[name]
        known = self.full.matches.values.get(name)
        inputs: list[Proof] = []
        for expr in expressions(term):
            inputs += [self.value(read) for read in names(expr)] if term.formula is not None else self.below(expr)
            if not self.everything and term.choose and self.part.truth(expr) is TRUE:
                break
        fact = self.full.memory.fact(name)
        notes = [fact.conflict] if fact.conflict else []
        notes += [note for expr in expressions(term) for note in self.zero_notes(expr)]
        text = f"`{name}` is {quantity(known, term.unit) if known is not None else 'unknown'}: computed"
        deciding = self.full.asked([name]) if known is None else ()
        children = _once(inputs)
        return Proof(
            TERM, name, text, value=known, unit=term.unit, notes=tuple(notes), deciding=deciding, children=children
        )

    def finding(self, name: str) -> Proof:
        rules = self.base.findings[name]
        found = self.full.matches.values.get(name)
        children = tuple(self.rule(rule) for rule in rules)
        if not self.everything and found is TRUE:
            options = [rule for rule in rules if self.part.matches.truths[rule.id] is TRUE]
            children = self.cheapest([(self.rule(rule),) for rule in options])
        deciding = self.full.asked([name]) if found is UNKNOWN else ()
        word = {True: "found", False: "not found", None: "unknown"}[found is TRUE if found is not None else None]
        return Proof(FINDING, name, f"`{name}` is {word}", truth_word(found), deciding=deciding, children=children)  # type: ignore[arg-type]

    def rule(self, rule: Rule) -> Proof:
        key = f"rule {rule.id}"
        if key not in self.made:
            found = self.full.matches.truths[rule.id]
            filled = fill(rule.because, self.base, self.full.matches.values)
            said = filled if found is TRUE and rule.because else rule.title or rule.text
            deciding = self.full.deciding(rule.when) if found is UNKNOWN else ()
            below = self.below(rule.when)
            text = f"rule {rule.id} ({rule.strength}): {said}"
            self.made[key] = Proof(RULE, rule.id, text, truth_word(found), deciding=deciding, children=below)
        return self.made[key]

    def zero_notes(self, expr: Expr) -> tuple[str, ...]:
        parts = divisions_by_zero(expr, self.full.matches.values)
        unknown = {name: self._why_unknown(name) for name in names(expr)}
        return tuple(f"division by zero: {spell(part, self.full.matches.values, unknown)}" for part in parts)

    def _why_unknown(self, name: str) -> str:
        term = self.base.terms.get(name)
        fact = self.full.memory.fact(name)
        if term is None or (term.computed and name not in self.full.memory.statements):
            return "unknown"
        return fact.unknown.value if fact.unknown else "unknown"

    # --- the ladder -------------------------------------------------------------------------------------------------

    def define(self, step: Define, wanted: bool, strict: bool) -> Proofs:
        stage, _, word = step.name.rpartition(".")
        if self.everything:
            return self.lay_out(pushed(step.expr, not wanted), top=True)
        proofs = self.prove(pushed(step.expr), wanted, strict)
        return (self.stage_node(stage, word, proofs),) if word in WORDS and wanted else proofs

    def ladder_leaf(self, expr: Expr, step: object, wanted: bool) -> Proofs:
        """A comparison with a name of the ladder: a status, or a count."""
        match step:
            case Decide(name):
                return (self.shallow(name) if self.everything else self.decide(step),)
            case Count():
                return self.count(expr, step, wanted)
            case Tally():
                return self.tally(expr, step, wanted)
            case Unexamined():
                return self.examined(expr, step, wanted)
            case Define():
                return self.define(step, wanted, True)
        raise AssertionError(step)

    def decide(self, step: Decide) -> Proof:
        """Why a decision came out: its first true line, and the lines before that are not true."""
        proofs: list[Proof] = []
        for line in step.lines:
            holds = self.part.truth(line.when) is TRUE
            nodes = self.prove(pushed(line.when), holds, strict=holds)
            if holds:
                proofs += nodes
                break
            proofs += [node for node in nodes if node.facts]
        stage = step.name.rpartition(".")[0]
        status = str(self.full.values[step.name])
        if not stage:
            return Proof(MODE, "mode", f"the mode is {status}", status=status, children=_once(proofs))
        return self.stage_node(stage, status, _once(proofs))

    def stage_node(self, stage: str, status: str, children: Proofs, deciding: tuple[str, ...] = ()) -> Proof:
        own = str(self.full.values[f"{stage}.status"])
        text = f"{self.base.home[stage].title} is {words(own)}" + (f" and {status}" if status in WORDS else "")
        return Proof(STAGE, stage, text, status=status, deciding=deciding, children=children)

    def shallow(self, name: str) -> Proof:
        """A decision without its reasons: those are asked for by its own name."""
        stage = name.rpartition(".")[0]
        status = str(self.full.values[name])
        if not stage:
            return Proof(MODE, "mode", f"the mode is {status}", status=status)
        return self.stage_node(stage, status, (), self.full.missing(stage))

    def count(self, expr: Expr, step: Count, wanted: bool) -> Proofs:
        rules = self.full.rules_of(step)
        if not rules:
            return ()
        true = self.full.true_rules(step)
        open_rules = [rule.id for rule in rules if self.full.matches.truths[rule.id] is UNKNOWN]
        title = self.base.home[step.home].title
        text = (
            f"{len(true) or 'none'} of {len(rules)} {step.strength} rule{'s' * (len(rules) > 1)} of {title} "
            f"{'are' if len(true) > 1 else 'is'} true"
        )
        notes = [f"not known: {', '.join(open_rules)}"] if open_rules else []
        if self.everything:
            shown = tuple(self.rule(rule) for rule in rules)
        else:
            usable = self.part.true_rules(step)
            least = self._least(expr, step.name, range(len(usable) + 1), wanted)
            ranked = sorted(((self.rule(rule),) for rule in usable), key=self._cost)[:least]
            shown = tuple(node for nodes in ranked for node in nodes)
            others = [rule.id for rule in true if rule.id not in {node.name for node in shown}]
            notes += [f"also true: {', '.join(others)}"] if others else []
        name = plainly(expr)
        return (Proof(COUNT, name, text, truth_word(self.full.truth(expr)), notes=tuple(notes), children=shown),)

    def _least(self, expr: Expr, name: str, counts: Iterable[int], wanted: bool) -> int:
        """The first of the counts with which the comparison comes out as wanted; the last if none does."""
        n = 0
        for n in counts:
            if truth(expr, {**self.part.values, name: n}) is wanted:  # type: ignore[dict-item]
                break
        return n

    def tally(self, expr: Expr, step: Tally, wanted: bool) -> Proofs:
        if not step.of:
            return ()
        failing = [name for name in step.of if self.full.values[name] is not TRUE]
        total = len(step.of)
        found = truth_word(self.full.truth(expr))
        text = (
            f"{total - len(failing)} of {total} earlier stage{'s' * (total > 1)} {'are' if total > 1 else 'is'} passed"
        )
        holding = tuple(self.shallow(f"{name.rpartition('.')[0]}.status") for name in failing)
        if self.everything:
            return (Proof(COUNT, plainly(expr), text, found, children=holding),)
        passed = [name for name in step.of if self.part.values[name] is TRUE]
        least = self._least(expr, step.name, range(total, -1, -1), wanted)
        ranked = sorted((self.prove(Name(name), True) for name in passed), key=self._cost)[: total - least]
        order = {name.rpartition(".")[0]: at for at, name in enumerate(step.of)}
        nodes = sorted((node for nodes in ranked for node in nodes), key=lambda node: order.get(node.name, 0))
        return (Proof(COUNT, plainly(expr), text, found, children=(*nodes, *holding)),)

    def examined(self, expr: Expr, step: Unexamined, wanted: bool) -> Proofs:
        open_rules = self.full.unexamined(step)
        rules = [rule for name, rules in step.parts if self.full.values[name] is TRUE for rule in rules]
        text = f"{len(rules) - len(open_rules)} of {len(rules)} rules of the stages passed were looked at"
        found = truth_word(self.full.truth(expr))
        nobody = tuple(self.mention(self.base.rule[rule]) for _, rule in open_rules)
        if self.everything:
            return (Proof(COUNT, plainly(expr), text, found, children=nobody),)
        least = self._least(expr, step.name, range(len(self.part.unexamined(step)) + 1), wanted)
        nodes: list[Proof] = []
        if least == 0:
            looked = [(name, rule) for name, rules in step.parts if self.part.values[name] is TRUE for rule in rules]
            nodes = [node for _, rule in looked for node in self.looked_at(rule)]
            nobody = ()
        else:
            for name, _ in self.part.unexamined(step)[:least]:
                nodes += self.prove(Name(name), True)
        return (Proof(COUNT, plainly(expr), text, found, children=(*_once(nodes), *nobody)),)

    def looked_at(self, rule: str) -> Proofs:
        """Why a rule counts as looked at: it is decided, or what would decide it does not apply, as somebody said."""
        if self.part.matches.truths[rule] is not UNKNOWN:
            return (self.rule(self.base.rule[rule]),)
        excused = self.part.deciding(self.base.rule[rule].when)
        return (replace(self.mention(self.base.rule[rule]), children=tuple(self.value(name) for name in excused)),)

    def mention(self, rule: Rule) -> Proof:
        """A rule without its comparisons."""
        found = self.full.matches.truths[rule.id]
        deciding = self.full.deciding(rule.when) if found is UNKNOWN else ()
        text = f"rule {rule.id} ({rule.strength}): {rule.title or rule.text}"
        return Proof(RULE, rule.id, text, truth_word(found), deciding=deciding)


def _once(nodes: Iterable[Proof]) -> Proofs:
    """Each step once, in order."""
    return tuple({(node.kind, node.name or node.text, node.status): node for node in nodes}.values())


def shown_once(proof: Proof) -> Proof:
    """The proof with each rule, finding, stage and computed term laid out where it is read first only."""
    seen: set[tuple[str, str, str]] = set()

    def once(node: Proof) -> Proof:
        key = (node.kind, node.name, node.status)
        if node.children and node.kind in (RULE, FINDING, STAGE, TERM):
            if key in seen:
                return replace(node, children=(), notes=(*node.notes, "shown above"))
            seen.add(key)
        return replace(node, children=tuple(map(once, node.children))) if node.children else node

    return once(proof)
