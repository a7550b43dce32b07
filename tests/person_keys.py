"""Keys of people, made by `ssh-keygen`, and what it signs with them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from salesdx.ledger.standalone.person_signatures import SSH, PersonKey, read_person_key, unarmored

MESSAGE = b"what a person signs\n"


def made(folder: Path, *kind: str) -> Path:
    """A key made by `ssh-keygen`, without a passphrase; the path of its private half."""
    path = folder / "-".join(kind)
    run(["ssh-keygen", "-q", "-t", kind[0], *(["-b", kind[1]] if kind[1:] else []), "-N", "", "-f", str(path)])
    return path


def run(command: list[str], given: bytes = b"") -> bytes:
    return subprocess.run(command, input=given, check=True, capture_output=True).stdout


def signed(path: Path, message: bytes = MESSAGE, namespace: str = "salesdx", *options: str) -> str:
    command = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(path), "-n", namespace, *options]
    return unarmored(run(command, message).decode())


def key(path: Path) -> PersonKey:
    return read_person_key(SSH, path.with_name(path.name + ".pub").read_text())
