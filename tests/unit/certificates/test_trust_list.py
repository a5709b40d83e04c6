import datetime as dt
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates import purposes, trust_list
from certificates.cbor import decode_item
from certificates.checking import check_text
from certificates.errors import CertificateError, CheckError, CheckReason, IssuanceError
from certificates.list_signing import open_list
from certificates.signed_list import CODES, AgeLimits
from certificates.trust_entries import TrustEntry, in_order
from certificates.trust_list import TRUST_LIST, read, verify
from tests.support.codes import AT, IAT, code, with_certificate
from tests.support.softkeys import make_key, soft_key
from tests.support.trust_lists import DSC, ENTRY, HOUR, LIST_KEY, ROOT, ROOTS, WEEK, certify, make_root, sealed, signed

LIST = signed()
ROWS = decode_item(open_list(LIST, ROOTS, purposes.TRUST_LIST, max_size=9999).payload)[5]
SECONDS = int(AT.timestamp())


def refused(data: bytes, at: dt.datetime = AT, seen: int = 0, limits: AgeLimits | None = None) -> str:
    with pytest.raises(CertificateError) as refusal:
        read(data, ROOTS, at=at, seen=seen, limits=limits)
    assert refusal.value.code in CODES
    return refusal.value.code


def test_there_and_back() -> None:
    rsa = TrustEntry.of(soft_key("PS256").certificate_der, kinds=frozenset("v"), use_from=AT)
    found = read(signed(rsa, ENTRY, version=7), ROOTS, at=AT + 2 * HOUR, seen=7)
    assert (found.version, found.issued_at, found.expires_at) == (7, AT, AT + WEEK)
    assert found.entries == in_order([ENTRY, rsa])
    assert found.signer == LIST_KEY.certificate
    assert found.age(AT + 2 * HOUR) == 2 * HOUR


def test_the_payload_is_deterministic() -> None:
    other = TrustEntry.of(make_key("ES256", country="DE").certificate_der)
    payloads = {
        open_list(signed(*entries), ROOTS, purposes.TRUST_LIST, max_size=9999).payload
        for entries in ((ENTRY, other), (other, ENTRY), (ENTRY, other, ENTRY))
    }
    assert len(payloads) == 1
    payload = payloads.pop()
    assert cbor2.dumps(cbor2.loads(payload), canonical=True) == payload


def test_a_rolled_back_list_is_refused_and_the_same_version_again_is_not() -> None:
    assert refused(signed(version=4), seen=5) == "list-rollback"
    assert read(signed(version=5), ROOTS, at=AT, seen=5).version == 5


def test_time() -> None:
    assert refused(LIST, at=AT - dt.timedelta(seconds=1)) == "list-future"
    assert refused(LIST, at=AT + WEEK + dt.timedelta(seconds=1)) == "list-expired"
    assert read(LIST, ROOTS, at=AT + WEEK, seen=0)


def test_a_frozen_list_is_refused_by_age_however_long_it_says_it_lasts() -> None:
    lasting = signed(lasting=dt.timedelta(days=300))
    assert refused(lasting, at=AT + WEEK + HOUR) == "list-age"
    assert refused(lasting, at=AT + 3 * HOUR, limits=AgeLimits(refuse=2 * HOUR)) == "list-age"
    assert read(lasting, ROOTS, at=AT + 30 * WEEK, seen=0, limits=AgeLimits(refuse=40 * WEEK))


def test_a_list_signer_signs_only_while_it_is_certified() -> None:
    ended = AT + dt.timedelta(days=800)
    assert refused(signed(at=ended), at=ended) == "list-expired"
    assert refused(signed(at=AT - dt.timedelta(days=40)), at=AT) == "list-expired"
    # Dated back to when it was certified, by whoever found the key afterwards:
    dated_back = signed(lasting=dt.timedelta(days=2000))
    assert refused(dated_back, at=ended, limits=AgeLimits(refuse=dt.timedelta(days=2000))) == "list-expired"
    assert verify(dated_back, ROOTS).version == 1


def test_a_wrong_signer_is_refused() -> None:
    stranger = certify(make_root())
    assert refused(signed(key=stranger)) == "list-chain"
    with pytest.raises(IssuanceError, match="list-signer-usage"):
        signed(key=DSC)


def test_a_new_list_signer_below_the_same_root_continues_the_versions() -> None:
    assert read(signed(key=certify(ROOT), version=2), ROOTS, at=AT, seen=1).version == 2


@pytest.mark.parametrize(
    ("version", "lasting"), [(0, WEEK), (-1, WEEK), (2**53, WEEK), (1, dt.timedelta(0)), (1, -WEEK)]
)
def test_what_no_reader_would_take_is_not_signed(version: int, lasting: dt.timedelta) -> None:
    with pytest.raises(IssuanceError, match="list-order"):
        signed(version=version, lasting=lasting)
    with pytest.raises(IssuanceError, match="list-empty"):
        trust_list.sign([], LIST_KEY, version=1, issued_at=AT, expires_at=AT + WEEK)


HEAD: list[Any] = ["trust-list", 1, 1, SECONDS, SECONDS + 3600]
ROW = ROWS[0]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        7,
        [],
        HEAD,
        [*HEAD, []],
        [*HEAD, {}],
        ["revocation-list", *HEAD[1:], ROWS],
        ["trust-list", 2, *HEAD[2:], ROWS],
        ["trust-list", True, *HEAD[2:], ROWS],
        [*HEAD[:2], 0, *HEAD[3:], ROWS],
        [*HEAD[:2], 1.0, *HEAD[3:], ROWS],
        [*HEAD[:2], 2**53, *HEAD[3:], ROWS],  # a database could not keep it
        [*HEAD[:3], SECONDS, SECONDS, ROWS],
        [*HEAD[:3], 2**62, 2**63, ROWS],
        [*HEAD[:3], float("nan"), SECONDS, ROWS],
        [*HEAD, [7]],
        [*HEAD, [ROW[:5]]],
        [*HEAD, [[*ROW[:5], True]]],
        [*HEAD, [[b"no certificate", *ROW[1:]]]],
        [*HEAD, [[ROOT.certificate_der, *ROW[1:]]]],
        [*HEAD, [[ROW[0], "DE", *ROW[2:]]]],
        [*HEAD, [[*ROW[:2], "rtv", *ROW[3:]]]],
        [*HEAD, [[*ROW[:2], "x", *ROW[3:]]]],
        [*HEAD, [[*ROW[:2], "", *ROW[3:]]]],
        [*HEAD, [[*ROW[:3], ROW[3] - 1, *ROW[4:]]]],
        [*HEAD, [[*ROW[:4], ROW[4] + 1, ROW[5]]]],
        [*HEAD, [[*ROW[:5], ROW[3] - 1]]],
        [*HEAD, [[*ROW[:5], ROW[4] + 1]]],
        [*HEAD, [ROW, ROW]],
    ],
)
def test_what_is_signed_and_yet_no_list(payload: Any) -> None:
    assert refused(sealed(payload)) == "list-form"


def test_a_list_is_signed_as_a_list_of_signers() -> None:
    assert refused(sealed([*HEAD, ROWS], purposes.REVOCATION_LIST)) == "list-signature"
    assert refused(bytes(TRUST_LIST.max_size + 1)) == "list-form"


# --- the checker honours what the list says ---


def verdict(entry: TrustEntry, text: str, at: dt.datetime = AT) -> CheckReason | None:
    try:
        check_text(text, read(signed(entry), ROOTS, at=AT, seen=0).store(), at)
    except CheckError as error:
        return error.reason
    return None


def test_a_signer_on_the_list_is_trusted() -> None:
    assert verdict(ENTRY, code()) is None
    assert verdict(TrustEntry.of(make_key("ES256").certificate_der), code()) is CheckReason.KID


def test_a_signer_counts_for_its_usage_only() -> None:
    assert verdict(replace(ENTRY, kinds=frozenset("v")), code()) is None
    assert verdict(replace(ENTRY, kinds=frozenset("tr")), code()) is CheckReason.KEYUSAGE


def test_a_signer_counts_from_its_date_on() -> None:
    issued = dt.datetime.fromtimestamp(IAT, dt.UTC)
    assert verdict(replace(ENTRY, use_from=issued), code()) is None
    assert verdict(replace(ENTRY, use_from=issued + dt.timedelta(seconds=1)), code()) is CheckReason.DSCTIME


def test_two_certificates_of_one_key_stay_two() -> None:
    other = with_certificate(DSC, x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.4.1.1847.2021.1.1")]))
    found = read(signed(ENTRY, TrustEntry.of(other.certificate_der)), ROOTS, at=AT, seen=0).store()
    assert len(found) == 2


# --- whatever comes in ---


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    refused(data)
    refused(LIST[:1] + data)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(LIST) - 1), st.integers(1, 255))
def test_no_byte_can_change(place: int, change: int) -> None:
    data = bytearray(LIST)
    data[place] ^= change
    refused(bytes(data))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats() | st.text(max_size=9) | st.binary(),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.integers(0, 5), st.integers(0, 5), VALUES)
def test_any_signed_payload(whole: Any, place: int, column: int, value: Any) -> None:
    refused(sealed([whole]))
    refused(sealed([*HEAD, [[*ROW[:column], [value], *ROW[column + 1 :]]]]))
    item = [*HEAD, ROWS]
    item[place] = {"other": value}
    refused(sealed(item))
