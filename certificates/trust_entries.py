"""The entries of a trust list: a DSC, for which country and which kinds of certificate, and from when it counts.

A draft of a list is JSON that the signing officer can read, and change, before a key signs it.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from certificates.countries import COUNTRIES, iso_country
from certificates.cwt import parse_rfc3339
from certificates.errors import IssuanceError
from certificates.list_signing import is_list_signer
from certificates.pki import ALL_KINDS, SigningCertificate
from certificates.records.model import instant_to_text

MAX_DRAFT: Final = 32 * 1024 * 1024  # bytes
KIND_ORDER: Final = "vtr"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustEntry:
    """A DSC on a trust list.

    Attributes:
        certificate: as it was issued.
        country: ISO 3166-1 alpha-2; the certificate's own where it names one.
        kinds: which of the DCC's kinds (v, t, r) it is trusted for; never more than its EKU allows.
        use_from: nothing that was signed before counts. Never before the certificate's own beginning.
    """

    certificate: SigningCertificate
    country: str
    kinds: frozenset[str]
    use_from: datetime

    @classmethod
    def of(
        cls,
        der: bytes,
        *,
        country: str | None = None,
        kinds: frozenset[str] = ALL_KINDS,
        use_from: datetime | None = None,
    ) -> "TrustEntry":
        """An entry for a DER certificate, trusted as far as the certificate and the arguments allow both.

        Raises:
            IssuanceError: ``certificate-form``, ``certificate-key``, ``entry-usage`` (a CA, a list signer, or no kind
                is left), ``entry-country`` (none, unknown, or not the certificate's), ``entry-time`` (it has ended when
                it would first count).
        """
        certificate = SigningCertificate.from_der(der)
        if certificate.is_ca or is_list_signer(der):
            raise IssuanceError("entry-usage", f"{certificate.subject} is no document signer")
        allowed = certificate.kinds & kinds
        if not allowed:
            raise IssuanceError("entry-usage", f"{certificate.subject} may sign no certificate of these kinds")
        place = iso_country(country or certificate.country or "")
        if place not in COUNTRIES or iso_country(certificate.country or place) != place:
            raise IssuanceError("entry-country", f"{certificate.subject} does not belong to {place or 'any country'}")
        begin = max((use_from or certificate.not_before).replace(microsecond=0), certificate.not_before)
        if begin > certificate.not_after:
            raise IssuanceError("entry-time", f"{certificate.subject} ends before it would count")
        return cls(certificate=certificate, country=place, kinds=allowed, use_from=begin)

    @property
    def usage(self) -> str:
        """`kinds` as a text, in the order v, t, r."""
        return "".join(kind for kind in KIND_ORDER if kind in self.kinds)

    def signer(self) -> SigningCertificate:
        """The certificate as far as the list trusts it: what a checker decides by."""
        return replace(self.certificate, country=self.country, kinds=self.kinds, not_before=self.use_from)

    def to_dict(self) -> dict[str, Any]:
        """The entry as JSON; ``certificate`` is base64 DER, times are RFC 3339 in UTC."""
        certificate = self.certificate
        return {
            "country": self.country,
            "subject": certificate.subject,
            "kid": certificate.kid.hex(),
            "fingerprint": certificate.fingerprint.hex(),
            "not_before": instant_to_text(certificate.not_before),
            "not_after": instant_to_text(certificate.not_after),
            "use_from": instant_to_text(self.use_from),
            "usage": self.usage,
            "certificate": base64.b64encode(certificate.der).decode(),
        }


def in_order(entries: Iterable[TrustEntry]) -> tuple[TrustEntry, ...]:
    """Entries in the one order of a list: by country, then fingerprint; of the same DSC the first one given."""
    by_certificate: dict[bytes, TrustEntry] = {}
    for entry in entries:
        by_certificate.setdefault(entry.certificate.fingerprint, entry)
    return tuple(sorted(by_certificate.values(), key=sort_key))


def sort_key(entry: TrustEntry) -> tuple[str, bytes]:
    """What entries are sorted by, and what no two of a list share."""
    return entry.country, entry.certificate.fingerprint


def write_draft(entries: Iterable[TrustEntry]) -> bytes:
    """A draft in JSON, UTF-8. Of an entry ``certificate``, ``country``, ``usage`` and ``use_from`` count when read."""
    document = {"entries": [entry.to_dict() for entry in in_order(entries)]}
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def read_draft(data: bytes) -> tuple[TrustEntry, ...]:
    """Read a draft back.

    Raises:
        IssuanceError: ``draft-form``, or what `TrustEntry.of` refuses.
    """
    if len(data) > MAX_DRAFT:
        raise IssuanceError("draft-form", "the draft is too large")
    try:
        document = json.loads(data)
        if type(document) is not dict or type(document["entries"]) is not list:
            raise IssuanceError("draft-form", "the draft has no list of entries")
        return in_order(map(_entry, document["entries"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IssuanceError("draft-form", "this is no draft of a trust list") from error


def _entry(given: Any) -> TrustEntry:
    usage, country = given["usage"], given["country"]
    if type(usage) is not str or not set(usage) <= ALL_KINDS or type(country) is not str:
        raise IssuanceError("draft-form", "the usage is letters of v, t and r, the country two letters")
    return TrustEntry.of(
        base64.b64decode(given["certificate"], validate=True),
        country=country,
        kinds=frozenset(usage),
        use_from=parse_rfc3339(given["use_from"]),
    )
