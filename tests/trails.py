"""Trails in memory, random and good, and the keys and anchors that an auditor would have kept of them."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from salesdx.base.model import RuleBase
from salesdx.ledger.errors import Refused
from salesdx.ledger.keys import SigningKey
from salesdx.ledger.log import Person, Trail, create
from salesdx.ledger.sqlite import configure
from salesdx.ledger.standalone.verifier import COSIGNATURE, Checkpoint, PublicKey, read_checkpoint, rule_base_digest
from salesdx.ledger.storage import LogReader, Storage
from salesdx.trail.erasure import erase, plan_case, plan_subject
from salesdx.trail.export import record_export, write_bundle

CASES = ("north", "south", "Æther & Söhne", "4711")
PEOPLE = tuple(Person(name, role) for name, role in (("Anna", "hr"), ("Björn", "manager"), ("李", 'head of "sales"')))
TEXTS = ("yes", "12.5", "unknown", 'a "quoted" word', "two\nlines", "ünï🙂", "")


def key_from(random: Random, name: str, kind: int = 1) -> SigningKey:
    return SigningKey(Ed25519PrivateKey.from_private_bytes(random.randbytes(32)), name, kind)


def copied(raw: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of a database, in memory."""
    found = sqlite3.connect(":memory:", check_same_thread=False)
    raw.backup(found)
    return found


def empty_tables() -> sqlite3.Connection:
    """A database in memory with the tables of a trail, without the guards that its administrator can take off."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t"
        create(str(path), key_from(Random(0), "x"), PEOPLE[0]).storage.engine.dispose()
        with closing(sqlite3.connect(path)) as connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for table in ("payload", "name", "checkpoint", "rule_base", "entry", "head"):
                connection.execute(f"DELETE FROM {table}")
            connection.commit()
            return copied(connection)


class Memory:
    """A SQLite database in memory that one trail after the other is put into."""

    def __init__(self) -> None:
        self.raw = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        engine = sa.create_engine("sqlite://", creator=lambda: self.raw, poolclass=sa.StaticPool)
        configure(engine, ("foreign_keys=OFF",))
        self.storage = Storage(engine, "memory")
        self.empty = empty_tables()
        self.copies = [self.empty]

    def load(self, data: sqlite3.Connection) -> None:
        data.backup(self.raw)

    def data(self) -> sqlite3.Connection:
        """A copy of what is in it, which stays as it is until the memory is closed."""
        self.copies.append(copied(self.raw))
        return self.copies[-1]

    @contextmanager
    def read(self) -> Iterator[LogReader]:
        with self.storage.reading() as reader:
            yield reader

    def close(self) -> None:
        self.storage.engine.dispose()
        for connection in (self.raw, *self.copies):
            connection.close()


@dataclass
class History:
    """A trail that grows, with what an auditor holds of it."""

    random: Random
    memory: Memory
    base: RuleBase
    key: SigningKey = field(init=False)
    witness: SigningKey = field(init=False)
    trail: Trail = field(init=False)
    keys: list[SigningKey] = field(default_factory=list)
    witnessed: bool = False
    erased: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=20))

    def __post_init__(self) -> None:
        origin = f"salesdx.trail/{self.random.randbytes(8).hex()}"
        self.key = key_from(self.random, origin)
        self.witness = key_from(self.random, "audit.example/w1", COSIGNATURE)
        self.keys = [self.key]
        self.memory.load(self.memory.empty)
        self.memory.storage.prepare(origin, lambda connection: None)
        self.trail = Trail(self.memory.storage, self.key)
        with self.trail.append(self.clock) as appender:
            appender.add("trail", {"key": str(self.key.public)}, PEOPLE[0])

    def clock(self) -> datetime:
        step = timedelta(seconds=self.random.choice([0, 0.000001, 1, 3600]))
        self.now = max(self.now, min(self.now + step, datetime.now(UTC)))
        return self.now

    def known(self) -> list[PublicKey]:
        """The public keys that the auditor has: any of the trail's, and the witness's once it has signed."""
        trail = self.random.sample(self.keys, self.random.randint(1, len(self.keys)))
        return [key.public for key in trail] + [self.witness.public] * self.witnessed

    def anchor(self, last: bool = False) -> Checkpoint:
        """A checkpoint that was kept: any of the trail's, or the last one."""
        with self.memory.read() as reader:
            notes = [note for _, note in reader.checkpoints()]
        return read_checkpoint(notes[-1] if last else self.random.choice(notes))

    def step(self) -> None:
        """Append something, or let a witness sign."""
        act = self.random.choices(["record", "rotate", "erase", "sign", "export"], [12, 1, 1.5, 1, 0.7])[0]
        getattr(self, act)()

    def record(self) -> None:
        with self.trail.append(self.clock) as appender:
            for _ in range(self.random.choice([1, 1, 2, 3])):
                self._record(appender)

    def _record(self, appender: object) -> None:
        random = self.random
        kind = random.choice(["answer", "answer", "diagnosis", "explanation", "statement", "hold", "override"])
        case = random.choice(CASES)
        size = appender.frontier.size  # type: ignore[attr-defined]
        last = appender.reader.last(appender.reader.pseudonym("case", case) or "")  # type: ignore[attr-defined]
        appender.add(  # type: ignore[attr-defined]
            kind,
            {"term": "x", "statements": [{"value": random.choice(TEXTS)}], "reason": random.choice(TEXTS)},
            random.choice(PEOPLE),
            case=case,
            subject=f"rep of {case}" if random.random() < 0.8 else "",
            base=replace_files(self.base, random.choice(("one", "one", "two"))) if kind != "hold" else None,
            inputs=[last] if last is not None and random.random() < 0.5 else [],
            key=f"k{size}" if random.random() < 0.2 else None,
        )

    def rotate(self) -> None:
        new = key_from(self.random, self.key.name)
        with self.trail.append(self.clock) as appender:
            if self.random.random() < 0.5:
                self._record(appender)
            appender.rotate(new, PEOPLE[0])
        self.key = new
        self.keys.append(new)
        self.trail = Trail(self.memory.storage, new)

    def erase(self) -> None:
        case = self.random.choice(CASES)
        try:
            with self.trail.append(self.clock) as appender:
                found = appender.reader.pseudonym("case", case)
                if found is None:
                    raise Refused("nothing")
                by_case = self.random.random() < 0.5
                plan = plan_case(appender.reader, found) if by_case else plan_subject(appender.reader, f"rep of {case}")
                erase(appender, replace(plan, holds=()), "kept long enough", PEOPLE[1])
        except Refused:
            return self.record()
        self.erased = self.erased or bool(plan.goes)
        return None

    def export(self) -> None:
        with self.memory.read() as reader:
            named = [name for _, kind, name in reader.names() if kind == "case"]
        record_export(self.trail, self.random.choice([None, *named]), {"report.txt": "x"}, PEOPLE[0])
        self.now = max(self.now, datetime.now(UTC))

    def sign(self) -> None:
        """A witness signs the last checkpoint."""
        with self.memory.read() as reader:
            note = reader.checkpoint()
            if any(read_checkpoint(note).size == one.size for one in reader.cosignatures()):
                return
        checkpoint = read_checkpoint(note)
        self.memory.storage.cosign(checkpoint.size, self.witness.name, self.witness.line(checkpoint.text))
        self.witnessed = True

    def bundle(self, case: str | None, *anchors: Checkpoint) -> bytes:
        """A bundle of a case by name, or of everything, exported now."""
        export = record_export(self.trail, case, {"report.html": "<p>", "report.txt": "a report\n"}, PEOPLE[0])
        self.now = max(self.now, datetime.now(UTC))
        out = io.BytesIO()
        with self.memory.read() as reader:
            write_bundle(reader, export, out, anchors)
        return out.getvalue()


def replace_files(base: RuleBase, text: str) -> RuleBase:
    """A rule base with other files, for its digest alone."""
    files = {"knowledge/vocabulary.yaml": f"{text}: ünï", "rules/a.yaml": "[]"}
    return replace(base, files=files, digest=rule_base_digest(files), version=text)
