"""Cases, who sits at them, and who is logged in."""

from __future__ import annotations

from alembic import op

from salesdx.ledger.errors import TrailError
from salesdx.ledger.migrations import run_sql
from salesdx.web.tables import SCHEMA

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MADE = ("case", "seat", "standing", "request", "login", "invitation", "login_session")
TABLES = """
CREATE TABLE {s}"case" (
    id text PRIMARY KEY, owner text NOT NULL, text text NOT NULL, version integer NOT NULL CHECK (version > 0),
    rules text NOT NULL, state text NOT NULL CHECK (state IN ('open', 'closed')), opened text NOT NULL, closed text);
CREATE TABLE {s}seat (
    case_id text NOT NULL REFERENCES {s}"case", person text NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'deputy', 'hr', 'reader')), PRIMARY KEY (case_id, person));
CREATE INDEX seat_person ON {s}seat (person);
CREATE TABLE {s}standing (
    case_id text NOT NULL REFERENCES {s}"case", person text NOT NULL, told text NOT NULL,
    PRIMARY KEY (case_id, person));
CREATE TABLE {s}request (
    token text PRIMARY KEY, case_id text NOT NULL REFERENCES {s}"case", respondent text NOT NULL,
    receiver text NOT NULL, asked text NOT NULL, made text NOT NULL, until text NOT NULL, revoked text, begun text,
    finished text);
CREATE TABLE {s}login (person text PRIMARY KEY, password text NOT NULL, since text NOT NULL);
CREATE TABLE {s}invitation (token text PRIMARY KEY, person text NOT NULL, made text NOT NULL, until text NOT NULL);
CREATE TABLE {s}login_session (
    token text PRIMARY KEY, person text NOT NULL, role text NOT NULL, begun text NOT NULL, used text NOT NULL);
CREATE INDEX login_session_person ON {s}login_session (person)
"""
GRANT = f"""
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO salesdx_service;
REVOKE INSERT, UPDATE, DELETE ON {SCHEMA}.web_version FROM salesdx_service
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        run_sql(op.get_bind(), TABLES.format(s=f"{SCHEMA}.") + ";" + GRANT)
        return
    for statement in TABLES.format(s="").strip().split(";\n"):
        op.execute(statement if "INDEX" in statement else f"{statement} STRICT")


def downgrade() -> None:
    if op.get_bind().exec_driver_sql(f'SELECT count(*) FROM {_schema()}"case"').scalar():
        raise TrailError("there are cases in the pages; no migration deletes them")
    for name in reversed(MADE):
        op.execute(f'DROP TABLE {_schema()}"{name}"')


def _schema() -> str:
    return f"{SCHEMA}." if op.get_bind().dialect.name == "postgresql" else ""
