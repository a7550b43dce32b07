"""All units of the firm at once: the schedule that an administrator sets, and what each scan says."""

from __future__ import annotations

from alembic import op

from salesdx.ledger.migrations import run_sql
from salesdx.web.tables import SCHEMA

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SCANS = (
    "CREATE TABLE {s}scan (begun text PRIMARY KEY, page text NOT NULL, data text NOT NULL, fault text NOT NULL)",
    """CREATE TABLE {s}scan_schedule (
    id text PRIMARY KEY, every text NOT NULL, months bigint NOT NULL, kinds text NOT NULL, person text NOT NULL,
    next text NOT NULL)""",
)
GRANTS = tuple(
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {SCHEMA}.{name} TO salesdx_service" for name in ("scan", "scan_schedule")
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        run_sql(op.get_bind(), ";".join((*(one.format(s=f"{SCHEMA}.") for one in SCANS), *GRANTS)))
        return
    for one in SCANS:
        op.execute(f"{one.format(s='').replace('bigint', 'integer')} STRICT")


def downgrade() -> None:
    for name in ("scan", "scan_schedule"):
        op.execute(f"DROP TABLE {f'{SCHEMA}.' if op.get_bind().dialect.name == 'postgresql' else ''}{name}")
