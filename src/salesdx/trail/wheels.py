"""The wheels of this program and of what its reference engine needs, made from the files that are installed.

A trail keeps them, so that a diagnosis can be run again years later by the program that made it. The same files give
the same bytes: names in order, one time stamp, one way to pack.
"""

from __future__ import annotations

import base64
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from salesdx.base.loading import shipped_home
from salesdx.ledger.errors import TrailError

HOME = Path(__file__).parents[1]
NEEDED = ("pyyaml",)
"""The libraries that a diagnosis by the reference engine imports."""
CONTENT = {"checks": "tests/checks", **{name: name for name in ("knowledge", "proof.json", "rules", "schemas")}}
"""What a wheel has in its folder ``content`` -> where a checkout has it."""
MADE_ANEW = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
"""Files beside the metadata of what is installed that tell how it came there, and are not in a wheel."""
CODE = (".py", ".html", ".css", ".js")
FIRST_CODE = (".py",)
"""The files that the digest of a program is made of; in the first programs with a trail it was Python alone."""
NEW_YEAR_1980 = (1980, 1, 1, 0, 0, 0)


@lru_cache(maxsize=1)
def program_digest() -> str:
    """The digest of the program's own files, name and text: which program made what an entry holds."""
    return digest_of_program(HOME)


def digest_of_program(home: Path, kinds: tuple[str, ...] = CODE) -> str:
    """The digest of the program in a folder ``salesdx``, over its files of some kinds."""
    return _digest({path.relative_to(home).as_posix(): path.read_bytes() for path in _files(home)}, kinds)


def _digest(files: Mapping[str, bytes], kinds: tuple[str, ...] = CODE) -> str:
    found = sha256()
    for name in sorted(files, key=lambda name: PurePosixPath(name).parts):
        if name.endswith(kinds):
            found.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return "sha256:" + found.hexdigest()


@lru_cache(maxsize=1)
def program_wheels() -> Mapping[str, bytes]:
    """File name -> wheel: of this program, and of what its reference engine needs.

    A library that was not installed from a wheel has no list of its files, and is left out. Raises TrailError where the
    program was changed on the disk while it runs.
    """
    own = _own_files()
    if _digest({name.removeprefix("salesdx/"): data for name, data in own.items()}) != program_digest():
        raise TrailError("the files of this program were changed while it runs; start it again")
    info, about = _about(_installed("salesdx"))
    found = dict([_wheel(info or "salesdx-0+checkout.dist-info", own | (about or _UNINSTALLED))])
    for library in NEEDED:
        installed = _installed(library)
        info, about = _about(installed)
        if installed is not None and info:
            name, data = _wheel(info, _code(installed, info) | about)
            found[name] = data
    return found


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if "__pycache__" not in path.parts and path.is_file())


def _own_files() -> dict[str, bytes]:
    """The code with the content inside it, as `pyproject.toml` puts them into a wheel."""
    found = {f"salesdx/{path.relative_to(HOME).as_posix()}": path.read_bytes() for path in _files(HOME)}
    home = shipped_home()
    if not home.is_relative_to(HOME):
        for inside, place in CONTENT.items():
            for path in [home / place] if (home / place).is_file() else _files(home / place):
                found[f"salesdx/content/{inside}/{path.relative_to(home / place).as_posix()}".removesuffix("/.")] = (
                    path.read_bytes()
                )
    return found


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _about(installed: Distribution | None) -> tuple[str, dict[str, bytes]]:
    """The folder of an installed wheel's metadata, and the files in it; nothing where it came by another way."""
    listed = installed.files or [] if installed is not None else []
    inside = [path for path in listed if path.parts[0].endswith(".dist-info") and path.name not in MADE_ANEW]
    about = {path.as_posix(): Path(str(path.locate())).read_bytes() for path in inside}
    info = inside[0].parts[0] if inside else ""
    return (info, about) if f"{info}/WHEEL" in about else ("", {})


_UNINSTALLED = {
    "salesdx-0+checkout.dist-info/METADATA": b"Metadata-Version: 2.1\nName: salesdx\nVersion: 0+checkout\n",
    "salesdx-0+checkout.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: salesdx\nRoot-Is-Purelib: true\n"
    b"Tag: py3-none-any\n",
}
"""The metadata of a checkout that runs without being installed."""


def _code(installed: Distribution, info: str) -> dict[str, bytes]:
    """The files of a library that were in its wheel; scripts, which lie elsewhere, are made by who installs it."""
    return {
        path.as_posix(): Path(str(path.locate())).read_bytes()
        for path in installed.files or []
        if ".." not in path.parts and path.parts[0] != info and "__pycache__" not in path.parts
    }


def _wheel(info: str, files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Name and bytes of the wheel with these files; ``info`` is the folder of its metadata."""
    about = files[f"{info}/WHEEL"].decode().splitlines()
    tags = [line.removeprefix("Tag: ").split("-") for line in about if line.startswith("Tag: ")]
    tag = "-".join(".".join(dict.fromkeys(parts)) for parts in zip(*tags, strict=True))
    record = f"{info}/RECORD"
    everything = {**files, record: _record(files, record)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as wheel:
        for name in [*sorted(files), record]:  # the list of the files comes last, as wheels have it
            member = zipfile.ZipInfo(name, NEW_YEAR_1980)
            member.create_system, member.external_attr = 3, 0o100644 << 16
            wheel.writestr(member, everything[name], zipfile.ZIP_DEFLATED, 6)
    return f"{info.removesuffix('.dist-info')}-{tag}.whl", out.getvalue()


def _record(files: Mapping[str, bytes], own_name: str) -> bytes:
    """The list of a wheel's files, with their digests and sizes."""

    def rows() -> Iterable[tuple[str, str, object]]:
        for name, data in sorted(files.items()):
            digest = base64.urlsafe_b64encode(sha256(data).digest()).decode().rstrip("=")
            yield name, f"sha256={digest}", len(data)
        yield own_name, "", ""

    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows())
    return out.getvalue().encode()
