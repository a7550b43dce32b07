"""The power fails at any moment of an append, of an erasure, of a recovery: what was acknowledged is still there.

The same appends lose records in SQLite's more usual settings, which shows that the simulation can see a loss.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from power_loss import SECTOR, Disk, Operation, Recorder, engine
from salesdx.ledger.keys import SigningKey, new_private_key
from salesdx.ledger.log import Appender, Person, Trail, create, new_origin, open_trail
from salesdx.ledger.sqlite import PRAGMAS, WRITE_AHEAD
from salesdx.ledger.standalone.chains import LogChecker
from salesdx.ledger.standalone.verifier import check_payload, read_checkpoint
from salesdx.ledger.storage import LogReader, Storage

pytestmark = pytest.mark.slow

LOSSES = 10 * int(os.environ.get("SALESDX_CRASH_RUNS", "100"))
"""Power losses in the default settings."""
APPENDS, TRIED, RUNS = 8, 125, 5
"""Appends of a run; moments of it at which the power fails; runs of a trail, each on what a power loss left."""
FOLDER = "/dev/shm" if os.path.isdir("/dev/shm") else None  # what is simulated needs no disk
NAME = "trail"
BY = Person("Anna", "hr")
State = dict[str, list[Any]]
"""Every row of every table, and what SQLite's own check says."""


def state(run: Any) -> State:
    tables = [name for (name,) in run("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = {table: sorted(map(tuple, run(f"SELECT * FROM {table}")), key=repr) for table in tables}
    return found | {"": [tuple(row) for row in run("PRAGMA integrity_check")]}


def state_of(files: dict[str, bytes]) -> State | None:
    """What SQLite, started afresh, finds in what is left; None where it finds no database."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        put(Path(folder), files)
        connection = sqlite3.connect(Path(folder) / NAME)
        try:
            return state(connection.execute)
        except sqlite3.DatabaseError:
            return None
        finally:
            connection.close()


def put(folder: Path, files: dict[str, bytes]) -> None:
    for old in folder.iterdir():
        old.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)


class Life:
    """A trail that lives through power losses: its files, and the appends that were acknowledged."""

    def __init__(self, folder: Path, pragmas: Sequence[str], random: Random) -> None:
        self.folder, self.pragmas, self.random = folder, pragmas, random
        self.key = SigningKey(new_private_key(), new_origin())
        create(str(folder / NAME), self.key, BY).storage.engine.dispose()
        self.files = {NAME: (folder / NAME).read_bytes()}
        self.acknowledged = 0
        self.seen: Counter[str] = Counter()

    def run(self, tried: int) -> None:
        """Some appends, and the power fails at moments of them; the trail lives on with what one of these left."""
        trace, states = self.appends()
        disk, done, at = Disk(self.files), 0, 0
        kept = []
        for moment in sorted(self.random.randrange(len(trace) + 1) for _ in range(tried)):
            for operation in trace[at:moment]:
                disk.play(operation)
                done += operation == ("done",)
            at = moment
            files = disk.after_power_loss(self.random)
            found = state_of(files)
            if found in states[done : done + 2]:
                self.seen["kept"] += 1
                kept.append((files, done))
            else:
                self.seen["lost" if found in states[:done] else "damaged"] += 1
        if kept:
            self.files, done = self.random.choice(kept)
            self.acknowledged += done

    def appends(self) -> tuple[list[Operation], list[State]]:
        """What the product does to the disk, and the state at the begin and after each acknowledged append."""
        put(self.folder, self.files)
        recorder = Recorder()
        trail = Trail(Storage(engine(self.folder / NAME, recorder, self.pragmas), NAME), self.key)
        states = []
        for number in range(APPENDS + 1):
            if number:
                with trail.append() as appender:
                    self.append(appender, self.acknowledged + number)
                recorder.trace.append(("done",))
            with trail.read() as reader:
                states.append(state(reader.connection.exec_driver_sql))
            if self.random.random() < 0.3:
                trail.storage.engine.dispose()  # the process ends, and the next append is another one's
        trail.storage.engine.dispose()
        return recorder.trace, states

    def append(self, appender: Appender, number: int) -> None:
        """The append of a number is always the same one, so that it can be repeated after a power loss."""
        random, key = Random(number), str(number)
        if is_erasure(number):
            row = appender.reader.row(seq_of(appender.reader, number - 1))
            if row.payload is not None:
                appender.erase([row.seq], [row.header["subject"]], "asked", BY)
            return
        for part in range(random.choice((0, 0, 0, 5))):
            appender.add("explanation", {"asked": "why"}, BY, case="A", key=f"{key}.{part}")
        body = {"term": "x" * random.choice((1, 100, 20_000))}
        appender.add("answer", body, BY, case=random.choice("ABC"), subject=key, key=key)

    def verify(self) -> None:
        """The product reads what the last power loss left: every acknowledged append once, and the whole log right."""
        put(self.folder, self.files)
        checker, public = LogChecker(self.key.name), self.key.public
        with open_trail(str(self.folder / NAME), write=False).read() as reader:
            erased = {seq for row in reader.rows(types=("erasure",)) for seq in row.header["inputs"]}
            notes = dict(reader.checkpoints())
            for row in reader.rows():
                entry = checker.add(row.entry)
                if row.payload is None or row.salt is None:
                    assert row.seq in erased
                else:
                    check_payload(entry, row.salt, row.payload)
                if (note := notes.pop(checker.frontier.size, None)) is not None:
                    checkpoint = read_checkpoint(note)
                    assert (checkpoint.size, checkpoint.root) == (checker.frontier.size, checker.frontier.root())
                    assert checkpoint.signed_by(public)
            assert not notes
            assert reader.head().size == checkpoint.size == checker.frontier.size
            seqs = [seq_of(reader, number) for number in range(1, self.acknowledged + 1) if not is_erasure(number)]
            assert seqs == sorted(set(seqs))
            gone = [seq_of(reader, number - 1) for number in range(1, self.acknowledged + 1) if is_erasure(number)]
            assert set(gone) <= erased and all(reader.row(seq).payload is None for seq in gone)


def is_erasure(number: int) -> bool:
    """Whether the append of a number erases the one before it."""
    return number % 5 == 0


def seq_of(reader: LogReader, number: int) -> int:
    seq = reader.by_key(str(number))
    assert seq is not None
    return seq


def lose_power(pragmas: Sequence[str], times: int, seed: int) -> Counter[str]:
    """What became of the trail, power loss by power loss."""
    random, seen = Random(seed), Counter[str]()
    while (left := times - seen.total()) > 0:
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            life = Life(Path(folder), pragmas, random)
            for done in range(0, min(left, RUNS * TRIED), TRIED):
                life.run(min(TRIED, left - done))
            life.verify()
            seen += life.seen
    print(*pragmas[:2], dict(seen))
    return seen


def settings(journal: str, synchronous: str) -> tuple[str, ...]:
    """The product's settings, but for how a commit reaches the disk."""
    return (f"journal_mode={journal}", f"synchronous={synchronous}", *PRAGMAS[2:])


@pytest.mark.parametrize("seed", range(4))
def test_nothing_acknowledged_is_lost(seed: int) -> None:
    assert PRAGMAS[:2] == ("journal_mode=DELETE", "synchronous=EXTRA")
    assert lose_power(PRAGMAS, LOSSES // 4, seed) == {"kept": LOSSES // 4}


@pytest.mark.parametrize(
    ("journal", "synchronous", "loses"), [("DELETE", "FULL", True), ("WAL", "NORMAL", True), ("WAL", "FULL", False)]
)
def test_the_simulation_sees_losses(journal: str, synchronous: str, loses: bool) -> None:
    seen = lose_power(settings(journal, synchronous), LOSSES // 8, 9)
    assert settings("WAL", "FULL")[1:] == WRITE_AHEAD, "as a service has it"
    assert seen["damaged"] == 0 and (seen["lost"] > 0) == loses


def outcomes(*operations: Operation) -> set[tuple[tuple[str, bytes], ...]]:
    """Everything that may lie on the disk, a file of one sector `a` being there at the begin."""
    found = set()
    for seed in range(300):
        disk = Disk({"a": b"1" * SECTOR})
        for operation in operations:
            disk.play(operation)
        found.add(tuple(sorted(disk.after_power_loss(Random(seed)).items())))
    return found


def test_what_is_synced_is_certain() -> None:
    one, two, three = (digit * SECTOR for digit in (b"1", b"2", b"3"))
    write = ("write", "a", 0, two)
    assert outcomes(write, ("sync", "a", False)) == {(("a", two),)}
    assert outcomes(write) == {(("a", one),), (("a", two),)}
    assert outcomes(write, ("write", "a", 0, three)) == {(("a", one),), (("a", two),), (("a", three),)}
    torn = outcomes(("write", "a", 0, two + two))
    assert {found[0][1] for found in torn} >= {one, two, one + two, two + two, one + bytes(SECTOR)}
    assert outcomes(("delete", "a", False)) == {(("a", one),), ()}
    assert outcomes(("delete", "a", True)) == {()}
    made = (("open", "b"), ("write", "b", 0, two), ("sync", "b", False))
    assert outcomes(*made) == {(("a", one),), (("a", one), ("b", two))}
    assert outcomes(*made[:2], ("sync", "b", True)) == {(("a", one), ("b", two))}
