"""A term without a label among terms that have one."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.authoring.checks.check import WARNING, Check
from salesdx.base.model import RuleBase
from salesdx.text.source import Place

PAGE = """\
A label is what people read in the place of a term's name: in reports, in
letters, while they answer. Where other terms of its stage have one, a bare name
among them reads like a fault of the program.

Write in at most 40 characters what is measured: `label: Days to make a quote`.
A stage without any label is left alone: there people read the names.
"""


def no_label(base: RuleBase) -> Iterator[tuple[Place, str, str]]:
    homes = {term.home for term in base.terms.values() if term.label}
    for term in base.terms.values():
        if not term.label and term.home in homes:
            yield term.place, f"`{term.name}` has no label, so people read its name", ""


CHECK = Check("no-label", WARNING, "A name that people read", PAGE, no_label)
