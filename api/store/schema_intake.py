"""The tables of the intake: imports under way, what the platform sent, possible duplicates, session lists, recoveries.

Types and times as in `api.store.schema`.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from api.store.schema import metadata

import_staging = Table(  # rows of imports under way; a row leaves when it stands in import_rows
    "import_staging",
    metadata,
    Column("import_id", String, nullable=False),
    Column("bucket", Integer, nullable=False),  # of the person's key; -1: refused already
    Column("row_number", Integer, nullable=False),
    Column("person_key", String, nullable=False),
    Column("reading", Text, nullable=False),  # person and dose as understood, JSON on a line each; or why not
    Column("notes", String),
    Column("cells", Text, nullable=False),
    Index("import_staging_bucket", "import_id", "bucket"),
)

import_steps = Table(  # what an import has behind it: one row a transaction
    "import_steps",
    metadata,
    Column("import_id", String, ForeignKey("imports.import_id"), primary_key=True),
    Column("phase", String, primary_key=True),  # read, join
    Column("number", Integer, primary_key=True),
    Column("result", Text, nullable=False),  # JSON: counts, and what letters told of their encoding
)
