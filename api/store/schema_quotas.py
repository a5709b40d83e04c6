"""What units and persons may take to sign in a day, and the alarms when it is nearly or wholly used up."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from api.store.schema import metadata

quotas = Table(  # of units that have others than the deployment's
    "quotas",
    metadata,
    Column("unit", String, ForeignKey("units.code"), primary_key=True),
    Column("daily", Integer),  # records of the whole unit; None: the deployment's
    Column("per_signer", Integer),  # of one account there
    Column("set_by", String, nullable=False),
    Column("set_at", String, nullable=False),
)

alarms = Table(  # one of a kind, unit, account and day
    "alarms",
    metadata,
    Column("day", String, primary_key=True),  # in Viet Nam
    Column("unit", String, ForeignKey("units.code"), primary_key=True),
    Column("kind", String, primary_key=True),  # api.signing.quotas.AlarmKind
    Column("account", String, primary_key=True),  # empty: the whole unit
    Column("records", Integer, nullable=False),  # taken when it was raised
    Column("quota", Integer, nullable=False),
    Column("raised_at", String, nullable=False),
    Index("alarms_unit", "unit", "day"),
)
