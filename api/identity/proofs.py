"""What a correction rests on: a kind from a closed list, and where it is found."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert

from api.identity.proof_kinds import ProofKind
from api.store.schema_worklists import correction_evidence
from certificates.errors import RecordError
from certificates.records.model import VaccinationRecord, instant_to_text

__all__ = ["REFERENCE_LIMIT", "Proof", "ProofKind", "keep_proof"]

REFERENCE_LIMIT: Final = 60
# Letters, digits and what stands between them in a book's or a file's name.
_REFERENCE: Final = re.compile(rf"[\w .,:/#()-]{{0,{REFERENCE_LIMIT}}}")
_NUMBER: Final = re.compile(r"(?:\d[ .-]?){9}")  # nine digits and more: a person's number, or a telephone's


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """``reference``: where it is found, such as "book 7, page 12"; may be empty. Never a person's data."""

    kind: ProofKind
    reference: str = ""

    def __post_init__(self) -> None:
        """Raises RecordError ``proof-reference``: too long, other signs, or nine digits and more."""
        if not _REFERENCE.fullmatch(self.reference) or _NUMBER.search(self.reference):
            raise RecordError(
                "proof-reference",
                f"the reference says where the proof is found, in {REFERENCE_LIMIT} signs, without a person's number",
                fields=("reference",),
            )


def keep_proof(
    connection: Connection, record: VaccinationRecord, proof: Proof, *, province: str, by: str, at: datetime
) -> None:
    """Store it with the version that the correction made."""
    connection.execute(
        insert(correction_evidence).values(
            record_id=record.record_id,
            version=record.version,
            province=province,
            kind=proof.kind.value,
            reference=proof.reference,
            account=by,
            made_at=instant_to_text(at),
        )
    )
