"""The ministry's watch over the log, at a real centre in this process."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import delete, update

from api.audit import read_head, record_act
from api.auditing.checkpoints import kept_checkpoints
from api.store.schema import audit
from api.store.schema_audit import audit_checkpoints, audit_notes
from api.store.transactions import writing
from certificates.log_heads import SeenHead, give_head
from signer import checkpointing
from signer.checkpoint_file import CheckpointFile
from signer.checkpointing import Watched, watch
from signer.client import CentreClient
from signer.errors import AgentError
from tests.support.bending import bending
from tests.support.centre import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> CheckpointFile:
    return CheckpointFile(tmp_path / "ministry" / "checkpoints.txt")


@pytest.fixture
def run(world: World, file: CheckpointFile) -> Callable[..., Watched]:
    bearer = world.agent("BYT").bearer

    def forward(request: httpx2.Request) -> httpx2.Response:
        body, headers = json.loads(request.read()), {"Authorization": f"Bearer {bearer}"}
        answer = world.client.post(request.url.path, json=body, headers=headers)
        return httpx2.Response(answer.status_code, content=answer.content)

    def once(seen: Sequence[SeenHead] = ()) -> Watched:
        with CentreClient("http://127.0.0.1:1", transport=httpx2.MockTransport(forward), pauses=()) as client:
            return watch(client, world.keys["BYT"], file, at=world.clock(), seen=seen)

    return once


def act(world: World, count: int) -> None:
    with writing(world.engine) as connection:
        for number in range(count):
            record_act(connection, at=world.clock(), actor="a@TYT-1", act="x", subject=str(number), reason="vì sao")


def test_each_checkpoint_follows_the_one_before(
    world: World, file: CheckpointFile, run: Callable[[], Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpointing, "PAGE", 3)
    first = run()
    assert first.new == first.head.sequence > 3
    assert run().new == 1  # that a checkpoint was left is an act itself
    act(world, 5)
    third = run()
    assert third.new == 6
    assert [one.head.sequence for _, one in file.read()] == [
        first.head.sequence,
        first.head.sequence + 1,
        third.head.sequence,
    ]
    assert len(kept_checkpoints(world.engine)) == 3


@pytest.mark.parametrize(
    ("bend", "code"),
    [
        (delete(audit).where(audit.c.sequence > 2), "log-cut"),
        (update(audit).where(audit.c.hash.is_not(None)).values(hash=bytes(32)), "log-rewritten"),
    ],
)
def test_a_log_that_lost_what_was_seen(world: World, run: Callable[[], Watched], bend: object, code: str) -> None:
    run()
    with bending(world.engine) as connection:
        connection.execute(bend)  # type: ignore[call-overload]
    with pytest.raises(AgentError, match=code):
        run()


def test_a_row_bent_after_the_last_checkpoint(world: World, file: CheckpointFile, run: Callable[[], Watched]) -> None:
    before = run().head.sequence
    act(world, 3)
    with bending(world.engine) as connection:
        connection.execute(update(audit).where(audit.c.sequence == before + 3).values(actor="b@TYT-1"))
    with pytest.raises(AgentError, match=f"log-broken.*row {before + 3}"):
        run()
    assert len(file.read()) == 1


def test_what_could_not_be_left_at_the_centre_is_left_there_later(
    world: World, file: CheckpointFile, run: Callable[[], Watched]
) -> None:
    first = run()
    with bending(world.engine) as connection:
        connection.execute(delete(audit_checkpoints))
    run()
    assert len(kept_checkpoints(world.engine)) == 2
    assert file.read()[0][1].head == first.head


def told(world: World, count: int) -> list[SeenHead]:
    """What a machine of the ministry was told after each of so many acts."""
    found = []
    for _ in range(count):
        act(world, 1)
        with world.engine.connect() as connection:
            given = give_head(world.centre.secret, read_head(connection))
        found.append(SeenHead(given=given, seen_at=world.clock(), centre="http://127.0.0.1:1"))
    return found


def test_what_the_ministry_was_told_since_the_last_checkpoint_must_be_there(
    world: World, run: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpointing, "PAGE", 3)
    early = told(world, 2)
    run(early)
    late = told(world, 5)
    rows = [one.given.head.sequence for one in late]
    with bending(world.engine) as connection:
        connection.execute(delete(audit_notes).where(audit_notes.c.sequence > rows[1]))
        connection.execute(delete(audit).where(audit.c.sequence > rows[1]))
    with pytest.raises(AgentError, match=f"log-cut.* row {rows[1]};.* row {rows[2]} "):
        run(early + late)
    act(world, 9)
    with pytest.raises(AgentError, match=f"log-rewritten: Row {rows[2]} is another"):
        run(early + late)
    assert run(early + late[:2]).new == 12


def test_a_damaged_file(file: CheckpointFile, run: Callable[[], Watched], tmp_path: Path) -> None:
    run()
    path = tmp_path / "ministry" / "checkpoints.txt"
    whole = path.read_bytes()
    for damaged in (whole[:-9], b"\n" + whole, b"???\n"):
        path.write_bytes(damaged)
        with pytest.raises(AgentError, match="checkpoints-damaged: Line 1"):
            file.read()
    with pytest.raises(AgentError, match="file-not-read"):
        CheckpointFile(tmp_path).read()
    with pytest.raises(AgentError, match="file-not-written"):
        CheckpointFile(tmp_path).append(b"x")
