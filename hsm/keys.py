"""A private key on a token: found, proven to be the right one, and kept open for many signatures."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pkcs11 import PKCS11Error
from pkcs11.exceptions import MechanismInvalid, MechanismParamInvalid

from hsm import pss
from hsm.encoding import PublicKey
from hsm.errors import (
    CertificateNotFound,
    KeyMismatch,
    PinError,
    TokenError,
    TokenFault,
    TokenRemoved,
    error_of,
)
from hsm.matching import CertificateFacts, Match, match_certificate, match_only
from hsm.mechanisms import Algorithm, SigningMechanism, ways_to_sign
from hsm.objects import PrivateKeyObject, private_keys_on
from hsm.pins import PinCallback, check_pin, log_in
from hsm.sessions import Module, Session, load
from hsm.tokens import TokenInfo, TokenSelector, certificates_on, find_token

_ES256_SIZE: Final = 64
_PROOF: Final = b"vaxseal: is this the key of that certificate?\0"  # begins like nothing that is signed in earnest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """What an open session on a token gives."""

    token: TokenInfo
    session: Session
    key: PrivateKeyObject
    public: PublicKey
    ways: tuple[SigningMechanism, ...]
    certificate_der: bytes | None


class TokenKey:
    """One private key on a token. It owns a session, signs whole messages, and has no way to be handed a hash.

    One thread of a process may use PKCS#11 at a time: python-pkcs11 initialises modules without locking. A token that
    was pulled out shows as an error with ``outcome_unknown``: nobody knows whether the last signature was made. From
    then on the key refuses until `reopen`.
    """

    def __init__(self, module: Module, opener: Callable[[], _Opened], pin: PinCallback) -> None:
        self._module = module
        self._opener = opener
        self._pin = pin
        self._lock = threading.Lock()
        self._usable = False
        self._take(opener())

    def __repr__(self) -> str:
        return f"TokenKey(token={self.token.serial!r}, algorithm={self.algorithm!r})"

    def _take(self, opened: _Opened) -> None:
        self._opened = opened
        self._bits = opened.public.bits
        self._signature_size = _ES256_SIZE if opened.public.rsa_numbers is None else (self._bits + 7) // 8
        self._bind(opened.ways)
        self._usable = True

    def _bind(self, ways: tuple[SigningMechanism, ...]) -> None:
        """Sign the first way from now on; the others wait for a token that refuses what it had offered."""
        self._mechanism, *others = ways
        self._other_ways = tuple(others)
        # All that does not change from signature to signature is bound once; the buffer is as large as the answer.
        self._sign = partial(
            self._opened.key.raw.sign,
            mechanism=self._mechanism.mechanism,
            mechanism_param=self._mechanism.parameters,
            buffer_size=self._signature_size,
        )

    @property
    def certificate_der(self) -> bytes:
        """The certificate that the key was opened with, DER. Raises `TokenError` for a key opened without one."""
        if self._opened.certificate_der is None:
            raise CertificateNotFound("this key was opened without a certificate")
        return self._opened.certificate_der

    @property
    def algorithm(self) -> Algorithm:
        return self._mechanism.algorithm

    @property
    def mechanism(self) -> str:
        """Name of the PKCS#11 mechanism in use, for logs."""
        return self._mechanism.name

    @property
    def public_key_der(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return self._opened.public.to_der()

    @property
    def key_id(self) -> bytes:
        """CKA_ID, may be empty."""
        return self._opened.key.id

    @property
    def token(self) -> TokenInfo:
        """The token as it was when the key was opened."""
        return self._opened.token

    def sign(self, tbs: bytes) -> bytes:
        """Hash and sign the whole message. ES256: 64 bytes r||s. PS256: as long as the modulus.

        Raises:
            TokenRemoved, TokenFault: outcome unknown; `reopen` before the next signature.
        """
        with self._lock:
            if not self._usable or not self._opened.session.alive:
                raise TokenRemoved("the session with the token is closed: open the key again")
            try:
                signature = self._signature(tbs)
            except PKCS11Error as error:
                # An operation may still be active in this session: it is not used again.
                self._usable = False
                raise error_of(error, "signing") from error
            if len(signature) != self._signature_size:
                self._usable = False
                raise TokenFault(f"the token gave {len(signature)} bytes for a signature of {self._signature_size}")
            return signature

    def _signature(self, tbs: bytes) -> bytes:
        """What the token answers; a mechanism that it lists and then refuses gives way to the next."""
        log_in = {"pin": check_pin(self._pin())} if self._opened.key.always_authenticate else {}
        while True:
            try:
                return bytes(self._sign(self._mechanism.prepare(tbs, self._bits), **log_in))
            except (MechanismInvalid, MechanismParamInvalid):  # refused before anything was signed
                if not self._other_ways:
                    raise
                self._bind(self._other_ways)

    def reopen(self) -> None:
        """Find the same token and key again and log in, asking for the PIN when the token wants it.

        Where a new session does not help, the module is restarted, which closes all other keys of this process.

        Raises:
            PinError: at once, nothing is tried again.
            TokenError: the token is not back, or is another one.
        """
        with self._lock:
            self._close()
            try:
                opened = self._opener()
            except PinError:
                raise
            except TokenError:
                self._module.restart()
                opened = self._opener()
            if opened.public != self._opened.public:
                opened.session.close()
                raise KeyMismatch("the token now holds another key than before")
            self._take(opened)
        self._prove_if_hidden()

    def _prove_if_hidden(self) -> None:
        """For tokens that show no public key: a signature shows which key it is."""
        if self._opened.key.public is not None:
            return
        message = _PROOF + os.urandom(32)
        try:
            _verify(self._opened.public, message, self.sign(message))
        except InvalidSignature as error:
            self.close()
            raise KeyMismatch("the key on the token is not the key of the certificate") from error
        except TokenError:
            self.close()
            raise

    def close(self) -> None:
        """Close the session. The process stays logged in to the token only while it has other sessions with it."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        self._usable = False
        self._opened.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_key(
    module: Path,
    selector: TokenSelector,
    pin: PinCallback,
    *,
    certificate_der: bytes | None = None,
    at: datetime | None = None,
    allow_final_try: bool = False,
) -> TokenKey:
    """Open the key of a certificate on exactly one token.

    Args:
        pin: asked once, and only when the process is not logged in to the token yet.
        certificate_der: the certificate to sign under; else that of ``selector.fingerprint``, else the only one that
            fits a key on the token.
        at: when given, the certificate must be valid at this moment.
        allow_final_try: a person confirmed that the last try before the PIN locks shall be used.

    Raises:
        TokenNotFound, TokenAmbiguous: not exactly one token fits.
        PinError: its classes say what to do about the PIN.
        KeyNotFound, KeyAmbiguous, KeyMismatch, KeyUnsuitable, MechanismMissing: no key that may be used.
        CertificateNotFound, CertificateAmbiguous, CertificateForm, CertificateEnded, CertificateNotBegun
    """
    loaded = load(module)
    wanted = None if certificate_der is None else CertificateFacts.of(certificate_der)
    if wanted is not None:
        wanted.check_time(at)

    def choose(keys: tuple[PrivateKeyObject, ...], session: Session) -> Match:
        if wanted is not None:
            return match_certificate(keys, wanted)
        certificates = certificates_on(session)
        if selector.fingerprint is not None:
            certificates = tuple(one for one in certificates if one.fingerprint == selector.fingerprint)
        found = match_only(keys, certificates)
        found.certificate.check_time(at)
        return found

    return _open(loaded, selector, pin, choose, allow_final_try=allow_final_try)


def open_bare_key(
    module: Path,
    selector: TokenSelector,
    pin: PinCallback,
    *,
    key_id: bytes | None = None,
    allow_final_try: bool = False,
) -> TokenKey:
    """Open the only key of a token (or the one with ``key_id``) before it has a certificate: for its CSR.

    Raises as `open_key`.
    """

    def choose(keys: tuple[PrivateKeyObject, ...], _session: Session) -> Match:
        return Match.bare(tuple(key for key in keys if key_id in (None, key.id)))

    return _open(load(module), selector, pin, choose, allow_final_try=allow_final_try)


def _open(
    module: Module,
    selector: TokenSelector,
    pin: PinCallback,
    choose: Callable[[tuple[PrivateKeyObject, ...], Session], Match],
    *,
    allow_final_try: bool,
) -> TokenKey:
    same_token = replace(selector, serial=find_token(module, selector).info.serial)

    def opener() -> _Opened:
        token = find_token(module, same_token)
        mechanisms = module.signing_mechanisms(token.raw)
        session = log_in(module, token, pin, allow_final_try=allow_final_try)
        try:
            found = choose(private_keys_on(session), session)
            ways = ways_to_sign(mechanisms, "PS256" if found.key.is_rsa else "ES256")
        except BaseException:
            session.close()
            raise
        return _Opened(
            token=token.info,
            session=session,
            key=found.key,
            public=found.public,
            ways=ways,
            certificate_der=found.certificate_der,
        )

    key = TokenKey(module, opener, pin)
    key._prove_if_hidden()
    return key


def _verify(public: PublicKey, message: bytes, signature: bytes) -> None:
    key = public.load()
    if isinstance(key, ec.EllipticCurvePublicKey):
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    else:
        key.verify(signature, message, padding.PSS(padding.MGF1(SHA256()), pss.SALT_SIZE), SHA256())
