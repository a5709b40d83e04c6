from datetime import UTC, datetime

import cbor2
import pytest

from certificates import purposes
from certificates.act_chain import BEGINNING, LogHead, LogRow, follow, note_seal, row_hash, unit_of
from certificates.cbor import encode_bytes
from certificates.checkpoints import check_signer, read, sign
from certificates.errors import CertificateError
from certificates.sealing import seal
from certificates.signing import Algorithm
from tests.support.codes import AT
from tests.support.softkeys import SoftKey, make_key, soft_key
from tests.support.trust_lists import LIST_KEY, ROOT

HEAD = LogHead(sequence=7, hash=bytes(range(32)))


def sealed(payload: object, key: SoftKey, purpose: bytes = purposes.AUDIT_CHECKPOINT) -> bytes:
    cose = seal(cbor2.dumps(payload), key, purpose)
    return b"\x82" + encode_bytes(key.certificate_der) + encode_bytes(cose)


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_what_is_signed_is_read(algorithm: Algorithm) -> None:
    key = soft_key(algorithm)
    found = read(sign(HEAD, key, at=AT))
    assert (found.head, found.made_at, found.signer.der) == (HEAD, AT, key.certificate_der)
    check_signer(found, [key.certificate_der])


def test_a_change_of_any_byte_is_found() -> None:
    data = sign(HEAD, soft_key("ES256"), at=AT)
    codes = set()
    for place in range(len(data)):
        with pytest.raises(CertificateError) as caught:
            read(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        codes.add(caught.value.code)
    assert codes == {"checkpoint-form", "checkpoint-signature"}


@pytest.mark.parametrize(
    "payload",
    [
        7,
        ["audit-checkpoint", 1, 7, bytes(32)],
        ["audit-checkpoint", 2, 7, bytes(32), 1],
        ["audit-checkpoint", True, 7, bytes(32), 1],
        ["other", 1, 7, bytes(32), 1],
        ["audit-checkpoint", 1, 0, bytes(32), 1],
        ["audit-checkpoint", 1, 7, bytes(31), 1],
        ["audit-checkpoint", 1, 7, "x" * 32, 1],
        ["audit-checkpoint", 1, 7, bytes(32), -1],
    ],
)
def test_other_contents(payload: object) -> None:
    with pytest.raises(CertificateError, match="checkpoint-form"):
        read(sealed(payload, soft_key("ES256")))


@pytest.mark.parametrize("data", [b"", b"\x82", b"\x82\x40\x40", b"\x83\x40\x40\x40"])
def test_other_bytes(data: bytes) -> None:
    with pytest.raises(CertificateError, match="checkpoint-form"):
        read(data)


def test_what_was_signed_for_something_else_is_none() -> None:
    payload = ["audit-checkpoint", 1, 7, bytes(32), 1]
    for purpose in (purposes.BUNDLE, purposes.CONFIRMATION, purposes.PASSPORT):
        with pytest.raises(CertificateError, match="checkpoint-signature"):
            read(sealed(payload, soft_key("ES256"), purpose))


def test_who_may_sign() -> None:
    other = make_key("ES256")
    check_signer(read(sign(HEAD, LIST_KEY, at=AT)), [ROOT.certificate_der])
    for key, pinned in ((other, [ROOT.certificate_der]), (other, []), (other, [other.ca_der])):
        with pytest.raises(CertificateError, match="checkpoint-signer"):
            check_signer(read(sign(HEAD, key, at=AT)), pinned)
    with pytest.raises(CertificateError, match="checkpoint-signer: its signer's certificate was not valid"):
        check_signer(read(sign(HEAD, other, at=datetime(2031, 1, 1, tzinfo=UTC))), [other.certificate_der])


def test_the_chain() -> None:
    digest = row_hash(BEGINNING.hash, 1, "t", "a@b", "act", "s", "", None)
    row = LogRow(sequence=1, at="t", actor="a@b", act="act", subject="s", reason="", token=None, hash=digest)
    assert follow(BEGINNING, [row]) == LogHead(sequence=1, hash=digest)
    assert row_hash(BEGINNING.hash, 1, "t", "a@b", "act", "s", "", b"") != digest
    with pytest.raises(CertificateError, match="audit-broken: row 1"):
        follow(LogHead(sequence=0, hash=bytes(31) + b"x"), [row])
    half = LogRow(sequence=1, at="\ud800", actor="", act="", subject="", reason="", token=None, hash=digest)
    with pytest.raises(CertificateError, match="audit-broken"):
        follow(BEGINNING, [half])


def test_units_and_notes() -> None:
    assert (unit_of("a@b@TYT-1"), unit_of("root")) == ("TYT-1", None)
    assert note_seal(b"1" * 32, "x") != note_seal(b"2" * 32, "x")
