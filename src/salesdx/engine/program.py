"""RuleBase -> Program: the clauses that every back end receives, and the ladder compiled beside them.

Each condition is written twice, as its truth and as its falsity, with ``not`` pushed to the leaves and each leaf
meaning "known and holds". Neither matching means unknown: so two-valued engines get three-valued logic.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile
from typing import Protocol

from salesdx.base.ladder_lines import LadderLine
from salesdx.base.model import Rule, RuleBase, Stage, Term, is_file
from salesdx.case.memory import WorkingMemory
from salesdx.language.conditions import (
    And,
    Compare,
    Expr,
    In,
    Literal,
    Name,
    Not,
    Or,
    Values,
    names,
)
from salesdx.language.rewriting import substitute
from salesdx.language.truth import Truth

OUT = "not_applicable"
"""What a stage is that does not apply: its rules need no look."""
MODE = "mode"
"""The name of the mode among those of the ladder."""
VERDICT = ".verdict"
"""The name of the verdict there; what it reads begins with a point as well, as nothing else does."""
OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""The same comparison with its sides exchanged; others stay as they are."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A rule as two conditions without ``not``; at most one of them holds."""

    rule: Rule
    holds: Expr
    fails: Expr


@dataclass(frozen=True, slots=True)
class Count:
    """How many rules of this stage and strength are true."""

    name: str
    home: str
    strength: str


@dataclass(frozen=True, slots=True)
class UnexaminedCount:
    """How many of these rules nobody looked at; each entry's rules count only while its name is true."""

    name: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class UnsettledCount:
    """How many of these rules are unknown through a fact that is imprecise or disputed."""

    name: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnprovenCount:
    """How much of what leads to this stage does not follow from facts that meet its floor; 0 where it has none."""

    name: str
    stage: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many statements an earlier record holds and the case lacks: a count that comes from outside of the facts."""

    name: str


@dataclass(frozen=True, slots=True)
class UnderRemedy(LeftOut):
    """How many remedies of the company run for this stage: like what is left out, no fact says it."""

    stage: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of these names are not true."""

    name: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """How many of these names are true."""

    name: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decide:
    """The value of the first line whose condition is true; unknown lines are passed over."""

    name: str
    lines: tuple[LadderLine, ...]


@dataclass(frozen=True, slots=True)
class Define:
    """A name for a condition. With ``floor`` it is true only where it holds in the low reading of that stage too."""

    name: str
    expr: Expr
    floor: str = ""


Counting = Count | UnexaminedCount | UnsettledCount | UnprovenCount | LeftOut | Tally | Total
Step = Counting | Decide | Define


def never_unknown(step: Step, sure: Container[str]) -> bool:
    """Whether a name of the ladder is never unknown: a count, a list with an end, what follows from such alone.

    ``sure`` are the earlier names that are never unknown.
    """
    match step:
        case Decide(_, lines):
            return any(isinstance(line.when, Literal) and line.when.value is True for line in lines)
        case Define(_, expr, floor):
            return not floor and all(name in sure for name in names(expr))
    return True


@dataclass(frozen=True, eq=False)
class Program:
    """Everything that is evaluated, in order: ``steps`` (findings and computed terms), then ``ladder``.

    Names of the ladder are ``<stage>.<word>``.
    """

    base: RuleBase
    clauses: Mapping[str, Clause]
    steps: tuple[str | Term, ...]
    """Findings (by name) and computed terms that read findings, each after what it reads."""
    ladder: tuple[Step, ...]
    recommends: Mapping[str, str]
    """Rule -> the name of the ladder that says whether its interventions are recommended."""


@dataclass(frozen=True)
class Matches:
    """Which rules are true, false and unknown for a memory, and the values that were read, findings among them."""

    truths: Mapping[str, Truth]
    """In rule order."""
    values: Values


class RuleRefused(ValueError):
    """A back end cannot keep a rule's meaning and refuses it, by name, when it compiles the program."""


class Backend(Protocol):
    """What a back end is: ``match`` gives the truth of every rule for one case. It decides nothing else."""

    name: str

    def match(self, program: Program, memory: WorkingMemory) -> Matches: ...


@lru_cache(maxsize=32)
def compile_base(base: RuleBase) -> Program:
    """The program of a rule base."""
    clauses = {rule.id: Clause(rule, holds(rule.when), fails(rule.when)) for rule in base.rules}
    open_terms: set[str] = set(base.findings)
    steps: list[str | Term] = []
    for name in base.order:
        term = base.terms.get(name)
        if term is None:
            steps.append(name)
        elif any(read in open_terms for expr in term.expressions for read in names(expr)):
            open_terms.add(name)  # a term that reads findings is computed between them; the others are facts already
            steps.append(term)
    recommends: dict[str, str] = {}
    ladder = (*_ladder(base), *_recommendations(base, recommends), *_verdict(base))
    return Program(base, clauses, tuple(steps), ladder, recommends)


def holds(expr: Expr) -> Expr:
    """The condition under which an expression is true, two-valued and without ``not``."""
    return _side(expr, True)


def fails(expr: Expr) -> Expr:
    """The condition under which an expression is false, two-valued and without ``not``."""
    return _side(expr, False)


def _side(expr: Expr, side: bool) -> Expr:
    match expr:
        case Not(part):
            return _side(part, not side)
        case And(parts):
            return (And if side else Or)(tuple(_side(part, side) for part in parts))
        case Or(parts):
            return (Or if side else And)(tuple(_side(part, side) for part in parts))
        case Compare(op, left, right):
            return expr if side else Compare(OPPOSITE[op], left, right)
        case In(left, values):
            if side:
                return Or(tuple(Compare("==", left, value) for value in values))
            return And(tuple(Compare("!=", left, value) for value in values))
        case Literal(value):
            return Literal(value is side)
        case _:
            return Compare("==", expr, Literal(side))


def ladder_name(stage: str, word: str) -> str:
    """The name in the program of what the ladder decides of a stage: ``status``, ``passed``, ``held`` and so on."""
    return f"{stage}.{word}"


def ask_name(stage: str, line: int) -> str:
    """The name in the program of whether a stage fulfils a condition, counted from 0, under which it is asked about."""
    return ladder_name(stage, f"ask.{line}" if line else "ask")


def ladder_word(name: str) -> tuple[str, str]:
    """The stage and the word of a name in the program's ladder; no stage for the mode."""
    stage, dot, word = name.partition(".")
    return (stage, word) if dot else ("", name)


# --- the ladder -----------------------------------------------------------------------------------------------------


def _ladder(base: RuleBase) -> Iterator[Step]:
    ladder = base.ladder
    yield Decide(MODE, ladder.modes)
    earlier: list[tuple[str, tuple[str, ...]]] = []
    passed: list[str] = []
    previous = ""
    personnel = False
    spares = guards(base)
    for stage in base.stages:
        rules = base.rules_of[stage.id]
        personnel = personnel or stage.id == ladder.personnel_stage
        own = _own(stage.id, previous, personnel)
        yield Define(ladder_name(stage.id, "applies"), stage.applies_when or Literal(True))
        yield Define(ladder_name(stage.id, "ruled_out_when"), stage.ruled_out_when or Literal(False))
        yield Define(ladder_name(stage.id, "set_aside_when"), stage.set_aside_when or Literal(False))
        for strength in ladder.strengths:
            yield Count(ladder_name(stage.id, strength), stage.id, strength)
        examined = tuple(rule.id for rule in rules if ladder.strengths[rule.strength].examined)
        own_rules = (*(examined if is_file(base, stage) else ()), *(spares if personnel else ()))
        own_part = ((ladder_name(stage.id, "applies"), own_rules),) if own_rules else ()
        yield UnexaminedCount(ladder_name(stage.id, "unexamined"), (*earlier, *own_part))
        yield UnsettledCount(ladder_name(stage.id, "unsettled"), examined)
        yield LeftOut(ladder_name(stage.id, "left_out"))
        yield UnderRemedy(ladder_name(stage.id, "under_remedy"), stage.id)
        yield Tally(ladder_name(stage.id, "not_passed"), tuple(passed))
        yield Tally(ladder_name(stage.id, "not_proved"), tuple(map(_proved, passed)))
        lines = ladder.decisions[stage.decided_by]
        unproven = UnprovenCount(ladder_name(stage.id, "unproven"), stage.id if stage.floor else "")
        status = Decide(
            ladder_name(stage.id, "status"), tuple(replace(line, when=substitute(line.when, own)) for line in lines)
        )
        reads = any(
            "unproven" in names(line.when) for line in lines
        )  # else the line that holds is part of what is asked
        yield from (unproven, status) if reads else (status, unproven)
        for word in ("passed", "proved", "concluded", "held", "exhausted"):
            yield Define(ladder_name(stage.id, word), substitute(getattr(ladder, f"{word}_when"), own))
        floor = stage.id if stage.floor else ""
        yield Define(ladder_name(stage.id, "pressure"), substitute(ladder.pressure_when, own), floor)
        for line, when in enumerate(ladder.ask_when):
            yield Define(ask_name(stage.id, line), substitute(when, own))
        yield from _looked_at(stage)
        passed.append(ladder_name(stage.id, "passed"))
        earlier.append((ladder_name(stage.id, "looked_at"), examined))
        previous = stage.id


def guards(base: RuleBase) -> tuple[str, ...]:
    """The rules that keep something from a person while they are true: they suppress what acts on one, or distrust a
    kind of evidence. Those that are looked at as signs of another stage are left out."""
    others = {stage.id for stage in base.stages if stage.id != base.ladder.personnel_stage}
    signs = {rule.id for rule in base.rules if rule.home in others and base.ladder.strengths[rule.strength].examined}
    spares = (r for r in base.rules if r.distrusts or any(base.interventions[id].personnel for id in r.suppresses))
    return tuple(rule.id for rule in spares if rule.id not in signs)


def _proved(passed: str) -> str:
    """The name that says of a stage whether it is proved, beside that which says whether it is passed."""
    return ladder_name(ladder_word(passed)[0], "proved")


def _looked_at(stage: Stage) -> Iterator[Step]:
    """Whether the rules of a stage must have been looked at: it is passed, and not because it does not apply."""
    passed, applies = (Name(ladder_name(stage.id, word)) for word in ("passed", "applies"))
    if stage.applies_when is None:
        yield Define(ladder_name(stage.id, "looked_at"), passed)
        return
    name = ladder_name(stage.id, "applicable")
    yield Decide(name, (LadderLine(OUT, Not(applies)), LadderLine("applicable", Literal(True))))
    yield Define(ladder_name(stage.id, "looked_at"), And((passed, Compare("!=", Name(name), Literal(OUT)))))


def _own(stage: str, previous: str, personnel: bool = False) -> Callable[[str], Expr]:
    """The names of one stage in the program; ``personnel`` where it is the personnel stage or a later one."""

    def rename(name: str) -> Expr:
        if name == "previous_concluded":
            return Name(ladder_name(previous, "concluded")) if previous else Literal(False)
        if name == "personnel":
            return Literal(personnel)
        return Name(name if name == MODE else ladder_name(stage, name))

    return rename


def _of_group(name: str) -> Expr:
    """The words of the ladder in a group: it always applies and never has a status."""
    return Name(name) if name == MODE else Literal("") if name == "status" else Literal(name == "applies")


def _recommendations(base: RuleBase, recommends: dict[str, str]) -> Iterator[Step]:
    """One definition for all rules of a home and strength; ``recommends`` is filled with the name for each rule."""
    stages = {stage.id for stage in base.stages}
    also = Compare("==", Name(MODE), Literal(base.ladder.success_mode))
    made: set[str] = set()
    for rule in base.rules:
        name = (
            f"{rule.home}.{rule.strength}.recommends{'.in_success' * rule.also_in_success}{'.at_once' * rule.immediate}"
        )
        recommends[rule.id] = name
        if name in made:
            continue
        made.add(name)
        when = base.ladder.strengths[rule.strength].recommends_when or Literal(False)
        expr = substitute(when, _own(rule.home, "") if rule.home in stages else _of_group)
        if rule.also_in_success:
            expr = Or((expr, also))
        yield Define(name, Literal(True) if rule.immediate else expr)


def _verdict(base: RuleBase) -> Iterator[Step]:
    """The verdict on the whole case, and the words that it reads; a stage that waits is passed and not proved."""
    ladder = base.ladder
    if not ladder.verdicts:
        return
    evidence = [stage.id for stage in base.stages if not is_file(base, stage)]
    company = [stage.id for stage in takewhile(lambda stage: stage.id != ladder.personnel_stage, base.stages)]
    waiting = {stage: ladder_name(stage, "waits") for stage in company}
    for stage, name in waiting.items():
        yield Define(name, And((Name(ladder_name(stage, "passed")), Not(Name(ladder_name(stage, "proved"))))))
    repaired = {stage: ladder_name(stage, "repaired") for stage in evidence}
    for stage, name in repaired.items():
        count = Compare(">=", Name(ladder_name(stage, "under_remedy")), Literal(Decimal(1)))
        yield Define(name, And((Name(ladder_name(stage, "applies")), count)))
    confirmed = (ladder_name(stage, word) for stage in company for word in ("concluded", "held"))
    counts = {
        "open_n": tuple(ask_name(stage, 0) for stage in company),
        "set_aside_n": tuple(waiting.values()),
        "under_remedy_n": tuple(repaired.values()),
        "confirmed_n": tuple(confirmed),
    }
    yield from (Total(f".{word}", of) for word, of in counts.items())
    words: dict[str, Expr] = {word: Name(f".{word}") for word in counts}
    words["concluded"] = Or(tuple(Name(ladder_name(stage, "concluded")) for stage in evidence))
    person = ladder.personnel_stage
    words["person_held"] = Name(ladder_name(person, "held")) if person else Literal(False)
    lines = (
        replace(line, when=substitute(line.when, lambda name: words.get(name, Name(name)))) for line in ladder.verdicts
    )
    yield Decide(VERDICT, tuple(lines))
