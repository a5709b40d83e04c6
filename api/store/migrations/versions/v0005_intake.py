"""The intake: imports in steps, the platform, possible duplicates, session lists, recoveries."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # What an older program left unfinished had nothing joined: the file is imported again.
    op.execute("UPDATE imports SET state = 'failed', reason = 'interrupted' WHERE state = 'staged'")
    op.drop_index("import_rows_join", table_name="import_rows")
    with op.batch_alter_table("import_rows") as batch:
        batch.drop_column("person_key")
        batch.drop_column("reading")
    op.create_table(
        "import_staging",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("person_key", sa.String(), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("notes", sa.String(), nullable=True),
        sa.Column("cells", sa.Text(), nullable=False),
    )
    op.create_index("import_staging_bucket", "import_staging", ["import_id", "bucket"])
    op.create_table(
        "import_steps",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.import_id"]),
        sa.PrimaryKeyConstraint("import_id", "phase", "number"),
    )
    op.create_table(
        "platform_keys",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.String(), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["unit"], ["units.code"]),
        sa.PrimaryKeyConstraint("key_id"),
        sa.UniqueConstraint("key_hash"),
    )
    op.create_table(
        "platform_requests",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["platform_keys.key_id"]),
        sa.PrimaryKeyConstraint("key_id", "idempotency_key"),
    )
    op.create_table(
        "entered_doses",
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("dose_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("record_id", sa.String(), nullable=True),
        sa.Column("given_on", sa.String(), nullable=True),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("late_days", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "position", "province"),
    )
    op.create_index("entered_doses_late", "entered_doses", ["unit", "received_at"])
    op.create_table(
        "person_hints",
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hint", "record_id", "province"),
    )
    op.create_index("person_hints_origin", "person_hints", ["origin", "hint"])
    op.create_table(
        "possible_duplicates",
        sa.Column("duplicate_id", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.Column("other_unit", sa.String(), nullable=False),
        sa.Column("found_at", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_at", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("duplicate_id", "province"),
    )
    op.create_index("possible_duplicates_open", "possible_duplicates", ["state", "found_at"])
    op.create_index("possible_duplicates_record", "possible_duplicates", ["record_id"])
    op.create_table(
        "joined_people",
        sa.Column("person_key", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("joined_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person_key", "province"),
    )
    op.create_table(
        "vaccination_sessions",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["units.code"]),
        sa.PrimaryKeyConstraint("session_id", "province"),
    )
    op.create_index("vaccination_sessions_unit", "vaccination_sessions", ["unit", "day"])
    op.create_table(
        "session_people",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("person_key", sa.String(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("dose_number", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reasons", sa.String(), nullable=False),
        sa.Column("due_on", sa.String(), nullable=True),
        sa.Column("checked_at", sa.String(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("given_at", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id", "province"], ["vaccination_sessions.session_id", "vaccination_sessions.province"]
        ),
        sa.PrimaryKeyConstraint("session_id", "place", "province"),
    )
    op.create_table(
        "recoveries",
        sa.Column("person_key", sa.String(), nullable=False),
        sa.Column("positive_on", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person_key", "positive_on", "province"),
    )
