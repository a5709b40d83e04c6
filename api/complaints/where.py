"""Where a record is, for a person who waits for a certificate: since when, why, and what is done next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from api.states import RecordState
from api.stations.sentences import NEXT_STEPS, REASONS, STATES, Sentence
from api.store.schema import records

_MOVING: Final[Mapping[RecordState, tuple[Sentence, Sentence]]] = {
    RecordState.READY: (
        Sentence("Dữ liệu đã đúng, đang chờ ký.", "The data are right; it waits for a signature."),
        Sentence("Cơ sở tiêm ký xác nhận.", "The place of vaccination confirms it."),
    ),
    RecordState.LEASED: (
        Sentence("Đang được ký.", "It is being signed."),
        Sentence("Chờ vài giờ.", "Wait some hours."),
    ),
    RecordState.CONFIRMED: (
        Sentence("Cơ sở tiêm đã xác nhận.", "The place of vaccination has confirmed it."),
        Sentence("Bộ Y tế ký.", "The ministry signs."),
    ),
    RecordState.SIGNED: (
        Sentence("Đã ký, đang kiểm tra lần cuối.", "It is signed; the last checks are made."),
        Sentence("Chờ vài phút.", "Wait some minutes."),
    ),
    RecordState.ISSUED: (
        Sentence("Giấy xác nhận đã được cấp.", "The certificate has been issued."),
        Sentence(
            "Lấy bằng mã chứng nhận, ngày sinh và mã trên phiếu tiêm.",
            "Fetch it by certificate code, date of birth and the code of the slip.",
        ),
    ),
    RecordState.JOINED: (
        Sentence("Hồ sơ này đã nhập vào hồ sơ khác của cùng một người.", "This record is part of another one now."),
        Sentence("Đơn vị tìm hồ sơ đó.", "The unit looks for that one."),
    ),
    RecordState.EXPIRING: (
        Sentence("Sắp hết hạn, mã mới đang chờ ký.", "It ends soon; its successor waits for a signature."),
        Sentence("Cơ sở tiêm ký mã mới; mã cũ vẫn dùng được.", "The unit confirms it; the old code is good meanwhile."),
    ),
    RecordState.RENEWED: (
        Sentence("Giấy xác nhận đã được cấp mới.", "The certificate has been renewed."),
        Sentence(
            "Lấy mã mới bằng mã cũ, ngày sinh và mã trên phiếu tiêm.",
            "Learn the new code by the old one, date of birth and the code of the slip.",
        ),
    ),
    RecordState.REVOKED: (
        Sentence("Giấy xác nhận đã bị thu hồi.", "The certificate was revoked."),
        Sentence("Đơn vị sẽ giải thích trong câu trả lời.", "The unit will explain it in its answer."),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where a record stands. ``since`` is RFC 3339 in UTC."""

    state: str
    since: str
    why: Sentence
    next: Sentence


def find_whereabouts(connection: Connection, record_id: str) -> Whereabouts | None:
    """None where there is no such record."""
    row = connection.execute(
        select(records.c.state, records.c.reason, records.c.updated_at).where(records.c.record_id == record_id)
    ).one_or_none()
    if row is None:
        return None
    state = RecordState(row.state)
    if state in _MOVING:
        why, following = _MOVING[state]
    else:
        why = REASONS.get((row.reason or "").partition(":")[0]) or STATES[state]
        following = NEXT_STEPS[state]
    return Whereabouts(state=row.state, since=row.updated_at, why=why, next=following)
