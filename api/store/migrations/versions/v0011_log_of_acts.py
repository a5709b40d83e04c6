"""The log of acts: by token and unit, with notes beside it, signed checkpoints, and triggers that refuse a change."""

import sqlalchemy as sa
from alembic import op

from api.store.schema_audit import APPEND_ONLY

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("audit", sa.Column("token", sa.LargeBinary(), nullable=True))
    op.add_column("audit", sa.Column("unit", sa.String(), nullable=True))
    _name_units()
    for name, columns in (
        ("audit_time", ["at"]),
        ("audit_actor", ["actor", "at"]),
        ("audit_subject", ["subject"]),
        ("audit_token", ["token", "at"]),
        ("audit_unit", ["unit", "at"]),
    ):
        op.create_index(name, "audit", columns)
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit_notes",
        sa.Column("sequence", number, autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sequence"], ["audit.sequence"]),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("sequence", number, autoincrement=False, nullable=False),
        sa.Column("checkpoint", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("received_from", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def _name_units() -> None:
    """As `certificates.act_chain.unit_of` says. There are few actors, and many acts."""
    connection = op.get_bind()
    audit = sa.table("audit", sa.column("actor"), sa.column("unit"))
    for actor in connection.execute(sa.select(audit.c.actor).distinct()).scalars().all():
        unit = actor.rpartition("@")[2] if "@" in actor else None
        connection.execute(sa.update(audit).where(audit.c.actor == actor).values(unit=unit))
