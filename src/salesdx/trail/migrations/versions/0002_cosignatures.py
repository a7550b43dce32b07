"""Signatures of witnesses on checkpoints."""

from __future__ import annotations

from alembic import op

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
    op.execute(SQLITE)


def downgrade() -> None:
    op.execute("DROP TABLE cosignature")
