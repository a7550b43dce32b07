"""Two processes append to one trail, and are killed: `python trail_writers.py TRAIL KILLS`. Prints what they said.

A process of its own, since it forks: a writer that was killed is started again within milliseconds, with everything
imported and no connection open. Each says on a pipe when it is in a transaction and, once `append` has returned, what
is recorded.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
import traceback
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from select import select

from salesdx.ledger.log import Appender, Person, Trail, open_trail

BY = Person("Anna", "hr")


def keys_of(writer: int, number: int) -> list[str]:
    """The idempotency keys of an append; one in three has two entries."""
    key = f"{writer}-{number}"
    return [key, f"{key}-again"] if number % 3 == 0 else [key]


def add(appender: Appender, writer: int, number: int) -> list[int]:
    """The same entries each time that they are asked for."""
    keys = keys_of(writer, number)
    return [appender.add("answer", {"term": key}, BY, case=f"case {number % 5}", key=key) for key in keys]


def append_for_ever(trail: Trail, writer: int, number: int, said: int) -> None:
    while True:
        with trail.append() as appender:
            os.write(said, b"begun\n")
            seqs = add(appender, writer, number)
        os.write(said, json.dumps([seqs, not appender.rows]).encode() + b"\n")
        number += 1


class Writer:
    """A writer, started as often as it is killed.

    ``recorded``: the entries of each append that it acknowledged; ``known``: how many of these were recorded before,
    by the one that was killed before it could say so.
    """

    def __init__(self, trail: Trail, writer: int) -> None:
        self.trail, self.writer, self.known = trail, writer, 0
        with trail.append() as appender:  # the first one here: what it prepares is inherited
            self.recorded = [add(appender, writer, 0)]

    def start(self) -> None:
        self.heard, said = os.pipe()
        self.inside = False
        self.process = os.fork()
        if self.process == 0:
            try:
                os.close(self.heard)
                append_for_ever(self.trail, self.writer, len(self.recorded), said)
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        os.close(said)
        os.set_blocking(self.heard, False)
        self.rest = b""

    def listen(self) -> None:
        """Take in what it has said."""
        with suppress(BlockingIOError):
            while data := os.read(self.heard, 1 << 16):
                *lines, self.rest = (self.rest + data).split(b"\n")
                for line in lines:
                    self.inside = line == b"begun"
                    if not self.inside:
                        seqs, known = json.loads(line)
                        self.recorded.append(seqs)
                        self.known += known

    def kill(self) -> None:
        os.kill(self.process, signal.SIGKILL)

    def bury(self) -> None:
        """Wait for the end of it, and hear its last words."""
        _, status = os.waitpid(self.process, 0)
        if not os.WIFSIGNALED(status):
            sys.exit("a writer has failed")
        self.listen()
        os.close(self.heard)


def main(path: str, kills: int) -> None:
    random, journal = Random(kills), Path(f"{path}-journal")
    seen = Counter(kills=0, in_a_transaction=0, both_at_once=0, with_a_journal=0, with_a_hot_journal=0)
    trail = open_trail(path)
    writers = [Writer(trail, 0), Writer(trail, 1)]
    gc.freeze()
    for writer in writers:
        writer.start()
    while seen["kills"] < kills:
        wait(random, writers, journal)
        active = [writer for writer in writers if writer.inside] or writers
        victims = random.choice((writers, writers, active[:1], writers[:1], writers[1:]))
        for victim in victims:
            victim.kill()
        for victim in victims:
            victim.bury()
            seen.update(kills=1, in_a_transaction=victim.inside)
        if len(victims) == 2:
            seen.update(both_at_once=1, with_a_journal=journal.exists(), with_a_hot_journal=is_hot(journal))
        for victim in victims:
            victim.start()
    for writer in writers:
        writer.kill()
        writer.bury()
    seen["recorded_but_not_acknowledged"] = sum(writer.known for writer in writers)
    json.dump({"seen": seen, "recorded": [writer.recorded for writer in writers]}, sys.stdout)


def wait(random: Random, writers: list[Writer], journal: Path) -> None:
    """For a random moment: any, after an acknowledgement, in a transaction, in the midst of writing, of a commit."""
    listen(writers)
    awaited = sum(len(writer.recorded) for writer in writers) + random.randint(1, 4)

    def acknowledged() -> bool:
        return sum(len(writer.recorded) for writer in writers) >= awaited

    def inside() -> bool:
        return any(writer.inside for writer in writers)

    reached, then = random.choice(
        (
            (lambda: True, 0.05),
            (acknowledged, 0.004),
            (acknowledged, 0.004),
            (inside, 0.004),
            (lambda: inside() and journal.exists(), 0.004),
            (lambda: inside() and is_hot(journal), 0.001),
        )
    )
    deadline = time.monotonic() + 0.2
    while not reached() and time.monotonic() < deadline:
        listen(writers, 0.0002)
    time.sleep(random.random() * then)


def listen(writers: list[Writer], seconds: float = 0) -> None:
    """Take in what they have said, waiting for something at most that long."""
    heard = select([writer.heard for writer in writers], [], [], seconds)[0]
    for writer in writers:
        if writer.heard in heard:
            writer.listen()


def is_hot(journal: Path) -> bool:
    """Whether there is a journal that the next to open the trail has to roll back."""
    try:
        with journal.open("rb") as file:
            return file.read(1) not in (b"", b"\0")
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
