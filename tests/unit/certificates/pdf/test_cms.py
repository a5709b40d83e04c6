"""The CMS is read by asn1crypto and verified with cryptography: nothing of ours judges itself."""

import hashlib
from typing import Any

import asn1crypto.tsp  # noqa: F401 - teaches asn1crypto's CMS the attributes of RFC 5035
import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import x509 as asn1_x509

from certificates.pdf import cms, der
from certificates.pdf.der import DerError
from certificates.signing import Algorithm
from tests.support.softkeys import SoftKey, make_key, soft_key

ASN1_CMS: Any = asn1_cms  # its calls have no types
ASN1_X509: Any = asn1_x509
DIGEST = hashlib.sha256(b"document").digest()
ALGORITHMS: tuple[Algorithm, ...] = ("ES256", "PS256")


def signed(key: SoftKey, chain: tuple[bytes, ...] = ()) -> bytes:
    attributes = cms.encode_signed_attributes(DIGEST, key.certificate.fingerprint)
    return cms.encode_signed_data(key.certificate, attributes, key.sign(attributes), chain)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_independent_reader_finds_what_pades_asks_for(algorithm: Algorithm) -> None:
    key = soft_key(algorithm)
    content = ASN1_CMS.ContentInfo.load(signed(key), strict=True)
    assert content["content_type"].native == "signed_data"
    data = content["content"]
    assert data["version"].native == "v1"
    assert data["encap_content_info"]["content_type"].native == "data"
    assert data["encap_content_info"]["content"].native is None  # detached
    assert [choice.chosen.dump() for choice in data["certificates"]] == [key.certificate_der]
    (signer,) = data["signer_infos"]
    certificate = ASN1_X509.Certificate.load(key.certificate_der)
    assert signer["sid"].chosen["serial_number"].native == certificate.serial_number
    assert signer["sid"].chosen["issuer"] == certificate.issuer
    assert signer["digest_algorithm"]["algorithm"].native == "sha256"
    attributes = {attribute["type"].native: attribute["values"][0] for attribute in signer["signed_attrs"]}
    # EN 319 142-1, 6.3: no signing time in the CMS.
    assert set(attributes) == {"content_type", "message_digest", "signing_certificate_v2"}
    assert attributes["message_digest"].native == DIGEST
    (identifier,) = attributes["signing_certificate_v2"]["certs"]
    assert identifier["hash_algorithm"]["algorithm"].native == "sha256"
    assert identifier["cert_hash"].native == hashlib.sha256(key.certificate_der).digest()
    assert signer["unsigned_attrs"].native is None
    if algorithm == "ES256":
        assert signer["signature_algorithm"]["algorithm"].native == "sha256_ecdsa"
    else:
        parameters = signer["signature_algorithm"]["parameters"]
        assert signer["signature_algorithm"]["algorithm"].native == "rsassa_pss"
        assert parameters["hash_algorithm"]["algorithm"].native == "sha256"
        assert parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native == "sha256"
        assert parameters["salt_length"].native == 32


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_reads_back_what_it_wrote(algorithm: Algorithm) -> None:
    key = soft_key(algorithm)
    read = cms.decode_signed_data(signed(key, (key.ca_der,)))
    assert read.is_by(key.certificate)
    assert not read.is_by(make_key(algorithm).certificate)
    assert read.message_digest == DIGEST
    assert read.algorithm == algorithm
    assert set(read.certificates) == {key.certificate_der, key.ca_der}
    assert read.signed_attributes == cms.encode_signed_attributes(DIGEST, key.certificate.fingerprint)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("chained", [False, True])
def test_the_room_is_enough_and_no_more_than_needed(algorithm: Algorithm, chained: bool) -> None:
    key = soft_key(algorithm)
    chain = (key.ca_der,) if chained else ()
    room = cms.largest_size(key.certificate, chain)
    sizes = {len(signed(key, chain)) for _ in range(20)}
    assert max(sizes) <= room
    assert room - max(sizes) <= (4 if algorithm == "ES256" else 0)


def test_signed_attributes_are_a_der_set() -> None:
    attributes = cms.encode_signed_attributes(DIGEST, bytes(32))
    assert attributes[0] == 0x31  # told apart from a Sig_structure (0x84) and a CSR (0x30)
    encoded = [child.encoded for child in der.children(der.decode(attributes), der.SET)]
    assert encoded == sorted(encoded)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1.2.840.113549.1.7.2", "1.2.840.113549.1.7.3"),  # not SignedData
        ("1.2.840.113549.1.7.1", "1.2.840.113549.1.7.5"),  # other content
        ("1.2.840.113549.1.9.4", "1.2.840.113549.1.9.5"),  # no message digest
        ("1.2.840.113549.1.9.16.2.47", "1.2.840.113549.1.9.16.2.12"),  # the old signing certificate, SHA-1
        ("1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3"),  # SHA-384
        ("2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.3"),
    ],
)
def test_other_forms_are_refused(old: str, new: str) -> None:
    data = signed(soft_key("ES256"))
    changed = data.replace(der.encode_oid(old), der.encode_oid(new))
    assert changed != data
    with pytest.raises(DerError):
        cms.decode_signed_data(changed)


def test_a_cut_cms_is_refused() -> None:
    data = signed(soft_key("ES256"))
    for length in range(0, len(data), 7):
        with pytest.raises(DerError):
            cms.decode_signed_data(data[:length])
