"""The counter's commands: the number is asked for, the certificate lies in a file, a contact is kept."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from api.citizens.contacts import find_contact
from api.store.schema import audit
from tests.support.centre import World, make_world
from tests.support.citizens import add_citizen, id_number
from vaxseal.cli import app

CARD = f"{id_number(1)}\n05/04/1980\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world(tmp_path, mode="station")
    add_citizen(made, contact=None)
    made.agent("TYT-1").work()
    return made


def run(world: World, *words: str, given: str = CARD, unit: str = "TYT-2", code: int = 0) -> Any:
    place = ["--unit", unit, "--by", "hoa", "--data", str(world.centre.settings.data), "--json"]
    result = CliRunner().invoke(app, ["records", "counter", *words, *place], input=given)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout[result.stdout.index("{") :])  # behind what was typed


def test_the_certificate_and_the_card_are_printed(world: World, tmp_path: Path) -> None:
    for what in ("certificate", "folded", "card", "slip"):
        file = tmp_path / f"{what}.pdf"
        printed = run(world, "print", str(file), "--what", what)
        assert (printed["record"], printed["state"]) == ("r00000001", "issued")
        assert file.read_bytes().startswith(b"%PDF-")
    assert run(world, "print", str(file), code=2)["error"] == "file-exists"
    with world.engine.connect() as connection:
        acts = connection.execute(select(audit.c.act, audit.c.actor).where(audit.c.actor == "hoa@TYT-2")).all()
    assert {act for act, _ in acts} == {"counter-looked-up", "fetch-pdf", "sheet-printed", "slip-printed"}


def test_a_contact_is_registered(world: World) -> None:
    kept = run(world, "contact", given=f"{CARD}0912345678\n")
    assert kept == {"record": "r00000001", "contact": "…678"}
    with world.engine.connect() as connection:
        contact = find_contact(connection, world.centre.secret, "r00000001")
    assert contact is not None
    assert contact.address == "+84912345678"


def test_what_is_refused(world: World, tmp_path: Path) -> None:
    file = str(tmp_path / "x.pdf")
    wrong = f"{id_number(1)}\n06/04/1980\n"
    assert run(world, "print", file, given=wrong, code=1)["error"] == "counter-unknown"
    assert run(world, "print", file, "--record", "r00000001", code=1)["error"] == "place"
    assert run(world, "print", file, "--record", "r00000001", unit="TYT-1")["state"] == "issued"
    assert run(world, "print", file, "--what", "poster", code=2)["error"] == "what-unknown"
    assert run(world, "contact", "--purpose", "audit", code=1)["error"] == "counter-purpose"
    assert run(world, "contact", "--purpose", "x", code=2)["error"] == "purpose-unknown"
    assert run(world, "contact", "--evidence", "x", code=2)["error"] == "evidence-unknown"
    assert run(world, "contact", given=f"{CARD}12\n", code=1)["error"] == "citizen-contact"
