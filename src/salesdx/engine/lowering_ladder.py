"""The ladder, what is recommended and what is likely -> two-valued operations: the whole program lowered."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile

from salesdx.base.model import PRESSURE, Intervention, Stage, is_file
from salesdx.engine.low_reading import complete_status
from salesdx.engine.lowered import ALWAYS, NEVER, Lowered, Operations, OutsideCount, Signal, TruthSignals
from salesdx.engine.lowering import FULL, UNKNOWN_TRUTH, ConditionSignals
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
    UnderRemedy,
    UnexaminedCount,
    UnprovenCount,
    UnsettledCount,
    ask_name,
    guards,
    ladder_name,
    ladder_word,
)
from salesdx.language.conditions import And, Compare, Expr, In, Literal, Name, Not, Or, compare, names

Counted = tuple[Signal, ...]
"""A count: how many of these are true."""
Word = TruthSignals | Mapping[str, Signal] | Counted | str
"""What a name of the ladder is: a truth, one of some words, a count, or the stage of a count that no fact says."""
Words = Mapping[str, Word]


@lru_cache(maxsize=8)
def lower(program: Program) -> Lowered:
    """The program as two-valued operations. Raises RuleRefused where a rule cannot be written as such."""
    return _Ladder(program).lowered()


@dataclass
class _Ladder:
    """The names of the ladder as operations, in order."""

    program: Program
    conditions: ConditionSignals = field(init=False)
    words: dict[str, Word] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.base = self.program.base
        self.conditions = ConditionSignals(self.base)

    @property
    def ops(self) -> Operations:
        return self.conditions.ops

    def lowered(self) -> Lowered:
        """Everything, in order."""
        rules = {}
        for rule in self.base.rules:
            try:
                rules[rule.id] = self.conditions.rule(rule.id)
            except RuleRefused as refused:
                raise RuleRefused(f"rule {rule.id}: {refused}") from None
        self._distrust()
        for step in self.program.ladder:
            self.words[step.name] = self._step(step)
        likely, unexamined, recommended = self._likely(), self._unexamined(), self._recommended()
        concluded = self._first(stage for stage in self.base.stages if stage not in self._files)
        told = {n: word for n, word in self.words.items() if isinstance(word, TruthSignals | Mapping)}
        findings = {name: self.conditions.finding(name, FULL) for name in self.base.findings}
        unsettled = {rule.id: self.conditions.unsettled_rule(rule.id) for rule in self.base.rules}
        unseen = {rule.id: self.conditions.open_rule(rule.id) for rule in self.base.rules}
        beyond = self.ops.some(self.conditions.beyond)
        return Lowered(
            self.program,
            tuple(self.ops.made),
            rules,
            findings,
            unsettled,
            unseen,
            told,
            concluded,
            likely,
            recommended,
            unexamined,
            beyond,
        )

    def _distrust(self) -> None:
        kinds: dict[str, list[Signal]] = {}
        for rule in self.base.rules:
            if rule.distrusts:
                held = self.ops.some((self.conditions.rule(rule.id).true, self.conditions.unsettled_rule(rule.id)))
                kinds.setdefault(rule.distrusts, []).append(held)
        found = [self.ops.some(held) for held in kinds.values()]
        self.conditions.distrusts = self.ops.every(found) if found else NEVER
        if found:  # the bits of a floor tell all kinds from none, and not one from another
            self.conditions.beyond.add(self.ops.every((self.ops.some(found), self.ops.inverse(self.ops.every(found)))))

    # --- steps

    def _step(self, step: Step) -> Word:
        match step:
            case Count(_, home, strength):
                return self._count(home, strength, FULL)
            case UnexaminedCount(_, parts):
                return self._open(parts, FULL)
            case UnsettledCount(_, rules):
                return tuple(map(self.conditions.unsettled_rule, rules))
            case UnprovenCount(_, stage):
                found = self._unproven(self.base.home[stage], self.words) if stage else ()
                return tuple(self.ops.inverse(holds) for holds in found)
            case UnderRemedy(_, stage):
                return stage
            case LeftOut():
                return ""
            case Tally(_, of):
                return tuple(self.ops.inverse(self._true(name)) for name in of)
            case Total(_, of):
                return tuple(map(self._true, of))
            case Decide(_, lines):
                found_lines: dict[str, list[Signal]] = {}
                before: list[Signal] = []
                for line in lines:
                    here = self.side(line.when, True, self.words)
                    found_lines.setdefault(line.name, []).append(self.ops.every((here, self.ops.neither(*before))))
                    before.append(here)
                return {name: self.ops.some(holds) for name, holds in found_lines.items()}
            case Define(_, expr, floor):
                true, false = (self.side(expr, side, self.words) for side in (True, False))
                if not floor:
                    return TruthSignals(true, false)
                words = self._low_words(floor, self.words, set(names(expr)))
                low = [self.ops.every((true, self.side(expr, side, words))) for side in (True, False)]
                return TruthSignals(low[0], self.ops.some((false, low[1])))
        raise AssertionError(step)

    def _count(self, home: str, strength: str, reading: str) -> Counted:
        rules = (rule for rule in self.base.rules_of[home] if rule.strength == strength)
        return tuple(self.conditions.rule(rule.id, reading).true for rule in rules)

    def _open(self, parts: tuple[tuple[str, tuple[str, ...]], ...], reading: str) -> Counted:
        counted = ((self._true(name), rule) for name, rules in parts for rule in rules)
        return tuple(self.ops.every((looked, self.conditions.open_rule(rule, reading))) for looked, rule in counted)

    def _true(self, name: str) -> Signal:
        word = self.words.get(name, UNKNOWN_TRUTH)
        assert isinstance(word, TruthSignals)
        return word.true

    # --- conditions over the ladder's names

    def side(self, expr: Expr, side: bool, words: Words, reading: str = FULL) -> Signal:
        """That a condition of the ladder is known, and has this truth."""
        match expr:
            case Not(part):
                return self.side(part, not side, words, reading)
            case And(parts) | Or(parts):
                join = self.ops.every if isinstance(expr, And) is side else self.ops.some
                return join(self.side(part, side, words, reading) for part in parts)
            case Name(id) if id in words or not self._of_facts(id):
                word = words.get(id, UNKNOWN_TRUTH)
                assert isinstance(word, TruthSignals)
                return word.true if side else word.false
            case Compare(op, Name(id), Literal(limit)) if id in words or not self._of_facts(id):
                return self._compared(op, words.get(id, UNKNOWN_TRUTH), limit, side)
            case In(Name(id), literals) if id in words or not self._of_facts(id):
                tests = tuple(Compare("==", Name(id), literal) for literal in literals)
                return self.side(Or(tests), side, words, reading)
            case Compare(op, Literal(known), Literal(limit)):
                return ALWAYS if compare(op, known, limit) is side else NEVER
            case In(Literal(known), literals):
                return ALWAYS if (known in [literal.value for literal in literals]) is side else NEVER
        if any(name in words or not self._of_facts(name) for name in names(expr)):
            raise RuleRefused(f"the ladder calculates with {', '.join(names(expr))}")
        return self.conditions.side(expr, side, reading)

    def _of_facts(self, name: str) -> bool:
        return name in self.base.terms or name in self.base.findings

    def _compared(self, op: str, word: Word, limit: object, side: bool) -> Signal:
        if isinstance(word, TruthSignals):
            wanted = ((limit is True) is (op == "==")) is side
            return word.true if wanted else word.false
        if isinstance(word, Mapping):
            return self.ops.some(holds for name, holds in word.items() if ((name == limit) is (op == "==")) is side)
        assert isinstance(limit, Decimal)
        holds = self._counted(op, word, limit)
        return holds if side else self.ops.inverse(holds)

    def _counted(self, op: str, word: Counted | str, limit: Decimal) -> Signal:
        least, above = math.ceil(limit), math.floor(limit) + 1
        match op:
            case ">=":
                return self._at_least(word, least)
            case ">":
                return self._at_least(word, above)
            case "<":
                return self.ops.inverse(self._at_least(word, least))
            case "<=":
                return self.ops.inverse(self._at_least(word, above))
        equal = self.ops.every((self._at_least(word, least), self.ops.inverse(self._at_least(word, above))))
        equal = equal if least != above else NEVER
        return equal if op == "==" else self.ops.inverse(equal)

    def _at_least(self, word: Counted | str, least: int) -> Signal:
        if isinstance(word, str):
            return ALWAYS if least <= 0 else self.ops.signal(OutsideCount(word, least))
        return self.ops.at_least(least, word)

    # --- the low reading, as in ``low_reading.unproven``

    def _unproven(self, stage: Stage, words: Words) -> Iterator[Signal]:
        """Each condition on the way to a stage: that it holds on facts that meet the floor."""
        base, reading = self.base, stage.id
        yield self._mode_proved(reading, words)
        person = base.ladder.personnel_stage
        status = {ladder_name(id, "status") for id in (stage.id, person)}
        lines = {
            step.name: step.lines for step in self.program.ladder if isinstance(step, Decide) and step.name in status
        }
        read = {name for each in lines.values() for line in each for name in names(line.when)}
        low = self._low_words(reading, words, read)
        for earlier in base.stages:
            own = earlier.id == person
            if earlier is stage and not own and not is_file(base, stage):
                return
            if own or earlier is stage:
                name = ladder_name(earlier.id, "status")
                decided = words.get(name, {}) if own else {complete_status(self.program, earlier): ALWAYS}
                assert isinstance(decided, Mapping)
                whens = ((line.name, self.side(line.when, True, low)) for line in lines[name])
                yield self.ops.some(self.ops.every((decided.get(word, NEVER), holds)) for word, holds in whens)
            else:
                applies, out = earlier.applies_when or Literal(True), earlier.ruled_out_when or Literal(False)
                side = self.conditions.side
                yield self.ops.some((side(applies, False, reading), side(out, True, reading)))
            if earlier is stage:
                return

    def _mode_proved(self, reading: str, words: Words) -> Signal:
        decided = words[MODE]
        assert isinstance(decided, Mapping)
        lines = [(line.name, self.conditions.truths(line.when, reading)) for line in self.base.ladder.modes]
        found = []
        for mode in dict.fromkeys(name for name, _ in lines):
            to = next(i for i, (name, _) in enumerate(lines) if name == mode)
            proved = (*(truths.false for _, truths in lines[:to]), lines[to][1].true)
            found.append(self.ops.every((decided[mode], *proved)))
        none = (*(truths.false for _, truths in lines[:-1]), lines[-1][1].true)
        return self.ops.some((*found, self.ops.every((self.ops.neither(*decided.values()), *none))))

    def _low_words(self, reading: str, words: Words, read: set[str]) -> Words:
        """The ladder's words in the low reading: what is decided stands, what rests on facts is looked at again."""
        found: dict[str, Word] = {
            name: word for name, word in words.items() if isinstance(word, TruthSignals | Mapping)
        }
        for step in self.program.ladder:
            if step.name not in read:
                continue
            stage, word = ladder_word(step.name)
            match step:
                case Count(name, home, strength):
                    found[name] = self._count(home, strength, reading)
                case UnexaminedCount(name, parts):
                    found[name] = self._open(parts, reading)
                case UnprovenCount(name) | LeftOut(name):
                    found[name] = ()
                case UnsettledCount(name) | Tally(name):
                    found[name] = self._step(step)
                case Define(name, expr) if stage and word in ("applies", "ruled_out_when", "set_aside_when"):
                    found[name] = self.conditions.truths(expr, reading)
        return found

    # --- what follows, as in ``judgement``

    @property
    def _files(self) -> list[Stage]:
        return [stage for stage in self.base.stages if stage.ruled_out_when is None and is_file(self.base, stage)]

    def _first(self, stages: Iterable[Stage]) -> dict[str, Signal]:
        """Stage -> it is the first that is concluded."""
        found: dict[str, Signal] = {}
        before: list[Signal] = []
        for stage in stages:
            here = self._true(ladder_name(stage.id, "concluded"))
            found[stage.id] = self.ops.every((here, self.ops.neither(*before)))
            before.append(here)
        return found

    def _is_success(self) -> Signal:
        decided = self.words[MODE]
        assert isinstance(decided, Mapping)
        return decided.get(self.base.ladder.success_mode, NEVER)

    def _asked(self) -> dict[str, Signal]:
        """Stage that evidence decides -> the ladder asks about it, where no cause is concluded."""
        stages = [stage.id for stage in self.base.stages if stage not in self._files]
        found: dict[str, list[Signal]] = {stage: [] for stage in stages}
        before: list[Signal] = []
        for line in range(len(self.base.ladder.ask_when)):
            asked = {stage: self._true(ask_name(stage, line)) for stage in stages}
            for stage, here in asked.items():
                found[stage].append(self.ops.every((here, self.ops.neither(*before))))
            before += asked.values()
        return {stage: self.ops.some(holds) for stage, holds in found.items()}

    def _likely(self) -> dict[str, Signal]:
        base, asked = self.base, self._asked()
        files = self._files
        evidence = [stage for stage in base.stages if stage not in files]
        company = takewhile(lambda stage: stage.id != base.ladder.personnel_stage, evidence)
        no_cause = self.ops.neither(*(self._true(ladder_name(stage.id, "concluded")) for stage in evidence))
        open_case = self.ops.every((no_cause, self.ops.inverse(self._is_success())))
        found = {}
        for stage in company:
            confirmed = self.ops.some(self._true(ladder_name(stage.id, word)) for word in ("concluded", "held"))
            rules = (rule for rule in base.rules_of[stage.id] if base.ladder.strengths[rule.strength].examined)
            signs = self.ops.some(self.conditions.rule(rule.id).true for rule in rules)
            passed = self._true(ladder_name(stage.id, "passed"))
            opened = self.ops.every((asked[stage.id], self.ops.inverse(passed), signs))
            found[stage.id] = self.ops.every((open_case, self.ops.some((confirmed, opened))))
        return found

    def _unexamined(self) -> Counted:
        base, counted = self.base, []
        for stage in base.stages:
            applies = self.words[ladder_name(stage.id, "applies")]
            assert isinstance(applies, TruthSignals)
            looked = self.ops.every((self._true(ladder_name(stage.id, "passed")), self.ops.inverse(applies.false)))
            rules = (rule for rule in base.rules_of[stage.id] if base.ladder.strengths[rule.strength].examined)
            counted += [self.ops.every((looked, self.conditions.open_rule(rule.id))) for rule in rules]
        if person := base.ladder.personnel_stage:
            person_applies, passed = (self._true(ladder_name(person, word)) for word in ("applies", "passed"))
            near = self.ops.every((person_applies, self.ops.neither(passed, self._is_success())))
            counted += [self.ops.every((near, self.conditions.open_rule(id))) for id in guards(base)]
        return tuple(counted)

    def _recommended(self) -> dict[str, Signal]:
        base = self.base
        given = {id: self._given(intervention) for id, intervention in base.interventions.items()}
        forms = {id: i.preferred_when for id, i in base.interventions.items() if i.preferred_when is not None}
        preferred = {id: self.conditions.side(when, True, FULL) for id, when in forms.items()}
        chosen = self.ops.some(self.ops.every((given[id], holds)) for id, holds in preferred.items())
        return {
            id: self.ops.every((holds, self.ops.some((self.ops.inverse(chosen), preferred.get(id, ALWAYS)))))
            for id, holds in given.items()
        }

    def _given(self, intervention: Intervention) -> Signal:
        """That rules give an intervention and nothing holds it back."""
        base, ops = self.base, self.ops
        givers = [
            (rule, ops.every((self.conditions.rule(rule.id).true, self._true(self.program.recommends[rule.id]))))
            for rule in base.rules
            if intervention.id in rule.recommend
        ]
        against: list[Signal] = []
        for rule in base.rules:
            if intervention.id in rule.suppresses:
                against.append(self.conditions.rule(rule.id).true)
                against += [self.conditions.unsettled_rule(rule.id)] if intervention.personnel else []
        person = base.ladder.personnel_stage
        if intervention.personnel and person in base.home and person:
            against.append(ops.inverse(self._true(ladder_name(person, "concluded"))))
            if intervention.weight == PRESSURE:
                against.append(ops.inverse(self._true(ladder_name(person, "pressure"))))
        if intervention.personnel:
            spent: list[Signal] = []
            for stage in base.stages:
                complete = self._true(ladder_name(stage.id, "exhausted"))
                of_it = ops.some(given for rule, given in givers if rule.home == stage.id)
                against.append(ops.every((complete, ops.neither(*spent), ops.inverse(of_it))))
                spent.append(complete)
        return ops.every((ops.some(given for _, given in givers), ops.neither(*against)))
