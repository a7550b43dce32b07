"""Which figures of overlapping tables can be shown, so that none that must not be known can be computed from them.

Cell suppression as statistical offices do it: small cells first, then so many others that the equations between the
shown ones determine no small one (Cox 1980, Journal of the American Statistical Association 75:377). Which cells follow
from others is linear algebra, done modulo a prime: the equations have coefficients of 1, and what follows from such in
fractions follows there too. What bounds add is looked for as well; that search is quick, and not complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Atom = int
Atoms = frozenset[Atom]
"""A group as the smallest groups that it is made of: everybody is in exactly one of these."""
Group = tuple[tuple[int, str], ...]
"""A group: column and name, or two of them together; empty for everybody."""
_Vector = dict[Atom, int]
_PRIME = (1 << 61) - 1


def columns_of(group: Group) -> tuple[int, ...]:
    """The table in which a group is a line: the columns that it names."""
    return tuple(column for column, _ in group)


@dataclass(frozen=True)
class Counts:
    """A count of people, kind by kind, in groups that overlap; what is large in a table stands first."""

    groups: Mapping[Group, Atoms]
    numbers: Sequence[int]
    """Atom -> how many are counted."""
    most: Sequence[int]
    """Atom -> how many that can be at most, as a reader knows."""

    def of(self, atoms: Atoms) -> int:
        return sum(self.numbers[atom] for atom in atoms)


def shown_groups(counts: Counts, unsafe: Callable[[Atoms], bool]) -> frozenset[Group]:
    """The groups whose count can be shown; those that stand first are shown rather than those behind them.

    ``unsafe`` says of people whether their count must not be known. No unsafe group, and no union of the unsafe groups
    of a table within a larger group, follows from the equations between the shown ones; and no unsafe group from these
    together with what it can be at most and at least.
    """
    shown = _independent(counts.groups, unsafe)
    bad = [atoms for atoms in counts.groups.values() if unsafe(atoms)]
    if not _determines(counts, shown, bad):
        return frozenset(shown)
    kept: list[Group] = []
    for group in shown:
        if not _determines(counts, [*kept, group], bad):
            kept.append(group)
    return frozenset(kept)


# --- equations --------------------------------------------------------------------------------------------------------


def _independent(groups: Mapping[Group, Atoms], unsafe: Callable[[Atoms], bool]) -> list[Group]:
    """The safe groups, less those with which a secret would be a sum and difference of shown counts."""
    basis: list[tuple[Atom, _Vector]] = []
    secrets = [_vector(atoms) for atoms in _secrets(groups, unsafe)]
    shown: list[Group] = []
    for group, atoms in groups.items():
        if unsafe(atoms):
            continue
        new = _vector(atoms)
        for pivot, row in basis:
            new = _less(new, row, pivot)
        if new:
            pivot = min(new)
            inverse = pow(new[pivot], -1, _PRIME)
            new = {atom: value * inverse % _PRIME for atom, value in new.items()}
            left = [_less(secret, new, pivot) for secret in secrets]
            if not all(left):
                continue
            secrets = left
            basis.append((pivot, new))
        shown.append(group)
    return shown


def _secrets(groups: Mapping[Group, Atoms], unsafe: Callable[[Atoms], bool]) -> set[Atoms]:
    """What must not follow from the shown groups: each unsafe group, and what unsafe groups leave of a larger one."""
    bad = {group: atoms for group, atoms in groups.items() if unsafe(atoms)}
    tables: dict[tuple[int, ...], list[Atoms]] = {}
    for group, atoms in bad.items():
        tables.setdefault(columns_of(group), []).append(atoms)
    found = set(bad.values())
    for whole in groups.values():
        for parts in tables.values():
            rest: Atoms = frozenset().union(*(atoms for atoms in parts if atoms <= whole))
            if rest and unsafe(rest):
                found.add(rest)
    return found


def _vector(atoms: Iterable[Atom]) -> _Vector:
    return dict.fromkeys(atoms, 1)


def _less(vector: _Vector, row: _Vector, pivot: Atom) -> _Vector:
    """A vector less so much of a row, whose pivot is 1, that nothing is left at the pivot."""
    times = vector.get(pivot, 0)
    if not times:
        return vector
    found = dict(vector)
    for atom, value in row.items():
        left = (found.get(atom, 0) - times * value) % _PRIME
        if left:
            found[atom] = left
        else:
            found.pop(atom, None)
    return found


# --- bounds -----------------------------------------------------------------------------------------------------------


def _determines(counts: Counts, shown: Iterable[Group], bad: Iterable[Atoms]) -> bool:
    """Whether a secret can have one value only, with these counts shown: no part is below zero or above all people.

    The bounds of a whole and of its parts narrow each other until nothing moves (Buzzigoli and Giusti 1999).
    """
    low, high = _bounds(counts, shown)
    return any(low[atoms] == high[atoms] for atoms in bad)


def _bounds(counts: Counts, shown: Iterable[Group]) -> tuple[dict[Atoms, int], dict[Atoms, int]]:
    tables: dict[object, list[Atoms]] = {None: [frozenset({atom}) for atom in range(len(counts.numbers))]}
    for group, atoms in counts.groups.items():
        tables.setdefault(columns_of(group), []).append(atoms)
    high = {atoms: sum(counts.most[atom] for atom in atoms) for table in tables.values() for atoms in table}
    low = dict.fromkeys(high, 0)
    for group in shown:
        atoms = counts.groups[group]
        low[atoms] = high[atoms] = counts.of(atoms)
    sums = [(whole, [part for part in table if part <= whole]) for whole in high for table in tables.values()]
    sums = [(whole, parts) for whole, parts in sums if len(parts) > 1 and frozenset().union(*parts) == whole]
    while _narrowed(low, high, sums):
        pass
    return low, high


def _narrowed(low: dict[Atoms, int], high: dict[Atoms, int], sums: Iterable[tuple[Atoms, list[Atoms]]]) -> bool:
    """Narrow all bounds once; whether any moved."""
    before = sum(high.values()) - sum(low.values())
    for whole, parts in sums:
        least, most = sum(low[part] for part in parts), sum(high[part] for part in parts)
        low[whole], high[whole] = max(low[whole], least), min(high[whole], most)
        for part in parts:
            low[part] = max(low[part], low[whole] - (most - high[part]))
            high[part] = min(high[part], high[whole] - (least - low[part]))
            least, most = sum(low[one] for one in parts), sum(high[one] for one in parts)
    return sum(high.values()) - sum(low.values()) < before
