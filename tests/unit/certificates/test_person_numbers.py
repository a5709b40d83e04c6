import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID, ObjectIdentifier

from certificates.person_numbers import names_person, texts_of

UPN = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")


@pytest.mark.parametrize(
    "text",
    [
        "001180000123",
        "Nguyễn Thị Hoa 001180000123",
        "CCCD:001 180 000 123",
        "CCCD:1",
        "cmnd 123456789",
        "012.345-678",
        "PNOVN-001180000123",
        "PASVN-C1234567",
        "hoa.001180000123@example.vn",
    ],
)
def test_numbers_of_persons(text: str) -> None:
    assert names_person(["Trạm Y tế", text])


@pytest.mark.parametrize(
    "text", ["MST:0101234567", "0101234567-001", "T0101", "02438123456", "Đội CCCD", "ngày 01/02/2022", ""]
)
def test_numbers_of_units(text: str) -> None:
    assert not names_person([text])


def common(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@pytest.mark.parametrize(
    "other",
    [
        x509.DirectoryName(common("CCCD:001180000123")),
        x509.RFC822Name("001180000123@example.vn"),
        x509.UniformResourceIdentifier("https://example.vn/001180000123"),
        x509.OtherName(UPN, b"\x0c\x0c001180000123"),
    ],
)
def test_other_names_count(other: x509.GeneralName) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(common("Trạm Y tế"))
    request = builder.add_extension(x509.SubjectAlternativeName([other]), critical=False).sign(key, SHA256())
    assert names_person(texts_of(request))
    assert not names_person(texts_of(builder.sign(key, SHA256())))
