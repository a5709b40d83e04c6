"""Which tokens are there, and which one is meant."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hsm import cryptoki
from hsm.cryptoki import Module, RawTokenInfo
from hsm.errors import TokenAmbiguous, TokenNotFound

CKF_WRITE_PROTECTED: Final = 0x02
CKF_USER_PIN_INITIALIZED: Final = 0x08
CKF_TOKEN_INITIALIZED: Final = 0x400
CKF_USER_PIN_COUNT_LOW: Final = 0x10000
CKF_USER_PIN_FINAL_TRY: Final = 0x20000
CKF_USER_PIN_LOCKED: Final = 0x40000
CKF_USER_PIN_TO_BE_CHANGED: Final = 0x80000


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSelector:
    """Which token is meant: everything that is given must fit. Nothing given: the only token there is.

    Attributes:
        serial: as the token reports it.
        label: two tokens may carry the same one.
        fingerprint: SHA-256 over the DER of a certificate on the token, 32 bytes.
    """

    serial: str | None = None
    label: str | None = None
    fingerprint: bytes | None = None

    def __str__(self) -> str:
        named = []
        if self.serial is not None:
            named.append(f"serial {self.serial}")
        if self.label is not None:
            named.append(f"label {self.label!r}")
        if self.fingerprint is not None:
            named.append(f"certificate {self.fingerprint.hex()[:16]}…")
        return " and ".join(named) or "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenInfo:
    """A token as it describes itself. ``pin_*`` say how close the PIN is to its lock, where the token tells."""

    slot: int
    serial: str
    label: str
    manufacturer: str
    model: str
    initialised: bool
    pin_set: bool
    pin_count_low: bool
    pin_final_try: bool
    pin_locked: bool
    pin_to_be_changed: bool
    write_protected: bool

    @classmethod
    def of(cls, raw: RawTokenInfo) -> "TokenInfo":
        def has(flag: int) -> bool:
            return bool(raw.flags & flag)

        return cls(
            slot=raw.slot,
            serial=raw.serial,
            label=raw.label,
            manufacturer=raw.manufacturer,
            model=raw.model,
            initialised=has(CKF_TOKEN_INITIALIZED),
            pin_set=has(CKF_USER_PIN_INITIALIZED),
            pin_count_low=has(CKF_USER_PIN_COUNT_LOW),
            pin_final_try=has(CKF_USER_PIN_FINAL_TRY),
            pin_locked=has(CKF_USER_PIN_LOCKED),
            pin_to_be_changed=has(CKF_USER_PIN_TO_BE_CHANGED),
            write_protected=has(CKF_WRITE_PROTECTED),
        )


def list_tokens(module: Path) -> tuple[TokenInfo, ...]:
    """Every token that is present, also those that are not initialised. No log-in."""
    return tokens_of(cryptoki.load(module))


def tokens_of(module: Module) -> tuple[TokenInfo, ...]:
    """As `list_tokens`, on a loaded module."""
    found = (module.token_info(slot) for slot in module.slots())
    return tuple(TokenInfo.of(raw) for raw in found if raw is not None)


def find_token(module: Module, selector: TokenSelector) -> TokenInfo:
    """The one initialised token that fits.

    Raises:
        TokenNotFound: none fits.
        TokenAmbiguous: several fit; its ``serials`` name them.
    """
    present = [token for token in tokens_of(module) if token.initialised]
    fitting = [
        token
        for token in present
        if selector.serial in (None, token.serial)
        and selector.label in (None, token.label)
        and (selector.fingerprint is None or _carries(module, token, selector.fingerprint))
    ]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        there = ", ".join(f"{token.label!r} ({token.serial})" for token in present)
        raise TokenNotFound(f"no token fits ({selector}); " + (f"present: {there}" if there else "none is plugged in"))
    serials = tuple(sorted(token.serial for token in fitting))
    error = TokenAmbiguous(f"{len(serials)} tokens fit ({selector}): name one by its serial: {', '.join(serials)}")
    error.serials = serials
    raise error


def _carries(module: Module, token: TokenInfo, fingerprint: bytes) -> bool:
    session = module.open_session(token.slot)
    try:
        return any(
            hashlib.sha256(certificate.der).digest() == fingerprint for certificate in certificates_on(module, session)
        )
    finally:
        module.close_session(session)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCertificate:
    """An X.509 certificate on a token. ``id``: CKA_ID, equal to that of its key on tokens in good order."""

    der: bytes
    id: bytes
    label: str

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 over the DER, 32 bytes."""
        return hashlib.sha256(self.der).digest()


def certificates_on(module: Module, session: int) -> tuple[StoredCertificate, ...]:
    """All X.509 certificates that the session sees (they are public objects: no log-in is needed)."""
    template: dict[int, cryptoki.Value] = {cryptoki.CKA_CLASS: cryptoki.CKO_CERTIFICATE}
    found = []
    for handle in module.find(session, template):
        der = module.read(session, handle, cryptoki.CKA_VALUE)
        if der:
            label = module.read(session, handle, cryptoki.CKA_LABEL) or b""
            found.append(
                StoredCertificate(
                    der=der,
                    id=module.read(session, handle, cryptoki.CKA_ID) or b"",
                    label=label.decode("utf-8", "replace"),
                )
            )
    return tuple(found)


def list_certificates(module: Path, selector: TokenSelector) -> tuple[StoredCertificate, ...]:
    """The certificates on one token. No log-in."""
    loaded = cryptoki.load(module)
    session = loaded.open_session(find_token(loaded, selector).slot)
    try:
        return certificates_on(loaded, session)
    finally:
        loaded.close_session(session)
