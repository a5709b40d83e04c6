"""Why a row of a signed list was refused, in words that clerk and police can act on: Vietnamese and English."""

from collections.abc import Mapping
from typing import Final

from api.intake.faults import ROW_SENTENCES

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "conclusion-unknown": (
        "Kết luận không có trong danh mục: hãy chọn một kết luận trong ô.",
        "The conclusion is none of the list: choose one in the cell.",
    ),
    "conclusion-missing": (
        "Có điền dữ liệu đúng nhưng chưa chọn kết luận.",
        "Something right was filled in, but no conclusion was chosen.",
    ),
    "conclusion-empty": (
        "Kết luận là Sửa nhưng không điền dữ liệu đúng.",
        "The conclusion is Sửa, but nothing right was filled in.",
    ),
    "conclusion-contradiction": (
        "Chỉ điền dữ liệu đúng khi kết luận là Sửa.",
        "What is right is filled in with the conclusion Sửa only.",
    ),
    "version-moved": (
        "Hồ sơ đã đổi sau khi lập danh sách: hãy lập danh sách mới.",
        "The record was changed after the list was made: put it on another one.",
    ),
    "record-state": (
        "Hồ sơ không còn chờ công an.",
        "The record does not wait for police any more.",
    ),
    "word-same-person": (
        "Người chịu trách nhiệm về mũi tiêm không được xác nhận danh tính: cần một người khác của công an.",
        "Who vouches for the doses cannot vouch for the person: another officer must.",
    ),
    "word-unit": (
        "Đơn vị chịu trách nhiệm về mũi tiêm không được xác nhận danh tính.",
        "The unit that vouches for the doses cannot vouch for the person.",
    ),
    "record-incomplete": (
        "Hồ sơ còn thiếu dữ liệu, không thể xác nhận là đúng: hãy chọn Sửa và điền phần thiếu.",
        "The record lacks data and cannot be confirmed: choose Sửa, and fill in what is missing.",
    ),
    "record-implausible": (
        "Mũi tiêm không hợp lý: cơ sở phải sửa trước.",
        "A dose cannot be true: the station corrects it first.",
    ),
    "correction-empty": (
        "Dữ liệu điền vào giống hệt dữ liệu đang có: nếu đúng, hãy chọn Đúng.",
        "What was filled in is what stands there: if it is right, choose Đúng.",
    ),
    "correction-same-person": (
        "Đã có hồ sơ khác của người này: cơ sở phải xem hai hồ sơ có trùng không.",
        "Another record is this person already: the station looks whether the two are one.",
    ),
}


def words_of(reason: str) -> tuple[str, str]:
    """The sentences of a row's reason; the code itself where there are none."""
    return _WORDS.get(reason) or ROW_SENTENCES.get(reason, (reason, reason))
