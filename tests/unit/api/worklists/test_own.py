"""The counts of one's own list, and a record that was opened from it."""

from datetime import timedelta

import pytest

from api.accounts.reading import Purpose
from api.errors import CentreError
from api.identity.proofs import Proof, ProofKind
from api.states import RecordState
from api.worklists.asides import AsideReason, put_aside
from api.worklists.attempts import Ground, Outcome, Way, note_attempt, pass_to_police
from api.worklists.mending import CorrectionReason, mend
from api.worklists.own import count_own, open_work
from tests.support.centre import World
from tests.unit.api.worklists.conftest import CLERK, OVERSEER, POLICE, Add, staff

PROOF = Proof(kind=ProofKind.ID_CARD)


def counts(world: World, desk: str) -> list[tuple[str, int, int]]:
    who = POLICE if desk == "police" else CLERK
    found = count_own(world.centre, who, desk="police" if desk == "police" else "clerk")
    return [(one.work_class, one.records, one.oldest_days) for one in found.classes]


def test_the_counts_are_of_ones_own_desk_and_units_the_oldest_class_first(world: World, add: Add) -> None:
    add(RecordState.MALFORMED_ID)
    world.clock.forward(days=4)
    one, _other = (add(reason="register-mismatch:sex") for _ in range(2))
    add(RecordState.REGISTER_DISPUTED)
    add(unit="TYT-1")
    world.clock.forward(days=1)
    assert counts(world, "clerk") == [("malformed-id", 1, 5), ("mismatch-sex", 2, 1)]
    assert counts(world, "police") == [("register-disputed", 1, 1)]
    put_aside(world.centre, CLERK, one, reason=AsideReason.ILL, days=3)
    found = count_own(world.centre, CLERK, desk="clerk")
    assert (found.records, found.aside) == (3, 1)


def test_an_opened_record_says_what_is_still_missing_before_police(world: World, add: Add) -> None:
    one = add(reason="register-mismatch:sex")
    opened = open_work(world.centre, CLERK, one, purpose=Purpose.CORRECTION)
    assert opened.item is not None
    assert (opened.item.work_class, opened.item.attempts, opened.stored.record.version) == ("mismatch-sex", 0, 1)
    assert (opened.tried.attempts, opened.tried.missing) == (0, ("attempts", "ways"))
    for way in (Way.PHONE, Way.SMS, Way.PHONE):
        note_attempt(world.centre, CLERK, one, way=way, outcome=Outcome.NOT_REACHED)
    tried = open_work(world.centre, CLERK, one, purpose=Purpose.CORRECTION).tried
    assert (tried.attempts, tried.missing) == (3, ("hours",))
    assert tried.may_from == world.clock() + timedelta(hours=48)
    world.clock.forward(hours=48)
    note_attempt(world.centre, CLERK, one, way=Way.VISIT, outcome=Outcome.NOT_REACHED)
    opened = open_work(world.centre, CLERK, one, purpose=Purpose.CORRECTION)
    assert opened.tried.missing == ()
    assert [event.what for event in opened.events] == ["version 1"] + ["attempt"] * 4
    pass_to_police(world.centre, CLERK, one, ground=Ground.NOT_REACHED)
    by_police = open_work(world.centre, POLICE, one, purpose=Purpose.IDENTITY)
    assert by_police.item is not None
    assert by_police.item.desk == "police"


def test_what_is_mended_has_no_item_and_what_is_not_ones_own_is_not_opened(world: World, add: Add) -> None:
    done = add(RecordState.READY)
    assert open_work(world.centre, OVERSEER, done, purpose=Purpose.SAMPLE).item is None
    with pytest.raises(CentreError, match="place"):
        open_work(world.centre, staff("x", "clerk", unit="TYT-1"), done, purpose=Purpose.CORRECTION)
    with pytest.raises(CentreError, match="record-unknown"):
        open_work(world.centre, CLERK, "nothing", purpose=Purpose.CORRECTION)


def test_a_correction_of_what_somebody_else_changed_meanwhile_is_not_written_over(world: World, add: Add) -> None:
    one = add()
    reason = CorrectionReason.TYPED_WRONG
    mend(world.centre, CLERK, one, {"sex": "Nam"}, reason=reason, proof=PROOF, seen=1)
    world.clock.forward(minutes=1)
    with pytest.raises(CentreError, match="work-waiting"):
        mend(world.centre, CLERK, one, {"sex": "Nữ"}, reason=reason, proof=PROOF, seen=1)
    other = add(RecordState.MALFORMED_ID)
    mend(world.centre, CLERK, other, {"id_number": "12"}, reason=reason, proof=PROOF, seen=1)
    with pytest.raises(CentreError, match="version-moved"):
        mend(world.centre, CLERK, other, {"id_number": "123"}, reason=reason, proof=PROOF, seen=1)
    assert open_work(world.centre, CLERK, other, purpose=Purpose.CORRECTION).stored.record.version == 2
