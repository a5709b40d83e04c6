"""Whether the country that a certificate names as its issuer (``iss``) is its signer's.

The specification leaves ``iss`` optional, and live codes hold other things than country codes ("CH BAG", "CNAM"). What
must not pass is one country's signer that speaks for another country: acceptance rules and revocation go by ``iss``.
"""

import re
from enum import StrEnum
from typing import Final

from certificates.countries import COUNTRIES, iso_country

_NAMED: Final = re.compile(r"\s*([A-Z]{2})(?![^\W_])", re.IGNORECASE | re.ASCII)

# States whose signers may sign for territories that have an ISO code of their own; not the other way round.
_TERRITORIES: Final = {
    "AU": frozenset({"CC", "CX", "NF"}),
    "CN": frozenset({"HK", "MO"}),
    "DK": frozenset({"FO", "GL"}),
    "FI": frozenset({"AX"}),
    "FR": frozenset({"BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT"}),
    "GB": frozenset({"AI", "BM", "FK", "GG", "GI", "IM", "IO", "JE", "KY", "MS", "PN", "SH", "TC", "VG"}),
    "NL": frozenset({"AW", "BQ", "CW", "SX"}),
    "NO": frozenset({"SJ"}),
    "NZ": frozenset({"CK", "NU", "TK"}),
    "US": frozenset({"AS", "GU", "MP", "PR", "VI"}),
}


class IssuerRule(StrEnum):
    """What ``iss`` must say."""

    ANY = "any"  # whatever it says
    COUNTRY = "country"  # where it names a country and the signer has one: the same, or a territory of it
    EXACT = "exact"  # exactly the signer's country code


def issuer_fits(issuer: str | None, country: str | None, rule: IssuerRule) -> bool:
    """Whether a signer of ``country`` (None: it names none) may sign for ``issuer``, the claim as it was signed."""
    if rule is IssuerRule.ANY or (issuer is not None and issuer == country):
        return True
    if rule is IssuerRule.EXACT:
        return False
    named = named_country(issuer)
    own = named_country(country)
    return named is None or own is None or named == own or named in _TERRITORIES.get(own, ())


def named_country(text: str | None) -> str | None:
    """The ISO 3166-1 country that a text begins with ("CH BAG", "FR-971"); None where it names none."""
    match = _NAMED.match(text) if text is not None else None
    code = iso_country(match[1]) if match else ""
    return code if code in COUNTRIES else None
