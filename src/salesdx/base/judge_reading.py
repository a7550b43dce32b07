"""The `judge` of interventions, read when their entries are."""

from __future__ import annotations

from dataclasses import replace

from salesdx.base.entries import EntryReader
from salesdx.base.judges import JUDGE, MONTHS, SET, TIME, VOIDS, Duration, Judge, duration
from salesdx.base.model import Intervention
from salesdx.base.reading import first_line, shortened
from salesdx.language.conditions import Name
from salesdx.language.value_types import NUMBER
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Scalar

TIME_HELP = f"write for example `28 days`, `28 days + 1 cycle`, `later of 60 days and 1 cycle`, or `{SET}`"


def read_judges(reader: EntryReader) -> dict[str, Intervention]:
    """The interventions that have a `judge`, with it; faults are collected in the reader."""
    return {
        id: replace(reader.interventions[id], judge=_judge(reader, node, f"`judge` of `{id}`"))
        for id, node in reader.judges.items()
    }


def _judge(reader: EntryReader, node: Node, what: str) -> Judge:
    fields = reader.fields(node, what, *JUDGE.keys)
    plain = reader.simple(JUDGE, fields)
    holds = reader.condition(fields.get("holds"), f"`holds` in {what}")
    if isinstance(node, MappingNode) and node.whole and ("holds" in fields) is ("by_hand" in fields):
        reader.fault("judge", f"{what} needs `holds` or `by_hand`, and not both", first_line(node.place))
    if isinstance(by := fields.get("by"), Scalar):
        reader.references.append(("respondent", what, by))
    return Judge(
        after=_duration(reader, fields.get("after"), plain["after"], f"`after` in {what}"),
        until=_duration(reader, fields.get("until"), plain["until"], f"`until` in {what}"),
        by=plain["by"],
        holds=holds[0] if holds else None,
        by_hand=plain["by_hand"],
        voided_by=_voided_by(reader, fields["voided_by"], what) if "voided_by" in fields else VOIDS,
    )


def _duration(reader: EntryReader, node: Node | None, text: str, what: str) -> Duration:
    """A duration whose terms are checked when every file is read; one that is set at the start, with a fault."""
    if not isinstance(node, Scalar) or not text:
        return duration(SET)
    if not TIME.fits(text):
        reader.fault("judge", f"{what}: `{shortened(text)}` is no duration", first_line(node.place), TIME_HELP)
        return duration(SET)
    for found in MONTHS.finditer(node.text):
        read = Name(found[1], found.start(1), found.end(1)), node
        reader.conditions.append((read, what, NUMBER))
    return duration(text)


def _voided_by(reader: EntryReader, node: Node, what: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for scalar in reader.texts(node, f"`voided_by` in {what}"):
        if scalar.text not in VOIDS:
            help = reader.near(scalar.text, VOIDS) or f"they are {', '.join(VOIDS)}"
            reader.fault("judge", f"{what}: nothing is voided by `{shortened(scalar.text)}`", scalar.place, help)
        elif scalar.text in found:
            reader.fault("judge", f"{what}: `{scalar.text}` stands twice in `voided_by`", scalar.place)
        found[scalar.text] = None
    return tuple(found)
