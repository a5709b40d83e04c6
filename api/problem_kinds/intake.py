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
    "session-unknown": Kind(
        404,
        Words("Không có buổi tiêm này", "Không có buổi tiêm nào mang số này. Hãy kiểm tra lại số."),
        Words("No such session", "No vaccination session has this number. Look at the number again."),
    ),
    "session-form": Kind(
        422,
        Words(
            "Buổi tiêm thiếu hoặc sai",
            "Ngày phải từ hôm nay, vắc xin phải có trong danh mục, số lô từ 1 đến 30 ký tự (xem fields).",
        ),
        Words(
            "The session has a wrong form",
            "Its day is today or later, the vaccine is one of the list, the lot has 1 to 30 characters (see fields).",
        ),
    ),
    "session-day": Kind(
        409,
        Words(
            "Buổi tiêm không phải hôm nay",
            "Chỉ nhập mũi tiêm trong đúng ngày tiêm. Mũi tiêm của ngày khác: nhập tệp hoặc gửi qua nền tảng, và bị ghi"
            " là nhập muộn.",
        ),
        Words(
            "The session is not today",
            "Doses are entered here on their own day. Others come in a file or by the platform, and count as late.",
        ),
    ),
    "session-places": Kind(
        404,
        Words("Không có số thứ tự này", "Danh sách buổi tiêm không có số thứ tự được gửi. Hãy tải lại danh sách."),
        Words("No such place", "The session's list does not have every place that was named. Fetch the list again."),
    ),
    "slips-none": Kind(
        409,
        Words(
            "Không có phiếu nào để in",
            "Mọi người trong danh sách đã có phiếu hoặc không được tiêm. Muốn in lại: again.",
        ),
        Words("No slip is left to print", "Everybody on the list has one or was stopped. To print anew: again."),
    ),
    "import-unknown": Kind(
        404,
        Words("Không có lần nhập này", "Không có lần nhập nào mang số này. Hãy kiểm tra lại số."),
        Words("No such import", "No import has this number. Look at the number again."),
    ),
}
