"""The CMS SignedData of a PAdES B-B signature (ETSI EN 319 142-1 V1.2.1, 6.3; RFC 5652), built and taken apart.

Signed attributes: content type, message digest, signing certificate v2 (RFC 5035). The signing time is not among them:
EN 319 142-1 wants it in the signature dictionary's /M alone. Everything but the signature is fixed by the certificate
and the digest, so two ends that know both build the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from certificates.pdf import der
from certificates.pdf.der import DerError, Element
from certificates.pki import ES256_SIGNATURE_SIZE, PSS_SALT_SIZE, SigningCertificate, verify_signature
from certificates.signing import Algorithm

MAX_SIZE: Final = 65_536  # bytes; real ones have 1,000 to 10,000. Millions of tiny parts would take minutes
_CONTEXT_0: Final = 0xA0
_CONTEXT_1: Final = 0xA1
_CONTEXT_2: Final = 0xA2

DATA: Final = der.encode_oid("1.2.840.113549.1.7.1")
_SIGNED_DATA: Final = der.encode_oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE: Final = der.encode_oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST: Final = der.encode_oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE_V2: Final = der.encode_oid("1.2.840.113549.1.9.16.2.47")
_SHA256_OID: Final = der.encode_oid("2.16.840.1.101.3.4.2.1")
_SHA256: Final = der.encode(der.SEQUENCE, _SHA256_OID)
_SHA256_WITH_NULL: Final = der.encode(der.SEQUENCE, _SHA256_OID, der.NULL)
_ECDSA_SHA256: Final = der.encode(der.SEQUENCE, der.encode_oid("1.2.840.10045.4.3.2"))
_MGF1_SHA256: Final = der.encode(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.1.8"), _SHA256_WITH_NULL)
_PSS_OID: Final = der.encode_oid("1.2.840.113549.1.1.10")


def _pss(hash_algorithm: bytes, mask: bytes) -> bytes:
    """RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 4055, 3.1)."""
    parameters = der.encode(
        der.SEQUENCE,
        der.encode(_CONTEXT_0, hash_algorithm),
        der.encode(_CONTEXT_1, mask),
        der.encode(_CONTEXT_2, der.encode_integer(PSS_SALT_SIZE)),
    )
    return der.encode(der.SEQUENCE, _PSS_OID, parameters)


_PSS_SHA256: Final = _pss(_SHA256_WITH_NULL, _MGF1_SHA256)
# RFC 4055, 2.1: readers accept SHA-256 with NULL parameters and without any.
_MGF1_BARE: Final = der.encode(der.SEQUENCE, der.encode_oid("1.2.840.113549.1.1.8"), _SHA256)
_PSS_READ: Final = {_pss(h, m) for h in (_SHA256, _SHA256_WITH_NULL) for m in (_MGF1_SHA256, _MGF1_BARE)}
_SIGNATURE_ALGORITHM: Final[dict[Algorithm, bytes]] = {"ES256": _ECDSA_SHA256, "PS256": _PSS_SHA256}
_READ_ALGORITHMS: Final[dict[bytes, Algorithm]] = {
    _ECDSA_SHA256: "ES256",
    **dict.fromkeys(_PSS_READ, "PS256"),
}
_VERSION_1: Final = der.encode_integer(1)
_VERSION_3: Final = der.encode_integer(3)  # RFC 5652, 5.1: of a SignedData over anything but data


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSignature:
    """What a detached CMS with one signer says; nothing is verified yet.

    ``signed_attributes`` is the DER SET that the signature covers, ``signature`` raw (r||s, or as long as the modulus),
    ``certificate_hash`` the SHA-256 of the signer's certificate that the attributes name, ``issuer_and_serial`` the DER
    of the signer's identifier, ``certificates`` the embedded certificates in DER, ``further`` the values of all other
    signed attributes by their DER type.
    """

    signed_attributes: bytes
    signature: bytes
    algorithm: Algorithm
    message_digest: bytes
    certificate_hash: bytes
    issuer_and_serial: bytes
    certificates: tuple[bytes, ...]
    further: Mapping[bytes, Element]

    def is_by(self, certificate: SigningCertificate) -> bool:
        """Whether this is a signature by exactly this certificate and its key."""
        return (
            self.certificate_hash == certificate.fingerprint
            and self.algorithm == certificate.algorithm
            and self.issuer_and_serial == issuer_and_serial(certificate.der)
            and verify_signature(certificate, self.signed_attributes, self.signature)
        )


def encode_signed_attributes(
    message_digest: bytes,
    certificate_fingerprint: bytes,
    *,
    content_type: bytes = DATA,
    further: Mapping[bytes, bytes] | None = None,
) -> bytes:
    """The DER SET that the key signs.

    Args:
        message_digest: SHA-256 of the document's byte range.
        certificate_fingerprint: SHA-256 of the certificate.
        content_type: DER of the type of what is signed; a PDF is data.
        further: values of other attributes by their type, both in DER; a PDF has none.
    """
    # ESSCertIDv2: SHA-256 is the default of its hash algorithm, and DER leaves defaults out.
    certificate_id = der.encode(der.SEQUENCE, der.encode(der.OCTET_STRING, certificate_fingerprint))
    signing_certificate = der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, certificate_id))
    return der.encode_set(
        (
            _attribute(_CONTENT_TYPE, content_type),
            _attribute(_MESSAGE_DIGEST, der.encode(der.OCTET_STRING, message_digest)),
            _attribute(_SIGNING_CERTIFICATE_V2, signing_certificate),
            *(_attribute(kind, value) for kind, value in (further or {}).items()),
        )
    )


def encode_signed_data(
    certificate: SigningCertificate,
    signed_attributes: bytes,
    signature: bytes,
    chain: Sequence[bytes] = (),
    content: bytes | None = None,
    content_type: bytes = DATA,
) -> bytes:
    """The ContentInfo.

    Args:
        certificate: the signer's.
        signed_attributes: what the key signed.
        signature: raw.
        chain: further certificates in DER to be carried along.
        content: carried along where it is given; never in a PDF.
        content_type: the one of the signed attributes.
    """
    carried = () if content is None else (der.encode(_CONTEXT_0, der.encode(der.OCTET_STRING, content)),)
    algorithm = _SIGNATURE_ALGORITHM[certificate.algorithm]
    signer = der.encode(
        der.SEQUENCE,
        _VERSION_1,
        issuer_and_serial(certificate.der),
        _SHA256,
        bytes((_CONTEXT_0,)) + signed_attributes[1:],  # [0] IMPLICIT: signed as a SET, carried with this tag
        algorithm,
        der.encode(der.OCTET_STRING, _signature_to_der(certificate.algorithm, signature)),
    )
    signed_data = der.encode(
        der.SEQUENCE,
        _version(content_type),
        der.encode(der.SET, _SHA256),
        der.encode(der.SEQUENCE, content_type, *carried),
        der.encode(_CONTEXT_0, *sorted((certificate.der, *chain))),
        der.encode(der.SET, signer),
    )
    return der.encode(der.SEQUENCE, _SIGNED_DATA, der.encode(_CONTEXT_0, signed_data))


def largest_size(certificate: SigningCertificate, chain: Sequence[bytes] = ()) -> int:
    """How many bytes `encode_signed_data` needs at most: exactly that many for RSA, up to four fewer for ECDSA."""
    if certificate.algorithm == "ES256":
        signature = b"\xff" * ES256_SIGNATURE_SIZE
    else:
        signature = bytes((certificate.public_key.key_size + 7) // 8)
    return len(encode_signed_data(certificate, encode_signed_attributes(bytes(32), bytes(32)), signature, chain))


def decode_signed_data(data: bytes, *, over: bytes = DATA) -> ReadSignature:
    """Take a detached CMS with one signer, SHA-256 and no unsigned attributes apart. Raises DerError.

    ``over``: DER of the content type that it must be over, and say so under its signature.
    """
    if len(data) > MAX_SIZE:
        raise DerError("the CMS is too large")
    content_type, wrapped = _exactly(der.decode(data), der.SEQUENCE, 2)
    if content_type.encoded != _SIGNED_DATA:
        raise DerError("not a SignedData")
    (signed_data,) = _exactly(wrapped, _CONTEXT_0, 1)
    version, digests, content, certificates, signers = _exactly(signed_data, der.SEQUENCE, 5)
    if version.encoded != _version(over) or content.encoded != der.encode(der.SEQUENCE, over):
        raise DerError("not a detached signature over this type of content")
    (digest,) = _exactly(digests, der.SET, 1)
    (signer,) = _exactly(signers, der.SET, 1)
    version, issuer_serial, signer_digest, attributes, algorithm, signature = _exactly(signer, der.SEQUENCE, 6)
    if version.encoded != _VERSION_1 or {digest.encoded, signer_digest.encoded} - {_SHA256, _SHA256_WITH_NULL}:
        raise DerError("another digest than SHA-256")
    if algorithm.encoded not in _READ_ALGORITHMS or attributes.tag != _CONTEXT_0 or signature.tag != der.OCTET_STRING:
        raise DerError("another algorithm than ECDSA or RSASSA-PSS with SHA-256")
    name = _READ_ALGORITHMS[algorithm.encoded]
    message_digest, certificate_hash, further = _read_attributes(attributes, over)
    return ReadSignature(
        signed_attributes=bytes((der.SET,)) + attributes.encoded[1:],
        signature=_signature_from_der(name, signature.content),
        algorithm=name,
        message_digest=message_digest,
        certificate_hash=certificate_hash,
        issuer_and_serial=issuer_serial.encoded,
        certificates=tuple(child.encoded for child in der.children(certificates, _CONTEXT_0)),
        further=further,
    )


def issuer_and_serial(certificate: bytes) -> bytes:
    """IssuerAndSerialNumber (RFC 5652, 10.2.4) of a DER certificate. Raises DerError."""
    tbs = der.children(_first(der.decode(certificate), der.SEQUENCE), der.SEQUENCE)
    if tbs and tbs[0].tag == _CONTEXT_0:  # the version, absent in version 1
        del tbs[0]
    if len(tbs) < 3:
        raise DerError("not a certificate")
    serial, _, issuer = tbs[:3]
    return der.encode(der.SEQUENCE, issuer.encoded, serial.encoded)


def _version(content_type: bytes) -> bytes:
    return _VERSION_1 if content_type == DATA else _VERSION_3


def _attribute(oid: bytes, value: bytes) -> bytes:
    return der.encode(der.SEQUENCE, oid, der.encode(der.SET, value))


def _read_attributes(attributes: Element, over: bytes) -> tuple[bytes, bytes, Mapping[bytes, Element]]:
    values: dict[bytes, Element] = {}
    for attribute in der.children(attributes):
        oid, value_set = _exactly(attribute, der.SEQUENCE, 2)
        if oid.encoded in values:
            raise DerError("an attribute stands there twice")
        (values[oid.encoded],) = _exactly(value_set, der.SET, 1)
    try:
        content_type, digest = values.pop(_CONTENT_TYPE), values.pop(_MESSAGE_DIGEST)
        signing_certificate = values.pop(_SIGNING_CERTIFICATE_V2)
    except KeyError as error:
        raise DerError("a signed attribute is missing") from error
    if content_type.encoded != over or digest.tag != der.OCTET_STRING:
        raise DerError("a signed attribute has another form")
    certificate_ids = _first(signing_certificate, der.SEQUENCE)
    fields = der.children(_first(certificate_ids, der.SEQUENCE), der.SEQUENCE)
    if fields and fields[0].encoded in (_SHA256, _SHA256_WITH_NULL):
        del fields[0]
    if not fields or fields[0].tag != der.OCTET_STRING:
        raise DerError("the signing certificate attribute has another form")
    return digest.content, fields[0].content, values


def _exactly(element: Element, tag: int, count: int) -> list[Element]:
    found = der.children(element, tag)
    if len(found) != count:
        raise DerError("an element has more or fewer parts than expected")
    return found


def _first(element: Element, tag: int) -> Element:
    found = der.children(element, tag)
    if not found:
        raise DerError("an element is empty")
    return found[0]


def _signature_to_der(algorithm: Algorithm, signature: bytes) -> bytes:
    """ECDSA is r||s inside and a SEQUENCE of two INTEGERs at the CMS edge (RFC 5753, 7.2)."""
    if algorithm == "PS256":
        return signature
    half = ES256_SIGNATURE_SIZE // 2
    r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
    return der.encode(der.SEQUENCE, der.encode_integer(r), der.encode_integer(s))


def _signature_from_der(algorithm: Algorithm, signature: bytes) -> bytes:
    if algorithm == "PS256":
        return signature
    half = ES256_SIGNATURE_SIZE // 2
    r, s = (der.decode_integer(part) for part in _exactly(der.decode(signature), der.SEQUENCE, 2))
    if max(r, s).bit_length() > 8 * half:
        raise DerError("r or s is too large")
    return r.to_bytes(half) + s.to_bytes(half)
