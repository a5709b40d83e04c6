from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from api.notices.kinds import WORDS, NoticeKind
from api.passports.claims import hash_claim_code
from api.revocation.reasons import RevocationReason
from api.revocation.running import run_orders
from api.store.schema import claim_codes
from api.store.schema_revoking import notices
from api.store.transactions import writing
from certificates.uvci import normalise
from tests.support.centre import World
from tests.support.revoking import codes, order, world_with_passports

SLIP = "7K2MX-9Q0ZD"


@pytest.fixture
def replaced(tmp_path: Path) -> tuple[World, str]:
    """The holder of the first passport has a new one, and the old one is revoked. The slip is `SLIP`."""
    world = world_with_passports(tmp_path, "station")
    with writing(world.engine) as connection:
        connection.execute(
            insert(claim_codes).values(
                record_id="r00000001",
                province="01",
                code_hash=hash_claim_code(world.centre.secret, "r00000001", SLIP),
                failures=0,
                made_at="2022-03-01T00:00:00Z",
            )
        )
    (old,) = codes(world)[:1]
    order(world, RevocationReason.HOLDERS_WISH, codes=(old,))
    world.agent("TYT-1").work()
    run_orders(world.engine, at=world.clock())
    return world, old


def ask(world: World, code: str, claim: str = SLIP) -> Any:
    body = {"certificate_code": code, "date_of_birth": "1980-04-05", "claim_code": claim}
    return world.client.post("/v1/citizen/notices", json=body)


def test_the_new_code_is_learnt_by_the_old_one_and_the_slip(replaced: tuple[World, str]) -> None:
    world, old = replaced
    (told,) = ask(world, old).json()
    assert (told["kind"], normalise(told["certificate_code"])) == ("replaced", old)
    new = normalise(told["new_certificate_code"])
    assert new in codes(world, "TYT-1")
    assert told["vi"].startswith("Hộ chiếu vắc xin")
    assert ask(world, new).json() == [told]
    with world.engine.connect() as connection:
        (row,) = connection.execute(select(notices.c.told_at, notices.c.told_by)).all()
    assert row.told_by == "shown"


def test_without_the_slip_nobody_learns_anything(replaced: tuple[World, str]) -> None:
    world, old = replaced
    for _ in range(5):
        assert ask(world, old, "00000-00000").json()["code"] == "passport-not-found"
    assert ask(world, old).json()["code"] == "passport-not-found"
    assert ask(world, codes(world)[2]).json()["code"] == "passport-not-found"


def test_every_notice_has_its_words() -> None:
    assert set(WORDS) == set(NoticeKind)
