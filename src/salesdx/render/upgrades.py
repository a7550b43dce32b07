"""An upgrade of the rules below a layer, for whoever decides whether to take it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from salesdx.authoring.diff import LIMIT
from salesdx.authoring.upgrade import Override, Upgrade
from salesdx.base.model import RuleBase
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section
from salesdx.render.changes import change_entries, turned_entries
from salesdx.render.path_report import path_data, path_entries, path_title
from salesdx.text.english import many


def upgrade_report(found: Upgrade, layer: str) -> Report:
    """What changed below the layer, what it overrides, what collides, and whether a door to a person opens."""
    sections = [Section("summary", "In short", tuple(_summary(found)))]
    if doors := tuple(path_entries(found.path)) if found.path is not None else ():
        sections.append(Section("path", "The path to a person", (Entries(doors),)))
    if found.collisions:
        entries = tuple(entry for override in found.collisions for entry in _collision(override))
        sections.append(Section("collides", "What collides", (Entries(entries),)))
    if found.faults:
        faults = tuple(Entry(issue.message, f"{issue.place.path}:{issue.place.line}") for issue in found.faults)
        sections.append(Section("faults", "What does not load on the new rules", (Entries(faults),)))
    if found.turned:
        entries = turned_entries(found.turned)
        sections.append(Section("cases", "Worked cases of the layer that come out otherwise", (Entries(entries),)))
    if found.overrides:
        entries = tuple(_override(override) for override in found.overrides)
        sections.append(Section("overrides", "What the layer overrides", (Entries(entries),)))
    if found.changes:
        entries = change_entries(found.changes)
        sections.append(Section("changes", "What changed below the layer", (Entries(entries),)))
    about = (("Layer", layer), ("Old rules below", _named(found.old)), ("New rules below", _named(found.new)))
    return Report("What an upgrade below a layer means", about, tuple(sections), ())


def upgrade_data(found: Upgrade) -> dict[str, Any]:
    """The same as JSON-ready data."""
    return {
        "schema": "salesdx.upgrade/1",
        "before": {"digest": found.old.digest, "version": found.old.version},
        "after": {"digest": found.new.digest, "version": found.new.version},
        "clean": found.clean,
        "collides": [override.to_dict() for override in found.collisions],
        "overrides": [override.to_dict() for override in found.overrides],
        "changes": [change.to_dict() for change in found.changes],
        "faults": [issue.to_dict() for issue in found.faults],
        "worked_cases": [case.to_dict() for case in found.turned],
        **(path_data(found.path, found.on_old) if found.path is not None else {"path_to_person": None}),
    }


def _named(base: RuleBase) -> str:
    return f"version {base.version} ({base.digest[7:19]})"


def _summary(found: Upgrade) -> Iterator[Block]:
    if found.path is not None:
        yield Paragraph(f"{path_title(found.path)}, under this layer.", strong=not found.path.stands)
    collided = f"{many(len(found.collisions), 'piece')} that the layer overrides changed below too"
    yield Paragraph(f"{collided}." if found.collisions else "Nothing collides.", strong=bool(found.collisions))
    below = many(len(found.changes), "piece")
    yield Paragraph(f"Below the layer {below} changed; the layer overrides {len(found.overrides)}.")
    if resting := sum(bool(override.reads) for override in found.overrides):
        rest = "rests" if resting == 1 else "rest"
        yield Paragraph(f"{many(resting, 'piece')} of the layer {rest} on what changed below.", strong=True)
    if found.faults:
        yield Paragraph("The layer does not load on the new rules, so no case was run.", strong=True)
    else:
        yield Paragraph(f"{len(found.turned)} of {found.cases} worked cases of the layer come out otherwise.")


def _collision(override: Override) -> Iterator[Entry]:
    assert override.below is not None  # else it collides with nothing
    (entry,) = change_entries((override.below,))
    note = f"{override.how} in the layer; below: {entry.note or 'changed'}"
    title = entry.title if override.what == LIMIT else f"{override.what} {entry.title}"
    yield Entry(title, note, entry.lines)


def _override(override: Override) -> Entry:
    lines = [EntryLine("reads", f"{', '.join(override.reads)}, changed below")] if override.reads else []
    state = "the new rules say the same" if override.same else "collides" if override.collides else "not changed below"
    return Entry(f"{override.what} {override.name}", f"{override.how}; {state}", tuple(lines))
