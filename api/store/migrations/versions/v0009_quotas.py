"""Quotas of units and persons: what a lease counts by, exceptions from the deployment's numbers, and alarms. Jobs get
seals."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    leases = sa.table("leases", sa.column("fingerprint"), sa.column("unit"), sa.column("day"), sa.column("made_at"))
    tokens = sa.table("tokens", sa.column("fingerprint"), sa.column("unit"))
    op.add_column("leases", sa.Column("unit", sa.String(), nullable=True))
    op.add_column("leases", sa.Column("day", sa.String(), nullable=True))
    # What was handed out before is not counted: on the day of the step everybody begins at nought.
    op.add_column("leases", sa.Column("records", sa.Integer(), nullable=False, server_default="0"))
    unit = sa.select(tokens.c.unit).where(tokens.c.fingerprint == leases.c.fingerprint).scalar_subquery()
    op.execute(sa.update(leases).values(unit=unit, day=sa.func.substr(leases.c.made_at, 1, 10)))
    with op.batch_alter_table("leases") as batch:
        batch.alter_column("unit", existing_type=sa.String(), nullable=False)
        batch.alter_column("day", existing_type=sa.String(), nullable=False)
        batch.alter_column("records", existing_type=sa.Integer(), server_default=None)
        batch.create_foreign_key("leases_unit_fkey", "units", ["unit"], ["code"])
    op.create_index("leases_day", "leases", ["unit", "day"])
    op.add_column("jobs", sa.Column("seal", sa.LargeBinary(), nullable=True))
    op.create_table(
        "quotas",
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("daily", sa.Integer()),
        sa.Column("per_signer", sa.Integer()),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["units.code"]),
        sa.PrimaryKeyConstraint("unit"),
    )
    op.create_table(
        "alarms",
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["units.code"]),
        sa.PrimaryKeyConstraint("day", "unit", "kind", "account"),
    )
    op.create_index("alarms_unit", "alarms", ["unit", "day"])
