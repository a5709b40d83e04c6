"""The private keys on a token, each with its public key where the token shows it."""

from dataclasses import dataclass, field
from typing import Any

from pkcs11 import Attribute, KeyType, ObjectClass

from hsm.encoding import P256_PARAMS, PublicKey, decode_ec_point, decode_rsa
from hsm.errors import KeyUnsuitable
from hsm.sessions import Session
from hsm.tokens import objects_of, read


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKeyObject:
    """A private key that signs. ``public`` is None where the token shows no public key for it.

    ``always_authenticate``: the token wants its PIN again for each signature. ``raw``: of python-pkcs11.
    """

    raw: Any = field(repr=False, compare=False)
    id: bytes
    label: str
    is_rsa: bool
    public: PublicKey | None
    always_authenticate: bool


def private_keys_on(session: Session) -> tuple[PrivateKeyObject, ...]:
    """The signing keys of a token that are EC P-256 or RSA 2048 to 4096; others are passed over.

    Raises:
        KeyUnsuitable: there are keys, and all are of another kind.
    """
    found: list[PrivateKeyObject] = []
    unsuitable: KeyUnsuitable | None = None
    for key in objects_of(session, ObjectClass.PRIVATE_KEY):
        if not hasattr(key, "sign"):  # CKA_SIGN is false
            continue
        try:
            found.append(_describe(session, key))
        except KeyUnsuitable as error:
            unsuitable = error
    if unsuitable is not None and not found:
        raise unsuitable
    return tuple(found)


def _describe(session: Session, key: Any) -> PrivateKeyObject:
    kind = read(key, Attribute.KEY_TYPE)
    if kind not in (KeyType.RSA, KeyType.EC):
        raise KeyUnsuitable("the token holds a key that is neither EC nor RSA")
    key_id = read(key, Attribute.ID) or b""
    read_public = _read_rsa if kind == KeyType.RSA else _read_ec
    public = read_public(key)
    if public is None and key_id:
        twins = objects_of(session, ObjectClass.PUBLIC_KEY, key_type=kind, id=key_id)
        if len(twins) == 1:
            public = read_public(twins[0])
    return PrivateKeyObject(
        raw=key,
        id=key_id,
        label=read(key, Attribute.LABEL) or "",
        is_rsa=kind == KeyType.RSA,
        public=public,
        always_authenticate=bool(read(key, Attribute.ALWAYS_AUTHENTICATE)),
    )


def _read_rsa(key: Any) -> PublicKey | None:
    modulus, exponent = read(key, Attribute.MODULUS), read(key, Attribute.PUBLIC_EXPONENT)
    return decode_rsa(modulus, exponent) if modulus and exponent else None


def _read_ec(key: Any) -> PublicKey | None:
    parameters = read(key, Attribute.EC_PARAMS)
    if parameters and parameters != P256_PARAMS:
        raise KeyUnsuitable("the token's EC key is not on P-256")
    point = read(key, Attribute.EC_POINT)
    return PublicKey(point=decode_ec_point(point)) if point else None
