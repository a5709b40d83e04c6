"""What one key may sign, told apart by construction.

Everything but CMS and CSR is a Sig_structure (RFC 9052, 4.4): ``["Signature1", protected, external_aad, payload]``. The
format demands an empty external_aad for a passport; every other purpose has one of its own, so no signature made for
one purpose can ever be taken for another. CMS signed attributes start with a DER SET (0x31), a CSR with a SEQUENCE
(0x30), a Sig_structure with a CBOR array of four (0x84). Among CMS, the signed content type tells a PDF (data) from a
list of police (`certificates.signed_file`): each reader asks for its own.
"""

from typing import Final

PASSPORT: Final = b""  # hcert-spec 1.0.8, 3.1: no external_aad
CONFIRMATION: Final = b"vaxseal/confirmation/1"
TRUST_LIST: Final = b"vaxseal/trust-list/1"
REVOCATION_LIST: Final = b"vaxseal/revocation-list/1"
RULES: Final = b"vaxseal/rules/1"
BUNDLE: Final = b"vaxseal/bundle/1"
UNIT_LIST: Final = b"vaxseal/unit-list/1"
AUDIT_CHECKPOINT: Final = b"vaxseal/audit-checkpoint/1"
_LOGIN: Final = b"vaxseal/login/1/"


def login(centre: str) -> bytes:
    """external_aad of a log-in at ``centre``: its base URL as the *agent* is configured, never as a challenge says."""
    return _LOGIN + centre.encode()
