"""The low reading of a case as formulas: only facts that meet the floor of a stage are known in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import z3

from salesdx.base.model import LadderLine, Stage, is_file
from salesdx.engine.backends.smt.encoding import Encoding, counted
from salesdx.engine.backends.smt.formulas import TRUE, point
from salesdx.engine.low_reading import complete_status
from salesdx.engine.program import (
    MODE,
    Count,
    Decide,
    Define,
    LeftOut,
    UnexaminedCount,
    UnprovenCount,
    ladder_name,
    ladder_word,
)
from salesdx.language.conditions import Name


class LowEncoding(Encoding):
    """The same variables as a full reading; of each fact it is free whether it meets the floor of a stage.

    A computed term is known in it as in the full reading, or not at all.
    """

    def __init__(self, full: Encoding, stage: Stage) -> None:
        self.full, self.stage = full, stage
        self.program, self.base = full.program, full.base
        self.prefix, self.domain, self.texts = f"{full.prefix}low {stage.id} ", full.domain, full.texts
        self.vague, self.low, self.rules = full.vague, {}, {}
        self.facts, self.excused = {}, {}
        for name, fact in full.facts.items():
            meets, excused = z3.Bool(f"{self.prefix}meets {name}"), z3.Bool(f"{self.prefix}excused {name}")
            self.domain += [z3.Implies(meets, fact.known), z3.Implies(excused, full.excused[name])]
            bounds = [meets if has is fact.known else z3.And(meets, has) for has in (fact.has_low, fact.has_high)]
            self.facts[name] = replace(fact, known=meets, has_low=bounds[0], has_high=bounds[1])
            self.excused[name] = excused
        self.symbols = dict(self.facts)
        self.findings()
        self._words()

    def _words(self) -> None:
        """The ladder's words in the low reading; what is decided stands as in the full one."""
        full = self.full.symbols
        for step in self.program.ladder:
            _, word = ladder_word(step.name)
            match step:
                case UnprovenCount(name, _) | LeftOut(name):
                    self.symbols[name] = point("number", TRUE, z3.IntVal(0))
                case Count(name, _, _) if name in full:
                    self._step(step)
                case UnexaminedCount(name, parts) if name in full:
                    looked = [z3.And(self.full.true(Name(passed)), self.open(self.base.rule[id]))
                              for passed, rules in parts for id in rules]  # fmt: skip
                    self.symbols[name] = point("number", TRUE, counted(looked))
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
                yield z3.Or(self.false(applies), self.true(out))
            if earlier is self.stage:
                return

    def _mode(self) -> Any:
        """The line of the full reading is true, and every line before it is false."""
        before: list[Any] = []
        found = []
        status = self.full.symbols[MODE].value
        for line in self.base.ladder.modes:
            found.append(z3.And(status == self.text(line.name), self.true(line.when), *before))
            before.append(self.false(line.when))
        return z3.Or(found)

    def _own_line(self, decide: Decide) -> Any:
        """The status of the full reading holds in the low one too."""
        status = self.full.symbols[decide.name].value
        lines = dict.fromkeys(line.name for line in decide.lines)
        return z3.Or([z3.And(status == self.text(name), self._line(decide, name)) for name in lines])

    def _line(self, decide: Decide, status: str) -> Any:
        lines: list[LadderLine] = [line for line in decide.lines if line.name == status]
        return z3.Or([self.true(line.when) for line in lines])
