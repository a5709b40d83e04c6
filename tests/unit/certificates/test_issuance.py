import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import cbor2
import pytest

from certificates import purposes
from certificates.checking import check_text
from certificates.cose import CoseSign1
from certificates.errors import CheckError, CheckReason, IssuanceError, RecordError
from certificates.hc1 import encode_hc1
from certificates.issuance import (
    Terms,
    claims_for,
    finish,
    prepare_confirmation,
    prepare_passport,
    verify_confirmation,
    whole_seconds,
)
from certificates.records.model import VerifiedRecord
from certificates.records.verification import verify
from certificates.signing import Algorithm
from certificates.trust import TrustStore
from tests.support.records import CITIZEN, TODAY, answer, dose, record
from tests.support.softkeys import NOT_AFTER, NOT_BEFORE, make_key, soft_key

ISSUED_AT = datetime(2022, 5, 4, 7, 30, tzinfo=UTC)
TERMS = Terms(
    uvci="URN:UVCI:01:VN:7K3M9PX2QRT4VW",
    issued_at=ISSUED_AT,
    expires_at=ISSUED_AT + timedelta(days=365),
    issuer="Bộ Y tế",
)
ALGORITHMS: tuple[Algorithm, ...] = ("ES256", "PS256")


def verified() -> VerifiedRecord:
    return verify(record(), answer(), today=TODAY)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_from_a_record_to_a_passport_and_back(algorithm: Algorithm) -> None:
    key = soft_key(algorithm)
    tbs = prepare_passport(verified(), TERMS, key.certificate)
    passport = finish(tbs, key.sign(tbs.message))
    checked = check_text(encode_hc1(passport.encode()), TrustStore.of([key.certificate_der]), ISSUED_AT)
    assert checked.payload == tbs.health_certificate.to_dict()
    assert (checked.issuer, checked.kid, checked.algorithm) == ("VN", key.certificate.kid, algorithm)
    assert (checked.issued_at, checked.expires_at) == (TERMS.issued_at, TERMS.expires_at)


def test_both_ends_compute_the_same_bytes() -> None:
    certificate = soft_key("ES256").certificate
    one = prepare_passport(verified(), TERMS, certificate)
    other = prepare_passport(verified(), TERMS, certificate)
    assert one.message == other.message
    assert one.digest == hashlib.sha256(one.message).digest()


def test_names_that_differ_only_by_a_blank_are_signed_differently() -> None:
    """Whichever way the name is divided, what is signed tells it from every other that is shown."""
    key, messages = soft_key("ES256").certificate, set()
    names = ("Nguyễn Thị Lan Anh", "Nguyễn ThịLan Anh", "Nguyễn Thị LanAnh", "NguyễnThị Lan Anh")
    for name in names:
        person = replace(CITIZEN, full_name=name)
        record_of = verify(record(person), answer(person), today=TODAY)
        messages.add(prepare_passport(record_of, TERMS, key).message)
        messages.add(prepare_confirmation(record_of, TERMS, key).message)
    assert len(messages) == 2 * len(names)


@pytest.mark.parametrize("uvci", ["", "call 0900 000 000", TERMS.uvci + "#A", TERMS.uvci.replace(":VN:", ":LA:")])
def test_no_key_signs_free_text_as_a_certificate_code(uvci: str) -> None:
    certificate = soft_key("ES256").certificate
    for prepare in (prepare_passport, prepare_confirmation):
        with pytest.raises(RecordError) as caught:
            prepare(verified(), replace(TERMS, uvci=uvci), certificate)
        assert caught.value.code == "uvci-form"


def test_it_is_finished_once() -> None:
    key = soft_key("ES256")
    tbs = prepare_passport(verified(), TERMS, key.certificate)
    finish(tbs, key.sign(tbs.message))
    with pytest.raises(IssuanceError) as caught:
        finish(tbs, key.sign(tbs.message))
    assert caught.value.code == "tbs-redeemed"


def test_of_many_at_once_one_finishes() -> None:
    key = soft_key("ES256")
    tbs = prepare_passport(verified(), TERMS, key.certificate)
    signature = key.sign(tbs.message)
    done: list[CoseSign1] = []

    def redeem() -> None:
        try:
            done.append(finish(tbs, signature))
        except IssuanceError:
            return

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_bad_signature_releases_nothing_and_spends_nothing(algorithm: Algorithm) -> None:
    key = soft_key(algorithm)
    tbs = prepare_passport(verified(), TERMS, key.certificate)
    good = key.sign(tbs.message)
    flipped = good[:-1] + bytes([good[-1] ^ 1])
    for bad in (b"", flipped, good[:-1], good + b"\0", make_key(algorithm).sign(tbs.message), key.sign(tbs.payload)):
        with pytest.raises(IssuanceError) as caught:
            finish(tbs, bad)
        assert caught.value.code == "signature-invalid"
    assert finish(tbs, good).signature == good


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"country": "LA"}, "dsc-country"),
        ({"issued_at": NOT_BEFORE - timedelta(seconds=1)}, "dsc-validity"),
        ({"expires_at": NOT_AFTER + timedelta(seconds=1)}, "dsc-validity"),
    ],
)
def test_a_dsc_that_may_not(change: dict[str, Any], code: str) -> None:
    with pytest.raises(IssuanceError) as caught:
        prepare_passport(verified(), replace(TERMS, **change), soft_key("ES256").certificate)
    assert caught.value.code == code


def test_a_dsc_for_tests_only() -> None:
    certificate = replace(soft_key("ES256").certificate, kinds=frozenset({"t"}))
    with pytest.raises(IssuanceError, match="dsc-usage"):
        prepare_passport(verified(), TERMS, certificate)


def test_the_whole_life_of_the_dsc_may_be_used() -> None:
    terms = replace(TERMS, issued_at=NOT_BEFORE, expires_at=NOT_AFTER)
    assert prepare_passport(verified(), terms, soft_key("ES256").certificate)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"issued_at": ISSUED_AT.replace(microsecond=1)}, "terms-time"),
        ({"issued_at": ISSUED_AT.astimezone(timezone(timedelta(hours=7)))}, "terms-time"),
        ({"issued_at": ISSUED_AT.replace(tzinfo=None)}, "terms-time"),
        ({"expires_at": ISSUED_AT}, "terms-order"),
    ],
)
def test_terms_that_cannot_be(change: dict[str, Any], code: str) -> None:
    with pytest.raises(IssuanceError) as caught:
        replace(TERMS, **change)
    assert caught.value.code == code


def test_whole_seconds() -> None:
    local = datetime(2022, 5, 4, 14, 30, 0, 999, tzinfo=timezone(timedelta(hours=7)))
    assert whole_seconds(local) == ISSUED_AT
    assert whole_seconds(local).utcoffset() == timedelta(0)


def confirmed(algorithm: Algorithm = "ES256") -> CoseSign1:
    key = soft_key(algorithm)
    tbs = prepare_confirmation(verified(), TERMS, key.certificate)
    return finish(tbs, key.sign(tbs.message))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_confirmation_holds_for_its_record_and_terms(algorithm: Algorithm) -> None:
    confirmation = confirmed(algorithm)
    verify_confirmation(confirmation, verified(), TERMS, soft_key(algorithm).certificate)
    version, record_id, record_version, digest, claims = cbor2.loads(confirmation.payload)
    assert (version, record_id, record_version) == (1, "R-1", 1)
    assert digest == record().digest
    assert claims == claims_for(verified(), TERMS).encode()


def test_a_confirmation_holds_for_nothing_else() -> None:
    certificate = soft_key("ES256").certificate
    newer = verify(replace(record(), version=2), answer(), today=TODAY)
    corrected = verify(record(doses=(dose(lot="XX1234"), dose(2, "2021-09-14"))), answer(), today=TODAY)
    for other, terms in (
        (newer, TERMS),
        (corrected, TERMS),  # the lot is in no DCC, and yet it is confirmed
        (verified(), replace(TERMS, uvci="URN:UVCI:01:VN:00000000000000")),
        (verified(), replace(TERMS, expires_at=TERMS.expires_at + timedelta(seconds=1))),
    ):
        with pytest.raises(IssuanceError) as caught:
            verify_confirmation(confirmed(), other, terms, certificate)
        assert caught.value.code == "confirmation-differs"
    with pytest.raises(IssuanceError, match="confirmation-differs"):
        verify_confirmation(confirmed(), verified(), TERMS, soft_key("PS256").certificate)


def passport_signature() -> bytes:
    key = soft_key("ES256")
    return key.sign(prepare_passport(verified(), TERMS, key.certificate).message)


def test_a_confirmation_with_a_bad_signature() -> None:
    key = soft_key("ES256")
    for signature in (b"\0" * 64, passport_signature()):
        with pytest.raises(IssuanceError) as caught:
            verify_confirmation(replace(confirmed(), signature=signature), verified(), TERMS, key.certificate)
        assert caught.value.code == "confirmation-signature"


def test_a_confirmation_never_passes_as_a_passport() -> None:
    trust = TrustStore.of([soft_key("ES256").certificate_der])
    with pytest.raises(CheckError) as caught:
        check_text(encode_hc1(confirmed().encode()), trust, ISSUED_AT)
    assert caught.value.reason is CheckReason.SIG
    # Even with the passport's own payload the signature is over another purpose.
    key = soft_key("ES256")
    passport = prepare_passport(verified(), TERMS, key.certificate)
    forged = replace(passport, purpose=purposes.CONFIRMATION)
    cose = CoseSign1(protected=passport.protected, payload=passport.payload, signature=key.sign(forged.message))
    with pytest.raises(CheckError) as caught:
        check_text(encode_hc1(cose.encode()), trust, ISSUED_AT)
    assert caught.value.reason is CheckReason.SIG
