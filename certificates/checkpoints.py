"""Checkpoints of the log of acts: the ministry's token says which row it saw last; nobody bends the log after.

A signed checkpoint is the CBOR array ``[certificate, COSE_Sign1]`` of two byte strings, sealed for
`purposes.AUDIT_CHECKPOINT` (`certificates.sealing`). The payload is the deterministic CBOR array

    ["audit-checkpoint", 1, sequence, hash, made at]

with the time in seconds since 1970.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import cbor2

from certificates import purposes
from certificates.act_chain import GENESIS, LogHead
from certificates.cbor import CborError, decode_item, encode_bytes, read_bytes
from certificates.errors import CertificateError, IssuanceError
from certificates.list_signing import is_issued_by, is_list_signer
from certificates.pki import SigningCertificate
from certificates.sealing import seal, unseal
from certificates.signed_list import instant, natural, seconds
from certificates.signing import SigningKey
from certificates.trust import TrustStore

MAX_SIZE: Final = 16_384  # bytes
_NAME: Final = "audit-checkpoint"
_FORMAT: Final = 1
_ARRAY_OF_TWO: Final = b"\x82"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint whose signature is by ``signer``; whether that one may sign is for `check_signer` to say."""

    head: LogHead
    made_at: datetime
    signer: SigningCertificate


def sign(head: LogHead, key: SigningKey, *, at: datetime) -> bytes:
    """A signed checkpoint of this head, made at ``at`` (aware, whole seconds).

    Raises IssuanceError ``signature-invalid``, ``certificate-form``.
    """
    payload = cbor2.dumps([_NAME, _FORMAT, head.sequence, head.hash, seconds(at)], canonical=True)
    sealed = seal(payload, key, purposes.AUDIT_CHECKPOINT)
    return _ARRAY_OF_TWO + encode_bytes(key.certificate_der) + encode_bytes(sealed)


def read(data: bytes) -> Checkpoint:
    """What `sign` gave. Raises CertificateError ``checkpoint-form``, ``checkpoint-signature``."""
    certificate, start = read_bytes(data, 1)
    sealed, end = read_bytes(data, start)
    if not data.startswith(_ARRAY_OF_TWO) or certificate is None or sealed is None or end != len(data) > 0:
        raise _malformed("this is no checkpoint")
    try:
        signer = SigningCertificate.from_der(certificate)
        store = TrustStore(by_kid={signer.kid: (signer,)})
        payload = unseal(sealed, store, purposes.AUDIT_CHECKPOINT, max_size=MAX_SIZE).payload
        item = decode_item(payload)
    except IssuanceError as error:
        raise _malformed("its certificate cannot be read") from error
    except CborError as error:
        raise _malformed(str(error)) from error
    except CertificateError as error:
        code = "checkpoint-form" if error.code == "list-form" else "checkpoint-signature"
        raise CertificateError(code, error.detail) from error
    if not (type(item) is list and len(item) == 5 and item[:2] == [_NAME, _FORMAT] and type(item[1]) is int):
        raise _malformed("this is no checkpoint")
    _, _, sequence, digest, made_at = item
    try:
        checkpoint = Checkpoint(
            head=LogHead(sequence=natural(sequence), hash=digest), made_at=instant(made_at), signer=signer
        )
    except CertificateError as error:
        raise _malformed(error.detail) from error
    if type(digest) is not bytes or len(digest) != len(GENESIS):
        raise _malformed("its hash has the wrong size")
    return checkpoint


def check_signer(checkpoint: Checkpoint, pinned: Collection[bytes]) -> None:
    """Raises CertificateError ``checkpoint-signer`` unless a pinned certificate (DER) is the signer's own, or a root
    that certified it for signing lists; and unless it was valid when the checkpoint was made."""
    signer = checkpoint.signer
    if not signer.not_before <= checkpoint.made_at <= signer.not_after:
        raise CertificateError("checkpoint-signer", "its signer's certificate was not valid when it was made")
    if signer.der in pinned:
        return
    if is_list_signer(signer.der) and any(is_issued_by(signer.der, root) for root in pinned):
        return
    raise CertificateError("checkpoint-signer", "its signer is neither pinned nor a list signer below a pinned root")


def _malformed(detail: str) -> CertificateError:
    return CertificateError("checkpoint-form", detail)
