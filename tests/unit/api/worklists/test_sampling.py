"""Samples: drawn by a seed that nobody could choose or know, the same again for everybody who has it."""

import hashlib
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import delete, insert, select, update

from api.audit import read_log
from api.errors import CentreError
from api.states import RecordState
from api.store.moves import Move, move
from api.store.schema_worklists import sample_draws, work_closings, work_rechecks
from api.store.transactions import writing
from api.worklists.mending import Finding, settle
from api.worklists.rechecks import ErrorClass, list_rechecks, read_rates, read_recheck, recheck, wilson
from api.worklists.sampling import commit_seeds, draw_due, find_wrong_draws, is_drawn, one_person_units
from tests.support.centre import World
from tests.support.staff import add_person
from tests.unit.api.worklists.conftest import CLERK, OVERSEER, POLICE, Add, measures, staff

SAMPLED = {
    "closing_id": "c",
    "province": "01",
    "day": "2022-03-01",
    "unit": "TYT-3",
    "above": "T-01",
    "record_id": "r",
    "version": 1,
    "kind": "mended",
    "work_class": "held",
    "closed_by": "lan",
    "why": "rate",
    "drawn_at": "2022-03-02T00:00:00Z",
}
ALL = {"recheck_percent": 100, "recheck_percent_single": 100}


def close(world: World, add: Add, count: int = 1, *, by: str = "lan@TYT-3") -> list[str]:
    ids = [add() for _ in range(count)]
    with writing(world.engine) as connection:
        for state in ("awaiting_match", "ready"):
            move(connection, [Move(record_id=one, state=state) for one in ids], at=world.clock(), by=by)
    return ids


def everything(world: World) -> World:
    return replace(world, centre=replace(world.centre, settings=world.centre.settings.model_copy(update=ALL)))


def test_a_seed_is_committed_to_before_its_day_and_told_after_it(world: World, add: Add) -> None:
    assert commit_seeds(world.centre) == 2
    assert commit_seeds(world.centre) == 0
    close(world, add, 30)
    assert draw_due(world.centre) == ()
    world.clock.forward(days=1)
    (drawn,) = draw_due(world.centre)
    assert drawn.population == 30
    assert draw_due(world.centre) == ()
    acts = {act.act: act for act in read_log(world.engine, limit=300) if act.subject == "2022-03-01"}
    seed = bytes.fromhex(acts["sample-drawn"].reason.partition(",")[0].removeprefix("seed:"))
    digest = hashlib.sha256(seed).hexdigest()
    assert acts["sample-committed"].reason == f"sha256:{digest}, rate 200, single 1000"
    assert acts["sample-committed"].at < acts["sample-drawn"].at
    with world.engine.connect() as connection:
        draw = connection.execute(select(sample_draws).where(sample_draws.c.day == "2022-03-01")).one()
        closings = connection.execute(select(work_closings.c.closing_id)).scalars().all()
        sampled = set(connection.execute(select(work_rechecks.c.closing_id)).scalars())
    assert (draw.rate, draw.single_rate) == (200, 1000)
    # Nobody has an account at the station: one person at most works there.
    assert sampled == {one for one in closings if is_drawn(seed, one, draw.single_rate)}


def test_the_rule_draws_as_many_as_the_rate_says() -> None:
    seed = b"\7" * 32
    drawn = sum(is_drawn(seed, f"{number:016x}", 200) for number in range(20_000))
    assert 330 < drawn < 470
    assert all(is_drawn(seed, f"{number:016x}", 10_000) for number in range(100))


def test_a_unit_where_one_person_works_is_flagged(world: World, add: Add) -> None:
    with world.engine.connect() as connection:
        assert one_person_units(connection, ["TYT-3"]) == {"TYT-3"}
    add_person(world, "lan", "TYT-3", "clerk")
    add_person(world, "ke.toan", "TYT-3", "auditor")
    with world.engine.connect() as connection:
        assert one_person_units(connection, ["TYT-3"]) == {"TYT-3"}
    add_person(world, "nam", "TYT-3", "clerk", "signer")
    with world.engine.connect() as connection:
        assert one_person_units(connection, ["TYT-3"]) == set()
    settings = world.centre.settings.model_copy(update={"recheck_percent": 1, "recheck_percent_single": 100})
    world = replace(world, centre=replace(world.centre, settings=settings))
    commit_seeds(world.centre)
    close(world, add, 6)
    world.clock.forward(days=1)
    (drawn,) = draw_due(world.centre)
    with world.engine.connect() as connection:
        draw = connection.execute(select(sample_draws).where(sample_draws.c.day == drawn.day)).one()
        closings = connection.execute(select(work_closings.c.closing_id)).scalars().all()
    assert drawn.drawn == sum(is_drawn(draw.seed, one, 100) for one in closings)  # two people: the lower rate


def test_closings_before_the_first_seed_wait_for_the_next_draw(world: World, add: Add) -> None:
    close(world, add, 3)
    world.clock.forward(days=1)
    commit_seeds(world.centre)
    close(world, add, 2)
    world.clock.forward(days=1)
    assert [draw.population for draw in draw_due(world.centre)] == [5]


def test_another_person_of_the_unit_above_checks_again(world: World, add: Add) -> None:
    world = everything(world)
    commit_seeds(world.centre)
    good, bad = close(world, add, 2)
    world.clock.forward(days=1)
    draw_due(world.centre)
    sampled = {one.record_id: one for one in list_rechecks(world.centre, OVERSEER)}
    assert set(sampled) == {good, bad}
    assert (sampled[good].closed_by, sampled[good].why, sampled[good].kind) == ("lan@TYT-3", "single", "mended")
    closing = sampled[good].closing_id
    for person, code in (
        (CLERK, "role"),
        (staff("x", "overseer"), "place"),
        (staff("x", "overseer", unit="TYT-1"), "place"),
        (replace(OVERSEER, account="lan"), "recheck-self"),
    ):
        with pytest.raises(CentreError, match=code):
            recheck(world.centre, person, closing, error=None)
        with pytest.raises(CentreError, match=code):
            read_recheck(world.centre, person, closing)
    for look in (read_recheck, partial(recheck, error=None)):
        with pytest.raises(CentreError, match="recheck-unknown"):
            look(world.centre, OVERSEER, "nothing")
    assert read_recheck(world.centre, OVERSEER, closing) == sampled[good]
    assert recheck(world.centre, OVERSEER, closing, error=None) == "ok"
    with pytest.raises(CentreError, match="recheck-done"):
        recheck(world.centre, OVERSEER, closing, error=ErrorClass.WRONG_SEX)
    with pytest.raises(CentreError, match="recheck-done"):
        read_recheck(world.centre, OVERSEER, closing)
    assert recheck(world.centre, OVERSEER, sampled[bad].closing_id, error=ErrorClass.WRONG_SEX) == "error"
    assert world.state(bad) == ("held", "recheck-error")
    assert list_rechecks(world.centre, OVERSEER) == ()
    with world.engine.connect() as connection:
        (rate,) = read_rates(connection, ("TYT-3",))
    assert (rate.closed, rate.drawn, rate.checked, rate.errors, rate.rate, rate.classes, rate.single) == (
        2,
        2,
        2,
        1,
        0.5,
        {"wrong-sex": 1},
        True,
    )
    assert (round(rate.low, 3), round(rate.high, 3)) == (0.095, 0.905)
    measures(world)


def test_checks_are_checked_again_by_the_next_level(world: World, add: Add) -> None:
    world = everything(world)
    commit_seeds(world.centre)
    close(world, add)
    world.clock.forward(days=1)
    commit_seeds(world.centre)
    draw_due(world.centre)
    (sampled,) = list_rechecks(world.centre, OVERSEER)
    recheck(world.centre, OVERSEER, sampled.closing_id, error=None)
    world.clock.forward(days=1)
    draw_due(world.centre)
    ministry = staff("thu", "overseer", unit="BYT")
    (of_check,) = list_rechecks(world.centre, ministry)
    assert (of_check.kind, of_check.unit, of_check.closed_by) == ("rechecked", "T-01", "hoa@T-01")
    recheck(world.centre, ministry, of_check.closing_id, error=ErrorClass.NOT_CHECKED)
    with world.engine.connect() as connection:
        (rate,) = read_rates(connection, ("T-01",))
    assert (rate.checked, rate.classes) == (1, {"not-checked": 1})


def test_what_is_settled_without_a_certificate_is_always_checked(world: World, add: Add) -> None:
    commit_seeds(world.centre)
    one = add(RecordState.DECEASED)
    with pytest.raises(CentreError, match="work-desk"):
        settle(world.centre, POLICE, one, finding=Finding.DECEASED)
    other = add(RecordState.REGISTER_DISPUTED)
    with pytest.raises(CentreError, match="work-finding"):
        settle(world.centre, POLICE, other, finding=Finding.DECEASED)
    settle(world.centre, POLICE, other, finding=Finding.NOBODY)
    assert measures(world)["register-disputed"] == 1  # on nobody's list, and still counted
    with pytest.raises(CentreError, match="work-unknown"):
        settle(world.centre, POLICE, other, finding=Finding.NOBODY)
    world.clock.forward(days=1)
    draw_due(world.centre)
    (sampled,) = list_rechecks(world.centre, OVERSEER)
    assert (sampled.record_id, sampled.why, sampled.unit) == (other, "settled", "CA-3")


def test_pages_of_what_waits_to_be_checked(world: World, add: Add) -> None:
    world = everything(world)
    commit_seeds(world.centre)
    close(world, add, 5)
    world.clock.forward(days=1)
    draw_due(world.centre)
    first = list_rechecks(world.centre, OVERSEER, limit=3)
    second = list_rechecks(world.centre, OVERSEER, limit=3, after=first[-1].closing_id)
    assert len({one.closing_id for one in first + second}) == 5
    with pytest.raises(CentreError, match="page-after"):
        list_rechecks(world.centre, OVERSEER, after="other")


def test_who_chooses_another_seed_or_sample_is_found(world: World, add: Add) -> None:
    for _ in range(3):
        commit_seeds(world.centre)
        close(world, add, 4)
        world.clock.forward(days=1)
    with writing(world.engine) as connection:
        connection.execute(update(sample_draws).values(seed=b"\0" * 32).where(sample_draws.c.day == "2022-03-02"))
    draw_due(world.centre)
    with writing(world.engine) as connection:
        assert find_wrong_draws(connection) == {"2022-03-02": "seed"}
        connection.execute(insert(work_rechecks).values(**SAMPLED))
        assert find_wrong_draws(connection) == {"2022-03-01": "sample", "2022-03-02": "seed"}


def test_what_was_drawn_and_is_not_looked_at_is_found(world: World, add: Add) -> None:
    world = everything(world)
    commit_seeds(world.centre)
    close(world, add)
    world.clock.forward(days=1)
    draw_due(world.centre)
    with writing(world.engine) as connection:
        assert find_wrong_draws(connection) == {}
        connection.execute(delete(work_rechecks))
        assert find_wrong_draws(connection) == {"2022-03-01": "sample"}


def test_intervals() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 100)[0] == 0.0
    assert 0.036 < wilson(0, 100)[1] < 0.038
    assert wilson(3, 3)[1] == 1.0
