"""Files that a machine of the ministry hands in, known by their SHA-256: parts of lists, until something names them."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from api.auth import Session, refuse_all_but_ministry
from api.context import Centre
from api.errors import CentreError
from api.store.arrays import one_of
from api.store.schema import published_parts
from api.store.schema_ministry import ministry_files
from api.store.transactions import writing
from certificates.bundle_folder import Get
from certificates.errors import CertificateError
from certificates.records.model import instant_to_text

LARGEST: Final = 4 * 1024 * 1024  # bytes of a file: a request has 8 MiB, and base64 makes a third more
KEPT: Final = timedelta(days=7)  # what nothing names by then is forgotten
_table = ministry_files.c


def find_missing(centre: Centre, session: Session, names: Sequence[bytes]) -> tuple[bytes, ...]:
    """Which of these files are not here, neither handed in nor of a published bundle. Raises CentreError ``role``."""
    with centre.engine.connect() as connection:
        refuse_all_but_ministry(connection, session)
        known = {
            name
            for column in (_table.sha256, published_parts.c.sha256)
            for name in connection.execute(select(column).where(one_of(connection, column, names))).scalars()
        }
    return tuple(name for name in dict.fromkeys(names) if name not in known)


def take_in(centre: Centre, session: Session, data: bytes) -> bytes:
    """Keep a file; returns its SHA-256. May be repeated. Raises CentreError ``role``, ``request-too-large``."""
    if len(data) > LARGEST:
        raise CentreError("request-too-large")
    name = sha256(data).digest()
    with writing(centre.engine) as connection:
        refuse_all_but_ministry(connection, session)
        if connection.execute(select(_table.sha256).where(_table.sha256 == name)).one_or_none() is None:
            at = instant_to_text(centre.clock())
            connection.execute(insert(ministry_files).values(sha256=name, data=data, received_at=at))
    return name


def give_out(centre: Centre, session: Session, name: bytes) -> bytes:
    """A file. Raises CentreError ``role``, ``list-missing``."""
    with centre.engine.connect() as connection:
        refuse_all_but_ministry(connection, session)
        data = read_file(connection, name)
    if data is None:
        raise CentreError("list-missing")
    return data


def read_file(connection: Connection, name: bytes) -> bytes | None:
    """A file that was handed in."""
    data: bytes | None = connection.execute(select(_table.data).where(_table.sha256 == name)).scalar_one_or_none()
    return data


def parts_reader(read: Callable[[bytes], bytes | None]) -> Get:
    """Reads parts of a list by their SHA-256. Raises CertificateError ``list-missing``."""

    def get(path: str, largest: int) -> bytes:
        data = read(bytes.fromhex(path.rpartition("/")[2]))
        if data is None or len(data) > largest:
            raise CertificateError("list-missing", "a part of it was not handed in")
        return data

    return get


def forget(connection: Connection, *, named: Collection[bytes], at: datetime) -> None:
    """Delete what is old and not among these."""
    old = connection.execute(
        select(_table.sha256).where(_table.received_at < instant_to_text(at - KEPT)).order_by(_table.sha256)
    ).scalars()
    for name in [name for name in old if name not in named]:
        connection.execute(delete(ministry_files).where(_table.sha256 == name))
