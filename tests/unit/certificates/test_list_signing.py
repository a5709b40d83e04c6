# mypy: disable-error-code="no-untyped-call"
# asn1crypto has no types.

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from certificates import purposes
from certificates.cbor import encode_bytes
from certificates.errors import CertificateError, IssuanceError
from certificates.list_signing import is_issued_by, is_list_signer, is_signed_list, open_list, sign_list
from certificates.sealing import seal
from tests.support.codes import AT
from tests.support.softkeys import SoftKey, soft_key
from tests.support.trust_lists import LIST_KEY, ROOT, ROOTS, certify, make_root

LIST = sign_list(b"payload", LIST_KEY, purposes.TRUST_LIST)


def refused(data: bytes, roots: list[bytes] = ROOTS, purpose: bytes = purposes.TRUST_LIST) -> str:
    with pytest.raises(CertificateError) as refusal:
        open_list(data, roots, purpose, max_size=5000)
    return refusal.value.code


def packed(certificate: bytes, key: SoftKey) -> bytes:
    """A list that travels with any certificate, signed by any key."""
    return b"\x82" + encode_bytes(certificate) + encode_bytes(seal(b"payload", key, purposes.TRUST_LIST))


def test_a_list_opens_below_its_root_and_names_its_signer() -> None:
    opened = open_list(LIST, ROOTS, purposes.TRUST_LIST, max_size=5000)
    assert (opened.payload, opened.signer) == (b"payload", LIST_KEY.certificate)
    assert is_signed_list(LIST)
    assert not any(map(is_signed_list, (ROOT.certificate_der, b"-----BEGIN", b'{"entries"', b"")))


def test_a_new_list_signer_below_the_same_root_just_works() -> None:
    other = sign_list(b"payload", certify(ROOT), purposes.TRUST_LIST)
    assert open_list(other, ROOTS, purposes.TRUST_LIST, max_size=5000).payload == b"payload"


def test_a_new_root_works_while_both_are_pinned() -> None:
    root = make_root()
    new = sign_list(b"payload", certify(root), purposes.TRUST_LIST)
    both = [*ROOTS, root.certificate_der]
    assert all(open_list(data, both, purposes.TRUST_LIST, max_size=5000) for data in (LIST, new))
    assert refused(new) == refused(LIST, [root.certificate_der]) == refused(LIST, []) == "list-chain"


def test_who_is_certified_for_something_else_signs_no_list() -> None:
    dsc = certify(ROOT, lists=False)
    assert not is_list_signer(dsc.certificate_der)
    with pytest.raises(IssuanceError, match="list-signer-usage"):
        sign_list(b"payload", dsc, purposes.TRUST_LIST)
    assert refused(packed(dsc.certificate_der, dsc)) == "list-chain"
    assert refused(packed(ROOT.certificate_der, ROOT)) == "list-chain"


def test_a_pinned_certificate_that_is_no_ca_certifies_nobody() -> None:
    other, dsc = certify(ROOT), certify(ROOT, lists=False)
    assert refused(sign_list(b"payload", other, purposes.TRUST_LIST), [LIST_KEY.certificate_der]) == "list-chain"
    assert refused(packed(dsc.certificate_der, dsc), [dsc.certificate_der]) == "list-chain"
    assert not is_issued_by(LIST_KEY.certificate_der, b"no certificate")


def test_a_pinned_list_signer_counts_itself() -> None:
    opened = open_list(LIST, [LIST_KEY.certificate_der], purposes.TRUST_LIST, max_size=5000)
    assert opened.signer == LIST_KEY.certificate


def test_a_certificate_with_an_odd_serial_number_is_verified_like_any_other() -> None:
    """Some countries number from zero; the parser warns of it."""
    name = x509.Name.from_rfc4514_string("C=DE,CN=CSCA")
    key = ec.generate_private_key(ec.SECP256R1())
    begin, end = AT, AT.replace(year=2030)
    ca = x509.CertificateBuilder(name, name, key.public_key(), 7, begin, end)
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    issuer = ca.sign(key, SHA256()).public_bytes(Encoding.DER)
    raw = asn1.Certificate.load(issuer)
    raw["tbs_certificate"]["serial_number"] = 0
    raw["signature_value"] = key.sign(raw["tbs_certificate"].dump(force=True), ec.ECDSA(SHA256()))
    assert is_issued_by(raw.dump(force=True), issuer)


def test_a_signer_must_be_certified_within_the_life_of_its_root() -> None:
    # The same key and name with a certificate that begins later: the signature above still fits.
    renewed = make_root(AT, private=ROOT.private_key).certificate_der
    assert is_issued_by(LIST_KEY.certificate_der, renewed)
    assert refused(LIST, [renewed]) == "list-chain"


def test_the_certificate_and_the_signature_belong_together() -> None:
    other = certify(ROOT)
    assert refused(packed(other.certificate_der, LIST_KEY)) == "list-signer"
    forged = bytearray(LIST)
    forged[-1] ^= 1
    assert refused(bytes(forged)) == "list-signature"
    assert refused(LIST, purpose=purposes.REVOCATION_LIST) == "list-signature"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x82",
        b"\x82\x40\x40",
        LIST[1:],
        LIST + b"\x00",
        LIST[:-1],
        b"\x82" + encode_bytes(bytes(9000)) + b"\x40",
        LIST + bytes(5000),
        packed(b"no certificate", LIST_KEY),
        packed(soft_key("ES256").certificate_der[:-1], LIST_KEY),
        b"\x82" + encode_bytes(LIST_KEY.certificate_der) + encode_bytes(b"no COSE"),
    ],
)
def test_what_is_no_signed_list(data: bytes) -> None:
    assert refused(data) == "list-form"
