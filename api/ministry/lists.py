"""Checkers' lists over HTTPS: the machine that holds the list signer's token needs no way to the database.

It asks what waits, takes a draft, signs it at home, hands the new parts in and then the manifest: from there it is
published as any other bundle, by the same checks.
"""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import select

from api.auth import Session, refuse_all_but_ministry, refuse_suspended
from api.checkers.published import newest_version
from api.checkers.publishing import Published, pinned_roots, publish
from api.context import Centre
from api.errors import CentreError
from api.ministry.files import parts_reader, read_file
from api.revocation.drafting import count_due, make_draft
from api.store.schema import published_parts
from certificates.bundle_folder import bring_all
from certificates.errors import CertificateError
from certificates.revocation.drafts import RevocationDraft

LARGEST_DRAFT: Final = 200_000  # entries to add, and as many to remove: 9 MB of JSON each


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """``published``: the newest version that is out (0: none); ``due``: how many changes the next one would hold."""

    published: int
    due: int


def look(centre: Centre, session: Session) -> ListState:
    """What waits for the list signer. Raises CentreError ``role``."""
    with centre.engine.connect() as connection:
        refuse_all_but_ministry(connection, session)
        published = newest_version(connection)
    return ListState(published=published, due=count_due(centre.engine, at=centre.clock()))


def draft(centre: Centre, session: Session, *, limit: int) -> RevocationDraft:
    """The next draft, with at most so many entries to add and to remove. Raises CentreError ``role``,
    ``token-suspended``."""
    with centre.engine.connect() as connection:
        refuse_all_but_ministry(connection, session)
        refuse_suspended(connection, session)
    token = session.certificate.fingerprint
    return make_draft(centre.engine, by=session.actor, at=centre.clock(), limit=limit, token=token)


def publish_handed_in(centre: Centre, session: Session, manifest: bytes) -> Published:
    """Publish a bundle whose parts are here: handed in, or known from versions before. May be repeated.

    Raises CentreError ``role``, ``token-suspended``, ``lists-roots``, ``lists-differ``, ``bundle-refused`` (not by a
    signer below the service's own roots, not in force, older than what is out, or a part is missing).
    """
    with centre.engine.connect() as connection:
        refuse_all_but_ministry(connection, session)
        refuse_suspended(connection, session)
    roots = pinned_roots(centre.settings)
    with tempfile.TemporaryDirectory(prefix="handed-in-", dir=centre.settings.data) as name:
        try:
            bring_all(manifest, parts_reader(partial(_read_part, centre)), Path(name), roots)
            return publish(centre, Path(name), by=session.actor)
        except CertificateError as error:
            raise CentreError("bundle-refused", f"{error.code}: {error.detail}") from error


def _read_part(centre: Centre, name: bytes) -> bytes | None:
    with centre.engine.connect() as connection:
        data = read_file(connection, name)
        if data is None:
            known = select(published_parts.c.data).where(published_parts.c.sha256 == name)
            data = connection.execute(known).scalar_one_or_none()
    return data
