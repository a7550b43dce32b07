"""What a search found as cases that people can state: who says it, with what evidence, of which day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Context, Decimal
from itertools import product

from salesdx.base.model import SYSTEM, RuleBase, Term
from salesdx.base.properties import ADDED, WEAKER
from salesdx.case.file import case_from_text
from salesdx.case.followed import ACCEPTED, Action
from salesdx.case.formula_results import as_good_as_equal, formula_result
from salesdx.case.memory import WorkingMemory, asked_behind
from salesdx.case.settling import computed
from salesdx.case.statement import ShownIn, Statement, Unknown
from salesdx.case.writing import new_case
from salesdx.engine.backends.smt.case_told import Facts, Told
from salesdx.engine.backends.smt.counterexample import Found
from salesdx.language.conditions import Value, names
from salesdx.language.intervals import Interval

CASE, EXCUSE = "counterexample", "it does not apply"
NO_DAY, FUTURE = date(2020, 1, 1), date(9999, 12, 31)
"""The day of a counterexample whose rules ask for no end of the period; a day that is in the future of each."""
OTHER, ANOTHER, EXCUSING, WEAKLY, TOO = "somebody", "another", "-excusing", "-excusing-weakly", "-too"
REPORT, FORGOTTEN = ShownIn("report", "0" * 64), "forget"
NOT_KNOWN = Statement(unknown=Unknown.NOT_KNOWN, author=OTHER)
PLACES = (2, 6)
"""Decimals of the numbers that are tried in place of those which a search found."""
WIDE = Context(prec=100)
REMEDY = Action("A1", "", (), "", None, ACCEPTED)
"""A remedy of the company that runs, where nothing else is said of it."""
Statements = dict[str, tuple[Statement, ...]]


def cases_of(base: RuleBase, found: Found, change: str = "") -> tuple[WorkingMemory, WorkingMemory | None]:
    """The case that a search found, and the same case after the change of which the property speaks.

    What meets a floor is stated by whoever must know, with the evidence that the floor asks for; the rest is nobody's
    word. A value of a computed term that its formula does not give was written by hand; of what it reads and is unknown
    somebody says that it is not known. ``change`` is the key of `after` that the property has: where
    more is said it is said besides, where less, what is left was said before, and else what meets the floor meets it
    before and after. Raises CaseError where no file can say that.
    """
    before, behind = _told(base, found, change)
    told = [(before, found.told.remedied), *([(behind, found.told_after.remedied)] if behind is not None else [])]
    made = [replace(case, remedies=dict.fromkeys(stages, (REMEDY,))) if stages else case for case, stages in told]
    return made[0], made[1] if behind is not None else None


def _told(base: RuleBase, found: Found, change: str) -> tuple[WorkingMemory, WorkingMemory | None]:
    """The two cases, as far as statements tell them."""
    facts, after = found.facts or {}, found.after
    telling = _Telling(base, facts, after, found.headed)
    if after is None:
        return telling.case(telling.of(facts, found.told, [facts])), None
    if change == ADDED:
        said = telling.of(facts, found.told, [facts])
        return telling.case(said), telling.case(telling.beside(said, facts, after))
    first, second = found.told, found.told_after
    if change not in (WEAKER, FORGOTTEN):
        values, excuses = {**second.values, **first.values}, {**second.excuses, **first.excuses}
        first, second = (replace(each, values=values, excuses=excuses) for each in (first, second))
    before, behind = telling.of(facts, first, [after, facts]), telling.of(after, second, [after])
    if change == FORGOTTEN:
        alike = (name for name, said in behind.items() if facts.get(name) == after.get(name))
        before = telling.with_untimely(_with_weaker(before, {name: behind[name] for name in alike}), found)
    return telling.case(before), telling.case(behind)


def _with_weaker(said: Statements, left: Statements) -> Statements:
    """The same, with what is left of it after a change that takes the stronger word of others for the same away."""
    made = dict(said)
    for name, weaker in left.items():
        if any(each not in said.get(name, ()) for each in weaker):
            stronger = (each for each in said.get(name, ()) if each not in weaker)
            others = (replace(each, author=f"{each.author or OTHER}{TOO}") for each in stronger)
            made[name] = (*weaker, *others)
    return made


def as_people_state(found: Found) -> Iterator[Found]:
    """What a search found, and the same with fewer decimals: z3 keeps to a limit by less than a file can say, as with
    5/3 of a number of twelve places."""
    yield found
    for places, rounding in product(PLACES, (ROUND_HALF_EVEN, ROUND_UP, ROUND_DOWN)):
        step = Decimal(1).scaleb(-places)
        facts, after = ({name: _to(value, step, rounding) for name, value in (each or {}).items()}
                        for each in (found.facts, found.after))  # fmt: skip
        yield replace(found, facts=facts, after=None if found.after is None else after)


def _to(value: Value | None, step: Decimal, rounding: str) -> Value | None:
    """A number as a multiple of a step."""
    if isinstance(value, Interval):
        low, high = (end.quantize(step, rounding, WIDE) if isinstance(end, Decimal) else end
                     for end in (value.low, value.high))  # fmt: skip
        return Interval(low, high)
    return value.quantize(step, rounding, WIDE) if isinstance(value, Decimal) else value


class _Telling:
    """Facts as statements of one subject and period, those of the first case."""

    def __init__(self, base: RuleBase, facts: Facts, after: Facts | None, headed: bool) -> None:
        self.base, ladder = base, base.ladder
        cases = [facts] if after is None else [facts, after]
        self.calculated = {name for name, term in base.terms.items()
                           if all(name not in case or _follows(term, case[name], case) for case in cases)}  # fmt: skip
        """The asked terms of which nobody need say what they are calculated with."""
        end = facts.get(ladder.period_end_term) if ladder.period_end_term else NO_DAY
        self.day = end if isinstance(end, date) and headed else None
        kind = facts.get(ladder.subject_term)
        self.subject = {"kind": str(kind), "ref": CASE} if kind is not None and self.day else {}
        self.head = {ladder.subject_term, ladder.period_end_term} if self.subject else set()

    def of(self, known: Facts, told: Told, cases: list[Facts]) -> Statements:
        """What is said of some facts; ``cases`` are those with values by hand, the one with fewer facts first."""
        base = self.base
        asked = (name for name, term in base.terms.items() if not term.computed)
        said = {name: each for name in asked if (each := self._asked(name, known, told))}
        values = dict[str, Value]()
        for name, value in (each for case in cases for each in _by_hand(base, case).items()):
            if name not in values or base.terms[name].measured:  # no change moves a truth or a choice that is stated
                values[name] = value
        for name in {read for each in values for read in asked_behind(base)[each] if read not in cases[0]}:
            said[name] = (*said.get(name, ()), NOT_KNOWN)
        excused = (
            name for case in cases for name, value in case.items() if value is None and base.terms[name].computed
        )
        hand = {name: _said(base.terms[name], None, None, base, self.day) for name in excused}
        hand |= {name: (Statement(value),) for name, value in values.items()}
        kept = (name for name in hand if name in known or known is not cases[0])  # a change takes away, and adds none
        return said | {name: hand[name] for name in kept}

    def _asked(self, name: str, known: Facts, told: Told) -> tuple[Statement, ...]:
        """What is said of an asked term: a value, values that dispute it, that it does not apply, or some of these."""
        base, term, value = self.base, self.base.terms[name], known.get(name)
        said: tuple[Statement, ...] = ()
        if value is not None and (name not in self.calculated or self._met_alone(name, told)):
            said = _said(term, value, told.values.get(name), base, self.day)
            if term.or_formula is not None:  # and it counts beside, or in the place of, what it is calculated with
                said = tuple(replace(each, kind=base.evidence[0].name) for each in said)
        elif name in told.disputed:
            said = tuple(Statement(each, author=by) for by, each in zip((OTHER, ANOTHER), _apart(term), strict=True))
        if (name in told.excuses and (said or name in known)) or (name in known and value is None):
            excuse = _said(term, None, told.excuses.get(name), base, self.day)
            author = EXCUSING if name in told.excuses else WEAKLY
            said += tuple(replace(each, author=f"{each.author or OTHER}{author}") for each in excuse)
        return said

    def _met_alone(self, name: str, told: Told) -> bool:
        """Whether a term that can be calculated meets a floor, and not all that it is calculated from."""
        expr = self.base.terms[name].or_formula
        return name in told.values and expr is not None and not told.values.keys() >= {*names(expr)}

    def with_untimely(self, said: Statements, found: Found) -> Statements:
        """The same, with an untimely value of what only the second case has as unknown: until that is forgotten, the
        fact is too old."""
        unknown = [name for name in found.told_after.declared - found.told.declared
                   if name in said and (found.facts or {}).get(name) is None]  # fmt: skip
        stale = {name: Statement(_some(self.base.terms[name]), author=ANOTHER, date=FUTURE)
                 for name in unknown if self.day and name not in found.told.disputed}  # fmt: skip
        return said | {name: (*said[name], each) for name, each in stale.items()}

    def beside(self, said: Statements, before: Facts, after: Facts) -> Statements:
        """The same, and what makes one case the other when it is said besides, by nobody who must know."""
        base, hand = self.base, _by_hand(self.base, after)
        made = dict(said)
        for name, term in base.terms.items():
            first, now, was = made.get(name, ()), after.get(name), before.get(name)
            more: tuple[Statement, ...] = ()
            if term.computed:
                more = (Statement(hand[name], author=ANOTHER),) if name in hand and not first else ()
            elif now is not None and was is None:
                more = (Statement(now, author=ANOTHER),)
            elif was is not None and now != was and first:  # else it follows what it is calculated from
                value = now if now is not None else _another(term, was)
                more = (replace(first[0], value=value, by="", author=ANOTHER, report=None),)
            elif name in after and name not in before:
                more = _said(term, None, None, base, self.day)
            made |= {name: (*first, *more)} if more else {}
        for name in {read for each in hand for read in asked_behind(base)[each] if read not in after}:
            made[name] = (*made.get(name, ()), *(() if NOT_KNOWN in made.get(name, ()) else (NOT_KNOWN,)))
        return made

    def case(self, said: Statements) -> WorkingMemory:
        """The case in which this is said, as a file tells it."""
        told = {name: statements for name, statements in said.items() if name not in self.head}
        period = (self.day, self.day) if self.day else None
        made = WorkingMemory(self.base, told, CASE, self.subject, period)
        read = case_from_text(new_case(made), CASE, self.base)  # with its head
        on_record = {
            name: tuple(replace(each, record=(CASE,)) if each.by else each for each in statements)
            for name, statements in read.statements.items()
            if self.base.terms[name].record is not None
        }  # what the record states is stated by no file: such a case is told by its sessions
        return replace(read, today=self.day or NO_DAY, statements={**read.statements, **on_record})


def _another(term: Term, value: Value) -> Value:
    """A truth or choice that disputes this one; of a number or date, which are a span when disputed, the same."""
    return not value if isinstance(value, bool) else next((other for other in term.values if other != value), value)


def _apart(term: Term) -> tuple[Value, Value]:
    """Two values that dispute each other, and of which no span is left."""
    match term.type:
        case "boolean":
            return True, False
        case "enum":
            return term.values[0], term.values[-1]
        case "date":
            return Interval(NO_DAY, None), Interval(None, NO_DAY)
    return Interval(Decimal(0), None), Interval(None, Decimal(0))


def _some(term: Term) -> Value:
    """Some value of a term."""
    return term.low if term.low is not None else _apart(term)[0]


def _follows(term: Term, value: Value | None, facts: Facts) -> bool:
    """Whether an asked term has the value that it is calculated with: then nobody need say it."""
    known = {name: each for name, each in facts.items() if each is not None}
    made = formula_result(term, term.or_formula, known) if term.or_formula is not None else None
    return made is not None and value is not None and as_good_as_equal(term, value, made)


def _by_hand(base: RuleBase, facts: Facts) -> dict[str, Value]:
    """The computed terms whose values their formulas do not give."""
    known = {name: value for name, value in facts.items() if value is not None}
    return {name: value for name, value in known.items()
            if base.terms[name].computed and computed(base.terms[name], known) is None}  # fmt: skip


def _said(term: Term, value: Value | None, kind: str | None, base: RuleBase, day: date | None) -> tuple[Statement, ...]:
    """A value, or an excuse for None; ``kind`` is the evidence that meets its floor, None where it is to meet none."""
    roles = [role for role in term.only or (term.respondent,) if role != SYSTEM]
    role = next((role for role in roles if role != base.ladder.asked_by), roles[0] if roles else term.respondent)
    said = Statement(value, by=role, report=None if roles else REPORT)
    if value is None:
        said = replace(said, unknown=Unknown.NOT_APPLICABLE, reason=EXCUSE)
    if kind is None:
        return (replace(said, by="") if value is not None else said,)
    floors = (stage.floor for stage in base.stages if stage.floor is not None)
    kind = next(floors).asker_kind if role == base.ladder.asked_by else kind
    signed = replace(said, kind=kind, date=day)
    return (
        tuple(replace(signed, author=f"{OTHER}-{n}") for n in range(1, term.authors + 1))
        if term.authors > 1
        else (signed,)
    )
