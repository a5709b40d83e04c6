"""The states of a record, and what is to be mended in it: two closed lists. docs/architecture.md draws the ways."""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final


class RecordState(StrEnum):
    INCOMPLETE = "incomplete"  # a mandatory field or a dose is missing or implausible
    MALFORMED_ID = "malformed_id"
    AWAITING_MATCH = "awaiting_match"
    MISMATCHED = "mismatched"  # the register says: not this person
    UNVERIFIABLE = "unverifiable"  # the register gave no answer
    REGISTER_DISPUTED = "register_disputed"
    DECEASED = "deceased"
    MERGED = "merged"
    JOINED = "joined"  # its doses are another record's: somebody decided that two were one person
    READY = "ready"
    LEASED = "leased"
    CONFIRMED = "confirmed"  # two-tier: the unit's token vouched for it
    SIGNED = "signed"
    HELD = "held"  # the gate refused to release it
    ISSUED = "issued"
    EXPIRING = "expiring"  # its passport ends within a month: the next version waits to be signed
    RENEWED = "renewed"  # issued, and it took the place of a passport that ran out
    DISPUTED = "disputed"
    REVOKED = "revoked"


class WorkClass(StrEnum):
    """What is to be mended in a record (docs/worklists.md says it in the words of those who mend it)."""

    MISSING_FIELD = "missing-field"
    IMPLAUSIBLE = "implausible"  # all is there, and cannot be true
    MALFORMED_ID = "malformed-id"
    MISMATCH_NAME = "mismatch-name"
    MISMATCH_DATE_OF_BIRTH = "mismatch-date-of-birth"
    MISMATCH_SEX = "mismatch-sex"
    MISMATCH_ID = "mismatch-id"
    MISMATCH_SEVERAL = "mismatch-several"  # more than one of the four
    UNVERIFIABLE = "unverifiable"
    REGISTER_DISPUTED = "register-disputed"
    DECEASED = "deceased"
    MERGED = "merged"
    ATTESTATION = "attestation"  # a foreigner, whose passport nobody has seen yet
    HELD = "held"


_PLAIN: Final[Mapping[str, WorkClass]] = {
    RecordState.MALFORMED_ID: WorkClass.MALFORMED_ID,
    RecordState.UNVERIFIABLE: WorkClass.UNVERIFIABLE,
    RecordState.REGISTER_DISPUTED: WorkClass.REGISTER_DISPUTED,
    RecordState.DECEASED: WorkClass.DECEASED,
    RecordState.MERGED: WorkClass.MERGED,
    RecordState.HELD: WorkClass.HELD,
}
_FIELDS: Final[Mapping[str, WorkClass]] = {
    "full_name": WorkClass.MISMATCH_NAME,
    "date_of_birth": WorkClass.MISMATCH_DATE_OF_BIRTH,
    "sex": WorkClass.MISMATCH_SEX,
    "id_number": WorkClass.MISMATCH_ID,
}
_UNUSABLE: Final = ("name-", "nationality-", "doses-none")


@lru_cache(maxsize=1024)
def class_of(state: str, reason: str | None) -> WorkClass | None:
    """What is to be mended in a record that stands so, by its state and reason; None: nothing."""
    reason = reason or ""
    if state == RecordState.INCOMPLETE:
        missing = reason.endswith("-missing") or reason.startswith(_UNUSABLE)
        return WorkClass.MISSING_FIELD if missing else WorkClass.IMPLAUSIBLE
    if state == RecordState.MISMATCHED:
        return _FIELDS.get(reason.partition(":")[2], WorkClass.MISMATCH_SEVERAL)
    if state == RecordState.AWAITING_MATCH:
        return WorkClass.ATTESTATION if reason == "attestation-needed" else None
    return _PLAIN.get(state)
