"""Signed trust lists: which DSCs count, in a version that replaces all before it and that expires.

The body of the list (`certificates.signed_list`) is

    [[certificate, country, usage, not before, not after, use from], ...]

with the DER certificate, the usage as letters of v, t and r, and times in seconds since 1970. Entries are sorted by
country and fingerprint.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from certificates import purposes, signed_list
from certificates.errors import IssuanceError
from certificates.pki import ALL_KINDS, SigningCertificate
from certificates.signed_list import AgeLimits, ListHead, ListKind, instant, malformed, seconds
from certificates.signing import SigningKey
from certificates.trust import TrustStore
from certificates.trust_entries import TrustEntry, in_order, sort_key

TRUST_LIST: Final = ListKind(
    name="trust-list",
    purpose=purposes.TRUST_LIST,
    max_size=16 * 1024 * 1024,  # all DSCs of the world together have about one megabyte
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustList(ListHead):
    """A list whose signature was verified up to a pinned root. Made by `verify` and `read` only."""

    entries: tuple[TrustEntry, ...]

    def store(self) -> TrustStore:
        """Whom to trust by this list: each DSC for its usage, and from its date on."""
        by_kid: dict[bytes, tuple[SigningCertificate, ...]] = {}
        for signer in map(TrustEntry.signer, self.entries):
            by_kid[signer.kid] = (*by_kid.get(signer.kid, ()), signer)
        return TrustStore(by_kid=by_kid)


def sign(
    entries: Iterable[TrustEntry], key: SigningKey, *, version: int, issued_at: datetime, expires_at: datetime
) -> bytes:
    """A signed list of these entries; see `signed_list.sign`.

    Raises:
        IssuanceError: ``list-empty``, and what `signed_list.sign` raises.
    """
    rows = [_row(entry) for entry in in_order(entries)]
    if not rows:
        raise IssuanceError("list-empty", "the list has no entry: nothing would be trusted")
    return signed_list.sign(TRUST_LIST, rows, key, version=version, issued_at=issued_at, expires_at=expires_at)


def read(
    data: bytes, roots: Collection[bytes], *, at: datetime, seen: int, limits: AgeLimits | None = None
) -> TrustList:
    """A list that may be used.

    Args:
        data: what `sign` gave.
        roots: DER certificates of the pinned roots: one, or two while the root changes.
        at: the time, aware.
        seen: the highest version that the caller ever accepted; 0 where there is none.
        limits: of its age; None for 24 hours and 7 days.

    Raises:
        CertificateError: one of `signed_list.CODES`.
    """
    trust_list = verify(data, roots)
    trust_list.check_usable(at, seen=seen, limits=limits or AgeLimits())
    return trust_list


def verify(data: bytes, roots: Collection[bytes]) -> TrustList:
    """A list that a signer below a pinned root made, whether or not it is still in force.

    Raises:
        CertificateError: as `signed_list.verify`.
    """
    found = signed_list.verify(data, roots, TRUST_LIST)
    if type(found.body) is not list or not found.body:
        raise malformed("this is no trust list, or an empty one")
    entries = tuple(map(_entry, found.body))
    if not all(sort_key(one) < sort_key(other) for one, other in pairwise(entries)):
        raise malformed("the entries are not in order")
    return TrustList.of(found, entries=entries)


def _row(entry: TrustEntry) -> list[bytes | str | int]:
    certificate = entry.certificate
    times = (certificate.not_before, certificate.not_after, entry.use_from)
    return [certificate.der, entry.country, entry.usage, *map(seconds, times)]


def _entry(row: Any) -> TrustEntry:
    """Back to an entry, which must be exactly the one that `_row` would write."""
    if not (type(row) is list and len(row) == 6 and list(map(type, row)) == [bytes, str, str, int, int, int]):
        raise malformed("an entry is broken")
    der, country, usage, _, _, use_from = row
    try:
        entry = TrustEntry.of(der, country=country, kinds=ALL_KINDS & set(usage), use_from=instant(use_from))
    except IssuanceError as error:
        raise malformed(f"an entry: {error.detail}") from error
    if _row(entry) != row:
        raise malformed("an entry does not fit its certificate")
    return entry
