"""Asks the warm process (`warm.py`) to run a command: `python -I -S warm_client.py ADDRESS WORD...`, or by `ask`."""

from __future__ import annotations

import json
import os
import socket
import sys

PATIENCE = 120
"""Seconds until a command is given up, and ended."""


def ask(address: str, words: list[str], env: dict[str, str], cwd: str, streams: list[int | None]) -> int:
    """Run a command: its exit status, negative for a signal. A stream that is None is closed."""
    umask = os.umask(0)
    os.umask(umask)
    closed = [number for number, stream in enumerate(streams) if stream is None]
    request = json.dumps([words, env, cwd, umask, closed]).encode("utf-8", "surrogateescape")
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(PATIENCE)
        server.connect(address)
        told = b"%d\n%s" % (len(request), request)
        server.sendall(told[socket.send_fds(server, [told], [stream for stream in streams if stream is not None]) :])
        return int(server.recv(100))


if __name__ == "__main__":
    status = ask(sys.argv[1], sys.argv[2:], dict(os.environ), os.getcwd(), [0, 1, 2])
    sys.exit(status if status >= 0 else 128 - status)
