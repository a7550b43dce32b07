"""Options that commands share which draw from a firm's systems, and what they tell of it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from salesdx.base.model import RuleBase
from salesdx.case.file import firm_beside
from salesdx.cli import output as out
from salesdx.cli.options import Command
from salesdx.cli.settings import setting, settings_path
from salesdx.services.drawn_cases import (
    DrawnCase,
    case_on_disk,
    default_case,
    drawn_on_disk,
    open_systems,
    read_about,
    write_drawn,
)
from salesdx.text.english import many

if TYPE_CHECKING:
    from salesdx.facts.warehouse import Warehouse

_FILE = click.Path(dir_okay=False, path_type=Path)
mapping = click.argument("mapping", type=_FILE)
other_systems = click.option(
    "--from", "systems", type=_FILE, metavar="MAPPING", help="Another mapping than the one that drew the case."
)
needed_systems = click.option(
    "--from", "systems", type=_FILE, metavar="MAPPING", required=True, help="The mapping of the firm's systems."
)
systems = click.option(
    "--from", "systems", type=_FILE, metavar="MAPPING", help="Draw facts from the firm's systems into the case first."
)
subject = click.option(
    "--subject", metavar="KIND:NAME", help="Whom to draw for: company, territory:North, person:PSEUDONYM."
)
period = click.option("--period", metavar="PERIOD", help="For which period: 2026-Q3, 2026-07, 2026.")
needed_period = click.option(
    "--period", metavar="PERIOD", required=True, help="For which period: 2026-Q3, 2026-07, 2026."
)
pseudonym_key = click.option(
    "--pseudonym-key",
    type=_FILE,
    help="Key of pseudonyms.  [default: pseudonyms.key beside the settings]",
)


NEW = Path("a-case.yaml")
"""Where a new case is written: here."""


@dataclass(frozen=True)
class FromSystems:
    """What --from, --subject, --period and --pseudonym-key say."""

    systems: Path | None
    subject: str | None
    period: str | None
    key: Path | None

    def __post_init__(self) -> None:
        if self.systems is None and (self.subject or self.period or self.key):
            raise click.UsageError("--subject, --period and --pseudonym-key go with --from")

    @cached_property
    def warehouse(self) -> Warehouse:
        """The systems, read once. Raises IssuesError with every fault."""
        assert self.systems is not None
        return systems_at(self.systems, self.key)

    def profile(self, firm: Path | None, case: Path | None, base: RuleBase) -> Path | None:
        """The file with the profile of the firm: as named, else the one beside the case, else the one beside the
        mapping, which is told, as the case alone does not lead to it."""
        if firm is not None or self.systems is None or firm_beside(case or NEW, base) is not None:
            return firm
        found = firm_beside(self.systems, base)
        if found is not None:
            click.echo(f"the profile of the firm is {found}; without --from it takes --firm {found}", err=True)
        return found

    def draw(self, case: Path | None, base: RuleBase, firm: Path | None) -> tuple[Path, DrawnCase]:
        """Draw into a case file, a new one where none is named, and tell on standard error what was done.

        Raises SystemsError, FileError, IssuesError.
        """
        assert self.systems is not None
        about = None
        if (self.subject is None) != (self.period is None):
            raise click.UsageError("--subject and --period go together; without both, the head of the case says them")
        if self.subject is not None and self.period is not None:
            about = read_about(self.warehouse, self.subject, self.period)
        if case is None and about is None:
            raise click.UsageError("give a CASE, or --subject and --period")
        path = case or default_case(about[0], self.period or "")  # type: ignore[index]
        out.keep_apart(self.systems, path)
        held = case_on_disk(base, path, firm)
        drawn = drawn_on_disk(self.warehouse, held, about, self.systems)
        write_drawn(held, drawn)
        told = f"{many(drawn.known, 'fact')} drawn into {path}, {len(drawn.terms) - drawn.known} could not be"
        click.echo(f"{told}; what is behind them: {held.evidence.path}", err=True)
        return path, drawn


def from_systems(command: Command) -> Command:
    """The options --from, --subject, --period and --pseudonym-key, given to a command as ``source``."""

    @functools.wraps(command)
    def run(*args: Any, systems: Path | None, subject: Any, period: Any, pseudonym_key: Any, **more: Any) -> Any:
        return command(*args, source=FromSystems(systems, subject, period, pseudonym_key), **more)

    for option in (pseudonym_key, period, subject, systems):
        run = option(run)
    return run  # type: ignore[return-value]


def pseudonym_key_path() -> Path:
    """Where the user's own key of pseudonyms is: as set, else beside the settings."""
    return Path(setting("pseudonym_key") or settings_path().with_name("pseudonyms.key"))


def systems_at(mapping: Path, key: Path | None) -> Warehouse:
    """The firm's systems. Raises IssuesError with every fault."""
    own = pseudonym_key_path()
    return open_systems(mapping, key or (own if own.is_file() else None))
