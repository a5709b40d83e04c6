"""Smart card readers as the system sees them (PC/SC), with or without a driver for what is in them.

It tells "nothing is plugged in" from "its driver is missing". USB tokens are readers with a card that cannot be taken
out. The one file where Linux, macOS and Windows differ: the same functions, in other libraries, with other widths.
"""

import ctypes
import sys
from dataclasses import dataclass
from typing import Any, Final, Literal

Service = Literal["running", "stopped", "unknown"]

_SUCCESS: Final = 0
_NO_SERVICE: Final = 0x8010001D  # SCARD_E_NO_SERVICE
_SERVICE_STOPPED: Final = 0x8010001E  # SCARD_E_SERVICE_STOPPED (Windows ends the service with the last reader)
_SCOPE_SYSTEM: Final = 2
_STATE_PRESENT: Final = 0x20
_LIBRARIES: Final = {
    "linux": "libpcsclite.so.1",
    "darwin": "/System/Library/Frameworks/PCSC.framework/PCSC",
    "win32": "winscard.dll",
}
_PLATFORM: Final = sys.platform if sys.platform in ("darwin", "win32") else "linux"
_Word: Any = ctypes.c_ulong if _PLATFORM != "darwin" else ctypes.c_uint32  # DWORD of each platform
_Handle: Any = {"linux": ctypes.c_long, "darwin": ctypes.c_int32, "win32": ctypes.c_size_t}[_PLATFORM]


class _State(ctypes.Structure):
    """SCARD_READERSTATE."""

    if _PLATFORM == "darwin":
        _pack_ = 1
    _fields_ = (
        ("reader", ctypes.c_char_p),
        ("user_data", ctypes.c_void_p),
        ("current_state", _Word),
        ("event_state", _Word),
        ("atr_size", _Word),
        ("atr", ctypes.c_ubyte * (36 if _PLATFORM == "win32" else 33)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A reader by its name. ``atr``: of the card in it, hexadecimal, empty for none."""

    name: str
    card: bool
    atr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """``service``: of PC/SC (pcscd, "Smart Card"); "unknown" where its library is not installed."""

    service: Service
    readers: tuple[Reader, ...]


def look_at_readers() -> Readers:
    """Ask PC/SC. It may hang with its service: callers do it in a process of its own."""
    try:
        library = ctypes.CDLL(_LIBRARIES[_PLATFORM])
    except OSError:
        return Readers(service="unknown", readers=())
    context = _Handle()
    answer = _call(library.SCardEstablishContext, _Word(_SCOPE_SYSTEM), None, None, ctypes.byref(context))
    if answer in (_NO_SERVICE, _SERVICE_STOPPED):
        return Readers(service="stopped", readers=())
    if answer != _SUCCESS:
        return Readers(service="unknown", readers=())
    try:
        readers = tuple(_look(library, context, name) for name in _names(library, context))
    finally:
        library.SCardReleaseContext(context)
    return Readers(service="running", readers=readers)


def _names(library: Any, context: Any) -> list[bytes]:
    list_readers = getattr(library, "SCardListReadersA" if _PLATFORM == "win32" else "SCardListReaders")
    size = _Word()
    answer = _call(list_readers, context, None, None, ctypes.byref(size))
    if answer != _SUCCESS or not size.value:  # among others: there is no reader
        return []
    names = ctypes.create_string_buffer(size.value)
    if _call(list_readers, context, None, names, ctypes.byref(size)) != _SUCCESS:
        return []
    return [name for name in names.raw.split(b"\0") if name]


def _look(library: Any, context: Any, name: bytes) -> Reader:
    get_status = getattr(library, "SCardGetStatusChangeA" if _PLATFORM == "win32" else "SCardGetStatusChange")
    state = _State(reader=name)
    answer = _call(get_status, context, _Word(0), ctypes.byref(state), _Word(1))
    present = answer == _SUCCESS and bool(state.event_state & _STATE_PRESENT)
    atr = bytes(state.atr[: state.atr_size]).hex() if present else ""
    return Reader(name=name.decode("utf-8", "replace"), card=present, atr=atr)


def _call(function: Any, *arguments: Any) -> int:
    """The answer as an unsigned number of 32 bits: platforms differ in its sign and width."""
    function.restype = ctypes.c_long
    return int(function(*arguments)) & 0xFFFFFFFF
