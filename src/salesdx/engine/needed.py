"""What is still needed, from whom, and why: the one answer behind the reports and the questionnaires.

The terms are found through what is undecided: an answer can change a result only where some test is unknown through it.
That errs towards asking: a test may be unknown, and the result the same however it comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from salesdx.base.model import Rule
from salesdx.case.also_calculated import or_formulas
from salesdx.case.closing import asked_of, awaits_subject, is_closed
from salesdx.case.floor import demanded
from salesdx.engine.diagnosis import Diagnosis, OpenQuestion
from salesdx.engine.low_reading import WeakFact
from salesdx.language.conditions import Expr, names, unknown_names
from salesdx.language.intervals import Interval
from salesdx.language.truth import UNKNOWN


def needs(diagnosis: Diagnosis, everywhere: bool = False) -> dict[str, tuple[OpenQuestion, ...]]:
    """Respondent -> what is needed from him or her, in the order of the vocabulary.

    That is what the reports of a case name, and what can change the stages that the ladder asks about, the mode, or
    what is recommended. With ``everywhere`` also what lies behind a cause that was found, or a verdict that asks
    nothing: where a respondent is in neither, no answer of his or hers changes a status, a recommendation, a likely
    cause, or what nobody looked at.
    """
    base = diagnosis.base
    weak = {fact.term: fact for standing in diagnosis.standings for fact in standing.unproven}
    asked = {*_behind(diagnosis, _named(diagnosis, everywhere)), *weak}
    found: dict[str, tuple[OpenQuestion, ...]] = {}
    for name in base.terms:
        who = asked_of(diagnosis.memory, name)
        if who and name in asked and (need := _need(diagnosis, name, who, weak.get(name))) is not None:
            found[who] = (*found.get(who, ()), need)
    return found


def _need(diagnosis: Diagnosis, name: str, who: str, weak: WeakFact | None) -> OpenQuestion | None:
    """What is needed of whoever is asked for a term; None where the question is closed, or his or her word too weak."""
    memory, term = diagnosis.memory, diagnosis.base.terms[name]
    if not term.question or awaits_subject(memory, name):
        return None
    if weak is not None and who not in (term.respondent, *term.only):
        return None
    if weak is not None:
        return OpenQuestion(name, f"{weak.why}; needed from you: {demanded(memory, weak.stage, term)}")
    fact = memory.fact(name)
    if fact.disputed:
        return OpenQuestion(name, "statements of equal weight disagree")
    if is_closed(memory, name, who):
        return None
    return OpenQuestion(name, "" if fact.value is None else "what is known is not exact enough")


def _named(diagnosis: Diagnosis, everywhere: bool) -> Iterator[str]:
    """The names, of findings and computed terms too, through which something that matters is undecided."""
    base, values = diagnosis.base, diagnosis.matches.values
    for line in base.ladder.modes:
        yield from unknown_names(line.when, values)
        if line.name == diagnosis.mode:
            break
    succeeded = diagnosis.mode == base.ladder.success_mode
    if diagnosis.verdict is not None and not diagnosis.verdict.asks and not everywhere:
        return
    for name in or_formulas(base) if everywhere else ():  # what is known of it would be disputed
        yield from _vague(diagnosis, base.terms[name].or_formula)
    if not succeeded:
        yield from _of_stages(diagnosis, everywhere)
    given = (*diagnosis.recommendations, *diagnosis.alternatives)
    due = {recommendation.intervention.id for recommendation in given}
    for rule in base.rules:
        if (everywhere and not succeeded) or _advises(diagnosis, rule, due):
            yield from diagnosis.looks.deciding(rule.id)
    for recommendation in given:
        if (when := recommendation.intervention.preferred_when) is not None:
            yield from unknown_names(when, values)


def _of_stages(diagnosis: Diagnosis, everywhere: bool) -> Iterator[str]:
    """What keeps stages open, nobody looked at, or would tell how much of the gap a likely cause explains."""
    base, values = diagnosis.base, diagnosis.matches.values
    for standing in diagnosis.standings:
        yield from standing.missing
        asked = standing.asked and not standing.by_file
        for rule in base.rules_of[standing.stage.id] if asked else ():
            if base.ladder.strengths[rule.strength].examined:
                yield from diagnosis.looks.deciding(rule.id)
        for when in standing.stage.conditions.values() if asked or everywhere else ():
            yield from unknown_names(when, values)
    for unexamined in diagnosis.unexamined:
        yield from unexamined.terms
    for cause in diagnosis.provisional.likely:
        yield from (term.name for term in cause.needs)
        for rule in cause.standing.true_rules:
            yield from _vague(diagnosis, rule.explains)


def _vague(diagnosis: Diagnosis, expr: Expr | None) -> Iterator[str]:
    """The names in a calculation that are unknown or not exact."""
    values, read = diagnosis.matches.values, names(expr) if expr is not None else ()
    yield from (name for name in read if values.get(name) is None or isinstance(values[name], Interval))


def _advises(diagnosis: Diagnosis, rule: Rule, due: set[str]) -> bool:
    """Whether a rule, if it were true, would recommend something, or hold back what is due."""
    if diagnosis.matches.truths[rule.id] is not UNKNOWN:
        return False
    return bool(rule.recommend and diagnosis.may_recommend(rule)) or not due.isdisjoint(rule.suppresses)


def _behind(diagnosis: Diagnosis, found: Iterable[str]) -> set[str]:
    """The terms that can be asked behind some names, through findings, formulas and other ways to calculate a term."""
    base, seen = diagnosis.base, set[str]()
    queue = list(dict.fromkeys(found))
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            queue += diagnosis.looks.behind(name)
            term = base.terms.get(name)
            queue += _vague(diagnosis, term.or_formula) if term is not None else ()
    return seen
