"""The text inside the QR code: ``HC1:`` + Base45 of zlib of COSE (hcert-spec 1.0.8, 4.2)."""

import zlib
from typing import Final

from certificates.base45 import b45decode, b45encode
from certificates.errors import CheckError, CheckReason, IssuanceError
from certificates.other_codes import NotHealthCertificate, identify

PREFIX: Final = "HC1:"
MAX_TEXT: Final = 4296  # the longest alphanumeric QR code (ISO/IEC 18004, version 40-L); real codes have 420 to 1,038
MAX_COSE: Final = 65536  # bytes after inflating; real ones have 300 to 700
_ZLIB_LEVEL: Final = 9  # hcert-spec 4.2; readers in the field look for the first byte 0x78
_ZLIB_WBITS: Final = 15
_OTHER_DEFLATERS: Final = 32  # characters: 21 bytes, where a stored block costs 11
_ZLIB_MEMORY: Final = 4  # memLevel: the same output for data of this size, in a third of the time


def encode_hc1(cose: bytes) -> str:
    """The QR code's text of an encoded COSE_Sign1."""
    deflater = zlib.compressobj(_ZLIB_LEVEL, zlib.DEFLATED, _ZLIB_WBITS, _ZLIB_MEMORY)
    return PREFIX + b45encode(deflater.compress(cose) + deflater.flush())


def check_hc1(text: str, cose: bytes) -> None:
    """Check that ``text`` is a text of this COSE_Sign1, made on another machine, and hides nothing beside it: other
    deflaters write a few bytes more or less.

    Raises IssuanceError ``hc1-differs``.
    """
    try:
        same = decode_hc1(text) == cose
    except CheckError as error:
        raise IssuanceError("hc1-differs", error.detail) from error
    if not same or len(text) > len(encode_hc1(cose)) + _OTHER_DEFLATERS:
        raise IssuanceError("hc1-differs", "the text is not that of the passport")


def decode_hc1(text: str) -> bytes:
    """The encoded COSE_Sign1 inside a QR code's text. Nothing is trimmed or repaired.

    Raises:
        CheckError: CONTEXT (not ``HC1:``: NotHealthCertificate where it is known what it is instead; or longer than
            4,296 characters), B45, or ZLIB (broken, not complete, followed by more bytes, or larger than 64 kB).
    """
    if len(text) > MAX_TEXT:
        raise CheckError(CheckReason.CONTEXT, f"the text is longer than {MAX_TEXT} characters")
    if not text.startswith(PREFIX):
        kind = identify(text)
        if kind is not None:
            raise NotHealthCertificate(CheckReason.CONTEXT, kind)
        raise CheckError(CheckReason.CONTEXT, "the text does not start with HC1:")
    try:
        packed = b45decode(text[len(PREFIX) :])
    except ValueError as error:
        raise CheckError(CheckReason.B45, str(error)) from error
    inflater = zlib.decompressobj(_ZLIB_WBITS)
    try:
        cose = inflater.decompress(packed, MAX_COSE)
    except zlib.error as error:
        raise CheckError(CheckReason.ZLIB, "the compressed data is broken") from error
    if not inflater.eof:
        # a stream that fills the limit to the last byte still has its check sum to read
        full = len(cose) == MAX_COSE and bool(inflater.unconsumed_tail)
        raise CheckError(CheckReason.ZLIB, f"more than {MAX_COSE} bytes" if full else "the compressed data is cut off")
    if inflater.unused_data:
        raise CheckError(CheckReason.ZLIB, "bytes follow the compressed data")
    return cose
