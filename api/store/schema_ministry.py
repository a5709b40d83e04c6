"""What the ministry's machines hand in for each other: files by their hash, and the lists of enrolled units that name
them. Nothing here is believed by the service: it is signed for those who take it."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from api.store.schema import metadata

_Version = BigInteger().with_variant(Integer, "sqlite")

ministry_files = Table(
    "ministry_files",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("received_at", String, nullable=False),
)

unit_lists = Table(  # the newest versions; certificates.unit_list
    "unit_lists",
    metadata,
    Column("version", _Version, primary_key=True, autoincrement=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("received_at", String, nullable=False),
    Column("received_from", String, nullable=False),
)
