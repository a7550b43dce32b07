"""Signatures for what goes further than the base: which of them count, and how one is written.

The case that was looked at lies beside the rules, in `accepted/`; the signature holds its digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from salesdx.authoring.door_cases import Opening, opening, with_gap
from salesdx.authoring.silences import named, unsigned_silences
from salesdx.base.background import Acceptance
from salesdx.base.copying import COPIED
from salesdx.base.layers import LAYER, folders
from salesdx.base.loading import shipped_home
from salesdx.base.model import RuleBase
from salesdx.base.pieces import ChangedPiece, digest_of_pieces, pieces
from salesdx.case.file import case_from_text
from salesdx.case.writing import new_case, yaml_text
from salesdx.engine.backends.smt.doors import Door, door_named
from salesdx.text.issues import CaseError
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Sequence, parse_yaml

ACCEPTED = "accepted"
"""The folder beside the rules in which the cases lie that somebody signed for."""


class NotSigned(ValueError):
    """A signature cannot be written; the message says why."""


@dataclass(frozen=True)
class Signatures:
    """The signatures that count, each with its case as it opens a door; and why others do not."""

    counting: Mapping[Acceptance, Opening]
    void: Mapping[Acceptance, str]


def signatures(new: RuleBase, base: RuleBase, homes: Iterable[Path]) -> Signatures:
    """What the signatures of rules are worth against a base, those for it; ``homes`` are the folders of the rules."""
    texts = _cases(homes)
    counting: dict[Acceptance, Opening] = {}
    void: dict[Acceptance, str] = {}
    for signed in (each for each in new.accepts if each.edits and each.base == base.digest):
        text = texts.get(signed.case)
        found = _opened(text, signed, new, base) if text is not None else None
        if text is None:
            void[signed] = f"the case that was looked at is not in `{ACCEPTED}/`, or was changed"
        elif found is None:
            void[signed] = "the case that was looked at opens none of its doors"
        else:
            counting[signed] = found
    return Signatures(counting, void)


def counting_signatures(base: RuleBase, home: Path | None) -> Mapping[Acceptance, Opening]:
    """The signatures that count of rules in a folder, and of all that they stand on."""
    homes, found = folders_of(home), dict[Acceptance, Opening]()
    while base.below is not None:
        found |= signatures(base, base.below, homes).counting
        base = base.below
    return found


def folders_of(home: Path | None) -> list[Path]:
    """The folders of rules, with those that they extend."""
    return [folder for folder, _ in folders(home, str(home), shipped_home)] if home is not None else []


def _cases(homes: Iterable[Path]) -> dict[str, str]:
    paths = (path for home in homes for path in sorted((home / ACCEPTED).glob("*.yaml")))
    return {_digest(data): data.decode("utf-8", "replace") for data in (path.read_bytes() for path in paths)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _opened(text: str, signed: Acceptance, new: RuleBase, base: RuleBase) -> Opening | None:
    """What the case of a signature opens; also where a statement of an earlier record is left out."""
    try:
        case = case_from_text(text, ACCEPTED, new)
    except CaseError:
        return None
    named = [door for text in signed.doors if (door := door_named(text)) is not None]
    tried = (opening(door, memory, base) for memory in (case, with_gap(case)) for door in named)
    return next((found for found in tried if found is not None), None)


# --- a new one --------------------------------------------------------------------------------------------------------


def piece_named(text: str, new: RuleBase, base: RuleBase) -> ChangedPiece:
    """A changed piece as `opened_by` names it, or without its file where that is clear. Raises NotSigned."""
    found = pieces(new, base)
    named = [piece for piece in found if text in (str(piece), str(piece).partition(" ")[2])]
    if len(named) == 1:
        return named[0]
    if named:
        raise NotSigned(f"`{text}` is more than one piece: write {' or '.join(f'`{piece}`' for piece in named)}")
    raise NotSigned(f"`{text}` is nothing that these rules have otherwise than their base")


def signature(
    edits: Iterable[ChangedPiece],
    doors: Iterable[Door],
    case: Opening,
    reason: str,
    author: str,
    base: RuleBase,
    held: Iterable[ChangedPiece] = (),
) -> Acceptance:
    """A signature for edits and the doors that they open, bound to all that was looked at, and to the pieces by which
    these are ``held`` back."""
    named, behind = tuple(edits), tuple(held)
    return Acceptance(
        reason=reason,
        author=author,
        base=base.digest,
        edits=tuple(map(str, named)),
        doors=tuple(map(str, doors)),
        pieces=digest_of_pieces((*named, *behind), case.case.base, base),
        case=_digest(new_case(case.case).encode()),
        held_back_by=tuple(map(str, behind)),
    )


def silence_signature(text: str, reason: str, author: str, base: RuleBase) -> Acceptance | None:
    """A signature for a comment that silences a check, bound to what it is about; None where none is called so."""
    found = next((each for each in unsigned_silences(base) if named(each, base) == text), None)
    if found is None or base.below is None:
        return None
    return Acceptance(reason, author, base.below.digest, pieces=found.digest, silence=found.code)


def signed_file(home: Path) -> Path:
    """The file of rules that takes their signatures. Raises NotSigned where they have none."""
    for name in (LAYER, COPIED):
        if (home / name).is_file():
            return home / name
    raise NotSigned(f"a signature stands in `{LAYER}` or `{COPIED}`, and `{home}` has neither")


def with_signature(text: str, signed: Acceptance) -> str:
    """The text of `layer.yaml` or `copied.yaml` with one more signature behind the others. Raises NotSigned."""
    node, _ = parse_yaml(text, LAYER)
    known = node.get("accepts") if isinstance(node, MappingNode) else None
    if known is None:
        break_ = "" if text.endswith("\n") or not text else "\n"
        return f"{text}{break_}accepts:\n{indent(_written(signed), '  ')}"
    if not isinstance(known, Sequence) or not known.items or text[known.start : known.start + 1] == "[":
        raise NotSigned("`accepts` is no list in lines (`- edits: ...`); write it so first")
    lines = text.splitlines(keepends=True)
    last = text[: known.items[-1].end].rstrip().count("\n")
    lines[last] = lines[last].removesuffix("\n") + "\n"
    made = indent(_written(signed), " " * (known.items[0].place.column - len("- ") - 1))
    return "".join([*lines[: last + 1], made, *lines[last + 1 :]])


def _written(signed: Acceptance) -> str:
    if signed.silence:
        return "".join(
            (
                f"- silence: {yaml_text(signed.silence)}\n",
                f"  reason: {yaml_text(signed.reason)}\n",
                f"  author: {yaml_text(signed.author)}\n",
                f"  base: {signed.base}\n",
                f"  pieces: {signed.pieces}\n",
            )
        )
    named = (signed.edits, signed.doors, signed.held_back_by)
    edits, doors, held = (", ".join(map(yaml_text, texts)) for texts in named)
    return "".join(
        (
            f"- edits: [{edits}]\n",
            f"  doors: [{doors}]\n",
            f"  held_back_by: [{held}]\n" if held else "",
            f"  reason: {yaml_text(signed.reason)}\n",
            f"  author: {yaml_text(signed.author)}\n",
            f"  base: {signed.base}\n",
            f"  pieces: {signed.pieces}\n",
            f"  case: {signed.case}\n",
        )
    )
