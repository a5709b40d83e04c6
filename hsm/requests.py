"""Certificate requests: PKCS#10 (RFC 2986) signed on the token, as proof that its key is there."""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto has no types.

from dataclasses import dataclass
from typing import Final

from asn1crypto import algos, csr, keys, pem, x509

from hsm.keys import TokenKey
from hsm.mechanisms import Algorithm
from hsm.pss import SALT_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSubject:
    """Who the certificate is for: a unit, never a person.

    Attributes:
        common_name: what checkers show.
        organisation: name of the unit.
        unit_code: code of the unit in the centre's tree.
        country: ISO 3166-1 alpha-2.
    """

    common_name: str
    organisation: str
    unit_code: str | None = None
    country: str = "VN"


def make_csr(key: TokenKey, subject: RequestSubject) -> bytes:
    """The request in DER, signed by ``key`` (`hsm.keys.open_bare_key`). Raises `TokenError`."""
    names: dict[str, str] = {"country_name": subject.country, "organization_name": subject.organisation}
    if subject.unit_code:
        names["organizational_unit_name"] = subject.unit_code
    names["common_name"] = subject.common_name
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": x509.Name.build(names),
            "subject_pk_info": keys.PublicKeyInfo.load(key.public_key_der),
            "attributes": [],
        }
    )
    request = csr.CertificationRequest(
        {
            "certification_request_info": info,
            "signature_algorithm": SIGNATURE_ALGORITHMS[key.algorithm],
            "signature": der_signature(key.algorithm, key.sign(info.dump())),
        }
    )
    return bytes(request.dump())


def request_pem(csr_der: bytes) -> str:
    """The request as PEM text."""
    return bytes(pem.armor("CERTIFICATE REQUEST", csr_der)).decode("ascii")


def der_signature(algorithm: Algorithm, signature: bytes) -> bytes:
    """As X.509 wants it: r||s becomes ECDSA-Sig-Value, an RSA signature stays."""
    return bytes(algos.DSASignature.from_p1363(signature).dump()) if algorithm == "ES256" else signature


SIGNATURE_ALGORITHMS: Final[dict[Algorithm, algos.SignedDigestAlgorithm]] = {
    "ES256": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
    "PS256": algos.SignedDigestAlgorithm(
        {
            "algorithm": "rsassa_pss",
            "parameters": {
                "hash_algorithm": {"algorithm": "sha256"},
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
                "salt_length": SALT_SIZE,
            },
        }
    ),
}
