"""Making a token ready: initialise it, make a key on it, ask for a certificate, store it, change the PIN."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cryptography import x509

from hsm import cryptoki
from hsm.cryptoki import Module, Value
from hsm.encoding import P256_PARAMS
from hsm.errors import TokenError, TokenFault, TokenNotFound
from hsm.matching import CertificateFacts, match_certificate
from hsm.mechanisms import CKM_EC_KEY_PAIR_GEN, CKM_RSA_PKCS_KEY_PAIR_GEN
from hsm.objects import private_keys_on
from hsm.pins import PinCallback, check_new_pin, check_pin, log_in
from hsm.tokens import TokenInfo, TokenSelector, certificates_on, find_token, tokens_of

KeyKind = Literal["EC", "RSA"]

RSA_BITS: Final = 2048  # a longer signature makes a code too dense to print
_LABEL_SIZE: Final = 32
_KEY_ID_SIZE: Final = 20
_PIN_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no letter that is read as another


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """A key that was made. ``public_key_der``: SubjectPublicKeyInfo."""

    id: bytes
    kind: KeyKind
    public_key_der: bytes


def random_pin(size: int = 10) -> str:
    """A PIN nobody has chosen, for demo tokens and security officers (5 bits a letter)."""
    return "".join(secrets.choice(_PIN_LETTERS) for _ in range(size))


def init_token(module: Path, *, label: str, so_pin: str, pin: str) -> TokenInfo:
    """Initialise the one token that is not initialised yet, and set its PIN. A token in use is never touched.

    Raises:
        TokenNotFound: none is uninitialised.
        PinForm: a PIN that is too short or is delivered with tokens.
        TokenError: what the token says.
    """
    if not label or len(label.encode()) > _LABEL_SIZE:
        raise TokenError(f"a label has 1 to {_LABEL_SIZE} bytes")
    check_new_pin(so_pin)
    check_new_pin(pin)
    loaded = cryptoki.load(module)
    before = tokens_of(loaded)
    blank = [token for token in before if not token.initialised]
    if not blank:
        raise TokenNotFound("no token waits to be initialised: a token in use is never overwritten")
    slot = blank[0].slot
    loaded.init_token(slot, so_pin, label)
    session = loaded.open_session(slot, writable=True)
    try:
        loaded.login(session, cryptoki.CKU_SO, so_pin)
        loaded.call("InitPIN", session, pin.encode(), len(pin))
        raw = loaded.token_info(slot)
        loaded.call("Logout", session)
    finally:
        loaded.close_session(session)
    if raw is None:
        raise TokenFault("the token is gone after it was initialised")
    return find_token(loaded, TokenSelector(serial=raw.serial))


def generate_key(
    module: Path, selector: TokenSelector, pin: PinCallback, kind: KeyKind, *, label: str = "vaxseal"
) -> KeyInfo:
    """Make a key pair on the token: EC P-256 or RSA-2048. The private key is sensitive, cannot be read out, and only
    signs. Raises `TokenError`."""
    loaded = cryptoki.load(module)
    key_id = os.urandom(_KEY_ID_SIZE)
    common: dict[int, Value] = {
        cryptoki.CKA_TOKEN: True,
        cryptoki.CKA_ID: key_id,
        cryptoki.CKA_LABEL: label.encode(),
    }
    public: dict[int, Value] = {**common, cryptoki.CKA_VERIFY: True, cryptoki.CKA_PRIVATE: False}
    private: dict[int, Value] = {
        **common,
        cryptoki.CKA_PRIVATE: True,
        cryptoki.CKA_SENSITIVE: True,
        cryptoki.CKA_EXTRACTABLE: False,
        cryptoki.CKA_SIGN: True,
    }
    if kind == "EC":
        mechanism = CKM_EC_KEY_PAIR_GEN
        public[cryptoki.CKA_EC_PARAMS] = P256_PARAMS
    else:
        mechanism = CKM_RSA_PKCS_KEY_PAIR_GEN
        public[cryptoki.CKA_MODULUS_BITS] = RSA_BITS
        public[cryptoki.CKA_PUBLIC_EXPONENT] = (65537).to_bytes(3)
    with _writing(loaded, selector, pin) as (session, _token):
        loaded.generate_key_pair(session, mechanism, public, private)
        made = [key for key in private_keys_on(loaded, session) if key.id == key_id]
    if len(made) != 1 or made[0].public is None:
        raise TokenFault("the token does not show the key that it made")
    return KeyInfo(id=key_id, kind=kind, public_key_der=made[0].public.to_der())


def store_certificate(
    module: Path, selector: TokenSelector, pin: PinCallback, certificate_der: bytes, *, label: str = ""
) -> bytes:
    """Put a certificate beside its key (one key may carry several). Storing it again changes nothing.

    Returns:
        Its fingerprint: SHA-256 over the DER.

    Raises:
        KeyMismatch, KeyNotFound: it belongs to no key on the token.
        CertificateForm, PinError, TokenError
    """
    loaded = cryptoki.load(module)
    facts = CertificateFacts.of(certificate_der)
    certificate = x509.load_der_x509_certificate(certificate_der)
    fingerprint = hashlib.sha256(certificate_der).digest()
    with _writing(loaded, selector, pin) as (session, _token):
        key = match_certificate(private_keys_on(loaded, session), facts).key
        if any(stored.fingerprint == fingerprint for stored in certificates_on(loaded, session)):
            return fingerprint
        loaded.create(
            session,
            {
                cryptoki.CKA_CLASS: cryptoki.CKO_CERTIFICATE,
                cryptoki.CKA_CERTIFICATE_TYPE: cryptoki.CKC_X_509,
                cryptoki.CKA_TOKEN: True,
                cryptoki.CKA_PRIVATE: False,
                cryptoki.CKA_ID: key.id,
                cryptoki.CKA_LABEL: (label or key.label).encode(),
                cryptoki.CKA_SUBJECT: certificate.subject.public_bytes(),
                cryptoki.CKA_ISSUER: certificate.issuer.public_bytes(),
                cryptoki.CKA_SERIAL_NUMBER: _der_integer(certificate.serial_number),
                cryptoki.CKA_VALUE: certificate_der,
            },
        )
    return fingerprint


def change_pin(module: Path, selector: TokenSelector, old: PinCallback, new: PinCallback) -> None:
    """Change the user PIN. The old one is tried exactly once. Raises `TokenError`."""
    loaded = cryptoki.load(module)
    new_pin = check_new_pin(new())
    token = find_token(loaded, selector)
    old_pin = check_pin(old())
    session = loaded.open_session(token.slot, writable=True)
    try:
        loaded.call("SetPIN", session, old_pin.encode(), len(old_pin), new_pin.encode(), len(new_pin))
    finally:
        loaded.close_session(session)


@contextmanager
def _writing(module: Module, selector: TokenSelector, pin: PinCallback) -> Iterator[tuple[int, TokenInfo]]:
    token = find_token(module, selector)
    session = module.open_session(token.slot, writable=True)
    try:
        log_in(module, session, token, pin)
        yield session, token
    finally:
        module.close_session(session)


def _der_integer(value: int) -> bytes:
    """CKA_SERIAL_NUMBER is a DER INTEGER; serial numbers are positive and at most 20 bytes."""
    content = value.to_bytes(value.bit_length() // 8 + 1)
    return bytes([0x02, len(content)]) + content
