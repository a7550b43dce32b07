"""Signatures of witnesses on checkpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from salesdx.ledger.errors import TrailError
from salesdx.ledger.migrations import run_sql
from salesdx.ledger.migrations.guards import COSIGNATURE, COSIGNATURE_DOWN

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = """
CREATE TABLE cosignature (
    size INTEGER NOT NULL REFERENCES checkpoint, witness TEXT NOT NULL, line TEXT NOT NULL,
    PRIMARY KEY (size, witness)) STRICT
"""


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        run_sql(bind, COSIGNATURE)
    else:
        op.execute(SQLITE)


def downgrade() -> None:
    bind = op.get_bind()
    if bind.execute(sa.text("SELECT count(*) FROM cosignature")).scalar():
        raise TrailError("the trail holds signatures of witnesses; no migration deletes them")
    if bind.dialect.name == "postgresql":
        run_sql(bind, COSIGNATURE_DOWN)
    else:
        op.execute("DROP TABLE cosignature")
