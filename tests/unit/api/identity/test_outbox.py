"""Verified corrections on their way: once, in order, acknowledged, and seen when they are stuck."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from api.errors import CentreError
from api.identity import delivery
from api.identity.corrections import correct
from api.identity.delivery import Delivered, deliver
from api.identity.matching import match_records
from api.identity.opening import TARGETS, open_register
from api.identity.outbox import STUCK_TRIES, count_messages, list_stuck, put, retry, set_aside
from api.states import RecordState
from api.store.records import StoredRecord, stored_record
from api.store.schema import records
from api.store.schema_identity import outbox
from api.store.transactions import writing
from tests.support.centre import World, make_world
from tests.support.databases import NewAddress
from tests.support.register_server import RegisterServer
from tests.support.together import together

HANH = "001180000001,Nguyễn Thị Hồng Hạnh,1980-05-04,F,"


@pytest.fixture
def world(server: RegisterServer, tmp_path: Path, new_address: NewAddress) -> World:
    return make_world(tmp_path, address=new_address(tmp_path), **server.settings())


def stored(world: World, record_id: str) -> StoredRecord:
    with world.engine.connect() as connection:
        return stored_record(connection.execute(select(records).where(records.c.record_id == record_id)).one())


def message(world: World, record_id: str, *, version: int = 1, target: str = "register") -> str:
    """A message about a record; returns its number."""
    known = stored(world, record_id)
    known = replace(known, record=replace(known.record, version=version))
    with writing(world.engine) as connection:
        put(connection, [known], [next(one for one in TARGETS if one == target)], basis="police", at=world.clock())
    with world.engine.connect() as connection:
        query = select(outbox.c.message_id).where(
            outbox.c.record_id == record_id, outbox.c.version == version, outbox.c.target == target
        )
        return str(connection.execute(query).scalar_one())


def state(world: World, message_id: str) -> str:
    with world.engine.connect() as connection:
        return str(connection.execute(select(outbox.c.state).where(outbox.c.message_id == message_id)).scalar_one())


def match(world: World) -> None:
    register = open_register(world.centre.settings, world.engine, world.clock)
    match_records(world.engine, register, at=world.clock(), by="x", again=True, targets=TARGETS)


@pytest.mark.both_databases
def test_what_was_corrected_and_confirmed_goes_to_both_once(server: RegisterServer, world: World) -> None:
    server.entries(HANH, HANH.replace("0001,", "0002,").replace("05-04", "04-05"))
    one, two = world.add_records(2, state=RecordState.AWAITING_MATCH)
    match(world)
    assert (stored(world, one).state, stored(world, two).state) == (RecordState.MISMATCHED, RecordState.READY)
    assert deliver(world.centre) == Delivered(delivered=0, failed=0, refused=0)  # nothing was corrected
    correct(world.engine, one, {"date_of_birth": "04/05/1980"}, by="lan", why="card", at=world.clock())
    assert count_messages(world.engine) == []  # nobody has confirmed it yet
    match(world)
    assert deliver(world.centre).delivered == 2
    assert deliver(world.centre).delivered == 0
    received = {"doses" in sent: sent for sent in server.received()}
    assert {(sent["record"], sent["version"], sent["basis"]) for sent in received.values()} == {(one, 2, "register")}
    assert received[False]["person"]["date_of_birth"] == "1980-05-04"
    assert len(received[True]["doses"]) == 2
    assert all(sent["key"] == sent["message"] for sent in received.values())
    assert [(row["target"], row["state"], row["messages"]) for row in count_messages(world.engine)] == [
        ("platform", "delivered", 1),
        ("register", "delivered", 1),
    ]


def test_a_corrected_dose_of_a_confirmed_person_goes_too(server: RegisterServer, world: World) -> None:
    (one,) = world.add_records(1)
    correct(world.engine, one, {"dose.1.lot": "ABX9"}, by="lan", why="book", at=world.clock(), targets=["platform"])
    assert deliver(world.centre).delivered == 1
    (sent,) = server.received()
    assert (sent["doses"][0]["lot"], sent["basis"]) == ("ABX9", "register")


@pytest.mark.both_databases
def test_messages_about_one_record_keep_their_order(server: RegisterServer, world: World) -> None:
    one, two = world.add_records(2)
    correct(world.engine, one, {"dose.1.lot": "ABX9"}, by="lan", why="book", at=world.clock())
    first, second, other = message(world, one), message(world, one, version=2), message(world, two)
    server.behave(status=422)
    assert deliver(world.centre).refused == 2
    server.behave()
    assert deliver(world.centre).delivered == 0  # the second waits behind the first one, which was refused
    assert [state(world, each) for each in (first, second, other)] == ["refused", "waiting", "refused"]
    stuck = list_stuck(world.engine, at=world.clock())
    assert [one.to_dict()["reason"] for one in stuck] == ["partner-refused"] * 2
    retry(world.engine, first, by="op", at=world.clock())
    assert deliver(world.centre).delivered == 2
    assert [sent["version"] for sent in server.received()] == [1, 2]
    set_aside(world.engine, other, why="by letter", by="op", at=world.clock())
    assert list_stuck(world.engine, at=world.clock() + timedelta(days=9)) == ()
    for gone in (first, other, "x"):
        with pytest.raises(CentreError, match="message-unknown"):
            retry(world.engine, gone, by="op", at=world.clock())


def test_a_target_that_is_away_loses_nothing(server: RegisterServer, world: World) -> None:
    ids = world.add_records(3)
    messages = [message(world, record_id) for record_id in ids]
    server.behave(status=503, retry_after=5)
    for _ in range(STUCK_TRIES):
        assert deliver(world.centre) == Delivered(delivered=0, failed=1, refused=0)  # the others are not even tried
        world.clock.forward(hours=8)
    assert len(list_stuck(world.engine, at=world.clock())) >= 1
    server.behave(no_acknowledgement=True)
    assert deliver(world.centre) == Delivered(delivered=0, failed=3, refused=0)
    server.behave()
    world.clock.forward(hours=8)
    assert deliver(world.centre).delivered == 3
    assert sorted(sent["record"] for sent in server.received()) == sorted(ids)
    assert {state(world, each) for each in messages} == {"delivered"}


def test_who_died_between_sending_and_marking_sends_again_under_the_same_key(
    server: RegisterServer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = world.add_records(1)
    message(world, one)

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_mark", die)
        with pytest.raises(KeyboardInterrupt):
            deliver(world.centre)
    assert deliver(world.centre).delivered == 0  # it is still claimed
    world.clock.now += delivery.CLAIM
    assert deliver(world.centre).delivered == 1
    assert len(server.received()) == 1  # the same message under the same key


@pytest.mark.both_databases
def test_several_processes_send_each_message_once(server: RegisterServer, world: World) -> None:
    ids = world.add_records(8)
    for record_id in ids:
        message(world, record_id)
    with ThreadPoolExecutor(4) as pool:
        together(pool, *[lambda: deliver(world.centre)] * 4)
    assert server.asked == 8
    assert sorted(sent["record"] for sent in server.received()) == sorted(ids)


def test_a_message_about_nothing_holds_up_nobody(server: RegisterServer, world: World) -> None:
    one, two = world.add_records(2)
    lost, other = message(world, one, version=9), message(world, two)
    assert deliver(world.centre) == Delivered(delivered=1, failed=0, refused=1)
    assert (state(world, lost), state(world, other)) == ("refused", "delivered")
    assert [stuck.reason for stuck in list_stuck(world.engine, at=world.clock())] == ["message-body"]


def test_the_same_version_is_put_once(world: World) -> None:
    (one,) = world.add_records(1)
    assert message(world, one) == message(world, one)


def test_the_service_sends_by_itself(server: RegisterServer, world: World) -> None:
    (one,) = world.add_records(1)
    message(world, one)
    with world.client:
        sent = threading.Event()
        for _ in range(100):
            if server.received():
                sent.set()
                break
            threading.Event().wait(0.05)
    assert sent.is_set()
