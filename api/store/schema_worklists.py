"""The tables of work lists: what is to be mended and by whom, what was done, samples checked again, and counts.

Types and times as in `api.store.schema`.
"""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from api.store.schema import metadata

work_items = Table(  # one row a record that is to be mended; `api.store.moves` makes, changes and ends it
    "work_items",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("unit", String, nullable=False),  # as the record's
    Column("desk", String, nullable=False),  # clerk, police
    Column("status", String, nullable=False),  # open, waiting (for an answer after a correction), aside
    Column("work_class", String, nullable=False),  # api.states.WorkClass
    Column("since", String, nullable=False),  # a correction that mends nothing does not make it young again
    Column("level", Integer, nullable=False),  # how many levels up it was shown for its age
    Column("touched", Integer, nullable=False),  # 1: somebody has worked on it
    Column("last_by", String),  # who corrected last
    Column("before_state", String),  # of a record that the station gave to police as disputed: where it returns to
    Column("before_reason", String),
    Index("work_items_list", "unit", "desk", "status", "since", "record_id"),
    Index("work_items_level", "level", "since"),
)

work_steps = Table(  # what was done; nothing is changed afterwards
    "work_steps",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("account", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("kind", String, nullable=False),  # api.worklists.steps.StepKind
    Column("code", String, nullable=False),  # of a closed list, by kind
    Column("value", String, nullable=False),  # likewise, or a day
)

work_asides = Table(
    "work_asides",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("unit", String, nullable=False),
    Column("reason", String, nullable=False),  # api.worklists.asides.AsideReason
    Column("until", String, nullable=False),
    Column("account", String, nullable=False),
    Column("made_at", String, nullable=False),
    Index("work_asides_until", "until"),
)

work_raised = Table(  # what a unit sees of the work of those below it
    "work_raised",
    metadata,
    Column("unit", String, primary_key=True),  # that sees it
    Column("record_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("why", String, primary_key=True),  # age, aside
    Column("since", String, nullable=False),  # as the item's
    Column("raised_at", String, nullable=False),
    Index("work_raised_list", "unit", "since", "record_id"),
    Index("work_raised_record", "record_id"),
)

correction_evidence = Table(  # what a correction rests on
    "correction_evidence",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),  # that the correction made
    Column("province", String, primary_key=True),
    Column("kind", String, nullable=False),  # api.identity.proofs.ProofKind
    Column("reference", String, nullable=False),  # where it is found: never a person's data
    Column("account", String, nullable=False),
    Column("made_at", String, nullable=False),
)

work_closings = Table(  # what a person closed: the population of the samples
    "work_closings",
    metadata,
    Column("closing_id", String, primary_key=True),  # random
    Column("province", String, primary_key=True),
    Column("kind", String, nullable=False),  # mended, settled, rechecked
    Column("record_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("unit", String, nullable=False),
    Column("work_class", String, nullable=False),
    Column("opened_at", String, nullable=False),
    Column("closed_at", String, nullable=False),
    Column("day", String, nullable=False),  # in Viet Nam, of closed_at
    Column("account", String, nullable=False),
    Index("work_closings_day", "day", "closing_id"),
    Index("work_closings_record", "record_id"),
)

sample_draws = Table(  # the seed of a day: its hash stands in the log before anything of that day is closed
    "sample_draws",
    metadata,
    Column("day", String, primary_key=True),
    Column("seed", LargeBinary, nullable=False),
    Column("rate", Integer, nullable=False),  # of ten thousand closings
    Column("single_rate", Integer, nullable=False),  # likewise, where one person is alone in the unit
    Column("committed_at", String, nullable=False),
    Column("drawn_at", String),  # from then on the seed may be known
    Column("population", Integer),
    Column("drawn", Integer),
)

work_rechecks = Table(  # what was drawn
    "work_rechecks",
    metadata,
    Column("closing_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("day", String, nullable=False),
    Column("unit", String, nullable=False),  # whose work it is
    Column("above", String, nullable=False),  # the unit that looks at it
    Column("record_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String, nullable=False),  # of the closing
    Column("work_class", String, nullable=False),
    Column("closed_by", String, nullable=False),
    Column("why", String, nullable=False),  # rate, single, settled
    Column("drawn_at", String, nullable=False),
    Column("result", String),  # ok, error; None: nobody has looked yet
    Column("error_class", String),  # api.worklists.rechecks.ErrorClass
    Column("checked_by", String),
    Column("checked_unit", String),
    Column("checked_at", String),
    Index("work_rechecks_list", "above", "result", "drawn_at", "closing_id"),
    Index("work_rechecks_record", "record_id"),
)

count_deltas = Table(  # what transactions add to the counts below, until `api.store.counts.fold` adds it up
    "count_deltas",
    metadata,
    Column("batch", String, primary_key=True),  # of one transaction
    Column("number", Integer, primary_key=True),
    Column("province", String, primary_key=True),
    Column("unit", String, nullable=False),
    Column("measure", String, nullable=False),
    Column("desk", String, nullable=False),
    Column("since", String, nullable=False),
    Column("day", String, nullable=False),
    Column("came", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
)

unit_counts = Table(  # how many stand so now
    "unit_counts",
    metadata,
    Column("unit", String, primary_key=True),
    Column("measure", String, primary_key=True),  # a WorkClass, else a state; and those of `api.store.moves`
    Column("desk", String, primary_key=True),  # clerk, police; empty: on nobody's list
    Column("since", String, primary_key=True),  # the day in Viet Nam since when it is to be mended; empty: it is not
    Column("province", String, primary_key=True),
    Column("records", Integer, nullable=False),
)

unit_days = Table(  # how many came to stand so on a day, and how many left
    "unit_days",
    metadata,
    Column("unit", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("measure", String, primary_key=True),
    Column("desk", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("came", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
)
