"""The way from a certificate of another authority up to a root that the operator named.

The path is built and verified by `cryptography` (RFC 5280): signatures, validity, who may sign certificates, path
length. Its algorithms are those of the web's rules: RSA from 2048 bits, ECDSA on P-256 and above, SHA-256 and above.
"""

import warnings
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from certificates.errors import IssuanceError

MAX_DEPTH: Final = 4  # authorities between the certificate and its root


def verify_chain(der: bytes, authorities: Iterable[bytes], *, at: datetime) -> tuple[x509.Certificate, ...]:
    """The certificate, those of the authorities above it, and the root, in this order.

    Args:
        authorities: DER. Self-issued ones are roots, which are believed; the others may stand between.
        at: the moment at which the whole chain must be valid.

    Raises:
        IssuanceError: ``certificate-form``, or ``chain`` when no way leads to a root.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of old authorities, whose names or serial numbers are not in good order
        try:
            leaf = x509.load_der_x509_certificate(der)
        except ValueError as error:
            raise IssuanceError("certificate-form", "this is not a certificate") from error
        known = [x509.load_der_x509_certificate(authority) for authority in authorities]
        roots = [one for one in known if one.subject == one.issuer]
        between = [one for one in known if one.subject != one.issuer]
        if not roots:
            raise IssuanceError("chain", "no root is named")
        policy = PolicyBuilder().store(Store(roots)).time(at.replace(tzinfo=None)).max_chain_depth(MAX_DEPTH)
        verifier = policy.extension_policies(
            ca_policy=_AUTHORITY, ee_policy=ExtensionPolicy.permit_all()
        ).build_client_verifier()
        try:
            return tuple(verifier.verify(leaf, between).chain)
        except VerificationError as error:
            raise IssuanceError("chain", "no valid way leads from this certificate to a root that is named") from error


def _check_authority(_policy: Policy, _certificate: x509.Certificate, value: x509.BasicConstraints) -> None:
    if not value.ca:
        raise ValueError("not an authority")


def _check_usage(_policy: Policy, _certificate: x509.Certificate, value: x509.KeyUsage) -> None:
    if not value.key_cert_sign:
        raise ValueError("an authority that signs no certificates")


_AUTHORITY: Final = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _check_authority)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _check_usage)
)
