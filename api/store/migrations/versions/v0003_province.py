"""The province of a record stands with everything that hangs on it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = ("record_versions", "evidence", "intents", "jobs", "confirmations", "passports")


def upgrade() -> None:
    records = sa.table("records", sa.column("record_id"), sa.column("province"))
    for name in TABLES:
        op.add_column(name, sa.Column("province", sa.String(), nullable=True))
        table = sa.table(name, sa.column("record_id"), sa.column("province"))
        province = sa.select(records.c.province).where(records.c.record_id == table.c.record_id).scalar_subquery()
        op.execute(sa.update(table).values(province=province))
        with op.batch_alter_table(name) as batch:
            batch.alter_column("province", existing_type=sa.String(), nullable=False)
