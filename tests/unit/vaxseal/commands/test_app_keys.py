"""Keys of citizen apps, by the operator."""

from pathlib import Path

from tests.support.intake import make_engine
from tests.unit.vaxseal.commands.test_platform_keys import run


def test_a_key_is_made_listed_and_ended(tmp_path: Path) -> None:
    make_engine(tmp_path / "vaxseal.sqlite3")
    assert run(tmp_path, "admin", "app-key", "list", code=1) == []
    made = run(tmp_path, "admin", "app-key", "add", "Health book")
    assert made["key"].startswith("vxa_")
    (listed,) = run(tmp_path, "admin", "app-key", "list")
    assert (listed["key_id"], listed["name"], "key" in listed) == (made["key_id"], "Health book", False)
    assert run(tmp_path, "admin", "app-key", "revoke", made["key_id"])["revoked"] is True
    assert run(tmp_path, "admin", "app-key", "revoke", made["key_id"], code=2)["error"] == "app-key-unknown"
    assert run(tmp_path, "admin", "app-key", "add", " ", code=2)["error"] == "app-key-name"
