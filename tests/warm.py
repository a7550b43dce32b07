"""A `salesdx` that need not start: a process that has imported every module of it, and forks a child for each command.

`python -P warm.py ADDRESS` serves at a socket until its standard input ends. The child is a process like any other: its
memory, arguments, environment, folder, umask and streams are its own. Importing has filled no cache
(`test_commands.py`), and what was called before is one diagnosis by the shipped rules, and the wheels of the program
that a trail keeps: the child has these as a process does that runs for long. What it cannot show is what happens before
`main`, such as an import that is missing or slow, and loading these rules or making the wheels for the first time,
which every process of tests does. The variables that Python reads when it
starts are those of the server.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pkgutil import walk_packages
from runpy import run_module
from select import select
from typing import Any

import salesdx
from salesdx.trail.wheels import program_wheels

NOT_IMPORTED = ("salesdx.__main__", "salesdx.ledger.migrations.", "salesdx.web.migrations.")
"""What is run, not imported."""
LIBRARIES = ("durable.engine", "networkx", "psycopg", "sqlalchemy.dialects.postgresql.psycopg")
"""What is imported only where it is used, if it is there: not on every Python, or as an extra."""


def imported() -> None:
    for module in walk_packages(salesdx.__path__, "salesdx."):
        if not module.name.startswith(NOT_IMPORTED):
            import_module(module.name)
    for library in LIBRARIES:
        with suppress(ImportError):
            import_module(library)


def begun() -> None:
    """A case without facts is diagnosed, so that the shipped rules are loaded, and compiled for each engine; and what a
    trail keeps of the program is made."""
    base = salesdx.load()
    salesdx.diagnose(base, salesdx.memory_from({}, base))
    program_wheels()
    gc.freeze()


def serve(address: str) -> None:
    """Returns only in a child, which is the command."""
    running: dict[int, socket.socket] = {}
    ended, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(100)
        os.write(1, b"ready\n")
        while True:
            heard = select([0, listener, ended, *running.values()], [], [])[0]
            for child, connection in running.items():
                if connection in heard:  # who asked has gone away
                    os.kill(child, signal.SIGKILL)
            if ended in heard:
                os.read(ended, 1 << 10)
                for child in list(running):
                    if (found := os.waitpid(child, os.WNOHANG))[0]:
                        with running.pop(child) as connection, suppress(OSError):  # who asked may be gone
                            connection.send(str(os.waitstatus_to_exitcode(found[1])).encode())
            if listener in heard:
                connection = listener.accept()[0]
                request, streams = read(connection)
                if not (child := os.fork()):
                    break
                running[child] = connection
                for stream in streams:
                    os.close(stream)
            if 0 in heard:
                os._exit(0)
    for each in (connection, *running.values()):
        each.close()
    become(*request, streams)


def read(connection: socket.socket) -> tuple[list[Any], list[int]]:
    """A request, and its streams that are not closed."""
    request, streams, _, _ = socket.recv_fds(connection, 1 << 16, 3)
    length, _, request = request.partition(b"\n")
    while len(request) < int(length):
        request += connection.recv(1 << 16)
    return json.loads(request.decode("utf-8", "surrogateescape")), streams


def become(words: list[str], env: dict[str, str], cwd: str, umask: int, closed: list[int], streams: list[int]) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if number not in closed:
            os.dup2(streams.pop(0), number)
            continue
        os.close(number)
        setattr(sys, name, None)
        setattr(sys, f"__{name}__", None)
    os.closerange(3, 256)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    os.umask(umask)
    sys.argv = ["salesdx", *words]


if __name__ == "__main__":
    imported()
    begun()
    serve(sys.argv[1])
    run_module("salesdx", run_name="__main__", alter_sys=True)
