"""Why signing waits: the day's quota, and a centre that is busy."""

from collections.abc import Mapping
from typing import Final

from api.problem_kinds.kind import Kind, Words

KINDS: Final[Mapping[str, Kind]] = {
    "quota-unit": Kind(
        429,
        Words(
            "Đơn vị đã ký đủ số hồ sơ trong ngày",
            "Đơn vị được ký tiếp từ {time}. Nếu hôm nay có đông người hơn, hãy nhờ bộ phận kỹ thuật nâng hạn mức ngày.",
        ),
        Words(
            "The unit's quota of the day is used up",
            "It goes on from {time}. If more people than usual came today, ask the operator for a higher quota.",
        ),
    ),
    "quota-signer": Kind(
        429,
        Words(
            "Bạn đã ký đủ số hồ sơ trong ngày",
            "Tài khoản này được ký tiếp từ {time}. Người khác của đơn vị vẫn ký được; nếu cần, hãy nhờ bộ phận kỹ thuật"
            " nâng hạn mức ngày.",
        ),
        Words(
            "Your quota of the day is used up",
            "This account goes on from {time}. Others of the unit still sign; if needed, ask the operator for a higher"
            " quota.",
        ),
    ),
    "busy": Kind(
        503,
        Words(
            "Nhiều đơn vị đang ký cùng lúc",
            "Phần mềm ký tự thử lại trong hai phút; nếu vẫn bận, hãy ký tiếp sau ít phút. Không có dữ liệu nào bị mất.",
        ),
        Words(
            "Many units are signing at once",
            "The signing program tries again for two minutes; if the centre is still busy, go on in some minutes."
            " Nothing is lost.",
        ),
    ),
}
