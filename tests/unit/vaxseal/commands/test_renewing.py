import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.centre import World, make_world
from tests.support.revoking import world_with_passports
from vaxseal.cli import app


def answer(world: World, *words: str, exit_code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["admin", *words, "--data", str(world.centre.settings.data), "--json"])
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def plain(world: World, *words: str) -> str:
    return CliRunner().invoke(app, ["admin", *words, "--data", str(world.centre.settings.data)]).stdout


def test_renewals_are_counted_and_then_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_with_passports(tmp_path, "station")
    monkeypatch.setattr("vaxseal.commands.renewing.now", world.clock)
    world.clock.forward(days=365 - 31)
    seen = answer(world, "renew", "--dry-run")
    assert (seen["now"], sum(seen["by_day"].values())) == (0, 3)
    assert "due on 2023-02" in plain(world, "renew", "--dry-run")
    world.clock.forward(days=21)
    assert answer(world, "renew", "--dry-run")["by_unit"] == {"TYT-1": 2, "TYT-2": 1}
    assert answer(world, "renew") == {"started": 3, "put_off": 0, "dropped": 0}
    assert "0 renewals are started" in plain(world, "renew")


def test_reconciled_by_command(tmp_path: Path) -> None:
    world = make_world(tmp_path, mode="station")
    world.add_records(2)
    (tmp_path / "deliveries.csv").write_text(
        "unit,lot,product,doses,day\nTYT-1,ABW1234,Vaxzevria,2,2021-08-01\nXX,A,Vaxzevria,1,2021-08-01\n"
    )
    file = str(tmp_path / "deliveries.csv")
    assert answer(world, "deliveries", file, exit_code=1)["faults"] == [{"row": 3, "code": "unit-unknown"}]
    assert "row 3: unit-unknown" in plain(world, "deliveries", file)
    days = ("reconcile", "--from", "2021-08-01", "--to", "2021-10-31")
    found = answer(world, *days, exit_code=1)
    assert [(one["lot"], one["delivered"], one["given"]) for one in found["lots"]] == [
        ("ABW1234", 2, 2),
        ("ABX5678", 0, 2),
    ]
    assert "1 lots with an alarm" in plain(world, *days, "--recount")
    assert answer(world, "reconcile", "--from", "May", "--to", "June", exit_code=2)["error"] == "date-form"
    assert answer(world, *days, "--unit", "none", exit_code=2)["error"] == "unit-unknown"
