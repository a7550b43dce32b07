"""All that was decided of one stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from salesdx.base.model import Rule, RuleBase, Stage
from salesdx.case.followed import Action
from salesdx.engine.decisive import Compared, decisive
from salesdx.engine.low_reading import WeakFact
from salesdx.engine.program import MODE, Matches
from salesdx.language.conditions import Expr, Value, Values, names
from salesdx.language.truth import FALSE, TRUE, Truth

CONCLUDED, HELD = "concluded", "held"


@dataclass(frozen=True, slots=True)
class Ground:
    """What all standings of one diagnosis rest on."""

    base: RuleBase
    matches: Matches
    mode: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How one stage stands on the ladder, and on what that rests."""

    stage: Stage
    status: str
    by_file: bool
    """Whether people decide the stage on a file; else evidence decides it."""
    reached: bool
    """Whether the ladder led here. Evidence is always looked at; before a file is reached nothing blocks it and nothing
    is missing."""
    applies: Truth
    ruled_out: Truth
    """The truth of its `ruled_out_when`; false where it has none."""
    set_aside: Truth
    """The truth of its `set_aside_when`; false where it has none."""
    passed: bool
    """The ladder goes on behind it."""
    proved: bool
    """It was looked at closely enough for a conclusion on a person behind it."""
    concluded: bool
    held: bool
    asked: bool
    """The ladder asks for more evidence here."""
    complete: bool
    """Nothing is left to try before people decide: what the ladder calls `exhausted_when`."""
    pressure: bool
    """What presses on a person is let through: what the ladder calls `pressure_when`."""
    unproven: tuple[WeakFact, ...]
    """The facts below the floor through which what leads here is not proved."""
    true_rules: tuple[Rule, ...]
    held_by: tuple[Stage, ...]
    """The earlier stages that are not passed, where it is held; before the personnel stage those not proved."""
    blocked_by: tuple[Rule, ...]
    """The true rules that keep a file from being complete."""
    missing: tuple[str, ...]
    """Unknown terms that keep the stage open, or that a file lacks."""
    remedies: tuple[Action, ...]
    """The remedies of the company that run for it."""
    ground: Ground = field(repr=False, compare=False)

    @property
    def confirmed(self) -> bool:
        """Its own signs confirm it, whatever holds it."""
        return self.concluded or self.held

    @property
    def beside(self) -> tuple[str, ...]:
        """What the stage is besides its status: `concluded` or `held`."""
        return (CONCLUDED,) * self.concluded + (HELD,) * self.held

    @property
    def findings(self) -> tuple[str, ...]:
        """What the true rules found, each once."""
        return tuple(dict.fromkeys([rule.finding for rule in self.true_rules]))

    @property
    def signs(self) -> tuple[Rule, ...]:
        """The true rules that can confirm the stage, in rule order: those that the ladder wants examined."""
        strengths = self.ground.base.ladder.strengths
        return tuple(rule for rule in self.true_rules if strengths[rule.strength].examined)

    @property
    def strongest(self) -> tuple[Rule, ...]:
        """The signs of the strongest class that has any."""
        signs, order = self.signs, list(self.ground.base.ladder.strengths)
        best = min((order.index(rule.strength) for rule in signs), default=0)
        return tuple(rule for rule in signs if order.index(rule.strength) == best)

    @property
    def unknown(self) -> tuple[str, ...]:
        """An open stage's unknown core facts: those that keep it open, and those that it needs besides. What a rule
        concludes is no fact: those behind it are among the first."""
        when, values, terms = self.stage.ruled_out_when, self.ground.matches.values, self.ground.base.terms
        read = names(when) if when is not None and self.asked else ()
        return tuple(
            dict.fromkeys([*self.missing, *(name for name in read if name in terms and values.get(name) is None)])
        )

    @property
    def decisive(self) -> tuple[Compared, ...]:
        """The comparisons on which the status rests, each once.

        They are read from the line of the ladder that gave the status: the mode's, those of `applies_when` where the
        stage does not apply, those of `ruled_out_when` or `set_aside_when`, and those of the rules that the line
        counts. A line without a condition gives a status because no other line did: then they are those that keep the
        stage from being ruled out. That a term applies is no reason by itself: such conditions stand in no text, and
        are told where they fail.
        """
        line = next(
            line for line in self.ground.base.ladder.decisions[self.stage.decided_by] if line.name == self.status
        )
        words = self._words()
        read = [(name, part.holds) for part in decisive(line.when, words) for name in names(part.expr)]
        if not read:
            read = [("ruled_out_when", False)]
        found = dict.fromkeys(part for name, holds in read for part in self._behind(name, holds))
        return tuple(part for part in found if names(part.expr) and not (part.holds and part.expr.end == 0))

    @property
    def excluded_by(self) -> tuple[Compared, ...]:
        """The comparisons because of which the stage does not apply; none where it applies, or may."""
        when = self.stage.applies_when
        return tuple(decisive(when, self.ground.matches.values, FALSE)) if when and self.applies is FALSE else ()

    @property
    def passed_by(self) -> tuple[str, ...]:
        """The keys of its conditions by which the ladder goes on behind it; none where it is not passed, or does not
        apply."""
        looked = self.passed and self.applies is not FALSE
        return tuple(key for key, found in self._cleared.items() if looked and found is TRUE)[:1]

    @property
    def _cleared(self) -> Mapping[str, Truth]:
        """The conditions that let the ladder go on behind the stage, with their truths."""
        return {"ruled_out_when": self.ruled_out, "set_aside_when": self.set_aside}

    def _words(self) -> Values:
        """The words of the line that gave the status, as far as facts decide them."""
        counts: dict[str, Value | None] = {}
        for strength in self.ground.base.ladder.strengths:
            counts[strength] = sum(rule.strength == strength for rule in self.true_rules)  # type: ignore[assignment]
        counts["under_remedy"] = len(self.remedies)  # type: ignore[assignment]
        return {**counts, MODE: self.ground.mode, "applies": self.applies, **self._cleared}

    def _behind(self, word: str, holds: bool) -> Iterator[Compared]:
        values = self.ground.matches.values
        if word == MODE:
            for line in self.ground.base.ladder.modes:
                if line.name == self.ground.mode:
                    yield from decisive(line.when, values)
        elif word == "applies":
            yield from self.excluded_by
        elif word in self._cleared:
            when: Expr | None = getattr(self.stage, word)
            if when is not None and self._cleared[word] is holds:
                yield from decisive(when, values, holds)
        else:
            for rule in self.true_rules:
                if rule.strength == word:
                    yield from decisive(rule.when, values, TRUE)
