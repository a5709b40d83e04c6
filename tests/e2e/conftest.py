"""One demo in each mode, shared by all tests that look at what came out. They stay in one worker (`tests.conftest`)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.demo import play


@pytest.fixture(scope="session", params=["two-tier", "station"])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The demo's folder and its summary."""
    out = tmp_path_factory.mktemp("demo") / request.param
    done = play(out, "--mode", request.param)
    assert done.returncode == 0, done.stdout + done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    assert summary["mode"] == request.param
    return out, summary
