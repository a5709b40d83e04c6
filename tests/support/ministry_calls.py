"""A machine of the ministry at a centre in this process: its real client, without a network."""

import json
from typing import Any

import httpx2
import pytest

from signer.client import CentreClient
from signer.errors import AgentError
from signer.ministry_calls import MinistryCalls
from tests.support.centre import World


def calls(world: World, unit: str = "BYT") -> MinistryCalls:
    bearer = world.agent(unit).bearer

    def forward(request: httpx2.Request) -> httpx2.Response:
        body, headers = json.loads(request.read()), {"Authorization": f"Bearer {bearer}"}
        answer = world.client.post(request.url.path, json=body, headers=headers)
        return httpx2.Response(answer.status_code, content=answer.content)

    return MinistryCalls(CentreClient("http://127.0.0.1:1", transport=httpx2.MockTransport(forward), pauses=()))


def refused(call: Any) -> str:
    with pytest.raises(AgentError) as error:
        call()
    return error.value.code
