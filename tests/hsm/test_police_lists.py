"""A list goes to police and comes back, by the commands alone, with a real token of the police unit."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from api.signing.enrolment import enrol_token
from tests.support.ministry import Ministry
from tests.support.police import Commune, fill, make_commune
from tests.support.softhsm import GoldenTokens
from vaxseal.console import now


@pytest.fixture
def commune(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commune:
    monkeypatch.setenv("VAXSEAL_DATA", str(tmp_path))
    made = make_commune(tmp_path, tmp_path / "vaxseal.sqlite3")
    made.clock.now = now() - timedelta(hours=2)
    return made


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_from_the_station_to_police_and_back(
    golden_tokens: GoldenTokens, commune: Commune, kind: Literal["ec", "rsa"]
) -> None:
    token = golden_tokens.ec if kind == "ec" else golden_tokens.rsa
    enrolled_at: datetime = commune.clock()
    enrol_token(commune.engine, "CA-1", token.certificate_der, settings=commune.settings, by="test", at=enrolled_at)
    (record_id,) = commune.take({"name": "Nguyễn Thị Hồng", "id": ""}).values()
    commune.give_to_police()
    ministry = Ministry(commune.folder, golden_tokens)
    path = commune.folder / "list.xlsx"
    export = ("records", "police", "export", "--unit", "TYT-1", "--by", "lan", "--out", str(path))
    made = ministry.done(*export)
    assert made["classes"] == {"no-id": 1}
    assert path.stat().st_mode & 0o077 == 0

    sign = ("station", "list-sign", str(path), "--account", "minh.ca", "--token", token.serial, "--yes")
    path.write_bytes(fill(path.read_bytes(), {record_id: ("vâng",)}))
    refused = ministry.run(*sign, pins=(token.pin,))
    assert refused.exit_code == 2
    assert '"conclusion-unknown"' in refused.output
    assert "Kết luận" in refused.output
    wrong = ministry.run(*sign, pins=("00000000",))
    assert "Row 3" in wrong.output  # the list comes before the PIN
    path.write_bytes(fill(path.read_bytes(), {record_id: ("Sửa", None, None, None, "001161012345")}))
    signed = ministry.done(*sign, pins=(token.pin,))
    assert (signed["conclusions"], signed["signature"]) == ({"Sửa": 1}, f"{path}.p7s")
    assert ministry.refused(*sign, pins=(token.pin,)) == "file-exists"

    take = ("records", "police", "import", str(path), "--by", "lan")
    applied = ministry.done(*take)
    assert (applied["vouched_by"], applied["police"], applied["police_unit"]) == ("lan", "minh.ca", "CA-1")
    assert applied["rows"][0]["state"] == "awaiting_match"
    again = ministry.run(*take)
    assert again.exit_code == 1
    assert '"list-closed"' in again.output
    (shown,) = ministry.done("records", "police", "show", made["list"])
    assert shown["outcome"] == "applied"
    assert ministry.done("records", "police", "show")[0]["state"] == "applied"
    (word,) = ministry.done("records", "police", "show", "--record", record_id)
    assert (word["conclusion"], word["police"], word["vouched_by"]) == ("corrected", "minh.ca", "lan")
    assert ministry.run(*export[:-1], str(path) + "2").exit_code == 1  # nothing waits


def test_nothing_else_is_signed_as_a_list(golden_tokens: GoldenTokens, tmp_path: Path) -> None:
    ministry = Ministry(tmp_path, golden_tokens)
    for name, content in (("a.pdf", b"%PDF-1.7"), ("b.xlsx", b"PK\x03\x04")):
        (tmp_path / name).write_bytes(content)
        sign = ("station", "list-sign", ministry.path(name), "--account", "minh.ca", "--yes")
        assert ministry.refused(*sign, "--token", golden_tokens.ec.serial, pins=(golden_tokens.ec.pin,)) == "list-form"
        assert not (tmp_path / f"{name}.p7s").exists()


def test_a_list_that_is_lost_is_withdrawn(golden_tokens: GoldenTokens, commune: Commune) -> None:
    commune.take({"name": "Nguyễn Thị Hồng", "id": ""})
    commune.give_to_police()
    ministry = Ministry(commune.folder, golden_tokens)
    export = ("records", "police", "export", "--unit", "TYT-1", "--by", "lan", "--out")
    made = ministry.done(*export, ministry.path("a.xlsx"))
    withdraw = ("records", "police", "withdraw", made["list"], "--unit", "TYT-1", "--reason", "lost")
    assert ministry.done(*withdraw)["state"] == "withdrawn"
    assert ministry.refused(*withdraw) == "list-closed"
    assert ministry.done(*export, ministry.path("b.xlsx"))["rows"] == 1
