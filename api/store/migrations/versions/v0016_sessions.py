"""When a session of the staff was used last, and shifts of people at the desks of tokens.

Sessions of the staff that are open end with this step: nobody knows when they were used.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute(sa.delete(sa.table("staff_sessions")))
    op.add_column("staff_sessions", sa.Column("seen_at", sa.String(), nullable=True))
    op.add_column("staff_sessions", sa.Column("kind", sa.Integer(), nullable=True))
    with op.batch_alter_table("staff_sessions") as batch:
        batch.alter_column("seen_at", existing_type=sa.String(), nullable=False)
        batch.alter_column("kind", existing_type=sa.Integer(), nullable=False)
    op.add_column("sessions", sa.Column("shift", sa.LargeBinary(), nullable=True))
