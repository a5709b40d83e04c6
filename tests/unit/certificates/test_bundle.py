import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates import bundle, purposes
from certificates.bundle import BUNDLE, Manifest, Part, Role
from certificates.errors import CertificateError
from certificates.signed_list import CODES
from tests.support.codes import AT
from tests.support.trust_lists import LIST_KEY, ROOTS, WEEK, sealed, signed

PART = Part.of(b"part")
PARTS = dict.fromkeys(Role, PART)
NOW = int(AT.timestamp())
HEAD: list[Any] = ["bundle", 1, 1, NOW, NOW + 60]
ROWS = [[role.value, PART.sha256, PART.size] for role in sorted(Role)]


def signed_bundle(version: int = 1) -> bytes:
    return bundle.sign(PARTS, LIST_KEY, version=version, issued_at=AT, expires_at=AT + WEEK)


def refused(data: bytes) -> str:
    with pytest.raises(CertificateError) as refusal:
        bundle.verify(data, ROOTS)
    assert refusal.value.code in CODES
    return refusal.value.code


def test_there_and_back() -> None:
    found = bundle.verify(signed_bundle(3), ROOTS)
    assert found == Manifest(version=3, issued_at=AT, expires_at=AT + WEEK, signer=LIST_KEY.certificate, parts=PARTS)
    assert found.age(AT + dt.timedelta(hours=3)) == dt.timedelta(hours=3)


@pytest.mark.parametrize(
    "rows",
    [
        {},
        [],
        ROWS[:2],
        ROWS[1:],
        [*reversed(ROWS)],
        [*ROWS, ROWS[-1]],
        [*ROWS, ["value-sets", PART.sha256, 1]],
        [["revocation-list", PART.sha256[1:], 1], ROWS[2]],
        [["revocation-list", PART.sha256, 0], ROWS[2]],
        [["revocation-list", PART.sha256, True], ROWS[2]],
        [["revocation-list", PART.sha256.hex(), 1], ROWS[2]],
        [["revocation-list", PART.sha256], ROWS[2]],
        [[b"revocation-list", PART.sha256, 1], ROWS[2]],
    ],
)
def test_what_is_signed_and_yet_no_bundle(rows: Any) -> None:
    assert refused(sealed([*HEAD, rows], purposes.BUNDLE)) == "list-form"


def test_another_list_is_no_bundle() -> None:
    assert refused(signed()) == "list-signature"
    assert refused(bytes(BUNDLE.max_size + 1)) == "list-form"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=33) | st.text(max_size=16),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.integers(), inner, max_size=2),
    max_leaves=15,
)


@settings(max_examples=200, deadline=None)
@given(JUNK, st.binary(max_size=300))
def test_whatever_comes_in(payload: Any, data: bytes) -> None:
    refused(sealed([*HEAD, payload], purposes.BUNDLE))
    refused(data)
