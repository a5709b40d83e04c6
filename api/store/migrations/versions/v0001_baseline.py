"""The tables as they were when migrations began."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_table(
        "challenges",
        sa.Column("challenge_id", sa.String(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("expires_at", sa.String(), nullable=False),
        sa.Column("used_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("challenge_id"),
    )
    op.create_table(
        "published_bundles",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.String(), nullable=False),
        sa.Column("published_at", sa.String(), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "revocation_entries",
        sa.Column("scope", sa.LargeBinary(), nullable=False),
        sa.Column("hash_type", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("uvci", sa.String(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column("published", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("draft_id", sa.String(), nullable=True),
        sa.Column("expires_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "hash_type", "hash"),
    )
    op.create_index(
        "revocation_entries_open", "revocation_entries", ["wanted", "published", "expires_at"], unique=False
    )
    op.create_index("revocation_entries_passport", "revocation_entries", ["uvci"], unique=False)
    op.create_table(
        "revocation_orders",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("passports", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("withdrawn_why", sa.String(), nullable=True),
        sa.Column("withdrawn_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("order_id"),
    )
    op.create_table(
        "units",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("opened_on", sa.String(), nullable=False),
        sa.Column("closed_on", sa.String(), nullable=True),
        sa.Column("successor", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent"],
            ["units.code"],
        ),
        sa.ForeignKeyConstraint(
            ["successor"],
            ["units.code"],
        ),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "verdict_counts",
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("verdicts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "reason"),
    )
    op.create_table(
        "imports",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("started_at", sa.String(), nullable=False),
        sa.Column("completed_at", sa.String(), nullable=True),
        sa.Column("imported_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit"],
            ["units.code"],
        ),
        sa.PrimaryKeyConstraint("import_id"),
    )
    op.create_table(
        "published_signers",
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("kid", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("usage", sa.String(), nullable=False),
        sa.Column("use_from", sa.String(), nullable=False),
        sa.Column("first_published_at", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"],
            ["published_bundles.version"],
        ),
        sa.PrimaryKeyConstraint("fingerprint"),
    )
    op.create_index("published_signers_kid", "published_signers", ["kid"], unique=False)
    op.create_table(
        "records",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("person_key", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("entered_at", sa.String(), nullable=False),
        sa.Column("updated_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit"],
            ["units.code"],
        ),
        sa.PrimaryKeyConstraint("record_id"),
    )
    op.create_index("records_person", "records", ["person_key"], unique=False)
    op.create_index("records_queue", "records", ["state", "record_id"], unique=False)
    op.create_index("records_work", "records", ["unit", "state", "record_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("enrolled_at", sa.String(), nullable=False),
        sa.Column("enrolled_by", sa.String(), nullable=False),
        sa.Column("suspended_at", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit"],
            ["units.code"],
        ),
        sa.PrimaryKeyConstraint("fingerprint"),
    )
    op.create_table(
        "claim_codes",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["records.record_id"],
        ),
        sa.PrimaryKeyConstraint("record_id"),
    )
    op.create_table(
        "confirmations",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cose", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fingerprint"],
            ["tokens.fingerprint"],
        ),
        sa.PrimaryKeyConstraint("record_id", "version"),
    )
    op.create_index("confirmations_signer", "confirmations", ["fingerprint", "confirmed_at"], unique=False)
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("column_name", sa.String(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("notes", sa.String(), nullable=True),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=True),
        sa.Column("person_key", sa.String(), nullable=True),
        sa.Column("reading", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["imports.import_id"],
        ),
        sa.PrimaryKeyConstraint("import_id", "row_number"),
    )
    op.create_index("import_rows_join", "import_rows", ["import_id", "person_key", "row_number"], unique=False)
    op.create_table(
        "leases",
        sa.Column("lease_id", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("deadline", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fingerprint"],
            ["tokens.fingerprint"],
        ),
        sa.PrimaryKeyConstraint("lease_id"),
    )
    op.create_table(
        "record_versions",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["records.record_id"],
        ),
        sa.PrimaryKeyConstraint("record_id", "version"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("expires_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fingerprint"],
            ["tokens.fingerprint"],
        ),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_table(
        "standings",
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("checked_at", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fingerprint"],
            ["tokens.fingerprint"],
        ),
        sa.PrimaryKeyConstraint("fingerprint"),
    )
    op.create_table(
        "evidence",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id", "version"],
            ["record_versions.record_id", "record_versions.version"],
        ),
        sa.PrimaryKeyConstraint("record_id", "version"),
    )
    op.create_table(
        "intents",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uvci", sa.String(), nullable=False),
        sa.Column("issued_at", sa.String(), nullable=False),
        sa.Column("expires_at", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id", "version"],
            ["record_versions.record_id", "record_versions.version"],
        ),
        sa.PrimaryKeyConstraint("record_id", "version"),
        sa.UniqueConstraint("uvci"),
    )
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("lease_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("came_from", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("tbs", sa.LargeBinary(), nullable=False),
        sa.Column("signing_time", sa.String(), nullable=False),
        sa.Column("layout", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("closed_at", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lease_id"],
            ["leases.lease_id"],
        ),
        sa.ForeignKeyConstraint(
            ["record_id", "version"],
            ["intents.record_id", "intents.version"],
        ),
        sa.PrimaryKeyConstraint("job_id"),
    )
    op.create_index("jobs_lease", "jobs", ["lease_id"], unique=False)
    op.create_index("jobs_record", "jobs", ["record_id", "version", "task"], unique=False)
    op.create_index("jobs_state", "jobs", ["state", "lease_id"], unique=False)
    op.create_table(
        "late_signatures",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fingerprint"],
            ["tokens.fingerprint"],
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.job_id"],
        ),
        sa.PrimaryKeyConstraint("job_id", "signature"),
    )
    op.create_table(
        "passports",
        sa.Column("uvci", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("signed_at", sa.String(), nullable=False),
        sa.Column("issued_at", sa.String(), nullable=True),
        sa.Column("expires_at", sa.String(), nullable=False),
        sa.Column("hc1", sa.Text(), nullable=False),
        sa.Column("pdf_digest", sa.LargeBinary(), nullable=False),
        sa.Column("cms", sa.LargeBinary(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["fingerprint"],
            ["tokens.fingerprint"],
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.job_id"],
        ),
        sa.PrimaryKeyConstraint("uvci"),
        sa.UniqueConstraint("record_id", "version"),
    )
    op.create_index("passports_signer", "passports", ["fingerprint", "signed_at"], unique=False)
    op.create_index("passports_state", "passports", ["state"], unique=False)
    op.create_table(
        "revoked_passports",
        sa.Column("uvci", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("record_state", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["revocation_orders.order_id"],
        ),
        sa.ForeignKeyConstraint(
            ["uvci"],
            ["passports.uvci"],
        ),
        sa.PrimaryKeyConstraint("uvci", "order_id"),
    )
    op.create_index("revoked_passports_order", "revoked_passports", ["order_id", "uvci"], unique=False)
