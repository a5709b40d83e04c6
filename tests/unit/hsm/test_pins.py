"""PINs that no token shall see."""

import pytest

from hsm.errors import PinForm
from hsm.pins import FACTORY_PINS, check_new_pin, check_pin


@pytest.mark.parametrize("pin", ["1", "12345678", "a b-C!~", "x" * 64])
def test_what_a_token_may_be_asked_with(pin: str) -> None:
    assert check_pin(pin) == pin


@pytest.mark.parametrize("pin", ["", "mật", "đ", "１２３４", "12\t34", "12\x00", "12\n"])
def test_what_cannot_be_a_pin(pin: str) -> None:
    with pytest.raises(PinForm) as caught:
        check_pin(pin)
    assert not pin or pin not in str(caught.value)


@pytest.mark.parametrize("pin", [*sorted(FACTORY_PINS), "password", "PassWord1", "777777", "12345", "a" * 33, ""])
def test_what_must_not_be_set(pin: str) -> None:
    with pytest.raises(PinForm):
        check_new_pin(pin)


def test_a_good_new_pin() -> None:
    assert check_new_pin("K7PQ2M") == "K7PQ2M"
