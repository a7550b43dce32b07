"""Entries of version 2, which seal what is beside the log, and what is refused at its border."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from salesdx.ledger.errors import TrailError
from salesdx.ledger.migrations import run_sql
from salesdx.ledger.migrations.borders import BORDERS, BORDERS_DOWN

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SQLITE = (
    """
CREATE TABLE kept (
    size INTEGER NOT NULL REFERENCES checkpoint, witness TEXT NOT NULL, line TEXT NOT NULL, kept INTEGER NOT NULL,
    PRIMARY KEY (size, witness)) STRICT
""",
    "INSERT INTO kept SELECT cosignature.*, head.size FROM cosignature, head",
    "DROP TABLE cosignature",
    "ALTER TABLE kept RENAME TO cosignature",
    "CREATE INDEX cosignature_kept ON cosignature (kept)",
    """
CREATE TRIGGER cosignature_update BEFORE UPDATE ON cosignature
    BEGIN SELECT RAISE(ABORT, 'the signature of a witness is never changed'); END
""",
    """
CREATE TRIGGER cosignature_delete BEFORE DELETE ON cosignature
    BEGIN SELECT RAISE(ABORT, 'the signature of a witness is never deleted'); END
""",
    """
CREATE TRIGGER cosignature_next BEFORE INSERT ON cosignature
WHEN NEW.kept <> (SELECT size FROM head)
    OR substr(NEW.line, 1, length(NEW.witness) + 3) <> '— ' || NEW.witness || ' '
    OR length(NEW.line) <> length(NEW.witness) + 108 OR substr(NEW.line, -1) <> char(10)
    OR substr(NEW.line, length(NEW.witness) + 4, 104) GLOB '*[^A-Za-z0-9+/=]*'
    OR NOT EXISTS (
        SELECT 1 FROM entry JOIN payload USING (seq) WHERE entry.type = 'witness' AND seq >= 0
        AND substr(json_extract(payload.body, '$.body.key'), 1, length(NEW.witness) + 1) = NEW.witness || '+')
    BEGIN SELECT RAISE(ABORT, 'this is no signature of a witness that a record names'); END
""",
    """
CREATE TRIGGER entry_next BEFORE INSERT ON entry
WHEN NEW.seq <> max(coalesce((SELECT max(seq) FROM entry), -1), -1) + 1
    BEGIN SELECT RAISE(ABORT, 'an entry comes after the others'); END
""",
    """
CREATE TRIGGER checkpoint_next BEFORE INSERT ON checkpoint WHEN NEW.size <= (SELECT size FROM head)
    BEGIN SELECT RAISE(ABORT, 'a checkpoint comes after the others'); END
""",
    "ALTER TABLE head ADD COLUMN register_since TEXT",
    "DROP TRIGGER head_update",
    """
CREATE TRIGGER head_update BEFORE UPDATE ON head
WHEN NEW.size <= OLD.size OR NEW.origin <> OLD.origin
    OR OLD.register_since IS NOT NULL AND NEW.register_since IS NOT OLD.register_since
    BEGIN SELECT RAISE(ABORT, 'a trail only grows'); END
""",
    """
CREATE TRIGGER entry_time BEFORE INSERT ON entry
WHEN (SELECT register_since FROM head) IS NOT NULL AND coalesce(
    abs(julianday(json_extract(NEW.entry, '$.time')) - julianday('now')) * 86400 > 120, 1)
    BEGIN SELECT RAISE(ABORT, 'an entry has a time that is more than two minutes from the clock of the database'); END
""",
    """
CREATE TRIGGER entry_typed BEFORE INSERT ON entry
WHEN (SELECT register_since FROM head) IS NOT NULL AND json_extract(NEW.entry, '$.identity') = 'typed'
    BEGIN SELECT RAISE(ABORT, 'an entry has a name that was only typed'); END
""",
)
SQLITE_DOWN = (
    "DROP TRIGGER entry_typed",
    "DROP TRIGGER entry_time",
    "DROP TRIGGER entry_next",
    "DROP TRIGGER checkpoint_next",
    "DROP TRIGGER head_update",
    "ALTER TABLE head DROP COLUMN register_since",
    """
CREATE TRIGGER head_update BEFORE UPDATE ON head WHEN NEW.size <= OLD.size OR NEW.origin <> OLD.origin
    BEGIN SELECT RAISE(ABORT, 'a trail only grows'); END
""",
    """
CREATE TABLE kept (
    size INTEGER NOT NULL REFERENCES checkpoint, witness TEXT NOT NULL, line TEXT NOT NULL,
    PRIMARY KEY (size, witness)) STRICT
""",
    "INSERT INTO kept SELECT size, witness, line FROM cosignature",
    "DROP TABLE cosignature",
    "ALTER TABLE kept RENAME TO cosignature",
)


def upgrade() -> None:
    _run(BORDERS, SQLITE)


def downgrade() -> None:
    newest = sa.text("SELECT entry FROM entry ORDER BY seq DESC LIMIT 1")
    if not str(op.get_bind().execute(newest).scalar() or '"salesdx.entry/1"}').endswith('"salesdx.entry/1"}'):
        raise TrailError("the trail holds records that older tables have no room for; no migration deletes them")
    _run(BORDERS_DOWN, SQLITE_DOWN)


def _run(postgresql: str, sqlite: tuple[str, ...]) -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        run_sql(bind, postgresql)
        return
    for statement in sqlite:
        op.execute(statement)
