"""Errors: stable codes, and a meaning for everything that a driver can answer."""

import pickle
import re

import pytest
from pkcs11 import exceptions

from hsm import errors

_CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.TokenError)]
_THEIRS = [
    kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, exceptions.PKCS11Error)
]


def test_codes_are_kebab_case_and_unique() -> None:
    codes = [kind.code for kind in _CLASSES]
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)
    own = [code for kind, code in zip(_CLASSES, codes, strict=True) if kind is not errors.PinError]
    assert len(set(own)) == len(own)


@pytest.mark.parametrize("theirs", _THEIRS)
def test_every_exception_of_the_library_has_a_meaning(theirs: type[exceptions.PKCS11Error]) -> None:
    error = errors.error_of(theirs(), "signing")
    assert theirs.__name__ in str(error)
    assert "signing" in str(error)
    if isinstance(error, errors.PinError):
        assert not error.outcome_unknown
    elif not isinstance(error, errors.TokenReadOnly | errors.TokenFull | errors.MechanismMissing):
        assert error.outcome_unknown


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (exceptions.PinIncorrect, errors.PinIncorrect),
        (exceptions.PinLocked, errors.PinLocked),
        (exceptions.PinExpired, errors.PinExpired),
        (exceptions.PinLenRange, errors.PinForm),
        (exceptions.DeviceRemoved, errors.TokenRemoved),
        (exceptions.TokenNotPresent, errors.TokenRemoved),
        (exceptions.SessionHandleInvalid, errors.TokenRemoved),
        (exceptions.UserNotLoggedIn, errors.TokenRemoved),
        (exceptions.GeneralError, errors.TokenFault),
        (exceptions.OperationActive, errors.TokenFault),
        (exceptions.PKCS11Error, errors.TokenFault),
    ],
)
def test_the_meanings(theirs: type[exceptions.PKCS11Error], ours: type[errors.TokenError]) -> None:
    with pytest.raises(ours) as caught, errors.translated("opening"):
        raise theirs("unmapped")
    assert isinstance(caught.value.__cause__, theirs)


def test_errors_cross_processes() -> None:
    error = errors.TokenAmbiguous("two")
    error.serials = ("a", "b")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(again), str(again), again.serials) == (errors.TokenAmbiguous, "two", ("a", "b"))
    assert str(errors.KeyNotFound()) == "key-not-found"
