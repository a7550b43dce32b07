"""Whether new rules go further towards a person than those before, or less far: the first thing that a reader asks.

Where nothing that leads to a person was changed the prover is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from salesdx.base.floor_company import milder_remedies
from salesdx.base.floors import added_measures, floor_faults, property_faults
from salesdx.base.model import Intervention, RuleBase, Term
from salesdx.base.pieces import ChangedPiece, pieces
from salesdx.language.conditions import Expr, names
from salesdx.text.issues import Issue
from salesdx.text.source import Place

if TYPE_CHECKING:
    from salesdx.authoring.against import AgainstBase, DoorResult

OPENS, CLOSES, SAME, UNDECIDED = "opens", "closes", "same", "undecided"
OFF_THE_PATH = ("rule", "term", "intervention")
"""What may stand beside the path to a person; every other piece stands on it."""


@dataclass(frozen=True)
class PathToPerson:
    """How the path to a person stands in new rules beside those before. ``word`` is opens, closes, same or undecided.

    ``opened`` are the doors that somebody signed for, and of the others the first that a case opens, or all that are
    undecided; ``also`` are others that may stand open, by name. ``closed`` is a door that the rules before open beside
    the new ones.
    """

    word: str
    opened: tuple[DoorResult, ...] = ()
    also: tuple[str, ...] = ()
    closed: str = ""
    faults: tuple[Issue, ...] = ()
    """Where the new rules lie below the floor of their base; of rules without one, below that of those before."""
    measures: tuple[Intervention, ...] = ()
    """New measures, and those in other words, that act on a person, or of which the rules say with a reason that they
    act on nobody."""
    why: str = ""
    """Why it is undecided."""
    milder: tuple[Intervention, ...] = ()
    """Remedies of the company that count as worked, or are over, sooner."""

    @property
    def stands(self) -> bool:
        """Whether nothing is left to sign: no door may be open, or each is accepted, and no floor is broken."""
        signed = not self.also and all(door.stands for door in self.opened)
        return not self.faults and signed and self.word != UNDECIDED


def path_to_person(old: RuleBase, new: RuleBase, home: Path | None, seconds: float = 60) -> PathToPerson:
    """How new rules stand to those before; ``home`` is the folder of the new ones, in which signatures lie."""
    found = PathToPerson(
        SAME,
        faults=tuple(_faults(old, new)),
        measures=tuple(_measures(old, new)),
        milder=tuple(milder_remedies(new, old)),
    )
    if found.faults or found.measures or found.milder:
        found = replace(found, word=OPENS)
    if not changed_on_path(old, new):
        return found
    try:
        from salesdx.authoring.against import AgainstBase, NotComparable
        from salesdx.authoring.signing import counting_signatures
    except ModuleNotFoundError as error:
        return replace(found, word=OPENS if found.faults else UNDECIDED, why=f"it needs {error.name}")
    try:
        against = AgainstBase(new, old, seconds, counting_signatures(new, home))
    except NotComparable as error:
        return replace(found, word=OPENS, why=str(error))
    opened, also = _opened(against)
    undecided = next((door.why for door in opened if not door.stands and door.opening is None), "")
    if opened:
        word = UNDECIDED if undecided and not found.faults else OPENS
        return replace(found, word=word, opened=opened, also=also, why=undecided)
    if found.word == OPENS:
        return found
    closed = _opened_back(AgainstBase(old, new, seconds, lacking=True))
    return replace(found, word=CLOSES if closed else SAME, closed=closed)


def _opened(against: AgainstBase) -> tuple[tuple[DoorResult, ...], tuple[str, ...]]:
    """The doors that are open, as ``PathToPerson`` has them."""
    open_ = [door for door in against.doors if against.shut.get(door, "open") is not None]
    signed = [door for door in open_ if against.accepted(door)]
    found = [against.decide(door) for door in signed]
    rest = [door for door in open_ if door not in signed]
    undecided: list[DoorResult] = []
    while rest:
        result = against.decide(rest.pop(0))
        if result.opening is not None:
            return (*found, result), tuple(map(str, (*(each.door for each in undecided), *rest)))
        undecided.append(result)
    return (*found, *undecided), ()


def _opened_back(against: AgainstBase) -> str:
    """The first door that the rules before open beside the new ones; empty where none does."""
    open_ = (door for door in against.doors if door not in against.shut)
    return next((str(door) for door in open_ if against.opening(door)[0] is not None), "")


def _faults(old: RuleBase, new: RuleBase) -> Iterator[Issue]:
    """Where new rules lie below the floor of their base; without one, below that of the rules before."""
    if new.below is not None:
        yield from new.floor_faults
        return
    shown = {name: path for path, name in new.paths.items()}

    def at(name: str) -> Place:
        return Place(shown.get(name, name), 1, 1, 1, 2)

    yield from property_faults(new.as_written, old.as_written, at).values()
    yield from floor_faults(new.as_written, old.as_written, at)


def _measures(old: RuleBase, new: RuleBase) -> Iterator[Intervention]:
    yield from (each for each in added_measures(new, old) if each.personnel or each.reason)


# --- what leads to a person -------------------------------------------------------------------------------------------


def changed_on_path(old: RuleBase, new: RuleBase) -> tuple[ChangedPiece, ...]:
    """What two rule bases have otherwise of all that can lead to a person, or keep it from one."""
    found = pieces(new, old)
    if not found:
        return ()
    on = {id for base in (old, new) for id in _on_path(base)}
    return tuple(piece for piece in found if piece.what not in OFF_THE_PATH or piece.name in on)


def _on_path(base: RuleBase) -> set[str]:
    """The names of rules, terms and interventions on the path to a person."""
    personnel = {id for id, made in base.interventions.items() if made.personnel}
    stages = {stage.id for stage in base.stages}
    rules = {rule.id for rule in base.rules if rule.home in stages or rule.distrusts
             or personnel & {*rule.recommend, *rule.suppresses}}  # fmt: skip
    read = _read(base, [*_of_ladder(base), *(rule.when for rule in base.rules if rule.id in rules)])
    rules |= {rule.id for rule in base.rules if rule.finding in read}
    return rules | read | personnel


def _of_ladder(base: RuleBase) -> Iterator[Expr]:
    ladder = base.ladder
    for lines in (ladder.modes, ladder.verdicts, *ladder.decisions.values()):
        yield from (line.when for line in lines)
    yield from (ladder.passed_when, ladder.proved_when, ladder.concluded_when, ladder.held_when, *ladder.ask_when)
    yield from (ladder.exhausted_when, ladder.pressure_when)
    for stage in base.stages:
        yield from stage.conditions.values()


def _read(base: RuleBase, exprs: Sequence[Expr]) -> set[str]:
    """The terms and findings that expressions read, also through others."""
    ladder = base.ladder
    ahead = [name for expr in exprs for name in names(expr)] + [ladder.subject_term, ladder.period_end_term]
    found = set[str]()
    while ahead:
        if (name := ahead.pop()) not in found:
            found.add(name)
            term = base.terms.get(name)
            reads = _behind(term) if term is not None else [rule.when for rule in base.findings.get(name, ())]
            ahead += [other for expr in reads for other in names(expr)]
    return found


def _behind(term: Term) -> list[Expr]:
    more = (term.or_formula, term.applies_when)
    return [*term.expressions, *(expr for expr in more if expr is not None)]
