"""Health codes made by hand, right or wrong on purpose, with throw-away keys."""

import datetime as dt
import zlib
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certificates.base45 import b45encode
from certificates.cose import COSE_ALG, sig_structure
from certificates.pki import key_identifier
from tests.support.softkeys import NOT_AFTER, NOT_BEFORE, SoftKey, soft_key

AT = dt.datetime(2022, 6, 1, tzinfo=dt.UTC)
IAT = int(dt.datetime(2022, 5, 1, tzinfo=dt.UTC).timestamp())
EXP = int(dt.datetime(2023, 5, 1, tzinfo=dt.UTC).timestamp())
ABSENT: Any = object()  # leaves a part out


def dcc(**changes: Any) -> dict[str, Any]:
    """A vaccination certificate that follows the schema."""
    document = {
        "ver": "1.3.0",
        "nam": {"fn": "Nguyễn", "gn": "Thị Mẫu", "fnt": "NGUYEN", "gnt": "THI<MAU"},
        "dob": "1990-02-03",
        "v": [
            {
                "tg": "840539006",
                "vp": "1119349007",
                "mp": "EU/1/20/1528",
                "ma": "ORG-100030215",
                "dn": 2,
                "sd": 2,
                "dt": "2022-04-01",
                "co": "VN",
                "is": "Ministry of Health",
                "ci": "URN:UVCI:01:VN:7K3M9PX2QRT4VW",
            }
        ],
    }
    return _merged(document, changes)


def claims(**changes: Any) -> dict[Any, Any]:
    """CWT claims around `dcc`: change ``iss``, ``exp``, ``iat``, ``hcert`` or ``dcc``."""
    document = changes.pop("dcc", None) or dcc()
    named = _merged({"iss": "VN", "exp": EXP, "iat": IAT, "hcert": {1: document}}, changes)
    labels = {"iss": 1, "exp": 4, "iat": 6, "hcert": -260}
    return {labels[name]: value for name, value in named.items()}


def cose_bytes(
    key: SoftKey | None = None,
    payload: bytes | None = None,
    *,
    alg: Any = None,
    kid: Any = None,
    header: bytes | None = None,
    unprotected: dict[Any, Any] | None = None,
    signature: bytes | None = None,
    prefix: bytes = b"\xd2",
) -> bytes:
    """An encoded COSE_Sign1, properly signed over whatever is asked for."""
    key = key or soft_key("ES256")
    payload = cbor2.dumps(claims()) if payload is None else payload
    if header is None:
        alg = COSE_ALG[key.algorithm] if alg is None else alg
        kid = key_identifier(key.certificate_der) if kid is None else kid
        header = cbor2.dumps({label: value for label, value in ((1, alg), (4, kid)) if value is not ABSENT})
    signature = key.sign(sig_structure(header, payload, b"")) if signature is None else signature
    return prefix + cbor2.dumps([header, unprotected or {}, payload, signature])


def hc1(cose: bytes) -> str:
    """The text of a code, whatever ``cose`` is."""
    return "HC1:" + b45encode(zlib.compress(cose, 9))


def code(key: SoftKey | None = None, **changes: Any) -> str:
    """The text of a code whose claims were changed as for `claims`."""
    return hc1(cose_bytes(key, cbor2.dumps(claims(**changes))))


def certificate(
    public_key: CertificatePublicKeyTypes,
    *extensions: x509.ExtensionType,
    subject: str | None = "VN",
    issuer: str | None = "VN",
    not_before: dt.datetime = NOT_BEFORE,
    not_after: dt.datetime = NOT_AFTER,
) -> bytes:
    """A DER certificate with these extensions, signed by nobody in particular."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject, "SPECIMEN DSC"))
        .issuer_name(_name(issuer, "SPECIMEN CSCA"))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(_CA_KEY, SHA256()).public_bytes(Encoding.DER)


def with_certificate(key: SoftKey, *extensions: x509.ExtensionType, **changes: Any) -> SoftKey:
    """The same private key with another certificate."""
    return SoftKey(key.private_key, certificate(key.private_key.public_key(), *extensions, **changes), key.ca_der)


def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _name(country: str | None, common_name: str) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if country is not None:
        attributes.append(x509.NameAttribute(NameOID.COUNTRY_NAME, country))
    return x509.Name(attributes)


def _merged(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**document, **changes}.items() if value is not ABSENT}


_CA_KEY = ec.generate_private_key(ec.SECP256R1())
