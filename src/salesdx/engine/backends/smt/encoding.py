"""A program as formulas over all possible fact files, for z3. It proves; it never diagnoses.

Every fact that can be stated has variables: whether it is known, its value (of a number or date both ends), and
whether its absence is excused. A computed term is left free; ``computed_terms`` ties it to its formula. So what is
proved holds for more than the possible files; a counterexample is run by `diagnose`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

from salesdx.base.ladder_lines import LadderLine
from salesdx.base.model import Rule, Stage, Term, is_file
from salesdx.case.floor import wanted_kind
from salesdx.engine.backends.smt.formulas import Formulas, point
from salesdx.engine.backends.smt.logic import (
    FALSE,
    TRUE,
    TRUTH,
    VARIABLE,
    WHOLE,
    Formula,
    all_of,
    any_of,
    either,
    fixed,
    free,
    how_many,
    implies,
    negated,
)
from salesdx.engine.backends.smt.model_values import value_in
from salesdx.engine.low_reading import complete_status
from salesdx.engine.program import (
    MODE,
    Count,
    Decide,
    Define,
    LeftOut,
    Program,
    RuleRefused,
    Step,
    Tally,
    Total,
    UnexaminedCount,
    UnprovenCount,
    UnsettledCount,
    ladder_name,
    ladder_word,
)
from salesdx.language.conditions import And, Arithmetic, Expr, Literal, Name, Not, Or, Value, names, walk


class Encoding(Formulas):
    """One case: every possible fact file at once, with the truth of each rule and what the ladder decides."""

    is_low = False
    """Whether it is the low reading of a case."""

    def __init__(self, program: Program, prefix: str = "", beside: Encoding | None = None) -> None:
        super().__init__(program.base.terms.values(), prefix, beside)
        self.program, self.base = program, program.base
        self.rules: dict[str, tuple[Formula, Formula]] = {}
        self.vague: dict[str, Formula] = {}
        """Whether a term is unknown through a value that is imprecise or disputed."""
        self.owners: dict[Formula, tuple[str, str]] = {}
        """Each variable of a fact -> the term, and the stage in whose low reading it is, or nothing."""
        for name, fact in self.facts.items():
            self._vague(name)
            own = (*fact.variables, self.excused[name], self.vague[name])
            self.owners |= {part: (name, "") for part in own if part.op == VARIABLE}
        self.low: dict[str, LowEncoding] = {}
        """Stage with a floor -> its low reading."""
        self.findings()
        read = set(_read(program.ladder))
        for part in program.ladder:
            if isinstance(part, Decide | Define) or part.name in read:  # a count that nobody reads costs most
                self._step(part)

    def _vague(self, name: str) -> None:
        term = self.base.terms[name]
        fact = self.facts[name]  # values without a bound can be disputed without a span
        boundless = fact.low is fact.high or fact.has_low is not fact.known
        maybe = term.computed or term.or_formula is not None or boundless
        vague = self.vague[name] = free(TRUTH, f"{self.prefix}vague {name}") if maybe else FALSE
        self.domain.append(implies(vague, negated(fact.known)))
        if not term.computed and term.or_formula is None:  # whoever disputes it gives values, and excuses nothing
            self.domain.append(implies(vague, negated(self.excused[name])))

    def findings(self) -> None:
        """The truth of every rule and finding."""
        for step in self.program.steps:
            if not isinstance(step, Term):
                self._finding(step)

    def _finding(self, name: str) -> None:
        truths = []
        for rule in self.base.findings[name]:
            self.rules[rule.id] = self.true(rule.when), self.false(rule.when)
            truths.append(self.rules[rule.id])
        holds, fails = any_of([true for true, _ in truths]), all_of([false for _, false in truths])
        self.symbols[name] = point("boolean", any_of(holds, fails), holds)

    # --- what nobody looked at ---

    def open(self, rule: Rule) -> Formula:
        """The formula under which a rule is unknown, and not only through facts that somebody excused."""
        if rule.id not in self._open:
            self._open[rule.id] = self._opened(rule)
        return self._open[rule.id]

    @cached_property
    def _open(self) -> dict[str, Formula]:
        return {}

    def _opened(self, rule: Rule) -> Formula:
        true, false = self.rules[rule.id]
        return all_of(negated(true), negated(false), negated(self.looked(rule.when)))

    def looked(self, expr: Expr) -> Formula:
        """The formula under which each test that keeps an expression unknown is excused."""
        match expr:
            case Literal():
                return TRUE
            case Not(part):
                return self.looked(part)
            case And(parts) | Or(parts):
                return any_of(self.symbol(expr).known, all_of([self.looked(part) for part in parts]))
        return any_of(self.symbol(expr).known, self.excused_test(expr))

    def excused_test(self, expr: Expr) -> Any:
        """The formula under which a test or formula has an unknown name, and all of these are excused; nobody excuses
        what is imprecise, or a division by zero."""
        read = [(self.symbols[name].exact, self.excused_name(name)) for name in names(expr)]
        excused = all_of([any_of(exact, excused) for exact, excused in read])
        divided = [part.right for part in walk(expr) if isinstance(part, Arithmetic) and part.op == "/"]
        missing = any_of([negated(exact) for exact, _ in read])
        return all_of(missing, excused, negated(any_of(map(self._is_zero, divided))))

    def _is_zero(self, divisor: Expr) -> Any:
        """Whether a divisor is known and zero; of one that has no formula that may be so."""
        try:
            symbol = self.symbol(divisor)
        except RuleRefused:
            return free(TRUTH, f"{self.prefix}{divisor} is zero")
        return all_of(symbol.exact, symbol.low == 0)

    def excused_name(self, name: str) -> Formula:
        """The formula under which what is unknown of a term or finding is excused."""
        if name in self.excused:
            return self.excused[name]
        if name not in self._finding_excuse:
            self._finding_excuse[name] = self._of_finding(name)
        return self._finding_excuse[name]

    @cached_property
    def _finding_excuse(self) -> dict[str, Formula]:
        return {}

    def _of_finding(self, name: str) -> Formula:
        """A finding is excused where each of its unknown rules is."""
        made = []
        for rule in self.base.findings[name]:
            true, false = self.rules[rule.id]
            made.append(any_of(true, false, self.looked(rule.when)))
        return all_of(made)

    # --- what is not settled ---

    def unsettled(self, rule: Rule) -> Formula:
        """The formula under which a rule is unknown through a fact that is imprecise or disputed."""
        if rule.id not in self._unsettled:
            true, false = self.rules[rule.id]
            self._unsettled[rule.id] = all_of(negated(true), negated(false), self.through(rule.when, self.blurred_name))
        return self._unsettled[rule.id]

    @cached_property
    def _unsettled(self) -> dict[str, Formula]:
        return {}

    def blurred(self, expr: Expr) -> Formula:
        """The formula under which a test of a choice, unknown as it stands, reads what is imprecise or disputed."""
        match expr:
            case Literal():
                return FALSE
            case Not(part):
                return self.blurred(part)
            case And(parts) | Or(parts):
                return all_of(negated(self.symbol(expr).known), any_of([self.blurred(part) for part in parts]))
        return all_of(negated(self.symbol(expr).known), any_of([self.blurred_name(name) for name in names(expr)]))

    def blurred_name(self, name: str) -> Formula:
        """The formula under which a term or finding is imprecise, or unknown through what is so or disputed."""
        if name in self.facts:
            return any_of(self.vague[name], all_of(self.facts[name].known, negated(self.facts[name].exact)))
        return any_of([self.unsettled(rule) for rule in self.base.findings[name]])

    # --- the ladder ---

    def _step(self, step: Step) -> None:
        match step:
            case Count(name, home, strength):
                true = [self.rules[r.id][0] for r in self.base.rules_of[home] if r.strength == strength]
                self.symbols[name] = point("number", TRUE, how_many(true))
            case Tally(name, of):
                self.symbols[name] = point("number", TRUE, how_many([negated(self.true(Name(n))) for n in of]))
            case Total(name, of):
                self.symbols[name] = point("number", TRUE, how_many([self.true(Name(n)) for n in of]))
            case UnexaminedCount(name, parts):
                looked = [
                    all_of(self.true(Name(passed)), self.open(self.base.rule[id]))
                    for passed, rules in parts
                    for id in rules
                ]
                self.symbols[name] = point("number", TRUE, how_many(looked))
            case UnsettledCount(name, rules):
                self.symbols[name] = point("number", TRUE, how_many([self.unsettled(self.base.rule[r]) for r in rules]))
            case UnprovenCount(name, stage):
                self.symbols[name] = point("number", TRUE, self._unproven(stage))
            case LeftOut(name):
                count = free(WHOLE, f"{self.prefix}{name}")
                self.domain.append(count >= 0)
                self.symbols[name] = point("number", TRUE, count)
            case Decide(name, lines):
                self._decide(name, [(line.name, self.true(line.when)) for line in lines])
            case Define(name, expr, stage) if stage:
                self.symbols[name] = point("boolean", TRUE, all_of(self.true(expr), self._in_low(expr, stage)))
            case Define(name, expr):
                holds = self.true(expr)
                self.symbols[name] = point("boolean", any_of(holds, self.false(expr)), holds)

    def _unproven(self, stage: str) -> Formula:
        """How many conditions of the way to a stage do not hold in its low reading."""
        if not stage:
            return fixed(0)
        return how_many([negated(holds) for holds in self.low_of(stage).holding()])

    def low_of(self, stage: str) -> LowEncoding:
        """The low reading for the floor of a stage."""
        if stage not in self.low:
            self.low[stage] = self._low(self.base.home[stage])
        return self.low[stage]

    def _in_low(self, expr: Expr, stage: str) -> Formula:
        """The formula under which a condition of the ladder is true in the low reading too."""
        low = self.low_of(stage)
        for name in names(expr):
            low.symbols.setdefault(name, self.symbols[name])  # what is decided stands as in the full one
        return low.true(expr)

    def _low(self, stage: Stage) -> LowEncoding:
        return LowEncoding(self, stage)

    def _decide(self, name: str, lines: list[tuple[str, Formula]]) -> None:
        chosen: Formula = fixed(-1)
        for said, when in reversed(lines):
            chosen = either(when, fixed(self.text(said)), chosen)
        self.symbols[name] = point("text", any_of([when for _, when in lines]), chosen)

    def name(self, name: str, choices: list[tuple[str, Formula]], otherwise: str) -> None:
        """A name with the text of the first formula that is true."""
        self._decide(name, [*choices, (otherwise, TRUE)])

    # --- models ---

    def facts_of(self, model: Any) -> dict[str, Value | None]:
        """The facts of a model: term -> its value, None where its absence is excused; unknown terms are left out."""
        names = {number: text for text, number in self.texts.items()}
        found: dict[str, Value | None] = {}
        for term in self.base.terms.values():
            symbol = self.facts[term.name]
            if model.holds(symbol.known):
                found[term.name] = value_in(model, symbol, names)
            elif model.holds(self.excused[term.name]):
                found[term.name] = None
        return found


class LowEncoding(Encoding):
    """The low reading of a case: of each fact it is free whether it meets the floor of a stage.

    What meets a floor meets each that asks the same of it. A computed term is known in it as in the full reading, or
    not at all.
    """

    is_low = True

    def __init__(self, full: Encoding, stage: Stage) -> None:
        self.full, self.stage = full, stage
        self.program, self.base = full.program, full.base
        self.prefix, self.domain, self.texts = f"{full.prefix}low {stage.id} ", full.domain, full.texts
        self.defined, self.results = full.defined, full.results
        self.vague, self.low, self.rules = full.vague, {}, {}
        self.facts, self.excused = {}, {}
        terms, floor = self.base.terms.values(), stage.floor
        self.kinds = {term.name: wanted_kind(floor, stage, term) if floor is not None else "" for term in terms}
        """Term -> the weakest kind of evidence that meets the floor."""
        for name in full.facts:
            self._meeting(name)
        self.symbols = dict(self.facts)
        self.findings()
        self._words()

    def asked(self, name: str) -> str:
        """What the floor asks of a fact, as a name: what asks the same has one."""
        return f"{self.stage.floor and replace(self.stage.floor, kind=self.kinds[name], own_kind='')}"

    def _meeting(self, name: str) -> None:
        """The variables for whether a fact, or its excuse, meets the floor."""
        asked, fact = f"{self.full.prefix}{self.asked(name)}", self.full.facts[name]
        meets, excused = free(TRUTH, f"{asked} meets {name}"), free(TRUTH, f"{asked} excused {name}")
        self.define(meets, implies(meets, fact.known))
        self.define(excused, implies(excused, negated(meets)))
        if not self.base.terms[name].computed:  # an excuse may stand behind a value below the floor
            hidden = any_of(self.full.excused[name], fact.known, self.full.vague[name])
            self.define(excused, implies(excused, hidden))
        self._known_as(name, meets, excused)

    def _known_as(self, name: str, meets: Formula, excused: Formula) -> None:
        fact = self.full.facts[name]
        bounds = [meets if has is fact.known else all_of(meets, has) for has in (fact.has_low, fact.has_high)]
        self.facts[name] = replace(fact, known=meets, has_low=bounds[0], has_high=bounds[1])
        self.excused[name] = excused
        self.full.owners |= dict.fromkeys((meets, excused), (name, self.stage.id))

    def _words(self) -> None:
        """The ladder's words in the low reading; what is decided stands as in the full one."""
        full, read = self.full.symbols, (self.stage.id, self.base.ladder.personnel_stage)
        for step in self.program.ladder:
            _, word = ladder_word(step.name)
            match step:
                case UnprovenCount(name, _) | LeftOut(name):
                    self.symbols[name] = point("number", TRUE, fixed(0))
                case Count(name, _, _) if name in full:
                    self._step(step)
                case UnexaminedCount(name) if ladder_word(name)[0] not in read:
                    pass  # nothing reads it here, and it goes over all rules before it
                case UnexaminedCount(name, parts) if name in full:
                    looked = [all_of(self.full.true(Name(passed)), self.open(self.base.rule[id]))
                              for passed, rules in parts for id in rules]  # fmt: skip
                    self.symbols[name] = point("number", TRUE, how_many(looked))
                case Define(name, _) if name in full and word in ("applies", "ruled_out_when", "set_aside_when"):
                    self._step(step)
                case _ if step.name in full:
                    self.symbols[step.name] = full[step.name]

    def holding(self) -> Iterator[Any]:
        """For each condition of the way to the stage, the formula under which it holds in the low reading."""
        yield self._mode()
        steps = {step.name: step for step in self.program.ladder}
        for earlier in self.base.stages:
            own = earlier.id == self.base.ladder.personnel_stage
            if earlier is self.stage and not own and not is_file(self.base, self.stage):
                return
            if own or earlier is self.stage:
                decide = steps[ladder_name(earlier.id, "status")]
                assert isinstance(decide, Decide)
                yield self._own_line(decide) if own else self._line(decide, complete_status(self.program, earlier))
            else:
                applies, out = (Name(ladder_name(earlier.id, word)) for word in ("applies", "ruled_out_when"))
                yield any_of(self.false(applies), self.true(out))
            if earlier is self.stage:
                return

    def _mode(self) -> Formula:
        """The line of the full reading is true, and every line before it is false."""
        before: list[Formula] = []
        found = []
        status = self.full.symbols[MODE].value
        for line in self.base.ladder.modes:
            found.append(all_of(status == self.text(line.name), self.true(line.when), *before))
            before.append(self.false(line.when))
        return any_of(found)

    def _own_line(self, decide: Decide) -> Formula:
        """The status of the full reading holds in the low one too; of a file none is decided yet, so none does."""
        if decide.name not in self.full.symbols:
            return FALSE
        status = self.full.symbols[decide.name].value
        lines = dict.fromkeys(line.name for line in decide.lines)
        return any_of([all_of(status == self.text(name), self._line(decide, name)) for name in lines])

    def _line(self, decide: Decide, status: str) -> Formula:
        lines: list[LadderLine] = [line for line in decide.lines if line.name == status]
        return any_of([self.true(line.when) for line in lines])


def _read(steps: Iterable[Step]) -> Iterator[str]:
    """The names that decisions and definitions of the ladder read."""
    for step in steps:
        match step:
            case Decide(_, lines):
                yield from (name for line in lines for name in names(line.when))
            case Define(_, expr):
                yield from names(expr)
