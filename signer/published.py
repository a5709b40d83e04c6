"""Whether checkers can know this key yet: by the lists that the centre gives out, read below this machine's own root.

The centre keeps the rule that a certificate is published before it signs. A centre that was taken over would not; so
the agent of a key that signs passports looks for itself.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from certificates import bundle, trust_list
from certificates.bundle import BUNDLE, Role
from certificates.bundle_folder import MANIFEST, Get, read_part
from certificates.errors import CertificateError
from certificates.pki import SigningCertificate
from certificates.signed_list import AgeLimits
from certificates.trust_list import TRUST_LIST
from signer.errors import AgentError

_VACCINATION: Final = "v"


def check_published(
    certificate: SigningCertificate, get: Get, roots: Collection[bytes], *, at: datetime, seen: int
) -> int:
    """Check that the newest published list trusts this certificate for vaccinations at this time.

    Args:
        get: reads the files of the centre's bundle.
        roots: DER certificates of the roots pinned on this machine.
        seen: the highest version that this machine ever accepted; 0 where there is none.

    Returns:
        The version of the bundle, to be remembered.

    Raises:
        AgentError: ``lists-unusable`` (they cannot be had, or not be trusted), ``dsc-unpublished``, ``dsc-too-new``.
    """
    try:
        manifest = bundle.verify(get(MANIFEST, BUNDLE.max_size), roots)
        manifest.check_usable(at, seen=seen, limits=AgeLimits())
        trusted = trust_list.verify(read_part(manifest.parts[Role.TRUST_LIST], TRUST_LIST.max_size, get), roots)
    except CertificateError as error:
        raise AgentError(
            "lists-unusable",
            f"Nothing is signed: the centre's lists for checkers cannot be used ({error.code}: {error.detail}).",
        ) from error
    for entry in trusted.entries:
        if entry.certificate.fingerprint == certificate.fingerprint and _VACCINATION in entry.kinds:
            if at < entry.use_from:
                raise AgentError(
                    "dsc-too-new", f"Checkers accept this certificate from {entry.use_from:%d/%m/%Y %H:%M} UTC on."
                )
            return manifest.version
    raise AgentError(
        "dsc-unpublished", "No checker knows this certificate: the ministry must publish it before it signs passports."
    )
