"""The picture of a passport is kept as the gate read it. What was released before is drawn when somebody fetches it."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("passports", sa.Column("qr_png", sa.LargeBinary(), nullable=True))
