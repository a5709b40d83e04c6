"""The ministry's list of enrolled units on its way between the ministry's machines: the centre carries it, no more."""

from contextlib import suppress
from functools import partial
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from api.audit import record_act
from api.auth import Session, refuse_all_but_ministry, refuse_suspended
from api.checkers.publishing import pinned_roots
from api.context import Centre
from api.errors import CentreError
from api.ministry.files import forget, parts_reader, read_file
from api.store.schema_ministry import unit_lists
from api.store.transactions import Turn, writing
from certificates import unit_list
from certificates.errors import CertificateError
from certificates.records.model import instant_to_text

KEPT: Final = 2  # versions: a machine may be fetching the parts of the one before
_table = unit_lists.c


def newest(centre: Centre, session: Session) -> bytes:
    """The manifest of the newest list. Raises CentreError ``role``, ``list-missing``: none was handed in yet."""
    with centre.engine.connect() as connection:
        refuse_all_but_ministry(connection, session)
        manifest: bytes | None = connection.execute(
            select(_table.manifest).order_by(_table.version.desc()).limit(1)
        ).scalar_one_or_none()
    if manifest is None:
        raise CentreError("list-missing")
    return manifest


def receive(centre: Centre, session: Session, manifest: bytes) -> int:
    """Carry this list from now on, whose parts are here already; returns its version. May be repeated.

    Raises CentreError ``role``, ``token-suspended``, ``lists-roots``, ``units-refused`` (no list by a signer below the
    service's own roots, or not in force, or a part is missing), ``units-older`` (another one is as new, or newer).
    """
    now, roots = centre.clock(), pinned_roots(centre.settings)
    try:
        found = unit_list.verify(manifest, roots)
        unit_list.check_in_force(found, at=now, seen=0)
    except CertificateError as error:
        raise CentreError("units-refused", error.detail) from error
    with writing(centre.engine, Turn.ALONE) as connection:
        refuse_all_but_ministry(connection, session)
        refuse_suspended(connection, session)
        here = connection.execute(select(_table.manifest).where(_table.version == found.version)).scalar_one_or_none()
        if here == manifest:
            return found.version
        if (connection.execute(select(func.max(_table.version))).scalar_one() or 0) >= found.version:
            raise CentreError("units-older", "a list of this version or a newer one is here")
        try:
            count = len(unit_list.read_entries(found, parts_reader(partial(read_file, connection))))
        except CertificateError as error:
            raise CentreError("units-refused", error.detail) from error
        at = instant_to_text(now)
        connection.execute(
            insert(unit_lists).values(
                version=found.version, manifest=manifest, received_at=at, received_from=session.actor
            )
        )
        record_act(
            connection,
            at=now,
            actor=session.actor,
            act="unit-list",
            subject=f"version-{found.version}",
            reason=f"entries {count}",
            token=session.certificate.fingerprint,
        )
        connection.execute(delete(unit_lists).where(_table.version <= found.version - KEPT))
        forget(connection, named=_named(connection, roots), at=now)
    return found.version


def _named(connection: Connection, roots: tuple[bytes, ...]) -> frozenset[bytes]:
    named: set[bytes] = set()
    for manifest in connection.execute(select(_table.manifest)).scalars():
        with suppress(CertificateError):  # of a root that is pinned no more
            named |= {part.sha256 for part in unit_list.verify(manifest, roots).parts}
    return frozenset(named)
