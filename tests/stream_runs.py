"""Runs of salesdx whose streams are closed, full or gone: `python stream_runs.py`. A line of JSON in, the status out.

Each run is a child of this process, which has imported everything, so that many are quick. What is given is
``words``, ``folder``, ``variables``, and ``streams``: for each of 0, 1 and 2 a path, CLOSED, or GONE for a pipe that
nobody reads. The child begins with the streams that Python makes of them.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pkgutil import walk_packages

import salesdx

CLOSED, GONE = "closed", "gone"


def become(words: list[str], folder: str, variables: dict[str, str], streams: list[str]) -> None:
    os.chdir(folder)
    os.environ.update(variables)
    os.closerange(0, 3)
    for number, way in enumerate(streams):
        if way == GONE:
            write = os.pipe()[1]
            os.dup2(write, 9)
            os.closerange(number, 9)
            os.dup2(9, number)
        else:
            path, flags = (os.devnull, 0) if way == CLOSED else (way, os.O_WRONLY | os.O_CREAT if number else 0)
            os.open(path, flags, 0o600)
    os.closerange(3, 10)
    for number, way in enumerate(streams):
        if way == CLOSED:
            os.close(number)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        made = None if streams[number] == CLOSED else os.fdopen(number, "w" if number else "r", closefd=False)
        setattr(sys, name, made)
        setattr(sys, f"__{name}__", made)
    sys.argv = ["salesdx", *words]
    from salesdx.__main__ import main

    main()


def serve() -> None:
    for module in walk_packages(salesdx.__path__, "salesdx."):
        if not module.name.startswith(("salesdx.__main__", "salesdx.ledger.migrations.")):
            import_module(module.name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            become(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
