"""Which version of the schema a database has. An empty one gets the newest; an older one is brought up by `migrate`."""

from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, insert, inspect, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

import api.store.schema_accounts
import api.store.schema_audit
import api.store.schema_citizens
import api.store.schema_complaints
import api.store.schema_identity
import api.store.schema_intake
import api.store.schema_ministry
import api.store.schema_oversight
import api.store.schema_quotas
import api.store.schema_revoking
import api.store.schema_worklists  # noqa: F401 - their tables belong to the metadata
from api.errors import CentreError
from api.store.schema import metadata

NEWEST: Final = "0019"  # the last file of api/store/migrations/versions
_SORTS: Final = frozenset({"C", "POSIX", "C.UTF-8", "C.utf8"})
version_table: Final = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def read_version(connection: Connection) -> str | None:
    """The version, or None where nothing says one."""
    try:
        return connection.execute(select(version_table.c.version_num)).scalar_one_or_none()
    except (OperationalError, ProgrammingError):  # no such table
        if not inspect(connection.engine).has_table(version_table.name):
            return None
        raise


def check_schema(engine: Engine) -> None:
    """Refuse a database that this program does not know.

    Raises CentreError ``schema-missing`` (it is empty), ``schema-old`` or ``schema-unknown``.
    """
    with engine.connect() as connection:
        version = read_version(connection)
    if version == NEWEST:
        return
    if version is None:
        if not inspect(engine).get_table_names():
            raise CentreError("schema-missing", "the database is empty: run `vaxseal admin init`")
        raise CentreError("schema-unknown", "the database has tables that this program did not make")
    if version < NEWEST:
        raise CentreError(
            "schema-old",
            f"the database has version {version} of the tables, this program {NEWEST}: back it up, then"
            " run `vaxseal admin migrate`",
        )
    raise CentreError("schema-unknown", f"a newer program made version {version} of the tables: use that one")


def make_schema(engine: Engine) -> None:
    """Give an empty database the newest tables; leave any other as it is.

    Raises CentreError ``database-collation``: PostgreSQL would sort by a language, which its next update may change.
    """
    with engine.connect() as connection:
        if read_version(connection) is not None:
            return
    with engine.begin() as connection:
        _alone(connection)
        if inspect(connection).get_table_names() != [version_table.name]:
            connection.rollback()
            return
        if read_version(connection) is None:
            metadata.create_all(connection)
            connection.execute(insert(version_table).values(version_num=NEWEST))


def migrate(engine: Engine) -> str:
    """Bring the tables up to the newest version, all steps or none. Returns the version before.

    Raises CentreError ``schema-missing``, ``schema-unknown``.
    """
    with engine.connect() as connection:
        before = read_version(connection)
    if before is None or before >= NEWEST:
        check_schema(engine)
        return NEWEST
    run_steps(engine, "head")
    return before


def run_steps(engine: Engine, revision: str) -> None:
    """Alembic's upgrade to this revision."""
    # Here, not above: only this needs them, and every command opens a database.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    command.upgrade(config, revision)


def _alone(connection: Connection) -> None:
    """Nobody else makes tables meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(1986082820)"))
        encoding, sort = connection.execute(
            text("SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()")
        ).one()
        if encoding != "UTF8" or sort not in _SORTS:
            raise CentreError(
                "database-collation",
                "make the database with: createdb --template=template0 --encoding=UTF8 --locale=C NAME",
            )
    version_table.create(connection, checkfirst=True)
