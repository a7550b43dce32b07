"""The tables of a trail, changed step by step, up and down, with records in them."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from conftest import ROOT
from old_trails import OldTrail
from salesdx.ledger.connect import connect
from salesdx.ledger.errors import TrailError
from salesdx.ledger.keys import SigningKey, new_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin, open_trail
from salesdx.ledger.migrations import migrate
from salesdx.ledger.standalone.findings import VERIFIED
from salesdx.ledger.standalone.verifier import COSIGNATURE, read_checkpoint
from salesdx.ledger.storage import SCHEMA, Storage
from salesdx.ledger.tables import WHEEL
from salesdx.ledger.verify import verify
from trail_checks import verified

ANNA = Person("Anna", "hr")
WITNESS = SigningKey(new_private_key(), "witness", COSIGNATURE)
TABLES = {
    *("alembic_version", "head", "entry", "payload", "name", "checkpoint", "rule_base"),
    *("cosignature", "wheel", "attachment", "mark"),
}


@pytest.fixture
def key() -> SigningKey:
    return SigningKey(new_private_key(), new_origin())


@pytest.fixture
def trail(where: str, key: SigningKey, tmp_path: Path) -> Trail:
    """A trail with records, one of them erased."""
    trail = create(where, key, ANNA, tmp_path / "key.signed")
    for n in range(5):
        with trail.append() as appender:
            appender.add("statement", {"n": n}, ANNA, case=f"c{n % 2}", subject="Carla", key=f"k{n}")
    with trail.append() as appender:
        appender.erase([2], [appender.pseudonym("case", "c1")], "asked for", ANNA)
    return trail


def change(storage: Storage, to: str, down: bool = False) -> None:
    with storage.migrating() as connection:
        migrate(connection, to, down)


def tables(storage: Storage) -> set[str]:
    with storage.migrating() as connection:
        return {*sa.inspect(connection).get_table_names()}


@pytest.fixture
def old(where: str, key: SigningKey) -> OldTrail:
    """A trail of version 1, at the tables of its day, with the signature of a witness."""
    found = OldTrail(where, key)
    for n in range(5):
        found.append("statement", {"n": n}, case=f"c{n % 2}", subject="Carla", key=f"k{n}" if n else None)
    found.cosign(3, "witness", WITNESS.line(read_checkpoint(found.notes[2]).text))
    return found


def test_a_trail_at_an_older_version_is_told_and_brought_up_with_everything_in_it(old: OldTrail) -> None:
    assert tables(old.storage) == TABLES - {"attachment", "mark"}
    told = r"have version 0003, this program works with 0007; `salesdx trail upgrade` brings them up to date"
    trail = Trail(old.storage, old.key)
    with pytest.raises(TrailError, match=told):
        verified(open_trail(old.where, write=False), old.key.public)
    with pytest.raises(TrailError, match=told), trail.append() as appender:
        appender.add("statement", {}, ANNA)
    open_trail(old.where, write=False).upgrade()
    assert tables(trail.storage) == TABLES
    before = verified(trail, old.key.public)
    with trail.read() as reader:
        assert [row.entry for row in reader.rows()] == old.entries
        assert [note for _, note in reader.checkpoints()] == old.notes
        [(*one, signed, kept)] = reader.cosignatures()
    assert (one, kept) == ([3, "witness"], len(before))
    with trail.append() as appender:
        assert appender.add("statement", {}, ANNA, key="k1") == 2
        assert appender.add("statement", {}, ANNA, case="c0", subject="Carla") == len(before)
        assert appender.add("statement", {}, ANNA) == len(before) + 1
    *same, (first, _), (second, _) = verified(trail, old.key.public)
    assert same == before and (first["case_before"], first["subject_before"]) == (5, 5)
    lines = [["checkpoint", 1, old.notes[0]], ["checkpoint", 2, old.notes[1]]]
    for n in (1, 2, 3, 4):
        lines += [["key", n + 1, f"k{n}"], ["checkpoint", n + 2, old.notes[n + 1]]]
    lines.append(["cosignature", 3, "witness", signed])
    data = b"".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines)
    assert (first["sealed"], second["sealed"]) == (sha256(data).hexdigest(), None)
    with trail.read() as reader:
        verdict = verify(reader, [old.key.public, WITNESS.public])
    assert verdict.word == VERIFIED, str(verdict)


def test_an_old_trail_goes_down_as_far_as_nothing_is_lost(old: OldTrail) -> None:
    trail = Trail(old.storage, old.key)
    trail.upgrade()
    before = verified(trail, old.key.public)
    with pytest.raises(TrailError, match="holds signatures of witnesses; no migration deletes them"):
        change(trail.storage, "0001", down=True)
    assert verified(trail, old.key.public) == before  # the steps before it were taken back as well
    change(trail.storage, "0003", down=True)
    assert old.append("statement", {}, case="c1", subject="Carla", key="old again") == 6
    trail.upgrade()
    assert verified(trail, old.key.public)[:-1] == before
    with trail.storage.migrating() as connection:
        connection.execute(sa.insert(WHEEL).values(digest="sha256:" + 64 * "0", data=b"a wheel"))
    with pytest.raises(TrailError, match="keeps programs; no migration deletes them"):
        change(trail.storage, "0002", down=True)


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(trail: Trail, key: SigningKey) -> None:
    before = verified(trail, key.public)
    trail.upgrade()
    assert verified(trail, key.public) == before


@pytest.mark.parametrize("to", ["base", "0001", "0003"])
def test_no_migration_deletes_records(trail: Trail, key: SigningKey, to: str) -> None:
    before = verified(trail, key.public)
    with pytest.raises(TrailError, match="holds records that older tables have no room for; no migration deletes them"):
        change(trail.storage, to, down=True)
    assert verified(trail, key.public) == before


def test_no_migration_deletes_old_records(where: str, key: SigningKey) -> None:
    old = OldTrail(where, key)
    with pytest.raises(TrailError, match="the trail holds records; no migration deletes them"):
        change(old.storage, "base", down=True)


def test_no_migration_deletes_attachments(trail: Trail, key: SigningKey) -> None:
    with trail.append() as appender:
        digest = "sha256:" + sha256(b"a file").hexdigest()
        appender.attachments.append((appender.add("attachment", {"digest": digest}, ANNA, case="c0"), b"a file"))
    before = verified(trail, key.public)
    with pytest.raises(TrailError, match="keeps attachments; no migration deletes them"):
        change(trail.storage, "0004", down=True)
    assert verified(trail, key.public) == before


def test_tables_of_a_newer_program_are_left_alone(trail: Trail, key: SigningKey) -> None:
    with trail.storage.migrating() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(TrailError, match=r"have version 0999, .* a newer salesdx is needed"):
        verified(trail, key.public)
    with pytest.raises(TrailError, match="a newer program may have made them"):
        trail.upgrade()
    with trail.storage.migrating() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{SCHEMA}'")
    assert len(verified(trail, key.public)) == 7


def test_empty_tables_go_up_and_down_step_by_step(where: str, key: SigningKey) -> None:
    storage = connect(where, create=True)
    seen = []
    up, down_ = ("+1", False), ("-1", True)
    for to, down in [up, up, up, up, up, up, down_, down_, down_, down_, down_, down_, ("head", False), ("base", True)]:
        change(storage, to, down)
        seen.append(len(tables(storage)))
    assert seen == [7, 8, 9, 9, 10, 11, 10, 9, 9, 8, 7, 1, 11, 1]
    storage.prepare(key.name, migrate)
    trail = Trail(storage, key)
    with trail.append() as appender:
        appender.add("trail", {"key": str(key.public)}, ANNA)
    assert len(verified(trail, key.public)) == 1


def test_the_program_works_with_the_last_version() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "src" / "salesdx" / "ledger" / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA]
