"""What a token shows only after its PIN: the private keys."""

from dataclasses import dataclass
from pathlib import Path

from hsm.errors import TokenError
from hsm.matching import CertificateFacts, match_certificate
from hsm.objects import PrivateKeyObject, private_keys_on
from hsm.pins import PinCallback, log_in
from hsm.sessions import load
from hsm.tokens import StoredCertificate, TokenSelector, certificates_on, find_token


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """A private key that signs.

    Attributes:
        id: CKA_ID.
        bits: of the key; None where the token does not show its public key.
        always_authenticate: the token wants its PIN for each signature.
        fingerprints: SHA-256 of each certificate on the token that is this key's.
    """

    id: bytes
    label: str
    is_rsa: bool
    bits: int | None
    always_authenticate: bool
    fingerprints: frozenset[bytes]


def keys_inside(
    module: Path, selector: TokenSelector, pin: PinCallback, *, allow_final_try: bool = False
) -> tuple[KeyFacts, ...]:
    """Log in with one try of the PIN, and describe the keys. Nothing is signed. Raises as `hsm.pins.log_in`, and
    KeyUnsuitable when all keys are of a kind that signs nothing here."""
    loaded = load(module)
    session = log_in(loaded, find_token(loaded, selector), pin, allow_final_try=allow_final_try)
    try:
        stored = certificates_on(session)
        return tuple(_facts(key, stored) for key in private_keys_on(session))
    finally:
        session.close()


def _facts(key: PrivateKeyObject, stored: tuple[StoredCertificate, ...]) -> KeyFacts:
    return KeyFacts(
        id=key.id,
        label=key.label,
        is_rsa=key.is_rsa,
        bits=key.public.bits if key.public else None,
        always_authenticate=key.always_authenticate,
        fingerprints=frozenset(one.fingerprint for one in stored if _belongs(key, one)),
    )


def _belongs(key: PrivateKeyObject, stored: StoredCertificate) -> bool:
    try:
        match_certificate((key,), CertificateFacts.of(stored.der, key_id=stored.id))
    except TokenError:
        return False
    return True
