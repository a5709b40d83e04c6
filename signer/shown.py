"""What a person sees before saying yes: read out of the very bytes that the key will sign, and out of nothing else."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final

from certificates import purposes
from certificates.cbor import CborError, decode_item
from certificates.cwt import ReadClaims, decode_claims
from certificates.errors import CheckError, IssuanceError
from certificates.records.dates import local_day
from certificates.valuesets import PRODUCTS

_PRODUCT_NAMES: Final = {product.mp: product.name for product in PRODUCTS.values()}
_CLAIMS_OF_CONFIRMATION: Final = 4  # [version, record id, record version, record digest, claims]


def _claims_of_confirmation(payload: bytes) -> bytes:
    claims: bytes = decode_item(payload)[_CLAIMS_OF_CONFIRMATION]
    return claims


_INSIDE: Final[dict[bytes, Callable[[bytes], bytes]]] = {
    purposes.PASSPORT: bytes,
    purposes.CONFIRMATION: _claims_of_confirmation,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """One line of the table, all of it decoded from a Sig_structure."""

    surname: str
    given_name: str
    date_of_birth: str
    dose: str
    given_on: str
    product: str
    certificate_code: str
    expires_on: str

    def to_list(self) -> list[str]:
        """The fields in their order."""
        return [getattr(self, one.name) for one in fields(self)]


def read_claims(message: bytes) -> ReadClaims:
    """The claims inside a passport's or a confirmation's Sig_structure (RFC 9052, 4.4).

    Raises IssuanceError ``tbs-form``: these bytes are nothing that an agent signs for a record.
    """
    try:
        _, _, purpose, payload = decode_item(message)
        return decode_claims(_INSIDE[purpose](payload))
    except (CborError, CheckError, TypeError, ValueError, IndexError, KeyError) as error:
        raise IssuanceError("tbs-form", "the message is neither a passport's nor a confirmation's") from error


def row_of(claims: ReadClaims) -> ShownRow:
    """The line of the table for these claims. Raises IssuanceError ``tbs-form``."""
    try:
        name, entry = claims.dcc["nam"], claims.dcc["v"][0]
        return ShownRow(
            surname=_text(name.get("fn") or name.get("fnt") or ""),
            given_name=_text(name.get("gn") or name.get("gnt") or ""),
            date_of_birth=_text(claims.dcc["dob"]),
            dose=f"{entry['dn']}/{entry['sd']}",
            given_on=_text(entry["dt"]),
            product=f"{_PRODUCT_NAMES.get(entry['mp'], '?')} ({entry['mp']})",
            certificate_code=_text(entry["ci"]),
            expires_on=local_day(claims.expires_at).isoformat(),
        )
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise IssuanceError("tbs-form", "the message holds no vaccination") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value
