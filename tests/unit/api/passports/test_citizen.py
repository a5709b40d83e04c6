import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from api.limits import RateLimit, SharedRateLimit
from api.passports.claims import hash_claim_code, new_claim_code
from api.revocation.reasons import RevocationReason
from api.store.schema import claim_codes, passports
from api.store.transactions import writing
from certificates.qr import qr_png, read_qr
from certificates.uvci import printed
from tests.support.centre import World
from tests.support.revoking import order

pytestmark = pytest.mark.both_databases

CODE = "7K2MX-9Q0ZD"
BORN = "1980-04-05"


@pytest.fixture
def issued(make: Any) -> tuple[World, Any]:
    """A centre with one issued passport, whose slip carries CODE."""
    world: World = make("station")
    (record_id,) = world.add_records(1)
    world.agent("TYT-1").work()
    with writing(world.engine) as connection:
        connection.execute(
            insert(claim_codes).values(
                record_id=record_id,
                province="01",
                code_hash=hash_claim_code(world.centre.secret, record_id, CODE),
                failures=0,
                made_at="2022-03-01T00:00:00Z",
            )
        )
        return world, connection.execute(select(passports)).one()


def passport(world: World, code: str, born: str = BORN) -> Any:
    return world.client.post("/v1/citizen/passport", json={"certificate_code": code, "date_of_birth": born})


def pdf(world: World, code: str, claim: str = CODE, born: str = BORN) -> Any:
    body = {"certificate_code": code, "date_of_birth": born, "claim_code": claim}
    return world.client.post("/v1/citizen/certificate.pdf", json=body)


def test_the_passport(issued: tuple[World, Any]) -> None:
    world, stored = issued
    for code in (stored.uvci, printed(stored.uvci), stored.uvci.lower(), stored.uvci[-14:], f" {stored.uvci} "):
        answer = passport(world, code)
        assert answer.status_code == 200
        body = answer.json()
        assert (body["status"], body["hc1"], body["expires_at"]) == ("valid", stored.hc1, "2023-03-01T02:00:00Z")
        assert read_qr(base64.b64decode(body["qr_png"])) == stored.hc1


def test_what_is_no_request_is_told_so(issued: tuple[World, Any]) -> None:
    world, stored = issued
    given = {"certificate_code": stored.uvci, "date_of_birth": BORN}
    bodies: tuple[tuple[object, tuple[str, ...]], ...] = (
        ({**given, "date_of_birth": "1980-04-05 "}, ("date_of_birth",)),
        ({"certificate_code": stored.uvci}, ("date_of_birth",)),
        ({**given, "lang": "vi"}, ("lang",)),
        ([given], ("",)),
    )
    for body, fields in bodies:
        answer = world.client.post("/v1/citizen/passport", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "request-form")
        assert tuple(answer.json()["fields"]) == fields
    answer = world.client.post("/v1/citizen/passport", content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "request-form")


def test_a_body_of_another_type_is_no_request(issued: tuple[World, Any]) -> None:
    """As at the routes beside it: another site's form may send such types without asking first."""
    world, stored = issued
    given = {"certificate_code": stored.uvci, "date_of_birth": BORN}
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        for path, more in (("passport", {}), ("certificate.pdf", {"claim_code": "A"})):
            headers = {"Content-Type": kind} if kind else {}
            answer = world.client.post(f"/v1/citizen/{path}", content=json.dumps(given | more), headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (422, "request-form")
            assert answer.json()["fields"] == [""], path
    for kind in ("application/json; charset=utf-8", "Application/JSON"):
        headers = {"Content-Type": kind}
        assert world.client.post("/v1/citizen/passport", content=json.dumps(given), headers=headers).status_code == 200


def test_every_fetch_counts(issued: tuple[World, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A request or none, a passport or none: four are answered in this minute, and the next one is another."""
    world, stored = issued
    now = 1_000_020.0
    monkeypatch.setattr("api.limits.time", SimpleNamespace(time=lambda: now, monotonic=lambda: now))
    shared, secret = world.engine.dialect.name == "postgresql", world.centre.secret
    limit = SharedRateLimit(4, world.engine, secret) if shared else RateLimit(4)
    world.client.app.state.rate_limit = limit  # type: ignore[attr-defined]
    assert world.client.post("/v1/citizen/passport", content=b"{").status_code == 422
    assert passport(world, "URN:UVCI:01:VN:00000000000000").status_code == 404
    assert passport(world, "\0").status_code == (422 if shared else 404)
    assert passport(world, stored.uvci).status_code == 200
    for code in (stored.uvci, "\0"):
        answer = passport(world, code)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert world.client.post("/v1/citizen/passport", content=b"{").status_code == 429
    now += 60
    assert passport(world, stored.uvci).status_code == 200


def test_the_picture_is_the_one_that_the_gate_read(issued: tuple[World, Any]) -> None:
    """Released before pictures were kept, it is drawn anew: no other picture."""
    world, stored = issued
    kept = passport(world, stored.uvci).json()["qr_png"]
    assert base64.b64decode(kept) == stored.qr_png == qr_png(stored.hc1)
    with writing(world.engine) as connection:
        connection.execute(update(passports).values(qr_png=None))
    assert passport(world, stored.uvci).json()["qr_png"] == kept


def test_the_passport_by_a_year_only(make: Any) -> None:
    world: World = make("station")
    world.add_records(1, year_only=True)
    world.agent("TYT-1").work()
    with world.engine.connect() as connection:
        uvci = connection.execute(select(passports.c.uvci)).scalar_one()
    assert passport(world, uvci, "1980").status_code == 200
    assert passport(world, uvci, BORN).status_code == 404


def test_expired_and_revoked(issued: tuple[World, Any]) -> None:
    world, stored = issued
    world.clock.forward(days=365, seconds=1)
    assert passport(world, stored.uvci).json()["status"] == "expired"
    order(world, codes=(stored.uvci,))
    assert passport(world, stored.uvci).json()["status"] == "revoked"


def test_the_pdf_of_a_revoked_passport_is_not_handed_out(issued: tuple[World, Any]) -> None:
    world, stored = issued
    order(world, RevocationReason.WRONG_DATA, codes=(stored.uvci,))
    answer = pdf(world, stored.uvci)
    assert (answer.status_code, answer.json()["code"]) == (410, "passport-revoked")
    assert pdf(world, stored.uvci, "00000-00000").status_code == 404  # who guesses learns nothing new


@pytest.mark.parametrize("state", ["signed", "held"])
def test_what_is_not_released_is_not_there(issued: tuple[World, Any], state: str) -> None:
    world, stored = issued
    with writing(world.engine) as connection:
        connection.execute(update(passports).values(state=state))
    assert passport(world, stored.uvci).status_code == 404
    assert pdf(world, stored.uvci).status_code == 404


def test_the_pdf(issued: tuple[World, Any]) -> None:
    world, stored = issued
    for claim in (CODE, CODE.lower(), "7K2MX9QOZD", "7k2mx 9q0zd"):
        answer = pdf(world, stored.uvci, claim)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.content == stored.pdf


def test_every_miss_gives_the_same_answer(issued: tuple[World, Any]) -> None:
    world, stored = issued
    unknown = "URN:UVCI:01:VN:00000000000000"
    answers = [
        passport(world, unknown),
        passport(world, stored.uvci, "1980-04-06"),
        passport(world, "x"),
        passport(world, ""),
        pdf(world, unknown),
        pdf(world, stored.uvci, born="1980"),
        pdf(world, stored.uvci, "00000-00000"),
        pdf(world, stored.uvci, ""),
    ]
    with writing(world.engine) as connection:
        connection.execute(claim_codes.delete())
    answers.append(pdf(world, stored.uvci))
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}


def test_five_wrong_claim_codes_lock_the_slip(issued: tuple[World, Any]) -> None:
    world, stored = issued
    for _ in range(4):
        assert pdf(world, stored.uvci, "00000-00000").status_code == 404
    assert pdf(world, stored.uvci).status_code == 200  # the right one in time counts anew
    for _ in range(5):
        assert pdf(world, stored.uvci, "00000-00000").status_code == 404
    assert pdf(world, stored.uvci).status_code == 404
    assert passport(world, stored.uvci).status_code == 200


def test_wrong_birth_dates_do_not_lock_the_slip(issued: tuple[World, Any]) -> None:
    world, stored = issued
    for _ in range(9):
        pdf(world, stored.uvci, "00000-00000", born="1999-01-01")
    assert pdf(world, stored.uvci).status_code == 200


def test_by_post_only(world: World) -> None:
    for path in ("/v1/citizen/passport", "/v1/citizen/certificate.pdf"):
        assert world.client.get(path).status_code == 405


def test_claim_codes_are_random_and_hashed_for_their_record() -> None:
    codes = {new_claim_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(len(code) == 11 and code[5] == "-" for code in codes)
    assert hash_claim_code(b"a", "r1", CODE) != hash_claim_code(b"a", "r2", CODE)
    assert hash_claim_code(b"a", "r1", CODE) != hash_claim_code(b"b", "r1", CODE)
