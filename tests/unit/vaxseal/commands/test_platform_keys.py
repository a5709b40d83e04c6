"""Keys of machines, by the operator."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from api.platform.keys import find_platform
from tests.support.intake import make_engine
from vaxseal.cli import app


def run(data: Path, *words: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [*words, "--data", str(data), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_key_is_made_listed_and_ended(tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "vaxseal.sqlite3")
    assert run(tmp_path, "admin", "platform-key", "list", code=1) == []
    made = run(tmp_path, "admin", "platform-key", "add", "National platform", "--unit", "01-0001")
    assert find_platform(engine, made["key"]).unit == "01-0001"
    (listed,) = run(tmp_path, "admin", "platform-key", "list")
    assert (listed["key_id"], listed["name"]) == (made["key_id"], "National platform")
    assert run(tmp_path, "admin", "platform-key", "revoke", made["key_id"])["revoked"] is True
    assert run(tmp_path, "admin", "platform-key", "revoke", made["key_id"], code=2)["error"] == "platform-key-unknown"
    assert run(tmp_path, "records", "late") == []
    assert run(tmp_path, "records", "late", "--since", "gestern", code=2)["error"] == "date-form"
