"""Throw-away keys in software with a chain of their own. For tests only: the product has no software key."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certificates.pki import SigningCertificate
from certificates.signing import Algorithm

NOT_BEFORE = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
NOT_AFTER = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class SoftKey:
    """A SigningKey (`certificates.signing`) in memory, with the certificate of the CA above it."""

    private_key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    certificate_der: bytes
    ca_der: bytes

    @property
    def algorithm(self) -> Algorithm:
        return "ES256" if isinstance(self.private_key, ec.EllipticCurvePrivateKey) else "PS256"

    @property
    def certificate(self) -> SigningCertificate:
        return SigningCertificate.from_der(self.certificate_der)

    def sign(self, tbs: bytes) -> bytes:
        if isinstance(self.private_key, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self.private_key.sign(tbs, ec.ECDSA(SHA256())))
            return r.to_bytes(32) + s.to_bytes(32)
        pss = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)
        return self.private_key.sign(tbs, pss, SHA256())


def make_key(
    algorithm: Algorithm,
    *,
    common_name: str = "SPECIMEN DSC",
    country: str = "VN",
    not_before: dt.datetime = NOT_BEFORE,
    not_after: dt.datetime = NOT_AFTER,
) -> SoftKey:
    """A fresh key with a DSC below a fresh CSCA. RSA keys have 2048 bits."""
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("SPECIMEN CSCA", country)
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if algorithm == "ES256":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    authority = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = (
        _builder(ca_name, ca_name, ca_key.public_key(), not_before, not_after)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(authority, critical=False)
        .sign(ca_key, SHA256())
    )
    certificate = (
        _builder(_name(common_name, country), ca_name, key.public_key(), not_before, not_after)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(ca_key, SHA256())
    )
    return SoftKey(key, certificate.public_bytes(Encoding.DER), ca.public_bytes(Encoding.DER))


@cache
def soft_key(algorithm: Algorithm) -> SoftKey:
    """One SPECIMEN key of each kind for the whole test run."""
    return make_key(algorithm)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    not_before: dt.datetime,
    not_after: dt.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )


def _name(common_name: str, country: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
