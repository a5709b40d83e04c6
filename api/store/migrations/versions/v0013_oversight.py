"""Oversight: counts added up for every unit above, residents, hamlets, deadlines. The first fold fills the areas.

Doses, complaints and recovered cases that are there are counted: a pass over all records.
"""

from collections import Counter

import sqlalchemy as sa
from alembic import op

from api.store.areas import add_rows
from api.store.counts import Key
from api.store.recount import recount_oversight
from api.store.schema_oversight import SEEDS, deadlines
from api.store.schema_worklists import unit_counts

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "unit_areas",
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "area"),
    )
    op.create_index("unit_areas_area", "unit_areas", ["area", "unit"])
    op.create_table(
        "area_tree",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "area_counts",
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("desk", sa.String(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("area", "measure", "desk"),
    )
    op.create_table(
        "area_ages",
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("area", "measure", "since"),
    )
    op.create_table(
        "area_days",
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("came", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("area", "day", "measure"),
    )
    op.create_table(
        "residents",
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("band", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["units.code"]),
        sa.PrimaryKeyConstraint("unit", "band", "province"),
    )
    op.create_table(
        "record_hamlets",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("province", sa.String(), nullable=False),
        sa.Column("hamlet", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["record_id", "province"], ["records.record_id", "records.province"]),
        sa.PrimaryKeyConstraint("record_id", "province"),
    )
    op.create_table(
        "deadlines",
        sa.Column("deadline_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("due", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("deadline_id"),
    )
    op.bulk_insert(deadlines, list(SEEDS))
    counts: Counter[Key] = Counter()
    recount_oversight(op.get_bind(), counts)
    add_rows(
        op.get_bind(),
        unit_counts,
        {(key.unit, key.measure, key.desk, key.since, key.province): (number,) for key, number in counts.items()},
    )
