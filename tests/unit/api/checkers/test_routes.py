"""Checks over HTTP: the answers of the command line, from hostile bodies as well; and nothing is kept of them."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

import certificates
from api.checkers.answers import BulkAnswer, Verdict, VerifyAnswer
from api.checkers.examples import BULK, VERDICTS
from api.checkers.routes import MOST_TEXTS
from api.store.schema import metadata, verdict_counts
from certificates import rule_list
from certificates.bundle_signing import Changes
from certificates.errors import CheckError, CheckReason
from certificates.grounds import Grounds
from certificates.revocation.hashes import HashType, hashes_of
from certificates.trust import TrustStore
from tests.support.centre import World
from tests.support.codes import AT, code, dcc
from tests.support.rules import checked, rule
from tests.support.softkeys import make_key, soft_key
from tests.support.trust_lists import ENTRY

ONE, BULK_PATH = "/v1/checkers/verify", "/v1/checkers/verify-bulk"
STORE = TrustStore.of([soft_key("ES256").certificate_der])
STRANGER = make_key("ES256")
YEAR = timedelta(days=365)
RULES = Path(certificates.__file__).parent / "data" / "vn-rules.json"


@pytest.fixture
def world(centre: World) -> World:
    """A centre with a published list: one signer, and a rule for VN at the border."""
    documents = [json.loads(RULES.read_bytes())]
    centre.publish(changes=Changes(entries=(ENTRY,), rules=rule_list.join(documents)))
    return centre


def verify(world: World, text: str, **more: Any) -> Any:
    response = world.client.post(ONE, json={"text": text, **more})
    assert response.status_code == 200, response.text
    return response.json()


def problem(response: Any) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize("text", [code(), code(exp=1), code(STRANGER), "HC1:", "x", "", "shc:/5676290952432060346029"])
def test_the_answer_is_that_of_the_command_line(world: World, text: str) -> None:
    grounds = Grounds(trust=STORE)
    try:
        expected = grounds.answer(grounds.check_text(text, AT))
    except CheckError as error:
        expected = grounds.answer(error)
    lists = {"version": 1, "issued_at": "2022-06-01T00:00:00Z", "age_hours": 0, "old": False}
    assert verify(world, text) == {**expected, "lists": lists}
    bulk = world.client.post(BULK_PATH, json={"texts": [text, code()]}).json()
    assert bulk["answers"][0] == expected
    assert bulk["answers"][1]["verdict"] == "valid"
    assert bulk["lists"] == lists


def test_revoked(world: World) -> None:
    (entry, *_) = hashes_of(checked(), HashType.UCI)
    added = {(ENTRY.certificate.kid, HashType.UCI): [entry]}
    assert verify(world, code())["verdict"] == "valid"
    world.publish(changes=Changes(added=added, entries_expire_at=AT + YEAR))
    found = verify(world, code())
    assert (found["reason"], found["payload"], found["lists"]["version"]) == ("REVOKED", None, 2)


def test_rules_apply_where_a_place_is_named(world: World) -> None:
    world.clock.now = AT + timedelta(days=310)  # the dose is more than a year old
    world.publish(changes=Changes())
    text = code()
    assert verify(world, text)["verdict"] == "valid"
    for place in ({"policy": "border"}, {"country": "VN", "policy": "border"}):
        found = verify(world, text, **place)
        assert (found["reason"], found["payload"]) == ("RULE", dcc())
        assert set(found["rules"][0]["description"]) == {"en", "vi"}
    assert verify(world, text, policy="venue")["verdict"] == "valid"
    bulk = world.client.post(BULK_PATH, json={"texts": [text], "policy": "border"}).json()
    assert bulk["answers"][0]["reason"] == "RULE"


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ({"country": "VN"}, "policy-missing"),
        ({"country": "VN", "policy": "cinema"}, "policy-unknown"),
        ({"country": "DE"}, "rules-country"),
        ({"country": "vn", "policy": "border"}, "request-form"),
        ({"policy": "x" * 41}, "request-form"),
        ({"country": 5}, "request-form"),
    ],
)
def test_a_place_without_rules(world: World, place: dict[str, Any], error: str) -> None:
    assert problem(world.client.post(ONE, json={"text": code(), **place})) == (422, error)
    assert problem(world.client.post(BULK_PATH, json={"texts": [code()], **place})) == (422, error)


def test_a_bundle_without_rules(centre: World) -> None:
    centre.publish()
    assert problem(centre.client.post(ONE, json={"text": code(), "country": "VN"})) == (422, "rules-country")


def test_without_a_usable_list_nobody_can_say(centre: World) -> None:
    for _ in range(2):
        found = verify(centre, code(), policy="border")
        assert (found["verdict"], found["reason"]) == ("invalid", "TRUST")
        assert "lists" not in found
    bulk = centre.client.post(BULK_PATH, json={"texts": [code()] * 3})
    assert bulk.status_code == 200
    assert [one["reason"] for one in bulk.json()["answers"]] == ["TRUST"] * 3


def test_old_lists_say_so_and_are_then_refused(centre: World) -> None:
    centre.publish()
    centre.clock.forward(hours=25)
    found = verify(centre, code())
    assert (found["verdict"], found["lists"]["age_hours"], found["lists"]["old"]) == ("valid", 25, True)
    centre.clock.forward(days=7)
    found = verify(centre, code())
    assert found["reason"] == "TRUST"
    assert "list-expired" in found["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"text": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"text": 5}',
        b'{"text": null}',
        b'{"text": [["HC1:"]]}',
        b'{"text": {"a": "HC1:"}}',
        b'{"text": "HC1:", "at": "2022-01-01T00:00:00Z"}',
        b'{"text": "HC1:", "certificates": []}',
        b'{"text": ' + b"9" * 6000 + b"}",
        b'{"text": NaN}',
    ],
    ids=range(14),
)
def test_bodies_that_are_no_request(world: World, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert problem(world.client.post(ONE, content=body, headers=headers)) == (422, "request-form")
    bulk = body.replace(b'"text"', b'"texts"')
    assert problem(world.client.post(BULK_PATH, content=bulk, headers=headers)) == (422, "request-form")


@pytest.mark.parametrize("texts", [[], ["x"] * (MOST_TEXTS + 1), [None], [["x"]], ["x", 5], "x"])
def test_bulk_requests_of_another_form(world: World, texts: Any) -> None:
    assert problem(world.client.post(BULK_PATH, json={"texts": texts})) == (422, "request-form")


@pytest.mark.parametrize(
    "text", ["HC1:" + "A" * 1_000_000, "x" * 1_000_000, "{" * 200_000, "\0", "\u202e" * 9, "<" * 88]
)
def test_any_text_gets_a_verdict(world: World, text: str) -> None:
    assert verify(world, text)["reason"] in {reason.value for reason in CheckReason}


def test_half_a_letter_is_an_answer_too(world: World) -> None:
    body = b'{"text": "HC1:\\ud800"}'
    response = world.client.post(ONE, content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["reason"]) == (200, "B45")


def test_a_body_beyond_the_limit(world: World) -> None:
    large = "x" * world.centre.settings.largest_request
    assert problem(world.client.post(ONE, json={"text": large})) == (413, "request-too-large")


def test_texts_are_limited_by_client_not_requests(make: Any) -> None:
    world: World = make("station", verifications_per_minute=100)
    assert verify(world, "x")["reason"] == "TRUST"
    response = world.client.post(BULK_PATH, json={"texts": ["x"] * 100})
    assert problem(response) == (429, "too-many-requests")
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert problem(world.client.post(ONE, json={"text": "x"}))[0] == 429
    citizen = world.client.post("/v1/citizen/passport", json={"certificate_code": "a", "date_of_birth": "1980"})
    assert citizen.status_code == 404


def test_nothing_of_a_text_or_a_person_is_kept(world: World) -> None:
    secret = "HC1:" + "SECRET" * 20
    with capture_logs() as logs:
        for text in (code(), code(exp=1), secret, "012345678901|SECRET|Nguyen Van Mau"):
            verify(world, text, policy="border")
            world.client.post(BULK_PATH, json={"texts": [text, text]})
        world.client.post(ONE, json={"text": secret, "country": secret})
        world.client.app.state.verdict_counts.write()  # type: ignore[attr-defined]
    with world.engine.connect() as connection:
        kept = " ".join(str(row) for table in metadata.sorted_tables for row in connection.execute(select(table)))
        counts = connection.execute(select(verdict_counts.c.reason, verdict_counts.c.verdicts)).all()
    for place in (json.dumps(logs, ensure_ascii=False), kept):
        for word in ("SECRET", "HC1:", "THI<MAU", "Thị Mẫu", "1990-02-03", "7K3M9PX2QRT4VW", "Nguyen"):
            assert word not in place, word
    assert {row.reason: row.verdicts for row in counts} == {"VALID": 3, "TIME": 3, "ZLIB": 3, "CONTEXT": 3}


def test_the_documents_have_an_example_of_each_kind(world: World) -> None:
    for example in VERDICTS.values():
        VerifyAnswer.model_validate(example)
    BulkAnswer.model_validate(BULK)
    paths = world.client.get("/openapi.json").json()["paths"]
    answers = paths[ONE]["post"]["responses"]["200"]["content"]["application/json"]
    assert set(answers["examples"]) >= {"valid", "invalid", "rule", "revoked"}
    assert answers["schema"]["$ref"].endswith("/VerifyAnswer")
    problems = paths[ONE]["post"]["responses"]["default"]["content"]["application/problem+json"]["examples"]
    assert problems["too-many-requests"]["value"]["status"] == 429


def test_every_answer_has_the_form_of_the_documents(world: World) -> None:
    world.clock.now = AT + timedelta(days=310)
    world.publish(changes=Changes())
    for text in (code(), code(exp=1), "shc:/5676290952432060346029", "x"):
        VerifyAnswer.model_validate(verify(world, text, policy="border"))
        for one in world.client.post(BULK_PATH, json={"texts": [text]}).json()["answers"]:
            Verdict.model_validate(one)


def test_one_rule_that_nobody_can_decide(centre: World) -> None:
    open_rule = rule("VR-XX-0001", {"plusTime": [{"var": "payload.v.0.no"}, 0, "day"]}, CertificateType="Vaccination")
    centre.publish(changes=Changes(entries=(ENTRY,), rules=rule_list.join([[open_rule]])))
    found = verify(centre, code(), country="XX")
    assert found["rules"][0]["result"] == "open"
    VerifyAnswer.model_validate(found)
