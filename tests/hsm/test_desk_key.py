"""The desk's key on a real token: open for one batch, shut in between."""

import pytest

from certificates.pki import SigningCertificate, verify_signature
from hsm.errors import TokenRemoved
from signer.desk.key import DeskKey
from signer.desk.presence import PluggedIn
from signer.errors import AgentError
from tests.support.softhsm import GoldenTokens


def test_the_key_signs_only_while_a_batch_has_opened_it(golden_tokens: GoldenTokens) -> None:
    token = golden_tokens.ec
    there = PluggedIn(module=token.module, serial=token.serial, label=token.label, pin="good")
    asked: list[str] = []

    def pin() -> str:
        asked.append("asked")
        return token.pin

    key = DeskKey(there, pin, last_try=False, choose=lambda stored: (token.certificate_der, b"other"))
    certificate = SigningCertificate.from_der(key.certificate_der)
    assert (key.algorithm, certificate.algorithm) == ("ES256", "ES256")
    assert verify_signature(certificate, b"log-in", key.sign(b"log-in"))
    assert key.others == (b"other",)
    key.shut()
    with pytest.raises(AgentError) as error:
        key.sign(b"nothing")
    assert error.value.code == "session-ended"
    with pytest.raises(TokenRemoved):
        key.reopen()
    with key.unlocked(pin, last_try=False):
        assert verify_signature(certificate, b"one", key.sign(b"one"))
        key.reopen()
        (signature,) = key.sign_many([b"two"])
        assert verify_signature(certificate, b"two", signature)
    assert len(asked) == 2  # log-in and batch; the reopening had the batch's own
    with pytest.raises(AgentError):
        key.sign(b"nothing")
    assert token.pin not in repr(key)
