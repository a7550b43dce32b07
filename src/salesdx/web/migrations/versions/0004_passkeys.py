"""Passkeys that people have made on their devices."""

from __future__ import annotations

from alembic import op

from salesdx.ledger.migrations import run_sql
from salesdx.web.tables import SCHEMA

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PASSKEY = """
CREATE TABLE {s}passkey (
    id text PRIMARY KEY, person text NOT NULL, name text NOT NULL, key text NOT NULL, cose text NOT NULL,
    counter integer NOT NULL CHECK (counter >= 0), made text NOT NULL)
"""
INDEX = "CREATE INDEX passkey_person ON {s}passkey (person)"
GRANT = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {SCHEMA}.passkey TO salesdx_service"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        schema = f"{SCHEMA}."
        run_sql(op.get_bind(), ";".join((PASSKEY.format(s=schema), INDEX.format(s=schema), GRANT)))
        return
    op.execute(f"{PASSKEY.format(s='').strip()} STRICT")
    op.execute(INDEX.format(s=""))


def downgrade() -> None:
    op.execute(f"DROP TABLE {f'{SCHEMA}.' if op.get_bind().dialect.name == 'postgresql' else ''}passkey")
