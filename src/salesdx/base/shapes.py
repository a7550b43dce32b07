"""What may stand under a key: the shapes of values, and the forms of entries, which are lists of keys.

The tables of keys (`base/fields` and `case/case_fields`) are written in these words. Readers, the schemas for editors,
the order of `fmt` and the tables of the docs follow from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property
from typing import NamedTuple

_compiled = cache(re.compile)
"""A pattern, compiled: Python's own cache takes longer to ask than most texts to match."""


class Prose(NamedTuple):
    """A text. It has ``pattern`` as a whole; without a pattern any words will do, a bare number or truth value too."""

    pattern: str = ""
    said: str = "a text"
    number: bool = False
    """A whole number may stand for a text with a pattern."""
    limits: bool = False
    """Limits may stand in it in braces, and nothing else may."""

    def fits(self, text: str) -> bool:
        """Whether a text matches the whole pattern."""
        return _compiled(self.pattern).fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""


class Amount(NamedTuple):
    """A number from ``low`` to ``high``, both included, or greater than ``above``."""

    low: int | None = None
    high: int | None = None
    above: int | None = None
    whole: bool = False
    default: int = 0
    """What counts where the key is left out."""

    def holds(self, number: Decimal) -> bool:
        """Whether a number lies within these limits."""
        return (
            (self.low is None or number >= self.low)
            and (self.high is None or number <= self.high)
            and (self.above is None or number > self.above)
            and (not self.whole or number == int(number))
        )


@dataclass(frozen=True, slots=True)
class Day:
    """A date."""


class OneOf(NamedTuple):
    """One of some words that the language has."""

    words: tuple[str, ...]


class NameOf(NamedTuple):
    """The name of something that is defined elsewhere: a term, a stage, a source ...; or one of some words beside."""

    kind: str
    words: tuple[str, ...] = ()


class Expression(NamedTuple):
    """An expression of the language, by the words and names that it can read."""

    name: str
    reads: tuple[str | NameOf, ...]
    number: bool = False
    """A bare number is one."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text with terms in braces."""


class ValueOf(NamedTuple):
    """A value of the term that the key names, and words that say why there is none.

    ``ends`` are the keys of a number or date that is known between two ends; None where only a point will do.
    """

    words: tuple[str, ...] = ()
    ends: Form | None = None


@dataclass(frozen=True, slots=True)
class StatusOf:
    """A status that the stage can have which the key names."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """`null`."""


@dataclass(frozen=True, slots=True)
class Anything:
    """What only the program itself writes and reads, or what no schema can say."""


class ListOf(NamedTuple):
    """A list of ``least`` to ``most`` items; one item may stand without the list where ``single`` is true."""

    item: Shape
    least: int = 0
    most: int | None = None
    single: bool = True
    distinct: bool = False


class MapOf(NamedTuple):
    """Names that an author gives, or that are known, each with an entry of one shape."""

    key: Prose | NameOf
    entry: Shape
    least: int = 0
    needs: tuple[str, ...] = ()


class Either(NamedTuple):
    """A value of one of some shapes."""

    shapes: tuple[Shape, ...]


class Field(NamedTuple):
    """A key of an entry. Where it stands in the form is where `fmt` puts it."""

    name: str
    shape: Shape
    meaning: str
    """What the docs and editors say of it."""
    required: bool = False
    each: str = ""
    """The kind of known names that stand here as keys; ``name`` is then only how the docs call them."""
    beyond: str = ""
    """What `check` asks of it that no schema can say."""


class Demand(NamedTuple):
    """One of ``keys`` is needed in an entry, or not all of them may stand in it.

    It counts where the key ``given`` stands, with one of ``values`` if there are any; `a.b` is the key `b` below `a`.
    """

    keys: tuple[str, ...]
    needed: bool = False
    together: bool = True
    given: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """The keys of an entry in order, and what they demand of each other."""

    what: str
    fields: tuple[Field, ...]
    demands: tuple[Demand, ...] = ()
    layered: bool = False
    """A layer may hold some of its keys alone, so that no schema can say which are needed there."""
    empty: bool = False
    """It may stand there without anything."""

    @property
    def order(self) -> tuple[str, ...]:
        """The keys in the order in which `fmt` writes them."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def keys(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The keys that are needed, and the others."""
        needed = tuple(field.name for field in self.fields if field.required)
        return needed, tuple(field.name for field in self.fields if not field.required)

    @cached_property
    def simple(self) -> tuple[tuple[str, Prose | NameOf | Template | Flag], ...]:
        """The keys of a text or a flag, and their shapes."""
        shaped = ((field.name, field.shape) for field in self.fields)
        return tuple((name, shape) for name, shape in shaped if isinstance(shape, Prose | NameOf | Template | Flag))

    def spelled(self, known: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
        """The keys in order, with known names in the place of what is said of each of a kind."""
        return tuple(name for field in self.fields for name in (known[field.each] if field.each else (field.name,)))

    def without(self, *names: str) -> Form:
        """The form less some keys."""
        return replace(self, fields=tuple(field for field in self.fields if field.name not in names))


Shape = (
    Prose | Flag | Amount | Day | OneOf | NameOf | Expression | Template | ValueOf | StatusOf | Nothing
    | Anything | ListOf | MapOf | Either | Form
)  # fmt: skip


def name_shape(said: str, taken: Iterable[str] = (), longest: int = 0, capitals: bool = False) -> Prose:
    """The shape of a new name: letters, small ones but for ``capitals``, digits and `_`, none that are ``taken``."""
    words = "|".join(sorted(taken))
    free = f"(?!(?:{words})$)" if words else ""
    letters = "A-Za-z" if capitals else "a-z"
    return Prose(f"{free}[{letters}_][{letters}0-9_]{f'{{0,{longest - 1}}}' if longest else '*'}", said)


TEXT, TOLD, FLAG = Prose(), Prose(limits=True), Flag()
CONDITION = Expression("condition", (NameOf("term"), NameOf("finding"), NameOf("limit")))
