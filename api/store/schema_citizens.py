"""The tables of citizens: where codes are sent, codes and sessions, who stands for whom, and the keys of citizen apps.

Contacts, messages and answers are sealed (`api.complaints.sealing`); codes are kept as keyed hashes.
"""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, LargeBinary, String, Table

from api.store.schema import metadata

citizen_contacts = Table(  # where a person's one-time codes go; registered at a counter
    "citizen_contacts",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # channel and address
    Column("evidence", String, nullable=False),  # api.citizens.evidence.Evidence
    Column("registered_by", String, nullable=False),
    Column("registered_at", String, nullable=False),
    ForeignKeyConstraint(["record_id", "province"], ["records.record_id", "records.province"]),
)

citizen_tickets = Table(  # somebody asked for a code: a row whether the person is known or not
    "citizen_tickets",
    metadata,
    Column("ticket_id", String, primary_key=True),
    Column("record_id", String),  # None: nobody, and no code opens it
    Column("code_hash", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("message", LargeBinary, nullable=False),  # to whom which words
    Column("state", String, nullable=False),  # waiting, sent, failed; idle: there is nobody to send it to
    Column("made_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("used_at", String),
    Index("citizen_tickets_state", "state", "made_at"),
    Index("citizen_tickets_ends", "expires_at"),
)

citizen_sessions = Table(
    "citizen_sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),  # SHA-256 of the bearer
    Column("record_id", String, nullable=False),
    Column("proof", String, nullable=False),  # code, slip, counter
    Column("app", String, nullable=False),  # key of the app that opened it; empty: the page
    Column("actor", String, nullable=False),  # citizen; of a visit to a counter: account@unit
    Column("expires_at", String, nullable=False),
    Index("citizen_sessions_ends", "expires_at"),
)

citizen_counts = Table(  # what networks, persons and clerks asked for within an hour or a day
    "citizen_counts",
    metadata,
    Column("day", String, primary_key=True),  # in UTC
    Column("what", String, primary_key=True),  # with the hour, where it is counted by the hour
    Column("subject", LargeBinary, primary_key=True),  # keyed hash
    Column("asked", Integer, nullable=False),
)

guardianships = Table(  # who may see whose certificates: a child's guardian, or whom an adult allowed to
    "guardianships",
    metadata,
    Column("guardianship_id", String, primary_key=True),
    Column("province", String, primary_key=True),  # of the record that may be seen
    Column("record_id", String, nullable=False),  # that may be seen
    Column("guardian_id", String, nullable=False),  # the record of who may see it
    Column("kind", String, nullable=False),  # child, consent
    Column("evidence", String, nullable=False),  # api.citizens.evidence.Evidence
    Column("registered_by", String, nullable=False),
    Column("registered_at", String, nullable=False),
    Column("ends_on", String),  # of a child: the day of the 14th birthday
    Column("ended_at", String),
    Column("ended_by", String),
    ForeignKeyConstraint(["record_id", "province"], ["records.record_id", "records.province"]),
    Index("guardianships_guardian", "guardian_id"),
    Index("guardianships_record", "record_id"),
)

app_keys = Table(  # citizen apps
    "app_keys",
    metadata,
    Column("key_id", String, primary_key=True),
    Column("key_hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of the key
    Column("name", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("revoked_at", String),
    Column("revoked_by", String),
)

app_requests = Table(  # a request that comes again gets the answer of the first time
    "app_requests",
    metadata,
    Column("key_id", String, ForeignKey("app_keys.key_id"), primary_key=True),
    Column("request_hash", LargeBinary, primary_key=True),  # keyed, of route, person and Idempotency-Key
    Column("body_hash", LargeBinary, nullable=False),  # keyed
    Column("answer", LargeBinary, nullable=False),  # sealed JSON
    Column("received_at", String, nullable=False),
)
