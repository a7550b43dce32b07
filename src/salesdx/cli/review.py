"""`salesdx test --review`: somebody looks at each case that a layer turns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from salesdx.authoring.review import ReviewCase, accepted_text, target, to_review
from salesdx.base.model import RuleBase
from salesdx.cli.typed_lines import read_line
from salesdx.render.lines import clean
from salesdx.services.files import read_user_file, write_together
from salesdx.text.english import many

ONE, GROUP, ALL, SKIP, REFUSE = WORDS = ("one", "group", "all", "skip", "refuse")
LEGEND = """\
one     accept this case
group   accept it and the rest of its group
all     accept it and all that are left
skip    leave it as it is
refuse  end, and write nothing"""
GRADES = {
    "harsher": "harsher for a person: accepted only alone",
    "milder": "milder for a person",
    "same": "the same for a person",
}


def review_cases(home: Path, base: RuleBase, why: str) -> None:
    """Show every case that the layer turns, ask, and write what was accepted. Exit status 1 where one is left.

    Raises RuleBaseError, CaseError, FileError, click.ClickException.
    """
    found = to_review(home, base)
    if not found:
        click.echo("every worked case comes out as expected: there is nothing to review")
        return
    files = {turn.path: read_user_file(target(turn, home)) for turn in found}
    click.echo(LEGEND)
    taken = _asked(found)
    if taken is not None and taken:
        why = why or _why()
    if taken is None or (taken and not why):
        click.echo("nothing is written")
        raise SystemExit(1)
    written = [(files[turn.path], accepted_text(turn, why)) for turn in taken]
    write_together(written)
    for file, _ in written:
        click.echo(f"{file.path} is written")
    left = len(found) - len(taken)
    click.echo(f"{many(len(taken), 'case')} accepted, {left} left as {'it was' if left == 1 else 'they were'}")
    if left:
        raise SystemExit(1)


def _asked(found: Sequence[ReviewCase]) -> list[ReviewCase] | None:
    """The turns that somebody accepts; None where nothing is to be written."""
    taken: list[ReviewCase] = []
    everything = False
    group: tuple[str, ...] = ()
    for number, turn in enumerate(found):
        if number == 0 or turn.edits != found[number - 1].edits:
            alike = sum(other.edits == turn.edits for other in found)
            click.echo(f"\n{', '.join(turn.edits)}: {many(alike, 'case')}")
        _show(turn)
        if turn.bulk and (everything or group == turn.edits):
            click.echo("  accepted")
            taken.append(turn)
            continue
        answer = _answer(turn)
        if answer is None or answer == REFUSE:
            return None
        if answer != SKIP:
            taken.append(turn)
        everything, group = everything or answer == ALL, turn.edits if answer == GROUP else group
    return taken


def _answer(turn: ReviewCase) -> str | None:
    """One of WORDS; None where the input ends. A case that is harsher for a person is accepted alone or not at all."""
    allowed = WORDS if turn.bulk else (ONE, SKIP, REFUSE)
    while True:
        line = read_line(f"  {', '.join(allowed)}: ")
        if line is None or line.strip().lower() in allowed:
            return line and line.strip().lower()
        click.echo(f"  write one of {', '.join(allowed)}")


def _why() -> str:
    """Why the accepted results are right; empty where the input ends."""
    while (line := read_line("why is that right? ")) is not None:
        if clean(line).strip():
            return clean(line).strip()
    return ""


def _show(turn: ReviewCase) -> None:
    case = turn.run.case
    click.echo(f"\n  {clean(case.memory.case)}  {clean(case.title or case.path)} ({GRADES[turn.grade]})")
    for key, before, after in turn.told:
        click.echo(f"    {key}: {clean(before)} → {clean(after)}")
