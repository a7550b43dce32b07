"""That a person has just confirmed that it is they, and one-time codes with which they can."""

from __future__ import annotations

from alembic import op

from salesdx.ledger.migrations import run_sql
from salesdx.web.tables import SCHEMA

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = ("proof", "proof_until")
CODE = """
CREATE TABLE {s}code (
    person text PRIMARY KEY, secret text NOT NULL, counter bigint NOT NULL CHECK (counter >= 0), made text NOT NULL)
"""
GRANT = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {SCHEMA}.code TO salesdx_service"


def _schema() -> str:
    return f"{SCHEMA}." if op.get_bind().dialect.name == "postgresql" else ""


def upgrade() -> None:
    schema = _schema()
    for column in COLUMNS:
        op.execute(f"ALTER TABLE {schema}login_session ADD COLUMN {column} text NOT NULL DEFAULT ''")
    if schema:
        run_sql(op.get_bind(), ";".join((CODE.format(s=schema), GRANT)))
    else:
        op.execute(f"{CODE.format(s='').strip().replace('bigint', 'integer')} STRICT")


def downgrade() -> None:
    op.execute(f"DROP TABLE {_schema()}code")
    for column in COLUMNS:
        op.execute(f"ALTER TABLE {_schema()}login_session DROP COLUMN {column}")
