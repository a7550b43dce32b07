"""Facts of one case: what was stated, and what follows from it before any rule is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property, lru_cache

from salesdx.base.model import RuleBase, Term
from salesdx.case.also_calculated import calculated, calculated_from, is_too_vague, or_formulas
from salesdx.case.evidence_file import EvidenceSeal
from salesdx.case.followed import Action, Followed
from salesdx.case.head import CaseHead
from salesdx.case.persons import Persons
from salesdx.case.settling import DECLARED, Fact, computed, settle, settle_computed, too_vague
from salesdx.case.statement import Statement, Unknown
from salesdx.language.conditions import CONDITIONS, Value, Values, names, walk
from salesdx.language.intervals import Interval


@dataclass(frozen=True, slots=True)
class Firm:
    """The profile of a firm: what it is called, and the text of its file."""

    name: str
    text: str


LONGEST_REPR = 20_000
"""Characters; Hypothesis warns of more than 30,000, and the warning would hide the failure that it shows."""


@dataclass(frozen=True)
class WorkingMemory:
    """All facts of one case. Immutable: ``with_fact`` makes a new one. The order of statements changes nothing."""

    base: RuleBase = field(compare=False, repr=False)
    statements: Mapping[str, tuple[Statement, ...]]
    case: str = ""
    subject: Mapping[str, str] = field(default_factory=dict)
    period: tuple[date, date] | None = None
    result: Mapping[str, Statement] = field(default_factory=dict)
    """Term -> the statement that a value of the case's `result` is short for. It counts among the statements."""
    head: CaseHead = field(default_factory=CaseHead)
    firm: Firm | None = None
    """The profile whose statements are among these; None where the case has none beside itself."""
    today: date | None = None
    """The day of the diagnosis; None: no statement is dated in the future."""
    fixed: frozenset[str] = frozenset()
    """The terms that the head of the case states: what the review is about is no evidence and needs none."""
    supposed: frozenset[str] = frozenset()
    """The computed terms of which a value is supposed, in the place of their formula."""
    left_out: tuple[tuple[str, Statement], ...] = ()
    """Statements that an earlier record of the subject holds and this case lacks, each behind its term."""
    persons: Persons | None = None
    """Who is known to speak; None where no trail knows its people, and names are taken as they were typed."""
    trial: bool = False
    """Whether the trail that records it knows its people, and nobody there has adopted these rules."""
    evidence: EvidenceSeal | None = None
    """The evidence file behind what was drawn; None where nothing was, or where there is none."""
    followed: Followed = field(default_factory=Followed)
    """What was done about it since."""
    recorded: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    """What the record of actions and sessions states, by term: it counts with what people say, and nobody wrote it."""
    remedies: Mapping[str, tuple[Action, ...]] | None = None
    """Stage -> the remedies of the company that run for it; None before the record was read."""

    def __repr__(self) -> str:
        """As every dataclass shows itself, cut off where nobody would read it: a test that fails prints it."""
        shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
        return f"{type(self).__name__}({shown if len(shown) <= LONGEST_REPR else shown[:LONGEST_REPR] + '...'})"

    @property
    def profile(self) -> dict[str, tuple[Statement, ...]]:
        """What the profile of the firm says, by term."""
        said = {term: tuple(s for s in statements if s.of_firm) for term, statements in self.statements.items()}
        return {term: statements for term, statements in said.items() if statements}

    @property
    def withdrawn(self) -> tuple[tuple[str, Statement], ...]:
        """The statements that do not count any more, each behind its term."""
        return tuple((name, said) for name, stated in self.statements.items() for said in stated if not said.stands)

    def proves(self, said: Statement) -> bool:
        """Whether a drawn statement has its entry in the evidence file."""
        return self.evidence is not None and said.drawn in self.evidence.entries

    def under_remedy(self, stage: str) -> tuple[Action, ...]:
        """The remedies of the company that run for a stage; none before the record was read."""
        return self.remedies.get(stage, ()) if self.remedies else ()

    @property
    def own(self) -> WorkingMemory:
        """The case without the profile of the firm: what stands in its own file."""
        said = {term: tuple(s for s in statements if not s.of_firm) for term, statements in self.statements.items()}
        return replace(self, statements={term: left for term, left in said.items() if left}, firm=None)

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """The fact of every term that was stated or could be computed without a finding."""
        facts = dict(self._settled)
        values: dict[str, Value] = {name: fact.value for name, fact in facts.items() if fact.value is not None}
        late, needed = _late(self.base), _needed(self.base)
        for name in (*_formulas(self.base), *late):
            term = self.base.terms[name]
            lacks = name in late or not values.keys() >= needed.get(name, frozenset())
            known = None if lacks else computed(term, values)
            fact = self._computed(term, known, values)
            values.pop(name, None)
            if fact is None:
                continue
            facts[name] = fact
            if fact.value is not None:
                values[name] = fact.value
        return facts

    @cached_property
    def _settled(self) -> dict[str, Fact]:
        """The facts that statements make, before formulas."""
        return self._with_calculated({name: self._fact(name, self.statements.get(name, ()))
                                      for name in (*self.statements, *self.recorded)})  # fmt: skip

    def _with_calculated(self, settled: dict[str, Fact]) -> dict[str, Fact]:
        """Facts with those that can also be calculated: the result counts as one more statement."""
        for name in or_formulas(self.base):
            said = self.statements.get(name, ())
            plain = {**settled, name: self._fact(name, said)}
            if (made := calculated(self.base.terms[name], plain, self.base)) is not None:
                settled[name] = self._fact(name, (*said, made))
            elif plain[name].value is None and is_too_vague(self.base.terms[name], plain):
                settled[name] = Fact(name, None, Unknown.IMPRECISE, None, plain[name].statements)
            elif said:
                settled[name] = plain[name]
            else:
                settled.pop(name, None)
        return settled

    @cached_property
    def values(self) -> Mapping[str, Value]:
        """The facts that are known before any rule; a computed term that reads findings comes after these."""
        late = _late(self.base)
        return {n: fact.value for n, fact in self.facts.items() if fact.value is not None and n not in late}

    @cached_property
    def imprecise(self) -> bool:
        """Whether a number or date is known only between two ends."""
        return any(type(fact.value) is Interval for fact in self.facts.values())

    @property
    def supposes(self) -> bool:
        """Whether it is a worked case: of some facts it is only supposed that those who must know state them."""
        return any(said.supposed for statements in self.statements.values() for said in statements)

    def fact(self, name: str) -> Fact:
        """The fact of a term; one that nobody stated is unknown, not asked."""
        return self.facts.get(name) or Fact(name, None, Unknown.NOT_ASKED, None)

    def late(self, term: Term, values: Values) -> Value | None:
        """The value of a computed term that reads findings, once these are among the values."""
        return self.computed_fact(term, values).value

    def computed_fact(self, term: Term, values: Values) -> Fact:
        """The fact of a computed term, from the values of what it reads."""
        fact = self._computed(term, computed(term, values), values)
        return fact or Fact(term.name, None, Unknown.NOT_ASKED, None)

    def counts_by_hand(self, term: Term) -> bool:
        """Whether a hand-written value of a computed term counts: some asked fact behind it is unknown, of each that is
        somebody said so, and none is disputed or imprecise."""
        behind = [self._asked(name) for name in asked_behind(self.base)[term.name]]
        if any(fact.disputed or type(fact.value) is Interval for fact in behind):
            return False
        unknown = [fact.unknown in DECLARED for fact in behind if fact.value is None]
        return bool(unknown) and all(unknown)

    def with_fact(self, name: str, known: Value | Unknown | None) -> WorkingMemory:
        """The same case with one fact replaced: a value, a kind of unknown, or None for not asked.

        The value counts as said by whoever must know it, with the best evidence; that of a computed term stands in the
        place of its formula. A hand-written result of a formula
        that reads the fact is dropped, since it was made from the old value, and so is what the fact could be
        calculated from, and what can now be calculated from the fact.
        """
        inputs, beside = _inputs(self.base), calculated_from(self.base)
        dropped = {name, *(term for term in inputs if name in inputs[term]), *beside.get(name, ())}
        if known is not None and not isinstance(known, Unknown):
            can = {name, *self.values}
            dropped |= {term for term, reads in beside.items() if name in reads and reads <= can}
        statements = {term: said for term, said in self.statements.items() if term not in dropped}
        settled = {term: fact for term, fact in self._settled.items() if term not in dropped}
        if known is not None:
            day = self.period[1] if self.period else None
            kind = self.base.evidence[0].name
            said = Statement(unknown=known) if isinstance(known, Unknown) else Statement(known)
            statements[name] = (replace(said, kind=kind, date=day, supposed=True),)
            settled[name] = settle(self.base.terms[name], statements[name], self.base, self.period, self.today)
        counts = self.base.terms[name].computed and known is not None and not isinstance(known, Unknown)
        supposed = (self.supposed - dropped) | ({name} if counts else frozenset())
        memory = replace(self, statements=statements, supposed=supposed)
        # searches change one fact thousands of times: the others stay settled
        vars(memory)["_settled"] = memory._with_calculated(settled)
        return memory

    def with_statements(self, name: str, statements: tuple[Statement, ...]) -> WorkingMemory:
        """The same case with what was said about one fact replaced, and nothing else; an empty tuple takes it back."""
        said = {term: known for term, known in self.statements.items() if term != name}
        memory = replace(self, statements=said | ({name: statements} if statements else {}))
        if "_settled" in vars(self):  # an interview changes one fact after the other: the others stay settled
            settled = {term: fact for term, fact in self._settled.items() if term != name}
            if statements or name in self.recorded:
                settled[name] = memory._fact(name, statements)
            vars(memory)["_settled"] = memory._with_calculated(settled)
        return memory

    def saying(self, name: str, said: Statement) -> WorkingMemory:
        """The same case with what one voice says about a fact; what other voices said stays as it is."""
        others = (s for s in self.statements.get(name, ()) if not s.stands or s.voice != said.voice)
        return self.with_statements(name, (*others, said))

    def words_of(self, name: str, voice: tuple[str, str, bool]) -> tuple[Statement, ...]:
        """All that one voice says about a fact, with what it withdrew."""
        return tuple(s for s in self.statements.get(name, ()) if s.voice == voice)

    def with_words(self, name: str, voice: tuple[str, str, bool], words: tuple[Statement, ...]) -> WorkingMemory:
        """The same case with all that one voice says about a fact replaced; other voices say what they said."""
        others = (s for s in self.statements.get(name, ()) if s.voice != voice)
        return self.with_statements(name, (*others, *words))

    def said_by(self, name: str, voice: tuple[str, str, bool]) -> Statement | None:
        """What one voice says about a fact; None where it says nothing, or withdrew it."""
        return next((s for s in self.statements.get(name, ()) if s.stands and s.voice == voice), None)

    def headed(
        self, subject: Mapping[str, str], period: tuple[date, date] | None, head: CaseHead | None = None
    ) -> WorkingMemory:
        """The same case with another head, and what that states."""
        said = of_head(self.base, subject, period)
        kept = {name: statements for name, statements in self.statements.items() if name not in self.fixed}
        return replace(
            self,
            statements=kept | {name: (statement,) for name, statement in said.items()},
            subject=subject,
            period=period,
            head=head or self.head,
            fixed=frozenset(said),
        )

    def with_base(self, base: RuleBase) -> WorkingMemory:
        """The same statements read by another rule base."""
        return (
            self
            if base is self.base
            else replace(
                self,
                base=base,
                statements={k: v for k, v in self.statements.items() if k in base.terms},
                followed=self.followed.readable(base.interventions),
                recorded={},
                remedies=None,
            )
        )

    def with_facts(self, facts: Mapping[str, Fact]) -> WorkingMemory:
        """A reading of the case in which only these facts are known, and what can be computed from them."""
        memory = replace(self)
        vars(memory)["_settled"] = dict(facts)
        return memory

    def too_old(self, names: Iterable[str]) -> WorkingMemory:
        """The same case, in which something was said of these facts and is too old to count; what follows from others
        stands."""
        memory = replace(self)
        vars(memory)["_settled"] = {n: Fact(n, None, Unknown.STALE, None) for n in names} | self._settled
        return memory

    def _fact(self, name: str, statements: tuple[Statement, ...]) -> Fact:
        stated = (*statements, *self.recorded.get(name, ()))
        return settle(self.base.terms[name], stated, self.base, self.period, self.today)

    @cached_property
    def _blurred(self) -> bool:
        """Whether something that was stated is imprecise: else nothing that is computed can be too vague."""
        return any(type(fact.value) is Interval for fact in self._settled.values())

    def _asked(self, name: str) -> Fact:
        return self._settled.get(name) or Fact(name, None, Unknown.NOT_ASKED, None)

    def _computed(self, term: Term, known: Value | None, values: Values) -> Fact | None:
        if term.name in self.supposed:
            return self._settled.get(term.name)
        vague = known is None and self._blurred and too_vague(term, values)
        if known is not None or term.name not in self._settled:
            return settle_computed(term, self._settled.get(term.name), known, vague, False)
        return settle_computed(term, self._settled[term.name], None, vague, self.counts_by_hand(term))


def of_head(base: RuleBase, subject: Mapping[str, str], period: tuple[date, date] | None) -> dict[str, Statement]:
    """Term -> what the head of a case states: whom or what the review is about, and the end of its period."""
    ladder = base.ladder
    said: dict[str, tuple[Value | None, str]] = {
        ladder.subject_term: (subject.get("kind"), "the case's subject"),
        ladder.period_end_term: (period[1] if period else None, "the case's period"),
    }
    return {
        name: Statement(value, source=source)
        for name, (value, source) in said.items()
        if value is not None and name in base.terms
    }


@lru_cache(maxsize=8)
def _inputs(base: RuleBase) -> Mapping[str, frozenset[str]]:
    """Computed term -> the terms and findings that it reads, directly or through other terms."""
    found: dict[str, frozenset[str]] = {}
    for term in (base.terms[name] for name in base.order if name in base.terms):
        reads = {name for expr in term.expressions for name in names(expr)}
        found[term.name] = frozenset(reads).union(*(found.get(name, ()) for name in reads))
    return found


@lru_cache(maxsize=8)
def _formulas(base: RuleBase) -> tuple[str, ...]:
    """The computed terms that read no finding, each after what it reads."""
    return tuple(name for name, reads in _inputs(base).items() if reads <= base.terms.keys())


@lru_cache(maxsize=8)
def _needed(base: RuleBase) -> Mapping[str, frozenset[str]]:
    """Computed term -> what must be known of it to be, where that is all that its formula reads: where no test, which
    can be decided by a part, stands in it."""
    formulas = {name: base.terms[name].formula for name in _formulas(base)}
    plain = {n: expr for n, expr in formulas.items() if expr and not any(isinstance(e, CONDITIONS) for e in walk(expr))}
    return {name: frozenset(names(expr)) for name, expr in plain.items()}


@lru_cache(maxsize=8)
def _late(base: RuleBase) -> frozenset[str]:
    """The computed terms that read findings."""
    return frozenset(_inputs(base)) - frozenset(_formulas(base))


@lru_cache(maxsize=8)
def asked_behind(base: RuleBase) -> Mapping[str, tuple[str, ...]]:
    """Computed term -> the asked terms that it follows from, through findings and other computed terms.

    When a term applies is no input: it is asked of conditions as they are written.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name in base.order:
        term = base.as_written.terms.get(name)
        exprs = term.expressions if term is not None else [rule.when for rule in base.as_written.findings[name]]
        read = dict.fromkeys(part for expr in exprs for part in names(expr))
        found[name] = tuple(dict.fromkeys(asked for part in read for asked in found.get(part, (part,))))
    return found
