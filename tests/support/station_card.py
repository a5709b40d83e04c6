"""A smart card of a station: its key has a DSC of the golden CSCA, so that a centre takes what it signs."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certificates.profiles import DscProfile, issue_dsc
from certificates.signing import Algorithm
from tests.support.piv_card import PrivateKey
from tests.support.piv_reader import SIGNING, CardSetup
from tests.support.softhsm import GoldenTokens
from tests.support.softkeys import make_key


def station_card(tokens: GoldenTokens, algorithm: Algorithm, *, unit: str = "T01", slot: int = SIGNING) -> CardSetup:
    """The card; ``keys[slot][1]`` is the DER of its DSC. ``slot``: `ALWAYS` for a key that wants the PIN each time."""
    key = make_key(algorithm).private_key
    with tokens.csca.open() as csca:
        der = issue_dsc(
            _request(key, unit),
            csca,
            tokens.csca.certificate_der,
            DscProfile(specimen=True),
            not_before=datetime.now(UTC) - timedelta(hours=1),
        )
    return CardSetup(keys={slot: (key, der)})


def _request(key: PrivateKey, unit: str) -> bytes:
    names = {
        NameOID.COUNTRY_NAME: "VN",
        NameOID.ORGANIZATION_NAME: "Trạm Y tế xã Thử",
        NameOID.ORGANIZATIONAL_UNIT_NAME: unit,
        NameOID.COMMON_NAME: "Trạm Y tế",
    }
    subject = x509.Name([x509.NameAttribute(kind, value) for kind, value in names.items()])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if isinstance(key, rsa.RSAPrivateKey):
        signed = builder.sign(key, SHA256(), rsa_padding=padding.PSS(padding.MGF1(SHA256()), 32))
    else:
        signed = builder.sign(key, SHA256())
    return signed.public_bytes(Encoding.DER)
