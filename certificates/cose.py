"""COSE_Sign1 (RFC 9052), exactly as the EU DCC uses it (hcert-spec 1.0.8, section 3)."""

import functools
from dataclasses import dataclass
from typing import Any, Final

import cbor2

from certificates.cbor import CborError, decode_first, decode_item, encode_bytes, read_bytes
from certificates.errors import CheckError, CheckReason
from certificates.signing import Algorithm

HEADER_ALG: Final = 1  # RFC 9052, table 3
HEADER_CRIT: Final = 2
HEADER_KID: Final = 4
COSE_ALG: Final[dict[Algorithm, int]] = {"ES256": -7, "PS256": -37}  # RFC 9053 2.1, RFC 8230 2
TAG_COSE_SIGN1: Final = 18
TAG_CWT: Final = 61  # RFC 8392, 6
KID_SIZE: Final = 8  # hcert-spec 1.0.8, 3.3.3

_ALGORITHM_OF: Final[dict[int, Algorithm]] = {number: name for name, number in COSE_ALG.items()}
_UNDERSTOOD: Final = frozenset({HEADER_ALG, HEADER_KID})
_HEAD_OF_FOUR: Final = b"\x84"
_OPENING: Final = bytes((0xC0 | TAG_COSE_SIGN1,)) + _HEAD_OF_FOUR  # tags in their one shortest form
_OPENINGS: Final = (_OPENING, bytes((0xD8, TAG_CWT)) + _OPENING, _HEAD_OF_FOUR)
_SIGNATURE1: Final = _HEAD_OF_FOUR + b"\x6aSignature1"  # begins with a text of ten letters (RFC 9052, 4.4)
_EMPTY_MAP: Final = b"\xa0"  # RFC 9052, 3 and 4.4: counts, and is signed, as a zero-length string
_MISSING: Final = object()
_KEPT_HEADER: Final = 64  # bytes; real ones have 3 to 30
_MAX_HEADER: Final = 4096  # bytes; headers are read before any signature is verified, so they must be quick to read


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CoseSign1:
    """A complete COSE_Sign1 as bytes of its parts. ``unprotected_*`` are only ever read, never written by us."""

    protected: bytes
    payload: bytes
    signature: bytes
    unprotected_kid: bytes | None = None
    unprotected_alg: int | None = None

    def encode(self) -> bytes:
        """Tag 18 around ``[protected, {}, payload, signature]``, deterministic CBOR."""
        parts = encode_bytes(self.protected), _EMPTY_MAP, encode_bytes(self.payload), encode_bytes(self.signature)
        return _OPENING + b"".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoseHeaders:
    """What the headers say. ``kid`` is None where it is missing or not 8 bytes: then no signer can be found."""

    algorithm: Algorithm
    kid: bytes | None


@functools.lru_cache(maxsize=1024)
def protected_header(algorithm: Algorithm, kid: bytes) -> bytes:
    """The serialised protected header ``{1: alg, 4: kid}``; kid is 8 bytes."""
    return cbor2.dumps({HEADER_ALG: COSE_ALG[algorithm], HEADER_KID: kid}, canonical=True)


def sig_structure(protected: bytes, payload: bytes, external_aad: bytes) -> bytes:
    """What a COSE_Sign1 signature covers (RFC 9052, 4.4). ``external_aad`` is one of `certificates.purposes`."""
    return b"".join((_SIGNATURE1, encode_bytes(protected), encode_bytes(external_aad), encode_bytes(payload)))


def read_sig_structure(message: bytes, external_aad: bytes) -> tuple[bytes, bytes]:
    """The inverse of `sig_structure`: protected header and payload. Raises CheckError COSE for any other message."""
    protected, end = read_bytes(message, len(_SIGNATURE1))
    aad, end = read_bytes(message, end)
    payload, end = read_bytes(message, end)
    if protected is None or payload is None or aad != external_aad:
        raise _refused("not a Sig_structure of this purpose")
    if message != sig_structure(protected, payload, external_aad):
        raise _refused("not a Sig_structure as it is written here")
    return protected, payload


def decode_cose_sign1(data: bytes) -> CoseSign1:
    """Read a COSE_Sign1: untagged, with tag 18, or with tag 61 (CWT) around tag 18. Nothing may follow it.

    Raises:
        CheckError: COSE.
    """
    for opening in _OPENINGS:
        if data.startswith(opening):
            break
    else:
        raise _refused("this is no COSE_Sign1")
    protected, unprotected, payload, signature = _parts(data, len(opening))
    if not isinstance(unprotected, dict):
        raise _refused("the unprotected header is not a map")
    if HEADER_CRIT in unprotected:
        raise _refused("crit stands outside the protected header")
    kid, alg = unprotected.get(HEADER_KID), unprotected.get(HEADER_ALG)
    return CoseSign1(
        protected=b"" if protected == _EMPTY_MAP else protected,
        payload=payload,
        signature=signature,
        unprotected_kid=kid if type(kid) is bytes else None,
        unprotected_alg=alg if type(alg) is int else None,
    )


def _parts(data: bytes, start: int) -> tuple[bytes, object, bytes, bytes]:
    """The four parts of the array, the first of them at ``start``. The unprotected header is empty in nearly all codes:
    that takes no decoder."""
    protected, end = read_bytes(data, start)
    unprotected: object = {}
    if data[end : end + 1] == _EMPTY_MAP:
        end += 1
    else:
        try:
            unprotected, size = decode_first(data[end : end + _MAX_HEADER])
        except CborError as error:
            raise _refused(f"the unprotected header: {error}") from error
        end += size
    payload, end = read_bytes(data, end)
    signature, end = read_bytes(data, end)
    if protected is None or payload is None or signature is None:
        raise _refused("a part of the COSE_Sign1 is missing or not a byte string")
    if end != len(data):
        raise _refused("bytes follow the COSE_Sign1")
    return protected, unprotected, payload, signature


def _read_protected(protected: bytes) -> tuple[object, object]:
    """alg and kid of a protected header, `_MISSING` where it has none."""
    header: object = {}
    if protected:  # RFC 9052, 3: an empty map is encoded as a zero-length string
        try:
            header = decode_item(protected)
        except CborError as error:
            raise _refused(f"the protected header: {error}") from error
    if not isinstance(header, dict):
        raise _refused("the protected header is not a map")
    if HEADER_CRIT in header:
        _check_crit(header)
    return header.get(HEADER_ALG, _MISSING), header.get(HEADER_KID, _MISSING)


def read_headers(cose: CoseSign1) -> CoseHeaders:
    """Algorithm and kid of a COSE_Sign1. A label in the protected header wins, right or wrong.

    Where the protected header names no algorithm, the unprotected one is read: codes of the EU's test set have it
    there. That is safe because every key verifies with one algorithm only, whatever any header says.

    Raises:
        CheckError: COSE (a broken header, another algorithm than ES256 or PS256, a ``crit`` that we do not understand).
    """
    if cose.unprotected_kid is None and len(cose.protected) <= _KEPT_HEADER:
        return _headers_again(cose.protected, cose.unprotected_alg)
    if len(cose.protected) > _MAX_HEADER:
        raise _refused("the protected header is too long")
    return _headers(cose.protected, cose.unprotected_alg, cose.unprotected_kid)


def _headers(protected: bytes, unprotected_alg: int | None, unprotected_kid: bytes | None = None) -> CoseHeaders:
    algorithm, kid = _read_protected(protected)
    if algorithm is _MISSING:
        algorithm = unprotected_alg
    if kid is _MISSING:
        kid = unprotected_kid
    if type(algorithm) is not int or algorithm not in _ALGORITHM_OF:
        raise _refused("the algorithm is neither ES256 nor PS256")
    return CoseHeaders(
        algorithm=_ALGORITHM_OF[algorithm],
        kid=kid if type(kid) is bytes and len(kid) == KID_SIZE else None,
    )


# A signer's header is the same in all its codes. Only short ones are kept, so that nobody can fill the memory.
_headers_again = functools.lru_cache(maxsize=1024)(_headers)


def _check_crit(header: dict[Any, Any]) -> None:
    """RFC 9052, 3.1: an array of labels, all of them present and understood."""
    crit = header[HEADER_CRIT]
    if not isinstance(crit, (list, tuple)) or not crit:
        raise _refused("crit is not a list of labels")
    for label in crit:
        if type(label) is not int or label not in _UNDERSTOOD or label not in header:
            raise _refused("crit names a header that is not understood")


def _refused(detail: str) -> CheckError:
    return CheckError(CheckReason.COSE, detail)
