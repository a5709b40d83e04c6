"""The answer about a verdict, and its sentences: readers keep both for ever."""

import hashlib
import json
from typing import Any

import pytest

from certificates.checking import check_text
from certificates.errors import CheckError, CheckReason
from certificates.other_codes import identify
from certificates.rules import RuleSet
from certificates.trust import TrustStore
from certificates.verdicts import SENTENCES, answer
from tests.support.codes import AT, code, dcc
from tests.support.softkeys import soft_key

KEY = soft_key("ES256")
TRUST = TrustStore.of([KEY.certificate_der])
FIELDS = ["verdict", "reason", "detail", "issuer", "kid", "alg", "issued_at", "expires_at", "payload"]
PINNED = "7d1b90e2a9cce776e84f2ad0ee5e7b8f253ec7bb6e641aea343b72b07f1c0909"


def refusal(text: str) -> CheckError:
    with pytest.raises(CheckError) as caught:
        check_text(text, TRUST, AT)
    return caught.value


def test_every_reason_has_its_sentences() -> None:
    assert set(SENTENCES) == set(CheckReason)
    assert all(english and vietnamese and english != vietnamese for english, vietnamese in SENTENCES.values())


def test_the_sentences_never_change() -> None:
    """Whoever adds a reason writes the new digest here; what was said before stays as it was."""
    said = json.dumps({reason.value: SENTENCES[reason] for reason in CheckReason}, ensure_ascii=False)
    assert hashlib.sha256(said.encode()).hexdigest() == PINNED, said


def test_a_valid_certificate() -> None:
    said = answer(check_text(code(), TRUST, AT))
    assert list(said) == FIELDS
    assert said == {
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


@pytest.mark.parametrize(("text", "reason"), [("x", "CONTEXT"), ("HC1:a", "B45"), (code(exp=1), "TIME")])
def test_an_invalid_one_tells_nothing_of_a_person(text: str, reason: str) -> None:
    said = answer(refusal(text))
    assert list(said) == FIELDS
    assert (said["verdict"], said["reason"]) == ("invalid", reason)
    assert said["detail"]
    assert [said[field] for field in FIELDS[3:]] == [None] * 6


def test_another_systems_code_is_named() -> None:
    text = "shc:/5676290952432060346029243740446031222959"
    kind = identify(text)
    assert kind is not None
    assert answer(refusal(text))["other_code"] == kind.value


def test_rules_that_are_not_met_stand_beside_the_certificate() -> None:
    checked, rules = check_text(code(), TRUST, AT), RuleSet.default()
    with pytest.raises(CheckError) as caught:
        rules.check(checked, AT.replace(year=2023), country="VN", policy="border")
    said: dict[str, Any] = answer(caught.value)
    assert list(said) == [*FIELDS, "rules"]
    assert (said["reason"], said["payload"]) == ("RULE", dcc())
    assert {one["result"] for one in said["rules"]} <= {"failed", "open"}
    assert set(said["rules"][0]["description"]) == {"en", "vi"}
