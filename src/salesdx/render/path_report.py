"""Whether new rules open or close the path to a person: the first line of a comparison, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from salesdx.authoring.path_to_person import CLOSES, OPENS, SAME, UNDECIDED, PathToPerson
from salesdx.base.model import Intervention, RuleBase
from salesdx.render.blocks import Entry, EntryLine

TITLES = {
    OPENS: "opens: the new rules go further towards a person than those before",
    CLOSES: "closes: the new rules go less far towards a person than those before",
    SAME: "same: the path to a person is as it was",
    UNDECIDED: "undecided: whether the new rules go further towards a person than those before",
}


def path_title(path: PathToPerson) -> str:
    """What a reader asks first."""
    return TITLES[path.word]


def path_entries(path: PathToPerson) -> Iterator[Entry]:
    """What opens or closes the path, one entry each."""
    for fault in path.faults:
        where = f"{fault.place.path}:{fault.place.line}"
        yield Entry(f"{fault.code}: {fault.message}", where, (EntryLine("", fault.help),) * bool(fault.help))
    for made in path.measures:
        yield Entry(made.title, _acting(made))
    for made in path.milder:
        yield Entry(made.title, "counts as worked, or is over, sooner: what it holds meanwhile is concluded sooner")
    if path.opened:
        from salesdx.render.door_report import door_lines

        for door in path.opened:
            title, *lines = door_lines(door)
            told = [line.strip() for line in lines if not line.startswith("    ")]  # the case itself fills a page
            yield Entry(title, "", tuple(EntryLine("", line) for line in told))
    if path.also:
        help = "`salesdx prove` shows the smallest case of each"
        yield Entry(f"may be open as well: {', '.join(path.also)}", "", (EntryLine("", help),))
    if path.closed:
        yield Entry(f"{path.closed}: the rules before open it, the new ones do not")
    if path.why:
        yield Entry(f"not decided: {path.why}")


def _acting(made: Intervention) -> str:
    return "new: it acts on a person" if made.personnel else f"new: it acts on nobody, say the rules: {made.reason}"


def path_data(path: PathToPerson, old: RuleBase) -> dict[str, Any]:
    """The same as JSON-ready data; ``smallest_case`` opens the first door that nobody signed for."""
    doors: list[dict[str, Any]] = []
    if path.opened:
        from salesdx.render.door_report import doors_data

        doors = doors_data(old, path.opened)
    cases = (each["case"] for door, each in zip(path.opened, doors, strict=True) if not door.accepted_by)
    return {
        "path_to_person": path.word,
        "smallest_case": next(cases, None),
        "doors": doors,
        "doors_beside": list(path.also),
        "door_closed": path.closed or None,
        "floor": [fault.to_dict() for fault in path.faults],
        "new_measures": [
            {"intervention": m.id, "title": m.title, "personnel": m.personnel, "reason": m.reason or None}
            for m in path.measures
        ],
        "milder_remedies": [{"intervention": made.id, "title": made.title} for made in path.milder],
        "undecided": path.why or None,
    }
