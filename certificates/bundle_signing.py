"""The next version of a bundle: what changed is signed anew, everything else stays as it is."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from certificates import bundle, rule_list, signed_list, trust_list
from certificates.bundle import CheckerBundle, Manifest, Part, Role
from certificates.bundle_folder import MANIFEST, folder_reader, install, part_path, read_manifest, write_part
from certificates.errors import IssuanceError
from certificates.issuance import whole_seconds
from certificates.revocation.lists import LIST, RevocationList, name_chunk
from certificates.revocation.publishing import Hashes, publish
from certificates.revocation.reading import read_chunk, read_list
from certificates.rule_list import RULES
from certificates.signed_list import AgeLimits, ListKind
from certificates.signing import SigningKey
from certificates.trust_entries import TrustEntry
from certificates.trust_list import TRUST_LIST


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is new in a bundle. ``entries`` and ``rules`` (what `rule_list.join` gave) replace those before; None leaves
    them. ``entries_expire_at``: when the last of the certificates in ``added`` has expired. ``anew``: what stays is
    signed anew, every part, so that nothing is left that a former key signed: when the root changes."""

    entries: tuple[TrustEntry, ...] | None = None
    rules: str | None = None
    added: Hashes = field(default_factory=dict)
    removed: Hashes = field(default_factory=dict)
    entries_expire_at: datetime | None = None
    anew: bool = False


def sign_next(
    folder: Path,
    changes: Changes,
    key: SigningKey,
    roots: Collection[bytes],
    *,
    issued_at: datetime,
    expires_at: datetime,
) -> CheckerBundle:
    """Sign the version that follows the one in ``folder``, and put it there; the first one where there is none.

    It is read back as a checker with these roots would read it before it replaces the version before.

    Args:
        folder: of the bundle in force; see `certificates.bundle_folder`.
        key: with a list-signing certificate below one of ``roots``.

    Raises:
        IssuanceError: ``list-empty`` (a first bundle without trust entries), ``list-order`` (the one before is not
            older), and what `signed_list.sign` raises.
        CertificateError: the bundle before cannot be read, or ``bundle-unwritable``.
    """
    before = read_manifest(folder, roots) if (folder / MANIFEST).exists() else None
    if before is not None and issued_at < before.issued_at:
        raise IssuanceError("list-order", "the bundle before was issued later than this one")
    parts = dict(before.parts) if before else {}
    signing = _Signing(folder, before, key, roots, issued_at, expires_at)
    if changes.entries is not None:
        parts[Role.TRUST_LIST] = signing.trust_list(changes.entries)
    elif changes.anew and Role.TRUST_LIST in parts:
        parts[Role.TRUST_LIST] = signing.again(Role.TRUST_LIST, TRUST_LIST)
    if Role.TRUST_LIST not in parts:
        raise IssuanceError("list-empty", "the first bundle needs a draft of document signers")
    if changes.rules is not None:
        parts[Role.RULES] = signing.rules(changes.rules)
    elif changes.anew and Role.RULES in parts:
        parts[Role.RULES] = signing.again(Role.RULES, RULES)
    parts[Role.REVOCATION_LIST] = signing.revocation_list(changes)
    version = before.version + 1 if before else 1
    manifest = bundle.sign(parts, key, version=version, issued_at=issued_at, expires_at=expires_at)
    seen = before.version if before else 0
    return install(manifest, folder_reader(folder), folder, roots, at=issued_at, seen=seen, limits=AgeLimits())


@dataclass(frozen=True, slots=True)
class _Signing:
    """Signs the parts of one version."""

    folder: Path
    before: Manifest | None
    key: SigningKey
    roots: Collection[bytes]
    issued_at: datetime
    expires_at: datetime

    def trust_list(self, entries: tuple[TrustEntry, ...]) -> Part:
        data = self._before(Role.TRUST_LIST, TRUST_LIST)
        version = trust_list.verify(data, self.roots).version + 1 if data else 1
        signed = trust_list.sign(
            entries, self.key, version=version, issued_at=self.issued_at, expires_at=self.expires_at
        )
        return write_part(self.folder, signed)

    def rules(self, text: str) -> Part:
        data = self._before(Role.RULES, RULES)
        version = rule_list.verify(data, self.roots).version + 1 if data else 1
        signed = rule_list.sign(text, self.key, version=version, issued_at=self.issued_at, expires_at=self.expires_at)
        return write_part(self.folder, signed)

    def again(self, role: Role, kind: ListKind) -> Part:
        """What a part of the version before says, by this key."""
        found = signed_list.verify(self._before(role, kind) or b"", self.roots, kind)
        version, at = found.version + 1, self.issued_at
        signed = signed_list.sign(kind, found.body, self.key, version=version, issued_at=at, expires_at=self.expires_at)
        return write_part(self.folder, signed)

    def revocation_list(self, changes: Changes) -> Part:
        """The list before, where nothing was added, taken back or has expired."""
        data = self._before(Role.REVOCATION_LIST, LIST)
        previous = read_list(data, self.roots) if data else None
        stays = previous and not changes.anew and all(name.expires_at >= self.issued_at for name in previous.chunks)
        if data and stays and not changes.added and not changes.removed:
            return Part.of(data)
        publication = publish(
            self._with_chunks_anew(previous) if previous and changes.anew else previous,
            self.key,
            added=changes.added,
            removed=changes.removed,
            issued_at=self.issued_at,
            expires_at=self.expires_at,
            entries_expire_at=changes.entries_expire_at or self.expires_at,
        )
        for chunk in publication.chunks:
            write_part(self.folder, chunk)
        return write_part(self.folder, publication.signed)

    def _with_chunks_anew(self, previous: RevocationList) -> RevocationList:
        names = []
        for name in previous.chunks:
            if name.expires_at > self.issued_at:
                data = folder_reader(self.folder)(part_path(Part(sha256=name.sha256, size=name.size)), name.size)
                chunk = replace(read_chunk(data, name, self.roots), issued_at=whole_seconds(self.issued_at))
                signed = chunk.sign(self.key)
                write_part(self.folder, signed)
                names.append(name_chunk(chunk, signed))
        return replace(previous, chunks=tuple(names))

    def _before(self, role: Role, kind: ListKind) -> bytes | None:
        part = self.before.parts.get(role) if self.before else None
        return folder_reader(self.folder)(part_path(part), kind.max_size) if part else None
