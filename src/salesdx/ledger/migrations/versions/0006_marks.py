"""Marks of who read what at the service, beside the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from salesdx.ledger.errors import TrailError
from salesdx.ledger.migrations import run_sql
from salesdx.ledger.migrations.marks_beside import KEPT_DAYS, MARK, MARK_DOWN

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OLD = f"strftime('%Y-%m-%dT%H:%M:%f', 'now', '-{KEPT_DAYS} days')"
SQLITE = (
    """
CREATE TABLE mark (
    id INTEGER PRIMARY KEY, time TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    person TEXT NOT NULL, role TEXT NOT NULL, kind TEXT NOT NULL, records TEXT NOT NULL) STRICT
""",
    "CREATE INDEX mark_time ON mark (time)",
    """
CREATE TRIGGER mark_again BEFORE INSERT ON mark WHEN EXISTS (SELECT 1 FROM mark WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'a mark is never changed'); END
""",
    f"""
CREATE TRIGGER mark_next AFTER INSERT ON mark BEGIN
    SELECT RAISE(ABORT, 'a mark is the next one, and of now')
        WHERE NEW.id <> coalesce((SELECT max(id) FROM mark WHERE id <> NEW.id), 0) + 1
            OR coalesce(abs(julianday(NEW.time) - julianday('now')) * 86400 > 120, 1);
    DELETE FROM mark WHERE time < {OLD};
END
""",
    "CREATE TRIGGER mark_update BEFORE UPDATE ON mark BEGIN SELECT RAISE(ABORT, 'a mark is never changed'); END",
    f"""
CREATE TRIGGER mark_delete BEFORE DELETE ON mark WHEN OLD.time >= {OLD}
    BEGIN SELECT RAISE(ABORT, 'a mark is kept for {KEPT_DAYS} days'); END
""",
)


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        run_sql(bind, MARK)
    else:
        for statement in SQLITE:
            op.execute(statement)


def downgrade() -> None:
    bind = op.get_bind()
    if bind.execute(sa.text("SELECT count(*) FROM mark")).scalar():
        raise TrailError("the trail keeps marks of who read it; no migration deletes them")
    if bind.dialect.name == "postgresql":
        run_sql(bind, MARK_DOWN)
    else:
        op.execute("DROP TABLE mark")
