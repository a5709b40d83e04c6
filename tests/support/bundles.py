"""Bundles by the list signer of `tests.support.trust_lists`."""

import datetime as dt
from pathlib import Path

from certificates.bundle import CheckerBundle
from certificates.bundle_folder import open_bundle
from certificates.bundle_signing import Changes, sign_next
from certificates.trust_entries import TrustEntry
from tests.support.codes import AT
from tests.support.softkeys import SoftKey
from tests.support.trust_lists import ENTRY, LIST_KEY, ROOTS, WEEK


def bundle_of(
    folder: Path,
    *entries: TrustEntry,
    changes: Changes | None = None,
    at: dt.datetime = AT,
    key: SoftKey = LIST_KEY,
    lasting: dt.timedelta = WEEK,
) -> CheckerBundle:
    """The next bundle in ``folder``: with these entries, with ``changes``, or with the one DSC."""
    changes = changes or Changes(entries=entries or (ENTRY,))
    return sign_next(folder, changes, key, ROOTS, issued_at=at, expires_at=at + lasting)


def opened(folder: Path, *, at: dt.datetime = AT, seen: int = 0, cache: Path | None = None) -> CheckerBundle:
    """As a checker opens it."""
    return open_bundle(folder, ROOTS, at=at, seen=seen, cache=cache)
