"""The intake: imports go on where they were interrupted."""

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
