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
class File:
    """A file of a rule base, as the editor has it, and its name there."""

    path: Path
    name: str
    text: str
    below: bool


@dataclass(frozen=True)
class Names:
    """The names in the files of a rule base; ``defined`` are those of each kind that some file defines."""

    files: tuple[File, ...]
    defined: Mapping[str, Collection[str]]

    def at(self, path: Path, index: int) -> Use | None:
        """The name that stands at a place; of two that touch it, the one behind it."""
        for file in self.files:
            if file.path == path:
                here = [found for found in occurrences(file.text, file.name) if found.start <= index <= found.end]
                return self._use(file, here[-1]) if here else None
        return None

    def like(self, use: Use) -> tuple[Use, ...]:
        """Every place of the same name, the definitions among them."""
        same = (
            self._use(file, found)
            for file in self.files
            for found in occurrences(file.text, file.name)
            if found.name == use.found.name
        )
        return tuple(other for other in same if other.kind == use.kind)

    def definitions(self, use: Use) -> tuple[Use, ...]:
        """Where a name is defined: in the topmost layer that defines it."""
        found = [other for other in self.like(use) if other.found.defines]
        return tuple(other for other in found if not other.below) or tuple(found)

    def _use(self, file: File, found: Occurrence) -> Use:
        """A name with its kind: the first that is defined somewhere."""
        kinds = (kind for kind in found.kinds if found.name in self.defined.get(kind, ()))
        return Use(file.path, file.text, found, next(kinds, found.kinds[0]), file.below)


def names_in(overlay: Overlay, home: Path) -> Names:
    """The names in all files of a rule base, its layers and its worked cases, as the editor has them."""
    files = []
    for path, name in overlay.files(home):
        text = overlay.text(tidy(path))
        if text is not None:
            files.append(File(tidy(path), name, text, not path.is_relative_to(home)))
    defined: dict[str, set[str]] = {}
    for file in files:
        for found in occurrences(file.text, file.name):
            if found.defines:
                defined.setdefault(found.kinds[0], set()).add(found.name)
    return Names(tuple(files), defined)


def renamed(names: Names, use: Use, new: str, base: RuleBase | None) -> Iterator[Use]:
    """The places that change where a name gets another one. Raises NotRenamed."""
    check_renamed(names, use, base)
    if not RENAMED[use.kind].fits(new) or new == ALL_PERSONNEL:
        raise NotRenamed(f"`{new}` is no name for this: use small letters a to z, digits and `_`")
    if new in names.defined[use.kind]:
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
