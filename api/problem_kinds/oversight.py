"""What oversight refuses."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "list-ended": Kind(
        422,
        Words(
            "Không có danh sách này",
            "Hồ sơ kết thúc không cấp giấy: do công an kết luận hoặc đã nhập vào hồ sơ khác. Xem lịch sử từng hồ sơ.",
        ),
        Words(
            "There is no such list",
            "These ended without a certificate: police settled them, or they were joined to others. See each history.",
        ),
    ),
    "due-wide": Kind(
        422,
        Words("Danh sách quá lớn", "Đơn vị này có quá nhiều hồ sơ. Hãy chọn từng trạm."),
        Words("The list would be too long", "This unit has too many records. Choose one station."),
    ),
}
