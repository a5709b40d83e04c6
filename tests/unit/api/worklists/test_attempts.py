"""A record goes to police after the station tried, and comes back with a reason."""

import pytest

from api.errors import CentreError
from api.states import RecordState
from api.worklists.attempts import Ground, HandBackReason, Outcome, Way, hand_back, note_attempt, pass_to_police
from api.worklists.history import read_history
from api.worklists.listing import list_work
from certificates.records.model import instant_to_text
from tests.support.centre import World
from tests.unit.api.worklists.conftest import CLERK, OVERSEER, POLICE, Add, code_of, measures, staff


def attempt(world: World, record_id: str, way: Way, outcome: Outcome = Outcome.NOT_REACHED) -> None:
    note_attempt(world.centre, CLERK, record_id, way=way, outcome=outcome)


def test_police_get_a_record_after_three_attempts_over_two_days_in_two_ways(world: World, add: Add) -> None:
    one = add(reason="register-mismatch:sex")
    for way in (Way.PHONE, Way.PHONE, Way.PHONE):
        attempt(world, one, way)
    with pytest.raises(CentreError) as caught:
        pass_to_police(world.centre, CLERK, one, ground=Ground.NOT_REACHED)
    assert (code_of(caught), caught.value.fields) == ("attempts-missing", ("ways", "hours"))
    earliest = caught.value.may_from
    world.clock.forward(hours=47)
    attempt(world, one, Way.VISIT)
    with pytest.raises(CentreError) as caught:
        pass_to_police(world.centre, CLERK, one, ground=Ground.NOT_REACHED)
    assert (code_of(caught), caught.value.fields) == ("attempts-too-soon", ("hours",))
    world.clock.forward(hours=1)
    assert earliest == world.clock()
    attempt(world, one, Way.LETTER, Outcome.WRONG_CONTACT)
    pass_to_police(world.centre, CLERK, one, ground=Ground.NOT_REACHED)
    assert world.state(one)[0] == "mismatched"
    assert list_work(world.centre, CLERK, desk="clerk").items == ()
    (listed,) = list_work(world.centre, POLICE, desk="police").items
    assert (listed.record_id, listed.attempts, listed.initials, listed.birth_year) == (one, 5, "N.T.H.H.", "1980")
    assert measures(world)["mismatch-sex/police"] == 1


def test_whoever_was_reached_is_no_attempt_that_failed(world: World, add: Add) -> None:
    one = add()
    for way in (Way.PHONE, Way.VISIT):
        attempt(world, one, way)
        world.clock.forward(days=2)
    attempt(world, one, Way.SMS, Outcome.WILL_COME)
    with pytest.raises(CentreError) as caught:
        pass_to_police(world.centre, CLERK, one, ground=Ground.NOT_REACHED)
    assert caught.value.fields == ("attempts",)


def test_a_person_who_stands_by_the_data_disputes_the_register(world: World, add: Add) -> None:
    one = add(reason="register-mismatch:full_name")
    with pytest.raises(CentreError, match="attempts-missing"):
        pass_to_police(world.centre, CLERK, one, ground=Ground.DATA_CONFIRMED)
    attempt(world, one, Way.VISIT, Outcome.DATA_CONFIRMED)
    pass_to_police(world.centre, CLERK, one, ground=Ground.DATA_CONFIRMED)
    assert world.state(one) == ("register_disputed", "person-confirms")
    assert measures(world)["register-disputed/police"] == 1
    hand_back(world.centre, POLICE, one, reason=HandBackReason.DATA_WRONG)
    assert world.state(one) == ("mismatched", "register-mismatch:full_name")
    with pytest.raises(CentreError, match="attempts-missing"):
        pass_to_police(world.centre, CLERK, one, ground=Ground.DATA_CONFIRMED)  # it begins anew
    assert measures(world)["mismatch-name/clerk"] == 1


def test_a_register_that_was_corrected_is_asked_again(world: World, add: Add) -> None:
    one = add(RecordState.REGISTER_DISPUTED)
    hand_back(world.centre, POLICE, one, reason=HandBackReason.REGISTER_CORRECTED)
    assert world.state(one) == ("awaiting_match", None)
    with pytest.raises(CentreError, match="work-waiting"):
        attempt(world, one, Way.PHONE)


def test_what_was_disputed_elsewhere_returns_where_it_came_from(world: World, add: Add) -> None:
    for reason, back in (
        ("register-wrong:sex", ("mismatched", "register-mismatch:sex")),
        ("register-wrong", ("awaiting_match", None)),
    ):
        one = add(RecordState.REGISTER_DISPUTED, reason)
        hand_back(world.centre, POLICE, one, reason=HandBackReason.DATA_WRONG)
        assert world.state(one) == back


def test_only_what_the_register_denies_can_be_disputed(world: World, add: Add) -> None:
    one = add(RecordState.INCOMPLETE, "sex-missing")
    attempt(world, one, Way.PHONE, Outcome.DATA_CONFIRMED)
    with pytest.raises(CentreError, match="work-ground"):
        pass_to_police(world.centre, CLERK, one, ground=Ground.DATA_CONFIRMED)


def test_who_may_do_what(world: World, add: Add) -> None:
    one = add()
    for person, code in (
        (POLICE, "role"),
        (OVERSEER, "role"),
        (staff("x", "clerk", unit="TYT-1"), "place"),
    ):
        with pytest.raises(CentreError, match=code):
            note_attempt(world.centre, person, one, way=Way.PHONE, outcome=Outcome.NOT_REACHED)
    with pytest.raises(CentreError, match="work-desk"):
        hand_back(world.centre, POLICE, one, reason=HandBackReason.DATA_WRONG)
    with pytest.raises(CentreError, match="work-unknown"):
        note_attempt(world.centre, CLERK, add(RecordState.READY), way=Way.PHONE, outcome=Outcome.NOT_REACHED)


def test_the_history_says_who_when_and_what(world: World, add: Add) -> None:
    one = add()
    world.clock.forward(hours=1)
    attempt(world, one, Way.PHONE)
    with world.engine.connect() as connection:
        first, second = read_history(connection, one)
    assert (first.by, first.what, first.code) == ("import", "version 1", "import")
    assert (second.by, second.what, second.code, second.value) == ("lan@TYT-3", "attempt", "phone", "not-reached")
    assert second.at == instant_to_text(world.clock())
