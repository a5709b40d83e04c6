import datetime as dt
import hashlib

import pytest

from certificates.errors import CertificateError, IssuanceError
from certificates.revocation.hashes import HashType, uci_hash
from certificates.revocation.lists import CHUNK_ENTRIES
from certificates.revocation.reading import read_list
from tests.support.codes import AT
from tests.support.revocation import KID, UCI, WEEK, YEAR, Mirror, hashes, issue
from tests.support.trust_lists import ROOTS

DAY = dt.timedelta(days=1)


def test_a_first_list_and_what_a_checker_makes_of_it() -> None:
    entries = hashes(range(10))
    first = issue(None, {(KID, UCI): entries, (b"VN", HashType.SIGNATURE): entries[:1]})
    seen = read_list(first.signed, ROOTS)
    assert seen == first.revocation_list
    assert (seen.version, seen.issued_at, seen.expires_at) == (1, AT, AT + WEEK)
    [chunk] = Mirror(first).read(seen)
    assert [(group.scope, group.hash_type, group.added) for group in chunk.groups] == [
        (KID, UCI, b"".join(sorted(entries))),
        (b"VN", HashType.SIGNATURE, entries[0]),
    ]
    assert seen.chunks[0].entries == 11


def test_a_checker_fetches_what_is_new() -> None:
    first = issue(None, {(KID, UCI): hashes(range(20_000))})
    second = issue(first.revocation_list, {(KID, UCI): hashes(range(20_000, 20_100))}, at=AT + DAY)
    assert second.revocation_list.version == 2
    [new] = set(second.revocation_list.chunks).difference(first.revocation_list.chunks)
    assert new.sha256 == hashlib.sha256(second.chunks[0]).digest()
    assert new.size + len(second.signed) < 0.01 * sum(name.size for name in second.revocation_list.chunks)


def test_nothing_new_is_a_list_all_the_same() -> None:
    first = issue(None, {(KID, UCI): hashes(range(3))})
    second = issue(first.revocation_list, at=AT + DAY)
    assert second.chunks == ()
    assert second.revocation_list.chunks == first.revocation_list.chunks
    assert issue().revocation_list.chunks == ()


def test_chunks_have_a_bound() -> None:
    size = CHUNK_ENTRIES + 10
    entries = [number.to_bytes(16) for number in range(size)]
    first = issue(None, {(KID, UCI): entries, (b"VN", UCI): entries[:20]})
    assert [name.entries for name in first.revocation_list.chunks] == [CHUNK_ENTRIES, 30]
    chunks = Mirror(first).read(first.revocation_list)
    assert b"".join(group.added for chunk in chunks for group in chunk.groups if group.scope == KID) == b"".join(
        entries
    )


def test_chunks_whose_entries_expired_are_left_out() -> None:
    first = issue(None, {(KID, UCI): hashes(range(3))}, lasting=DAY)
    later = issue(first.revocation_list, {(KID, UCI): hashes([9])}, at=AT + 2 * DAY)
    assert [name.number for name in later.revocation_list.chunks] == [1]
    assert later.revocation_list.chunks[0].sha256 not in Mirror(first).chunks


def test_what_takes_back_lasts_as_long_as_what_it_takes_back() -> None:
    entries = hashes(range(3))
    first = issue(None, {(KID, UCI): entries}, lasting=YEAR)
    second = issue(first.revocation_list, removed={(KID, UCI): entries[:1]}, lasting=DAY)
    assert [name.expires_at for name in second.revocation_list.chunks] == [AT + YEAR, AT + YEAR]


def test_a_clock_that_went_back() -> None:
    first = issue(None, {(KID, UCI): hashes(range(3))})
    with pytest.raises(IssuanceError, match="list-order"):
        issue(first.revocation_list, at=AT - DAY)


@pytest.mark.parametrize(
    ("scope", "entry", "code"),
    [(KID, bytes(15), "list-entries"), (KID[:7], bytes(16), "list-form"), (b"vn", bytes(16), "list-form")],
)
def test_what_no_reader_would_take_is_not_signed(scope: bytes, entry: bytes, code: str) -> None:
    with pytest.raises(CertificateError) as refusal:
        issue(None, {(scope, UCI): [entry]})
    assert refusal.value.code == code


def test_what_is_published_names_nobody() -> None:
    """Truncated hashes only: neither the identifier nor its whole hash."""
    identifier = "URN:UVCI:01:VN:7K3M9PX2QRT4VW"
    publication = issue(None, {(b"VN", UCI): [uci_hash(identifier)]})
    published = b"".join((publication.signed, *publication.chunks))
    assert uci_hash(identifier) in published
    assert identifier.encode() not in published
    assert hashlib.sha256(identifier.encode()).digest() not in published
    for whole in (identifier.encode(), hashlib.sha256(identifier.encode()).digest()):
        with pytest.raises(CertificateError) as refusal:
            issue(None, {(b"VN", UCI): [whole]})
        assert refusal.value.code == "list-entries"
