"""What a worker is asked and what it answers: one frozen type each, and their bytes.

A frame: its size (4 bytes, big-endian, of what follows), the version (1 byte), the size of the header (4 bytes), the
header (JSON: kind and fields), then every byte string in the order of the fields, each behind its size (4 bytes).
"""

import json
import struct
import typing
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from types import UnionType
from typing import Any, Final

from hsm.tokens import TokenInfo

VERSION: Final = 1
MAX_FRAME: Final = 16 * 1024 * 1024  # bytes: far more than any batch
_SIZE: Final = struct.Struct(">I")
_HEAD: Final = struct.Struct(">BI")


class ProtocolError(Exception):
    """What came is no frame of this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenKey:
    """Close what is open, and open this key. As the arguments of `hsm.keys.open_key`; ``at`` is RFC 3339."""

    module: str
    serial: str | None = None
    label: str | None = None
    fingerprint: bytes | None = None
    certificate_der: bytes | None = None
    at: str | None = None
    allow_final_try: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The answer to `NeedPin`, ASCII."""

    pin: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPin:
    """The other answer to `NeedPin`: nobody gave one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Sign each message with the open key. `Signatures` come as they are made, the last of them with ``last``."""

    messages: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Stop behind the signature that is being made. No answer of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTokens:
    """Which tokens are present. ``refresh``: start the module anew before, unless a key is open."""

    module: str
    refresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCertificates:
    """Which certificates one token shows without a log-in. As the selector of `hsm.tokens.list_certificates`."""

    module: str
    serial: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartModule:
    """Close the key, finalise the module and initialise it."""

    module: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseKey:
    """Close the key and log out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The first word of a worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedPin:
    """The token wants its PIN: `Pin` or `NoPin` goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The key that was opened. ``pin_taken``: a PIN was given, and the token took it."""

    certificate_der: bytes
    algorithm: str
    mechanism: str
    public_key_der: bytes
    key_id: bytes
    token: TokenInfo
    pin_taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    signatures: tuple[bytes, ...]
    last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """``refresh_seconds``: what starting the module anew took, 0 when it was not done."""

    tokens: tuple[TokenInfo, ...]
    refresh_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """DER."""

    certificates: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A `hsm.errors.TokenError`: its code, sentence and attributes. ``pin_taken``: as in `Opened`."""

    code: str
    detail: str
    serials: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    pin_taken: bool = False


Request = OpenKey | Pin | NoPin | Sign | Cancel | ListTokens | ListCertificates | RestartModule | CloseKey
Answer = Ready | NeedPin | Opened | Signatures | Tokens | Certificates | Done | Failed
Message = Request | Answer
_KINDS: Final[dict[str, type[Any]]] = {kind.__name__: kind for kind in typing.get_args(Message)}
_HINTS: Final[dict[type[Any], dict[str, Any]]] = {kind: typing.get_type_hints(kind) for kind in _KINDS.values()}


def encode(message: Message) -> bytearray:
    """The frame of a message; the caller overwrites it where it holds a PIN."""
    header: dict[str, Any] = {}
    blobs: list[bytes] = []
    for one in fields(message):
        value = getattr(message, one.name)
        if isinstance(value, bytes):
            blobs.append(value)
            value = 1
        elif isinstance(value, tuple) and value and isinstance(value[0], bytes):
            blobs.extend(value)
            value = len(value)
        elif isinstance(value, TokenInfo):
            value = asdict(value)
        elif isinstance(value, tuple):
            value = [asdict(item) if isinstance(item, TokenInfo) else item for item in value]
        header[one.name] = value
    text = json.dumps([type(message).__name__, header]).encode()
    frame = bytearray(_SIZE.size)
    frame += _HEAD.pack(VERSION, len(text))
    frame += text
    for blob in blobs:
        frame += _SIZE.pack(len(blob))
        frame += blob
    if len(frame) > MAX_FRAME:
        raise ProtocolError("a frame is too long")
    _SIZE.pack_into(frame, 0, len(frame) - _SIZE.size)
    return frame


def decode(frame: bytearray) -> Message:
    """A message from a frame without its size. Raises ProtocolError."""
    try:
        version, size = _HEAD.unpack_from(frame)
        if version != VERSION:
            raise ProtocolError(f"version {version} instead of {VERSION}")
        start = _HEAD.size + size
        name, header = json.loads(frame[_HEAD.size : start])
        blobs = _blobs(frame, start)
        kind = _KINDS[name]
        values = {key: _read(hint, header.pop(key), blobs) for key, hint in _HINTS[kind].items()}
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise ProtocolError("a frame cannot be read") from error
    if header or next(blobs, None) is not None:
        raise ProtocolError("a frame holds more than its message")
    message: Message = kind(**values)
    return message


def _blobs(frame: bytearray, start: int) -> Iterator[bytes]:
    with memoryview(frame) as view:
        while start < len(view):
            (size,) = _SIZE.unpack_from(view, start)
            start += _SIZE.size
            if start + size > len(view):
                raise ProtocolError("a frame ends early")
            yield bytes(view[start : start + size])
            start += size


def _read(hint: Any, value: Any, blobs: Iterator[bytes]) -> Any:
    if isinstance(hint, UnionType):
        return None if value is None else _read(typing.get_args(hint)[0], value, blobs)
    if hint is bytes:
        return next(blobs)
    if hint is TokenInfo:
        return TokenInfo(**value)
    if typing.get_origin(hint) is tuple:
        (item, _) = typing.get_args(hint)
        if item is bytes:
            return tuple(next(blobs) for _ in range(value or 0))
        return tuple(_read(item, one, blobs) for one in value)
    if not isinstance(value, hint):
        raise ProtocolError(f"a field of type {type(value).__name__}")
    return value


class Frames:
    """Bytes as they arrive, cut into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytearray]:
        """The frames that are whole with ``data``. Raises ProtocolError for one that is too long."""
        self._rest += data
        while len(self._rest) >= _SIZE.size:
            (size,) = _SIZE.unpack_from(self._rest)
            if size > MAX_FRAME:
                raise ProtocolError("a frame is too long")
            if len(self._rest) < (end := _SIZE.size + size):
                return
            frame = self._rest[_SIZE.size : end]
            self._rest[:end] = bytes(end)  # it may be a PIN
            del self._rest[:end]
            yield frame


def wipe(buffer: bytearray) -> None:
    """Overwrite it with zeros."""
    buffer[:] = bytes(len(buffer))
