"""Why passports are revoked: one closed list. docs/revocation.md has it in Vietnamese and English."""

from enum import StrEnum


class RevocationReason(StrEnum):
    FRAUD = "fraud"  # sold, or made without a dose
    WRONG_PERSON = "wrong-person"
    WRONG_DATA = "wrong-data"
    TOKEN_COMPROMISED = "token-compromised"  # noqa: S105 - a reason, no secret
    LOT_RECALLED = "lot-recalled"
    LATE_SIGNATURE = "late-signature"  # signed a second time, or too late
    SUPERSEDED = "superseded"  # a corrected version has taken its place
    HOLDERS_WISH = "holders-wish"
