"""Where a record stands, for its own person: why, which field does not match, what is entered there, and what to do.

The register's value is never shown: it says true or false, and so does this.
"""

import json
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, select

from api.citizens.words import FIELDS
from api.complaints.where import find_whereabouts
from api.errors import CentreError
from api.states import RecordState
from api.stations.sentences import Sentence
from api.store.schema import records, units
from certificates.records.model import VaccinationRecord
from certificates.valuesets import PRODUCTS

_OF_REASON: Final = {
    "name": ("full_name",),
    "date-of-birth": ("date_of_birth",),
    "sex": ("sex",),
    "nationality": ("nationality",),
    "id-number": ("id_number",),
    "citizen-id": ("id_number",),
}
_TO_DO: Final[dict[str, Sentence]] = {
    "register": Sentence(
        "Mang căn cước công dân đến trạm y tế, hoặc gửi phản ánh kèm ảnh giấy tờ. Nếu căn cước của bạn ghi đúng"
        " như ở đây, hãy nói vậy: công an xã sẽ xem lại dữ liệu dân cư.",
        "Take your identity card to the health station, or complain with a photo of it. If your card says what stands"
        " here, say so: the commune police will look at the register.",
    ),
    "entered": Sentence(
        "Mang giấy tờ đến trạm y tế, hoặc gửi phản ánh kèm ảnh; được trả lời trong 48 giờ.",
        "Take your papers to the health station, or complain with a photo; you are answered within 48 hours.",
    ),
    "nothing": Sentence("Bạn không phải làm gì.", "You need to do nothing."),
    "fetch": Sentence("Xem và tải giấy chứng nhận ở trang này.", "See and fetch the certificate on this page."),
    "police": Sentence("Đến công an xã nơi cư trú.", "Go to the police of your commune."),
    "complaint": Sentence("Phản ánh của bạn đang được giải quyết.", "Your complaint is being worked on."),
}
_MOVING: Final = frozenset(
    {
        RecordState.AWAITING_MATCH,
        RecordState.READY,
        RecordState.LEASED,
        RecordState.CONFIRMED,
        RecordState.SIGNED,
        RecordState.HELD,
        RecordState.EXPIRING,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Wrong:
    """One field that keeps the record: what it is called, and what is entered there; None where nothing is."""

    field: str
    words: Sentence
    entered: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDose:
    """One dose as entered. ``given_on`` is YYYY-MM-DD."""

    number: int
    given_on: str
    product: str
    lot: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a record stands. ``since`` is RFC 3339 in UTC; ``unit`` who works on it."""

    state: str
    since: str
    why: Sentence
    to_do: Sentence
    wrong: tuple[Wrong, ...]
    unit: str
    unit_name: str
    doses: tuple[ShownDose, ...] = field(repr=False)


def standing_of(connection: Connection, record_id: str) -> Standing:
    """Raises CentreError ``record-unknown``."""
    row = connection.execute(
        select(records.c.state, records.c.reason, records.c.document, records.c.unit, units.c.name)
        .join(units, units.c.code == records.c.unit)
        .where(records.c.record_id == record_id)
    ).one_or_none()
    where = find_whereabouts(connection, record_id)
    if row is None or where is None:
        raise CentreError("record-unknown")
    record = VaccinationRecord.from_dict(json.loads(row.document))
    state, reason = RecordState(row.state), row.reason or ""
    return Standing(
        state=row.state,
        since=where.since,
        why=where.why,
        to_do=_TO_DO[_what_to_do(state)],
        wrong=tuple(_wrong(record, name) for name in _fields(state, reason)),
        unit=row.unit,
        unit_name=row.name,
        doses=tuple(
            ShownDose(
                number=dose.number,
                given_on=dose.given_on.isoformat(),
                product=PRODUCTS[dose.product].name if dose.product in PRODUCTS else dose.product,
                lot=dose.lot,
                unit=dose.unit,
            )
            for dose in record.doses
        ),
    )


def _what_to_do(state: RecordState) -> str:
    if state in (RecordState.ISSUED, RecordState.RENEWED):
        return "fetch"
    if state in _MOVING:
        return "nothing"
    if state is RecordState.DISPUTED:
        return "complaint"
    if state in (RecordState.REGISTER_DISPUTED, RecordState.DECEASED):
        return "police"
    return "register" if state in (RecordState.MISMATCHED, RecordState.UNVERIFIABLE) else "entered"


def _fields(state: RecordState, reason: str) -> tuple[str, ...]:
    """The fields of a person that a reason is about."""
    code, _, named = reason.partition(":")
    if code == "register-mismatch":
        return tuple(name for name in named.split(",") if name in FIELDS)
    if state not in (RecordState.INCOMPLETE, RecordState.MALFORMED_ID):
        return ()
    return next((fields for start, fields in _OF_REASON.items() if code.startswith(f"{start}-")), ())


def _wrong(record: VaccinationRecord, name: str) -> Wrong:
    entered = record.person.to_dict()[name]
    return Wrong(field=name, words=FIELDS[name], entered=None if entered is None else str(entered))
