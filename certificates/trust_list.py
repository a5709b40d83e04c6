"""Signed trust lists: which DSCs count, in a version that replaces all before it and that expires.

The payload is the deterministic CBOR array

    ["trust-list", 1, version, issued at, expires at, [[certificate, country, usage, not before, not after, use from]]]

with times in seconds since 1970, the DER certificate, and the usage as letters of v, t and r. Entries are sorted by
country and fingerprint. It is signed as `certificates.list_signing` says, with the purpose `purposes.TRUST_LIST`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import cbor2

from certificates import purposes
from certificates.cbor import CborError, decode_item
from certificates.errors import CertificateError, IssuanceError
from certificates.list_signing import open_list, sign_list
from certificates.pki import ALL_KINDS, SigningCertificate
from certificates.signing import SigningKey
from certificates.trust import TrustStore
from certificates.trust_entries import TrustEntry, in_order, sort_key

MAX_SIZE: Final = 16 * 1024 * 1024  # bytes; all DSCs of the world together have about one megabyte
FORMAT: Final = 1
KIND: Final = "trust-list"
CODES: Final = frozenset(
    {
        "list-form",  # not a signed list, or not in the one form that a signer gives it
        "list-chain",  # its signer is no list signer below a pinned root
        "list-signer",  # it names another signer than the certificate that came with it
        "list-signature",
        "list-rollback",  # older than a version that was seen
        "list-future",  # issued after the time it is read at
        "list-expired",  # itself, or its signer's certificate
        "list-age",  # older than the reader allows
    }
)
"""Why a trust list cannot be used: all there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeLimits:
    """From which age a list is reported as old, and beyond which it is refused, whatever it says of itself.

    Somebody who keeps new lists away from a checker keeps what was withdrawn alive; the age is what gives that away.
    """

    warn: timedelta = timedelta(hours=24)
    refuse: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustList:
    """A list whose signature was verified up to a pinned root. Made by `verify` and `read` only."""

    version: int
    issued_at: datetime
    expires_at: datetime
    entries: tuple[TrustEntry, ...]
    signer: SigningCertificate

    def age(self, at: datetime) -> timedelta:
        """How long before ``at`` it was issued."""
        return at - self.issued_at

    def store(self) -> TrustStore:
        """Whom to trust by this list: each DSC for its usage, and from its date on."""
        by_kid: dict[bytes, tuple[SigningCertificate, ...]] = {}
        for signer in map(TrustEntry.signer, self.entries):
            by_kid[signer.kid] = (*by_kid.get(signer.kid, ()), signer)
        return TrustStore(by_kid=by_kid)

    def check_usable(self, at: datetime, *, seen: int, limits: AgeLimits) -> None:
        """Raises CertificateError ``list-rollback``, ``list-future``, ``list-expired`` or ``list-age``."""
        if self.version < seen:
            raise CertificateError("list-rollback", f"version {self.version}, but {seen} was seen before")
        if at < self.issued_at:
            raise CertificateError(
                "list-future", f"version {self.version} is issued at {self.issued_at:%Y-%m-%d %H:%M} UTC"
            )
        if at > self.expires_at:
            raise CertificateError(
                "list-expired", f"version {self.version} ended at {self.expires_at:%Y-%m-%d %H:%M} UTC"
            )
        if at > self.signer.not_after:
            raise CertificateError("list-expired", "the certificate of the list's signer has ended")
        if self.age(at) > limits.refuse:
            raise CertificateError("list-age", f"version {self.version} is {self.age(at).days} days old")


def sign(
    entries: Iterable[TrustEntry], key: SigningKey, *, version: int, issued_at: datetime, expires_at: datetime
) -> bytes:
    """A signed list of these entries. Times are aware and in whole seconds.

    Args:
        key: with a list-signing certificate (`certificates.profiles.issue_list_signer`).
        version: higher than that of every list before.

    Raises:
        IssuanceError: ``list-empty``, ``list-order`` (no positive version, or it ends before it begins),
            ``list-signer-usage``, ``signature-invalid``.
    """
    rows = [_row(entry) for entry in in_order(entries)]
    if not rows:
        raise IssuanceError("list-empty", "the list has no entry: nothing would be trusted")
    if version < 1 or expires_at <= issued_at:
        raise IssuanceError("list-order", "a version is positive, and a list ends after it begins")
    payload = cbor2.dumps([KIND, FORMAT, version, _seconds(issued_at), _seconds(expires_at), rows], canonical=True)
    return sign_list(payload, key, purposes.TRUST_LIST)


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
        CertificateError: one of `CODES`.
    """
    trust_list = verify(data, roots)
    trust_list.check_usable(at, seen=seen, limits=limits or AgeLimits())
    return trust_list


def verify(data: bytes, roots: Collection[bytes]) -> TrustList:
    """A list that a signer below a pinned root made, whether or not it is still in force.

    Raises:
        CertificateError: ``list-form``, ``list-chain``, ``list-signer``, ``list-signature``, ``list-expired`` (its
            signer's certificate was not valid when it was issued).
    """
    unsealed = open_list(data, roots, purposes.TRUST_LIST, max_size=MAX_SIZE)
    version, issued_at, expires_at, rows = _parts(unsealed.payload)
    if not unsealed.signer.not_before <= issued_at <= unsealed.signer.not_after:
        raise CertificateError("list-expired", "the list's signer was not valid when it was issued")
    entries = tuple(map(_entry, rows))
    if not all(sort_key(one) < sort_key(other) for one, other in pairwise(entries)):
        raise _malformed("the entries are not in order")
    return TrustList(
        version=version, issued_at=issued_at, expires_at=expires_at, entries=entries, signer=unsealed.signer
    )


def _row(entry: TrustEntry) -> list[bytes | str | int]:
    certificate = entry.certificate
    times = (certificate.not_before, certificate.not_after, entry.use_from)
    return [certificate.der, entry.country, entry.usage, *map(_seconds, times)]


def _parts(payload: bytes) -> tuple[int, datetime, datetime, list[Any]]:
    try:
        item = decode_item(payload)
    except CborError as error:
        raise _malformed(str(error)) from error
    if not (type(item) is list and len(item) == 6 and item[0] == KIND and type(item[5]) is list and item[5]):
        raise _malformed("this is no trust list, or an empty one")
    if type(item[1]) is not int or item[1] != FORMAT:
        raise _malformed("the version of the format is not known")
    if type(item[2]) is not int or item[2] < 1:
        raise _malformed("the version is not a positive integer")
    issued_at, expires_at = _instant(item[3]), _instant(item[4])
    if expires_at <= issued_at:
        raise _malformed("it ends before it begins")
    return item[2], issued_at, expires_at, item[5]


def _entry(row: Any) -> TrustEntry:
    """Back to an entry, which must be exactly the one that `_row` would write."""
    if not (type(row) is list and len(row) == 6 and list(map(type, row)) == [bytes, str, str, int, int, int]):
        raise _malformed("an entry is broken")
    der, country, usage, _, _, use_from = row
    try:
        entry = TrustEntry.of(der, country=country, kinds=ALL_KINDS & set(usage), use_from=_instant(use_from))
    except IssuanceError as error:
        raise _malformed(f"an entry: {error.detail}") from error
    if _row(entry) != row:
        raise _malformed("an entry does not fit its certificate")
    return entry


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _instant(value: Any) -> datetime:
    try:
        if type(value) is int:
            return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise _malformed("a time is out of range") from error
    raise _malformed("a time is not an integer")


def _malformed(detail: str) -> CertificateError:
    return CertificateError("list-form", detail)
