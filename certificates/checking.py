"""The way back: from the text of a QR code to a verdict, offline."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from certificates import purposes
from certificates.cbor import DateText
from certificates.cose import CoseHeaders, CoseSign1, decode_cose_sign1, read_headers, sig_structure
from certificates.cwt import ReadClaims, decode_claims
from certificates.errors import CheckError, CheckReason
from certificates.hc1 import decode_hc1
from certificates.issuer_country import IssuerRule, issuer_fits
from certificates.pki import SigningCertificate, verify_signature
from certificates.revocation.index import RevocationIndex
from certificates.schema import check_dcc
from certificates.signing import Algorithm
from certificates.trust import TrustStore
from certificates.usual import is_usual

_KINDS: Final = ("v", "t", "r")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CheckedCertificate:
    """A certificate that is valid at the time it was checked for, and who signed it. Made by `check_text` only."""

    claims: ReadClaims
    cose: CoseSign1
    signer: SigningCertificate
    kids: tuple[bytes, ...]
    """Under which kids it may be revoked: the signer's; all of the signer's key, where no signature covers the kid."""

    @property
    def payload(self) -> Mapping[str, Any]:
        """The DCC as it was signed."""
        return self.claims.dcc

    @property
    def issuer(self) -> str | None:
        """``iss``, as signed."""
        return self.claims.issuer

    @property
    def kid(self) -> bytes:
        return self.signer.kid

    @property
    def algorithm(self) -> Algorithm:
        return self.signer.algorithm

    @property
    def issued_at(self) -> datetime:
        return self.claims.issued_at

    @property
    def expires_at(self) -> datetime:
        return self.claims.expires_at


def check_text(
    text: str,
    trust: TrustStore,
    at: datetime,
    revocation: RevocationIndex | None = None,
    *,
    issuer: IssuerRule = IssuerRule.COUNTRY,
) -> CheckedCertificate:
    """Decide on the text of a QR code.

    The order of the steps is the order of `CheckReason`: the first that fails is the reason.

    Args:
        text: as scanned, ``HC1:...``.
        trust: whose signatures count.
        at: the time to check for, aware.
        revocation: what is revoked; None where no list is at hand.
        issuer: what ``iss`` must say of the signer's country (`certificates.issuer_country`).

    Raises:
        CheckError: the certificate is not valid; nothing else is raised for any text.
    """
    cose = decode_cose_sign1(decode_hc1(text))
    headers = read_headers(cose)
    signers = _find_signers(cose, headers, trust)
    claims = decode_claims(cose.payload)
    if at < claims.issued_at:
        raise CheckError(CheckReason.TIME, f"it is valid from {claims.issued_at:%Y-%m-%d %H:%M:%S} UTC only")
    if at > claims.expires_at:
        raise CheckError(CheckReason.TIME, f"it expired at {claims.expires_at:%Y-%m-%d %H:%M:%S} UTC")
    signer = _choose_signer(signers, claims, at, issuer)
    if not is_usual(claims.dcc):
        _make_plain(claims.dcc)
        check_dcc(claims.dcc, strict=False)
    checked = CheckedCertificate(claims=claims, cose=cose, signer=signer, kids=_kids(cose, signer, trust))
    if revocation is not None:
        revocation.check(checked)
    return checked


def _kids(cose: CoseSign1, signer: SigningCertificate, trust: TrustStore) -> tuple[bytes, ...]:
    """A kid in the unprotected header can be changed to that of another certificate of the same key."""
    if cose.unprotected_kid is None:
        return (signer.kid,)
    return tuple({one.kid for one in trust if one.public_key == signer.public_key})


def _make_plain(dcc: dict[str, Any]) -> None:
    """Leave only what JSON can say: tagged dates become texts; byte strings, NaN and the like are refused (SCHEMA)."""
    waiting: list[Any] = [dcc]
    while waiting:
        container = waiting.pop()
        is_map = type(container) is dict
        kind_of_key = str if is_map else int
        for key, value in container.items() if is_map else enumerate(container):
            if type(key) is not kind_of_key:
                raise CheckError(CheckReason.SCHEMA, "a name of a field is not a text")
            kind = type(value)
            if kind is str or kind is int or value is None or kind is bool:
                continue
            if kind is dict or kind is list:
                waiting.append(value)
            elif kind is DateText:
                container[key] = value.text
            elif kind is not float or not math.isfinite(value):
                raise CheckError(CheckReason.SCHEMA, "a value is neither text, number, list nor map")


def _find_signers(cose: CoseSign1, headers: CoseHeaders, trust: TrustStore) -> list[SigningCertificate]:
    if headers.kid is None:
        raise CheckError(CheckReason.KID, "there is no key identifier of 8 bytes")
    candidates = trust.signers(headers.kid)
    if not candidates:
        raise CheckError(CheckReason.KID, "no trusted signer has this key identifier")
    message = sig_structure(cose.protected, cose.payload, purposes.PASSPORT)
    signers = [
        candidate
        for candidate in candidates
        if candidate.algorithm == headers.algorithm and verify_signature(candidate, message, cose.signature)
    ]
    if not signers:
        raise CheckError(CheckReason.SIG, "the signature is not by the signer that it names")
    return signers


def _choose_signer(
    signers: list[SigningCertificate], claims: ReadClaims, at: datetime, issuer: IssuerRule
) -> SigningCertificate:
    """The first signer whose certificate allows this; when none does, the reason of the last one."""
    said = claims.dcc.get
    kinds = [kind for kind in _KINDS if said(kind)]
    refusal: CheckError | None = None
    for signer in signers:
        # iat before the certificate existed: back-dated. exp after its end is tolerated: live codes have it.
        if not signer.not_before <= claims.issued_at <= at <= signer.not_after:
            refusal = CheckError(CheckReason.DSCTIME, "the signer's certificate is not valid at this time")
        elif not signer.kinds.issuperset(kinds):
            refusal = CheckError(CheckReason.KEYUSAGE, "the signer may not sign this kind of certificate")
        elif not issuer_fits(claims.issuer, signer.country, issuer):
            refusal = CheckError(
                CheckReason.KEYUSAGE, "the signer may not sign for the country that is named as issuer"
            )
        else:
            return signer
    raise refusal or CheckError(CheckReason.SIG)
