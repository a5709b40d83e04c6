"""Which tokens are there, and which one is meant."""

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkcs11 import Attribute, ObjectClass, PKCS11Error, TokenFlag
from pkcs11.exceptions import AttributeSensitive, AttributeTypeInvalid, FunctionFailed

from hsm.errors import TokenAmbiguous, TokenNotFound, error_of, translated
from hsm.sessions import Module, Session, load, public_session


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

    @classmethod
    def of(cls, raw: Any) -> "TokenInfo":
        """From a token of python-pkcs11, with its flags at the time it was asked."""

        def has(flag: TokenFlag) -> bool:
            return bool(raw.flags & flag)

        return cls(
            slot=raw.slot.slot_id,
            serial=raw.serial.rstrip(b"\0 ").decode("utf-8", "replace"),
            label=raw.label,
            manufacturer=raw.manufacturer_id,
            model=raw.model,
            initialised=has(TokenFlag.TOKEN_INITIALIZED),
            pin_set=has(TokenFlag.USER_PIN_INITIALIZED),
            pin_count_low=has(TokenFlag.USER_PIN_COUNT_LOW),
            pin_final_try=has(TokenFlag.USER_PIN_FINAL_TRY),
            pin_locked=has(TokenFlag.USER_PIN_LOCKED),
            pin_to_be_changed=has(TokenFlag.USER_PIN_TO_BE_CHANGED),
        )


def list_tokens(module: Path) -> tuple[TokenInfo, ...]:
    """Every token that is present, also those that are not initialised. No log-in."""
    return tuple(TokenInfo.of(token) for token in load(module).tokens())


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundToken:
    """A token: what it says of itself, and the object of python-pkcs11."""

    info: TokenInfo
    raw: Any


def find_token(module: Module, selector: TokenSelector) -> FoundToken:
    """The one initialised token that fits.

    Raises:
        TokenNotFound: none fits.
        TokenAmbiguous: several fit; its ``serials`` name them.
    """
    all_tokens = (FoundToken(info=TokenInfo.of(raw), raw=raw) for raw in module.tokens())
    present = [token for token in all_tokens if token.info.initialised]
    fitting = [
        token
        for token in present
        if selector.serial in (None, token.info.serial)
        and selector.label in (None, token.info.label)
        and (selector.fingerprint is None or _carries(module, token.raw, selector.fingerprint))
    ]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        there = ", ".join(f"{token.info.label!r} ({token.info.serial})" for token in present)
        raise TokenNotFound(f"no token fits ({selector}); " + (f"present: {there}" if there else "none is plugged in"))
    serials = tuple(sorted(token.info.serial for token in fitting))
    error = TokenAmbiguous(f"{len(serials)} tokens fit ({selector}): name one by its serial: {', '.join(serials)}")
    error.serials = serials
    raise error


def _carries(module: Module, token: Any, fingerprint: bytes) -> bool:
    with public_session(module, token) as session:
        return any(certificate.fingerprint == fingerprint for certificate in certificates_on(session))


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


def certificates_on(session: Session) -> tuple[StoredCertificate, ...]:
    """All X.509 certificates that the session sees (they are public objects: no log-in is needed)."""
    found = []
    for stored in objects_of(session, ObjectClass.CERTIFICATE):
        der = read(stored, Attribute.VALUE)
        if isinstance(der, bytes) and der:
            label, key_id = read(stored, Attribute.LABEL), read(stored, Attribute.ID)
            found.append(
                StoredCertificate(
                    der=der,
                    id=key_id if isinstance(key_id, bytes) else b"",
                    label=label if isinstance(label, str) else "",
                )
            )
    return tuple(found)


def objects_of(session: Session, kind: ObjectClass, **attributes: Any) -> list[Any]:
    """All objects of a class. Always the whole list: the search of python-pkcs11 is lazy and keeps the session locked.

    ``attributes``: names of `pkcs11.Attribute` in small letters.
    """
    template = {Attribute.CLASS: kind, **{Attribute[name.upper()]: value for name, value in attributes.items()}}
    with translated("searching objects"):
        return list(session.raw.get_objects(template))


def read(found: Any, attribute: Attribute) -> Any:
    """An attribute, or None where the object has none, does not show it, or shows what cannot be read."""
    try:
        return found[attribute]
    except (AttributeTypeInvalid, AttributeSensitive, FunctionFailed, ValueError, struct.error):
        return None
    except PKCS11Error as error:
        raise error_of(error, "reading an object") from error


def list_certificates(module: Path, selector: TokenSelector) -> tuple[StoredCertificate, ...]:
    """The certificates on one token. No log-in."""
    loaded = load(module)
    with public_session(loaded, find_token(loaded, selector).raw) as session:
        return certificates_on(session)
