"""Options that several commands share, so that they read and mean the same everywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from salesdx import load
from salesdx.base.model import RuleBase
from salesdx.engine.diagnose import ENGINES

Command = TypeVar("Command", bound=Callable[..., Any])

home = click.option(
    "--home", type=click.Path(path_type=Path), help="Folder with knowledge/ and rules/.  [default: the shipped]"
)
engine = click.option(
    "--engine", type=click.Choice(ENGINES), default="auto", show_default=True, help="What evaluates the rules."
)
ids = click.option("--ids", is_flag=True, help="Show the identifier of each fact beside its label.")
firm = click.option(
    "--firm", type=click.Path(path_type=Path), help="Profile of the firm.  [default: firm.yaml beside the case]"
)
output = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write, replaced in one step."
)


def format(choices: Sequence[str]) -> Callable[[Command], Command]:
    """The option ``--format``, given to a command as ``format_``."""
    kind = click.Choice(choices)
    return click.option("--format", "format_", type=kind, default="text", show_default=True, help="How to show it.")


def rules_for_readers(home: Path | None, ids: bool) -> RuleBase:
    """The rules of ``--home``, as ``--ids`` has them told. Raises RuleBaseError."""
    base = load(home)
    return replace(base, ids=True) if ids else base
