"""How long a PIN lives, and when it is given again."""

import pytest

from hsm.errors import PinForm
from hsm.worker.pin import BatchPin


def test_a_pin_is_kept_from_the_moment_the_token_took_it_until_the_batch_ends() -> None:
    asked: list[int] = []
    pin = BatchPin(lambda: asked.append(1) or "1357")  # type: ignore[func-returns-value]
    assert (pin.give(), pin.in_doubt) == (bytearray(b"1357"), True)
    pin.taken()
    assert not pin.in_doubt
    assert (pin.give(), len(asked)) == (bytearray(b"1357"), 1)
    pin.forget()
    pin.taken()  # of nothing
    assert (pin.give(), len(asked)) == (bytearray(b"1357"), 2)


def test_what_the_token_did_not_take_is_asked_for_again() -> None:
    asked: list[int] = []
    pin = BatchPin(lambda: asked.append(1) or "1357")  # type: ignore[func-returns-value]
    pin.give()
    pin.give()
    assert len(asked) == 2


def test_a_copy_is_given_and_the_own_one_overwritten() -> None:
    pin = BatchPin(lambda: "1357")
    given = pin.give()
    given[:] = bytes(4)
    kept = pin._given
    pin.taken()
    assert kept == pin.give() == bytearray(b"1357")
    pin.forget()
    assert kept == bytearray(4)
    assert "1357" not in repr(pin)


@pytest.mark.parametrize("typed", ["", "mậtkhẩu1", "12\udcff34"])
def test_what_can_be_no_pin_is_refused_here(typed: str) -> None:
    pin = BatchPin(lambda: typed)
    with pytest.raises(PinForm):
        pin.give()
    assert not pin.in_doubt


def test_nobody_who_gives_one_leaves_nothing_behind() -> None:
    def nobody() -> str:
        raise KeyboardInterrupt

    pin = BatchPin(nobody)
    with pytest.raises(KeyboardInterrupt):
        pin.give()
    assert not pin.in_doubt
