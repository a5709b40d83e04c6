"""What police may say of a person on a list: a closed list, in the words that stand in the spreadsheet."""

from enum import StrEnum
from typing import Final

from certificates.errors import RecordError
from certificates.records.names import comparable


class Conclusion(StrEnum):
    CORRECTED = "corrected"  # what stands in the columns of police is right
    CONFIRMED = "confirmed"  # what the station wrote is right, whatever the register says
    WRONG = "wrong"  # what the station wrote is wrong, and police do not know what is right
    NOT_FOUND = "not-found"  # police know nobody like this
    DECEASED = "deceased"


LABELS: Final = {
    Conclusion.CORRECTED: "Sửa",
    Conclusion.CONFIRMED: "Đúng",
    Conclusion.WRONG: "Sai",
    Conclusion.NOT_FOUND: "Không tìm thấy",
    Conclusion.DECEASED: "Đã mất",
}
_READ: Final = {comparable(label): conclusion for conclusion, label in LABELS.items()} | {
    conclusion.value: conclusion for conclusion in Conclusion
}


def read_conclusion(text: str) -> Conclusion | None:
    """The label or its English code, in any case; None for an empty cell. Raises RecordError ``conclusion-unknown``."""
    if not text:
        return None
    found = _READ.get(comparable(text))
    if found is None:
        raise RecordError("conclusion-unknown", "police's conclusion is none of those of the list")
    return found
