"""Making a token ready: initialise it, make a key on it, ask for a certificate, store it, change the PIN."""

import ctypes
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from pkcs11 import Attribute, CertificateType, KeyType, MechanismFlag, ObjectClass

from hsm.encoding import P256_PARAMS
from hsm.errors import LabelForm, ModuleNotLoaded, PinIncorrect, TokenAmbiguous, TokenFault, TokenNotFound, translated
from hsm.matching import CertificateFacts, match_certificate
from hsm.objects import private_keys_on
from hsm.pins import PinCallback, after_wrong_pin, check_new_pin, check_pin, check_pin_state, log_in
from hsm.sessions import Module, Session, load
from hsm.tokens import TokenInfo, TokenSelector, certificates_on, find_token

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
        TokenNotFound, TokenAmbiguous: not exactly one is uninitialised.
        PinForm: a PIN that is too short or is delivered with tokens.
        TokenError: what the token says.
    """
    if not label or len(label.encode()) > _LABEL_SIZE:
        raise LabelForm(f"the label of a token has 1 to {_LABEL_SIZE} bytes")
    check_new_pin(so_pin)
    check_new_pin(pin)
    loaded = load(module)
    blank = [token for token in loaded.tokens() if not TokenInfo.of(token).initialised]
    if not blank:
        raise TokenNotFound("no token waits to be initialised: a token in use is never overwritten")
    if len(blank) > 1:
        raise TokenAmbiguous(f"{len(blank)} blank tokens are plugged in: leave one")
    slot = blank[0].slot
    _c_init_token(module, slot.slot_id, so_pin, label)
    with translated("setting the PIN"):
        token = slot.get_token()
        session = token.open(rw=True, so_pin=so_pin)
        try:
            session.init_pin(pin)
        finally:
            session.close()
    return find_token(loaded, TokenSelector(serial=TokenInfo.of(token).serial)).info


def _c_init_token(module: Path, slot: int, so_pin: str, label: str) -> None:
    """C_InitToken, the one call that python-pkcs11 lacks, on the module that it has loaded and initialised."""
    try:
        init_token = ctypes.CDLL(str(module.resolve())).C_InitToken
    except (OSError, AttributeError) as error:
        raise ModuleNotLoaded(f"{module} does not let tokens be initialised: use the tool of its vendor") from error
    init_token.argtypes = (ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
    init_token.restype = ctypes.c_ulong
    value = init_token(slot, so_pin.encode(), len(so_pin), label.encode().ljust(_LABEL_SIZE))
    if value:
        raise TokenFault(f"the token could not be initialised (C_InitToken: {value:#x})")


def generate_key(
    module: Path, selector: TokenSelector, pin: PinCallback, kind: KeyKind, *, label: str = "vaxseal"
) -> KeyInfo:
    """Make a key pair on the token: EC P-256 or RSA-2048. The private key is sensitive, cannot be read out, and only
    signs. Raises `TokenError`."""
    key_id = os.urandom(_KEY_ID_SIZE)
    only_signs = {
        "id": key_id,
        "label": label,
        "store": True,
        "capabilities": MechanismFlag.SIGN | MechanismFlag.VERIFY,
        "private_template": {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
    }
    with _writing(load(module), selector, pin) as session:
        with translated("making a key"):
            if kind == "EC":
                curve = session.raw.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: P256_PARAMS}, local=True)
                curve.generate_keypair(**only_signs)
            else:
                session.raw.generate_keypair(KeyType.RSA, RSA_BITS, **only_signs)
        made = [key for key in private_keys_on(session) if key.id == key_id]
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
    facts = CertificateFacts.of(certificate_der)
    certificate = x509.load_der_x509_certificate(certificate_der)
    fingerprint = hashlib.sha256(certificate_der).digest()
    with _writing(load(module), selector, pin) as session:
        key = match_certificate(private_keys_on(session), facts).key
        if any(stored.fingerprint == fingerprint for stored in certificates_on(session)):
            return fingerprint
        with translated("storing a certificate"):
            session.raw.create_object(
                {
                    Attribute.CLASS: ObjectClass.CERTIFICATE,
                    Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                    Attribute.TOKEN: True,
                    Attribute.PRIVATE: False,
                    Attribute.ID: key.id,
                    Attribute.LABEL: label or key.label,
                    Attribute.SUBJECT: certificate.subject.public_bytes(),
                    Attribute.ISSUER: certificate.issuer.public_bytes(),
                    Attribute.SERIAL_NUMBER: _der_integer(certificate.serial_number),
                    Attribute.VALUE: certificate_der,
                }
            )
    return fingerprint


def change_pin(
    module: Path, selector: TokenSelector, old: PinCallback, new: PinCallback, *, allow_final_try: bool = False
) -> None:
    """Change the user PIN. The old one is tried exactly once, and the last try only if that is allowed.

    Raises `TokenError`.
    """
    new_pin = check_new_pin(new())
    token = find_token(load(module), selector)
    check_pin_state(token.info, allow_final_try=allow_final_try)
    old_pin = check_pin(old())
    try:
        with translated("changing the PIN"):
            session = token.raw.open(rw=True)
            try:
                session.set_pin(old_pin, new_pin)
            finally:
                session.close()
    except PinIncorrect as error:
        raise after_wrong_pin(token, error) from error


@contextmanager
def _writing(module: Module, selector: TokenSelector, pin: PinCallback) -> Iterator[Session]:
    session = log_in(module, find_token(module, selector), pin, writable=True)
    try:
        yield session
    finally:
        session.close()


def _der_integer(value: int) -> bytes:
    """CKA_SERIAL_NUMBER is a DER INTEGER; serial numbers are positive and at most 20 bytes."""
    content = value.to_bytes(value.bit_length() // 8 + 1)
    return bytes([0x02, len(content)]) + content
