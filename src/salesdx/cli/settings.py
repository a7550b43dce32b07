"""What a firm sets once, in a file or in the environment, so that every command has it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

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
    "home": "SALESDX_HOME",
}
"""Key of the settings file -> environment variable, which counts first."""
PLAIN_TYPES = {"port": int, "behind_proxy": bool, "log": bool}
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
