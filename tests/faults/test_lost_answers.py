"""Answers of the centre that get lost after it did the work: what is sent again is taken once."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import func, select

from api.store.schema import confirmations, intents, late_signatures
from signer import agent as agent_module
from signer.agent import SigningAgent
from signer.client import CentreClient
from signer.errors import AgentError
from signer.journal_folder import JournalFolder
from tests.faults.conftest import Many, Tell
from tests.support.centre import World, make_world


class Losing(httpx2.BaseTransport):
    """The way to the centre; it loses the answers to so many signatures in a row, then lets one through."""

    def __init__(self, world: World, losses: int) -> None:
        self._way = world.client._transport
        self._losses = self._left = losses
        self.lost = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._way.handle_request(request)
        response.read()
        if request.url.path.endswith("/submit") and self._left:
            self._left -= 1
            self.lost += 1
            raise httpx2.ReadError("the answer got lost")
        self._left = self._losses
        return response


def test_answers_lost_after_signing(tmp_path: Path, many: Many, tell: Tell, monkeypatch: Any) -> None:
    monkeypatch.setattr(agent_module, "SEND_SIZE", 1)
    losses, wanted = 5, many(100, 1000)  # three attempts fail, the agent dies, the next one loses two more
    world = make_world(tmp_path)
    world.add_records(wanted // losses)
    way = Losing(world, losses)

    def agent() -> SigningAgent:
        url = world.centre.settings.centre_url
        return SigningAgent(
            client=CentreClient(url, transport=way, pauses=(0.0, 0.0)),
            key=world.keys["TYT-1"],
            role="station",
            account="lan",
            journal=JournalFolder(tmp_path / "batches"),
            clock=world.clock,
        )

    while way.lost < wanted:
        one = agent()
        with suppress(AgentError):  # the way was lost; the next one goes on
            while len(batch := one.next_batch(1)):
                one.sign_and_send(one.approve(batch))
        one.close()
    last = agent()
    last.next_batch(1)
    last.finish()
    with world.engine.connect() as connection:

        def count(table: Any) -> int:
            number: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
            return number

        assert (count(confirmations), count(intents), count(late_signatures)) == (wanted // losses, wanted // losses, 0)
    assert JournalFolder(tmp_path / "batches").statuses() == ()
    tell(f"{way.lost} answers lost after signing: 0 doubled")
