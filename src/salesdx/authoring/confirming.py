"""Which rules confirm a stage alone, and which only together: read off the ladder's decision lists."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import product

from salesdx.base.ladder_lines import Ladder, LadderLine
from salesdx.base.model import RuleBase, Stage
from salesdx.language.conditions import Value, Values, names, truth
from salesdx.language.truth import TRUE

CONDITIONS = ("applies", "ruled_out_when", "set_aside_when", "previous_concluded", "personnel")
"""The words of a decision list that are no counts, beside the mode."""


HOLDING = ("not_passed", "not_proved", "unexamined", "unsettled", "unproven", "left_out", "under_remedy")
"""The words that count what holds a stage back, each 0 at best."""


def counted_strengths(base: RuleBase, stage: Stage) -> tuple[str, ...]:
    """The strengths that a stage's decision list counts."""
    read = {name for line in base.ladder.decisions.get(stage.decided_by, ()) for name in names(line.when)}
    return tuple(strength for strength in base.ladder.strengths if strength in read)


def confirming(base: RuleBase, stage: Stage, most: int) -> Mapping[str, int]:
    """Strength -> the fewest true rules of it, and of no other, with which the stage can be concluded."""
    found: dict[str, int] = {}
    for strength in counted_strengths(base, stage):
        enough = [n for n in range(most + 1) if _concludes(base, stage, {strength: n})]
        if enough and enough[0] > 0:
            found[strength] = enough[0]
    return found


def concludes(ladder: Ladder, status: str) -> bool:
    """Whether a stage with this status is the concluded one, where nothing holds it back."""
    settled: dict[str, Value | None] = {"status": status, "applies": True, **dict.fromkeys(HOLDING, Decimal(0))}
    return truth(ladder.concluded_when, settled) is TRUE


def passes(ladder: Ladder, status: str) -> bool:
    """Whether the ladder goes on behind a stage with this status."""
    return truth(ladder.passed_when, {"status": status, "applies": True}) is TRUE


def completes(ladder: Ladder, status: str) -> bool:
    """Whether this status says that a file is complete and all other help is exhausted."""
    return truth(ladder.exhausted_when, {"status": status, "applies": True}) is TRUE


@lru_cache(maxsize=256)
def matters(base: RuleBase, decided_by: str, strength: str, most: int) -> tuple[Values, ...]:
    """Where one more true rule of a strength changes a status: the words that it hangs on beside what is counted."""
    lines = base.ladder.decisions[decided_by]
    read = tuple(dict.fromkeys(name for line in lines for name in names(line.when)))
    kinds = {"mode": tuple(line.name for line in base.ladder.modes)} | dict.fromkeys(CONDITIONS, (True, False, None))
    words = tuple(name for name in read if name in kinds)
    counts = tuple(name for name in read if name not in kinds)
    found = []
    for chosen in product(*(kinds[word] for word in words)):
        settled: dict[str, Value | None] = dict(zip(words, chosen, strict=True))
        for numbers in product(range(most + 1), repeat=len(counts)):
            fewer = {name: Decimal(n) for name, n in zip(counts, numbers, strict=True)}
            more = fewer | {strength: fewer[strength] + 1}
            if _first(lines, settled | fewer) != _first(lines, settled | more):
                found.append(settled)
                break
    return tuple(found)


def _concludes(base: RuleBase, stage: Stage, counts: Mapping[str, int]) -> bool:
    none = dict.fromkeys((*base.ladder.strengths, *HOLDING), Decimal(0))
    told = none | {strength: Decimal(n) for strength, n in counts.items()}
    for mode, passed in product(base.ladder.modes, (False, None)):
        values: dict[str, Value | None] = {**told, "mode": mode.name, "applies": True, "previous_concluded": True}
        values |= dict.fromkeys(("ruled_out_when", "set_aside_when"), passed)
        status = _first(base.ladder.decisions[stage.decided_by], values)
        if status is not None and concludes(base.ladder, status):
            return True
    return False


def _first(lines: tuple[LadderLine, ...], values: Values) -> str | None:
    return next((line.name for line in lines if truth(line.when, values) is TRUE), None)
