"""What is worked out beside requests: what was asked for outlives a restart."""

from __future__ import annotations

from alembic import op

from salesdx.ledger.migrations import run_sql
from salesdx.web.tables import SCHEMA

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JOB = """
CREATE TABLE {s}job (
    id text PRIMARY KEY, person text NOT NULL, role text NOT NULL, kind text NOT NULL, words text NOT NULL,
    records text NOT NULL, back text NOT NULL, begun text NOT NULL, result bigint)
"""
GRANT = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {SCHEMA}.job TO salesdx_service"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        run_sql(op.get_bind(), ";".join((JOB.format(s=f"{SCHEMA}."), GRANT)))
        return
    op.execute(f"{JOB.format(s='').replace('bigint', 'integer').strip()} STRICT")


def downgrade() -> None:
    op.execute(f"DROP TABLE {f'{SCHEMA}.' if op.get_bind().dialect.name == 'postgresql' else ''}job")
