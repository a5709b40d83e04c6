"""PKCS#11 2.40 as this package calls it: a thin, typed layer over the C functions of one module.

Why not python-pkcs11: it initialises modules without locking (threads crash), asks for the size before each signature
(drivers that fail there block the session), logs all sessions out when one is closed, cannot initialise a token, and
costs 10 to 20 % of the signing rate of a software token. See docs/adr on the key interface.
"""

import ctypes
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hsm import layout
from hsm.errors import ModuleNotFound, ModuleNotLoaded, ModuleRefused, TokenFault, error_of

Value = bytes | bool | int

CKF_OS_LOCKING_OK: Final = 0x02
CKF_SERIAL_SESSION: Final = 0x04
CKF_RW_SESSION: Final = 0x02
CKF_SIGN: Final = 0x800
CKU_SO: Final = 0
CKU_USER: Final = 1
CKU_CONTEXT_SPECIFIC: Final = 2
_CKS_USER: Final = frozenset({1, 3})  # CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS

CKO_CERTIFICATE: Final = 1
CKO_PUBLIC_KEY: Final = 2
CKO_PRIVATE_KEY: Final = 3
CKK_RSA: Final = 0
CKK_EC: Final = 3
CKC_X_509: Final = 0

CKA_CLASS: Final = 0x00
CKA_TOKEN: Final = 0x01
CKA_PRIVATE: Final = 0x02
CKA_LABEL: Final = 0x03
CKA_VALUE: Final = 0x11
CKA_CERTIFICATE_TYPE: Final = 0x80
CKA_ISSUER: Final = 0x81
CKA_SERIAL_NUMBER: Final = 0x82
CKA_KEY_TYPE: Final = 0x100
CKA_SUBJECT: Final = 0x101
CKA_ID: Final = 0x102
CKA_SENSITIVE: Final = 0x103
CKA_SIGN: Final = 0x108
CKA_VERIFY: Final = 0x10A
CKA_MODULUS: Final = 0x120
CKA_MODULUS_BITS: Final = 0x121
CKA_PUBLIC_EXPONENT: Final = 0x122
CKA_EXTRACTABLE: Final = 0x162
CKA_EC_PARAMS: Final = 0x180
CKA_EC_POINT: Final = 0x181
CKA_ALWAYS_AUTHENTICATE: Final = 0x202

_CKR_ALREADY_INITIALIZED: Final = 0x191
_CKR_CANT_LOCK: Final = 0x0A
_CKR_USER_ALREADY_LOGGED_IN: Final = 0x100
_ABSENT: Final = frozenset({0x03, 0xE0, 0xE1})  # slot gone, token not present, token not recognised


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTokenInfo:
    """CK_TOKEN_INFO with its texts decoded (UTF-8, right blanks removed)."""

    slot: int
    label: str
    serial: str
    manufacturer: str
    model: str
    flags: int
    min_pin: int
    max_pin: int


class Module:
    """One loaded and initialised PKCS#11 module. One object a module and process: see `load`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._functions = _load(path)
        self._process = os.getpid()
        self._initialise()

    def __repr__(self) -> str:
        return f"Module({str(self.path)!r})"

    def function(self, name: str) -> Any:
        """The C function, for callers that must not pay for a lookup. It returns a CK_RV."""
        return self._functions[name]

    def call(self, name: str, *arguments: Any) -> None:
        """Call ``C_<name>``; raises the `TokenError` of its return value."""
        if os.getpid() != self._process:
            raise TokenFault("a PKCS#11 module does not survive a fork: start the process anew")
        value = self._functions[name](*arguments)
        if value:
            raise error_of(f"C_{name}", value)

    def _initialise(self) -> None:
        arguments = layout.InitializeArgs(flags=CKF_OS_LOCKING_OK)
        value = self._functions["Initialize"](ctypes.addressof(arguments))
        if value == _CKR_CANT_LOCK:
            value = self._functions["Initialize"](None)
        if value not in (0, _CKR_ALREADY_INITIALIZED):
            raise ModuleNotLoaded(f"{self.path.name} cannot be initialised ({error_of('C_Initialize', value)})")

    def restart(self) -> None:
        """C_Finalize and C_Initialize: every session and handle of this process is void. Slots are found anew."""
        self._functions["Finalize"](None)
        self._initialise()

    # slots and tokens

    def slots(self) -> list[int]:
        """Slots with a token in them."""
        count = layout.ULONG()
        self.call("GetSlotList", 1, None, ctypes.byref(count))
        if not count.value:
            return []
        slots = (layout.ULONG * count.value)()
        self.call("GetSlotList", 1, slots, ctypes.byref(count))
        return list(slots[: count.value])

    def token_info(self, slot: int) -> RawTokenInfo | None:
        """None where the slot lost its token since it was listed."""
        info = layout.TokenInfoStruct()
        value = self._functions["GetTokenInfo"](slot, ctypes.byref(info))
        if value in _ABSENT:
            return None
        if value:
            raise error_of("C_GetTokenInfo", value)
        return RawTokenInfo(
            slot=slot,
            label=_text(info.label),
            serial=_text(info.serial),
            manufacturer=_text(info.manufacturer),
            model=_text(info.model),
            flags=info.flags,
            min_pin=info.min_pin,
            max_pin=info.max_pin,
        )

    def signing_mechanisms(self, slot: int) -> frozenset[int]:
        """The mechanisms of the token that it says it signs with. A driver that says nothing of use is believed."""
        count = layout.ULONG()
        self.call("GetMechanismList", slot, None, ctypes.byref(count))
        mechanisms = (layout.ULONG * max(count.value, 1))()
        self.call("GetMechanismList", slot, mechanisms, ctypes.byref(count))
        found = set()
        for mechanism in mechanisms[: count.value]:
            info = layout.MechanismInfo()
            value = self._functions["GetMechanismInfo"](slot, mechanism, ctypes.byref(info))
            if value or not info.flags or info.flags & CKF_SIGN:
                found.add(mechanism)
        return frozenset(found)

    def init_token(self, slot: int, so_pin: str, label: str) -> None:
        """C_InitToken: everything on the token is lost. ``label``: at most 32 bytes of UTF-8."""
        pin = so_pin.encode()
        self.call("InitToken", slot, pin, len(pin), label.encode().ljust(32))

    # sessions

    def open_session(self, slot: int, *, writable: bool = False) -> int:
        handle = layout.ULONG()
        flags = CKF_SERIAL_SESSION | (CKF_RW_SESSION if writable else 0)
        self.call("OpenSession", slot, flags, None, None, ctypes.byref(handle))
        return handle.value

    def close_session(self, session: int) -> None:
        """Close this session only, ignoring errors: there is nothing to be done about them."""
        if os.getpid() == self._process:
            self._functions["CloseSession"](session)

    def logged_in(self, session: int) -> bool:
        """Whether this process is already logged in to the token as its user (log-in holds for all its sessions)."""
        info = layout.SessionInfo()
        self.call("GetSessionInfo", session, ctypes.byref(info))
        return info.state in _CKS_USER

    def login(self, session: int, user: int, pin: str) -> None:
        secret = pin.encode("ascii")
        value = self._functions["Login"](session, user, secret, len(secret))
        if value not in (0, _CKR_USER_ALREADY_LOGGED_IN):
            raise error_of("C_Login", value)

    # objects

    def find(self, session: int, template: Mapping[int, Value]) -> list[int]:
        """Handles of all objects that fit."""
        attributes, size, keep = _template(template)
        self.call("FindObjectsInit", session, attributes, size)
        del keep
        found: list[int] = []
        try:
            batch = (layout.ULONG * 64)()
            count = layout.ULONG()
            while True:
                self.call("FindObjects", session, batch, len(batch), ctypes.byref(count))
                if not count.value:
                    return found
                found.extend(batch[: count.value])
        finally:
            self._functions["FindObjectsFinal"](session)

    def read(self, session: int, handle: int, attribute: int) -> bytes | None:
        """One attribute as bytes; None where the object has none or does not show it."""
        wanted = layout.Attribute(type=attribute, value=None, size=0)
        value = self._functions["GetAttributeValue"](session, handle, ctypes.byref(wanted), 1)
        if value in (0x11, 0x12) or (not value and wanted.size in (0, layout.UNAVAILABLE)):  # sensitive, type invalid
            return None
        if value:
            raise error_of("C_GetAttributeValue", value)
        buffer = ctypes.create_string_buffer(wanted.size)
        wanted.value = ctypes.addressof(buffer)
        self.call("GetAttributeValue", session, handle, ctypes.byref(wanted), 1)
        return buffer.raw[: wanted.size]

    def read_number(self, session: int, handle: int, attribute: int) -> int | None:
        """A CK_ULONG or CK_BBOOL attribute."""
        raw = self.read(session, handle, attribute)
        if raw is None:
            return None
        return raw[0] if len(raw) == 1 else layout.ULONG.from_buffer_copy(raw).value

    def create(self, session: int, template: Mapping[int, Value]) -> int:
        attributes, size, keep = _template(template)
        handle = layout.ULONG()
        self.call("CreateObject", session, attributes, size, ctypes.byref(handle))
        del keep
        return handle.value

    def generate_key_pair(
        self, session: int, mechanism: int, public: Mapping[int, Value], private: Mapping[int, Value]
    ) -> tuple[int, int]:
        """Handles of the public and the private key."""
        how = layout.Mechanism(mechanism=mechanism)
        public_attributes, public_size, keep_public = _template(public)
        private_attributes, private_size, keep_private = _template(private)
        handles = (layout.ULONG(), layout.ULONG())
        self.call(
            "GenerateKeyPair",
            session,
            ctypes.byref(how),
            public_attributes,
            public_size,
            private_attributes,
            private_size,
            ctypes.byref(handles[0]),
            ctypes.byref(handles[1]),
        )
        del keep_public, keep_private
        return handles[0].value, handles[1].value


_modules: Final[dict[Path, Module]] = {}
_modules_lock: Final = threading.Lock()


def load(path: Path) -> Module:
    """The module at ``path``, loaded and initialised once a process.

    Raises:
        ModuleNotFound: no such file.
        ModuleNotLoaded: not a PKCS#11 module, of another architecture, or not to be initialised.
        ModuleRefused: PKCS11SPY is in the environment: the spy writes PINs into its log.
    """
    if "PKCS11SPY" in os.environ:
        raise ModuleRefused("PKCS11SPY is set: it would log the PIN in clear. Unset it and start again")
    place = path.resolve()
    if "pkcs11-spy" in place.name:
        raise ModuleRefused("pkcs11-spy logs the PIN in clear: name the module of the token itself")
    if not place.is_file():
        raise ModuleNotFound(f"there is no PKCS#11 module at {path}")
    with _modules_lock:
        if place not in _modules:
            _modules[place] = Module(place)
        return _modules[place]


def _load(path: Path) -> dict[str, Any]:
    try:
        library = ctypes.CDLL(str(path))
        get_function_list = library.C_GetFunctionList
    except (OSError, AttributeError) as error:
        raise ModuleNotLoaded(f"{path} is not a PKCS#11 module that this machine can load: {error}") from error
    get_function_list.restype = layout.ULONG
    functions = ctypes.POINTER(layout.FunctionList)()
    value = get_function_list(ctypes.byref(functions))
    if value or not functions:
        raise ModuleNotLoaded(f"{path} gives no function list ({error_of('C_GetFunctionList', value)})")
    return {**layout.functions_of(functions.contents), "_library": library}


def _template(values: Mapping[int, Value]) -> tuple[Any, int, list[Any]]:
    """The attribute array, its length, and what must stay alive while it is used."""
    attributes = (layout.Attribute * max(len(values), 1))()
    keep: list[Any] = []
    for attribute, (kind, value) in zip(attributes, values.items(), strict=False):
        if isinstance(value, bool):
            raw = bytes([value])
        elif isinstance(value, int):
            raw = bytes(layout.ULONG(value))
        else:
            raw = value
        buffer = ctypes.create_string_buffer(raw, max(len(raw), 1))
        keep.append(buffer)
        attribute.type, attribute.value, attribute.size = kind, ctypes.addressof(buffer), len(raw)
    return attributes, len(values), keep


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("utf-8", "replace").rstrip()
