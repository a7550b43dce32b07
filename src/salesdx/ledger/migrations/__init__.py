"""The tables of a trail, step by step; run by Alembic through `migrate`."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from salesdx.ledger.errors import TrailError


def migrate(
    connection: sa.Connection, to: str = "head", down: bool = False, steps: Path = Path(__file__).parent
) -> None:
    """Bring the tables to a version, up or down, in the transaction of `Storage.migrating`.

    ``steps`` is the folder of the steps: those of a trail, or of what stands beside it.

    Raises TrailError for a step that would lose records, and for tables of a newer program.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(steps).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        (command.downgrade if down else command.upgrade)(config, to)
    except CommandError as error:
        raise TrailError(f"the tables cannot be changed, a newer program may have made them: {error}") from error


def run_sql(connection: sa.Connection, sql: str) -> None:
    """Statements of PostgreSQL, as they stand."""
    connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
