"""Names behind pseudonyms: shown to who may see figures of single persons, and recorded before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from salesdx.services.drawing_units import check_keyed, see_people
from salesdx.services.drawn_cases import PERSON
from salesdx.services.recorder import Recorder

if TYPE_CHECKING:
    from salesdx.case.memory import WorkingMemory
    from salesdx.facts.warehouse import Warehouse


def rows_by_name(
    warehouse: Warehouse, rows: Iterable[tuple[Any, ...]], memory: WorkingMemory, term: str, recorder: Recorder
) -> tuple[tuple[Any, ...], ...]:
    """Rows with the names behind their pseudonyms; recorded before. Raises SystemsError."""
    check_keyed(warehouse)
    period = f"{memory.period[0]} to {memory.period[1]}" if memory.period else ""
    of_one = memory.values.get(memory.base.ladder.subject_term) == PERSON
    about = {"case": memory.case, "subject": memory.subject.get("ref", "")} if of_one else {}
    see_people(recorder, "rows", warehouse.settings.mapping_digest, period, term=term, **about)
    known = warehouse.names.known.values()
    names = {pseudonym: name for of_kind in known for name, pseudonym in of_kind.items()}
    return tuple(tuple(names.get(value, value) if isinstance(value, str) else value for value in row) for row in rows)
