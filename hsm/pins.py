"""What is checked about a PIN before the token sees it: every wrong one costs a try."""

from collections.abc import Callable
from typing import Final

from pkcs11 import PKCS11Error

from hsm.errors import PinFinalTry, PinForm, PinIncorrect, PinIncorrectFinalTry, PinLocked, PinNotSet
from hsm.sessions import Module, Session
from hsm.tokens import FoundToken, TokenInfo

PinCallback = Callable[[], str]

NEW_PIN_MIN: Final = 6
NEW_PIN_MAX: Final = 32
FACTORY_PINS: Final = frozenset(  # with which tokens are delivered, and what people replace them by
    {"PASSWORD", "PASSWORD1", "PASSW0RD", "CHANGEIT", "CHANGEME", "ADMIN", "ADMIN123", "USER1234", "ABC123", "ABCD1234"}
    | {"ENTERSAFE", "ROCKEY", "ETOKEN", "123123", "12341234", "123321", "112233", "1Q2W3E4R", "QWERTY", "QWERTYUI"}
    | {"648219", "3537363231383830", "010203040506070801020304050607080102030405060708"}
)
_DIGITS: Final = "01234567890"


def check_pin(pin: str) -> str:
    """The PIN itself, when a token can be asked with it. Raises PinForm."""
    if not pin:
        raise PinForm("the PIN is empty")
    if not pin.isascii() or not pin.isprintable():
        raise PinForm("the PIN has characters other than plain letters and digits: turn the Vietnamese keyboard off")
    return pin


def check_own_pin(pin: str) -> str:
    """As `check_pin`, at enrolment: a PIN that the token was delivered with must be changed first. Costs no try."""
    check_pin(pin)
    if _is_factory_pin(pin):
        raise PinForm("this PIN is one of those that tokens are delivered with: change it first (vaxseal token pin)")
    return pin


def _is_factory_pin(pin: str) -> bool:
    """Also one character again and again, and digits in a row, up or down (12345678 and its like)."""
    return pin.upper() in FACTORY_PINS or len(set(pin)) == 1 or pin in _DIGITS or pin in _DIGITS[::-1]


def check_new_pin(pin: str) -> str:
    """As `check_pin`, for a PIN that is to be set: 6 to 32 characters and not one that tokens are delivered with."""
    check_pin(pin)
    if not NEW_PIN_MIN <= len(pin) <= NEW_PIN_MAX:
        raise PinForm(f"a new PIN needs {NEW_PIN_MIN} to {NEW_PIN_MAX} characters")
    if _is_factory_pin(pin):
        raise PinForm("this PIN is one of those that tokens are delivered with: choose another")
    return pin


def log_in(
    module: Module,
    token: FoundToken,
    pin: PinCallback,
    *,
    writable: bool = False,
    allow_final_try: bool = False,
) -> Session:
    """A session that sees private keys, asking for the PIN only if the process is not logged in yet. Exactly one try.

    Raises:
        PinNotSet, PinLocked, PinFinalTry: before the PIN is asked for.
        PinForm: before the token sees it.
        PinIncorrect, PinIncorrectFinalTry, PinExpired: the token's answer.
    """
    check_pin_state(token.info, allow_final_try=allow_final_try)
    try:
        return module.open_as_user(token.raw, token.info.serial, lambda: check_pin(pin()), writable=writable)
    except PinIncorrect as error:
        raise after_wrong_pin(token, error) from error


def check_pin_state(info: TokenInfo, *, allow_final_try: bool) -> None:
    """Before a PIN is asked for: may one be tried? Raises PinNotSet, PinLocked, PinFinalTry."""
    if not info.pin_set:
        raise PinNotSet(f"the token {info.serial} has no PIN yet")
    if info.pin_locked:
        raise PinLocked(f"the PIN of the token {info.serial} is locked: only its issuer can unlock it")
    if info.pin_final_try and not allow_final_try:
        raise PinFinalTry(
            f"one more wrong PIN locks the token {info.serial}: make sure of the PIN, then confirm this last try"
        )


def after_wrong_pin(token: FoundToken, error: PinIncorrect) -> PinIncorrect | PinLocked:
    """The error to raise for a wrong PIN: what the token says now of the tries that are left, where it tells."""
    try:
        now = TokenInfo.of(token.raw.slot.get_token())
    except PKCS11Error:
        return error
    if now.pin_locked:
        return PinLocked("the PIN was wrong and is locked now: only the issuer of the token can unlock it")
    if now.pin_final_try:
        return PinIncorrectFinalTry("the PIN is wrong; it was not tried again. One more wrong PIN locks the token")
    if now.pin_count_low:
        return PinIncorrect("the PIN is wrong; it was not tried again. The token has few tries left")
    return error
