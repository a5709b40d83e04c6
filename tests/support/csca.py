"""A CSCA with a key in software, made by our own functions: it issues DSCs and revokes them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from certificates.crl import CscaCrl, revoke_certificates
from certificates.crl_reasons import Reason
from certificates.profiles import DscProfile, Subject, issue_csca, issue_dsc
from tests.support.softkeys import SoftKey

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
BEGUN = AT - timedelta(days=40)


@dataclass(frozen=True)
class Csca:
    key: SoftKey
    der: bytes

    def issue(self, name: str = "Trạm") -> bytes:
        fields = {NameOID.COUNTRY_NAME: "VN", NameOID.ORGANIZATION_NAME: name, NameOID.COMMON_NAME: name}
        subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in fields.items()])
        key = ec.generate_private_key(ec.SECP256R1())
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
        profile = DscProfile()
        return issue_dsc(request.public_bytes(Encoding.DER), self.key, self.der, profile, not_before=BEGUN)

    def revoke(self, *ders: bytes, reason: Reason = "key-compromise", after: CscaCrl | None = None) -> CscaCrl:
        return revoke_certificates(self.key, self.der, ders, reason=reason, at=AT, after=after)


def found(key: SoftKey) -> Csca:
    public = key.private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    subject = Subject(common_name="CSCA Health", organisation="Bộ Y tế")
    return Csca(key, issue_csca(key, public_key_der=public, subject=subject, not_before=BEGUN))
