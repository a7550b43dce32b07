"""`salesdx test`."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import click

from salesdx import diagnose, load
from salesdx.authoring.expectations import CaseRun, run_case
from salesdx.authoring.promised import case_counts, silenced_told, told_values
from salesdx.authoring.worked_cases import (
    CASES,
    layered_cases,
    profile_of,
    read_worked_case,
    shown_cases,
    worked_case,
    worked_profile,
)
from salesdx.authoring.worked_text import worked_text
from salesdx.base.layers import LAYER
from salesdx.base.loading import shipped_home
from salesdx.base.model import RuleBase
from salesdx.case.file import case_from_text, read_case_text, with_firm
from salesdx.cli import faults, options
from salesdx.cli import output as out
from salesdx.cli.review import review_cases
from salesdx.cli.watch import watchable
from salesdx.render.json_text import to_json
from salesdx.render.lines import clean
from salesdx.services.files import FileChanged, UserFile, write_together
from salesdx.text.english import many
from salesdx.text.issues import CaseError, Issue

REMEDIES = {
    "layer": "`salesdx test --review` keeps it as `was`, with why it is otherwise",
    "copy": "put it back as the archive of the copy has it, and give what is your own another name",
}
"""What to do where a layer or a copy has another file in the place of one below."""
NAME = re.compile(r"\w[\w.-]{0,98}")


@click.command(epilog="Example: salesdx test rules/cases/delivery-sold-but-not-shipped.yaml")
@click.argument("files", metavar="[FILE]...", nargs=-1)
@click.option("--write", metavar="NAME", help="Make the worked case NAME of the one case FILE; needs --home.")
@click.option("--why", metavar="TEXT", default="", help="Why this is the right result, with --write or --review.")
@click.option("--review", is_flag=True, help="Show what a layer in --home turns, and accept it case by case.")
@options.home
@options.engine
@options.format(("text", "json"))
@watchable
def test(
    files: tuple[str, ...], write: str | None, why: str, review: bool, home: Path | None, engine: str, format_: str
) -> None:
    """Run worked cases: does each case still come out as its author expects?

    A FILE is a worked case or a folder of them; without any, those in rules/cases of the rule base are run. A folder
    that extends another rule base has the cases of both; its own takes the place of one with the same file name. Every
    difference is shown with the rule that makes it, and the exit status is 1 if there is one.

    With --write, a case file becomes a worked case of the rule base in --home: its facts as they are, and what the
    rules say now as what is expected. A person must then check that this is right. Nothing is ever overwritten.

    With --review, each case that a layer turns is shown with what was expected and what comes out, by the edit that
    turned it, and whether that is harsher for a person. What is accepted is written to the layer's own cases, with why
    and with what was expected before. Nothing is written before the end, nor on refuse or Ctrl-C.
    """
    if review:
        if files or write is not None or format_ != "text" or home is None or not (home / LAYER).is_file():
            raise click.UsageError("--review looks at all cases of a layer: name it with --home, and no FILE")
        review_cases(home, load(home), clean(why))
        return
    if write is not None:
        path = _path(write, files, home)
        base = load(home)
        _write(path, files[0], base, worked_profile(home, base), clean(why))
        files = (str(path),)
    elif why:
        raise click.UsageError("--why goes with --write or --review")
    base = load(home)
    outcomes: list[CaseRun] = []
    issues: list[Issue] = []
    named = set(map(Path, files))
    for file, shown in shown_cases(files, home).items():
        try:
            firm = profile_of(file, bool(files), home, base)
            outcomes.append(run_case(base, read_worked_case(file, base, shown, file in named, firm), engine))
        except CaseError as error:
            issues += error.issues
    failed = [outcome for outcome in outcomes if outcome.differences]
    counts = case_counts(home) if not files else None
    put_away = counts.put_away if counts else ()
    missing = counts.missing if counts else {}
    if format_ == "json":
        replaced = [{"path": case.shown, "passed": False, "replaced": case.to_dict()} for case in put_away]
        replaced += [{"path": lost, "passed": False, "missing": {"expects": told}} for lost, told in missing.items()]
        click.echo(to_json([o.to_dict() for o in outcomes] + replaced + _unread(issues)), nl=False)
    else:
        for outcome in outcomes:
            click.echo(_text(outcome))
        result = f"{len(failed)} not as expected" if failed else "all as expected"
        for case in put_away:
            click.echo(_wrapped(f"{case.shown} puts away what {case.of} says: {told_values(case.expects)}"))
            click.echo(_wrapped(f"   here: {told_values(case.here)}"))
            if counts is not None:
                click.echo(_wrapped(f"   help: {REMEDIES[counts.whose]}"))
        for case in counts.replaced if counts is not None else ():
            if case.reviewed and case.restated:
                there, here = told_values(case.expects), told_values(case.here)
                click.echo(
                    _wrapped(f"{case.shown} was reviewed on other facts than {case.of} has: {here}; there: {there}")
                )
        for lost, told in missing.items():
            click.echo(_wrapped(f"{lost} is missing here; it expects: {told_values(told)}"))
        if not files and (quiet := silenced_told(base)):
            click.echo(_wrapped(quiet))
        click.echo(f"{many(len(outcomes), 'case')} run" + f", {result}" * bool(outcomes))
        if counts is not None:
            click.echo(counts.told())
        if issues:
            faults.show_issues(issues)
    if failed or issues or put_away or missing:
        raise SystemExit(1)


# --- --write --------------------------------------------------------------------------------------------------------


def _path(name: str, files: tuple[str, ...], home: Path | None) -> Path:
    """Where the worked case is to stand."""
    name = name.removesuffix(".yaml")
    if len(files) != 1:
        raise click.UsageError("--write makes a worked case of one case file: name one")
    installed = shipped_home().is_relative_to(Path(__file__).parents[1])
    if home is None or (installed and home.resolve() == shipped_home().resolve()):
        raise click.UsageError("--write needs --home DIR, a rule base of your own; `salesdx init DIR` makes one")
    if not NAME.fullmatch(name):
        raise click.UsageError("the NAME of a worked case has letters, digits, `-`, `_` and `.`, and no folder")
    path = home / CASES / f"{name}.yaml"
    for found, shown in layered_cases(home).items():
        if found.stem == name and found != path:
            raise click.UsageError(f"{shown} has this name, and the new case would take its place: give another name")
    return path


def _write(path: Path, file: str, base: RuleBase, firm: Path | None, why: str) -> None:
    """Write a worked case, of the same firm as the others.

    Raises CaseError, EngineError, FileError, click.ClickException.
    """
    text, shown = read_case_text(file)
    memory = with_firm(case_from_text(text, shown, base), firm)
    made = worked_text(text, shown, diagnose(base, memory), why)
    worked_case(made, base, str(path))
    try:
        write_together([(UserFile(path, None), made)])
    except FileChanged as error:
        raise click.ClickException(f"{error}: give another name") from None
    click.echo(f"{path} is written; what it expects is what the rules say now", err=True)
    click.echo("a person must check that this is right" + ", and say why under `why`" * (not why), err=True)
    if "ref" in memory.subject:
        why_not = "whoever edits the rules reads it, so take out what points to a person"
        click.echo(f"it speaks of `{memory.subject['ref']}`: {why_not}", err=True)


# --- text and JSON --------------------------------------------------------------------------------------------------


def _text(outcome: CaseRun) -> str:
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
    lines = textwrap.wrap(text, out.terminal_width() - len(indent) - 2, break_on_hyphens=False, break_long_words=False)
    return "\n".join(indent + "  " * (number > 0) + part for number, part in enumerate(lines))


def _unread(issues: list[Issue]) -> list[dict[str, Any]]:
    """The files that have faults, each with its issues."""
    by_path: dict[str, list[dict[str, object]]] = {}
    for issue in issues:
        by_path.setdefault(issue.place.path, []).append(issue.to_dict())
    return [{"path": path, "passed": False, "issues": found} for path, found in by_path.items()]
