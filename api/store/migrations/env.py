"""Alembic's hook: it runs the steps on the engine that `api.store.versions.migrate` has open, in one transaction."""

from alembic import context
from sqlalchemy import Engine

from api.store.schema import metadata

engine: Engine = context.config.attributes["engine"]
with engine.connect() as connection:
    if connection.dialect.name == "sqlite":
        # A table that is made anew is dropped first; the rows that point at it stay. Before the transaction begins.
        connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.invalidate()  # the next one has its pragmas again
