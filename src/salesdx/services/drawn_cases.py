"""Facts of a case drawn from a firm's systems, for every door: what is drawn, what it changes, and where it is kept."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from salesdx.base.model import RuleBase
from salesdx.case.evidence_file import (
    EvidenceSeal,
    evidence_entries,
    evidence_path,
    evidence_text,
    mapping_named,
)
from salesdx.case.file import case_from_text, firm_beside, named_after, with_firm
from salesdx.case.memory import WorkingMemory
from salesdx.case.sealed_case import sealed_by
from salesdx.case.writing import new_case, write_fact, write_head
from salesdx.services.files import UserFile, read_user_file, write_together
from salesdx.services.recorder import needs_extra
from salesdx.text.issues import did_you_mean

if TYPE_CHECKING:
    from salesdx.facts.evidence import Redrawn
    from salesdx.facts.scope import Subject
    from salesdx.facts.warehouse import ResultRows, Warehouse
    from salesdx.facts.windows import TimeWindow

PERSON = "person"
"""The kind of subject whose figures are for who may see figures of single persons."""


class SystemsError(Exception):
    """Why nothing is drawn; the message is for the user."""


@dataclass(frozen=True)
class DrawnCase:
    """A case with what was drawn into it, as it was before, and the text of its evidence file."""

    before: WorkingMemory
    memory: WorkingMemory
    evidence: str

    @property
    def known(self) -> int:
        """How many facts have a value that was drawn."""
        said = self.memory.statements
        return sum(any(s.drawn and s.value is not None for s in said[name]) for name in self.terms)

    @property
    def terms(self) -> tuple[str, ...]:
        """The facts of which something was drawn, refused ones too, in the order of the vocabulary."""
        said = self.memory.statements
        return tuple(name for name in self.memory.base.terms if any(s.drawn for s in said.get(name, ())))


def open_systems(path: Path, key: Path | None = None) -> Warehouse:
    """The firm's systems as a mapping names them, read and locked. Without a ``key`` nobody can be told from others.

    Raises IssuesError with every fault of the mapping and of what it reads.
    """
    with needs_extra("facts"):
        from salesdx.facts.mapping import read_mapping
        from salesdx.facts.pseudonyms import KeyFileError, read_pseudonym_key
        from salesdx.facts.warehouse import Warehouse
    try:
        held = read_pseudonym_key(key) if key is not None else None
    except KeyFileError as error:
        raise SystemsError(str(error)) from None
    with needs_extra("facts"):
        return Warehouse.opened(read_mapping(path), held)


def make_key(path: Path) -> Path:
    """Make a key of pseudonyms in a new file. Raises SystemsError where there is a file of that name."""
    from salesdx.facts.pseudonyms import new_pseudonym_key

    try:
        new_pseudonym_key(path)
    except FileExistsError:
        raise SystemsError(f"`{path}` is there already: with another key everybody would have another name") from None
    except OSError as error:
        raise SystemsError(f"`{path}` cannot be written: {error.strerror or error}") from None
    return path


def read_about(warehouse: Warehouse, subject: str, period: str) -> tuple[Subject, TimeWindow]:
    """A subject and a period as they are typed: `territory:North`, `2026-Q3`. Raises SystemsError."""
    from salesdx.facts.scope import parse_subject
    from salesdx.facts.windows import parse_window

    try:
        found = parse_subject(subject), parse_window(period, warehouse.settings.calendar.year_starts)
    except ValueError as error:
        raise SystemsError(str(error)) from None
    return known_unit(warehouse, found[0]), found[1]


def known_unit(warehouse: Warehouse, subject: Subject) -> Subject:
    """A subject by the name that the rows have for it. Raises SystemsError where they have none."""
    from salesdx.facts.units import unit_called, units_of

    found = unit_called(warehouse, subject)
    if found is not None:
        return found
    units = units_of(warehouse, subject.kind)
    if subject.kind == PERSON:
        raise SystemsError(f"no person has the pseudonym `{subject.unit}`; `salesdx facts people` lists them")
    near = did_you_mean(subject.unit, units) or (
        f"they are {', '.join(units[:12])}" if units else "no column names any"
    )
    raise SystemsError(f"the systems have no {subject.kind} `{subject.unit}`; {near}")


def drawn_for(warehouse: Warehouse, memory: WorkingMemory) -> tuple[Subject, TimeWindow]:
    """Whom and which days the facts of a case are drawn for. Raises SystemsError where its head does not say it."""
    from salesdx.facts.scope import COMPANY, KINDS, Subject
    from salesdx.facts.windows import TimeWindow

    kind = str(memory.values.get(memory.base.ladder.subject_term) or memory.subject.get("kind", ""))
    if kind not in KINDS or memory.period is None:
        raise SystemsError("a draw needs what the case is about, and its period: give --subject and --period")
    unit = "" if kind == COMPANY else memory.subject.get("ref", "")
    if kind != COMPANY and not unit:
        raise SystemsError(f"the case does not say which {kind} it is about: give --subject {kind}:NAME")
    return known_unit(warehouse, Subject(kind, unit)), TimeWindow(*memory.period)


def headed_for(memory: WorkingMemory, subject: Subject, window: TimeWindow) -> WorkingMemory:
    """A case about a subject and a window. Raises SystemsError where it is about something else already."""
    from salesdx.facts.units import case_head

    head = case_head(subject)
    period = (window.start, window.end)
    if memory.subject and dict(memory.subject) != head:
        raise SystemsError(f"`{memory.case}` is about {' '.join(memory.subject.values())}, and not {subject}")
    if memory.period not in (None, period):
        raise SystemsError(f"`{memory.case}` is of {memory.period[0]} to {memory.period[1]}, and not of {window}")
    return memory.headed(head, period)


def drawn_case(
    warehouse: Warehouse,
    memory: WorkingMemory,
    terms: Collection[str] | None = None,
    old_evidence: bytes = b"",
    mapping: str = "",
) -> DrawnCase:
    """A case with its facts drawn anew: all that can be, or some; what people state stays as it is.

    Raises SystemsError where its head does not say whom and which period to draw for.
    """
    from salesdx.facts.draw import draw_facts
    from salesdx.facts.evidence import evidenced

    subject, window = drawn_for(warehouse, memory)
    found = evidenced(warehouse, memory.base, draw_facts(warehouse, memory.base, subject, window, terms))
    after = _without_drawn(memory, terms)
    for name, said in found.statements.items():
        after = after.saying(name, said)
    used = {said.drawn for statements in after.statements.values() for said in statements}
    entries = {**evidence_entries(old_evidence), **found.entries}
    evidence = evidence_text({id: entry for id, entry in entries.items() if id in used}, mapping)
    return DrawnCase(memory, sealed_by(after, evidence.encode()), evidence)


def _without_drawn(memory: WorkingMemory, terms: Collection[str] | None) -> WorkingMemory:
    """The case without what was drawn into it before."""
    for name, statements in memory.statements.items():
        kept = tuple(said for said in statements if not said.drawn)
        if len(kept) < len(statements) and (terms is None or name in terms):
            memory = memory.with_statements(name, kept)
    return memory


# --- case files -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CaseOnDisk:
    """A case file, which need not exist yet, and the evidence file beside it."""

    file: UserFile
    evidence: UserFile
    memory: WorkingMemory


def case_on_disk(base: RuleBase, path: Path, firm: Path | None = None) -> CaseOnDisk:
    """A case file to draw into. Raises CaseError."""
    file, evidence = read_user_file(path), read_user_file(evidence_path(path))
    if file.data is None:
        memory = WorkingMemory(base, {}, named_after(str(path)), today=date.today())
    else:
        memory = case_from_text(file.text, str(path), base)
    return CaseOnDisk(file, evidence, with_firm(memory, firm or firm_beside(path, base)))


def drawn_on_disk(
    warehouse: Warehouse, held: CaseOnDisk, about: tuple[Subject, TimeWindow] | None, mapping: Path
) -> DrawnCase:
    """What is drawn for a case file, ``about`` what was named or else what its head says; nothing is written yet.

    Raises SystemsError.
    """
    memory = headed_for(held.memory, *about) if about is not None else held.memory
    old = held.evidence.data or b""
    return drawn_case(warehouse, memory, old_evidence=old, mapping=way_to(mapping, held.file.path))


def way_to(mapping: Path, case: Path) -> str:
    """The way from the folder of a case file to a mapping, as an evidence file has it."""
    try:
        return Path(os.path.relpath(mapping, case.parent)).as_posix()
    except ValueError:  # on another drive of Windows
        return str(mapping.resolve())


def mapping_of(case: Path, given: Path | None) -> Path:
    """The mapping by which a case file was drawn, unless another one is given. Raises CaseError, SystemsError."""
    file = read_user_file(evidence_path(case))
    named = mapping_named(file.data or b"")
    if given is None and not named:
        raise SystemsError(f"`{file.path}` does not name the mapping: give it with --from")
    return given or case.parent / named


def write_drawn(held: CaseOnDisk, drawn: DrawnCase) -> None:
    """Put what was drawn into the case file, and its evidence beside it: both, or neither. Raises FileError."""
    write_together([(held.file, _text(held, drawn)), (held.evidence, drawn.evidence)])


def _text(held: CaseOnDisk, drawn: DrawnCase) -> str:
    """The text of a case file with what was drawn; what stands there besides stays as it is."""
    if held.file.data is None:
        return new_case(drawn.memory.own)
    text, shown, memory = held.file.text, str(held.file.path), held.memory
    after = drawn.memory
    if (dict(memory.subject), memory.period) != (dict(after.subject), after.period):
        memory = memory.headed(after.subject, after.period)
        text = write_head(text, shown, memory)
    for name in dict.fromkeys((*memory.statements, *after.statements)):
        now = after.statements.get(name, ())
        if memory.statements.get(name, ()) != now:
            memory = memory.with_statements(name, now)
            text = write_fact(text, shown, memory.base, memory, name)
    return text


def default_case(subject: Subject, period: str) -> Path:
    """The name of a case file where none is given.

    >>> from salesdx.facts.scope import Subject
    >>> str(default_case(Subject("territory", "North"), "2026-Q3"))
    'territory-North-2026-Q3.yaml'
    """
    from salesdx.facts.units import case_ref

    return Path("-".join(filter(None, (subject.kind, case_ref(subject.unit), case_ref(period)))) + ".yaml")


# --- evidence ---------------------------------------------------------------------------------------------------------


def entry_behind(case: Path, memory: WorkingMemory, term: str) -> Mapping[str, Any]:
    """The entry of the evidence file behind a drawn fact of a case file. Raises SystemsError where there is none."""
    said = next((s for s in memory.statements.get(term, ()) if s.drawn and s.stands), None)
    if said is None:
        raise SystemsError(f"“{memory.base.terms[term].called}” was not drawn in `{case}`")
    entry = entries_of(case).get(said.drawn)
    if entry is None:
        raise SystemsError(f"`{evidence_path(case)}` has no entry {said.drawn}, or it was changed")
    return entry


def entries_of(case: Path) -> dict[str, dict[str, Any]]:
    """The entries of the evidence file of a case file that stand there unchanged. Raises CaseError, SystemsError."""
    file = read_user_file(evidence_path(case))
    if file.data is None:
        raise SystemsError(f"there is no evidence file `{file.path}`: nothing was drawn there, or it was taken away")
    return evidence_entries(file.data)


def shown_rows(warehouse: Warehouse, entry: Mapping[str, Any]) -> ResultRows:
    """The rows behind an entry of an evidence file."""
    from salesdx.facts.evidence import rows_behind

    return rows_behind(warehouse, entry)


def drawn_otherwise(warehouse: Warehouse, base: RuleBase, entries: Mapping[str, dict[str, Any]]) -> list[Redrawn]:
    """What a new draw gives otherwise than an evidence file says."""
    from salesdx.facts.evidence import redrawn

    return list(redrawn(warehouse, base, entries))


def unproved(memory: WorkingMemory) -> Iterator[str]:
    """The terms of drawn statements whose entry is not in the evidence file, or was changed."""
    seal = memory.evidence or EvidenceSeal("", frozenset())
    for name, statements in memory.statements.items():
        if any(said.drawn and said.stands and said.drawn not in seal.entries for said in statements):
            yield name
