"""The states of a record (one closed list; DOMAIN: entered ... issued)."""

from enum import StrEnum


class RecordState(StrEnum):
    ENTERED = "entered"
    INCOMPLETE = "incomplete"  # a mandatory field or a dose is missing or implausible
    MALFORMED_ID = "malformed_id"
    AWAITING_MATCH = "awaiting_match"
    MISMATCHED = "mismatched"  # the register says: not this person
    UNVERIFIABLE = "unverifiable"  # the register gave no answer
    REGISTER_DISPUTED = "register_disputed"
    DECEASED = "deceased"
    MERGED = "merged"
    MATCHED = "matched"
    READY = "ready"
    LEASED = "leased"
    CONFIRMED = "confirmed"  # two-tier: the unit's token vouched for it
    SIGNED = "signed"
    HELD = "held"  # the gate refused to release it
    ISSUED = "issued"
    EXPIRING = "expiring"
    RENEWED = "renewed"
    DISPUTED = "disputed"
    REVOKED = "revoked"
