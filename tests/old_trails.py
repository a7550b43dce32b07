"""Trails as salesdx wrote them before entries had a version 2: tables of the third migration, entries of version 1."""

from __future__ import annotations

from dataclasses import dataclass, field

from salesdx.ledger.canonical import canonical_json
from salesdx.ledger.connect import connect
from salesdx.ledger.keys import SigningKey, sign_checkpoint
from salesdx.ledger.log_change import Head, LogChange, NewRow
from salesdx.ledger.migrations import migrate
from salesdx.ledger.moments import stamp, utc_now
from salesdx.ledger.postgresql import PostgreSQL
from salesdx.ledger.standalone.verifier import Frontier, commitment, leaf_hash
from salesdx.ledger.storage import Storage

APPEND = """SELECT append(
    %s::text[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s)"""


@dataclass
class OldTrail:
    """A trail of version 1 that grows; everybody's pseudonym is their kind and name."""

    where: str
    key: SigningKey
    storage: Storage = field(init=False)
    frontier: Frontier = field(default_factory=Frontier)
    previous: bytes | None = None
    last: dict[str, int] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    entries: list[bytes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.storage = connect(self.where, create=True)
        self.storage.prepare(self.key.name, lambda connection: migrate(connection, "0003"))
        self.append("trail", {"key": str(self.key.public)})

    def append(
        self,
        type: str,
        body: dict[str, object],
        case: str | None = None,
        subject: str | None = None,
        key: str | None = None,
        inputs: tuple[int, ...] = (),
    ) -> int:
        """Append one entry with its checkpoint; its number."""
        seq, salt, time = self.frontier.size, bytes([len(self.last)]) * 32, stamp(utc_now())
        kinds = {"actor": "Anna", "case": case, "subject": subject}
        whom = {kind: name and f"{kind[0]}-{name}" for kind, name in kinds.items()}
        payload = canonical_json({**kinds, "body": body})
        header = {
            "version": "salesdx.entry/1",
            "log": self.key.name,
            "seq": seq,
            "previous": self.previous.hex() if self.previous else None,
            "type": type,
            "time": time,
            **whom,
            "case_before": self.last.get(whom["case"] or ""),
            "role": "hr",
            "rule_base": None,
            "engine": None,
            "schema": "sha256:" + "0" * 64,
            "inputs": list(inputs),
            "commit": commitment(salt, payload),
        }
        data = canonical_json(header)
        self.entries.append(data)
        self.previous = leaf_hash(data)
        self.frontier.push(self.previous)
        self.last |= {whom["case"]: seq} if whom["case"] else {}
        new = [(p, kind, kinds[kind]) for kind, p in whom.items() if p is not None and p not in self.named]
        self.named |= {pseudonym for pseudonym, _, _ in new}
        row = NewRow(seq, data, self.previous, type, whom["case"], whom["subject"], key, salt, payload)
        note = sign_checkpoint(self.key.name, self.frontier.size, self.frontier.root(), self.key)
        self.notes.append(note)
        self._store(LogChange(Head(self.key.name, self.frontier, self.previous, time), note, [row], new))  # type: ignore[arg-type]
        return seq

    def _store(self, change: LogChange) -> None:
        with self.storage.engine.connect().execution_options(writing=True) as connection:
            self.storage.lock(connection)
            if not isinstance(self.storage, PostgreSQL):
                self.storage.store(connection, change)
                return
            [row], names = change.rows, change.names
            given = ([row.entry.decode()], [row.salt], [row.payload.decode()], [row.key])
            connection.exec_driver_sql(
                APPEND, (*given, *([part[i] for part in names] for i in range(3)), [], change.note)
            )
            connection.commit()

    def cosign(self, size: int, witness: str, line: str) -> None:
        """Put a signature beside a checkpoint, whatever it is: nothing was refused then."""
        with self.storage.engine.connect().execution_options(writing=True) as connection:
            connection.exec_driver_sql(
                "SELECT cosign(%s, %s, %s)"
                if isinstance(self.storage, PostgreSQL)
                else "INSERT INTO cosignature VALUES (?, ?, ?)",
                (size, witness, line),
            )
            connection.commit()
