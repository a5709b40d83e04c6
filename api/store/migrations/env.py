"""Alembic's hook: it runs the steps on the engine that `api.store.versions.migrate` has open, in one transaction."""

from alembic import context
from sqlalchemy import Engine

from api.store.schema import metadata

engine: Engine = context.config.attributes["engine"]
with engine.connect() as connection:
    if connection.dialect.name == "sqlite":
        # A table that is made anew is dropped first; the rows that point at it stay.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.commit()
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
    connection.invalidate()  # the next one has its pragmas again
