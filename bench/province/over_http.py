"""What people do at their screens while the service runs: citizens complain, clerks answer, citizens fetch."""

import base64
import http.client
import json
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select

from api.accounts.login import Proven
from api.accounts.sessions import open_session
from api.complaints.kinds import ComplaintKind
from api.complaints.refusals import Refusal
from api.store.schema import passports
from bench.province.complaining import EACH
from bench.province.day import Day, clerk
from bench.service import connected
from tests.support.photos import photo
from tests.support.police import add_account

FETCHED: Final = 100  # passports that citizens fetch


def complain_over_http(day: Day, port: int) -> None:
    """A citizen of every tenth commune complains with a photo; the clerk, with an open session, looks and answers."""
    day.clock.now = datetime.now(UTC).replace(microsecond=0)
    bearers = {}
    for station in day.stations[::EACH]:
        person = clerk(station.unit)
        add_account(day.engine, person.account, person.unit, "clerk")
        bearers[station.unit] = open_session(day.centre, Proven(account=person.account, by="bench"))[0]
    slip = base64.b64encode(photo()).decode()
    with day.stage("complaints opened and answered over HTTP") as stage, connected(port) as client:
        for unit, bearer in bearers.items():
            opening = {
                "kind": ComplaintKind.DATES_MISSING.value,
                "statement": "Tôi đã tiêm mũi 2",
                "person_name": "Nguyễn Thị Hồng Hạnh",
                "unit": unit,
                "photo": slip,
            }
            stage.came += 1
            opened = _post(client, "/v1/citizen/complaints/open", opening)
            number = {"number": opened["number"]}
            listed = _post(client, "/v1/complaints/list", {}, bearer)
            assert opened["number"] in json.dumps(listed)
            _post(client, "/v1/complaints/read", number | {"purpose": "complaint"}, bearer)
            _post(client, "/v1/complaints/refuse", number | {"reason": Refusal.BLURRED.value}, bearer)
            seen = _post(client, "/v1/citizen/complaints/follow", number | {"secret": opened["secret"]})
            stage.why[f"{seen['state']}: {Refusal.BLURRED.value}"] += 1
    day.figures["complaints_over_http"] = stage.came


def fetch_passports(day: Day, port: int) -> None:
    """By certificate code and date of birth."""
    query = select(passports.c.uvci, passports.c.record_id).where(passports.c.state == "issued")
    with day.engine.connect() as connection:
        wanted = connection.execute(query.order_by(passports.c.uvci).limit(FETCHED)).all()
    with day.stage("citizens fetch their passports") as stage, connected(port) as client:
        for row in wanted:
            stage.came += 1
            born = day.case(row.record_id).citizen.born.iso
            _post(client, "/v1/citizen/passport", {"certificate_code": row.uvci, "date_of_birth": born})
            stage.went += 1


def _post(client: http.client.HTTPConnection, path: str, body: Any, bearer: str | None = None) -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    client.request("POST", path, json.dumps(body).encode(), headers)
    answer = client.getresponse()
    content = answer.read()
    assert answer.status == http.client.OK, (path, answer.status, content[:200])
    return json.loads(content)
