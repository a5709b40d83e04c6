"""PINs that no token shall see."""

import pytest

from hsm.errors import PinForm
from hsm.pins import FACTORY_PINS, check_new_pin, check_own_pin, check_pin

DELIVERED = [
    "0000",
    "1234",
    "123456",
    "12345678",
    "1234567890",
    "0123456789",
    "87654321",
    "654321",
    "777777",
    "PassWord1",
]


@pytest.mark.parametrize("pin", ["1", "12345678", "a b-C!~", "x" * 64])
def test_what_a_token_may_be_asked_with(pin: str) -> None:
    assert check_pin(pin) == pin


@pytest.mark.parametrize("pin", ["", "mật", "đ", "１２３４", "12\t34", "12\x00", "12\n"])
def test_what_cannot_be_a_pin(pin: str) -> None:
    with pytest.raises(PinForm) as caught:
        check_pin(pin)
    assert not pin or pin not in str(caught.value)


@pytest.mark.parametrize("pin", [*sorted(FACTORY_PINS), *DELIVERED, "password", "12345", "a" * 33, ""])
def test_what_must_not_be_set(pin: str) -> None:
    with pytest.raises(PinForm):
        check_new_pin(pin)


def test_a_good_new_pin() -> None:
    assert check_new_pin("K7PQ2M") == "K7PQ2M"


@pytest.mark.parametrize("pin", [*DELIVERED, *sorted(FACTORY_PINS)])
def test_a_token_is_not_enrolled_with_the_pin_that_it_came_with(pin: str) -> None:
    with pytest.raises(PinForm, match="change it first"):
        check_own_pin(pin)


@pytest.mark.parametrize("pin", ["1235", "13579246", "K7PQ2M", "90817263"])
def test_other_pins_are_their_owners_business(pin: str) -> None:
    assert check_own_pin(pin) == pin
