"""The steps of a derivation that stand on the ladder: statuses, what a stage is beside its status, and counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from salesdx.base.model import Rule, RuleBase
from salesdx.engine.diagnosis import status_words
from salesdx.engine.expression_text import plainly
from salesdx.engine.program import (
    Count,
    Decide,
    Define,
    LeftOut,
    Tally,
    UnderRemedy,
    UnexaminedCount,
    UnprovenCount,
    UnsettledCount,
    ladder_name,
    ladder_word,
)
from salesdx.explanation.derivation import COUNT, MODE, RULE, STAGE, Derivation, truth_word
from salesdx.explanation.view import View, pushed
from salesdx.language.conditions import Compare, Expr, In, Literal, Name, truth
from salesdx.language.truth import TRUE, UNKNOWN

Derivations = tuple[Derivation, ...]
WORDS = ("concluded", "held", "exhausted")
"""The words of the ladder that a stage can be beside its status."""
NOT = "not "
"""Stands before the status that a stage has not."""


class Deriving(Protocol):
    """What is handed in: derives conditions and facts, and chooses the cheapest of several derivations."""

    full: View
    part: View
    base: RuleBase
    everything: bool
    fails: bool

    def prove(self, expr: Expr, wanted: bool, strict: bool = True) -> Derivations: ...
    def lay_out(self, expr: Expr, top: bool = False) -> Derivations: ...
    def cheapest(self, options: Sequence[Derivations]) -> Derivations: ...
    def cost(self, derivations: Derivations) -> tuple[int, int, int]: ...
    def overriding(self, expr: Expr) -> list[str]: ...
    def rule(self, rule: Rule) -> Derivation: ...
    def fact(self, name: str) -> Derivation: ...
    def value(self, name: str) -> Derivation: ...


class LadderSteps:
    """Makes these steps with a prover that is handed in."""

    def __init__(self, prover: Deriving) -> None:
        self.prover, self.full, self.part, self.base = prover, prover.full, prover.part, prover.base

    def define(self, step: Define, wanted: bool, strict: bool) -> Derivations:
        """Why a stage is, or is not, what a word of the ladder says."""
        stage, word = ladder_word(step.name)
        if self.prover.everything:
            return self.prover.lay_out(pushed(step.expr, not wanted), top=True)
        derivations = self.prover.prove(pushed(step.expr), wanted, strict)
        return (self.stage_node(stage, word, derivations),) if word in WORDS and wanted else derivations

    def leaf(self, expr: Expr, step: object, wanted: bool) -> Derivations:
        """A comparison with a name of the ladder: a status, or a count."""
        match step:
            case Decide(name):
                if self.prover.everything:
                    return (self.shallow(name),)
                excluded = _excluded(expr, wanted)
                return tuple(self.is_not(step, value) for value in excluded) if excluded else (self.decide(step),)
            case Count():
                return self.count(expr, step, wanted)
            case Tally():
                return self.tally(expr, step, wanted)
            case UnexaminedCount():
                return self.examined(expr, step, wanted)
            case UnsettledCount():
                return self.unsettled(expr, step)
            case UnprovenCount():
                return self.unproven(expr, step)
            case UnderRemedy(_, stage):
                count = len(self.full.memory.under_remedy(stage))
                text = f"{count or 'no'} {'remedy' if count == 1 else 'remedies'} of the company running"
                return (Derivation(COUNT, plainly(expr), text, truth_word(self.full.truth(expr))),)
            case LeftOut():
                count = len(self.full.memory.left_out)
                text = f"{count or 'no'} earlier {'statement is' if count == 1 else 'statements are'} left out"
                return (Derivation(COUNT, plainly(expr), text, truth_word(self.full.truth(expr))),)
            case Define():
                return self.define(step, wanted, True)
        raise AssertionError(step)

    def decide(self, step: Decide) -> Derivation:
        """Why a decision came out: its first true line, and the lines before that are not true."""
        derivations: list[Derivation] = []
        for line in step.lines:
            holds = self.part.truth(line.when) is TRUE
            nodes = self.prover.prove(pushed(line.when), holds, strict=holds)
            if holds:
                derivations += nodes
                break
            derivations += [node for node in nodes if node.facts]
        stage = ladder_word(step.name)[0]
        status = str(self.part.values[step.name])
        return self.stage_node(stage, status, once(derivations))

    def is_not(self, step: Decide, value: str) -> Derivation:
        """Why a decision did not come out so: each line that says so is not true, or comes after a true one."""
        derivations: list[Derivation] = []
        for at, line in enumerate(step.lines):
            if line.name == value:
                earlier = [line for line in step.lines[:at] if self.part.truth(line.when) is TRUE]
                options = [self.prover.prove(pushed(other.when), True) for other in earlier]
                if self.part.truth(line.when) is not TRUE:
                    options.append(self.prover.prove(pushed(line.when), False, strict=False))
                derivations += self.prover.cheapest(options)
        stage = ladder_word(step.name)[0]
        return self.stage_node(stage, NOT + value, once(derivations), self.full.missing(stage) if stage else ())

    def stage_node(self, stage: str, status: str, children: Derivations, deciding: tuple[str, ...] = ()) -> Derivation:
        """A step that says a stage's status, what it is beside it, or what it is not; or the mode, for no stage."""
        diagnosis = self.full.diagnosis
        own = status_words(diagnosis.standing(stage).status if stage else diagnosis.mode)
        beside = f", {_plainly_not(status)}" if status.startswith(NOT) else f" and {status}" if status in WORDS else ""
        what = self.base.home[stage].title if stage else "the mode"
        text = f"{what} is {own if beside else status_words(status)}{beside}"
        kind = STAGE if stage else MODE
        return Derivation(kind, stage or MODE, text, status=status, deciding=deciding, children=children)

    def shallow(self, name: str) -> Derivation:
        """A decision without its reasons: those are asked for by its own name."""
        stage = ladder_word(name)[0]
        missing = self.full.missing(stage) if stage else ()
        return self.stage_node(stage, str(self.full.values[name]), (), missing)

    def count(self, expr: Expr, step: Count, wanted: bool) -> Derivations:
        """Why so many rules of a strength are true."""
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
        if self.prover.everything:
            shown = tuple(self.prover.rule(rule) for rule in rules)
        else:
            usable = self.part.true_rules(step)
            least = self._least(expr, step.name, len(usable), wanted)
            ranked = sorted(((self.prover.rule(rule),) for rule in usable), key=self.prover.cost)[:least]
            shown = tuple(node for nodes in ranked for node in nodes)
            if not all(self._comes_out(expr, step.name, n, wanted) for n in range(len(usable), len(rules) + 1)):
                shown += tuple(node for rule in rules if rule not in usable for node in self._kept_from(rule))
            others = [rule.id for rule in true if rule.id not in {node.name for node in shown}]
            notes += [f"also true: {', '.join(others)}"] if others else []
        name = plainly(expr)
        return (Derivation(COUNT, name, text, truth_word(self.full.truth(expr)), notes=tuple(notes), children=shown),)

    def _kept_from(self, rule: Rule) -> Derivations:
        """A rule that is not true, where a statement keeps a formula from making it true."""
        stated = self.prover.overriding(rule.when)
        return (replace(self.mention(rule), children=tuple(map(self.prover.fact, stated))),) if stated else ()

    def _least(self, expr: Expr, name: str, most: int, wanted: bool) -> int:
        """The least count, of at most so many, with which the comparison comes out as wanted."""
        fitting = (n for n in range(most + 1) if self._comes_out(expr, name, n, wanted))
        least = next(fitting, None)
        self.prover.fails |= least is None
        return most if least is None else least

    def _comes_out(self, expr: Expr, name: str, count: int, wanted: bool) -> bool:
        return truth(expr, {**self.part.values, name: count}) is wanted  # type: ignore[dict-item]

    def tally(self, expr: Expr, step: Tally, wanted: bool) -> Derivations:
        """Why so many earlier stages are not passed, or not proved."""
        if not step.of:
            return ()
        failing = [name for name in step.of if self.full.values[name] is not TRUE]
        total = len(step.of)
        found = truth_word(self.full.truth(expr))
        said = ladder_word(step.of[0])[1]
        text = (
            f"{total - len(failing)} of {total} earlier stage{'s' * (total > 1)} {'are' if total > 1 else 'is'} {said}"
        )
        holding = tuple(self.shallow(ladder_name(ladder_word(name)[0], "status")) for name in failing)
        if self.prover.everything:
            return (Derivation(COUNT, plainly(expr), text, found, children=holding),)
        truths = {name: self.part.values[name] is TRUE for name in step.of}
        now = list(truths.values()).count(False)
        low = high = now  # the counts around that of now with which the comparison comes out the same
        while low > 0 and self._comes_out(expr, step.name, low - 1, wanted):
            low -= 1
        while high < total and self._comes_out(expr, step.name, high + 1, wanted):
            high += 1
        nodes: list[Derivation] = []
        for passed, number in ((True, total - high), (False, low)):
            options = [self.prover.prove(Name(name), passed) for name in step.of if truths[name] is passed]
            nodes += [node for option in sorted(options, key=self.prover.cost)[:number] for node in option]
        order = {ladder_word(name)[0]: at for at, name in enumerate(step.of)}
        nodes.sort(key=lambda node: order.get(node.name, 0))
        proved = {node.name for node in nodes}
        others = [node for node in holding if node.name not in proved]
        return (Derivation(COUNT, plainly(expr), text, found, children=(*nodes, *others)),)

    def examined(self, expr: Expr, step: UnexaminedCount, wanted: bool) -> Derivations:
        """Why so many rules were not looked at."""
        open_rules = self.full.unexamined(step)
        rules = [rule for name, rules in step.parts if self.full.values[name] is TRUE for rule in rules]
        text = f"{len(rules) - len(open_rules)} of {len(rules)} rules of the stages passed were looked at"
        found = truth_word(self.full.truth(expr))
        nobody = tuple(self.mention(self.base.rule[rule]) for _, rule in open_rules)
        if self.prover.everything:
            return (Derivation(COUNT, plainly(expr), text, found, children=nobody),)
        least = self._least(expr, step.name, len(self.part.unexamined(step)), wanted)
        nodes: list[Derivation] = []
        if least == 0:
            looked = [(name, rule) for name, rules in step.parts if self.part.values[name] is TRUE for rule in rules]
            nodes = [node for _, rule in looked for node in self.looked_at(rule)]
            nobody = ()
        else:
            for name, _ in self.part.unexamined(step)[:least]:
                nodes += self.prover.prove(Name(name), True)
        return (Derivation(COUNT, plainly(expr), text, found, children=(*once(nodes), *nobody)),)

    def unsettled(self, expr: Expr, step: UnsettledCount) -> Derivations:
        """Which signs turn on facts that are imprecise or disputed."""
        if not step.rules:
            return ()
        rules = tuple(self.mention(self.base.rule[rule]) for rule in self.full.unsettled(step))
        text = f"{len(rules) or 'none'} of {len(step.rules)} signs turn on what is imprecise or disputed"
        return (Derivation(COUNT, plainly(expr), text, truth_word(self.full.truth(expr)), children=rules),)

    def unproven(self, expr: Expr, step: UnprovenCount) -> Derivations:
        """Which facts that lead here do not meet the floor."""
        if not step.stage:
            return ()
        found = self.full.unproven(step)
        weak = {fact.term: fact.why for facts in found.values() for fact in facts}
        cited = [term for term in weak if term in self.part.memory.statements]
        nodes = [replace(self.prover.fact(term), notes=(weak[term],)) for term in cited]
        notes = tuple(f"`{term}` {why}" for term, why in weak.items() if term not in cited)
        nodes += [self._standing(id) for id, facts in found.items() if not facts and id not in (MODE, step.stage)]
        nodes += [self._decided_mode()] if not found else []
        count = len(found)
        text = f"{count or 'none'} of the steps that lead here {'rests' if count == 1 else 'rest'} on too little"
        found_so = truth_word(self.full.truth(expr))
        return (Derivation(COUNT, plainly(expr), text, found_so, notes=notes, children=tuple(nodes)),)

    def _decided_mode(self) -> Derivation:
        """The mode as facts decide it: every line before its own is false, and not only unknown."""
        nodes: list[Derivation] = []
        for line in self.full.decision("").lines:
            here = line.name == self.full.values[MODE]
            nodes += self.prover.prove(pushed(line.when), here)
            if here:
                break
        return self.stage_node("", str(self.full.values[MODE]), once(nodes))

    def _standing(self, stage: str) -> Derivation:
        """The status of a stage that facts below the floor do not prove either."""
        step = self.full.steps[ladder_name(stage, "status")]
        return self.decide(step) if isinstance(step, Decide) and not self.prover.everything else self.shallow(step.name)

    def looked_at(self, rule: str) -> Derivations:
        """Why a rule counts as looked at: it is decided, or what would decide it does not apply, as somebody said."""
        if self.part.matches.truths[rule] is not UNKNOWN:
            return (self.prover.rule(self.base.rule[rule]),)
        excused = self.part.deciding(self.base.rule[rule].when)
        return (
            replace(self.mention(self.base.rule[rule]), children=tuple(self.prover.value(name) for name in excused)),
        )

    def mention(self, rule: Rule) -> Derivation:
        """A rule without its comparisons."""
        found = self.full.matches.truths[rule.id]
        deciding = self.full.deciding(rule.when) if found is UNKNOWN else ()
        text = f"rule {rule.id} ({rule.strength}): {rule.title or rule.numbered}"
        return Derivation(RULE, rule.id, text, truth_word(found), deciding=deciding)


def _plainly_not(status: str) -> str:
    """What a stage is not, in words; one that is not "not applicable" is applicable."""
    words = status_words(status)
    return words.removeprefix("not not ") if words.startswith("not not ") else words


def _excluded(expr: Expr, wanted: bool) -> list[str]:
    """The values that a comparison of a decision excludes; none where it says what the value is."""
    match expr:
        case Compare(op, Name(), Literal(known)) | Compare(op, Literal(known), Name()):
            return [str(known)] if (op == "==") is not wanted else []
        case In(_, literals):
            return [] if wanted else [str(literal.value) for literal in literals]
    return []


def once(nodes: Iterable[Derivation]) -> Derivations:
    """Each step once, in order."""
    return tuple({(node.kind, node.name or node.text, node.status): node for node in nodes}.values())
