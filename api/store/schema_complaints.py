"""The tables of complaints, and of certificate codes that end at a time. As in `api.store.schema`: plain types, times
as text.

What a citizen says, the contact and the photos are sealed (`api.complaints.sealing`): whoever reads the database
without the service's secret learns numbers, times, units and reasons.
"""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, LargeBinary, String, Table

from api.store.schema import metadata

complaints = Table(
    "complaints",
    metadata,
    Column("complaint_id", String, primary_key=True),  # the number that the citizen is given
    Column("province", String, primary_key=True),  # where it was received
    Column("kind", String, nullable=False),  # api.complaints.kinds.ComplaintKind
    Column("state", String, nullable=False),  # api.complaints.kinds.ComplaintState
    Column("secret_hash", LargeBinary, nullable=False),  # keyed, of the secret that goes with the number
    Column("unit", String, ForeignKey("units.code"), nullable=False),  # who works on it now
    Column("first_unit", String, ForeignKey("units.code"), nullable=False),  # whom it was routed to
    Column("named_unit", String, ForeignKey("units.code")),  # conduct: the unit that must not see it
    Column("named_accounts", String),  # of the staff, with blanks between; they do not decide
    Column("record_id", String),
    Column("record_version", Integer),  # the newest when the complaint was tied to the record
    Column("grave", String),  # wrong-person, fraud: the passport is not handed out meanwhile
    Column("dispute", String, nullable=False),  # none, wanted (a token is at work on the record), held
    Column("received_at", String, nullable=False),
    Column("received_by", String, nullable=False),  # citizen, or account@unit at a counter
    Column("clock_from", String, nullable=False),  # receipt, or the appeal's
    Column("paused_seconds", Integer, nullable=False),  # pauses that are over
    Column("paused_at", String),  # since when the citizen's answer is awaited
    Column("due_at", String, nullable=False),  # lists sort by it
    Column("marks", Integer, nullable=False),  # how many of the clock's marks have passed
    Column("next_at", String),  # when the sweep has to look again; None: never
    Column("appeals", Integer, nullable=False),  # 0 or 1
    Column("decided_at", String),
    Column("decided_by", String),  # account@unit; the first decision's while an appeal is open
    Column("decided_unit", String),
    Column("refusal", String),  # api.complaints.refusals.Refusal
    Column("told_at", String),
    Column("sealed", LargeBinary, nullable=False),  # what the citizen says, and the contact
    Index("complaints_due", "next_at"),
    Index("complaints_open", "state", "due_at"),
    Index("complaints_work", "unit", "state", "due_at"),
    Index("complaints_record", "record_id"),
)

complaint_events = Table(  # what happened, in order; nothing is changed afterwards
    "complaint_events",
    metadata,
    Column("complaint_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("act", String, nullable=False),  # api.complaints.events.Event
    Column("actor", String, nullable=False),  # citizen, centre, or account@unit: the citizen is told the unit
    Column("unit", String, nullable=False),  # who worked on it then
    Column("detail", String),  # a code
    Column("sealed", LargeBinary),  # a question, an answer, a note
    ForeignKeyConstraint(["complaint_id", "province"], ["complaints.complaint_id", "complaints.province"]),
    Index("complaint_events_act", "act", "unit"),
)

complaint_photos = Table(  # pixels that were encoded anew, sealed
    "complaint_photos",
    metadata,
    Column("complaint_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("sha256", LargeBinary, primary_key=True),  # of the JPEG
    Column("taken_in_at", String, nullable=False),
    Column("delete_after", String),  # None: the complaint is open
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    ForeignKeyConstraint(["complaint_id", "province"], ["complaints.complaint_id", "complaints.province"]),
    Index("complaint_photos_delete", "delete_after"),
)

disputes = Table(  # where a disputed record returns to
    "disputes",
    metadata,
    Column("record_id", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("since", String, nullable=False),
)

code_endings = Table(  # certificate codes that end at a time: the sweep turns them into orders of revocation
    "code_endings",
    metadata,
    Column("uvci", String, primary_key=True),
    Column("province", String, primary_key=True),
    Column("record_id", String, nullable=False),
    Column("reason", String, nullable=False),  # api.revocation.reasons.RevocationReason
    Column("because", String, nullable=False),  # the complaint
    Column("made_by", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("ends_at", String),  # None: the person was not told yet
    Column("ended_at", String),
    Column("order_id", String),
    Index("code_endings_due", "ended_at", "ends_at"),
    Index("code_endings_because", "because"),
)
