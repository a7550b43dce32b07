"""The page of a check for a terminal, and all pages as one for `docs/checks.md`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from salesdx.authoring.checks import Check
from salesdx.authoring.checks.examples import Example

HEAD = """\
# The checks of a rule base

`salesdx check` first loads a rule base, which finds what is not in the language: unknown names, wrong types,
circles. What loads may still be wrong, untested or unsafe. For that there are {count} checks. Each has a
level:

| level | meaning |
|---|---|
| error | something is certainly wrong, or unsafe for a person |
| warning | something does nothing, or counts twice, or nobody vouches for it |
| note | worth knowing; shown with `--level note` |

The exit status is 1 if an error or a warning is shown. `salesdx check --explain CODE` shows the page of one
check. What a check claims about conditions holds for every possible case, not for samples: comparisons of one
term are worked out within its range, through findings and the ladder. Comparisons of several terms are taken
as free, and so are counts over very many rules: there a check may miss a fault, and never tells one that is
none.

A comment silences a check for the entry behind it, or for its own line. It has to say why:

```yaml
# salesdx: allow unused-term - the purchasing report is written from it
```

The examples lie on [a small rule base](../tests/checks/rule-base/knowledge/ladder.yaml), as a layer on the
one that it extends. This page is made from the checks themselves.
"""


def check_page(check: Check, example: Example | None) -> str:
    """A check's page as text."""
    parts = [f"{check.code} ({check.severity}): {_small(check.title)}", check.page]
    if example is not None:
        parts += ["Told of:", _indented(example.bad), _indented(example.told), "Not told of:", _indented(example.good)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def checks_handbook(checks: Sequence[tuple[Check, Example | None]]) -> str:
    """All pages as Markdown, with a table of contents."""
    lines = [HEAD.format(count=len(checks)), "| check | level | tells of |", "|---|---|---|"]
    lines += [f"| [{check.code}](#{check.code}) | {check.severity} | {_small(check.title)} |" for check, _ in checks]
    return "\n".join([*lines, "", *(line for check, example in checks for line in _section(check, example))])


def _section(check: Check, example: Example | None) -> Iterator[str]:
    yield f"## {check.code}"
    yield f"\n{check.title} ({check.severity}).\n\n{check.page}"
    if example is not None:
        yield f"Told of:\n\n```yaml\n{example.bad}```\n\n```text\n{example.told}```\n"
        yield f"Not told of:\n\n```yaml\n{example.good}```\n"


def _small(title: str) -> str:
    return title[:1].lower() + title[1:]


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")
