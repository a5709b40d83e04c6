"""What a revoked passport is on the list of checkers: truncated hashes, each below the kid of a signer.

The hash is of the certificate code (UCI), below every key that was ever asked to sign a passport with this code. So it
also catches a second signature that came late, or that the centre never saw, whoever's key made it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, case, delete, func, null, select, update

from api.store.arrays import insert_many_new, one_of
from api.store.schema import jobs, leases, revocation_entries, revocation_orders, revoked_passports
from certificates.cose import KID_SIZE
from certificates.revocation.hashes import HashType, uci_hash

REVOKED: Final = "revoked"  # what an entry shall say, and what the newest list says
VALID: Final = "valid"


class EntryKey(NamedTuple):
    """A row of ``revocation_entries``."""

    scope: bytes
    hash_type: str
    hash: bytes


def revoke_entries(connection: Connection, passports: Sequence[Row[Any]], *, not_before: str) -> None:
    """Want the entries of these passports (rows with uvci, record_id, version, expires_at) on the list.

    Args:
        not_before: until then no draft holds them, unless another order wants them earlier; RFC 3339.
    """
    uvcis = [row.uvci for row in passports]
    scopes = _scopes(connection, [row.record_id for row in passports])
    wanted = {
        EntryKey(scope, HashType.UCI.value, uci_hash(row.uvci)): row
        for row in passports
        for scope in scopes[row.record_id, row.version]
    }
    entries = {key: (row.uvci, row.expires_at) for key, row in wanted.items()}
    if add_entries(connection, entries, not_before=not_before) == len(entries):
        return
    table = revocation_entries.c
    stays = table.wanted == REVOKED
    earlier = case(
        (stays & table.not_before.is_(None), null()),
        (stays & (table.not_before < not_before), table.not_before),
        else_=not_before,
    )
    connection.execute(update(revocation_entries).where(*_of(uvcis)).values(wanted=REVOKED, not_before=earlier))


def add_entries(
    connection: Connection, entries: Mapping[EntryKey, tuple[str, str]], *, not_before: str | None = None
) -> int:
    """Write those entries that are not there yet, each with its certificate code and its expiry (text); returns how
    many that were."""
    general = {"wanted": REVOKED, "not_before": not_before}
    rows = [key._asdict() | general | {"uvci": uvci, "expires_at": ends} for key, (uvci, ends) in entries.items()]
    return insert_many_new(connection, revocation_entries, rows)


def withdraw_entries(connection: Connection, uvcis: Sequence[str]) -> None:
    """Want the entries of these passports off the list; what never went out in a draft is forgotten."""
    connection.execute(delete(revocation_entries).where(*_of(uvcis), revocation_entries.c.draft_id.is_(None)))
    connection.execute(update(revocation_entries).where(*_of(uvcis)).values(wanted=VALID))


def postpone_entries(connection: Connection, uvcis: Sequence[str]) -> None:
    """An order over these passports was taken back, others are in force: published when the first of those may be."""
    held, order = revoked_passports.alias(), revocation_orders.alias()
    first = (
        select(func.min(func.coalesce(order.c.publish_from, "")))
        .select_from(held)
        .join(order, order.c.order_id == held.c.order_id)
        .where(held.c.uvci == revocation_entries.c.uvci, order.c.withdrawn_at.is_(None))
        .scalar_subquery()
    )
    connection.execute(update(revocation_entries).where(*_of(uvcis)).values(not_before=first))


def _of(uvcis: Sequence[str]) -> tuple[Any, Any]:
    """Conditions: by the certificate code of one of these passports. A late signature's entry is not among them."""
    return revocation_entries.c.uvci.in_(uvcis), revocation_entries.c.hash_type == HashType.UCI.value


def _scopes(connection: Connection, record_ids: Sequence[str]) -> dict[tuple[str, int], set[bytes]]:
    """The kids of all keys that were asked to sign a version's passport; a kid begins the fingerprint."""
    rows = connection.execute(
        select(jobs.c.record_id, jobs.c.version, leases.c.fingerprint)
        .join(leases, leases.c.lease_id == jobs.c.lease_id)
        .where(one_of(connection, jobs.c.record_id, record_ids), jobs.c.task == "issue")
    )
    scopes: dict[tuple[str, int], set[bytes]] = {}
    for row in rows:
        scopes.setdefault((row.record_id, row.version), set()).add(row.fingerprint[:KID_SIZE])
    return scopes
