import datetime as dt
from pathlib import Path

import pytest

from certificates import rule_list
from certificates.bundle import Role
from certificates.bundle_folder import MANIFEST, open_bundle, read_manifest
from certificates.bundle_signing import Changes, sign_next
from certificates.errors import CertificateError, IssuanceError
from certificates.revocation.hashes import HashType
from certificates.rule_files import read_json
from certificates.rules import DEFAULT_RULES
from tests.support.bundles import bundle_of, opened
from tests.support.codes import AT
from tests.support.revocation import hashes
from tests.support.softkeys import soft_key
from tests.support.trust_lists import DSC, ENTRY, ROOT, ROOTS, WEEK, certify, make_root

DAY = dt.timedelta(days=1)
KID = DSC.certificate.kid
RULES = rule_list.join(read_json(DEFAULT_RULES))


def parts(folder: Path) -> dict[Role, bytes]:
    return {role: part.sha256 for role, part in read_manifest(folder, ROOTS).parts.items()}


def test_what_did_not_change_stays(tmp_path: Path) -> None:
    bundle_of(tmp_path)
    first = parts(tmp_path)
    bundle_of(tmp_path, changes=Changes(rules=RULES), at=AT + DAY)
    second = parts(tmp_path)
    assert second.keys() - first.keys() == {Role.RULES}
    assert {role: second[role] for role in first} == first
    added = {(KID, HashType.UCI): hashes(range(3))}
    bundle_of(tmp_path, changes=Changes(added=added, entries_expire_at=AT + 90 * DAY), at=AT + 2 * DAY)
    third = parts(tmp_path)
    assert {role for role in Role if second[role] != third[role]} == {Role.REVOCATION_LIST}
    assert bundle_of(tmp_path, changes=Changes(removed=added), at=AT + 3 * DAY).version == 4
    found = opened(tmp_path, at=AT + 3 * DAY)
    assert len(found.revocation) == 0
    assert found.rules is not None
    assert found.rules.countries == {"VN"}


def test_new_signers_replace_those_before(tmp_path: Path) -> None:
    bundle_of(tmp_path)
    rsa = type(ENTRY).of(soft_key("PS256").certificate_der)
    assert bundle_of(tmp_path, rsa, at=AT + DAY).entries == (rsa,)


def test_expired_chunks_leave_the_list(tmp_path: Path) -> None:
    bundle_of(tmp_path)
    added = {(KID, HashType.UCI): hashes(range(3))}
    bundle_of(tmp_path, changes=Changes(added=added, entries_expire_at=AT + DAY))
    assert len(opened(tmp_path).revocation) == 3
    assert len(bundle_of(tmp_path, changes=Changes(), at=AT + 2 * DAY).revocation) == 0


def test_a_new_list_signer_goes_on(tmp_path: Path) -> None:
    added = {(KID, HashType.UCI): hashes(range(3))}
    bundle_of(tmp_path)
    bundle_of(tmp_path, changes=Changes(added=added, entries_expire_at=AT + 90 * DAY))
    other = certify(ROOT)
    assert bundle_of(tmp_path, changes=Changes(), key=other).signer == other.certificate
    assert len(opened(tmp_path).revocation) == 3


def test_a_new_root_takes_over_only_when_everything_was_signed_anew(tmp_path: Path) -> None:
    added = {(KID, HashType.UCI): hashes(range(9))}
    removed = {(KID, HashType.UCI): hashes(range(2))}
    bundle_of(tmp_path)
    bundle_of(tmp_path, changes=Changes(added=added, rules=RULES, entries_expire_at=AT + 90 * DAY))
    bundle_of(tmp_path, changes=Changes(removed=removed))
    bundle_of(tmp_path, changes=Changes(added={(b"VN", HashType.UCI): hashes([5])}, entries_expire_at=AT + DAY))
    root = make_root()
    key, both = certify(root), [ROOT.certificate_der, root.certificate_der]

    def follow(changes: Changes) -> int:
        at = AT + 2 * DAY
        return sign_next(tmp_path, changes, key, both, issued_at=at, expires_at=at + WEEK).version

    assert follow(Changes()) == 5
    with pytest.raises(CertificateError, match="list-chain"):
        open_bundle(tmp_path, [root.certificate_der], at=AT + 2 * DAY, seen=5)
    assert follow(Changes(anew=True)) == 6
    found = open_bundle(tmp_path, [root.certificate_der], at=AT + 2 * DAY, seen=5)
    assert (len(found.revocation), found.entries) == (7, (ENTRY,))
    assert found.rules is not None
    assert follow(Changes(anew=True, added=removed, entries_expire_at=AT + 9 * DAY)) == 7
    assert len(open_bundle(tmp_path, [root.certificate_der], at=AT + 2 * DAY, seen=7).revocation) == 9


def test_what_is_not_signed(tmp_path: Path) -> None:
    with pytest.raises(IssuanceError, match="list-empty"):
        bundle_of(tmp_path, changes=Changes(rules=RULES))
    bundle_of(tmp_path)
    before = (tmp_path / MANIFEST).read_bytes()
    with pytest.raises(IssuanceError, match="list-order"):
        bundle_of(tmp_path, at=AT - DAY)
    with pytest.raises(IssuanceError, match="list-signer-usage"):
        sign_next(tmp_path, Changes(), DSC, ROOTS, issued_at=AT, expires_at=AT + WEEK)
    assert (tmp_path / MANIFEST).read_bytes() == before
