"""Complaints, and certificate codes that end at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "complaints",
        sa.Column("complaint_id", sa.String(), primary_key=True),
        sa.Column("province", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("unit", sa.String(), sa.ForeignKey("units.code"), nullable=False),
        sa.Column("first_unit", sa.String(), sa.ForeignKey("units.code"), nullable=False),
        sa.Column("named_unit", sa.String(), sa.ForeignKey("units.code")),
        sa.Column("named_accounts", sa.String()),
        sa.Column("record_id", sa.String()),
        sa.Column("record_version", sa.Integer()),
        sa.Column("grave", sa.String()),
        sa.Column("dispute", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("received_by", sa.String(), nullable=False),
        sa.Column("clock_from", sa.String(), nullable=False),
        sa.Column("paused_seconds", sa.Integer(), nullable=False),
        sa.Column("paused_at", sa.String()),
        sa.Column("due_at", sa.String(), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.String()),
        sa.Column("appeals", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.String()),
        sa.Column("decided_by", sa.String()),
        sa.Column("decided_unit", sa.String()),
        sa.Column("refusal", sa.String()),
        sa.Column("told_at", sa.String()),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_index("complaints_due", "complaints", ["next_at"])
    op.create_index("complaints_open", "complaints", ["state", "due_at"])
    op.create_index("complaints_work", "complaints", ["unit", "state", "due_at"])
    op.create_index("complaints_record", "complaints", ["record_id"])
    op.create_table(
        "complaint_events",
        *_key(),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("detail", sa.String()),
        sa.Column("sealed", sa.LargeBinary()),
        _of_complaint(),
    )
    op.create_index("complaint_events_act", "complaint_events", ["act", "unit"])
    op.create_table(
        "complaint_photos",
        *_key(),
        sa.Column("sha256", sa.LargeBinary(), primary_key=True),
        sa.Column("taken_in_at", sa.String(), nullable=False),
        sa.Column("delete_after", sa.String()),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _of_complaint(),
    )
    op.create_index("complaint_photos_delete", "complaint_photos", ["delete_after"])
    op.create_table(
        "disputes",
        sa.Column("record_id", sa.String(), primary_key=True),
        sa.Column("province", sa.String(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("since", sa.String(), nullable=False),
    )
    op.create_table(
        "code_endings",
        sa.Column("uvci", sa.String(), primary_key=True),
        sa.Column("province", sa.String(), primary_key=True),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("ends_at", sa.String()),
        sa.Column("ended_at", sa.String()),
        sa.Column("order_id", sa.String()),
    )
    op.create_index("code_endings_due", "code_endings", ["ended_at", "ends_at"])
    op.create_index("code_endings_because", "code_endings", ["because"])


def _key() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("complaint_id", sa.String(), primary_key=True),
        sa.Column("province", sa.String(), primary_key=True),
    )


def _of_complaint() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["complaint_id", "province"], ["complaints.complaint_id", "complaints.province"])
