"""What the decision trail costs: appends beside the syncs of the same disk, verification beside hashing alone.

Both take turns in one run, and what counts is their ratio within a round. The trails lie in the temporary folder, and
TMPDIR chooses the disk. Run with ``make bench-trail``; prints tables in Markdown, nothing is asserted.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from salesdx.ledger.keys import SigningKey, new_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin
from salesdx.ledger.sqlite import PRAGMAS
from salesdx.ledger.standalone.findings import UNANCHORED
from salesdx.ledger.verify import verify

BY = Person("Anna", "hr")
BATCH = 100
"""Entries of an append that has many: a case with its answers, and what was concluded."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000, help="of the largest trail that is verified")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--appends", type=int, default=100, help="in one turn")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        single = appending(Path(folder), given.rounds, given.appends)
        verifying(Path(folder), single, given.entries, given.rounds)


def appending(folder: Path, rounds: int, appends: int) -> Trail:
    """Prints what an append costs; the trail whose appends have one entry each."""
    print("## Appending\n\nA sync is a write of 4 KiB to a file on the same disk, and `fdatasync`.\n")
    print("| | syncs in the time of it | and of one entry | how many in the time of 1,000 syncs |\n|---|---|---|---|")
    bare = sqlite3.connect(folder / "bare", isolation_level=None)
    for pragma in PRAGMAS:
        bare.execute(f"PRAGMA {pragma}")
    bare.execute("CREATE TABLE bare (number INTEGER)")
    single, many = new_trail(folder / "single"), new_trail(folder / "many")
    kinds: tuple[tuple[str, int, Callable[[], object]], ...] = (
        ("a commit of one number by SQLite alone", 1, lambda: bare.execute("INSERT INTO bare VALUES (1)")),
        ("an append of one entry", 1, lambda: append(single, 1)),
        (f"an append of {BATCH} entries", BATCH, lambda: append(many, BATCH)),
    )
    file = os.open(folder / "synced", os.O_WRONLY | os.O_CREAT)
    ratios: dict[str, list[float]] = {name: [] for name, _, _ in kinds}
    for _ in range(rounds + 1):
        for name, size, run in kinds:
            times = max(1, appends // size)
            alone = timed(time.perf_counter, appends, lambda: sync(file))
            ratios[name].append(timed(time.perf_counter, times, run) / alone)
    for name, size, _ in kinds:
        ratio = statistics.median(ratios[name][1:])  # the first round prepares
        print(f"| {name} | {ratio:.1f} | {ratio / size:.2f} | {1000 / ratio:.0f} |", flush=True)
    os.close(file)
    bare.close()
    return single


def verifying(folder: Path, single: Trail, entries: int, rounds: int) -> None:
    """Prints what a verification costs: of two trails with large appends, and of one with a checkpoint an entry."""
    print("\n## Verifying\n\nHashing alone is SHA-256 of the bytes of each entry, in memory.\n")
    print("| entries | checkpoints | hashing alone, times | memory at its peak, MiB |\n|---|---|---|---|")
    for trail in (filled(folder / "tenth", entries // 10), filled(folder / "whole", entries), single):
        with trail.read() as reader:
            checkpoints = sum(1 for _ in reader.checkpoints())
            data = [row.entry for row in reader.rows()]
        ratios = []
        for _ in range(rounds):
            alone = timed(time.process_time, 1, lambda data=data: [sha256(entry).digest() for entry in data])
            ratios.append(timed(time.process_time, 1, lambda trail=trail: check(trail)) / alone)
        tracemalloc.start()
        check(trail)
        peak = tracemalloc.get_traced_memory()[1] / (1 << 20)
        tracemalloc.stop()
        print(f"| {len(data):,} | {checkpoints:,} | {statistics.median(ratios):.0f} | {peak:.1f} |", flush=True)


def timed(clock: Callable[[], float], times: int, run: Callable[[], object]) -> float:
    """Seconds of one run."""
    begin = clock()
    for _ in range(times):
        run()
    return (clock() - begin) / times


def sync(file: int) -> None:
    os.pwrite(file, os.urandom(4096), 0)
    os.fdatasync(file)


def new_trail(path: Path) -> Trail:
    return create(str(path), SigningKey(new_private_key(), new_origin()), BY)


def filled(path: Path, entries: int) -> Trail:
    """A trail of so many entries in large appends."""
    trail = new_trail(path)
    for left in range(entries - 1, 0, -BATCH):
        append(trail, min(BATCH, left))
    return trail


def append(trail: Trail, entries: int) -> None:
    """One append of answers to questions of one case."""
    with trail.append() as appender:
        start = appender.frontier.size
        for number in range(start, start + entries):
            statement = {"value": str(number), "by": "manager", "source": "crm", "date": "2026-03-01"}
            body = {"term": f"term_{number % 80}", "statements": [statement], "before": [], "way": "case file"}
            case = f"case {start // BATCH}"
            appender.add("answer", body, BY, case=case, subject=f"subject of {case}")


def check(trail: Trail) -> None:
    """Verify a trail; it lacks only an anchor and a key from elsewhere, which this run has not."""
    with trail.read() as reader:
        verdict = verify(reader)
    if verdict.word != UNANCHORED:
        sys.exit(str(verdict))


if __name__ == "__main__":
    main()
