"""`salesdx check`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from salesdx import load
from salesdx.authoring.checks import CHECKS, check_base, check_named
from salesdx.authoring.checks.check import NOTE
from salesdx.authoring.checks.examples import example_of
from salesdx.authoring.fact_lists import quoted
from salesdx.authoring.promised import lost_properties, properties_told, silence_notes, silenced_told
from salesdx.base.model import RuleBase
from salesdx.cli import faults, options
from salesdx.cli.watch import watchable
from salesdx.render.based_words import added_lines, further_lines, strange_lines, unkept_lines
from salesdx.render.check_pages import check_page
from salesdx.render.issue_lines import FORMATS, LEVELS, base_summary, level_count, render_issues
from salesdx.text.english import many
from salesdx.text.issues import Issue, RuleBaseError, did_you_mean, issue_lines


@click.command(epilog="Example: salesdx check --level note")
@click.option(
    "--level", type=click.Choice(LEVELS), default="warning", show_default=True, help="What is shown, from here on."
)
@click.option("--explain", metavar="CODE", help="Show the page of one check, with a bad and a good example.")
@options.home
@options.format(FORMATS)
@watchable
def check_command(level: str, explain: str | None, home: Path | None, format_: str) -> None:
    """Look for faults in a rule base: every fault of every file in one run, each with its place and what helps.

    What loads is looked at by the checks: rules that can never be true, signs that count twice, questions that change
    nothing, advice about a person that comes too early. What they tell holds for every possible case. A comment
    silences one, with a reason: `# salesdx: allow CODE - why`.

    The formats json, sarif and github are for editors and for builds. In json what comments silence stands as notes
    with the code `silenced`: of a layer or copy always, else with --level note. The exit status is 1 if an error or a
    warning is shown.
    """
    if explain is not None:
        click.echo(_page(explain), nl=False)
        return
    try:
        base = load(home)
    except RuleBaseError as error:
        if format_ == "text":
            faults.show_issues(error.issues)
        else:
            click.echo(render_issues(error.issues, format_), nl=False)
        raise SystemExit(1) from None
    found = check_base(base, CHECKS)
    shown = [issue for issue in found if LEVELS.index(issue.severity) <= LEVELS.index(level)]
    failed = bool({*lost_properties(base)} - {*base.unkept}) or any(issue.severity != NOTE for issue in shown)
    if format_ == "text":
        _show(base, shown, failed, len(found) - len(shown))
        for line in _beside(base):
            click.echo(line, err=failed)
    else:
        quiet = silence_notes(base) if format_ == "json" and (base.below is not None or level == NOTE) else []
        click.echo(render_issues([*shown, *quiet], format_, CHECKS), nl=False)
    if failed:
        raise SystemExit(1)


def _show(base: RuleBase, shown: list[Issue], failed: bool, hidden: int) -> None:
    """The issues and how many there are: messages where the check failed, else what was asked for."""
    for line in [*issue_lines(shown), *([level_count(shown)] if shown else [])]:
        click.echo(line, err=failed)
    if not failed:
        click.echo(base_summary(base))
    for line in (*strange_lines(base), *added_lines(base), *unkept_lines(base), *further_lines(base)):
        click.echo(line, err=failed)
    if hidden:
        click.echo(f"{many(hidden, 'more issue')} of a lower level: `--level note` shows all", err=failed)


def _beside(base: RuleBase) -> Iterator[str]:
    """What should be there and what is silenced."""
    if base.below is not None:
        lost = lost_properties(base)
        lacks = f"; it lacks {quoted(lost)}, or means another thing by it" if lost else ""
        yield properties_told(base) + lacks
    if told := silenced_told(base):
        yield told


def _page(code: str) -> str:
    found = check_named(code)
    if found is None:
        near = did_you_mean(code, [check.code for check in CHECKS])
        raise click.BadParameter(f"there is no check `{code}`{f': {near}' if near else ''}", param_hint="--explain")
    return check_page(found, example_of(code))
