"""Files that the ministry's machines hand in for each other, and its signed lists of enrolled units."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_Version = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ministry_files",
        sa.Column("sha256", sa.LargeBinary(), primary_key=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
    )
    op.create_table(
        "unit_lists",
        sa.Column("version", _Version, primary_key=True, autoincrement=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("received_from", sa.String(), nullable=False),
    )
