"""The tables of a trail, step by step; run by Alembic through `migrate`."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa


def migrate(engine: sa.Engine, to: str = "head", down: bool = False) -> None:
    """Bring the tables to a version, up or down, in one transaction. A step that would lose records is refused."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, to)
