"""A trail that many write to: nobody's record is lost, and the database lets nobody change, delete or forge one."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from conftest import ROOT
from old_trails import OldTrail
from postgresql_cluster import Cluster
from salesdx.ledger.canonical import canonical_json
from salesdx.ledger.connect import connect
from salesdx.ledger.errors import TrailError
from salesdx.ledger.keys import SigningKey, new_private_key, sign_checkpoint, write_private_key
from salesdx.ledger.log import Appender, Person, Trail, create, new_origin, open_trail
from salesdx.ledger.log_change import LogChange
from salesdx.ledger.migrations import migrate
from salesdx.ledger.migrations.signed_rows import ORDER
from salesdx.ledger.moments import stamp, utc_now
from salesdx.ledger.postgresql import APPEND, PostgreSQL, arguments
from salesdx.ledger.standalone.findings import INVALID
from salesdx.ledger.standalone.verifier import (
    COSIGNATURE,
    Frontier,
    commitment,
    leaf_hash,
    read_checkpoint,
    rule_base_digest,
)
from salesdx.ledger.verify import verify
from salesdx.ledger.witness import keep_cosignature, register_witness
from trail_checks import verified

ANNA, BOB = Person("Anna", "hr"), Person("Bob", "sales_manager")
KILLS = int(os.environ.get("SALESDX_SERVER_KILLS", "2"))
TABLES = ("head", "entry", "payload", "name", "checkpoint", "rule_base", "cosignature", "alembic_version")


def new_key() -> SigningKey:
    return SigningKey(new_private_key(), new_origin())


@dataclass(frozen=True)
class Shared:
    """A trail in a database, as its members see it."""

    cluster: Cluster
    database: str
    key: SigningKey

    def trail(self, role: str = "writer") -> Trail:
        return Trail(connect(self.cluster.url(self.database, role)), self.key)

    def run(self, sql: str, role: str) -> list[tuple[Any, ...]]:
        return self.cluster.query(f"SET search_path = salesdx; {sql}", self.database, role)


def shared_trail(cluster: Cluster, database: str) -> Shared:
    """A new trail, with the roles `writer` and `auditor` that log in as its members, and `stranger`, who is none."""
    key = new_key()
    create(cluster.url(database), key, ANNA)
    for role, group in (
        ("writer", "salesdx_service"),
        ("reader", "salesdx_app"),
        ("auditor", "salesdx_auditor"),
        ("stranger", None),
    ):
        if not cluster.query(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
            cluster.query(f"CREATE ROLE {role} LOGIN" + (f" IN ROLE {group}" if group else ""))
    return Shared(cluster, database, key)


@pytest.fixture(scope="module")
def shared(postgresql: Cluster) -> Shared:
    """One trail for all attempts on it; each of them must leave it as it is."""
    found = shared_trail(postgresql, postgresql.database())
    for n in range(5):
        with found.trail().append() as appender:
            appender.add("statement", {"n": n}, BOB, case="c", subject="Carla", key=f"k{n}")
    with found.trail().append() as appender:
        named = appender.reader.pseudonym("subject", "Carla")
        assert named is not None
        appender.erase([1], [named], "asked for", ANNA, named)
    with found.trail().append() as appender:
        register_witness(appender, WITNESS.public, ANNA)
    with found.trail().read() as reader:
        assert keep_cosignature(found.trail().storage, cosigned(reader.checkpoint())) == ["witness"]
    return found


WITNESS = SigningKey(new_private_key(), "witness", COSIGNATURE)


def cosigned(note: str) -> str:
    """A checkpoint with the signature of the witness."""
    return note + WITNESS.line(read_checkpoint(note).text)


# --- many writers, and a server that dies -----------------------------------------------------------------------------


@contextmanager
def writers(shared: Shared, folder: Path, count: int, appends: int) -> Iterator[subprocess.Popen[str]]:
    """Processes that append to the trail; they tell on their standard output what is recorded."""
    write_private_key(folder / "key", shared.key.private)
    command = [sys.executable, str(ROOT / "tests" / "postgresql_writers.py")]
    url = shared.cluster.url(shared.database, "writer")
    with subprocess.Popen(
        [*command, url, str(folder / "key"), str(count), str(appends)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stderr is not None
        assert (process.wait(), process.stderr.read()) == (0, "")


def check_records(shared: Shared, said: list[str], count: int, appends: int) -> None:
    """Every record that was acknowledged is there under its number, every one that was asked for is there once."""
    told = {name: int(seq) for name, seq, _ in map(str.split, said)}
    assert len(told) == len(said) == count * appends
    assert told.keys() == {f"{writer}-{number}" for writer in range(count) for number in range(appends)}
    found = verified(shared.trail(), shared.key.public)
    assert len(found) == 1 + count * appends
    assert {content["body"]["text"]: header["seq"] for header, content in found[1:] if content} == told


@pytest.mark.slow
def test_eight_writers_leave_no_gap_and_no_duplicate(postgresql: Cluster, tmp_path: Path) -> None:
    shared = shared_trail(postgresql, postgresql.emptied())
    with writers(shared, tmp_path, 8, 100) as process:
        assert process.stdout is not None
        said = process.stdout.readlines()
    check_records(shared, said, 8, 100)
    with shared.trail().read() as reader:
        assert [size for size, _ in reader.checkpoints()] == [*range(1, 802)]


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_server_is_killed(postgresql: Cluster, tmp_path: Path) -> None:
    shared = shared_trail(postgresql, postgresql.emptied())
    said, kills = [], 0
    with writers(shared, tmp_path, 4, 8 * KILLS) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if len(said) == 25 * (kills + 1) and kills < KILLS:
                postgresql.kill()
                postgresql.start()
                kills += 1
    assert kills == KILLS
    again = sum(int(line.split()[2]) > 1 for line in said)
    print(f"{again} records took more than one attempt")
    assert again >= KILLS
    check_records(shared, said, 4, 8 * KILLS)


def test_a_lost_connection_is_told_and_the_append_can_be_repeated(shared: Shared) -> None:
    before = len(verified(shared.trail(), shared.key.public))
    with pytest.raises(TrailError, match=r"the connection to `postgresql:///test_\d+` was lost"):  # noqa: SIM117
        with shared.trail().append() as appender:
            appender.add("statement", {}, BOB, key="lost")
            shared.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'writer'", "admin")
    with shared.trail().append() as appender:
        assert appender.add("statement", {}, BOB, key="lost") == before
    with shared.trail().append() as appender:
        assert appender.add("statement", {}, BOB, key="lost") == before
    assert len(verified(shared.trail(), shared.key.public)) == before + 1


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrailError, match="`postgresql:///nowhere`"):
        open_trail(f"postgresql://me:secret@/nowhere?host={tmp_path}", write=False).storage.reading().__enter__()


def test_the_settings_of_the_database_do_not_weaken_an_append(postgresql: Cluster) -> None:
    shared = shared_trail(postgresql, postgresql.database())
    for setting in ("synchronous_commit = off", "default_transaction_isolation = 'serializable'"):
        postgresql.query(f"ALTER DATABASE {shared.database} SET {setting}")
    postgresql.query(f"ALTER DATABASE {shared.database} SET default_transaction_read_only = on")
    names = ("synchronous_commit", "transaction_isolation", "transaction_read_only")
    sql = sa.text("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
    with shared.trail().append() as appender:
        assert tuple(appender.reader.connection.execute(sql).one()) == ("on", "read committed", "off")
        appender.add("statement", {}, BOB)
    with shared.trail().read() as reader:
        assert tuple(reader.connection.execute(sql).one())[1:] == ("repeatable read", "on")
    assert len(verified(shared.trail(), shared.key.public)) == 2


def test_a_server_that_does_not_flush_is_refused(postgresql: Cluster, shared: Shared) -> None:
    before = verified(shared.trail(), shared.key.public)

    def set_fsync(value: str) -> None:
        postgresql.query(f"ALTER SYSTEM SET fsync = {value}")
        postgresql.query("SELECT pg_reload_conf()")
        while postgresql.query("SHOW fsync") != [(value,)]:
            pass

    set_fsync("off")
    try:
        with pytest.raises(TrailError, match="fsync off"), shared.trail().append() as appender:
            appender.add("statement", {}, BOB)
    finally:
        set_fsync("on")
    assert verified(shared.trail(), shared.key.public) == before


# --- what each role is refused ----------------------------------------------------------------------------------------

WRITES = [
    *(f"INSERT INTO {table} DEFAULT VALUES" for table in TABLES),
    *(f"DELETE FROM {table}" for table in TABLES),
    *(f"TRUNCATE {table} CASCADE" for table in TABLES),
    *(f"DROP TABLE {table} CASCADE" for table in TABLES),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in TABLES),
    *(f"SELECT FROM {table} FOR UPDATE" for table in TABLES),
    "UPDATE head SET size = 0",
    "UPDATE entry SET entry = ''",
    "UPDATE payload SET body = ''",
    "UPDATE name SET name = 'Eve'",
    "UPDATE checkpoint SET note = ''",
    "UPDATE rule_base SET files = ''",
    "UPDATE cosignature SET line = ''",
    "UPDATE alembic_version SET version_num = ''",
    "COPY name FROM PROGRAM 'echo'",
    "CREATE TABLE salesdx.mine ()",
    "CREATE FUNCTION salesdx.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION salesdx.lock_head() RETURNS void LANGUAGE sql AS 'SELECT 1'",
    "ALTER FUNCTION salesdx.append SECURITY INVOKER",
    "DROP SCHEMA salesdx CASCADE",
    "ALTER SCHEMA salesdx RENAME TO other",
    "SET ROLE salesdx_owner",
    "SET session_replication_role = replica",
    "GRANT salesdx_owner TO CURRENT_USER",
    "SELECT pushed('', 0, '')",
    "SELECT commitment('', '')",
]


def sqlstate(shared: Shared, sql: str, role: str) -> str | None:
    """How the database refuses a statement; None if it does not."""
    import psycopg

    try:
        shared.run(sql, role)
    except psycopg.Error as error:
        return error.sqlstate
    return None


@pytest.mark.parametrize("role", ["writer", "reader", "auditor"])
def test_a_member_changes_nothing_but_by_the_functions(shared: Shared, role: str) -> None:
    before = verified(shared.trail(), shared.key.public)
    assert {sql: state for sql in WRITES if (state := sqlstate(shared, sql, role)) != "42501"} == {}
    assert verified(shared.trail(), shared.key.public) == before


FUNCTIONS = (
    "lock_head()",
    "append('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '', false)",
    "cosign(1, 'evil', 'x')",
    "keep('')",
    "sweep()",
    "public_keys('{}')",
    "unsealed(1)",
)


@pytest.mark.parametrize("role", ["reader", "auditor"])
def test_whoever_is_not_the_service_reads_and_appends_nothing(shared: Shared, role: str) -> None:
    before = verified(shared.trail(), shared.key.public)
    assert verified(shared.trail(role), shared.key.public) == before
    assert all(shared.run(f"SELECT * FROM {table}", role) is not None for table in TABLES)
    assert {call: sqlstate(shared, f"SELECT {call}", role) for call in FUNCTIONS} == dict.fromkeys(FUNCTIONS, "42501")
    with pytest.raises(TrailError, match="member of salesdx_service may append"), shared.trail(role).append():
        pass
    with pytest.raises(TrailError, match="refuses this role"):
        shared.trail(role).storage.cosign(1, "w", "l")
    assert verified(shared.trail(), shared.key.public) == before


def test_a_stranger_sees_nothing(shared: Shared) -> None:
    with pytest.raises(TrailError, match=r"there is no trail in `.*` that this role may see"):
        verified(shared.trail("stranger"), shared.key.public)
    assert {sqlstate(shared, f"SELECT * FROM salesdx.{table}", "stranger") for table in TABLES} == {"42501"}


def test_nobody_logs_in_as_the_owner_of_everything(postgresql: Cluster, shared: Shared) -> None:
    import psycopg

    for role in ("salesdx_owner", "salesdx_service", "salesdx_app", "salesdx_auditor"):
        with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
            shared.run("SELECT 1", role)
    assert postgresql.query("SELECT 1 FROM pg_auth_members WHERE roleid = 'salesdx_owner'::regrole") == []
    owners = shared.run(
        "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relnamespace = 'salesdx'::regnamespace "
        "UNION SELECT proowner::regrole::text FROM pg_proc WHERE pronamespace = 'salesdx'::regnamespace "
        "UNION SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'salesdx'",
        "admin",
    )
    assert owners == [("salesdx_owner",)]


def test_the_triggers_stop_the_superuser_too(shared: Shared) -> None:
    before = verified(shared.trail(), shared.key.public)
    guarded = [table for table in TABLES if table != "alembic_version"]
    for table in guarded:
        for sql in (f"TRUNCATE {table} CASCADE", f"DELETE FROM {table}", f"UPDATE {table} SET {KEYS[table]}"):
            assert sqlstate(shared, sql, "admin") == "23001", sql
    upsert = "INSERT INTO entry SELECT * FROM entry WHERE seq = 2 ON CONFLICT (seq) DO UPDATE SET entry = ''"
    merge = "MERGE INTO entry USING head ON seq = 2 WHEN MATCHED THEN DELETE"
    assert [sqlstate(shared, sql, "admin") for sql in (upsert, merge)] == ["23001"] * 2
    assert verified(shared.trail(), shared.key.public) == before


KEYS = {
    "head": "size = 1",
    "entry": "key = NULL",
    "payload": "body = ''",
    "name": "name = 'Eve'",
    "checkpoint": "note = ''",
    "rule_base": "files = ''",
    "cosignature": "line = ''",
}


# --- forged appends ---------------------------------------------------------------------------------------------------


class Caught(PostgreSQL):
    """Keeps what an append would have stored."""

    change: LogChange

    def store(self, connection: sa.Connection, change: LogChange) -> None:
        self.change = change


Edit = Callable[[dict[str, Any]], object]


def forged(
    shared: Shared,
    edit: Edit | None = None,
    forge: Callable[[dict[str, Any]], object] | None = None,
    register: bool = False,
) -> None:
    """Call the function `append` with what a writer would send, but with another first header (``edit``), or other
    arguments (``forge``). Hashes, root and signature are those of the entries as they are sent. Raises TrailError.
    """
    trail = shared.trail()
    caught = Caught(trail.storage.engine, trail.shown)
    with caught.writing() as reader:
        appender = Appender(Trail(caught, shared.key), reader, utc_now)
        head = reader.head()
        appender.add("statement", {"names": ["x"]}, BOB, case="c", subject="Dora", inputs=[2, 3])
        appender.add("statement", {}, ANNA, case="c", key="forged")
        appender.commit()
    given = dict(zip(PARTS, map(list, arguments(caught.change)[:-2]), strict=True))
    frontier, previous = Frontier(head.size, [*head.frontier.roots]), head.previous
    for n, row in enumerate(caught.change.rows):
        assert previous is not None
        header = json.loads(row.entry) | {"previous": previous.hex()}
        if n == 0 and edit is not None:
            edit(header)
        data = canonical_json(header)
        previous = leaf_hash(data)
        frontier.push(previous)
        given["entries"][n] = data.decode()
    given["note"] = sign_checkpoint(shared.key.name, frontier.size, frontier.root(), shared.key)
    if forge is not None:
        forge(given)
    with trail.storage.writing() as reader:
        reader.connection.exec_driver_sql(APPEND, (*given.values(), register))
        reader.connection.commit()


PARTS = ("entries", "salts", "payloads", "keys", "pseudonyms", "kinds", "names", "rule_bases")


def change(**fields: object) -> Edit:
    return lambda header: header.update(fields)


def put(part: str, place: int, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda given: given[part].__setitem__(place, value)


HEADERS: dict[str, tuple[Edit, str]] = {
    "a number too high": (lambda h: h.update(seq=h["seq"] + 1), "not the next one"),
    "a number that is taken": (lambda h: h.update(seq=h["seq"] - 1), "not the next one"),
    "a number as text": (lambda h: h.update(seq=str(h["seq"])), "not the next one"),
    "another previous leaf": (change(previous="0" * 64), "does not follow the entry before it"),
    "no previous leaf": (change(previous=None), "does not follow the entry before it"),
    "another trail": (change(log="salesdx.trail/other"), "from another trail"),
    "another version": (change(version="salesdx.entry/1"), "from another trail"),
    "no trail": (change(log=None), "from another trail"),
    "one field more": (change(note="x"), "has not the fields"),
    "one field less": (lambda h: h.pop("role"), "has not the fields"),
    "an earlier time": (change(time="2020-01-01T00:00:00.000000Z"), "older than the entry before it"),
    "no time": (change(time=None), "older than the entry before it"),
    "a time with words": (change(time="9999 at noon"), "older than the entry before it"),
    "an entry of the case left out": (change(case_before=1), "last entry of its case"),
    "the first of its case": (change(case_before=None), "last entry of its case"),
    "before without a case": (change(case=None), "last entry of its case"),
    "an entry of the subject left out": (change(subject_before=1), "last entry of its subject"),
    "before without a subject": (change(subject=None, subject_before=1), "last entry of its subject"),
    "nothing sealed": (change(sealed=None), "does not seal what is beside the log"),
    "another thing sealed": (change(sealed="0" * 64), "does not seal what is beside the log"),
    "resting on itself": (lambda h: h.update(inputs=[h["seq"]]), "rests on a later entry"),
    "resting on nothing": (change(inputs=[-1]), "rests on a later entry"),
    "resting on null": (change(inputs=[None]), "rests on a later entry"),
    "an unknown rule base": (change(rule_base="sha256:" + "0" * 64), "rule base that is not here"),
    "another seal": (change(commit="0" * 64), "does not seal its content"),
    "no seal": (change(commit=None), "does not seal its content"),
    "no type": (change(type=None), "null value"),
    "another actor": (change(actor="a-0000000000000000"), "pseudonym does not stand for"),
    "no actor": (change(actor=None), "pseudonym does not stand for"),
    "no subject": (change(subject=None), "pseudonym does not stand for"),
    "the subject as actor": (lambda h: h.update(actor=h["subject"]), "pseudonym does not stand for"),
    "too long": (change(role="x" * (1 << 20)), "check constraint"),
}
"""What a forger changes in the header of an entry, with everything that follows from it made to fit."""


def cut(given: dict[str, Any]) -> None:
    """The checkpoint of now, and nothing to append."""
    given.update({part: [] for part in PARTS})


ARGUMENTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another payload": (put("payloads", 0, "{}"), "does not seal its content"),
    "a payload that is no JSON": (put("payloads", 0, "x"), "invalid input syntax"),
    "another salt": (put("salts", 0, bytes(32)), "does not seal its content"),
    "no salt": (put("salts", 0, None), "does not seal its content"),
    "a payload less": (lambda given: given["payloads"].pop(), "null|does not seal"),
    "an entry less": (lambda given: given["entries"].pop(), "has not the fields"),
    "an entry more": (lambda given: given["entries"].append("{}"), "has not the fields"),
    "an entry that is no JSON": (put("entries", 0, "x"), "invalid input syntax"),
    "an entry twice": (lambda given: put("entries", 1, given["entries"][0])(given), "not the next one"),
    "entries in another order": (lambda given: given["entries"].reverse(), "not the next one"),
    "a field twice": (
        lambda given: put("entries", 0, given["entries"][0].replace('"role":', '"role":"hr","role":'))(given),
        "has not the fields",
    ),
    "a used key": (put("keys", 0, "k0"), "does not seal what is beside the log"),
    "a known pseudonym for another name": (put("names", 0, "Eve"), "pseudonym does not stand for"),
    "a rule base that is no JSON": (lambda given: given["rule_bases"].append("x"), "invalid input syntax"),
    "nothing to append": (cut, "checkpoint is not that of the entries"),
    "another root": (
        lambda given: given.update(note=given["note"].replace("\n\n", "AAAA\n\n", 1)),
        "checkpoint is not that of the entries",
    ),
    "no signature": (
        lambda given: given.update(note=given["note"].partition("\n\n")[0] + "\n\n"),
        "checkpoint is not that of the entries",
    ),
    "words after the signature": (
        lambda given: given.update(note=given["note"] + "signed\n"),
        "checkpoint is not that of the entries",
    ),
    "no checkpoint": (lambda given: given.update(note=None), "checkpoint is not signed by the key"),
    "a long checkpoint": (
        lambda given: given.update(note=given["note"] + 200 * ("— " + "x" * 100 + " AAAA\n")),
        "not signed by the key",
    ),
}


@pytest.mark.parametrize("name", [*HEADERS, *ARGUMENTS])
def test_a_forged_append_is_refused(shared: Shared, name: str) -> None:
    with shared.trail().read() as reader:
        before = (reader.head(), [*reader.names()], reader.checkpoint())
    edit, message = HEADERS.get(name, (None, ""))
    forge, said = ARGUMENTS.get(name, (None, ""))
    with pytest.raises(TrailError, match=message or said):
        forged(shared, edit, forge)
    with shared.trail().read() as reader:
        assert before == (reader.head(), [*reader.names()], reader.checkpoint())


def test_a_checkpoint_that_does_not_name_the_key_in_force_is_refused(shared: Shared) -> None:
    other = SigningKey(new_private_key(), shared.key.name)

    def signed(given: dict[str, Any], *keys: SigningKey, cut: int = 0) -> None:
        text = given["note"].partition("\n\n")[0] + "\n"
        lines = [key.line(text) for key in keys]
        given["note"] = text + "\n" + "".join(f"{line[: -1 - cut]}\n" for line in lines)

    for keys, cut_off in (((other,), 0), ((other, shared.key), 0), ((shared.key, shared.key), 0), ((shared.key,), 8)):
        with pytest.raises(TrailError, match="the checkpoint is not signed by the key of the trail"):
            forged(shared, forge=lambda given, keys=keys, cut=cut_off: signed(given, *keys, cut=cut))  # type: ignore[misc]


def junk(given: dict[str, Any]) -> None:
    name, data = given["note"].split(" ")[1:]
    raw = base64.b64decode(data)[:4] + bytes(64)
    text = given["note"].partition("\n\n")[0]
    given["note"] = f"{text}\n\n— {name} {base64.b64encode(raw).decode()}\n"


def test_junk_under_the_name_of_the_key_is_refused(shared: Shared) -> None:
    with pytest.raises(TrailError, match="the checkpoint is not signed by the key of the trail"):
        forged(shared, forge=junk)


def test_junk_that_a_superuser_let_in_is_found_by_verify_and_by_the_next_append(postgresql: Cluster) -> None:
    shared = shared_trail(postgresql, postgresql.emptied())
    for _ in range(3):
        with shared.trail().append() as appender:
            appender.add("statement", {}, BOB, case="c", subject="s")
    postgresql.query("ALTER TABLE salesdx.checkpoint DISABLE TRIGGER checkpoint_signed", shared.database)
    forged(shared, forge=junk)
    with shared.trail("auditor").read() as reader:
        verdict = verify(reader, [shared.key.public])
    assert verdict.word == INVALID and "checkpoint of 6 records: the signature of" in verdict.lines[0]
    with pytest.raises(TrailError, match="nothing is appended"), shared.trail().append() as appender:
        appender.add("statement", {}, BOB)


def test_the_database_takes_the_signatures_that_a_key_made_and_no_others(shared: Shared) -> None:
    """RFC 8032, 7.1, by the library's own keys; then each part of a signature changed."""
    rng = Random(8032)
    keys = [Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)) for _ in range(5)]
    asked: list[tuple[bytes, bytes, bytes, bool]] = [
        (
            bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
            b"",
            bytes.fromhex(
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                "d25bf5f0595bbe24655141438e7a100b"
            ),
            True,
        )
    ]
    for number, key in enumerate(keys):
        message, public = rng.randbytes(number * 100), key.public_key().public_bytes_raw()
        made = key.sign(message)
        more = int.from_bytes(made[32:], "little") + ORDER
        at = rng.randrange(512)
        flipped = (int.from_bytes(made, "little") ^ 1 << at).to_bytes(64, "little")
        asked += [
            (public, message, made, True),
            (public, message + b"x", made, False),
            (public, message, flipped, False),
            (public, message, made[:32] + more.to_bytes(32, "little"), False),
            (public, message, made[:-1], False),
            (public[:-1], message, made, False),
            (keys[number - 1].public_key().public_bytes_raw(), message, made, False),
            (b"\xff" * 32, message, made, False),
            (public, message, bytes(64), False),
        ]
    hexadecimal = [[part.hex() for part in given[:3]] for given in asked]
    values = ", ".join(
        f"({number}, '{key}', '{text}', '{made}')" for number, (key, text, made) in enumerate(hexadecimal)
    )
    found = shared.cluster.query(
        "SELECT salesdx.ed25519_signed(decode(key, 'hex'), decode(text, 'hex'), decode(made, 'hex')) "
        f"FROM (VALUES {values}) AS given(number, key, text, made) ORDER BY number",
        shared.database,
    )
    assert [good for (good,) in found] == [given[3] for given in asked]


def test_a_register_lets_the_database_check_the_time(postgresql: Cluster) -> None:
    shared = shared_trail(postgresql, postgresql.emptied())
    with shared.trail().append(lambda: utc_now() - timedelta(days=1)) as appender:
        for n in range(3):
            appender.add("statement", {"n": n}, BOB)
    forged(shared, register=True)

    def at(**later: float) -> Edit:
        return change(identity="token", time=stamp(utc_now() + timedelta(**later)))

    for later in ({"days": 1}, {"days": 3650}, {"minutes": 3}):
        with pytest.raises(TrailError, match="entry 6 has a time that is more than two minutes from the clock of the"):
            forged(shared, at(**later))
    with pytest.raises(TrailError, match="entry 6 is older"):
        forged(shared, at(days=-1))
    with pytest.raises(TrailError, match="entry 6 has a name that was only typed"):
        forged(shared)
    forged(shared, at(minutes=1))
    with shared.trail().read() as reader:
        since = reader.head().register_since
    assert since == verified(shared.trail(), shared.key.public)[5][0]["time"]
    for value in ("NULL", "'2036'"):
        assert sqlstate(shared, f"UPDATE head SET size = size + 1, register_since = {value}", "admin") == "23001"


BAD_EXTRAS = {
    "a record below the first": "INSERT INTO entry SELECT -1, entry, leaf, type, case_, subject, 'x' FROM entry "
    "WHERE seq = 1",
    "a content below the first": "INSERT INTO payload SELECT -1, salt, body FROM payload WHERE seq = 2",
    "a checkpoint of nothing": "INSERT INTO checkpoint SELECT 0, note FROM checkpoint WHERE size = 1",
    "a checkpoint below nothing": "INSERT INTO checkpoint SELECT -7, note FROM checkpoint WHERE size = 1",
    "an unknown witness": "SELECT cosign(1, 'evil', 'x')",
    "an unknown witness in form": "SELECT cosign(1, 'evil', replace(line, 'witness', 'evil')) FROM cosignature",
    "a line of nothing": "SELECT cosign(1, 'witness', 'x')",
    "a line under another name": "SELECT cosign(1, 'witness', replace(line, 'witness', 'evil')) FROM cosignature",
    "another key": "SELECT cosign(1, 'witness', '— witness ' || replace(encode('AAAA'::bytea || "
    "substr(decode(substr(line, 11), 'base64'), 5), 'base64'), E'\\n', '') || E'\\n') FROM cosignature",
    "a line that the witness has not signed": "SELECT cosign(1, 'witness', '— witness ' || replace(encode("
    "set_byte(decode(substr(line, 11), 'base64'), 40, 0), 'base64'), E'\\n', '') || E'\\n') FROM cosignature",
    "a checkpoint that is not there": "SELECT cosign(900, 'witness', line) FROM cosignature",
    "kept at another time": "INSERT INTO cosignature SELECT 1, 'witness', line, 1 FROM cosignature",
}


@pytest.mark.parametrize("what", BAD_EXTRAS)
@pytest.mark.parametrize("role", ["writer", "admin"])
def test_a_bad_extra_is_refused_at_the_border(shared: Shared, what: str, role: str) -> None:
    before = verified(shared.trail(), shared.key.public)
    state = sqlstate(shared, BAD_EXTRAS[what], role)
    assert state in ({"23514", "23001", "23503"} | ({"42501"} if role == "writer" else set())), state
    assert verified(shared.trail(), shared.key.public) == before


def test_a_checkpoint_of_another_tree_is_refused(shared: Shared) -> None:
    with shared.trail().read() as reader:
        size, root = reader.head().size + 2, reader.head().frontier.root()
    for origin, told in ((shared.key.name, size - 1), ("salesdx.trail/other", size), (shared.key.name, size)):
        note = sign_checkpoint(origin, told, root, shared.key)
        with pytest.raises(TrailError, match="checkpoint is not that of the entries"):
            forged(shared, forge=lambda given, note=note: given.update(note=note))  # type: ignore[misc]


def test_what_is_not_forged_is_accepted_and_erases_nothing(shared: Shared) -> None:
    """So the refusals above are for what was forged. An entry that is no erasure erases nothing, whatever it names."""
    before = len(verified(shared.trail(), shared.key.public))
    forged(shared)
    found = verified(shared.trail(), shared.key.public)
    assert len(found) == before + 2 and found[2][1] and found[3][1]
    assert (found[before][0]["inputs"], found[before][0]["type"]) == ([2, 3], "statement")


def test_an_erased_pseudonym_is_never_given_to_another(shared: Shared) -> None:
    header = verified(shared.trail(), shared.key.public)[1][0]
    for pseudonym, kind in ((header["subject"], "subject"), (header["actor"], "actor"), (header["case"], "case")):

        def forge(given: dict[str, Any], pseudonym: str = pseudonym, kind: str = kind) -> None:
            given["pseudonyms"].append(pseudonym)
            given["kinds"].append(kind)
            given["names"].append("Eve")

        with pytest.raises(TrailError, match="given to one name, and once"):
            forged(shared, forge=forge)


def test_a_writer_cannot_put_its_own_tables_or_functions_before_ours(shared: Shared) -> None:
    trail = shared.trail()
    before = len(verified(trail, shared.key.public))
    with trail.append() as appender:
        for table in TABLES:
            appender.reader.connection.exec_driver_sql(f"CREATE TEMP TABLE {table} AS SELECT * FROM salesdx.{table}")
        appender.reader.connection.exec_driver_sql(
            "CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$"
        )
        appender.reader.connection.exec_driver_sql("SET search_path = pg_temp, salesdx, pg_catalog")
        appender.add("statement", {}, BOB)
    assert len(verified(trail, shared.key.public)) == before + 1


def test_the_seal_is_the_one_of_the_verifier(shared: Shared) -> None:
    for size in (0, 1, 31, 32, 55, 56, 63, 64, 65, 1000):
        salt, payload = os.urandom(32), os.urandom(size)
        sql = f"SELECT commitment('\\x{salt.hex()}', '\\x{payload.hex()}')"
        assert shared.run(sql, "admin") == [(commitment(salt, payload),)]


def test_the_digest_of_a_rule_base_is_the_one_of_the_verifier(shared: Shared) -> None:
    files = {"b/Ä.yaml": "Zoë 😀\n", "b/a.yaml": "", "b/B.yaml": "\\ ' \" %", "b/😀.yaml": "x", "b/\uffee.yaml": "y"}
    literal = json.dumps(files).replace("'", "''")
    assert shared.run(f"SELECT rule_base_digest('{literal}')", "admin") == [(rule_base_digest(files),)]


# --- making a trail ---------------------------------------------------------------------------------------------------


def test_a_role_that_may_create_roles_makes_a_trail_and_owns_nothing(postgresql: Cluster) -> None:
    database = postgresql.database()
    postgresql.query("CREATE ROLE chief LOGIN CREATEROLE")
    postgresql.query(f"GRANT CREATE ON DATABASE {database} TO chief")
    shared = Shared(postgresql, database, new_key())
    create(postgresql.url(database, "chief"), shared.key, ANNA)
    assert len(verified(shared.trail("chief"), shared.key.public)) == 1
    assert len(verified(shared.trail("auditor"), shared.key.public)) == 1
    assert postgresql.query("SELECT 1 FROM pg_auth_members WHERE roleid = 'salesdx_owner'::regrole") == []
    for sql in ("DELETE FROM name", "INSERT INTO head DEFAULT VALUES", "SET ROLE salesdx_owner"):
        assert sqlstate(shared, sql, "chief") == "42501"
    with pytest.raises(TrailError, match="never overwritten"):
        create(postgresql.url(database, "chief"), new_key(), ANNA)
    shared.trail("chief").upgrade()


def test_a_migration_leaves_the_rights_as_they_were(postgresql: Cluster) -> None:
    shared_trail(postgresql, database := postgresql.emptied())
    old = OldTrail(postgresql.url(postgresql.emptied()), new_key())
    shared = Shared(postgresql, database, old.key)
    shared.trail("admin").upgrade()
    rights = (
        "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'salesdx'::regnamespace "
        "UNION SELECT proname, proacl::text FROM pg_proc WHERE pronamespace = 'salesdx'::regnamespace ORDER BY 1"
    )
    before = shared.run(rights, "admin")
    storage = shared.trail("admin").storage
    with storage.migrating() as connection:
        migrate(connection, "0001", down=True)
    with storage.migrating() as connection:
        migrate(connection)
    assert shared.run(rights, "admin") == before
    with shared.trail().append() as appender:
        assert appender.add("statement", {}, BOB) == 1
    assert len(verified(shared.trail("auditor"), shared.key.public)) == 2
    with pytest.raises(TrailError, match="may not make or change the tables"):
        shared.trail().upgrade()


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (["CREATE ROLE plain LOGIN", "GRANT CREATE ON DATABASE {} TO plain"], "may not make or change the tables"),
        (["CREATE ROLE plain LOGIN CREATEROLE"], "CREATE on the database"),
        (["CREATE ROLE plain LOGIN SUPERUSER", "ALTER ROLE salesdx_owner LOGIN"], "that is not the trail's"),
    ],
)
def test_who_may_not_make_a_trail_is_told(
    postgresql: Cluster, shared: Shared, prepare: list[str], message: str
) -> None:
    database = postgresql.emptied()
    for sql in prepare:
        postgresql.query(sql.format(database))
    try:
        with pytest.raises(TrailError, match=message):
            create(postgresql.url(database, "plain"), new_key(), ANNA)
        assert postgresql.query("SELECT 1 FROM pg_namespace WHERE nspname = 'salesdx'", database) == []
    finally:
        postgresql.query("ALTER ROLE salesdx_owner NOLOGIN")
        postgresql.query(f"REVOKE ALL ON DATABASE {database} FROM plain")
        postgresql.query("DROP ROLE plain")


def test_who_made_an_old_trail_goes_on_appending_and_others_of_its_day_read(postgresql: Cluster) -> None:
    shared_trail(postgresql, postgresql.emptied())  # so that the roles are there
    database = postgresql.database()
    postgresql.query("CREATE ROLE maker LOGIN CREATEROLE; CREATE ROLE member LOGIN")
    postgresql.query(f"GRANT CREATE ON DATABASE {database} TO maker; GRANT salesdx_app TO member")
    postgresql.query("SET ROLE maker; GRANT salesdx_app TO maker")  # as making a trail once did
    old = OldTrail(postgresql.url(database, "maker"), new_key())
    shared = Shared(postgresql, database, old.key)
    shared.trail("maker").upgrade()
    for role in ("maker", "member"):
        assert len(verified(shared.trail(role), shared.key.public)) == 1
    with shared.trail("maker").append() as appender:
        assert appender.add("statement", {}, BOB) == 1
    with pytest.raises(TrailError, match="member of salesdx_service may append"), shared.trail("member").append():
        pass
    assert len(verified(shared.trail("member"), shared.key.public)) == 2


def test_a_schema_of_somebody_else_is_no_place_for_a_trail(postgresql: Cluster) -> None:
    database = postgresql.emptied()
    postgresql.query("CREATE SCHEMA salesdx", database)
    with pytest.raises(TrailError, match="that is not the trail's"):
        create(postgresql.url(database), new_key(), ANNA)


def test_a_database_of_another_encoding_is_no_place_for_a_trail(postgresql: Cluster) -> None:
    postgresql.query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    with pytest.raises(TrailError, match="must have the encoding UTF8"):
        create(postgresql.url("latin"), new_key(), ANNA)


def test_a_trail_that_was_begun_and_got_no_record_is_begun_again(postgresql: Cluster) -> None:
    url = postgresql.url(postgresql.emptied())
    connect(url).prepare("salesdx.trail/lost", migrate)
    key = new_key()
    assert len(verified(create(url, key, ANNA), key.public)) == 1


@pytest.mark.parametrize("url", ["postgresql://host:port/x", "mysql://host/x"])
def test_what_is_no_url_is_told(url: str) -> None:
    with pytest.raises(TrailError, match=r"no URL of a database|lies in a SQLite file or in PostgreSQL"):
        connect(url)
