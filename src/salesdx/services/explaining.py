"""What is explained of a diagnosis: what somebody asked, or the result itself where nobody asked anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from salesdx.base.model import RuleBase
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation import Derivation, Explanation, Turns, WhatIf


@dataclass(frozen=True)
class Questions:
    """What is asked of an explanation; each name as the methods of ``Explanation`` take it, or the label of a term."""

    why: tuple[str, ...] = ()
    why_not: tuple[str, ...] = ()
    what_if: Mapping[str, str | None] = field(default_factory=dict)
    """Facts that are taken for others, all at once: term -> value as a case file has it."""
    what_would_change: tuple[str, ...] = ()


class Explained(NamedTuple):
    """One answer of an explanation: the question (as the method is called), what it is about, and the answer."""

    question: str
    name: str
    answer: Derivation | WhatIf | Turns


def answered(diagnosis: Diagnosis, asked: Questions) -> tuple[Explained, ...]:
    """The answers, in the order of the kinds of questions; to the result itself where nothing is asked.

    Raises UnknownName, and CaseError for values that cannot be.
    """
    return tuple(_answers(Explanation(diagnosis), asked if asked != Questions() else about_the_result(diagnosis)))


def about_the_result(diagnosis: Diagnosis) -> Questions:
    """What is worth asking of a result: why the concluded stage, why no other the open one, why the mode."""
    if diagnosis.concluded is not None:
        reached = (file.stage.id for file in diagnosis.files if file.reached)
        return Questions(why=(diagnosis.concluded.stage.id, *reached))
    open_ = next((stage.stage.id for stage in diagnosis.stages if stage.asked), None)
    return Questions(why=("mode",)) if open_ is None else Questions(why_not=(open_,))


def _answers(explanation: Explanation, asked: Questions) -> Iterator[Explained]:
    base = explanation.diagnosis.base
    for name in _names(base, asked.why):
        yield Explained("why", name, explanation.why(name))
    for name in _names(base, asked.why_not):
        yield Explained("why_not", name, explanation.why_not(name))
    if asked.what_if:
        told = ", ".join(f"{base.meant(term)} is {value}" for term, value in asked.what_if.items())
        yield Explained("what_if", told, explanation.what_if(asked.what_if))
    for name in _names(base, asked.what_would_change):
        yield Explained("what_would_change", name, explanation.what_would_change(name))


def _names(base: RuleBase, typed: Iterable[str]) -> Iterator[str]:
    """What somebody asks about, by name; a label stands for its term where nothing else has that name."""
    known = (base.home, base.rule, base.findings, base.interventions)
    return (name if any(name in names for names in known) else base.meant(name) for name in typed)
