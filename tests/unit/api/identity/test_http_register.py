"""The register over https: what it says is taken as it says it, and nothing else is."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from api.config import Settings
from api.errors import CentreError
from api.identity.opening import open_register, targets_of
from api.identity.register import Register
from certificates.records.comparison import compare
from certificates.records.model import RegisterStatus
from tests.support.centre import START
from tests.support.records import CITIZEN
from tests.support.register_server import RegisterServer

TRAM = "001185012345,Đặng Thị Thùy Trâm,1985-03-12,F,"
SHORT = replace(CITIZEN, id_number="001185012346")


@pytest.fixture
def register(server: RegisterServer, tmp_path: Path, partners_engine: Engine) -> Register:
    return open_register(Settings(data=tmp_path, **server.settings()), partners_engine, lambda: START)


def test_true_and_false_on_four_items(server: RegisterServer, register: Register) -> None:
    server.entries(TRAM)
    other = replace(CITIZEN, full_name="Đặng Thị Thuý Trâm", sex=None)
    yes, no, unknown = register.ask([CITIZEN, other, SHORT])
    assert (yes.status, yes.name, yes.date_of_birth, yes.sex, yes.id_number) == ("found", True, True, True, True)
    assert (no.name, no.date_of_birth, no.sex, no.id_number) == (False, True, False, True)
    assert unknown.status is RegisterStatus.NO_ANSWER
    assert [answer.person_digest for answer in (yes, no, unknown)] == [p.digest for p in (CITIZEN, other, SHORT)]
    assert (yes.register, yes.answered_at) == ("127.0.0.1", START)


@pytest.mark.parametrize("status", ["deceased", "merged", "no_answer"])
def test_other_answers(server: RegisterServer, register: Register, status: str) -> None:
    server.entries(TRAM + status)
    assert register.ask([CITIZEN])[0].status == status


@pytest.mark.parametrize("change", ["count", "other", "twice", "kind", "status", "plain"])
def test_wrong_answers_serve_for_nobody(server: RegisterServer, register: Register, change: str) -> None:
    server.entries(TRAM, TRAM.replace("345,", "346,"))
    server.behave(change=change)
    with pytest.raises(CentreError, match="register-answers"):
        register.ask([CITIZEN, SHORT])


def test_entries_by_number_or_by_name_and_birth(server: RegisterServer, register: Register) -> None:
    server.entries(TRAM, *(TRAM.replace("001185012345", f"00118500000{number}") for number in range(9)))
    (entry,) = register.look_up(CITIZEN)
    assert compare(entry, CITIZEN).agrees
    assert len(register.look_up(SHORT)) == 5
    assert register.look_up(replace(SHORT, full_name="Lê Văn A")) == ()


@pytest.mark.parametrize(
    "entries",
    [
        None,
        [1],
        [{}],
        [{"name": 1, "id_number": "001185012345"}],
        [{"name": "A", "date_of_birth": "1985-13-01", "sex": "F", "id_kind": "CCCD", "id_number": "001185012345"}],
        [{}] * 6,
    ],
)
def test_entries_of_another_form(server: RegisterServer, register: Register, entries: Any) -> None:
    server.behave(text=json.dumps({"entries": entries}))
    with pytest.raises(CentreError, match="register-answers"):
        register.look_up(CITIZEN)


def test_what_is_not_set_up(server: RegisterServer, tmp_path: Path, partners_engine: Engine) -> None:
    engine = partners_engine
    with pytest.raises(CentreError, match="register-none"):
        open_register(Settings(data=tmp_path), engine, lambda: START)
    with pytest.raises(CentreError, match="settings"):
        open_register(Settings(data=tmp_path, register_address=server.url), engine, lambda: START)
    assert targets_of(Settings(data=tmp_path, register_address="register.csv")) == ()
    assert targets_of(Settings(data=tmp_path, **server.settings())) == ("register", "platform")
