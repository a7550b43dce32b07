"""What the tables say of all people at once: who sells since when, what each held, and the deals that each decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from salesdx.facts.like_deals import DealCounts, Kind
from salesdx.facts.peer_group import Employed, potential_of
from salesdx.facts.void_windows import Away, GoalVersion, HeldUnit
from salesdx.facts.warehouse import Warehouse
from salesdx.facts.windows import TimeWindow

KIND_COLUMNS = ("product", "segment", "source")
"""What makes deals alike, as far as it is mapped."""
Made = TypeVar("Made")
DECIDED = ("won", "lost", "none")


@dataclass(frozen=True)
class People:
    """Everybody on the list of people, and who leads others."""

    employed: Mapping[str, Employed]
    managers: frozenset[str]
    teams: Mapping[str, str]
    """Person -> team, of those who have one."""

    def why_no_seller(self, person: str) -> str:
        """Why somebody is compared with nobody."""
        if person not in self.employed:
            return "not on the list of people"
        if person in self.managers:
            return "leads others, and is compared with nobody"
        return "nothing says that this person sells, in which role and team"


def people_of(warehouse: Warehouse, span: tuple[date, date]) -> People:
    """The list of people, with the potential of what each held on the first and on the last day."""
    rows = _rows(warehouse, "people", "person", "sells", "started_on", "ended_on", "ramp_months", "manager")
    same = _rows(warehouse, "people", "person", *warehouse.settings.peers.same)
    held = held_territories(warehouse)
    potentials = [_potentials(warehouse, day) for day in span]
    employed = {}
    for (person, sells, started, ended, ramp, _), (_, *alike) in zip(rows, same, strict=True):
        first, last = (
            potential_of({each.what for each in held.get(person, ()) if each.on(day)}, known)
            for day, known in zip(span, potentials, strict=True)
        )
        employed[person] = Employed(person, tuple(alike), sells is True, started, ended, ramp, (first, last))
    teams = {person: team for person, team in _rows(warehouse, "people", "person", "team") if team is not None}
    return People(employed, frozenset(row[-1] for row in rows if row[-1] is not None), teams)


def held_territories(warehouse: Warehouse) -> Mapping[str, list[HeldUnit]]:
    """Person -> the territories that were ever held."""
    return _held(warehouse, "territory")


def held_accounts(warehouse: Warehouse) -> Mapping[str, list[HeldUnit]]:
    """Person -> the accounts that were ever held."""
    return _held(warehouse, "account")


def _held(warehouse: Warehouse, column: str) -> Mapping[str, list[HeldUnit]]:
    if not warehouse.has(f"assignments.{column}"):
        return {}
    rows = _rows(warehouse, "assignments", "person", column, "from_on", "to_on")
    return _by_person(
        [row for row in rows if row[1] is not None], lambda what, first, last: HeldUnit(what, first or date.min, last)
    )


def _potentials(warehouse: Warehouse, day: date) -> Mapping[str, float]:
    """Territory -> its potential on a day."""
    if not warehouse.has("territories.potential"):
        return {}
    rows = _rows(warehouse, "territories", "territory", "potential", "from_on", "to_on")
    return {
        territory: potential
        for territory, potential, first, last in rows
        if potential is not None and (first or date.min) <= day <= (last or date.max)
    }


def person_goals(warehouse: Warehouse) -> Mapping[str, list[GoalVersion]]:
    """Person -> every goal, in every version."""
    if not warehouse.has("goals.unit_kind"):
        return {}
    rows = _rows(warehouse, "goals", "unit", "from_on", "to_on", "version", "metric", "set_on", "unit_kind")
    return _by_person(
        [row[:-1] for row in rows if row[-1] == "person" and row[1] and row[2]],
        lambda first, last, version, metric, set_on: GoalVersion(first, last, version or "", metric or "", set_on),
    )


def protected_absences(warehouse: Warehouse) -> Mapping[str, list[Away]]:
    """Person -> absences that are protected. Where no column says which are, all are."""
    rows = _rows(warehouse, "absences", "person", "from_on", "to_on", "days", "protected")
    said = warehouse.has("absences.protected")
    return _by_person(
        [row[:-1] for row in rows if row[1] and (row[-1] is not False or not said)],
        lambda first, last, days: Away(first, last or first, _days(first, last or first, days)),
    )


def _days(first: date, last: date, days: float | None) -> float:
    return days if days is not None else (last - first).days + 1


def decided_deals(warehouse: Warehouse, window: TimeWindow) -> Mapping[str, Mapping[Kind, DealCounts]]:
    """Person -> kind of deal -> those that were decided in the window.

    Deals that were begun in the last median cycle before the data ends are left out: of those, the quick ones alone are
    decided.
    """
    if not all(map(warehouse.has, ("deals.person", "deals.decided_on", "deals.outcome"))):
        return {}
    kinds = [name for name in KIND_COLUMNS if warehouse.has(f"deals.{name}")]
    begun = "and created_on <= $closed" if warehouse.has("deals.created_on") else ""
    found = warehouse.query(
        f"select person, {''.join(f'{name}, ' for name in kinds)} count(*), count(*) filter (outcome = 'won') "
        "from deals where person is not null and decided_on between $first and $last "
        f"and outcome in {DECIDED} {begun} group by all",
        {"first": window.start, "last": window.end, "closed": last_begun(warehouse)},
    )
    counts: dict[str, dict[Kind, DealCounts]] = defaultdict(dict)
    for person, *kind, decided, won in found.rows:
        counts[person][tuple("" if word is None else str(word) for word in kind)] = DealCounts(decided, won)
    return counts


def last_begun(warehouse: Warehouse) -> date:
    """The last day on which a deal was begun that could be decided since: one median cycle before the data ends."""
    settings = warehouse.settings
    return settings.data_until - settings.settles["deals"] if "deals" in settings.settles else settings.data_until


def words_by_person(warehouse: Warehouse, column: str, window: TimeWindow) -> Mapping[str, Mapping[str, int]]:
    """Person -> word of a column -> rows in the window that have it. To win or not is no way of recording."""
    table, _, name = column.partition(".")
    day = {"deals": "decided_on", "deal_stages": "entered_on", "activities": "on_"}[table]
    if not all(map(warehouse.has, (column, f"{table}.person", f"{table}.{day}"))):
        return {}
    found = warehouse.query(
        f"select person, {name}, count(*) from {table} where person is not null and {name} <> 'won' "
        f"and {day} between $first and $last group by all",
        {"first": window.start, "last": window.end},
    )
    words: dict[str, dict[str, int]] = defaultdict(dict)
    for person, word, n in found.rows:
        words[person][word] = n
    return words


def _rows(warehouse: Warehouse, table: str, *names: str) -> list[tuple[Any, ...]]:
    """The columns of a table, None where they are not mapped; nothing where the table or its first column is not."""
    if not warehouse.has(f"{table}.{names[0]}"):
        return []
    columns = ", ".join(name if warehouse.has(f"{table}.{name}") else f"null as {name}" for name in names)
    return [row for row in warehouse.query(f"select {columns} from {table} order by all").rows if row[0] is not None]


def _by_person(rows: list[tuple[Any, ...]], make: Callable[..., Made]) -> Mapping[str, list[Made]]:
    """Rows that begin with a person, as what is made of the rest."""
    by: dict[str, list[Made]] = defaultdict(list)
    for person, *rest in rows:
        by[person].append(make(*rest))
    return by
