"""What Alembic runs: the connection is given, one transaction is open."""

from alembic import context

from salesdx.ledger.migrations import run_sql
from salesdx.web.tables import SCHEMA

connection = context.config.attributes["connection"]
on_server = connection.dialect.name == "postgresql"
if on_server:  # who may make a schema is not the owner of what is in it
    run_sql(
        connection,
        f"RESET ROLE; CREATE SCHEMA IF NOT EXISTS {SCHEMA} AUTHORIZATION salesdx_owner; SET LOCAL ROLE salesdx_owner; "
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO salesdx_service",
    )
context.configure(
    connection=connection,
    transactional_ddl=True,
    version_table="web_version",
    version_table_schema=SCHEMA if on_server else None,
)
context.run_migrations()
