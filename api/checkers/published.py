"""Who stands on the published list: a key signs passports only after checkers could fetch its certificate."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import structlog
from sqlalchemy import Connection, Engine, Row, func, select

from api.config import Settings
from api.errors import CentreError
from api.store.schema import published_bundles, published_signers
from certificates.pki import SigningCertificate
from certificates.records.model import instant_from_text, instant_to_text
from certificates.trust import TrustStore
from certificates.trust_entries import TrustEntry

USUAL_HOURS = 24
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSigner:
    """A DSC as far as the list trusts it, as plain values: they go to worker processes, and stand for what is kept."""

    certificate: bytes
    country: str
    usage: str
    use_from: str


def newest_bundle(connection: Connection) -> Row[int, bytes] | None:
    """Version and SHA-256 of the newest published bundle."""
    return connection.execute(
        select(published_bundles.c.version, published_bundles.c.sha256)
        .order_by(published_bundles.c.version.desc())
        .limit(1)
    ).one_or_none()


def list_age(engine: Engine, *, at: datetime) -> timedelta | None:
    """How long ago the newest published bundle was signed; None where there is none."""
    with engine.connect() as connection:
        signed = connection.execute(
            select(published_bundles.c.issued_at).order_by(published_bundles.c.version.desc()).limit(1)
        ).scalar_one_or_none()
    return None if signed is None else at - instant_from_text(signed)


def newest_version(connection: Connection) -> int:
    """Of the published bundles; 0 where there is none."""
    found: int | None = connection.execute(select(func.max(published_bundles.c.version))).scalar_one()
    return found or 0


def issuing_from(
    connection: Connection, settings: Settings, certificate: SigningCertificate, now: datetime
) -> datetime:
    """Since when this certificate counts for vaccinations by the newest published list: it may sign passports now.

    Raises:
        CentreError: ``dsc-unpublished`` (it is not on the list, or not for vaccinations), ``dsc-too-new`` (with the
            time from when it may sign).
    """
    version = newest_version(connection)
    if _is_off(settings, version):
        return certificate.not_before
    row = connection.execute(
        select(published_signers).where(
            published_signers.c.fingerprint == certificate.fingerprint, published_signers.c.version == version
        )
    ).one_or_none()
    if row is None or "v" not in row.usage:
        raise CentreError("dsc-unpublished", "the certificate is not on the published list for vaccinations")
    use_from = instant_from_text(row.use_from)
    known = instant_from_text(row.first_published_at) + timedelta(hours=settings.publication_hours)
    if now < max(use_from, known):
        raise CentreError("dsc-too-new", "checkers may not have the certificate yet", may_from=max(use_from, known))
    return use_from


def find_signers(
    connection: Connection, settings: Settings, certificates: Iterable[SigningCertificate]
) -> Mapping[bytes, tuple[PublishedSigner, ...]]:
    """For each of these certificates' kids all published signers with that kid: whom a checker would try.

    While the rule is off (`issuing_from`), the certificates themselves.
    """
    version = newest_version(connection)
    found: dict[bytes, tuple[PublishedSigner, ...]] = {one.kid: () for one in certificates}
    if _is_off(settings, version):
        return {one.kid: (_own(one),) for one in certificates}
    rows = connection.execute(
        select(published_signers)
        .where(published_signers.c.kid.in_(found), published_signers.c.version == version)
        .order_by(published_signers.c.fingerprint)
    )
    for row in rows:
        found[row.kid] = (*found[row.kid], _signer(row))
    return found


@lru_cache(maxsize=1024)
def trust_of(signers: tuple[PublishedSigner, ...]) -> TrustStore:
    """What checkers make of these signers, which share one kid."""
    entries = [
        TrustEntry.of(
            one.certificate,
            country=one.country,
            kinds=frozenset(one.usage),
            use_from=instant_from_text(one.use_from),
        ).signer()
        for one in signers
    ]
    return TrustStore(by_kid={entries[0].kid: tuple(entries)} if entries else {})


def log_publication_rule(engine: Engine, settings: Settings) -> None:
    """Say in the log, once a start, where this deployment differs from 24 hours."""
    if settings.publication_hours != USUAL_HOURS:
        _log.warning("publication-hours", hours=settings.publication_hours)
    with engine.connect() as connection:
        if _is_off(settings, newest_version(connection)):
            _log.warning("publication-rule-off", why="no list was ever published here")


def _is_off(settings: Settings, version: int) -> bool:
    return settings.publication_hours == 0 and version == 0


def _own(certificate: SigningCertificate) -> PublishedSigner:
    entry = TrustEntry.of(certificate.der)
    return PublishedSigner(
        certificate=certificate.der,
        country=entry.country,
        usage=entry.usage,
        use_from=instant_to_text(entry.use_from),
    )


def _signer(row: Row[tuple[object, ...]]) -> PublishedSigner:
    return PublishedSigner(certificate=row.certificate, country=row.country, usage=row.usage, use_from=row.use_from)
