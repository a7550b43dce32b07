"""`salesdx test`."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import click

from salesdx import load
from salesdx.authoring.cases import case_files, read_worked_case
from salesdx.authoring.comparison import Outcome, run_case
from salesdx.cli import faults
from salesdx.cli import output as out
from salesdx.engine import ENGINES
from salesdx.issues import CaseError, Issue
from salesdx.loading import shipped_home
from salesdx.render.data import to_json
from salesdx.render.lines import clean


@click.command(epilog="Example: salesdx test rules/cases/delivery-sold-but-not-shipped.yaml")
@click.argument("files", metavar="[FILE]...", nargs=-1)
@click.option(
    "--home", type=click.Path(path_type=Path), help="Folder with knowledge/ and rules/.  [default: the shipped]"
)
@click.option(
    "--engine", type=click.Choice(ENGINES), default="auto", show_default=True, help="What evaluates the rules."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How to show it.",
)
def test(files: tuple[str, ...], home: Path | None, engine: str, format_: str) -> None:
    """Run worked cases: does each case still come out as its author expects?

    A FILE is a worked case or a folder of them; without any, those in rules/cases of the rule base are run. Every
    difference is shown with the rule that makes it, and the exit status is 1 if there is one.
    """
    base = load(home)
    folder = (home or shipped_home()) / "rules" / "cases"
    outcomes: list[Outcome] = []
    issues: list[Issue] = []
    for path in case_files(map(Path, files or (str(folder),))):
        shown = str(path.relative_to(shipped_home())) if not files and home is None else ""
        try:
            outcomes.append(run_case(base, read_worked_case(path, base, shown), engine))
        except CaseError as error:
            issues += error.issues
    failed = [outcome for outcome in outcomes if outcome.differences]
    if format_ == "json":
        click.echo(to_json([o.to_dict() for o in outcomes] + _unread(issues)), nl=False)
    else:
        for outcome in outcomes:
            click.echo(_text(outcome))
        result = f"{len(failed)} not as expected" if failed else "all as expected"
        click.echo(f"{faults.many(len(outcomes), 'case')} run" + f", {result}" * bool(outcomes))
        if issues:
            faults.show(issues)
    if failed or issues:
        raise SystemExit(1)


def _text(outcome: Outcome) -> str:
    case = outcome.case
    word = "differs" if outcome.differences else "ok     "
    lines = [f"{word}  {clean(case.memory.case)}  {clean(case.title or case.path)}"]
    for difference in outcome.differences:
        lines += [_wrapped(line) for line in str(difference).splitlines()]
    if outcome.differences and case.why:
        lines.append(_wrapped(f"expected because: {clean(case.why)}"))
    return "\n".join(lines)


def _wrapped(line: str) -> str:
    text = line.lstrip()
    indent = " " * (2 + len(line) - len(text))
    lines = textwrap.wrap(text, out.width() - len(indent) - 2, break_on_hyphens=False, break_long_words=False)
    return "\n".join(indent + "  " * (number > 0) + part for number, part in enumerate(lines))


def _unread(issues: list[Issue]) -> list[dict[str, Any]]:
    """The files that have faults, each with its issues."""
    by_path: dict[str, list[dict[str, object]]] = {}
    for issue in issues:
        by_path.setdefault(issue.place.path, []).append(issue.to_dict())
    return [{"path": path, "passed": False, "issues": found} for path, found in by_path.items()]
