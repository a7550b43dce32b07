"""Commands of `salesdx` in processes of their own, as a user runs them, but from a warm process (`warm.py`).

A test whose point is the process itself (a kill, a terminal, a lock, a package, the time to start) starts a real one.
"""

from __future__ import annotations

import atexit
import os
import pty
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from warm_client import ask

SRC = Path(__file__).parents[1] / "src"
WARM, CLIENT = (Path(__file__).with_name(name) for name in ("warm.py", "warm_client.py"))
START = {"PYTHONUTF8": "1", "PYTHONWARNINGS": "error"}
"""What Python reads when it starts is the same for all commands: warnings are errors, as in the tests themselves."""


def run_salesdx(
    *words: str | Path, cwd: str | Path = ".", env: Mapping[str, str] | None = None, stdin: str | bytes = ""
) -> subprocess.CompletedProcess[Any]:
    """Run a command to its end, on pipes. What it says comes as text, or as bytes where ``stdin`` is bytes."""
    (read, to), (out, write), (err, complain) = (os.pipe() for _ in range(3))
    with open(to, "wb") as given, open(out, "rb") as said, open(err, "rb") as complained, ThreadPoolExecutor(3) as pool:
        pool.submit(_give, given, stdin.encode() if isinstance(stdin, str) else stdin)
        parts = [pool.submit(stream.read) for stream in (said, complained)]
        try:
            status = status_of(words, [read, write, complain], cwd, os.environ if env is None else env)
        finally:
            for end in (read, write, complain):
                os.close(end)
        output, faults = (part.result() for part in parts)
    texts = (output.decode(), faults.decode()) if isinstance(stdin, str) else (output, faults)
    return subprocess.CompletedProcess(["salesdx", *words], status, *texts)


def status_of(
    words: Iterable[str | Path], streams: list[int | None], cwd: str | Path, env: Mapping[str, str] = os.environ
) -> int:
    """Run a command to its end, on the streams given; None is one that is closed."""
    return ask(warm(), [os.fspath(word) for word in words], {**env, **START}, os.path.abspath(cwd), streams)


def _give(stream: BinaryIO, data: bytes) -> None:
    with suppress(BrokenPipeError), stream:  # a command need not read all that it is given
        stream.write(data)


@cache
def warm(src: Path = SRC) -> str:
    """The address of the warm process with the code of a folder; it ends with this one, however this one ends."""
    folder = TemporaryDirectory(prefix="salesdx-")
    address = f"{folder.name}/warm"
    pipe, env = subprocess.PIPE, {**os.environ, **START, "PYTHONPATH": str(src)}
    command = [sys.executable, "-P", str(WARM), address]
    server = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=env)
    if server.stdout.read(6) != b"ready\n":
        raise RuntimeError(server.communicate()[1].decode())

    def end() -> None:
        server.communicate()
        folder.cleanup()

    atexit.register(end)
    return address


def salesdx_in(folder: Path, src: Path = SRC) -> None:
    """Put a `salesdx` into a folder, for shells: each call of it is a child of the warm process."""
    script = folder / "salesdx"
    folder.mkdir(parents=True, exist_ok=True)
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{CLIENT}" "{warm(src)}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)


def on_a_terminal(command: Sequence[str], env: Mapping[str, str]) -> tuple[int, bytes]:
    """The status of a command whose outputs are a terminal, and what the terminal gets."""
    reader, writer = pty.openpty()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer, env=env) as running:
        os.close(writer)
        shown = b""
        with suppress(OSError):  # the other side of a closed terminal
            while part := os.read(reader, 65536):
                shown += part
        os.close(reader)
    return running.returncode, shown.replace(b"\r\n", b"\n")
