"""What is said of the comments that silence a check; ``check.run`` finds it."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring.checks.check import NO_REASON, NOTE, UNKNOWN, UNUSED, WARNING, Check
from salesdx.base.model import RuleBase
from salesdx.text.source import Place


def silencing(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    yield from ()


CHECKS = (
    Check(
        UNKNOWN,
        WARNING,
        "A comment that silences a check that does not exist",
        """\
`# salesdx: allow` is followed by the code of a check, as issues show it in
brackets. A code that is none silences nothing, so what it was to allow is still
told, or is told by nobody.
""",
        silencing,
    ),
    Check(
        NO_REASON,
        WARNING,
        "A comment that silences a check without a reason",
        """\
Who reads the file later has to know why the check is wrong here: `# salesdx:
allow CODE - why`. Without a reason the comment silences nothing.
""",
        silencing,
    ),
    Check(
        UNUSED,
        NOTE,
        "A comment that silences nothing",
        """\
The check has nothing to tell here any more: what it told was mended, or was
never told of this entry. Delete the comment, so that it does not hide the next
fault.
""",
        silencing,
    ),
)
