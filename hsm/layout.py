"""The C structures of PKCS#11 2.40 that this package uses, and the places of the functions in the function list.

On Windows the standard packs structures to one byte, and ``CK_ULONG`` has 32 bits there: ``c_ulong`` follows.
"""

import ctypes
import sys
from typing import Any, Final

ULONG = ctypes.c_ulong
UNAVAILABLE: Final = ULONG(-1).value  # CK_UNAVAILABLE_INFORMATION
_PACK: Final = 1 if sys.platform == "win32" else 0  # 0: as the compiler does it


class Version(ctypes.Structure):
    _pack_ = _PACK
    _fields_ = [("major", ctypes.c_ubyte), ("minor", ctypes.c_ubyte)]


class InitializeArgs(ctypes.Structure):
    _pack_ = _PACK
    _fields_ = [
        ("create_mutex", ctypes.c_void_p),
        ("destroy_mutex", ctypes.c_void_p),
        ("lock_mutex", ctypes.c_void_p),
        ("unlock_mutex", ctypes.c_void_p),
        ("flags", ULONG),
        ("reserved", ctypes.c_void_p),
    ]


class TokenInfoStruct(ctypes.Structure):
    _pack_ = _PACK
    _fields_ = [
        ("label", ctypes.c_char * 32),
        ("manufacturer", ctypes.c_char * 32),
        ("model", ctypes.c_char * 16),
        ("serial", ctypes.c_char * 16),
        ("flags", ULONG),
        ("max_sessions", ULONG),
        ("sessions", ULONG),
        ("max_rw_sessions", ULONG),
        ("rw_sessions", ULONG),
        ("max_pin", ULONG),
        ("min_pin", ULONG),
        ("total_public", ULONG),
        ("free_public", ULONG),
        ("total_private", ULONG),
        ("free_private", ULONG),
        ("hardware", Version),
        ("firmware", Version),
        ("utc_time", ctypes.c_char * 16),
    ]


class SessionInfo(ctypes.Structure):
    _pack_ = _PACK
    _fields_ = [("slot", ULONG), ("state", ULONG), ("flags", ULONG), ("device_error", ULONG)]


class Mechanism(ctypes.Structure):
    _pack_ = _PACK
    _fields_ = [("mechanism", ULONG), ("parameter", ctypes.c_void_p), ("parameter_size", ULONG)]


class MechanismInfo(ctypes.Structure):
    _pack_ = _PACK
    _fields_ = [("min_key_size", ULONG), ("max_key_size", ULONG), ("flags", ULONG)]


class Attribute(ctypes.Structure):
    _pack_ = _PACK
    _fields_ = [("type", ULONG), ("value", ctypes.c_void_p), ("size", ULONG)]


class PssParams(ctypes.Structure):
    _pack_ = _PACK
    _fields_ = [("hash", ULONG), ("mgf", ULONG), ("salt_size", ULONG)]


# CK_FUNCTION_LIST: the order is the standard's. Only what is used has argument types below.
_ORDER: Final = [
    "Initialize",
    "Finalize",
    "GetInfo",
    "GetFunctionList",
    "GetSlotList",
    "GetSlotInfo",
    "GetTokenInfo",
    "GetMechanismList",
    "GetMechanismInfo",
    "InitToken",
    "InitPIN",
    "SetPIN",
    "OpenSession",
    "CloseSession",
    "CloseAllSessions",
    "GetSessionInfo",
    "GetOperationState",
    "SetOperationState",
    "Login",
    "Logout",
    "CreateObject",
    "CopyObject",
    "DestroyObject",
    "GetObjectSize",
    "GetAttributeValue",
    "SetAttributeValue",
    "FindObjectsInit",
    "FindObjects",
    "FindObjectsFinal",
    "EncryptInit",
    "Encrypt",
    "EncryptUpdate",
    "EncryptFinal",
    "DecryptInit",
    "Decrypt",
    "DecryptUpdate",
    "DecryptFinal",
    "DigestInit",
    "Digest",
    "DigestUpdate",
    "DigestKey",
    "DigestFinal",
    "SignInit",
    "Sign",
    "SignUpdate",
    "SignFinal",
    "SignRecoverInit",
    "SignRecover",
    "VerifyInit",
    "Verify",
    "VerifyUpdate",
    "VerifyFinal",
    "VerifyRecoverInit",
    "VerifyRecover",
    "DigestEncryptUpdate",
    "DecryptDigestUpdate",
    "SignEncryptUpdate",
    "DecryptVerifyUpdate",
    "GenerateKey",
    "GenerateKeyPair",
]


class FunctionList(ctypes.Structure):
    _pack_ = _PACK
    _fields_ = [("version", Version), *((name, ctypes.c_void_p) for name in _ORDER)]


_P = ctypes.POINTER
_PTR = ctypes.c_void_p
_TEXT = ctypes.c_char_p
_TEMPLATE = _P(Attribute)
_COUNT = _P(ULONG)
_ARGUMENTS: Final[dict[str, tuple[Any, ...]]] = {
    "Initialize": (_PTR,),
    "Finalize": (_PTR,),
    "GetSlotList": (ctypes.c_ubyte, _COUNT, _COUNT),
    "GetTokenInfo": (ULONG, _P(TokenInfoStruct)),
    "GetMechanismList": (ULONG, _COUNT, _COUNT),
    "GetMechanismInfo": (ULONG, ULONG, _P(MechanismInfo)),
    "InitToken": (ULONG, _TEXT, ULONG, _TEXT),
    "InitPIN": (ULONG, _TEXT, ULONG),
    "SetPIN": (ULONG, _TEXT, ULONG, _TEXT, ULONG),
    "OpenSession": (ULONG, ULONG, _PTR, _PTR, _COUNT),
    "CloseSession": (ULONG,),
    "GetSessionInfo": (ULONG, _P(SessionInfo)),
    "Login": (ULONG, ULONG, _TEXT, ULONG),
    "Logout": (ULONG,),
    "CreateObject": (ULONG, _TEMPLATE, ULONG, _COUNT),
    "DestroyObject": (ULONG, ULONG),
    "GetAttributeValue": (ULONG, ULONG, _TEMPLATE, ULONG),
    "FindObjectsInit": (ULONG, _TEMPLATE, ULONG),
    "FindObjects": (ULONG, _COUNT, ULONG, _COUNT),
    "FindObjectsFinal": (ULONG,),
    "SignInit": (ULONG, _P(Mechanism), ULONG),
    "Sign": (ULONG, _TEXT, ULONG, _TEXT, _COUNT),
    "GenerateKeyPair": (ULONG, _P(Mechanism), _TEMPLATE, ULONG, _TEMPLATE, ULONG, _COUNT, _COUNT),
}


def functions_of(functions: FunctionList) -> dict[str, Any]:
    """The functions of a loaded module, callable, by their names without ``C_``. Each returns its CK_RV as an int."""
    return {
        name: ctypes.CFUNCTYPE(ULONG, *arguments)(getattr(functions, name)) for name, arguments in _ARGUMENTS.items()
    }
