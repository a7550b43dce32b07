"""Statements in columns: who said what of which case, and what is known of the terms that they are on."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np

from salesdx.base.model import PERIOD, SYSTEM, RuleBase
from salesdx.bulk.cell_values import Numbers
from salesdx.case.statement import Unknown, twice_its_whole

NO_AGE, OF_PERIOD = -1, -2
"""How long a term's statements hold, where that is no number of days."""
NOT_KNOWN, NOT_APPLICABLE = 1, 2
"""Why a statement has no value."""
WORDS = {Unknown.NOT_KNOWN: NOT_KNOWN, Unknown.NOT_APPLICABLE: NOT_APPLICABLE}


@dataclass(frozen=True, eq=False)
class TermTable:
    """The terms of a rule base by their number, and what settling asks of each."""

    base: RuleBase
    names: tuple[str, ...]
    measured: Numbers
    valid: Numbers
    """Days, or NO_AGE or OF_PERIOD."""
    covers: Numbers
    percent: Numbers
    """Whether a share up to 1 may be meant as a fraction."""
    twice: Numbers
    """Whether one below 2 may."""
    authors: Numbers
    own: Numbers
    """bool, terms x respondents: whose word is that of who must know."""
    reported: Numbers
    """bool, terms x respondents: whose word is that with a report."""
    respondents: tuple[str, ...]
    kinds: tuple[str, ...]
    """By their rank, the strongest first."""

    @property
    def default_kind(self) -> int:
        return self.base.evidence_ranks[self.base.default_evidence]


@lru_cache(maxsize=8)
def term_table(base: RuleBase) -> TermTable:
    """The terms of a rule base."""
    terms, roles = tuple(base.terms.values()), tuple(base.respondents)
    days: dict[int | str | None, int | str | None] = {None: NO_AGE, PERIOD: OF_PERIOD}
    ranks = base.evidence_ranks
    return TermTable(
        base,
        tuple(base.terms),
        np.array([term.measured for term in terms]),
        np.array([days.get(term.valid_for, term.valid_for) for term in terms], np.int64),
        np.array([term.covers == PERIOD for term in terms]),
        np.array([term.type == "percent" and not term.small for term in terms]),
        np.array([twice_its_whole(term) for term in terms]),
        np.array([term.authors for term in terms]),
        np.array([[role != SYSTEM * bool(term.only) and role in (term.only or (term.respondent,)) for role in roles]
                  for term in terms]),
        np.array([[SYSTEM in term.only and role == term.respondent for role in roles] for term in terms]),
        roles,
        tuple(sorted(ranks, key=lambda kind: ranks[kind])),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class SaidColumns:
    """Statements, one a row. Codes are positions in the table of terms; -1 is nobody, NaN is none."""

    case: Numbers
    term: Numbers
    low: Numbers
    high: Numbers
    unknown: Numbers
    by: Numbers
    author: Numbers
    """A number for each author, whatever the case of its letters; 0 for none."""
    rank: Numbers
    day: Numbers
    drawn: Numbers
    stands: Numbers
    reason: Numbers
    report: Numbers
    calculated: Numbers
    """What an `or_formula` gives, which nobody states."""

    def take(self, at: Numbers) -> SaidColumns:
        """Some of them."""
        return SaidColumns(*(getattr(self, field.name)[at] for field in fields(self)))

    def with_more(self, other: SaidColumns) -> SaidColumns:
        """These and others."""
        both = ((getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return SaidColumns(*(np.concatenate(parts) for parts in both))

    @property
    def valued(self) -> Numbers:
        """Which have a value."""
        found: Numbers = ~np.isnan(self.low)
        return found

    def of_cases(self, cases: Numbers) -> SaidColumns:
        """The same for other cases, such as the profile of a firm for each."""
        return replace(self, case=cases)


@dataclass(frozen=True, eq=False)
class CasePeriods:
    """Of each case the period's ends as ordinals (NaN for none), whether its subject has a pseudonym, and the number of
    the role that asks for the review; and the day on which statements are looked at."""

    begin: Numbers
    end: Numbers
    named: Numbers
    asker: Numbers
    today: float


def untimely_said(said: SaidColumns, table: TermTable, cases: CasePeriods) -> Numbers:
    """Which statements do not count for their day: old, late, of a day to come, or before the period was over."""
    begin, end, day = cases.begin[said.case], cases.end[said.case], said.day
    valid = table.valid[said.term]
    days = np.where(valid == OF_PERIOD, end - begin, valid)
    first = np.where(valid == OF_PERIOD, begin, end - np.minimum(days, end - 1))
    with np.errstate(invalid="ignore"):
        aged = (valid != NO_AGE) & ((day < first) | (day - end > days))
        late = (day > cases.today) | aged | (table.covers[said.term] & (day < end))
    found: Numbers = late & ~np.isnan(begin)
    return found


def own_said(said: SaidColumns, table: TermTable) -> Numbers:
    """Which statements are the word of whoever must know."""
    own = table.own[said.term, said.by] | (table.reported[said.term, said.by] & said.report)
    found: Numbers = own & (said.by >= 0)
    return found
