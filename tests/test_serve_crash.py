"""A service that is killed at random moments: what it acknowledged is there, once; nothing sent again is doubled."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx

from conftest import ROOT
from person_keys import key, made, signed
from salesdx.cli.remote import fingerprint, ssh_sign
from salesdx.ledger.acting import Acting, Drafted, Signed
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin, open_trail
from salesdx.ledger.moments import moment
from salesdx.ledger.verify import verify
from salesdx.trail.people import begin_register, prove_first

KILLS = int(os.environ.get("SALESDX_SERVICE_KILLS", "30"))
MOST_REQUESTS = 4
"""A service that answers lives for as long as so many requests take at most, as long as they take on this machine."""
BOOT = Person("Boot", "hr")


class Firm:
    """A trail with two administrators and `cleo`, who is of HR, and the process that serves it."""

    def __init__(self, folder: Path, where: str = "") -> None:
        self.where, self.key = where or str(folder / "trail"), folder / "trail.key"
        self.keys = {}
        for who in ("anna", "ben", "cleo"):
            (folder / who).mkdir(exist_ok=True)
            self.keys[who] = made(folder / who, "ed25519")
        private = new_private_key()
        write_private_key(folder / "trail.key", private)
        trail = create(self.where, SigningKey(private, new_origin()), BOOT, folder / "trail.key.signed")
        begin_register(trail, [(who, who.title(), key(self.keys[who]).text) for who in ("anna", "ben")], BOOT)
        for who in ("anna", "ben"):
            prove_first(trail, who, lambda message, who=who: self.sign(who, message))  # type: ignore[misc]
        self.trail = open_trail(self.where, self.key, serving=True)
        changes = (
            ("person_added", {"person": "cleo", "name": "Cleo", "reports_to": ""}),
            ("role_given", {"person": "cleo", "role": "hr", "from": "", "until": ""}),
            ("key_added", {"person": "cleo", "kind": "ssh", "key": key(self.keys["cleo"]).text}),
        )
        self.signed("ben", "confirmed", {}, [self.signed("anna", kind, told, []) for kind, told in changes])
        with self.trail.acting_as(Acting("hold")).append() as appender:
            appender.add("hold", {"reason": "first"}, Person("cleo", "hr", "token"), case="north")

    def sign(self, who: str, message: bytes) -> tuple[str, str]:
        return key(self.keys[who]).fingerprint, signed(self.keys[who], message)

    def signed(self, who: str, type: str, body: dict[str, str], inputs: list[int]) -> int:
        drafts: list[Drafted] = []
        with self.trail.acting_as(Acting(type, drafting=drafts)).append() as appender:
            appender.add(type, body, Person(who, "admin", "token"), inputs=inputs)
        acting = Acting(type, signed=Signed(drafts[0], *self.sign(who, drafts[0].message)))
        with self.trail.acting_as(acting).append() as appender:
            return appender.add(type, body, Person(who, "admin", "ssh"), inputs=inputs)

    def start(self) -> tuple[subprocess.Popen[str], str]:
        """A process that serves, and its address."""
        command = [sys.executable, "-m", "salesdx", "serve", "--trail", self.where, "--port", "0"]
        running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert running.stdout is not None
        return running, running.stdout.readline().strip() + "/api/v1"

    def new_key(self, who: str) -> str:
        folder = Path(self.where).with_name(who)
        folder.mkdir()
        self.keys[who] = made(folder, "ed25519")
        return key(self.keys[who]).text

    def token(self, url: str, who: str = "cleo", role: str = "hr") -> str:
        text = httpx.post(f"{url}/login/challenges", json={"person": who}).json()["text"]
        body = {"person": who, "role": role, "text": text, "signature": ssh_sign(self.keys[who], text.encode())}
        return str(httpx.post(f"{url}/login", json=body).json()["token"])


class Forks:
    """The process that starts the service, as often as it is killed. ``tokens`` are those of its people."""

    def __init__(self, firm: Firm, **roles: str) -> None:
        people = [f"{who}={role}={firm.keys[who]}" for who, role in roles.items()]
        command = [sys.executable, str(ROOT / "tests/service_forks.py"), firm.where, str(firm.key), *people]
        env = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True)
        self.tokens: dict[str, str] = json.loads(self._told())

    def _told(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def start(self) -> tuple[int, str]:
        """A service: its process and its address."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        process, port = self._told().split()
        self.running = int(process)
        return self.running, f"http://127.0.0.1:{port}/api/v1"

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.running, signal.SIGKILL)
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait() == 0


class Caller:
    """Who asks the service for what one name stands for: a hold, or for each tenth one a role, which is signed."""

    def __init__(self, firm: Firm, tokens: dict[str, str], client: httpx.Client) -> None:
        self.firm, self.tokens, self.client = firm, tokens, client

    def ask(self, url: str, number: int) -> int:
        """The record of it. Raises httpx.TransportError where nobody answers."""
        name = f"request_{number:06}"
        if number % 10 != 9:
            body: dict[str, object] = {"kind": "case", "name": "north", "reason": name}
            return int(self._post(f"{url}/acts/hold", "cleo", body, name).json()["record"])
        body = {"change": "role_given", "told": {"person": "cleo", "role": name, "from": "", "until": ""}}
        drafted = self._post(f"{url}/drafts/people", "anna", body, name)
        if drafted.status_code == 409:  # it was recorded, and the answer was lost
            told = str(drafted.json()["detail"])
            assert told.startswith("this is done already, by record "), told
            return int(told.split()[-1])
        message = base64.b64decode(drafted.json()["message"])
        key = self.firm.keys["anna"]
        body = {"key": fingerprint(key), "signature": ssh_sign(key, message)}
        return int(self._post(f"{url}/signatures/{drafted.json()['draft']}", "anna", body, "").json()["record"])

    def _post(self, url: str, who: str, body: dict[str, object], key: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} | ({"Idempotency-Key": key} if key else {})
        found = self.client.post(url, json=body, headers=headers)
        assert found.status_code == 200 or (found.status_code == 409 and "/drafts/" in url), found.text
        return found


def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path, where: str) -> None:
    firm, random = Firm(tmp_path, where), Random(KILLS)
    acknowledged: dict[int, int] = {}
    took = 0.03  # seconds of a request, as it was last
    asked, open_, seen = 0, -1, {"kills": 0, "recorded": 0}
    """``open_``: what was asked last, and not answered; ``recorded``: so many of these were on record already."""
    started: dict[int, datetime] = {}
    """What was asked again -> when the next service was started."""
    with Forks(firm, anna="admin", cleo="hr") as forks, httpx.Client(timeout=20) as client:
        caller = Caller(firm, forks.tokens, client)
        while seen["kills"] < KILLS:
            process, url = forks.start()
            caller.client.get(f"{url}/health")
            killer = threading.Timer(random.random() * MOST_REQUESTS * took, os.kill, (process, signal.SIGKILL))
            killer.start()
            with suppress(httpx.TransportError):
                while True:
                    if open_ < 0:
                        asked, open_ = asked + 1, asked
                    begun = time.monotonic()
                    acknowledged[open_] = caller.ask(url, open_)
                    took, open_ = time.monotonic() - begun, -1
            killer.join()
            took *= 1.1  # one that is killed before it answers tells nothing of how long an answer takes
            seen["kills"] += 1
            if open_ >= 0:
                started.setdefault(open_, datetime.now(UTC))
        _, url = forks.start()
        if open_ >= 0:
            acknowledged[open_] = caller.ask(url, open_)
    assert sorted(acknowledged) == list(range(asked))
    found: dict[int, int] = {}
    with Trail(firm.trail.storage).read() as reader:
        for row in reader.rows(types=("hold", "role_given")):
            body = row.content["body"]  # type: ignore[index]
            name = body["reason"] if "reason" in body else body["role"]
            if name not in ("first", "hr", "admin"):
                number = int(name.removeprefix("request_"))
                assert found.setdefault(number, row.seq) == row.seq, f"{name} is there twice"
                seen["recorded"] += number in started and moment(row.header["time"]) < started[number]
        assert firm.trail.key is not None
        assert verify(reader, [firm.trail.key.public]).word == "UNANCHORED"
    print(seen, len(acknowledged))
    assert seen["recorded"] > 0 or KILLS < 100, "some were killed after the record and before the answer"
    assert found == acknowledged, "all that was acknowledged is there, once, and nothing else"
