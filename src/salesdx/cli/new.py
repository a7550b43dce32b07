"""`salesdx new`: files to go on from, made by answering questions. Options answer them in a script."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from salesdx import load
from salesdx.authoring.scaffolds import (
    NewRule,
    NewStage,
    ScaffoldError,
    case_of_rule,
    check_files,
    next_id,
    profile_text,
    rules_name,
    rules_with,
    stage_files,
)
from salesdx.authoring.worked_cases import CASES, worked_profile
from salesdx.authoring.worked_text import worked_text
from salesdx.authoring.written import LADDER
from salesdx.base.loading import shipped_home
from salesdx.base.model import TERM_TYPES
from salesdx.base.reading import NAME
from salesdx.case.case_fields import CASE_NAME, MAX_ID
from salesdx.case.file import FIRM_FILE, case_from_text, with_firm
from salesdx.case.writing import new_case
from salesdx.cli import options
from salesdx.cli.commands import group
from salesdx.cli.options import Command
from salesdx.cli.typed_lines import read_line
from salesdx.engine.diagnose import diagnose
from salesdx.services.files import UserFile, read_user_file, write_together
from salesdx.text.issues import RuleBaseError

COMMANDS = {
    "stage": ("salesdx.cli.new:stage", "A stage: its files, and its line in the ladder."),
    "rule": ("salesdx.cli.new:rule", "A rule of a stage."),
    "case": ("salesdx.cli.new:case_scaffold", "A worked case, by a case in which a rule is true."),
    "review": ("salesdx.cli.new_review:review_begun", "The next review of a subject, which follows another one."),
    "firm": ("salesdx.cli.new:firm_profile", "The profile of a firm, to be filled in."),
    "check": ("salesdx.cli.new:check_scaffold", "A check of rule bases, for developers in a checkout."),
}
home = click.option(
    "--home", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the rules to add to."
)


@click.group(cls=group(COMMANDS), epilog="Example: salesdx new rule --help")
def new() -> None:
    """Begin something new. What is asked can be given as an option as well; nothing is ever overwritten."""


class _Asked(click.Option):
    """An option that is asked for where it is not given: at a terminal until the answer will do, in a script once."""

    def prompt_for_value(self, ctx: click.Context) -> Any:
        if sys.stdin.isatty():
            return super().prompt_for_value(ctx)
        default = self.get_default(ctx)
        choices = f" ({', '.join(self.type.choices)})" if isinstance(self.type, click.Choice) else ""
        click.echo(f"{self.prompt}{choices}: ", nl=False)
        line = read_line()
        if line is None:
            raise click.Abort
        click.echo("")
        if not line and not isinstance(default, str):
            raise click.UsageError(f"nothing answers `{self.prompt}`; give it as {self.opts[0]}")
        return self.process_value(ctx, line or default)


def asked_for(name: str, question: str, default: str | None = None, **more: Any) -> Callable[[Command], Command]:
    """An option that is asked for where it is not given."""
    return click.option(name, cls=_Asked, prompt=question, default=default, help=f"{question}.", **more)


def _name(value: str, what: str) -> str:
    if not NAME.fullmatch(value):
        raise click.UsageError(f"`{value}` is no name for {what}: use small letters, digits and `_`")
    return value


@click.command(epilog="Example: salesdx new stage --help")
@home
@asked_for("--id", "Its name in the files, such as legal_approval")
@asked_for("--title", "What readers see")
@asked_for("--owner", "Who answers for it")
@asked_for("--after", "Behind which stage it stands")
@asked_for("--term", "The name of its first question")
@asked_for("--type", "What the answer is", type=click.Choice(TERM_TYPES))
@asked_for("--question", "The question, as somebody is asked it")
@asked_for("--respondent", "Who can answer it")
@asked_for("--ruled-out-when", "What rules the stage out, such as legal_days <= 5")
@asked_for("--when", "What confirms it, such as legal_days > 20")
@asked_for("--finding", "What that finds, as a name such as legal_approval_slow")
@asked_for("--because", "What a manager reads then; {term} stands for a value")
def stage(home: Path, id: str, title: str, owner: str, after: str, type: str, **told: str) -> None:
    """Add a stage to the rules in --home: what it asks, what rules it out, one rule, and its line in the ladder."""
    base = load(home)
    for value, what in ((id, "a stage"), (told["term"], "a term"), (told["finding"], "a finding")):
        _name(value, what)
    if told["respondent"] not in base.respondents:
        raise click.UsageError(f"there is no respondent `{told['respondent']}`; they are {', '.join(base.respondents)}")
    first = f"{id[:2].upper()}1"
    number = 1
    while first in base.rule:
        number += 1
        first = f"{id[:2].upper()}{number}"
    made = NewStage(id=id, title=title, owner=owner, after=after, type=type, rule=first, **told)
    ladder = read_user_file(home / LADDER)
    texts = _made(lambda: stage_files(base, ladder.text, made))
    existing = [name for name in texts if name != LADDER and (home / name).exists()]
    if existing:
        raise click.ClickException(f"`{existing[0]}` exists, and nothing is overwritten")
    files = {name: ladder if name == LADDER else UserFile(home / name, None) for name in texts}
    _write(home, [(files[name], text) for name, text in texts.items()])
    click.echo(f"stage {id} with rule {first} added in {', '.join(texts)}")


@click.command(epilog="Example: salesdx new rule --help")
@home
@asked_for("--stage", "To which stage or group it belongs")
@click.option("--id", default="", help="Its id; by default the next one of the stage.")
@asked_for("--strength", "How much it proves: strong, moderate, weak ...")
@asked_for("--when", "When it is true, such as legal_days > 20 and legal_cases_n >= 10")
@asked_for("--finding", "What it finds, as a name")
@asked_for("--because", "What a manager reads then; {term} stands for a value")
@asked_for("--title", "What it says, in a few words", "")
@asked_for("--recommend", "Which interventions it recommends, with commas between them", "")
def rule(home: Path, stage: str, id: str, recommend: str, **told: str) -> None:
    """Add a rule to a stage of the rules in --home."""
    base = load(home)
    _name(told["finding"], "a finding")
    if told["strength"] not in base.ladder.strengths:
        known = ", ".join(base.ladder.strengths)
        raise click.UsageError(f"there is no strength `{told['strength']}`; they are {known}")
    advice = tuple(part.strip() for part in recommend.split(",") if part.strip())
    made = NewRule(home=stage, id=id or next_id(base, stage), recommend=advice, **told)
    file = read_user_file(home / rules_name(stage))
    _write(home, [(file, _made(lambda: rules_with(base, file.text, made)))])
    click.echo(f"rule {made.id} added in {rules_name(stage)}")


@click.command(epilog="Example: salesdx new case --help")
@home
@asked_for("--rule", "The rule that the case shows to be true")
@asked_for("--name", "The name of its file")
@asked_for("--why", "Why its result is right")
def case_scaffold(home: Path, rule: str, name: str, why: str) -> None:
    """Add a worked case to the rules in --home: the smallest one in which a rule is true.

    The prover finds the facts; the result is what the rules say now. A person must check both and say why.
    """
    base = load(home)
    if rule not in base.rule:
        raise click.UsageError(f"there is no rule `{rule}`")
    if not re.fullmatch(r"\w[\w.-]{0,98}", name):
        raise click.UsageError(f"`{name}` is no name for a file")
    path = home / CASES / f"{name.removesuffix('.yaml')}.yaml"
    if path.exists():
        raise click.ClickException(f"`{path}` exists, and nothing is overwritten")
    try:
        memory = _made(lambda: case_of_rule(base, base.rule[rule]))
    except ModuleNotFoundError as error:
        raise click.ClickException(f"this needs {error.name}: `pip install 'salesdx[prove]'`") from None
    text = new_case(memory).replace("case: counterexample", f"case: {path.stem}", 1)
    found = diagnose(base, with_firm(case_from_text(text, path.name, base), worked_profile(home, base)))
    write_together([(UserFile(path, None), worked_text(text, path.name, found, why))])
    click.echo(f"{path} written: check that its facts can be, and that the result is right")


@click.command(epilog="Example: salesdx new firm --help")
@options.home
@asked_for("--name", "What the firm is called")
@click.option(
    "--file",
    "path",
    default=Path(FIRM_FILE),
    type=click.Path(dir_okay=False, path_type=Path),
    show_default=True,
    help="Where it is to stand: beside the cases.",
)
def firm_profile(home: Path | None, name: str, path: Path) -> None:
    """Write the profile of a firm, with every question about it: what applies to its cases follows from the answers."""
    if not CASE_NAME.fits(name):
        raise click.UsageError(f"`{name}` is no name for a firm: {MAX_ID} characters at most, on one line")
    write_together([(UserFile(path, None), profile_text(load(home), name))])
    click.echo(f"{path} written: put an answer in the place of each `not_known`")


@click.command(epilog="Example: salesdx new check --help")
@asked_for("--code", "Its code, such as late-question")
@asked_for("--level", "How bad it is", type=click.Choice(("error", "warning", "note")))
@asked_for("--title", "What it says, in a few words")
def check_scaffold(code: str, level: str, title: str) -> None:
    """Begin a check in a checkout of salesdx: its module, to be added to CHECKS with a good and a bad example."""
    if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code):
        raise click.UsageError(f"`{code}` is no code: small letters and hyphens")
    root = shipped_home()
    if not (root / "src").is_dir():
        raise click.ClickException("checks are written in a checkout of salesdx, and this is an installed one")
    files = check_files(code, level, title.replace('"', "'").rstrip("."))
    if any((root / name).exists() for name in files):
        raise click.ClickException(f"there is a check `{code}` already")
    write_together([(UserFile(root / name, None), text) for name, text in files.items()])
    for name in files:
        click.echo(f"{name} written")
    click.echo(f"add it to CHECKS in src/salesdx/authoring/checks/__init__.py, and examples in tests/checks/{code}/")


Made = TypeVar("Made")


def _made(make: Callable[[], Made]) -> Made:
    try:
        return make()
    except ScaffoldError as error:
        raise click.ClickException(str(error)) from None


def _write(home: Path, changes: Sequence[tuple[UserFile, str]]) -> None:
    """Write files and load the result: where it has faults, everything is put back and the faults are shown."""
    try:
        write_together(changes, lambda: load(home))
    except RuleBaseError:
        click.echo("nothing was added, because the rules would not load with it:", err=True)
        raise
