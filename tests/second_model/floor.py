"""The evidence floor and the low reading of a case (1.6)."""

from __future__ import annotations

from typing import Any

from .base import Base, Term
from .conditions import Value, names
from .facts import Case, Fact, Statement, age, asked_for, excuse, speaks_for
from .intervals import Range
from .reading import Reading

SIGNED = "signed record"


class LowReading(Reading):
    """The case with only the facts that meet a stage's floor; all others are not asked in it."""

    def __init__(self, full: Reading, stage: str, floor: dict[str, Any]) -> None:
        super().__init__(full.base, full.case)
        self.full, self.stage, self.floor = full, stage, floor
        self.distrusted = frozenset(
            rule.keys["distrusts"]
            for rule in self.base.rules.values()
            if "distrusts" in rule.keys and (full.rule(rule.id) is True or full.unsettled(rule))
        )
        """1.8: kinds of evidence that a caution says cannot be used."""

    def _fact(self, term: Term) -> Fact:
        if term.computed:
            result = self.result(term)
            return Fact(result, unknown="not asked" if result is None else None)
        return self.full.fact(term.name) if self.meets(term) else Fact(unknown="not asked")

    def meets(self, term: Term) -> bool:
        """Whether an asked fact meets the floor."""
        fact = self.full.fact(term.name)
        if fact.value is None or fact.disputed:
            return False
        statements = [
            said
            for said in self.case.standing(term.name)
            if said.said == "value" and age(said, term, self.case) is None
        ]
        calculated = self.full.also_calculated(term)
        if calculated is not None:
            parts = (self.base.terms[name] for name in names(term.or_formula or ()))
            if calculated.value == fact.value and all(self._meets_or_rests(part) for part in parts):
                return not self._own_voice_differs(statements, term, fact)
        good = [said for said in statements if said.value == fact.value and self.good(said, term)]
        authors = {said.author.casefold() for said in good if said.author}
        enough = len(authors) >= term.authors or any(said.head or said.whoever for said in good)
        return bool(good) and (term.authors == 1 or enough) and not self._own_voice_differs(statements, term, fact)

    def _meets_or_rests(self, term: Term) -> bool:
        return self.fact(term.name).value is not None and self.fact(term.name).value == self.full.fact(term.name).value

    @staticmethod
    def _own_voice_differs(statements: list[Statement], term: Term, fact: Fact) -> bool:
        return any(said.value != fact.value and speaks_for(said, term) for said in statements)

    def good(self, said: Statement, term: Term) -> bool:
        """Whether a statement is of the voice, the kind and the date that the floor asks for."""
        if said.head:
            return True
        kind = self.floor.get("own_kind", self.floor["kind"]) if term.home == self.stage else self.floor["kind"]
        if self.floor.get("by") == "own" and not speaks_for(said, term):
            return False
        if asked_for(said, self.case) and said.kind != SIGNED:
            return False
        if self.floor.get("dated") == "true":
            known = self.case.period is not None and self.case.ref is not None
            if said.day is None or not known:
                return False
        return self.base.at_least(said.kind, kind) and said.kind not in self.distrusted and not doubtful(said, term)

    def has_excuse(self, term: Term) -> bool:
        """1.6: an excuse meets the floor likewise, of what is computed only one of its inputs; it counts beside no
        value of who must know, and none that is calculated."""
        current = [said for said in self.case.standing(term.name) if age(said, term, self.case) is None]
        valued = any(said.said == "value" and speaks_for(said, term) for said in current)
        calculated = self.full.also_calculated(term) is not None or self.full.fact(term.name).unknown == "imprecise"
        if term.computed or valued or calculated:
            return False
        return any(excuse(said, term) and self.good(said, term) for said in current)


def doubtful(said: Statement, term: Term) -> bool:
    """1.9: a percent above 0 and at most 1, of a term that is not `small`; below 2 of what can be twice its whole."""
    if term.type != "percent" or term.flag("small") or not isinstance(said.value, Range):
        return False
    low, high = term.bounds.low, term.bounds.high
    twice = low is not None and low >= 0 and high is not None and high > 200
    written = [end for end in (said.value.low, said.value.high) if end is not None]
    return any(0 < end <= 1 or (twice and 1 < end < 2) for end in written)


def closed(base: Base, case: Case, name: str, role: str) -> bool:
    """1.8: whether a question to a role is closed."""
    term = base.terms[name]
    statements = case.standing(name)
    current: list[Value] = [said.value for said in statements if said.said == "value" and age(said, term, case) is None]
    return bool(current) or any(
        said.by == role and (said.said == "not known" or excuse(said, term)) for said in statements
    )
