import datetime as dt
import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates import purposes
from certificates.errors import CertificateError
from certificates.revocation.lists import CHUNK_ENTRIES, ChunkName
from certificates.revocation.publishing import Publication
from certificates.revocation.reading import read_chunk, read_list
from tests.support.codes import AT
from tests.support.revocation import KID, UCI, hashes, issue, sealed
from tests.support.trust_lists import ROOTS, make_root

NOW = int(AT.timestamp())
PUBLICATION = issue(None, {(KID, UCI): hashes(range(5))})
[NAME], [CHUNK] = PUBLICATION.revocation_list.chunks, PUBLICATION.chunks
A, B = sorted(hashes(range(2)))


def refused(data: bytes, *, roots: Collection[bytes] = ROOTS) -> str:
    with pytest.raises(CertificateError) as refusal:
        read_list(data, roots)
    return refusal.value.code


def refused_chunk(data: bytes, name: ChunkName | None = None, roots: Collection[bytes] = ROOTS) -> str:
    with pytest.raises(CertificateError) as refusal:
        read_chunk(data, name or named(data), roots)
    return refusal.value.code


def named(data: bytes, **changes: Any) -> ChunkName:
    """A name under which these very bytes come through."""
    return replace(NAME, sha256=hashlib.sha256(data).digest(), size=len(data), **changes)


def test_a_list_is_read_whenever_it_was_made() -> None:
    second: Publication = issue(PUBLICATION.revocation_list, at=AT + dt.timedelta(days=2))
    assert read_list(second.signed, ROOTS).version == 2
    assert read_list(PUBLICATION.signed, ROOTS) == PUBLICATION.revocation_list


def test_a_signer_who_was_not_valid_then() -> None:
    assert refused(issue(at=AT - dt.timedelta(days=31)).signed) == "list-expired"


def test_who_signed() -> None:
    strangers = [make_root().certificate_der]
    assert refused(PUBLICATION.signed, roots=strangers) == "list-chain"
    assert refused_chunk(CHUNK, NAME, strangers) == "list-chain"
    assert refused(sealed(["revocation-list", 1, 1, NOW, NOW + 1, []], purposes.TRUST_LIST)) == "list-signature"
    assert refused_chunk(CHUNK[:-1] + bytes((CHUNK[-1] ^ 1,))) == "list-signature"


def test_a_chunk_is_no_list_and_a_list_no_chunk() -> None:
    assert refused(CHUNK) == "list-form"
    assert refused_chunk(PUBLICATION.signed) == "list-form"


def test_another_chunk_than_the_list_names() -> None:
    other = issue(None, {(KID, UCI): hashes(range(7))}).chunks[0]
    assert refused_chunk(other, NAME) == "list-differs"
    for change in ({"number": 2}, {"entries": 6}, {"expires_at": AT}):
        assert refused_chunk(CHUNK, replace(NAME, **change)) == "list-differs"


NAMED = [1, bytes(32), 1, 1, NOW]
LISTS: list[Any] = [
    {},
    [],
    ["revocation-list", 2, 1, NOW, NOW + 1, []],
    ["revocation-list", True, 1, NOW, NOW + 1, []],
    ["revocation-list", 1, 0, NOW, NOW + 1, []],
    ["revocation-list", 1, "1", NOW, NOW + 1, []],
    ["revocation-list", 1, 1, NOW, float(NOW + 1), []],
    ["revocation-list", 1, 1, NOW, 2**63, []],
    ["revocation-list", 1, 1, NOW, NOW + 1, {}],
    ["revocation-list", 1, 1, NOW, NOW + 1, [[]]],
    ["revocation-list", 1, 1, NOW, NOW + 1, [[1, bytes(31), 1, 1, NOW]]],
    ["revocation-list", 1, 1, NOW, NOW + 1, [NAMED, NAMED]],
]
CHUNKS: list[Any] = [
    [[]],
    [[KID, 2, A]],
    [[b"VNM", 2, A, b""]],
    [["VN", 2, A, b""]],
    [[b"\xff\xfe", 2, A, b""]],
    [[KID, 4, A, b""]],
    [[KID, True, A, b""]],
    [[KID, 2, A[:-1], b""]],
    [[KID, 2, [A], b""]],
    [[KID, 2, B + A, b""]],
    [[KID, 2, A + A, b""]],
    [[KID, 2, b"", b""]],
    [[KID, 2, A, A + B]],
    [[KID, 2, A, b""], [KID, 2, B, b""]],
    [[b"VN", 2, A, b""], [KID, 2, B, b""]],
    [[KID, 2, b"".join(number.to_bytes(16) for number in range(CHUNK_ENTRIES + 1)), b""]],
]


@pytest.mark.parametrize("payload", LISTS)
def test_the_form_of_a_list(payload: Any) -> None:
    assert refused(sealed(payload)) == "list-form"


@pytest.mark.parametrize("groups", CHUNKS, ids=range(len(CHUNKS)))
def test_the_form_of_a_chunk(groups: Any) -> None:
    assert refused_chunk(sealed(["revocation-chunk", 1, 1, NOW, NOW + 1, groups])) == "list-form"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats() | st.binary(max_size=33) | st.text(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.integers(), inner, max_size=2),
    max_leaves=15,
)
HEADS = st.tuples(st.sampled_from(["revocation-list", "revocation-chunk"]), st.just(1), JUNK, JUNK, JUNK, JUNK).map(
    list
)


@settings(max_examples=200, deadline=None)
@given(JUNK | HEADS)
def test_any_payload_of_a_rightful_signer(payload: Any) -> None:
    data = sealed(payload)
    for read in (lambda: read_list(data, ROOTS), lambda: read_chunk(data, NAME, ROOTS)):
        with pytest.raises(CertificateError):
            read()
    assert refused_chunk(data) in {"list-form", "list-differs"}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    refused(data)
    refused_chunk(data)
