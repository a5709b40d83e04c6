"""When a session of the staff was used last. Those that are open end with this step: nobody knows it of them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute(sa.delete(sa.table("staff_sessions")))
    op.add_column("staff_sessions", sa.Column("seen_at", sa.String(), nullable=True))
    with op.batch_alter_table("staff_sessions") as batch:
        batch.alter_column("seen_at", existing_type=sa.String(), nullable=False)
