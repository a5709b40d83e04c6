"""The tables of oversight: who is above whom, counts added up for every unit above, residents, hamlets, deadlines.

Types and times as in `api.store.schema`. An area is a unit with all that lies below it, closed units among it.
"""

from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    event,
    insert,
)

from api.store.schema import metadata

COUNTRY: Final = "*"
# What can be due: doses entered that were given, records mended, answered by the register, complaints decided,
# certificates issued, children from 5 to under 12 with both doses, adults with the third one.
TASKS: Final = ("entered", "mended", "matched", "complaints", "issued", "children", "boosters")

unit_areas = Table(  # every unit with itself and each one above it; `api.store.areas` follows the tree
    "unit_areas",
    metadata,
    Column("unit", String, primary_key=True),
    Column("area", String, primary_key=True),
    Index("unit_areas_area", "area", "unit"),
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
    Column("band", String, primary_key=True),  # api.store.coverage.BANDS
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
    Column("scope", String, nullable=False),  # a unit's code, or COUNTRY
    Column("task", String, nullable=False),  # of TASKS
    Column("due", String, nullable=False),  # the last day
    Column("owner", String, nullable=False),  # a unit's code, or the name of an office
    Column("entered_by", String, nullable=False),
    Column("entered_at", String, nullable=False),
)

# Shipped: the dates that were set in 2021 and 2022. Whoever has others imports them (docs/oversight.md).
SEEDS: Final = tuple(
    dict(zip(("deadline_id", "scope", "task", "due", "owner", "entered_by", "entered_at"), row, strict=True))
    for row in (
        ("2021-10-20", COUNTRY, "entered", "2021-10-20", "Bộ Y tế", "vaxseal", "2021-10-16T00:00:00Z"),
        ("2021-10-25", COUNTRY, "mended", "2021-10-25", "Bộ Y tế", "vaxseal", "2021-10-16T00:00:00Z"),
        ("2021-10-31", COUNTRY, "matched", "2021-10-31", "Bộ Y tế, Bộ Công an", "vaxseal", "2021-10-16T00:00:00Z"),
        ("2021-11-11", COUNTRY, "complaints", "2021-11-11", "Bộ Y tế", "vaxseal", "2021-11-08T00:00:00Z"),
        ("2022-06-01", COUNTRY, "issued", "2022-06-01", "Bộ Y tế", "vaxseal", "2022-04-08T00:00:00Z"),
        ("2022-q2", COUNTRY, "children", "2022-06-30", "Bộ Y tế", "vaxseal", "2022-04-08T00:00:00Z"),
    )
)


@event.listens_for(deadlines, "after_create")
def _ship(_target: object, connection: Connection, **_given: object) -> None:
    connection.execute(insert(deadlines), list(SEEDS))
