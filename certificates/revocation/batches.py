"""Revocation batches as the EU gateway exchanges them: JSON, one country, kid and hash type, 1 to 1,000 hashes.

    {"country": "VN", "expires": "2027-01-01T00:00:00Z", "kid": "2Rk3X8HntrI=", "hashType": "UCI",
     "entries": [{"hash": "TA/gJg6xoyUDqeElh0QmXA=="}]}

The gateway wraps a batch in a CMS by the country's upload certificate. It was verified before a batch comes here.
"""

import base64
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from certificates.cose import KID_SIZE
from certificates.countries import COUNTRIES
from certificates.errors import CertificateError
from certificates.records.model import instant_to_text
from certificates.revocation.hashes import HASH_SIZE, HashType
from certificates.trust import TrustStore

MAX_ENTRIES: Final = 1000
MAX_BATCH: Final = 1024 * 1024  # bytes; a full one has about 40,000
_UNKNOWN_KID: Final = "UNKNOWN_KID"  # the gateway's word for a kid that is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationBatch:
    """Hashes of 16 bytes that ``country`` revoked, and when they no longer matter; without kid for all its signers."""

    country: str
    kid: bytes | None
    hash_type: HashType
    expires_at: datetime
    entries: tuple[bytes, ...]

    def to_json(self) -> bytes:
        """The batch as the gateway takes it, in UTF-8."""
        batch = {
            "country": self.country,
            "expires": instant_to_text(self.expires_at),
            "kid": _UNKNOWN_KID if self.kid is None else base64.b64encode(self.kid).decode(),
            "hashType": self.hash_type.value,
            "entries": [{"hash": base64.b64encode(entry).decode()} for entry in self.entries],
        }
        return json.dumps(batch).encode()

    def scope(self, trust: TrustStore) -> bytes:
        """Whose certificates it revokes, as in `certificates.revocation.lists.Group`.

        Raises:
            CertificateError: ``batch-country``: the kid belongs to a signer of another country.
        """
        if self.kid is None:
            return self.country.encode()
        if any(signer.country != self.country for signer in trust.signers(self.kid)):
            raise CertificateError("batch-country", f"{self.country} may not revoke what another country signed")
        return self.kid


def read_batch(data: bytes) -> RevocationBatch:
    """Read a batch. Raises CertificateError ``batch-form``."""
    if len(data) > MAX_BATCH:
        raise _malformed("it is too large")
    try:
        batch = json.loads(data)
        kid, hashes = batch["kid"], batch["entries"]
        if type(hashes) is not list or not 1 <= len(hashes) <= MAX_ENTRIES:
            raise _malformed("there are none, or more than 1,000 entries")
        return RevocationBatch(
            country=_country(batch["country"]),
            kid=None if kid == _UNKNOWN_KID else _octets(kid, KID_SIZE),
            hash_type=HashType(batch["hashType"]),
            expires_at=_instant(batch["expires"]),
            entries=tuple(_octets(entry["hash"], HASH_SIZE) for entry in hashes),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise _malformed("this is no revocation batch") from error


def make_batches(
    country: str, kid: bytes, hash_type: HashType, entries: Collection[bytes], *, expires_at: datetime
) -> Iterator[RevocationBatch]:
    """Entries in batches of up to 1,000, ascending."""
    in_order = sorted(set(entries))
    for start in range(0, len(in_order), MAX_ENTRIES):
        yield RevocationBatch(
            country=country,
            kid=kid,
            hash_type=hash_type,
            expires_at=expires_at,
            entries=tuple(in_order[start : start + MAX_ENTRIES]),
        )


def _country(value: Any) -> str:
    if type(value) is not str or value not in COUNTRIES:
        raise ValueError("no country")
    return value


def _instant(value: Any) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("a time without its zone")
    return instant.astimezone(UTC)


def _octets(value: Any, size: int) -> bytes:
    octets = base64.b64decode(value, validate=True)
    if type(value) is not str or len(octets) != size:
        raise ValueError("not base64 of the right size")
    return octets


def _malformed(detail: str) -> CertificateError:
    return CertificateError("batch-form", detail)
