"""Rows of imports under way wait in the file that they came in, no longer in the database."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("imports", sa.Column("row_count", sa.Integer(), nullable=True))
    op.create_table(
        "import_tallies",
        sa.Column("import_id", sa.String(), sa.ForeignKey("imports.import_id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("result", sa.Text(), nullable=False),
    )
    # What is under way goes on: rows with an outcome keep it, the others are read again.
    op.execute(
        "INSERT INTO import_tallies SELECT import_id, CASE phase WHEN 'read' THEN number ELSE 1000000 + number END,"
        " result FROM import_steps WHERE phase IN ('read', 'join')"
    )
    op.drop_table("import_steps")
    op.drop_table("import_staging")
