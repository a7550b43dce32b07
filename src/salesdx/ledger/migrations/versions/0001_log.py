"""The log: entries, their erasable content, pseudonyms, checkpoints, rule bases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from salesdx.ledger.errors import TrailError
from salesdx.ledger.migrations import run_sql
from salesdx.ledger.migrations.guards import LOG, LOG_DOWN

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE = """
CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1), origin TEXT NOT NULL, size INTEGER NOT NULL,
    frontier BLOB NOT NULL, previous BLOB, time TEXT NOT NULL) STRICT;
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY, entry TEXT NOT NULL, leaf BLOB NOT NULL CHECK (length(leaf) = 32),
    type TEXT NOT NULL, case_ TEXT, subject TEXT, key TEXT UNIQUE) STRICT;
CREATE INDEX entry_case ON entry (case_, seq);
CREATE INDEX entry_subject ON entry (subject, seq);
CREATE INDEX entry_type ON entry (type, seq);
CREATE TABLE payload (
    seq INTEGER PRIMARY KEY REFERENCES entry, salt BLOB NOT NULL CHECK (length(salt) = 32), body TEXT NOT NULL) STRICT;
CREATE TABLE name (pseudonym TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (kind, name)) STRICT;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TABLE rule_base (digest TEXT PRIMARY KEY, files TEXT NOT NULL) STRICT;
CREATE TRIGGER entry_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entry_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;
CREATE TRIGGER checkpoint_update BEFORE UPDATE ON checkpoint
    BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END;
CREATE TRIGGER checkpoint_delete BEFORE DELETE ON checkpoint
    BEGIN SELECT RAISE(ABORT, 'a checkpoint is never deleted'); END;
CREATE TRIGGER rule_base_update BEFORE UPDATE ON rule_base
    BEGIN SELECT RAISE(ABORT, 'a rule base is never changed'); END;
CREATE TRIGGER rule_base_delete BEFORE DELETE ON rule_base
    BEGIN SELECT RAISE(ABORT, 'a rule base is never deleted'); END;
CREATE TRIGGER name_update BEFORE UPDATE ON name BEGIN SELECT RAISE(ABORT, 'a pseudonym is never changed'); END;
CREATE TRIGGER payload_update BEFORE UPDATE ON payload BEGIN SELECT RAISE(ABORT, 'content is never changed'); END;
CREATE TRIGGER payload_delete BEFORE DELETE ON payload
    WHEN NOT EXISTS (SELECT 1 FROM entry, json_each(entry.entry, '$.inputs') AS input
                     WHERE entry.type = 'erasure' AND input.value = OLD.seq)
    BEGIN SELECT RAISE(ABORT, 'content is deleted only by an erasure'); END;
CREATE TRIGGER head_delete BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'the head is never deleted'); END;
CREATE TRIGGER head_update BEFORE UPDATE ON head WHEN NEW.size <= OLD.size OR NEW.origin <> OLD.origin
    BEGIN SELECT RAISE(ABORT, 'a trail only grows'); END
"""

TABLES = ("payload", "name", "checkpoint", "rule_base", "entry", "head")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        run_sql(op.get_bind(), LOG)
        return
    for statement in SQLITE.strip().split(";\n"):
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT count(*) FROM entry")).scalar():
        raise TrailError("the trail holds records; no migration deletes them")
    if op.get_bind().dialect.name == "postgresql":
        run_sql(op.get_bind(), LOG_DOWN)
        return
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
