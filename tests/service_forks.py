"""A service of a trail that is killed and started again: `python service_forks.py TRAIL KEY PERSON=ROLE=KEY ...`.

A process of its own, since it forks: a service that was killed is started again within milliseconds, with everything
imported, the rules loaded and no connection open. The first line on standard output are the tokens of the persons, as
JSON: they are logged in before the first fork, so that a kill need not cost a login. For each line that comes in, a
service is started, and its process and port are told.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path

import uvicorn

import salesdx
from salesdx.cli.remote import ssh_sign
from salesdx.cli.serve import listening_at
from salesdx.ledger.log import open_trail
from salesdx.ledger.standalone.person_signatures import unarmored
from salesdx.services.trail_server import TrailServer
from salesdx.web.app import server_app


def logged_in(server: TrailServer, person: str, role: str, key: Path) -> str:
    text = server.logins.challenge(person)
    return server.logins.login(person, role, text, unarmored(ssh_sign(key, text.encode())))


def main(where: str, key_file: str, *people: str) -> None:
    server = TrailServer(open_trail(where, Path(key_file), serving=True), salesdx.load())
    app = server_app(server)
    app.openapi()
    tokens = {}
    for told in people:
        person, role, key = told.split("=", 2)
        tokens[person] = logged_in(server, person, role, Path(key))
    print(json.dumps(tokens), flush=True)
    gc.freeze()
    for _ in sys.stdin:
        server.register()  # what is read here, the next one need not read
        server.trail.storage.engine.dispose()  # no connection goes over a fork
        if child := os.fork():
            os.waitpid(child, 0)  # until it is killed
            continue
        listening = listening_at("127.0.0.1", 0)
        listening.listen()
        print(os.getpid(), listening.getsockname()[1], flush=True)
        config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[listening])
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
