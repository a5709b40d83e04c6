"""The tables of the staff: who they are, their sessions, and what must wait for a second person."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from api.store.schema import metadata

_Many = BigInteger().with_variant(Integer, "sqlite")

accounts = Table(
    "accounts",
    metadata,
    Column("account", String, primary_key=True),
    Column("unit", String, ForeignKey("units.code"), nullable=False),
    Column("roles", String, nullable=False),  # in the order of the alphabet, blanks between
    Column("password_hash", String, nullable=False),  # argon2id, PHC string
    Column("password_set_at", String),  # by the person; None: the first one, which somebody else has seen
    Column("totp_secret", LargeBinary, nullable=False),  # sealed under the service's secret
    Column("totp_step", _Many, nullable=False),  # the last one that a code was accepted for
    Column("made_at", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("disabled_at", String),
    Index("accounts_unit", "unit"),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),  # SHA-256 of the bearer token
    Column("account", String, ForeignKey("accounts.account"), nullable=False),
    Column("expires_at", String, nullable=False),
    Column("seen_at", String, nullable=False),  # the last use, to the minute
    Column("kind", Integer, nullable=False),  # 0: for routes and pages; 1: a shift at a token's desk
    Index("staff_sessions_account", "account"),
)

login_tries = Table(  # of any name, whether there is such an account or not
    "login_tries",
    metadata,
    Column("name", LargeBinary, primary_key=True),  # keyed hash
    Column("failures", Integer, nullable=False),  # since the last log-in
    Column("not_before", String),  # of the next try
)

exports = Table(  # what left the centre in one piece, or waits for a second person to let it
    "exports",
    metadata,
    Column("export_id", String, primary_key=True),
    Column("account", String, nullable=False),  # who asks
    Column("day", String, nullable=False),  # in Viet Nam, when it was asked for
    Column("unit", String, ForeignKey("units.code"), nullable=False),
    Column("kind", String, nullable=False),
    Column("what", String, nullable=False),  # which rows of the unit: no personal data
    Column("persons", Integer, nullable=False),  # rows about people, at most
    Column("asked_at", String, nullable=False),
    Column("approved_by", String),  # None: few enough for one person, or it waits
    Column("approved_at", String),
    Column("taken_at", String),
    Index("exports_day", "day", "account"),
)

proposals = Table(  # what one person wants and another one must agree to: a unit, a token
    "proposals",
    metadata,
    Column("proposal_id", String, primary_key=True),
    Column("kind", String, nullable=False),  # unit, token
    Column("unit", String, nullable=False),  # the one it is about; a proposed one is not in the tree yet
    Column("subject", String, nullable=False),  # code of the unit, fingerprint of the token
    Column("document", Text, nullable=False),
    Column("state", String, nullable=False),  # open, approved, rejected
    Column("made_by", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("decided_by", String),
    Column("decided_at", String),
    Index("proposals_state", "state", "made_at"),
)

own_entries = Table(  # handed out to sign to who entered it, where the unit has no other signer
    "own_entries",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("account", String, primary_key=True),
    Column("unit", String, ForeignKey("units.code"), nullable=False),
    Column("noted_at", String, nullable=False),
    Index("own_entries_unit", "unit", "noted_at"),
)
