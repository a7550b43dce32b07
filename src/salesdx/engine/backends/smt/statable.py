"""What one file can state: who says a fact, with what evidence, of which day; for the search for a case.

A proof leaves all this free. Here each asked fact is said once, by as many authors as its floor wants, so that what is
found can be written down; where that finds nothing, nothing is proved by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import permutations
from typing import Any

from salesdx.base.ladder_lines import Floor
from salesdx.base.model import SYSTEM, Term
from salesdx.case.settling import is_own
from salesdx.case.statement import ShownIn, Statement, untimely
from salesdx.engine.backends.smt.beside import BaseEncoding
from salesdx.engine.backends.smt.distrust import distrusted
from salesdx.engine.backends.smt.encoding import Encoding, LowEncoding
from salesdx.engine.backends.smt.logic import FALSE, TRUE, TRUTH, WHOLE, all_of, any_of, free, implies, negated

REPORT = ShownIn("report", "0" * 64)
SOME_DAY = date(2024, 6, 30)
"""Only how far a statement is from the end of the period counts."""


HEADED = free(TRUTH, "subject and period are in the head")
"""Whether the head of a case names subject and period: without them nothing is dated, and nothing forgets them."""


def head_of(encoding: Encoding) -> dict[str, Any]:
    """The facts that the head of a case states."""
    ladder = encoding.base.ladder
    named = (name for name in (ladder.subject_term, ladder.period_end_term) if name in encoding.facts)
    return {name: encoding.facts[name] for name in named}


def meeting(encoding: Encoding, unasked: bool) -> Iterator[Any]:
    """What meets a floor meets each that asks no more of it, and nothing does without a head where dates are asked for,
    nor a percentage that may be meant as a fraction; what the head states does.

    ``unasked``: no respondent asked for the review, as in a case that is looked for; a proof is of any.
    """
    head = head_of(encoding)
    asked = [term for term in encoding.base.terms.values() if not term.computed]
    for one, other in permutations(encoding.low.values(), 2):
        for term in (term for term in asked if _asks_no_more(other, one, term, unasked)):
            meets = other.facts[term.name].known
            yield implies(one.facts[term.name].known, meets)
            yield implies(one.excused[term.name], any_of(other.excused[term.name], meets))
    yield implies(HEADED, all_of([fact.exact for fact in head.values()]))
    for low in encoding.low.values():
        yield implies(HEADED, all_of([low.facts[name].known for name in head]))
        for term in (term for term in asked if low.stage.floor is not None and low.stage.floor.dated):
            yield implies(any_of(low.facts[term.name].known, low.excused[term.name]), HEADED)
        for term in (term for term in asked if term.type == "percent" and not term.small and term.or_formula is None):
            fact = low.facts[term.name]
            ends = ((fact.low, fact.has_low), (fact.high, fact.has_high))
            yield implies(fact.known, all_of([any_of(negated(has), end <= 0, end > 1) for end, has in ends]))


def _asks_no_more(one: LowEncoding, other: LowEncoding, term: Term, unasked: bool) -> bool:
    """Whether the first floor asks of a term's statement what the second does, or less."""
    a, b, ranks = one.stage.floor, other.stage.floor, one.base.evidence_ranks
    if a is None or b is None:
        return False
    asker = unasked and one.base.ladder.asked_by not in (term.only or (term.respondent,))
    alike = asker or a.asker_kind == b.asker_kind
    return alike and a.dated <= b.dated and ranks[one.kinds[term.name]] >= ranks[other.kinds[term.name]]


@dataclass(frozen=True)
class Voice:
    """How one fact is said: its variables, and what each of their values stands for."""

    by: Any
    kind: Any
    day: Any
    authors: Any
    speakers: tuple[tuple[str, bool], ...]
    """The roles, each with whether a report shows it; 0 is nobody."""
    days: tuple[int | None, ...]
    """Days from the end of the period; None: undated."""


@dataclass(frozen=True)
class Said:
    """How one fact of a case is said."""

    by: str
    report: bool
    kind: str
    day: int | None
    authors: int


@dataclass
class Statable:
    """The conditions under which what two programs read is what one file states."""

    new: Encoding
    base: BaseEncoding
    voices: dict[str, Voice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.head = {self.new.base.ladder.subject_term, self.new.base.ladder.period_end_term}
        for name, term in self.new.base.terms.items():
            if not term.computed and name not in self.head:
                self.voices[name] = self._voice(term)
        self.distrusted: dict[tuple[int, str], Any] = {}

    @cached_property
    def kinds(self) -> tuple[int, ...]:
        """The kinds of evidence that a floor of either names: among the others nothing is decided."""
        floors = [stage.floor for e in (self.new, self.base) for stage in e.base.stages if stage.floor is not None]
        named = {kind for floor in floors for kind in (floor.kind, floor.own_kind, floor.asker_kind)}
        found = tuple(n for n, kind in enumerate(self.new.base.evidence) if kind.name in named)
        return found or (0,)

    def _voice(self, term: Term) -> Voice:
        terms = [t for t in (term, self.base.base.terms.get(term.name)) if t is not None]
        roles: dict[tuple[str, bool], None] = {}
        for each in terms:
            plain = [role for role in each.only or (each.respondent,) if role != SYSTEM]
            roles |= dict.fromkeys((role, False) for role in plain if role in self.new.base.respondents)
            if not plain:
                roles[(each.respondent, True)] = None
        by, kind, day, authors = (
            free(WHOLE, f"{word} of {term.name}") for word in ("speaker", "kind", "day", "authors")
        )
        return Voice(by, kind, day, authors, tuple(roles), _days(terms))

    def conditions(self) -> Iterator[Any]:
        """What makes the facts of both programs those of one file."""
        for name, voice in self.voices.items():
            yield all_of(voice.by >= 0, voice.by <= len(voice.speakers))
            yield any_of([voice.kind == n for n in self.kinds])
            yield all_of(voice.day >= 0, voice.day < len(voice.days), voice.authors >= 1)
            most = max(e.base.terms[name].authors for e in (self.new, self.base) if name in e.base.terms)
            yield voice.authors <= most
        for encoding in (self.new, self.base):
            yield from self._facts(encoding)
            for low in encoding.low.values():
                yield from self._meeting(encoding, low)
        yield from self._base_facts()

    @property
    def headed(self) -> Iterator[Any]:
        """That a case has a head: without one nothing meets a floor that asks for dates."""
        return (self.new.facts[name].exact for name in sorted(self.head) if name in self.new.facts)

    def _facts(self, encoding: Encoding) -> Iterator[Any]:
        """Facts are current, and an excuse is its own respondent's."""
        for name, term in encoding.base.terms.items():
            fact, excused = encoding.facts[name], encoding.excused[name]
            if name in self.head:
                continue
            if (voice := self.voices.get(name)) is not None and not term.computed:
                yield implies(fact.known, _day(term, voice))
                yield implies(excused, _own(term, voice))
            elif term.computed:
                continue
            else:
                yield negated(any_of(fact.known, excused))

    def _base_facts(self) -> Iterator[Any]:
        """What the base reads of what is said to the other rules, where the two read a term otherwise."""
        for name, term in self.base.base.terms.items():
            new, fact = self.new.base.terms.get(name), self.base.facts[name]
            if self.base.pair.one_value(name):
                if not term.computed and not self.base.pair.one_excuse(name):
                    yield self.base.excused[name] == all_of(self.new.excused[name], _own(term, self.voices[name]))
                continue
            if term.computed:
                continue
            yield negated(self.base.vague[name])
            if new is None or new.computed:
                yield negated(any_of(fact.known, self.base.excused[name]))
                continue
            voice = self.voices.get(name)
            read = self.base.readable(term, new)
            current = _day(term, voice) if voice is not None else TRUE
            excuse = all_of(self.new.excused[name], _own(term, voice)) if voice is not None else FALSE
            yield fact.known == all_of(self.new.facts[name].known, read, current)
            yield implies(fact.known, all_of(list(self.base.same(term, new))))
            yield self.base.excused[name] == excuse

    def _meeting(self, encoding: Encoding, low: LowEncoding) -> Iterator[Any]:
        """A fact meets a floor where its statement does."""
        for name, term in encoding.base.terms.items():
            if term.computed:
                continue
            known, excused = low.facts[name].known, low.excused[name]
            if name in self.head:
                yield known == encoding.facts[name].known
                yield excused == encoding.excused[name]
                continue
            voice, floor = self.voices.get(name), low.stage.floor
            good = FALSE
            if voice is not None and floor is not None:
                good = self._good(encoding, term, voice, floor, low.kinds[name])
            yield known == all_of(encoding.facts[name].known, good)
            yield excused == all_of(encoding.excused[name], good)

    def _good(self, encoding: Encoding, term: Term, voice: Voice, floor: Floor, wanted: str) -> Any:
        """Whether a statement carries a fact over a floor of one of the two rule bases."""
        base = encoding.base
        kinds = [(n, made.name) for n, made in enumerate(self.new.base.evidence)
                 if base.evidence_ranks.get(made.name, len(base.evidence)) <= base.evidence_ranks[wanted]]  # fmt: skip
        found = []
        for n, (role, report) in enumerate(voice.speakers):
            if not is_own(term, Statement(by=role, report=REPORT if report else None)):
                continue
            enough = [kind for kind in kinds if role != base.ladder.asked_by or kind[1] == floor.asker_kind]
            trusted = [all_of(voice.kind == k, negated(self._distrusted(encoding, kind))) for k, kind in enough]
            found.append(all_of(voice.by == n + 1, any_of(trusted)))
        dated = voice.day != 0 if floor.dated else TRUE
        return all_of(any_of(found), dated, voice.authors >= term.authors)

    def _distrusted(self, encoding: Encoding, kind: str) -> Any:
        key = id(encoding), kind
        if key not in self.distrusted:
            self.distrusted[key] = distrusted(encoding, kind)
        return self.distrusted[key]

    def said(self, model: Any) -> Mapping[str, Said]:
        """How a model says each asked fact."""
        found = {}
        for name, voice in self.voices.items():
            by, kind, day, authors = (
                int(model.number(part)) for part in (voice.by, voice.kind, voice.day, voice.authors)
            )
            role, report = voice.speakers[by - 1] if 0 < by <= len(voice.speakers) else ("", False)
            evidence = self.new.base.evidence
            named = evidence[kind].name if 0 <= kind < len(evidence) else ""
            when = voice.days[day] if 0 <= day < len(voice.days) else None
            found[name] = Said(role, report, named, when, max(1, authors))
        return found


def _own(term: Term, voice: Voice) -> Any:
    """Whether whoever must know a term speaks."""
    own = [voice.by == n + 1 for n, (role, report) in enumerate(voice.speakers)
           if is_own(term, Statement(by=role, report=REPORT if report else None))]  # fmt: skip
    return any_of(own) if own else FALSE


def _day(term: Term, voice: Voice) -> Any:
    """Whether what is said is current."""
    current = [n for n, days in enumerate(voice.days) if _current(term, days)]
    return any_of([voice.day == n for n in current]) if len(current) < len(voice.days) else TRUE


def _current(term: Term, days: int | None) -> bool:
    said = Statement(date=None if days is None else SOME_DAY + timedelta(days))
    return untimely(term, said, (SOME_DAY, SOME_DAY), None) is None


def _days(terms: list[Term]) -> tuple[int | None, ...]:
    """The days that are tried: none, the last of the period, and where two rule bases differ the first and the last
    that count."""
    ages = {term.valid_for if isinstance(term.valid_for, int) else 0 for term in terms if term.valid_for is not None}
    open_ = [365 * 20] if any(term.valid_for is None for term in terms) else []
    if len({(term.valid_for, term.covers) for term in terms}) == 1:
        return None, 0
    return None, 0, *(sign * days for days in sorted({*ages, *open_} - {0}) for sign in (-1, 1)), -1
