"""The claims of a passport: CBOR Web Token (RFC 8392) with the health certificate inside (hcert-spec 1.0.8, 3.3)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import cbor2

from certificates.cbor import CborError, DateText, decode_item
from certificates.errors import CheckError, CheckReason
from certificates.other_codes import NotHealthCertificate, identify_claim

if TYPE_CHECKING:
    from certificates.payload import HealthCertificate

CLAIM_ISS: Final = 1  # RFC 8392, 3.1.1
CLAIM_EXP: Final = 4  # RFC 8392, 3.1.4
CLAIM_IAT: Final = 6  # RFC 8392, 3.1.6
CLAIM_HCERT: Final = -260  # hcert-spec 3.3.7
HCERT_DCC: Final = 1  # hcert-spec 3.3.7: eu_dgc_v1

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_TIME: Final = 253402300800  # seconds: year 10000, where calendars of most languages end
_RFC3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII
)  # RFC 3339, 5.6


@dataclass(frozen=True, slots=True, kw_only=True)
class CwtClaims:
    """The claims we issue. ``issuer`` is ISO 3166-1 alpha-2; times are whole seconds since 1970."""

    issuer: str
    issued_at: int
    expires_at: int
    certificate: "HealthCertificate"

    def encode(self) -> bytes:
        """``{1: iss, 4: exp, 6: iat, -260: {1: DCC}}`` in deterministic CBOR: the keys stand in its order already,
        which spares the encoder a sort that takes longer than the encoding."""
        return cbor2.dumps(
            {
                CLAIM_ISS: self.issuer,
                CLAIM_EXP: self.expires_at,
                CLAIM_IAT: self.issued_at,
                CLAIM_HCERT: {HCERT_DCC: self.certificate.to_dict()},
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReadClaims:
    """The claims of somebody's certificate. ``dcc`` is not checked yet; times are aware, UTC."""

    issuer: str | None
    issued_at: datetime
    expires_at: datetime
    dcc: dict[str, Any]


def decode_claims(payload: bytes) -> ReadClaims:
    """Read the claims. Times may be integers, floats or tagged dates (live codes have them).

    Raises:
        CheckError: CWT.
    """
    try:
        claims = decode_item(payload)
    except CborError as error:
        raise _refused(str(error)) from error
    if not isinstance(claims, dict):
        raise _refused("the claims are not a map")
    issuer = claims.get(CLAIM_ISS)
    if issuer is not None and type(issuer) is not str:
        raise _refused("iss is not a text")
    hcert = claims.get(CLAIM_HCERT)
    dcc = hcert.get(HCERT_DCC) if isinstance(hcert, dict) else None
    if not isinstance(dcc, dict):
        kind = identify_claim(hcert)
        if kind is not None:
            raise NotHealthCertificate(CheckReason.CWT, kind)
        raise _refused("there is no health certificate inside")
    return ReadClaims(
        issuer=issuer,
        issued_at=_instant(claims.get(CLAIM_IAT), "iat"),
        expires_at=_instant(claims.get(CLAIM_EXP), "exp"),
        dcc=dcc,
    )


def parse_rfc3339(text: str) -> datetime:
    """An RFC 3339 date-time with its offset, in UTC; digits after the microsecond are dropped.

    Raises:
        ValueError: any other notation, or a date that is not in the calendar.
    """
    if not _RFC3339.fullmatch(text):
        raise ValueError("not an RFC 3339 date-time")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a date outside the calendar") from error


def _instant(value: object, claim: str) -> datetime:
    if type(value) is int or type(value) is float:
        if 0 <= value < _END_OF_TIME:  # which no NaN is
            return _EPOCH + timedelta(0, value)
    elif isinstance(value, DateText):
        try:
            return parse_rfc3339(value.text)
        except ValueError as error:
            raise _refused(f"{claim} is not a date") from error
    raise _refused(f"{claim} is missing or not a date")


def _refused(detail: str) -> CheckError:
    return CheckError(CheckReason.CWT, detail)
