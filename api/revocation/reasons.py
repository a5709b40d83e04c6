"""Why passports are revoked: one closed list. docs/revocation.md has it in Vietnamese and English."""

from enum import StrEnum
from typing import Final


class RevocationReason(StrEnum):
    FRAUD = "fraud"  # sold, or made without a dose
    WRONG_PERSON = "wrong-person"
    WRONG_DATA = "wrong-data"
    TOKEN_COMPROMISED = "token-compromised"  # noqa: S105 - a reason, no secret
    LOT_RECALLED = "lot-recalled"
    LATE_SIGNATURE = "late-signature"  # signed a second time, or too late
    SUPERSEDED = "superseded"  # a corrected version has taken its place
    HOLDERS_WISH = "holders-wish"


class Reissue(StrEnum):
    """Whether an order gives the holders a new passport."""

    FIRST = "first"  # and revokes the old one when the new one is issued, or at the deadline
    AFTER = "after"  # the key itself is lost: the old one is revoked at once
    NO = "no"  # the data or the doses are in doubt: each record is looked at by itself


# With any other reason the data or the doses are in doubt.
REISSUED: Final = frozenset(
    {RevocationReason.TOKEN_COMPROMISED, RevocationReason.LATE_SIGNATURE, RevocationReason.HOLDERS_WISH}
)


def reissue_for(reason: RevocationReason, *, fraud: bool) -> Reissue:
    """What is right for holders who did nothing wrong. A superseded passport's next version is on its road already."""
    if fraud:
        return Reissue.NO
    if reason is RevocationReason.TOKEN_COMPROMISED:
        return Reissue.AFTER
    return Reissue.FIRST if reason in REISSUED or reason is RevocationReason.SUPERSEDED else Reissue.NO
