import pytest

from certificates.ber import check_tags
from certificates.detached_cms import read_attached, read_detached
from certificates.errors import CertificateError, IssuanceError
from certificates.x509 import read_certificate
from tests.support.softkeys import soft_key
from tests.support.uploads import detached

KEY = soft_key("PS256")
BOMB = b"\x3f" + b"\xff" * 900_000 + b"\x01\x00"  # a tag of 900,000 bytes: asn1crypto alone takes minutes


def test_what_certificates_and_signatures_are_made_of_passes() -> None:
    for data in (KEY.certificate_der, KEY.ca_der, detached(b"content", KEY), b"", b"\x30\x80\x04\x01a\x00\x00"):
        check_tags(data)


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        b"\x30\x04\x1f\x81\x01\x00",
        b"\x30\x80\x30\x80\xbf\x21\x00",
        b"\x04\x85\x00\x00\x00\x00\x01a",
        b"\x04\x02a",
        b"\x04",
        b"\x04\x84\xff\xff\xff\xff",
        pytest.param(KEY.certificate_der[:-1], id="a certificate"),  # every process makes its own
    ],
    ids=lambda data: data[:8].hex(),
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"that no certificate has|cut off"):
        check_tags(data)


def test_no_reader_is_kept_busy_by_a_tag() -> None:
    inside = b"\x30\x84" + len(BOMB).to_bytes(4) + BOMB
    for data in (BOMB, inside):
        with pytest.raises(CertificateError, match="cms-form"):
            read_attached(data, max_size=1_000_000)
        with pytest.raises(CertificateError, match="cms-form"):
            read_detached(data[:60_000], b"")
        with pytest.raises(IssuanceError, match="certificate-form"):
            read_certificate(data)
