from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.errors import CertificateError
from certificates.revocation.building import build_index, write_index
from certificates.revocation.hashes import HashType
from certificates.revocation.index import RevocationIndex
from certificates.revocation.lists import RevocationList
from certificates.revocation.publishing import Publication
from tests.support.revocation import KID, UCI, Mirror, hashes, issue

TYPES = (HashType.UCI, HashType.SIGNATURE)


def history(*steps: tuple[list[bytes], list[bytes]]) -> tuple[RevocationList, Mirror]:
    """A list that was published in these steps of added and removed hashes."""
    publications: list[Publication] = []
    for added, removed in steps:
        previous = publications[-1].revocation_list if publications else None
        publications.append(issue(previous, {(KID, UCI): added}, {(KID, UCI): removed}))
    return publications[-1].revocation_list, Mirror(*publications)


def test_every_hash_and_no_other() -> None:
    entries = hashes(range(100_000))
    revocation_list, mirror = history((entries[:40_000], []), (entries[40_000:], []))
    index = build_index(revocation_list, mirror.read(revocation_list))
    table = index.table(KID, UCI)
    assert table is not None
    assert all(entry in table for entry in entries)
    assert not any(entry in table for entry in hashes(range(100_000, 110_000)))
    assert len(index) == table.count == 100_000
    assert (index.version, index.issued_at, index.expires_at) == (
        revocation_list.version,
        revocation_list.issued_at,
        revocation_list.expires_at,
    )


def test_memory() -> None:
    revocation_list, mirror = history((hashes(range(70_000)), []))
    index = build_index(revocation_list, mirror.read(revocation_list))
    assert index.in_memory < 0.3 * 16 * len(index)


def test_the_last_word_counts() -> None:
    a, b, c, d = hashes(range(4))
    revocation_list, mirror = history(([a, b, c], []), ([], [a, b]), ([a, a], [d]))
    table = build_index(revocation_list, reversed(mirror.read(revocation_list))).table(KID, UCI)
    assert table is not None
    assert [entry in table for entry in (a, b, c, d)] == [True, False, True, False]


def test_a_table_that_was_emptied_is_no_table() -> None:
    entries = hashes(range(20))
    revocation_list, mirror = history((entries, []), ([], entries))
    index = build_index(revocation_list, mirror.read(revocation_list))
    assert index.table(KID, UCI) is None
    assert len(index) == 0


def test_scopes_and_types_are_apart() -> None:
    a, b, c = hashes(range(3))
    publication = issue(None, {(KID, UCI): [a], (b"VN", UCI): [b], (KID, HashType.SIGNATURE): [c]})
    index = build_index(publication.revocation_list, Mirror(publication).read(publication.revocation_list))
    found = {(scope, kind): index.table(scope, kind) for scope in (KID, b"VN", b"DE") for kind in TYPES}
    assert {key: [entry in table for entry in (a, b, c)] for key, table in found.items() if table is not None} == {
        (KID, UCI): [True, False, False],
        (b"VN", UCI): [False, True, False],
        (KID, HashType.SIGNATURE): [False, False, True],
    }


def test_other_chunks_than_the_lists(tmp_path: Path) -> None:
    revocation_list, mirror = history((hashes(range(3)), []), (hashes(range(4, 6)), []))
    chunks = mirror.read(revocation_list)
    for wrong in (chunks[:1], [*chunks, chunks[0]]):
        with pytest.raises(CertificateError, match="list-differs"):
            write_index(tmp_path / "index", revocation_list, wrong)
    assert not (tmp_path / "index").exists()


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "index"
    for count in (3, 5):
        revocation_list, mirror = history((hashes(range(count)), []))
        write_index(path, revocation_list, mirror.read(revocation_list))
        index = RevocationIndex.open(path)
        assert len(index) == count
        index.close()
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    revocation_list, mirror = history((hashes(range(3)), []))
    with pytest.raises(CertificateError, match="index-unwritable"):
        write_index(tmp_path / "missing" / "index", revocation_list, mirror.read(revocation_list))


NEAR = st.integers(0, 40).map(lambda number: (number % 3 << 126 | number // 3 << 60).to_bytes(16))
STEPS = st.lists(st.tuples(st.lists(NEAR, max_size=20), st.lists(NEAR, max_size=5)), min_size=1, max_size=4)


@settings(max_examples=100, deadline=None)
@given(STEPS, st.lists(NEAR))
def test_it_is_a_set(steps: list[tuple[list[bytes], list[bytes]]], asked: list[bytes]) -> None:
    expected: set[bytes] = set()
    for added, removed in steps:
        expected = (expected | set(added)) - set(removed)
    revocation_list, mirror = history(*steps)
    index = build_index(revocation_list, mirror.read(revocation_list))
    table = index.table(KID, UCI)
    assert [table is not None and entry in table for entry in asked] == [entry in expected for entry in asked]
    assert len(index) == len(expected)
