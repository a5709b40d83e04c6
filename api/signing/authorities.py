"""Where an enrolled certificate stands with the authority that issued it: chain and revocation, asked and remembered.

At enrolment a fresh answer is needed. Afterwards answers are remembered (`standings`) and asked for again by the
service and by `vaxseal admin recheck`; nothing that a client sends leads to a question. See docs/adr/0032.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, bindparam, delete, insert, select

from api.config import Settings
from api.errors import CentreError
from api.signing.fetching import Fetch, fetcher
from api.store.schema import standings
from certificates.authorities import verify_chain
from certificates.authority_status import addresses_of, ocsp_request, read_crl, read_ocsp
from certificates.crl import read_csca_crl
from certificates.errors import IssuanceError
from certificates.records.model import instant_from_text, instant_to_text
from certificates.trust import read_certificates

UNCHECKED: Final = "certificate-unchecked"  # why a record is held whose signature came without a fresh answer
_SUFFIXES: Final = (".pem", ".crt", ".cer", ".der")
_CHECKED: Final = select(standings.c.checked_at).where(standings.c.fingerprint == bindparam("token"))

Source = Literal["unasked", "own", "ocsp", "crl"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorities:
    """The DER certificates that the operator named: our own authorities, and those of others, roots and between.

    ``own_lists``: what `vaxseal ca revoke` made, PEM or DER, from files ``.crl`` beside our own authorities.
    """

    own: tuple[bytes, ...]
    others: tuple[bytes, ...]
    own_lists: tuple[bytes, ...] = ()

    @classmethod
    def load(cls, settings: Settings) -> "Authorities":
        """Raises CentreError ``authorities-file``."""
        return cls(
            own=tuple(_read(settings.own_roots)),
            others=tuple(_read(settings.unit_ca_roots)),
            own_lists=tuple(_read_lists(settings.own_roots)),
        )

    @property
    def named(self) -> bool:
        return bool(self.own or self.others)


def check_standing(
    der: bytes,
    authorities: Authorities,
    *,
    settings: Settings,
    at: datetime,
    fetch: Fetch | None = None,
    lists_first: bool = False,
) -> Source:
    """Who vouched for the certificate at this moment.

    ``unasked``: in development, where no authority is named. ``own``: it is below our own authority, which has no
    service to ask, and on none of its lists. Else every certificate of the chain was asked for.

    Raises CentreError ``enrol-authority`` (none is named, in production), ``enrol-chain``, ``enrol-revoked``, or
    ``enrol-revocation`` (nobody gives a fresh answer).
    """
    if not authorities.named:
        if settings.environment == "production":
            raise CentreError(
                "enrol-authority", "set VAXSEAL_OWN_ROOTS or VAXSEAL_UNIT_CA_ROOTS: whose certificates are enrolled?"
            )
        return "unasked"
    ours = _chain(der, authorities.own, at)
    if ours:
        _refuse_listed(ours[0], ours[-1], authorities.own_lists)
        return "own"
    chain = _chain(der, authorities.others, at)
    if not chain:
        raise CentreError("enrol-chain", "no valid way leads from the certificate to an authority that you named")
    asked = fetch or fetcher(allow_loopback=settings.environment == "development")
    sources = [
        _ask(certificate, issuer, at=at, fetch=asked, lists_first=lists_first)
        for certificate, issuer in pairwise(chain)
    ]
    return sources[0]


def note_standing(connection: Connection, fingerprint: bytes, source: Source, at: datetime) -> None:
    """Remember an answer; what needs none is not bounded in its age."""
    connection.execute(delete(standings).where(standings.c.fingerprint == fingerprint))
    if source in ("ocsp", "crl"):
        connection.execute(
            insert(standings).values(fingerprint=fingerprint, checked_at=instant_to_text(at), source=source)
        )


def is_stale(connection: Connection, fingerprint: bytes, *, settings: Settings, now: datetime) -> bool:
    """Whether the last answer about this certificate is too old to take signatures for good."""
    checked_at = connection.execute(_CHECKED, {"token": fingerprint}).scalar_one_or_none()
    longest = timedelta(hours=settings.revocation_max_age_hours)
    return checked_at is not None and instant_from_text(checked_at) + longest < now


def _read(path: Path | None) -> Iterator[bytes]:
    if path is None:
        return
    try:
        files = sorted(one for one in path.iterdir() if one.suffix in _SUFFIXES) if path.is_dir() else [path]
        for file in files:
            yield from read_certificates(file.read_bytes())
    except (OSError, IssuanceError) as error:
        raise CentreError("authorities-file", f"{path}: no certificates of authorities can be read there") from error


def _read_lists(path: Path | None) -> Iterator[bytes]:
    """Lists that cannot be read are no reason to believe that nothing is revoked."""
    for file in sorted(path.glob("*.crl")) if path is not None and path.is_dir() else ():
        try:
            yield file.read_bytes()
        except OSError as error:
            raise CentreError("authorities-file", f"{file} cannot be read") from error


def _refuse_listed(certificate: x509.Certificate, root: x509.Certificate, lists: tuple[bytes, ...]) -> None:
    """By our own authority's lists, of any age: what it revoked stays revoked."""
    authority = root.public_bytes(Encoding.DER)
    for data in lists:
        try:
            entries = read_csca_crl(data, authority).entries
        except IssuanceError as error:
            if error.code == "crl-signature":  # another of our authorities'
                continue
            raise CentreError("authorities-file", "a file .crl beside our authorities is no list of theirs") from error
        if any(entry.serial == certificate.serial_number for entry in entries):
            raise CentreError("enrol-revoked", "our own authority has revoked the certificate")


def _chain(der: bytes, authorities: tuple[bytes, ...], at: datetime) -> tuple[x509.Certificate, ...]:
    try:
        return verify_chain(der, authorities, at=at)
    except IssuanceError:
        return ()


def _ask(
    certificate: x509.Certificate, issuer: x509.Certificate, *, at: datetime, fetch: Fetch, lists_first: bool
) -> Literal["ocsp", "crl"]:
    addresses = addresses_of(certificate)
    answerers: list[tuple[Literal["ocsp", "crl"], str]] = [("ocsp", address) for address in addresses.ocsp]
    lists: list[tuple[Literal["ocsp", "crl"], str]] = [("crl", address) for address in addresses.crl]
    failure: Exception | None = None
    for kind, address in lists + answerers if lists_first else answerers + lists:
        try:
            if kind == "ocsp":
                revoked = read_ocsp(fetch(address, ocsp_request(certificate, issuer)), certificate, issuer, at=at)
            else:
                revoked = read_crl(fetch(address, None), certificate, issuer, at=at)
        except (CentreError, IssuanceError) as error:
            failure = error
            continue
        if revoked:
            raise CentreError("enrol-revoked", "its authority has revoked the certificate, or an authority above it")
        return kind
    why = failure.detail if isinstance(failure, (CentreError, IssuanceError)) else "it names nobody to ask"
    raise CentreError("enrol-revocation", f"nobody says whether the certificate is revoked: {why}") from failure
