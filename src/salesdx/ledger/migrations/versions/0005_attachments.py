"""Files beside entries, which go when the content of their entry goes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from salesdx.ledger.errors import TrailError
from salesdx.ledger.migrations import run_sql
from salesdx.ledger.migrations.files_beside import ATTACHMENT, ATTACHMENT_DOWN

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQLITE = (
    """
CREATE TABLE attachment (
    seq INTEGER PRIMARY KEY REFERENCES entry, data BLOB NOT NULL CHECK (length(data) <= 10485760)) STRICT
""",
    "CREATE TRIGGER attachment_update BEFORE UPDATE ON attachment"
    " BEGIN SELECT RAISE(ABORT, 'a file is never changed'); END",
    """
CREATE TRIGGER attachment_insert BEFORE INSERT ON attachment
    WHEN NOT EXISTS (SELECT 1 FROM entry JOIN payload USING (seq) WHERE seq = NEW.seq AND type = 'attachment')
    BEGIN SELECT RAISE(ABORT, 'a file belongs to a record that names it'); END
""",
    """
CREATE TRIGGER attachment_delete BEFORE DELETE ON attachment
    WHEN EXISTS (SELECT 1 FROM payload WHERE seq = OLD.seq)
    BEGIN SELECT RAISE(ABORT, 'a file is deleted only by an erasure'); END
""",
)


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        run_sql(bind, ATTACHMENT)
    else:
        for statement in SQLITE:
            op.execute(statement)


def downgrade() -> None:
    bind = op.get_bind()
    if bind.execute(sa.text("SELECT count(*) FROM attachment")).scalar():
        raise TrailError("the trail keeps attachments; no migration deletes them")
    if bind.dialect.name == "postgresql":
        run_sql(bind, ATTACHMENT_DOWN)
    else:
        op.execute("DROP TABLE attachment")
