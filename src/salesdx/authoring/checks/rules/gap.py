"""Values between ruled out and confirmed, of which no rule speaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from itertools import groupby, pairwise

from salesdx.authoring import written as places
from salesdx.authoring.checks.check import NOTE, Check
from salesdx.authoring.confirming import counted_strengths
from salesdx.authoring.fact_lists import first_few
from salesdx.authoring.reasoning import HOLDS, NOT_TRUE, Reasoning, reasoning
from salesdx.base.model import NUMERIC, Rule, RuleBase, Stage, Term
from salesdx.base.reading import plain_number
from salesdx.interview.answer_cells import cell_of
from salesdx.interview.diagrams import Node
from salesdx.language.conditions import Expr, Literal, leaves, names, walk
from salesdx.text.source import Place

PAGE = """\
With these values the stage is not ruled out, and no strong or moderate rule of
it speaks either: the stage stays open, and holds everything after it, without a
word why. That is right for a grey band that is meant, and is said in the term's
note; it is a gap if two numbers were meant to meet. The help draws the band:
what is ruled out, what nobody speaks of, and which rules speak.
"""


@dataclass(frozen=True)
class Piece:
    """A single value, or all values between two that nothing tells apart, and who speaks of it."""

    low: Decimal
    high: Decimal
    ruled_out: bool
    rules: tuple[str, ...]

    @property
    def silent(self) -> bool:
        return not self.ruled_out and not self.rules


def gap(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    base = base.as_written  # where a term does not apply, nobody waits for its values
    made = reasoning(base)
    for stage in base.stages:
        if stage.ruled_out_when is None:
            continue
        rules = [rule for rule in base.rules_of[stage.id] if rule.strength in counted_strengths(base, stage)]
        for name in names(stage.ruled_out_when):
            term = base.terms.get(name)
            if term is None or term.type not in NUMERIC or term.sample or name not in made.variables:
                continue
            pieces = tuple(_pieces(made, stage, stage.ruled_out_when, term, rules))
            for at, length in _bands(pieces):
                band = _words(pieces[at : at + length])
                message = f"`{stage.id}` is not ruled out and no rule speaks where `{name}` is {band}"
                yield _place(base, stage, name), message, _drawn(pieces)


def _pieces(made: Reasoning, stage: Stage, ruled_out: Expr, term: Term, rules: list[Rule]) -> Iterator[Piece]:
    """The values of a term from the lowest on, cut wherever the stage compares it."""
    variable = made.variables[term.name]
    speaking = [rule for rule in rules if variable.index in made.diagrams.support(made.rules[rule.id])]
    exprs = [leaf for expr in (ruled_out, *(rule.when for rule in speaking)) for leaf in leaves(expr)]
    numbers = {
        part.value
        for leaf in exprs
        if names(leaf) == (term.name,)
        for part in walk(leaf)
        if isinstance(part, Literal) and isinstance(part.value, Decimal)
    }
    low, high = term.low, term.high
    if low is None or high is None:
        low, high = min(numbers, default=Decimal(0)) - 1, max(numbers, default=Decimal(0)) + 1
    cuts = sorted({low, high, *(n for n in numbers if low < n < high)})
    spans = [(cuts[0], cuts[0])]
    for a, b in pairwise(cuts):
        spans += [(a, b), (b, b)]
    says = {rule.id: _says(made, made.rules[rule.id], variable.index) for rule in speaking}
    out = _able(made, made.condition(ruled_out), variable.index)
    for a, b in spans:
        value = (a + b) / 2
        if term.type == "integer" and a != b:
            value = value.to_integral_value(ROUND_FLOOR)
            if value <= a:
                continue
        cell = cell_of(variable, value)
        yield Piece(a, b, cell in out, tuple(id for id, cells in says.items() if cell in cells))


def _says(made: Reasoning, node: Node, variable: int) -> frozenset[int]:
    """The cells of a variable that make a condition true, which is not true with some other cell and all else equal."""
    by_cell = [made.diagrams.cofactor(node, variable, cell) for cell in range(made.diagrams.cells[variable] - 1)]
    return frozenset(
        cell
        for cell, true in enumerate(by_cell)
        if any(other != true and made.possible((true, HOLDS), (other, NOT_TRUE)) for other in set(by_cell))
    )


def _able(made: Reasoning, node: Node, variable: int) -> frozenset[int]:
    """The cells of a variable with which a condition can be true."""
    cells = range(made.diagrams.cells[variable] - 1)
    return frozenset(cell for cell in cells if True in made.values(made.diagrams.cofactor(node, variable, cell)))


def _bands(pieces: tuple[Piece, ...]) -> Iterator[tuple[int, int]]:
    """Where silent pieces begin, with values ruled out on one side and a rule on the other, and how many they are."""
    at = 0
    for silent, group in groupby(pieces, key=lambda piece: piece.silent):
        length = len(list(group))
        before, after = pieces[at - 1 : at], pieces[at + length : at + length + 1]
        if silent and before and after and before[0].ruled_out != after[0].ruled_out:
            yield at, length
        at += length


def _words(pieces: tuple[Piece, ...]) -> str:
    first, last = pieces[0], pieces[-1]
    if first.low == last.high:
        return plain_number(first.low)
    begin = f"{'from' if first.low == first.high else 'above'} {plain_number(first.low)}"
    return f"{begin} {'to' if last.low == last.high else 'to below'} {plain_number(last.high)}"


def _drawn(pieces: tuple[Piece, ...]) -> str:
    """The whole band: `0 | ruled out | 105 | nothing | 110 | R1 | 10000`."""
    shown: list[str] = [plain_number(pieces[0].low)]
    for who, group in groupby(pieces, key=_who):
        parts = list(group)
        shown += [who, plain_number(parts[-1].high)]
    return " | ".join(shown)


def _who(piece: Piece) -> str:
    speaking = [*(["ruled out"] if piece.ruled_out else []), *piece.rules]
    return first_few(speaking) if speaking else "nothing"


def _place(base: RuleBase, stage: Stage, name: str) -> Place:
    assert stage.ruled_out_when is not None
    leaf = next(leaf for leaf in leaves(stage.ruled_out_when) if name in names(leaf))
    return places.in_stage(base, stage.id, "ruled_out_when", leaf)


CHECK = Check("gap", NOTE, "Values of which no rule speaks", PAGE, gap)
