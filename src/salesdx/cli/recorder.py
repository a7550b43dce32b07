"""The options of the decision trail, for every command whose output is a decision or leads to one."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import click

from salesdx.cli import output as out
from salesdx.cli.options import Command
from salesdx.cli.settings import SETTINGS, setting
from salesdx.services.recorder import MissingExtra, NotHere, NoTrailNamed, Recorder, Remote


def recorded(command: Command) -> Command:
    """The options --trail, --key, --as and --role, given to a command as ``recorder``."""

    @functools.wraps(command)
    def run(*args: Any, trail: str | None, key: Path | None, as_: str | None, role: str | None, **more: Any) -> Any:
        if trail is not None and not trail.strip():  # a variable that a script forgot to set
            raise click.UsageError("--trail names no trail")
        key = key or (Path(held) if (held := setting("key")) else None)
        who = as_ or setting("as") or _login()
        doing = role or setting("role") or "unstated"
        for what, told in (("--as", who), ("--role", doing)):
            if not told.isprintable() or len(told) > 100:
                raise click.UsageError(f"{what} is a name of at most 100 characters on one line")
        where = trail or setting("trail")
        recorder = Recorder(where, key, who, doing, remote_of(where))
        if recorder.where and recorder.remote is None:
            out.keep_apart(more.get("output"), recorder.where, recorder.key, f"{recorder.where}.key")
        try:
            return command(*args, recorder=recorder, **more)
        except NoTrailNamed:
            raise click.UsageError(f"name the trail with --trail FILE-OR-URL, or set {SETTINGS['trail']}") from None
        except NotHere as error:
            raise click.ClickException(str(error)) from None
        except MissingExtra as error:
            raise click.ClickException(str(error)) from None

    options = (
        click.option("--trail", metavar="FILE-OR-URL", help=f"The decision trail.  [default: {SETTINGS['trail']}]"),
        click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="Private key of the trail."),
        click.option("--as", "as_", metavar="NAME", help="Who acts.  [default: the login name]"),
        click.option("--role", metavar="ROLE", help="In which role, such as sales_manager or hr."),
    )
    for option in reversed(options):
        run = option(run)
    return run  # type: ignore[return-value]


SERVICES = ("https://", "http://")


def remote_of(where: str | None) -> Remote | None:
    """The service at an address; None for a trail in a file or a database."""
    if where is None or not where.startswith(SERVICES):
        return None
    from salesdx.cli.remote import RemoteTrail  # few talk to a service

    return RemoteTrail(where)


def _login() -> str:
    import getpass  # only a record has a name

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # Windows without a name in the environment has no pwd to ask
        return "unknown"
