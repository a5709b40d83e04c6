"""Revocation lists by the list signer of `tests.support.trust_lists`."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import Any

from certificates import purposes
from certificates.revocation.hashes import HashType
from certificates.revocation.lists import RevocationChunk, RevocationList
from certificates.revocation.publishing import Hashes, Publication, publish
from certificates.revocation.reading import read_chunk
from tests.support.codes import AT
from tests.support.trust_lists import LIST_KEY, ROOTS
from tests.support.trust_lists import sealed as sealed_for

WEEK = dt.timedelta(days=7)
YEAR = dt.timedelta(days=365)
KID = bytes(range(8))
UCI = HashType.UCI


def hashes(numbers: Iterable[int]) -> list[bytes]:
    """Hashes that are spread as real ones are."""
    return [hashlib.sha256(b"%d" % number).digest()[:16] for number in numbers]


def issue(
    previous: RevocationList | None = None,
    added: Hashes | None = None,
    removed: Hashes | None = None,
    *,
    at: dt.datetime = AT,
    lasting: dt.timedelta = YEAR,
) -> Publication:
    """The list after ``previous``."""
    return publish(
        previous,
        LIST_KEY,
        added=added or {},
        removed=removed or {},
        issued_at=at,
        expires_at=at + WEEK,
        entries_expire_at=at + lasting,
    )


class Mirror:
    """What a checker has: every chunk that was published, by its SHA-256."""

    def __init__(self, *publications: Publication) -> None:
        self.chunks = {hashlib.sha256(chunk).digest(): chunk for one in publications for chunk in one.chunks}

    def read(self, revocation_list: RevocationList) -> list[RevocationChunk]:
        return [read_chunk(self.chunks[name.sha256], name, ROOTS) for name in revocation_list.chunks]


def sealed(payload: Any, purpose: bytes = purposes.REVOCATION_LIST) -> bytes:
    """Whatever ``payload`` is, properly signed."""
    return sealed_for(payload, purpose)
