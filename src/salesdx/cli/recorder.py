"""The options of the decision trail, for every command whose output is a decision or leads to one."""

from __future__ import annotations

import functools
import getpass
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from salesdx.cli.settings import SETTINGS, setting
from salesdx.services.recorder import MissingExtra, NoTrailNamed, Recorder

Command = TypeVar("Command", bound=Callable[..., Any])

SETTINGS = {
    "trail": "SALESDX_TRAIL",
    "key": "SALESDX_TRAIL_KEY_FILE",
    "as": "SALESDX_AS",
    "role": "SALESDX_ROLE",
}
"""What a firm sets once: key of the settings file -> environment variable, which counts first."""
SETTINGS_FILE = "SALESDX_SETTINGS"
"""Environment variable that names the settings file."""


def settings_path() -> Path:
    """The settings file: named by the environment, else in the user's folder for settings."""
    return Path(os.environ.get(SETTINGS_FILE) or Path(click.get_app_dir("salesdx")) / "settings.toml")


def setting(name: str) -> str | None:
    """What is set for an option, by the environment or the settings file. Raises click.ClickException."""
    return os.environ.get(SETTINGS[name]) or _settings().get(name)


def _settings() -> dict[str, str]:
    path = settings_path()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        if isinstance(error, FileNotFoundError) and not os.environ.get(SETTINGS_FILE):
            return {}
        raise click.ClickException(f"the settings `{path}` cannot be read: {error}") from None
    for key, value in found.items():
        if key not in SETTINGS or not isinstance(value, str) or not value.strip():
            known = ", ".join(SETTINGS)
            raise click.ClickException(f"the settings `{path}`: `{key}` is not one of {known}, or holds no text")
    return found


@dataclass(frozen=True)
class Recorder:
    """Where to record, with which key, and who acts."""

    where: str | None
    key: Path | None
    name: str
    role: str

    @property
    def by(self) -> Person:
        from salesdx.ledger.log import Person

        return Person(self.name, self.role)

    def open(self, write: bool = True) -> Trail:
        """The trail. Raises TrailError, and click.UsageError where none is named."""
        if not self.where:
            raise click.UsageError(f"name the trail with --trail FILE-OR-URL, or set {SETTINGS['trail']}")
        with needs_extra():
            from salesdx.ledger.log import open_trail

            return open_trail(self.where, self.key, write)

    @contextmanager
    def append(self) -> Iterator[Appender | None]:
        """One transaction of the trail, or None where none is named: then nothing is recorded."""
        if not self.where:
            yield None
            return
        with self.open().append() as appender:
            yield appender

    def diagnoses(self, pages: Iterable[tuple[Diagnosis, str]], format: str) -> None:
        """Record diagnoses, each with the page of its case alone as it is about to be shown: all of them, or none.

        Raises TrailError; then nothing may be shown.
        """
        with self.append() as appender:
            if appender is not None:
                from salesdx.trail.recording import record_diagnosis

                for diagnosis, page in pages:
                    record_diagnosis(appender, diagnosis, page, format, self.by)

    def explanation(self, diagnosis: Diagnosis, asked: str, shown: str) -> None:
        """Record an explanation that is about to be shown. Raises TrailError; then nothing may be shown."""
        with self.append() as appender:
            if appender is not None:
                from salesdx.trail.recording import record_explanation

                record_explanation(appender, diagnosis, shown, asked, self.by)

    def answers(self, base: RuleBase, memory: WorkingMemory, way: str) -> None:
        """Record what is stated otherwise than the trail knows it. Raises TrailError."""
        with self.append() as appender:
            if appender is not None:
                from salesdx.trail.recording import record_answers

                record_answers(appender, base, memory, self.by, way)


@contextmanager
def needs_extra() -> Iterator[None]:
    """A message instead of a traceback where the libraries of the trail are not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library == "salesdx":
            raise
        extra = "postgresql" if library == "psycopg" else "trail"
        raise click.ClickException(f"the trail needs {library}: `pip install 'salesdx[{extra}]'`") from None


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
        try:
            return command(*args, recorder=Recorder(trail or setting("trail"), key, who, doing), **more)
        except NoTrailNamed:
            raise click.UsageError(f"name the trail with --trail FILE-OR-URL, or set {SETTINGS['trail']}") from None
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


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # Windows without a name in the environment has no pwd to ask
        return "unknown"
