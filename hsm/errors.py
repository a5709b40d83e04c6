"""The errors of this package: one root, one class a cause, each with a code that never changes."""

# ruff: noqa: N818 - the names say what happened; "Error" would say nothing more

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Final

from pkcs11 import exceptions


class TokenError(Exception):
    """Root of all errors about tokens. ``detail`` is a sentence for the person at the token. It never holds a PIN.

    Attributes:
        code: stable machine name in kebab-case.
        outcome_unknown: whether the token may have done what was asked although no answer came.
        pin_taken: a worker's error that came after the token had taken a PIN.
    """

    code: ClassVar[str] = "token-error"
    outcome_unknown: ClassVar[bool] = False

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.pin_taken = False

    def __str__(self) -> str:
        return self.detail or self.code


class ModuleNotFound(TokenError):
    """No PKCS#11 module at the place named, or none at any place known."""

    code = "module-not-found"


class ModuleNotLoaded(TokenError):
    """The module is there and cannot be loaded or initialised."""

    code = "module-not-loaded"


class ModuleArchitecture(ModuleNotLoaded):
    """The module is for another kind of processor than this program, as the 32-bit drivers of some vendors are."""

    code = "module-architecture"


class ModuleHung(TokenError):
    """The module did not answer in time."""

    code = "module-hung"


class ModuleCrashed(TokenError):
    """The module ended the process that had loaded it."""

    code = "module-crashed"


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


class TokenHung(TokenFault):
    """No answer within the time given; the worker was ended."""

    code = "token-hung"


class WorkerEnded(TokenFault):
    """The process that talks to the token died, or said something that is no answer."""

    code = "worker-ended"


class TokenReadOnly(TokenError):
    code = "token-read-only"


class TokenFull(TokenError):
    code = "token-full"


class LabelForm(TokenError):
    """A token's label is empty or longer than 32 bytes."""

    code = "label-form"


class PinError(TokenError):
    """Root of all errors about PINs: a person must act, and no program may try again."""


class PinIncorrect(PinError):
    """Never retried by a program: tokens lock after a few wrong PINs."""

    code = "pin-incorrect"


class PinIncorrectFinalTry(PinIncorrect):
    """The PIN was wrong, and the token says that one more wrong PIN locks it."""

    code = "pin-incorrect-final-try"


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


_LOST: Final = "the token was removed, or the session with it was lost"
# What the exceptions of python-pkcs11 mean. What is not here is a TokenFault: nobody knows what the token did.
_MEANINGS: Final[dict[type[exceptions.PKCS11Error], tuple[type[TokenError], str]]] = {
    exceptions.DeviceMemory: (TokenFull, "the token has no room left"),
    exceptions.DeviceRemoved: (TokenRemoved, _LOST),
    exceptions.TokenNotPresent: (TokenRemoved, _LOST),
    exceptions.TokenNotRecognised: (TokenRemoved, "the token in the reader is not recognised"),
    exceptions.SlotIDInvalid: (TokenRemoved, _LOST),
    exceptions.SessionClosed: (TokenRemoved, _LOST),
    exceptions.SessionHandleInvalid: (TokenRemoved, _LOST),
    exceptions.KeyHandleInvalid: (TokenRemoved, _LOST),
    exceptions.ObjectHandleInvalid: (TokenRemoved, _LOST),
    exceptions.UserNotLoggedIn: (TokenRemoved, _LOST),
    exceptions.PinIncorrect: (PinIncorrect, "the PIN is wrong; it was not tried again"),
    exceptions.PinLocked: (PinLocked, "the PIN is locked: only the issuer of the token can unlock it"),
    exceptions.PinExpired: (PinExpired, "the PIN has expired and must be changed"),
    exceptions.PinInvalid: (PinForm, "the token does not take this PIN"),
    exceptions.PinLenRange: (PinForm, "the PIN is too short or too long for this token"),
    exceptions.PinTooWeak: (PinForm, "the token finds this PIN too weak"),
    exceptions.UserPinNotInitialized: (PinNotSet, "the token has no PIN yet"),
    exceptions.MechanismInvalid: (MechanismMissing, "the token refuses this way to sign"),
    exceptions.MechanismParamInvalid: (MechanismMissing, "the token refuses this way to sign"),
    exceptions.SessionReadOnly: (TokenReadOnly, "the token does not let itself be written"),
    exceptions.TokenWriteProtected: (TokenReadOnly, "the token does not let itself be written"),
}


def error_named(code: str, detail: str) -> TokenError:
    """The error with this code, from another process; a TokenFault where the code is not known here."""
    for kind in _kinds(TokenError):
        if kind.code == code:
            return kind(detail)
    return TokenFault(detail)


def _kinds(root: type[TokenError]) -> Iterator[type[TokenError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)


def error_of(error: exceptions.PKCS11Error, doing: str) -> TokenError:
    """The error to raise for one of python-pkcs11 (``raise error_of(error, ...) from error``)."""
    kind, sentence = _MEANINGS.get(type(error), (TokenFault, "the token or its driver failed"))
    return kind(f"{sentence} ({doing}: {type(error).__name__})")


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Inside, the exceptions of python-pkcs11 become `TokenError`. ``doing`` says what was being done."""
    try:
        yield
    except exceptions.PKCS11Error as error:
        raise error_of(error, doing) from error
