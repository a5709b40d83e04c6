"""One number goes straight through, from a record that comes in to what the overseer of a country sees."""

from dataclasses import replace
from datetime import date

import pytest

from api.complaints.kinds import ComplaintKind
from api.complaints.opening import Opening, open_complaint
from api.complaints.sweep import sweep_complaints
from api.errors import CentreError
from api.oversight.overview import Overview, Tokens, look_over
from api.oversight.stages import OPEN, Stage
from api.signing.enrolment import close_unit, suspend_token
from api.states import RecordState
from api.store.moves import Move, move
from api.store.transactions import writing
from api.worklists.asides import AsideReason, put_aside
from tests.support.centre import World
from tests.support.staff import add_person
from tests.unit.api.oversight.conftest import add, folded, person

MINISTRY = person("BYT", "ministry")


def seen(world: World, unit: str | None = None) -> Overview:
    return look_over(world.centre, MINISTRY, unit)


@pytest.mark.both_databases
def test_what_comes_in_is_seen_at_once_and_after_it_was_added_up(world: World) -> None:
    one = add(world, 1, RecordState.AWAITING_MATCH)
    add(world, 2, RecordState.MISMATCHED, "register-mismatch:sex", unit="TYT-2")
    for _ in range(2):
        country, province = seen(world), seen(world, "SO-01")
        assert country.whole.standing.taken_in == province.whole.standing.taken_in == 2
        assert [area.unit.code for area in country.below] == ["SO-01", "SO-02"]
        assert [area.standing.taken_in for area in province.below] == [1, 1]
        assert country.whole.standing.classes["mismatch-sex"] == 1
        assert country.whole.standing.stages[Stage.ANSWER] == country.whole.standing.to_mend == 1
        folded(world)
    with writing(world.engine) as connection:
        move(connection, [Move(record_id=one, state="ready")], at=world.clock())
    assert seen(world).whole.standing.stages[Stage.ANSWER] == 0  # before it is added up
    assert seen(world, "TYT-1").whole.standing.stages[Stage.READY] == 1


def test_every_record_stands_in_one_stage(world: World) -> None:
    for number, state in enumerate(RecordState, 1):
        add(world, number, state, "register-mismatch:sex" if state is RecordState.MISMATCHED else None)
    standing = seen(world).whole.standing
    assert sum(standing.stages.values()) == standing.taken_in == len(RecordState)
    assert standing.left == sum(standing.stages[stage] for stage in OPEN)


def test_it_sticks_where_most_are_whose_certificate_is_awaited(world: World) -> None:
    assert seen(world).whole.standing.stuck is None
    for number in range(3):
        add(world, number, RecordState.ISSUED)
    add(world, 10, RecordState.READY)
    add(world, 11, RecordState.READY, unit="TYT-2")
    add(world, 12, RecordState.READY, unit="TYT-2")
    add(world, 13, RecordState.UNVERIFIABLE)
    found = seen(world, "SO-01")
    assert found.whole.standing.stuck is Stage.READY
    assert [area.unit.code for area in found.below] == ["TYT-2", "TYT-1"]


@pytest.mark.both_databases
def test_how_long_it_waits(world: World) -> None:
    for days in (20, 10, 5):
        add(world, days, RecordState.UNVERIFIABLE)
        world.clock.forward(days=days)
    for _ in range(2):
        found = seen(world, "TYT-1")
        (age,) = found.ages
        assert (age.work_class, age.records, age.median_days, age.oldest_days) == ("unverifiable", 3, 15, 35)
        assert (age.long, age.longer) == (2, 1)
        assert found.waiting is not None
        assert replace(found.waiting, work_class="unverifiable") == age
        folded(world)
    assert seen(world, "TYT-1").whole.oldest == "2022-03-01"
    assert seen(world).whole.oldest == "2022-03-01"
    assert seen(world, "SO-02").waiting is None


def test_days_and_the_pace(world: World) -> None:
    for number in range(14):
        add(world, number, RecordState.ISSUED)
    world.clock.forward(days=1)
    add(world, 20, RecordState.UNVERIFIABLE)
    found = seen(world, "TYT-1")
    assert found.whole.issued_a_day == 2  # of the whole days before today
    before, today = found.days[-2:]
    assert (before.taken_in, before.issued, before.to_mend) == (14, 14, 0)
    assert (today.day, today.taken_in, today.to_mend) == ("2022-03-02", 1, 1)


def test_what_a_unit_has_of_its_own(world: World) -> None:
    add(world, 1, RecordState.READY, unit="SO-01")
    add(world, 2, RecordState.READY)
    found = seen(world, "SO-01")
    assert found.itself is not None
    assert (found.whole.standing.taken_in, found.itself.taken_in) == (2, 1)
    assert seen(world, "TYT-1").itself is None


def test_complaints_and_what_is_aside(world: World) -> None:
    record = add(world, 1, RecordState.UNVERIFIABLE)
    put_aside(world.centre, person("TYT-1", "clerk"), record, desk="clerk", reason=AsideReason.ILL, days=3)
    opening = Opening(kind=ComplaintKind.DATA_WRONG, unit="TYT-1", person_name="Hạnh", statement="Sai")
    open_complaint(world.centre, opening)
    world.clock.forward(hours=48)
    sweep_complaints(world.centre)
    whole = seen(world).whole
    complaints = whole.complaints
    assert (complaints.open, complaints.late, complaints.received, complaints.breached) == (1, 1, 1, 1)
    assert (complaints.refused_part, whole.standing.aside) == (None, 1)
    assert seen(world, "TYT-1").whole.complaints.open == 0  # the unit above has it
    assert seen(world, "TYT-1").whole.complaints.breached == 1


def test_tokens_by_state(world: World) -> None:
    assert seen(world, "SO-01").whole.tokens == Tokens(in_use=2)
    fingerprint = world.keys["TYT-1"].certificate.fingerprint
    suspend_token(world.engine, fingerprint, by="test", at=world.clock(), reason="lost")
    assert seen(world, "SO-01").whole.tokens == Tokens(in_use=1, suspended=1)
    close_unit(world.engine, code="TYT-1", successor="TYT-2", closed_on=date(2022, 3, 1), by="test", at=world.clock())
    folded(world)
    assert seen(world, "SO-01").whole.tokens == Tokens(in_use=1)
    assert [unit.code for unit in look_over(world.centre, person("SO-01"), "TYT-2").path] == ["SO-01", "TYT-2"]


def test_nobody_looks_beside_the_own_part_of_the_tree(world: World) -> None:
    for staff, code in ((person("SO-02"), "place"), (person("SO-01", "clerk"), "role")):
        with pytest.raises(CentreError, match=code):
            look_over(world.centre, staff, "SO-01")
    with pytest.raises(CentreError, match="place"):
        look_over(world.centre, MINISTRY, "none")


def test_over_http(world: World) -> None:
    add(world, 1, RecordState.MISMATCHED, "register-mismatch:sex")
    hoa = add_person(world, "hoa", "BYT", "ministry")
    answer = hoa.post("/v1/oversight/area", {}).json()
    assert (answer["whole"]["stages"]["station"], answer["whole"]["stuck"]) == (1, "station")
    assert (len(answer["below"]), len(answer["days"])) == (2, 56)
    assert answer["ages"] == [
        {"work_class": "mismatch-sex", "records": 1, "median_days": 0, "oldest_days": 0} | {"long": 0, "longer": 0}
    ]
    listed = hoa.post("/v1/oversight/list", {"what": "mismatch-sex"}).json()
    assert [(row["unit"], row["what"]) for row in listed["rows"]] == [("TYT-1", "mismatch-sex")]
