"""What stands around the log of acts: notes, the ministry's checkpoints, and triggers that refuse any change."""

from typing import Final

from sqlalchemy import Column, Connection, ForeignKey, LargeBinary, String, Table, Text, event

from api.store.schema import audit, metadata

audit_notes = Table(  # what people wrote beside an act; the log holds its seal, so it can be erased and not changed
    "audit_notes",
    metadata,
    Column("sequence", audit.c.sequence.type, ForeignKey("audit.sequence"), primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),  # 32 random bytes
    Column("note", Text, nullable=False),
)

audit_checkpoints = Table(  # signed by the ministry's token, which keeps them as well
    "audit_checkpoints",
    metadata,
    Column("sequence", audit.c.sequence.type, primary_key=True, autoincrement=False),  # the last row that it covers
    Column("checkpoint", LargeBinary, nullable=False),  # certificates.checkpoints
    Column("received_at", String, nullable=False),
    Column("received_from", String, nullable=False),
)

_PROTECTED: Final = ("audit", "audit_checkpoints")
_FUNCTION: Final = (
    "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'the log of acts is append-only'; END $$"
)
APPEND_ONLY: Final = {  # the statements of each database, for new tables and for migrations
    "sqlite": tuple(
        f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in _PROTECTED
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        _FUNCTION,
        *(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            for table in _PROTECTED
        ),
    ),
}


@event.listens_for(metadata, "after_create")
def _protect(_target: object, connection: Connection, **_given: object) -> None:
    for statement in APPEND_ONLY[connection.dialect.name]:
        connection.exec_driver_sql(statement)
