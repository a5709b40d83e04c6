"""Identity: runs of matching, partners, lists for police, questions to the register, the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "partners",
        _text("name"),
        _number("failures"),
        _text("retry_at", nullable=True),
        _text("reason", nullable=True),
        _text("changed_at", nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "match_runs",
        _text("run_id"),
        _text("register"),
        _number("again"),
        _text("state"),
        _text("reason", nullable=True),
        _text("begun_at"),
        _text("ended_at", nullable=True),
        _number("asked"),
        _text("made_by"),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_index("match_runs_order", "match_runs", ["begun_at"])
    _lists()
    _questions()
    op.create_table(
        "outbox",
        _text("message_id"),
        _text("province"),
        _text("target"),
        _text("record_id"),
        _number("version"),
        _text("basis"),
        _text("state"),
        _number("attempts"),
        _text("next_at"),
        _text("reason", nullable=True),
        _text("made_at"),
        _text("closed_at", nullable=True),
        _text("closed_by", nullable=True),
        sa.PrimaryKeyConstraint("message_id", "province"),
        sa.UniqueConstraint("target", "record_id", "version", "province"),
    )
    op.create_index("outbox_due", "outbox", ["state", "next_at"])


def _lists() -> None:
    op.create_table(
        "identity_lists",
        _text("list_id"),
        _text("province"),
        _text("unit"),
        _text("state"),
        _number("rows"),
        _text("made_at"),
        _text("vouched_by"),
        _text("vouched_unit"),
        _text("closed_at", nullable=True),
        _text("closed_by", nullable=True),
        _text("police_by", nullable=True),
        _text("police_unit", nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        _text("signed_at", nullable=True),
        sa.Column("cms", sa.LargeBinary(), nullable=True),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("list_id", "province"),
        sa.ForeignKeyConstraint(["unit"], ["units.code"]),
        sa.ForeignKeyConstraint(["police_unit"], ["units.code"]),
        sa.ForeignKeyConstraint(["fingerprint"], ["tokens.fingerprint"]),
    )
    op.create_index("identity_lists_unit", "identity_lists", ["unit", "state"])
    op.create_table(
        "identity_list_rows",
        _text("list_id"),
        _text("province"),
        _number("row_number"),
        _text("record_id"),
        _number("version"),
        _text("list_class"),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        _text("outcome", nullable=True),
        _text("reason", nullable=True),
        sa.PrimaryKeyConstraint("list_id", "province", "row_number"),
        sa.ForeignKeyConstraint(["list_id", "province"], ["identity_lists.list_id", "identity_lists.province"]),
    )
    op.create_index("identity_list_rows_record", "identity_list_rows", ["record_id"])
    op.create_table(
        "identity_words",
        _text("list_id"),
        _text("province"),
        _text("record_id"),
        _number("version"),
        _text("conclusion"),
        _text("health_by"),
        _text("health_unit"),
        _text("police_by"),
        _text("police_unit"),
        _text("said_at"),
        sa.PrimaryKeyConstraint("list_id", "province", "record_id"),
    )
    op.create_index("identity_words_record", "identity_words", ["record_id", "version"])


def _questions() -> None:
    op.create_table(
        "register_queries",
        _text("query_id"),
        _text("province"),
        _text("record_id"),
        _text("kind"),
        _text("purpose"),
        _text("account"),
        _text("unit"),
        _text("asked_at"),
        sa.PrimaryKeyConstraint("query_id", "province"),
    )
    op.create_index("register_queries_record", "register_queries", ["record_id"])
    op.create_index("register_queries_account", "register_queries", ["account", "asked_at"])
    op.create_table(
        "register_quotas",
        _text("day"),
        _text("subject"),
        _number("queries"),
        sa.PrimaryKeyConstraint("day", "subject"),
    )
