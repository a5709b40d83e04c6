from dataclasses import replace
from typing import Any

import pytest

from certificates.errors import IssuanceError
from certificates.login import LoginChallenge, login_message, verify_login
from certificates.signing import Algorithm
from tests.support.softkeys import make_key, soft_key

CENTRE = "https://centre.example"
CHALLENGE = LoginChallenge(challenge_id="C-1", nonce=bytes(range(32)), account="lan.tt")


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_the_token_logs_in(algorithm: Algorithm) -> None:
    key = soft_key(algorithm)
    signature = key.sign(login_message(CHALLENGE, centre=CENTRE, certificate=key.certificate))
    verify_login(CHALLENGE, signature, centre=CENTRE, certificate=key.certificate)


@pytest.mark.parametrize(
    ("change", "centre"),
    [
        ({}, "https://evil.example"),
        ({}, CENTRE + "/"),
        ({"nonce": bytes(32)}, CENTRE),
        ({"account": "minh.nv"}, CENTRE),
        ({"challenge_id": "C-2"}, CENTRE),
    ],
)
def test_a_signature_serves_one_challenge_at_one_centre(change: dict[str, Any], centre: str) -> None:
    key = soft_key("ES256")
    signature = key.sign(login_message(replace(CHALLENGE, **change), centre=centre, certificate=key.certificate))
    with pytest.raises(IssuanceError) as caught:
        verify_login(CHALLENGE, signature, centre=CENTRE, certificate=key.certificate)
    assert caught.value.code == "login-signature"


def test_another_token_does_not_log_in() -> None:
    key = soft_key("ES256")
    signature = make_key("ES256").sign(login_message(CHALLENGE, centre=CENTRE, certificate=key.certificate))
    with pytest.raises(IssuanceError, match="login-signature"):
        verify_login(CHALLENGE, signature, centre=CENTRE, certificate=key.certificate)


@pytest.mark.parametrize("nonce", [b"", bytes(31), bytes(33)])
def test_the_nonce_has_one_size(nonce: bytes) -> None:
    with pytest.raises(IssuanceError) as caught:
        login_message(replace(CHALLENGE, nonce=nonce), centre=CENTRE, certificate=soft_key("ES256").certificate)
    assert caught.value.code == "login-nonce"
