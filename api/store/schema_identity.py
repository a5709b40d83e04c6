"""The tables of identity: who was asked, who vouches for whom, the lists that police signed, and what goes out."""

from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from api.store.schema import metadata

partners = Table(  # how the register and the platform are: one circuit breaker each, shared by all processes
    "partners",
    metadata,
    Column("name", String, primary_key=True),  # register, platform
    Column("failures", Integer, nullable=False),  # calls in a row that failed
    Column("retry_at", String),  # nobody asks before then
    Column("reason", String),  # of the last failure: a code
    Column("changed_at", String),
)

match_runs = Table(  # one look through what waits for the register; a stopped one is gone on with
    "match_runs",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("register", String, nullable=False),
    Column("again", Integer, nullable=False),  # 1: those refused before, too
    Column("state", String, nullable=False),  # open, stopped, complete
    Column("reason", String),  # why it stopped: a code
    Column("begun_at", String, nullable=False),  # by the first of the runs that this one goes on with
    Column("ended_at", String),
    Column("asked", Integer, nullable=False),
    Column("made_by", String, nullable=False),
    Index("match_runs_order", "begun_at"),
)

identity_lists = Table(  # a commune's list for police (letter 2262/BYT-CNTT)
    "identity_lists",
    metadata,
    Column("list_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("unit", String, ForeignKey("units.code"), nullable=False),
    Column("state", String, nullable=False),  # out, applied, withdrawn
    Column("rows", Integer, nullable=False),
    Column("made_at", String, nullable=False),
    Column("vouched_by", String, nullable=False),  # account of health that answers for the doses
    Column("vouched_unit", String, nullable=False),
    Column("closed_at", String),
    Column("closed_by", String),
    Column("police_by", String),  # account of police that answers for the persons
    Column("police_unit", String, ForeignKey("units.code")),
    Column("fingerprint", LargeBinary, ForeignKey("tokens.fingerprint")),
    Column("signed_at", String),
    Column("cms", LargeBinary),
    Column("file", LargeBinary),  # as it was signed: with the CMS it is the proof
    Index("identity_lists_unit", "unit", "state"),
)

identity_list_rows = Table(
    "identity_list_rows",
    metadata,
    Column("list_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("row_number", Integer, primary_key=True),
    Column("record_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("list_class", String, nullable=False),  # no-id, id-form, basics
    Column("cells", LargeBinary, nullable=False),  # SHA-256 of what the station wrote into the row
    Column("outcome", String),  # applied, unchanged, refused
    Column("reason", String),
    ForeignKeyConstraint(["list_id", "province"], ["identity_lists.list_id", "identity_lists.province"]),
    Index("identity_list_rows_record", "record_id"),
)

identity_words = Table(  # police's word about a person, and who of health vouched for the doses: never the same person
    "identity_words",
    metadata,
    Column("list_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("record_id", String, primary_key=True),
    Column("version", Integer, nullable=False),  # that the word led to
    Column("conclusion", String, nullable=False),  # api.identity.conclusions.Conclusion
    Column("health_by", String, nullable=False),
    Column("health_unit", String, nullable=False),
    Column("police_by", String, nullable=False),
    Column("police_unit", String, nullable=False),
    Column("said_at", String, nullable=False),
    Index("identity_words_record", "record_id", "version"),
)

register_queries = Table(  # each question about one person, with its purpose
    "register_queries",
    metadata,
    Column("query_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("record_id", String, nullable=False),
    Column("kind", String, nullable=False),  # compare, entries
    Column("purpose", String, nullable=False),  # api.accounts.reading.Purpose
    Column("account", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("asked_at", String, nullable=False),
    Index("register_queries_record", "record_id"),
    Index("register_queries_account", "account", "asked_at"),
)

register_quotas = Table(  # questions of a day in Viet Nam, by account, by record, and by person on session lists
    "register_quotas",
    metadata,
    Column("day", String, primary_key=True),
    Column("subject", String, primary_key=True),  # account:..., record:..., sessions:<account>, person:<keyed hash>
    Column("queries", Integer, nullable=False),
)

outbox = Table(  # verified corrections on their way; the body is made of the version when it is sent
    "outbox",
    metadata,
    Column("message_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("target", String, nullable=False),  # register, platform
    Column("record_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("basis", String, nullable=False),  # register, police, attestation: who confirmed the person
    Column("state", String, nullable=False),  # waiting, refused, delivered, set-aside
    Column("attempts", Integer, nullable=False),
    Column("next_at", String, nullable=False),  # not before; while somebody delivers it, until when it is his
    Column("reason", String),  # of the last failure, or why it was set aside
    Column("made_at", String, nullable=False),
    Column("closed_at", String),
    Column("closed_by", String),
    UniqueConstraint("target", "record_id", "version", "province"),
    Index("outbox_due", "state", "next_at"),
)
