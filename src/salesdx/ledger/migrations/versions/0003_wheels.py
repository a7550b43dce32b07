"""Wheels of the programs that made the records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from salesdx.ledger.errors import TrailError
from salesdx.ledger.migrations import run_sql
from salesdx.ledger.migrations.guards import WHEEL, WHEEL_DOWN

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SQLITE = (
    """
CREATE TABLE wheel (digest TEXT PRIMARY KEY, data BLOB NOT NULL CHECK (length(data) <= 33554432)) STRICT
""",
    "CREATE TRIGGER wheel_update BEFORE UPDATE ON wheel BEGIN SELECT RAISE(ABORT, 'a wheel is never changed'); END",
    "CREATE TRIGGER wheel_delete BEFORE DELETE ON wheel BEGIN SELECT RAISE(ABORT, 'a wheel is never deleted'); END",
)


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        run_sql(bind, WHEEL)
    else:
        for statement in SQLITE:
            op.execute(statement)


def downgrade() -> None:
    bind = op.get_bind()
    if bind.execute(sa.text("SELECT count(*) FROM wheel")).scalar():
        raise TrailError("the trail keeps programs; no migration deletes them")
    if bind.dialect.name == "postgresql":
        run_sql(bind, WHEEL_DOWN)
    else:
        op.execute("DROP TABLE wheel")
