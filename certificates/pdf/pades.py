"""PAdES B-B in two halves (ETSI EN 319 142-1), with the token between them.

`prepare_pdf` puts an empty signature field into a page and says what the key must sign; `build_cms` makes the CMS from
what the key answered; `embed_cms` fills the empty place. Same page, certificate and time: same bytes, at both ends.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from certificates.errors import IssuanceError
from certificates.pdf import cms
from certificates.pdf.der import DerError
from certificates.pdf.objects import PdfObjects
from certificates.pki import SigningCertificate, verify_signature

FIELD_NAME: Final = "Signature"
# ISO 14289-1, 7.18.1 wants a name that is read aloud for every field.
_FIELD_TITLE: Final = "Chữ ký số của cơ quan cấp / Digital signature of the issuing authority"
_ANNOTATION_FLAGS: Final = 4 | 128  # print and locked: PDF/A-3 (ISO 19005-3, 6.3.2) forbids hidden ones
_SIGNATURES_EXIST_APPEND_ONLY: Final = 3  # /SigFlags, ISO 32000-1, table 219
_NUMBER_WIDTH: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPdf:
    """A document with an empty place for its signature.

    ``document`` is the whole file, the place filled with zeros; ``digest`` its SHA-256 (both ends compare it);
    ``signed_attributes`` the DER SET that the key of ``certificate`` signs as a message; ``contents`` the first and the
    last byte (exclusive) of the hexadecimal place, without its angle brackets.
    """

    document: bytes = field(repr=False)
    digest: bytes
    signed_attributes: bytes
    certificate: SigningCertificate
    chain: tuple[bytes, ...] = ()
    contents: tuple[int, int]


def prepare_pdf(
    page: bytes, certificate: SigningCertificate, signing_time: datetime, *, chain: Sequence[bytes] = ()
) -> PreparedPdf:
    """Add an invisible signature field to a PDF of `certificates.pdf.page` and reserve the room for its CMS.

    ``signing_time`` (UTC, whole seconds) is the claimed time, /M. ``chain``: DER certificates to embed beside the
    signer's own. Raises IssuanceError ``pdf-form`` for a document of another form, ``pdf-time``.
    """
    if signing_time.utcoffset() != timedelta(0) or signing_time.microsecond:
        raise IssuanceError("pdf-time", "the signing time is UTC with whole seconds")
    objects = PdfObjects(page)
    field_number, signature_number = objects.next_number, objects.next_number + 1
    objects.extend(objects.page, b"/Annots[%d 0 R]" % field_number)
    objects.extend(
        objects.root,
        b"/AcroForm<</Fields[%d 0 R]/SigFlags %d>>/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 1>>>>"
        % (field_number, _SIGNATURES_EXIST_APPEND_ONLY),
    )
    # An empty rectangle lies outside the page, where neither PDF/A nor PDF/UA asks for an appearance or a tag.
    objects.add(
        b"<</Type/Annot/Subtype/Widget/FT/Sig/T(%s)/TU<%s>/F %d/Rect[0 0 0 0]/P %d 0 R/V %d 0 R>>"
        % (
            FIELD_NAME.encode(),
            ("\ufeff" + _FIELD_TITLE).encode("utf-16-be").hex().upper().encode(),
            _ANNOTATION_FLAGS,
            objects.page,
            signature_number,
        )
    )
    room = 2 * cms.largest_size(certificate, chain)
    time = signing_time.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'").encode()
    head = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(%s)/Contents<" % time
    byte_range = b"/ByteRange[0 " + b" " * (3 * _NUMBER_WIDTH + 2) + b"]>>"
    objects.add(head + b"0" * room + b">" + byte_range)
    whole = objects.encode()
    start = whole.rindex(head) + len(head)  # the last object: nothing of the page stands after it
    end = start + room
    numbers = (start - 1, end + 1, len(whole) - end - 1)
    filled = b"/ByteRange[0 " + b" ".join(b"%-*d" % (_NUMBER_WIDTH, number) for number in numbers) + b"]>>"
    after = end + 1 + len(byte_range)
    whole = b"".join((whole[: end + 1], filled, whole[after:]))
    message_digest = hashlib.sha256(whole[: start - 1])
    message_digest.update(memoryview(whole)[end + 1 :])
    return PreparedPdf(
        document=whole,
        digest=hashlib.sha256(whole).digest(),
        signed_attributes=cms.encode_signed_attributes(message_digest.digest(), certificate.fingerprint),
        certificate=certificate,
        chain=tuple(chain),
        contents=(start, end),
    )


def build_cms(prepared: PreparedPdf, signature: bytes) -> bytes:
    """The CMS around a raw signature of ``prepared.signed_attributes``, verified first.

    Raises IssuanceError ``pdf-signature``.
    """
    if not verify_signature(prepared.certificate, prepared.signed_attributes, signature):
        raise IssuanceError("pdf-signature", "the signature does not belong to this document and certificate")
    return cms.encode_signed_data(prepared.certificate, prepared.signed_attributes, signature, prepared.chain)


def embed_cms(prepared: PreparedPdf, signed_data: bytes) -> bytes:
    """The signed document. The CMS must be byte for byte what `build_cms` makes of the signature in it.

    Raises IssuanceError ``pdf-cms`` or ``pdf-signature``.
    """
    try:
        signature = cms.decode_signed_data(signed_data).signature
    except DerError as error:
        raise IssuanceError("pdf-cms", "the CMS has another form") from error
    if build_cms(prepared, signature) != signed_data:
        raise IssuanceError("pdf-cms", "the CMS is not the one of this document")
    start, end = prepared.contents
    place = signed_data.hex().encode().ljust(end - start, b"0")
    return b"".join((prepared.document[:start], place, prepared.document[end:]))
