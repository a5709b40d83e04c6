"""A PIV smart card in software (NIST SP 800-73-4), as the answers it gives to APDUs: what a reader sees of a token.

It has two keys: 9A signs while the PIN is verified, 9C wants the PIN before each signature. The PIN has three tries.
The ATR and the vendor's version are a YubiKey's, as OpenSC offers EC keys on PIV cards it knows only.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256

ATR: Final = bytes.fromhex("3bfd1300008131fe158073c021c057597562694b657940")
VERSION: Final = bytes((5, 4, 3))
AID: Final = bytes.fromhex("a000000308")
_TEMPLATE: Final = bytes.fromhex("61114f0600001000010079074f05a000000308")
_DISCOVERY: Final = bytes.fromhex("7e124f0ba0000003080000100001005f2f024000")
PIN_TRIES: Final = 3

OK: Final = 0x9000
WRONG_LENGTH: Final = 0x6700
SECURITY_NOT_SATISFIED: Final = 0x6982
BLOCKED: Final = 0x6983
WRONG_DATA: Final = 0x6A80
NOT_FOUND: Final = 0x6A82
WRONG_PARAMETERS: Final = 0x6A86
NO_SUCH_INSTRUCTION: Final = 0x6D00

SLOTS: Final = {0x9A: 0x5FC105, 0x9C: 0x5FC10A}  # key reference to the tag of its certificate
_CHUID: Final = 0x5FC102
_EMPTY_SIGNATURE: Final = b"\x3e\0\xfe\0"
_CCC: Final = 0x5FC107
_DISCOVERY_TAG: Final = 0x7E

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(slots=True, kw_only=True)
class PivCard:
    """A card and what it remembers between insertions.

    Attributes:
        serial: 16 bytes, the GUID of its CHUID: OpenSC shows it as the token's serial number.
        keys: by key reference (0x9A, 0x9C), each with the DER of its certificate (empty for none).
        tries: tries of the PIN that are left.
        seconds: how long a signature takes.
        before_signing: called when a signature was asked for and the card is about to compute it.
        signatures, pins_tried: what the card has done, for tests to count.
    """

    serial: bytes
    pin: bytes
    keys: dict[int, tuple[PrivateKey, bytes]]
    tries: int = PIN_TRIES
    seconds: float = 0.0
    before_signing: Callable[[], None] = lambda: None
    signatures: int = 0
    pins_tried: int = 0
    _verified: bool = False
    _fresh: bool = False  # the PIN was verified by the very last command
    _chained: bytes = b""
    _waiting: bytes = field(default=b"", repr=False)

    def power(self) -> None:
        """Powered on or reset: the PIN must be verified again."""
        self._verified = self._fresh = False
        self._chained = self._waiting = b""

    def answer(self, apdu: bytes) -> bytes:
        """The response to a command: data and status word."""
        if len(apdu) < 4:
            return WRONG_LENGTH.to_bytes(2)
        instruction, data, size = apdu[1], *_body(apdu)
        if instruction == 0xC0:
            return self._chunk(size)
        if apdu[0] & 0x10:  # command chaining: more follows
            self._chained += data
            return OK.to_bytes(2)
        data, self._chained = self._chained + data, b""
        response, status = self._execute(instruction, apdu[2], apdu[3], data)
        if instruction != 0x20:
            self._fresh = False
        if status != OK:
            return status.to_bytes(2)
        self._waiting = response
        return self._chunk(size)

    def _chunk(self, size: int) -> bytes:
        now, self._waiting = self._waiting[:size], self._waiting[size:]
        return now + (0x6100 | min(len(self._waiting), 0xFF) if self._waiting else OK).to_bytes(2)

    def _execute(self, instruction: int, p1: int, p2: int, data: bytes) -> tuple[bytes, int]:
        match instruction:
            case 0xA4:
                return (_TEMPLATE, OK) if data.startswith(AID) else (b"", NOT_FOUND)
            case 0xCB:
                return self._get_data(data)
            case 0x20:
                return b"", self._verify(p1, p2, data)
            case 0x24:
                return b"", self._change_pin(p2, data)
            case 0x87:
                return self._sign(p2, data)
            case 0xFD:
                return VERSION, OK
            case 0xF8:
                return self.serial[:4], OK
        return b"", NO_SUCH_INSTRUCTION

    def _get_data(self, data: bytes) -> tuple[bytes, int]:
        if data[:1] != b"\x5c":
            return b"", WRONG_DATA
        tag = int.from_bytes(data[2 : 2 + data[1]])
        if tag == _DISCOVERY_TAG:
            return _DISCOVERY, OK
        content = self._objects().get(tag)
        return (b"", NOT_FOUND) if content is None else (_tlv(0x53, content), OK)

    def _objects(self) -> dict[int, bytes]:
        fasc_n = bytes.fromhex("d4e739da739ced39ce739d836858210842108421c84210c3eb")
        chuid = (
            _tlv(0x30, fasc_n) + _tlv(0x34, self.serial) + _tlv(0x35, b"20301231") + _tlv(0x3E, b"") + _tlv(0xFE, b"")
        )
        ccc = b"".join(
            (_tlv(0xF0, bytes.fromhex("a000000116ff02") + self.serial[:14]), _tlv(0xF1, b"\x21"), _tlv(0xF2, b"\x21"))
        ) + b"".join(_tlv(tag, b"") for tag in (0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE))
        found = {_CHUID: chuid, _CCC: ccc}
        for slot, (_, certificate) in self.keys.items():
            if certificate:
                found[SLOTS[slot]] = _tlv(0x70, certificate) + _tlv(0x71, b"\0") + _tlv(0xFE, b"")
        return found

    def _verify(self, p1: int, p2: int, data: bytes) -> int:
        if p2 != 0x80:
            return WRONG_PARAMETERS
        if p1 == 0xFF:
            self._verified = self._fresh = False
            return OK
        if not data:
            return OK if self._verified else BLOCKED if not self.tries else 0x63C0 | self.tries
        status = self._try(data)
        self._verified = self._fresh = status == OK
        return status

    def _try(self, padded: bytes) -> int:
        if len(padded) != 8:
            return WRONG_DATA
        if not self.tries:
            return BLOCKED
        self.pins_tried += 1
        if padded.rstrip(b"\xff") != self.pin:
            self.tries -= 1
            return 0x63C0 | self.tries if self.tries else BLOCKED
        self.tries = PIN_TRIES
        return OK

    def _change_pin(self, p2: int, data: bytes) -> int:
        if p2 != 0x80 or len(data) != 16:
            return WRONG_PARAMETERS
        status = self._try(data[:8])
        if status == OK:
            self.pin = data[8:].rstrip(b"\xff")
        return status

    def _sign(self, slot: int, data: bytes) -> tuple[bytes, int]:
        """GENERAL AUTHENTICATE: a digest for an EC key, a padded block for an RSA key."""
        if slot not in self.keys:
            return b"", NOT_FOUND
        if not (self._fresh if slot == 0x9C else self._verified):
            return b"", SECURITY_NOT_SATISFIED
        challenge = _fields(_fields(data).get(0x7C, b"")).get(0x81)
        if challenge is None:
            return b"", WRONG_DATA
        self.before_signing()
        if self.seconds:
            time.sleep(self.seconds)
        key = self.keys[slot][0]
        if isinstance(key, rsa.RSAPrivateKey):
            signature = _rsa(key, int.from_bytes(challenge)).to_bytes(key.key_size // 8)
        else:
            signature = key.sign(challenge, ec.ECDSA(utils.Prehashed(SHA256())))
        self.signatures += 1
        return _tlv(0x7C, _tlv(0x82, signature)), OK


def _rsa(key: rsa.RSAPrivateKey, block: int) -> int:
    """The raw private operation (RFC 8017, 5.1.2, by the Chinese remainder theorem)."""
    numbers = key.private_numbers()
    p, q = numbers.p, numbers.q
    one, two = pow(block % p, numbers.dmp1, p), pow(block % q, numbers.dmq1, q)
    return two + (one - two) * numbers.iqmp % p * q


def _body(apdu: bytes) -> tuple[bytes, int]:
    """Data and expected length of a short or extended APDU (ISO 7816-3, 12.1.3)."""
    rest = apdu[4:]
    if len(rest) > 2 and rest[0] == 0:
        size = int.from_bytes(rest[1:3])
        if len(rest) == 3:
            return b"", size or 65536
        return rest[3 : 3 + size], int.from_bytes(rest[3 + size :]) or 65536
    if len(rest) <= 1:
        return b"", (rest[0] if rest else 0) or 256
    return rest[1 : 1 + rest[0]], (rest[1 + rest[0]] if len(rest) > 1 + rest[0] else 0) or 256


def _tlv(tag: int, value: bytes) -> bytes:
    size = len(value)
    length = bytes((size,)) if size < 0x80 else bytes((0x82,)) + size.to_bytes(2)
    return bytes((tag,)) + length + value


def _fields(data: bytes) -> dict[int, bytes]:
    """The fields of a BER-TLV with tags of one byte."""
    found, at = {}, 0
    while at + 1 < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size >= 0x80:
            width = size & 0x7F
            size, at = int.from_bytes(data[at : at + width]), at + width
        found[tag], at = data[at : at + size], at + size
    return found
