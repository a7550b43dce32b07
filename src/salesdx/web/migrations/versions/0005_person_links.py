"""Links by which the person concerned reads their letter and speaks."""

from __future__ import annotations

from alembic import op

from salesdx.ledger.migrations import run_sql
from salesdx.web.tables import SCHEMA

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PERSON_LINK = """
CREATE TABLE {s}person_link (
    id text PRIMARY KEY, token text NOT NULL UNIQUE, letter bigint NOT NULL, maker text NOT NULL,
    maker_role text NOT NULL, made text NOT NULL, until text NOT NULL, revoked text, begun text)
"""
INDEX = "CREATE INDEX person_link_letter ON {s}person_link (letter)"
GRANT = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {SCHEMA}.person_link TO salesdx_service"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        schema = f"{SCHEMA}."
        run_sql(op.get_bind(), ";".join((PERSON_LINK.format(s=schema), INDEX.format(s=schema), GRANT)))
        return
    op.execute(f"{PERSON_LINK.format(s='').replace('bigint', 'integer').strip()} STRICT")
    op.execute(INDEX.format(s=""))


def downgrade() -> None:
    op.execute(f"DROP TABLE {f'{SCHEMA}.' if op.get_bind().dialect.name == 'postgresql' else ''}person_link")
