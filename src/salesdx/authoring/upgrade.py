"""An upgrade of the rules below a layer: what changed there, what the layer overrides, what collides, and whether the
layer goes further towards a person with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from salesdx.authoring.diff import RuleChange, Turned, changes, turned_cases, worked_cases
from salesdx.authoring.path_to_person import PathToPerson, path_to_person
from salesdx.base.loading import load
from salesdx.base.model import RuleBase
from salesdx.language.conditions import Expr, limits_of, names
from salesdx.text.issues import Issue, RuleBaseError

WHOLE = ("rule", "property", "term", "limit", "intervention", "source")
"""What a layer overrides by its name, as `diff` names it too."""
LADDER, POLICY = "ladder", "policy"


@dataclass(frozen=True, slots=True)
class Override:
    """A piece that a layer adds, replaces or removes (``how``), and what happened to the same piece below.

    ``below`` is the change of that piece, None where there is none; ``reads`` are changed pieces that it rests on, also
    through others, and rules added below that say the finding of a rule of the layer; ``same`` tells that the new rules
    below say the same, so that the layer needs the piece no more.
    """

    what: str
    name: str
    how: str
    below: RuleChange | None = None
    reads: tuple[str, ...] = ()
    same: bool = False

    @property
    def collides(self) -> bool:
        """Whether the rules below changed what the layer says otherwise."""
        return self.below is not None and not self.same

    def to_dict(self) -> dict[str, Any]:
        below = None if self.below is None else self.below.to_dict()
        told = {"what": self.what, "name": self.name, "how": self.how, "collides": self.collides, "below": below}
        return told | {"reads": list(self.reads), "same": self.same}


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade means for a layer. ``faults`` are those of the layer on the new rules; then no case is run, and
    the path to a person is not looked at.

    ``turned`` are those of the layer's own worked cases, ``cases`` in all, that come out otherwise; ``path`` is how the
    layer on the new rules stands to the layer on the old ones.
    """

    old: RuleBase
    new: RuleBase
    on_old: RuleBase
    """The layer on the old rules."""
    changes: tuple[RuleChange, ...]
    overrides: tuple[Override, ...]
    faults: tuple[Issue, ...] = ()
    turned: tuple[Turned, ...] = ()
    cases: int = 0
    path: PathToPerson | None = None

    @property
    def collisions(self) -> tuple[Override, ...]:
        """What was changed below and by the layer."""
        return tuple(override for override in self.overrides if override.collides)

    @property
    def clean(self) -> bool:
        """Whether the layer can lie on the new rules unread: nothing collides, no fault, every case as it was, and no
        door to a person opens that nobody signed for."""
        opens = self.path is not None and not self.path.stands
        return not (self.collisions or self.faults or self.turned or opens)


def upgrade(layer: Path, old_home: Path | None, new_home: Path | None) -> Upgrade:
    """What it means to put a layer on other rules than those that it lay on.

    Raises RuleBaseError where either of the rules below has faults, or the layer has on the old ones.
    """
    old, new, on_old = load(old_home), load(new_home), load(layer, below=old_home)
    found = tuple(changes(old, new))
    try:
        on_new = load(layer, below=new_home)
    except RuleBaseError as error:
        return Upgrade(old, new, on_old, found, tuple(_overrides(on_old, found, new, None)), tuple(error.issues))
    cases = list(worked_cases(on_old, (layer,), own=True))
    turned, path = tuple(turned_cases(on_old, on_new, cases)), path_to_person(on_old, on_new, layer)
    return Upgrade(old, new, on_old, found, tuple(_overrides(on_old, found, new, on_new)), (), turned, len(cases), path)


def _overrides(
    on_old: RuleBase, found: Iterable[RuleChange], new: RuleBase, on_new: RuleBase | None
) -> Iterator[Override]:
    below = {(change.what, change.name): change for change in found}
    kept = None if on_new is None else _said_otherwise(new, on_new)
    for what, name, how in on_old.layers[-1].changes if on_old.layers else ():
        change = below.get((what, name)) if what in WHOLE else _of_key(name, below)
        reads = tuple(_changed_below((what, name), (on_old, on_new or new), below))
        if how == "removed":
            same = change is not None and change.how == "removed"
        else:
            same = kept is not None and (what, name) not in kept
        yield Override(what, name, how, change, reads, same)


def _said_otherwise(new: RuleBase, on_new: RuleBase) -> set[tuple[str, str]]:
    """The pieces that a layer has otherwise than the rules below it."""
    keys = {(what, name) for what, name, _ in (on_new.layers[-1].changes if on_new.layers else ()) if what not in WHOLE}
    return {(change.what, change.name) for change in changes(new, on_new)} | keys


def _of_key(name: str, below: dict[tuple[str, str], RuleChange]) -> RuleChange | None:
    """The change of one key of a file, such as `knowledge/delivery.yaml: ruled_out_when`, or of the file."""
    file, _, key = name.partition(": ")
    home = Path(file).stem
    kinds = (home,) if home in (LADDER, POLICY) else ("stage", "group")
    change = next((below[kind, home] for kind in kinds if (kind, home) in below), None)
    if change is None or not key or change.how != "changed":
        return change
    told = [part for part, *_ in change.parts]
    parts = {"order" if (key, home) == ("stages", LADDER) else key}
    return change if any(part in parts or part.partition(":")[0] == key for part in told) else None


def _changed_below(
    piece: tuple[str, str], sides: Sequence[RuleBase], below: Mapping[tuple[str, str], RuleChange]
) -> Iterator[str]:
    """What a piece of the layer rests on, also through others, and changed below; and the rules that were added there
    with the finding of a rule of the layer."""
    seen, todo = {piece}, [piece]
    while todo:
        found = [each for side in sides for each in _behind(side, *todo[0])]
        for each in dict.fromkeys(found):
            if each not in seen:
                seen.add(each)
                todo.append(each)
                if each in below:
                    yield each[1]
        todo.pop(0)
    finding = next((side.rule[piece[1]].finding for side in sides if piece[0] == "rule" and piece[1] in side.rule), "")
    for rule in sides[-1].findings.get(finding, ()):
        if ("rule", rule.id) not in seen and (change := below.get(("rule", rule.id))) and change.how == "added":
            yield rule.id


def _behind(base: RuleBase, what: str, name: str) -> Iterator[tuple[str, str]]:
    """The terms, limits, rules behind findings, and interventions that a piece reads or recommends itself."""
    read: list[Expr | None] = []
    if what == "rule" and (rule := base.rule.get(name)) is not None:
        read = [rule.when, rule.explains]
        yield from (("intervention", id) for id in (*rule.recommend, *rule.suppresses))
    elif what == "term" and (term := base.terms.get(name)) is not None:
        read = [*term.expressions, term.applies_when]
    elif what == "key":
        file, _, key = name.partition(": ")
        stage = base.home.get(Path(file).stem)
        read = [stage.conditions.get(key)] if stage is not None else []
    for expr in read:
        for word in names(expr) if expr is not None else ():
            yield from (("rule", other.id) for other in base.findings.get(word, ()))
            yield "term", word
        yield from (("limit", limit) for limit in (limits_of(expr) if expr is not None else ()))
