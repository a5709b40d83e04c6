"""A draft of revocations: what shall go on the list next, from the service or another country, for the officer's eyes.

    {"kind": "revocations", "id": "5f0c...", "made_at": "2026-11-20T08:00:00Z",
     "added": [{"scope": "d91937...", "type": "UCI", "expires_at": "2027-11-20T08:00:00Z", "hashes": ["4c0f...", ...]}],
     "removed": [{"scope": "d91937...", "type": "UCI", "expires_at": "2027-11-20T08:00:00Z", "hashes": ["90ab..."]}]}

``scope`` is a kid in hexadecimal or a country's two letters, a hash its 16 bytes in hexadecimal. No certificate code
stands in it.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from certificates.cose import KID_SIZE
from certificates.countries import COUNTRIES
from certificates.cwt import parse_rfc3339
from certificates.errors import CertificateError
from certificates.records.model import instant_to_text
from certificates.revocation.hashes import HASH_SIZE, HashType

KIND: Final = "revocations"
MAX_DRAFT: Final = 512 * 1024 * 1024  # bytes; about 13 million hashes
_SHOWN: Final = 64  # characters of an id


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftGroup:
    """Hashes of one scope (see `certificates.revocation.lists.Group`) and type.

    ``hashes`` have 16 bytes each, ascending. ``expires_at`` is when the last of their certificates has expired.
    """

    scope: bytes
    hash_type: HashType
    expires_at: datetime
    hashes: tuple[bytes, ...]


Hashes = dict[tuple[bytes, HashType], tuple[bytes, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationDraft:
    """What is revoked anew, and what is so no longer. ``draft_id`` tells drafts apart."""

    draft_id: str
    made_at: datetime
    added: tuple[DraftGroup, ...]
    removed: tuple[DraftGroup, ...]

    @property
    def added_hashes(self) -> Hashes:
        """``added`` as `certificates.revocation.publishing.publish` takes it."""
        return _mapping(self.added)

    @property
    def removed_hashes(self) -> Hashes:
        """``removed`` as `certificates.revocation.publishing.publish` takes it."""
        return _mapping(self.removed)

    @property
    def entries_expire_at(self) -> datetime:
        """When the last of all has expired; ``made_at`` where nothing stands in the draft."""
        return max((group.expires_at for group in (*self.added, *self.removed)), default=self.made_at)

    @property
    def count(self) -> tuple[int, int]:
        """How many hashes are added and removed."""
        added, removed = (sum(len(group.hashes) for group in part) for part in (self.added, self.removed))
        return added, removed


def gather_groups(entries: Iterable[tuple[bytes, HashType, bytes, datetime]]) -> tuple[DraftGroup, ...]:
    """Entries (scope, type, hash, when the certificate expires) in groups, all in order, each once."""
    hashes: dict[tuple[bytes, HashType], set[bytes]] = {}
    ends: dict[tuple[bytes, HashType], datetime] = {}
    for scope, hash_type, entry, expires_at in entries:
        key = scope, hash_type
        hashes.setdefault(key, set()).add(entry)
        ends[key] = max(expires_at, ends.get(key, expires_at))
    return tuple(
        DraftGroup(scope=key[0], hash_type=key[1], expires_at=ends[key], hashes=tuple(sorted(hashes[key])))
        for key in sorted(hashes)
    )


def join_hashes(*parts: Mapping[tuple[bytes, HashType], Collection[bytes]]) -> Hashes:
    """What stands in any of them."""
    joined: dict[tuple[bytes, HashType], set[bytes]] = {}
    for part in parts:
        for key, hashes in part.items():
            joined.setdefault(key, set()).update(hashes)
    return {key: tuple(sorted(hashes)) for key, hashes in joined.items()}


def write_draft(draft: RevocationDraft) -> bytes:
    """The draft in JSON, UTF-8."""
    document = {
        "kind": KIND,
        "id": draft.draft_id,
        "made_at": instant_to_text(draft.made_at),
        "added": [_group_to_dict(group) for group in draft.added],
        "removed": [_group_to_dict(group) for group in draft.removed],
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def read_draft(data: bytes) -> RevocationDraft:
    """Read a draft back. Raises CertificateError ``draft-form``."""
    if len(data) > MAX_DRAFT:
        raise _malformed("the draft is too large")
    try:
        document = json.loads(data)
        if document["kind"] != KIND or type(document["id"]) is not str or not 0 < len(document["id"]) <= _SHOWN:
            raise _malformed("this is no draft of revocations")
        return RevocationDraft(
            draft_id=document["id"],
            made_at=parse_rfc3339(document["made_at"]),
            added=_groups(document["added"]),
            removed=_groups(document["removed"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _malformed("this is no draft of revocations") from error


def _groups(given: Any) -> tuple[DraftGroup, ...]:
    if type(given) is not list:
        raise _malformed("the draft has no list of groups")
    return gather_groups(
        (_scope(group["scope"]), HashType(group["type"]), _octets(text, HASH_SIZE), parse_rfc3339(group["expires_at"]))
        for group in given
        for text in group["hashes"]
    )


def _scope(text: str) -> bytes:
    return text.encode() if text in COUNTRIES else _octets(text, KID_SIZE)


def _octets(text: str, size: int) -> bytes:
    octets = bytes.fromhex(text)
    if len(octets) != size:
        raise ValueError("not of the right size")
    return octets


def _group_to_dict(group: DraftGroup) -> dict[str, Any]:
    return {
        "scope": group.scope.hex() if len(group.scope) == KID_SIZE else group.scope.decode(),
        "type": group.hash_type.value,
        "expires_at": instant_to_text(group.expires_at),
        "hashes": [entry.hex() for entry in group.hashes],
    }


def _mapping(groups: Iterable[DraftGroup]) -> Hashes:
    return {(group.scope, group.hash_type): group.hashes for group in groups}


def _malformed(detail: str) -> CertificateError:
    return CertificateError("draft-form", detail)
