"""The states of a record: one closed list. docs/architecture.md draws the ways between them."""

from enum import StrEnum


class RecordState(StrEnum):
    INCOMPLETE = "incomplete"  # a mandatory field or a dose is missing or implausible
    MALFORMED_ID = "malformed_id"
    AWAITING_MATCH = "awaiting_match"
    MISMATCHED = "mismatched"  # the register says: not this person
    UNVERIFIABLE = "unverifiable"  # the register gave no answer
    REGISTER_DISPUTED = "register_disputed"
    DECEASED = "deceased"
    MERGED = "merged"
    READY = "ready"
    LEASED = "leased"
    CONFIRMED = "confirmed"  # two-tier: the unit's token vouched for it
    SIGNED = "signed"
    HELD = "held"  # the gate refused to release it
    ISSUED = "issued"
    DISPUTED = "disputed"
    REVOKED = "revoked"
