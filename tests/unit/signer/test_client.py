"""The client against a centre that is slow, broken, or hostile. The transport is httpx2's own, in this process."""

import base64
import gzip
import json
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from certificates.jobs import JobResult, SignedJob
from certificates.login import LoginChallenge
from signer import client as client_module
from signer.client import CentreClient
from signer.errors import AgentError, CentreRefusedError

NONCE = base64.b64encode(bytes(32)).decode()
LOGIN = {
    "token": "t0k",
    "unit": "HN-001",
    "task": "confirm",
    "mode": "two-tier",
    "expires_at": "2022-06-15T11:00:00Z",
    "signs_until": "2023-06-15T00:00:00Z",
}
LEASE = {"lease_id": "L1", "deadline": "2022-06-15T05:00:00Z", "jobs": [{"job_id": "J1"}], "waiting": 7}
ACCEPTED = {"job_id": "J1", "outcome": "accepted", "reason": None, "state": "confirmed"}
SIGNED = SignedJob(job_id="J1", signature=b"s")

WRONG_FIELDS: list[dict[str, Any]] = [
    {"jobs": None},
    {"jobs": ["x"]},
    {"jobs": [{}, {}]},
    {"jobs": {}},
    {"waiting": -1},
    {"waiting": True},
    {"waiting": "1"},
    {"lease_id": ""},
    {"lease_id": 7},
    {"deadline": "soon"},
    {"deadline": "2022-06-15T05:00:00"},
]

Handler = Callable[[httpx2.Request], httpx2.Response]


def client_of(handler: Handler, centre: str = "https://centre.example.vn") -> CentreClient:
    return CentreClient(centre, transport=httpx2.MockTransport(handler), pauses=(0.0, 0.0))


def answering(*answers: httpx2.Response | Exception) -> tuple[CentreClient, list[httpx2.Request]]:
    """A client whose centre gives these answers in turn; what it asked is noted."""
    asked: list[httpx2.Request] = []
    left = list(answers)

    def handler(request: httpx2.Request) -> httpx2.Response:
        request.read()
        asked.append(request)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return client_of(handler), asked


def ok(body: Any) -> httpx2.Response:
    return httpx2.Response(200, json=body)


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(AgentError) as error:
        call()
    assert error.value.sentence[0].isupper()
    assert error.value.sentence.endswith(".")
    return error.value.code


@pytest.mark.parametrize(
    ("centre", "code"),
    [
        ("http://centre.example.vn", "centre-insecure"),
        ("centre.example.vn", "centre-url"),
        ("ftp://centre.example.vn", "centre-url"),
        ("https://", "centre-url"),
        ("https://[::1", "centre-url"),
        ("https://centre.example.vn:99999", "centre-url"),
        ("https://centre.example.vn:x", "centre-url"),
        ("https://user:word@centre.example.vn", "centre-url"),
        ("https://centre.example.vn/?next=x", "centre-url"),
        ("https://centre.example.vn/#x", "centre-url"),
    ],
)
def test_only_a_safe_address_is_taken(centre: str, code: str) -> None:
    assert code_of(lambda: CentreClient(centre)) == code


def test_plain_http_is_taken_on_this_machine() -> None:
    for centre in ("http://127.0.0.1:8080/", "http://localhost:1", "http://[::1]:1"):
        with CentreClient(centre) as client:
            assert client.centre == centre.rstrip("/")


def test_the_challenge_names_the_account_that_was_asked_for() -> None:
    client, asked = answering(ok({"challenge_id": "c", "nonce": NONCE, "expires_at": "x", "account": "other"}))
    challenge = client.challenge(b"f" * 32, "lan")
    assert (challenge.challenge_id, challenge.nonce, challenge.account) == ("c", bytes(32), "lan")
    assert json.loads(asked[0].content) == {"fingerprint": base64.b64encode(b"f" * 32).decode(), "account": "lan"}


def test_the_session_is_carried_and_forgotten() -> None:
    client, asked = answering(ok({"challenge_id": "c", "nonce": NONCE}), ok(LOGIN), ok(LEASE))
    session = client.log_in(client.challenge(b"f" * 32, "lan"), b"sig")
    assert (session.unit, session.task, session.mode) == ("HN-001", "confirm", "two-tier")
    assert "t0k" not in repr(session)
    lease = client.lease("layout-1", 5)
    assert (lease.lease_id, len(lease.jobs), lease.waiting) == ("L1", 1, 7)
    assert [request.headers.get("Authorization") for request in asked] == [None, None, "Bearer t0k"]
    assert json.loads(asked[2].content) == {"layout": "layout-1", "limit": 5}


def test_a_lease_and_a_log_in_are_asked_for_once() -> None:
    for fault in (httpx2.ConnectError("x"), httpx2.ReadTimeout("x"), httpx2.Response(503)):
        client, asked = answering(fault)
        code_of(lambda client=client: client.lease("layout", 1))  # type: ignore[misc]
        assert len(asked) == 1
    client, asked = answering(ok({"challenge_id": "c", "nonce": NONCE}), httpx2.ReadError("x"))
    challenge = client.challenge(b"f" * 32, "lan")
    assert code_of(lambda: client.log_in(challenge, b"s")) == "centre-unreachable"
    assert len(asked) == 2


def test_a_submission_is_repeated_until_it_is_answered() -> None:
    client, asked = answering(httpx2.ReadTimeout("x"), httpx2.Response(503), ok({"results": [ACCEPTED]}))
    results = client.submit("L1", [SIGNED], [])
    assert results == (JobResult(job_id="J1", outcome="accepted", reason=None, state="confirmed"),)
    assert len({request.content for request in asked}) == 1
    assert len(asked) == 3


def test_repetition_ends() -> None:
    client, asked = answering(*[httpx2.ConnectError("x")] * 3)
    assert code_of(lambda: client.submit("L1", [SIGNED], [])) == "centre-unreachable"
    assert len(asked) == 3


def test_a_clear_refusal_is_not_repeated() -> None:
    client, asked = answering(httpx2.Response(422, json={"type": "urn:vaxseal:problem:job-form"}))
    assert code_of(lambda: client.submit("L1", [SIGNED], [])) == "job-form"
    assert len(asked) == 1


def test_too_slow_is_told_from_not_there() -> None:
    client, _ = answering(httpx2.ReadTimeout("x"))
    assert code_of(lambda: client.lease("layout", 1)) == "centre-timeout"
    client, _ = answering(httpx2.ConnectError("x"))
    assert code_of(lambda: client.lease("layout", 1)) == "centre-unreachable"


@pytest.mark.parametrize(
    ("problem", "code", "sentence"),
    [
        (
            {"type": "urn:vaxseal:problem:layout", "title": "Another layout", "detail": "Update the program."},
            "layout",
            "Another layout: Update the program.",
        ),
        ({"type": "https://x/problems/no-task", "detail": "nothing to sign"}, "no-task", "Nothing to sign."),
        ({"type": "about:blank", "title": "Teapot"}, "centre-status-418", "Teapot."),
        ({}, "centre-status-418", "The centre refused with status 418."),
        ([], "centre-status-418", "The centre refused with status 418."),
        ({"type": 7, "title": 7}, "centre-status-418", "The centre refused with status 418."),
        ({"type": "x", "detail": "a\x1b[31mred\nline"}, "x", "A[31mredline."),
    ],
)
def test_a_problem_is_said_in_words(problem: Any, code: str, sentence: str) -> None:
    client, _ = answering(httpx2.Response(418, json=problem))
    with pytest.raises(CentreRefusedError) as error:
        client.lease("layout", 1)
    assert (error.value.code, error.value.sentence, error.value.status) == (code, sentence, 418)


@pytest.mark.parametrize(
    "response",
    [
        httpx2.Response(200, content=b"<html>"),
        httpx2.Response(200, content=b"[]"),
        httpx2.Response(200, content=b"{}"),
        httpx2.Response(200, content=b'{"a":' * 100_000),
        httpx2.Response(200, content=b"\xff"),
        httpx2.Response(200, content=gzip.compress(json.dumps(LEASE).encode()), headers={"Content-Encoding": "gzip"}),
        *(httpx2.Response(200, json={**LEASE, **change}) for change in WRONG_FIELDS),
    ],
)
def test_a_malformed_lease_is_refused(response: httpx2.Response) -> None:
    client, _ = answering(response)
    assert code_of(lambda: client.lease("layout", 1)) == "centre-answer"


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_ANSWER", 1000)
    client, _ = answering(ok({**LEASE, "padding": "x" * 2000}))
    assert code_of(lambda: client.lease("layout", 1)) == "centre-answer"


@pytest.mark.parametrize(
    "results",
    [
        None,
        [],
        [ACCEPTED, ACCEPTED],
        [{**ACCEPTED, "job_id": "J2"}],
        [{**ACCEPTED, "outcome": "fine"}],
        [{**ACCEPTED, "reason": 7}],
        [{"job_id": "J1"}],
        ["J1"],
    ],
)
def test_a_receipt_must_name_exactly_what_was_sent(results: Any) -> None:
    client, _ = answering(ok({"results": results}))
    assert code_of(lambda: client.submit("L1", [SIGNED], [])) == "centre-answer"


@pytest.mark.parametrize(
    "change",
    [
        {"task": "sign"},
        {"mode": "x"},
        {"token": ""},
        {"token": "é"},
        {"unit": None},
        {"expires_at": 7},
        {"signs_until": "?"},
    ],
)
def test_a_malformed_session_is_refused(change: dict[str, Any]) -> None:
    client, _ = answering(ok({"challenge_id": "c", "nonce": NONCE}), ok({**LOGIN, **change}))
    challenge = client.challenge(b"f" * 32, "lan")
    assert code_of(lambda: client.log_in(challenge, b"s")) == "centre-answer"


def test_a_redirection_is_not_followed() -> None:
    client, asked = answering(httpx2.Response(307, headers={"Location": "https://elsewhere.example"}))
    assert code_of(lambda: client.lease("layout", 1)) == "centre-status-307"
    assert len(asked) == 1


@pytest.mark.parametrize("text", ["\x1b[2J", "\u202e", "two\nlines", "x" * 501, "\ud800"])
def test_what_the_centre_says_is_short_and_plain(text: str) -> None:
    """It is shown on a terminal, and a bearer stands in a header."""
    for name in ("unit", "token"):
        assert code_of(lambda name=name: log_in_with({name: text})) == "centre-answer"  # type: ignore[misc]
    client, _ = answering(ascii_of({**LEASE, "lease_id": text}))
    assert code_of(lambda: client.lease("layout", 1)) == "centre-answer"
    client, _ = answering(ascii_of({"results": [{**ACCEPTED, "reason": text}]}))
    assert code_of(lambda: client.submit("L1", [SIGNED], [])) == "centre-answer"


def test_an_answer_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time; all of them never would."""
    monkeypatch.setattr(client_module, "LONGEST_ANSWER", 0.05)

    def drops() -> Any:
        while True:
            time.sleep(0.01)
            yield b" "

    client, _ = answering(httpx2.Response(200, content=drops()))
    assert code_of(lambda: client.lease("layout", 1)) == "centre-timeout"


def log_in_with(change: dict[str, Any]) -> Any:
    client, _ = answering(ascii_of({**LOGIN, **change}))
    return client.log_in(LoginChallenge(challenge_id="c", nonce=bytes(32), account="lan"), b"s")


def ascii_of(body: Any) -> httpx2.Response:
    """With \\u escapes: JSON can name what UTF-8 cannot."""
    return httpx2.Response(200, content=json.dumps(body))


WAITING: dict[str, Any] = {
    "record_id": "R1",
    "initials": "N.T.H.",
    "birth_year": "1980",
    "since": "2022-06-15T05:00:00Z",
    "state": "incomplete",
    "reason": "lot-missing",
    "why": {"vi": "Thiếu số lô.", "en": "The lot number is missing."},
    "next": {"vi": "Bổ sung.", "en": "Complete it."},
}


def test_what_is_not_ready_is_read_with_its_words_in_both_languages() -> None:
    client, asked = answering(httpx2.Response(503), httpx2.Response(200, json={"records": [WAITING], "total": 4}))
    found = client.not_ready()
    assert (found.total, found.records[0].why["vi"], found.records[0].reason) == (4, "Thiếu số lô.", "lot-missing")
    assert [request.url.path for request in asked] == ["/v1/stations/not-ready"] * 2
    assert "1980" not in repr(found)


@pytest.mark.parametrize(
    "answer",
    [
        {"records": [WAITING], "total": 0},
        {"records": [WAITING], "total": "4"},
        {"records": [{**WAITING, "why": {"vi": "x"}}], "total": 1},
        {"records": [{**WAITING, "why": "x"}], "total": 1},
        {"records": [{**WAITING, "since": "soon"}], "total": 1},
        {"records": [{**WAITING, "initials": "x\n"}], "total": 1},
        {"records": "x", "total": 1},
        {"total": 1},
    ],
)
def test_a_list_of_the_wrong_form_is_refused(answer: dict[str, Any]) -> None:
    client, _ = answering(httpx2.Response(200, json=answer))
    with pytest.raises(AgentError) as error:
        client.not_ready()
    assert error.value.code == "centre-answer"


def problem(code: str, retry_after: str | None = None, status: int = 503) -> httpx2.Response:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return httpx2.Response(status, json={"type": f"urn:vaxseal:problem:{code}"}, headers=headers)


def waiting(*answers: httpx2.Response) -> tuple[CentreClient, list[float]]:
    """A client whose waiting takes no time, and how long it would have waited."""
    left, waits = list(answers), list[float]()
    transport = httpx2.MockTransport(lambda _request: left.pop(0))
    return CentreClient("https://centre.example.vn", transport=transport, sleep=waits.append), waits


def test_a_busy_centre_is_asked_again_when_it_says_and_never_by_all_at_once() -> None:
    client, waits = waiting(problem("busy", "3"), problem("busy", "10"), problem("busy", "0"), ok(LEASE))
    assert client.lease("layout", 5).lease_id == "L1"
    assert all(asked <= wait <= 1.5 * asked for wait, asked in zip(waits, (3, 10, 1), strict=True))
    others = [waiting(problem("busy", "3"), ok(LEASE)) for _ in range(5)]
    for other, _ in others:
        other.lease("layout", 5)
    assert len({wait for _, waits in others for wait in waits}) == 5


def test_who_would_wait_for_too_long_is_told_so() -> None:
    client, waits = waiting(*[problem("busy", "50")] * 3)
    with pytest.raises(CentreRefusedError) as refused:
        client.lease("layout", 5)
    assert (refused.value.code, refused.value.retry_after) == ("busy", 50)
    assert sum(waits) <= client_module.PATIENCE


@pytest.mark.parametrize(
    ("answer", "retry_after"),
    [
        (problem("quota-unit", "50000", 429), 50_000),  # not waited for: work goes on tomorrow
        (problem("quota-unit", "99999999", 429), None),
        (problem("unavailable", "5"), 5),  # nobody knows how far the lease came
        (problem("unavailable", "Tue, 15 Nov 2022 12:45:26 GMT"), None),
        (problem("unavailable", "-1"), None),
    ],
)
def test_a_lease_is_asked_for_again_only_where_it_was_not_begun(
    answer: httpx2.Response, retry_after: int | None
) -> None:
    client, waits = waiting(answer)
    with pytest.raises(CentreRefusedError) as refused:
        client.lease("layout", 5)
    assert (refused.value.retry_after, waits) == (retry_after, [])


def test_a_submission_is_sent_again_when_the_centre_says() -> None:
    client, waits = waiting(problem("unavailable", "5"), problem("busy", "5"), ok({"results": [ACCEPTED]}))
    assert len(client.submit("L1", [SIGNED], [])) == 1
    assert [5 <= wait <= 7.5 for wait in waits] == [True, True]
