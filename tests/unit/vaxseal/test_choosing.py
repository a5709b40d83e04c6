"""Which of a key's certificates comes first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from certificates.profiles import EKU_VACCINATION
from signer.errors import AgentError
from tests.support.softkeys import soft_key
from vaxseal.choosing import KeyUnder, in_order, log_in_with

AT = datetime(2022, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KEY, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))


def certificate(
    *, passports: bool = False, ca: bool = False, begins: datetime = AT - DAY, key: ec.EllipticCurvePrivateKey = KEY
) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Trạm")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + 30 * DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if passports:
        usage = x509.ExtendedKeyUsage([ObjectIdentifier(EKU_VACCINATION)])
        builder = builder.add_extension(usage, critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


BOUGHT, DSC, NEWER = certificate(), certificate(passports=True), certificate(passports=True, begins=AT - DAY / 2)
ENDED, LATER = certificate(begins=AT - 90 * DAY), certificate(begins=AT + DAY)


def test_the_likely_one_comes_first() -> None:
    stored = [b"no certificate", certificate(ca=True, key=OTHER), BOUGHT, ENDED, DSC, LATER, NEWER]
    assert in_order(stored, task="issue", at=AT) == (NEWER, DSC, BOUGHT)
    assert in_order(stored, task="confirm", at=AT) == (BOUGHT, NEWER, DSC)


def test_two_keys_are_the_persons_choice() -> None:
    assert in_order([BOUGHT, certificate(key=OTHER)], task="confirm", at=AT) == ()
    assert in_order([], task="confirm", at=AT) == ()


class Agent:
    """Logs in with one certificate only."""

    def __init__(self, key: object, known: bytes, code: str) -> None:
        self.key, self._known, self._code = key, known, code

    def log_in(self) -> str:
        if self.key.certificate_der != self._known:  # type: ignore[attr-defined]
            raise AgentError(self._code, f"{self._code}.")
        return "session"


def test_the_next_one_tries_when_the_centre_refuses() -> None:
    key = soft_key("ES256")

    def log_in(known: bytes, code: str = "login-refused") -> Any:
        return log_in_with(key, [DSC, BOUGHT], lambda under: Agent(under, known, code))  # type: ignore[arg-type, return-value]

    agent, session = log_in(BOUGHT)
    assert session == "session"
    assert isinstance(agent.key, KeyUnder)
    assert (agent.key.algorithm, agent.key.certificate_der) == ("ES256", BOUGHT)
    assert len(agent.key.sign(b"x")) == 64
    assert log_in(key.certificate_der)[0].key is key
    for known, code in ((b"none", "login-refused"), (BOUGHT, "centre-unreachable")):
        with pytest.raises(AgentError) as caught:
            log_in(known, code)
        assert caught.value.code == code
