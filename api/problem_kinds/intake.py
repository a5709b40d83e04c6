"""What can go wrong where doses come in."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "platform-key-refused": Kind(
        401,
        Words("Khóa không dùng được", "Thiếu khóa, khóa không có hoặc đã bị thu hồi. Hãy xin người quản trị khóa mới."),
        Words("The key is refused", "There is none, it is unknown, or it was revoked. Ask the operator for a new one."),
    ),
    "idempotency-key-other": Kind(
        409,
        Words(
            "Idempotency-Key đã dùng cho yêu cầu khác",
            "Mỗi yêu cầu mới cần một Idempotency-Key mới; chỉ gửi lại khóa cũ với đúng nội dung cũ.",
        ),
        Words(
            "The Idempotency-Key belongs to another request",
            "A new request needs a new one; an old one comes again with the same content only.",
        ),
    ),
    "duplicate-unknown": Kind(
        404,
        Words("Không có cặp trùng này", "Không có cặp nghi trùng nào mang số này. Hãy tải lại danh sách."),
        Words("No such pair", "No possible duplicate has this number. Fetch the list again."),
    ),
    "duplicate-decided": Kind(
        409,
        Words("Cặp này đã được quyết định", "Người khác đã quyết định về cặp này. Hãy tải lại danh sách."),
        Words("The pair is decided", "Somebody has decided about this pair already. Fetch the list again."),
    ),
    "duplicate-conflict": Kind(
        409,
        Words(
            "Hai bên mâu thuẫn nhau",
            "Không gộp được vì dữ liệu mâu thuẫn (xem fields). Hãy sửa hồ sơ sai trước rồi quyết định lại.",
        ),
        Words(
            "The two contradict each other",
            "They cannot be joined as they are (see fields). Correct the record that is wrong, then decide again.",
        ),
    ),
    "duplicate-busy": Kind(
        409,
        Words(
            "Hồ sơ đang bận", "Hồ sơ đang được ký, đang có khiếu nại, đã thu hồi hoặc đã gộp. Hãy thử lại sau việc đó."
        ),
        Words(
            "A record must keep still",
            "A record of the pair is being signed, disputed, revoked or joined. Try again when that is settled.",
        ),
    ),
    "reason-missing": Kind(
        422,
        Words("Thiếu lý do", "Hãy ghi lý do, 1 đến 200 ký tự, không ghi dữ liệu cá nhân."),
        Words("The reason is missing", "Say why, in 1 to 200 characters, without personal data."),
    ),
}
