"""`salesdx explain`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from salesdx import diagnose as run
from salesdx import explain as explanation_of
from salesdx import load
from salesdx.case.file import read_case_file
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import Recorder, recorded
from salesdx.engine.diagnosis import Diagnosis
from salesdx.explanation import Explanation, UnknownName
from salesdx.render import FORMATS, render_answers
from salesdx.render.explained import Explained


@click.command(epilog="Example: salesdx explain examples/late-delivery.yaml")
@click.argument("case")
@click.argument("more", nargs=-1, metavar="")
@click.option("--why", multiple=True, metavar="NAME", help="Why a stage, rule, finding, term or intervention is so.")
@click.option("--why-not", multiple=True, metavar="NAME", help="Why it is not otherwise, and what would decide it.")
@click.option("--what-if", multiple=True, metavar="TERM=VALUE ...", help="What would change if facts were others.")
@click.option("--what-would-change", multiple=True, metavar="STAGE", help="The smallest changes that turn a result.")
@options.format(FORMATS)
@options.home
@options.engine
@options.output
@recorded
def explain_command(
    case: str,
    more: tuple[str, ...],
    why: tuple[str, ...],
    why_not: tuple[str, ...],
    what_if: tuple[str, ...],
    what_would_change: tuple[str, ...],
    format_: str,
    home: Path | None,
    engine: str,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Explain the diagnosis of a CASE: why, why not, what if, and what would change it.

    Without a question, the result itself is explained: the concluded stage, or the first one that is open. A VALUE is
    written as in a case file; `not_known` makes a fact unknown. Names are those of the rule base.
    """
    if more and not what_if:
        raise click.UsageError(f"got unexpected argument `{more[0]}`; one case is explained at a time")
    base = load(home)
    diagnosis = run(base, read_case_file(case, base), engine)
    explanation = explanation_of(base, diagnosis.memory, diagnosis)
    if not (why or why_not or what_if or what_would_change):
        why, why_not = _result(diagnosis)
    changes = _changes((*what_if, *more))
    try:
        answers = list(_answers(explanation, why, why_not, changes, what_would_change))
    except UnknownName as error:
        raise click.UsageError(str(error)) from None
    asked = "; ".join(f"{answer.question} {answer.name}" for answer in answers)
    recorder.explanation(diagnosis, asked, render_answers(diagnosis, answers, format_, out.terminal_width()))
    out.write(render_answers(diagnosis, answers, format_, out.terminal_width(), out.colour(output)), output)


def _result(diagnosis: Diagnosis) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What to explain where nothing is asked: names for why, and names for why not."""
    reached = tuple(file.stage.id for file in diagnosis.files if file.reached)
    if diagnosis.concluded is not None:
        return (diagnosis.concluded.stage.id, *reached), ()
    asked = next((stage.stage.id for stage in diagnosis.stages if stage.asked), None)
    return (("mode",), ()) if asked is None else ((), (asked,))


def _changes(texts: tuple[str, ...]) -> dict[str, str | None]:
    changes: dict[str, str | None] = {}
    for text in texts:
        term, equals, value = text.partition("=")
        if not equals or not term or not value:
            raise click.UsageError(f"`{text}` is no TERM=VALUE")
        changes[term.strip()] = value.strip()
    return changes


def _answers(
    explanation: Explanation,
    why: tuple[str, ...],
    why_not: tuple[str, ...],
    changes: dict[str, str | None],
    what_would_change: tuple[str, ...],
) -> Iterator[Explained]:
    for name in why:
        yield Explained("why", name, explanation.why(name))
    for name in why_not:
        yield Explained("why_not", name, explanation.why_not(name))
    if changes:
        told = ", ".join(f"{term} is {value}" for term, value in changes.items())
        yield Explained("what_if", told, explanation.what_if(changes))
    for name in what_would_change:
        yield Explained("what_would_change", name, explanation.what_would_change(name))
