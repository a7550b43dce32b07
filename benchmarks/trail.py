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

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from person_keys import key, made, signed
from salesdx.ledger.acting import Acting, Drafted, Signed
from salesdx.ledger.keys import SigningKey, new_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin
from salesdx.ledger.sqlite import PRAGMAS
from salesdx.ledger.standalone.findings import UNANCHORED
from salesdx.ledger.verify import verify
from salesdx.trail.people import begin_register, prove_first

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
        whole = verifying(Path(folder), single, given.entries, given.rounds)
        with_people(Path(folder), whole, given.entries, given.rounds)


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


def verifying(folder: Path, single: Trail, entries: int, rounds: int) -> Trail:
    """Prints what a verification costs: of two trails with large appends, and of one with a checkpoint an entry; the
    largest of them."""
    print("\n## Verifying\n\nHashing alone is SHA-256 of the bytes of each entry, in memory.\n")
    print("| entries | checkpoints | hashing alone, times | memory at its peak, MiB |\n|---|---|---|---|")
    whole = filled(folder / "whole", entries)
    for trail in (filled(folder / "tenth", entries // 10), whole, single):
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
    return whole


def with_people(folder: Path, typed: Trail, entries: int, rounds: int) -> None:
    """Prints what a verification costs where the trail knows its people, beside one of as many typed names."""
    print("\n## Verifying a trail that knows its people\n")
    print("| entries | persons | signed by persons | typed names, times |\n|---|---|---|---|")
    trail = known(folder, entries)
    register, size = trail.register(), size_of(trail)
    pairs = [
        (timed(time.process_time, 1, lambda trail=one: check(trail)) for one in (trail, typed)) for _ in range(rounds)
    ]
    ratio = statistics.median(theirs / others for theirs, others in pairs)
    print(f"| {size:,} | {len(register.members):,} | {register.signed:,} | {ratio:.2f} |", flush=True)


def known(folder: Path, entries: int) -> Trail:
    """A trail with people: of a hundred entries one is a change of the register that a person signs, and all others are
    answers of somebody who is logged in."""
    keys = {who: made(folder / who, "ed25519") for who in ("anna", "ben", "cleo") if not (folder / who).mkdir()}
    trail = new_trail(folder / "known")
    begin_register(trail, [(who, who.title(), key(keys[who]).text) for who in ("anna", "ben")], BY)
    for who in ("anna", "ben"):
        prove_first(trail, who, lambda message, who=who: (key(keys[who]).fingerprint, signed(keys[who], message)))
    trail.serving = True

    def sign(who: str, type: str, body: dict[str, str], inputs: list[int]) -> int:
        drafts: list[Drafted] = []
        with trail.acting_as(Acting(type, drafting=drafts)).append() as appender:
            appender.add(type, body, Person(who, "admin", "token"), inputs=inputs)
        given = Signed(drafts[0], key(keys[who]).fingerprint, signed(keys[who], drafts[0].message))
        with trail.acting_as(Acting(type, signed=given)).append() as appender:
            return appender.add(type, body, Person(who, "admin", "ssh"), inputs=inputs)

    def enter(who: str, role: str, *more: tuple[str, dict[str, str]]) -> None:
        person: tuple[str, dict[str, str]] = ("person_added", {"person": who, "name": who, "reports_to": "anna"})
        given = ("role_given", {"person": who, "role": role, "from": "", "until": ""})
        sign("ben", "confirmed", {}, [sign("anna", type, body, []) for type, body in (person, given, *more)])

    enter("cleo", "hr", ("key_added", {"person": "cleo", "kind": "ssh", "key": key(keys["cleo"]).text}))
    served = trail.acting_as(Acting("answer"))
    cleo, number = Person("cleo", "hr", "token"), 0
    while (size := size_of(trail)) < entries:
        if size // (3 * BATCH) > number:
            number += 1
            enter(f"person-{number}", "finance")
        append(served, min(BATCH, entries - size), cleo)
    return trail


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


def size_of(trail: Trail) -> int:
    with trail.read() as reader:
        return reader.head().size


def append(trail: Trail, entries: int, by: Person = BY) -> None:
    """One append of answers to questions of one case."""
    with trail.append() as appender:
        start = appender.frontier.size
        for number in range(start, start + entries):
            statement = {"value": str(number), "by": "manager", "source": "crm", "date": "2026-03-01"}
            body = {"term": f"term_{number % 80}", "statements": [statement], "before": [], "way": "case file"}
            case = f"case {start // BATCH}"
            appender.add("answer", body, by, case=case, subject=f"subject of {case}")


def check(trail: Trail) -> None:
    """Verify a trail; it lacks only an anchor and a key from elsewhere, which this run has not."""
    with trail.read() as reader:
        verdict = verify(reader)
    if verdict.word != UNANCHORED:
        sys.exit(str(verdict))


if __name__ == "__main__":
    main()
