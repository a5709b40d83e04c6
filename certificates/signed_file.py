"""A file that a unit's token signed, by a named person: a detached CMS over the file's bytes (RFC 5652).

The signed attributes are those of a PDF's signature with another content type, which no reader of PDFs or gateways'
files accepts, the signing time, and the account of the person at the token. So a signature over a list can be no
signature over anything else, and the other way round, whatever the bytes of the file are.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from certificates.errors import CertificateError, IssuanceError
from certificates.pdf import cms, der
from certificates.pdf.der import DerError, Element
from certificates.pki import SigningCertificate, verify_signature
from certificates.signing import SigningKey

CONTENT_TYPE: Final = der.encode_oid("2.25.232318731263321258038893670827823030299")  # ours: a UUID as an OID (X.667)
_ACCOUNT: Final = der.encode_oid("2.25.23157294016956073935412385435332209465")
_SIGNING_TIME: Final = der.encode_oid("1.2.840.113549.1.9.5")  # RFC 5652, 11.3
_UTF8_STRING: Final = 0x0C
_UTC_TIME: Final = 0x17
_TIME_FORM: Final = "%y%m%d%H%M%SZ"
_LAST_YEAR: Final = 2049  # of two digits
_NAME: Final = re.compile(r"[A-Za-z0-9._@-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSignature:
    """What a signature over a file says. ``fingerprint`` (SHA-256 of the certificate) says whose key is to be asked.

    Nothing is verified but that it is over this file: `verify` does the rest.
    """

    account: str
    signed_at: datetime
    fingerprint: bytes
    digest: bytes
    read: cms.ReadSignature

    def verify(self, certificate: SigningCertificate) -> None:
        """Raises CertificateError ``file-signature``: this certificate's key did not make it, or it carries another."""
        if not self.read.is_by(certificate) or self.read.certificates != (certificate.der,):
            raise CertificateError("file-signature", "the signature is not by the certificate that it names")


def sign_file(content: bytes, key: SigningKey, *, account: str, at: datetime) -> bytes:
    """A DER CMS over ``content``, with the certificate in it.

    Args:
        account: the person at the token: 1 to 64 of A-Z, a-z, 0-9, dot, underscore, at sign and hyphen.
        at: the signing time.

    Raises IssuanceError ``file-account``, ``file-time``, ``signature-invalid``.
    """
    if _NAME.fullmatch(account) is None:
        raise IssuanceError("file-account", "this is no name of an account")
    if at.astimezone(UTC).year > _LAST_YEAR:
        raise IssuanceError("file-time", "the signing time has no form")
    certificate = SigningCertificate.from_der(key.certificate_der)
    attributes = cms.encode_signed_attributes(
        hashlib.sha256(content).digest(),
        certificate.fingerprint,
        content_type=CONTENT_TYPE,
        further={
            _SIGNING_TIME: der.encode(_UTC_TIME, at.astimezone(UTC).strftime(_TIME_FORM).encode()),
            _ACCOUNT: der.encode(_UTF8_STRING, account.encode()),
        },
    )
    signature = key.sign(attributes)
    if not verify_signature(certificate, attributes, signature):
        raise IssuanceError("signature-invalid", "the signature does not belong to this file and certificate")
    return cms.encode_signed_data(certificate, attributes, signature, content_type=CONTENT_TYPE)


def read_file_signature(data: bytes, content: bytes) -> FileSignature:
    """What a signature over ``content`` says.

    Raises CertificateError ``file-cms`` (no CMS of this form) or ``file-content`` (it is over other bytes).
    """
    try:
        read = cms.decode_signed_data(data, over=CONTENT_TYPE)
        further = dict(read.further)
        account = _text(further.pop(_ACCOUNT, None), _UTF8_STRING)
        time = _text(further.pop(_SIGNING_TIME, None), _UTC_TIME)
        signed_at = datetime.strptime(time + "+0000", "%y%m%d%H%M%SZ%z")
        if further or signed_at.strftime(_TIME_FORM) != time or _NAME.fullmatch(account) is None:
            raise DerError("other attributes than expected")
    except ValueError as error:  # DerError, and a time or a text of another form
        raise CertificateError("file-cms", "this is no signature over a list") from error
    digest = hashlib.sha256(content).digest()
    if read.message_digest != digest:
        raise CertificateError("file-content", "the file was changed after it was signed, or it is another one")
    return FileSignature(
        account=account,
        signed_at=signed_at,
        fingerprint=read.certificate_hash,
        digest=digest,
        read=read,
    )


def _text(element: Element | None, tag: int) -> str:
    if element is None or element.tag != tag:
        raise DerError("an attribute is missing or has another form")
    return element.content.decode("ascii")
