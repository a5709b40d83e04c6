"""The errors of this package: one root, one class a cause, each with a code that never changes."""

from typing import ClassVar, Final


class TokenError(Exception):
    """Root of all errors about tokens. ``detail`` is a sentence for the person at the token. It never holds a PIN.

    Attributes:
        code: stable machine name in kebab-case.
        outcome_unknown: whether the token may have done what was asked although no answer came.
    """

    code: ClassVar[str] = "token-error"
    outcome_unknown: ClassVar[bool] = False

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return self.detail or self.code


class ModuleNotFound(TokenError):
    """No PKCS#11 module at the place named, or none at any place known."""

    code = "module-not-found"


class ModuleNotLoaded(TokenError):
    """The module is there and cannot be loaded or initialised."""

    code = "module-not-loaded"


class ModuleRefused(TokenError):
    """The surroundings of the module would leak the PIN."""

    code = "module-refused"


class TokenNotFound(TokenError):
    code = "token-not-found"


class TokenAmbiguous(TokenError):
    """More than one token fits. ``serials`` names them."""

    code = "token-ambiguous"
    serials: tuple[str, ...] = ()


class TokenRemoved(TokenError):
    """The token, its reader or its session is gone."""

    code = "token-removed"
    outcome_unknown = True


class TokenFault(TokenError):
    """The token or its driver failed in a way that says nothing about what it did. Close and open again."""

    code = "token-fault"
    outcome_unknown = True


class TokenReadOnly(TokenError):
    code = "token-read-only"


class TokenFull(TokenError):
    code = "token-full"


class PinError(TokenError):
    """Root of all errors about PINs: a person must act, and no program may try again."""


class PinIncorrect(PinError):
    """Never retried by a program: tokens lock after a few wrong PINs."""

    code = "pin-incorrect"


class PinLocked(PinError):
    code = "pin-locked"


class PinExpired(PinError):
    code = "pin-expired"


class PinNotSet(PinError):
    code = "pin-not-set"


class PinForm(PinError):
    """The PIN cannot be right (empty, other characters, wrong length) or must not be used (a factory PIN)."""

    code = "pin-form"


class PinFinalTry(PinError):
    """One wrong PIN more locks the token: a person must say that it shall be tried."""

    code = "pin-final-try"


class KeyNotFound(TokenError):
    code = "key-not-found"


class KeyAmbiguous(TokenError):
    code = "key-ambiguous"


class KeyMismatch(TokenError):
    """The key on the token is not the key of the certificate."""

    code = "key-mismatch"


class KeyUnsuitable(TokenError):
    """Neither EC P-256 nor RSA of 2048 to 4096 bits."""

    code = "key-unsuitable"


class MechanismMissing(TokenError):
    """The token cannot make the signature that this key needs."""

    code = "mechanism-missing"


class CertificateNotFound(TokenError):
    code = "certificate-not-found"


class CertificateAmbiguous(TokenError):
    """One key carries several certificates and none was named. ``fingerprints`` are SHA-256, hexadecimal."""

    code = "certificate-ambiguous"
    fingerprints: tuple[str, ...] = ()


class CertificateForm(TokenError):
    code = "certificate-form"


class CertificateEnded(TokenError):
    code = "certificate-ended"


class CertificateNotBegun(TokenError):
    code = "certificate-not-begun"


# PKCS#11 2.40, 11.1: the return values that mean more than "something failed"
_RETURN_VALUES: Final[dict[int, tuple[str, type[TokenError], str]]] = {
    0x03: ("CKR_SLOT_ID_INVALID", TokenRemoved, "the token was removed"),
    0x31: ("CKR_DEVICE_MEMORY", TokenFull, "the token has no room left"),
    0x32: ("CKR_DEVICE_REMOVED", TokenRemoved, "the token was removed"),
    0x60: ("CKR_KEY_HANDLE_INVALID", TokenRemoved, "the key is gone: the token was removed or changed"),
    0x82: ("CKR_OBJECT_HANDLE_INVALID", TokenRemoved, "the key is gone: the token was removed or changed"),
    0xA0: ("CKR_PIN_INCORRECT", PinIncorrect, "the PIN is wrong"),
    0xA1: ("CKR_PIN_INVALID", PinForm, "the token does not take this PIN"),
    0xA2: ("CKR_PIN_LEN_RANGE", PinForm, "the PIN is too short or too long for this token"),
    0xA3: ("CKR_PIN_EXPIRED", PinExpired, "the PIN has expired and must be changed"),
    0xA4: ("CKR_PIN_LOCKED", PinLocked, "the PIN is locked: only the issuer of the token can unlock it"),
    0xB0: ("CKR_SESSION_CLOSED", TokenRemoved, "the session with the token was lost"),
    0xB3: ("CKR_SESSION_HANDLE_INVALID", TokenRemoved, "the session with the token was lost"),
    0xB5: ("CKR_SESSION_READ_ONLY", TokenReadOnly, "the token does not let itself be written"),
    0xE0: ("CKR_TOKEN_NOT_PRESENT", TokenRemoved, "the token was removed"),
    0xE1: ("CKR_TOKEN_NOT_RECOGNIZED", TokenRemoved, "the token in the reader is not recognised"),
    0xE2: ("CKR_TOKEN_WRITE_PROTECTED", TokenReadOnly, "the token does not let itself be written"),
    0x101: ("CKR_USER_NOT_LOGGED_IN", TokenRemoved, "the log-in to the token was lost"),
    0x102: ("CKR_USER_PIN_NOT_INITIALIZED", PinNotSet, "the token has no PIN yet"),
}
_OTHER_NAMES: Final[dict[int, str]] = {
    0x02: "CKR_HOST_MEMORY",
    0x05: "CKR_GENERAL_ERROR",
    0x06: "CKR_FUNCTION_FAILED",
    0x07: "CKR_ARGUMENTS_BAD",
    0x10: "CKR_ATTRIBUTE_READ_ONLY",
    0x12: "CKR_ATTRIBUTE_TYPE_INVALID",
    0x13: "CKR_ATTRIBUTE_VALUE_INVALID",
    0x20: "CKR_DATA_INVALID",
    0x21: "CKR_DATA_LEN_RANGE",
    0x30: "CKR_DEVICE_ERROR",
    0x50: "CKR_FUNCTION_CANCELED",
    0x54: "CKR_FUNCTION_NOT_SUPPORTED",
    0x63: "CKR_KEY_TYPE_INCONSISTENT",
    0x68: "CKR_KEY_FUNCTION_NOT_PERMITTED",
    0x70: "CKR_MECHANISM_INVALID",
    0x71: "CKR_MECHANISM_PARAM_INVALID",
    0x90: "CKR_OPERATION_ACTIVE",
    0x91: "CKR_OPERATION_NOT_INITIALIZED",
    0xB1: "CKR_SESSION_COUNT",
    0xB6: "CKR_SESSION_EXISTS",
    0xD0: "CKR_TEMPLATE_INCOMPLETE",
    0xD1: "CKR_TEMPLATE_INCONSISTENT",
    0x100: "CKR_USER_ALREADY_LOGGED_IN",
    0x104: "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
    0x150: "CKR_BUFFER_TOO_SMALL",
    0x190: "CKR_CRYPTOKI_NOT_INITIALIZED",
    0x191: "CKR_CRYPTOKI_ALREADY_INITIALIZED",
}


def error_of(function: str, value: int) -> TokenError:
    """The error for a PKCS#11 return value. What is not known is a `TokenFault`: nobody knows what the token did."""
    known = _RETURN_VALUES.get(value)
    if known is not None:
        name, kind, sentence = known
        return kind(f"{sentence} ({function}: {name})")
    return TokenFault(f"the token or its driver failed ({function}: {_OTHER_NAMES.get(value, hex(value))})")
