"""PostgreSQL looks whether checkpoints and cosignatures are signed; SQLite, which has no functions, changes nothing."""

from __future__ import annotations

from alembic import op

from salesdx.ledger.migrations import run_sql
from salesdx.ledger.migrations.signed_rows import SIGNED_ROWS, SIGNED_ROWS_DOWN

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _run(SIGNED_ROWS)


def downgrade() -> None:
    _run(SIGNED_ROWS_DOWN)


def _run(sql: str) -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        run_sql(bind, sql)
