"""The private keys on a token, each with its public key where the token shows it."""

from dataclasses import dataclass

from hsm import cryptoki
from hsm.cryptoki import Module
from hsm.encoding import P256_PARAMS, PublicKey, decode_ec_point, decode_rsa
from hsm.errors import KeyUnsuitable


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKeyObject:
    """A private key that signs. ``public`` is None where the token shows no public key for it.

    ``always_authenticate``: the token wants its PIN again for each signature.
    """

    handle: int
    id: bytes
    label: str
    is_rsa: bool
    public: PublicKey | None
    always_authenticate: bool


def private_keys_on(module: Module, session: int) -> tuple[PrivateKeyObject, ...]:
    """The signing keys of a token that are EC P-256 or RSA 2048 to 4096; others are passed over.

    Raises:
        KeyUnsuitable: there are keys, and all are of another kind.
    """
    found: list[PrivateKeyObject] = []
    unsuitable: KeyUnsuitable | None = None
    for handle in module.find(session, {cryptoki.CKA_CLASS: cryptoki.CKO_PRIVATE_KEY}):
        if module.read_number(session, handle, cryptoki.CKA_SIGN) == 0:
            continue
        try:
            found.append(_describe(module, session, handle))
        except KeyUnsuitable as error:
            unsuitable = error
    if unsuitable is not None and not found:
        raise unsuitable
    return tuple(found)


def _describe(module: Module, session: int, handle: int) -> PrivateKeyObject:
    kind = module.read_number(session, handle, cryptoki.CKA_KEY_TYPE)
    if kind not in (cryptoki.CKK_RSA, cryptoki.CKK_EC):
        raise KeyUnsuitable("the token holds a key that is neither EC nor RSA")
    key_id = module.read(session, handle, cryptoki.CKA_ID) or b""
    read_public = _read_rsa if kind == cryptoki.CKK_RSA else _read_ec
    public = read_public(module, session, handle)
    if public is None and key_id:
        twins = module.find(
            session,
            {cryptoki.CKA_CLASS: cryptoki.CKO_PUBLIC_KEY, cryptoki.CKA_KEY_TYPE: kind, cryptoki.CKA_ID: key_id},
        )
        if len(twins) == 1:
            public = read_public(module, session, twins[0])
    return PrivateKeyObject(
        handle=handle,
        id=key_id,
        label=(module.read(session, handle, cryptoki.CKA_LABEL) or b"").decode("utf-8", "replace"),
        is_rsa=kind == cryptoki.CKK_RSA,
        public=public,
        always_authenticate=module.read_number(session, handle, cryptoki.CKA_ALWAYS_AUTHENTICATE) == 1,
    )


def _read_rsa(module: Module, session: int, handle: int) -> PublicKey | None:
    modulus = module.read(session, handle, cryptoki.CKA_MODULUS)
    exponent = module.read(session, handle, cryptoki.CKA_PUBLIC_EXPONENT)
    return decode_rsa(modulus, exponent) if modulus and exponent else None


def _read_ec(module: Module, session: int, handle: int) -> PublicKey | None:
    parameters = module.read(session, handle, cryptoki.CKA_EC_PARAMS)
    if parameters is not None and parameters != P256_PARAMS:
        raise KeyUnsuitable("the token's EC key is not on P-256")
    point = module.read(session, handle, cryptoki.CKA_EC_POINT)
    return PublicKey(point=decode_ec_point(point)) if point else None
