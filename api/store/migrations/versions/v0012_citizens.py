"""Citizens: contacts, one-time codes, sessions, who stands for whom, and the keys of citizen apps."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "citizen_contacts",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["record_id", "province"], ["records.record_id", "records.province"]),
        sa.PrimaryKeyConstraint("record_id", "province"),
    )
    op.create_table(
        "citizen_tickets",
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.String()),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("expires_at", sa.String(), nullable=False),
        sa.Column("used_at", sa.String()),
        sa.PrimaryKeyConstraint("ticket_id"),
    )
    op.create_index("citizen_tickets_ends", "citizen_tickets", ["expires_at"])
    op.create_index("citizen_tickets_state", "citizen_tickets", ["state", "made_at"])
    op.create_table(
        "citizen_sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("expires_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("citizen_sessions_ends", "citizen_sessions", ["expires_at"])
    op.create_table(
        "citizen_counts",
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "what", "subject"),
    )
    op.create_table(
        "guardianships",
        sa.Column("guardianship_id", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("guardian_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", sa.String(), nullable=False),
        sa.Column("ends_on", sa.String()),
        sa.Column("ended_at", sa.String()),
        sa.Column("ended_by", sa.String()),
        sa.ForeignKeyConstraint(["record_id", "province"], ["records.record_id", "records.province"]),
        sa.PrimaryKeyConstraint("guardianship_id", "province"),
    )
    op.create_index("guardianships_guardian", "guardianships", ["guardian_id"])
    op.create_index("guardianships_record", "guardianships", ["record_id"])
    op.create_table(
        "app_keys",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.String()),
        sa.Column("revoked_by", sa.String()),
        sa.PrimaryKeyConstraint("key_id"),
        sa.UniqueConstraint("key_hash"),
    )
    op.create_table(
        "app_requests",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["app_keys.key_id"]),
        sa.PrimaryKeyConstraint("key_id", "request_hash"),
    )
