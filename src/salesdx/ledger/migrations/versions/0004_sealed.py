"""Entries of version 2, which seal what is beside the log; when each signature of a witness was kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from salesdx.ledger.errors import TrailError
from salesdx.ledger.migrations import run_sql
from salesdx.ledger.migrations.borders import SEALED, SEALED_DOWN

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
)
SQLITE_DOWN = (
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
    _run(SEALED, SQLITE)


def downgrade() -> None:
    newest = sa.text("SELECT entry FROM entry ORDER BY seq DESC LIMIT 1")
    if not str(op.get_bind().execute(newest).scalar() or '"salesdx.entry/1"}').endswith('"salesdx.entry/1"}'):
        raise TrailError("the trail holds records that older tables have no room for; no migration deletes them")
    _run(SEALED_DOWN, SQLITE_DOWN)


def _run(postgresql: str, sqlite: tuple[str, ...]) -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        run_sql(bind, postgresql)
        return
    for statement in sqlite:
        op.execute(statement)
