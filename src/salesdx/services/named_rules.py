"""Rules as a reader names them: `salesdx`, a folder, or by a pin, the digest of rules whose files are at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from salesdx.authoring.promised import copied_from
from salesdx.base.copying import COPIED, NotCopied
from salesdx.base.layer_fields import DIGEST
from salesdx.base.layers import SHIPPED, folders
from salesdx.base.loading import load, shipped_home
from salesdx.services.recorder import NO_RECORDER, Recorder, needs_extra
from salesdx.text.english import listed
from salesdx.text.issues import CaseError, RuleBaseError

SHA256 = "sha256:"


class NotAtHand(Exception):
    """There are no rules with a pin where one looks for them; the message says where that was."""


def is_pin(name: str) -> bool:
    """Whether rules are named by their digest."""
    return name.startswith(SHA256)


@contextmanager
def rules_named(
    name: str, beside: Iterable[Path | None] = (), recorder: Recorder = NO_RECORDER
) -> Iterator[Path | None]:
    """The folder of rules by their name, for the time being; None for the shipped ones.

    A pin is looked for among the shipped rules, those ``beside`` and all that these extend or were copied from, and in
    the trail of the recorder. Raises NotAtHand, TrailError, and MissingExtra without the libraries of the trail.
    """
    if not is_pin(name):
        yield None if name == SHIPPED else Path(name)
        return
    if not DIGEST.fits(name):
        raise NotAtHand(f"a pin is {DIGEST.said}, this is `{name}`")
    with ExitStack() as stack:
        looked_at: list[str] = []
        for shown, folder in chain(_at_hand(beside, stack), _in_trail(name, recorder, stack)):
            digest = _digest_of_rules(folder)
            if digest == name:
                yield folder
                return
            looked_at.append(f"{shown} ({digest[7:19] or 'cannot be read'})")
        trail = f"the trail `{recorder.where}`" if recorder.where else "no trail, since none is named"
        raise NotAtHand(f"no rules with the digest {name} are at hand; looked at: {listed([*looked_at, trail])}")


def _at_hand(beside: Iterable[Path | None], stack: ExitStack) -> Iterator[tuple[str, Path | None]]:
    """The shipped rules, then each folder with what is below it: words for it, and the folder."""
    yield "the shipped rules", None
    found = (each for home in beside if home is not None for each in reversed(folders(home, str(home), shipped_home)))
    for folder, shown in dict(found).items():
        if folder.resolve() == shipped_home().resolve():
            continue
        yield f"`{shown}`", folder
        if (folder / COPIED).is_file():
            try:
                yield f"what `{shown}` was copied from", stack.enter_context(copied_from(folder))
            except (NotCopied, CaseError):
                continue  # its copy cannot be read either, and says so where it is loaded


def _in_trail(pin: str, recorder: Recorder, stack: ExitStack) -> Iterator[tuple[str, Path | None]]:
    if not recorder.where:
        return
    with needs_extra():
        from salesdx.trail.pinned import pinned_files
        from salesdx.trail.rule_bases import written_rules
    with recorder.open(write=False).read() as reader:
        files = pinned_files(reader, pin)
    if files is not None:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        written_rules(files, pin, folder)
        yield "the trail", folder


def _digest_of_rules(folder: Path | None) -> str:
    """The digest of the rules in a folder; empty where they do not load."""
    try:
        return load(folder, any_language=True, held=False).digest
    except RuleBaseError:
        return ""
