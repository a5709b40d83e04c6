import base64
import datetime as dt
import zlib
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certificates import purposes
from certificates.base45 import ALPHABET, b45decode
from certificates.checking import CheckedCertificate, check_text
from certificates.cose import protected_header, sig_structure
from certificates.errors import CheckError, CheckReason
from certificates.pki import SigningCertificate
from certificates.trust import TrustStore
from tests.fuzz.values import colliding_keys
from tests.support.codes import (
    ABSENT,
    AT,
    EXP,
    IAT,
    certificate,
    claims,
    code,
    cose_bytes,
    dcc,
    hc1,
    rsa_key,
    with_certificate,
)
from tests.support.fixtures import read_jsonl
from tests.support.softkeys import SoftKey, make_key, soft_key

EC_KEY, RSA_KEY = soft_key("ES256"), soft_key("PS256")
TRUST = TrustStore.of([EC_KEY.certificate_der, RSA_KEY.certificate_der])
EKU = "1.3.6.1.4.1.1847.2021.1."


def verdict(text: str, trust: TrustStore = TRUST, at: dt.datetime = AT) -> str:
    try:
        check_text(text, trust, at)
    except CheckError as refusal:
        return refusal.reason.value
    return "VALID"


def refusal(payload: bytes) -> str:
    with pytest.raises(CheckError) as caught:
        check_text(hc1(cose_bytes(payload=payload)), TRUST, AT)
    return caught.value.detail


def instant(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_a_valid_code_says_who_what_and_when(algorithm: Any) -> None:
    key = soft_key(algorithm)
    checked = check_text(code(key), TRUST, AT)
    assert checked.payload == dcc()
    assert (checked.issuer, checked.algorithm, checked.kid) == ("VN", algorithm, key.certificate.kid)
    assert (checked.issued_at, checked.expires_at) == (instant(IAT), instant(EXP))
    assert checked.signer == key.certificate
    assert "NGUYEN" not in repr(checked)


@pytest.mark.parametrize("prefix", [b"", b"\xd2", b"\xd8\x3d\xd2"])
def test_every_wrapping_is_valid(prefix: bytes) -> None:
    assert verdict(hc1(cose_bytes(prefix=prefix))) == "VALID"


def test_where_the_kid_stands() -> None:
    kid = EC_KEY.certificate.kid
    assert verdict(hc1(cose_bytes(kid=ABSENT, unprotected={4: kid}))) == "VALID"
    assert verdict(hc1(cose_bytes(unprotected={4: bytes(8)}))) == "VALID"
    assert verdict(hc1(cose_bytes(unprotected={4: b"short"}))) == "VALID"
    assert verdict(hc1(cose_bytes(header=b"", unprotected={1: -7, 4: kid}))) == "VALID"
    assert verdict(hc1(cose_bytes(kid=bytes(8), unprotected={4: kid}))) == "KID"
    assert verdict(hc1(cose_bytes(kid=b"foo", unprotected={4: kid}))) == "KID"
    assert verdict(hc1(cose_bytes(kid=kid[:7]))) == "KID"
    assert verdict(hc1(cose_bytes(kid=kid + b"\x00"))) == "KID"
    assert verdict(hc1(cose_bytes(kid=ABSENT))) == "KID"


def test_every_signer_with_the_kid_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certificates.pki.key_identifier", lambda _: b"collides")
    others = [make_key("ES256").certificate_der, RSA_KEY.certificate_der]
    text = hc1(cose_bytes(kid=b"collides"))
    assert verdict(text, TrustStore.of([*others, EC_KEY.certificate_der])) == "VALID"
    assert verdict(text, TrustStore.of(others)) == "SIG"


def test_of_several_certificates_of_one_key_one_that_allows_it_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certificates.pki.key_identifier", lambda _: b"collides")
    old = with_certificate(EC_KEY, not_after=instant(IAT)).certificate_der
    tests_only = with_certificate(EC_KEY, x509.ExtendedKeyUsage([x509.ObjectIdentifier(EKU + "1")])).certificate_der
    text = hc1(cose_bytes(kid=b"collides"))
    assert verdict(text, TrustStore.of([old, tests_only, EC_KEY.certificate_der])) == "VALID"
    assert verdict(text, TrustStore.of([old, tests_only])) == "KEYUSAGE"


def test_algorithm_and_key_must_fit() -> None:
    assert verdict(hc1(cose_bytes(EC_KEY, alg=-37))) == "SIG"
    assert verdict(hc1(cose_bytes(RSA_KEY, alg=-7))) == "SIG"
    assert verdict(hc1(cose_bytes(EC_KEY, alg=-257))) == "COSE"
    assert verdict(hc1(cose_bytes(EC_KEY, alg=-257, unprotected={1: -7}))) == "COSE"


def test_rsa_keys_from_2048_to_4096_bits() -> None:
    for bits, expected in ((1024, "KID"), (2048, "VALID"), (3072, "VALID"), (4096, "VALID")):
        private = rsa_key(bits)
        key = SoftKey(private, certificate(private.public_key()), b"")
        assert verdict(code(key), TrustStore.of([key.certificate_der])) == expected, bits


def test_a_wrong_check_character_is_no_reason() -> None:
    for identifier in ("URN:UVCI:01:VN:7K3M9PX2QRT4VW#0", "urn:uvci:01:vn:lower#z", "no identifier at all"):
        document = dcc()
        document["v"][0]["ci"] = identifier
        assert verdict(code(dcc=document)) == "VALID"


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_signatures(algorithm: Any) -> None:
    key = soft_key(algorithm)
    size = 64 if algorithm == "ES256" else 256
    for signature in (b"", bytes(size), b"\xff" * size, bytes(size - 1), bytes(size + 1), bytes(20_000)):
        assert verdict(hc1(cose_bytes(key, signature=signature))) == "SIG"
    stranger = make_key(algorithm)
    assert verdict(hc1(cose_bytes(stranger, kid=key.certificate.kid))) == "SIG"


def test_another_purpose_is_no_passport() -> None:
    header, payload = protected_header("ES256", EC_KEY.certificate.kid), cbor2.dumps(claims())
    for purpose in (purposes.CONFIRMATION, purposes.TRUST_LIST, purposes.login("https://centre")):
        signature = EC_KEY.sign(sig_structure(header, payload, purpose))
        assert verdict(hc1(cose_bytes(payload=payload, header=header, signature=signature))) == "SIG"


def test_ca_certificates_are_never_signers() -> None:
    ca = with_certificate(EC_KEY, x509.BasicConstraints(ca=True, path_length=None))
    assert verdict(hc1(cose_bytes(ca)), TrustStore.of([ca.certificate_der])) == "KID"


def test_time_to_the_second() -> None:
    text, second = code(), dt.timedelta(seconds=1)
    assert verdict(text, at=instant(IAT)) == "VALID"
    assert verdict(text, at=instant(EXP)) == "VALID"
    assert verdict(text, at=instant(IAT) - second) == "TIME"
    assert verdict(text, at=instant(EXP) + second) == "TIME"
    with_zone = instant(EXP).astimezone(dt.timezone(dt.timedelta(hours=7)))
    assert verdict(text, at=with_zone) == "VALID"


def test_the_life_of_the_signers_certificate() -> None:
    def at(issued: int, **life: Any) -> str:
        key = with_certificate(EC_KEY, **life)
        return verdict(code(key, iat=issued, exp=EXP), TrustStore.of([key.certificate_der]))

    day = dt.timedelta(days=1)
    assert at(IAT, not_before=instant(IAT), not_after=AT) == "VALID"
    assert at(IAT, not_before=instant(IAT) - day, not_after=AT - day) == "DSCTIME"
    assert at(IAT, not_before=AT + day, not_after=AT + 2 * day) == "DSCTIME"
    assert at(IAT, not_before=instant(IAT) + day, not_after=AT + day) == "DSCTIME"  # back-dated


@pytest.mark.parametrize("spelling", ["1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1."])
def test_key_usage_against_content(spelling: str) -> None:
    documents = {
        "1": {"v": ABSENT, "t": [{"tg": "840539006"}]},
        "2": {},
        "3": {"v": ABSENT, "r": [{"tg": "840539006"}]},
    }
    for allowed in documents:
        key = with_certificate(EC_KEY, x509.ExtendedKeyUsage([x509.ObjectIdentifier(spelling + allowed)]))
        trust = TrustStore.of([key.certificate_der])
        for content, changes in documents.items():
            refused = verdict(code(key, dcc=dcc(**changes)), trust) == "KEYUSAGE"
            assert refused is (allowed != content)
        # a second kind does not come in behind the first
        mixed = dcc(r=[{"tg": "840539006"}], t=[{"tg": "840539006"}])
        assert verdict(code(key, dcc=mixed), trust) == "KEYUSAGE"
        # empty or null lists are no content
        empty: dict[str, Any] = {"t": [], "r": None}
        assert (verdict(code(key, dcc=dcc(**empty)), trust) == "KEYUSAGE") is (allowed != "2")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"ver": "1.3.0"},
        dcc(nam=ABSENT),
        dcc(nam=None),
        dcc(dob=5),
        dcc(v=ABSENT),
        dcc(v=[]),
        dcc(v={}),
        dcc(v="v"),
        dcc(v=[[]]),
        dcc(v=[None]),
        dcc(v=[{}]),
        dcc(x=b"bytes"),
        dcc(x=float("nan")),
        dcc(x=[float("inf")]),
        dcc(x={"y": [b""]}),
        dcc(x={1: 2}),
        dcc(x={"y": [{None: 2}]}),
        dcc(x=cbor2.undefined),
        dcc(x=cbor2.CBORSimpleValue(99)),
    ],
)
def test_content_that_is_no_certificate(document: dict[str, Any]) -> None:
    assert verdict(hc1(cose_bytes(payload=cbor2.dumps({**claims(), -260: {1: document}})))) == "SCHEMA"


def test_tagged_dates_inside_become_texts() -> None:
    document = dcc(x=[{"sc": cbor2.CBORTag(0, "2022-04-01T10:00:00Z")}, cbor2.CBORTag(0, "2022-04-01")])
    checked = check_text(code(dcc=document), TRUST, AT)
    assert checked.payload["x"] == [{"sc": "2022-04-01T10:00:00Z"}, "2022-04-01"]
    assert type(checked.payload["x"][1]) is str


def test_the_first_step_that_fails_is_the_reason() -> None:
    tests_only = x509.ExtendedKeyUsage([x509.ObjectIdentifier(EKU + "1")])
    ended = with_certificate(EC_KEY, tests_only, not_after=instant(IAT))
    key = with_certificate(EC_KEY, tests_only)
    stranger = make_key("ES256")
    expired: dict[str, Any] = {"iat": IAT, "exp": IAT, "dcc": {"v": [1]}}
    wrong: dict[str, Any] = {"dcc": {"v": [1]}}
    # Each is wrong in this step and in every later one that it reaches.
    texts = ["HC0:a", "HC1:a", "HC1:00", hc1(b"\x00"), code(stranger, **expired)]
    texts += [hc1(cose_bytes(stranger, b"\x00", kid=ended.certificate.kid)), hc1(cose_bytes(ended, b"\x00"))]
    texts += [code(ended, **expired), code(ended, **wrong), code(key, **wrong), code(**wrong)]
    trust = TrustStore.of([EC_KEY.certificate_der, ended.certificate_der, key.certificate_der])
    in_order = [reason.value for reason in CheckReason]
    assert [verdict(text, trust) for text in texts] == in_order[: len(texts)]
    assert in_order[len(texts)] == CheckReason.REVOKED  # tested with the index


# --- whatever comes in, a verdict comes out ---

MUTATED = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
COSE = cose_bytes()
TEXT = hc1(COSE)
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats()
    | st.text(max_size=9)
    | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.integers(-300, 300) | st.text(max_size=4) | st.sampled_from(["v", "t", "r", "nam"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@MUTATED
@given(st.text(max_size=80) | st.text(alphabet=ALPHABET.decode(), max_size=80).map("HC1:".__add__))
def test_any_text(text: str) -> None:
    assert verdict(text) != "VALID"


@MUTATED
@given(st.integers(0, len(TEXT) - 1), st.sampled_from(ALPHABET.decode() + "\n a\x00Đ"))
def test_any_changed_letter(place: int, letter: str) -> None:
    text = TEXT[:place] + letter + TEXT[place + 1 :]
    assert (verdict(text) == "VALID") is (text == TEXT)


@MUTATED
@given(st.integers(0, len(COSE) * 8 - 1))
def test_any_changed_bit(bit: int) -> None:
    changed = bytearray(COSE)
    changed[bit // 8] ^= 1 << bit % 8
    assert verdict(hc1(bytes(changed))) != "VALID"


@MUTATED
@given(st.integers(0, len(COSE)), st.integers(0, len(COSE)), st.binary(max_size=12))
def test_any_part_replaced(start: int, end: int, piece: bytes) -> None:
    changed = COSE[:start] + piece + COSE[end:]
    # one byte may be taken away without harm: the tag 18
    assert (verdict(hc1(changed)) == "VALID") is (changed in (COSE, COSE[1:]))


@MUTATED
@given(JUNK)
def test_any_signed_payload(junk: Any) -> None:
    assert verdict(hc1(cose_bytes(payload=cbor2.dumps(junk)))) != "VALID"


@MUTATED
@given(JUNK, st.sampled_from(["ver", "nam", "dob", "v", "t", "r", "x"]))
def test_any_signed_field(junk: Any, field: str) -> None:
    verdict(code(dcc=dcc(**{field: junk})))


@MUTATED
@given(JUNK, st.sampled_from([1, 4, 6, -260]))
def test_any_signed_claim(junk: Any, claim: int) -> None:
    verdict(hc1(cose_bytes(payload=cbor2.dumps({**claims(), claim: junk}))))


@MUTATED
@given(st.dictionaries(st.sampled_from([1, 2, 3, 4, 5, "x"]), JUNK), st.dictionaries(st.sampled_from([1, 2, 4]), JUNK))
def test_any_headers(protected: dict[Any, Any], unprotected: dict[Any, Any]) -> None:
    verdict(hc1(cose_bytes(header=cbor2.dumps(protected), unprotected=unprotected)))


@MUTATED
@given(st.binary(max_size=300))
def test_any_signed_bytes(data: bytes) -> None:
    assert verdict(hc1(cose_bytes(payload=data))) != "VALID"


@pytest.mark.parametrize(
    "payload",
    [
        b"\x81" * 60_000,
        b"\xa1\x01" * 30_000,
        b"\xc1" * 60_000,
        b"\xd8\x1c\x81\xd8\x1d\x00",
        b"\xa1\x39\x01\x03\xa1\x01\xd8\x1c\xa1\x61v\xd8\x1d\x00",
        b"\xa2\x04\xc2\x59\xea\x60" + b"\xff" * 60_000 + b"\x06\x01",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xbb\x00\x00\x00\x10\x00\x00\x00\x00" + b"\x00\x00" * 1000,
    ],
    ids=["lists", "maps", "tags", "cycle", "cycle inside", "giant integer", "giant list", "giant map"],
)
def test_bombs_inside_a_signed_payload(payload: bytes) -> None:
    assert verdict(hc1(cose_bytes(payload=payload))) == "CWT"


def test_what_takes_long_to_read_is_not_read() -> None:
    assert refusal(colliding_keys(900)) == "a key is a list or a map"
    assert refusal(cbor2.dumps({**claims(), 99: [0] * 10_000})) == "more than 10000 items"
    assert verdict(code(dcc=dcc(ver="1" * 50_000 + "x"))) == "SCHEMA"


def test_bombs_outside() -> None:
    assert verdict("HC1:" + "0" * 100_000) == "CONTEXT"
    assert verdict(hc1(bytes(1_000_000))) == "ZLIB"
    assert verdict(hc1(b"\xd2" * 60_000)) == "COSE"
    assert verdict(hc1(b"\xd2\x84" * 30_000)) == "COSE"


# --- what others published ---


def at_of(row: dict[str, Any]) -> dt.datetime:
    moment = dt.datetime.fromisoformat(row["clock_used"])
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def test_published_verdicts_of_the_eu_test_set() -> None:
    rows = [row for row in read_jsonl("eu-dgc-testdata/cases.jsonl") if row["verdict_from"] == "published"]
    differing = {}
    for row in rows:
        trust = TrustStore.of([base64.b64decode(row["certificate"])])
        got = verdict(row["prefix"], trust, at_of(row))
        if got != (row["reason"] or "VALID"):
            differing[row["id"]] = got
    assert len(rows) > 100
    assert differing == {}


def test_codes_of_real_issuers() -> None:
    rows = [row for row in read_jsonl("eu-dcc-qa/codes.jsonl") if row["signature"] == "verifies"]
    assert len(rows) > 60
    for row in rows:
        der = base64.b64decode(row["certificate"])
        checked = check_text(row["text"], TrustStore.of([der]), instant(row["iat"]))
        assert isinstance(checked, CheckedCertificate)
        assert checked.issuer == row["iss"]
        assert checked.signer == SigningCertificate.from_der(der)
        assert verdict(row["text"], TrustStore.of([der]), instant(row["exp"] + 1)) == "TIME"
        assert verdict(row["text"], TRUST, instant(row["iat"])) == "KID"


def test_no_mutant_of_a_real_code_passes() -> None:
    mutants: list[Callable[[bytes], bytes]] = [
        lambda cose: cose + b"\x00",
        lambda cose: cose[:-1],
        lambda cose: cose[:-1] + bytes([cose[-1] ^ 1]),
        lambda cose: cose.replace(b"\x01\x26", b"\x01\x38\x24", 1),
        lambda cose: b"\xd2" + cose,
    ]
    for row in read_jsonl("eu-dcc-qa/codes.jsonl"):
        if row["signature"] == "verifies":
            trust = TrustStore.of([base64.b64decode(row["certificate"])])
            cose = zlib.decompress(b45decode(row["text"][4:]))
            for mutant in mutants:
                changed = mutant(cose)
                if changed != cose:
                    assert verdict(hc1(changed), trust, instant(row["iat"])) != "VALID"
