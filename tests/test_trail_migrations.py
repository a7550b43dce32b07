"""The tables of a trail, changed step by step, up and down, with records in them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from conftest import ROOT
from salesdx.ledger.connect import connect
from salesdx.ledger.errors import TrailError
from salesdx.ledger.keys import SigningKey, new_private_key
from salesdx.ledger.log import Person, Trail, create, new_origin, open_trail
from salesdx.ledger.migrations import migrate
from salesdx.ledger.storage import SCHEMA, Storage
from trail_checks import verified

ANNA = Person("Anna", "hr")
ENGINE = {"name": "reference", "checked_by": None, "version": "1", "digest": "sha256:" + 64 * "0"}
TABLES = {
    *("alembic_version", "head", "entry", "payload", "name", "checkpoint", "rule_base"),
    *("cosignature", "wheel", "attachment"),
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


def test_a_trail_at_an_older_version_is_told_and_brought_up_with_everything_in_it(
    trail: Trail, where: str, key: SigningKey
) -> None:
    before = verified(trail, key.public)
    change(trail.storage, "0001", down=True)
    assert tables(trail.storage) == TABLES - {"cosignature", "wheel", "attachment"}
    told = r"have version 0001, this program works with 0004; `salesdx trail upgrade` brings them up to date"
    with pytest.raises(TrailError, match=told):
        verified(open_trail(where, write=False), key.public)
    with pytest.raises(TrailError, match=told), trail.append() as appender:
        appender.add("statement", {}, ANNA)
    open_trail(where, write=False).upgrade()
    assert tables(trail.storage) == TABLES
    assert verified(trail, key.public) == before
    with trail.append() as appender:
        assert appender.add("statement", {}, ANNA, key="k1") == 2
        assert appender.add("statement", {}, ANNA, case="c0") == len(before)
    trail.storage.cosign(len(before) + 1, "witness", "— witness AAAA\n")
    assert verified(trail, key.public)[:-1] == before


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(trail: Trail, key: SigningKey) -> None:
    before = verified(trail, key.public)
    trail.upgrade()
    assert verified(trail, key.public) == before


def test_no_migration_deletes_records(trail: Trail, key: SigningKey) -> None:
    before = verified(trail, key.public)
    with pytest.raises(TrailError, match="the trail holds records; no migration deletes them"):
        change(trail.storage, "base", down=True)
    assert verified(trail, key.public) == before  # the step before it was taken back as well
    trail.storage.cosign(1, "witness", "— witness AAAA\n")
    with pytest.raises(TrailError, match="holds signatures of witnesses; no migration deletes them"):
        change(trail.storage, "0001", down=True)
    assert verified(trail, key.public) == before
    with trail.read() as reader:
        assert reader.cosignatures() == [(1, "witness", "— witness AAAA\n")]


def test_no_migration_deletes_programs(trail: Trail, key: SigningKey) -> None:
    with trail.append() as appender:
        named = appender.keep({"a-1-py3-none-any.whl": b"a wheel"})
        appender.add("diagnosis", {"wheels": named}, ANNA, engine=ENGINE)
    before = verified(trail, key.public)
    with pytest.raises(TrailError, match="keeps programs; no migration deletes them"):
        change(trail.storage, "0002", down=True)
    assert verified(trail, key.public) == before


def test_no_migration_deletes_attachments(trail: Trail, key: SigningKey) -> None:
    with trail.append() as appender:
        digest = "sha256:" + sha256(b"a file").hexdigest()
        appender.attach(appender.add("attachment", {"digest": digest}, ANNA, case="c0"), b"a file")
    before = verified(trail, key.public)
    with pytest.raises(TrailError, match="keeps attachments; no migration deletes them"):
        change(trail.storage, "0003", down=True)
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
    for to, down in [up, up, up, up, down_, down_, down_, down_, ("head", False), ("base", True)]:
        change(storage, to, down)
        seen.append(len(tables(storage)))
    assert seen == [7, 8, 9, 10, 9, 8, 7, 1, 10, 1]
    storage.prepare(key.name, migrate)
    trail = Trail(storage, key)
    with trail.append() as appender:
        appender.add("trail", {"key": str(key.public)}, ANNA)
    assert len(verified(trail, key.public)) == 1


def test_the_program_works_with_the_last_version() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "src" / "salesdx" / "ledger" / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA]
