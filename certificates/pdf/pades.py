"""PAdES B-B in two halves (ETSI EN 319 142-1), with the token between them.

`prepare_pdf` puts an empty signature field into a page and says what the key must sign; `build_cms` makes the CMS from
what the key answered; `embed_cms` fills the empty place. Same page, certificate and time: same bytes, at both ends.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from certificates.errors import IssuanceError
from certificates.pdf import cms
from certificates.pdf.der import DerError
from certificates.pki import SigningCertificate, verify_signature

FIELD_NAME: Final = "Signature"
# ISO 14289-1, 7.18.1 wants a name that is read aloud for every field.
_FIELD_TITLE: Final = "Chữ ký số của cơ quan cấp / Digital signature of the issuing authority"
_ANNOTATION_FLAGS: Final = 4 | 128  # print and locked: PDF/A-3 (ISO 19005-3, 6.3.2) forbids hidden ones
_SIGNATURES_EXIST_APPEND_ONLY: Final = 3  # /SigFlags, ISO 32000-1, table 219
_NUMBER_WIDTH: Final = 10
_STARTXREF: Final = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF\s*\Z")
_XREF: Final = re.compile(rb"xref\s+0 (\d{1,6})\s*\n")
_XREF_ENTRY_SIZE: Final = 20
_ROOT: Final = re.compile(rb"/Root (\d{1,6}) 0 R")
_PAGES: Final = re.compile(rb"/Pages (\d{1,6}) 0 R")
_KIDS: Final = re.compile(rb"/Kids\[(\d{1,6}) 0 R\]")
_SIZE: Final = re.compile(rb"/Size \d{1,6}")


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
    document = _Document(page)
    field_number, signature_number = document.size, document.size + 1
    document.extend(
        document.page,
        b"/Annots[%d 0 R]" % field_number,
    )
    document.extend(
        document.root,
        b"/AcroForm<</Fields[%d 0 R]/SigFlags %d>>/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 1>>>>"
        % (field_number, _SIGNATURES_EXIST_APPEND_ONLY),
    )
    # An empty rectangle lies outside the page, where neither PDF/A nor PDF/UA asks for an appearance or a tag.
    document.add(
        b"<</Type/Annot/Subtype/Widget/FT/Sig/T(%s)/TU<%s>/F %d/Rect[0 0 0 0]/P %d 0 R/V %d 0 R>>"
        % (
            FIELD_NAME.encode(),
            ("\ufeff" + _FIELD_TITLE).encode("utf-16-be").hex().upper().encode(),
            _ANNOTATION_FLAGS,
            document.page,
            signature_number,
        )
    )
    room = 2 * cms.largest_size(certificate, chain)
    time = signing_time.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'").encode()
    head = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(%s)/Contents<" % time
    byte_range = b"/ByteRange[0 " + b" " * (3 * _NUMBER_WIDTH + 2) + b"]>>"
    start = document.add(head + b"0" * room + b">" + byte_range) + len(head)
    whole = document.encode()
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


class _Document:
    """A one-page PDF in one revision with a classic cross-reference table, as the page's renderer writes it."""

    def __init__(self, data: bytes) -> None:
        try:
            self._read(data)
        except (AttributeError, IndexError, ValueError) as error:
            raise IssuanceError("pdf-form", "not a page of this service") from error

    def _read(self, data: bytes) -> None:
        table = int(_group(_STARTXREF.search(data, len(data) - 64)))
        header = _XREF.match(data, table)
        self.size = int(_group(header))
        first = header.end() if header else 0
        trailer = first + self.size * _XREF_ENTRY_SIZE
        self._trailer = data[trailer : data.rindex(b"startxref")]
        entries = [data[first + _XREF_ENTRY_SIZE * number :][:18] for number in range(1, self.size)]
        if any(entry[10:] != b" 00000 n" for entry in entries):
            raise ValueError("a table of another form")
        offsets = [int(entry[:10]) for entry in entries]
        ends = [*offsets[1:], table]
        self._header = data[: offsets[0]]
        self._objects = [data[start:end] for start, end in zip(offsets, ends, strict=True)]
        self.root = int(_group(_ROOT.search(self._trailer)))
        pages = int(_group(_PAGES.search(self._object(self.root))))
        self.page = int(_group(_KIDS.search(self._object(pages))))

    def _object(self, number: int) -> bytes:
        found = self._objects[number - 1]
        if not found.startswith(b"%d 0 obj\n<<" % number) or b"stream" in found:
            raise ValueError("an object of another form")
        return found

    def extend(self, number: int, entries: bytes) -> None:
        """Add entries at the front of a dictionary."""
        head = b"%d 0 obj\n<<" % number
        self._objects[number - 1] = head + entries + self._object(number)[len(head) :]

    def add(self, content: bytes) -> int:
        """Append an object. The answer is where its content will stand in the file, when no other is changed after."""
        head = b"%d 0 obj\n" % self.size
        start = len(self._header) + sum(map(len, self._objects)) + len(head)
        self._objects.append(head + content + b"\nendobj\n")
        self.size += 1
        return start

    def encode(self) -> bytes:
        offset = len(self._header)
        entries = [b"0000000000 65535 f\r\n"]
        for found in self._objects:
            entries.append(b"%010d 00000 n\r\n" % offset)
            offset += len(found)
        trailer = _SIZE.sub(b"/Size %d" % self.size, self._trailer, count=1)
        table = (b"xref\n0 %d\n" % self.size, *entries, trailer, b"startxref\n%d\n%%%%EOF\n" % offset)
        return b"".join((self._header, *self._objects, *table))


def _group(match: re.Match[bytes] | None) -> bytes:
    if match is None:
        raise ValueError("a part is missing")
    found: bytes = match.group(1)
    return found
