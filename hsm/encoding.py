"""How tokens write public keys, and our own way of writing them."""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.errors import KeyUnsuitable

P256_PARAMS: Final = bytes.fromhex("06082a8648ce3d030107")  # OID 1.2.840.10045.3.1.7 (secp256r1), DER
_POINT_SIZE: Final = 65  # 04 || x || y
RSA_MIN_BITS: Final = 2048
RSA_MAX_BITS: Final = 4096


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that can be compared: either ``point`` (65 bytes, uncompressed P-256) or ``rsa_numbers`` (modulus,
    exponent) is set."""

    point: bytes | None = None
    rsa_numbers: tuple[int, int] | None = None

    @property
    def bits(self) -> int:
        return 256 if self.rsa_numbers is None else self.rsa_numbers[0].bit_length()

    def load(self) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
        """For the functions of ``cryptography``."""
        try:
            if self.rsa_numbers is not None:
                return rsa.RSAPublicNumbers(self.rsa_numbers[1], self.rsa_numbers[0]).public_key()
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.point or b"")
        except ValueError as error:
            raise KeyUnsuitable("the public key on the token is malformed") from error

    def to_der(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return self.load().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def public_key_of(key: object) -> PublicKey:
    """From a key of ``cryptography``. Raises KeyUnsuitable for what is neither P-256 nor RSA 2048 to 4096."""
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return PublicKey(point=key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    if isinstance(key, rsa.RSAPublicKey) and RSA_MIN_BITS <= key.key_size <= RSA_MAX_BITS:
        numbers = key.public_numbers()
        return PublicKey(rsa_numbers=(numbers.n, numbers.e))
    raise KeyUnsuitable("the key is neither EC P-256 nor RSA of 2048 to 4096 bits")


def decode_ec_point(raw: bytes) -> bytes:
    """CKA_EC_POINT to 65 bytes. The standard wraps the point into an OCTET STRING; some drivers do not."""
    if raw[:2] == bytes([0x04, _POINT_SIZE]) and len(raw) == _POINT_SIZE + 2:
        raw = raw[2:]
    if len(raw) != _POINT_SIZE or raw[0] != 0x04:
        raise KeyUnsuitable("the token's EC point is not an uncompressed point of P-256")
    return raw


def decode_rsa(modulus: bytes, exponent: bytes) -> PublicKey:
    """CKA_MODULUS and CKA_PUBLIC_EXPONENT, big-endian, with or without leading zeros."""
    key = PublicKey(rsa_numbers=(int.from_bytes(modulus), int.from_bytes(exponent)))
    if not RSA_MIN_BITS <= key.bits <= RSA_MAX_BITS:
        raise KeyUnsuitable(f"the token's RSA key has {key.bits} bits, not 2048 to 4096")
    return key
