"""A recorded diagnosis run again by the program that made it: from the wheels that the trail keeps, or that are given.

What runs is what the signed record names: the trail is verified first, the wheels are those whose digests the record
holds, and the program in them has the digest that its entry holds. It runs in a process of its own, in an environment
of these wheels alone, with nothing of the user's settings.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from salesdx.base.loading import digest_of
from salesdx.base.model import LANGUAGE
from salesdx.case.file import FIRM_FILE
from salesdx.engine.comparing import Result
from salesdx.ledger.errors import TrailError
from salesdx.ledger.standalone.findings import INVALID
from salesdx.ledger.storage import LogReader
from salesdx.ledger.verify import verify
from salesdx.trail.book import Book, Record
from salesdx.trail.replay import RanAgain
from salesdx.trail.rule_bases import base_of, short_digest, written_rules
from salesdx.trail.wheels import FIRST_CODE, digest_of_program

BOOT = """\
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
module = sys.argv.pop(1)
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
ALONE = ("-I", "-S", "-B", "-X", "utf8")
"""Options of Python: nothing from the environment, no installed packages, nothing written beside the code."""
OWN_RULES = ("--home", "rules_of_its_day")
WINDOWS = ("SYSTEMROOT", "SYSTEMDRIVE")
"""What no process on Windows can do without."""


@dataclass(frozen=True)
class ByItsProgram(RanAgain):
    """A recorded result beside what the program that made it finds now; ``given`` where its wheels were given."""

    digest: str
    version: str
    given: bool

    def __str__(self) -> str:
        where = "given with the command" if self.given else "kept in the trail"
        return f"salesdx {self.version} ({short_digest(self.digest)}), {where}"


def run_by_its_program(book: Book, record: Record, given: Sequence[Path] = ()) -> ByItsProgram:
    """Run the diagnosis of a record again by the program that made it.

    ``given`` are wheels beside those that the trail keeps, and count before them. Raises TrailError where the program
    is neither kept nor given, is not the one of the record, or cannot run; and where the trail is not what was signed.
    """
    body, engine = record.body or {}, record.engine or {}
    files = book.files(record.rule_base or "")
    if files is None:
        raise TrailError(f"record {record.seq} cannot be run again: its rules are not there")
    kept = _kept(book.reader, body.get("wheels") or {})
    wheels = kept | {path.name: _read(path) for path in given}
    digest, version = engine.get("digest") or "", engine.get("version") or ""
    if not wheels:
        made = _made_by(record.seq, files, record.rule_base or "")
        raise TrailError(
            f"{made} salesdx {version} ({digest}), which this trail does not keep; `--program` gives its wheel and "
            "those of what it needs"
        )
    with TemporaryDirectory() as folder:
        place = Path(folder)
        _unpack(wheels, place / "site")
        home = place / "site" / "salesdx"
        found = digest_of_program(home)
        if digest not in (found, digest_of_program(home, FIRST_CODE)):
            raise TrailError(
                f"record {record.seq} was made by salesdx {version} ({digest}), and the wheels hold "
                + (f"another program ({found})" if home.is_dir() else "no salesdx")
            )
        alone = home / "trail" / "rerun_one.py"
        run = _asked if alone.is_file() else _by_command_line
        result = run(place, body, files, record.rule_base or "")
    return ByItsProgram(body["result"], result, digest, version, bool(given))


def _made_by(seq: int, files: Mapping[str, str], digest: str) -> str:
    """Why this program does not run a record, up to the name of the one that does."""
    with suppress(TrailError):  # rules that this program cannot read at all
        if (language := base_of(files, digest).language) != LANGUAGE:
            return f"LANGUAGE {language}: run it with"
    return f"record {seq} was made by another program,"


def diagnosed_by(given: Sequence[Path], case: str, firm: str, files: Mapping[str, str]) -> Result:
    """What another program's command `diagnose` says of a case, as JSON.

    ``given`` are its wheel and those of what it needs, ``firm`` is the text of a profile (empty for none), and
    ``files`` are rules by their paths below their home (none: its own). Raises TrailError where it cannot run.
    """
    with TemporaryDirectory() as folder:
        place = Path(folder)
        _unpack({path.name: _read(path) for path in given}, place / "site")
        if firm:
            (place / FIRM_FILE).write_bytes(firm.encode())
        if files:
            written_rules(files, digest_of(files), place / OWN_RULES[1])
        return _diagnosed(place, case, OWN_RULES if files else ())


def _kept(reader: LogReader, named: Mapping[str, str]) -> dict[str, bytes]:
    """The wheels that a record names, from a trail that is what was signed."""
    if not named:
        return {}
    verdict = verify(reader)
    if verdict.word == INVALID:
        raise TrailError(f"nothing of this trail is run, because it is not what was signed: {verdict.lines[0]}")
    return {name: data for name, digest in named.items() if (data := reader.wheel(digest)) is not None}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TrailError(f"`{path}` cannot be read: {error.strerror}") from None


def _unpack(wheels: Mapping[str, bytes], site: Path) -> None:
    for name, data in wheels.items():
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as wheel:
                wheel.extractall(site)
        except Exception:  # whatever a broken archive does to the library
            raise TrailError(f"`{name}` is no wheel that can be unpacked") from None


def _asked(place: Path, body: Mapping[str, Any], files: Mapping[str, str], digest: str) -> str:
    """By the entry that programs have for it."""
    case = {key: body[key] for key in ("case_file", "firm", "today", "left_out", "persons") if key in body}
    asked = json.dumps({**case, "files": dict(files)})
    answer = _json(_run(place, "salesdx.trail.rerun_one", (), asked))
    if "fault" in answer:
        raise TrailError(f"its program says: {answer['fault']}")
    return str(answer["result"])


def _by_command_line(place: Path, body: Mapping[str, Any], files: Mapping[str, str], digest: str) -> str:
    """By `diagnose`, for programs of before there was such an entry: their JSON is what they recorded."""
    written_rules(files, digest, place / OWN_RULES[1])
    found = _diagnosed(place, body["case_file"], OWN_RULES)
    del found["engine"]
    found["rule_base"].pop("proof", None)
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _diagnosed(place: Path, case: str, options: Sequence[str]) -> dict[str, Any]:
    (place / "case.yaml").write_bytes(case.encode())
    words = ("diagnose", *options, "--engine", "reference", "--format", "json", "case.yaml")
    return _json(_run(place, "salesdx", words, ""))


def _run(place: Path, module: str, words: Sequence[str], asked: str) -> str:
    home = {name: str(place) for name in ("HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME")}
    system = {name: os.environ[name] for name in WINDOWS if name in os.environ}
    command = [sys.executable, *ALONE, "-c", BOOT, str(place / "site"), module, *words]
    done = subprocess.run(
        command, input=asked.encode(), capture_output=True, cwd=place, env={**system, **home}, check=False
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        if missing := re.search(r"No module named '(\w+)", said):
            raise TrailError(
                f"its program needs the library `{missing[1]}`, which is not among the wheels; `--program` gives it"
            )
        raise TrailError(f"its program failed: {said[-300:]}")
    return done.stdout.decode(errors="replace")


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
        if isinstance(found, dict):
            return found
    except ValueError:
        pass
    raise TrailError("its program answers otherwise than a program of salesdx does")
