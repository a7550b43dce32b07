"""Programs of earlier commits and what they need, as wheels."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path

from conftest import ROOT
from lacking import lacking
from salesdx.trail import wheels

LAST_OF_LANGUAGE_1 = "e71c0a7"


def built(commit: str, folder: Path) -> Path:
    """The wheel of the program of a commit."""
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        lacking("this checkout has not the history")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "wheels")]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return next((folder / "wheels").glob("*.whl"))


def library(name: str) -> dict[str, bytes]:
    """The wheel of an installed library, made as those that are kept."""
    info, about = wheels._about(distribution(name))
    return dict([wheels._wheel(info, wheels._code(distribution(name), info) | about)])


def written(folder: Path, found: Mapping[str, bytes]) -> list[Path]:
    """Wheels as files in a folder."""
    folder.mkdir(exist_ok=True)
    for name, data in found.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in found]
