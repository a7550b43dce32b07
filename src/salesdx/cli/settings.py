"""What a firm sets once, in a file or in the environment, so that every command has it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from salesdx.cli.options import Command

SETTINGS = {
    "trail": "SALESDX_TRAIL",
    "key": "SALESDX_TRAIL_KEY_FILE",
    "as": "SALESDX_AS",
    "role": "SALESDX_ROLE",
    "host": "SALESDX_HOST",
    "port": "SALESDX_PORT",
    "address": "SALESDX_ADDRESS",
    "metrics_token_file": "SALESDX_METRICS_TOKEN_FILE",
    "log": "SALESDX_LOG",
    "certificate": "SALESDX_CERTIFICATE",
    "certificate_key": "SALESDX_CERTIFICATE_KEY",
    "behind_proxy": "SALESDX_BEHIND_PROXY",
    "oidc_issuer": "SALESDX_OIDC_ISSUER",
    "oidc_client": "SALESDX_OIDC_CLIENT",
    "oidc_secret_file": "SALESDX_OIDC_SECRET_FILE",
    "smtp": "SALESDX_SMTP",
    "smtp_from": "SALESDX_SMTP_FROM",
    "smtp_password_file": "SALESDX_SMTP_PASSWORD_FILE",
    "home": "SALESDX_HOME",
    "pseudonym_key": "SALESDX_PSEUDONYM_KEY_FILE",
    "facts": "SALESDX_FACTS",
    "adopted": "SALESDX_ADOPTED",
}
"""Key of the settings file -> environment variable, which counts first."""
PLAIN_TYPES = {"port": int, "behind_proxy": bool, "log": bool, "adopted": bool}
"""What TOML writes without quotes."""
SETTINGS_FILE = "SALESDX_SETTINGS"
"""Environment variable that names the settings file."""


def settings_path() -> Path:
    """The settings file: named by the environment, else in the user's folder for settings."""
    return Path(os.environ.get(SETTINGS_FILE) or Path(click.get_app_dir("salesdx")) / "settings.toml")


def data_folder() -> Path:
    """Where a service keeps its trail that was told of none: the user's folder for data, as the system has it."""
    if sys.platform in ("win32", "darwin"):
        return Path(click.get_app_dir("salesdx"))
    given = os.environ.get("XDG_DATA_HOME", "")  # only an absolute one counts
    return (Path(given) if given.startswith("/") else Path.home() / ".local/share") / "salesdx"


def setting(name: str) -> str | None:
    """What is set for an option, by the environment or the settings file. Raises click.ClickException."""
    return os.environ.get(SETTINGS[name]) or _settings().get(name)


def is_set(name: str) -> bool:
    """Whether an option is set that is on or off. Raises click.ClickException for what says neither."""
    told = (setting(name) or "false").lower()
    if told not in ("true", "false"):
        raise click.ClickException(f"`{name}` is set to `{told[:100]}`, and true or false is expected")
    return told == "true"


def _settings() -> dict[str, str]:
    path = settings_path()
    if not path.exists() and not os.environ.get(SETTINGS_FILE):
        return {}
    import tomllib  # few have settings

    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _unread(path, "there is no such file") from None
    except OSError as error:
        raise _unread(path, (error.strerror or "it is no file").lower()) from None
    except UnicodeDecodeError:
        raise _unread(path, "the file is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise _unread(path, str(error)) from None
    for key, value in found.items():
        if type(value) is PLAIN_TYPES.get(key):
            found[key] = value = str(value)
        if key not in SETTINGS or not isinstance(value, str) or not value.strip():
            known = ", ".join(SETTINGS)
            raise click.ClickException(f"the settings `{path}`: `{key}` is not one of {known}, or holds no text")
    return found


def _unread(path: Path, why: str) -> click.ClickException:
    return click.ClickException(f"the settings `{path}` cannot be read: {why}")


def from_settings(
    option: str, default: str, help: str, type: click.ParamType[Any] | None = None
) -> Callable[[Command], Command]:
    """An option that the environment or the settings file can give."""
    name = option.removeprefix("--").replace("-", "_")

    return click.option(
        option, default=lambda: setting(name) or default or None, help=help, type=type, show_default=default or False
    )


def secret_in(file: Path, what: str) -> str:
    """What stands in a file of its own. Raises click.ClickException."""
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"`{file}` cannot be read: {error}") from None
    if not secret:
        raise click.ClickException(f"`{file}` is empty; {what} stands there")
    return secret
