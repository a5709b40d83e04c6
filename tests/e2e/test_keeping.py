"""`vaxseal station take`, `sign` without a network, `status` and `discard`, as a nurse uses them; no trace is left."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.accounts.second_factor import code_at
from api.config import Settings, load_secret
from api.context import Centre, system_clock
from api.store.database import open_database
from signer.journal import JOURNAL_NAME
from tests.support.road import Road, build_road
from tests.support.softhsm import GoldenTokens, golden_tokens
from tests.support.staff import PASSWORD, insert_account

__all__ = ["golden_tokens"]  # a fixture

CANARIES = ("Nguyễn", "NGUYEN", "001185000", "1985-04-30", "ABX123", "URN:UVCI")


@pytest.fixture
def road(tmp_path: Path, golden_tokens: GoldenTokens) -> Iterator[Road]:
    made = build_road(tmp_path, golden_tokens, "two-tier", golden_tokens.ec, golden_tokens.rsa)
    made.start()
    yield made
    made.stop()


def hits(road: Road) -> list[str]:
    """Where personal data of the batch stands in clear below the state folder, in any file or name."""
    found = []
    for path in (road.folder / "state").rglob("*"):
        content = str(path).encode() + (path.read_bytes() if path.is_file() else b"")
        words = [word.encode(code) for word in (*CANARIES, road.pins["station"]) for code in ("utf-8", "utf-16-le")]
        found += [str(path) for word in words if word in content]
    return found


def test_a_day_without_a_network(road: Road) -> None:
    at_centre = ("--centre", road.centre, "--account", "lan", "--pin-stdin")
    pin = f"{road.pins['station']}\n"

    taken = road.answer("station", "take", *at_centre, "--limit", "4", token="station", typed=pin)
    assert (taken["taken"], taken["waiting"], taken["refused"]) == (4, 2, [])
    (batch,) = (road.folder / "state" / "vaxseal" / "batches").glob("batch-*")
    assert (batch / JOURNAL_NAME).stat().st_size > 4000
    assert hits(road) == []

    road.stop()
    said = road.run("station", "sign", *at_centre, "--yes", token="station", typed=pin)
    assert "Không có mạng" in said.stderr
    assert "4 chữ ký được giữ trên máy này" in said.stdout
    assert hits(road) == []
    (kept,) = road.answer("station", "status", expect=1)["batches"]
    assert (kept["records"], kept["signed"], kept["unsent"], kept["unsigned"]) == (4, 4, 4, 0)
    assert (kept["advice"], kept["offline"], kept["account"]) == ("send", True, "lan")
    shown = road.run("station", "status", expect=1).stdout
    assert "chưa gửi 4" in shown
    assert "vaxseal station sign" in shown

    road.start()
    assert road.states() == {"leased": 4, "ready": 2}
    sent = road.answer("station", "sign", *at_centre, "--all", "--yes", token="station", typed=pin)
    assert sent["counts"]["accepted"] == 6
    assert road.states() == {"confirmed": 6}
    assert road.answer("station", "status")["batches"] == []
    assert "Nothing is unfinished" in road.run("station", "status").stdout
    assert list((road.folder / "state" / "vaxseal" / "batches").glob("batch-*")) == []
    assert hits(road) == []
    assert road.answer("station", "take", *at_centre, token="station", typed=pin, expect=1)["taken"] == 0


def test_the_person_is_proven_and_a_batch_can_be_discarded_and_comes_back(road: Road) -> None:
    road.stop()
    road.settings["VAXSEAL_DESK_ACCOUNTS"] = "proven"
    data = road.folder / "data"
    unit = road.query("select unit from records limit 1")[0][0]
    settings = Settings(data=data)
    centre = Centre(engine=open_database(settings.database), settings=settings, secret=load_secret(data))
    secret = insert_account(centre, "lan", unit, "signer")
    centre.engine.dispose()
    road.start()
    at_centre = ("--centre", road.centre, "--account", "lan", "--pin-stdin")
    pin = road.pins["station"]
    wrong = road.answer("station", "take", *at_centre, token="station", typed=f"{pin}\nno\n000000\n", expect=2)
    assert wrong["error"] == "staff-login-refused"
    typed = f"{pin}\n{PASSWORD}\n{code_at(secret, system_clock())}\n"
    assert "6 records were taken" in road.run("station", "take", *at_centre, token="station", typed=typed).stdout
    logins = road.query("select actor, reason from audit where act = 'login'")
    assert logins == [(f"lan@{unit}", "shift")]
    assert road.query("select count(*) from staff_sessions") == [(0,)]  # the shift ended with the command
    assert road.answer("station", "discard", "batch-none", expect=2)["error"] == "journal-unknown"
    (kept,) = road.answer("station", "status", expect=1)["batches"]
    road.run("station", "discard", kept["batch"])
    assert road.answer("station", "status")["batches"] == []
    (road.folder / "not-a-folder").write_text("")
    broken = road.answer("station", "status", "--journal", str(road.folder / "not-a-folder" / "x"), expect=2)
    assert broken["error"] == "journal-write"
    assert broken["detail_vi"].endswith(".")
