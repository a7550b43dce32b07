"""Random cases of any rule base, in the form of a case file: who says what, how surely, when and on what evidence.

Half of the cases are worked cases with some facts changed, the others are gathered from nothing. Nothing of the product
is used. Every case can be read: one standing statement a voice, values inside their range, no fact against the head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from random import Random
from typing import Any

from second_model.base import Base, Term
from second_model.conditions import Tree, names, parsed, value
from second_model.facts import read_case
from second_model.intervals import Range
from second_model.plain import read
from second_model.reading import Reading
from second_model.shown import end_shown

FIRST, LAST = date(2026, 4, 1), date(2026, 6, 30)  # the period of most worked cases
TODAY = date(2027, 12, 31)
FUTURE = date(2062, 4, 2)
AUTHORS = ("ana", "ben", None)
Said = dict[str, Any]
Facts = dict[str, list[Said]]


@dataclass
class Source:
    """A rule base to make cases of. ``starts``: worked cases as in their files; ``profile``: what is beside them."""

    base: Base
    starts: Sequence[Mapping[str, Any]]
    profile: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def limits(self) -> dict[str, set[Fraction]]:
        """The numbers that each term is compared with."""
        found: dict[str, set[Fraction]] = {}
        for tree in self._trees():
            for part in _tests(tree):
                _, _, left, right = part
                for one, other in ((left, right), (right, left)):
                    limit = value(other, lambda _: None)
                    if one[0] == "name" and isinstance(limit, Range) and limit.low is not None:
                        found.setdefault(one[1], set()).add(limit.low)
        return found

    @cached_property
    def read_by_rules(self) -> list[str]:
        """The terms that some condition reads, each as often as it is read."""
        return [name for tree in self._trees() for name in names(tree) if name in self.base.terms]

    @cached_property
    def computed(self) -> list[str]:
        return [name for name, term in self.base.terms.items() if term.computed]

    @cached_property
    def fixed(self) -> frozenset[str]:
        """Terms that the head of a case states."""
        keys = ("subject_term", "period_end_term")
        return frozenset(self.base.ladder[key] for key in keys if key in self.base.ladder)

    def _trees(self) -> Iterator[Tree]:
        yield from (rule.when for rule in self.base.rules.values())
        for keys in (*self.base.homes.values(), *(term.keys for term in self.base.terms.values())):
            for key in ("ruled_out_when", "set_aside_when", "applies_when"):
                if key in keys:
                    yield parsed(keys[key])


def worked_cases(base: Base) -> Source:
    """The worked cases of a rule base and the profile beside them; each result as often as every other, those that come
    to the last stage twice as often."""
    found = {path.stem: read(path) for path in sorted((base.folder / "rules" / "cases").glob("*.yaml"))}
    last, alike = base.stages[-1], dict[tuple[Any, ...], list[Any]]()
    for case in found.values():
        if "expect" in case:
            parts = ("mode", "verdict", "concluded", last)
            alike.setdefault(tuple(case["expect"].get(part) for part in parts), []).append(case)
    most = max(map(len, alike.values()), default=0)
    starts = [
        case
        for result, cases in alike.items()
        for case in cases
        for _ in range(most // len(cases) * (1 if result[-1] == "not_reached" else 2))
    ]
    return Source(base, starts, found.get("firm", {}).get("facts", {}))


def _tests(tree: Tree) -> Iterator[Tree]:
    if tree[0] == "test":
        yield tree
    elif tree[0] in ("and", "or", "not"):
        for part in tree[1:]:
            yield from _tests(part)


def random_case(random: Random, source: Source) -> dict[str, Any]:
    """A case as its file has it; the profile is among its facts, and its day is TODAY."""
    worked = bool(source.starts) and random.random() < 0.5
    start = random.choice(source.starts) if worked else {}
    facts = _from_worked(random, source, start) if worked else _from_nothing(random, source)
    case: dict[str, Any] = {"case": "random", **_head(random, source, start)}
    changes = random.choice((0, 1, 1, 2, 2, 3, 4, 6, 10)) if worked else random.randint(0, 8)
    for _ in range(changes):
        changed = random.choice(source.computed if source.computed and random.random() < 0.2 else source.read_by_rules)
        if changed not in source.fixed:
            random.choices(CHANGES, WEIGHTS)[0](Change(random, source, case, facts, source.base.terms[changed]))
    case |= _result(random, source, facts)
    case["facts"] = {name: said for name, told in facts.items() if (said := _one_a_voice(told))}
    return case


def _head(random: Random, source: Source, start: Mapping[str, Any]) -> dict[str, Any]:
    """Subject, period, and who asked for the review."""
    ladder, head = source.base.ladder, {}
    if "subject_term" in ladder and random.random() < 0.95:
        term = ladder["subject_term"]
        kind = (start.get("subject") or {}).get("kind") or (start.get("facts") or {}).get(term)
        if not isinstance(kind, str) or random.random() < 0.05:
            kind = "person" if random.random() < 0.6 else random.choice(source.base.terms[term].keys["values"])
        head["subject"] = {"kind": kind} | ({"ref": "E-1042"} if random.random() < 0.93 else {})
    if random.random() < 0.95:
        head["period"] = {"from": FIRST, "to": LAST}
    if random.random() < 0.5:
        head["asked_by"] = {"by": random.choice([*ladder["respondents"]])}
        if random.random() < 0.3:
            head["asked_by"]["author"] = random.choice(AUTHORS[:2])
    return head


def _from_worked(random: Random, source: Source, start: Mapping[str, Any]) -> Facts:
    """The facts of a worked case, bare ones said as the floor asks for; the profile as well."""
    facts: Facts = {}
    profile = source.profile if random.random() < 0.8 else {}
    everything = {**_profile(random, source), **profile, **(start.get("facts") or {})}
    for name, given in everything.items():
        term = source.base.terms[name]
        if name in source.fixed or (term.computed and random.random() < 0.8):
            continue
        for entry in given if isinstance(given, list) else [given]:
            bare = not (isinstance(entry, Mapping) and "value" in entry)
            facts.setdefault(name, []).extend(at_floor(random, source, term, entry) if bare else [dict(entry)])
    return facts


def _from_nothing(random: Random, source: Source) -> Facts:
    facts: Facts = {}
    for name, given in _profile(random, source).items():
        facts[name] = at_floor(random, source, source.base.terms[name], given)
    share = random.choice((0.2, 0.6, 0.95))
    for name, term in source.base.terms.items():
        if not term.computed and name not in source.fixed | facts.keys() and random.random() < share:
            facts[name] = at_floor(random, source, term, some_value(random, source, term))
    return facts


def _profile(random: Random, source: Source) -> dict[str, Any]:
    """What the firm is: mostly yes, and now and then not said."""
    found = {}
    for name in sorted(source.base.profile - source.fixed):
        term = source.base.terms[name]
        if random.random() < 0.97:
            found[name] = random.random() < 0.9 if term.type == "boolean" else some_value(random, source, term)
    return found


def _result(random: Random, source: Source, facts: Facts) -> dict[str, Any]:
    """Now and then goal and reached in money, in the place of everything that was stated of them."""
    terms = source.base.ladder.get("result_terms")
    if not terms or random.random() < 0.7:
        return {}
    for name, term in source.base.terms.items():
        if name in terms.values() or (term.or_formula and set(names(term.or_formula)) & set(terms.values())):
            facts.pop(name, None)
    reached = random.choice((60, 80, 95, 100, 130))
    said = at_floor(random, source, source.base.terms[terms["goal"]], 100)[0]
    return {"result": {"goal": 100, "reached": reached, **{k: said[k] for k in ("by", "kind", "date") if k in said}}}


def _one_a_voice(told: list[Said]) -> list[Said]:
    """One standing statement a voice (1.1): the last one."""
    voices: dict[object, Said] = {}
    for number, said in enumerate(told):
        voice = (said.get("by"), said.get("author"))
        voices[number if "withdrawn" in said else voice] = said
    return list(voices.values())


# --- values -----------------------------------------------------------------------------------------------------------


def some_value(random: Random, source: Source, term: Term) -> Any:
    """A value of the term's type: a number at, beside or between what it is compared with."""
    if term.type == "boolean":
        return random.random() < 0.5
    if term.type == "enum":
        return random.choice(term.keys["values"])
    if term.type == "date":
        return LAST + timedelta(random.choice((-400, -210, -122, -61, -60, -1, 0, 1)))
    step = Fraction(1) if term.type == "integer" else Fraction(random.choice((1, 50, 500)), 100)
    near = sorted(source.limits.get(term.name, ())) or [Fraction(random.choice((0, 1, 2, 10, 40)))]
    return end_shown(_inside(term, random.choice(near) + step * random.choice((-10, -1, 0, 1, 10))), term)


def _inside(term: Term, number: Fraction) -> Fraction:
    """The nearest value that the term can have; a percent that could be meant as a fraction is none."""
    low, high = term.bounds.low, term.bounds.high
    number = number if low is None else max(number, low)
    number = number if high is None else min(number, high)
    if term.type == "percent" and 0 < number <= 1:
        number = Fraction(2)
    return Fraction(round(number)) if term.type == "integer" else number


def some_interval(random: Random, source: Source, term: Term) -> Any:
    """A value that is not sharp; of a term without order a plain one."""
    middle = some_value(random, source, term)
    if term.type in ("boolean", "enum"):
        return middle
    if term.type == "date":
        low, high = (middle - timedelta(random.choice((0, 1, 40))), middle + timedelta(random.choice((1, 3, 40))))
        return random.choice(({"low": low, "high": high}, {"low": low}, {"below": high}))
    wide = [Fraction(n) / (1 if term.type == "integer" else 4) for n in (0, 1, 2, 8, 40, 200)]
    around = Fraction(middle)
    ends = [_inside(term, around + sign * random.choice(wide)) for sign in (-1, 1)]
    low, high = (end_shown(end, term) for end in sorted(ends))
    forms: list[Said] = [{"low": low, "high": high}] * 4 + [{"low": low}, {"high": high}]
    if term.bounds.high is None or low + 1 < term.bounds.high:
        forms.append({"above": low})
    if term.bounds.low is None or high - 1 > term.bounds.low:
        forms.append({"below": high})
    return random.choice(forms)


# --- statements -------------------------------------------------------------------------------------------------------


def at_floor(random: Random, source: Source, term: Term, value: Any) -> list[Said]:
    """A value said by the term's own respondents, dated, on evidence that the floors accept.

    Mostly signed: what the one says who asked for the review meets no floor otherwise.
    """
    kinds = source.base.kinds
    signed = kinds.index("signed record") if "signed record" in kinds else 0
    kind = kinds[signed] if random.random() < 0.95 else random.choice(kinds[: signed + 1])
    by = random.choice(term.own_roles or tuple(source.base.ladder["respondents"]))
    return as_asked(term, by, value, kind, LAST)


def as_asked(term: Term, by: str | None, value: Any, kind: str, day: date) -> list[Said]:
    """A value as a floor asks for it: of a program by the report that shows it, of two authors by both."""
    said: Said = {"value": value, "kind": kind, "date": day}
    if "system" in term.only:
        return [said | {"by": term.respondent, "report": {"name": "report.csv", "digest": "0" * 64}}]
    said |= {} if by is None else {"by": by}
    return [said | {"author": author} for author in AUTHORS[: term.authors]] if term.authors > 1 else [said]


@dataclass
class Change:
    """What a change works on: one term of a case."""

    random: Random
    source: Source
    case: dict[str, Any]
    facts: Facts
    term: Term

    @property
    def said(self) -> list[Said]:
        return self.facts.setdefault(self.term.name, [])

    def role(self) -> str | None:
        """Mostly the term's own."""
        own = self.term.own_roles
        if own and self.random.random() < 0.6:
            return self.random.choice(own)
        return self.random.choice([*self.source.base.ladder["respondents"], None])

    def someone(self, value: Any) -> Said:
        """A statement by somebody, on some evidence, with a date or without."""
        made: Said = {"value": value, "by": self.role(), "author": self.random.choice(AUTHORS)}
        made["kind"] = self.random.choice([*self.source.base.kinds, None])
        made["date"] = self.random.choice((LAST, LAST, FIRST, None))
        return {key: part for key, part in made.items() if part is not None}

    def value(self) -> Any:
        make = some_interval if self.random.random() < 0.35 else some_value
        return make(self.random, self.source, self.term)


def value_changed(change: Change) -> None:
    change.facts[change.term.name] = at_floor(change.random, change.source, change.term, change.value())


def interval(change: Change) -> None:
    made = some_interval(change.random, change.source, change.term)
    change.facts[change.term.name] = at_floor(change.random, change.source, change.term, made)


def forgotten(change: Change) -> None:
    change.facts.pop(change.term.name, None)


def second_voice(change: Change) -> None:
    same = change.said and change.random.random() < 0.4
    change.said.append(change.someone(change.random.choice(change.said)["value"] if same else change.value()))


def disagreement(change: Change) -> None:
    """Two voices of one kind."""
    kind = change.random.choice(change.source.base.kinds)
    own = dict(zip(("by",), change.term.own_roles, strict=False))
    change.facts[change.term.name] = [
        {"value": change.value(), **own, "author": author, "kind": kind, "date": LAST} for author in AUTHORS[:2]
    ]


def weaker(change: Change) -> None:
    """One property of what was said taken away."""
    for said in change.said:
        lost = change.random.choice(("by", "kind", "date", "author", "report"))
        if lost == "by" and change.random.random() < 0.5:
            said["by"] = change.random.choice([*change.source.base.ladder["respondents"]])
        elif lost == "kind":
            said["kind"] = change.random.choice(change.source.base.kinds)
        else:
            said.pop(lost, None)


def other_day(change: Change) -> None:
    """Old, late, in the future, or before the end of the period."""
    days = (date(2020, 1, 31), FIRST - timedelta(1), LAST - timedelta(40), date(2027, 10, 1), date(2027, 10, 1), FUTURE)
    if not change.said:
        change.said.append(change.someone(change.value()))
    for said in change.said:
        said["date"] = change.random.choice(days)


def not_known(change: Change) -> None:
    if change.random.random() < 0.7:
        change.facts[change.term.name] = []
    change.said.append({"value": "not_known", **({"by": role} if (role := change.role()) else {})})


def not_applicable(change: Change) -> None:
    """With and without a reason, by the respondent, by others, by nobody; an excuse as the floor asks for."""
    if change.random.random() < 0.8:
        change.facts[change.term.name] = []
    made = at_floor(change.random, change.source, change.term, "not_applicable")
    if change.random.random() < 0.4:
        made = [change.someone("not_applicable")]
    for said in made:
        if change.random.random() < 0.8:
            said["reason"] = "there is none here"
    change.said.extend(made)


def withdrawn(change: Change) -> None:
    for said in change.said[:1]:
        said["withdrawn"] = {"date": LAST, "reason": "another month was meant"}
    if change.random.random() < 0.3:
        change.said.append(change.someone(change.value()))


def by_hand(change: Change) -> None:
    """The result of a formula written by hand: as it comes out, near it, or another; some inputs stated as unknown."""
    if not change.term.computed:
        value_changed(change)
        return
    _inputs_changed(change)
    data = {**change.case, "facts": {name: _one_a_voice(said) for name, said in change.facts.items()}}
    result = Reading(change.source.base, read_case(data, change.source.base, today=TODAY)).result(change.term)
    said: Any = change.value()
    if change.random.random() < 0.3:
        change.facts.pop(change.term.name, None)
        return
    if isinstance(result, Range) and result.low is not None and change.random.random() < 0.5:
        near = result.low + Fraction(change.random.choice((0, 0, 1))) / 10_000
        said = end_shown(_inside(change.term, near), change.term)
    elif result is not None and not isinstance(result, Range) and change.random.random() < 0.5:
        said = result
    change.facts[change.term.name] = [change.someone(said)]


def _inputs_changed(change: Change) -> None:
    """Some inputs of a formula known as intervals, stated as unknown, or not asked."""
    how = change.random.choice(("not at all", "interval", "unknown", "unknown", "unknown"))
    for name in change.term.inputs:
        term = change.source.base.terms.get(name)
        if how == "not at all" or term is None or term.computed or name in change.source.fixed:
            continue
        if how == "interval" or change.random.random() < 0.4:
            make = some_interval if how == "interval" else some_value
            change.facts[name] = at_floor(change.random, change.source, term, make(change.random, change.source, term))
        else:
            change.facts[name] = [{"value": "not_known", "by": "hr"}] if change.random.random() < 0.95 else []


def as_a_fraction(change: Change) -> None:
    """0.8 for 80%."""
    bounds = change.term.bounds
    if change.term.type == "percent" and (bounds.low is None or bounds.low <= Fraction("0.8")):
        change.facts[change.term.name] = at_floor(change.random, change.source, change.term, Decimal("0.8"))


CHANGES: tuple[Callable[[Change], None], ...] = (
    *(value_changed, interval, forgotten, second_voice, disagreement, weaker),
    *(other_day, not_known, not_applicable, withdrawn, by_hand, as_a_fraction),
)
WEIGHTS = (5, 4, 2, 2, 1, 3, 2, 1, 2, 1, 3, 1)
