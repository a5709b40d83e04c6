import base64
import hashlib
from typing import Any

import pytest

from certificates.checking import CheckedCertificate, check_text
from certificates.cose import decode_cose_sign1, read_headers
from certificates.cwt import decode_claims
from certificates.hc1 import decode_hc1
from certificates.revocation.hashes import HashType, country_uci_hash, hashes_of, signature_hash, uci_hash
from certificates.signing import Algorithm
from certificates.trust import TrustStore
from tests.support.codes import ABSENT, AT, code, dcc
from tests.support.fixtures import read_jsonl
from tests.support.softkeys import soft_key

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def checked(algorithm: Algorithm = "ES256", **changes: Any) -> CheckedCertificate:
    key = soft_key(algorithm)
    return check_text(code(key, **changes), TrustStore.of([key.certificate_der]), AT)


def test_128_bits_of_sha_256() -> None:
    assert uci_hash("URN:UVCI:01:VN:A#b") == hashlib.sha256(b"URN:UVCI:01:VN:A#b").digest()[:16]
    assert country_uci_hash("VN", "x") == uci_hash("VNx")


def test_both_signatures_that_verify_have_one_hash() -> None:
    signature = checked().cose.signature
    twin = signature[:32] + (P256_ORDER - int.from_bytes(signature[32:])).to_bytes(32)
    assert signature_hash(twin, "ES256") == signature_hash(signature, "ES256")
    assert signature_hash(signature, "ES256") == hashlib.sha256(signature[:32]).digest()[:16]


def test_the_whole_of_an_rsa_signature() -> None:
    certificate = checked("PS256")
    assert hashes_of(certificate, HashType.SIGNATURE) == [hashlib.sha256(certificate.cose.signature).digest()[:16]]


@pytest.mark.parametrize("identifier", ["urn:uvci:01:vn:lower#9", " blank ", "Đ#x"])
def test_an_identifier_is_hashed_as_it_was_signed(identifier: str) -> None:
    document = dcc()
    document["v"][0]["ci"] = identifier
    certificate = checked(dcc=document)
    assert hashes_of(certificate, HashType.UCI) == [uci_hash(identifier)]
    assert hashes_of(certificate, HashType.COUNTRYCODEUCI) == [country_uci_hash("VN", identifier)]


def test_every_entry_counts() -> None:
    document = dcc()
    document["v"].append({**document["v"][0], "ci": "other"})
    assert hashes_of(checked(dcc=document), HashType.UCI) == [uci_hash(document["v"][0]["ci"]), uci_hash("other")]


def test_without_an_issuer_the_signers_country_stands() -> None:
    certificate = checked(iss=ABSENT)
    assert hashes_of(certificate, HashType.COUNTRYCODEUCI) == [country_uci_hash("VN", dcc()["v"][0]["ci"])]


def test_the_published_codes() -> None:
    expected = {row["id"]: row for row in read_jsonl("revocation/hashes.jsonl")}
    texts = {row["id"]: row["prefix"] for row in read_jsonl("eu-dgc-testdata/cases.jsonl")}
    wrong = []
    for name, row in expected.items():
        cose = decode_cose_sign1(decode_hc1(texts[name]))
        claims = decode_claims(cose.payload)
        [entry] = [entry for kind in "vtr" for entry in claims.dcc.get(kind) or ()]
        found = {
            "SIGNATURE": signature_hash(cose.signature, read_headers(cose).algorithm),
            "UCI": uci_hash(entry["ci"]),
            "COUNTRYCODEUCI": country_uci_hash(claims.issuer or "", entry["ci"]),
        }
        wrong += [(name, kind) for kind, value in found.items() if value != base64.b64decode(row[kind])]
    assert not wrong
    assert len(expected) > 100
