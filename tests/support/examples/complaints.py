"""Examples of the routes of those who answer complaints."""

import base64
from collections.abc import Callable
from typing import Any, Final

from api.accounts.staff import Staff
from api.complaints import working
from api.complaints.deciding import refuse
from api.complaints.kinds import ComplaintKind
from api.complaints.opening import Opening, open_complaint
from api.complaints.photos import clean_photo
from api.complaints.refusals import Refusal
from tests.support.centre import World
from tests.support.examples.example import Example, Request, nothing
from tests.support.photos import photo, picture

PHOTO: Final = base64.b64encode(photo(image=picture(16, 16))).decode("ascii")


def open_at(world: World, unit: str, kind: ComplaintKind = ComplaintKind.DATA_WRONG, **given: Any) -> str:
    """The number of a fresh complaint that this unit works on."""
    opening = Opening(kind=kind, statement="Sai ngày sinh", person_name="Nguyễn Văn A", unit=unit, **given)
    return open_complaint(world.centre, opening).number


def numbered(**given: Any) -> Callable[[World, str], Request]:
    def about(world: World, unit: str) -> Request:
        return Request(body={"number": open_at(world, unit), **given})

    return about


def _clerk(unit: str) -> Staff:
    return Staff(account="other", unit=unit, roles=frozenset({"clerk"}))


def _bring_answer(world: World, unit: str) -> Request:
    number = open_at(world, unit)
    working.ask(world.centre, number, "?", staff=_clerk(unit))
    return Request(body={"number": number, "answer": "!", "photo": PHOTO})


def _read_photo(world: World, unit: str) -> Request:
    clean = clean_photo(photo(image=picture(16, 16)))
    number = open_at(world, unit, photo=clean)
    return Request(body={"number": number, "purpose": "complaint", "photo_id": clean.sha256.hex()})


def _link(world: World, unit: str) -> Request:
    (record_id,) = world.add_records(1, unit=unit)
    return Request(body={"number": open_at(world, unit), "record_id": record_id})


def _confirm(world: World, unit: str) -> Request:
    (record_id,) = world.add_records(1, unit=unit)
    number = open_at(world, unit)
    working.link(world.centre, number, record_id, staff=_clerk(unit))
    return Request(body={"number": number, "note": "Đã sửa", "changes": {"dose.2.lot": "ABX9999"}})


def _told(world: World, unit: str) -> Request:
    number = open_at(world, unit)
    refuse(world.centre, number, Refusal.BLURRED, staff=_clerk(unit))
    return Request(body={"number": number})


def _enter(_world: World, unit: str) -> Request:
    return Request(
        body={"kind": "nothing-found", "statement": "Không có dữ liệu", "person_name": "Nguyễn Văn A", "unit": unit}
    )


EXAMPLES: Final[dict[str, Example]] = {
    "POST /v1/complaints/enter": Example(_enter, placed=False),  # for any unit: whoever comes to a counter is heard
    "POST /v1/complaints/list": Example(lambda _world, unit: Request(body={"unit": unit})),
    "POST /v1/complaints/read": Example(numbered(purpose="complaint")),
    "POST /v1/complaints/photo": Example(_read_photo),
    "POST /v1/complaints/bring-photo": Example(numbered(photo=PHOTO)),
    "POST /v1/complaints/ask": Example(numbered(question="Ngày nào?")),
    "POST /v1/complaints/bring-answer": Example(_bring_answer),
    "POST /v1/complaints/link": Example(_link),
    "POST /v1/complaints/name": Example(numbered(account="minh")),
    "POST /v1/complaints/pass-on": Example(numbered(unit="BYT", why="tiêm ở nơi khác")),
    "POST /v1/complaints/confirm": Example(_confirm),
    "POST /v1/complaints/refuse": Example(numbered(reason="blurred")),
    "POST /v1/complaints/told": Example(_told),
    "POST /v1/complaints/reasons": Example(nothing, placed=False),
    "POST /v1/complaints/statistics": Example(nothing, placed=False),
}
