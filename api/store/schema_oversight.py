"""The tables of oversight: who is above whom, counts added up for every unit above, residents, hamlets, deadlines.

Types and times as in `api.store.schema`. An area is a unit with all that lies below it, closed units among it.
"""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table

from api.store.schema import metadata

unit_areas = Table(  # every unit with itself and each one above it; `api.store.areas` follows the tree
    "unit_areas",
    metadata,
    Column("unit", String, primary_key=True),
    Column("area", String, primary_key=True),
    Index("unit_areas_area", "area"),
)

area_tree = Table(  # one row: which tree the counts below were added up for
    "area_tree",
    metadata,
    Column("name", String, primary_key=True),
    Column("stamp", String, nullable=False),  # SHA-256, hexadecimal
)

area_counts = Table(  # `unit_counts` of an area, of any day
    "area_counts",
    metadata,
    Column("area", String, primary_key=True),
    Column("measure", String, primary_key=True),
    Column("desk", String, primary_key=True),
    Column("records", Integer, nullable=False),
)

area_ages = Table(  # `unit_counts` of an area that have a day, of any desk
    "area_ages",
    metadata,
    Column("area", String, primary_key=True),
    Column("measure", String, primary_key=True),  # and `api.store.areas.TO_MEND`: of any class
    Column("since", String, primary_key=True),
    Column("records", Integer, nullable=False),
)

area_days = Table(  # `unit_days` of an area, of any desk
    "area_days",
    metadata,
    Column("area", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("measure", String, primary_key=True),
    Column("came", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
)

residents = Table(  # people who live where a unit vaccinates
    "residents",
    metadata,
    Column("unit", String, ForeignKey("units.code"), primary_key=True),
    Column("band", String, primary_key=True),  # api.oversight.ages.BANDS
    Column("province", String, primary_key=True),
    Column("people", Integer, nullable=False),
    Column("entered_by", String, nullable=False),
    Column("entered_at", String, nullable=False),
)

record_hamlets = Table(  # for lists that a hamlet's team takes along
    "record_hamlets",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("hamlet", String, nullable=False),
    ForeignKeyConstraint(["record_id", "province"], ["records.record_id", "records.province"]),
)

deadlines = Table(
    "deadlines",
    metadata,
    Column("deadline_id", String, primary_key=True),
    Column("scope", String, nullable=False),  # a unit's code; * is the whole country
    Column("task", String, nullable=False),  # api.oversight.deadlines.TASKS
    Column("due", String, nullable=False),  # the last day
    Column("owner", String, nullable=False),  # a unit's code, or the name of an office
    Column("entered_by", String, nullable=False),
    Column("entered_at", String, nullable=False),
)
