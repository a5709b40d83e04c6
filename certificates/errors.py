"""The errors of this package: one root, its families, each with a code that never changes."""

from enum import StrEnum


class CertificateError(Exception):
    """Root of all errors about records and certificates.

    Attributes:
        code: stable machine name in kebab-case, for example ``citizen-id-length``.
        detail: one English sentence for logs and developers. Never holds personal data.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class RecordError(CertificateError):
    """A record, or its evidence, is not good enough to go on. ``fields`` names what is wrong (names, never values)."""

    def __init__(self, code: str, detail: str = "", *, fields: tuple[str, ...] = ()) -> None:
        super().__init__(code, detail)
        self.fields = fields


class IssuanceError(CertificateError):
    """A certificate must not be signed or released."""


class CertLogicError(CertificateError):
    """A CertLogic expression is malformed or too large, or cannot be evaluated on the data that it was given."""


class RuleError(CertificateError):
    """A set of acceptance rules cannot be used."""


class MrzError(CertificateError):
    """The machine-readable zone of a travel document cannot be read."""


class CheckReason(StrEnum):
    """Why a certificate was refused. Closed: readers may rely on exactly these."""

    CONTEXT = "CONTEXT"  # not an HC1 text at all: prefix, length, not text
    B45 = "B45"
    ZLIB = "ZLIB"
    COSE = "COSE"
    KID = "KID"  # no trusted signer has this key identifier
    SIG = "SIG"
    CWT = "CWT"
    TIME = "TIME"  # before iat or after exp
    DSCTIME = "DSCTIME"  # the signer's certificate was not valid
    KEYUSAGE = "KEYUSAGE"  # the signer may not sign this kind of certificate
    SCHEMA = "SCHEMA"
    REVOKED = "REVOKED"  # withdrawn by its issuer
    PDF = "PDF"
    RULE = "RULE"  # sound, but not accepted here: an acceptance rule is not met
    TRUST = "TRUST"  # nobody can say: the checker's own trust list cannot be used


class CheckError(CertificateError):
    """The answer "invalid", with its reason from the closed set."""

    def __init__(self, reason: CheckReason, detail: str = "") -> None:
        super().__init__(reason.value, detail)
        self.reason = reason
