"""The form that all signed lists share: trust lists, revocation lists and their chunks, rules, bundles.

The payload is the deterministic CBOR array

    [kind, 1, version, issued at, expires at, body]

with times in seconds since 1970. A version replaces all before it. It is signed as `certificates.list_signing` says,
with the purpose of its kind.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import cbor2

from certificates.cbor import CborError, decode_item
from certificates.errors import CertificateError, IssuanceError
from certificates.list_signing import open_list, sign_list
from certificates.pki import SigningCertificate
from certificates.signing import SigningKey

FORMAT: Final = 1
LARGEST: Final = 2**53 - 1  # of numbers, versions among them: what every reader can hold, in JSON and in a database
_PARTS: Final = 6
_MAX_ITEMS: Final = 2_000_000  # of CBOR; a revocation list of 250,000 chunks has 1.5 million
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
        "list-missing",  # a part that it names is not there
        "list-differs",  # a part is not the one that it names
    }
)
"""Why a list cannot be used: all there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKind:
    """A kind of list: the name in its payload, one of `certificates.purposes`, and its size in bytes at most."""

    name: str
    purpose: bytes
    max_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeLimits:
    """From which age a list is reported as old, and beyond which it is refused, whatever it says of itself.

    Somebody who keeps new lists away from a checker keeps what was withdrawn alive; the age is what gives that away.
    """

    warn: timedelta = timedelta(hours=24)
    refuse: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHead:
    """What every verified list says of itself, and who signed it."""

    version: int
    issued_at: datetime
    expires_at: datetime
    signer: SigningCertificate

    @classmethod
    def of(cls, head: "ListHead", **own: Any) -> Self:
        """What ``head`` says, with what a kind of list reads in its body."""
        return cls(
            version=head.version, issued_at=head.issued_at, expires_at=head.expires_at, signer=head.signer, **own
        )

    def age(self, at: datetime) -> timedelta:
        """How long before ``at`` it was issued."""
        return at - self.issued_at

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedList(ListHead):
    """A list whose signature was verified up to a pinned root; its body is for its kind to read. By `verify` only."""

    body: Any


def sign(
    kind: ListKind, body: object, key: SigningKey, *, version: int, issued_at: datetime, expires_at: datetime
) -> bytes:
    """A signed list. Times are aware and in whole seconds.

    Args:
        body: what CBOR can say, without maps.
        key: with a list-signing certificate (`certificates.profiles.issue_list_signer`).
        version: higher than that of every list of this kind before.

    Raises:
        IssuanceError: ``list-order`` (a version that no reader takes, or it ends before it begins),
            ``list-signer-usage``, ``signature-invalid``.
    """
    if not 1 <= version <= LARGEST or expires_at <= issued_at:
        raise IssuanceError("list-order", "a version is positive and not too large, and a list ends after it begins")
    payload = cbor2.dumps([kind.name, FORMAT, version, seconds(issued_at), seconds(expires_at), body])
    return sign_list(payload, key, kind.purpose)


def verify(data: bytes, roots: Collection[bytes], kind: ListKind) -> SignedList:
    """A list of this kind that a signer below a pinned root made, whether or not it is still in force.

    Args:
        data: what `sign` gave.
        roots: DER certificates of the pinned roots: one, or two while the root changes.

    Raises:
        CertificateError: ``list-form``, ``list-chain``, ``list-signer``, ``list-signature``, ``list-expired`` (its
            signer's certificate was not valid when it was issued).
    """
    unsealed = open_list(data, roots, kind.purpose, max_size=kind.max_size)
    try:
        item = decode_item(unsealed.payload, most=_MAX_ITEMS)
    except CborError as error:
        raise malformed(str(error)) from error
    if not (type(item) is list and len(item) == _PARTS and item[0] == kind.name):
        raise malformed(f"this is no {kind.name}")
    if type(item[1]) is not int or item[1] != FORMAT:
        raise malformed("the version of the format is not known")
    issued_at, expires_at = instant(item[3]), instant(item[4])
    if expires_at <= issued_at:
        raise malformed("it ends before it begins")
    if not unsealed.signer.not_before <= issued_at <= unsealed.signer.not_after:
        raise CertificateError("list-expired", "the list's signer was not valid when it was issued")
    return SignedList(
        version=natural(item[2]), issued_at=issued_at, expires_at=expires_at, signer=unsealed.signer, body=item[5]
    )


def natural(value: Any) -> int:
    """A positive integer up to `LARGEST`. Raises CertificateError ``list-form``."""
    if type(value) is not int or not 1 <= value <= LARGEST:
        raise malformed("a number is not a positive integer, or too large")
    return value


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970."""
    return int(moment.timestamp())


def instant(value: Any) -> datetime:
    """Back from `seconds`. Raises CertificateError ``list-form``."""
    try:
        if type(value) is int and value >= 0:
            return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise malformed("a time is out of range") from error
    raise malformed("a time is not a number of seconds")


def malformed(detail: str) -> CertificateError:
    """``list-form``, to be raised."""
    return CertificateError("list-form", detail)
