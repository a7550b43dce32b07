"""A firm whose trail knows its people, at a service that listens, with a clock that the test turns."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

import httpx
import uvicorn

from commands import run_salesdx
from conftest import ROOT
from person_keys import key, made
from postgresql_cluster import Cluster
from salesdx.base.model import RuleBase
from salesdx.case.file import read_case_file
from salesdx.case.left_out import recorded_statement
from salesdx.case.persons import Persons
from salesdx.cli.serve import listening_at
from salesdx.engine.diagnosis import Diagnosis
from salesdx.ledger.acting import Acting, Drafted, Signed
from salesdx.ledger.connect import connect
from salesdx.ledger.keys import SigningKey, new_private_key, write_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin
from salesdx.render.trail.adoption_page import adoption_text
from salesdx.services.acts import Act, Done, Render
from salesdx.services.adopting import ConfirmRules, ProposeRules, beside_last, last_adopted
from salesdx.services.case_acts import TakenCase, Vouch
from salesdx.services.own_address import OwnAddress
from salesdx.services.served_systems import ServedSystems
from salesdx.services.trail_server import TrailServer
from salesdx.trail.book import Book
from salesdx.trail.people import begin_register, prove_first
from salesdx.trail.recording import recorded_case
from salesdx.trail.rerun_one import diagnosed_again
from salesdx.trail.results import recorded_result
from salesdx.web.app import server_app
from salesdx.web.firm_login import FirmLogin

Told = TypeVar("Told")
BOOT = Person("Boot", "hr")
ADMINS = ("anna", "ben")
WITHOUT_CLOCK = """DO $do$ BEGIN EXECUTE (SELECT replace(pg_get_functiondef(oid), '> 120', '> 1e12') FROM pg_proc
WHERE proname = 'append' AND pronamespace = 'salesdx'::regnamespace); END $do$"""
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
    client: httpx.Client = field(default_factory=lambda: httpx.Client(verify=False))
    systems: ServedSystems | None = None

    def later(self, **passed: float) -> None:
        """Let time pass at the service. The database holds entries to its own clock, which no test can turn."""
        self.passed[0] += timedelta(**passed)

    def without_the_clock_of_the_database(self) -> None:
        """Take away what holds entries to the clock of the database, as its owner can; all else stays."""
        url = self.trail.storage.engine.url
        if url.get_backend_name() == "postgresql":
            Cluster.of(unquote(url.render_as_string())).query(WITHOUT_CLOCK, str(url.database))
            return
        with self.trail.storage.engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER entry_time")

    def key_file(self, who: str) -> Path:
        """The SSH key of a person, made when it is first asked for."""
        folder = self.folder / who
        folder.mkdir(exist_ok=True)
        return folder / "ed25519" if (folder / "ed25519").exists() else made(folder, "ed25519")

    def run(self, who: str, *words: str | Path, fails: str | None = None, typed: str = "") -> str:
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
        done: subprocess.CompletedProcess[Any] = run_salesdx(*words, cwd=self.folder, env=env, stdin=typed)
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
        return self.client.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=30, **more)

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

    def stated(self, who: str, case: Path, entered: bool = True) -> None:
        """A case that ``who``, who is logged in, records; everybody named in it vouches, and it is recorded again.

        ``entered``: the one whom it is about is in the register.
        """
        self.run(who, "diagnose", case)
        memory = read_case_file(case, self.base)
        name = memory.case
        people = {f"of_{role}": role for role in self.base.respondents}
        people |= dict.fromkeys(("meier", "olsen"), "sales_manager")
        people |= {memory.subject["ref"].lower(): "seller"} if entered else {}
        if new := {person: role for person, role in people.items() if person not in self.roles}:
            self.enter(**new)
        for person in (person for person in people if self.roles[person] in self.base.respondents):
            by = Person(person, self.roles[person], "token")
            said = [one for one in self.server.attributed(by) if one.case == name]
            words = [{"record": one.record, "term": one.term, **one.statement} for one in said]
            if words:
                self.server.perform(Vouch(name, tuple(words)), by, str)
        self.run(who, "diagnose", case)

    def newest(self, case: str) -> int:
        """The newest diagnosis of a case."""
        with self.trail.read() as reader:
            return Book(reader).newest_diagnosis(case).seq

    def _change(self, *changes: tuple[str, dict[str, str]]) -> None:
        made = [self._signed("anna", kind, told, []) for kind, told in changes]
        self._signed("ben", "confirmed", {}, made)

    def _signed(self, who: str, type: str, body: dict[str, str], inputs: list[int]) -> int:
        drafts: list[Drafted] = []
        with self.trail.acting_as(Acting(type, drafting=drafts, now=self.server.now)).append() as appender:
            appender.add(type, body, Person(who, "admin", "token"), inputs=inputs)
        signed = Signed(drafts[0], *self.sign(who, drafts[0].message))
        with self.trail.acting_as(Acting(type, signed=signed, now=self.server.now)).append() as appender:
            return appender.add(type, body, Person(who, "admin", "ssh"), inputs=inputs)

    def adopt(self, first: str = "", second: str = "") -> int:
        """Have the rules that the service runs adopted, by `lea` and `leo` of legal where nobody is named; the record
        with which they are in force."""
        if not first:
            first, second = "lea", "leo"
            if first not in self.roles:
                self.enter(lea="legal", leo="legal")
        base = self.server.base
        page = adoption_text(beside_last(base, last_adopted(self.trail)))
        proposed = self.acted(first, ProposeRules(base.digest, page), adoption_text)
        return self.acted(second, ConfirmRules(proposed.record, base.digest)).record

    def acted(self, who: str, act: Act, render: Render = str) -> Done:
        """An act that a person signs, without a command."""
        by = Person(who, self.roles[who], "token")
        name, entry = self.server.draft(act, by, render)
        return self.server.sign(name, by, *self.sign(who, entry.message))

    def recorded(self, who: str, case: Path) -> Diagnosis:
        """A case that a program of ``who`` diagnoses on the service's day, and has recorded; its diagnosis."""
        token, rules = self.token(who), self.base.digest
        memory = replace(read_case_file(case, self.base), today=self.server.now().date())
        told = self.call("POST", "/earlier", token, json={"case": recorded_case(memory), "rules": rules}).json()
        left_out = tuple((one["term"], recorded_statement(self.base, one["term"], one)) for one in told["left_out"])
        memory = replace(memory, left_out=left_out, persons=Persons.of(told["persons"]), trial=told["trial"])
        found = diagnosed_again(self.base, memory)
        taken = TakenCase(recorded_case(memory), rules, recorded_result(found))
        given = self.call("POST", "/acts/record", token, json={"cases": [asdict(taken)]})
        assert given.status_code == 200, given.text
        return found

    def restarted(self, base: RuleBase) -> None:
        """The service goes on with other rules."""
        self.server.base = base

    def sign(self, who: str, message: bytes) -> tuple[str, str]:
        """The fingerprint of a person's key, and its signature of a message."""
        from person_keys import signed

        return key(self.key_file(who)).fingerprint, signed(self.key_file(who), message)


@contextmanager
def office(
    folder: Path, where: str, base: RuleBase, ago: timedelta = timedelta(0), systems: ServedSystems | None = None
) -> Iterator[Office]:
    """A trail at ``where`` with two administrators, `anna` and `ben`, served here; begun some time ``ago``; with the
    firm's ``systems``, where it has any."""
    passed = [-ago]

    def now() -> datetime:
        return datetime.now(UTC) + passed[0]

    private = new_private_key()
    write_private_key(folder / "trail.key", private)
    made = create(where, SigningKey(private, new_origin()), BOOT, folder / "trail.key.signed", now)
    trail = Trail(connect(where, serving=True), made.key, made.anchor, serving=True)
    found = Office(folder, base, TrailServer(trail, base, now), trail, passed, roles=dict.fromkeys(ADMINS, "admin"))
    found.systems = systems
    if ago:
        found.without_the_clock_of_the_database()
    begin_register(trail, [(who, who.title(), key(found.key_file(who)).text) for who in ADMINS], BOOT, now)
    for who in ADMINS:
        prove_first(trail, who, lambda message, who=who: found.sign(who, message), now)  # type: ignore[misc]
    with listening(found):
        yield found


MADE: dict[tuple[object, str, bool], tuple[Office, Any]] = {}
"""What was made of an office, of which rules, in PostgreSQL or not -> the office, closed, and what making it gave."""


@contextmanager
def going_on(folder: Path, where: str, base: RuleBase, make: Callable[[Office], Told]) -> Iterator[tuple[Office, Told]]:
    """An office in which ``make`` has been done, and what it gave: done once in a process, and copied for each test."""
    on_server = "://" in where
    if (known := (make, base.digest, on_server)) not in MADE:
        room = TemporaryDirectory(prefix="office-")
        atexit.register(room.cleanup)
        cluster = Cluster.of(where) if on_server else None
        at = cluster.url(cluster.database()) if cluster else f"{room.name}/{Path(where).name}"
        with office(Path(room.name), at, base) as first:
            MADE[known] = first, make(first)
    kept, told = MADE[known]
    if on_server:
        Cluster.of(where).copied(kept.trail.storage.engine.url.database or "")
    with copied(kept, folder, where) as found:
        yield found, told


class Staff(NamedTuple):
    """Who is entered into an office: the same people are the same office to copy."""

    people: tuple[tuple[str, str], ...]

    def __call__(self, firm: Office) -> None:
        if self.people:
            firm.enter(**dict(self.people))


@contextmanager
def staffed(folder: Path, where: str, base: RuleBase, **people: str) -> Iterator[Office]:
    """An office with people of a role, begun and entered once in a process, and copied for each test."""
    with going_on(folder, where, base, Staff(tuple(people.items()))) as (found, _):
        yield found


@contextmanager
def copied(kept: Office, folder: Path, where: str) -> Iterator[Office]:
    """An office whose service has ended goes on in a copy, with everybody's login. Its trail lies at ``where``: a file
    comes along with the folder, a database is a copy already."""
    shutil.copytree(kept.folder, folder, dirs_exist_ok=True)
    passed = list(kept.passed)

    def now() -> datetime:
        return datetime.now(UTC) + passed[0]

    trail = Trail(connect(where, serving=True), kept.trail.key, folder / "trail.key.signed", serving=True)
    server = TrailServer(trail, kept.base, now)
    server.logins.tokens |= kept.server.logins.tokens
    found = Office(folder, kept.base, server, trail, passed, roles=dict(kept.roles))
    with listening(found):
        for logins in folder.glob("*/logins.json"):
            logins.write_text(logins.read_text().replace(kept.url, found.url))
        yield found


@contextmanager
def listening(found: Office, firm: FirmLogin | None = None, address: OwnAddress | None = None) -> Iterator[None]:
    """While the service of an office listens; ``firm``: the firm has a login of its own; ``address``: people reach it
    there."""
    config = uvicorn.Config(
        server_app(found.server, firm=firm, address=address, systems=found.systems),
        port=0,
        log_level="error",
        access_log=False,
    )
    socket = listening_at("127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{socket.getsockname()[1]}"
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    try:
        yield
    finally:
        found.client.close()
        running.should_exit = True
        thread.join()
        socket.close()
        found.trail.storage.engine.dispose()
