"""The tables: plain types only, the same on SQLite and on PostgreSQL. `api/store/migrations` brings older ones here.

Times are text, RFC 3339 in UTC with whole seconds (they sort as they are); bytes are blobs; documents are JSON text.
``province`` is in the key of whatever grows with the population, so that PostgreSQL can part these tables by it
(ADR 41): where the record was made, whatever becomes of it. Who has an id finds the row without it.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
_Many = BigInteger().with_variant(Integer, "sqlite")  # beyond two thousand millions; SQLite's integers are long anyway

units = Table(
    "units",
    metadata,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),  # station, hospital, mobile, committee, province, police, ministry
    Column("parent", String, ForeignKey("units.code")),
    Column("province", String, nullable=False),
    Column("opened_on", String, nullable=False),
    Column("closed_on", String),
    Column("successor", String, ForeignKey("units.code")),
)

tokens = Table(  # one row a certificate of a unit's key
    "tokens",
    metadata,
    Column("fingerprint", LargeBinary, primary_key=True),  # SHA-256 over the DER
    Column("unit", String, ForeignKey("units.code"), nullable=False),
    Column("certificate", LargeBinary, nullable=False),  # DER
    Column("enrolled_at", String, nullable=False),
    Column("enrolled_by", String, nullable=False),
    Column("suspended_at", String),
)

standings = Table(  # the last answer of another authority about a token's certificate; no row: none is needed
    "standings",
    metadata,
    Column("fingerprint", LargeBinary, ForeignKey("tokens.fingerprint"), primary_key=True),
    Column("checked_at", String, nullable=False),
    Column("source", String, nullable=False),  # ocsp, crl; none: nobody answered yet
)

imports = Table(
    "imports",
    metadata,
    Column("import_id", String, primary_key=True),
    Column("file_name", String, nullable=False),
    Column("file_sha256", LargeBinary, nullable=False),
    Column("unit", String, ForeignKey("units.code")),  # None: the rows name their unit
    Column("state", String, nullable=False),  # staged, complete, failed
    Column("reason", String),  # why a file failed: a code
    Column("note", Text),  # what was converted, for the clerk
    Column("row_count", Integer),  # once the file was read to its end
    Column("started_at", String, nullable=False),
    Column("completed_at", String),
    Column("imported_by", String, nullable=False),
)

import_rows = Table(
    "import_rows",
    metadata,
    Column("import_id", String, ForeignKey("imports.import_id"), primary_key=True),
    Column("row_number", Integer, primary_key=True),  # as the spreadsheet counts, the header being 1
    Column("outcome", String, nullable=False),  # accepted, duplicate, refused
    Column("reason", String),  # a code
    Column("column_name", String),
    Column("detail", Text),  # what the clerk can do, Vietnamese and English
    Column("notes", String),  # what was converted: codes with commas
    Column("cells", Text, nullable=False),  # JSON: nothing that came in is lost
    Column("record_id", String),
)

records = Table(  # the newest version of each record
    "records",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("province", String, primary_key=True),
    Column("unit", String, ForeignKey("units.code"), nullable=False),
    Column("state", String, nullable=False),  # api.states.RecordState
    Column("reason", String),  # why it stands there: a code
    Column("person_key", String, nullable=False),  # what duplicates are found by
    Column("document", Text, nullable=False),  # VaccinationRecord.to_dict
    Column("digest", LargeBinary, nullable=False),
    Column("entered_at", String, nullable=False),
    Column("updated_at", String, nullable=False),
    Index("records_work", "unit", "state", "record_id"),
    Index("records_queue", "state", "record_id"),
    Index("records_person", "person_key"),
)

record_versions = Table(
    "record_versions",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("province", String, primary_key=True),
    Column("document", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("made_by", String, nullable=False),
    Column("why", String, nullable=False),
    Column("made_at", String, nullable=False),
    ForeignKeyConstraint(["record_id", "province"], ["records.record_id", "records.province"]),
)

evidence = Table(  # the proof of a version's identity: a register answer or an attestation
    "evidence",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("province", String, primary_key=True),
    Column("document", Text, nullable=False),
    Column("made_at", String, nullable=False),
    ForeignKeyConstraint(
        ["record_id", "version", "province"],
        ["record_versions.record_id", "record_versions.version", "record_versions.province"],
    ),
)

intents = Table(  # stored before anything is signed; a lapsed lease comes back to the same intent
    "intents",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("province", String, primary_key=True),
    Column("uvci", String, nullable=False),
    Column("issued_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("issuer", String, nullable=False),
    Column("country", String, nullable=False),
    Column("made_at", String, nullable=False),
    ForeignKeyConstraint(
        ["record_id", "version", "province"],
        ["record_versions.record_id", "record_versions.version", "record_versions.province"],
    ),
    UniqueConstraint("uvci", "province"),
)

certificate_codes = Table(  # a code is given once in the whole country, whatever the other tables are parted by
    "certificate_codes",
    metadata,
    Column("uvci", String, primary_key=True),
    Column("province", String, nullable=False),
    Column("record_id", String, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("lease_id", String, primary_key=True),
    Column("fingerprint", LargeBinary, ForeignKey("tokens.fingerprint"), nullable=False),
    Column("account", String, nullable=False),
    Column("task", String, nullable=False),  # confirm, issue
    Column("made_at", String, nullable=False),
    Column("deadline", String, nullable=False),
    # What quotas count by (api.signing.quotas):
    Column("unit", String, ForeignKey("units.code"), nullable=False),
    Column("day", String, nullable=False),  # in Viet Nam
    Column("records", Integer, nullable=False),  # handed out and not come back unsigned
    Index("leases_day", "unit", "day"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", String, primary_key=True),
    Column("lease_id", String, ForeignKey("leases.lease_id"), nullable=False),
    Column("record_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("province", String, primary_key=True),
    Column("task", String, nullable=False),
    Column("came_from", String, nullable=False),  # the record's state before, where it returns to
    Column("state", String, nullable=False),  # leased, done, refused, lapsed
    Column("reason", String),
    Column("detail", Text),  # what the agent said of a difference it found
    Column("tbs", LargeBinary, nullable=False),  # the exact message that shall be signed
    Column("seal", LargeBinary),  # api.signing.seals
    Column("signing_time", String, nullable=False),
    Column("layout", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("closed_at", String),
    ForeignKeyConstraint(
        ["record_id", "version", "province"], ["intents.record_id", "intents.version", "intents.province"]
    ),
    Index("jobs_record", "record_id", "version", "task"),
    Index("jobs_lease", "lease_id"),
    Index("jobs_state", "state", "lease_id"),
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("province", String, primary_key=True),
    Column("cose", LargeBinary, nullable=False),
    Column("fingerprint", LargeBinary, ForeignKey("tokens.fingerprint"), nullable=False),
    Column("account", String, nullable=False),
    Column("confirmed_at", String, nullable=False),
    Index("confirmations_signer", "fingerprint", "confirmed_at"),
)

passports = Table(
    "passports",
    metadata,
    Column("uvci", String, primary_key=True),
    Column("record_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("province", String, primary_key=True),
    Column("state", String, nullable=False),  # signed, held, issued
    Column("reason", String),  # why the gate held it
    Column("job_id", String, nullable=False),
    Column("fingerprint", LargeBinary, ForeignKey("tokens.fingerprint"), nullable=False),  # whose key signed
    Column("account", String, nullable=False),
    Column("signed_at", String, nullable=False),
    Column("issued_at", String),
    Column("expires_at", String, nullable=False),
    # The long ones last: SQLite reads a row up to the last column that was asked for.
    Column("hc1", Text, nullable=False),
    Column("pdf_digest", LargeBinary, nullable=False),  # of the PDF that the agent prepared
    Column("cms", LargeBinary, nullable=False),  # the agent's signature over the PDF
    Column("qr_png", LargeBinary),  # the picture that the gate read; None: released before pictures were kept
    Column("pdf", LargeBinary),
    UniqueConstraint("record_id", "version", "province"),
    ForeignKeyConstraint(["job_id", "province"], ["jobs.job_id", "jobs.province"]),
    Index("passports_state", "state"),
    Index("passports_signer", "fingerprint", "signed_at"),
)

late_signatures = Table(  # valid signatures that came too late or a second time: evidence, never released
    "late_signatures",
    metadata,
    Column("job_id", String, primary_key=True),
    Column("signature", LargeBinary, primary_key=True),
    Column("province", String, primary_key=True),
    Column("reason", String, nullable=False),  # late, old-version, again
    Column("fingerprint", LargeBinary, ForeignKey("tokens.fingerprint"), nullable=False),
    Column("account", String, nullable=False),
    Column("received_at", String, nullable=False),
    ForeignKeyConstraint(["job_id", "province"], ["jobs.job_id", "jobs.province"]),
)

revocation_orders = Table(
    "revocation_orders",
    metadata,
    Column("order_id", String, primary_key=True),
    Column("reason", String, nullable=False),  # api.revocation.reasons.RevocationReason
    Column("criteria", Text, nullable=False),  # what was chosen by, JSON; holds certificate codes
    Column("passports", Integer, nullable=False),  # proposed: that matched then; else revoked
    Column("made_by", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("withdrawn_by", String),  # who took it back, or refused the proposal
    Column("withdrawn_why", String),
    Column("withdrawn_at", String),
    Column("state", String, nullable=False),  # api.revocation.states.OrderState
    Column("fraud", Integer, nullable=False),  # 1: published at once, and nobody's passport is replaced first
    Column("reissue", String, nullable=False),  # api.revocation.reasons.Reissue
    Column("made_unit", String),  # None: by the centre's own command, before orders had two people
    Column("units", Text),  # the counts that were proposed, by unit, JSON
    Column("approved_by", String),
    Column("approved_unit", String),
    Column("approved_at", String),
    Column("publish_from", String),  # until then it may be taken back before any checker hears of it
    Column("deadline", String),  # when a passport is revoked that still waits for its replacement
    Column("collected_at", String),  # all that matched is in ``order_passports``
    Column("done_at", String),
    Index("revocation_orders_state", "state"),
)

revoked_passports = Table(  # revoked is what stands here in an order that is not withdrawn
    "revoked_passports",
    metadata,
    Column("uvci", String, primary_key=True),
    Column("order_id", String, ForeignKey("revocation_orders.order_id"), primary_key=True),
    Column("province", String, primary_key=True),
    Column("record_state", String),  # where the record stood and returns to; None: a newer version goes its own way
    ForeignKeyConstraint(["uvci", "province"], ["passports.uvci", "passports.province"]),
    Index("revoked_passports_order", "order_id", "uvci"),
)

revocation_entries = Table(  # what checkers shall have on their list
    "revocation_entries",
    metadata,
    Column("scope", LargeBinary, primary_key=True),  # kid of the signer
    Column("hash_type", String, primary_key=True),  # certificates.revocation.hashes.HashType
    Column("hash", LargeBinary, primary_key=True),  # 16 bytes
    Column("uvci", String, nullable=False),
    Column("wanted", String, nullable=False),  # revoked, valid
    Column("published", String),  # revoked, valid: what the newest list says; None: it was on none
    Column("version", Integer),  # of the revocation list that said so first
    Column("draft_id", String),  # the last draft that it went out in
    Column("expires_at", String, nullable=False),  # as the passport
    Column("not_before", String),  # until then no draft holds it
    Index("revocation_entries_open", "wanted", "published", "expires_at"),
    Index("revocation_entries_passport", "uvci"),
)

claim_codes = Table(  # the second secret, printed on the paper slip; only a keyed hash is kept
    "claim_codes",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("code_hash", LargeBinary, nullable=False),
    Column("failures", Integer, nullable=False, default=0),
    Column("made_at", String, nullable=False),
    ForeignKeyConstraint(["record_id", "province"], ["records.record_id", "records.province"]),
)

challenges = Table(
    "challenges",
    metadata,
    Column("challenge_id", String, primary_key=True),
    Column("nonce", LargeBinary, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("account", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("used_at", String),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),  # SHA-256 of the bearer token
    Column("fingerprint", LargeBinary, ForeignKey("tokens.fingerprint"), nullable=False),
    Column("account", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("shift", LargeBinary),  # of staff_sessions: the person was proven; None: the account is a name
)

published_bundles = Table(  # every version of the checkers' lists that this service ever gave out
    "published_bundles",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("sha256", LargeBinary, nullable=False),  # of the manifest
    Column("issued_at", String, nullable=False),
    Column("published_at", String, nullable=False),
    Column("published_by", String, nullable=False),
)

published_parts = Table(  # the files of those bundles, so that every machine of the service can give them out
    "published_parts",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("version", Integer, nullable=False),  # the newest that names it
    Column("data", LargeBinary, nullable=False),
)

published_signers = Table(  # the document signers on those lists, withdrawn ones too
    "published_signers",
    metadata,
    Column("fingerprint", LargeBinary, primary_key=True),  # SHA-256 over the DER
    Column("kid", LargeBinary, nullable=False),
    Column("certificate", LargeBinary, nullable=False),  # DER
    Column("country", String, nullable=False),
    Column("usage", String, nullable=False),  # letters of v, t and r
    Column("use_from", String, nullable=False),
    Column("first_published_at", String, nullable=False),  # since when it stands on every list
    Column("version", Integer, ForeignKey("published_bundles.version"), nullable=False),  # the newest that names it
    Index("published_signers_kid", "kid"),
)

rate_windows = Table(  # calls of one client on open routes, where several processes serve (PostgreSQL)
    "rate_windows",
    metadata,
    Column("client", LargeBinary, primary_key=True),  # keyed hash of the network
    Column("minute", _Many, primary_key=True, autoincrement=False),  # since 1970
    Column("calls", Integer, nullable=False),
)

deployment = Table(  # what all processes of a service must agree on
    "deployment",
    metadata,
    Column("name", String, primary_key=True),  # secret: a hash by which a machine knows that it has the same
    Column("value", LargeBinary, nullable=False),
)

verdict_counts = Table(  # of online checks; nothing else of them is kept
    "verdict_counts",
    metadata,
    Column("day", String, primary_key=True),  # in Viet Nam
    Column("reason", String, primary_key=True),  # CheckReason, or VALID
    Column("verdicts", Integer, nullable=False),
)

audit = Table(  # append-only; each row holds the hash of the one before (api.audit, api.store.schema_audit)
    "audit",
    metadata,
    Column("sequence", _Many, primary_key=True, autoincrement=False),
    Column("at", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("act", String, nullable=False),
    Column("subject", String, nullable=False),  # an id, never personal data
    Column("reason", String, nullable=False),  # a code, an id, or the seal of a note
    Column("hash", LargeBinary, nullable=False),
    Column("token", LargeBinary),  # fingerprint of the certificate whose key was at work
    Column("unit", String),  # the actor's: what stands after the last @
    Index("audit_time", "at"),
    Index("audit_actor", "actor", "at"),
    Index("audit_subject", "subject"),
    Index("audit_token", "token", "at"),
    Index("audit_unit", "unit", "at"),
)
