"""What each stated fact decides, and which facts no longer matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from salesdx.base.model import RuleBase, Stage, Term
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.interview.answer_cells import Variable
from salesdx.interview.diagrams import Node
from salesdx.interview.relevance import Asking, Relevance, relevance
from salesdx.language.conditions import names


@dataclass(frozen=True, slots=True)
class OverviewLine:
    """A stated fact, and the stages and recommending rules that another answer to it could still change."""

    term: Term
    fact: Fact
    decides: tuple[str, ...]


def overview(base: RuleBase, memory: WorkingMemory) -> tuple[OverviewLine, ...]:
    """Every stated fact in the order of the vocabulary, with what it decides, all other facts as they are."""
    memory = memory.with_base(base)
    diagnosis = quick(base, memory)
    made = relevance(base)
    given = made.given(Asking(diagnosis))
    functions = list(_functions(base, made, diagnosis))
    reads = [(variable, _reads(base, variable)) for variable in made.by_index]
    found = []
    for name in base.terms:
        if name not in memory.statements:
            continue
        own = [variable for variable, read in reads if name in read]
        free = given | {v.index: tuple(range(len(v.samples))) for v in own}
        indexes = {v.index for v in own}
        decides = [
            label
            for label, node in functions
            if indexes & made.diagrams.support(node)
            and indexes & made.diagrams.support(made.diagrams.restrict(node, free))
        ]
        found.append(OverviewLine(base.terms[name], memory.fact(name), tuple(dict.fromkeys(decides))))
    return tuple(found)


def no_longer_deciding(before: WorkingMemory, after: WorkingMemory) -> tuple[str, ...]:
    """The terms of which another answer could change something before, and cannot after."""
    were = {line.term.name for line in overview(before.base, before) if line.decides}
    lines = overview(after.base, after)
    return tuple(line.term.name for line in lines if not line.decides and line.term.name in were)


def _functions(base: RuleBase, made: Relevance, diagnosis: Diagnosis) -> Iterator[tuple[str, Node]]:
    """What a fact can change: the mode, the stages up to where the ladder stands, rules that may recommend."""
    yield diagnosis.mode, made.mode
    if diagnosis.mode != base.ladder.success_mode:
        for stage in _climbed(diagnosis):
            yield stage.title, made.statuses[stage.id]
    for rule in base.rules:
        if (rule.recommend or rule.suppresses) and diagnosis.may_recommend(rule):
            yield rule.id, made.rules[rule.id]
    for recommended in (*diagnosis.recommendations, *diagnosis.alternatives):
        if recommended.intervention.preferred_when is not None:
            yield recommended.intervention.title, made.condition(recommended.intervention.preferred_when)


def _climbed(diagnosis: Diagnosis) -> Iterator[Stage]:
    """The stages that the result stands on: up to the first confirmed one, and a file that it opens."""
    files = [file.stage for file in diagnosis.files if file.reached]
    for standing in diagnosis.standings:
        yield standing.stage
        if standing.by_file and standing.reached:
            return
        if standing.concluded:
            yield from files
            return
        if standing.held:
            return


def _reads(base: RuleBase, variable: Variable) -> set[str]:
    """The asked terms behind a variable."""
    found: set[str] = set()
    queue = list(variable.reads)
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        term = base.terms.get(name)
        exprs = [rule.when for rule in base.findings.get(name, ())]
        if term is not None and term.computed:
            exprs += term.expressions
        queue += [read for expr in exprs for read in names(expr)]
    return found
