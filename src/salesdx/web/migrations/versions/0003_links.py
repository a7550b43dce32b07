"""Questions that are sent to a respondent by a link: who asks, and from which form the link was made."""

from __future__ import annotations

from alembic import op

from salesdx.ledger.errors import TrailError
from salesdx.ledger.migrations import run_sql
from salesdx.web.tables import SCHEMA

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BEFORE = """
CREATE TABLE {s}request (
    token text PRIMARY KEY, case_id text NOT NULL REFERENCES {s}"case", respondent text NOT NULL,
    receiver text NOT NULL, asked text NOT NULL, made text NOT NULL, until text NOT NULL, revoked text, begun text,
    finished text)
"""
REQUEST = """
CREATE TABLE {s}request (
    id text PRIMARY KEY, token text NOT NULL UNIQUE, form text NOT NULL UNIQUE,
    case_id text NOT NULL REFERENCES {s}"case", maker text NOT NULL, maker_role text NOT NULL,
    respondent text NOT NULL, receiver text NOT NULL, asked text NOT NULL, made text NOT NULL, until text NOT NULL,
    revoked text, begun text, finished text)
"""
GRANT = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {SCHEMA}.request TO salesdx_service"


def upgrade() -> None:
    _made(REQUEST, "CREATE INDEX request_case ON {s}request (case_id)")  # nothing has written into it before


def downgrade() -> None:
    if op.get_bind().exec_driver_sql(f"SELECT count(*) FROM {_schema()}request").scalar():
        raise TrailError("there are links in the pages; no migration deletes them")
    _made(BEFORE)


def _made(table: str, *more: str) -> None:
    s = _schema()
    op.execute(f"DROP TABLE {s}request")
    for statement in (table, *more):
        told = statement.format(s=s).strip()
        op.execute(told if s or "INDEX" in told else f"{told} STRICT")
    if s:
        run_sql(op.get_bind(), GRANT)


def _schema() -> str:
    return f"{SCHEMA}." if op.get_bind().dialect.name == "postgresql" else ""
