"""The playbook, and what worked, as pages and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from salesdx.base.model import RuleBase
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section, Table
from salesdx.render.followed_words import title
from salesdx.services.experience import ALL_RULES, LEAST_TOLD, Experience
from salesdx.services.playbook import Playbook
from salesdx.text.english import many

MOST_SAID = 5
"""What one rule says of at most so many cases."""


def playbook_report(found: Playbook) -> Report:
    """The page for the whole staff. It orders nothing, and names nobody who did not agree to it."""
    base = found.base
    whole = [one for one in found.tried if one.rule == ALL_RULES]
    helped = [one for one in whole if one.worked]
    not_helped = [one for one in whole if one.not_worked and one.not_worked >= one.worked]
    sections = (
        Section("wins", "What sells, what wins, what customers say", tuple(_successes(found))),
        Section("helped", "What was tried and helped", tuple(_tried(base, helped))),
        Section("not-helped", "What was tried and did not help", tuple(_tried(base, not_helped))),
        Section("praise", "With thanks to", tuple(_praised(found))),
    )
    kept = tuple(section for section in sections if section.blocks)
    nothing = Section("wins", "What sells", (Paragraph("Nothing is proven yet."),))
    footer = (f"Shares are told from {LEAST_TOLD} outcomes on, with the exact 95% interval.",)
    return Report("Playbook", (("Cases", str(found.cases)),), kept or (nothing,), footer)


def _successes(found: Playbook) -> Iterator[Block]:
    entries = []
    for one in found.successes:
        lines = tuple(EntryLine("", says) for says in one.says[:MOST_SAID])
        more = len(one.says) - len(lines)
        lines += (EntryLine("", f"and {many(more, 'more case')}"),) if more else ()
        rule = found.base.rule[one.rule]
        entries.append(Entry(rule.title or many(len(one.says), "case"), one.rule, lines))
    if entries:
        yield Entries(tuple(entries))


def _tried(base: RuleBase, rows: Sequence[Experience]) -> Iterator[Block]:
    if rows:
        yield Entries(
            tuple(Entry(title(base, one.intervention), "", (EntryLine("", one.told or _plainly(one)),)) for one in rows)
        )


def _plainly(one: Experience) -> str:
    """The counts, where there are too few outcomes for a share."""
    return f"worked {many(one.worked, 'time')}, did not {many(one.not_worked, 'time')}"


def _praised(found: Playbook) -> Iterator[Block]:
    rows = tuple(
        (one.name, title(found.base, one.intervention), one.day.isoformat(), one.form) for one in found.praised
    )
    if rows:
        yield Table(("who", "what", "when", "how"), rows)


def playbook_data(found: Playbook) -> dict[str, Any]:
    """The same for programs."""
    return {
        "cases": found.cases,
        "successes": [{"rule": one.rule, "says": list(one.says)} for one in found.successes],
        "tried": experience_data(found.tried),
        "praised": [
            {"name": one.name, "intervention": one.intervention, "date": one.day.isoformat(), "form": one.form}
            for one in found.praised
        ],
    }


def outcomes_report(base: RuleBase, found: Sequence[Experience], cases: int) -> Report:
    """For each intervention, and each rule that recommended it: taken on, worked, not worked, with the interval."""
    rows = tuple(
        (
            title(base, one.intervention) if one.rule == ALL_RULES else "",
            one.rule,
            str(one.taken_on),
            str(one.worked),
            str(one.not_worked),
            _interval(one),
        )
        for one in found
    )
    header = ("intervention", "rule", "taken on", "worked", "not", "95% interval")
    blocks: tuple[Block, ...] = (Table(header, rows),) if rows else (Paragraph("Nothing was taken on."),)
    return Report("What became of it", (("Cases", str(cases)),), (Section("outcomes", "Outcomes", blocks),), ())


def _interval(one: Experience) -> str:
    if one.interval is None:
        return ""
    return f"{one.interval[0]:.0f} to {one.interval[1]:.0f}%"


def experience_data(found: Iterable[Experience]) -> list[dict[str, Any]]:
    """What worked, for programs; the interval in percent."""
    return [
        {
            "intervention": one.intervention,
            "rule": one.rule or None,
            "taken_on": one.taken_on,
            "worked": one.worked,
            "not_worked": one.not_worked,
            "interval_pct": one.interval and [round(end, 1) for end in one.interval],
        }
        for one in found
    ]
