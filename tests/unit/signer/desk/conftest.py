"""A sitting with a soft key, at the centre of `tests.support.scripted`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from signer.agent import SigningAgent
from signer.client import CentreClient
from signer.desk import batch_run, seat
from signer.desk import sitting as sitting_module
from signer.head_file import HeadFile
from tests.support.scripted import ScriptedCentre
from tests.support.signing import NOW, make_job, make_record
from tests.support.sitting import ScriptedKey, SittingAt


@pytest.fixture
def centre() -> ScriptedCentre:
    return ScriptedCentre(
        [
            make_job("confirm", signer="unit", record=make_record(record_id=f"R-{number}"), job_id=f"J-{number}")
            for number in range(4)
        ]
    )


@pytest.fixture
def at(tmp_path: Path, centre: ScriptedCentre, monkeypatch: pytest.MonkeyPatch) -> Iterator[SittingAt]:
    def client(url: str, *, heads: HeadFile | None = None) -> CentreClient:
        return CentreClient(url, transport=httpx2.MockTransport(centre), pauses=(), heads=heads)

    def agent(**given: Any) -> SigningAgent:
        return SigningAgent(**given, clock=lambda: NOW)

    monkeypatch.setattr(sitting_module, "CentreClient", client)
    monkeypatch.setattr(seat, "CentreClient", client)
    monkeypatch.setattr(sitting_module, "SigningAgent", agent)
    monkeypatch.setattr(sitting_module, "DeskKey", ScriptedKey)
    monkeypatch.setattr(batch_run, "_PAUSE", 0.01)
    monkeypatch.setattr(sitting_module, "SEEN_AGAIN", 0.2)
    ScriptedKey.faults = []
    found = SittingAt(tmp_path, centre, limit=10)
    yield found
    found.sitting.close()
