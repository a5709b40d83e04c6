"""The tables of the intake: imports under way, what the platform sent, possible duplicates, session lists, recoveries.

Types and times as in `api.store.schema`.
"""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, LargeBinary, String, Table, Text

from api.store.schema import metadata

import_tallies = Table(  # what the steps of an import under way made: one row a transaction
    "import_tallies",
    metadata,
    Column("import_id", String, ForeignKey("imports.import_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("result", Text, nullable=False),  # JSON: counts
)

platform_keys = Table(  # machines that enter doses
    "platform_keys",
    metadata,
    Column("key_id", String, primary_key=True),
    Column("key_hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of the bearer
    Column("name", String, nullable=False),
    Column("unit", String, ForeignKey("units.code"), nullable=False),  # it enters for this unit and those below
    Column("made_at", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("revoked_at", String),
    Column("revoked_by", String),
)

platform_requests = Table(  # a request that comes again gets the answer of the first time
    "platform_requests",
    metadata,
    Column("key_id", String, ForeignKey("platform_keys.key_id"), primary_key=True),
    Column("idempotency_key", String, primary_key=True),
    Column("request_id", String, nullable=False),
    Column("body_sha256", LargeBinary, nullable=False),
    Column("answer", Text, nullable=False),  # JSON
    Column("received_at", String, nullable=False),
)

entered_doses = Table(  # every dose of every request, with what became of it
    "entered_doses",
    metadata,
    Column("request_id", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("province", String, primary_key=True),
    Column("unit", String, nullable=False),  # as the caller wrote it
    Column("dose_id", String, nullable=False),  # the caller's
    Column("outcome", String, nullable=False),  # accepted, duplicate, refused
    Column("reason", String),
    Column("record_id", String),
    Column("given_on", String),
    Column("received_at", String, nullable=False),
    Column("late_days", Integer, nullable=False),  # days from the jab to the entry (letter 1815/BYT-CNTT: none)
    Column("document", Text, nullable=False),  # JSON: nothing that came in is lost
    Index("entered_doses_late", "unit", "received_at"),
)

person_hints = Table(  # what people who may be one have in common
    "person_hints",
    metadata,
    Column("hint", String, primary_key=True),  # a hash
    Column("record_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("origin", String, nullable=False),  # the import or request that made it
    Index("person_hints_origin", "origin", "hint"),
)

possible_duplicates = Table(  # never joined by themselves: a person decides (docs/duplicates.md)
    "possible_duplicates",
    metadata,
    Column("duplicate_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("kind", String, nullable=False),  # person, dose
    Column("reason", String, nullable=False),  # a code
    Column("record_id", String, nullable=False),
    Column("unit", String, nullable=False),  # that answers for the record when it was found
    Column("other", String, nullable=False),  # another record; for a dose: of the row that was refused, JSON
    Column("other_unit", String, nullable=False),
    Column("found_at", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("state", String, nullable=False),  # open, same, different
    Column("decided_at", String),
    Column("decided_by", String),
    Column("decided_why", String),
    Index("possible_duplicates_open", "state", "found_at"),
    Index("possible_duplicates_record", "record_id"),
)

joined_people = Table(  # keys of records that were joined to another: their rows are that one's from then on
    "joined_people",
    metadata,
    Column("person_key", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("record_id", String, nullable=False),
    Column("joined_at", String, nullable=False),
)

vaccination_sessions = Table(  # a day at a station: one vaccine, one lot
    "vaccination_sessions",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("unit", String, ForeignKey("units.code"), nullable=False),
    Column("day", String, nullable=False),
    Column("product", String, nullable=False),
    Column("lot", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("made_by", String, nullable=False),
    Index("vaccination_sessions_unit", "unit", "day"),
)

session_people = Table(  # who is expected, checked before the jab
    "session_people",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("place", Integer, primary_key=True),  # 1, 2, 3 ... in the list
    Column("province", String, primary_key=True),
    Column("person_key", String, nullable=False),
    Column("person", Text, nullable=False),  # JSON
    Column("dose_number", Integer, nullable=False),
    Column("record_id", String, nullable=False),  # of the record, or reserved for the one that the jab will make
    Column("verdict", String, nullable=False),  # ready, attention, stop
    Column("reasons", String, nullable=False),  # codes with commas
    Column("due_on", String),
    Column("checked_at", String, nullable=False),
    Column("code_hash", LargeBinary),  # of the slip's claim code; None: no slip yet
    Column("given_at", String),
    ForeignKeyConstraint(
        ["session_id", "province"], ["vaccination_sessions.session_id", "vaccination_sessions.province"]
    ),
)

recoveries = Table(  # who had the disease: it moves the day on which a dose is due
    "recoveries",
    metadata,
    Column("person_key", String, primary_key=True),
    Column("positive_on", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("source", String, nullable=False),  # who says so: a laboratory, a decision's number
    Column("unit", String, nullable=False),
    Column("person", Text, nullable=False),  # JSON
    Column("import_id", String, nullable=False),
    Column("made_at", String, nullable=False),
)
