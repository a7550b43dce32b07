"""People who sell beside each other, and what carries each gap: a page and data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from salesdx.render.blocks import Block, Paragraph, Report, Section, Table

if TYPE_CHECKING:
    from salesdx.facts.people_list import PeopleList, PersonBeside

FOR_LOOKING = (
    "For looking, not for judging. Marked is whom luck alone would hardly put so low; of the marked, one in ten stands "
    "there by luck. A list value far below the others' is a matter of what somebody was given to sell. Nothing follows "
    "for a person before all that comes earlier is ruled out."
)
FACTORS = ("deals", "win rate", "list value", "price kept")
HEADER = ("person", "sold", *FACTORS, "gap lies in", "marked", "not compared")


def people_report(found: PeopleList, currency: str) -> Report:
    """The list, a table for each role and team; the four factors against the median of it."""
    about = (("Period", str(found.window)), ("Money", currency or "as the rows have it"))
    sections = [Section("reading", "How to read it", tuple(_reading(found)))]
    for place, group in enumerate(found.groups, 1):
        rows = tuple(_row(each) for each in group.people)
        sections.append(Section(f"group-{place}", ", ".join(group.alike) or "All", (Table(HEADER, rows),)))
    return Report("People who sell", about, tuple(sections), ())


def _reading(found: PeopleList) -> Iterator[Block]:
    if found.why_nobody:
        yield Paragraph(f"Nobody can be compared: {found.why_nobody}.")
        return
    yield Paragraph(FOR_LOOKING)
    if found.unlisted:
        yield Paragraph(f"In groups under five, and not listed: {found.unlisted}.")
    for told in found.recorded:
        yield Paragraph(f"A difference in recording, not in selling: {told}.")


def _row(each: PersonBeside) -> tuple[str, ...]:
    against = (f"{each.against[factor]:.2f} x" if factor in each.against else "" for factor in FACTORS)
    return (each.person, f"{each.sold:,.0f}", *against, each.carries, "marked" if each.marked else "", each.why_not)


def people_data(found: PeopleList) -> dict[str, Any]:
    """The same as JSON: {period, groups, unlisted, recorded, why_nobody, for_looking}."""
    return {
        "period": {"from": str(found.window.start), "to": str(found.window.end)},
        "groups": [
            {"alike": list(group.alike), "people": [_person(each) for each in group.people]} for group in found.groups
        ],
        "unlisted": found.unlisted,
        "recorded": list(found.recorded),
        "why_nobody": found.why_nobody,
        "for_looking": FOR_LOOKING,
    }


def _person(each: PersonBeside) -> dict[str, Any]:
    return {
        "person": each.person,
        "sold": each.sold,
        "factors": dict(each.factors),
        "against": dict(each.against),
        "carries": each.carries,
        "p": None if each.p is None else float(each.p),
        "marked": each.marked,
        "why_not": each.why_not,
    }


def people_rows(found: PeopleList) -> list[tuple[str, ...]]:
    """The same as a table with its header."""
    return [("group", *HEADER), *((", ".join(g.alike), *_row(each)) for g in found.groups for each in g.people)]
