"""A case for every unit of a firm, drawn in one pass; for persons by who may see figures of single persons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from salesdx.base.model import RuleBase
from salesdx.case.evidence_file import evidence_path, evidence_text
from salesdx.case.memory import WorkingMemory
from salesdx.case.writing import new_case
from salesdx.services.drawn_cases import PERSON, SystemsError, headed_for, way_to
from salesdx.services.files import UserFile, read_user_file, write_together
from salesdx.services.recorder import Recorder

if TYPE_CHECKING:
    from salesdx.facts.people_list import PeopleList
    from salesdx.facts.warehouse import Warehouse
    from salesdx.facts.windows import TimeWindow

NEEDS_REGISTER = (
    "figures of single persons, and names, are shown to somebody of a register in the role HR, which is recorded: "
    "name the service of the trail with --trail https://...; a name that is only typed does not do"
)


def draw_all(
    warehouse: Warehouse, base: RuleBase, kind: str, period: str, folder: Path, mapping: Path, recorder: Recorder
) -> tuple[Path, ...]:
    """One case file for every unit of a kind, with its evidence, in a folder: all of them, or none.

    Raises SystemsError, FileError, and Refused where figures of persons are not for who asks.
    """
    from salesdx.facts.draw import draw_units
    from salesdx.facts.evidence import evidenced
    from salesdx.facts.scope import Subject
    from salesdx.facts.units import case_ref, units_of

    window = typed_window(warehouse, period)
    subjects = [Subject(kind, unit) for unit in units_of(warehouse, kind)]
    if not subjects:
        raise SystemsError(f"no column of the mapping names any {kind}")
    if kind == PERSON:
        check_register(recorder)
        check_keyed(warehouse)
        see_people(recorder, "cases", warehouse.settings.mapping_digest, str(window))
    changes: list[tuple[UserFile, str]] = []
    for subject, drawn in draw_units(warehouse, base, subjects, window).items():
        found = evidenced(warehouse, base, drawn)
        name = f"{kind}-{case_ref(subject.unit)}-{case_ref(period)}"
        memory = headed_for(WorkingMemory(base, {}, name), subject, window)
        for term, said in found.statements.items():
            memory = memory.saying(term, said)
        path = folder / f"{name}.yaml"
        evidence = evidence_text(found.entries, way_to(mapping, path))
        changes += [(read_user_file(path), new_case(memory)), (read_user_file(evidence_path(path)), evidence)]
    write_together(changes)
    return tuple(file.path for file, _ in changes[::2])


def typed_window(warehouse: Warehouse, period: str) -> TimeWindow:
    """A period as it is typed. Raises SystemsError."""
    from salesdx.facts.windows import parse_window

    try:
        return parse_window(period, warehouse.settings.calendar.year_starts)
    except ValueError as error:
        raise SystemsError(str(error)) from None


def people_beside(warehouse: Warehouse, period: str, recorder: Recorder) -> PeopleList:
    """The people who sell beside each other over a period, for who may see figures of single persons.

    Raises SystemsError, and Refused where they are not for who asks.
    """
    from salesdx.facts.people_list import people_list

    window = typed_window(warehouse, period)
    check_keyed(warehouse)
    see_people(recorder, "people", warehouse.settings.mapping_digest, str(window))
    return people_list(warehouse, window)


def check_register(recorder: Recorder) -> None:
    """Raises SystemsError where names are only typed."""
    if recorder.remote is None:
        raise SystemsError(NEEDS_REGISTER)


def check_keyed(warehouse: Warehouse) -> None:
    """Raises SystemsError without a key of pseudonyms: nobody can be told from others."""
    if not warehouse.settings.keyed:
        raise SystemsError("there is no key of pseudonyms: nothing is drawn for persons; `salesdx facts key` makes one")


def see_people(recorder: Recorder, what: str, mapping: str, period: str, **more: str) -> None:
    """Record, before anything is shown, that somebody looks at figures of single persons or at names.

    Raises SystemsError where names are only typed, and what the service says where it is not for who asks.
    """
    from salesdx.services.fact_acts import SeePeople

    check_register(recorder)
    recorder.do(SeePeople(what, mapping, period, **more))  # type: ignore[arg-type]
