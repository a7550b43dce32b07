"""Explanations of a diagnosis, from the data it was made of: why, why not, what if, what would change it.

>>> import salesdx
>>> base = salesdx.load()
>>> memory = salesdx.memory_from({"case_attainment_pct": 104}, base)
>>> salesdx.explain(base, memory).why("mode").facts[0].term
'case_attainment_pct'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from salesdx.base.model import RuleBase
from salesdx.case.memory import WorkingMemory
from salesdx.case.settling import Fact
from salesdx.engine.comparing import Difference
from salesdx.engine.diagnose import diagnose
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation import answers
from salesdx.explanation.answers import UnknownName
from salesdx.explanation.derivation import (
    Derivation,
    NeededChange,
    Support,
    Turning,
    Turns,
    WhatIf,
    derivation_graph,
)
from salesdx.explanation.search import what_would_change
from salesdx.explanation.view import View
from salesdx.explanation.what_if import what_if

__all__ = [
    "Derivation", "Difference", "Explanation", "NeededChange", "Support", "Turning", "Turns", "UnknownName", "WhatIf",
    "derivation_graph", "explain",
]  # fmt: skip


def explain(base: RuleBase, memory: WorkingMemory, diagnosis: Diagnosis | None = None) -> Explanation:
    """The explanation of a case; the case is diagnosed first if no diagnosis of it is given."""
    return Explanation(diagnosis if diagnosis is not None else diagnose(base, memory))


@dataclass(frozen=True)
class Explanation:
    """Answers about one diagnosis. Names are ids of stages, rules, findings, interventions and terms, and `mode`.

    Every method raises UnknownName for a name that is none of these.
    """

    diagnosis: Diagnosis

    @cached_property
    def _view(self) -> View:
        return View(self.diagnosis)

    def why(self, name: str) -> Derivation:
        """Why a stage has its status, a rule or finding its truth, a term its value, an intervention its place.

        The derivation cites exactly ``support(name).facts``; where nothing supports the result, what keeps it so.
        """
        return answers.why(self._view, name)

    def why_not(self, name: str) -> Derivation:
        """Why a stage has no other status, a rule or finding is not true, an intervention is not recommended.

        Every comparison with its truth and value; ``deciding`` are the unknown facts that would decide it.
        """
        return answers.why_not(self._view, name)

    def support(self, name: str) -> Support:
        """The smallest set of facts, none superfluous, that gives the same result alone."""
        return answers.support(self._view, name)

    def decisive(self, stage: str) -> tuple[Fact, ...]:
        """The facts that decide a stage's own status, in short; where it is open, the unknown ones that could."""
        return answers.decisive_facts(self._view, stage)

    def what_if(self, changes: Mapping[str, object]) -> WhatIf:
        """The case with changed facts: values, texts as in a case file, `unknown`, or None for not asked.

        Raises CaseError for unknown terms and for values of the wrong type or out of range.
        """
        return what_if(self.diagnosis, changes)

    def what_would_change(self, name: str, to: str = "") -> Turns:
        """The smallest sets of at most three changed facts that give a stage, a rule or a finding another result.

        For each outcome it has not now, or only for ``to``; see ``search.what_would_change``.
        """
        return what_would_change(self._view, name, to)
