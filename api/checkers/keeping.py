"""The published files in the database: whichever machine publishes, every other one gives out the same lists."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, delete, insert, select, update

from api.checkers.published import newest_bundle
from api.context import Centre
from api.store.schema import published_parts
from api.store.transactions import Turn, writing
from certificates import bundle
from certificates.bundle_folder import MANIFEST, PARTS, Get, folder_reader, install, name_parts, read_part
from certificates.errors import CertificateError
from certificates.signed_list import AgeLimits

KEPT: Final = 50  # versions whose files stay


def keep_files(engine: Engine, folder: Path, roots: tuple[bytes, ...]) -> None:
    """Store whatever the bundle of this folder consists of, as far as it is not there yet. They are no publication.

    What no bundle of the last `KEPT` versions names is forgotten.
    """
    get = folder_reader(folder)
    parts = name_parts(folder, roots)
    manifest = get(MANIFEST, bundle.BUNDLE.max_size)
    digest, version = sha256(manifest).digest(), bundle.verify(manifest, roots).version
    with writing(engine, Turn.ALONE) as connection:
        known = set(connection.execute(select(published_parts.c.sha256)).scalars())
        for part in parts:  # one after the other: together they may be large
            if part.sha256 not in known:
                data = read_part(part, part.size, get)
                connection.execute(insert(published_parts).values(sha256=part.sha256, data=data, version=version))
        if digest not in known:
            connection.execute(insert(published_parts).values(sha256=digest, data=manifest, version=version))
        named = [digest, *(part.sha256 for part in parts)]
        connection.execute(
            update(published_parts)
            .where(published_parts.c.sha256.in_(named), published_parts.c.version < version)
            .values(version=version)
        )
        newest = newest_bundle(connection)
        if newest is not None:
            connection.execute(delete(published_parts).where(published_parts.c.version <= newest.version - KEPT))


def fetch_published(centre: Centre, roots: tuple[bytes, ...], limits: AgeLimits, *, at: datetime) -> int | None:
    """Bring the newest published bundle to this machine's folder, if it has another one.

    A folder that is ahead of the database is left alone: there a publication was cut short, which another call ends.
    Returns the version that was brought, or None. Raises CertificateError: what is stored cannot be used.
    """
    settings = centre.settings
    with centre.engine.connect() as connection:
        newest = newest_bundle(connection)
    if newest is None:
        return None
    try:
        here = folder_reader(settings.lists)(MANIFEST, bundle.BUNDLE.max_size)
        if sha256(here).digest() == newest.sha256 or bundle.verify(here, roots).version > newest.version:
            return None
    except CertificateError:
        pass  # nothing yet, or nothing that a checker would take
    get = _database_reader(centre.engine)
    settings.lists_cache.mkdir(parents=True, exist_ok=True)
    install(
        get(newest.sha256.hex(), bundle.BUNDLE.max_size),
        get,
        settings.lists,
        roots,
        at=at,
        seen=newest.version,
        limits=limits,
        cache=settings.lists_cache,
    )
    return int(newest.version)


def _database_reader(engine: Engine) -> Get:
    def get(name: str, largest: int) -> bytes:
        digest = bytes.fromhex(name.removeprefix(f"{PARTS}/"))
        with engine.connect() as connection:
            data: bytes | None = connection.execute(
                select(published_parts.c.data).where(published_parts.c.sha256 == digest)
            ).scalar_one_or_none()
        if data is None or len(data) > largest:
            raise CertificateError("list-missing", "the database does not have a file of the published bundle")
        return data

    return get
