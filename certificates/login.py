"""The log-in of a token at the centre: a signed challenge with a purpose of its own."""

from dataclasses import dataclass
from typing import Final

import cbor2

from certificates import purposes
from certificates.cose import protected_header, sig_structure
from certificates.errors import IssuanceError
from certificates.pki import SigningCertificate, verify_signature

NONCE_SIZE: Final = 32
LOGIN_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginChallenge:
    """Single use, two minutes. ``nonce`` is 32 random bytes of the centre; ``account`` the person at the token."""

    challenge_id: str
    nonce: bytes
    account: str


def login_message(challenge: LoginChallenge, *, centre: str, certificate: SigningCertificate) -> bytes:
    """The Sig_structure that the token signs. ``centre`` is the URL the agent is configured with: a challenge that was
    relayed from another centre gives another message."""
    if len(challenge.nonce) != NONCE_SIZE:
        raise IssuanceError("login-nonce", "the challenge has the wrong size")
    payload = cbor2.dumps([LOGIN_VERSION, challenge.challenge_id, challenge.nonce, challenge.account])
    return sig_structure(protected_header(certificate.algorithm, certificate.kid), payload, purposes.login(centre))


def verify_login(challenge: LoginChallenge, signature: bytes, *, centre: str, certificate: SigningCertificate) -> None:
    """Raises IssuanceError ``login-signature`` unless the token of ``certificate`` signed this for ``centre``."""
    if not verify_signature(certificate, login_message(challenge, centre=centre, certificate=certificate), signature):
        raise IssuanceError("login-signature", "the log-in was not signed by this token for this centre")
