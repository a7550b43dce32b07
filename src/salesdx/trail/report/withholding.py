"""Which figures of overlapping tables can be shown, so that none that must not be known can be computed from them.

Cell suppression as statistical offices do it: small cells first, then so many others that the equations between the
shown ones determine no small one (Cox 1980, Journal of the American Statistical Association 75:377). Which cells follow
from others is linear algebra; it is done modulo a prime, in which what follows in whole numbers follows too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

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


def shown_groups(groups: Mapping[Group, Atoms], unsafe: Callable[[Atoms], bool]) -> frozenset[Group]:
    """The groups whose count can be shown; those that stand first are shown rather than those behind them.

    ``unsafe`` says of people whether their count must not be known. No unsafe group, and no union of the unsafe groups
    of a table within a larger group, can be computed from what is shown.
    """
    basis: list[tuple[Atom, _Vector]] = []
    secrets = [_vector(atoms) for atoms in _secrets(groups, unsafe)]
    shown: set[Group] = set()
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
        shown.add(group)
    return frozenset(shown)


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
