"""What takes longer than a request may: a command that reads the trail, in a process of its own, and its page.

A job is of the person who asked for it, in the role in which they did. It is a row, so a service that starts again
works it out again; after some minutes it is forgotten. What a letter's job has made is recorded by the service once it
is there, and shown from the record; what another job shows is read from the trail.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from typing import Any

import sqlalchemy as sa

import salesdx
from salesdx.ledger.errors import NoSuch, Refused, TrailError
from salesdx.ledger.log import Person
from salesdx.ledger.moments import moment, stamp
from salesdx.ledger.standalone.register import LOGIN
from salesdx.ledger.storage import Storage
from salesdx.text.issues import IssuesError
from salesdx.web.tables import tables_of

KEPT, LONGEST = timedelta(minutes=10), timedelta(minutes=5)
"""So long a job can be looked at, and may take."""
AT_ONCE = 2
"""Jobs that run at a time: others use the machine, too."""
LETTER, VERIFY = "letter", "verify"
"""Kinds of jobs: a letter, whose page is recorded, and a verification of the trail, which names no case."""
APART = {LETTER: "salesdx.web.letter_apart", VERIFY: "salesdx.web.verify_apart"}
"""Kind of a job -> the module that works it out; commands of the trail do all others."""
LOST = "the service ended while it was worked out; ask for it again"


@dataclass(frozen=True)
class Job:
    """What somebody has asked for: ``kind`` is what is worked out, by the ``words`` of its command, ``records`` are
    those of which its page tells, ``back`` is where it was asked for, and what that is called. ``result`` is the record
    of what it has made, None where it records nothing or is not done."""

    id: str
    by: Person
    kind: str
    words: tuple[str, ...]
    records: tuple[int, ...]
    back: tuple[str, str]
    begun: datetime
    result: int | None = None


@dataclass
class Work:
    """A job that runs here or has run: its process, with the folder of what it writes; ``recorded``: what is recorded
    of it is; ``refused`` is why it could not be recorded."""

    begun: datetime
    room: TemporaryDirectory[str]
    process: subprocess.Popen[bytes]
    recorded: bool = True
    refused: str = ""

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None or not self.recorded

    @property
    def page(self) -> str:
        """The page that it made; empty where it made none."""
        return (Path(self.room.name) / "page").read_text("utf-8", errors="replace")

    @property
    def fault(self) -> str:
        """Why it made no page, or none that is recorded."""
        told = (Path(self.room.name) / "fault").read_text("utf-8", errors="replace").strip()
        return self.refused or told.removeprefix("error: ").removeprefix("Error: ") or "it ended without a word"


@dataclass
class Jobs:
    """The jobs of one service, whose trail lies in ``storage``; ``record`` records what the page of a job says."""

    storage: Storage
    now: Callable[[], datetime]
    record: Callable[[Job, str], int]
    works: dict[str, Work] = field(default_factory=dict)
    starting: Lock = field(default_factory=Lock)

    def start(
        self,
        by: Person,
        kind: str,
        words: Sequence[str],
        records: tuple[int, ...],
        back: tuple[str, str],
        id: str = "",
    ) -> str:
        """Begin a job; its name, which is ``id`` where that is given: the same once more begins nothing. Raises Refused
        while too many run."""
        with self.starting:
            self._tidy()
            job = Job(id or secrets.token_urlsafe(16), by, kind, tuple(words), records, back, self.now())
            if id and self._kept(id) is not None:
                return id
            if sum(work.runs for work in self.works.values()) >= AT_ONCE:
                raise Refused("others compute at this moment; try again in a minute")
            self._keep(job)
            self._begin(job)
        return job.id

    def job(self, id: str, by: Person) -> tuple[Job, Work | None]:
        """A job of a person, and its work here. Raises NoSuch.

        One that records nothing is begun again where it is not worked on here: it was asked for before a restart.
        """
        with self.starting:
            self._tidy()
            found = self._kept(id)
            if found is None or (found.by.name, found.by.role) != (by.name, by.role):
                raise NoSuch("there is no such job of yours")
            if id not in self.works and found.kind != LETTER:
                self._begin(found)
            return found, self.works.get(id)

    def resume(self) -> None:
        """Begin again what was to be recorded when the service ended."""
        with self.starting, self.storage.reading() as reader:
            self._tidy()
            t = tables_of(reader.connection).job
            left = reader.connection.execute(sa.select(t).where(t.c.kind == LETTER, t.c.result.is_(None))).all()
            for row in left:
                self._begin(_job(row))

    def end(self) -> None:
        """End what runs here. What was asked for is begun again by the next start."""
        with self.starting:
            for id in list(self.works):
                self._leave(id)

    def _begin(self, job: Job) -> None:
        room = TemporaryDirectory(prefix="job-")
        folder = Path(room.name)
        env = {"PATH": os.environ.get("PATH", ""), "HOME": room.name, "LANG": "C.UTF-8", "COLUMNS": "100"}
        env["PYTHONPATH"] = str(Path(salesdx.__file__).parents[1])
        env["SALESDX_TRAIL"] = self.storage.engine.url.render_as_string(hide_password=False)
        command = ["salesdx", "trail", *job.words, "--format", "html"]
        if job.kind in APART:
            command = [APART[job.kind], *job.words, stamp(job.begun)]
        with (folder / "page").open("wb") as page, (folder / "fault").open("wb") as fault:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=page, stderr=fault,
            )  # fmt: skip
        self.works[job.id] = work = Work(job.begun, room, process, recorded=job.kind != LETTER)
        if job.kind == LETTER:
            Thread(target=self._finish, args=(job, work), daemon=True).start()

    def _finish(self, job: Job, work: Work) -> None:
        """Wait for a job, record what it has made, and keep the number of the record."""
        try:
            if work.process.wait(LONGEST.total_seconds()) == 0:
                record = self.record(job, work.page)
                with self.storage.writing() as reader:
                    t = tables_of(reader.connection).job
                    reader.connection.execute(sa.update(t).where(t.c.id == job.id).values(result=record))
                    reader.connection.commit()
        except subprocess.TimeoutExpired:
            work.process.kill()
            work.refused = "it took too long"
        except (TrailError, IssuesError) as error:
            work.refused = str(error)
        finally:
            work.recorded = True

    def _keep(self, job: Job) -> None:
        row = {
            "id": job.id,
            "person": job.by.name,
            "role": job.by.role,
            "kind": job.kind,
            "words": json.dumps(job.words),
            "records": json.dumps(job.records),
            "back": json.dumps(job.back),
            "begun": stamp(job.begun),
        }
        with self.storage.writing() as reader:
            reader.connection.execute(sa.insert(tables_of(reader.connection).job).values(row))
            reader.connection.commit()

    def _kept(self, id: str) -> Job | None:
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).job
            row = reader.connection.execute(sa.select(t).where(t.c.id == id)).one_or_none()
        return None if row is None or moment(row.begun) + KEPT < self.now() else _job(row)

    def _tidy(self) -> None:
        """Forget what is old, and end what takes too long."""
        for id, work in list(self.works.items()):
            if work.begun + LONGEST < self.now() and work.process.poll() is None:
                work.process.kill()
            if work.begun + KEPT < self.now():
                self._leave(id)
        old = stamp(self.now() - KEPT)
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).job
            some = reader.connection.execute(sa.select(t.c.id).where(t.c.begun < old).limit(1)).first()
        if some is not None:
            with self.storage.writing() as reader:
                reader.connection.execute(sa.delete(tables_of(reader.connection).job).where(t.c.begun < old))
                reader.connection.commit()

    def _leave(self, id: str) -> None:
        work = self.works.pop(id)
        if work.process.poll() is None:
            work.process.kill()
        work.process.wait()
        work.room.cleanup()


def _job(row: Any) -> Job:
    by = Person(row.person, row.role, LOGIN)
    words, records, back = (tuple(json.loads(told)) for told in (row.words, row.records, row.back))
    return Job(row.id, by, row.kind, words, records, back, moment(row.begun), row.result)
