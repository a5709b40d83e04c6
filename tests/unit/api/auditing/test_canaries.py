"""Persons whose data must turn up in no log: they go the whole road, and the logs are searched."""

import pytest
import structlog
from sqlalchemy import insert, select

from api.audit import read_log
from api.identity.corrections import correct
from api.logs import set_up_logs
from api.passports.claims import hash_claim_code
from api.store.schema import audit, claim_codes, passports
from api.store.transactions import writing
from tests.support.centre import World

CLAIM = "7K2MX-9Q0ZD"
WHY = "Chị Hoàng Yến gọi từ 0912345678, số đúng là 001180999999"


@pytest.fixture(autouse=True)
def real_logs() -> object:
    set_up_logs()
    yield
    structlog.reset_defaults()


def test_nobodys_data_are_in_the_log_of_acts_nor_in_the_services(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    record_id, other, _ = world.add_records(3)
    world.agent("TYT-1").work()
    world.agent("BYT").work()
    with writing(world.engine) as connection:
        given = hash_claim_code(world.centre.secret, record_id, CLAIM)
        connection.execute(
            insert(claim_codes).values(
                record_id=record_id, province="01", code_hash=given, failures=0, made_at="2022-03-01T00:00:00Z"
            )
        )
        uvcis = list(connection.execute(select(passports.c.uvci)).scalars())
        uvci = connection.execute(select(passports.c.uvci).where(passports.c.record_id == record_id)).scalar_one()
    asked = {"certificate_code": uvci, "date_of_birth": "1980-04-05"}
    assert world.client.post("/v1/citizen/passport", json=asked).status_code == 200
    for claim, status in ((CLAIM, 200), ("AAAAA-AAAAA", 404)):
        body = {**asked, "claim_code": claim}
        assert world.client.post("/v1/citizen/certificate.pdf", json=body).status_code == status
    assert world.client.post(f"/v1/citizen/{uvci}", json=asked).status_code == 404
    assert world.client.post("/v1/citizen/passport", json={**asked, "NGUYỄN": 1}).status_code == 422
    correct(world.engine, other, {"id_number": "001180999999"}, by="mai", why=WHY, at=world.clock())

    told = capsys.readouterr()
    service = told.out + told.err
    with world.engine.connect() as connection:
        acts = str(connection.execute(select(audit)).all())
    assert "record-corrected" in acts
    assert "/v1/citizen/certificate.pdf" in service
    assert [act.reason for act in read_log(world.engine, limit=1)] == [WHY]  # beside the log, until it is erased
    private = ["NGUYỄN", "Hồng", "HỒNG", "HẠNH", "Hoàng Yến", "NGUYEN", "1980", "05/04", "001180", "0912345678"]
    private += ["ABW1234", CLAIM, "AAAAA-AAAAA", *uvcis, *(one.rsplit(":", 1)[-1] for one in uvcis)]
    for where, text in (("acts", acts), ("service", service)):
        found = [canary for canary in private if canary in text]
        assert found == [], where
