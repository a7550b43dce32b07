"""The base that rules stand on: what a layer extends, or what a copy was copied from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from salesdx.base.acceptances import read_acceptances, read_digest
from salesdx.base.background import Acceptance
from salesdx.base.copying import ARCHIVE, COPIED, NotCopied, read_copied, unpacked
from salesdx.base.layers import EXTENDED, RuleFiles, place_of
from salesdx.base.model import RuleBase
from salesdx.base.reading import NodeReader, first_line
from salesdx.text.source import Node, Scalar

Load = Callable[[Path, str], RuleBase | None]
"""A folder and its path in messages -> its rules; None with faults, which were noted."""
Standing = tuple[RuleBase | None, tuple[Acceptance, ...]]
"""The base, and the signatures for what goes further than it."""
Lower = tuple[Path, str, bool]
"""The folder below a layer, its path in messages, and whether the layer names it."""


def read_base(reader: NodeReader, files: RuleFiles, folder: Path, shown: str, lower: Lower, load: Load) -> Standing:
    """The base of rules whose files were read without a fault, and the signatures; nothing where they have none.

    A layer that is put on other rules than it names is not held to its pin.

    The texts of the base are put among those that the digest covers.
    """
    below, accepts = _base(reader, files, folder, shown, lower, load)
    if below is not None:
        files.texts |= {f"{EXTENDED}/{name}": text for name, text in below.files.items()}
    return below, accepts


def _base(reader: NodeReader, files: RuleFiles, folder: Path, shown: str, lower: Lower, load: Load) -> Standing:
    before = len(reader.issues)
    copied, accepts = read_copied(reader, files, folder, shown)
    if not files.own:
        found = _copied(reader, folder, shown, copied, load) if copied and len(reader.issues) == before else None
        return found, accepts
    if copied:
        message = f"a layer is held to what it extends, and has no `{COPIED}`"
        reader.fault("copied", message, place_of(shown, COPIED), "delete the file")
    return _extended(reader, files, load, lower)


def _extended(reader: NodeReader, files: RuleFiles, load: Load, lower: Lower) -> Standing:
    pin = read_digest(reader, files.own.get("pin"), "pin")
    accepts = read_acceptances(reader, files.own.get("accepts"))
    folder, shown, named = lower
    below = load(folder, shown)
    if below is not None and named and pin and pin != below.digest:
        message = f"the layer was written for another base: what it extends now has the digest {below.digest}"
        help = f"read `salesdx diff OLD {_text(files.own['extends'])}`, then write `pin: {below.digest}`"
        reader.fault("pin", message, first_line(files.own["pin"].place), help)
    return below, accepts


def _copied(reader: NodeReader, folder: Path, shown: str, fields: Mapping[str, Node], load: Load) -> RuleBase | None:
    try:
        with unpacked(folder, _text(fields["archive"])) as base:
            below = load(base, place_of(shown, ARCHIVE).path)
    except NotCopied as error:
        help = f"put `{ARCHIVE}` back as `salesdx init` wrote it; nobody edits it"
        reader.fault("copied", str(error), first_line(fields["archive"].place), help)
        return None
    if below is not None and _text(fields["digest"]) != below.digest:
        message = f"the rules in `{ARCHIVE}` have the digest {below.digest}"
        help = f"put `{COPIED}` back as `salesdx init` wrote it"
        reader.fault("copied", message, first_line(fields["digest"].place), help)
    return below


def _text(node: Node) -> str:
    return node.text.strip() if isinstance(node, Scalar) else ""
