"""Publishing the checkers' bundle: verified, newer than all before, parts first, and then the word that it is out.

Whatever stops it in between, the same call finishes it: until the database knows a version nobody signs by it, and a
version that checkers may have fetched already is never followed by an older one.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from api.audit import record_act
from api.checkers.keeping import fetch_published, keep_files
from api.checkers.published import newest_version
from api.config import Settings
from api.context import Centre
from api.errors import CentreError
from api.revocation.drafting import find_news, note_published
from api.store.schema import published_bundles, published_signers
from api.store.transactions import Turn, writing
from certificates import bundle
from certificates.bundle import CheckerBundle
from certificates.bundle_folder import MANIFEST, folder_reader, install, open_bundle
from certificates.errors import CertificateError, IssuanceError
from certificates.records.model import instant_to_text
from certificates.signed_list import AgeLimits
from certificates.trust import read_certificates
from certificates.trust_entries import TrustEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version that is out. ``fresh``: by this call; else it was before. ``ticked_off`` counts the revocations of this
    service that it is the first to hold, or to hold no longer."""

    version: int
    sha256: bytes
    signers: int
    ticked_off: int
    fresh: bool


def publish(centre: Centre, folder: Path, *, by: str) -> Published:
    """Give out the bundle of ``folder`` (see `certificates.bundle_folder`).

    Raises:
        CentreError: ``lists-roots`` (no pinned root, or its file cannot be read), ``lists-differ`` (another bundle of
            this version is out).
        CertificateError: one of `certificates.signed_list.CODES` (``list-rollback``: an older one than is out), or
            ``bundle-unwritable``.
    """
    settings, now = centre.settings, centre.clock()
    roots = pinned_roots(settings)
    manifest = folder_reader(folder)(MANIFEST, bundle.BUNDLE.max_size)
    sha256 = hashlib.sha256(manifest).digest()
    # Before the lock is held: with millions of entries the look-up takes seconds to build, and is found again below;
    # and to hold each entry against it takes half a minute.
    news = find_news(centre.engine, open_checked(settings, folder, at=now, seen=0).revocation, at=now)
    keep_files(centre.engine, folder, roots)
    with writing(centre.engine, Turn.ALONE) as connection:
        served = _served(settings, roots)
        seen = max(newest_version(connection), served[0])
        found = bundle.verify(manifest, roots)
        if found.version == seen and sha256 != _known(connection, seen, served):
            raise CentreError("lists-differ", f"another bundle of version {seen} is out: sign the next one")
        opened = install(
            manifest,
            folder_reader(folder),
            settings.lists,
            roots,
            at=now,
            seen=seen,
            limits=age_limits(settings),
            cache=settings.lists_cache,
        )
        ticked_off, fresh = 0, newest_version(connection) < opened.version
        if fresh:
            _store(connection, opened, sha256, by=by, now=now)
            version = opened.revocation.version
            ticked_off = note_published(connection, news, version=version, by=by, at=now)
    return Published(
        version=opened.version,
        sha256=sha256,
        signers=len(opened.entries),
        ticked_off=ticked_off,
        fresh=fresh,
    )


def follow(centre: Centre) -> int | None:
    """Give out here what another machine published; see `fetch_published`. Without a pinned root: nothing.

    Raises CentreError ``lists-roots``, CertificateError.
    """
    settings = centre.settings
    if settings.list_roots is None:
        return None
    return fetch_published(centre, pinned_roots(settings), age_limits(settings), at=centre.clock())


def open_checked(settings: Settings, folder: Path, *, at: datetime, seen: int) -> CheckerBundle:
    """The bundle of a folder as this deployment takes it. Raises CentreError ``lists-roots``, CertificateError."""
    try:
        settings.lists_cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CertificateError("bundle-unwritable", f"{settings.lists_cache} cannot be made") from error
    return open_bundle(
        folder,
        pinned_roots(settings),
        at=at,
        seen=seen,
        limits=age_limits(settings),
        cache=settings.lists_cache,
    )


def pinned_roots(settings: Settings) -> tuple[bytes, ...]:
    """DER certificates of the roots. Raises CentreError ``lists-roots``."""
    if settings.list_roots is None:
        raise CentreError("lists-roots", "no root is pinned: set VAXSEAL_LIST_ROOTS to its PEM file")
    try:
        return read_certificates(settings.list_roots.read_bytes())
    except (OSError, IssuanceError) as error:
        raise CentreError("lists-roots", f"{settings.list_roots} is no PEM file of a root that can be read") from error


def age_limits(settings: Settings) -> AgeLimits:
    """From when this deployment calls a list old, and from when it refuses it."""
    return AgeLimits(refuse=timedelta(days=settings.list_max_age_days))


def _served(settings: Settings, roots: Iterable[bytes]) -> tuple[int, bytes]:
    """Version and SHA-256 of what the folder gives out: newer than the database knows where a call was cut short."""
    try:
        data = folder_reader(settings.lists)(MANIFEST, bundle.BUNDLE.max_size)
        return bundle.verify(data, tuple(roots)).version, hashlib.sha256(data).digest()
    except CertificateError:  # nothing yet, or nothing that a checker would take
        return 0, b""


def _known(connection: Connection, version: int, served: tuple[int, bytes]) -> bytes:
    stored: bytes | None = connection.execute(
        select(published_bundles.c.sha256).where(published_bundles.c.version == version)
    ).scalar_one_or_none()
    return served[1] if stored is None else stored


def _store(connection: Connection, opened: CheckerBundle, sha256: bytes, *, by: str, now: datetime) -> None:
    before, at = newest_version(connection), instant_to_text(now)
    connection.execute(
        insert(published_bundles).values(
            version=opened.version,
            sha256=sha256,
            issued_at=instant_to_text(opened.issued_at),
            published_at=at,
            published_by=by,
        )
    )
    known = {
        row.fingerprint: row
        for row in connection.execute(
            select(published_signers.c.fingerprint, published_signers.c.first_published_at, published_signers.c.version)
        )
    }
    for entry in opened.entries:
        row = known.get(entry.certificate.fingerprint)
        # One that comes back counts anew: checkers dropped it meanwhile.
        stayed = row is not None and row.version == before
        values = _values(entry) | {
            "first_published_at": row.first_published_at if row is not None and stayed else at,
            "version": opened.version,
        }
        if row is None:
            connection.execute(insert(published_signers).values(values))
        else:
            same = published_signers.c.fingerprint == row.fingerprint
            connection.execute(update(published_signers).where(same).values(values))
    record_act(
        connection, at=now, actor=by, act="publish-lists", subject=f"bundle-{opened.version}", reason=sha256.hex()
    )


def _values(entry: TrustEntry) -> dict[str, bytes | str]:
    certificate = entry.certificate
    return {
        "fingerprint": certificate.fingerprint,
        "kid": certificate.kid,
        "certificate": certificate.der,
        "country": entry.country,
        "usage": entry.usage,
        "use_from": instant_to_text(entry.use_from),
    }
