"""All units of the firm at once, by the schedule that an administrator sets: worked out in a process of its own.

Of several services at one database, the one that moves the time of the next scan makes it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import sqlalchemy as sa

import salesdx
from salesdx.base.model import RuleBase
from salesdx.ledger.errors import TrailError
from salesdx.ledger.moments import moment, stamp
from salesdx.ledger.storage import Storage
from salesdx.services.drawn_cases import SystemsError
from salesdx.services.fact_acts import mapping_in_force
from salesdx.services.served_systems import ServedSystems
from salesdx.web.tables import tables_of

EVERY = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
"""How often a scan can be made."""
LOOKS, LONGEST, KEPT = 30.0, 3600.0, timedelta(days=400)
"""Seconds between looks at the time, seconds that a scan may take, and how long it is kept."""
ONE = "scan"
"""The one schedule."""
NO_MAPPING = "an administrator has set no mapping of the firm's systems"


@dataclass(frozen=True)
class ScanSchedule:
    """How often all units of some kinds are scanned, over the last whole part of a year with so many ``months``; by
    whom that was set, and when it is done next."""

    every: str
    months: int
    kinds: tuple[str, ...]
    person: str
    next: datetime


@dataclass(frozen=True)
class KeptScan:
    """A scan: its page and what is kept of it; or why it could not be made."""

    begun: datetime
    page: str
    data: str
    fault: str


@dataclass
class Scans:
    """The scans of one service, of whose systems the mapping is read that is set; ``base`` are its rules."""

    storage: Storage
    systems: ServedSystems
    base: Callable[[], RuleBase]
    now: Callable[[], datetime]
    woken: Event = field(default_factory=Event)
    ended: Event = field(default_factory=Event)

    def schedule(self) -> ScanSchedule | None:
        """The schedule; None where none is set."""
        with self.storage.reading() as reader:
            row = reader.connection.execute(sa.select(tables_of(reader.connection).scan_schedule)).one_or_none()
        if row is None:
            return None
        return ScanSchedule(row.every, row.months, tuple(row.kinds.split(",")), row.person, moment(row.next))

    def set_schedule(self, schedule: ScanSchedule | None) -> None:
        """Set the schedule, or with None end it. The first scan is made when ``next`` says."""
        with self.storage.writing() as reader:
            t = tables_of(reader.connection).scan_schedule
            reader.connection.execute(sa.delete(t))
            if schedule is not None:
                told = {"every": schedule.every, "months": schedule.months, "kinds": ",".join(schedule.kinds)}
                row = {"id": ONE, **told, "person": schedule.person, "next": stamp(schedule.next)}
                reader.connection.execute(sa.insert(t).values(row))
            reader.connection.commit()
        self.woken.set()

    def newest(self, whole: bool) -> KeptScan | None:
        """The last scan; with ``whole`` the last one that could be made."""
        with self.storage.reading() as reader:
            t = tables_of(reader.connection).scan
            query = sa.select(t).where(t.c.page != "") if whole else sa.select(t)
            row = reader.connection.execute(query.order_by(t.c.begun.desc()).limit(1)).first()
        return None if row is None else KeptScan(moment(row.begun), row.page, row.data, row.fault)

    def run_due(self) -> bool:
        """Make the scan that is due, if one is and no other service makes it; whether it was made here."""
        schedule, now = self.schedule(), self.now()
        if schedule is None or now < schedule.next or not self._claim(schedule, now):
            return False
        try:
            page, data = self._scanned(schedule)
            kept = KeptScan(now, page, data, "")
        except (SystemsError, TrailError, OSError, ValueError) as error:  # whatever ended it, the next one is made
            kept = KeptScan(now, "", "", str(error))
        if not self.ended.is_set():
            self._keep(kept)
        return True

    def begin(self) -> None:
        """Look at the time from now on."""
        Thread(target=self._watch, daemon=True).start()

    def end(self) -> None:
        """Look no more. A scan that runs is ended, and made again when it is due next."""
        self.ended.set()
        self.woken.set()

    def _watch(self) -> None:
        while not self.ended.is_set():
            self.woken.clear()
            with suppress(TrailError):  # the database is away: it is looked at again
                self.run_due()
            self.woken.wait(LOOKS)

    def _claim(self, schedule: ScanSchedule, now: datetime) -> bool:
        later = schedule.next
        while later <= now:
            later += EVERY[schedule.every]
        with self.storage.writing() as reader:
            t = tables_of(reader.connection).scan_schedule
            query = sa.update(t).where(t.c.next == stamp(schedule.next)).values(next=stamp(later))
            moved = reader.connection.execute(query).rowcount == 1
            reader.connection.commit()
        return moved

    def _scanned(self, schedule: ScanSchedule) -> tuple[str, str]:
        """The page, and what is kept. Raises SystemsError where it could not be made."""
        with self.storage.reading() as reader:
            set_ = mapping_in_force(reader)
        if set_ is None:
            raise SystemsError(NO_MAPPING)
        base, before = self.base(), self.newest(whole=True)
        asked = {
            "mapping": str(self.systems.path_of(set_).resolve()),
            "key": str(self.systems.key.resolve()) if self.systems.key else "",
            "files": dict(base.files),
            "rules": base.digest,
            "kinds": schedule.kinds,
            "months": schedule.months,
            "before": json.loads(before.data) if before is not None else None,
        }
        with TemporaryDirectory(prefix="scan-") as room:
            told = self._worked_out(Path(room), asked)
        return told["page"], told["data"]

    def _worked_out(self, room: Path, asked: dict[str, object]) -> dict[str, str]:
        (room / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("PG")}
        env = kept | {"HOME": str(room), "LANG": "C.UTF-8", "PYTHONPATH": str(Path(salesdx.__file__).parents[1])}
        with (room / "told").open("wb") as told, (room / "fault").open("wb") as fault:
            process = subprocess.Popen(
                [sys.executable, "-m", "salesdx.web.scan_apart", "asked.json"],
                cwd=room, env=env, stdin=subprocess.DEVNULL, stdout=told, stderr=fault,
            )  # fmt: skip
            until = LONGEST
            while process.poll() is None and until > 0 and not self.ended.wait(0.2):
                until -= 0.2
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode:
            why = (room / "fault").read_text("utf-8", errors="replace").strip().removeprefix("error: ")
            raise SystemsError(why.splitlines()[-1] if why else "it took too long, or was ended")
        return dict(json.loads((room / "told").read_text("utf-8")))

    def _keep(self, kept: KeptScan) -> None:
        row = {"begun": stamp(kept.begun), "page": kept.page, "data": kept.data, "fault": kept.fault}
        with self.storage.writing() as reader:
            t = tables_of(reader.connection).scan
            reader.connection.execute(sa.delete(t).where(t.c.begun < stamp(kept.begun - KEPT)))
            reader.connection.execute(sa.insert(t).values(row))
            reader.connection.commit()
