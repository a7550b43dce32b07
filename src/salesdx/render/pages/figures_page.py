"""The pages of a firm's systems: figures that were drawn into a case, and by which mapping that is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from salesdx.case.memory import WorkingMemory
from salesdx.render.drawn_facts import beside_drawn, drawn_statements, drawn_value, refusals
from salesdx.render.pages.case_words import Send, day_words
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.text.english import many


@dataclass(frozen=True)
class Figure:
    """A figure that was drawn: what it is, its value, where it comes from, and what people say otherwise."""

    label: str
    value: str
    source: str
    rests_on: str
    otherwise: str


@dataclass(frozen=True)
class FiguresPage(AppPage):
    """The figures of a case; ``draw`` is where they are drawn, None where that cannot be, for ``why``."""

    template: ClassVar[str] = "figures.html"
    told: str
    steps: tuple[tuple[str, tuple[Figure, ...]], ...]
    refused: tuple[tuple[str, tuple[str, ...]], ...]
    """Each reason with the facts that were not drawn for it."""
    draw: Send | None
    why: str


@dataclass(frozen=True)
class MappingLine:
    """A mapping in the folder: its name, how it stands, and where it is set; None where it is, or has faults."""

    name: str
    told: str
    set: Send | None


@dataclass(frozen=True)
class MappingsPage(AppPage):
    """By which mapping figures are drawn; ``end`` is where none is any more."""

    template: ClassVar[str] = "mappings.html"
    folder: str
    mappings: tuple[MappingLine, ...]
    end: Send | None


def figures_page(memory: WorkingMemory, shell: Shell, title: str, draw: Send | None, why: str) -> FiguresPage:
    """The page of what was drawn into a case."""
    base, drawn, refused = memory.base, drawn_statements(memory), refusals(memory)
    otherwise = {label: f"{said}, by {who}" for label, _, said, who in beside_drawn(memory)}
    figures: dict[str, list[Figure]] = {}
    for term, said in drawn:
        other = said.date is not None and (memory.period is None or said.date != memory.period[1])
        source = ", ".join(filter(None, (said.source, day_words(said.date) if other and said.date else "")))
        value = drawn_value(memory, term, said)
        figure = Figure(term.called, value, source, said.note, otherwise.get(term.called, ""))
        figures.setdefault(term.home, []).append(figure)
    reasons: dict[str, list[str]] = {}
    for term, said in refused:
        reasons.setdefault(said.reason or "no reason is given", []).append(term.called)
    told = f"{many(len(drawn), 'figure')} taken, {len(refused)} could not be." if drawn or refused else ""
    steps = tuple((base.home[home].title if home in base.home else home, tuple(own)) for home, own in figures.items())
    return FiguresPage(
        shell, title, told, steps, tuple((why, tuple(labels)) for why, labels in reasons.items()), draw, why
    )
