"""`salesdx explain`."""

from __future__ import annotations

from pathlib import Path

import click

from salesdx import diagnose as run
from salesdx.case.file import read_case_file
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.recorder import recorded
from salesdx.explanation import UnknownName
from salesdx.render import FORMATS
from salesdx.render.asked_pages import answer_pages
from salesdx.services.explaining import answered
from salesdx.services.page_requests import Look, Questions
from salesdx.services.recorder import Recorder


@click.command(epilog="Example: salesdx explain examples/late-delivery.yaml")
@click.argument("case")
@click.argument("more", nargs=-1, metavar="")
@click.option("--why", multiple=True, metavar="NAME", help="Why a stage, rule, finding, term or intervention is so.")
@click.option("--why-not", multiple=True, metavar="NAME", help="Why it is not otherwise, and what would decide it.")
@click.option("--what-if", multiple=True, metavar="TERM=VALUE ...", help="What would change if facts were others.")
@click.option("--what-would-change", multiple=True, metavar="STAGE", help="The smallest changes that turn a result.")
@options.format(FORMATS)
@options.ids
@options.firm
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
    ids: bool,
    firm: Path | None,
    home: Path | None,
    engine: str,
    output: Path | None,
    recorder: Recorder,
) -> None:
    """Explain the diagnosis of a CASE: why, why not, what if, and what would change it.

    Without a question, the result itself is explained: the concluded stage, or the first one that is open. A VALUE is
    written as in a case file; `not_known` makes a fact unknown. A NAME is that
    of the rule base, or the label of a fact.
    """
    if more and not what_if:
        raise click.UsageError(f"got unexpected argument `{more[0]}`; one case is explained at a time")
    out.keep_apart(output, case)
    base = options.rules_for_readers(home, ids)
    diagnosis = run(base, recorder.with_earlier(read_case_file(case, base, firm)), engine)
    questions = Questions(why, why_not, _changes((*what_if, *more)), what_would_change)
    try:
        answers = answered(diagnosis, questions)
    except UnknownName as error:
        raise click.UsageError(str(error)) from None
    look = Look(format_, out.terminal_width(), ids, out.colour(output))
    page = recorder.explanation(diagnosis, lambda: questions, look, lambda: answer_pages(diagnosis, answers, look))
    out.write(page, output)


def _changes(texts: tuple[str, ...]) -> dict[str, str | None]:
    changes: dict[str, str | None] = {}
    for text in texts:
        term, equals, value = text.partition("=")
        if not equals or not term or not value:
            raise click.UsageError(f"`{text}` is no TERM=VALUE")
        if term.strip() in changes:
            raise click.UsageError(f"`{term.strip()}` is changed twice")
        changes[term.strip()] = value.strip()
    return changes
