"""Processes that append to one trail: `python postgresql_writers.py URL KEY WRITERS APPENDS`. Prints what is recorded.

A process of its own, since it forks. Each writer appends its records one after another, each with an idempotency key,
and again until `append` has returned; then it prints a line: the key, the number of the record, how often it tried.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path

from salesdx.ledger.errors import TrailError
from salesdx.ledger.log import Person, Trail, open_trail

BY = Person("Anna", "hr")
PATIENCE = 60.0
"""Seconds for which a writer tries again."""


def append(opened: Callable[[], Trail], name: str, number: int) -> tuple[int, int]:
    """The number of the record, and how often it took."""
    deadline = time.monotonic() + PATIENCE
    tried = 0
    while True:
        tried += 1
        try:
            with opened().append() as appender:
                return appender.add("answer", {"text": name}, BY, case=f"case {number % 5}", key=name), tried
        except TrailError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def main(url: str, key: Path, writers: int, appends: int) -> None:
    for writer in range(writers):
        if os.fork() == 0:
            try:
                opened = cache(lambda: open_trail(url, key))  # a connection is not shared with another process
                for number in range(appends):
                    name = f"{writer}-{number}"
                    seq, tried = append(opened, name, number)
                    os.write(1, f"{name} {seq} {tried}\n".encode())
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
    sys.exit(any(os.wait()[1] for _ in range(writers)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
