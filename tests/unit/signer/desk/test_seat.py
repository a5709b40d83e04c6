"""Who sits at the desk: proven once, for as long as the person stays."""

import pytest

from signer.desk import seat
from signer.desk.presence import Present
from signer.desk.seat import Typed
from tests.support.scripted import PASSWORD, ScriptedCentre
from tests.support.sitting import ScriptedKey, SittingAt

HOA = Typed(account="hoa", password=PASSWORD, code="123456")


@pytest.fixture
def wanting(at: SittingAt, centre: ScriptedCentre) -> SittingAt:
    """A desk whose centre wants the person proven; the default account is lan."""
    centre.wants_person = True
    at.sitting.ask_ways()
    at.idle()
    return at


def asks(at: SittingAt) -> bool:
    return bool(at.board.to_dict()["asks"])


def trouble(at: SittingAt) -> str:
    view = at.idle()
    assert view.trouble
    return view.trouble.code


def test_a_desk_asks_what_its_centre_wants(at: SittingAt, centre: ScriptedCentre) -> None:
    at.sitting.ask_ways()
    at.idle()
    assert not asks(at)
    centre.wants_person = True
    at.log_in()  # by a name alone
    assert (trouble(at), asks(at)) == ("person-unproven", True)
    assert centre.logins == 0


def test_the_person_is_proven_once_for_the_shift(wanting: SittingAt, centre: ScriptedCentre) -> None:
    assert asks(wanting)
    view = wanting.log_in(typed=HOA)
    assert (view.stage, view.person and view.person.account, asks(wanting)) == ("list", "hoa", False)
    wanting.sitting.see(Present())  # the token is pulled out, and comes back
    wanting.idle()
    assert wanting.board.view.stage == "log-in"
    assert not asks(wanting)
    view = wanting.log_in()
    assert (view.stage, view.person and view.person.account) == ("list", "hoa")
    assert (centre.shifts, centre.logins, centre.ended) == (["hoa"], 2, [])


def test_a_wrong_pin_costs_no_digits_and_a_wrong_password_no_pin(wanting: SittingAt, centre: ScriptedCentre) -> None:
    ScriptedKey.opened = None
    wanting.log_in(typed=Typed(account="hoa", password="wrong", code="123456"))
    assert (trouble(wanting), ScriptedKey.opened) == ("staff-login-refused", None)  # the token was not touched
    wanting.log_in("wrong", typed=HOA)
    assert (trouble(wanting), asks(wanting)) == ("pin-incorrect", False)
    assert wanting.log_in().stage == "list"
    assert centre.shifts == ["hoa"]


def test_who_leaves_is_asked_again(wanting: SittingAt, centre: ScriptedCentre) -> None:
    wanting.log_in(typed=HOA)
    wanting.sitting.log_out()
    wanting.idle()
    assert (centre.ended, asks(wanting)) == (["shift-1"], True)
    wanting.log_in()
    assert trouble(wanting) == "person-unproven"
    lan = wanting.log_in(typed=Typed(account="lan", password=PASSWORD, code="123456"))
    assert (lan.person and lan.person.account, centre.shifts) == ("lan", ["hoa", "lan"])
    wanting.sitting.close()
    assert centre.ended == ["shift-1", "shift-2"]


def test_a_shift_that_the_centre_ended_is_asked_for_anew(wanting: SittingAt, centre: ScriptedCentre) -> None:
    wanting.log_in(typed=HOA)
    centre.ended.append("shift-1")
    wanting.sitting.see(Present())
    wanting.idle()
    wanting.log_in()
    assert (trouble(wanting), asks(wanting)) == ("shift-ended", True)


def test_a_desk_that_is_left_alone_asks_again(
    wanting: SittingAt, centre: ScriptedCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat, "LEFT_ALONE", 0.05)
    wanting.log_in("wrong", typed=HOA)
    wanting.wait(lambda view: not view.proven and centre.ended == ["shift-1"])
    assert asks(wanting)


def test_without_a_network_what_was_taken_is_signed_and_sent_once_the_person_is_proven(
    wanting: SittingAt, centre: ScriptedCentre
) -> None:
    wanting.log_in(typed=HOA)
    wanting.sitting.log_out()
    wanting.idle()
    centre.away = True
    view = wanting.log_in(typed=HOA)
    assert (view.stage, view.person and view.person.until) == ("list", None)
    wanting.sign()
    assert wanting.idle().stage == "receipt"
    assert centre.signed == {}
    centre.away = False
    wanting.sitting.log_out()
    wanting.idle()
    wanting.sitting.take()  # the receipt is read
    wanting.log_in()
    assert (trouble(wanting), centre.signed) == ("person-unproven", {})
    wanting.log_in(typed=HOA)
    assert len(centre.signed) == 4


def test_nothing_of_it_is_told() -> None:
    assert repr(HOA) == "Typed(account='hoa')"
