"""Tables of renewal, of orders of revocation at work, of what people are told, and of doses against deliveries."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from api.store.schema import metadata

renewals = Table(  # when the passport of a version is renewed: written when it is issued
    "renewals",
    metadata,
    Column("province", String, primary_key=True),
    Column("record_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),  # whose passport runs out
    Column("uvci", String, nullable=False),
    Column("due_on", String, nullable=False),  # a day in Viet Nam
    Column("expires_at", String, nullable=False),
    Column("state", String, nullable=False),  # waiting, started, done, dropped
    Column("reason", String),  # why it was put off or dropped: a code
    Column("next_version", Integer),  # once it is started
    Column("changed_at", String, nullable=False),
    Index("renewals_due", "state", "due_on", "record_id"),
    Index("renewals_record", "record_id", "version"),
)

notices = Table(  # what to tell whom from when on; an adapter delivers it, the citizen's page shows it
    "notices",
    metadata,
    Column("province", String, primary_key=True),
    Column("notice_id", String, primary_key=True),
    Column("record_id", String, nullable=False),
    Column("kind", String, nullable=False),  # api.notices.kinds.NoticeKind
    Column("uvci", String, nullable=False),  # the passport that it is about
    Column("new_uvci", String),  # the one that takes its place
    Column("due_at", String, nullable=False),
    Column("until", String),  # when the old passport ends, where the notice says so
    Column("told_at", String),
    Column("told_by", String),  # shown, or the adapter's name
    Index("notices_record", "record_id", "due_at"),
    Index("notices_open", "told_at", "due_at"),
)

order_passports = Table(  # what an order of revocation has chosen, and how far each came
    "order_passports",
    metadata,
    Column("province", String, primary_key=True),
    Column("order_id", String, ForeignKey("revocation_orders.order_id"), primary_key=True),
    Column("uvci", String, primary_key=True),
    Column("record_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String, nullable=False),  # chosen, waiting (for its replacement), ripe, revoked, dropped
    Column("next_version", Integer),  # of the replacement
    Index("order_passports_work", "order_id", "state", "uvci"),
    Index("order_passports_record", "record_id", "state"),
)

deliveries = Table(  # doses of a lot that came to a unit
    "deliveries",
    metadata,
    Column("province", String, primary_key=True),
    Column("unit", String, ForeignKey("units.code"), primary_key=True),
    Column("product", String, primary_key=True),
    Column("lot", String, primary_key=True),  # capitals, no blanks
    Column("day", String, primary_key=True),
    Column("note", String, primary_key=True),  # number of the delivery note; empty where there is none
    Column("doses", Integer, nullable=False),
    Column("entered_by", String, nullable=False),
    Column("entered_at", String, nullable=False),
)

dose_changes = Table(  # what the counts below do not hold yet; added up by a sweep, so that no writer waits for another
    "dose_changes",
    metadata,
    Column("province", String, primary_key=True),
    Column("change_id", String, primary_key=True),
    Column("unit", String, nullable=False),  # that gave the doses
    Column("day", String, nullable=False),  # on which they were given
    Column("product", String, nullable=False),
    Column("lot", String, nullable=False),
    Column("given", Integer, nullable=False),  # doses on records, more or fewer
    Column("issued", Integer, nullable=False),  # doses on issued passports, more or fewer
)

dose_counts = Table(
    "dose_counts",
    metadata,
    Column("province", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("product", String, primary_key=True),
    Column("lot", String, primary_key=True),
    Column("given", Integer, nullable=False),
    Column("issued", Integer, nullable=False),
    Index("dose_counts_unit", "unit", "day"),
)
