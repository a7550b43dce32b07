"""`salesdx ask`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from salesdx import load
from salesdx.case.file import read_case_file
from salesdx.cli import options
from salesdx.cli import output as out
from salesdx.cli.facts import options as drawing
from salesdx.interview.meaning import named_role, role_hint
from salesdx.interview.open_questions import questions_by_respondent, subject_awaited
from salesdx.questionnaire import Questionnaire
from salesdx.questionnaire.workbook import MISSING, available, write_workbook
from salesdx.questionnaire.yaml_form import to_yaml
from salesdx.render.form_page import form_html
from salesdx.render.wording import in_quotes, person
from salesdx.services.questionnaires import open_questionnaire
from salesdx.text.english import many

_WRITERS: dict[str, Callable[[Questionnaire], str | bytes]] = {
    "yaml": to_yaml,
    "html": form_html,
    "xlsx": write_workbook,
}
SUFFIXES = {".html": "html", ".htm": "html", ".xlsx": "xlsx"}


@click.command(epilog="Example: salesdx ask examples/empty-start.yaml --respondent production --output production.html")
@click.argument("case")
@click.option(
    "--respondent", required=True, metavar="R", help="Whom to ask, by identifier or label, such as production."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(_WRITERS)),
    help="A text file, a page, or a workbook.  [default: by the name of the output, else yaml]",
)
@drawing.from_systems
@options.firm
@options.home
@options.output
def ask(
    case: str,
    respondent: str,
    format_: str | None,
    source: drawing.FromSystems,
    firm: Path | None,
    home: Path | None,
    output: Path | None,
) -> None:
    """Write a questionnaire for one respondent: the questions to him or her that can still change the result.

    They are what the report hands over to this respondent. A fact that others stated is among them where their word
    does not do, and the form says why.

    It holds the case's name, pseudonym and period, and nothing of what is known: no facts, no results, no questions to
    others. What comes back goes into the case with `salesdx collect`. With --from facts are drawn into the case first,
    and what was drawn is not asked.
    """
    format_ = format_ or SUFFIXES.get(output.suffix.casefold() if output else "", "yaml")
    if format_ == "xlsx" and (output is None or str(output) == "-"):
        raise click.UsageError("a workbook goes into a file: add --output, such as `--output answers.xlsx`")
    if format_ == "xlsx" and not available():
        raise click.ClickException(MISSING)
    out.keep_apart(output, case)
    base = load(home)
    role = named_role(base, respondent)
    if not role:
        known = ", ".join(base.respondents)
        raise click.UsageError(f"there is no respondent `{respondent}`; they are {known}{role_hint(base, respondent)}")
    if source.systems is not None:
        firm = source.profile(firm, Path(case), base)
        source.draw(Path(case), base, firm)
    memory = read_case_file(case, base, firm)
    form = open_questionnaire(base, memory, role)
    handed, who = questions_by_respondent(base, memory), person(base, role)
    if form.questions and role not in handed:
        told = f"no answer of {who} can change the result; this asks for what lies behind it"
        click.echo(told, err=True)
    if not form.questions:
        others = [f"{person(base, name)} ({many(len(terms), 'question')})" for name, terms in handed.items()]
        rest = f"; others can: {', '.join(others)}" if others else ""
        told = f"nothing is left to ask {who}: no answer of theirs can change the result{rest}"
        if subject := subject_awaited(base, memory, role):
            told = f"{who} is asked once it is known what the review is about: {in_quotes(base, subject)}{rest}"
        click.echo(told, err=True)
        if output is not None:
            click.echo(f"`{output}` is not written", err=True)
        return
    out.write(_WRITERS[format_](form), output)
    if output is not None and str(output) != "-":
        click.echo(f"{many(len(form.questions), 'question')} to {who} in {output}", err=True)
