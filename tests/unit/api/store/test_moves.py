"""Where a record stands, its place on a work list and the counts move together; nobody else moves records."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

import api
from api.states import RecordState, WorkClass
from api.store.counts import Key, fold, read_counts, read_days
from api.store.coverage import OF_OVERSIGHT
from api.store.moves import Move, move, read_items
from api.store.recount import recount
from api.store.schema_worklists import count_deltas, unit_counts, work_closings
from api.store.transactions import writing
from tests.support.centre import World
from tests.support.revoking import order
from tests.support.together import together

both_databases = pytest.mark.both_databases
DAY = "2022-03-01"


def place(
    world: World, record_id: str, state: RecordState, reason: str | None = None, *, by: str | None = None
) -> None:
    with writing(world.engine) as connection:
        assert move(connection, [Move(record_id=record_id, state=state.value, reason=reason)], at=world.clock(), by=by)


def counts(world: World) -> Counter[tuple[str, str, str]]:
    with world.engine.connect() as connection:
        found = read_counts(connection, units=["TYT-1"])
        assert found == {key: number for key, number in recount(connection).items() if key.unit == "TYT-1"}
    mine = {key: number for key, number in found.items() if not key.measure.startswith(OF_OVERSIGHT)}
    return Counter({(key.measure, key.desk, key.since): number for key, number in mine.items()})


@both_databases
def test_a_record_to_be_mended_comes_onto_the_list_and_keeps_its_age(world: World) -> None:
    (one,) = world.add_records(1, state=RecordState.AWAITING_MATCH)
    assert counts(world) == {("taken-in", "", ""): 1, ("awaiting_match", "", ""): 1}
    place(world, one, RecordState.MISMATCHED, "register-mismatch:sex")
    assert counts(world) == {("taken-in", "", ""): 1, ("mismatch-sex", "clerk", DAY): 1}
    world.clock.forward(days=3)
    place(world, one, RecordState.AWAITING_MATCH, by="lan")
    assert counts(world)["awaiting_match", "clerk", DAY] == 1
    place(world, one, RecordState.MISMATCHED, "register-mismatch:sex,full_name")
    assert counts(world) == {("taken-in", "", ""): 1, ("mismatch-several", "clerk", DAY): 1}
    place(world, one, RecordState.AWAITING_MATCH, by="lan")
    place(world, one, RecordState.READY)
    assert counts(world) == {("taken-in", "", ""): 1, ("ready", "", ""): 1, ("closed", "", ""): 1}
    with world.engine.connect() as connection:
        closing = connection.execute(select(work_closings)).one()
        assert read_items(connection, [one]) == {}
    assert (closing.account, closing.day, closing.work_class) == ("lan", "2022-03-04", "mismatch-several")


def test_what_the_register_closes_is_nobodys_work(world: World) -> None:
    (one,) = world.add_records(1, state=RecordState.UNVERIFIABLE)
    place(world, one, RecordState.READY)
    with world.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(work_closings)).scalar_one() == 0


def test_a_disputed_record_is_on_the_list_of_the_police(world: World) -> None:
    (one,) = world.add_records(1, state=RecordState.MISMATCHED)
    place(world, one, RecordState.REGISTER_DISPUTED)
    assert counts(world)[WorkClass.REGISTER_DISPUTED, "police", DAY] == 1


def test_a_move_from_elsewhere_is_none(world: World) -> None:
    (one,) = world.add_records(1)
    with writing(world.engine) as connection:
        moves = [
            Move(record_id=one, state="issued", only_from="signed"),
            Move(record_id=one, state="issued", version=2),
            Move(record_id="nobody", state="issued"),
        ]
        assert move(connection, moves, at=world.clock()) == {}
    assert world.state(one) == ("ready", None)


@both_databases
def test_days_say_what_came_and_what_left(world: World) -> None:
    (one,) = world.add_records(1)
    world.clock.forward(days=1)
    place(world, one, RecordState.LEASED)
    for folded in (False, True):
        with world.engine.connect() as connection:
            days = read_days(connection, since=DAY, until="2022-03-02", measures=["ready", "leased"])
        assert [(day.day, day.measure, day.came, day.gone) for day in days] == [
            (DAY, "ready", 1, 0),
            ("2022-03-02", "leased", 1, 0),
            ("2022-03-02", "ready", 0, 1),
        ]
        with writing(world.engine) as connection:
            assert bool(fold(connection)) is not folded
            fold(connection)
    with world.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(count_deltas)).scalar_one() == 0
        measures = set(connection.execute(select(unit_counts.c.measure)).scalars())
        assert {one for one in measures if not one.startswith(OF_OVERSIGHT)} == {"leased", "taken-in"}


def test_the_whole_road_is_counted(world: World) -> None:
    ids = world.add_records(3, state=RecordState.AWAITING_MATCH)
    for one in ids:
        place(world, one, RecordState.READY)
    world.agent("TYT-1").work()
    world.agent("BYT").work()
    order(world, records=(ids[0],))
    assert counts(world) == {("taken-in", "", ""): 3, ("issued", "", ""): 2, ("revoked", "", ""): 1}
    with world.engine.connect() as connection:
        days = read_days(connection, since=DAY, until=DAY, units=["TYT-1"])
    came = {day.measure: (day.came, day.gone) for day in days}
    assert came["taken-in"] == (3, 0)
    assert came["awaiting_match"] == came["ready"] == came["confirmed"] == came["signed"] == (3, 3)
    assert came["leased"] == (6, 6)  # by the station, and by the ministry
    assert (came["issued"], came["revoked"]) == ((3, 1), (1, 0))


def test_what_is_taken_back_is_not_counted(world: World) -> None:
    (one,) = world.add_records(1)
    with writing(world.engine) as connection:
        move(connection, [Move(record_id=one, state="leased")], at=world.clock())
        connection.rollback()
    assert counts(world) == {("taken-in", "", ""): 1, ("ready", "", ""): 1}


@both_databases
def test_the_counts_are_right_beside_many_writers_and_while_they_are_folded(
    world: World, pool: ThreadPoolExecutor
) -> None:
    ids = world.add_records(24, state=RecordState.AWAITING_MATCH)
    road = [
        (RecordState.MISMATCHED, "register-mismatch:sex"),
        (RecordState.AWAITING_MATCH, None),
        (RecordState.READY, None),
        (RecordState.HELD, "gate"),
    ]

    def work(number: int) -> None:
        for step in range(8):
            state, reason = road[(step + number) % len(road)]
            some = ids[(3 * number + step) % 20 :][:4]
            with writing(world.engine) as connection:
                moves = [Move(record_id=one, state=state.value, reason=reason) for one in sorted(some)]
                move(connection, moves, at=world.clock(), by="lan")

    def folding() -> None:
        for _ in range(12):
            with writing(world.engine) as connection:
                fold(connection)
            with world.engine.connect() as connection:  # at every moment
                assert read_counts(connection) == recount(connection)

    together(pool, *(lambda number=number: work(number) for number in range(5)), folding, folding)
    with world.engine.connect() as connection:
        found = read_counts(connection)
        assert found == recount(connection)
        assert found[Key("01", "TYT-1", "taken-in")] == 24


def test_nobody_else_moves_records() -> None:
    here = {"api/store/moves.py", "api/store/records.py"}
    root = Path(api.__file__).parent
    assert set(_writers(root)) == here


def _writers(root: Path) -> Iterator[str]:
    for path in root.rglob("*.py"):
        if "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if re.search(r"\b(update|insert|delete)\(\s*records\b|\brecords\.(update|insert|delete)\(", text):
            ast.parse(text)
            yield path.relative_to(root.parent).as_posix()
