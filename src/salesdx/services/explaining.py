"""What is explained of a diagnosis: what somebody asked, or the result itself where nobody asked anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from salesdx.base.model import RuleBase
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation import Derivation, Explanation, Turns, WhatIf
from salesdx.services.page_requests import Questions

if TYPE_CHECKING:
    from salesdx.authoring.graphs.drawing import Graph


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


def reasons_drawn(diagnosis: Diagnosis, why: str) -> tuple[str, Graph]:
    """The question that is answered, and the graph of its derivation: of the result, where nothing is asked.

    Raises UnknownName.
    """
    from salesdx.authoring.graphs.drawing import reasons_graph

    explanation = Explanation(diagnosis)
    asked = Questions(why=(why,)) if why else about_the_result(diagnosis)
    question, name = ("why", asked.why[0]) if asked.why else ("why not", asked.why_not[0])
    derivation = explanation.why(name) if asked.why else explanation.why_not(name)
    case = f"Case {diagnosis.memory.case}" if diagnosis.memory.case else "A case"
    title = f"{case}: {question} {name}"
    return f"{question} {name}", reasons_graph(diagnosis.base, derivation, title, derivation.text)
