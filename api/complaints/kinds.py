"""The kinds of complaints and their states: closed lists, in both languages.

Kinds 1 to 5 are those of the conference of 8 November 2021; 6 and 7 are ours.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from api.stations.sentences import Sentence


class ComplaintKind(StrEnum):
    DATES_MISSING = "dates-missing"  # 1
    NOTHING_FOUND = "nothing-found"  # 2
    DOSES_MISSING = "doses-missing"  # 3
    PERSON_WRONG = "person-wrong"  # 4
    DATA_WRONG = "data-wrong"  # 5
    NO_CERTIFICATE = "no-certificate"  # 6
    CONDUCT = "conduct"  # 7


class ComplaintState(StrEnum):
    OPEN = "open"  # the clock runs
    WAITING = "waiting"  # for the citizen's answer: the clock stands
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by the citizen


class Grave(StrEnum):
    """What stops a passport from being handed out while the complaint is open, and ends its code at once."""

    WRONG_PERSON = "wrong-person"
    FRAUD = "fraud"


UNDECIDED: Final = (ComplaintState.OPEN, ComplaintState.WAITING)
CLOSED: Final = (ComplaintState.CONFIRMED, ComplaintState.REFUSED, ComplaintState.WITHDRAWN)
# What is wrong in the record keeps it from being signed; who waits for a certificate must not wait for that.
DISPUTING: Final = frozenset({ComplaintKind.DOSES_MISSING, ComplaintKind.PERSON_WRONG, ComplaintKind.DATA_WRONG})
# Confirmed only with a record that holds what was missing or wrong.
OF_RECORD: Final = frozenset(ComplaintKind) - {ComplaintKind.CONDUCT}

KINDS: Final[Mapping[ComplaintKind, Sentence]] = {
    ComplaintKind.DATES_MISSING: Sentence(
        "Đã tiêm, nhưng hệ thống thiếu ngày tiêm và không có thông tin cá nhân, lịch sử tiêm.",
        "I was vaccinated; dates are missing, and neither I nor my history are in the system.",
    ),
    ComplaintKind.NOTHING_FOUND: Sentence(
        "Đã tiêm, nhưng hệ thống không có dữ liệu nào.", "I was vaccinated; there is nothing in the system."
    ),
    ComplaintKind.DOSES_MISSING: Sentence(
        "Có thông tin cá nhân trên hệ thống, nhưng thiếu mũi tiêm.", "I am in the system; doses are missing."
    ),
    ComplaintKind.PERSON_WRONG: Sentence(
        "Thông tin cá nhân sai nên không tra cứu được trên ứng dụng.",
        "My personal data are wrong, so the app finds nothing.",
    ),
    ComplaintKind.DATA_WRONG: Sentence(
        "Có trên hệ thống nhưng sai thông tin cá nhân, sai mũi tiêm hoặc cả hai.",
        "I am in the system, but my personal data or my doses are wrong, or both.",
    ),
    ComplaintKind.NO_CERTIFICATE: Sentence(
        "Dữ liệu đã đúng nhưng chưa có giấy xác nhận.", "My data are right, but there is no certificate."
    ),
    ComplaintKind.CONDUCT: Sentence(
        "Thái độ, hành vi: chậm trễ, từ chối, đòi tiền.", "Conduct: delay, refusal, money was asked for."
    ),
}

STATES: Final[Mapping[ComplaintState, Sentence]] = {
    ComplaintState.OPEN: Sentence("Đang xử lý.", "It is being worked on."),
    ComplaintState.WAITING: Sentence(
        "Đang chờ ông/bà trả lời; thời hạn tạm dừng.", "Your answer is awaited; the clock stands meanwhile."
    ),
    ComplaintState.CONFIRMED: Sentence("Phản ánh đúng, đã giải quyết.", "You were right; it has been settled."),
    ComplaintState.REFUSED: Sentence("Không chấp nhận, kèm lý do.", "It was refused, with a reason."),
    ComplaintState.WITHDRAWN: Sentence("Ông/bà đã rút phản ánh.", "You have taken it back."),
}


def number_of(kind: ComplaintKind) -> int:
    """1 to 7, as people and letters count them."""
    return list(ComplaintKind).index(kind) + 1
