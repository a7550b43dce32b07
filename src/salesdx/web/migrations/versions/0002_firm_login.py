"""By which of a person's keys they are logged in, where it is the firm's login and no password."""

from __future__ import annotations

from alembic import op

from salesdx.web.tables import SCHEMA

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(f"ALTER TABLE {_schema()}login_session ADD COLUMN key text NOT NULL DEFAULT ''")


def downgrade() -> None:
    op.execute(f"ALTER TABLE {_schema()}login_session DROP COLUMN key")


def _schema() -> str:
    return f"{SCHEMA}." if op.get_bind().dialect.name == "postgresql" else ""
