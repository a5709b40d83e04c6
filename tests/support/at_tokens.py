"""What tests do with a token in a process of its own (`tests.support.apart`): each function can be pickled."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from certificates.profiles import Subject, issue_csca
from hsm.keys import TokenKey, open_bare_key, open_key
from hsm.objects import private_keys_on
from hsm.pins import log_in
from hsm.provisioning import KeyKind, generate_key, store_certificate
from hsm.sessions import load
from hsm.tokens import TokenInfo, TokenSelector, find_token

Signed = tuple[str, str, bytes]  # algorithm, mechanism, signature

_held: dict[str, TokenKey] = {}


def make_signer(module: Path, selector: TokenSelector, pin: str, kind: KeyKind) -> bytes:
    """A new key on the token with a certificate of its own; returns its DER."""
    made = generate_key(module, selector, lambda: pin, kind)
    with open_bare_key(module, selector, lambda: pin, key_id=made.id) as key:
        der = issue_csca(
            key,
            public_key_der=key.public_key_der,
            subject=Subject(common_name="Trạm", organisation="Trạm Y tế xã Thử"),
            not_before=datetime.now(UTC) - timedelta(hours=1),
        )
    store_certificate(module, selector, lambda: pin, der)
    return der


def sign_once(
    module: Path, selector: TokenSelector, pin: str, message: bytes, *, allow_final_try: bool = False
) -> Signed:
    """Open the key, sign, close."""
    with open_key(module, selector, lambda: pin, allow_final_try=allow_final_try) as key:
        signature = key.sign(message)
        return key.algorithm, key.mechanism, signature


def hold(module: Path, selector: TokenSelector, pin: str) -> None:
    """Open a key and keep it open for `sign_held` and `reopen_held`."""
    _held["key"] = open_key(module, selector, lambda: pin)


def sign_held(message: bytes) -> Signed:
    key = _held["key"]
    signature = key.sign(message)
    return key.algorithm, key.mechanism, signature


def reopen_held() -> None:
    _held["key"].reopen()


def token_state(module: Path, selector: TokenSelector) -> TokenInfo:
    """What the token says of itself now."""
    return find_token(load(module), selector).info


def always_authenticate(module: Path, selector: TokenSelector, pin: str) -> list[bool]:
    """For each private key, whether it wants the PIN for each signature."""
    loaded = load(module)
    session = log_in(loaded, find_token(loaded, selector), lambda: pin)
    try:
        return [key.always_authenticate for key in private_keys_on(session)]
    finally:
        session.close()
