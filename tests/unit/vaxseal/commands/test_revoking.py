"""`vaxseal admin revoke` and its kin, as typed, on a real centre's database."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.accounts.second_factor import code_at
from api.config import DATABASE_NAME
from certificates.revocation.drafts import read_draft
from certificates.uvci import printed
from tests.support.centre import World
from tests.support.revoking import codes, world_with_passports
from tests.support.staff import add_person
from vaxseal.cli import app


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = world_with_passports(tmp_path, "station")
    for module in ("revoking", "revocations"):  # its passports expire in 2023
        monkeypatch.setattr(f"vaxseal.commands.{module}.now", made.clock)
    assert (tmp_path / DATABASE_NAME).exists()
    return made


def run(world: World, *arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--data", str(world.centre.settings.data)])


def answer(world: World, *arguments: object, exit_code: int = 0) -> Any:
    result = run(world, *arguments, "--json")
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def approved(world: World, order: str, *options: str) -> Result:
    """Binh of the province approves, with password and second factor."""
    binh = add_person(world, "binh", "SO-01", "overseer")
    words = ["admin", "approve-order", order, "--account", "binh", "--stdin", *options]
    given = f"{binh.password}\n{code_at(binh.secret, datetime.now(UTC))}\n"
    return CliRunner().invoke(app, [*words, "--data", str(world.centre.settings.data)], input=given)


def revoke(world: World, *arguments: object) -> str:
    """Propose and approve; the order's number."""
    made = answer(world, "admin", "revoke", *arguments, "--yes", "--by", "an")
    assert made["state"] == "proposed"
    assert approved(world, made["order"]).exit_code == 0
    return str(made["order"])


def test_a_look_an_order_and_its_end(world: World) -> None:
    by_unit = ("admin", "revoke", "--reason", "fraud", "--unit", "TYT-1")
    seen = answer(world, *by_unit, "--dry-run")
    assert (seen["passports"], seen["units"], seen["signers"]) == (2, {"TYT-1": 2}, {"y.ta@TYT-1": 2})
    assert sorted(seen["sample"]) == sorted(codes(world, "TYT-1"))
    assert answer(world, "admin", "revocations") == {
        "orders": [],
        "entries": {"published": 0, "to_add": 0, "to_remove": 0, "undoable": 0},
    }
    done = answer(world, *by_unit, "--yes", "--by", "an")
    assert (done["passports"], done["reason"], done["state"]) == (2, "fraud", "proposed")
    assert answer(world, "admin", "revocations")["orders"][0]["entries"] == 0
    told = json.loads(approved(world, done["order"], "--json").stdout)
    assert (told["state"], told["passports"], told["waiting"]) == ("done", 2, 0)
    again = answer(world, *by_unit, "--yes")
    assert (again["order"], again["passports"], again["already"]) == (None, 0, 2)
    assert "Nothing changes" in run(world, *by_unit, "--yes").stdout
    (listed,) = answer(world, "admin", "revocations")["orders"]
    assert (listed["order"], listed["made_by"], listed["entries"], listed["published"]) == (done["order"], "an", 2, 0)
    back = answer(world, "admin", "unrevoke", done["order"], "--reason", "mistake")
    assert back == {"order": done["order"], "passports": 2}
    assert answer(world, "admin", "unrevoke", done["order"], "--reason", "x", exit_code=2)["error"] == "order-withdrawn"


def test_for_people(world: World) -> None:
    shown = run(world, "admin", "revoke", "--reason", "lot-recalled", "--lot", "ABX5678", "--yes").stdout
    assert "3 passports match." in shown
    assert "2  by unit: TYT-1" in shown
    assert codes(world)[0] in shown
    assert "is proposed, over 3 passports" in shown
    order = answer(world, "admin", "revocations")["orders"][0]["order"]
    assert "3 passports are revoked, 0 wait" in approved(world, order).stdout
    listed = run(world, "admin", "revocations").stdout
    assert "lot-recalled" in listed
    assert "Not yet to be published: 3" in listed
    assert run(world, "admin", "unrevoke", "none", "--reason", "x").exit_code == 2


def test_one_passport_takes_one_person(world: World) -> None:
    shown = run(world, "admin", "revoke", "--reason", "fraud", "--code", codes(world)[0], "--yes").stdout
    assert "is in force, over 1 passport" in shown
    assert answer(world, "admin", "revocations")["entries"]["to_add"] == 1


def test_who_approves_proves_it(world: World) -> None:
    made = answer(world, "admin", "revoke", "--reason", "fraud", "--unit", "TYT-1", "--yes")
    words = ["admin", "approve-order", made["order"], "--account", "binh", "--stdin", "--json"]
    result = CliRunner().invoke(app, [*words, "--data", str(world.centre.settings.data)], input="guess\n123456\n")
    assert json.loads(result.stdout)["error"] == "staff-login-refused"
    assert answer(world, "admin", "revocations")["orders"][0]["state"] == "proposed"


def test_put_back_on_the_road(world: World) -> None:
    by_token = ("--token", world.keys["TYT-1"].certificate.fingerprint.hex(":"))
    order = revoke(world, *by_token, "--reason", "token-compromised")
    assert world.state("r00000001")[0] == "ready"
    assert answer(world, "admin", "reissue", order) == {"order": order, "states": {}}
    assert "nothing is left" in run(world, "admin", "reissue", order).stdout
    recalled = answer(world, "admin", "revoke", "--code", codes(world)[2], "--reason", "lot-recalled", "--yes")
    assert answer(world, "admin", "reissue", recalled["order"], exit_code=2)["error"] == "order-reissue"


def test_codes_as_people_type_them(world: World, tmp_path: Path) -> None:
    first, second, third = codes(world)
    file = tmp_path / "codes.txt"
    file.write_text(f"{printed(first)}\n\n  {second.lower()} \n{first}\n", encoding="utf-8")
    by_code = ("admin", "revoke", "--reason", "wrong-person", "--codes", file, "--code", third[-14:])
    assert answer(world, *by_code, "--dry-run")["passports"] == 3
    file.write_text("nothing of ours\n", encoding="utf-8")
    assert answer(world, *by_code, "--dry-run", exit_code=2)["error"] == "code-unknown"
    assert answer(world, *by_code[:5], tmp_path / "none", "--dry-run", exit_code=2)["error"] == "file"


def test_a_clear_no(world: World) -> None:
    asked = ("admin", "revoke", "--reason", "fraud")
    assert answer(world, *asked, "--signer", "nobody", "--yes", exit_code=1)["error"] == "revocation-nothing"
    assert answer(world, *asked, "--lot", "XX", "--dry-run", exit_code=1)["error"] == "revocation-nothing"


def test_wrong_use(world: World) -> None:
    asked = ("admin", "revoke", "--reason", "fraud")

    def refused(*arguments: str) -> str:
        return str(answer(world, *asked, *arguments, exit_code=2)["error"])

    assert refused("--unit", "TYT-1") == "approval-needed"
    assert refused("--yes") == "criteria-none"
    assert refused("--yes", "--from", "2022-03-01T00:00:00Z") == "criteria-none"
    assert refused("--yes", "--unit", "TYT-1", "--from", "yesterday") == "time-form"
    assert refused("--yes", "--dsc", "12") == "fingerprint-form"
    assert refused("--yes", "--token", "xyz") == "fingerprint-form"
    assert refused("--yes", "--unit", "none") == "unit-unknown"
    assert refused("--yes", "--lot", "A", "--product", "none") == "product-unknown"
    assert run(world, "admin", "revoke", "--reason", "spite", "--unit", "TYT-1", "--yes").exit_code == 2


@pytest.mark.parametrize(("said", "exit_code"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_somebody_is_asked(world: World, said: str, exit_code: int) -> None:
    words = ["admin", "revoke", "--reason", "fraud", "--unit", "TYT-1", "--data", str(world.centre.settings.data)]
    result = CliRunner().invoke(app, words, input=said)
    assert result.exit_code == exit_code
    assert "Revoke 2 passports?" in result.output
    assert len(answer(world, "admin", "revocations")["orders"]) == 1 - exit_code


def test_a_draft_for_the_signing_officer(world: World, tmp_path: Path) -> None:
    target = tmp_path / "draft.json"
    assert answer(world, "lists", "revocations", "--out", target)["added"] == 0
    target.unlink()
    revoke(world, "--reason", "fraud", "--unit", "TYT-1")
    assert answer(world, "lists", "revocations", "--out", target) == {
        "draft": str(target),
        "id": read_draft(target.read_bytes()).draft_id,
        "added": 2,
        "removed": 0,
    }
    assert answer(world, "lists", "revocations", "--out", target, exit_code=2)["error"] == "file-exists"
    other = tmp_path / "other.json"
    assert "2 hashes to add" in run(world, "lists", "revocations", "--out", other).stdout
    assert read_draft(other.read_bytes()).count == (2, 0)
