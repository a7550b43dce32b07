"""Which figures of overlapping tables can be shown, so that none that must not be known can be found out from them.

Cell suppression as statistical offices do it: small cells first, then so many others that what is shown leaves every
small one open (Cox 1980, Journal of the American Statistical Association 75:377). A count is open where another table
shows the same figures and has another number there; such a table is looked for, one or two people away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

Atom = int
Atoms = frozenset[Atom]
"""A group as the smallest groups that it is made of: everybody is in exactly one of these."""
Group = tuple[tuple[int, str], ...]
"""A group: column and name, or two of them together; empty for everybody."""


def columns_of(group: Group) -> tuple[int, ...]:
    """The table in which a group is a line: the columns that it names."""
    return tuple(column for column, _ in group)


@dataclass(frozen=True)
class Counts:
    """A count of people in groups that overlap; what is large in a table stands first."""

    groups: Mapping[Group, Atoms]
    numbers: Sequence[int]
    """Atom -> how many are counted."""
    most: Sequence[int]
    """Atom -> how many that can be at most, as a reader knows."""


def shown_groups(counts: Counts, unsafe: Callable[[Atoms], bool]) -> frozenset[Group]:
    """The groups whose count can be shown; those that stand first are shown rather than those behind them.

    ``unsafe`` says of people whether their count must not be known. Of each unsafe group, and of what the unsafe groups
    of a table hold together within a larger group, two numbers at least fit what is shown: for who tries them all, too.
    """
    shown: set[Group] = set()
    look = _Look(counts, 0, [0] * len(counts.numbers))
    others: dict[Atoms, _Other] = dict.fromkeys(_secrets(counts.groups, unsafe), ())
    for group, atoms in counts.groups.items():
        if unsafe(atoms):
            continue
        closer = look.with_shown(atoms)
        left = closer.others(others, atoms)
        if left is not None:
            shown.add(group)
            look, others = closer, left
    return frozenset(shown)


def _secrets(groups: Mapping[Group, Atoms], unsafe: Callable[[Atoms], bool]) -> set[Atoms]:
    """What must not be known: each unsafe group, and what the unsafe groups of a table make up of a larger one."""
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


# --- other tables -----------------------------------------------------------------------------------------------------

_Move = tuple[Atom, Atom]
"""One more of a kind, one fewer of another."""
_Other = tuple[_Move, ...]
"""Another table: the moves that lead to it."""


def _changed(other: _Other, atoms: Atoms) -> int:
    """How another table differs in a count."""
    return sum((up in atoms) - (down in atoms) for up, down in other)


@dataclass(frozen=True)
class _Look:
    """What is shown so far: so many groups. ``codes``: kind -> the sum of 3 to the power of each one that it is in.

    What two moves change of the shown counts adds up to nothing where the differences of their codes do: no group is
    changed by more than two, and a power of three is more than twice all lower ones.
    """

    counts: Counts
    shown: int
    codes: Sequence[int]

    def with_shown(self, atoms: Atoms) -> _Look:
        """The same with one group more."""
        codes = [code + 3**self.shown * (kind in atoms) for kind, code in enumerate(self.codes)]
        return _Look(self.counts, self.shown + 1, codes)

    def others(self, known: Mapping[Atoms, _Other], last: Atoms) -> dict[Atoms, _Other] | None:
        """Secret -> another table that shows the same and has another number there; None where a secret has none.

        ``known`` are those that showed the same before the ``last`` group was shown.
        """
        found = {}
        for secret, other in known.items():
            if not _changed(other, secret) or _changed(other, last):
                other = self._other(secret)
                if not other:
                    return None
            found[secret] = other
        return found

    def _other(self, secret: Atoms) -> _Other:
        """A table of which one person, or two, are of another kind; nothing where there is none."""
        outside = [kind for kind in self._kinds if kind not in secret]
        pairs = [*product(secret, outside), *product(outside, secret)]
        moves = [(up, down) for up, down in pairs if self._rises[up] and self._falls[down]]
        for up, down in moves:
            if self.codes[up] == self.codes[down]:
                return ((up, down),)
        return next((both for one in moves for both in self._hidden(one) if _changed(both, secret)), ())

    def _hidden(self, one: _Move) -> Iterator[_Other]:
        """A move with each other one that takes back what it changes of the shown counts."""
        up, down = one
        for kind in self._kinds:
            if self._rises[kind] and kind != up:
                for fewer in self._by_code.get(self.codes[kind] + self.codes[up] - self.codes[down], ()):
                    if self._falls[fewer] and fewer not in (down, kind):  # never two of a kind at once
                        yield one, (kind, fewer)

    @cached_property
    def _kinds(self) -> range:
        return range(len(self.codes))

    @cached_property
    def _by_code(self) -> dict[int, list[Atom]]:
        found: dict[int, list[Atom]] = {}
        for kind, code in enumerate(self.codes):
            found.setdefault(code, []).append(kind)
        return found

    @cached_property
    def _rises(self) -> list[bool]:
        """Whether one more of a kind is possible."""
        return [number < most for number, most in zip(self.counts.numbers, self.counts.most, strict=True)]

    @cached_property
    def _falls(self) -> list[bool]:
        """Whether one fewer of a kind is possible."""
        return [number > 0 for number in self.counts.numbers]
