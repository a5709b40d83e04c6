import base64
import datetime as dt
import io
import json
import tracemalloc
from typing import Any

import pytest

from certificates.grounds import Grounds
from certificates.trust import TrustStore
from tests.support.codes import AT, code, dcc, with_certificate
from tests.support.fixtures import read_jsonl
from tests.support.softkeys import soft_key
from vaxseal.batch import MAX_LINE, check_lines

KEY = soft_key("ES256")
TRUST = TrustStore.of([KEY.certificate_der])
DSC = base64.b64encode(KEY.certificate_der).decode()
FIELDS = ["id", "verdict", "reason", "detail", "issuer", "kid", "alg", "issued_at", "expires_at", "payload"]


def answers(*lines: Any, trust: TrustStore | None = TRUST, at: dt.datetime | None = AT) -> list[dict[str, Any]]:
    data = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    return list(check_lines(io.BytesIO(data), Grounds(trust=trust or TrustStore.of(())), at))


def reason(line: Any, **changes: Any) -> str | None:
    (answer,) = answers(line, **changes)
    assert (answer["verdict"] == "valid") is (answer["reason"] is None)
    found: str | None = answer["reason"]
    return found


def test_an_answer_has_every_field_in_order() -> None:
    valid, invalid = answers({"id": "a", "text": code()}, {"id": 2, "text": "x"})
    assert list(valid) == list(invalid) == FIELDS
    assert valid == {
        "id": "a",
        "verdict": "valid",
        "reason": None,
        "detail": None,
        "issuer": "VN",
        "kid": KEY.certificate.kid.hex(),
        "alg": "ES256",
        "issued_at": "2022-05-01T00:00:00Z",
        "expires_at": "2023-05-01T00:00:00Z",
        "payload": dcc(),
    }
    assert (invalid["id"], invalid["verdict"], invalid["reason"]) == (2, "invalid", "CONTEXT")
    assert invalid["detail"]
    assert [invalid[field] for field in FIELDS[4:]] == [None] * 6


def test_a_lines_certificates_replace_the_trust() -> None:
    assert reason({"id": 1, "text": code(), "certificates": [DSC]}, trust=None) is None
    assert reason({"id": 1, "text": code(), "certificates": []}) == "KID"
    assert reason({"id": 1, "text": code(), "certificates": None}) is None
    assert reason({"id": 1, "text": code()}, trust=None) == "KID"


def test_a_lines_time_replaces_the_other() -> None:
    assert reason({"id": 1, "text": code(), "at": "2024-01-01T00:00:00Z"}) == "TIME"
    assert reason({"id": 1, "text": code(), "at": None}) is None
    assert reason({"id": 1, "text": code(), "at": "2022-06-01T00:00:00"}) is None  # UTC is meant
    assert reason({"id": 1, "text": code()}, at=None) == "TIME"  # now


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"no\n",
        b'{"id": "a", "text": "x"\n',
        b"\xff\n",
        b"[]\n",
        b"null\n",
        b'"text"\n',
        {"text": "HC1:"},
        {"id": None, "text": "HC1:"},
        {"id": True, "text": "HC1:"},
        {"id": ["a"], "text": "HC1:"},
        b"[" * 200_000 + b"\n",
        b'{"id": ' + b"9" * 5000 + b', "text": "x"}\n',
        b'{"id": 1, "text": "' + b"x" * MAX_LINE + b'"}\n',
        b"x" * MAX_LINE * 3 + b"\n",
    ],
    ids=range(15),
)
def test_a_line_that_cannot_be_read(line: Any) -> None:
    before, answer, after = answers({"id": 1, "text": code()}, line, {"id": 2, "text": code()})
    assert (before["id"], before["verdict"]) == (1, "valid")
    assert (answer["id"], answer["verdict"], answer["reason"]) == (None, "invalid", "CONTEXT")
    assert (after["id"], after["verdict"]) == (2, "valid")


@pytest.mark.parametrize(
    "changes",
    [
        {"text": None},
        {"text": 5},
        {"text": ["HC1:"]},
        {"at": "yesterday"},
        {"at": "2022-06-01"},
        {"at": 1654041600},
        {"at": "9999-12-31T23:59:59-10:00"},
        {"certificates": DSC},
        {"certificates": {"a": DSC}},
        {"certificates": [5]},
        {"certificates": [[DSC]]},
        {"certificates": ["no base64"]},
        {"certificates": [DSC + "\n"]},
        {"certificates": ["QUJD"]},
        {"certificates": ["Đ"]},
    ],
)
def test_a_line_with_a_wrong_part_answers_its_id(changes: dict[str, Any]) -> None:
    (answer,) = answers({"id": "a", "text": code(), **changes})
    assert (answer["id"], answer["reason"]) == ("a", "CONTEXT")


def test_a_last_line_needs_no_line_end() -> None:
    assert [answer["id"] for answer in answers({"id": 1, "text": ""}, b'{"id": 2, "text": ""}')] == [1, 2]


def test_memory_stays_flat_whatever_certificates_come() -> None:
    padded = [base64.b64encode(with_certificate(KEY).certificate_der).decode() for _ in range(10)]
    lines = [{"id": turn, "text": code(), "certificates": [DSC, *padded * 400, *padded[:turn]]} for turn in range(9)]
    tracemalloc.start()
    try:
        assert {answer["verdict"] for answer in answers(lines[0])} == {"valid"}
        before, _ = tracemalloc.get_traced_memory()
        for line in lines[1:]:
            answers(line)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 2_000_000


def test_answers_come_one_by_one() -> None:
    class Endless(io.RawIOBase):
        def readline(self, size: int | None = -1, /) -> bytes:
            return b'{"id": 1, "text": ""}\n'

    lines = check_lines(Endless(), Grounds(trust=TrustStore.of(())), None)  # type: ignore[arg-type]
    assert [next(lines)["id"] for _ in range(3)] == [1, 1, 1]


def test_every_answer_is_json() -> None:
    for answer in answers({"id": "\ud800", "text": "\ud800"}, {"id": "Đ", "text": code()}):
        json.loads(json.dumps(answer, allow_nan=False))


def test_published_verdicts() -> None:
    rows = [row for row in read_jsonl("eu-dgc-testdata/cases.jsonl") if row["verdict_from"] == "published"]
    lines = [
        {"id": row["id"], "text": row["prefix"], "certificates": [row["certificate"]], "at": row["clock_used"]}
        for row in rows
    ]
    given = answers(*lines, trust=None, at=None)
    assert [(answer["id"], answer["reason"]) for answer in given] == [(row["id"], row["reason"]) for row in rows]
