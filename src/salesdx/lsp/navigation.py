"""Where a name is defined and used, and what changes where it is called otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from salesdx.base.fields import ALL_PERSONNEL, INTERVENTION_NAME, LADDER_NAME, RULE_ID, STRENGTH_NAME, TERM_NAME
from salesdx.base.floor_terms import readers_on_person
from salesdx.base.model import RuleBase
from salesdx.base.shapes import Prose
from salesdx.language.conditions import names as names_of
from salesdx.lsp.occurrences import NAME, Occurrence, occurrences
from salesdx.lsp.overlay import Overlay, tidy

RENAMED: Mapping[str, Prose] = {
    NAME: TERM_NAME,
    "intervention": INTERVENTION_NAME,
    "rule": RULE_ID,
    "property": LADDER_NAME,
    "strength": STRENGTH_NAME,
    "mode": LADDER_NAME,
    "status": LADDER_NAME,
    "verdict": LADDER_NAME,
    "source": Prose(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "a name"),
}
"""The kinds of names that can be renamed -> what a name of the kind may be. A stage is the name of its files."""


class NotRenamed(Exception):
    """A name that is not renamed; the message says why."""


@dataclass(frozen=True)
class Use:
    """A name in a file of a rule base, of one kind."""

    path: Path
    text: str
    found: Occurrence
    kind: str
    below: bool
    """Whether the file is of a layer below, which this one extends."""


@dataclass(frozen=True)
class Names:
    """Every name in the files of a rule base."""

    uses: tuple[Use, ...]

    def at(self, path: Path, index: int) -> Use | None:
        """The name that stands at a place; of two that touch it, the one behind it."""
        here = [use for use in self.uses if use.path == path and use.found.start <= index <= use.found.end]
        return here[-1] if here else None

    def like(self, use: Use) -> tuple[Use, ...]:
        """Every place of the same name, the definitions among them."""
        return tuple(other for other in self.uses if (other.kind, other.found.name) == (use.kind, use.found.name))

    def definitions(self, use: Use) -> tuple[Use, ...]:
        """Where a name is defined: in the topmost layer that defines it."""
        found = [other for other in self.like(use) if other.found.defines]
        return tuple(other for other in found if not other.below) or tuple(found)


def names_in(overlay: Overlay, home: Path) -> Names:
    """The names in all files of a rule base, its layers and its worked cases, as the editor has them."""
    read: list[tuple[Path, str, str, bool]] = []
    for path, name in overlay.files(home):
        text = overlay.text(tidy(path))
        if text is not None:
            read.append((tidy(path), name, text, not path.is_relative_to(home)))
    defined: dict[str, set[str]] = {}
    for _, name, text, _ in read:
        for found in occurrences(text, name):
            if found.defines:
                defined.setdefault(found.kinds[0], set()).add(found.name)
    return Names(
        tuple(
            Use(path, text, found, _kind(found, defined), below)
            for path, name, text, below in read
            for found in occurrences(text, name)
        )
    )


def renamed(names: Names, use: Use, new: str, base: RuleBase | None) -> Iterator[Use]:
    """The places that change where a name gets another one. Raises NotRenamed."""
    check_renamed(names, use, base)
    if not RENAMED[use.kind].fits(new) or new == ALL_PERSONNEL:
        raise NotRenamed(f"`{new}` is no name for this: use small letters a to z, digits and `_`")
    if any(other.found.defines and (other.kind, other.found.name) == (use.kind, new) for other in names.uses):
        raise NotRenamed(f"there is a {use.kind} `{new}` already")
    return iter(names.like(use))


def check_renamed(names: Names, use: Use, base: RuleBase | None) -> None:
    """Raises NotRenamed for a name that another rule base or a file's name holds."""
    if use.kind not in RENAMED:
        raise NotRenamed(f"a {use.kind} is not renamed here")
    defined = [other for other in names.like(use) if other.found.defines]
    if not defined:
        raise NotRenamed(f"nobody defines `{use.found.name}`")
    if any(other.below for other in defined) or (base is not None and _bound(base.below, use)):
        raise NotRenamed(f"the base has `{use.found.name}`, so its name stays")


def _bound(old: RuleBase | None, use: Use) -> bool:
    """Whether the base of a copy binds a name."""
    if old is None or use.kind in ("rule", "source"):
        return False
    claims = (expr for made in old.properties for expr in (made.premise, made.conclusion) if expr is not None)
    bound: Mapping[str, Collection[str]] = {
        NAME: {*readers_on_person(old), *(name for expr in claims for name in names_of(expr))},
        "intervention": {id for id, made in old.interventions.items() if made.personnel},
        "property": {made.id for made in old.properties},
    }
    return use.kind not in bound or use.found.name in bound[use.kind]


def _kind(found: Occurrence, defined: Mapping[str, set[str]]) -> str:
    """The kind that a name is of: the first that is defined somewhere."""
    return next((kind for kind in found.kinds if found.name in defined.get(kind, ())), found.kinds[0])
