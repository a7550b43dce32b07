"""Tokens of applications."""

from __future__ import annotations

from alembic import op

from salesdx.ledger.migrations import run_sql
from salesdx.web.tables import SCHEMA

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TOKEN = """
CREATE TABLE {s}application_token (
    id text PRIMARY KEY, token text NOT NULL UNIQUE, person text NOT NULL, role text NOT NULL, scopes text NOT NULL,
    made text NOT NULL, maker text NOT NULL, until text NOT NULL, revoked text)
"""
GRANT = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {SCHEMA}.application_token TO salesdx_service"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        run_sql(op.get_bind(), ";".join((TOKEN.format(s=f"{SCHEMA}."), GRANT)))
        return
    op.execute(f"{TOKEN.format(s='').strip()} STRICT")


def downgrade() -> None:
    op.execute(f"DROP TABLE {f'{SCHEMA}.' if op.get_bind().dialect.name == 'postgresql' else ''}application_token")
