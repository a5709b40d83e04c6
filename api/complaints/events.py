"""What happens to a complaint: one closed list, with the words that the citizen reads."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from api.stations.sentences import Sentence


class Event(StrEnum):
    RECEIVED = "received"
    PHOTO_ADDED = "photo-added"
    LINKED = "linked"
    ASKED = "asked"
    ANSWERED = "answered"
    PAUSE_ENDED = "pause-ended"
    WARNED = "warned"  # detail: the hours that ran
    BREACHED = "breached"  # its unit: who let the time run out
    ESCALATED = "escalated"  # its unit: who takes over
    AT_THE_TOP = "at-the-top"  # time is up, and nobody stands above
    PASSED_ON = "passed-on"
    NAMED = "named"  # an account of the staff that does not decide
    PROPOSED = "proposed"  # by who entered the dose
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    TOLD = "told"
    APPEALED = "appealed"
    WITHDRAWN = "withdrawn"
    PHOTOS_DELETED = "photos-deleted"


EVENTS: Final[Mapping[Event, Sentence]] = {
    Event.RECEIVED: Sentence("Đã tiếp nhận.", "It was received."),
    Event.PHOTO_ADDED: Sentence("Đã nhận ảnh.", "A photo was received."),
    Event.LINKED: Sentence("Đã tìm thấy hồ sơ.", "The record was found."),
    Event.ASKED: Sentence("Đơn vị hỏi thêm; thời hạn tạm dừng.", "The unit asks you; the clock stands."),
    Event.ANSWERED: Sentence("Đã nhận câu trả lời; thời hạn chạy tiếp.", "You answered; the clock runs on."),
    Event.PAUSE_ENDED: Sentence(
        "Hết thời gian chờ trả lời; thời hạn chạy tiếp.", "Your answer was waited for long enough; the clock runs on."
    ),
    Event.WARNED: Sentence("Nhắc đơn vị về thời hạn.", "The unit was reminded of the time."),
    Event.BREACHED: Sentence("Quá 48 giờ.", "The 48 hours are over."),
    Event.ESCALATED: Sentence("Chuyển lên đơn vị cấp trên.", "The unit above has taken over."),
    Event.AT_THE_TOP: Sentence("Đang ở cấp cao nhất.", "It is with the highest unit."),
    Event.PASSED_ON: Sentence("Chuyển đến đơn vị khác.", "It was passed on to another unit."),
    Event.NAMED: Sentence("Người được nêu tên không tham gia giải quyết.", "Who was named does not decide."),
    Event.PROPOSED: Sentence("Chờ người thứ hai quyết định.", "A second person decides."),
    Event.CONFIRMED: Sentence("Phản ánh đúng, đã giải quyết.", "You were right; it has been settled."),
    Event.REFUSED: Sentence("Không chấp nhận, kèm lý do.", "It was refused, with a reason."),
    Event.TOLD: Sentence("Đã báo kết quả.", "You were told the result."),
    Event.APPEALED: Sentence("Đã khiếu nại lên đơn vị khác.", "You have appealed to another unit."),
    Event.WITHDRAWN: Sentence("Ông/bà đã rút phản ánh.", "You have taken it back."),
    Event.PHOTOS_DELETED: Sentence("Ảnh đã được xóa theo quy định.", "The photos were deleted, as the rule is."),
}
