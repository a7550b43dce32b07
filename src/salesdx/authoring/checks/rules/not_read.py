"""Something among the files of the rules that is not read."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring.checks.check import WARNING, Check
from salesdx.base.model import RuleBase
from salesdx.text.source import Place

PAGE = """\
A rule base is every file that ends in `.yaml` and lies right in `knowledge/` or
`rules/`, and the worked cases in `rules/cases/`. Whatever else lies there has
no say: a rule in a folder of its own, in a file with another ending or with a
dot in front decides nothing, though it looks as if it did. Move it to where it
is read, or out of these folders.
"""


def not_read(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    for path, why in base.not_read.items():
        name = path.rpartition("/")[2]
        help = "move it to where it is read, or out of this folder"
        yield Place(path, 1, 1, 1, 2), f"`{name}` is not read: {why}", help


CHECK = Check("not-read", WARNING, "Something among the rules that is not read", PAGE, not_read)
