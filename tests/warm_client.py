"""Asks the warm process (`warm.py`) to run a command: `python -I -S warm_client.py ADDRESS WORD...`, or by `ask`."""

from __future__ import annotations

import json
import os
import socket
import sys

PATIENCE = 120
"""Seconds until a command is given up, and ended."""


def ask(address: str, words: list[str], env: dict[str, str], cwd: str, streams: tuple[int, int, int]) -> int:
    """Run a command: its exit status, negative for a signal."""
    umask = os.umask(0)
    os.umask(umask)
    request = json.dumps([words, env, cwd, umask]).encode("utf-8", "surrogateescape")
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(PATIENCE)
        server.connect(address)
        told = b"%d\n%s" % (len(request), request)
        server.sendall(told[socket.send_fds(server, [told], streams) :])
        return int(server.recv(100))


if __name__ == "__main__":
    status = ask(sys.argv[1], sys.argv[2:], dict(os.environ), os.getcwd(), (0, 1, 2))
    sys.exit(status if status >= 0 else 128 - status)
