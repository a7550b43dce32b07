"""All units of a firm at once: which are below goal, what is likely the cause, and who can say what is missing.

Each unit is decided as `diagnose --from` decides it. Nothing that is said of a unit is about a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from salesdx.base.model import RuleBase
from salesdx.case.evidence_file import EvidenceSeal
from salesdx.case.file import with_firm
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import as_json
from salesdx.engine.diagnose import quick
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.likely import Gap, share_of
from salesdx.language.conditions import Value
from salesdx.language.intervals import high_end, low_end
from salesdx.services.drawing_units import check_keyed, people_beside, typed_window
from salesdx.services.drawn_cases import PERSON, SystemsError, headed_for
from salesdx.services.recorder import Recorder, needs_extra
from salesdx.services.scan_remedies import UnitRemedy, remedies_for

if TYPE_CHECKING:
    from salesdx.facts.draw import Draw
    from salesdx.facts.people_list import PeopleList
    from salesdx.facts.scope import Subject
    from salesdx.facts.unit_history import PeriodReached
    from salesdx.facts.warehouse import Warehouse
    from salesdx.facts.windows import TimeWindow

OF_NOBODY = "persons are listed for somebody who asks, and is on record with it"
CONCLUDED, LIKELY = "concluded", "likely"
"""How sure a cause is."""


@dataclass(frozen=True)
class UnitCause:
    """The stage that is concluded for a unit, or the first likely one, with its share of the gap and its first sign."""

    stage: str
    title: str
    surety: str
    explains: Value | None
    because: str


@dataclass(frozen=True)
class ScannedUnit:
    """A unit as it was decided."""

    subject: Subject
    gap: Gap | None
    reached_pct: Value | None
    cause: UnitCause | None
    missing: Mapping[str, tuple[str, ...]]
    """Who can say what is missing -> the labels of these facts."""
    history: tuple[PeriodReached, ...]
    why_not: str = ""
    """Why nobody knows whether it is below its goal."""
    parts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the bridge of its gap is made of, as in a diagnosis."""
    remedies: tuple[UnitRemedy, ...] = ()
    """Repairs of the company that were taken on for it and are not decided."""

    @property
    def name(self) -> str:
        return str(self.subject)

    @property
    def below(self) -> bool:
        """Whether it is surely below its goal."""
        missing = self.gap.missing if self.gap else None
        return missing is not None and low_end(missing) is not None and low_end(missing) > 0

    @property
    def lacking(self) -> float:
        """How much is missing, in money, at most."""
        missing = self.gap.missing if self.gap else None
        return 0.0 if missing is None or high_end(missing) is None else float(high_end(missing))


@dataclass(frozen=True)
class Scan:
    """All units of some kinds over one period; ``people``: who sells beside whom, for looking, where that was asked."""

    window: TimeWindow
    data_until: date
    mapping: str
    rules: str
    currency: str
    kinds: tuple[str, ...]
    units: tuple[ScannedUnit, ...]
    people: PeopleList | None = None

    def of_kind(self, kind: str) -> tuple[ScannedUnit, ...]:
        """The units of a kind: the largest gap first."""
        found = (unit for unit in self.units if unit.subject.kind == kind)
        return tuple(sorted(found, key=lambda unit: (-unit.lacking, unit.subject.unit)))


def read_kinds(told: str) -> tuple[str, ...]:
    """Kinds of units as they are typed, with commas between them. Raises SystemsError."""
    with needs_extra("facts"):
        from salesdx.facts.scope import COMPANY, KINDS
    known = [kind for kind in KINDS if kind != COMPANY]
    kinds = tuple(dict.fromkeys(kind.strip() for kind in told.split(",") if kind.strip()))
    if not kinds or not set(kinds) <= set(known):
        raise SystemsError(f"units are of the kinds {', '.join(known)}, with commas between them, and not `{told}`")
    return kinds


def scan(
    warehouse: Warehouse,
    base: RuleBase,
    kinds: Sequence[str],
    period: str,
    firm: Path | None,
    recorder: Recorder | None = None,
    cases: Sequence[WorkingMemory] = (),
) -> Scan:
    """Draw and decide every unit of some kinds. Persons are listed as `facts people` lists them, and never decided.

    ``cases`` say which repairs run: while one does, its stage holds what comes after it, as in a case.

    Raises SystemsError, CaseError of the profile of the firm, and Refused where persons are not for who asks, who is
    whom the ``recorder`` names.
    """
    window = typed_window(warehouse, period)
    people = None
    if PERSON in kinds:
        if recorder is None:
            raise SystemsError(OF_NOBODY)
        check_keyed(warehouse)
        people = people_beside(warehouse, period, recorder)
    profile = with_firm(WorkingMemory(base, {}, today=date.today()), firm)
    units = tuple(
        unit for kind in kinds if kind != PERSON for unit in _scanned(warehouse, profile, kind, window, cases)
    )
    settings = warehouse.settings
    return Scan(
        window,
        settings.data_until,
        settings.mapping_digest,
        base.digest,
        settings.currency,
        tuple(kinds),
        units,
        people,
    )


def _scanned(
    warehouse: Warehouse, profile: WorkingMemory, kind: str, window: TimeWindow, cases: Sequence[WorkingMemory]
) -> Iterator[ScannedUnit]:
    from salesdx.facts.draw import draw_units
    from salesdx.facts.scope import Subject
    from salesdx.facts.unit_history import unit_histories
    from salesdx.facts.units import units_of

    subjects = [Subject(kind, unit) for unit in units_of(warehouse, kind)]
    if not subjects:
        raise SystemsError(f"no column of the mapping names any {kind}")
    histories, base = unit_histories(warehouse, kind, window), profile.base
    first = draw_units(warehouse, base, subjects, window, tuple(base.ladder.result_terms.values()))

    def unit(drawn: Draw) -> ScannedUnit:
        return _unit(warehouse, profile, drawn, histories, cases)

    missed = [subject for subject, drawn in first.items() if unit(drawn).below]
    whole = draw_units(warehouse, base, missed, window) if missed else {}  # all that costs, of those alone
    yield from (unit(whole.get(subject, drawn)) for subject, drawn in first.items())


def _unit(
    warehouse: Warehouse,
    profile: WorkingMemory,
    drawn: Draw,
    histories: Mapping[str, tuple[PeriodReached, ...]],
    cases: Sequence[WorkingMemory],
) -> ScannedUnit:
    memory = unit_case(warehouse, profile, drawn)
    remedies = remedies_for(cases, memory.subject, memory.today or date.today())
    decided = quick(profile.base, replace(memory, remedies=remedies.running))
    return replace(_decided(decided, drawn, histories.get(drawn.subject.unit, ())), remedies=remedies.shown)


def unit_case(warehouse: Warehouse, profile: WorkingMemory, drawn: Draw) -> WorkingMemory:
    """The case of a unit, as a draw into a new file makes it; its evidence is sealed without being written."""
    from salesdx.facts.evidence import drawn_statement

    memory = headed_for(profile, drawn.subject, drawn.window)
    said = {
        term: replace(drawn_statement(warehouse, profile.base, fact), drawn=term) for term, fact in drawn.facts.items()
    }
    both = {
        term: (*memory.statements.get(term, ()), *((said[term],) if term in said else ()))
        for term in dict.fromkeys([*memory.statements, *said])
    }
    digest = hashlib.sha256(f"{warehouse.settings.mapping_digest} {drawn.subject} {drawn.window}".encode()).hexdigest()
    return replace(memory, statements=both, case=str(drawn.subject), evidence=EvidenceSeal(digest, frozenset(said)))


def _decided(diagnosis: Diagnosis, drawn: Draw, history: tuple[PeriodReached, ...]) -> ScannedUnit:
    gap = diagnosis.provisional.gap
    unit = ScannedUnit(
        drawn.subject,
        gap,
        diagnosis.reached[1] if diagnosis.reached else None,
        None,
        {},
        history,
        _why_not(diagnosis.base, drawn, gap),
    )
    if not unit.below:
        return unit
    return replace(unit, cause=_cause(diagnosis), missing=_missing(diagnosis), parts=_parts(diagnosis))


def _missing(diagnosis: Diagnosis) -> dict[str, tuple[str, ...]]:
    """Who can say what keeps the likeliest cause from being concluded; where none is likely, what could show one."""
    base, likely = diagnosis.base, diagnosis.provisional.likely
    found: dict[str, tuple[str, ...]] = {}
    if likely:
        for term in likely[0].needs:
            who = diagnosis.asked_of(term.name)
            found[who] = (*found.get(who, ()), term.called)
    elif diagnosis.concluded is None:
        found = {who: tuple(base.terms[each.term].called for each in asked) for who, asked in diagnosis.needs().items()}
    return {base.respondents.get(who, who): labels for who, labels in found.items()}


def _why_not(base: RuleBase, drawn: Draw, gap: Gap | None) -> str:
    if gap is not None and gap.missing is not None:
        return ""
    facts = (drawn.facts.get(base.ladder.result_terms[key]) for key in ("goal", "reached"))
    return next((fact.reason for fact in facts if fact is not None and fact.reason), "goal and sales are not known")


def _cause(diagnosis: Diagnosis) -> UnitCause | None:
    """What is concluded, else what is likeliest; a cause that is a person's is none of a unit."""
    concluded, likely = diagnosis.concluded, diagnosis.provisional.likely
    standing = concluded or (likely[0].standing if likely else None)
    if standing is None or standing.stage.id == diagnosis.base.ladder.personnel_stage:
        return None
    explains = share_of(standing, diagnosis.matches.values)
    because = diagnosis.because(standing.signs[0]) if standing.signs else ""
    surety = CONCLUDED if concluded else LIKELY
    return UnitCause(standing.stage.id, standing.stage.title, surety, explains, because)


def _parts(diagnosis: Diagnosis) -> dict[str, Any]:
    found = diagnosis.provisional.to_dict()
    concluded = diagnosis.concluded
    own = [concluded] if concluded and concluded.stage.id != diagnosis.base.ladder.personnel_stage else []
    stages = [
        {
            "title": one.stage.title,
            "concluded": True,
            "standing": {"explains_pct": as_json(share_of(one, diagnosis.matches.values))},
        }
        for one in own
    ]
    kept = ("gap", "likely", "contributing", "not_explained_pct")
    return {key: found[key] for key in kept} | {"stages": stages, "concluded": own[0].stage.id if own else None}
