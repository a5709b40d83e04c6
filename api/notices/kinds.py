"""What people are told about their passports: a closed list, with its words in Vietnamese and English."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class NoticeKind(StrEnum):
    EXPIRING = "expiring"  # the passport ends within a month, and a new one is being made
    RENEWED = "renewed"  # the new one is there; the old one is good until its end
    REPLACED = "replaced"  # a new one is there, and the old one is revoked: nothing was wrong with the person's data


WORDS: Final[Mapping[NoticeKind, tuple[str, str]]] = {
    NoticeKind.EXPIRING: (
        "Hộ chiếu vắc xin sắp hết hạn. Mã mới đang được cấp, bạn không phải làm gì. Mã cũ dùng được đến hết hạn.",
        "Your vaccine passport ends soon. A new code is being made; you need to do nothing. The old one stays good.",
    ),
    NoticeKind.RENEWED: (
        "Hộ chiếu vắc xin của bạn đã có mã mới. Mã cũ dùng được đến hết hạn.",
        "Your vaccine passport has been renewed with a new code. The old one is good until its end.",
    ),
    NoticeKind.REPLACED: (
        "Hộ chiếu vắc xin của bạn có mã mới. Mã cũ bị thu hồi, không do lỗi của bạn. Hãy dùng mã mới.",
        "Your vaccine passport has a new code. The old one is revoked, through no fault of yours. Use the new one.",
    ),
}
