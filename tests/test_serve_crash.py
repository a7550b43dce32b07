"""A service that is killed at random moments: what it acknowledged is there, once; nothing sent again is doubled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import httpx

from conftest import ROOT
from person_keys import key, made, signed
from salesdx.cli.remote import ssh_sign
from salesdx.ledger.acting import Acting, Drafted, Signed
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin, open_trail
from salesdx.ledger.verify import verify
from salesdx.trail.people import begin_register, prove_first

KILLS = int(os.environ.get("SALESDX_SERVICE_KILLS", "5"))
BOOT = Person("Boot", "hr")


class Firm:
    """A trail with two administrators and `cleo`, who is of HR, and the process that serves it."""

    def __init__(self, folder: Path) -> None:
        self.where = str(folder / "trail")
        self.keys = {}
        for who in ("anna", "ben", "cleo"):
            (folder / who).mkdir()
            self.keys[who] = made(folder / who, "ed25519")
        private = new_private_key()
        write_private_key(folder / "trail.key", private)
        trail = create(self.where, SigningKey(private, new_origin()), BOOT)
        begin_register(trail, [(who, who.title(), key(self.keys[who]).text) for who in ("anna", "ben")], BOOT)
        for who in ("anna", "ben"):
            prove_first(trail, who, lambda message, who=who: self.sign(who, message))  # type: ignore[misc]
        self.trail = open_trail(self.where, serving=True)
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


def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    firm, random = Firm(tmp_path), Random(KILLS)
    acknowledged: dict[str, int] = {}
    asked = 0
    again: list[str] = []
    """Keys that were sent and not answered."""
    for _ in range(KILLS):
        running, url = firm.start()
        client = httpx.Client(headers={"Authorization": f"Bearer {firm.token(url)}"}, timeout=10)
        for name in again:  # what was not answered is sent again, under its key
            acknowledged[name] = held(client, url, name)
        again, moment = [], random.randrange(1, 12)
        killer = None
        for number in range(40):
            asked += 1
            name = f"request-{asked:06}"
            if number == moment:
                delay = random.random() * 0.02
                killer = subprocess.Popen(["sh", "-c", f"sleep {delay:.4f}; kill -9 {running.pid}"])
            try:
                acknowledged[name] = held(client, url, name)
            except httpx.TransportError:
                again.append(name)
                break
        assert killer is not None and killer.wait() == 0
        running.wait()
        client.close()
        if running.stdout is not None:
            running.stdout.close()
    with Trail(firm.trail.storage).read() as reader:
        rows = {row.seq: row.content["body"]["reason"] for row in reader.rows(types=("hold",))}  # type: ignore[index]
        assert firm.trail.key is not None
        assert verify(reader, [firm.trail.key.public]).word == "UNANCHORED"
    found = [reason for reason in rows.values() if reason != "first"]
    assert len(found) == len(set(found)), "nothing twice"
    assert {name: rows[seq] for name, seq in acknowledged.items()} == {name: name for name in acknowledged}
    assert set(found) - set(acknowledged) <= set(again), "what was never answered, at most"


def held(client: httpx.Client, url: str, name: str) -> int:
    given = client.post(
        f"{url}/acts/hold",
        json={"kind": "case", "name": "north", "reason": name},
        headers={"Idempotency-Key": name},
    )
    assert given.status_code == 200, given.text
    return int(given.json()["record"])
