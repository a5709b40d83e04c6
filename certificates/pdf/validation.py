"""Who signed a PDF: the PAdES signature of a whole file, checked against trusted signers.

Only a file that is signed as a whole, once, counts: one byte range, from the first byte to the last, whose only gap is
the hexadecimal text of the CMS. So there is nothing in the file that the signature does not cover, however a reader
would take the file's objects, and no revision after it.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from certificates.errors import CheckError, CheckReason
from certificates.pdf import cms, der
from certificates.pdf.der import DerError
from certificates.pki import KID_SIZE, SigningCertificate
from certificates.trust import TrustStore

MAX_PDF: Final = 10_000_000  # bytes; ours have about 100,000
_BYTE_RANGE: Final = re.compile(rb"/ByteRange\s*\[\s*0\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]")
_BYTE_RANGE_KEY: Final = b"/ByteRange"
_CONTENTS: Final = re.compile(rb"/Contents\s*\Z")
_SUB_FILTER: Final = re.compile(rb"/SubFilter\s*/ETSI\.CAdES\.detached\b")
_HEXADECIMAL: Final = re.compile(rb"<((?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSignature:
    """The one signature of a file: its CMS, and SHA-256 over everything else in the file."""

    read: cms.ReadSignature
    digest: bytes


def read_signature(pdf: bytes) -> PdfSignature:
    """Find the signature of a file that is signed once and as a whole. Nothing is verified yet.

    Raises CheckError PDF.
    """
    if len(pdf) > MAX_PDF or not pdf.startswith(b"%PDF-"):
        raise _refused("not a PDF, or too large")
    if pdf.count(_BYTE_RANGE_KEY) != 1:
        raise _refused("not signed exactly once")
    match = _BYTE_RANGE.search(pdf)
    if match is None:
        raise _refused("the byte range has another form")
    before, start, after = (int(number) for number in match.groups())
    if not before < start or start + after != len(pdf):
        raise _refused("the signature does not cover the whole document")
    gap = _HEXADECIMAL.fullmatch(pdf, before, start)
    # Outside the gap all is signed; still, the gap must be the place of this very signature.
    if gap is None or not _CONTENTS.search(pdf, max(0, before - 32), before) or len(_SUB_FILTER.findall(pdf)) != 1:
        raise _refused("the place of the signature has another form")
    try:
        element, padding = der.decode_prefix(bytes.fromhex(gap.group(1).decode("ascii")))
        read = cms.decode_signed_data(element.encoded)
    except DerError as error:
        raise _refused("the CMS has another form") from error
    if padding.strip(b"\x00"):
        raise _refused("there are bytes after the CMS")
    digest = hashlib.sha256(pdf[:before])
    digest.update(memoryview(pdf)[start:])
    return PdfSignature(read=read, digest=digest.digest())


def find_signer(pdf: bytes, trust: TrustStore) -> SigningCertificate:
    """The trusted certificate whose key signed this file, as a whole. Its dates are for the caller to judge.

    Raises CheckError PDF.
    """
    signature = read_signature(pdf)
    if signature.digest != signature.read.message_digest:
        raise _refused("the document was changed after it was signed")
    # The kid is the beginning of the certificate's hash, and the signed attributes hold all of that hash.
    candidates = trust.signers(signature.read.certificate_hash[:KID_SIZE])
    for signer in candidates:
        if signer.der in signature.read.certificates and signature.read.is_by(signer):
            return signer
    raise _refused("the signature does not verify" if candidates else "the signer of the document is not trusted")


def _refused(detail: str) -> CheckError:
    return CheckError(CheckReason.PDF, detail)
