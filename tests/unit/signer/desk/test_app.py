"""The page's routes behind their door, by HTTP."""

import json
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from signer.desk import app as app_module
from signer.desk.app import create_desk, page_files
from signer.desk.guard import Pairing
from signer.errors import AgentError
from tests.support.scripted import PASSWORD
from tests.support.sitting import TOKEN, ScriptedKey, SittingAt

ORIGIN = "http://127.0.0.1:4321"
PIN = "canary-3141"


class Page:
    """What the page does: pairs, and sends JSON."""

    def __init__(self, at: SittingAt) -> None:
        self.pairing = Pairing()
        door = create_desk(
            at.sitting,
            at.board,
            at.settings,
            origin=ORIGIN,
            pairing=self.pairing,
            report=lambda: {"findings": []},
        )
        self.client = TestClient(door, base_url=ORIGIN, raise_server_exceptions=False)
        self.secret = ""
        self.secret = self.ask("/api/pair", code=self.pairing.new_code()).json()["secret"]

    def ask(self, path: str, **body: Any) -> httpx2.Response:
        headers = {"Origin": ORIGIN, "Content-Type": "application/json", "X-Vaxseal-Desk": self.secret}
        response: httpx2.Response = self.client.post(path, content=json.dumps(body), headers=headers)
        return response

    def refusal(self, path: str, **body: Any) -> tuple[int, str]:
        response = self.ask(path, **body)
        return response.status_code, response.json()["error"]


@pytest.fixture
def page(at: SittingAt) -> Page:
    return Page(at)


def test_a_person_is_proven_by_http_and_nothing_of_it_is_said_back(at: SittingAt, page: Page) -> None:
    from signer.desk.presence import Present

    at.centre.wants_person = True
    at.sitting.see(Present(tokens=(TOKEN,)))
    for wrong in ({"account": "a b"}, {"password": ""}, {"code": "1" * 13}, {"more": "x"}):
        person = {"account": "hoa", "password": "canary-pass", "code": "271 828"} | wrong
        answer = page.ask("/api/log-in", pin=PIN, person=person)
        assert (answer.status_code, answer.json()) == (422, {"error": "request-form"})
    person = {"account": "HOA", "password": PASSWORD, "code": " 271 828 "}
    assert page.ask("/api/log-in", pin=ScriptedKey.pin, person=person).status_code == 200
    at.idle()
    news = page.ask("/api/news", after=0)
    assert (news.json()["account"], news.json()["asks"], news.json()["stage"]) == ("hoa", False, "list")
    assert not any(secret in news.text for secret in (PASSWORD, "271", "shift-1"))


def test_the_whole_way_by_http(at: SittingAt, page: Page) -> None:
    from signer.desk.presence import Present

    at.sitting.see(Present(tokens=(TOKEN,)))
    assert page.ask("/api/log-in", pin=ScriptedKey.pin).status_code == 200
    at.idle()
    news = page.ask("/api/news", after=0).json()
    assert (news["stage"], news["batch"]["records"], news["token"]["label"]) == ("list", 4, "Trạm Y tế")
    batch = page.ask("/api/batch").json()
    assert batch["jobs"][0].keys() == {
        *("job_id", "digest", "surname", "given_name", "date_of_birth", "dose", "given_on", "product"),
        *("certificate_code", "expires_on", "oddities"),
    }
    jobs = [{"job_id": job["job_id"], "digest": job["digest"]} for job in batch["jobs"]]
    wrong = [{**jobs[0], "digest": "00" * 32}, *jobs[1:]]
    assert page.refusal("/api/sign", pin=ScriptedKey.pin, batch=batch["number"], jobs=wrong) == (
        409,
        "approval-differs",
    )
    assert page.ask("/api/sign", pin=ScriptedKey.pin, batch=batch["number"], jobs=jobs).status_code == 200
    at.idle()
    news = page.ask("/api/news", after=news["number"]).json()
    assert (news["stage"], news["receipt"]["signed"]) == ("receipt", 4)
    assert page.ask("/api/history").json()["receipts"][0]["signed"] == 4
    assert page.ask("/api/take").status_code == 200
    at.idle()
    assert page.ask("/api/batch").json()["jobs"] == []
    assert page.ask("/api/log-out").status_code == 200
    assert page.ask("/api/report").json() == {"findings": []}


def test_what_is_malformed_is_not_said_back(page: Page) -> None:
    for path, body in (
        ("/api/log-in", {"pin": PIN, "more": 1}),
        ("/api/log-in", {"pin": [PIN]}),
        ("/api/log-in", {"pin": PIN * 20}),
        ("/api/sign", {"pin": PIN, "batch": 1, "jobs": [{"job_id": PIN}]}),
        ("/api/sign", {"pin": PIN, "batch": 1, "jobs": [{"job_id": "../x", "digest": "00" * 32}]}),
        ("/api/pair", {"code": PIN * 20}),
    ):
        response = page.ask(path, **body)
        assert (response.status_code, response.json()) == (422, {"error": "request-form"})
        assert PIN not in response.text


def test_what_cannot_be_now_is_refused_by_its_code(page: Page) -> None:
    assert page.refusal("/api/log-in", pin=PIN) == (409, "token-none")
    assert page.refusal("/api/take") == (409, "not-now")
    assert page.refusal("/api/put-back") == (409, "not-now")
    assert page.refusal("/api/stop") == (409, "not-now")
    assert page.refusal("/api/pause", paused=True) == (409, "not-now")
    assert page.refusal("/api/not-ready") == (409, "not-now")
    assert page.refusal("/api/pair", code="guess") == (409, "code-used")
    assert page.refusal("/api/nothing") == (404, "path")


def test_an_error_of_the_centre_comes_in_both_languages(
    at: SittingAt, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise AgentError("centre-timeout", "The centre did not answer in time.")

    monkeypatch.setattr(at.sitting, "not_ready", fail)
    response = page.ask("/api/not-ready")
    assert response.status_code == 502
    assert response.json() == {
        "error": "centre-timeout",
        "en": "The centre did not answer in time.",
        "vi": "vi centre-timeout",
    }
    monkeypatch.setattr(at.sitting, "not_ready", lambda: 1 / 0)
    response = page.ask("/api/not-ready")
    assert (response.status_code, response.json()) == (500, {"error": "desk-fault"})


def test_news_waits_for_a_change_and_no_longer_than_it_may(
    at: SittingAt, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "LONGEST_WAIT", 0.2)
    number = at.board.number
    assert page.ask("/api/news", after=number).json()["number"] == number
    monkeypatch.setattr(app_module, "LONGEST_WAIT", 60.0)
    at.board.end()
    assert page.ask("/api/news", after=number).json()["number"] == number


def test_a_pin_is_given_once(at: SittingAt) -> None:
    from pydantic import SecretStr

    give = app_module._once(SecretStr(PIN))
    assert give() == PIN
    with pytest.raises(AgentError) as error:
        give()
    assert error.value.code == "pin-again"
    assert PIN not in repr(app_module.PinRequest(pin=SecretStr(PIN)))


def test_the_files_are_the_pages_own(page: Page) -> None:
    assert {"/", "/desk.css", "/desk.js", "/words.json"} <= page_files().keys()
    for path in page_files():
        response = page.client.get(path)
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
