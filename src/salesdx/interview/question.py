"""The next question, and why it is asked. Stateless: a case and a rule base give it, whatever came before.

A question is asked only while its answer can still change something: first the mode, then the status of the first
stage that is not settled, then the file of a stage that people decide, then what is recommended. A stage that "not
known" leaves open is parked and what follows is conditional on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from salesdx.base.model import PRESSURE, Rule, RuleBase, Stage
from salesdx.case.closing import is_closed
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.engine.diagnose import quick
from salesdx.engine.likely import suspected_first
from salesdx.engine.standing import Standing
from salesdx.engine.undecided import deciding_terms
from salesdx.interview.answer_cells import Variable
from salesdx.interview.asked import AnswerOutcome, Parked, Question, Survey, Why
from salesdx.interview.diagrams import Node
from salesdx.interview.relevance import Asking, relevance
from salesdx.interview.speaker import Speaker
from salesdx.language.conditions import Value
from salesdx.language.intervals import Interval
from salesdx.language.truth import UNKNOWN

NOT_KNOWN = Statement(unknown=Unknown.NOT_KNOWN)
LOOK_AHEAD = 8
"""With at most so many relevant variables a question is judged by two answers, else by one."""


def next_question(
    base: RuleBase, memory: WorkingMemory, later: Iterable[str] = (), by: str = "", kept: Iterable[str] = ()
) -> Question | None:
    """The question whose answer helps most for its cost; None when no answer can change the result.

    Terms in ``later`` are asked only when nothing else is left to ask; ``by`` is the role that answers, and ``kept``
    are the terms that it cannot tell more exactly.
    """
    return survey(base, memory, later, by, kept).question


def survey(
    base: RuleBase,
    memory: WorkingMemory,
    later: Iterable[str] = (),
    by: str = "",
    kept: Iterable[str] = (),
    speaker: Speaker | None = None,
    further: bool = False,
) -> Survey:
    """The next question, what is parked, what is conditional, and how many questions are to come.

    With a ``speaker`` only what this one is asked is a question; with ``further`` also what belongs to stages behind a
    cause that was found.
    """
    return Interview(base, memory.with_base(base), frozenset(later), by, frozenset(kept), speaker, further).survey()


def with_answer(
    memory: WorkingMemory, name: str, statements: Iterable[Statement], missing: Statement = NOT_KNOWN
) -> WorkingMemory:
    """The case with a question answered by earlier statements; none, or only aged ones, is what is ``missing``.

    What other voices say stays as it is.
    """
    said = tuple(statements)
    spoken = {statement.voice for statement in said}
    others = (s for s in memory.statements.get(name, ()) if not s.stands or s.voice not in spoken)
    after = memory.with_statements(name, (*others, *said))
    return after if is_closed(after, name) else after.saying(name, missing)


class Interview:
    """One look at one case."""

    def __init__(
        self,
        base: RuleBase,
        memory: WorkingMemory,
        later: frozenset[str] = frozenset(),
        by: str = "",
        kept: frozenset[str] = frozenset(),
        speaker: Speaker | None = None,
        further: bool = False,
    ) -> None:
        self.base, self.memory, self.later = base, memory, later
        self.speaker, self.further = speaker, further
        self.diagnosis = quick(base, memory)
        self.values = self.diagnosis.matches.values
        self.relevance = relevance(base)
        self.diagrams = self.relevance.diagrams
        self.asking = Asking(self.diagnosis, by, kept)
        self.given = self.relevance.given(self.asking)
        self.done: dict[Node, Node] = {}
        self.asked: dict[int, tuple[str, ...]] = {}
        self.costs: dict[int, int] = {}
        self.ahead: dict[Node, float] = {}
        self.put_off: list[Question] = []

    def survey(self) -> Survey:
        """The next question, what is parked, and how many questions are still to come."""
        parked: list[Parked] = []
        conditional: Stage | None = None
        question = self.pinned() or self.of(self.relevance.mode, self.diagnosis.mode, "mode", None, ())
        verdict = self.diagnosis.verdict
        if question is None and verdict is not None and not verdict.asks and not self.further:
            return Survey(self.diagnosis, None, (), None, (), ())
        if question is None and self.base.ladder.success_mode != self.diagnosis.mode:
            question, conditional = self.climb(parked)
        question = question or self.recommendation() or self.preference()
        question = question or next(iter(self.put_off), None)
        return Survey(self.diagnosis, question, tuple(parked), conditional, *self.progress(question))

    def pinned(self) -> Question | None:
        """A term that its author pinned to the beginning."""
        for term in self.base.terms.values():
            if term.ask_first and self.asks(term.name) and term.name in self.relevance.variables:
                found = Question(term, Why("pinned", None, (), (), (term.name,), term.effort, ()))
                if term.name not in self.later:
                    return found
                self.put_off.append(found)
        return None

    def climb(self, parked: list[Parked]) -> tuple[Question | None, Stage | None]:
        """The ladder in order, up to the first confirmed stage; a stage that cannot be settled is parked. A suspected
        stage comes before, and where it is wanted every other one."""
        standings = self.diagnosis.standings
        before = [*suspected_first(self.base, self.memory.head, standings)]
        before += [standing for standing in standings if self.further and standing.asked and not standing.by_file]
        for standing in before:
            if question := self.of_stage(standing):
                return question, None
        for standing, following in zip(standings, [*standings[1:], None], strict=True):
            stage = standing.stage
            if standing.asked and not standing.by_file:
                if question := self.of_stage(standing):
                    return question, None
                parked.append(Parked(stage, standing.missing))
            elif standing.concluded:
                file = self.file(following) if following is not None and following.by_file else None
                return file or self.pressure(standing), None
            elif standing.held:
                return None, stage
        return self.examine(), None  # no cause so far: look at what the core evidence left out

    def of_stage(self, standing: Standing) -> Question | None:
        """The question that settles a stage; None where no answer can."""
        stage = standing.stage
        rules = self.examined_rules(stage)
        status = self.relevance.statuses[stage.id]
        return self.of(status, standing.status, "status", stage, rules) or self.unsettled(standing, status, rules)

    def unsettled(self, standing: Standing, status: Node, rules: Iterable[Rule]) -> Question | None:
        """What would settle a rule that keeps a stage from its status through an imprecise or disputed fact."""
        node = self.still_open(status, standing.status)
        if not self.diagrams.is_terminal(node) or self.diagrams.value(node) == standing.status:
            return None
        unsettled = (rule for rule in rules if self.diagnosis.looks.is_unsettled(rule.id))
        asked = (
            self.of(self.relevance.rules[rule.id], UNKNOWN, "status", standing.stage, (rule,)) for rule in unsettled
        )
        return next((question for question in asked if question), None)

    def examined_rules(self, stage: Stage) -> tuple[Rule, ...]:
        """The rules of a stage that the ladder wants examined."""
        return tuple(r for r in self.base.rules_of[stage.id] if self.base.ladder.strengths[r.strength].examined)

    def file(self, standing: Standing) -> Question | None:
        """What a file still lacks; once it is complete, every earlier rule that nobody looked at."""
        stage, status = standing.stage, self.relevance.statuses[standing.stage.id]
        question = self.of(status, standing.status, "file", stage, self.base.rules_of[stage.id])
        if question or standing.complete or not self.complete(standing, self.restricted(status)):
            return question
        return self.examine()

    def pressure(self, standing: Standing) -> Question | None:
        """What presses on a person and is due waits for every earlier sign at which nobody looked."""
        held = (r.intervention for r in self.diagnosis.suppressed if r.intervention.weight == PRESSURE)
        personnel = standing.stage.id == self.base.ladder.personnel_stage
        return self.examine() if personnel and not standing.pressure and any(held) else None

    def examine(self) -> Question | None:
        """A rule that nobody looked at in a stage that counts as ruled out; rules that confirm alone come first."""
        strengths = list(self.base.ladder.strengths)
        for unexamined in sorted(self.diagnosis.unexamined, key=lambda u: strengths.index(u.rule.strength)):
            rule = unexamined.rule
            question = self.of(self.relevance.rules[rule.id], UNKNOWN, "examine", self.base.home[rule.home], (rule,))
            if question:
                return question
        return None

    def complete(self, standing: Standing, node: Node) -> bool:
        """Whether only unexamined rules keep a file from its strongest status."""
        return self.diagrams.is_terminal(node) and self.diagrams.value(node) != standing.status

    def recommendation(self) -> Question | None:
        """A rule whose interventions would be recommended if it were true, and add to those that are."""
        rules = [(rule, self.relevance.rules[rule.id], self.base.home[rule.home]) for rule in self.adding()]
        asked = (self.of(function, UNKNOWN, "recommendation", home, (rule,)) for rule, function, home in rules)
        found = [question for question in asked if question]
        return min(found, key=lambda question: question.why.expected_cost, default=None)

    def adding(self) -> Iterator[Rule]:
        """The open rules that would change what is recommended. A role is asked about what the concluded stage, and
        what is recommended already, depend on; about all others where that is wanted."""
        diagnosis, concluded = self.diagnosis, self.diagnosis.concluded
        everybody = self.speaker is None or not self.speaker.roles
        all_ = everybody or self.further or diagnosis.mode == self.base.ladder.success_mode
        given = {r.intervention.id for r in (*diagnosis.recommendations, *diagnosis.suppressed)}
        recommended = {r.intervention.id for r in diagnosis.recommendations}
        for rule in self.base.rules:
            if diagnosis.matches.truths[rule.id] is not UNKNOWN:
                continue
            near = all_ or (concluded is not None and concluded.stage.id == rule.home)
            new = (self.base.interventions[id] for id in rule.recommend if id not in given)
            adds = any(diagnosis.person_reached or not intervention.personnel for intervention in new)
            silences = any(id in recommended for id in rule.suppresses) and (all_ or concluded is not None)
            if (near and adds and diagnosis.may_recommend(rule)) or silences:
                node = self.restricted(self.relevance.rules[rule.id])
                if True in self.diagrams.values(node):
                    yield rule

    def preference(self) -> Question | None:
        """Which of several forms the person prefers, where two or more are due."""
        forms = [r.intervention for r in self.diagnosis.recommendations if r.intervention.preferred_when is not None]
        if len(forms) < 2:
            return None
        for form in forms:
            assert form.preferred_when is not None
            function = self.relevance.condition(form.preferred_when)
            question = self.of(function, UNKNOWN, "preference", self.base.home[form.home], ())
            if question:
                return question
        return None

    # --- choosing ---

    def of(
        self, function: Node, stands: object, purpose: str, stage: Stage | None, rules: Iterable[Rule]
    ) -> Question | None:
        """The best question about a function of the answers, and where it stands; None if no answer can change it."""
        node = self.still_open(function, stands)
        support = [v for v in sorted(self.diagrams.support(node)) if self.asked_for(v)]
        while support:
            best, expected = self.best(node, support)
            variable, names = self.relevance.by_index[best], self.asked_for(best)
            now = [name for name in names if name not in self.later]
            name = self.first(now or list(names))
            question = Question(
                self.base.terms[name], self.why(name, variable, node, purpose, stage, tuple(rules), expected)
            )
            if now:
                return question
            self.put_off.append(question)
            support.remove(best)
        return None

    def restricted(self, function: Node) -> Node:
        """What is left of a function of the answers, given the case."""
        return self.diagrams.restrict(function, self.given, self.done)

    def still_open(self, function: Node, stands: object) -> Node:
        """The same, and where all answers lead to one value that does not stand yet, what the missing ones change."""
        node = self.restricted(function)
        if self.diagrams.is_terminal(node) and self.diagrams.value(node) != stands:
            # every answer leads to one value, but without any answer it is not reached ("x or not x")
            return self.diagrams.restrict(function, self.relevance.unanswered(self.asking, self.given))
        return node

    def first(self, names: list[str]) -> str:
        """Of the terms that one comparison needs, the cheapest; then the one that its respondent is asked anyway."""
        last = next(reversed(list(self.memory.statements)), "")
        respondent = self.base.terms[last].respondent if last in self.base.terms else ""
        return min(
            names, key=lambda name: (self.base.terms[name].effort, self.base.terms[name].respondent != respondent)
        )

    def best(self, node: Node, support: list[int]) -> tuple[int, float]:
        """The variable that makes the most effort unnecessary for its own, and the effort still expected after it."""
        before = self.effort(node)
        after = {v: self.expected(node, v, self.effort) for v in support}
        ranked = sorted(support, key=lambda v: (-(before - after[v]) / self.cost(v), v))
        if len(support) > LOOK_AHEAD:
            return ranked[0], self.cost(ranked[0]) + after[ranked[0]]
        ahead = {v: self.cost(v) + self.expected(node, v, self.one_more) for v in ranked[:4]}
        chosen = min(ahead, key=lambda v: (round(ahead[v], 9), ranked.index(v)))
        return chosen, ahead[chosen]

    def expected(self, node: Node, variable: int, effort: Any) -> float:
        """The mean of an effort over the answers to a variable, each kind of answer as likely as the others."""
        cells = self.given[variable]
        assert not isinstance(cells, int)
        return float(sum(effort(self.diagrams.cofactor(node, variable, cell)) for cell in cells)) / len(cells)

    def effort(self, node: Node) -> float:
        """The effort of all questions that can still change a function."""
        return float(sum(self.cost(v) for v in self.diagrams.support(node)))

    def one_more(self, node: Node) -> float:
        """The least effort that is expected after one more answer, that answer's included."""
        if node not in self.ahead:
            support = self.diagrams.support(node)
            self.ahead[node] = min((self.cost(v) + self.expected(node, v, self.effort) for v in support), default=0.0)
        return self.ahead[node]

    def cost(self, variable: int) -> int:
        """The effort of the questions behind a variable, at least 1."""
        if variable not in self.costs:
            self.costs[variable] = max(1, sum(self.base.terms[name].effort for name in self.asked_for(variable)))
        return self.costs[variable]

    def asked_for(self, variable: int) -> tuple[str, ...]:
        """The terms to ask so that a variable becomes known, and exactly."""
        if variable not in self.asked:
            behind = self.relevance.questions(self.relevance.by_index[variable], self.asking)
            self.asked[variable] = tuple(name for name in behind if self.asks(name))
        return self.asked[variable]

    def asks(self, name: str) -> bool:
        """Whether a term is still to be asked, of whoever answers here."""
        if self.speaker is None:
            return self.asking.asks(name)
        return self.speaker.is_asked(self.memory, self.base.terms[name], self.asking.kept)

    # --- saying why ---

    def why(
        self,
        name: str,
        variable: Variable,
        node: Node,
        purpose: str,
        stage: Stage | None,
        rules: tuple[Rule, ...],
        expected: float,
    ) -> Why:
        """The numbers that a question was chosen by."""
        matches = self.diagnosis.matches
        open_rules = tuple(
            rule.id
            for rule in rules
            if matches.truths[rule.id] is UNKNOWN
            and True in self.diagrams.values(self.restricted(self.relevance.rules[rule.id]))
        )
        decides = tuple(id for id in open_rules if name in deciding_terms(self.base, matches, self.memory, id))
        return Why(
            purpose,
            stage,
            open_rules,
            decides,
            self.names(self.diagrams.support(node)),
            expected,
            self.outcomes(variable, node),
        )

    def outcomes(self, variable: Variable, node: Node) -> tuple[AnswerOutcome, ...]:
        """What each kind of answer would do, answers with one outcome together."""
        cells = self.given[variable.index]
        found: dict[tuple[str | None, int], list[Value]] = {}
        if variable.leaf is None and not isinstance(cells, int):
            for cell in cells:
                after = self.diagrams.cofactor(node, variable.index, cell)
                left = len(self.names(self.diagrams.support(after)))
                settles = str(self.diagrams.value(after)) if self.diagrams.is_terminal(after) else None
                found.setdefault((settles, left), []).append(variable.samples[cell])
        return tuple(AnswerOutcome(tuple(samples), settles, left) for (settles, left), samples in found.items())

    def names(self, variables: Iterable[int]) -> tuple[str, ...]:
        """The terms behind some variables, in the order of the vocabulary."""
        found = {name for v in variables for name in self.asked_for(v)}
        return tuple(filter(found.__contains__, self.base.terms))

    def progress(self, question: Question | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What can still change something here: the terms to ask whoever answers, and those of them that are known only
        vaguely."""
        found = {v for rule in self.adding() for v in self.open(self.relevance.rules[rule.id])}
        if question is not None and question.why.stage is not None:
            found |= self.open(self.relevance.statuses.get(question.why.stage.id))
        standings = self.diagnosis.standings
        if self.further or not any(standing.beside for standing in standings):
            for standing in standings:
                if standing.asked:
                    found |= self.open(self.relevance.statuses[standing.stage.id])
        own = dict.fromkeys([*self.names(found), *(question.why.relevant if question is not None else ())])
        vague = tuple(name for name in own if isinstance(self.values.get(name), Interval))
        return tuple(own), vague

    def open(self, function: Node | None) -> frozenset[int]:
        """The variables that can still change a function of the answers."""
        return frozenset() if function is None else self.diagrams.support(self.restricted(function))
