"""What stands in the record of a ceremony, from what was made in it. No PIN is known here."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certificates.crl import CscaCrl

if TYPE_CHECKING:
    from hsm.tokens import TokenInfo

Act = Literal["init", "issue", "list-signer", "revoke"]
_VIET_NAM: Final = timezone(timedelta(hours=7))
_TITLES: Final[dict[Act, tuple[str, str]]] = {
    "init": ("Biên bản khởi tạo cơ quan chứng thực", "Record of the founding of a certification authority"),
    "issue": ("Biên bản cấp chứng thư ký hộ chiếu vắc xin", "Record of the issue of a document signer certificate"),
    "list-signer": ("Biên bản cấp chứng thư ký danh sách tin cậy", "Record of the issue of a list signer certificate"),
    "revoke": ("Biên bản thu hồi chứng thư", "Record of a revocation"),
}
_REASONS: Final = {
    "unspecified": "không nêu lý do",
    "key-compromise": "khóa có thể đã lộ",
    "affiliation-changed": "đơn vị thay đổi",
    "superseded": "đã thay bằng chứng thư khác",
    "cessation-of-operation": "đơn vị ngừng hoạt động",
    "privilege-withdrawn": "đơn vị không còn quyền ký",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: its label in both languages, and a text or groups of hexadecimal digits."""

    label: tuple[str, str]
    value: str
    is_hex: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    title: tuple[str, str]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """The whole record. ``command`` is what was typed, ``program`` what ran.

    ``mark``: the SHA-256 of what was made; its first half stands on every sheet.
    """

    act: Act
    at: datetime
    place: str
    witnesses: tuple[str, ...]
    sections: tuple[Section, ...]
    command: str
    program: str
    mark: bytes

    @property
    def title(self) -> tuple[str, str]:
        return _TITLES[self.act]


def when(moment: datetime) -> str:
    """In Viet Nam's time, with UTC beside it."""
    local = moment.astimezone(_VIET_NAM)
    return f"{local:%d/%m/%Y %H:%M:%S} (UTC+7) · {moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def token_section(token: "TokenInfo", module: Path) -> Section:
    """Which token signed, through which driver."""
    return Section(
        title=("Token ký", "Signing token"),
        rows=(
            Row(label=("Số sê-ri", "Serial number"), value=token.serial),
            Row(label=("Tên", "Label"), value=token.label),
            Row(label=("Nhà sản xuất, kiểu", "Manufacturer, model"), value=f"{token.manufacturer} · {token.model}"),
            Row(label=("Phần mềm điều khiển", "PKCS#11 module"), value=str(module)),
            _hex(("SHA-256 của phần mềm", "SHA-256 of the module"), hashlib.sha256(module.read_bytes()).digest()),
        ),
    )


def certificate_section(der: bytes, title: tuple[str, str]) -> Section:
    """Everything by which people recognise a certificate and its key."""
    certificate = x509.load_der_x509_certificate(der)
    public = certificate.public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    kind = "EC P-256 (ES256)" if isinstance(public, ec.EllipticCurvePublicKey) else "RSA-2048 (PS256)"
    until = f"{certificate.not_valid_before_utc:%d/%m/%Y %H:%M} – {certificate.not_valid_after_utc:%d/%m/%Y %H:%M} UTC"
    fingerprint = hashlib.sha256(der).digest()
    return Section(
        title=title,
        rows=(
            Row(label=("Chủ thể", "Subject"), value=certificate.subject.rfc4514_string()),
            Row(label=("Nơi cấp", "Issuer"), value=certificate.issuer.rfc4514_string()),
            Row(label=("Hiệu lực", "Validity"), value=until),
            _hex(("Số chứng thư", "Serial number"), _bytes(certificate.serial_number)),
            Row(label=("Loại khóa", "Kind of key"), value=kind),
            _hex(("SHA-256 của chứng thư", "SHA-256 of the certificate"), fingerprint),
            _hex(("SHA-256 của khóa công khai", "SHA-256 of the public key"), hashlib.sha256(spki).digest()),
            _hex(("Mã khóa (kid)", "Key identifier (kid)"), fingerprint[:8]),
        ),
    )


def request_section(csr_der: bytes) -> Section:
    """The request whose key was certified."""
    subject = x509.load_der_x509_csr(csr_der).subject.rfc4514_string()
    return Section(
        title=("Yêu cầu cấp chứng thư", "Certificate request"),
        rows=(
            Row(label=("Chủ thể", "Subject"), value=subject),
            _hex(("SHA-256 của yêu cầu", "SHA-256 of the request"), hashlib.sha256(csr_der).digest()),
            Row(
                label=("Bằng chứng giữ khóa", "Proof of possession"),
                value="Chữ ký của yêu cầu đúng với khóa của nó / The request is signed by its own key",
            ),
        ),
    )


def revocation_sections(crl: CscaCrl, certificates: Sequence[bytes]) -> tuple[Section, ...]:
    """The list, and what is new on it."""
    listed = {entry.serial: entry for entry in crl.entries}
    sections = [
        Section(
            title=("Danh sách thu hồi", "Revocation list (CRL)"),
            rows=(
                Row(label=("Số của danh sách", "Number of the list"), value=str(crl.number)),
                Row(label=("Lập lúc", "Issued"), value=when(crl.issued_at)),
                Row(label=("Danh sách sau, chậm nhất", "Next list, at the latest"), value=when(crl.next_update)),
                Row(label=("Số chứng thư bị thu hồi", "Certificates on it"), value=str(len(crl.entries))),
                _hex(("SHA-256 của danh sách", "SHA-256 of the list"), hashlib.sha256(crl.der).digest()),
            ),
        )
    ]
    for der in certificates:
        certificate = x509.load_der_x509_certificate(der)
        reason = listed[certificate.serial_number].reason
        sections.append(
            Section(
                title=("Chứng thư bị thu hồi", "Revoked certificate"),
                rows=(
                    Row(label=("Chủ thể", "Subject"), value=certificate.subject.rfc4514_string()),
                    _hex(("Số chứng thư", "Serial number"), _bytes(certificate.serial_number)),
                    _hex(("SHA-256 của chứng thư", "SHA-256 of the certificate"), hashlib.sha256(der).digest()),
                    Row(label=("Lý do", "Reason"), value=f"{_REASONS[reason]} / {reason}"),
                ),
            )
        )
    return tuple(sections)


def _hex(label: tuple[str, str], data: bytes) -> Row:
    return Row(label=label, value=data.hex(), is_hex=True)


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
