"""A firm whose trail knows its people, at a service that listens, with a clock that the test turns."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from commands import run_salesdx
from conftest import ROOT
from person_keys import key, made
from salesdx.base.model import RuleBase
from salesdx.cli.serve import listening_at
from salesdx.ledger.acting import Acting, Drafted, Signed
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin
from salesdx.services.trail_server import TrailServer
from salesdx.trail.people import begin_register, prove_first
from salesdx.web.app import server_app

BOOT = Person("Boot", "hr")
ADMINS = ("anna", "ben")
COMPLETE = ROOT / "examples/complete-file.yaml"


@dataclass
class Office:
    """A served trail. ``roles`` gives everybody's role, ``url`` is where the service listens."""

    folder: Path
    base: RuleBase
    server: TrailServer
    trail: Trail
    passed: list[timedelta]
    url: str = ""
    roles: dict[str, str] = field(default_factory=dict)

    def later(self, **passed: float) -> None:
        """Let time pass at the service. The database holds entries to its own clock, which no test can turn."""
        self.passed[0] += timedelta(**passed)

    def without_the_clock_of_the_database(self) -> None:
        """Take away what holds entries to the clock of a SQLite file, as its owner can; all else stays."""
        with self.trail.storage.engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER entry_time")

    def key_file(self, who: str) -> Path:
        """The SSH key of a person, made when it is first asked for."""
        folder = self.folder / who
        folder.mkdir(exist_ok=True)
        return folder / "ed25519" if (folder / "ed25519").exists() else made(folder, "ed25519")

    def run(self, who: str, *words: str | Path, fails: str | None = None) -> str:
        """A command as a person types it, who is logged in; what it says. ``fails``: it is refused in these words."""
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder / who),
            "SALESDX_TRAIL": self.url,
            "SALESDX_SETTINGS": str(self.folder / who / "settings.toml"),
            "COLUMNS": "80",
            "LANG": "C.UTF-8",
        }
        (self.folder / who / "settings.toml").touch()
        done: subprocess.CompletedProcess[Any] = run_salesdx(*words, cwd=self.folder, env=env)
        if fails is None:
            assert (done.returncode, done.stderr.count("error")) == (0, 0), done.stderr
            return str(done.stdout)
        assert done.returncode == 1 and fails in done.stderr, done.stderr + done.stdout
        return str(done.stderr)

    def log_in(self, who: str, role: str = "", fails: str | None = None) -> None:
        """Log a person in, in their role or another one."""
        self.run(
            who, "trail", "people", "login", who, "--role", role or self.roles[who], "--key-file", self.key_file(who),
            fails=fails,
        )  # fmt: skip

    def call(self, method: str, path: str, token: str = "", **more: Any) -> httpx.Response:
        """A request as any program makes it."""
        headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {}) if token else more.pop("headers", {})
        return httpx.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=30, **more)

    def token(self, who: str, role: str = "") -> str:
        """A token for programs, by the same challenge."""
        from salesdx.cli.remote import ssh_sign

        text = self.call("POST", "/login/challenges", json={"person": who}).json()["text"]
        body = {"person": who, "role": role or self.roles[who], "text": text}
        given = self.call("POST", "/login", json=body | {"signature": ssh_sign(self.key_file(who), text.encode())})
        return str(given.json()["token"])

    def enter(self, **people: str) -> None:
        """Put people into the register: identifier, role and, after a blank, whom they report to."""
        self._change(
            *(
                change
                for who, told in people.items()
                for change in (
                    ("person_added", {"person": who, "name": who.title(), "reports_to": told.partition(" ")[2]}),
                    ("role_given", {"person": who, "role": told.partition(" ")[0], "from": "", "until": ""}),
                    ("key_added", {"person": who, "kind": "ssh", "key": key(self.key_file(who)).text}),
                )
            )
        )
        self.roles |= {who: told.partition(" ")[0] for who, told in people.items()}

    def _change(self, *changes: tuple[str, dict[str, str]]) -> None:
        made = [self._signed("anna", kind, told, []) for kind, told in changes]
        self._signed("ben", "confirmed", {}, made)

    def _signed(self, who: str, type: str, body: dict[str, str], inputs: list[int]) -> int:
        drafts: list[Drafted] = []
        with self.trail.acting_as(Acting(type, drafting=drafts)).append() as appender:
            appender.add(type, body, Person(who, "admin", "token"), inputs=inputs)
        signed = Signed(drafts[0], *self.sign(who, drafts[0].message))
        with self.trail.acting_as(Acting(type, signed=signed)).append() as appender:
            return appender.add(type, body, Person(who, "admin", "ssh"), inputs=inputs)

    def sign(self, who: str, message: bytes) -> tuple[str, str]:
        """The fingerprint of a person's key, and its signature of a message."""
        from person_keys import signed

        return key(self.key_file(who)).fingerprint, signed(self.key_file(who), message)


@contextmanager
def office(folder: Path, where: str, base: RuleBase) -> Iterator[Office]:
    """A trail at ``where`` with two administrators, `anna` and `ben`, served on this machine."""
    passed = [timedelta(0)]

    def now() -> datetime:
        return datetime.now(UTC) + passed[0]

    private = new_private_key()
    write_private_key(folder / "trail.key", private)
    trail = create(where, SigningKey(private, new_origin()), BOOT, folder / "trail.key.signed")
    trail.serving = True
    found = Office(folder, base, TrailServer(trail, base, now), trail, passed, roles=dict.fromkeys(ADMINS, "admin"))
    begin_register(trail, [(who, who.title(), key(found.key_file(who)).text) for who in ADMINS], BOOT)
    for who in ADMINS:
        prove_first(trail, who, lambda message, who=who: found.sign(who, message))  # type: ignore[misc]
    config = uvicorn.Config(server_app(found.server), port=0, log_level="error", access_log=False)
    listening = listening_at("127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    try:
        yield found
    finally:
        running.should_exit = True
        thread.join()
        listening.close()
