"""What takes longer than a request may: a command that reads the trail, in a process of its own, and its page.

A job is of the person who asked for it, in the role in which they did, and is forgotten after some minutes, or when the
service ends: what it shows is read from the trail, and can be asked for again.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import salesdx
from salesdx.ledger.errors import NoSuch, Refused
from salesdx.ledger.log import Person
from salesdx.ledger.storage import Storage

KEPT, LONGEST = timedelta(minutes=10), timedelta(minutes=5)
"""So long a job can be looked at, and may take."""
AT_ONCE = 2
"""Jobs that run at a time: others use the machine, too."""


@dataclass(frozen=True)
class Job:
    """A command that runs or has run for somebody. ``kind`` is what it works out, ``records`` are those of which its
    page tells, ``back`` is where it was asked for, and what that is called.
    """

    by: Person
    kind: str
    records: tuple[int, ...]
    back: tuple[str, str]
    begun: datetime
    room: TemporaryDirectory[str]
    process: subprocess.Popen[bytes]

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    @property
    def page(self) -> str:
        """The page that it made; empty where it made none."""
        return (Path(self.room.name) / "page").read_text("utf-8", errors="replace")

    @property
    def fault(self) -> str:
        """Why it made no page."""
        told = (Path(self.room.name) / "fault").read_text("utf-8", errors="replace").strip()
        return told.removeprefix("error: ").removeprefix("Error: ") or "it ended without a word"


@dataclass
class Jobs:
    """The jobs of one service, whose trail lies in ``storage``."""

    storage: Storage
    now: Callable[[], datetime]
    jobs: dict[str, Job] = field(default_factory=dict)
    starting: Lock = field(default_factory=Lock)

    def start(
        self, by: Person, kind: str, words: Sequence[str], records: tuple[int, ...], back: tuple[str, str]
    ) -> str:
        """Begin a command of the trail; the name of its job. Raises Refused while too many run."""
        with self.starting:
            self._tidy()
            if sum(job.runs for job in self.jobs.values()) >= AT_ONCE:
                raise Refused("others compute at this moment; try again in a minute")
            room = TemporaryDirectory(prefix="job-")
            folder, name = Path(room.name), secrets.token_urlsafe(16)
            env = {"PATH": os.environ.get("PATH", ""), "HOME": room.name, "LANG": "C.UTF-8", "COLUMNS": "100"}
            env["PYTHONPATH"] = str(Path(salesdx.__file__).parents[1])
            env["SALESDX_TRAIL"] = self.storage.engine.url.render_as_string(hide_password=False)
            with (folder / "page").open("wb") as page, (folder / "fault").open("wb") as fault:
                command = [sys.executable, "-m", "salesdx", "trail", *words, "--format", "html"]
                process = subprocess.Popen(
                    command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=page, stderr=fault
                )
            self.jobs[name] = Job(by, kind, records, back, self.now(), room, process)
        return name

    def job(self, name: str, by: Person) -> Job:
        """A job of a person. Raises NoSuch."""
        with self.starting:
            self._tidy()
            found = self.jobs.get(name)
        if found is None or found.by != by:
            raise NoSuch("there is no such job of yours")
        return found

    def end(self) -> None:
        """End what runs, and forget all."""
        with self.starting:
            for name in list(self.jobs):
                self._forget(name)

    def _tidy(self) -> None:
        for name, job in list(self.jobs.items()):
            if job.runs and job.begun + LONGEST < self.now():
                job.process.kill()
            if job.begun + KEPT < self.now():
                self._forget(name)

    def _forget(self, name: str) -> None:
        job = self.jobs.pop(name)
        if job.runs:
            job.process.kill()
        job.process.wait()
        job.room.cleanup()
